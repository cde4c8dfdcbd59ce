/* SPDX-License-Identifier: Apache-2.0
 *
 * sync/ledger/block: up to 4,096 entries of one folder as octets, column by column.
 *
 * Place    sync/ledger makes blocks of what the journal has settled; they are immutable.
 * Promise  what was encoded is read back equal. Reading never goes beyond the octets, never
 *          trusts a count, and takes nothing that encoding could not have made.
 * Memory   encoding appends to a buf. A reader borrows the octets for its life.
 * Limits   at most 10 octets an entry, bases apart, for mail in the order of its UIDs, 5
 *          without fingerprints of headers, 24 whatever the order (docs/ledger.md).
 * Spec     the columns of docs/ledger.md; CRC-32C over all. A version above ours is ST_LIMIT,
 *          damage is ST_SYNTAX.
 */
#ifndef SYNC_LEDGER_BLOCK_H
#define SYNC_LEDGER_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "mail/flags.h"

enum {
	SYNC_BLOCK_ENTRIES_MAX = 4096,
	SYNC_BLOCK_VERSION = 1
};

/* How a message of the source came to its entry. */
enum sync_state {
	SYNC_STATE_COPIED,
	SYNC_STATE_ADOPTED, /* it was there */
	SYNC_STATE_HELD,    /* stored, and removed by somebody before we knew its UID */
	SYNC_STATE_COUNT
};

/* The flags that both sides had when they were last equal: what a merge begins from. */
struct sync_base {
	struct flags src;
	struct flags dst;
};

/* What is known of one message for good. */
struct sync_entry {
	uint32_t src_uid; /* ascending in a block, never 0 */
	uint32_t dst_uid; /* 0: not known */
	enum sync_state state;
	uint16_t base;   /* index into the bases given with the entries */
	uint32_t meta;   /* fingerprint of its INTERNALDATE and size at the source */
	uint32_t header; /* fingerprint of its header's identity; 0: not known */
};

/* `entries` ascend by src_uid; 1 <= count <= SYNC_BLOCK_ENTRIES_MAX. Only bases that are named
 * are kept, in the order in which entries name them first, so that their indexes may differ
 * when read. ST_SYNTAX: an entry or a base is not what this page says. */
enum status sync_block_encode(const struct sync_entry *entries, size_t count,
    const struct sync_base *bases, size_t base_count, struct buf *buf) MUST_USE;

/* A column that is being read; what the members hold is told where it is read. */
struct sync_block_column {
	struct bytes rest; /* behind the open run */
	size_t left;       /* entries of the open run */
	uint32_t value;
	int64_t shift;
	unsigned kind;
	bool has_begun;
};

struct sync_block_reader {
	size_t count; /* of entries, in all */
	size_t base_count;
	uint32_t src_uid_first, src_uid_last;
	/* The inside: where the columns and the bases go on. */
	struct sync_block_column src, dst, state, base, meta, header;
	uint8_t forms;
	struct bytes bases, bases_rest;
	size_t base_next;   /* of bases_rest */
	size_t bases_named; /* by entries that were read */
	size_t read;
	enum status status;
};

/* Checks the checksum, the head, the bases and the column of src_uid. */
enum status sync_block_open(struct bytes octets, struct sync_block_reader *reader_out) MUST_USE;
/* ST_END after the last. What failed goes on failing. */
enum status sync_block_next(
    struct sync_block_reader *reader, struct sync_entry *entry_out) MUST_USE;
/* index < base_count. Keywords borrow from the octets. Cheap when asked for in turn. */
enum status sync_block_base(
    struct sync_block_reader *reader, size_t index, struct sync_base *base_out) MUST_USE;

#endif
