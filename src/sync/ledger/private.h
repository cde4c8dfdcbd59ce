/* SPDX-License-Identifier: Apache-2.0
 *
 * sync/ledger/private: the inside of the ledger, shared by its files: ledger.c (its life, the
 * claim, folders), book.c (what a book knows), journal.c (intents and what became of them),
 * flush.c (what is settled, in blocks).
 *
 * Memory   a book owns its arrays and its intents; its key lies in its arena.
 *
 *   intend -> open intent -> settled -> fresh entry -> block
 *                 |_ in doubt _|
 */
#ifndef SYNC_LEDGER_PRIVATE_H
#define SYNC_LEDGER_PRIVATE_H

#include "base/arena.h"
#include "base/buf.h"
#include "sync/ledger/ledger.h"

#define LEDGER_NUMBER_MAX ((uint64_t)INT64_MAX)

enum {
	/* Distinct flags of a block in the making: a further one makes a block of what is
	 * there. */
	LEDGER_BASES_MAX = 1024,
	LEDGER_RECORD_MAX = 16 << 20
};

/* An intent of which something is not settled, or a message without a UID. */
struct ledger_intent {
	struct ledger_intent *next; /* ascending by number */
	struct ledger_intent *previous;
	uint64_t number;
	uint32_t dst_uidnext;
	uint32_t attempt;
	uint64_t settlement; /* the newest record of what became of it; 0: none */
	bool is_old;         /* of an earlier run */
	size_t count;
	struct sync_intent_message *messages;
	enum sync_fate *fates;
	uint32_t *dst_uids;
	/* The arrays and the keywords lie behind this. */
};

/* A folder's record, as it was found when the accounts were claimed. */
struct ledger_row {
	uint32_t folder;                  /* its number */
	struct sync_folder_record record; /* in the ledger's arena */
};

struct sync_book {
	struct sync_ledger *ledger;
	struct sync_book *next;
	struct sync_book_key key; /* copied, in the book's arena */
	uint32_t folder;
	enum sync_memory memory;
	bool is_compared;
	bool is_written;         /* its record holds what is here */
	struct arena arena;      /* of names */
	struct arena base_arena; /* of the keywords of bases */
	struct range_set done;
	struct range_set open;
	uint32_t src_uidnext;
	uint32_t dst_uidnext;      /* above all UIDs that are known at the destination */
	struct range_set dst_uids; /* that this run was told of */
	uint64_t next_number;      /* of its journal */
	uint64_t next_block;
	struct ledger_intent *first;
	struct ledger_intent *last;

	/* What is in no block yet. */
	struct sync_entry *fresh;
	size_t fresh_count;
	size_t fresh_capacity;
	struct sync_base *bases;
	size_t base_count;
	size_t base_capacity;

	/* Records of the journal that the next block makes needless. */
	uint64_t *needless;
	size_t needless_count;
	size_t needless_capacity;
	uint64_t tail; /* the newest block, when it has room; 0: none */
};

struct sync_ledger {
	struct sync_store *store; /* NULL: none */
	struct arena arena;
	uint32_t pair; /* 0: not claimed */
	bool is_older;
	struct ledger_row *rows; /* ascending by names */
	size_t row_count;
	uint32_t next_folder;
	struct sync_book *books;
	struct buf buf;
};

/* ledger.c */
enum status ledger_put(struct sync_ledger *ledger, struct sync_key key, struct bytes octets,
    struct sync_receipt *receipt) MUST_USE;

/* book.c */
/* Reads what the store has of the folder. ST_SYNTAX: it is damaged. */
enum status ledger_book_load(struct sync_book *book) MUST_USE;
/* Forgets and removes everything that the store has of it. */
enum status ledger_book_void(struct sync_book *book) MUST_USE;
enum status ledger_book_write(struct sync_book *book) MUST_USE;
void ledger_book_free(struct sync_book *book);

/* journal.c */
/* A record of an earlier run. */
enum status ledger_journal_load(
    struct sync_book *book, uint64_t number, struct bytes octets) MUST_USE;
/* After the last: what was never settled is in doubt. */
enum status ledger_journal_loaded(struct sync_book *book) MUST_USE;
/* Messages whose UID is not known need no look any more when nothing is in doubt, or watched
 * for. */
enum status ledger_journal_close(struct sync_book *book) MUST_USE;
void ledger_journal_free(struct sync_book *book);

/* flush.c */
enum status ledger_block_load(
    struct sync_book *book, uint64_t number, struct bytes octets) MUST_USE;
/* A message is done. */
enum status ledger_block_add(struct sync_book *book, const struct sync_entry *entry,
    const struct sync_base *base) MUST_USE;
enum status ledger_block_needless(struct sync_book *book, uint64_t number) MUST_USE;
enum status ledger_block_flush(struct sync_book *book) MUST_USE;

#endif
