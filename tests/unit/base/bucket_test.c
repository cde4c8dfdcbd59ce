/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include "base/bucket.h"
#include "base/prng.h"

static void
test_it_starts_empty_and_fills_at_its_rate(void **state)
{
	static const struct {
		const char *name;
		uint64_t rate, burst;
		int64_t passed_us;
		uint64_t wanted, given;
	} cases[] = {
	    {"at once", 10, 100, 0, 1, 0},
	    {"a tenth of a second", 10, 100, 100000, 5, 1},
	    {"just before it", 10, 100, 99999, 5, 0},
	    {"one second", 10, 100, 1000000, 50, 10},
	    {"no more than wanted", 10, 100, 1000000, 3, 3},
	    {"no more than burst", 10, 20, 3600000000, 50, 20},
	    {"a clock stepped back", 10, 20, -5000000, 50, 0},
	    {"a very long time", 1000, 20, INT64_MAX / 2, 50, 20},
	    {"no limit", 0, 0, 0, 50, 50},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct tick start = {1000};
		struct tick now = {start.us + cases[i].passed_us};
		struct bucket bucket;

		bucket_init(&bucket, cases[i].rate, cases[i].burst, start);
		EXPECT(cases[i].name,
		    bucket_take(&bucket, cases[i].wanted, now) == cases[i].given);
	}
}

/* Over any span at most rate * s + burst, also with a clock that jumps about. */
static void
test_no_span_gets_more_than_the_promise(void **state)
{
	enum {
		STEPS = 200
	};

	(void)state;
	for (uint64_t seed = 1; seed <= 30; seed++) {
		uint64_t given[STEPS];
		int64_t at[STEPS];
		struct tick now = {0};
		struct bucket bucket;
		struct prng prng;

		prng_init(&prng, seed);
		bucket_init(&bucket, 1000, 300, now);
		for (int i = 0; i < STEPS; i++) {
			now.us += (int64_t)prng_below(&prng, 400000);
			at[i] = now.us;
			given[i] = bucket_take(&bucket, prng_below(&prng, 500), now);
		}
		for (int first = 0; first < STEPS; first++) {
			uint64_t sum = 0;

			for (int i = first; i < STEPS; i++) {
				uint64_t span_us = (uint64_t)(at[i] - at[first]);

				sum += given[i];
				assert_true(sum <= span_us / 1000 + 1 + 300);
			}
		}
	}
}

static void
test_at_the_deadline_the_tokens_are_there(void **state)
{
	struct tick now = {0};
	struct bucket bucket;
	struct prng prng;

	(void)state;
	prng_init(&prng, 11);
	bucket_init(&bucket, 777, 250, now);
	for (int i = 0; i < 2000; i++) {
		uint64_t wanted = prng_below(&prng, 400) + 1;
		uint64_t least = wanted < 250 ? wanted : 250;
		struct tick deadline = bucket_deadline(&bucket, wanted, now);

		if (tick_is_before(now, deadline))
			now = deadline;
		assert_true(bucket_take(&bucket, wanted, now) >= least);
		now.us += (int64_t)prng_below(&prng, 1000);
	}
}

static void
test_the_deadline_is_not_late(void **state)
{
	struct bucket bucket;

	(void)state;
	bucket_init(&bucket, 10, 100, (struct tick){0});
	assert_int_equal(bucket_deadline(&bucket, 1, (struct tick){0}).us, 100000);
	assert_int_equal(bucket_deadline(&bucket, 500, (struct tick){0}).us, 10000000);
	bucket_init(&bucket, 0, 0, (struct tick){5});
	assert_int_equal(bucket_deadline(&bucket, 500, (struct tick){7}).us, 7);
}

static void
test_what_is_given_back_can_be_taken_again(void **state)
{
	struct tick later = {1000000};
	struct bucket bucket;

	(void)state;
	bucket_init(&bucket, 10, 20, (struct tick){0});
	assert_false(bucket_has(&bucket, 10, (struct tick){999999}));
	assert_true(bucket_has(&bucket, 10, later));
	assert_false(bucket_has(&bucket, 11, later));
	assert_int_equal(bucket_take(&bucket, 8, later), 8);
	bucket_give(&bucket, 5);
	assert_true(bucket_has(&bucket, 7, later));
	assert_int_equal(bucket_take(&bucket, 50, later), 7);
	/* No more than the burst comes together, however much is given back. */
	bucket_give(&bucket, 50);
	assert_int_equal(bucket_take(&bucket, 50, later), 20);
	bucket_init(&bucket, 0, 0, later);
	assert_true(bucket_has(&bucket, 50, later));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_it_starts_empty_and_fills_at_its_rate),
	    cmocka_unit_test(test_no_span_gets_more_than_the_promise),
	    cmocka_unit_test(test_at_the_deadline_the_tokens_are_there),
	    cmocka_unit_test(test_the_deadline_is_not_late),
	    cmocka_unit_test(test_what_is_given_back_can_be_taken_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
