/* SPDX-License-Identifier: Apache-2.0
 *
 * wire/imap/date: INTERNALDATE (RFC 3501 section 9, date-time) to an instant and back.
 *
 * Promise  pure arithmetic: no clock, no time zone data. Years 1 to 9999.
 */
#ifndef WIRE_IMAP_DATE_H
#define WIRE_IMAP_DATE_H

#include "base/bytes.h"
#include "mail/message.h"

/* "17-Jul-1996 02:44:25 -0700" without quotes; the day may have one digit, with or without a
 * leading space (both are seen). Seconds 60 is taken as 59. A day that its month does not have,
 * a missing zone, a two-digit year or anything behind it is ST_SYNTAX. */
enum status imap_date_decode(struct bytes text, struct mail_date *date_out) MUST_USE;

enum {
	IMAP_DATE_SIZE = 27
};

/* Always 26 octets and a NUL: day padded by a space, numeric zone. date.is_known and the year
 * in the given zone must be 1 to 9999, else ST_LIMIT. */
enum status imap_date_encode(struct mail_date date, char out[static IMAP_DATE_SIZE]) MUST_USE;

#endif
