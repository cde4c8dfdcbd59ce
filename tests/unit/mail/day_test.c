/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/day.h"

#include "case.h"

static void
test_days_as_they_are_written(void **state)
{
	static const struct {
		const char *text;
		enum status status;
		int64_t number;
	} cases[] = {
	    {"1970-01-01", ST_OK, 0},
	    {"1969-12-31", ST_OK, -1},
	    {"2024-02-29", ST_OK, 19782},
	    {"2024-03-01", ST_OK, 19783},
	    {"2000-02-29", ST_OK, 11016},
	    {"0001-01-01", ST_OK, -719162},
	    {"9999-12-31", ST_OK, 2932896},
	    {"2023-02-29", ST_ABSENT, 0},
	    {"2023-02-30", ST_ABSENT, 0},
	    {"1900-02-29", ST_ABSENT, 0},
	    {"2023-04-31", ST_ABSENT, 0},
	    {"2023-13-01", ST_ABSENT, 0},
	    {"2023-00-10", ST_ABSENT, 0},
	    {"2023-01-00", ST_ABSENT, 0},
	    {"0000-01-01", ST_ABSENT, 0},
	    {"", ST_SYNTAX, 0},
	    {"2023-1-01", ST_SYNTAX, 0},
	    {"23-01-01", ST_SYNTAX, 0},
	    {"2023/01/01", ST_SYNTAX, 0},
	    {"20230101", ST_SYNTAX, 0},
	    {"2023-01-01 ", ST_SYNTAX, 0},
	    {"2023-01-0x", ST_SYNTAX, 0},
	    {"+023-01-01", ST_SYNTAX, 0},
	    {"2023--1-01", ST_SYNTAX, 0},
	    {"01-Jan-2023", ST_SYNTAX, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct mail_day day = {.year = 7};
		enum status status = mail_day_decode(bytes_of_string(cases[i].text), &day);

		EXPECT(cases[i].text, status == cases[i].status);
		EXPECT(cases[i].text, status == ST_OK || day.year == 7);
		EXPECT(
		    cases[i].text, status != ST_OK || mail_day_number(day) == cases[i].number);
	}
}

/* Every day from year 1 to 9999 is real, follows the one before, and comes back. */
static void
test_the_calendar_has_no_holes(void **state)
{
	struct mail_day before = {0, 12, 31};

	(void)state;
	for (int64_t number = -719162; number <= 2932896; number++) {
		struct mail_day day = mail_day_of_number(number);
		struct mail_day next = before;

		next.day++;
		if (!mail_day_is_real(next))
			next = (struct mail_day){before.year, before.month + 1, 1};
		if (!mail_day_is_real(next))
			next = (struct mail_day){before.year + 1, 1, 1};
		assert_true(
		    day.year == next.year && day.month == next.month && day.day == next.day);
		assert_true(mail_day_is_real(day) && mail_day_number(day) == number);
		before = day;
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_days_as_they_are_written),
	    cmocka_unit_test(test_the_calendar_has_no_holes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
