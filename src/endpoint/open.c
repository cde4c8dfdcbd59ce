/* SPDX-License-Identifier: Apache-2.0
 *
 * Opening a connection: dial, encrypt, greet, log in, learn what the server can do.
 */
#include "endpoint/imap_private.h"
#include "endpoint/login.h"

#include <string.h>

#include "base/mem.h"
#include "base/secret.h"
#include "net/fiber.h"
#include "net/world.h"

enum {
	TRACE_SIZE_MAX = 1 << 20,
	COMMANDS_MAX = 256
};

static const int64_t connect_timeout_us = 20 * 1000000LL;
static const int64_t handshake_timeout_us = 30 * 1000000LL;

static bool
is_loopback(const char *host)
{
	return strcmp(host, "localhost") == 0 || strncmp(host, "127.", 4) == 0 ||
	    strcmp(host, "::1") == 0;
}

static struct link_target
target_of(const struct account *account)
{
	struct link_target target = {
	    .host = account->host,
	    .port = account->port,
	    .security = account->security == ACCOUNT_TLS ? LINK_TLS : LINK_PLAIN,
	    .tls = {.ca_path = account->ca_path,
		.has_pin = account->has_pin,
		.allows_old = account->allows_old_tls},
	    .connect_timeout_us = connect_timeout_us,
	    .handshake_timeout_us = handshake_timeout_us,
	};

	memcpy(target.tls.pin, account->pin, sizeof(target.tls.pin));
	return target;
}

/* The link's own fault, and the line to paste when a certificate is what stands in the way. */
static enum status
connection_fault(const struct endpoint *endpoint, struct fault *fault)
{
	const struct account *account = endpoint->settings.account;
	const struct fault *why = link_fault(endpoint->link);
	const char *pin = link_pin_offered(endpoint->link);

	if (link_state(endpoint->link) != LINK_FAILED)
		return fault_set(fault, ENDPOINT_FAULT(ST_IO, CAUSE_NETWORK, RETRY_LATER),
		    "The %s (%s) closed the connection at once.", account->side, account->host);
	if (pin != NULL)
		return fault_set(fault, ENDPOINT_FAULT(why->status, why->cause, why->retry),
		    "%s To trust exactly this certificate, add --%s-pin sha256:%s", why->text,
		    account->side, pin);
	return fault_set(
	    fault, ENDPOINT_FAULT(why->status, why->cause, why->retry), "%s", why->text);
}

/* Until the link is connected and, if it speaks TLS, has shaken hands. */
static enum status
wait_open(struct endpoint *endpoint, struct fault *fault)
{
	struct fiber_source *source = link_source(endpoint->link);

	while (link_state(endpoint->link) == LINK_CONNECTING) {
		if (fiber_wait(&source, 1, TICK_NEVER) == FIBER_CANCELED)
			return fault_set(fault,
			    ENDPOINT_FAULT(ST_CANCELED, CAUSE_CANCELED, RETRY_LATER),
			    "Stopped.");
	}
	if (link_state(endpoint->link) == LINK_OPEN || link_input(endpoint->link).size > 0)
		return ST_OK;
	return connection_fault(endpoint, fault);
}

static enum status
wait_greeting(struct endpoint *endpoint, struct fault *fault)
{
	const struct account *account = endpoint->settings.account;
	struct imap_event event;
	char text[FAULT_QUOTE_SIZE];

	do {
		enum status status = endpoint_wait_event(endpoint, &event, fault);

		if (status != ST_OK)
			return status;
		if (event.kind == IMAP_EVENT_BYE)
			return fault_set(fault,
			    ENDPOINT_FAULT(ST_REFUSED, CAUSE_NETWORK, RETRY_LATER),
			    "The %s (%s) turned us away: %s", account->side, account->host,
			    fault_quote(event.text, text));
	} while (event.kind != IMAP_EVENT_GREETING);
	return ST_OK;
}

/* Waits for `command`, which was just queued with `status`; a NO or BAD is a fault. */
static enum status
wait_ok(struct endpoint *endpoint, enum status status, struct imap_command command,
    const char *what, struct fault *fault)
{
	struct imap_completion completion;

	if (status != ST_OK)
		return fault_set(fault, ENDPOINT_FAULT(status, CAUSE_OTHER, RETRY_NEVER),
		    "Could not ask the %s to %s.", endpoint->settings.account->side, what);
	status = endpoint_wait_done(endpoint, command, &completion, fault);
	if (status != ST_OK)
		return status;
	if (completion.result != IMAP_RESULT_OK)
		return endpoint_refusal(
		    endpoint, IMAP_PHASE_READ, what, &completion, FAULT_ENDPOINT, fault);
	return ST_OK;
}

static enum status
ask_capabilities(struct endpoint *endpoint, struct fault *fault)
{
	struct imap_command command = {0};
	enum status status = imap_session_capability(endpoint->session, &command);

	return wait_ok(endpoint, status, command, "list its capabilities", fault);
}

enum status
endpoint_learn_capabilities(struct endpoint *endpoint, struct fault *fault)
{
	if (imap_session_knows_capabilities(endpoint->session))
		return ST_OK;
	return ask_capabilities(endpoint, fault);
}

static enum status
start_tls(struct endpoint *endpoint, struct fault *fault)
{
	struct imap_command command = {0};
	struct fault detail = {0};
	enum status status = imap_session_starttls(endpoint->session, &command);

	status = wait_ok(endpoint, status, command, "encrypt the connection", fault);
	if (status == ST_REFUSED)
		fault->cause = CAUSE_TLS;
	if (status != ST_OK)
		return status;
	link_consume(endpoint->link, endpoint->pending_size);
	endpoint->pending_size = 0;
	if (imap_session_tls_started(endpoint->session, &detail) != ST_OK)
		status = endpoint_complaint(endpoint, &detail, fault);
	if (status == ST_OK)
		status = link_start_tls(endpoint->link, fault);
	if (status == ST_OK)
		status = wait_open(endpoint, fault);
	endpoint->is_encrypted = status == ST_OK;
	return status;
}

/* Encryption before anything else is said: what stands in clear is decided here only. */
static enum status
secure(struct endpoint *endpoint, struct fault *fault)
{
	const struct account *account = endpoint->settings.account;
	enum status status;

	if (account->security == ACCOUNT_TLS) {
		endpoint->is_encrypted = true;
		return ST_OK;
	}
	if (account->allows_plaintext)
		return ST_OK;
	if (imap_session_is_authenticated(endpoint->session))
		return fault_set(fault, ENDPOINT_FAULT(ST_REFUSED, CAUSE_TLS, RETRY_NEVER),
		    "The %s (%s) logs us in before the connection is encrypted; somebody may "
		    "be listening in between. Add --%s-plaintext to go on without encryption.",
		    account->side, account->host, account->side);
	status = endpoint_learn_capabilities(endpoint, fault);
	/* A greeting may keep quiet of it; nothing goes on in clear before that was asked. */
	if (status == ST_OK && !endpoint_can(endpoint, IMAP_CAP_STARTTLS))
		status = ask_capabilities(endpoint, fault);
	if (status != ST_OK)
		return status;
	if (endpoint_can(endpoint, IMAP_CAP_STARTTLS))
		return start_tls(endpoint, fault);
	if (is_loopback(account->host))
		return ST_OK;
	return fault_set(fault, ENDPOINT_FAULT(ST_REFUSED, CAUSE_TLS, RETRY_NEVER),
	    "The %s (%s) offers no encryption on this port. Use imaps:// or, if you must, add "
	    "--%s-plaintext.",
	    account->side, account->host, account->side);
}

/* Some show only a part of a large folder until this is said. What refuses it stays as it is.
 */
static enum status
ask_for_whole_folders(struct endpoint *endpoint, struct fault *fault)
{
	struct imap_completion completion;
	struct imap_command command = {0};
	enum status status;

	if (!endpoint_has_quirk(endpoint, IMAP_QUIRK_WHOLE_ONLY_BY_UIDONLY) ||
	    !endpoint_can(endpoint, IMAP_CAP_UIDONLY))
		return ST_OK;
	status = imap_session_enable(endpoint->session, BYTES("UIDONLY"), &command);
	if (status != ST_OK)
		return fault_set(fault, ENDPOINT_FAULT(status, CAUSE_OTHER, RETRY_NEVER),
		    "Could not ask the %s for whole folders.",
		    endpoint->settings.account->side);
	return endpoint_wait_done(endpoint, command, &completion, fault);
}

/* What this connection will say in its log-in, others may have said before. */
static enum status
conceal_secret(struct endpoint *endpoint, struct fault *fault)
{
	const struct account_login *login = endpoint->settings.account->login;
	const struct secret *secret = endpoint->settings.password;
	enum status status = ST_OK;

	if (login != NULL && login->token != NULL)
		secret = login->token;
	if (secret != NULL)
		status = imap_session_expect_secret(endpoint->session, secret_reveal(secret));
	/* One that no log-in takes is never said. */
	if (status == ST_OK || status == ST_LIMIT)
		return ST_OK;
	return fault_set(fault, ENDPOINT_FAULT(status, CAUSE_MEMORY, RETRY_LATER),
	    "There is not enough memory for another connection.");
}

static enum status
prepare(struct endpoint *endpoint, struct fault *fault)
{
	struct imap_limits limits = imap_limits_default();
	struct link_target target = target_of(endpoint->settings.account);
	enum status status = link_dial(endpoint->world, &target, &endpoint->link, fault);

	limits.commands_max = COMMANDS_MAX;
	if (status == ST_OK)
		status = wait_open(endpoint, fault);
	if (status != ST_OK)
		return status;
	status = imap_session_new(&limits, world_now(endpoint->world), &endpoint->session);
	if (status != ST_OK)
		return fault_set(fault, ENDPOINT_FAULT(status, CAUSE_MEMORY, RETRY_LATER),
		    "There is not enough memory for another connection.");
	status = conceal_secret(endpoint, fault);
	if (status != ST_OK)
		return status;
	imap_session_assume_family(endpoint->session, endpoint->settings.family);
	for (enum imap_capability i = 0; i < IMAP_CAP_COUNT; i++) {
		if (imap_capability_has(endpoint->settings.without, i))
			imap_session_switch_off(endpoint->session, i);
	}
	if (endpoint->settings.trace != NULL)
		imap_session_trace(endpoint->session, &endpoint->trace);
	return ST_OK;
}

enum status
endpoint_open(struct world *world, const struct endpoint_settings *settings,
    struct endpoint **endpoint_out, struct fault *fault)
{
	struct endpoint *endpoint = mem_take(sizeof(*endpoint));
	enum status status;

	if (endpoint == NULL)
		return fault_set(fault, ENDPOINT_FAULT(ST_MEMORY, CAUSE_MEMORY, RETRY_LATER),
		    "There is not enough memory for another connection.");
	memset(endpoint, 0, sizeof(*endpoint));
	endpoint->world = world;
	endpoint->settings = *settings;
	endpoint->is_idle = true;
	buf_init(&endpoint->trace, TRACE_SIZE_MAX);
	status = prepare(endpoint, fault);
	if (status == ST_OK)
		status = wait_greeting(endpoint, fault);
	if (status == ST_OK)
		status = secure(endpoint, fault);
	if (status == ST_OK)
		status = endpoint_log_in(endpoint, fault);
	if (status == ST_OK)
		status = ask_for_whole_folders(endpoint, fault);
	if (status != ST_OK) {
		endpoint_close(&endpoint, true);
		return status;
	}
	*endpoint_out = endpoint;
	return ST_OK;
}
