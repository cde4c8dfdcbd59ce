/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include <string.h>

#include "base/crc32c.h"
#include "base/prng.h"

static uint8_t zeros[32];
static uint8_t ones[32];
static uint8_t up[32];
static uint8_t down[32];

/* RFC 3720 appendix B.4, and the check value of the catalogues. */
static const struct {
	const char *name;
	struct bytes octets;
	uint32_t expected;
} known[] = {
    {"nothing", TEXT(""), 0},
    {"a", TEXT("a"), 0xc1d04330},
    {"123456789", TEXT("123456789"), 0xe3069283},
    {"32 zeros", {zeros, 32}, 0x8a9136aa},
    {"32 ones", {ones, 32}, 0x62a8ab43},
    {"ascending", {up, 32}, 0x46dd794e},
    {"descending", {down, 32}, 0x113fdb5c},
};

static void
test_known_octets_have_their_checksums(void **state)
{
	(void)state;
	memset(ones, 0xff, sizeof(ones));
	for (size_t i = 0; i < sizeof(up); i++) {
		up[i] = (uint8_t)i;
		down[i] = (uint8_t)(31 - i);
	}
	for (size_t i = 0; i < COUNT_OF(known); i++)
		EXPECT(known[i].name, crc32c(known[i].octets) == known[i].expected);
}

/* Bit by bit, as the polynomial says. */
static uint32_t
divide(const uint8_t *octets, size_t size)
{
	uint32_t rest = UINT32_MAX;

	for (size_t i = 0; i < size; i++) {
		rest ^= octets[i];
		for (int bit = 0; bit < 8; bit++)
			rest = (rest >> 1) ^ ((rest & 1) != 0 ? 0x82f63b78U : 0);
	}
	return ~rest;
}

static void
test_random_octets_agree_with_the_division(void **state)
{
	uint8_t octets[300];
	struct prng prng;

	(void)state;
	prng_init(&prng, 1);
	for (size_t size = 0; size < sizeof(octets); size++) {
		for (size_t i = 0; i < size; i++)
			octets[i] = (uint8_t)prng_next(&prng);
		assert_int_equal(crc32c(bytes_of(octets, size)), divide(octets, size));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_known_octets_have_their_checksums),
	    cmocka_unit_test(test_random_octets_agree_with_the_division),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
