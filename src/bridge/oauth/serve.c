/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge/oauth/serve.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <openssl/rand.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/secret.h"
#include "bridge/oauth/file.h"
#include "bridge/oauth/grant.h"
#include "bridge/oauth/schedule.h"
#include "bridge/oauth/store.h"
#include "bridge/token_frame.h"

enum {
	PATIENCE_REQUESTS = 3 /* a first token must come within the time of three requests */
};

/* Too large for a stack. */
struct serving {
	const struct oauth_serve *serve;
	struct oauth_store *store;
	struct oauth_schedule schedule;
	struct oauth_grant grant;
	struct buf frame;
};

/* ST_END: nobody reads any more. */
static enum status
write_frame(struct serving *serving, const struct bridge_token_frame *frame)
{
	struct bytes rest;
	enum status status;

	buf_clear(&serving->frame);
	status = bridge_token_frame_encode(frame, &serving->frame);
	rest = buf_bytes(&serving->frame);
	while (status == ST_OK && rest.size > 0) {
		ssize_t put = write(serving->serve->output, rest.data, rest.size);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			status = ST_END;
		else
			rest = bytes_skip(rest, (size_t)put);
	}
	if (serving->frame.octets != NULL)
		secret_wipe_memory(serving->frame.octets, serving->frame.capacity);
	return status;
}

static enum status
write_fault(struct serving *serving, const struct fault *fault, bool is_final)
{
	struct bridge_token_frame frame = {
	    .kind = BRIDGE_TOKEN_FRAME_FAULT,
	    .cause = fault->cause,
	    .is_final = is_final,
	    .sentence = bytes_of_string(fault->text),
	};
	enum status status = write_frame(serving, &frame);

	if (status != ST_SYNTAX)
		return status;
	frame.sentence = BYTES("The provider's answer cannot be shown.");
	return write_frame(serving, &frame);
}

static bool
has_reader(const struct serving *serving)
{
	struct pollfd reader = {.fd = serving->serve->output};

	return poll(&reader, 1, 0) <= 0 || reader.revents == 0;
}

/* With the store locked: reads it, asks, and keeps what is new. */
static enum status
fetch_locked(struct serving *serving, struct fault *fault)
{
	const struct oauth_serve *serve = serving->serve;
	struct oauth_store *store = serving->store;
	struct secret *fresh = &serving->grant.token.refresh;
	struct bytes revealed;
	enum status status = oauth_store_read(serve->path, store, fault);

	if (status == ST_OK)
		status = oauth_grant_fetch(
		    store, serve->user, serve->talk->wall(), &serving->grant, fault);
	if (status != ST_OK)
		return status;
	revealed = secret_reveal(fresh);
	if (revealed.size == 0 || bytes_equal(revealed, secret_reveal(&store->refresh)))
		return ST_OK;
	status = secret_set(&store->refresh, revealed);
	if (status == ST_OK)
		status = oauth_store_write(serve->path, store, fault);
	return status;
}

static enum status
fetch(struct serving *serving, struct fault *fault)
{
	int lock = -1;
	enum status status = oauth_file_lock(serving->serve->path, &lock, fault);

	if (status != ST_OK)
		return status;
	/* Waiting for the lock may have taken longer than anybody wanted a token. */
	status = has_reader(serving) ? fetch_locked(serving, fault) : ST_END;
	close(lock);
	secret_wipe(&serving->store->refresh);
	secret_wipe_memory(serving->store->key, sizeof(serving->store->key));
	/* A pending consent has no place here. */
	if (status == ST_AGAIN)
		return fault_set(fault,
		    (struct fault_kind){ST_SYNTAX, CAUSE_PROTOCOL, FAULT_ENDPOINT, RETRY_LATER},
		    "%s answers as if somebody were signing in.",
		    serving->store->provider.name);
	return status;
}

static enum status
give_token(struct serving *serving)
{
	struct oauth_token *token = &serving->grant.token;
	struct bridge_token_frame frame = {
	    .kind = BRIDGE_TOKEN_FRAME_TOKEN,
	    .life_s = token->life_s,
	    .token = secret_reveal(&token->access),
	};
	enum status status = write_frame(serving, &frame);

	oauth_schedule_got(&serving->schedule, serving->serve->talk->tick(), token->life_s);
	secret_wipe(&token->access);
	secret_wipe(&token->refresh);
	return status;
}

/* ST_OK: try again at the scheduled time. */
static enum status
take_failure(struct serving *serving, struct fault *fault)
{
	uint32_t patience_s = PATIENCE_REQUESTS * serving->store->provider.timeout_s;
	bool is_first = serving->schedule.failures == 0;
	uint8_t chance = 0;
	bool is_final;

	(void)RAND_bytes(&chance, 1);
	oauth_schedule_failed(&serving->schedule, serving->serve->talk->tick(),
	    serving->grant.retry_after_s, chance);
	is_final = fault->retry == RETRY_NEVER ||
	    oauth_schedule_is_hopeless(&serving->schedule, patience_s);
	if ((is_final || is_first) && write_fault(serving, fault, is_final) != ST_OK)
		return ST_END;
	return is_final ? fault->status : ST_OK;
}

/* Until the schedule's next time; ST_END when the reader has gone before. */
static enum status
sleep_until_next(struct serving *serving)
{
	sigset_t none;

	sigemptyset(&none);
	for (;;) {
		struct pollfd reader = {.fd = serving->serve->output};
		int64_t left_us = serving->schedule.next.us - serving->serve->talk->tick().us;
		struct timespec left = {
		    .tv_sec = left_us / 1000000, .tv_nsec = left_us % 1000000 * 1000};

		if (left_us <= 0)
			return ST_OK;
		if (ppoll(&reader, 1, &left, &none) > 0 && reader.revents != 0)
			return ST_END;
	}
}

static enum status
serve_until_end(struct serving *serving, struct fault *fault)
{
	enum status status;

	do {
		struct fault failure = {0};

		status = fetch(serving, &failure);
		if (status == ST_OK)
			status = give_token(serving);
		else if (status != ST_END)
			status = take_failure(serving, &failure);
		if (status != ST_OK && status != ST_END)
			*fault = failure;
		if (status == ST_OK)
			status = sleep_until_next(serving);
	} while (status == ST_OK);
	return status == ST_END ? ST_OK : status;
}

enum status
oauth_serve_run(const struct oauth_serve *serve, struct fault *fault)
{
	static const struct fault_kind no_memory = {
	    ST_MEMORY, CAUSE_MEMORY, FAULT_PROCESS, RETRY_LATER};
	struct serving *serving = mem_take(sizeof(*serving));
	enum status status;

	if (serving == NULL)
		return fault_set(fault, no_memory, "There is no memory to start.");
	*serving = (struct serving){.serve = serve, .store = oauth_store_new()};
	buf_init(&serving->frame, BRIDGE_TOKEN_FRAME_SIZE_MAX);
	oauth_schedule_init(&serving->schedule, serve->talk->tick());
	if (serving->store == NULL)
		status = fault_set(fault, no_memory, "There is no memory to start.");
	else
		status = serve_until_end(serving, fault);
	buf_fini(&serving->frame);
	oauth_store_free(&serving->store);
	secret_wipe_memory(serving, sizeof(*serving));
	mem_give(serving);
	return status;
}
