/* SPDX-License-Identifier: Apache-2.0
 *
 * The five verbs and what can be asked. A session lives through these states; what is true in
 * each:
 *
 *   silent         no greeting yet. Nothing leaves, whatever is queued.
 *   greeted        CAPABILITY, STARTTLS and the log-in make sense. Mailbox data is not
 *                  believed.
 *   TLS asked      nothing but the STARTTLS line leaves, and no command is begun.
 *   TLS granted    every further octet in clear is an attack; tls_started leads back to
 *                  greeted, and nothing that was heard is known any more.
 *   logging in     nothing but the log-in's octets leaves; the password's forms are known, so
 *                  that they can be concealed, until its tagged reply.
 *   authenticated  everything.
 *   failed         a fault was reported: nothing is taken or given any more.
 */
#include "wire/imap/session.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "wire/imap/peer_fault.h"
#include "wire/imap/session_state.h"

struct imap_limits
imap_limits_default(void)
{
	return (struct imap_limits){
	    .line_size_max = 65536,
	    .nesting_max = 32,
	    .commands_max = 64,
	    .silence_us = 300 * 1000000LL,
	    .hello_us = 120 * 1000000LL,
	    .slow_us = 1800 * 1000000LL,
	};
}

enum status
imap_session_new(
    const struct imap_limits *limits, struct tick now, struct imap_session **session_out)
{
	struct imap_session *session = mem_take(sizeof(*session));

	if (session == NULL)
		return ST_MEMORY;
	memset(session, 0, sizeof(*session));
	session->limits = *limits;
	if (session->limits.commands_max > SESSION_COMMANDS_MAX)
		session->limits.commands_max = SESSION_COMMANDS_MAX;
	session->heard = now;
	session->step = now;
	imap_frame_init(&session->frame, limits->line_size_max, limits->nesting_max);
	/* A response of only flags may be kept several times over: keywords, the unusable. */
	arena_init(&session->arena, 8 * limits->line_size_max);
	buf_init(&session->scratch, limits->line_size_max);
	buf_init(&session->selected_keywords, limits->line_size_max);
	buf_init(&session->secrets, 4 * IMAP_COMMAND_SIZE_MAX);
	imap_output_init(&session->output);
	imap_command_init(&session->command);
	imap_command_init(&session->append_text);
	imap_session_know_family(session);
	*session_out = session;
	return ST_OK;
}

void
imap_session_free(struct imap_session **session)
{
	struct imap_session *old = *session;

	if (old == NULL)
		return;
	imap_session_forget_secrets(old);
	imap_command_fini(&old->append_text);
	imap_command_fini(&old->command);
	imap_output_fini(&old->output);
	buf_fini(&old->secrets);
	buf_fini(&old->selected_keywords);
	buf_fini(&old->scratch);
	arena_fini(&old->arena);
	imap_frame_fini(&old->frame);
	mem_give(old);
	*session = NULL;
}

void
imap_session_switch_off(struct imap_session *session, enum imap_capability capability)
{
	session->switched_off.bits |= UINT64_C(1) << capability;
}

void
imap_session_trace(struct imap_session *session, struct buf *trace)
{
	session->trace = (struct imap_trace){.to = trace};
	session->frame.is_digesting = trace != NULL;
}

void
imap_session_push(struct imap_session *session, const struct imap_event *event)
{
	size_t at = (session->queue_first + session->queue_count) % SESSION_EVENTS_MAX;

	CHECK(session->queue_count < SESSION_EVENTS_MAX);
	session->queue[at] = *event;
	session->queue_count++;
	imap_session_get_on(session, event);
}

enum status
imap_session_next(struct imap_session *session, struct imap_event *event_out)
{
	if (session->queue_count == 0)
		return ST_AGAIN;
	*event_out = session->queue[session->queue_first];
	session->queue_first = (session->queue_first + 1) % SESSION_EVENTS_MAX;
	session->queue_count--;
	return ST_OK;
}

/* One response, or what has come of it. Its bodies and what stands around them are put together
 * into one round of events, so that what lies whole in the input costs its owner one feed. */
static enum status
feed_part(
    struct imap_session *session, struct bytes input, size_t *used_out, struct fault *fault)
{
	struct imap_part part;
	enum status status;
	size_t used = 0;

	do {
		size_t step = 0;

		status = imap_frame_feed(
		    &session->frame, bytes_skip(input, used), &step, &part, fault);
		if (status != ST_OK)
			return status;
		used += step;
		if (part.kind == IMAP_PART_RESPONSE)
			status = imap_session_take(session, part.octets, fault);
		else if (part.kind != IMAP_PART_NONE)
			imap_session_take_body(session, &part);
	} while (
	    status == ST_OK && part.kind != IMAP_PART_NONE && part.kind != IMAP_PART_RESPONSE);
	*used_out = used;
	return status;
}

/* While the log-in is open, what the server said may hold the password, cut or changed by the
 * quoting: then the sentence ends before the quote. */
static void
conceal_fault(const struct imap_session *session, struct fault *fault)
{
	struct bytes text = bytes_of_string(fault->text);
	size_t quote = bytes_find_bytes(text, BYTES(": \""));

	if (session->needles.count > 0 && quote < text.size)
		memcpy(fault->text + quote, ".", 2);
}

static enum status
fail(struct imap_session *session, enum status status, struct fault *fault)
{
	session->failed = status;
	/* Whoever found the server's words in order but had no room for them said nothing. */
	fault_set(&session->fault,
	    (struct fault_kind){status, CAUSE_MEMORY, FAULT_ENDPOINT, RETRY_LATER},
	    "No memory was left to read the server's reply.");
	conceal_fault(session, &session->fault);
	if (fault != NULL && !fault_is_set(fault))
		*fault = session->fault;
	return status;
}

/* A server of another kind, or TLS where clear text is spoken: its line may never end. */
static enum status
look_for_stranger(struct imap_session *session, struct bytes input)
{
	uint8_t first = input.size > 0 ? input.data[0] : '*';

	if (session->is_greeted || !imap_frame_is_idle(&session->frame) || first == '\r' ||
	    first == '\n' || (first >= ' ' && first < 0x7f))
		return ST_OK;
	return imap_peer_fault(&session->fault, ST_SYNTAX,
	    "The server did not greet as an IMAP server does", bytes_first(input, 60));
}

enum status
imap_session_feed(struct imap_session *session, struct bytes input, struct tick now,
    size_t *used_out, struct fault *fault)
{
	enum status status = ST_OK;
	size_t used = 0;

	if (session->failed != ST_OK)
		return fail(session, session->failed, fault);
	if (input.size > 0)
		imap_session_hear(session, now);
	status = look_for_stranger(session, input);
	while (status == ST_OK && session->queue_count == 0 && used < input.size) {
		size_t step = 0;

		if (session->tls == IMAP_TLS_GRANTED) {
			session->was_injected = true;
			status = imap_peer_fault(&session->fault, ST_CONFLICT,
			    "The server sent octets in clear behind its answer to STARTTLS",
			    bytes_skip(input, used));
			break;
		}
		status = feed_part(session, bytes_skip(input, used), &step, &session->fault);
		used += step;
	}
	if (status != ST_OK)
		return fail(session, status, fault);
	/* Whoever starts TLS now would not feed the rest. */
	if (session->tls == IMAP_TLS_GRANTED && used < input.size)
		session->was_injected = true;
	*used_out = used;
	return ST_OK;
}

struct bytes
imap_session_output(struct imap_session *session)
{
	if (session->failed != ST_OK || !session->is_greeted)
		return (struct bytes){NULL, 0};
	return imap_output_ready(&session->output, session->sole);
}

void
imap_session_drop_completed(struct imap_session *session)
{
	const struct imap_piece *front = imap_output_front(&session->output);

	while (front != NULL && session->output.sent == 0 && front->command != 0 &&
	    imap_session_find_open(session, front->command) == NULL) {
		imap_output_pop(&session->output);
		front = imap_output_front(&session->output);
	}
}

void
imap_session_sent(struct imap_session *session, size_t size, struct tick now)
{
	struct imap_output *output = &session->output;

	CHECK(size <= imap_session_output(session).size);
	while (size > 0) {
		const struct imap_piece *front = imap_output_front(output);
		size_t left = front->size - output->sent;
		struct imap_open *open = imap_session_find_open(session, front->command);

		if (open != NULL) {
			imap_session_begin_step(session, now);
			open->is_begun = true;
			open->sent = now;
		}
		if (size < left) {
			output->sent += size;
			return;
		}
		size -= left;
		imap_trace_client(&session->trace, imap_output_front_octets(output),
		    front->secret_from, front->secret_to);
		imap_output_pop(output);
	}
	imap_session_drop_completed(session);
}

enum status
imap_session_end(struct imap_session *session, struct fault *fault)
{
	struct fault_kind kind = {ST_IO, CAUSE_NETWORK, FAULT_ENDPOINT, RETRY_LATER};
	bool is_logging_out =
	    session->open_count == 1 && session->open[0].kind == IMAP_KIND_LOGOUT;
	char quote[FAULT_QUOTE_SIZE];

	if (session->failed != ST_OK)
		return fail(session, session->failed, fault);
	if (!imap_frame_is_idle(&session->frame))
		return fault_set(fault, kind,
		    "The server closed the connection in the middle of a response.");
	if (session->has_bye && (session->open_count == 0 || is_logging_out))
		return ST_OK;
	if (session->has_bye)
		return fault_set(fault, kind, "The server closed the connection: \"%s\".",
		    fault_quote(bytes_of(session->bye, session->bye_size), quote));
	if (!session->is_greeted)
		return fault_set(
		    fault, kind, "The server closed the connection without a greeting.");
	if (session->open_count > 0)
		return fault_set(
		    fault, kind, "The server closed the connection before it had answered.");
	return ST_OK;
}

bool
imap_session_has(const struct imap_session *session, enum imap_capability which)
{
	return imap_capability_has(imap_session_capabilities(session), which);
}

struct imap_capabilities
imap_session_capabilities(const struct imap_session *session)
{
	return (struct imap_capabilities){session->capabilities.bits &
	    ~session->switched_off.bits & ~session->distrusted.bits};
}

bool
imap_session_knows_capabilities(const struct imap_session *session)
{
	return session->knows_capabilities;
}

bool
imap_session_is_authenticated(const struct imap_session *session)
{
	return session->is_authenticated;
}

struct bytes
imap_session_greeting(const struct imap_session *session)
{
	return bytes_of(session->greeting, session->greeting_size);
}

struct bytes
imap_session_id_name(const struct imap_session *session)
{
	return bytes_of(session->id, session->id_size);
}

struct bytes
imap_session_id_version(const struct imap_session *session)
{
	return bytes_of(session->version, session->version_size);
}

uint64_t
imap_session_append_limit(const struct imap_session *session)
{
	return imap_session_has(session, IMAP_CAP_APPENDLIMIT) ? session->append_limit : 0;
}

void
imap_session_know_family(struct imap_session *session)
{
	enum imap_family family = imap_family_find(imap_session_greeting(session),
	    bytes_of(session->id, session->id_size), (struct bytes){NULL, 0});

	if (family == IMAP_FAMILY_UNKNOWN)
		family = session->family_announced;
	if (family == IMAP_FAMILY_UNKNOWN)
		family = session->family_assumed;
	session->family = family;
	session->quirks = imap_quirks_of(session->family);
	session->distrusted = imap_quirks_distrusted(session->quirks);
	session->frame.quirks = session->quirks;
}

void
imap_session_assume_family(struct imap_session *session, enum imap_family family)
{
	session->family_assumed = family;
	imap_session_know_family(session);
}

enum imap_family
imap_session_family(const struct imap_session *session)
{
	return session->family;
}

struct imap_quirks
imap_session_quirks(const struct imap_session *session)
{
	return session->quirks;
}

bool
imap_session_has_quirk(const struct imap_session *session, enum imap_quirk quirk)
{
	return imap_quirk_has(session->quirks, quirk);
}

size_t
imap_session_open_commands(const struct imap_session *session)
{
	return session->open_count;
}

bool
imap_session_is_quiet(const struct imap_session *session)
{
	return session->queue_count == 0 && imap_frame_is_idle(&session->frame) &&
	    session->output.count == 0 && session->append.stage == IMAP_APPEND_IDLE;
}

struct imap_open *
imap_session_find_open(struct imap_session *session, uint32_t number)
{
	for (size_t i = 0; i < session->open_count; i++) {
		if (session->open[i].number == number)
			return &session->open[i];
	}
	return NULL;
}
