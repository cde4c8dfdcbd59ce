/* SPDX-License-Identifier: Apache-2.0
 *
 * mail/message: what is known of one message without its body.
 *
 * Memory   values; what a field borrows is said at the field.
 */
#ifndef MAIL_MESSAGE_H
#define MAIL_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "mail/flags.h"

struct uid {
	uint32_t number; /* 1 to 2^32-1; 0: not known */
};

/* INTERNALDATE: an instant and the zone in which the server wrote it. */
struct mail_date {
	int64_t s;            /* since 1970-01-01 00:00:00 UTC, may be negative */
	int16_t zone_minutes; /* east of Greenwich, -1439 to 1439 */
	bool is_known;
};

struct message {
	struct uid uid;
	uint64_t size; /* octets by RFC822.SIZE: a hint, never a length */
	struct mail_date date;
	struct flags flags;
};

#endif
