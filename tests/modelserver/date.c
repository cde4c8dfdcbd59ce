/* SPDX-License-Identifier: Apache-2.0 */
#include "modelserver/date.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"

enum {
	TEXT_SIZE = 26,
	DAY_S = 86400
};

static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

/* Days from 1970-01-01, by counting in years that begin in March: the leap day is the last. */
static int64_t
days_of(int64_t year, int64_t month, int64_t day)
{
	int64_t shifted = month > 2 ? year : year - 1;
	int64_t era = (shifted >= 0 ? shifted : shifted - 399) / 400;
	int64_t of_era = shifted - era * 400;
	int64_t of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

/* The inverse of days_of. */
static void
date_of(int64_t days, int64_t *year, int64_t *month, int64_t *day)
{
	int64_t shifted = days + 719468;
	int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
	int64_t of_era = shifted - era * 146097;
	int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t march_month = (5 * of_year + 2) / 153;

	*day = of_year - (153 * march_month + 2) / 5 + 1;
	*month = march_month < 10 ? march_month + 3 : march_month - 9;
	*year = year_of_era + era * 400 + (*month <= 2 ? 1 : 0);
}

static enum status
digits(struct bytes text, size_t at, size_t count, int64_t max, int64_t *number_out)
{
	uint64_t number;
	enum status status =
	    bytes_number(bytes_first(bytes_skip(text, at), count), (uint64_t)max, &number);

	if (status != ST_OK)
		return ST_SYNTAX;
	*number_out = (int64_t)number;
	return ST_OK;
}

static int64_t
month_of(struct bytes name)
{
	for (size_t i = 0; i < 12; i++) {
		if (bytes_equal_nocase(name, bytes_of(months + 3 * i, 3)))
			return (int64_t)i + 1;
	}
	return 0;
}

static bool
has_punctuation(struct bytes text)
{
	const uint8_t *at = text.data;

	return at[2] == '-' && at[6] == '-' && at[11] == ' ' && at[14] == ':' &&
	    at[17] == ':' && at[20] == ' ' && (at[21] == '+' || at[21] == '-');
}

enum status
model_date_scan(struct bytes text, struct model_date *date_out)
{
	int64_t year, day, hour, minute, second, zone_hour, zone_minute, back[3];
	int64_t month, days, zone;
	bool is_one_digit;

	if (text.size != TEXT_SIZE || !has_punctuation(text))
		return ST_SYNTAX;
	is_one_digit = text.data[0] == ' ';
	month = month_of(bytes_first(bytes_skip(text, 3), 3));
	if (month == 0 ||
	    digits(text, is_one_digit ? 1 : 0, is_one_digit ? 1 : 2, 31, &day) != ST_OK ||
	    digits(text, 7, 4, 9999, &year) != ST_OK ||
	    digits(text, 12, 2, 23, &hour) != ST_OK ||
	    digits(text, 15, 2, 59, &minute) != ST_OK ||
	    digits(text, 18, 2, 60, &second) != ST_OK ||
	    digits(text, 22, 2, 23, &zone_hour) != ST_OK ||
	    digits(text, 24, 2, 59, &zone_minute) != ST_OK)
		return ST_SYNTAX;
	days = days_of(year, month, day);
	date_of(days, &back[0], &back[1], &back[2]);
	if (back[1] != month || back[2] != day)
		return ST_SYNTAX;
	zone = (zone_hour * 60 + zone_minute) * (text.data[21] == '-' ? -1 : 1);
	date_out->instant = days * DAY_S + hour * 3600 + minute * 60 + second - zone * 60;
	date_out->zone_minutes = (int16_t)zone;
	return ST_OK;
}

const char *
model_date_print(
    struct model_date date, bool is_padded_by_space, char out[static MODEL_DATE_SIZE])
{
	int64_t local = date.instant + date.zone_minutes * 60;
	int64_t days = (local >= 0 ? local : local - (DAY_S - 1)) / DAY_S;
	int64_t second = local - days * DAY_S;
	int64_t year, month, day;
	int zone = abs(date.zone_minutes);
	int size;

	date_of(days, &year, &month, &day);
	size = snprintf(out, MODEL_DATE_SIZE,
	    is_padded_by_space ? "%2d-%.3s-%04d %02d:%02d:%02d %c%02d%02d"
			       : "%02d-%.3s-%04d %02d:%02d:%02d %c%02d%02d",
	    (int)day, months + 3 * (month - 1), (int)(year % 10000), (int)(second / 3600),
	    (int)(second / 60 % 60), (int)(second % 60), date.zone_minutes < 0 ? '-' : '+',
	    zone / 60, zone % 60);
	CHECK(size > 0 && size < MODEL_DATE_SIZE);
	return out;
}
