/* SPDX-License-Identifier: Apache-2.0
 *
 * sync/copy_settings: what sync/copy is told when it begins: how much may be under way, what is
 * to be copied, and what is known of both folders.
 *
 * Place    pass/folder fills it for each folder.
 * Memory   what the settings point to is borrowed for the machine's life.
 */
#ifndef SYNC_COPY_SETTINGS_H
#define SYNC_COPY_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/block.h"
#include "base/bytes.h"
#include "base/range.h"
#include "sync/choice.h"

struct sync_copy_limits {
	uint32_t group_messages_max;
	uint64_t group_bytes_max;
	uint32_t single_messages_max; /* without MULTIAPPEND */
	uint64_t single_bytes_max;
	uint64_t buffered_size_max;
	size_t ring_size;
	uint32_t unanswered_groups_max;
	uint64_t unanswered_bytes_max;
	uint32_t window_messages_max; /* of one request for bodies */
	uint64_t window_bytes_max;
	int64_t reply_aim_us;   /* a group is sized so that its reply takes this long */
	int64_t filling_max_us; /* a group is sealed when it has waited this long for more */
};

enum {
	/* Octets that the ring takes beyond the room that it tells: what was read from the
	 * source for another folder may end in this one's first octets. */
	SYNC_COPY_RESERVE = 131072
};

struct sync_copy_limits sync_copy_limits_default(void);

struct sync_copy_settings {
	struct sync_copy_limits limits;
	bool is_multi;       /* the destination has MULTIAPPEND */
	bool isolates_empty; /* messages of 0 octets go alone: the family refuses them */
	bool isolates_nul;   /* as do those with a NUL octet */
	/* Rows from the highest UID down, and their bodies in that order. A source answers one
	 * request in ascending order, so that each body is a request of its own. */
	bool is_newest_first;
	struct sync_choice choice; /* what is copied; rows must tell what it needs */
	uint32_t src_uidnext;      /* 0: not known */
	uint32_t src_exists;
	uint32_t src_first_uid; /* below it nothing is asked for; 0 and 1: from the beginning */
	/* EXAMINE is not answered yet: the two above come by feed_examined. The first window
	 * of rows is asked for meanwhile. */
	bool is_src_pending;
	/* The first bodies are asked for by the same UIDs as the first rows, in the same
	 * burst: only where the source is known to begin with the rows. What it lists after the
	 * first body is asked for again. */
	bool asks_blindly;
	/* What a list told of the folder's UIDNEXT, not to be relied upon; 0: nothing. */
	uint32_t src_uidnext_hint;
	/* Only these UIDs (borrowed for the machine's life); NULL: all. */
	const struct range_set *wanted;
	struct block_pool *blocks; /* of ring_size + SYNC_COPY_RESERVE; borrowed too */
	uint32_t dst_uidvalidity;
	uint32_t dst_uidnext;
	uint32_t attempt; /* of all its messages: 1, or how often they were sent with this */
};

#endif
