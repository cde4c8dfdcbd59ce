/* SPDX-License-Identifier: Apache-2.0
 *
 * sync/fidelity: what the destination can keep of a message's flags, and what it will change.
 * docs/fidelity.md is the page for people.
 *
 * Promise  pure functions. No keyword is dropped that is not told.
 * Memory   what they return lives in the caller's arena, or is constant text.
 */
#ifndef SYNC_FIDELITY_H
#define SYNC_FIDELITY_H

#include "base/arena.h"
#include "base/tick.h"
#include "mail/message.h"

/* What PERMANENTFLAGS allows at the destination. */
struct sync_flag_policy {
	uint32_t system;
	struct bytes keywords;   /* "one two" */
	bool takes_new_keywords; /* any other too */
	bool takes_only_words;   /* of these, none that reads as a number, NIL or a literal */
	bool takes_no_colon;     /* of these, none with ":" */
};

/* Splits `flags` into what may be sent and the keywords that may not (system flags that may not
 * are simply left out of `kept`). Slices live in the arena, or are those of `flags`. */
enum status sync_flags_filter(const struct sync_flag_policy *policy, struct flags flags,
    struct arena *arena, struct flags *kept_out, struct bytes *dropped_out) MUST_USE;

/* The flags of `wanted` that `present` lacks. */
enum status sync_flags_missing(struct flags wanted, struct flags present, struct arena *arena,
    struct flags *missing_out) MUST_USE;

/* What the destination's family does to octets and dates; of wire/imap/server/quirk, as plain
 * facts. */
struct sync_nature {
	bool changes_bare_lf;
	bool changes_nul;
	bool drops_cr_before_crlf;
	bool drops_bare_cr;
	bool adds_final_crlf;
	bool changes_header_8bit;
	bool changes_future_dates;
	bool changes_dates_before_1970; /* or refuses them */
	bool changes_date_zero;
};

enum {
	SYNC_CHANGE_SIZE = 512
};

/* The date as it is to be sent: one before 1970 that would be refused, or stored as a day in
 * the next century, becomes the nearest that is kept. */
struct mail_date sync_nature_date(const struct sync_nature *nature, struct mail_date date);

/* Whether anything changes; what, as parts of a sentence such as "line ends without CR became
 * CRLF" with "; " between them. `traits` of enum sync_trait; `date` as the source has it. */
bool sync_nature_change(const struct sync_nature *nature, uint32_t traits,
    struct mail_date date, struct wall now, char text_out[SYNC_CHANGE_SIZE]);

#endif
