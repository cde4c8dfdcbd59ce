/* SPDX-License-Identifier: Apache-2.0
 *
 * mail/flags: what is set on a message: system flags as bits, keywords as a list of atoms.
 *
 * Promise  a keyword in here is a strict atom (flags_is_keyword): it may stand in a command
 *          line. Letter case is kept; keywords compare without it (RFC 9051 section 2.3.2).
 * Memory   `keywords` is borrowed: atoms separated by one space, none twice, in server order.
 * Limits   KEYWORDS_SIZE_MAX octets of keywords per message.
 * Spec     RFC 3501 section 9: atom, flag-keyword.
 */
#ifndef MAIL_FLAGS_H
#define MAIL_FLAGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/bytes.h"

enum flag {
	FLAG_SEEN = 1 << 0,
	FLAG_ANSWERED = 1 << 1,
	FLAG_FLAGGED = 1 << 2,
	FLAG_DELETED = 1 << 3,
	FLAG_DRAFT = 1 << 4,
	FLAG_ALL = (1 << 5) - 1,
};

enum {
	KEYWORDS_SIZE_MAX = 16384
};

struct flags {
	uint32_t system;       /* of enum flag */
	struct bytes keywords; /* "one two three" */
};

/* The bit of "\Seen" and its like, compared without case; 0 for anything else. */
uint32_t flag_of_name(struct bytes name);

/* An atom of RFC 3501 without "]", 7-bit, and not starting with a backslash. */
bool flags_is_keyword(struct bytes atom);

/* Takes the next keyword off the front of `rest`; the empty slice when there is none. */
struct bytes flags_keyword_next(struct bytes *rest);

bool flags_has_keyword(struct bytes keywords, struct bytes keyword);

/* Appends the parenthesised list: "(\Seen $Forwarded)". */
enum status flags_print(struct flags flags, struct buf *out) MUST_USE;

#endif
