/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include <stdbool.h>
#include <string.h>

#include "base/arena.h"
#include "base/prng.h"

static void
test_the_budget_is_reached_and_not_passed(void **state)
{
	static const struct {
		const char *name;
		size_t budget, first, second;
		bool is_second_given;
	} cases[] = {
	    {"exactly full", 100, 60, 40, true},
	    {"one too many", 100, 60, 41, false},
	    {"over several chunks", 100000, 50000, 50000, true},
	    {"over, in chunks", 100000, 50000, 50001, false},
	    {"one huge block", 1 << 20, 1, 1 << 19, true},
	    {"nearly all of size_t", 100, 60, SIZE_MAX, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct arena arena;
		void *second;

		arena_init(&arena, cases[i].budget);
		EXPECT(cases[i].name, arena_take(&arena, cases[i].first, 1) != NULL);
		second = arena_take(&arena, cases[i].second, 1);
		EXPECT(cases[i].name, (second != NULL) == cases[i].is_second_given);
		if (second == NULL)
			EXPECT(cases[i].name, arena_status(&arena) == ST_LIMIT);
		arena_fini(&arena);
	}
}

static void
test_blocks_are_aligned_apart_and_stay(void **state)
{
	enum {
		COUNT = 300
	};
	static uint8_t *blocks[COUNT];
	static size_t sizes[COUNT];
	struct arena arena;
	struct prng prng;

	(void)state;
	prng_init(&prng, 7);
	arena_init(&arena, 1 << 22);
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < COUNT; i++) {
			size_t alignment = (size_t)1 << prng_below(&prng, 5);

			sizes[i] = (size_t)prng_below(&prng, i % 50 == 0 ? 9000 : 90) + 1;
			blocks[i] = arena_take(&arena, sizes[i], alignment);
			assert_non_null(blocks[i]);
			assert_int_equal((uintptr_t)blocks[i] & (alignment - 1), 0);
			memset(blocks[i], (int)(i & 0xff), sizes[i]);
		}
		for (size_t i = 0; i < COUNT; i++) {
			for (size_t k = 0; k < sizes[i]; k++)
				assert_int_equal(blocks[i][k], i & 0xff);
		}
		arena_rewind(&arena);
	}
	arena_fini(&arena);
}

static void
test_rewind_gives_the_budget_back(void **state)
{
	struct arena arena;

	(void)state;
	arena_init(&arena, 10000);
	arena_rewind(&arena);
	for (int i = 0; i < 50; i++) {
		assert_non_null(arena_take(&arena, 10000, 8));
		assert_null(arena_take(&arena, 1, 1));
		arena_rewind(&arena);
	}
	arena_fini(&arena);
	assert_non_null(arena_take(&arena, 10000, 8));
	arena_fini(&arena);
}

static void
test_arrays_are_cleared_and_their_overflow_is_seen(void **state)
{
	struct arena arena;
	uint64_t *numbers;

	(void)state;
	arena_init(&arena, 1 << 16);
	numbers = arena_take(&arena, 4096, 8);
	assert_non_null(numbers);
	memset(numbers, 0xff, 4096);
	arena_rewind(&arena);
	numbers = arena_take_array(&arena, 512, sizeof(*numbers));
	assert_non_null(numbers);
	for (size_t i = 0; i < 512; i++)
		assert_true(numbers[i] == 0);
	assert_null(arena_take_array(&arena, SIZE_MAX / 2, 4));
	assert_int_equal(arena_status(&arena), ST_LIMIT);
	arena_fini(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_the_budget_is_reached_and_not_passed),
	    cmocka_unit_test(test_blocks_are_aligned_apart_and_stay),
	    cmocka_unit_test(test_rewind_gives_the_budget_back),
	    cmocka_unit_test(test_arrays_are_cleared_and_their_overflow_is_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
