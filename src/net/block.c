/* SPDX-License-Identifier: Apache-2.0 */
#include "net/block.h"

#include <string.h>

#include "base/mem.h"

void
block_pool_init(struct block_pool *pool, unsigned kept_max)
{
	*pool = (struct block_pool){.kept_max = kept_max};
}

void
block_pool_fini(struct block_pool *pool)
{
	while (pool->first != NULL)
		mem_give(block_take(pool));
}

uint8_t *
block_take(struct block_pool *pool)
{
	uint8_t *block = pool->first;

	if (block == NULL)
		return mem_take(BLOCK_SIZE);
	memcpy(&pool->first, block, sizeof(pool->first));
	pool->kept--;
	return block;
}

void
block_give(struct block_pool *pool, uint8_t *block)
{
	if (block == NULL)
		return;
	if (pool->kept >= pool->kept_max) {
		mem_give(block);
		return;
	}
	memcpy(block, &pool->first, sizeof(pool->first));
	pool->first = block;
	pool->kept++;
}
