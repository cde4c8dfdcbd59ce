/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include <string.h>

#include "base/digest.h"
#include "base/prng.h"

static const char *
hex_of(struct bytes bytes, char out[static DIGEST_HEX_SIZE])
{
	struct digest_state state;
	struct digest digest;

	digest_init(&state);
	digest_feed(&state, bytes);
	digest = digest_finish(&state);
	return digest_hex(&digest, out);
}

/* FIPS 180-4's examples. */
static void
test_the_vectors_of_fips_180(void **state)
{
	static const struct {
		const char *text, *hex;
	} cases[] = {
	    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
	    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
	    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
	};
	char hex[DIGEST_HEX_SIZE];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_string_equal(hex_of(bytes_of_string(cases[i].text), hex), cases[i].hex);
}

static void
test_a_million_letters_in_pieces(void **state)
{
	uint8_t letters[1000];
	struct digest_state digesting;
	struct digest digest;
	char hex[DIGEST_HEX_SIZE];

	(void)state;
	memset(letters, 'a', sizeof(letters));
	digest_init(&digesting);
	for (int i = 0; i < 1000; i++)
		digest_feed(&digesting, bytes_of(letters, sizeof(letters)));
	digest = digest_finish(&digesting);
	assert_string_equal(digest_hex(&digest, hex),
	    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
	assert_true(digest_prefix(&digest) == UINT64_C(0xcdc76e5c9914fb92));
}

static void
test_cuts_make_no_difference(void **state)
{
	uint8_t octets[1000];
	char whole[DIGEST_HEX_SIZE];
	struct prng prng;

	(void)state;
	prng_init(&prng, 5);
	for (size_t i = 0; i < sizeof(octets); i++)
		octets[i] = (uint8_t)prng_next(&prng);
	hex_of(bytes_of(octets, sizeof(octets)), whole);
	for (int round = 0; round < 100; round++) {
		struct bytes rest = bytes_of(octets, sizeof(octets));
		struct digest_state digesting;
		struct digest digest;
		char hex[DIGEST_HEX_SIZE];

		digest_init(&digesting);
		while (rest.size > 0) {
			size_t size = (size_t)prng_below(&prng, 150);

			digest_feed(&digesting, bytes_first(rest, size));
			rest = bytes_skip(rest, size);
		}
		digest = digest_finish(&digesting);
		assert_string_equal(digest_hex(&digest, hex), whole);
	}
}

static void
test_a_copied_state_goes_its_own_way(void **state)
{
	struct digest_state one, other;
	struct digest ab, ac;
	char hex[DIGEST_HEX_SIZE], expected[DIGEST_HEX_SIZE];

	(void)state;
	digest_init(&one);
	digest_feed(&one, BYTES("a"));
	other = one;
	digest_feed(&one, BYTES("b"));
	digest_feed(&other, BYTES("c"));
	ab = digest_finish(&one);
	ac = digest_finish(&other);
	assert_string_equal(digest_hex(&ab, hex), hex_of(BYTES("ab"), expected));
	assert_string_equal(digest_hex(&ac, hex), hex_of(BYTES("ac"), expected));
	assert_false(digest_equal(&ab, &ac));
	assert_true(digest_equal(&ab, &ab));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_the_vectors_of_fips_180),
	    cmocka_unit_test(test_a_million_letters_in_pieces),
	    cmocka_unit_test(test_cuts_make_no_difference),
	    cmocka_unit_test(test_a_copied_state_goes_its_own_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
