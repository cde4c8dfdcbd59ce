/* SPDX-License-Identifier: Apache-2.0 */
#include "base/varint.h"

size_t
varint_encode(uint64_t number, uint8_t out[static VARINT_SIZE_MAX])
{
	size_t size = 0;

	while (number > 0x7f) {
		out[size++] = (uint8_t)(number | 0x80);
		number >>= 7;
	}
	out[size++] = (uint8_t)number;
	return size;
}

enum status
varint_take(struct bytes *rest, uint64_t *number_out)
{
	uint64_t number = 0;

	for (size_t i = 0; i < rest->size; i++) {
		uint8_t octet = rest->data[i];

		/* The tenth octet has room for bit 63 only, so that it is the last. */
		if (i == VARINT_SIZE_MAX - 1 && octet > 1)
			return ST_SYNTAX;
		number |= (uint64_t)(octet & 0x7f) << (7 * i);
		if ((octet & 0x80) != 0)
			continue;
		if (octet == 0 && i > 0)
			return ST_SYNTAX;
		*rest = bytes_skip(*rest, i + 1);
		*number_out = number;
		return ST_OK;
	}
	return ST_SYNTAX;
}

uint64_t
varint_zigzag(int64_t number)
{
	uint64_t bits = (uint64_t)number;

	return number < 0 ? ~(bits << 1) : bits << 1;
}

int64_t
varint_unzigzag(uint64_t zigzag)
{
	int64_t half = (int64_t)(zigzag >> 1);

	return (zigzag & 1) != 0 ? -half - 1 : half;
}
