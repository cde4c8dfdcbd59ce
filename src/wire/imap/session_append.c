/* SPDX-License-Identifier: Apache-2.0
 *
 * APPEND and MULTIAPPEND. The literal's octets go past the session; it knows how many are owed.
 *
 *   IDLE     no append, or only its tagged reply is missing.
 *   BEGUN    append_text holds the command's head; nothing of it is queued.
 *   ASKED    "{n}" is queued or sent; the server has not said yes.
 *   LITERAL  `left` octets are owed; with 0 left the next message or the end may be said.
 *
 * A tagged reply in ASKED ends the append: the server reads commands again. In LITERAL it does
 * not: what was announced without asking must still come, and the line must still end, or the
 * server would read the next command as their continuation. So the owner finishes the literal
 * and calls append_end, or drops the connection.
 */
#include "base/check.h"
#include "wire/imap/session_state.h"

enum status
imap_session_append_begin(
    struct imap_session *session, struct bytes name, struct imap_command *command_out)
{
	struct imap_command_text *text = &session->append_text;
	enum status status = imap_session_begin(session);

	if (status != ST_OK)
		return status;
	imap_command_begin(text, session->number + 1, imap_session_literal_mode(session));
	imap_command_word(text, "APPEND");
	imap_command_string(text, name);
	if (text->status != ST_OK)
		return text->status;
	imap_session_open(session, IMAP_KIND_APPEND, command_out);
	session->append =
	    (struct imap_append){.stage = IMAP_APPEND_BEGUN, .number = session->number};
	return ST_OK;
}

enum status
imap_session_append_message(
    struct imap_session *session, struct flags flags, struct mail_date date, uint64_t size)
{
	struct imap_append *append = &session->append;
	struct imap_command_text *text = &session->append_text;
	size_t head_size = append->stage == IMAP_APPEND_BEGUN ? text->text.size : 0;
	enum status status;
	bool is_asked;

	if (session->failed != ST_OK || append->is_answered || append->left > 0 ||
	    (append->stage != IMAP_APPEND_BEGUN && append->stage != IMAP_APPEND_LITERAL))
		return ST_CONFLICT;
	if (append->stage == IMAP_APPEND_LITERAL)
		imap_command_begin(text, 0, imap_session_literal_mode(session));
	if (flags.system != 0 || flags.keywords.size > 0 ||
	    !imap_session_has_quirk(session, IMAP_QUIRK_EMPTY_FLAG_LIST_FAILS))
		imap_command_flags(text, flags);
	if (date.is_known)
		imap_command_date(text, date);
	imap_command_text(text, " ");
	is_asked = imap_command_literal(text, size);
	status = text->status;
	if (status == ST_OK)
		status = imap_output_add(&session->output, text, append->number);
	if (status != ST_OK) {
		buf_truncate(&text->text, head_size);
		text->status = ST_OK;
		return status;
	}
	append->stage = is_asked ? IMAP_APPEND_ASKED : IMAP_APPEND_LITERAL;
	append->left = size;
	append->size = size;
	digest_init(&append->digest);
	return ST_OK;
}

uint64_t
imap_session_literal_room(struct imap_session *session)
{
	if (session->failed != ST_OK || session->append.stage != IMAP_APPEND_LITERAL ||
	    session->output.count > 0)
		return 0;
	return session->append.left;
}

bool
imap_session_awaits_continuation(const struct imap_session *session)
{
	return session->append.stage == IMAP_APPEND_ASKED;
}

void
imap_session_literal_sent(struct imap_session *session, struct bytes octets, struct tick now)
{
	struct imap_append *append = &session->append;
	struct imap_open *open = imap_session_find_open(session, append->number);
	struct digest digest;

	CHECK(octets.size <= imap_session_literal_room(session));
	append->left -= octets.size;
	imap_session_give(session, octets.size, now);
	if (open != NULL)
		open->sent = now;
	if (session->trace.to == NULL)
		return;
	digest_feed(&append->digest, octets);
	if (append->left > 0 || octets.size == 0)
		return;
	digest = digest_finish(&append->digest);
	imap_trace_literal(&session->trace, append->size, &digest);
}

enum status
imap_session_append_end(struct imap_session *session)
{
	struct imap_command_text *text = &session->append_text;
	enum status status;

	if (session->failed != ST_OK || session->append.stage != IMAP_APPEND_LITERAL ||
	    session->append.left > 0)
		return ST_CONFLICT;
	imap_command_begin(text, 0, IMAP_LITERAL_ASKED);
	imap_command_line_end(text);
	status = text->status;
	/* Of no command: it must leave even when the reply came early. */
	if (status == ST_OK)
		status = imap_output_add(&session->output, text, 0);
	if (status == ST_OK)
		session->append.stage = IMAP_APPEND_IDLE;
	return status;
}

bool
imap_session_append_granted(struct imap_session *session)
{
	if (session->append.stage != IMAP_APPEND_ASKED)
		return false;
	session->append.stage = IMAP_APPEND_LITERAL;
	return true;
}

void
imap_session_append_done(struct imap_session *session)
{
	struct imap_append *append = &session->append;
	const struct imap_piece *front = imap_output_front(&session->output);

	if (append->stage == IMAP_APPEND_ASKED)
		append->stage = IMAP_APPEND_IDLE;
	append->is_answered = true;
	/* An announcement that has not begun to leave is dropped, and nothing is owed for it.
	 * */
	if (front != NULL && front->command == append->number && session->output.sent == 0)
		append->left = 0;
}
