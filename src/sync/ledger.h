/* SPDX-License-Identifier: Apache-2.0
 *
 * sync/ledger: the port to what is remembered of every message on both sides.
 *
 * Place    sync/copy asks for an intent before a group can be committed; pass carries it here.
 *          Behind the port: memory (below), later SQL (store/ledger) and the worker's socket.
 * Promise  an intent whose receipt says durable survives the death of the process, as far as
 *          the implementation can promise it. The memory ledger promises the order, not
 *          survival.
 * Memory   the intent is borrowed during the call only. The receipt stays the caller's and must
 *          live until it is settled.
 */
#ifndef SYNC_LEDGER_H
#define SYNC_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/digest.h"
#include "mail/message.h"

struct sync_ledger;

/* One message that is about to be given to the destination. */
struct sync_intent_message {
	struct uid src_uid;
	uint64_t size;
	struct mail_date date;
	uint32_t system_flags;
	struct digest digest; /* of all its octets, as they are sent */
};

/* A group: what a single commit of the destination may make visible. */
struct sync_intent {
	struct bytes folder; /* raw name at the destination */
	uint32_t dst_uidvalidity;
	uint32_t dst_uidnext; /* the bracket begins here; 0: not known */
	const struct sync_intent_message *messages;
	size_t message_count;
};

/* Lives where the caller put it until it is settled or forgotten. */
struct sync_receipt {
	uint64_t number;                /* of the intent, ascending; given at once */
	bool is_settled;                /* durable or failed */
	enum status status;             /* ST_OK: durable */
	void (*notify)(void *argument); /* called when it becomes settled later; may be NULL */
	void *argument;
};

enum sync_outcome {
	SYNC_OUTCOME_STORED,
	SYNC_OUTCOME_NOT_STORED,
	SYNC_OUTCOME_IN_DOUBT,
};

struct sync_ledger_ops {
	enum status (*intend)(struct sync_ledger *ledger, const struct sync_intent *intent,
	    struct sync_receipt *receipt);
	/* What became of intent `number`. `uids` in the intent's order, or NULL when
	 * unknown. */
	enum status (*settle)(struct sync_ledger *ledger, uint64_t number,
	    enum sync_outcome outcome, const uint32_t *uids);
	/* The receipt's memory goes away: it is neither written nor notified any more. What it
	 * stood for goes on. */
	void (*forget)(struct sync_ledger *ledger, struct sync_receipt *receipt);
	void (*free)(struct sync_ledger *ledger);
};

/* Embedded at the start of each implementation. */
struct sync_ledger {
	const struct sync_ledger_ops *ops;
};

/* Remembers for the length of the process which intents are open. Caller frees. */
enum status sync_ledger_memory_new(struct sync_ledger **ledger_out) MUST_USE;
void sync_ledger_free(struct sync_ledger **ledger);
/* Intents that were made and not settled. */
size_t sync_ledger_memory_open(const struct sync_ledger *ledger);

#endif
