/* SPDX-License-Identifier: Apache-2.0
 *
 * Copying one folder: carries what sync/copy asks for to the two endpoints and the ledger, and
 * feeds back what happened there. All decisions are sync/copy's.
 */
#include "pass/relay.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"

enum {
	DROPS_MAX = 30, /* of one worker's destination connection */
};

static const int64_t finish_within_us = 10 * 1000000LL;

/* Requests -------------------------------------------------------------------------------- */

static enum status
ask_src(struct relay *relay, const struct sync_copy_request *request)
{
	bool is_bodies = request->want == SYNC_COPY_BODIES;
	uint32_t items = IMAP_FETCH_FLAGS | IMAP_FETCH_DATE;
	struct imap_command command;
	enum status status;

	if (is_bodies)
		items = IMAP_FETCH_BODY | (request->is_second_try ? IMAP_FETCH_FLAGS : 0U);
	CHECK(relay->asked_count < ASKED_MAX);
	status = imap_session_fetch(
	    endpoint_session(relay->worker->src), request->uids, items, &command);
	if (status != ST_OK)
		return status;
	relay->asked[relay->asked_count++] =
	    (struct asked){command, is_bodies ? ASKED_BODIES : ASKED_ROWS};
	endpoint_flush(relay->worker->src);
	return ST_OK;
}

static void
on_settled(void *argument)
{
	fiber_signal(argument);
}

static enum status
intend(struct relay *relay, const struct sync_copy_request *request)
{
	struct sync_ledger *ledger = relay->worker->pass->ledger;
	struct intended *slot = NULL;

	for (size_t i = 0; i < INTENTS_MAX && slot == NULL; i++) {
		if (relay->intended[i].group == 0)
			slot = &relay->intended[i];
	}
	CHECK(slot != NULL);
	*slot = (struct intended){
	    .group = request->group,
	    .receipt = {.notify = on_settled, .argument = &relay->durable},
	};
	return ledger->ops->intend(ledger, &request->intent, &slot->receipt);
}

/* Tells sync/copy which intents have become durable. */
static enum status
look_at_intents(struct relay *relay)
{
	for (size_t i = 0; i < INTENTS_MAX; i++) {
		struct intended *slot = &relay->intended[i];

		if (slot->group == 0 || slot->is_told || !slot->receipt.is_settled)
			continue;
		if (slot->receipt.status != ST_OK)
			return slot->receipt.status;
		slot->is_told = true;
		relay->has_moved = true;
		sync_copy_feed_durable(relay->copy, slot->group);
	}
	return ST_OK;
}

static enum status
settle(struct relay *relay, const struct sync_copy_request *request)
{
	struct sync_ledger *ledger = relay->worker->pass->ledger;

	for (size_t i = 0; i < INTENTS_MAX; i++) {
		struct intended *slot = &relay->intended[i];

		if (slot->group != request->group)
			continue;
		slot->group = 0;
		return ledger->ops->settle(
		    ledger, slot->receipt.number, request->settled, request->dst_uids);
	}
	return ST_OK;
}

static enum status
begin_append(struct relay *relay, const struct sync_copy_request *request)
{
	struct begun *begun = &relay->begun[relay->begun_count];
	enum status status;

	CHECK(relay->begun_count < APPENDS_MAX);
	status = imap_session_append_begin(
	    endpoint_session(relay->worker->dst), relay->folder->dst_raw, &begun->command);
	if (status != ST_OK)
		return status;
	begun->append = request->append;
	relay->begun_count++;
	return ST_OK;
}

/* Another connection to the destination, over which no literal goes unasked. */
static void
replace_dst(struct relay *relay)
{
	struct pass_worker *worker = relay->worker;

	endpoint_close(&worker->dst, true);
	relay->begun_count = 0;
	worker->is_careful = true;
	if (relay->is_src_lost || ++worker->drops > DROPS_MAX) {
		fault_set(relay->fault,
		    (struct fault_kind){
			ST_REFUSED, CAUSE_PROTOCOL, FAULT_ENDPOINT, RETRY_LATER},
		    "The destination broke off message after message; it was given up.");
		relay_lose_dst(relay);
	} else if (pass_open_pair(worker, relay->fault) != ST_OK) {
		relay_lose_dst(relay);
	} else {
		sync_copy_feed_dst_dropped(relay->copy);
	}
}

static enum status
carry(struct relay *relay, const struct sync_copy_request *request)
{
	struct endpoint *dst = relay->worker->dst;

	switch (request->want) {
	case SYNC_COPY_ROWS:
	case SYNC_COPY_BODIES:
		return ask_src(relay, request);
	case SYNC_COPY_INTENT:
		return intend(relay, request);
	case SYNC_COPY_BEGIN:
		return begin_append(relay, request);
	case SYNC_COPY_MESSAGE:
		return imap_session_append_message(endpoint_session(dst),
		    request->message.flags, request->message.date, request->size);
	case SYNC_COPY_END:
		return imap_session_append_end(endpoint_session(dst));
	case SYNC_COPY_SETTLE:
		return settle(relay, request);
	case SYNC_COPY_OUTCOME:
		pass_tell_outcome(relay->worker, relay->folder, request);
		return ST_OK;
	case SYNC_COPY_DROP:
		replace_dst(relay);
		return ST_OK;
	case SYNC_COPY_DONE:
		relay->folder->listed += request->listed;
		relay->is_done = true;
		return ST_OK;
	}
	return ST_CONFLICT;
}

/* Whether the rate lets another message begin now. */
static bool
may_go(struct relay *relay, struct tick now)
{
	struct bucket *bucket = &relay->worker->pass->messages_bucket;

	if (bucket->rate == 0 || bucket_has(bucket, 1, now))
		return true;
	relay->rate_deadline = bucket_deadline(bucket, 1, now);
	return false;
}

/* A message without octets that the server has not allowed to come: sync/copy sees nothing left
 * to send, but its command cannot end yet. */
static bool
is_empty_awaited(const struct relay *relay)
{
	return !relay->is_dst_lost &&
	    imap_session_awaits_continuation(endpoint_session(relay->worker->dst)) &&
	    sync_copy_output(relay->copy).size == 0;
}

static enum status
carry_all(struct relay *relay)
{
	struct pass *pass = relay->worker->pass;

	while (!relay->is_done) {
		struct tick now = relay->now;
		struct sync_copy_request request;
		enum status status;

		status = look_at_intents(relay);
		sync_copy_hold(relay->copy, !may_go(relay, now), is_empty_awaited(relay));
		if (status == ST_OK)
			status = sync_copy_next(relay->copy, now, &request);
		if (status == ST_AGAIN)
			return ST_OK;
		if (status == ST_OK && request.want == SYNC_COPY_MESSAGE)
			(void)bucket_take(&pass->messages_bucket, 1, now);
		if (status == ST_OK)
			status = carry(relay, &request);
		if (status != ST_OK)
			return fault_set(relay->fault,
			    (struct fault_kind){
				status, CAUSE_OTHER, FAULT_ENDPOINT, RETRY_LATER},
			    "The folder %.*s could not be copied on (%s).",
			    (int)relay->folder->map.src->display.size,
			    (const char *)relay->folder->map.src->display.data,
			    status_name(status));
		relay->has_moved = true;
	}
	return ST_OK;
}

/* The loop -------------------------------------------------------------------------------- */

static struct tick
next_deadline(const struct relay *relay)
{
	struct tick deadline =
	    tick_earlier(sync_copy_deadline(relay->copy), relay->rate_deadline);

	/* A source that we do not read from cannot be late. */
	if (!relay->is_src_lost && sync_copy_room(relay->copy) > 0)
		deadline = tick_earlier(deadline, endpoint_deadline(relay->worker->src));
	if (!relay->is_dst_lost)
		deadline = tick_earlier(deadline, endpoint_deadline(relay->worker->dst));
	if (relay->is_stopping)
		deadline = tick_earlier(deadline, relay->stop_deadline);
	return deadline;
}

/* After a wait that ended by time: who is late? */
static void
look_for_late(struct relay *relay)
{
	struct tick now = fiber_now();

	if (relay->is_stopping && !tick_is_before(now, relay->stop_deadline)) {
		fault_set(relay->fault,
		    (struct fault_kind){
			ST_CANCELED, CAUSE_CANCELED, FAULT_MAILBOX, RETRY_LATER},
		    "Stopped; what was under way did not finish in time.");
		relay_lose_dst(relay);
		return;
	}
	if (!relay->is_src_lost && sync_copy_room(relay->copy) > 0 &&
	    !tick_is_before(now, endpoint_deadline(relay->worker->src))) {
		endpoint_silence(relay->worker->src, relay->fault);
		relay_lose_src(relay);
	}
	if (!relay->is_dst_lost &&
	    !tick_is_before(now, endpoint_deadline(relay->worker->dst))) {
		endpoint_silence(relay->worker->dst, relay->fault);
		relay_lose_dst(relay);
	}
}

static enum status
wait_for_more(struct relay *relay)
{
	struct fiber_source *sources[4] = {&relay->worker->poke, &relay->durable};
	size_t count = 2;

	if (!relay->is_src_lost)
		sources[count++] = endpoint_source(relay->worker->src);
	if (!relay->is_dst_lost)
		sources[count++] = endpoint_source(relay->worker->dst);
	switch (fiber_wait(sources, count, next_deadline(relay))) {
	case FIBER_SIGNALED:
		return ST_OK;
	case FIBER_TIMEOUT:
		look_for_late(relay);
		return ST_OK;
	case FIBER_CANCELED:
		break;
	}
	return fault_set(relay->fault,
	    (struct fault_kind){ST_CANCELED, CAUSE_CANCELED, FAULT_MAILBOX, RETRY_LATER},
	    "Stopped.");
}

static void
heed_stop(struct relay *relay)
{
	struct pass *pass = relay->worker->pass;

	if (!pass->is_finishing || relay->is_stopping)
		return;
	relay->is_stopping = true;
	relay->stop_deadline = tick_after(relay->now, finish_within_us);
	sync_copy_feed_stop(relay->copy);
}

static enum status
run(struct relay *relay)
{
	while (!relay->is_done) {
		enum status status = ST_OK;

		relay->now = fiber_now();
		relay->has_moved = false;
		relay->rate_deadline = TICK_NEVER;
		heed_stop(relay);
		relay_pump_src(relay);
		status = carry_all(relay);
		relay_move_octets(relay);
		relay_pump_dst(relay);
		if (status == ST_OK)
			status = carry_all(relay);
		if (status == ST_OK && !relay->is_done && !relay->has_moved)
			status = wait_for_more(relay);
		if (status != ST_OK)
			return status;
	}
	return ST_OK;
}

static enum status
ask_examine(struct relay *relay)
{
	struct imap_command command;
	enum status status = imap_session_examine(
	    endpoint_session(relay->worker->src), relay->folder->map.src->raw, &command);

	if (status != ST_OK)
		return fault_set(relay->fault,
		    (struct fault_kind){status, CAUSE_OTHER, FAULT_FOLDER, RETRY_NEVER},
		    "The source's name of this folder cannot be said in a command.");
	relay->asked[relay->asked_count++] = (struct asked){command, ASKED_EXAMINE};
	return ST_OK;
}

/* Stopped in the middle: what was given to the destination and not answered is in doubt, and
 * that is told before everything is let go. */
static void
abandon(struct relay *relay)
{
	struct sync_copy_request request;

	if (!relay->is_dst_lost)
		relay_lose_dst(relay);
	while (sync_copy_next(relay->copy, relay->now, &request) == ST_OK &&
	    request.want != SYNC_COPY_DONE) {
		if (request.want == SYNC_COPY_OUTCOME)
			pass_tell_outcome(relay->worker, relay->folder, &request);
	}
}

enum status
pass_relay(struct pass_worker *worker, struct pass_folder *folder,
    const struct sync_copy_settings *settings, struct fault *fault)
{
	struct relay *relay = mem_take(sizeof(*relay));
	enum status status = ST_MEMORY;

	if (relay != NULL) {
		memset(relay, 0, sizeof(*relay));
		relay->worker = worker;
		relay->folder = folder;
		relay->fault = fault;
		relay->is_examined = !settings->is_src_pending;
		status = sync_copy_new(settings, &relay->copy);
	}
	if (status != ST_OK) {
		mem_give(relay);
		return fault_set(fault,
		    (struct fault_kind){status, CAUSE_MEMORY, FAULT_FOLDER, RETRY_LATER},
		    "There is not enough memory to copy a folder.");
	}
	if (settings->is_src_pending)
		status = ask_examine(relay);
	if (status == ST_OK)
		status = run(relay);
	if (!relay->is_done)
		abandon(relay);
	sync_copy_free(&relay->copy);
	mem_give(relay);
	if (status == ST_OK && fault_is_set(fault))
		status = fault->status;
	return status;
}
