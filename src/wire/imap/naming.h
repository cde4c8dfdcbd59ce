/* SPDX-License-Identifier: Apache-2.0
 *
 * wire/imap/naming: what each family of servers can hold as the name of a folder, as data.
 *
 * Place    one row a family and delimiter; mail/naming applies it. docs/names.md holds the same
 *          rows for people.
 * Promise  a server without a row is treated with care: no control characters, no two names
 *          that differ by case or composition alone.
 */
#ifndef WIRE_IMAP_NAMING_H
#define WIRE_IMAP_NAMING_H

#include <stddef.h>

#include "mail/naming.h"
#include "wire/imap/server/quirk.h"

/* What a server showed of itself. */
enum imap_naming_dots {
	IMAP_NAMING_DOTS_UNKNOWN,
	IMAP_NAMING_DOTS_TAKEN, /* a name with "." was listed, or would be taken */
};

struct imap_naming_row {
	enum imap_family family;
	char delimiter;             /* 0: any */
	enum imap_naming_dots dots; /* UNKNOWN: any */
	struct naming naming;
	const char *source; /* where we know it from */
};

/* The first row that fits. */
struct naming imap_naming_of(
    enum imap_family family, uint8_t delimiter, enum imap_naming_dots dots);

/* The table, for the docs test. */
const struct imap_naming_row *imap_naming_rows(size_t *count_out);

#endif
