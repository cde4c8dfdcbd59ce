/* SPDX-License-Identifier: Apache-2.0
 *
 * base/ring: a fixed ring of octets for bodies in transit.
 *
 * Promise  octets leave in the order in which they came; nothing is ever overwritten.
 * Memory   a block of a pool from open to close, so that several rings of which few hold
 *          something at a time need few blocks.
 * Limits   a full ring takes nothing: the writer is told how much was taken.
 */
#ifndef BASE_RING_H
#define BASE_RING_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/block.h"
#include "base/bytes.h"
#include "base/status.h"

struct ring {
	struct block_pool *pool;
	uint8_t *octets; /* NULL: closed */
	size_t capacity;
	size_t start;
	size_t size;
};

/* Closed. capacity <= pool->size; the pool is borrowed until fini. */
void ring_init(struct ring *ring, struct block_pool *pool, size_t capacity);
/* Closes it; what it holds is forgotten. */
void ring_fini(struct ring *ring);

/* Before the first write; nothing happens when it is open. ST_MEMORY: it stays closed. */
enum status ring_open(struct ring *ring) MUST_USE;
/* It is empty, and for a while nothing is to be written. */
void ring_close(struct ring *ring);

/* Copies as much of `bytes` as fits; returns how much that was. */
size_t ring_write(struct ring *ring, struct bytes bytes);
/* The oldest octets that lie together, at most `size_max`; borrowed until the next consume. */
struct bytes ring_front(const struct ring *ring, size_t size_max);
/* size <= content. */
void ring_consume(struct ring *ring, size_t size);
/* Takes the newest `size` octets back; size <= content. */
void ring_retract(struct ring *ring, size_t size);
size_t ring_room(const struct ring *ring);

#endif
