/* SPDX-License-Identifier: Apache-2.0
 *
 * sync/ledger/block_private: the columns of a block, written and read one by one.
 *
 * Place    sync/block puts them together; docs/ledger.md describes them.
 * Promise  a column reads back what was written, in the one form in which it is written as far
 *          as that costs nothing to see.
 * Memory   columns borrow the block's octets.
 */
#ifndef SYNC_LEDGER_BLOCK_PRIVATE_H
#define SYNC_LEDGER_BLOCK_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sync/ledger/block.h"
#include "sync/ledger/octets.h"

enum {
	BLOCK_BASES_MAX = UINT16_MAX + 1
};

/* What the third part of the head says of the columns: bits. */
enum block_form {
	BLOCK_FORM_BASE_RUNS = 1 << 0, /* else packed */
	BLOCK_FORM_META = 1 << 1,      /* else all are zero and there is no column */
	BLOCK_FORM_HEADER = 1 << 2,    /* likewise */
	BLOCK_FORM_ALL = (1 << 3) - 1,
};

/* The entries that are written, and how the block numbers their bases. */
struct block_source {
	const struct sync_entry *entries;
	size_t count;
	const uint16_t *base_numbers; /* by the index that entries hold */
	size_t base_count;
};

/* Bits for an index below base_count, and octets for `count` of them. */
unsigned block_base_width(size_t base_count);
size_t block_packed_size(size_t count, size_t base_count);

void block_write_src(struct sync_pen *pen, const struct block_source *source);
void block_write_dst(struct sync_pen *pen, const struct block_source *source);
void block_write_state(struct sync_pen *pen, const struct block_source *source);
void block_write_base_runs(struct sync_pen *pen, const struct block_source *source);
void block_write_base_packed(struct sync_pen *pen, const struct block_source *source);

/* Each takes the value of the next entry; false: the column is damaged. `most` entries are left
 * to be read, this one among them. */
bool block_read_src(struct sync_block_column *column, size_t most, uint32_t *uid_out);
bool block_read_dst(
    struct sync_block_column *column, size_t most, uint32_t src_uid, uint32_t *uid_out);
bool block_read_state(
    struct sync_block_column *column, size_t most, enum sync_state *state_out);
bool block_read_base_run(struct sync_block_column *column, size_t most, uint16_t *base_out);

/* Opens the next run of src_uid: .left UIDs behind .value. */
bool block_read_src_run(struct sync_block_column *column, size_t most);
/* Entry `index` of a column of the size that block_packed_size says. */
uint16_t block_read_base_packed(
    const struct sync_block_column *column, size_t index, size_t base_count);

#endif
