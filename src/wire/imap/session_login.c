/* SPDX-License-Identifier: Apache-2.0
 *
 * STARTTLS and the log-in.
 *
 * The secret is known to the session from the log-in's submission (or from the beginning, when
 * its owner says so) to its tagged reply, in the forms in which a server could repeat it: as it
 * is, with its quotes escaped, and within each SASL response. In that time they are struck out
 * of the trace and of every text that leaves as an event. Behind the reply they are forgotten,
 * so that no dump of a long session holds them; a server that repeats a password later than
 * that cannot be helped.
 */
#include <string.h>

#include "base/base64.h"
#include "wire/imap/peer_fault.h"
#include "wire/imap/quote.h"
#include "wire/imap/session_state.h"

enum {
	RESPONSES_SIZE_MAX = 2 * IMAP_COMMAND_SIZE_MAX,
	LINE_SIZE = 100 /* of our own words around a secret */
};

enum status
imap_session_starttls(struct imap_session *session, struct imap_command *command_out)
{
	enum status status = imap_session_begin(session);

	if (status != ST_OK)
		return status;
	/* What is still open would be answered partly in clear, partly behind TLS. */
	if (session->open_count > 0 || session->output.count > 0 || session->is_authenticated)
		return ST_CONFLICT;
	imap_command_word(&session->command, "STARTTLS");
	imap_command_line_end(&session->command);
	status = imap_session_submit(session, IMAP_KIND_STARTTLS, command_out);
	if (status != ST_OK)
		return status;
	session->tls = IMAP_TLS_ASKED;
	session->sole = session->number;
	return ST_OK;
}

enum status
imap_session_tls_started(struct imap_session *session, struct fault *fault)
{
	if (session->tls != IMAP_TLS_GRANTED || session->was_injected ||
	    !imap_frame_is_idle(&session->frame)) {
		session->failed = imap_peer_fault(&session->fault, ST_CONFLICT,
		    "The server sent octets in clear behind its answer to STARTTLS",
		    (struct bytes){0});
		if (fault != NULL && !fault_is_set(fault))
			*fault = session->fault;
		return ST_CONFLICT;
	}
	session->tls = IMAP_TLS_NONE;
	session->sole = 0;
	session->capabilities = (struct imap_capabilities){0};
	session->knows_capabilities = false;
	/* The greeting tells the server's family, and the family tells what may be trusted:
	 * so it must not come from whoever wrote the clear text. */
	session->greeting_size = 0;
	session->id_size = 0;
	session->version_size = 0;
	session->append_limit = 0;
	session->family_announced = IMAP_FAMILY_UNKNOWN;
	imap_session_know_family(session);
	session->has_bye = false;
	session->bye_size = 0;
	session->queue_count = 0;
	return ST_OK;
}

void
imap_session_forget_secrets(struct imap_session *session)
{
	if (session->secrets.octets != NULL)
		secret_wipe_memory(session->secrets.octets, session->secrets.capacity);
	buf_fini(&session->secrets);
	session->needles.count = 0;
}

static void
add_needle(struct imap_session *session, size_t from, size_t to)
{
	struct bytes all = buf_bytes(&session->secrets);

	session->needles.items[session->needles.count++] =
	    bytes_skip(bytes_first(all, to), from);
}

/* Fills `secrets` and the needles: the secret and its escaped form. Room for the responses too,
 * all at once: growing would leave a copy behind. */
static enum status
note_secret(struct imap_session *session, struct bytes secret)
{
	struct buf *to = &session->secrets;
	uint8_t *room;
	size_t before;
	enum status status;

	imap_session_forget_secrets(session);
	if (secret.size > SECRET_SIZE_MAX)
		return ST_LIMIT;
	status = buf_reserve(to, 3 * secret.size + 2 + RESPONSES_SIZE_MAX, &room);
	if (status == ST_OK)
		status = buf_append(to, secret);
	if (status != ST_OK)
		return status;
	add_needle(session, 0, to->size);
	before = to->size;
	if (imap_quote_is_possible(secret))
		status = imap_quote(secret, to);
	if (status == ST_OK && to->size > before + secret.size + 2)
		add_needle(session, before + 1, to->size - 1);
	return status;
}

enum status
imap_session_expect_secret(struct imap_session *session, struct bytes secret)
{
	/* Nothing is everywhere. */
	if (secret.size == 0)
		return ST_OK;
	return note_secret(session, secret);
}

/* Appends `response` in base64 to the command, concealed, and remembers it as a needle. */
static enum status
write_response(struct imap_session *session, struct bytes response)
{
	struct imap_command_text *command = &session->command;
	struct buf *to = &session->secrets;
	size_t before = to->size;
	enum status status;

	if (response.size == 0)
		return ST_OK;
	if (session->needles.count == IMAP_NEEDLES_MAX ||
	    (response.size + 2) / 3 * 4 > to->capacity - to->start - to->size)
		return ST_LIMIT;
	status = base64_encode(response, to);
	if (status != ST_OK)
		return status;
	add_needle(session, before, to->size);
	imap_command_expect_secret(command, to->size - before + LINE_SIZE);
	imap_command_conceal(command);
	imap_command_octets(command, session->needles.items[session->needles.count - 1]);
	imap_command_conceal_end(command);
	return command->status;
}

static bool
has_line_octets(struct bytes text)
{
	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] == 0 || text.data[i] == '\r' || text.data[i] == '\n')
			return true;
	}
	return false;
}

static void
write_login(struct imap_session *session, struct bytes user, struct bytes password)
{
	struct imap_command_text *command = &session->command;

	imap_command_word(command, "LOGIN");
	imap_command_string(command, user);
	imap_command_text(command, " ");
	imap_command_conceal(command);
	imap_command_bare_string(command, password);
	imap_command_conceal_end(command);
	imap_command_line_end(command);
}

/* Whether a log-in may begin now; then a command is begun. */
static enum status
begin_login(struct imap_session *session)
{
	enum status status = imap_session_begin(session);

	if (status == ST_OK && (session->is_authenticated || session->sole != 0))
		status = ST_CONFLICT;
	return status;
}

/* Queues what was written with `status`, alone on the wire until its reply, or nothing. */
static enum status
submit_login(struct imap_session *session, enum status status, enum imap_sasl_stage stage,
    struct imap_command *command_out)
{
	if (status == ST_OK)
		status = imap_session_submit(session, IMAP_KIND_LOGIN, command_out);
	imap_command_wipe(&session->command);
	if (status != ST_OK) {
		imap_session_forget_secrets(session);
		return status;
	}
	session->sole = session->number;
	session->login_told = false;
	session->was_challenged = false;
	session->sasl = stage;
	return ST_OK;
}

enum status
imap_session_login(struct imap_session *session, struct bytes user, struct bytes password,
    struct imap_command *command_out)
{
	enum status status = begin_login(session);

	if (status != ST_OK)
		return status;
	if (has_line_octets(user) || has_line_octets(password) || password.size == 0)
		return ST_SYNTAX;
	if (user.size > IMAP_COMMAND_SIZE_MAX)
		return ST_LIMIT;
	if (imap_session_has(session, IMAP_CAP_LOGINDISABLED))
		return ST_ABSENT;
	status = note_secret(session, password);
	if (status == ST_OK) {
		/* As much as the longest form can take. */
		imap_command_expect_secret(
		    &session->command, 2 * (user.size + password.size) + LINE_SIZE);
		write_login(session, user, password);
		status = session->command.status;
	}
	return submit_login(session, status, IMAP_SASL_NONE, command_out);
}

static enum status
write_authenticate(struct imap_session *session, const struct imap_sasl *sasl)
{
	struct imap_command_text *command = &session->command;
	enum status status;

	imap_command_word(command, "AUTHENTICATE");
	imap_command_word(command, sasl->mechanism);
	if (sasl->has_initial && imap_session_has(session, IMAP_CAP_SASL_IR)) {
		imap_command_text(command, sasl->initial.size == 0 ? " =" : " ");
	} else {
		imap_command_line_end(command);
		if (!sasl->has_initial)
			return command->status;
		command->cuts[command->cut_count++] = command->text.size;
	}
	status = write_response(session, sasl->initial);
	imap_command_line_end(command);
	return status == ST_OK ? command->status : status;
}

enum status
imap_session_authenticate(struct imap_session *session, const struct imap_sasl *sasl,
    struct imap_command *command_out)
{
	enum status status = begin_login(session);

	if (status != ST_OK)
		return status;
	status = note_secret(session, sasl->secret);
	if (status == ST_OK)
		status = write_authenticate(session, sasl);
	status = submit_login(session, status, IMAP_SASL_HEARING, command_out);
	if (status == ST_OK)
		session->conceals_challenges = sasl->conceals_challenges;
	return status;
}

/* One line that belongs to the log-in under way. */
static enum status
submit_line(struct imap_session *session, enum status status)
{
	struct imap_command_text *command = &session->command;

	imap_command_line_end(command);
	if (status == ST_OK)
		status = command->status;
	if (status == ST_OK)
		status = imap_output_add(&session->output, command, session->sole);
	imap_command_wipe(command);
	return status;
}

enum status
imap_session_respond(struct imap_session *session, struct bytes response)
{
	enum status status;

	if (session->failed != ST_OK || session->sasl != IMAP_SASL_ASKED)
		return ST_CONFLICT;
	imap_command_begin(&session->command, 0, IMAP_LITERAL_ASKED);
	status = submit_line(session, write_response(session, response));
	if (status == ST_OK)
		session->sasl = IMAP_SASL_HEARING;
	return status;
}

enum status
imap_session_cancel(struct imap_session *session)
{
	enum status status;

	if (session->failed != ST_OK || session->sasl != IMAP_SASL_ASKED)
		return ST_CONFLICT;
	imap_command_begin(&session->command, 0, IMAP_LITERAL_ASKED);
	imap_command_text(&session->command, "*");
	status = submit_line(session, ST_OK);
	if (status == ST_OK)
		session->sasl = IMAP_SASL_CANCELED;
	return status;
}

enum status
imap_session_proxyauth(
    struct imap_session *session, struct bytes user, struct imap_command *command_out)
{
	enum status status = imap_session_begin(session);

	if (status != ST_OK)
		return status;
	if (!session->is_authenticated || session->sole != 0 || session->open_count > 0)
		return ST_CONFLICT;
	imap_command_word(&session->command, "PROXYAUTH");
	imap_command_string(&session->command, user);
	imap_command_line_end(&session->command);
	return submit_login(session, session->command.status, IMAP_SASL_NONE, command_out);
}

void
imap_session_login_done(struct imap_session *session, bool is_ok)
{
	session->sole = 0;
	session->sasl = IMAP_SASL_NONE;
	session->conceals_challenges = false;
	imap_session_forget_secrets(session);
	if (!is_ok)
		return;
	session->is_authenticated = true;
	if (session->login_told &&
	    !imap_session_has_quirk(session, IMAP_QUIRK_CAPABILITIES_OF_PROXY))
		return;
	session->capabilities = (struct imap_capabilities){0};
	session->knows_capabilities = false;
}

/* LOGIN has nothing more to say: "*" cancels, and the server must complete. Once; a server that
 * goes on asking is left to its silence. */
static void
refuse_challenge(struct imap_session *session)
{
	if (session->was_challenged)
		return;
	session->was_challenged = true;
	imap_command_begin(&session->command, 0, IMAP_LITERAL_ASKED);
	imap_command_text(&session->command, "*\r\n");
	/* Without room for three octets the session waits, and its deadline ends it. */
	if (session->command.status == ST_OK)
		session->command.status =
		    imap_output_add(&session->output, &session->command, session->sole);
}

void
imap_session_login_challenged(struct imap_session *session, struct bytes text)
{
	const struct imap_open *open = imap_session_find_open(session, session->sole);
	struct imap_event event = {.kind = IMAP_EVENT_CHALLENGE, .text = text};

	if (open == NULL || open->kind != IMAP_KIND_LOGIN || !open->is_begun)
		return;
	if (session->sasl == IMAP_SASL_NONE)
		refuse_challenge(session);
	if (session->sasl != IMAP_SASL_HEARING)
		return;
	session->sasl = IMAP_SASL_ASKED;
	event.command = (struct imap_command){open->number};
	imap_session_push(session, &event);
}

enum status
imap_session_conceal(struct imap_session *session, struct bytes *text)
{
	size_t size = 0;
	size_t at = imap_needles_find(&session->needles, *text, 0, &size);
	uint8_t *copy;

	if (at == text->size)
		return ST_OK;
	copy = arena_take(&session->arena, text->size, 1);
	if (copy == NULL)
		return arena_status(&session->arena);
	memcpy(copy, text->data, text->size);
	for (; at < text->size; at = imap_needles_find(&session->needles, *text, at, &size)) {
		memset(copy + at, '*', size);
		at += size;
	}
	text->data = copy;
	return ST_OK;
}
