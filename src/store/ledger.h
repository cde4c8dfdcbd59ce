/* SPDX-License-Identifier: Apache-2.0
 *
 * store/ledger: the store of sync/store.h in one SQLite database for all pairs, written by one
 * thread.
 *
 * Place    main.c opens it, watches its descriptor, and hands its port to the pass.
 * Promise  those of sync/store.h. Several processes may have the same folder open. What fails
 *          on disk is tried again until it goes: meanwhile no receipt is settled and trouble
 *          says why. Only damage, and a database that was taken away, fail receipts.
 * Memory   what waits to be written, 32 MiB at most; two caches of 256 KiB.
 * Limits   one thread calls, and is called back from dispatch and free only. A record's
 *          .number is below 2^63. Not for file systems of the network.
 * Spec     docs/ledger.md
 */
#ifndef STORE_LEDGER_H
#define STORE_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/fault.h"
#include "sync/ledger/store.h"

struct store_ledger;

/* Opens or makes `folder` and what belongs in it: ledger.db, ledger.mark and locks/. A database
 * that is foreign, newer or damaged is refused and not touched. */
enum status store_ledger_open(
    const char *folder, struct store_ledger **ledger_out, struct fault *fault) MUST_USE;
/* Waits until all is written, or gives up after about a second of failures; settles what is
 * left. NULL inside is fine. The port's own free does the same. */
void store_ledger_free(struct store_ledger **ledger);

struct sync_store *store_ledger_port(struct store_ledger *ledger);

/* Readable when dispatch has something to do, or trouble has changed. */
int store_ledger_fd(const struct store_ledger *ledger);
/* Settles receipts and calls their notify. */
void store_ledger_dispatch(struct store_ledger *ledger);
/* One sentence for people while nothing can be written; NULL when all is well. Borrowed until
 * the next call. */
const char *store_ledger_trouble(struct store_ledger *ledger);

/* The database was older than its mark when it was opened: it came back from a backup. */
bool store_ledger_is_older(const struct store_ledger *ledger);
/* How often that was seen in the life of this database, this opening included: who keeps the
 * number can tell later whether it has dealt with the last time. */
uint64_t store_ledger_restorations(const struct store_ledger *ledger);

struct store_ledger_figures {
	uint64_t commits;
	uint64_t changes;    /* written by them */
	uint64_t octets;     /* of those changes */
	uint64_t syncs;      /* of files, for commits and checkpoints */
	uint64_t blocked_us; /* that the writer spent in them */
};

struct store_ledger_figures store_ledger_figures(struct store_ledger *ledger);

#endif
