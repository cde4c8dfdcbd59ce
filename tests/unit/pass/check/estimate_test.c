/* SPDX-License-Identifier: Apache-2.0 */
#include "pass/check/estimate.h"

#include <stdio.h>

#include "case.h"

enum {
	TIMES_MAX = 3
};

/* Copies that were measured, on different days: docs/performance.md. */
static const struct measured {
	const char *name;
	struct pass_estimate_facts facts; /* to Dovecot with Maildir */
	int64_t took_ms[TIMES_MAX];       /* 0: none */
	enum pass_bound bound;
} measured[] = {
    {"small, one connection",
	{.connections = 1,
	    .folders = 16,
	    .new_folders = 15,
	    .messages = 2000,
	    .bytes = 59000000,
	    .open_us = 20000,
	    .src_bytes_per_s = 600000000},
	{1920, 2250}, PASS_BOUND_DESTINATION},
    {"small at 100 ms",
	{.connections = 1,
	    .folders = 16,
	    .new_folders = 15,
	    .messages = 2000,
	    .bytes = 59000000,
	    .open_us = 700000,
	    .src_round_trip_us = 100000,
	    .dst_round_trip_us = 100000,
	    .src_bytes_per_s = 100000000},
	{3950, 3360}, PASS_BOUND_TURNS},
    {"tiny, one connection",
	{.connections = 1,
	    .folders = 3,
	    .new_folders = 2,
	    .messages = 30000,
	    .bytes = 60000000,
	    .largest_messages = 28500,
	    .largest_bytes = 57000000,
	    .open_us = 20000,
	    .src_bytes_per_s = 100000000},
	{11660, 15300}, PASS_BOUND_DESTINATION},
    {"medium, one connection",
	{.connections = 1,
	    .folders = 20,
	    .new_folders = 19,
	    .messages = 20000,
	    .bytes = 601000000,
	    .open_us = 20000,
	    .src_bytes_per_s = 600000000},
	{9810, 18100}, PASS_BOUND_DESTINATION},
    {"manyfolders, four connections",
	{.connections = 4,
	    .folders = 200,
	    .new_folders = 199,
	    .messages = 10000,
	    .bytes = 80000000,
	    .open_us = 30000,
	    .src_bytes_per_s = 600000000},
	{5940, 5850}, PASS_BOUND_DESTINATION},
};

static void
test_what_was_measured_lies_inside(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(measured); i++) {
		struct pass_estimate_facts facts = measured[i].facts;
		struct pass_estimate estimate;

		facts.pace = PASS_PACE_DOVECOT_MAILDIR;
		facts.is_multi = true;
		estimate = pass_estimate_of(&facts);
		for (size_t k = 0; k < TIMES_MAX && measured[i].took_ms[k] > 0; k++) {
			EXPECT(
			    measured[i].name, estimate.low_us <= measured[i].took_ms[k] * 1000);
			EXPECT(measured[i].name,
			    estimate.high_us >= measured[i].took_ms[k] * 1000);
		}
		EXPECT(measured[i].name, estimate.bound == measured[i].bound);
	}
}

/* Whatever the facts, high is at most three times low, and more work is never less time. */
static void
test_high_is_never_more_than_three_times_low(void **state)
{
	static const uint64_t counts[] = {0, 1, 50, 20000, 3000000};
	static const uint64_t rates[] = {0, 1, 900, 1000000000};
	char name[96];

	(void)state;
	for (unsigned i = 0; i < 5 * 5 * 4 * 4 * PASS_PACE_COUNT; i++) {
		struct pass_estimate_facts facts = {
		    .pace = (enum pass_pace_kind)(i / 400),
		    .is_multi = i % 2 == 0,
		    .asks_literals = i % 3 == 0,
		    .connections = 1 + i % 4,
		    .folders = i % 7,
		    .messages = counts[i % 5],
		    .bytes = counts[i / 5 % 5] * 700,
		    .open_us = (int64_t)(1 + i * 37),
		    .src_round_trip_us = (int64_t)(i % 11 * 9000),
		    .dst_round_trip_us = (int64_t)(i % 13 * 9000),
		    .src_bytes_per_s = rates[i / 25 % 4] * 1000,
		    .rate_messages_per_s = rates[i / 100 % 4],
		};
		struct pass_estimate less = pass_estimate_of(&facts);
		struct pass_estimate more;

		snprintf(name, sizeof(name), "number %u: %lld to %lld", i,
		    (long long)less.low_us, (long long)less.high_us);
		EXPECT(name, less.low_us > 0 || less.high_us == 0 || facts.open_us < 10);
		EXPECT(name, less.low_us <= less.high_us);
		EXPECT(name, less.high_us <= 3 * less.low_us + 3);
		facts.messages += 100;
		facts.bytes += 100000;
		more = pass_estimate_of(&facts);
		EXPECT(name, more.low_us >= less.low_us && more.high_us >= less.high_us);
	}
}

static void
test_what_binds_is_said(void **state)
{
	struct pass_estimate_facts facts = {.pace = PASS_PACE_COURIER,
	    .connections = 1,
	    .folders = 1,
	    .messages = 1000,
	    .bytes = 10000000,
	    .open_us = 1000};

	(void)state;
	assert_int_equal(pass_estimate_of(&facts).bound, PASS_BOUND_DESTINATION);
	facts.src_bytes_per_s = 100000;
	assert_int_equal(pass_estimate_of(&facts).bound, PASS_BOUND_SOURCE);
	facts.rate_bytes_per_s = 50000;
	assert_int_equal(pass_estimate_of(&facts).bound, PASS_BOUND_RATE);
	assert_in_range((uint64_t)pass_estimate_of(&facts).low_us, 180000000, 200000000);
	facts.messages = facts.bytes = 0;
	assert_int_equal(pass_estimate_of(&facts).bound, PASS_BOUND_TURNS);
	assert_string_equal(pass_bound_text(PASS_BOUND_RATE), "--rate");
	assert_string_equal(pass_pace_name(PASS_PACE_COURIER), "Courier");
}

/* Each message that waits for leave costs a round trip, on each connection. */
static void
test_messages_that_wait_cost_round_trips(void **state)
{
	struct pass_estimate_facts facts = {.pace = PASS_PACE_COURIER,
	    .connections = 1,
	    .folders = 1,
	    .messages = 1000,
	    .dst_round_trip_us = 100000};
	int64_t before = pass_estimate_of(&facts).low_us;
	int64_t after;

	(void)state;
	facts.asks_literals = true;
	after = pass_estimate_of(&facts).low_us;
	assert_in_range((uint64_t)(after - before), 60000000, 70000000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_what_was_measured_lies_inside),
	    cmocka_unit_test(test_high_is_never_more_than_three_times_low),
	    cmocka_unit_test(test_what_binds_is_said),
	    cmocka_unit_test(test_messages_that_wait_cost_round_trips),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
