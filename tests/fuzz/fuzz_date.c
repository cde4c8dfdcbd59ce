/* SPDX-License-Identifier: Apache-2.0
 *
 * What is read as a date is written, and read again as the same date. The first ten octets as a
 * number and a zone: what is written comes back.
 */
#include "fuzz.h"

#include <string.h>

#include "base/check.h"
#include "wire/imap/date.h"

static void
check_comes_back(struct mail_date date)
{
	struct mail_date again = {0};
	char text[IMAP_DATE_SIZE];

	if (imap_date_encode(date, text) != ST_OK)
		return;
	CHECK(strlen(text) == IMAP_DATE_SIZE - 1);
	CHECK(imap_date_decode(bytes_of(text, IMAP_DATE_SIZE - 1), &again) == ST_OK);
	CHECK(again.s == date.s && again.zone_minutes == date.zone_minutes);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mail_date date = {0};

	if (imap_date_decode(bytes_of(data, size), &date) == ST_OK) {
		char text[IMAP_DATE_SIZE];

		CHECK(date.is_known && size >= IMAP_DATE_SIZE - 2);
		CHECK(imap_date_encode(date, text) == ST_OK);
		check_comes_back(date);
	}
	if (size >= sizeof(date.s) + sizeof(date.zone_minutes)) {
		memcpy(&date.s, data, sizeof(date.s));
		memcpy(&date.zone_minutes, data + sizeof(date.s), sizeof(date.zone_minutes));
		date.is_known = true;
		check_comes_back(date);
	}
	return 0;
}
