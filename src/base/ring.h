/* SPDX-License-Identifier: Apache-2.0
 *
 * base/ring: a fixed ring of octets for bodies in transit.
 *
 * Promise  octets leave in the order in which they came; nothing is ever overwritten.
 * Memory   one block of `capacity` octets, taken at init, freed by fini.
 * Limits   a full ring takes nothing: the writer is told how much was taken.
 */
#ifndef BASE_RING_H
#define BASE_RING_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "base/status.h"

struct ring {
	uint8_t *octets;
	size_t capacity;
	size_t start;
	size_t size;
};

enum status ring_init(struct ring *ring, size_t capacity) MUST_USE;
void ring_fini(struct ring *ring);

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
