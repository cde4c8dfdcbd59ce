/* SPDX-License-Identifier: Apache-2.0
 *
 * sync/choice: which messages are copied: the one place that decides it.
 *
 * Place    sync/rows and sync/copy ask it of every row and every text, pass/adopt of every
 *          message that may be at the destination already, pass/folder of those that a folder
 *          refuses as a whole.
 * Promise  a message is left out by the first rule of enum sync_rule that it meets, and by one
 *          only, so that what the rules count adds up. What is not known of a message leaves
 *          it in.
 */
#ifndef SYNC_CHOICE_H
#define SYNC_CHOICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mail/message.h"

/* Why messages are left out. The first three leave out whole folders. */
enum sync_rule {
	SYNC_RULE_FOLDER,  /* --folder, --exclude */
	SYNC_RULE_SHARED,  /* somebody else's folder, without --shared */
	SYNC_RULE_VIRTUAL, /* a view of what lies in other folders */
	SYNC_RULE_DELETED, /* --skip-deleted */
	SYNC_RULE_SINCE,
	SYNC_RULE_BEFORE,
	SYNC_RULE_SIZE, /* --max-size */
	SYNC_RULE_COUNT
};

/* All zero: everything is copied. */
struct sync_choice {
	bool skips_deleted;
	bool has_since;
	bool has_before;
	int64_t since_s;   /* the first instant of INTERNALDATE that is taken */
	int64_t before_s;  /* the first one that is not taken any more */
	uint64_t size_max; /* octets; 0: any size */
	uint64_t
	    append_max; /* what the destination says it takes at most; 0: it says nothing */
};

enum sync_verdict {
	SYNC_TAKEN,
	SYNC_EXCLUDED,  /* by a rule: it stays behind, as ordered */
	SYNC_TOO_LARGE, /* for the destination: it is refused without being asked for */
};

/* Whether anything is ever left out. */
bool sync_choice_is_set(const struct sync_choice *choice);
/* Whether a message's RFC822.SIZE says anything about it: the source may have to read the
 * message to tell it. */
bool sync_choice_needs_size(const struct sync_choice *choice);
bool sync_choice_needs_date(const struct sync_choice *choice);

/* `rule_out` is set with SYNC_EXCLUDED only. */
enum sync_verdict sync_choice_decide(
    const struct sync_choice *choice, const struct message *message, enum sync_rule *rule_out);
/* The same for a text whose true size is known: RFC822.SIZE may have told another. */
enum sync_verdict sync_choice_decide_size(
    const struct sync_choice *choice, uint64_t size, enum sync_rule *rule_out);

#endif
