/* SPDX-License-Identifier: Apache-2.0
 *
 * mail/day: days of the calendar and their place in time.
 *
 * Promise  pure arithmetic in the proleptic Gregorian calendar: no clock, no time zone data.
 * Limits   years 1 to 9999.
 */
#ifndef MAIL_DAY_H
#define MAIL_DAY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "base/status.h"

enum {
	MAIL_DAY_SECONDS = 86400
};

struct mail_day {
	int64_t year;
	int64_t month; /* 1 to 12 */
	int64_t day;   /* 1 to 31 */
};

/* Whether the calendar has such a day. */
bool mail_day_is_real(struct mail_day day);
/* Days since 1970-01-01, and back. */
int64_t mail_day_number(struct mail_day day);
struct mail_day mail_day_of_number(int64_t number);

/* "2024-02-29". ST_SYNTAX: not written so; ST_ABSENT: the calendar has no such day. */
enum status mail_day_decode(struct bytes text, struct mail_day *day_out) MUST_USE;

#endif
