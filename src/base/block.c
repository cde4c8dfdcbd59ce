/* SPDX-License-Identifier: Apache-2.0 */
#include "base/block.h"

#include <string.h>

#include "base/mem.h"

#ifndef __has_feature
#define __has_feature(feature) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#endif

void
block_pool_init(struct block_pool *pool, size_t size, unsigned kept_max)
{
	*pool = (struct block_pool){.size = size, .kept_max = kept_max};
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
		return mem_take(pool->size);
	ASAN_UNPOISON_MEMORY_REGION(block, pool->size);
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
	ASAN_POISON_MEMORY_REGION(block, pool->size);
	pool->first = block;
	pool->kept++;
}
