/* SPDX-License-Identifier: Apache-2.0
 *
 * store/timed: SQLite's own way to files, with a clock at its fsyncs.
 *
 * Place    the connection that writes goes through it: nothing else tells how often, and for
 *          how long, a commit waits for the disk.
 * Promise  every file of the layer below behaves as it does without this one.
 * Memory   a value that must stay where it is from init to fini. The numbers may be read by any
 *          thread.
 */
#ifndef STORE_TIMED_H
#define STORE_TIMED_H

#include <sqlite3.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/status.h"

enum {
	STORE_TIMED_KINDS = 4
};

/* SQLite's table of what can be done with a file, with one entry changed. */
struct store_timed_methods {
	sqlite3_io_methods methods; /* first: this is where a file points to */
	const sqlite3_io_methods *below;
	struct store_timed *timed;
};

struct store_timed {
	sqlite3_vfs vfs; /* first: this is what SQLite hands us */
	sqlite3_vfs *below;
	char name[32];
	struct store_timed_methods kinds[STORE_TIMED_KINDS];
	size_t kind_count;
	_Atomic uint64_t syncs;
	_Atomic uint64_t blocked_us;
};

/* Registers itself with SQLite, under its .name. */
enum status store_timed_init(struct store_timed *timed) MUST_USE;
/* No connection goes through it any more. */
void store_timed_fini(struct store_timed *timed);

/* Microseconds of a clock that only goes forward. */
int64_t store_timed_now_us(void);

#endif
