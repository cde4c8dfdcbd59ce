/* SPDX-License-Identifier: Apache-2.0
 *
 * tests/sim/disk: durable memory that takes its time and can lose what it was not given for
 * long enough.
 *
 * Place    under the real ledger, in place of store/ledger; a fiber of each process's own is
 *          its writer. It lives over processes, as a disk does.
 * Promise  the promises of sync/store, and nothing more: what is not durable when its process
 *          is killed is lost, but for a prefix that chance decides on. A process can be killed
 *          at each of its writes: before it, between it and its durability, and between its
 *          durability and the receipt.
 * Memory   its own is not base/mem's.
 */
#ifndef SIM_DISK_H
#define SIM_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/prng.h"
#include "net/fiber.h"
#include "sync/ledger/record.h"
#include "sync/ledger/store.h"

enum disk_point {
	DISK_NEVER,
	DISK_BEFORE,    /* the n-th write is asked for */
	DISK_SUBMITTED, /* it is taken, and not durable */
	DISK_DURABLE,   /* it is durable, and nobody was told */
};

struct disk_record {
	struct sync_key key;
	struct bytes octets; /* owned */
};

/* The changes of one submit. */
struct disk_write {
	struct sync_change *changes; /* with their octets, owned */
	size_t count;
	struct sync_receipt *receipt; /* NULL: none, or it is forgotten */
	bool is_awaited;              /* it had one */
	uint64_t number;              /* of the process's writes, from 1 */
};

/* Told of what happens, for a trace: `octets` NULL for a removal. */
typedef void (*disk_tell_fn)(void *context, const struct sync_change *change, bool is_durable);

struct disk {
	struct sync_store store;
	struct disk_record *records; /* durable, by key */
	size_t record_count;
	size_t record_capacity;
	struct disk_write *pending;
	size_t pending_count;
	size_t pending_capacity;
	struct bytes *journal; /* durable records of it that nobody has looked into */
	size_t journal_count;
	size_t journal_capacity;
	struct digest *intended; /* of messages in durable intents, in order */
	size_t intended_count;
	size_t intended_capacity;

	/* Of the process that runs. */
	int64_t delay_max_us;
	bool hides_pending; /* what is not durable is not found */
	bool is_dead;
	bool is_closing;
	uint64_t writes;
	enum disk_point point;
	uint64_t point_at;
	void (*kill)(void *context);
	disk_tell_fn tell; /* NULL: nobody listens */
	void *context;
	struct fiber_source work;
};

void disk_init(struct disk *disk);
void disk_fini(struct disk *disk);

/* A process begins: a write is durable after a random delay of at most `delay_max_us`; at once
 * when that is 0. */
void disk_begin(struct disk *disk, int64_t delay_max_us);
/* On a fiber of its own, until disk_end. */
void disk_write(void *disk);
/* The process has closed it: all is durable. */
void disk_end(struct disk *disk);
/* Its process is dead. Of what was pending a prefix survives. */
void disk_die(struct disk *disk, struct prng *prng);

/* Messages in intents that are durable or pending and of which nothing, or only a doubt, is
 * told. */
size_t disk_open_messages(const struct disk *disk);
/* How many messages durable intents name. Not on a fiber whose memory may fail. */
size_t disk_intended(struct disk *disk);
/* How many durable intents name these octets. */
size_t disk_count(struct disk *disk, const struct digest *digest);

#endif
