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

/* Windows from both ends, and counts, against a walk over the members. */
static void
test_random_windows_agree_with_a_walk(void **state)
{
	enum {
		SPACE = 120
	};

	(void)state;
	for (uint64_t seed = 1; seed <= 300; seed++) {
		struct range_set set, window;
		struct prng prng;
		uint64_t below, first, most, left, expected;

		prng_init(&prng, seed);
		range_set_init(&set, SPACE);
		range_set_init(&window, SPACE);
		for (int i = 0; i < 30; i++) {
			uint32_t n = (uint32_t)prng_below(&prng, SPACE) + 1;

			assert_int_equal(range_set_add(&set, n, n), ST_OK);
		}
		below = prng_below(&prng, SPACE + 20);
		most = prng_below(&prng, 12);
		assert_int_equal(
		    range_set_window_below(&set, below, most, &window, &first), ST_OK);
		left = most;
		expected = below;
		for (uint32_t n = SPACE; n > 0; n--) {
			bool is_in = n < below && left > 0 && range_set_has(&set, n);

			assert_int_equal(range_set_has(&window, n), is_in);
			left -= is_in;
			expected = is_in ? n : expected;
		}
		assert_int_equal(first, expected);
		left = 0;
		for (uint32_t n = (uint32_t)most; n < below; n++)
			left += range_set_has(&set, n);
		assert_int_equal(range_set_count(&set, most, below), left);
		range_set_fini(&set);
		range_set_fini(&window);
	}
}

static void
test_windows_at_the_end_of_the_number_space(void **state)
{
	struct range_set set, window;
	uint64_t first;

	(void)state;
	range_set_init(&set, 4);
	range_set_init(&window, 4);
	assert_int_equal(range_set_add(&set, UINT32_MAX - 9, UINT32_MAX), ST_OK);
	assert_int_equal(
	    range_set_window_below(&set, (uint64_t)UINT32_MAX + 1, 3, &window, &first), ST_OK);
	assert_int_equal(first, UINT32_MAX - 2);
	assert_int_equal(range_set_size(&window), 3);
	assert_int_equal(range_set_count(&set, 0, (uint64_t)UINT32_MAX + 1), 10);
	range_set_fini(&set);
	range_set_fini(&window);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_touching_ranges_become_one),
	    cmocka_unit_test(test_the_ends_of_the_number_space_are_members),
	    cmocka_unit_test(test_a_full_set_refuses_and_stays_as_it_was),
	    cmocka_unit_test(test_random_additions_agree_with_a_bitmap),
	    cmocka_unit_test(test_random_windows_agree_with_a_walk),
	    cmocka_unit_test(test_windows_at_the_end_of_the_number_space),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
