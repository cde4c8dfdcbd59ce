/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include <stdio.h>
#include <string.h>

#include "base/prng.h"
#include "wire/imap/date.h"

static const int64_t s_first = INT64_C(-62135596800); /* 0001-01-01 00:00:00 */
static const int64_t s_last = INT64_C(253402300799);  /* 9999-12-31 23:59:59 */

static void
test_dates_that_are_dates(void **state)
{
	static const struct {
		const char *text;
		int64_t s;
		int16_t zone_minutes;
	} cases[] = {
	    {"17-Jul-1996 02:44:25 -0700", INT64_C(837596665), -420},
	    {" 1-Jan-1970 00:00:00 +0000", INT64_C(0), 0},
	    {"1-Jan-1970 00:00:00 +0000", INT64_C(0), 0},
	    {"01-Jan-1970 00:00:00 +0000", INT64_C(0), 0},
	    {"01-JAN-1970 00:00:00 -0000", INT64_C(0), 0},
	    {"31-dec-1969 23:59:59 +0000", INT64_C(-1), 0},
	    {" 1-Jan-1970 01:00:00 +0100", INT64_C(0), 60},
	    {"29-Feb-2000 12:00:00 +0000", INT64_C(951825600), 0},
	    {"29-Feb-2024 00:00:00 +0000", INT64_C(1709164800), 0},
	    {"31-Dec-2016 23:59:60 +0000", INT64_C(1483228799), 0},
	    {"19-Jan-2038 03:14:08 +0000", INT64_C(2147483648), 0},
	    {" 1-Jan-0001 00:00:00 +0000", INT64_C(-62135596800), 0},
	    {" 1-Jan-0001 00:00:00 +2359", INT64_C(-62135683140), 1439},
	    {"31-Dec-9999 23:59:59 +0000", INT64_C(253402300799), 0},
	    {"31-Dec-9999 23:59:59 -2359", INT64_C(253402387139), -1439},
	    {" 5-Nov-2021 06:30:00 +0545", INT64_C(1636073100), 345},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct mail_date date = {0};

		EXPECT(cases[i].text,
		    imap_date_decode(bytes_of_string(cases[i].text), &date) == ST_OK);
		EXPECT(cases[i].text, date.s == cases[i].s);
		EXPECT(cases[i].text, date.zone_minutes == cases[i].zone_minutes);
		EXPECT(cases[i].text, date.is_known);
	}
}

static void
test_what_is_no_date_leaves_the_output(void **state)
{
	static const char *const cases[] = {"", " ", "30-Feb-2024 00:00:00 +0000",
	    "29-Feb-2023 00:00:00 +0000", "29-Feb-1900 00:00:00 +0000",
	    "31-Apr-2024 00:00:00 +0000", " 0-Jan-2024 00:00:00 +0000",
	    "00-Jan-2024 00:00:00 +0000", "32-Jan-2024 00:00:00 +0000",
	    " 1-Jan-0000 00:00:00 +0000", " 1-Jan-24 00:00:00 +0000",
	    " 1-Jan-124 00:00:00 +0000", " 1-Jan-12024 00:00:00 +0000",
	    " 1-Jxn-2024 00:00:00 +0000", " 1-January-2024 00:00:00 +0000",
	    " 1-01-2024 00:00:00 +0000", "1 Jan 2024 00:00:00 +0000",
	    "  1-Jan-2024 00:00:00 +0000", " 17-Jan-2024 00:00:00 +0000",
	    "1 -Jan-2024 00:00:00 +0000", "-1-Jan-2024 00:00:00 +0000",
	    " 1-Jan-2024 24:00:00 +0000", " 1-Jan-2024 00:60:00 +0000",
	    " 1-Jan-2024 00:00:61 +0000", " 1-Jan-2024 0:00:00 +0000",
	    " 1-Jan-2024 00:00 +0000", " 1-Jan-2024 00:00:00", " 1-Jan-2024 00:00:00 ",
	    " 1-Jan-2024 00:00:00 GMT", " 1-Jan-2024 00:00:00 0000",
	    " 1-Jan-2024 00:00:00 +000", " 1-Jan-2024 00:00:00 +00000",
	    " 1-Jan-2024 00:00:00 +2400", " 1-Jan-2024 00:00:00 +0060",
	    " 1-Jan-2024 00:00:00 +00:00", " 1-Jan-2024 00:00:00 --100",
	    " 1-Jan-2024 00:00:00 +0000 ", " 1-Jan-2024  00:00:00 +0000",
	    "\" 1-Jan-2024 00:00:00 +0000\"", " 1-Jan-2024 00:00:00 +0000 (CET)",
	    " 1-Jan-20\xff 00:00:00 +0000"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct mail_date date = {.s = 4711, .zone_minutes = 13};

		EXPECT(
		    cases[i], imap_date_decode(bytes_of_string(cases[i]), &date) == ST_SYNTAX);
		EXPECT(cases[i], date.s == 4711 && date.zone_minutes == 13 && !date.is_known);
	}
}

static void
test_what_has_no_text_leaves_the_output(void **state)
{
	static const struct {
		const char *name;
		struct mail_date date;
		enum status status;
	} cases[] = {
	    {"not known", {0, 0, false}, ST_LIMIT},
	    {"the first second", {INT64_C(-62135596800), 0, true}, ST_OK},
	    {"before it", {INT64_C(-62135596801), 0, true}, ST_LIMIT},
	    {"before it, east", {INT64_C(-62135596860), 1, true}, ST_OK},
	    {"west of the first", {INT64_C(-62135596800), -1, true}, ST_LIMIT},
	    {"the last second", {INT64_C(253402300799), 0, true}, ST_OK},
	    {"after it", {INT64_C(253402300800), 0, true}, ST_LIMIT},
	    {"after it, west", {INT64_C(253402300859), -1, true}, ST_OK},
	    {"east of the last", {INT64_C(253402300799), 1, true}, ST_LIMIT},
	    {"zone too far east", {0, 1440, true}, ST_LIMIT},
	    {"zone too far west", {0, -1440, true}, ST_LIMIT},
	    {"the end of time", {INT64_MAX, 1439, true}, ST_LIMIT},
	    {"the start of time", {INT64_MIN, -1439, true}, ST_LIMIT},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char out[IMAP_DATE_SIZE] = "untouched";
		enum status status = imap_date_encode(cases[i].date, out);

		EXPECT(cases[i].name, status == cases[i].status);
		if (status == ST_OK)
			EXPECT(cases[i].name, strlen(out) == IMAP_DATE_SIZE - 1);
		else
			EXPECT(cases[i].name, strcmp(out, "untouched") == 0);
	}
}

static void
assert_comes_back(int64_t s, int zone_minutes)
{
	struct mail_date date = {s, (int16_t)zone_minutes, true};
	struct mail_date again = {0};
	char out[IMAP_DATE_SIZE];

	assert_int_equal(imap_date_encode(date, out), ST_OK);
	assert_int_equal(imap_date_decode(bytes_of(out, IMAP_DATE_SIZE - 1), &again), ST_OK);
	assert_true(again.s == s && again.zone_minutes == zone_minutes);
}

static void
test_all_zones_come_back(void **state)
{
	static const int64_t instants[] = {0, -1, INT64_C(951782400), INT64_C(1709164799),
	    INT64_C(-62135510400), INT64_C(253402214399)};

	(void)state;
	for (int zone = -1439; zone <= 1439; zone++) {
		for (size_t i = 0; i < COUNT_OF(instants); i++)
			assert_comes_back(instants[i], zone);
	}
}

/* The calendar counted day by day, an arithmetic of its own; of every month its first and last
 * day and one in between. */
static void
test_every_day_has_its_text(void **state)
{
	static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	static const char *const months[] = {
	    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	int64_t s = s_first;

	(void)state;
	for (int year = 1; year <= 9999; year++) {
		bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

		for (int month = 0; month < 12; month++) {
			int length = lengths[month] + (month == 1 && is_leap);

			for (int day = 1; day <= length; day++, s += 86400) {
				char expected[64], out[IMAP_DATE_SIZE];

				if (day != 1 && day != length && day != 1 + year % 27)
					continue;
				snprintf(expected, sizeof(expected),
				    "%2d-%s-%04d 00:00:00 +0000", day, months[month], year);
				assert_int_equal(
				    imap_date_encode((struct mail_date){s, 0, true}, out),
				    ST_OK);
				assert_string_equal(out, expected);
				assert_comes_back(s, 0);
			}
		}
	}
	assert_true(s == s_last + 1);
}

static void
test_random_instants_come_back(void **state)
{
	struct prng prng;

	(void)state;
	prng_init(&prng, 17);
	for (int i = 0; i < 100000; i++) {
		int zone = (int)prng_below(&prng, 2879) - 1439;
		uint64_t span = (uint64_t)(s_last - s_first) - 2 * 86400;

		assert_comes_back(s_first + 86400 + (int64_t)prng_below(&prng, span), zone);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_dates_that_are_dates),
	    cmocka_unit_test(test_what_is_no_date_leaves_the_output),
	    cmocka_unit_test(test_what_has_no_text_leaves_the_output),
	    cmocka_unit_test(test_all_zones_come_back),
	    cmocka_unit_test(test_every_day_has_its_text),
	    cmocka_unit_test(test_random_instants_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
