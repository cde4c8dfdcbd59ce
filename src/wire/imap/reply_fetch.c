/* SPDX-License-Identifier: Apache-2.0
 *
 * msg-att of RFC 3501 section 9: "(key value key value …)". A broken value of something that
 * only describes a message (date, size) is not told; a UID that cannot be one, or a list that
 * does not close where it should, ends the session, because then nothing behind it is certain.
 */
#include "wire/imap/reply_parts.h"

#include "wire/imap/date.h"

struct fetch {
	const struct imap_reader *reader;
	struct imap_lexer *lexer;
	struct imap_reply *reply;
	struct imap_message *message;
};

typedef enum status (*item_fn)(struct fetch *fetch, const struct imap_token *value);

static enum status
take_uid(struct fetch *fetch, const struct imap_token *value)
{
	uint64_t number = 0;

	if (value->kind != IMAP_TOKEN_ATOM ||
	    bytes_number(value->text, UINT32_MAX, &number) != ST_OK || number == 0)
		return ST_SYNTAX;
	/* Told twice and differently, the body between the two belongs to nobody. */
	if (fetch->message->message.uid.number != 0 &&
	    fetch->message->message.uid.number != number)
		return ST_SYNTAX;
	fetch->message->message.uid.number = (uint32_t)number;
	fetch->message->items |= IMAP_FETCH_UID;
	return ST_OK;
}

static enum status
take_flags(struct fetch *fetch, const struct imap_token *value)
{
	struct imap_flag_list list;
	enum status status = imap_flag_list_read(fetch->reader, fetch->lexer, value, &list);

	if (status != ST_OK)
		return status;
	fetch->message->message.flags = list.flags;
	fetch->message->unusable_flags = list.unusable;
	fetch->message->items |= IMAP_FETCH_FLAGS;
	return ST_OK;
}

static enum status
take_date(struct fetch *fetch, const struct imap_token *value)
{
	struct mail_date date;

	if (value->kind == IMAP_TOKEN_OPEN)
		return ST_SYNTAX;
	fetch->message->items |= IMAP_FETCH_DATE;
	if (imap_date_decode(value->text, &date) == ST_OK)
		fetch->message->message.date = date;
	return ST_OK;
}

static enum status
take_size(struct fetch *fetch, const struct imap_token *value)
{
	uint64_t size = 0;

	if (value->kind == IMAP_TOKEN_OPEN)
		return imap_lexer_skip(fetch->lexer, value);
	if (bytes_number(value->text, INT64_MAX, &size) != ST_OK)
		return ST_OK;
	fetch->message->message.size = size;
	fetch->message->items |= IMAP_FETCH_SIZE;
	return ST_OK;
}

static enum status
take_body(struct fetch *fetch, enum imap_body_kind kind, const struct imap_token *value)
{
	struct imap_reply *reply = fetch->reply;
	bool is_nil = imap_token_is(value, BYTES("NIL"));

	if (value->kind == IMAP_TOKEN_OPEN || (value->kind == IMAP_TOKEN_ATOM && !is_nil) ||
	    (is_nil && !imap_quirk_has(fetch->reader->quirks, IMAP_QUIRK_BODY_NIL)))
		return ST_SYNTAX;
	if (kind == IMAP_BODY_OTHER)
		return ST_OK;
	fetch->message->items |=
	    kind == IMAP_BODY_ALL ? IMAP_FETCH_BODY : IMAP_FETCH_IDENTITY_HEADERS;
	if (kind == IMAP_BODY_ALL)
		fetch->message->is_body_nil = is_nil;
	if (is_nil || value->kind == IMAP_TOKEN_STREAMED)
		return ST_OK;
	if (reply->body_count == IMAP_STREAMS_MAX)
		return ST_LIMIT;
	reply->bodies[reply->body_count].kind = kind;
	return imap_reply_string(
	    fetch->reader, value, &reply->bodies[reply->body_count++].octets);
}

static const struct {
	struct bytes key;
	item_fn take;
} items[] = {
    {{(const uint8_t *)"UID", 3}, take_uid},
    {{(const uint8_t *)"FLAGS", 5}, take_flags},
    {{(const uint8_t *)"INTERNALDATE", 12}, take_date},
    {{(const uint8_t *)"RFC822.SIZE", 11}, take_size},
};

static enum status
take_item(struct fetch *fetch, struct bytes key)
{
	struct imap_token value;
	enum status status = imap_lexer_next(fetch->lexer, &value);
	enum imap_body_kind body;

	if (status != ST_OK)
		return status;
	if (value.kind == IMAP_TOKEN_CLOSE || value.kind == IMAP_TOKEN_END)
		return ST_SYNTAX;
	for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++) {
		if (bytes_equal_nocase(items[i].key, key))
			return items[i].take(fetch, &value);
	}
	body = imap_body_kind_of(key);
	if (body != IMAP_BODY_NONE)
		return take_body(fetch, body, &value);
	return imap_lexer_skip(fetch->lexer, &value);
}

enum status
imap_reply_fetch(
    const struct imap_reader *reader, struct imap_lexer *lexer, struct imap_reply *reply)
{
	struct fetch fetch = {reader, lexer, reply, &reply->event.message};
	struct imap_token token;
	enum status status = imap_lexer_next(lexer, &token);

	if (status == ST_OK && token.kind != IMAP_TOKEN_OPEN)
		status = ST_SYNTAX;
	reply->kind = IMAP_REPLY_EVENT;
	reply->event.kind = IMAP_EVENT_MESSAGE;
	while (status == ST_OK) {
		status = imap_lexer_next(lexer, &token);
		if (status != ST_OK || token.kind == IMAP_TOKEN_CLOSE)
			break;
		status =
		    token.kind == IMAP_TOKEN_ATOM ? take_item(&fetch, token.text) : ST_SYNTAX;
	}
	if (status == ST_OK)
		status = imap_lexer_next(lexer, &token);
	if (status == ST_OK && token.kind != IMAP_TOKEN_END)
		return ST_SYNTAX;
	return status;
}

enum status
imap_reply_uidfetch(
    const struct imap_reader *reader, struct imap_lexer *lexer, struct imap_reply *reply)
{
	enum status status = imap_reply_fetch(reader, lexer, reply);

	reply->event.message.items |= IMAP_FETCH_UID;
	return status;
}
