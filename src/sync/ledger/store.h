/* SPDX-License-Identifier: Apache-2.0
 *
 * sync/ledger/store: the port to durable memory: records under ordered keys, written in the
 * order in which they are given, read back by later runs.
 *
 * Place    sync/ledger stands on it and decides what is kept and when it must be durable.
 *          Behind it: store/ledger (SQL), the simulator's disk, later the worker's socket.
 * Promise  (1) The changes of one submit become durable together or not at all. (2) What is
 *          durable is a prefix of what was submitted: nothing becomes durable before what was
 *          submitted earlier. (3) A receipt is settled with ST_OK only when all of its changes
 *          would survive the loss of power, as far as the operating system keeps its word.
 *          (4) Changes without a receipt become durable with the next that have one, or at
 *          free.
 * Memory   octets that are given are copied during the call. A receipt stays the caller's and
 *          must live until it is settled or forgotten.
 * Limits   SYNC_RECORD_OCTETS_MAX for a record.
 */
#ifndef SYNC_LEDGER_STORE_H
#define SYNC_LEDGER_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "base/status.h"

struct sync_store;

enum {
	SYNC_RECORD_OCTETS_MAX = 16 * 1024 * 1024
};

enum sync_kind {
	SYNC_KIND_PAIR = 1, /* two accounts; .folder and .number are 0 */
	SYNC_KIND_FOLDER,   /* .number is 0 */
	SYNC_KIND_BLOCK,    /* entries of messages, ascending by .number in age */
	SYNC_KIND_JOURNAL,  /* intents and what became of them, in the order of .number */
	SYNC_KIND_PROFILE,  /* what was learned of a host; .pair is 0 */
};

/* Where a record lies. Keys are ordered by their members in turn. */
struct sync_key {
	uint32_t pair;
	uint32_t folder;
	enum sync_kind kind;
	uint64_t number;
};

struct sync_change {
	struct sync_key key;
	struct bytes octets;
	bool is_removal; /* of what may not be there */
};

struct sync_receipt {
	bool is_settled;                /* durable or failed */
	enum status status;             /* ST_OK: durable */
	void (*notify)(void *argument); /* when it becomes settled later; may be NULL */
	void *argument;
};

struct sync_found {
	struct sync_key key;
	struct bytes octets; /* borrowed until the store is called again */
};

struct sync_store_ops {
	/* `receipt` may be NULL. Any status but ST_OK: nothing was taken, the receipt is not
	 * touched. */
	enum status (*submit)(struct sync_store *store, const struct sync_change *changes,
	    size_t count, struct sync_receipt *receipt);
	/* The receipt's memory goes away: it is neither written nor notified any more. What it
	 * stood for goes on. NULL is fine. */
	void (*forget)(struct sync_store *store, struct sync_receipt *receipt);
	/* The first record from `from` to `to`, both inclusive. Sees what is durable; what was
	 * submitted and is not durable yet may be seen or not. ST_ABSENT: there is none. */
	enum status (*find)(struct sync_store *store, const struct sync_key *from,
	    const struct sync_key *to, struct sync_found *found_out);
	/* Claims a name until the store is freed, or this process ends however it does.
	 * ST_CONFLICT: another process has it. Claiming what this store has is ST_OK. */
	enum status (*lock)(struct sync_store *store, struct bytes name);
	/* Waits until everything submitted is durable, or cannot be. */
	void (*free)(struct sync_store *store);
};

/* Embedded at the start of each implementation. */
struct sync_store {
	const struct sync_store_ops *ops;
};

int sync_key_compare(const struct sync_key *a, const struct sync_key *b);

#endif
