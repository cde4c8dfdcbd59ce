/* SPDX-License-Identifier: Apache-2.0
 *
 * base/range: an ordered set of 32-bit numbers, kept as disjoint ranges.
 *
 * Place    UID sets. 0 is not a member of any set.
 * Promise  ranges are ascending and never touch: 1:3 and 4:5 are one range.
 * Memory   an array of 8 octets a range, owned; freed by fini.
 * Limits   `range_count_max` fixed at init: ST_LIMIT, and the set stays as it was.
 */
#ifndef BASE_RANGE_H
#define BASE_RANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/status.h"

struct range {
	uint32_t first;
	uint32_t last; /* inclusive, >= first */
};

struct range_set {
	struct range *ranges;
	size_t count;
	size_t capacity;
	size_t range_count_max;
};

void range_set_init(struct range_set *set, size_t range_count_max);
void range_set_fini(struct range_set *set);
void range_set_clear(struct range_set *set);

/* 1 <= first <= last. Appending in ascending order is O(1). */
enum status range_set_add(struct range_set *set, uint32_t first, uint32_t last) MUST_USE;
bool range_set_has(const struct range_set *set, uint32_t number);
/* How many numbers, not ranges. */
uint64_t range_set_size(const struct range_set *set);
/* The n-th member, counted from 0 in ascending order; n < size. */
uint32_t range_set_get(const struct range_set *set, uint64_t n);

/* Adds to `window` the first `count_max` members of `set` that are not below `from`; end_out is
 * the number after the last one added, or `from` when there was none. */
enum status range_set_window(const struct range_set *set, uint64_t from, uint64_t count_max,
    struct range_set *window, uint64_t *end_out) MUST_USE;
/* The same from the other end: the last `count_max` members of `set` below `below`; first_out
 * is the least one added, or `below` when there was none. */
enum status range_set_window_below(const struct range_set *set, uint64_t below,
    uint64_t count_max, struct range_set *window, uint64_t *first_out) MUST_USE;
/* How many members are at least `from` and below `end`. */
uint64_t range_set_count(const struct range_set *set, uint64_t from, uint64_t end);

#endif
