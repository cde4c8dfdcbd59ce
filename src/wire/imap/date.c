/* SPDX-License-Identifier: Apache-2.0
 *
 * RFC 3501 section 9:
 *
 *   date-time      = DQUOTE date-day-fixed "-" date-month "-" date-year SP time SP zone DQUOTE
 *   date-day-fixed = (SP DIGIT) / 2DIGIT
 *   zone           = ("+" / "-") 4DIGIT
 *
 * Days are counted in the proleptic Gregorian calendar, in years that begin with March, so that
 * the leap day is the last day of its year and months have a closed formula. From year 1 on all
 * of these numbers are positive.
 */
#include "wire/imap/date.h"

#include <assert.h>
#include <string.h>

enum {
	YEAR_MIN = 1,
	YEAR_MAX = 9999,
	ZONE_MINUTES_MAX = 1439,
	SECONDS_PER_DAY = 86400,
	DAYS_PER_ERA = 146097, /* 400 years */
	DAYS_TO_1970 = 719468, /* from 1 March of year 0 */
};

static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

static_assert(sizeof("17-Jul-1996 02:44:25 -0700") == IMAP_DATE_SIZE, "size of the text");

struct civil {
	int64_t year;
	int64_t month; /* 1 to 12 */
	int64_t day;   /* 1 to 31 */
};

static int64_t
days_of(struct civil civil)
{
	int64_t year = civil.month <= 2 ? civil.year - 1 : civil.year;
	int64_t era = year / 400;
	int64_t year_of_era = year - era * 400;
	int64_t month = civil.month > 2 ? civil.month - 3 : civil.month + 9;
	int64_t day_of_year = (153 * month + 2) / 5 + civil.day - 1;
	int64_t day_of_era =
	    year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

	return era * DAYS_PER_ERA + day_of_era - DAYS_TO_1970;
}

static struct civil
civil_of(int64_t days)
{
	int64_t shifted = days + DAYS_TO_1970;
	int64_t era = shifted / DAYS_PER_ERA;
	int64_t day_of_era = shifted - era * DAYS_PER_ERA;
	int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 -
				  day_of_era / (DAYS_PER_ERA - 1)) /
	    365;
	int64_t day_of_year =
	    day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t month = (5 * day_of_year + 2) / 153;
	struct civil civil = {
	    .year = era * 400 + year_of_era,
	    .month = month < 10 ? month + 3 : month - 9,
	    .day = day_of_year - (153 * month + 2) / 5 + 1,
	};

	if (civil.month <= 2)
		civil.year++;
	return civil;
}

static bool
is_leap(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int64_t
days_in(int64_t year, int64_t month)
{
	static const int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return days[month - 1] + (month == 2 && is_leap(year));
}

/* Takes exactly `size` digits off the front; -1 when they are not there. */
static int64_t
take_digits(struct bytes *text, size_t size)
{
	uint64_t number;

	if (text->size < size || bytes_number(bytes_first(*text, size), 9999, &number) != ST_OK)
		return -1;
	*text = bytes_skip(*text, size);
	return (int64_t)number;
}

static bool
take_octet(struct bytes *text, char octet)
{
	if (text->size == 0 || text->data[0] != (uint8_t)octet)
		return false;
	*text = bytes_skip(*text, 1);
	return true;
}

static int64_t
take_day(struct bytes *text)
{
	bool is_padded = take_octet(text, ' ');

	return take_digits(text, is_padded || bytes_find(*text, '-', 0) == 1 ? 1 : 2);
}

static int64_t
take_month(struct bytes *text)
{
	struct bytes word = bytes_first(*text, 3);

	for (int64_t i = 0; i < 12; i++) {
		if (bytes_equal_nocase(word, bytes_of(months + 3 * i, 3))) {
			*text = bytes_skip(*text, 3);
			return i + 1;
		}
	}
	return -1;
}

static bool
take_civil(struct bytes *text, struct civil *civil)
{
	civil->day = take_day(text);
	if (civil->day < 1 || !take_octet(text, '-'))
		return false;
	civil->month = take_month(text);
	if (civil->month < 1 || !take_octet(text, '-'))
		return false;
	civil->year = take_digits(text, 4);
	return civil->year >= YEAR_MIN && civil->day <= days_in(civil->year, civil->month);
}

/* Seconds since midnight; -1 when it is no time of day. */
static int64_t
take_time(struct bytes *text)
{
	int64_t hour = take_digits(text, 2);
	int64_t minute = take_octet(text, ':') ? take_digits(text, 2) : -1;
	int64_t second = take_octet(text, ':') ? take_digits(text, 2) : -1;

	if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60)
		return -1;
	return hour * 3600 + minute * 60 + (second == 60 ? 59 : second);
}

static bool
take_zone(struct bytes *text, int64_t *minutes)
{
	bool is_west = take_octet(text, '-');
	int64_t hour, minute;

	if (!is_west && !take_octet(text, '+'))
		return false;
	hour = take_digits(text, 2);
	minute = take_digits(text, 2);
	if (hour < 0 || hour > 23 || minute < 0 || minute > 59)
		return false;
	*minutes = (hour * 60 + minute) * (is_west ? -1 : 1);
	return true;
}

enum status
imap_date_decode(struct bytes text, struct mail_date *date_out)
{
	struct civil civil;
	int64_t time, zone;

	if (!take_civil(&text, &civil) || !take_octet(&text, ' '))
		return ST_SYNTAX;
	time = take_time(&text);
	if (time < 0 || !take_octet(&text, ' '))
		return ST_SYNTAX;
	if (!take_zone(&text, &zone) || text.size > 0)
		return ST_SYNTAX;
	*date_out = (struct mail_date){
	    .s = days_of(civil) * SECONDS_PER_DAY + time - zone * 60,
	    .zone_minutes = (int16_t)zone,
	    .is_known = true,
	};
	return ST_OK;
}

/* `number` >= 0 with leading zeros, in `width` octets. */
static char *
put_digits(char *out, int64_t number, size_t width)
{
	for (size_t i = width; i > 0; i--) {
		out[i - 1] = (char)('0' + number % 10);
		number /= 10;
	}
	return out + width;
}

static char *
put_octet(char *out, char octet)
{
	*out = octet;
	return out + 1;
}

static char *
put_civil(char *out, struct civil civil)
{
	char *start = out;

	out = put_digits(out, civil.day, 2);
	if (civil.day < 10)
		*start = ' ';
	out = put_octet(out, '-');
	memcpy(out, months + 3 * (civil.month - 1), 3);
	out = put_octet(out + 3, '-');
	return put_digits(out, civil.year, 4);
}

enum status
imap_date_encode(struct mail_date date, char out[static IMAP_DATE_SIZE])
{
	static const int64_t s_min = INT64_C(-62135596800); /* 0001-01-01 00:00:00 */
	static const int64_t s_max = INT64_C(253402300799); /* 9999-12-31 23:59:59 */
	int64_t zone = date.zone_minutes;
	int64_t days, time;

	if (!date.is_known || zone < -ZONE_MINUTES_MAX || zone > ZONE_MINUTES_MAX)
		return ST_LIMIT;
	if (date.s < s_min - zone * 60 || date.s > s_max - zone * 60)
		return ST_LIMIT;
	time = (date.s + zone * 60) % SECONDS_PER_DAY;
	if (time < 0)
		time += SECONDS_PER_DAY;
	days = (date.s + zone * 60 - time) / SECONDS_PER_DAY;
	out = put_octet(put_civil(out, civil_of(days)), ' ');
	out = put_octet(put_digits(out, time / 3600, 2), ':');
	out = put_octet(put_digits(out, time / 60 % 60, 2), ':');
	out = put_octet(put_digits(out, time % 60, 2), ' ');
	out = put_octet(out, zone < 0 ? '-' : '+');
	zone = zone < 0 ? -zone : zone;
	out = put_digits(put_digits(out, zone / 60, 2), zone % 60, 2);
	*out = 0;
	return ST_OK;
}
