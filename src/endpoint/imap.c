/* SPDX-License-Identifier: Apache-2.0
 *
 * Moving octets and events of one connection; how it is opened is in open.c.
 */
#include "endpoint/imap_private.h"

#include "base/mem.h"
#include "net/fiber.h"
#include "net/world.h"
#include "wire/imap/uidset.h"

static void
flush_trace(struct endpoint *endpoint)
{
	if (endpoint->trace.size == 0)
		return;
	endpoint->settings.trace(
	    endpoint->settings.trace_argument, buf_bytes(&endpoint->trace));
	buf_clear(&endpoint->trace);
}

void
endpoint_flush(struct endpoint *endpoint)
{
	for (;;) {
		struct bytes output = imap_session_output(endpoint->session);
		size_t sent;

		if (output.size == 0)
			break;
		sent = link_write(endpoint->link, output);
		if (sent == 0)
			break;
		if (endpoint->is_idle) {
			endpoint->is_idle = false;
			endpoint->waits++;
		}
		imap_session_sent(endpoint->session, sent, world_now(endpoint->world));
	}
	flush_trace(endpoint);
}

size_t
endpoint_write_literal(struct endpoint *endpoint, struct bytes octets)
{
	uint64_t room;
	size_t sent;

	endpoint_flush(endpoint);
	room = imap_session_literal_room(endpoint->session);
	if (room < octets.size)
		octets = bytes_first(octets, (size_t)room);
	if (octets.size == 0)
		return 0;
	sent = link_write(endpoint->link, octets);
	if (sent > 0)
		imap_session_literal_sent(
		    endpoint->session, bytes_first(octets, sent), world_now(endpoint->world));
	return sent;
}

/* Why the connection is over. Octets that it still holds were looked at before. */
static enum status
end_of_stream(struct endpoint *endpoint, struct fault *fault)
{
	const struct account *account = endpoint->settings.account;
	struct imap_answer bye = {
	    .phase = IMAP_PHASE_READ,
	    .is_bye = true,
	    .text = bytes_of_string(endpoint->bye),
	    .quirks = imap_session_quirks(endpoint->session),
	};
	struct imap_verdict farewell;
	struct fault detail = {0};

	if (link_state(endpoint->link) == LINK_FAILED)
		return fault_set(fault, ENDPOINT_FAULT(ST_IO, CAUSE_NETWORK, RETRY_LATER),
		    "The connection to the %s broke: %s", account->side,
		    link_fault(endpoint->link)->text);
	if (imap_session_end(endpoint->session, &detail) == ST_OK)
		detail.text[0] = 0;
	farewell = imap_verdict_of(&bye);
	return fault_set(fault, ENDPOINT_FAULT(ST_IO, CAUSE_NETWORK, farewell.retry),
	    "The %s (%s) ended the connection%s%s%s%s", account->side, account->host,
	    endpoint->bye[0] == 0 ? "" : ", saying: ", endpoint->bye,
	    detail.text[0] == 0 ? "." : ". ", detail.text);
}

enum status
endpoint_complaint(
    const struct endpoint *endpoint, const struct fault *detail, struct fault *fault)
{
	const struct account *account = endpoint->settings.account;
	struct fault_kind kind = {detail->status, detail->cause, detail->scope, detail->retry};
	struct bytes text = bytes_of_string(detail->text);
	struct bytes server = BYTES("The server");

	if (!bytes_start_with(text, server))
		return fault_set(fault, kind, "%s", detail->text);
	return fault_set(fault, kind, "The %s (%s)%s", account->side, account->host,
	    detail->text + server.size);
}

static void
note(struct endpoint *endpoint, const struct imap_event *event)
{
	if (event->kind == IMAP_EVENT_BYE)
		fault_quote(event->text, endpoint->bye);
	if (event->kind == IMAP_EVENT_DONE &&
	    imap_session_open_commands(endpoint->session) == 0)
		endpoint->is_idle = true;
}

/* A session's error is final, and its end repeats it. */
static enum status
end_of_session(struct endpoint *endpoint, struct fault *fault)
{
	struct fault detail = {0};

	(void)!imap_session_end(endpoint->session, &detail);
	return endpoint_complaint(endpoint, &detail, fault);
}

enum status
endpoint_next(struct endpoint *endpoint, size_t input_max, struct imap_event *event_out,
    struct fault *fault)
{
	for (;;) {
		enum status status = imap_session_next(endpoint->session, event_out);
		struct bytes input;

		if (status == ST_OK)
			note(endpoint, event_out);
		if (status != ST_AGAIN)
			return status;
		link_consume(endpoint->link, endpoint->pending_size);
		endpoint->pending_size = 0;
		endpoint_flush(endpoint);
		input = link_input(endpoint->link);
		if (input.size == 0 && link_state(endpoint->link) != LINK_OPEN &&
		    link_state(endpoint->link) != LINK_CONNECTING)
			return end_of_stream(endpoint, fault);
		input = bytes_first(input, input_max);
		if (input.size == 0)
			return ST_AGAIN;
		status = imap_session_feed(endpoint->session, input, world_now(endpoint->world),
		    &endpoint->pending_size, NULL);
		if (status != ST_OK)
			return end_of_session(endpoint, fault);
	}
}

enum status
endpoint_examine(
    struct endpoint *endpoint, struct bytes raw_name, struct imap_command *command_out)
{
	if (endpoint_has_quirk(endpoint, IMAP_QUIRK_EXAMINE_FORGETS))
		return imap_session_select(endpoint->session, raw_name, command_out);
	return imap_session_examine(endpoint->session, raw_name, command_out);
}

struct fiber_source *
endpoint_source(struct endpoint *endpoint)
{
	return link_source(endpoint->link);
}

struct tick
endpoint_deadline(const struct endpoint *endpoint)
{
	return imap_session_deadline(endpoint->session);
}

enum status
endpoint_silence(const struct endpoint *endpoint, struct fault *fault)
{
	const struct account *account = endpoint->settings.account;

	return fault_set(fault, ENDPOINT_FAULT(ST_TIMEOUT, CAUSE_NETWORK, RETRY_LATER),
	    "The %s (%s) has not answered for too long; the connection was given up.",
	    account->side, account->host);
}

enum status
endpoint_wait_event(
    struct endpoint *endpoint, struct imap_event *event_out, struct fault *fault)
{
	for (;;) {
		struct fiber_source *source = endpoint_source(endpoint);
		enum status status = endpoint_next(endpoint, SIZE_MAX, event_out, fault);

		if (status != ST_AGAIN)
			return status;
		/* A peer that never stops talking would keep the wait from timing out. */
		if (!tick_is_before(fiber_now(), endpoint_deadline(endpoint)))
			return endpoint_silence(endpoint, fault);
		switch (fiber_wait(&source, 1, endpoint_deadline(endpoint))) {
		case FIBER_SIGNALED:
			break;
		case FIBER_TIMEOUT:
			return endpoint_silence(endpoint, fault);
		case FIBER_CANCELED:
			return fault_set(fault,
			    ENDPOINT_FAULT(ST_CANCELED, CAUSE_CANCELED, RETRY_LATER),
			    "Stopped.");
		}
	}
}

enum status
endpoint_wait_done(struct endpoint *endpoint, struct imap_command command,
    struct imap_completion *completion_out, struct fault *fault)
{
	struct imap_event event;

	do {
		enum status status = endpoint_wait_event(endpoint, &event, fault);

		if (status != ST_OK)
			return status;
	} while (event.kind != IMAP_EVENT_DONE || event.command.number != command.number);
	*completion_out = event.completion;
	return ST_OK;
}

static struct imap_answer
answer_of(const struct endpoint *endpoint, enum imap_phase phase,
    const struct imap_completion *completion)
{
	return (struct imap_answer){
	    .phase = phase,
	    .result = completion->result,
	    .code = completion->code,
	    .text = completion->text,
	    .quirks = imap_session_quirks(endpoint->session),
	};
}

struct imap_verdict
endpoint_verdict(const struct endpoint *endpoint, enum imap_phase phase,
    const struct imap_completion *completion)
{
	struct imap_answer answer = answer_of(endpoint, phase, completion);

	return imap_verdict_of(&answer);
}

enum status
endpoint_refusal(const struct endpoint *endpoint, enum imap_phase phase, const char *what,
    const struct imap_completion *completion, enum fault_scope scope, struct fault *fault)
{
	struct imap_answer answer = answer_of(endpoint, phase, completion);
	struct imap_verdict verdict = imap_verdict_of(&answer);
	bool has_advice = verdict.advice[0] != 0;
	char text[FAULT_QUOTE_SIZE];

	if (fault != NULL && !fault_is_set(fault))
		fault->wait_us = imap_verdict_wait_us(&answer);
	/* Who was refused was refused, even if what it wanted is there. */
	if (verdict.cause == CAUSE_NONE)
		verdict.cause = CAUSE_OTHER;
	return fault_set(fault,
	    (struct fault_kind){ST_REFUSED, verdict.cause, scope, verdict.retry},
	    "The %s refused to %s: %s%s%s", endpoint->settings.account->side, what,
	    fault_quote(completion->text, text), has_advice ? " – " : "", verdict.advice);
}

struct imap_session *
endpoint_session(struct endpoint *endpoint)
{
	return endpoint->session;
}

bool
endpoint_can(const struct endpoint *endpoint, enum imap_capability capability)
{
	return imap_capability_has(imap_session_capabilities(endpoint->session), capability);
}

bool
endpoint_has_quirk(const struct endpoint *endpoint, enum imap_quirk quirk)
{
	return imap_session_has_quirk(endpoint->session, quirk);
}

enum imap_family
endpoint_family(const struct endpoint *endpoint)
{
	return imap_session_family(endpoint->session);
}

const char *
endpoint_security_text(const struct endpoint *endpoint)
{
	return link_security_text(endpoint->link);
}

const char *
endpoint_login_text(const struct endpoint *endpoint)
{
	return endpoint->login == NULL ? "already logged in" : endpoint->login;
}

bool
endpoint_is_encrypted(const struct endpoint *endpoint)
{
	return endpoint->is_encrypted;
}

uint64_t
endpoint_waits(const struct endpoint *endpoint)
{
	return endpoint->waits;
}

void
endpoint_close(struct endpoint **endpoint, bool is_abrupt)
{
	struct endpoint *closing = *endpoint;
	struct imap_command command;

	if (closing == NULL)
		return;
	if (!is_abrupt && closing->session != NULL &&
	    imap_session_open_commands(closing->session) == 0 &&
	    imap_session_logout(closing->session, &command) == ST_OK)
		endpoint_flush(closing);
	if (closing->session != NULL)
		flush_trace(closing);
	imap_session_free(&closing->session);
	link_close(&closing->link, is_abrupt);
	buf_fini(&closing->trace);
	mem_give(closing);
	*endpoint = NULL;
}

size_t
endpoint_append_uids(const struct imap_completion *completion, uint32_t uidvalidity,
    uint32_t *uids, size_t count_max)
{
	size_t count = 0;
	uint64_t second = 0;

	if (completion->code != IMAP_CODE_APPENDUID)
		return 0;
	if (completion->may_be_swapped && count_max > 0 &&
	    bytes_number(completion->append_uids, UINT32_MAX, &second) == ST_OK &&
	    second == uidvalidity && completion->append_uidvalidity != uidvalidity) {
		uids[0] = completion->append_uidvalidity;
		return 1;
	}
	if (completion->append_uidvalidity != uidvalidity)
		return 0;
	if (imap_uidset_decode_ordered(completion->append_uids, uids, count_max, &count) !=
	    ST_OK)
		return 0;
	return count;
}
