/* SPDX-License-Identifier: Apache-2.0
 *
 * mailbox-data of RFC 3501 section 9, NAMESPACE (RFC 2342) and ID (RFC 2971).
 */
#include "wire/imap/reply_parts.h"

#include <string.h>

#include "wire/imap/quote.h"

enum status
imap_reply_string(
    const struct imap_reader *reader, const struct imap_token *token, struct bytes *text_out)
{
	enum status status;

	if (!token->has_escapes) {
		*text_out = token->text;
		return ST_OK;
	}
	buf_clear(reader->scratch);
	status = imap_unquote(token->text, reader->scratch);
	if (status == ST_OK)
		status = bytes_copy(buf_bytes(reader->scratch), reader->arena, text_out);
	return status;
}

static bool
is_string(const struct imap_token *token)
{
	return token->kind == IMAP_TOKEN_ATOM || token->kind == IMAP_TOKEN_QUOTED ||
	    token->kind == IMAP_TOKEN_LITERAL;
}

/* A folder name and the token behind it. Some servers write names with spaces as bare words:
 * all words in a row are the name then, since cut at the first it would be another folder. */
static enum status
read_name(const struct imap_reader *reader, struct imap_lexer *lexer, struct bytes *name_out,
    struct imap_token *behind_out)
{
	struct imap_token token;
	enum status status = imap_lexer_next(lexer, &token);
	struct bytes name = {0};

	if (status != ST_OK)
		return status;
	if (!is_string(&token))
		return ST_SYNTAX;
	status = imap_reply_string(reader, &token, &name);
	if (status == ST_OK)
		status = imap_lexer_next(lexer, behind_out);
	while (status == ST_OK && token.kind == IMAP_TOKEN_ATOM &&
	    behind_out->kind == IMAP_TOKEN_ATOM &&
	    imap_quirk_has(reader->quirks, IMAP_QUIRK_NAME_UNQUOTED)) {
		name.size = (size_t)(behind_out->text.data + behind_out->text.size - name.data);
		status = imap_lexer_next(lexer, behind_out);
	}
	if (status == ST_OK)
		*name_out = name;
	return status;
}

/* DQUOTE QUOTED-CHAR DQUOTE / nil */
static enum status
read_delimiter(
    const struct imap_reader *reader, struct imap_lexer *lexer, uint8_t *delimiter_out)
{
	struct imap_token token;
	struct bytes text = {0};
	enum status status = imap_lexer_next(lexer, &token);

	if (status == ST_OK && !is_string(&token))
		status = ST_SYNTAX;
	if (status == ST_OK)
		status = imap_reply_string(reader, &token, &text);
	if (status != ST_OK)
		return status;
	if (imap_token_is(&token, BYTES("NIL")) || text.size == 0) {
		*delimiter_out = 0;
		return ST_OK;
	}
	if (text.size != 1)
		return ST_SYNTAX;
	*delimiter_out = text.data[0];
	return ST_OK;
}

static uint32_t
attribute_of(struct bytes name)
{
	static const struct {
		const char *name;
		enum imap_attribute attribute;
	} rows[] = {
	    {"\\Noselect", IMAP_ATTR_NOSELECT},
	    {"\\NonExistent", IMAP_ATTR_NONEXISTENT},
	    {"\\Noinferiors", IMAP_ATTR_NOINFERIORS},
	    {"\\Subscribed", IMAP_ATTR_SUBSCRIBED},
	    {"\\HasChildren", IMAP_ATTR_HAS_CHILDREN},
	    {"\\HasNoChildren", IMAP_ATTR_HAS_NO_CHILDREN},
	    {"\\All", IMAP_ATTR_ALL},
	    {"\\AllMail", IMAP_ATTR_ALL}, /* this and \Spam: XLIST */
	    {"\\Archive", IMAP_ATTR_ARCHIVE},
	    {"\\Drafts", IMAP_ATTR_DRAFTS},
	    {"\\Flagged", IMAP_ATTR_FLAGGED},
	    {"\\Starred", IMAP_ATTR_FLAGGED},
	    {"\\Important", IMAP_ATTR_IMPORTANT},
	    {"\\Junk", IMAP_ATTR_JUNK},
	    {"\\Spam", IMAP_ATTR_JUNK},
	    {"\\Sent", IMAP_ATTR_SENT},
	    {"\\Trash", IMAP_ATTR_TRASH},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (bytes_equal_nocase(bytes_of_string(rows[i].name), name))
			return (uint32_t)rows[i].attribute;
	}
	return 0;
}

static enum status
read_attributes(struct imap_lexer *lexer, uint32_t *attributes)
{
	struct imap_token token;
	enum status status = imap_lexer_next(lexer, &token);

	if (status == ST_OK && token.kind != IMAP_TOKEN_OPEN)
		status = imap_token_is(&token, BYTES("NIL")) ? ST_END : ST_SYNTAX;
	while (status == ST_OK) {
		status = imap_lexer_next(lexer, &token);
		if (status == ST_OK && token.kind == IMAP_TOKEN_CLOSE)
			status = ST_END;
		else if (status == ST_OK && !is_string(&token))
			status = ST_SYNTAX;
		else if (status == ST_OK)
			*attributes |= attribute_of(token.text);
	}
	return status == ST_END ? ST_OK : status;
}

/* mbx-list of RFC 5258: what stands behind the name is extended data that we did not ask for.
 */
static enum status
read_folder(const struct imap_reader *reader, struct imap_lexer *lexer,
    enum imap_list_kind kind, struct imap_reply *reply)
{
	struct imap_folder *folder = &reply->event.folder;
	struct imap_token behind = {0};
	enum status status;

	reply->kind = IMAP_REPLY_EVENT;
	reply->event.kind = IMAP_EVENT_FOLDER;
	folder->kind = kind;
	status = read_attributes(lexer, &folder->attributes);
	if (status == ST_OK)
		status = read_delimiter(reader, lexer, &folder->delimiter);
	if (status == ST_OK)
		status = read_name(reader, lexer, &folder->name, &behind);
	while (status == ST_OK && behind.kind != IMAP_TOKEN_END)
		status = imap_lexer_next(lexer, &behind);
	return status;
}

enum status
imap_reply_list(
    const struct imap_reader *reader, struct imap_lexer *lexer, struct imap_reply *reply)
{
	return read_folder(reader, lexer, IMAP_LIST, reply);
}

enum status
imap_reply_lsub(
    const struct imap_reader *reader, struct imap_lexer *lexer, struct imap_reply *reply)
{
	return read_folder(reader, lexer, IMAP_LSUB, reply);
}

enum status
imap_reply_xlist(
    const struct imap_reader *reader, struct imap_lexer *lexer, struct imap_reply *reply)
{
	return read_folder(reader, lexer, IMAP_XLIST, reply);
}

/* A number out of its bounds is not told. */
static void
set_status_item(const struct imap_reader *reader, struct imap_status *to, struct bytes name,
    struct bytes value)
{
	const struct {
		const char *name;
		enum imap_status_item item;
		uint32_t *narrow;
		uint64_t *wide;
	} rows[] = {
	    {"MESSAGES", IMAP_STATUS_MESSAGES, &to->messages, NULL},
	    {"UIDNEXT", IMAP_STATUS_UIDNEXT, &to->uidnext, NULL},
	    {"UIDVALIDITY", IMAP_STATUS_UIDVALIDITY, &to->uidvalidity, NULL},
	    {"UNSEEN", IMAP_STATUS_UNSEEN, &to->unseen, NULL},
	    {"HIGHESTMODSEQ", IMAP_STATUS_HIGHESTMODSEQ, NULL, &to->highestmodseq},
	    {"SIZE", IMAP_STATUS_SIZE, NULL, &to->size},
	    {"APPENDLIMIT", IMAP_STATUS_APPENDLIMIT, NULL, &to->append_limit},
	};
	uint64_t number = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t max = rows[i].narrow != NULL ? UINT32_MAX : INT64_MAX;

		if (!bytes_equal_nocase(bytes_of_string(rows[i].name), name))
			continue;
		if (bytes_number(value, max, &number) != ST_OK)
			return;
		if (number == 0 && rows[i].item == IMAP_STATUS_HIGHESTMODSEQ &&
		    imap_quirk_has(reader->quirks, IMAP_QUIRK_MODSEQ_ZERO))
			return;
		to->items |= (uint32_t)rows[i].item;
		if (rows[i].narrow != NULL)
			*rows[i].narrow = (uint32_t)number;
		else
			*rows[i].wide = number;
		return;
	}
}

enum status
imap_reply_status(
    const struct imap_reader *reader, struct imap_lexer *lexer, struct imap_reply *reply)
{
	struct imap_status *to = &reply->event.status;
	struct imap_token token;
	enum status status = read_name(reader, lexer, &to->name, &token);

	reply->kind = IMAP_REPLY_EVENT;
	reply->event.kind = IMAP_EVENT_STATUS;
	if (status == ST_OK && token.kind != IMAP_TOKEN_OPEN)
		status = ST_SYNTAX;
	while (status == ST_OK) {
		struct imap_token value;

		status = imap_lexer_next(lexer, &token);
		if (status != ST_OK || token.kind == IMAP_TOKEN_CLOSE)
			break;
		if (token.kind != IMAP_TOKEN_ATOM)
			return ST_SYNTAX;
		status = imap_lexer_next(lexer, &value);
		if (status == ST_OK)
			status = imap_lexer_skip(lexer, &value);
		if (status == ST_OK && value.kind == IMAP_TOKEN_ATOM)
			set_status_item(reader, to, token.text, value.text);
	}
	return status;
}

struct namespaces {
	struct imap_namespace *to;
	uint8_t *foreign; /* taken when the first one comes */
	size_t foreign_size;
	bool has_personal;
};

/* "(" string SP delimiter *(extension) ")", behind its "(". */
static enum status
read_one_namespace(const struct imap_reader *reader, struct imap_lexer *lexer, bool is_personal,
    struct namespaces *all)
{
	struct imap_token token;
	struct bytes prefix = {0};
	uint8_t delimiter = 0;
	size_t outside = lexer->depth - 1;
	enum status status = imap_lexer_next(lexer, &token);

	if (status == ST_OK && !is_string(&token))
		status = ST_SYNTAX;
	if (status == ST_OK)
		status = imap_reply_string(reader, &token, &prefix);
	if (status == ST_OK)
		status = read_delimiter(reader, lexer, &delimiter);
	while (status == ST_OK && lexer->depth > outside)
		status = imap_lexer_next(lexer, &token);
	if (status != ST_OK)
		return status;
	if (is_personal && !all->has_personal) {
		all->has_personal = true;
		all->to->prefix = prefix;
		all->to->delimiter = delimiter;
	}
	if (!is_personal && prefix.size == 0)
		all->to->is_rest_foreign = true;
	if (is_personal || prefix.size == 0)
		return ST_OK;
	if (all->foreign == NULL)
		all->foreign = arena_take(reader->arena, lexer->input.size, 1);
	if (all->foreign == NULL)
		return arena_status(reader->arena);
	memcpy(all->foreign + all->foreign_size, prefix.data, prefix.size);
	all->foreign[all->foreign_size + prefix.size] = 0;
	all->foreign_size += prefix.size + 1;
	return ST_OK;
}

/* nil / "(" 1*( … ) ")" */
static enum status
read_namespaces(const struct imap_reader *reader, struct imap_lexer *lexer, bool is_personal,
    struct namespaces *all)
{
	struct imap_token token;
	enum status status = imap_lexer_next(lexer, &token);

	if (status != ST_OK || imap_token_is(&token, BYTES("NIL")))
		return status;
	if (token.kind != IMAP_TOKEN_OPEN)
		return ST_SYNTAX;
	while (status == ST_OK) {
		status = imap_lexer_next(lexer, &token);
		if (status != ST_OK || token.kind == IMAP_TOKEN_CLOSE)
			break;
		status = token.kind == IMAP_TOKEN_OPEN
		    ? read_one_namespace(reader, lexer, is_personal, all)
		    : ST_SYNTAX;
	}
	return status;
}

/* A broken NAMESPACE says nothing: the folder list tells as much as we need. */
enum status
imap_reply_namespace(
    const struct imap_reader *reader, struct imap_lexer *lexer, struct imap_reply *reply)
{
	struct namespaces all = {.to = &reply->event.namespace};
	enum status status = ST_OK;

	for (int kind = 0; kind < 3 && status == ST_OK; kind++)
		status = read_namespaces(reader, lexer, kind == 0, &all);
	if (status == ST_MEMORY)
		return status;
	if (status != ST_OK)
		return ST_OK;
	all.to->foreign_prefixes = bytes_of(all.foreign, all.foreign_size);
	reply->kind = IMAP_REPLY_EVENT;
	reply->event.kind = IMAP_EVENT_NAMESPACE;
	return ST_OK;
}

/* id_params_list = "(" *(string SP nstring) ")" / nil. What is broken has no name in it. */
enum status
imap_reply_id(
    const struct imap_reader *reader, struct imap_lexer *lexer, struct imap_reply *reply)
{
	struct imap_token key;
	struct imap_token value = {0};
	struct bytes name = {0};
	struct bytes version = {0};
	enum status status = imap_lexer_next(lexer, &key);

	reply->kind = IMAP_REPLY_EVENT;
	reply->event.kind = IMAP_EVENT_ID;
	if (status == ST_OK && key.kind != IMAP_TOKEN_OPEN)
		return ST_OK;
	while (status == ST_OK) {
		status = imap_lexer_next(lexer, &key);
		if (status == ST_OK && is_string(&key))
			status = imap_lexer_next(lexer, &value);
		if (status != ST_OK || !is_string(&key) || !is_string(&value))
			break;
		if (bytes_equal_nocase(key.text, BYTES("name")) &&
		    value.kind != IMAP_TOKEN_ATOM)
			status = imap_reply_string(reader, &value, &name);
		else if (bytes_equal_nocase(key.text, BYTES("version")) &&
		    value.kind != IMAP_TOKEN_ATOM)
			status = imap_reply_string(reader, &value, &version);
	}
	if (status == ST_MEMORY)
		return status;
	reply->event.text = name;
	reply->words = version;
	return ST_OK;
}
