/* SPDX-License-Identifier: Apache-2.0
 *
 * What a folder still takes and who may do what there: QUOTA (RFC 9208) and MYRIGHTS (RFC
 * 4314). Both are told to a person only, so what is broken in them says nothing and harms
 * nothing.
 */
#include "wire/imap/reply_parts.h"

static bool
is_string(const struct imap_token *token)
{
	return token->kind == IMAP_TOKEN_ATOM || token->kind == IMAP_TOKEN_QUOTED ||
	    token->kind == IMAP_TOKEN_LITERAL;
}

/* quota-resource: STORAGE counts units of 1024 octets. */
static void
set_resource(struct imap_quota *quota, struct bytes name, uint64_t used, uint64_t limit)
{
	if (bytes_equal_nocase(name, BYTES("STORAGE"))) {
		quota->has_storage = true;
		quota->used_bytes = used * 1024;
		quota->limit_bytes = limit * 1024;
	} else if (bytes_equal_nocase(name, BYTES("MESSAGE"))) {
		quota->has_messages = true;
		quota->used_messages = used;
		quota->limit_messages = limit;
	}
}

/* resource-name SP resource-usage SP resource-limit; ST_END behind the last one. */
static enum status
read_resource(struct imap_lexer *lexer, struct imap_quota *quota)
{
	struct imap_token name, used, limit;
	uint64_t numbers[2];
	enum status status = imap_lexer_next(lexer, &name);

	if (status == ST_OK && name.kind == IMAP_TOKEN_CLOSE)
		return ST_END;
	if (status == ST_OK)
		status = imap_lexer_next(lexer, &used);
	if (status == ST_OK)
		status = imap_lexer_next(lexer, &limit);
	if (status != ST_OK)
		return status;
	if (name.kind != IMAP_TOKEN_ATOM || used.kind != IMAP_TOKEN_ATOM ||
	    limit.kind != IMAP_TOKEN_ATOM)
		return ST_SYNTAX;
	/* Units of 1024 must still fit. */
	if (bytes_number(used.text, INT64_MAX / 1024, &numbers[0]) == ST_OK &&
	    bytes_number(limit.text, INT64_MAX / 1024, &numbers[1]) == ST_OK)
		set_resource(quota, name.text, numbers[0], numbers[1]);
	return ST_OK;
}

/* "QUOTA" SP astring SP "(" … ")" */
enum status
imap_reply_quota(
    const struct imap_reader *reader, struct imap_lexer *lexer, struct imap_reply *reply)
{
	struct imap_quota quota = {0};
	struct imap_token token;
	enum status status = imap_lexer_next(lexer, &token);

	if (status == ST_OK && !is_string(&token))
		status = ST_SYNTAX;
	if (status == ST_OK)
		status = imap_reply_string(reader, &token, &quota.root);
	if (status == ST_OK)
		status = imap_lexer_next(lexer, &token);
	if (status == ST_OK && token.kind != IMAP_TOKEN_OPEN)
		status = ST_SYNTAX;
	while (status == ST_OK)
		status = read_resource(lexer, &quota);
	if (status == ST_MEMORY)
		return status;
	if (status != ST_END)
		return ST_OK;
	reply->kind = IMAP_REPLY_EVENT;
	reply->event.kind = IMAP_EVENT_QUOTA;
	reply->event.quota = quota;
	return ST_OK;
}

/* "MYRIGHTS" SP mailbox SP astring */
enum status
imap_reply_myrights(
    const struct imap_reader *reader, struct imap_lexer *lexer, struct imap_reply *reply)
{
	struct imap_token tokens[2];
	struct bytes texts[2] = {{0}};
	enum status status = ST_OK;

	for (size_t i = 0; i < 2 && status == ST_OK; i++) {
		status = imap_lexer_next(lexer, &tokens[i]);
		if (status == ST_OK && !is_string(&tokens[i]))
			status = ST_SYNTAX;
		if (status == ST_OK)
			status = imap_reply_string(reader, &tokens[i], &texts[i]);
	}
	if (status == ST_MEMORY)
		return status;
	if (status != ST_OK)
		return ST_OK;
	reply->kind = IMAP_REPLY_EVENT;
	reply->event.kind = IMAP_EVENT_RIGHTS;
	reply->event.rights = (struct imap_rights){.name = texts[0], .letters = texts[1]};
	return ST_OK;
}
