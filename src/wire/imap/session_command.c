/* SPDX-License-Identifier: Apache-2.0
 *
 * Commands that are one line, small literals included.
 */
#include "base/range.h"
#include "wire/imap/session_state.h"

enum imap_literal_mode
imap_session_literal_mode(const struct imap_session *session)
{
	/* What was announced before the log-in says nothing about the server behind it. */
	if ((!session->is_authenticated &&
		imap_session_has_quirk(session, IMAP_QUIRK_LITERAL_PLUS_BEFORE_LOGIN)) ||
	    !session->knows_capabilities)
		return IMAP_LITERAL_ASKED;
	if (imap_session_has(session, IMAP_CAP_LITERAL_PLUS))
		return IMAP_LITERAL_PLUS;
	if (imap_session_has(session, IMAP_CAP_LITERAL_MINUS))
		return IMAP_LITERAL_MINUS;
	return IMAP_LITERAL_ASKED;
}

enum status
imap_session_begin(struct imap_session *session)
{
	if (session->failed != ST_OK || session->append.stage != IMAP_APPEND_IDLE ||
	    session->tls != IMAP_TLS_NONE)
		return ST_CONFLICT;
	if (session->open_count >= session->limits.commands_max ||
	    session->number == UINT32_MAX)
		return ST_LIMIT;
	imap_command_begin(
	    &session->command, session->number + 1, imap_session_literal_mode(session));
	return ST_OK;
}

void
imap_session_open(
    struct imap_session *session, enum imap_command_kind kind, struct imap_command *command_out)
{
	session->number++;
	session->open[session->open_count++] =
	    (struct imap_open){.number = session->number, .kind = kind};
	command_out->number = session->number;
	if (kind == IMAP_KIND_SELECT || kind == IMAP_KIND_EXAMINE ||
	    kind == IMAP_KIND_UNSELECT) {
		session->is_selected = false;
		session->select_newest = session->number;
	}
}

enum status
imap_session_submit(
    struct imap_session *session, enum imap_command_kind kind, struct imap_command *command_out)
{
	enum status status = session->command.status;

	if (status == ST_OK)
		status =
		    imap_output_add(&session->output, &session->command, session->number + 1);
	if (status != ST_OK)
		return status;
	imap_session_open(session, kind, command_out);
	return ST_OK;
}

static enum status
finish(
    struct imap_session *session, enum imap_command_kind kind, struct imap_command *command_out)
{
	imap_command_line_end(&session->command);
	return imap_session_submit(session, kind, command_out);
}

/* A command of one word. */
static enum status
submit_word(struct imap_session *session, const char *word, enum imap_command_kind kind,
    struct imap_command *command_out)
{
	enum status status = imap_session_begin(session);

	if (status != ST_OK)
		return status;
	imap_command_word(&session->command, word);
	return finish(session, kind, command_out);
}

/* A command of one word and a folder's name. */
static enum status
submit_name(struct imap_session *session, const char *word, struct bytes name,
    enum imap_command_kind kind, struct imap_command *command_out)
{
	enum status status = imap_session_begin(session);

	if (status != ST_OK)
		return status;
	imap_command_word(&session->command, word);
	imap_command_string(&session->command, name);
	return finish(session, kind, command_out);
}

enum status
imap_session_capability(struct imap_session *session, struct imap_command *command_out)
{
	return submit_word(session, "CAPABILITY", IMAP_KIND_PLAIN, command_out);
}

enum status
imap_session_namespace(struct imap_session *session, struct imap_command *command_out)
{
	return submit_word(session, "NAMESPACE", IMAP_KIND_PLAIN, command_out);
}

enum status
imap_session_noop(struct imap_session *session, struct imap_command *command_out)
{
	return submit_word(session, "NOOP", IMAP_KIND_PLAIN, command_out);
}

enum status
imap_session_logout(struct imap_session *session, struct imap_command *command_out)
{
	return submit_word(session, "LOGOUT", IMAP_KIND_LOGOUT, command_out);
}

/* CLOSE would do too, but it expunges where the folder was selected for writing. */
enum status
imap_session_unselect(struct imap_session *session, struct imap_command *command_out)
{
	if (!imap_session_has(session, IMAP_CAP_UNSELECT) &&
	    !imap_session_has(session, IMAP_CAP_IMAP4REV2))
		return ST_ABSENT;
	return submit_word(session, "UNSELECT", IMAP_KIND_UNSELECT, command_out);
}

enum status
imap_session_subscribe(
    struct imap_session *session, struct bytes name, struct imap_command *command_out)
{
	return submit_name(session, "SUBSCRIBE", name, IMAP_KIND_PLAIN, command_out);
}

enum status
imap_session_getquotaroot(
    struct imap_session *session, struct bytes name, struct imap_command *command_out)
{
	if (!imap_session_has(session, IMAP_CAP_QUOTA))
		return ST_ABSENT;
	return submit_name(session, "GETQUOTAROOT", name, IMAP_KIND_PLAIN, command_out);
}

enum status
imap_session_myrights(
    struct imap_session *session, struct bytes name, struct imap_command *command_out)
{
	if (!imap_session_has(session, IMAP_CAP_ACL))
		return ST_ABSENT;
	return submit_name(session, "MYRIGHTS", name, IMAP_KIND_PLAIN, command_out);
}

enum status
imap_session_select(
    struct imap_session *session, struct bytes name, struct imap_command *command_out)
{
	return submit_name(session, "SELECT", name, IMAP_KIND_SELECT, command_out);
}

enum status
imap_session_examine(
    struct imap_session *session, struct bytes name, struct imap_command *command_out)
{
	return submit_name(session, "EXAMINE", name, IMAP_KIND_EXAMINE, command_out);
}

enum status
imap_session_lsub(struct imap_session *session, struct imap_command *command_out)
{
	return submit_word(session, "LSUB \"\" \"*\"", IMAP_KIND_PLAIN, command_out);
}

enum status
imap_session_id(
    struct imap_session *session, struct bytes version, struct imap_command *command_out)
{
	enum status status = imap_session_begin(session);

	if (status != ST_OK)
		return status;
	imap_command_word(&session->command, "ID (\"name\" \"godwit\" \"version\"");
	imap_command_string(&session->command, version);
	imap_command_text(&session->command, ")");
	return finish(session, IMAP_KIND_PLAIN, command_out);
}

/* Capability words and the spaces between them. */
static bool
is_enable_text(struct bytes what)
{
	for (size_t i = 0; i < what.size; i++) {
		uint8_t octet = what.data[i];
		bool is_letter =
		    (octet >= 'A' && octet <= 'Z') || (octet >= 'a' && octet <= 'z');
		bool is_other = (octet >= '0' && octet <= '9') || octet == '=' ||
		    octet == '-' || octet == '.' || octet == '+';
		bool is_space = octet == ' ' && i > 0 && i + 1 < what.size;

		if (!is_letter && !is_other && !is_space)
			return false;
	}
	return what.size > 0;
}

enum status
imap_session_enable(
    struct imap_session *session, struct bytes what, struct imap_command *command_out)
{
	enum status status = imap_session_begin(session);

	if (status != ST_OK)
		return status;
	if (!is_enable_text(what))
		return ST_SYNTAX;
	imap_command_word(&session->command, "ENABLE ");
	imap_command_octets(&session->command, what);
	return finish(session, IMAP_KIND_PLAIN, command_out);
}

/* "(MESSAGES UIDNEXT)": what is asked for and announced. One unknown item would make the whole
 * command BAD. Whether there is any. */
static bool
write_status_items(struct imap_session *session, uint32_t items, const char *before)
{
	static const struct {
		enum imap_status_item item;
		enum imap_capability needs; /* IMAP_CAP_COUNT: nothing */
		const char *name;
	} rows[] = {
	    {IMAP_STATUS_MESSAGES, IMAP_CAP_COUNT, "MESSAGES"},
	    {IMAP_STATUS_UIDNEXT, IMAP_CAP_COUNT, "UIDNEXT"},
	    {IMAP_STATUS_UIDVALIDITY, IMAP_CAP_COUNT, "UIDVALIDITY"},
	    {IMAP_STATUS_UNSEEN, IMAP_CAP_COUNT, "UNSEEN"},
	    {IMAP_STATUS_HIGHESTMODSEQ, IMAP_CAP_CONDSTORE, "HIGHESTMODSEQ"},
	    {IMAP_STATUS_SIZE, IMAP_CAP_STATUS_SIZE, "SIZE"},
	    {IMAP_STATUS_APPENDLIMIT, IMAP_CAP_APPENDLIMIT, "APPENDLIMIT"},
	};
	bool has_any = false;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if ((items & (uint32_t)rows[i].item) == 0 ||
		    (rows[i].needs != IMAP_CAP_COUNT &&
			!imap_session_has(session, rows[i].needs)))
			continue;
		imap_command_text(&session->command, has_any ? " " : before);
		imap_command_text(&session->command, rows[i].name);
		has_any = true;
	}
	if (has_any)
		imap_command_text(&session->command, ")");
	return has_any;
}

enum status
imap_session_status(struct imap_session *session, struct bytes name, uint32_t status_items,
    struct imap_command *command_out)
{
	enum status status = imap_session_begin(session);

	if (status != ST_OK)
		return status;
	imap_command_word(&session->command, "STATUS");
	imap_command_string(&session->command, name);
	if (!write_status_items(session, status_items, " ("))
		return ST_SYNTAX;
	return finish(session, IMAP_KIND_PLAIN, command_out);
}

enum status
imap_session_list(
    struct imap_session *session, uint32_t status_items, struct imap_command *command_out)
{
	enum status status = imap_session_begin(session);
	struct imap_command_text *command = &session->command;
	bool has_status = imap_session_has(session, IMAP_CAP_LIST_STATUS);
	bool is_extended = has_status || imap_session_has(session, IMAP_CAP_LIST_EXTENDED);
	bool has_uses = imap_session_has(session, IMAP_CAP_SPECIAL_USE);

	if (status != ST_OK)
		return status;
	if (!is_extended && !has_uses && imap_session_has(session, IMAP_CAP_XLIST)) {
		imap_command_word(command, "XLIST \"\" \"*\"");
		return finish(session, IMAP_KIND_PLAIN, command_out);
	}
	imap_command_word(command, "LIST \"\" \"*\"");
	if (!is_extended)
		return finish(session, IMAP_KIND_PLAIN, command_out);
	imap_command_word(command, "RETURN (SUBSCRIBED");
	if (has_uses)
		imap_command_word(command, "SPECIAL-USE");
	if (has_status)
		write_status_items(session, status_items, " STATUS (");
	imap_command_text(command, ")");
	return finish(session, IMAP_KIND_PLAIN, command_out);
}

static const char *
special_use_name(uint32_t special_use)
{
	static const struct {
		enum imap_attribute attribute;
		const char *name;
	} rows[] = {
	    {IMAP_ATTR_ALL, "\\All"},
	    {IMAP_ATTR_ARCHIVE, "\\Archive"},
	    {IMAP_ATTR_DRAFTS, "\\Drafts"},
	    {IMAP_ATTR_FLAGGED, "\\Flagged"},
	    {IMAP_ATTR_IMPORTANT, "\\Important"},
	    {IMAP_ATTR_JUNK, "\\Junk"},
	    {IMAP_ATTR_SENT, "\\Sent"},
	    {IMAP_ATTR_TRASH, "\\Trash"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (special_use == (uint32_t)rows[i].attribute)
			return rows[i].name;
	}
	return NULL;
}

enum status
imap_session_create(struct imap_session *session, struct bytes name, uint32_t special_use,
    struct imap_command *command_out)
{
	enum status status = imap_session_begin(session);
	const char *use = special_use_name(special_use);

	if (status != ST_OK)
		return status;
	if (special_use != 0 && use == NULL)
		return ST_SYNTAX;
	imap_command_word(&session->command, "CREATE");
	imap_command_string(&session->command, name);
	if (use != NULL && imap_session_has(session, IMAP_CAP_CREATE_SPECIAL_USE)) {
		imap_command_word(&session->command, "(USE (");
		imap_command_text(&session->command, use);
		imap_command_text(&session->command, "))");
	}
	return finish(session, IMAP_KIND_PLAIN, command_out);
}

enum status
imap_session_fetch(struct imap_session *session, const struct range_set *uids, uint32_t items,
    struct imap_command *command_out)
{
	static const struct {
		enum imap_fetch_item item;
		const char *name;
	} rows[] = {
	    {IMAP_FETCH_FLAGS, "FLAGS"},
	    {IMAP_FETCH_DATE, "INTERNALDATE"},
	    {IMAP_FETCH_SIZE, "RFC822.SIZE"},
	    {IMAP_FETCH_IDENTITY_HEADERS,
		"BODY.PEEK[HEADER.FIELDS (MESSAGE-ID DATE FROM SUBJECT)]"},
	    {IMAP_FETCH_BODY, "BODY.PEEK[]"},
	};
	enum status status = imap_session_begin(session);

	if (status != ST_OK)
		return status;
	imap_command_word(&session->command, "UID FETCH");
	imap_command_uids(&session->command, uids);
	imap_command_word(&session->command, "(UID");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if ((items & (uint32_t)rows[i].item) != 0)
			imap_command_word(&session->command, rows[i].name);
	}
	imap_command_text(&session->command, ")");
	return finish(session, IMAP_KIND_FETCH, command_out);
}

enum status
imap_session_add_flags(struct imap_session *session, const struct range_set *uids,
    struct flags flags, struct imap_command *command_out)
{
	enum status status = imap_session_begin(session);

	if (status != ST_OK)
		return status;
	/* Behind a SELECT that is not confirmed, or that is changing, these UIDs could be those
	 * of another folder. */
	if (!session->is_selected)
		return ST_CONFLICT;
	if (flags.system == 0 && flags.keywords.size == 0)
		return ST_SYNTAX;
	imap_command_word(&session->command, "UID STORE");
	imap_command_uids(&session->command, uids);
	imap_command_word(&session->command, "+FLAGS.SILENT");
	imap_command_flags(&session->command, flags);
	return finish(session, IMAP_KIND_PLAIN, command_out);
}
