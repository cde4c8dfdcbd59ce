/* SPDX-License-Identifier: Apache-2.0 */
#include "base/range.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"

void
range_set_init(struct range_set *set, size_t range_count_max)
{
	*set = (struct range_set){.range_count_max = range_count_max};
}

void
range_set_fini(struct range_set *set)
{
	mem_give(set->ranges);
	*set = (struct range_set){.range_count_max = set->range_count_max};
}

void
range_set_clear(struct range_set *set)
{
	set->count = 0;
}

/* The first range that ends at `number` or above; count if there is none. */
static size_t
position_of(const struct range_set *set, uint32_t number)
{
	size_t low = 0;
	size_t high = set->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (set->ranges[middle].last < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static enum status
grow(struct range_set *set)
{
	size_t capacity = set->capacity == 0 ? 4 : set->capacity * 2;
	struct range *ranges;

	if (set->count == set->range_count_max)
		return ST_LIMIT;
	if (set->count < set->capacity)
		return ST_OK;
	if (capacity > set->range_count_max)
		capacity = set->range_count_max;
	ranges = mem_resize(set->ranges, capacity * sizeof(*ranges));
	if (ranges == NULL)
		return ST_MEMORY;
	set->ranges = ranges;
	set->capacity = capacity;
	return ST_OK;
}

enum status
range_set_add(struct range_set *set, uint32_t first, uint32_t last)
{
	size_t begin, end;

	CHECK(first >= 1 && first <= last);
	/* [begin, end) are the ranges that overlap or touch the new one. */
	begin = position_of(set, first - 1 == 0 ? 1 : first - 1);
	for (end = begin; end < set->count; end++) {
		if (last != UINT32_MAX && set->ranges[end].first > last + 1)
			break;
	}
	if (begin == end) {
		enum status status = grow(set);

		if (status != ST_OK)
			return status;
		memmove(set->ranges + begin + 1, set->ranges + begin,
		    (set->count - begin) * sizeof(*set->ranges));
		set->ranges[begin] = (struct range){first, last};
		set->count++;
		return ST_OK;
	}
	if (set->ranges[begin].first > first)
		set->ranges[begin].first = first;
	if (set->ranges[end - 1].last > last)
		last = set->ranges[end - 1].last;
	set->ranges[begin].last = last;
	memmove(set->ranges + begin + 1, set->ranges + end,
	    (set->count - end) * sizeof(*set->ranges));
	set->count -= end - begin - 1;
	return ST_OK;
}

bool
range_set_has(const struct range_set *set, uint32_t number)
{
	size_t position = position_of(set, number);

	return position < set->count && set->ranges[position].first <= number;
}

uint64_t
range_set_size(const struct range_set *set)
{
	uint64_t size = 0;

	for (size_t i = 0; i < set->count; i++)
		size += (uint64_t)set->ranges[i].last - set->ranges[i].first + 1;
	return size;
}

uint32_t
range_set_get(const struct range_set *set, uint64_t n)
{
	size_t i = 0;

	for (;;) {
		uint64_t size;

		CHECK(i < set->count);
		size = (uint64_t)set->ranges[i].last - set->ranges[i].first + 1;
		if (n < size)
			return set->ranges[i].first + (uint32_t)n;
		n -= size;
		i++;
	}
}

enum status
range_set_window(const struct range_set *set, uint64_t from, uint64_t count_max,
    struct range_set *window, uint64_t *end_out)
{
	size_t i = from > UINT32_MAX ? set->count : position_of(set, (uint32_t)from);
	uint64_t end = from;

	for (; i < set->count && count_max > 0; i++) {
		uint64_t first = set->ranges[i].first;
		uint64_t last = set->ranges[i].last;
		enum status status;

		if (first < from)
			first = from;
		if (last - first >= count_max)
			last = first + count_max - 1;
		status = range_set_add(window, (uint32_t)first, (uint32_t)last);
		if (status != ST_OK)
			return status;
		count_max -= last - first + 1;
		end = last + 1;
	}
	*end_out = end;
	return ST_OK;
}

enum status
range_set_window_below(const struct range_set *set, uint64_t below, uint64_t count_max,
    struct range_set *window, uint64_t *first_out)
{
	uint64_t left = count_max;
	uint64_t begin = below;
	uint64_t end;
	enum status status;

	for (size_t i = set->count; i > 0 && left > 0; i--) {
		uint64_t first = set->ranges[i - 1].first;
		uint64_t after = (uint64_t)set->ranges[i - 1].last + 1;

		if (after > below)
			after = below;
		if (first >= after)
			continue;
		if (after - first > left)
			first = after - left;
		left -= after - first;
		begin = first;
	}
	status = range_set_window(set, begin, count_max - left, window, &end);
	if (status == ST_OK)
		*first_out = begin;
	return status;
}

uint64_t
range_set_count(const struct range_set *set, uint64_t from, uint64_t end)
{
	uint64_t count = 0;

	for (size_t i = 0; i < set->count; i++) {
		uint64_t first = set->ranges[i].first;
		uint64_t after = (uint64_t)set->ranges[i].last + 1;

		if (first < from)
			first = from;
		if (after > end)
			after = end;
		if (first < after)
			count += after - first;
	}
	return count;
}
