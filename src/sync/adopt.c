/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/adopt.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"

enum {
	CAPACITY_MIN = 64,
	LARGER_BY_MAX = 200,
	LARGER_PER_CENT = 2
};

/* A value of adopt_row.src_size: only digests decide. */
static const uint32_t several_sizes = UINT32_MAX;

/* The bit of adopt_row.size that says taken; sizes are cut below it. */
static const uint32_t taken = 1U << 31;

void
adopt_table_init(struct adopt_table *table)
{
	*table = (struct adopt_table){0};
}

void
adopt_table_fini(struct adopt_table *table)
{
	mem_give(table->rows);
	*table = (struct adopt_table){0};
}

static uint32_t
fingerprint_of(const struct identity *identity)
{
	return (uint32_t)(digest_prefix(&identity->digest) >> 32);
}

/* Sizes of 2 GiB and more look alike; what matters of them is then decided by digest. */
static uint32_t
cut_size(uint64_t size)
{
	return size < taken ? (uint32_t)size : taken - 1;
}

enum status
adopt_table_add(
    struct adopt_table *table, struct uid uid, const struct identity *identity, uint64_t size)
{
	CHECK(!table->is_sealed);
	if (table->count == table->capacity) {
		size_t capacity =
		    table->capacity == 0 ? CAPACITY_MIN : table->capacity + table->capacity / 2;
		struct adopt_row *rows = mem_resize(table->rows, capacity * sizeof(*rows));

		if (rows == NULL)
			return ST_MEMORY;
		table->rows = rows;
		table->capacity = capacity;
	}
	table->rows[table->count++] = (struct adopt_row){
	    .fingerprint = fingerprint_of(identity),
	    .uid = uid.number,
	    .size = cut_size(size),
	};
	return ST_OK;
}

static bool
is_before(const struct adopt_row *a, const struct adopt_row *b)
{
	return a->fingerprint != b->fingerprint ? a->fingerprint < b->fingerprint
						: a->uid < b->uid;
}

static void
sift_down(struct adopt_row *rows, size_t root, size_t count)
{
	for (;;) {
		size_t child = 2 * root + 1;
		struct adopt_row row;

		if (child >= count)
			return;
		if (child + 1 < count && is_before(&rows[child], &rows[child + 1]))
			child++;
		if (!is_before(&rows[root], &rows[child]))
			return;
		row = rows[root];
		rows[root] = rows[child];
		rows[child] = row;
		root = child;
	}
}

/* Heap sort: in place, without recursion, and no worse on hostile input. */
void
adopt_table_seal(struct adopt_table *table)
{
	for (size_t i = table->count / 2; i > 0; i--)
		sift_down(table->rows, i - 1, table->count);
	for (size_t end = table->count; end > 1; end--) {
		struct adopt_row row = table->rows[0];

		table->rows[0] = table->rows[end - 1];
		table->rows[end - 1] = row;
		sift_down(table->rows, 0, end - 1);
	}
	table->is_sealed = true;
}

/* The first row with that fingerprint; count when there is none. */
static size_t
find(const struct adopt_table *table, uint32_t fingerprint)
{
	size_t low = 0;
	size_t high = table->count;

	CHECK(table->is_sealed);
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (table->rows[middle].fingerprint < fingerprint)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < table->count && table->rows[low].fingerprint == fingerprint)
		return low;
	return table->count;
}

static bool
is_of(const struct adopt_table *table, size_t position, uint32_t fingerprint)
{
	return position < table->count && table->rows[position].fingerprint == fingerprint;
}

static bool
is_taken(const struct adopt_row *row)
{
	return (row->size & taken) != 0;
}

void
adopt_table_note(struct adopt_table *table, const struct identity *identity, uint64_t size)
{
	size_t first = find(table, fingerprint_of(identity));
	uint32_t *src_size;

	if (first == table->count)
		return;
	src_size = &table->rows[first].src_size;
	if (size == 0 || size >= taken || (!identity->has_message_id && !identity->has_date) ||
	    (*src_size != 0 && *src_size != size))
		*src_size = several_sizes;
	else
		*src_size = (uint32_t)size;
}

/* Whether a copy of `dst` octets may be a message of `src` octets to which a header was
 * added. */
static bool
is_close(uint32_t src, uint32_t dst)
{
	uint32_t by = src / 100 * LARGER_PER_CENT;

	if (by < LARGER_BY_MAX)
		by = LARGER_BY_MAX;
	return dst >= src && dst - src <= by;
}

enum adopt_verdict
adopt_table_propose(struct adopt_table *table, const struct identity *identity, uint64_t size,
    struct uid *uid_out)
{
	uint32_t fingerprint = fingerprint_of(identity);
	size_t first = find(table, fingerprint);
	bool is_certain = first < table->count && table->rows[first].src_size != several_sizes;
	struct uid uid = {0};

	for (size_t i = first; is_of(table, i, fingerprint); i++) {
		const struct adopt_row *row = &table->rows[i];
		uint32_t dst_size = row->size & ~taken;

		if (dst_size != (table->rows[first].size & ~taken) ||
		    !is_close(cut_size(size), dst_size))
			is_certain = false;
		if (uid.number == 0 && !is_taken(row))
			uid.number = row->uid;
	}
	if (uid.number == 0)
		return ADOPT_NEW;
	if (!is_certain)
		return ADOPT_DIGEST;
	*uid_out = uid;
	return ADOPT_EQUAL;
}

bool
adopt_table_candidate(const struct adopt_table *table, const struct identity *identity,
    size_t *position, struct uid *uid_out)
{
	uint32_t fingerprint = fingerprint_of(identity);
	size_t first = find(table, fingerprint);

	for (; is_of(table, first + *position, fingerprint); (*position)++) {
		const struct adopt_row *row = &table->rows[first + *position];

		if (is_taken(row))
			continue;
		(*position)++;
		uid_out->number = row->uid;
		return true;
	}
	return false;
}

static struct adopt_row *
find_row(struct adopt_table *table, const struct identity *identity, struct uid uid)
{
	uint32_t fingerprint = fingerprint_of(identity);
	size_t i = find(table, fingerprint);

	while (is_of(table, i, fingerprint) && table->rows[i].uid != uid.number)
		i++;
	return is_of(table, i, fingerprint) ? &table->rows[i] : NULL;
}

bool
adopt_table_take(struct adopt_table *table, const struct identity *identity, struct uid uid)
{
	struct adopt_row *row = find_row(table, identity, uid);

	if (row == NULL || is_taken(row))
		return false;
	row->size |= taken;
	return true;
}

void
adopt_table_give(struct adopt_table *table, const struct identity *identity, struct uid uid)
{
	struct adopt_row *row = find_row(table, identity, uid);

	CHECK(row != NULL && is_taken(row));
	row->size &= ~taken;
}
