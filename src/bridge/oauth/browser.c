/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge/oauth/browser.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/rand.h>

#include "base/buf.h"
#include "base/mem.h"
#include "bridge/oauth/file.h"
#include "bridge/oauth/form.h"
#include "bridge/oauth/grant.h"
#include "bridge/oauth/pkce.h"
#include "bridge/oauth/redirect.h"
#include "bridge/oauth/store.h"
#include "bridge/oauth/talk.h"

enum {
	URL_SIZE_MAX = 8192,
	READ_SIZE = 1024
};

static const int64_t consent_us = 600 * 1000000LL;
static const int64_t request_us = 5 * 1000000LL;
static const struct fault_kind no_memory = {
    ST_MEMORY, CAUSE_MEMORY, FAULT_PROCESS, RETRY_LATER};

struct asking {
	const struct oauth_store *store;
	const struct oauth_talk *talk;
	int listener;
	char redirect[64]; /* "http://127.0.0.1:PORT/" */
	char state[OAUTH_PKCE_SIZE];
	struct oauth_pkce pkce;
	struct secret code;
};

static enum status
listen_on_loopback(struct asking *asking, struct fault *fault)
{
	struct sockaddr_in address = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr *general = (struct sockaddr *)&address;
	socklen_t size = sizeof(address);

	asking->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (asking->listener < 0 || bind(asking->listener, general, size) != 0 ||
	    listen(asking->listener, 8) != 0 ||
	    getsockname(asking->listener, general, &size) != 0)
		return fault_set(fault,
		    (struct fault_kind){ST_IO, CAUSE_OTHER, FAULT_PROCESS, RETRY_LATER},
		    "Cannot listen for the browser on 127.0.0.1: %s.", strerror(errno));
	snprintf(asking->redirect, sizeof(asking->redirect), "http://127.0.0.1:%u/",
	    (unsigned)ntohs(address.sin_port));
	return ST_OK;
}

static enum status
make_words(struct asking *asking, struct fault *fault)
{
	uint8_t random[2 * OAUTH_PKCE_RANDOM_SIZE];
	enum status status = ST_IO;

	if (RAND_bytes(random, sizeof(random)) == 1)
		status = oauth_pkce_make(random, &asking->pkce);
	if (status == ST_OK)
		status = oauth_pkce_word(random + OAUTH_PKCE_RANDOM_SIZE, asking->state);
	secret_wipe_memory(random, sizeof(random));
	if (status == ST_OK)
		return ST_OK;
	return fault_set(fault,
	    (struct fault_kind){status, CAUSE_OTHER, FAULT_PROCESS, RETRY_LATER},
	    "There is no randomness for the log-in.");
}

/* The address that the person opens. */
static enum status
make_url(const struct asking *asking, const char *user, struct buf *url)
{
	const struct oauth_provider *provider = &asking->store->provider;
	const struct {
		const char *name;
		const char *value;
	} parts[] = {
	    {"response_type", "code"},
	    {"client_id", asking->store->client_id},
	    {"redirect_uri", asking->redirect},
	    {"scope", provider->scope},
	    {"state", asking->state},
	    {"code_challenge", asking->pkce.challenge},
	    {"code_challenge_method", "S256"},
	    {"login_hint", user},
	};
	bool has_query = strchr(provider->browser_url, '?') != NULL;
	enum status status = buf_append(url, bytes_of_string(provider->browser_url));

	if (status == ST_OK && !has_query)
		status = buf_append(url, BYTES("?"));
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts) && status == ST_OK; i++) {
		if (parts[i].value != NULL)
			status =
			    oauth_form_add(url, parts[i].name, bytes_of_string(parts[i].value));
	}
	if (status == ST_OK && provider->parameters[0] != '\0')
		status = buf_print(url, "&%s", provider->parameters);
	if (status == ST_OK)
		status = buf_append(url, bytes_of("", 1));
	return status;
}

static int
left_ms(const struct asking *asking, struct tick end)
{
	int64_t left_us = end.us - asking->talk->tick().us;

	return left_us <= 0 ? 0 : (int)(left_us / 1000) + 1;
}

/* The head of one request, as far as it comes within five seconds. */
static void
read_request(const struct asking *asking, int connection, struct buf *request)
{
	struct tick end = tick_after(asking->talk->tick(), request_us);

	for (;;) {
		struct pollfd ready = {.fd = connection, .events = POLLIN};
		struct bytes head = buf_bytes(request);
		uint8_t *room;
		ssize_t got;

		if (bytes_find_bytes(head, BYTES("\r\n\r\n")) < head.size)
			return;
		if (poll(&ready, 1, left_ms(asking, end)) <= 0 ||
		    buf_reserve(request, READ_SIZE, &room) != ST_OK)
			return;
		got = read(connection, room, READ_SIZE);
		if (got <= 0)
			return;
		buf_added(request, (size_t)got);
	}
}

static void
answer(int connection, const char *status, const char *text)
{
	char page[1024];
	int size = snprintf(page, sizeof(page),
	    "HTTP/1.1 %s\r\nContent-Type: text/plain; charset=utf-8\r\n"
	    "Cache-Control: no-store\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n%s",
	    status, strlen(text), text);

	/* A browser that does not listen any more misses a sentence, and nothing else. */
	(void)!send(connection, page, (size_t)size, MSG_NOSIGNAL);
}

/* ST_OK: the code is there. ST_AGAIN: this was something else. */
static enum status
take_connection(struct asking *asking, int connection, struct fault *fault)
{
	struct buf request;
	enum status status;

	buf_init(&request, OAUTH_REDIRECT_SIZE_MAX);
	read_request(asking, connection, &request);
	status =
	    oauth_redirect_decode(buf_bytes(&request), asking->state, &asking->code, fault);
	oauth_file_wipe(&request);
	if (status == ST_OK)
		answer(connection, "200 OK", "Thank you. You can close this page.\n");
	else if (status == ST_REFUSED)
		answer(
		    connection, "200 OK", "Consent was not given. You can close this page.\n");
	else if (status == ST_ABSENT)
		answer(connection, "404 Not Found", "There is nothing here.\n");
	else
		answer(connection, "400 Bad Request", "This is not the expected answer.\n");
	return status == ST_OK || status == ST_REFUSED ? status : ST_AGAIN;
}

static enum status
wait_for_code(struct asking *asking, struct fault *fault)
{
	struct tick end = tick_after(asking->talk->tick(), consent_us);
	enum status status = ST_AGAIN;

	while (status == ST_AGAIN) {
		struct pollfd ready = {.fd = asking->listener, .events = POLLIN};
		int connection;

		if (poll(&ready, 1, left_ms(asking, end)) == 0)
			return fault_set(fault,
			    (struct fault_kind){
				ST_TIMEOUT, CAUSE_LOGIN, FAULT_PROCESS, RETRY_NEVER},
			    "Nobody gave consent within ten minutes.");
		connection = accept4(asking->listener, NULL, NULL, SOCK_CLOEXEC);
		if (connection < 0)
			continue;
		status = take_connection(asking, connection, fault);
		close(connection);
	}
	return status;
}

static enum status
redeem(const struct asking *asking, struct oauth_grant *grant_out, struct fault *fault)
{
	const struct oauth_field fields[] = {
	    {"grant_type", BYTES("authorization_code")},
	    {"code", secret_reveal(&asking->code)},
	    {"redirect_uri", bytes_of_string(asking->redirect)},
	    {"code_verifier", bytes_of_string(asking->pkce.verifier)},
	};

	return oauth_grant_post(
	    asking->store, fields, sizeof(fields) / sizeof(*fields), grant_out, fault);
}

static enum status
run(struct asking *asking, const char *user, struct oauth_grant *grant_out, struct fault *fault)
{
	struct buf url;
	enum status status = listen_on_loopback(asking, fault);

	if (status == ST_OK)
		status = make_words(asking, fault);
	if (status != ST_OK)
		return status;
	buf_init(&url, URL_SIZE_MAX);
	status = make_url(asking, user, &url);
	if (status == ST_OK) {
		asking->talk->say("To give consent, open this address in a browser on this "
				  "machine:");
		asking->talk->say((const char *)buf_bytes(&url).data);
		status = wait_for_code(asking, fault);
	}
	buf_fini(&url);
	if (status == ST_OK)
		status = redeem(asking, grant_out, fault);
	return status;
}

enum status
oauth_browser_run(const struct oauth_store *store, const char *user,
    const struct oauth_talk *talk, struct oauth_grant *grant_out, struct fault *fault)
{
	struct asking *asking = mem_take(sizeof(*asking));
	enum status status;

	if (asking == NULL)
		return fault_set(fault, no_memory, "There is no memory for the log-in.");
	memset(asking, 0, sizeof(*asking));
	asking->store = store;
	asking->talk = talk;
	asking->listener = -1;
	status = run(asking, user, grant_out, fault);
	if (status != ST_OK && !fault_is_set(fault))
		fault_set(fault, no_memory, "There is no memory for the log-in.");
	if (asking->listener >= 0)
		close(asking->listener);
	secret_wipe_memory(asking, sizeof(*asking));
	mem_give(asking);
	return status;
}
