/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bytes.h"

#include <string.h>

#include "base/arena.h"
#include "base/check.h"

static uint8_t
lower(uint8_t octet)
{
	return octet >= 'A' && octet <= 'Z' ? (uint8_t)(octet | 0x20) : octet;
}

struct bytes
bytes_of(const void *data, size_t size)
{
	CHECK(data != NULL || size == 0);
	return (struct bytes){data, size};
}

struct bytes
bytes_of_string(const char *string)
{
	return (struct bytes){(const uint8_t *)string, strlen(string)};
}

bool
bytes_equal(struct bytes a, struct bytes b)
{
	return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

bool
bytes_equal_nocase(struct bytes a, struct bytes b)
{
	if (a.size != b.size)
		return false;
	for (size_t i = 0; i < a.size; i++) {
		if (lower(a.data[i]) != lower(b.data[i]))
			return false;
	}
	return true;
}

bool
bytes_start_with(struct bytes b, struct bytes prefix)
{
	return b.size >= prefix.size && bytes_equal(bytes_first(b, prefix.size), prefix);
}

bool
bytes_start_with_nocase(struct bytes b, struct bytes prefix)
{
	return b.size >= prefix.size && bytes_equal_nocase(bytes_first(b, prefix.size), prefix);
}

int
bytes_compare(struct bytes a, struct bytes b)
{
	size_t common = a.size < b.size ? a.size : b.size;
	int order = common == 0 ? 0 : memcmp(a.data, b.data, common);

	if (order != 0)
		return order;
	return a.size < b.size ? -1 : a.size > b.size;
}

size_t
bytes_find(struct bytes b, uint8_t octet, size_t from)
{
	const uint8_t *found;

	if (from >= b.size)
		return b.size;
	found = memchr(b.data + from, octet, b.size - from);
	return found == NULL ? b.size : (size_t)(found - b.data);
}

size_t
bytes_find_bytes(struct bytes b, struct bytes what)
{
	const uint8_t *found;

	if (what.size == 0)
		return 0;
	if (what.size > b.size)
		return b.size;
	found = memmem(b.data, b.size, what.data, what.size);
	return found == NULL ? b.size : (size_t)(found - b.data);
}

struct bytes
bytes_skip(struct bytes b, size_t n)
{
	if (n >= b.size)
		return (struct bytes){NULL, 0};
	return (struct bytes){b.data + n, b.size - n};
}

struct bytes
bytes_first(struct bytes b, size_t n)
{
	return n >= b.size ? b : (struct bytes){b.data, n};
}

enum status
bytes_number(struct bytes b, uint64_t max, uint64_t *number_out)
{
	uint64_t number = 0;

	if (b.size == 0)
		return ST_SYNTAX;
	for (size_t i = 0; i < b.size; i++) {
		if (b.data[i] < '0' || b.data[i] > '9')
			return ST_SYNTAX;
	}
	if (b.size > 20)
		return ST_LIMIT;
	for (size_t i = 0; i < b.size; i++) {
		uint64_t digit = (uint64_t)(b.data[i] - '0');

		if (number > (UINT64_MAX - digit) / 10)
			return ST_LIMIT;
		number = number * 10 + digit;
	}
	if (number > max)
		return ST_LIMIT;
	*number_out = number;
	return ST_OK;
}

enum status
bytes_copy(struct bytes b, struct arena *arena, struct bytes *copy_out)
{
	uint8_t *copy = arena_take(arena, b.size + 1, 1);

	if (copy == NULL)
		return arena_status(arena);
	if (b.size > 0)
		memcpy(copy, b.data, b.size);
	copy[b.size] = 0;
	*copy_out = (struct bytes){copy, b.size};
	return ST_OK;
}
