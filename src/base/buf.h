/* SPDX-License-Identifier: Apache-2.0
 *
 * base/buf: a growable queue of octets: append at the end, consume from the front.
 *
 * Promise  contiguous. Growing and consuming move octets: a slice from buf_bytes is borrowed
 *          until the next append or consume.
 * Memory   owned; freed by buf_fini, and shrunk to nothing when it runs empty above 64 KiB.
 * Limits   `size_max` fixed at init: an append beyond it is ST_LIMIT and appends nothing.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "base/status.h"

struct buf {
	uint8_t *octets;
	size_t start; /* consumed octets before the content */
	size_t size;
	size_t capacity;
	size_t size_max;
};

void buf_init(struct buf *buf, size_t size_max);
void buf_fini(struct buf *buf);

enum status buf_append(struct buf *buf, struct bytes bytes) MUST_USE;
/* printf into the buffer; the result must stay below 1 KiB. */
enum status buf_print(struct buf *buf, const char *format, ...) MUST_USE PRINTF_LIKE(2, 3);

/* Room for at least `size` octets at the end, to be filled and then declared by buf_added. */
enum status buf_reserve(struct buf *buf, size_t size, uint8_t **room_out) MUST_USE;
void buf_added(struct buf *buf, size_t size);

struct bytes buf_bytes(const struct buf *buf);
/* size <= content. */
void buf_consume(struct buf *buf, size_t size);
/* Cuts the content to its first `size` octets. */
void buf_truncate(struct buf *buf, size_t size);
void buf_clear(struct buf *buf);
/* How many octets an append may still bring. */
size_t buf_room(const struct buf *buf);

#endif
