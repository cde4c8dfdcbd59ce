/* SPDX-License-Identifier: Apache-2.0
 *
 * base/block: blocks of one size for buffers that are empty most of the time.
 *
 * Place    whoever holds octets takes a block for as long as there are some: all links of a
 *          world share a pool, and so do the folders that one pair of connections copies.
 * Promise  the block given back last is taken first, so that a few blocks that are warm in the
 *          cache serve thousands of links.
 * Memory   at most `kept_max` free blocks are kept, the others go back to the allocator. The
 *          address sanitizer sees the use of a block that nobody has; with 0 kept, also of one
 *          that somebody else got since.
 */
#ifndef BASE_BLOCK_H
#define BASE_BLOCK_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct block_pool {
	size_t size; /* of a block */
	void *first; /* free blocks, each begins with the pointer to the next */
	unsigned kept;
	unsigned kept_max;
};

/* size >= sizeof(void *) */
void block_pool_init(struct block_pool *pool, size_t size, unsigned kept_max);
void block_pool_fini(struct block_pool *pool);
/* pool->size octets, not cleared; NULL when there is no memory. */
uint8_t *block_take(struct block_pool *pool) MUST_USE;
void block_give(struct block_pool *pool, uint8_t *block); /* NULL is fine */

#endif
