/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base64.h"

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

enum status
base64_encode(struct bytes plain, struct buf *out)
{
	uint8_t *room;
	size_t size = (plain.size + 2) / 3 * 4;
	enum status status = buf_reserve(out, size, &room);

	if (status != ST_OK)
		return status;
	for (size_t i = 0; i < plain.size; i += 3) {
		size_t left = plain.size - i;
		uint32_t group = (uint32_t)plain.data[i] << 16;

		if (left > 1)
			group |= (uint32_t)plain.data[i + 1] << 8;
		if (left > 2)
			group |= plain.data[i + 2];
		*room++ = (uint8_t)alphabet[group >> 18];
		*room++ = (uint8_t)alphabet[group >> 12 & 63];
		*room++ = left > 1 ? (uint8_t)alphabet[group >> 6 & 63] : '=';
		*room++ = left > 2 ? (uint8_t)alphabet[group & 63] : '=';
	}
	buf_added(out, size);
	return ST_OK;
}

/* 64 for anything that is not in the alphabet. */
static uint32_t
value_of(uint8_t letter)
{
	if (letter >= 'A' && letter <= 'Z')
		return (uint32_t)(letter - 'A');
	if (letter >= 'a' && letter <= 'z')
		return (uint32_t)(letter - 'a') + 26;
	if (letter >= '0' && letter <= '9')
		return (uint32_t)(letter - '0') + 52;
	if (letter == '+')
		return 62;
	return letter == '/' ? 63 : 64;
}

/* One group of four letters to 1 to 3 octets; 0 when it is not canonical. */
static size_t
decode_group(const uint8_t letters[static 4], uint8_t out[static 3])
{
	uint32_t group = 0;
	size_t padding = letters[3] != '=' ? 0 : letters[2] != '=' ? 1 : 2;

	for (size_t i = 0; i < 4; i++) {
		uint32_t value = i >= 4 - padding ? 0 : value_of(letters[i]);

		if (value == 64)
			return 0;
		group = group << 6 | value;
	}
	if ((padding == 1 && (group & 0xff) != 0) || (padding == 2 && (group & 0xffff) != 0))
		return 0;
	out[0] = (uint8_t)(group >> 16);
	out[1] = (uint8_t)(group >> 8);
	out[2] = (uint8_t)group;
	return 3 - padding;
}

enum status
base64_decode(struct bytes text, struct buf *out)
{
	size_t before = out->size;

	if (text.size % 4 != 0)
		return ST_SYNTAX;
	for (size_t i = 0; i < text.size; i += 4) {
		uint8_t octets[3];
		size_t size = decode_group(text.data + i, octets);
		enum status status = ST_SYNTAX;

		if (size > 0 && (size == 3 || i + 4 == text.size))
			status = buf_append(out, bytes_of(octets, size));
		if (status != ST_OK) {
			buf_truncate(out, before);
			return status;
		}
	}
	return ST_OK;
}
