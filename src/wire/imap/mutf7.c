/* SPDX-License-Identifier: Apache-2.0
 *
 * RFC 3501 section 5.1.3. Octets 0x20 to 0x7e stand for themselves, but "&" is "&-". Everything
 * else is UTF-16BE in base64 with "," for "/" and without padding, between "&" and "-".
 *
 * A name is valid exactly when encoding what it decodes to gives the name back. So the decoder
 * refuses whatever the encoder would have written in another way.
 */
#include "wire/imap/mutf7.h"

#include "base/utf8.h"

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

static bool
stands_for_itself(uint32_t code)
{
	return code >= 0x20 && code <= 0x7e;
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
	return letter == ',' ? 63 : 64;
}

static enum status
append_code(struct buf *out, uint32_t code)
{
	uint8_t octets[4];
	size_t size = utf8_encode(code, octets);

	return size == 0 ? ST_SYNTAX : buf_append(out, bytes_of(octets, size));
}

/* One UTF-16 unit; `high` keeps a high surrogate until its partner comes. */
static enum status
append_unit(struct buf *out, uint32_t unit, uint32_t *high)
{
	uint32_t first = *high;

	*high = 0;
	if (unit >= 0xdc00 && unit <= 0xdfff) {
		if (first == 0)
			return ST_SYNTAX;
		return append_code(out, 0x10000 + ((first - 0xd800) << 10) + (unit - 0xdc00));
	}
	if (first != 0 || stands_for_itself(unit))
		return ST_SYNTAX;
	if (unit >= 0xd800 && unit <= 0xdbff) {
		*high = unit;
		return ST_OK;
	}
	return append_code(out, unit);
}

/* The inside of a shift, without "&" and "-". */
static enum status
decode_shift(struct bytes inside, struct buf *out)
{
	uint32_t bits = 0;
	uint32_t high = 0;
	unsigned count = 0; /* of bits that wait */

	if (inside.size == 0)
		return buf_append(out, BYTES("&"));
	for (size_t i = 0; i < inside.size; i++) {
		enum status status;

		bits = bits << 6 | value_of(inside.data[i]);
		count += 6;
		if (count < 16)
			continue;
		count -= 16;
		status = append_unit(out, bits >> count, &high);
		if (status != ST_OK)
			return status;
		bits &= (1U << count) - 1;
	}
	/* What is left is padding: fewer bits than a letter, and zero. */
	return count >= 6 || bits != 0 || high != 0 ? ST_SYNTAX : ST_OK;
}

/* Decodes the shift at the start of `name`; `size_out` is what it takes, "&" to "-". */
static enum status
take_shift(struct bytes name, struct buf *out, size_t *size_out)
{
	size_t before = out->size;
	size_t end = 1;
	enum status status;

	while (end < name.size && value_of(name.data[end]) < 64)
		end++;
	if (end == name.size || name.data[end] != '-')
		return ST_SYNTAX;
	status = decode_shift(bytes_first(bytes_skip(name, 1), end - 1), out);
	if (status != ST_OK) {
		buf_truncate(out, before);
		return status;
	}
	*size_out = end + 1;
	return ST_OK;
}

/* Takes the next character or shift. `was_shift` tells whether a base64 part has just ended:
 * another one directly behind it is superfluous by the RFC. */
static enum status
take_next(struct bytes name, struct buf *out, bool *was_shift, size_t *size_out)
{
	enum status status;

	if (name.data[0] != '&') {
		if (!stands_for_itself(name.data[0]))
			return ST_SYNTAX;
		*was_shift = false;
		*size_out = 1;
		return buf_append(out, bytes_first(name, 1));
	}
	if (*was_shift && !bytes_start_with(name, BYTES("&-")))
		return ST_SYNTAX;
	status = take_shift(name, out, size_out);
	if (status == ST_OK)
		*was_shift = *size_out > 2;
	return status;
}

enum status
imap_mutf7_decode(struct bytes name, struct buf *out)
{
	size_t before = out->size;
	bool was_shift = false;

	while (name.size > 0) {
		size_t size;
		enum status status = take_next(name, out, &was_shift, &size);

		if (status != ST_OK) {
			buf_truncate(out, before);
			return status;
		}
		name = bytes_skip(name, size);
	}
	return ST_OK;
}

/* What decode refuses: UTF-8 and 7-bit octets as they stand, U+FFFD for the rest. */
static enum status
take_as_is(struct bytes name, struct buf *out, size_t *size_out)
{
	uint32_t code;
	size_t size = utf8_decode(name, &code);

	*size_out = size == 0 ? 1 : size;
	return size == 0 ? append_code(out, 0xfffd) : buf_append(out, bytes_first(name, size));
}

enum status
imap_mutf7_decode_lenient(struct bytes name, struct buf *out)
{
	size_t before = out->size;
	bool was_shift = false;

	while (name.size > 0) {
		size_t size;
		enum status status = take_next(name, out, &was_shift, &size);

		if (status == ST_SYNTAX) {
			was_shift = false;
			status = take_as_is(name, out, &size);
		}
		if (status != ST_OK) {
			buf_truncate(out, before);
			return status;
		}
		name = bytes_skip(name, size);
	}
	return ST_OK;
}

/* The state of a shift that is being written. */
struct shift {
	uint32_t bits;
	unsigned count; /* of bits that wait; below 6 between units */
	bool is_open;
};

static enum status
put_unit(struct shift *shift, uint32_t unit, struct buf *out)
{
	enum status status = ST_OK;

	if (!shift->is_open)
		status = buf_append(out, BYTES("&"));
	shift->is_open = true;
	shift->bits = shift->bits << 16 | unit;
	shift->count += 16;
	while (status == ST_OK && shift->count >= 6) {
		shift->count -= 6;
		status =
		    buf_append(out, bytes_of(&alphabet[shift->bits >> shift->count & 63], 1));
	}
	shift->bits &= 63;
	return status;
}

static enum status
close_shift(struct shift *shift, struct buf *out)
{
	enum status status = ST_OK;

	if (!shift->is_open)
		return ST_OK;
	if (shift->count > 0)
		status = buf_append(
		    out, bytes_of(&alphabet[shift->bits << (6 - shift->count) & 63], 1));
	*shift = (struct shift){0};
	return status == ST_OK ? buf_append(out, BYTES("-")) : status;
}

static enum status
put_code(struct shift *shift, uint32_t code, struct buf *out)
{
	enum status status;
	uint8_t octet = (uint8_t)code;

	if (stands_for_itself(code)) {
		status = close_shift(shift, out);
		if (status == ST_OK)
			status = buf_append(out, bytes_of(&octet, 1));
		if (status == ST_OK && code == '&')
			status = buf_append(out, BYTES("-"));
		return status;
	}
	if (code < 0x10000)
		return put_unit(shift, code, out);
	status = put_unit(shift, 0xd800 + ((code - 0x10000) >> 10), out);
	return status == ST_OK ? put_unit(shift, 0xdc00 + (code & 0x3ff), out) : status;
}

enum status
imap_mutf7_encode(struct bytes utf8, struct buf *out)
{
	size_t before = out->size;
	struct shift shift = {0};
	enum status status = ST_OK;

	while (utf8.size > 0 && status == ST_OK) {
		uint32_t code;
		size_t size = utf8_decode(utf8, &code);

		status = size == 0 ? ST_SYNTAX : put_code(&shift, code, out);
		utf8 = bytes_skip(utf8, size);
	}
	if (status == ST_OK)
		status = close_shift(&shift, out);
	if (status != ST_OK)
		buf_truncate(out, before);
	return status;
}
