/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"

enum {
	CAPACITY_MIN = 256,
	CAPACITY_KEPT = 65536,
	PRINT_SIZE = 1024
};

void
buf_init(struct buf *buf, size_t size_max)
{
	*buf = (struct buf){.size_max = size_max};
}

void
buf_fini(struct buf *buf)
{
	mem_give(buf->octets);
	*buf = (struct buf){.size_max = buf->size_max};
}

static enum status
grow(struct buf *buf, size_t needed)
{
	size_t capacity = buf->capacity < CAPACITY_MIN ? CAPACITY_MIN : buf->capacity;
	uint8_t *octets;

	while (capacity < needed)
		capacity *= 2;
	octets = mem_resize(buf->octets, capacity);
	if (octets == NULL)
		return ST_MEMORY;
	buf->octets = octets;
	buf->capacity = capacity;
	return ST_OK;
}

enum status
buf_reserve(struct buf *buf, size_t size, uint8_t **room_out)
{
	enum status status = ST_OK;

	if (size > buf_room(buf))
		return ST_LIMIT;
	if (buf->start + buf->size + size > buf->capacity && buf->start > 0) {
		memmove(buf->octets, buf->octets + buf->start, buf->size);
		buf->start = 0;
	}
	if (buf->size + size > buf->capacity)
		status = grow(buf, buf->size + size);
	if (status == ST_OK)
		*room_out = buf->octets == NULL ? NULL : buf->octets + buf->start + buf->size;
	return status;
}

void
buf_added(struct buf *buf, size_t size)
{
	CHECK(buf->start + buf->size + size <= buf->capacity);
	buf->size += size;
}

enum status
buf_append(struct buf *buf, struct bytes bytes)
{
	uint8_t *room = NULL;
	enum status status = buf_reserve(buf, bytes.size, &room);

	if (status != ST_OK)
		return status;
	if (bytes.size > 0) {
		CHECK(room != NULL);
		memcpy(room, bytes.data, bytes.size);
	}
	buf_added(buf, bytes.size);
	return ST_OK;
}

enum status
buf_print(struct buf *buf, const char *format, ...)
{
	char text[PRINT_SIZE];
	va_list arguments;
	int size;

	va_start(arguments, format);
	size = vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	CHECK(size >= 0 && size < PRINT_SIZE);
	return buf_append(buf, bytes_of(text, (size_t)size));
}

struct bytes
buf_bytes(const struct buf *buf)
{
	if (buf->size == 0)
		return (struct bytes){NULL, 0};
	return (struct bytes){buf->octets + buf->start, buf->size};
}

void
buf_consume(struct buf *buf, size_t size)
{
	CHECK(size <= buf->size);
	buf->start += size;
	buf->size -= size;
	if (buf->size > 0)
		return;
	buf->start = 0;
	if (buf->capacity > CAPACITY_KEPT)
		buf_fini(buf);
}

void
buf_truncate(struct buf *buf, size_t size)
{
	CHECK(size <= buf->size);
	buf->size = size;
}

void
buf_clear(struct buf *buf)
{
	buf_consume(buf, buf->size);
}

size_t
buf_room(const struct buf *buf)
{
	return buf->size_max - buf->size;
}
