/* SPDX-License-Identifier: Apache-2.0
 *
 * net/block: the memory of links' buffers, shared by all links of a world.
 *
 * Place    private to the worlds: a link holds a block only while octets are in it.
 * Promise  the block given back last is taken first, so that a few blocks that are warm in the
 *          cache serve thousands of links.
 * Memory   at most `kept_max` free blocks are kept, the others go back to the allocator. The
 *          address sanitizer sees the use of a block that nobody has; with 0 kept, also of one
 *          that somebody else got since.
 */
#ifndef NET_BLOCK_H
#define NET_BLOCK_H

#include <stdint.h>

#include "base/attr.h"

enum {
	BLOCK_SIZE = 262144
};

struct block_pool {
	void *first; /* free blocks, each begins with the pointer to the next */
	unsigned kept;
	unsigned kept_max;
};

void block_pool_init(struct block_pool *pool, unsigned kept_max);
void block_pool_fini(struct block_pool *pool);
/* BLOCK_SIZE octets, not cleared; NULL when there is no memory. */
uint8_t *block_take(struct block_pool *pool) MUST_USE;
void block_give(struct block_pool *pool, uint8_t *block); /* NULL is fine */

#endif
