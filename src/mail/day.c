/* SPDX-License-Identifier: Apache-2.0
 *
 * Days are counted in years that begin with March, so that the leap day is the last day of its
 * year and months have a closed formula. From year 1 on all of these numbers are positive.
 */
#include "mail/day.h"

enum {
	YEAR_MIN = 1,
	YEAR_MAX = 9999,
	DAYS_PER_ERA = 146097, /* 400 years */
	DAYS_TO_1970 = 719468, /* from 1 March of year 0 */
	TEXT_SIZE = 10
};

static bool
is_leap(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

bool
mail_day_is_real(struct mail_day day)
{
	static const int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	if (day.year < YEAR_MIN || day.year > YEAR_MAX || day.month < 1 || day.month > 12)
		return false;
	return day.day >= 1 &&
	    day.day <= days[day.month - 1] + (day.month == 2 && is_leap(day.year));
}

int64_t
mail_day_number(struct mail_day day)
{
	int64_t year = day.month <= 2 ? day.year - 1 : day.year;
	int64_t era = year / 400;
	int64_t year_of_era = year - era * 400;
	int64_t month = day.month > 2 ? day.month - 3 : day.month + 9;
	int64_t day_of_year = (153 * month + 2) / 5 + day.day - 1;
	int64_t day_of_era =
	    year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

	return era * DAYS_PER_ERA + day_of_era - DAYS_TO_1970;
}

struct mail_day
mail_day_of_number(int64_t number)
{
	int64_t shifted = number + DAYS_TO_1970;
	int64_t era = shifted / DAYS_PER_ERA;
	int64_t day_of_era = shifted - era * DAYS_PER_ERA;
	int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 -
				  day_of_era / (DAYS_PER_ERA - 1)) /
	    365;
	int64_t day_of_year =
	    day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t month = (5 * day_of_year + 2) / 153;
	struct mail_day day = {
	    .year = era * 400 + year_of_era,
	    .month = month < 10 ? month + 3 : month - 9,
	    .day = day_of_year - (153 * month + 2) / 5 + 1,
	};

	if (day.month <= 2)
		day.year++;
	return day;
}

/* `size` digits at `at`. */
static bool
read_digits(struct bytes text, size_t at, size_t size, int64_t *number_out)
{
	uint64_t number;

	if (bytes_number(bytes_first(bytes_skip(text, at), size), YEAR_MAX, &number) != ST_OK)
		return false;
	*number_out = (int64_t)number;
	return true;
}

enum status
mail_day_decode(struct bytes text, struct mail_day *day_out)
{
	struct mail_day day;

	if (text.size != TEXT_SIZE || text.data[4] != '-' || text.data[7] != '-' ||
	    !read_digits(text, 0, 4, &day.year) || !read_digits(text, 5, 2, &day.month) ||
	    !read_digits(text, 8, 2, &day.day))
		return ST_SYNTAX;
	if (!mail_day_is_real(day))
		return ST_ABSENT;
	*day_out = day;
	return ST_OK;
}
