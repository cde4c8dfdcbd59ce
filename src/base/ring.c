/* SPDX-License-Identifier: Apache-2.0 */
#include "base/ring.h"

#include <string.h>

#include "base/check.h"

void
ring_init(struct ring *ring, struct block_pool *pool, size_t capacity)
{
	CHECK(capacity <= pool->size);
	*ring = (struct ring){.pool = pool, .capacity = capacity};
}

void
ring_fini(struct ring *ring)
{
	ring_consume(ring, ring->size);
	ring_close(ring);
}

enum status
ring_open(struct ring *ring)
{
	if (ring->octets == NULL)
		ring->octets = block_take(ring->pool);
	return ring->octets == NULL ? ST_MEMORY : ST_OK;
}

void
ring_close(struct ring *ring)
{
	CHECK(ring->size == 0);
	block_give(ring->pool, ring->octets);
	ring->octets = NULL;
}

size_t
ring_write(struct ring *ring, struct bytes bytes)
{
	size_t taken = bytes.size < ring_room(ring) ? bytes.size : ring_room(ring);
	size_t end = ring->start + ring->size;
	size_t first;

	if (taken == 0)
		return 0;
	CHECK(ring->octets != NULL);
	if (end >= ring->capacity)
		end -= ring->capacity;
	first = taken < ring->capacity - end ? taken : ring->capacity - end;
	memcpy(ring->octets + end, bytes.data, first);
	memcpy(ring->octets, bytes.data + first, taken - first);
	ring->size += taken;
	return taken;
}

struct bytes
ring_front(const struct ring *ring, size_t size_max)
{
	size_t size = ring->capacity - ring->start;

	if (size > ring->size)
		size = ring->size;
	if (size > size_max)
		size = size_max;
	if (size == 0)
		return (struct bytes){NULL, 0};
	return (struct bytes){ring->octets + ring->start, size};
}

void
ring_consume(struct ring *ring, size_t size)
{
	CHECK(size <= ring->size);
	ring->start += size;
	if (ring->start >= ring->capacity)
		ring->start -= ring->capacity;
	ring->size -= size;
	/* An empty ring starts over, so that what it touches stays small and in the cache. */
	if (ring->size == 0)
		ring->start = 0;
}

void
ring_retract(struct ring *ring, size_t size)
{
	CHECK(size <= ring->size);
	ring->size -= size;
}

size_t
ring_room(const struct ring *ring)
{
	return ring->capacity - ring->size;
}
