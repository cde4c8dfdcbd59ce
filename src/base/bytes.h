/* SPDX-License-Identifier: Apache-2.0
 *
 * base/bytes: the borrowed slice, a pointer and a length.
 *
 * Promise  never NUL-terminated by contract; may hold any octet.
 * Memory   always borrowed. Who keeps one longer than its owner promised copies it
 *          (bytes_copy).
 */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/status.h"

struct arena;

struct bytes {
	const uint8_t *data; /* may be NULL when size is 0 */
	size_t size;         /* octets */
};

/* A slice over a string literal, without its NUL. */
#define BYTES(literal) ((struct bytes){(const uint8_t *)("" literal), sizeof(literal) - 1})

struct bytes bytes_of(const void *data, size_t size);
struct bytes bytes_of_string(const char *string);

bool bytes_equal(struct bytes a, struct bytes b);
/* ASCII letters compare without case; everything else octet by octet. */
bool bytes_equal_nocase(struct bytes a, struct bytes b);
bool bytes_start_with(struct bytes b, struct bytes prefix);
bool bytes_start_with_nocase(struct bytes b, struct bytes prefix);
/* <0, 0, >0 as memcmp; a prefix sorts first. */
int bytes_compare(struct bytes a, struct bytes b);

/* The first `octet` at or after `from`, or b.size when there is none. */
size_t bytes_find(struct bytes b, uint8_t octet, size_t from);
/* The first place of `what`, or b.size when there is none. An empty `what` is at 0. */
size_t bytes_find_bytes(struct bytes b, struct bytes what);
/* b without its first n octets (n > size gives the empty slice). */
struct bytes bytes_skip(struct bytes b, size_t n);
/* The first n octets of b (n > size gives b). */
struct bytes bytes_first(struct bytes b, size_t n);

/* A decimal number without sign, 1 to 20 digits, at most `max`; ST_SYNTAX or ST_LIMIT. */
enum status bytes_number(struct bytes b, uint64_t max, uint64_t *number_out) MUST_USE;

/* The copy lives in `arena` and has a NUL behind it that its size does not count. */
enum status bytes_copy(struct bytes b, struct arena *arena, struct bytes *copy_out) MUST_USE;

#endif
