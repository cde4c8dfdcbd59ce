/* SPDX-License-Identifier: Apache-2.0
 *
 * base/arena: memory of one lifetime, given back at once.
 *
 * Place    a run arena (names, plan) dies with its pass; a batch arena is rewound per window.
 * Promise  pointers stay where they are until rewind or fini.
 * Memory   chunks of at least 4 KiB; rewind keeps the first chunk.
 * Limits   `budget` octets in all, fixed at init: reaching it is ST_LIMIT, an ordinary fault.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

#include "base/attr.h"
#include "base/check.h"
#include "base/status.h"

struct arena_chunk;

struct arena {
	struct arena_chunk *newest;
	size_t used; /* octets taken from chunks, over all of them */
	size_t budget;
	enum status status; /* why the last take gave NULL */
};

void arena_init(struct arena *arena, size_t budget);
void arena_fini(struct arena *arena);
void arena_rewind(struct arena *arena);

/* `alignment` is a power of two <= 16. NULL: see arena_status. Octets are not cleared. */
void *arena_take(struct arena *arena, size_t size, size_t alignment) MUST_USE;
/* count * size octets, cleared, aligned for any type; overflow is ST_LIMIT. */
void *arena_take_array(struct arena *arena, size_t count, size_t size) MUST_USE;

/* Why the last take failed: ST_LIMIT (budget) or ST_MEMORY. Here, so that who analyses a caller
 * sees that it is never ST_OK. */
static inline enum status
arena_status(const struct arena *arena)
{
	CHECK(arena->status != ST_OK);
	return arena->status;
}

#endif
