/* SPDX-License-Identifier: Apache-2.0
 *
 * STARTTLS and the log-in.
 *
 * The password is known to the session from the log-in's submission to its tagged reply, in the
 * forms in which a server could repeat it: as it is, with its quotes escaped, and within the
 * SASL response. In that time they are struck out of the trace and of every text that leaves as
 * an event. Behind the reply they are forgotten, so that no dump of a long session holds
 * them; a server that repeats a password later than that cannot be helped.
 */
#include <string.h>

#include "base/base64.h"
#include "wire/imap/peer_fault.h"
#include "wire/imap/quote.h"
#include "wire/imap/session_state.h"

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

/* The message of RFC 4616 in base64. */
static enum status
encode_plain(struct bytes user, struct bytes password, struct buf *out)
{
	struct buf plain;
	uint8_t *room;
	enum status status;

	buf_init(&plain, IMAP_COMMAND_SIZE_MAX);
	status = buf_reserve(&plain, user.size + password.size + 2, &room);
	if (status == ST_OK)
		status = buf_append(&plain, bytes_of("", 1));
	if (status == ST_OK)
		status = buf_append(&plain, user);
	if (status == ST_OK)
		status = buf_append(&plain, bytes_of("", 1));
	if (status == ST_OK)
		status = buf_append(&plain, password);
	if (status == ST_OK)
		status = base64_encode(buf_bytes(&plain), out);
	if (plain.octets != NULL)
		secret_wipe_memory(plain.octets, plain.capacity);
	buf_fini(&plain);
	return status;
}

/* Fills `secrets` and the needles: the password, its escaped form, the SASL response. */
static enum status
note_secrets(struct imap_session *session, struct bytes user, struct bytes password)
{
	struct buf *to = &session->secrets;
	uint8_t *room;
	size_t before;
	enum status status;

	imap_session_forget_secrets(session);
	if (user.size > IMAP_COMMAND_SIZE_MAX)
		return ST_LIMIT;
	/* Room for all at once: growing would leave a copy behind. */
	status = buf_reserve(
	    to, 3 * password.size + 2 + (user.size + password.size + 4) / 3 * 4 + 4, &room);
	if (status == ST_OK)
		status = buf_append(to, password);
	if (status != ST_OK)
		return status;
	add_needle(session, 0, to->size);
	before = to->size;
	if (imap_quote_is_possible(password))
		status = imap_quote(password, to);
	if (status == ST_OK && to->size > before + password.size + 2)
		add_needle(session, before + 1, to->size - 1);
	before = to->size;
	if (status == ST_OK)
		status = encode_plain(user, password, to);
	if (status == ST_OK)
		add_needle(session, before, to->size);
	return status;
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
write_authenticate(struct imap_session *session)
{
	struct imap_command_text *command = &session->command;
	struct bytes response = session->needles.items[session->needles.count - 1];

	imap_command_word(command, "AUTHENTICATE PLAIN");
	if (imap_session_has(session, IMAP_CAP_SASL_IR)) {
		imap_command_text(command, " ");
	} else {
		imap_command_line_end(command);
		command->cuts[command->cut_count++] = command->text.size;
	}
	imap_command_conceal(command);
	imap_command_octets(command, response);
	imap_command_conceal_end(command);
	imap_command_line_end(command);
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

static enum status
write_credentials(struct imap_session *session, struct bytes user, struct bytes password)
{
	bool is_plain = imap_session_has(session, IMAP_CAP_AUTH_PLAIN);
	enum status status;

	if (has_line_octets(user) || has_line_octets(password) || password.size == 0)
		return ST_SYNTAX;
	if (!is_plain && imap_session_has(session, IMAP_CAP_LOGINDISABLED))
		return ST_ABSENT;
	status = note_secrets(session, user, password);
	if (status != ST_OK)
		return status;
	/* As much as the longest form of either can take. */
	imap_command_expect_secret(&session->command, 2 * (user.size + password.size) + 100);
	if (is_plain)
		write_authenticate(session);
	else
		write_login(session, user, password);
	return session->command.status;
}

enum status
imap_session_login(struct imap_session *session, struct bytes user,
    const struct secret *password, struct imap_command *command_out)
{
	enum status status = imap_session_begin(session);

	if (status != ST_OK)
		return status;
	if (session->is_authenticated || session->sole != 0)
		return ST_CONFLICT;
	status = write_credentials(session, user, secret_reveal(password));
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
	return ST_OK;
}

void
imap_session_login_done(struct imap_session *session, bool is_ok)
{
	session->sole = 0;
	imap_session_forget_secrets(session);
	if (!is_ok)
		return;
	session->is_authenticated = true;
	if (session->login_told)
		return;
	session->capabilities = (struct imap_capabilities){0};
	session->knows_capabilities = false;
}

/* PLAIN has nothing more to say (RFC 4616): "*" cancels, and the server must complete. Once; a
 * server that goes on asking is left to its silence. */
void
imap_session_login_challenged(struct imap_session *session)
{
	const struct imap_open *open = imap_session_find_open(session, session->sole);

	if (open == NULL || open->kind != IMAP_KIND_LOGIN || !open->is_begun ||
	    session->was_challenged)
		return;
	session->was_challenged = true;
	imap_command_begin(&session->command, 0, IMAP_LITERAL_ASKED);
	imap_command_text(&session->command, "*\r\n");
	/* Without room for three octets the session waits, and its deadline ends it. */
	if (session->command.status == ST_OK)
		session->command.status =
		    imap_output_add(&session->output, &session->command, open->number);
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
