/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs are as long as they can be, which the readers demand where it shows: two neighbours that
 * would be one run are damage.
 */
#include "sync/ledger/block_private.h"

/* How the dst_uid of a run follow from its first. */
enum dst_kind {
	DST_STEP,  /* by one from entry to entry */
	DST_SHIFT, /* by what src_uid go on */
	DST_NONE,  /* none of them is known */
	DST_KIND_COUNT
};

/* A run's length and what goes with it in one number: kind below 4. */
static void
write_run(struct sync_pen *pen, size_t length, unsigned kind)
{
	sync_pen_number(pen, (uint64_t)(length - 1) << 2 | kind);
}

static void
read_run(struct sync_lens *lens, struct sync_block_column *column, size_t most)
{
	uint64_t number = sync_lens_number(lens, 0, (uint64_t)(most - 1) << 2 | 3);

	column->left = (size_t)(number >> 2) + 1;
	column->kind = (unsigned)number & 3;
}

/* What was read is kept when it is sound. */
static bool
keep(struct sync_block_column *column, const struct sync_lens *lens,
    const struct sync_block_column *read)
{
	if (lens->status != ST_OK)
		return false;
	*column = *read;
	column->rest = lens->rest;
	return true;
}

/* A run begins one UID behind the last at the first time, and later two at least. */
void
block_write_src(struct sync_pen *pen, const struct block_source *source)
{
	uint32_t last = 0;
	size_t end;

	for (size_t i = 0; i < source->count; i = end) {
		uint32_t first = source->entries[i].src_uid;

		for (end = i + 1; end < source->count; end++) {
			if (source->entries[end].src_uid - first != end - i)
				break;
		}
		sync_pen_number(pen, first - last - (i > 0 ? 2 : 1));
		sync_pen_number(pen, end - i - 1);
		last = source->entries[end - 1].src_uid;
	}
}

/* .value is the last UID that was read. */
bool
block_read_src_run(struct sync_block_column *column, size_t most)
{
	struct sync_lens lens = {column->rest, ST_OK};
	struct sync_block_column read = *column;
	uint64_t last = column->value;

	last += sync_lens_number(&lens, 0, UINT32_MAX) + (column->value > 0);
	read.left = (size_t)sync_lens_number(&lens, 0, most - 1) + 1;
	sync_lens_require(&lens, last + read.left <= UINT32_MAX);
	read.value = (uint32_t)last;
	return keep(column, &lens, &read);
}

bool
block_read_src(struct sync_block_column *column, size_t most, uint32_t *uid_out)
{
	if (column->left == 0 && !block_read_src_run(column, most))
		return false;
	column->left--;
	*uid_out = ++column->value;
	return true;
}

/* How many entries from the first on have no dst_uid. */
static size_t
none_length(const struct sync_entry *entries, size_t count)
{
	size_t length = 0;

	while (length < count && entries[length].dst_uid == 0)
		length++;
	return length;
}

static size_t
step_length(const struct sync_entry *entries, size_t count)
{
	size_t length = 1;

	while (
	    length < count && entries[length].dst_uid == (uint64_t)entries[0].dst_uid + length)
		length++;
	return length;
}

static size_t
shift_length(const struct sync_entry *entries, size_t count)
{
	int64_t shift = (int64_t)entries[0].dst_uid - entries[0].src_uid;
	size_t length = 1;

	while (length < count && entries[length].dst_uid > 0 &&
	    (int64_t)entries[length].dst_uid - entries[length].src_uid == shift)
		length++;
	return length;
}

/* Behind a run whose UIDs are known stands how far its first is from the one that would be next
 * after the last that is known. */
void
block_write_dst(struct sync_pen *pen, const struct block_source *source)
{
	int64_t last = 0;
	size_t length;

	for (size_t i = 0; i < source->count; i += length) {
		const struct sync_entry *entries = source->entries + i;
		size_t left = source->count - i;
		size_t shift_max;

		if (entries->dst_uid == 0) {
			length = none_length(entries, left);
			write_run(pen, length, DST_NONE);
			continue;
		}
		length = step_length(entries, left);
		shift_max = shift_length(entries, left);
		write_run(pen, shift_max > length ? shift_max : length,
		    shift_max > length ? DST_SHIFT : DST_STEP);
		length = shift_max > length ? shift_max : length;
		sync_pen_signed(pen, (int64_t)entries->dst_uid - last - 1);
		last = entries[length - 1].dst_uid;
	}
}

/* .value is the last UID that was read; .shift, what SHIFT adds to src_uid. */
static bool
read_dst_run(struct sync_block_column *column, size_t most, uint32_t src_uid)
{
	struct sync_lens lens = {column->rest, ST_OK};
	struct sync_block_column read = *column;
	bool is_like_before;
	uint64_t first;

	read_run(&lens, &read, most);
	is_like_before = column->has_begun && read.kind == column->kind;
	read.has_begun = true;
	sync_lens_require(&lens, read.kind < DST_KIND_COUNT);
	if (read.kind == DST_NONE) {
		sync_lens_require(&lens, !is_like_before);
		return keep(column, &lens, &read);
	}
	first = (uint64_t)sync_lens_signed(&lens) + column->value + 1;
	sync_lens_require(&lens, first >= 1 && first <= UINT32_MAX);
	read.shift = (int64_t)first - src_uid;
	read.value = (uint32_t)first - 1;
	if (read.kind == DST_STEP) {
		sync_lens_require(&lens, !is_like_before || read.value != column->value);
	} else {
		sync_lens_require(&lens, read.left > 1);
		sync_lens_require(&lens, !is_like_before || read.shift != column->shift);
	}
	return keep(column, &lens, &read);
}

bool
block_read_dst(
    struct sync_block_column *column, size_t most, uint32_t src_uid, uint32_t *uid_out)
{
	int64_t uid;

	if (column->left == 0 && !read_dst_run(column, most, src_uid))
		return false;
	column->left--;
	if (column->kind == DST_NONE) {
		*uid_out = 0;
		return true;
	}
	uid = column->kind == DST_STEP ? (int64_t)column->value + 1 : src_uid + column->shift;
	if (uid > UINT32_MAX)
		return false;
	column->value = (uint32_t)uid;
	*uid_out = column->value;
	return true;
}

void
block_write_state(struct sync_pen *pen, const struct block_source *source)
{
	size_t end;

	for (size_t i = 0; i < source->count; i = end) {
		enum sync_state state = source->entries[i].state;

		for (end = i + 1; end < source->count; end++) {
			if (source->entries[end].state != state)
				break;
		}
		write_run(pen, end - i, state);
	}
}

bool
block_read_state(struct sync_block_column *column, size_t most, enum sync_state *state_out)
{
	struct sync_lens lens = {column->rest, ST_OK};
	struct sync_block_column read = *column;

	if (column->left == 0) {
		read_run(&lens, &read, most);
		sync_lens_require(&lens, read.kind < SYNC_STATE_COUNT);
		sync_lens_require(&lens, !column->has_begun || read.kind != column->kind);
		read.has_begun = true;
		if (!keep(column, &lens, &read))
			return false;
	}
	column->left--;
	*state_out = (enum sync_state)column->kind;
	return true;
}

static uint16_t
base_number(const struct block_source *source, size_t index)
{
	return source->base_numbers[source->entries[index].base];
}

void
block_write_base_runs(struct sync_pen *pen, const struct block_source *source)
{
	size_t end;

	for (size_t i = 0; i < source->count; i = end) {
		uint16_t base = base_number(source, i);

		for (end = i + 1; end < source->count; end++) {
			if (base_number(source, end) != base)
				break;
		}
		sync_pen_number(pen, base);
		sync_pen_number(pen, end - i - 1);
	}
}

bool
block_read_base_run(struct sync_block_column *column, size_t most, uint16_t *base_out)
{
	struct sync_lens lens = {column->rest, ST_OK};
	struct sync_block_column read = *column;

	if (column->left == 0) {
		read.value = (uint32_t)sync_lens_number(&lens, 0, UINT16_MAX);
		read.left = (size_t)sync_lens_number(&lens, 0, most - 1) + 1;
		sync_lens_require(&lens, !column->has_begun || read.value != column->value);
		read.has_begun = true;
		if (!keep(column, &lens, &read))
			return false;
	}
	column->left--;
	*base_out = (uint16_t)column->value;
	return true;
}

unsigned
block_base_width(size_t base_count)
{
	unsigned width = 0;

	while ((size_t)1 << width < base_count)
		width++;
	return width;
}

size_t
block_packed_size(size_t count, size_t base_count)
{
	return (count * block_base_width(base_count) + 7) / 8;
}

/* The lowest bit of an index comes first, in the lowest bit that an octet has free. */
void
block_write_base_packed(struct sync_pen *pen, const struct block_source *source)
{
	unsigned width = block_base_width(source->base_count);
	unsigned waiting = 0;
	uint32_t bits = 0;

	for (size_t i = 0; i < source->count; i++) {
		bits |= (uint32_t)base_number(source, i) << waiting;
		for (waiting += width; waiting >= 8; waiting -= 8) {
			sync_pen_octet(pen, (uint8_t)bits);
			bits >>= 8;
		}
	}
	if (waiting > 0)
		sync_pen_octet(pen, (uint8_t)bits);
}

uint16_t
block_read_base_packed(const struct sync_block_column *column, size_t index, size_t base_count)
{
	unsigned width = block_base_width(base_count);
	size_t first = index * width;
	uint32_t bits = 0;

	/* An index below 2^12 lies in three octets at the most. */
	for (size_t i = 0; i < 3 && first / 8 + i < column->rest.size; i++)
		bits |= (uint32_t)column->rest.data[first / 8 + i] << (8 * i);
	return (uint16_t)(bits >> (first % 8) & ((1U << width) - 1));
}
