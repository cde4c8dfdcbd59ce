/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

/* RFC 3629 section 4, by first octet. */
static size_t
length_of(uint8_t first)
{
	if (first < 0x80)
		return 1;
	if (first >= 0xc2 && first <= 0xdf)
		return 2;
	if (first >= 0xe0 && first <= 0xef)
		return 3;
	if (first >= 0xf0 && first <= 0xf4)
		return 4;
	return 0;
}

static bool
is_scalar(uint32_t code)
{
	return code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
}

size_t
utf8_decode(struct bytes b, uint32_t *code_out)
{
	static const uint32_t first_mask[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t length = b.size == 0 ? 0 : length_of(b.data[0]);
	uint32_t code;

	if (length == 0 || length > b.size)
		return 0;
	code = b.data[0] & first_mask[length];
	for (size_t i = 1; i < length; i++) {
		if ((b.data[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (b.data[i] & 0x3fU);
	}
	if (code < least[length] || !is_scalar(code))
		return 0;
	*code_out = code;
	return length;
}

size_t
utf8_encode(uint32_t code, uint8_t out[static 4])
{
	if (!is_scalar(code))
		return 0;
	if (code < 0x80) {
		out[0] = (uint8_t)code;
		return 1;
	}
	if (code < 0x800) {
		out[0] = (uint8_t)(0xc0 | code >> 6);
		out[1] = (uint8_t)(0x80 | (code & 0x3f));
		return 2;
	}
	if (code < 0x10000) {
		out[0] = (uint8_t)(0xe0 | code >> 12);
		out[1] = (uint8_t)(0x80 | (code >> 6 & 0x3f));
		out[2] = (uint8_t)(0x80 | (code & 0x3f));
		return 3;
	}
	out[0] = (uint8_t)(0xf0 | code >> 18);
	out[1] = (uint8_t)(0x80 | (code >> 12 & 0x3f));
	out[2] = (uint8_t)(0x80 | (code >> 6 & 0x3f));
	out[3] = (uint8_t)(0x80 | (code & 0x3f));
	return 4;
}

bool
utf8_is_valid(struct bytes b)
{
	uint32_t code;

	while (b.size > 0) {
		size_t step = utf8_decode(b, &code);

		if (step == 0)
			return false;
		b = bytes_skip(b, step);
	}
	return true;
}

size_t
utf8_whole_prefix(struct bytes b)
{
	size_t back = 0;

	while (back < 4 && back < b.size) {
		uint8_t octet = b.data[b.size - 1 - back];
		size_t length;

		back++;
		if ((octet & 0xc0) == 0x80)
			continue;
		length = length_of(octet);
		return length > back ? b.size - back : b.size;
	}
	return b.size;
}

size_t
utf8_printable(struct bytes b)
{
	uint32_t code;
	size_t length = utf8_decode(b, &code);

	if (length == 0 || code < 0x20 || (code >= 0x7f && code <= 0x9f))
		return 0;
	if ((code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e))
		return 0;
	if ((code >= 0x2060 && code <= 0x2069) || code == 0xfeff || code == 0x061c)
		return 0;
	return length;
}
