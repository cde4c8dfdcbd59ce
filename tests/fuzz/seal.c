/* SPDX-License-Identifier: Apache-2.0 */
#include "seal.h"

#include "base/buf.h"
#include "base/check.h"
#include "base/crc32c.h"

enum {
	CHECKSUM_SIZE = 4
};

void
seal_play(struct bytes input, void (*play)(struct bytes octets))
{
	uint8_t checksum[CHECKSUM_SIZE];
	struct buf sealed;
	uint32_t word;

	play(input);
	if (input.size < CHECKSUM_SIZE)
		return;
	input.size -= CHECKSUM_SIZE;
	word = crc32c(input);
	for (int i = 0; i < CHECKSUM_SIZE; i++)
		checksum[i] = (uint8_t)(word >> (8 * i));
	buf_init(&sealed, input.size + CHECKSUM_SIZE);
	CHECK(buf_append(&sealed, input) == ST_OK);
	CHECK(buf_append(&sealed, bytes_of(checksum, CHECKSUM_SIZE)) == ST_OK);
	play(buf_bytes(&sealed));
	buf_fini(&sealed);
}
