/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/imap/reply_parts.h"

#include <string.h>

/* Words separated by one space, in a block taken from the arena when the first word comes. */
struct word_list {
	uint8_t *octets;
	size_t size;
	size_t count;
};

static struct bytes
list_bytes(const struct word_list *list)
{
	return bytes_of(list->octets, list->size);
}

/* All words of a response and the spaces between them fit into the size of the response. */
static enum status
list_add(struct word_list *list, struct bytes word, size_t capacity, struct arena *arena)
{
	if (list->octets == NULL) {
		list->octets = arena_take(arena, capacity + 1, 1);
		if (list->octets == NULL)
			return arena_status(arena);
	}
	if (list->size > 0)
		list->octets[list->size++] = ' ';
	memcpy(list->octets + list->size, word.data, word.size);
	list->size += word.size;
	list->count++;
	return ST_OK;
}

/* For the report only: no octet of it may do anything to a terminal or split the list. */
static enum status
add_unusable(struct word_list *list, struct bytes word, size_t capacity, struct arena *arena)
{
	enum status status = list_add(list, word, capacity, arena);

	if (status != ST_OK)
		return status;
	for (uint8_t *octet = list->octets + list->size - word.size;
	     octet < list->octets + list->size; octet++) {
		if (*octet <= ' ' || *octet >= 0x7f)
			*octet = '?';
	}
	return ST_OK;
}

struct flag_reader {
	const struct imap_reader *reader;
	struct arena *arena;
	size_t capacity;
	struct word_list keywords;
	struct word_list unusable;
	struct imap_flag_list *list;
};

static enum status
take_flag(struct flag_reader *to, struct bytes name)
{
	uint32_t system = flag_of_name(name);

	if (system != 0) {
		to->list->flags.system |= system;
		return ST_OK;
	}
	if (name.size == 0 || bytes_equal_nocase(name, BYTES("\\Recent")))
		return ST_OK;
	if (bytes_equal(name, BYTES("\\*"))) {
		to->list->takes_new_keywords = true;
		return ST_OK;
	}
	if (name.data[0] == '\\')
		return imap_quirk_has(to->reader->quirks, IMAP_QUIRK_SYSTEM_FLAG_UNKNOWN)
		    ? add_unusable(&to->unusable, name, to->capacity, to->arena)
		    : ST_OK;
	if (!flags_is_keyword(name) &&
	    !imap_quirk_has(to->reader->quirks, IMAP_QUIRK_FLAG_IS_NO_ATOM))
		return ST_SYNTAX;
	if (!flags_is_keyword(name) || to->keywords.count == KEYWORDS_MAX ||
	    to->keywords.size + name.size + 1 > KEYWORDS_SIZE_MAX)
		return add_unusable(&to->unusable, name, to->capacity, to->arena);
	if (flags_has_keyword(list_bytes(&to->keywords), name))
		return ST_OK;
	return list_add(&to->keywords, name, to->capacity, to->arena);
}

enum status
imap_flag_list_read(const struct imap_reader *reader, struct imap_lexer *lexer,
    const struct imap_token *first, struct imap_flag_list *list_out)
{
	struct imap_flag_list list = {0};
	struct flag_reader to = {.reader = reader,
	    .arena = reader->arena,
	    .capacity = lexer->input.size,
	    .list = &list};
	enum status status = ST_OK;

	if (imap_token_is(first, BYTES("NIL"))) {
		*list_out = list;
		return ST_OK;
	}
	if (first->kind != IMAP_TOKEN_OPEN)
		return ST_SYNTAX;
	while (status == ST_OK) {
		struct imap_token token;

		status = imap_lexer_next(lexer, &token);
		if (status != ST_OK || token.kind == IMAP_TOKEN_CLOSE)
			break;
		if (token.kind == IMAP_TOKEN_OPEN || token.kind == IMAP_TOKEN_END)
			return ST_SYNTAX;
		status = take_flag(&to, token.text);
	}
	if (status != ST_OK)
		return status;
	list.flags.keywords = list_bytes(&to.keywords);
	list.unusable = list_bytes(&to.unusable);
	*list_out = list;
	return ST_OK;
}

enum status
imap_reply_flags(
    const struct imap_reader *reader, struct imap_lexer *lexer, struct imap_reply *reply)
{
	struct imap_token token;
	enum status status = imap_lexer_next(lexer, &token);

	if (status != ST_OK)
		return status;
	reply->kind = IMAP_REPLY_FLAGS;
	return imap_flag_list_read(reader, lexer, &token, &reply->flags);
}
