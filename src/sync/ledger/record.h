/* SPDX-License-Identifier: Apache-2.0
 *
 * sync/ledger/record: the records of the ledger but its blocks, as octets: pairs, folders, and
 * the journal's intents and what became of them.
 *
 * Place    sync/ledger writes and reads them through sync/store.
 * Promise  what was encoded is decoded to equal values. Decoding never reads beyond its octets,
 *          never trusts a count, and takes nothing that encoding could not have made. Every
 *          record begins with its version and ends with a checksum over all of it.
 * Memory   encoding appends to a buf. Decoded slices borrow from the octets given; arrays are
 *          taken from the caller's arena.
 * Limits   names and hosts: 64 KiB. Messages of one intent: 256.
 * Spec     numbers as LEB128 varints, signed ones as zigzag; slices as length and octets;
 *          CRC-32C (Castagnoli), little endian. A version above ours is ST_LIMIT, damage is
 *          ST_SYNTAX.
 */
#ifndef SYNC_LEDGER_RECORD_H
#define SYNC_LEDGER_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/digest.h"
#include "base/range.h"
#include "mail/message.h"
#include "sync/ledger/block.h"

enum {
	SYNC_RECORD_VERSION = 1,
	SYNC_INTENT_MESSAGES_MAX = 256,
};

/* Two accounts, between which mail is moved. */
struct sync_pair_record {
	struct bytes src_host, src_login;
	struct bytes dst_host, dst_login;
	uint64_t epoch; /* how often it was claimed */
};

struct sync_folder_record {
	struct bytes src_raw, dst_raw; /* names as the servers say them */
	uint32_t src_uidvalidity, dst_uidvalidity;
	uint32_t src_uidnext; /* when it was last gone through to its end; 0: never */
	uint32_t dst_uidnext; /* likewise */
	/* What was at the destination before is compared, or nothing was. */
	bool is_compared;
	/* Of the source's UIDs below src_uidnext, those that were there and are not done. */
	const struct range *open; /* ascending, disjoint */
	size_t open_count;
};

/* One message that is about to be given to the destination. */
struct sync_intent_message {
	struct uid src_uid;
	uint64_t size;         /* octets, as they are sent */
	struct mail_date date; /* as it is sent */
	struct flags flags;    /* as they are sent */
	struct digest digest;  /* SHA-256 of all its octets, as they are sent */
};

/* A group: what a single commit of the destination may make visible. */
struct sync_intent {
	uint32_t dst_uidvalidity;
	uint32_t dst_uidnext; /* the bracket begins here; 0: not known */
	uint32_t attempt;     /* 1, or how often it was tried with this */
	const struct sync_intent_message *messages;
	size_t message_count;
};

/* What became of one message of an intent. */
enum sync_fate {
	SYNC_FATE_STORED,
	SYNC_FATE_NOT_STORED, /* it may be sent again */
	SYNC_FATE_IN_DOUBT,   /* the connection was lost: it may be stored yet */
	SYNC_FATE_UNPROVED,   /* an answer that proves nothing: it is stored by now, or never */
	SYNC_FATE_ABSENT,     /* was in doubt and not found: sent again, and watched for */
	SYNC_FATE_HELD,       /* stored and removed since by somebody: it is not sent again */
	SYNC_FATE_COUNT
};

/* Settles the intent that the journal holds under `intent`: whole each time it is told. */
struct sync_settlement {
	uint64_t intent;
	const enum sync_fate *fates; /* in the intent's order */
	const uint32_t *dst_uids;    /* likewise; 0: not told */
	size_t count;
};

/* What a journal record is. */
enum sync_journal {
	SYNC_JOURNAL_INTENT,
	SYNC_JOURNAL_SETTLEMENT,
};

struct sync_journal_record {
	enum sync_journal what;
	union {
		struct sync_intent intent;
		struct sync_settlement settlement;
	};
};

enum status sync_pair_encode(const struct sync_pair_record *pair, struct buf *buf) MUST_USE;
enum status sync_pair_decode(struct bytes octets, struct sync_pair_record *pair_out) MUST_USE;
enum status sync_folder_encode(
    const struct sync_folder_record *folder, struct buf *buf) MUST_USE;
enum status sync_folder_decode(
    struct bytes octets, struct arena *arena, struct sync_folder_record *folder_out) MUST_USE;
enum status sync_journal_encode(
    const struct sync_journal_record *record, struct buf *buf) MUST_USE;
enum status sync_journal_decode(
    struct bytes octets, struct arena *arena, struct sync_journal_record *record_out) MUST_USE;

#endif
