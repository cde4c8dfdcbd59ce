/* SPDX-License-Identifier: Apache-2.0
 *
 * wire/imap/quirk: what is known about server families, as data.
 *
 * Place    one row a piece of knowledge: family, symptom, what we do, where we know it from.
 *          HACKING.md says how to add one.
 */
#ifndef WIRE_IMAP_QUIRK_H
#define WIRE_IMAP_QUIRK_H

#include <stdint.h>

#include "base/bytes.h"

enum imap_family {
	IMAP_FAMILY_UNKNOWN,
	IMAP_FAMILY_DOVECOT,
	IMAP_FAMILY_CYRUS,
	IMAP_FAMILY_COURIER,
	IMAP_FAMILY_GMAIL,
	IMAP_FAMILY_EXCHANGE,
	IMAP_FAMILY_ICLOUD,
	IMAP_FAMILY_YAHOO,
	IMAP_FAMILY_ZIMBRA,
	IMAP_FAMILY_COUNT
};

enum imap_quirk {
	/* Several unanswered groups per connection are proved to be settled in order. */
	IMAP_QUIRK_GROUPS_PROVED,
	/* After a complete literal, NO or BAD proves that nothing was stored. */
	IMAP_QUIRK_NO_MEANS_NOT_STORED,
	/* NO after a complete literal may come although the message was stored. */
	IMAP_QUIRK_NO_MAY_HAVE_STORED,
	/* After a syntax BAD, literal text is read as commands: drop the connection at once. */
	IMAP_QUIRK_BAD_RUNS_LITERAL,
	IMAP_QUIRK_REFUSES_EMPTY_MESSAGE,
	IMAP_QUIRK_BARE_LF_BECOMES_CRLF,
	IMAP_QUIRK_NUL_BECOMES_0X80,
	/* One CR of CR CR LF is dropped, and a CR that is the last octet. */
	IMAP_QUIRK_DROPS_CR_BEFORE_CRLF,
	/* INTERNALDATE more than some two hours ahead of the server's clock becomes its "now".
	 */
	IMAP_QUIRK_FUTURE_DATE_BECOMES_NOW,
	/* INTERNALDATE before 1970-01-01 00:00:01 UTC is stored as something else. */
	IMAP_QUIRK_DATE_BEFORE_1970_WRAPS,
	/* Of pipelined FETCHes, all answers to one come before the first answer to the next. */
	IMAP_QUIRK_FETCHES_IN_ORDER,
	/* What EXAMINE shows (UIDs, UIDVALIDITY) is kept only when the folder is SELECTed. */
	IMAP_QUIRK_EXAMINE_FORGETS,
	IMAP_QUIRK_COUNT
};

struct imap_quirk_row {
	enum imap_family family;
	enum imap_quirk quirk;
	const char *symptom;
	const char *action;
	const char *source;
};

/* The family behind a greeting text and an ID "name" (either may be empty). */
enum imap_family imap_family_find(struct bytes greeting, struct bytes id_name);
const char *imap_family_name(enum imap_family family);

/* Bit per enum imap_quirk, gathered from the table. */
uint64_t imap_quirks_of(enum imap_family family);
bool imap_quirk_has(uint64_t quirks, enum imap_quirk quirk);

/* The table, for the docs test and `godwit check`. */
const struct imap_quirk_row *imap_quirk_rows(size_t *count_out);

#endif
