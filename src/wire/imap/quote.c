/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/imap/quote.h"

bool
imap_quote_is_possible(struct bytes text)
{
	for (size_t i = 0; i < text.size; i++) {
		uint8_t octet = text.data[i];

		if (octet >= 0x80 || octet == 0 || octet == '\r' || octet == '\n')
			return false;
	}
	return true;
}

static bool
is_quoted_special(uint8_t octet)
{
	return octet == '"' || octet == '\\';
}

enum status
imap_quote(struct bytes text, struct buf *out)
{
	size_t size = text.size + 2;
	uint8_t *room;
	enum status status;

	if (!imap_quote_is_possible(text))
		return ST_SYNTAX;
	for (size_t i = 0; i < text.size; i++)
		size += is_quoted_special(text.data[i]);
	status = buf_reserve(out, size, &room);
	if (status != ST_OK)
		return status;
	*room++ = '"';
	for (size_t i = 0; i < text.size; i++) {
		if (is_quoted_special(text.data[i]))
			*room++ = '\\';
		*room++ = text.data[i];
	}
	*room = '"';
	buf_added(out, size);
	return ST_OK;
}

enum status
imap_unquote(struct bytes inside, struct buf *out)
{
	size_t size = 0;
	uint8_t *room;
	enum status status = buf_reserve(out, inside.size, &room);

	if (status != ST_OK)
		return status;
	for (size_t i = 0; i < inside.size; i++) {
		if (inside.data[i] == '\\' && i + 1 < inside.size &&
		    is_quoted_special(inside.data[i + 1]))
			i++;
		room[size++] = inside.data[i];
	}
	buf_added(out, size);
	return ST_OK;
}
