/* SPDX-License-Identifier: Apache-2.0
 *
 * RFC 3501 section 9:
 *
 *   date-time      = DQUOTE date-day-fixed "-" date-month "-" date-year SP time SP zone DQUOTE
 *   date-day-fixed = (SP DIGIT) / 2DIGIT
 *   zone           = ("+" / "-") 4DIGIT
 */
#include "wire/imap/date.h"

#include <assert.h>
#include <string.h>

#include "mail/day.h"

enum {
	ZONE_MINUTES_MAX = 1439,
};

static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

static_assert(sizeof("17-Jul-1996 02:44:25 -0700") == IMAP_DATE_SIZE, "size of the text");

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
take_civil(struct bytes *text, struct mail_day *civil)
{
	civil->day = take_day(text);
	if (civil->day < 1 || !take_octet(text, '-'))
		return false;
	civil->month = take_month(text);
	if (civil->month < 1 || !take_octet(text, '-'))
		return false;
	civil->year = take_digits(text, 4);
	return mail_day_is_real(*civil);
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
	struct mail_day civil;
	int64_t time, zone;

	if (!take_civil(&text, &civil) || !take_octet(&text, ' '))
		return ST_SYNTAX;
	time = take_time(&text);
	if (time < 0 || !take_octet(&text, ' '))
		return ST_SYNTAX;
	if (!take_zone(&text, &zone) || text.size > 0)
		return ST_SYNTAX;
	*date_out = (struct mail_date){
	    .s = mail_day_number(civil) * MAIL_DAY_SECONDS + time - zone * 60,
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
put_civil(char *out, struct mail_day civil)
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
	time = (date.s + zone * 60) % MAIL_DAY_SECONDS;
	if (time < 0)
		time += MAIL_DAY_SECONDS;
	days = (date.s + zone * 60 - time) / MAIL_DAY_SECONDS;
	out = put_octet(put_civil(out, mail_day_of_number(days)), ' ');
	out = put_octet(put_digits(out, time / 3600, 2), ':');
	out = put_octet(put_digits(out, time / 60 % 60, 2), ':');
	out = put_octet(put_digits(out, time % 60, 2), ' ');
	out = put_octet(out, zone < 0 ? '-' : '+');
	zone = zone < 0 ? -zone : zone;
	out = put_digits(put_digits(out, zone / 60, 2), zone % 60, 2);
	*out = 0;
	return ST_OK;
}
