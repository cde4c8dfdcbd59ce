/* SPDX-License-Identifier: Apache-2.0
 *
 * store/ledger_private: what the files of the ledger share.
 *
 * Place    ledger.c is the caller's side, ledger_write.c the writer's; ledger_open.c and
 *          ledger_begin.c bring both to life, ledger_find.c reads, ledger_trouble.c words.
 * Promise  a member is touched by the caller's thread, or by the writer's, or under the mutex,
 *          as its group says.
 */
#ifndef STORE_LEDGER_PRIVATE_H
#define STORE_LEDGER_PRIVATE_H

#include <pthread.h>

#include "base/buf.h"
#include "store/claim.h"
#include "store/ledger.h"
#include "store/sql.h"
#include "store/timed.h"

enum {
	LEDGER_RECORD_MAX = 16 << 20,
	LEDGER_QUEUE_MAX = 32 << 20,
	LEDGER_LAZY_MAX = 256 << 10, /* what waits for somebody who needs it durable */
	LEDGER_TROUBLE_SIZE = 400
};

/* Why nothing can be written. From LEDGER_DAMAGED on it is of no use to try again. */
enum ledger_trouble {
	LEDGER_FINE,
	LEDGER_SPACE,
	LEDGER_BUSY,
	LEDGER_MEMORY,
	LEDGER_DEVICE,
	LEDGER_DAMAGED,
	LEDGER_GONE,
};

/* One submit, in one block of memory with its octets. */
struct ledger_entry {
	struct ledger_entry *next;
	struct sync_receipt *receipt; /* the caller's thread only; NULL when forgotten */
	enum status status;
	bool is_awaited; /* it came with a receipt */
	size_t size;     /* of the octets */
	size_t count;
	struct sync_change changes[];
};

struct ledger_list {
	struct ledger_entry *first;
	struct ledger_entry *last;
};

struct store_ledger {
	struct sync_store port; /* first */

	/* Fixed from opening on. */
	char *path; /* of the database */
	int folder, locks, event;
	bool is_older;
	uint64_t restorations;
	struct store_timed timed;

	/* The caller's. */
	struct store_claims claims;
	struct store_sql reader;
	struct buf found;
	struct ledger_list settled;
	char shown[LEDGER_TROUBLE_SIZE];
	bool has_writer;
	pthread_t writer;

	/* The writer's, and before it runs the caller's. */
	struct store_sql sql;
	bool is_spoiled; /* the connection must be opened again before it is used */
	int log_pages;   /* of the write-ahead log, after the last commit */
	int64_t commit_us;

	/* Under the mutex. */
	pthread_mutex_t mutex;
	pthread_cond_t wake;
	struct ledger_list queue; /* not durable */
	struct ledger_list done;  /* to be settled */
	size_t queue_size, lazy_size;
	unsigned awaited;        /* receipts in the queue */
	unsigned awaited_before; /* how many the last commit served */
	bool is_closing;
	enum ledger_trouble trouble;
	char text[LEDGER_TROUBLE_SIZE];
	struct store_ledger_figures figures;
};

/* Opens the database of ledger->path for writing: makes, checks, counts. */
enum status ledger_begin(struct store_ledger *ledger, struct fault *fault) MUST_USE;
/* The connection of the writer, as any opening needs it. SQLite's codes. */
int ledger_connect(struct store_ledger *ledger) MUST_USE;
/* Whether the database is whole, as far as SQLite can tell. */
int ledger_check(struct store_ledger *ledger) MUST_USE;

const struct sync_store_ops *ledger_ops(void);

enum status ledger_find(struct sync_store *store, const struct sync_key *from,
    const struct sync_key *to, struct sync_found *found_out) MUST_USE;

/* The writer's thread, from its start to its end. */
void *ledger_write(void *ledger);
/* Makes the descriptor readable. */
void ledger_call(struct store_ledger *ledger);

/* What an answer of SQLite's means; `sql` for what the system said. */
enum ledger_trouble ledger_trouble_of(int result, struct store_sql *sql);
/* The sentence for people while the ledger is in use. Under the mutex. */
void ledger_set_trouble(struct store_ledger *ledger, enum ledger_trouble trouble, int result);
/* The sentence for an opening that does not succeed. */
enum status ledger_refuse(
    const struct store_ledger *ledger, int result, struct fault *fault) MUST_USE;

#endif
