/* SPDX-License-Identifier: Apache-2.0
 *
 * modelserver/date: INTERNALDATE, read and printed by the model server's own hand.
 *
 * Spec     RFC 3501 section 9: date-time; the proleptic Gregorian calendar.
 */
#ifndef MODELSERVER_DATE_H
#define MODELSERVER_DATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "base/status.h"

enum {
	MODEL_DATE_SIZE = 40
};

struct model_date {
	int64_t instant; /* seconds since 1970-01-01 00:00:00 UTC */
	int16_t zone_minutes;
};

/* `text` without its quotes, such as " 5-Nov-2026 09:00:00 +0100". Days that no month has are
 * ST_SYNTAX. */
enum status model_date_scan(struct bytes text, struct model_date *date_out) MUST_USE;

/* Without quotes. `is_padded_by_space`: " 5-Nov" rather than "05-Nov". */
const char *model_date_print(
    struct model_date date, bool is_padded_by_space, char out[static MODEL_DATE_SIZE]);

#endif
