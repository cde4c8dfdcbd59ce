/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include "base/prng.h"

static void
test_the_published_numbers_of_splitmix64(void **state)
{
	static const struct {
		uint64_t seed, numbers[3];
	} cases[] = {
	    {0,
		{UINT64_C(0xe220a8397b1dcdaf), UINT64_C(0x6e789e6aa1b965f4),
		    UINT64_C(0x06c45d188009454f)}},
	    {1234567,
		{UINT64_C(6457827717110365317), UINT64_C(3203168211198807973),
		    UINT64_C(9817491932198370423)}},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct prng prng;

		prng_init(&prng, cases[i].seed);
		for (size_t k = 0; k < 3; k++)
			assert_true(prng_next(&prng) == cases[i].numbers[k]);
	}
}

static void
test_below_stays_below_and_reaches_everything(void **state)
{
	int seen[10] = {0};
	struct prng prng;

	(void)state;
	prng_init(&prng, 1);
	for (int i = 0; i < 10000; i++) {
		uint64_t number = prng_below(&prng, 10);

		assert_true(number < 10);
		seen[number]++;
	}
	for (int i = 0; i < 10; i++)
		assert_in_range(seen[i], 800, 1200);
	assert_true(prng_below(&prng, 1) == 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_the_published_numbers_of_splitmix64),
	    cmocka_unit_test(test_below_stays_below_and_reaches_everything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
