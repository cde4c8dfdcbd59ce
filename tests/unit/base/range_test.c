/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "base/prng.h"
#include "base/range.h"

static void
test_touching_ranges_become_one(void **state)
{
	struct range_set set;

	(void)state;
	range_set_init(&set, 8);
	assert_int_equal(range_set_add(&set, 1, 3), ST_OK);
	assert_int_equal(range_set_add(&set, 7, 9), ST_OK);
	assert_int_equal(range_set_add(&set, 4, 6), ST_OK);
	assert_int_equal(set.count, 1);
	assert_int_equal(set.ranges[0].first, 1);
	assert_int_equal(set.ranges[0].last, 9);
	assert_int_equal(range_set_size(&set), 9);
	range_set_fini(&set);
}

static void
test_the_ends_of_the_number_space_are_members(void **state)
{
	struct range_set set;

	(void)state;
	range_set_init(&set, 8);
	assert_int_equal(range_set_add(&set, UINT32_MAX, UINT32_MAX), ST_OK);
	assert_int_equal(range_set_add(&set, 1, 1), ST_OK);
	assert_true(range_set_has(&set, UINT32_MAX));
	assert_true(range_set_has(&set, 1));
	assert_false(range_set_has(&set, 2));
	assert_int_equal(range_set_add(&set, 2, UINT32_MAX - 1), ST_OK);
	assert_int_equal(set.count, 1);
	assert_int_equal(range_set_size(&set), UINT32_MAX);
	range_set_fini(&set);
}

static void
test_a_full_set_refuses_and_stays_as_it_was(void **state)
{
	struct range_set set;

	(void)state;
	range_set_init(&set, 2);
	assert_int_equal(range_set_add(&set, 1, 1), ST_OK);
	assert_int_equal(range_set_add(&set, 5, 5), ST_OK);
	assert_int_equal(range_set_add(&set, 9, 9), ST_LIMIT);
	assert_int_equal(range_set_size(&set), 2);
	/* What merges needs no room. */
	assert_int_equal(range_set_add(&set, 2, 4), ST_OK);
	assert_int_equal(set.count, 1);
	range_set_fini(&set);
}

/* The set against a plain bitmap, over seeded additions. */
static void
test_random_additions_agree_with_a_bitmap(void **state)
{
	enum {
		SPACE = 200
	};

	(void)state;
	for (uint64_t seed = 1; seed <= 200; seed++) {
		bool members[SPACE + 2] = {false};
		struct range_set set;
		struct prng prng;
		uint64_t count = 0;

		prng_init(&prng, seed);
		range_set_init(&set, SPACE);
		for (int i = 0; i < 40; i++) {
			uint32_t first = (uint32_t)prng_below(&prng, SPACE) + 1;
			uint32_t last = first + (uint32_t)prng_below(&prng, 10);

			if (last > SPACE)
				last = SPACE;
			assert_int_equal(range_set_add(&set, first, last), ST_OK);
			for (uint32_t n = first; n <= last; n++)
				members[n] = true;
		}
		for (uint32_t n = 1; n <= SPACE; n++) {
			assert_int_equal(range_set_has(&set, n), members[n]);
			if (members[n])
				assert_int_equal(range_set_get(&set, count++), n);
		}
		assert_int_equal(range_set_size(&set), count);
		for (size_t i = 1; i < set.count; i++)
			assert_true(set.ranges[i].first > set.ranges[i - 1].last + 1);
		range_set_fini(&set);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_touching_ranges_become_one),
	    cmocka_unit_test(test_the_ends_of_the_number_space_are_members),
	    cmocka_unit_test(test_a_full_set_refuses_and_stays_as_it_was),
	    cmocka_unit_test(test_random_additions_agree_with_a_bitmap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
