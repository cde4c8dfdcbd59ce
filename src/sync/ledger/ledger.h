/* SPDX-License-Identifier: Apache-2.0
 *
 * sync/ledger/ledger: what is known of every message on both sides, over all runs.
 *
 * Place    the pass claims two accounts, opens their folders, and tells what it intends and
 *          what became of it. Below it: sync/store, or nothing.
 * Promise  (1) An intent whose receipt says durable is found by the next run that claims the
 *          same accounts, with whatever was settled of it. (2) A message of the source is done
 *          at most once: what is done is never in doubt again. (3) Without a store all of this
 *          holds for the life of the process.
 * Memory   all of it in the ledger. For a folder: 8 octets for each range of UIDs that is done,
 *          some 100 for each message in flight or in doubt, and at most 4,096 entries that are
 *          in no block yet. Names and hosts are copied; messages of an intent too.
 * Limits   of sync/record. A folder is opened once until it is closed.
 * Spec     docs/ledger.md.
 */
#ifndef SYNC_LEDGER_LEDGER_H
#define SYNC_LEDGER_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/range.h"
#include "sync/ledger/record.h"
#include "sync/ledger/store.h"

struct sync_ledger;
struct sync_book; /* of one folder */

/* `store` is borrowed; NULL: nothing outlives the process. */
enum status sync_ledger_new(struct sync_store *store, struct sync_ledger **ledger_out) MUST_USE;
/* Closes all books as they are: what is in flight stays open in the store. */
void sync_ledger_free(struct sync_ledger **ledger);
bool sync_ledger_is_durable(const struct sync_ledger *ledger);

/* Claiming -------------------------------------------------------------------------------- */

/* A folder as a list showed it. */
struct sync_claim_folder {
	struct bytes raw;
	uint32_t uidvalidity; /* 0: not told */
};

struct sync_claim_side {
	struct bytes host, login;
	const struct sync_claim_folder *folders; /* in any order */
	size_t folder_count;
};

struct sync_claim {
	struct sync_claim_side src, dst;
	/* The store is older than what it describes: it is not believed that everything else is
	 * still to be copied. */
	bool is_older;
};

enum sync_claim_kind {
	SYNC_CLAIM_NEW,        /* these accounts were never claimed */
	SYNC_CLAIM_KNOWN,      /* most folders are as they were */
	SYNC_CLAIM_REANCHORED, /* the accounts are, their folders are not: each is void */
};

/* Nobody else writes to this account while this process lives. ST_CONFLICT: somebody does. */
enum status sync_ledger_lock(
    struct sync_ledger *ledger, struct bytes host, struct bytes login) MUST_USE;
/* Once, before any folder is opened. ST_CONFLICT as above: another run has the same two
 * accounts by other names of their hosts. ST_LIMIT: a newer program wrote this. */
enum status sync_ledger_claim(struct sync_ledger *ledger, const struct sync_claim *claim,
    enum sync_claim_kind *kind_out) MUST_USE;

/* Folders --------------------------------------------------------------------------------- */

struct sync_book_key {
	struct bytes src_raw, dst_raw;
	uint32_t src_uidvalidity, dst_uidvalidity;
};

enum sync_memory {
	SYNC_MEMORY_NONE, /* never seen */
	SYNC_MEMORY_KNOWN,
	/* It was known under another UIDVALIDITY on one side, its records are damaged, or the
	 * ledger is older than what it describes: it has to be compared again. */
	SYNC_MEMORY_VOID,
};

/* Whether an earlier run had this folder. */
bool sync_ledger_knows(
    const struct sync_ledger *ledger, struct bytes src_raw, struct bytes dst_raw);
/* Whether it left something in doubt, or to be watched for. */
bool sync_ledger_has_doubts(
    struct sync_ledger *ledger, struct bytes src_raw, struct bytes dst_raw);
enum status sync_ledger_open(struct sync_ledger *ledger, const struct sync_book_key *key,
    struct sync_book **book_out) MUST_USE;

enum sync_memory sync_book_memory(const struct sync_book *book);
/* What was at the destination before is compared: what is not done is to be copied. */
bool sync_book_is_compared(const struct sync_book *book);
enum status sync_book_set_compared(struct sync_book *book) MUST_USE;
/* The destination holds less than it said: the next run compares the folder again. */
enum status sync_book_distrust(struct sync_book *book) MUST_USE;
/* UIDs of the source that are done. */
const struct range_set *sync_book_done(const struct sync_book *book);
/* Whether a message of the source is done or in doubt. */
bool sync_book_has(const struct sync_book *book, uint32_t src_uid);
/* Everything of the source below this UID was gone through, and what was there is done, or open
 * still; 0: that is not known. */
uint32_t sync_book_src_uidnext(const struct sync_book *book);
/* Adds the UIDs of the source below `uidnext` that may be there and are neither done nor in
 * doubt. uidnext 0: not known; there is no end. */
enum status sync_book_add_wanted(
    const struct sync_book *book, uint32_t uidnext, struct range_set *wanted) MUST_USE;
/* The folder was gone through: `open` are the UIDs below that are there and not done. */
enum status sync_book_set_gone_through(
    struct sync_book *book, uint32_t src_uidnext, const struct range_set *open) MUST_USE;
/* Adds the UIDs at the destination, from this one on, that are known to stand for messages. */
enum status sync_book_add_dst_uids(
    const struct sync_book *book, uint32_t from, struct range_set *uids) MUST_USE;

/* Messages -------------------------------------------------------------------------------- */

/* The receipt must live until it is settled or forgotten. `intent.dst_uidnext` is raised to
 * what the settlements of this run have shown. The number settles it. */
enum status sync_book_intend(struct sync_book *book, const struct sync_intent *intent,
    struct sync_receipt *receipt, uint64_t *number_out) MUST_USE;
void sync_book_forget(struct sync_book *book, struct sync_receipt *receipt);
/* What became of each message of the intent. Not waited for: to lose it costs a look. */
enum status sync_book_settle(
    struct sync_book *book, const struct sync_settlement *settlement) MUST_USE;
/* A message that was there already. */
enum status sync_book_adopt(struct sync_book *book, const struct sync_entry *entry,
    const struct sync_base *base) MUST_USE;

/* A message of which it is not known whether the destination has it, or of which a late copy
 * may still appear. */
struct sync_doubt {
	uint64_t intent;
	uint32_t index; /* in the intent */
	uint32_t attempt;
	uint32_t dst_uidnext; /* it lies at or above it, if anywhere; 0: not known */
	/* IN_DOUBT, UNPROVED; ABSENT: given up once and watched for. STORED: it is there, but
	 * its UID was not told. */
	enum sync_fate fate;
	bool was_stored;                    /* its fate is STORED from the beginning */
	uint32_t dst_uid;                   /* 0: not known */
	struct sync_intent_message message; /* borrowed until the book is told anything */
};

/* How many messages are in doubt (and not merely watched, or without a UID). An intent that was
 * never settled is in doubt: nothing may be in flight. */
size_t sync_book_doubt_count(const struct sync_book *book);
/* All of them with those that are watched and those whose UID was not told, in the order of
 * their intents, in an array of the arena. */
enum status sync_book_doubts(const struct sync_book *book, struct arena *arena,
    struct sync_doubt **doubts_out, size_t *count_out) MUST_USE;
/* Their `fate` and `dst_uid` have been changed to what was found out. In the order in which
 * they were given; those that are not told stay as they were. */
enum status sync_book_decide(
    struct sync_book *book, const struct sync_doubt *doubts, size_t count) MUST_USE;
/* Whether a late copy of something that was given up may still appear. */
bool sync_book_is_watching(const struct sync_book *book);
/* Those that were given up in an earlier run are watched for no longer. */
enum status sync_book_end_watch(struct sync_book *book) MUST_USE;

/* Makes blocks of what is settled and lets go of its memory. Intents that are open stay. */
enum status sync_book_close(struct sync_book **book) MUST_USE;

/* Messages in doubt over all open books. */
size_t sync_ledger_doubt_count(const struct sync_ledger *ledger);

#endif
