/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "bridge/oauth/device.h"
#include "bridge/oauth/schedule.h"

static const int64_t second_us = 1000000;

static void
test_tokens_are_replaced_before_they_end(void **state)
{
	static const struct {
		uint32_t life_s;
		int64_t next_ms;
	} cases[] = {{1, 800}, {4, 3200}, {600, 480000}, {1500, 1200000}, {3600, 3300000},
	    {86400, 86100000}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct tick now = {77 * second_us};
		struct oauth_schedule schedule;

		oauth_schedule_init(&schedule, now);
		assert_int_equal(schedule.next.us, now.us);
		oauth_schedule_got(&schedule, now, cases[i].life_s);
		assert_int_equal(schedule.next.us - now.us, cases[i].next_ms * 1000);
	}
}

static void
test_failures_are_spaced(void **state)
{
	static const int64_t waits_s[] = {1, 2, 4, 8, 16, 32, 60, 60, 60};
	struct oauth_schedule schedule;
	struct tick now = {0};

	(void)state;
	oauth_schedule_init(&schedule, now);
	for (size_t i = 0; i < sizeof(waits_s) / sizeof(*waits_s); i++) {
		oauth_schedule_failed(&schedule, now, 0, 0);
		assert_int_equal(schedule.next.us - now.us, waits_s[i] * second_us);
		now = schedule.next;
	}
	oauth_schedule_failed(&schedule, now, 0, 255);
	assert_int_equal(schedule.next.us - now.us, 75 * second_us);
	oauth_schedule_failed(&schedule, now, 3600, 0);
	assert_int_equal(schedule.next.us - now.us, 3600 * second_us);
	oauth_schedule_got(&schedule, now, 100);
	oauth_schedule_failed(&schedule, now, 0, 0);
	assert_int_equal(schedule.next.us - now.us, second_us);
}

static void
test_hope_ends_only_without_a_first_token(void **state)
{
	struct oauth_schedule schedule;

	(void)state;
	oauth_schedule_init(&schedule, (struct tick){0});
	oauth_schedule_failed(&schedule, (struct tick){58 * second_us}, 0, 0);
	assert_false(oauth_schedule_is_hopeless(&schedule, 60));
	oauth_schedule_failed(&schedule, (struct tick){59 * second_us}, 0, 0);
	assert_true(oauth_schedule_is_hopeless(&schedule, 60));
	oauth_schedule_got(&schedule, (struct tick){59 * second_us}, 10);
	oauth_schedule_failed(&schedule, (struct tick){5000 * second_us}, 0, 0);
	assert_false(oauth_schedule_is_hopeless(&schedule, 60));
}

static void
test_device_intervals(void **state)
{
	(void)state;
	assert_int_equal(oauth_device_interval_s(5, false, false), 5);
	assert_int_equal(oauth_device_interval_s(5, true, false), 10);
	assert_int_equal(oauth_device_interval_s(5, false, true), 10);
	assert_int_equal(oauth_device_interval_s(0, false, true), 1);
	assert_int_equal(oauth_device_interval_s(599, true, false), 600);
	assert_int_equal(oauth_device_interval_s(600, false, true), 600);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_tokens_are_replaced_before_they_end),
	    cmocka_unit_test(test_failures_are_spaced),
	    cmocka_unit_test(test_hope_ends_only_without_a_first_token),
	    cmocka_unit_test(test_device_intervals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
