/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge/oauth/form.h"

#include <stdbool.h>

#include "base/buf.h"

static bool
is_plain(uint8_t octet)
{
	return (octet >= 'a' && octet <= 'z') || (octet >= 'A' && octet <= 'Z') ||
	    (octet >= '0' && octet <= '9') || octet == '-' || octet == '.' || octet == '_' ||
	    octet == '~';
}

static enum status
add_encoded(struct buf *form, struct bytes text)
{
	static const char digits[] = "0123456789ABCDEF";
	enum status status = ST_OK;

	for (size_t i = 0; i < text.size && status == ST_OK; i++) {
		uint8_t octet = text.data[i];
		uint8_t escape[] = {
		    '%', (uint8_t)digits[octet >> 4], (uint8_t)digits[octet & 15]};

		if (is_plain(octet))
			status = buf_append(form, bytes_of(&octet, 1));
		else
			status = buf_append(form, bytes_of(escape, sizeof(escape)));
	}
	return status;
}

enum status
oauth_form_add(struct buf *form, const char *name, struct bytes value)
{
	struct bytes there = buf_bytes(form);
	size_t before = there.size;
	enum status status = ST_OK;

	if (there.size > 0 && there.data[there.size - 1] != '?')
		status = buf_append(form, BYTES("&"));
	if (status == ST_OK)
		status = add_encoded(form, bytes_of_string(name));
	if (status == ST_OK)
		status = buf_append(form, BYTES("="));
	if (status == ST_OK)
		status = add_encoded(form, value);
	if (status != ST_OK)
		buf_truncate(form, before);
	return status;
}

enum status
oauth_form_add_fields(struct buf *form, const struct oauth_field *fields, size_t count)
{
	size_t before = buf_bytes(form).size;
	enum status status = ST_OK;

	for (size_t i = 0; i < count && status == ST_OK; i++)
		status = oauth_form_add(form, fields[i].name, fields[i].value);
	if (status != ST_OK)
		buf_truncate(form, before);
	return status;
}

/* 16 for what is no digit. */
static uint8_t
digit_of(uint8_t letter)
{
	if (letter >= '0' && letter <= '9')
		return (uint8_t)(letter - '0');
	if (letter >= 'A' && letter <= 'F')
		return (uint8_t)(letter - 'A' + 10);
	if (letter >= 'a' && letter <= 'f')
		return (uint8_t)(letter - 'a' + 10);
	return 16;
}

static enum status
add_decoded(struct buf *out, struct bytes text)
{
	enum status status = ST_OK;

	for (size_t i = 0; i < text.size && status == ST_OK; i++) {
		uint8_t octet = text.data[i];

		if (octet == '+') {
			octet = ' ';
		} else if (octet == '%') {
			uint8_t high = i + 2 < text.size ? digit_of(text.data[i + 1]) : 16;
			uint8_t low = i + 2 < text.size ? digit_of(text.data[i + 2]) : 16;

			if (high > 15 || low > 15)
				return ST_SYNTAX;
			octet = (uint8_t)(high << 4 | low);
			i += 2;
		}
		status = buf_append(out, bytes_of(&octet, 1));
	}
	return status;
}

enum status
oauth_form_find(struct bytes query, const char *name, struct buf *out)
{
	struct bytes wanted = bytes_of_string(name);
	struct bytes found = {NULL, 0};
	size_t before = buf_bytes(out).size;
	bool is_there = false;
	enum status status;

	while (query.size > 0) {
		struct bytes pair = bytes_first(query, bytes_find(query, '&', 0));
		struct bytes key = bytes_first(pair, bytes_find(pair, '=', 0));

		query = bytes_skip(query, pair.size + 1);
		if (!bytes_equal(key, wanted))
			continue;
		if (is_there)
			return ST_CONFLICT;
		is_there = true;
		found = bytes_skip(pair, key.size + 1);
	}
	if (!is_there)
		return ST_ABSENT;
	status = add_decoded(out, found);
	if (status != ST_OK)
		buf_truncate(out, before);
	return status;
}
