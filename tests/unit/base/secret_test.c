/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include <string.h>

#include "base/secret.h"

static void
assert_wiped(const struct secret *secret)
{
	static const struct secret nothing;

	assert_memory_equal(secret, &nothing, sizeof(nothing));
}

static void
test_what_no_mechanism_carries_is_refused_and_wiped(void **state)
{
	static const struct {
		const char *name;
		struct bytes plain;
		enum status status;
	} cases[] = {
	    {"empty", TEXT(""), ST_SYNTAX},
	    {"NUL", TEXT("a\0b"), ST_SYNTAX},
	    {"CR", TEXT("a\rb"), ST_SYNTAX},
	    {"LF", TEXT("ab\n"), ST_SYNTAX},
	    {"blank", TEXT(" "), ST_OK},
	    {"UTF-8", TEXT("\xc3\xa4"), ST_OK},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct secret secret;
		enum status status;

		memset(&secret, 0xaa, sizeof(secret));
		status = secret_set(&secret, cases[i].plain);
		EXPECT(cases[i].name, status == cases[i].status);
		if (status != ST_OK)
			assert_wiped(&secret);
		else
			EXPECT(
			    cases[i].name, bytes_equal(secret_reveal(&secret), cases[i].plain));
	}
}

static void
test_the_longest_one_fits_and_no_longer_one(void **state)
{
	uint8_t octets[SECRET_SIZE_MAX + 1];
	struct secret secret;

	(void)state;
	memset(octets, 'p', sizeof(octets));
	assert_int_equal(secret_set(&secret, bytes_of(octets, SECRET_SIZE_MAX)), ST_OK);
	assert_int_equal(secret_reveal(&secret).size, SECRET_SIZE_MAX);
	assert_int_equal(secret_set(&secret, bytes_of(octets, sizeof(octets))), ST_LIMIT);
	assert_wiped(&secret);
}

static void
test_a_shorter_one_leaves_nothing_of_the_longer(void **state)
{
	struct secret secret;

	(void)state;
	assert_int_equal(secret_set(&secret, BYTES("a long password")), ST_OK);
	assert_int_equal(secret_set(&secret, BYTES("short")), ST_OK);
	for (size_t i = 5; i < SECRET_SIZE_MAX; i++)
		assert_int_equal(secret.octets[i], 0);
	secret_wipe(&secret);
	assert_wiped(&secret);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_what_no_mechanism_carries_is_refused_and_wiped),
	    cmocka_unit_test(test_the_longest_one_fits_and_no_longer_one),
	    cmocka_unit_test(test_a_shorter_one_leaves_nothing_of_the_longer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
