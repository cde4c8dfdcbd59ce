/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <stdint.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"

enum {
	CHUNK_SIZE_MIN = 4096,
	CHUNK_SIZE_MAX = 65536
};

struct arena_chunk {
	struct arena_chunk *older;
	size_t size; /* of `octets` */
	size_t used;
	_Alignas(16) uint8_t octets[];
};

void
arena_init(struct arena *arena, size_t budget)
{
	*arena = (struct arena){.budget = budget, .status = ST_OK};
}

static void
give_down_to(struct arena *arena, const struct arena_chunk *last)
{
	while (arena->newest != last) {
		struct arena_chunk *chunk = arena->newest;

		arena->newest = chunk->older;
		mem_give(chunk);
	}
}

void
arena_fini(struct arena *arena)
{
	give_down_to(arena, NULL);
	arena->used = 0;
}

void
arena_rewind(struct arena *arena)
{
	struct arena_chunk *oldest = arena->newest;

	while (oldest != NULL && oldest->older != NULL)
		oldest = oldest->older;
	give_down_to(arena, oldest);
	if (oldest != NULL)
		oldest->used = 0;
	arena->used = 0;
}

static struct arena_chunk *
chunk_add(struct arena *arena, size_t size_min)
{
	size_t size = arena->newest == NULL ? CHUNK_SIZE_MIN : arena->newest->size * 2;
	struct arena_chunk *chunk;

	if (size > CHUNK_SIZE_MAX)
		size = CHUNK_SIZE_MAX;
	if (size < size_min)
		size = size_min;
	chunk = mem_take(sizeof(*chunk) + size);
	if (chunk == NULL)
		return NULL;
	chunk->older = arena->newest;
	chunk->size = size;
	chunk->used = 0;
	arena->newest = chunk;
	return chunk;
}

void *
arena_take(struct arena *arena, size_t size, size_t alignment)
{
	struct arena_chunk *chunk = arena->newest;
	size_t start = 0;

	CHECK(alignment > 0 && alignment <= 16 && (alignment & (alignment - 1)) == 0);
	if (size > arena->budget - arena->used) {
		arena->status = ST_LIMIT;
		return NULL;
	}
	if (chunk != NULL)
		start = (chunk->used + alignment - 1) & ~(alignment - 1);
	if (chunk == NULL || start > chunk->size || size > chunk->size - start) {
		chunk = chunk_add(arena, size);
		start = 0;
	}
	if (chunk == NULL) {
		arena->status = ST_MEMORY;
		return NULL;
	}
	chunk->used = start + size;
	arena->used += size;
	return chunk->octets + start;
}

void *
arena_take_array(struct arena *arena, size_t count, size_t size)
{
	void *array;

	if (size != 0 && count > SIZE_MAX / size) {
		arena->status = ST_LIMIT;
		return NULL;
	}
	array = arena_take(arena, count * size, 16);
	if (array != NULL)
		memset(array, 0, count * size);
	return array;
}
