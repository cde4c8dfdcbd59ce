/* SPDX-License-Identifier: Apache-2.0
 *
 * A block: head, bases, columns. The head holds the sizes of the columns whose sizes do not
 * follow from it, so that all six can be read side by side (docs/ledger.md).
 */
#include "sync/ledger/block.h"

#include "base/check.h"
#include "base/mem.h"
#include "sync/ledger/block_private.h"

enum {
	WORD_SIZE = 4,
	NOT_NAMED = UINT16_MAX
};

/* The bases that are kept, numbered in the order in which entries name them. */
struct naming {
	uint16_t *numbers; /* by index; NOT_NAMED */
	uint16_t *indexes; /* by number */
	size_t count;
};

static bool
are_sound(const struct sync_entry *entries, size_t count, size_t base_count)
{
	uint32_t last = 0;

	for (size_t i = 0; i < count; i++) {
		if (entries[i].src_uid <= last || entries[i].state >= SYNC_STATE_COUNT ||
		    entries[i].base >= base_count)
			return false;
		last = entries[i].src_uid;
	}
	return true;
}

/* There are fewer entries than NOT_NAMED, so that no number is that. */
static void
name(struct naming *naming, const struct sync_entry *entries, size_t count, size_t base_count)
{
	for (size_t i = 0; i < base_count; i++)
		naming->numbers[i] = NOT_NAMED;
	for (size_t i = 0; i < count; i++) {
		uint16_t *number = &naming->numbers[entries[i].base];

		if (*number != NOT_NAMED)
			continue;
		naming->indexes[naming->count] = entries[i].base;
		*number = (uint16_t)naming->count++;
	}
}

static void
write_metas(struct sync_pen *pen, const struct block_source *source)
{
	for (size_t i = 0; i < source->count; i++)
		sync_pen_word(pen, source->entries[i].meta);
}

static void
write_headers(struct sync_pen *pen, const struct block_source *source)
{
	for (size_t i = 0; i < source->count; i++)
		sync_pen_word(pen, source->entries[i].header);
}

static size_t
measure(void (*write)(struct sync_pen *pen, const struct block_source *source),
    const struct block_source *source)
{
	struct sync_pen pen;

	sync_pen_measure(&pen);
	write(&pen, source);
	return pen.size;
}

static uint8_t
choose_forms(const struct block_source *source)
{
	uint32_t meta = 0, header = 0;
	unsigned forms = 0;

	for (size_t i = 0; i < source->count; i++) {
		meta |= source->entries[i].meta;
		header |= source->entries[i].header;
	}
	if (meta != 0)
		forms |= BLOCK_FORM_META;
	if (header != 0)
		forms |= BLOCK_FORM_HEADER;
	if (measure(block_write_base_runs, source) <
	    block_packed_size(source->count, source->base_count))
		forms |= BLOCK_FORM_BASE_RUNS;
	return (uint8_t)forms;
}

static void
write_content(struct sync_pen *pen, const struct block_source *source,
    const struct sync_base *bases, const struct naming *naming)
{
	uint8_t forms = choose_forms(source);

	sync_pen_octet(pen, forms);
	sync_pen_number(pen, source->count);
	sync_pen_number(pen, source->base_count);
	sync_pen_number(pen, measure(block_write_src, source));
	sync_pen_number(pen, measure(block_write_dst, source));
	sync_pen_number(pen, measure(block_write_state, source));
	if ((forms & BLOCK_FORM_BASE_RUNS) != 0)
		sync_pen_number(pen, measure(block_write_base_runs, source));
	for (size_t i = 0; i < naming->count && pen->status == ST_OK; i++)
		sync_pen_base(pen, &bases[naming->indexes[i]]);
	block_write_src(pen, source);
	block_write_dst(pen, source);
	block_write_state(pen, source);
	if ((forms & BLOCK_FORM_BASE_RUNS) != 0)
		block_write_base_runs(pen, source);
	else
		block_write_base_packed(pen, source);
	if ((forms & BLOCK_FORM_META) != 0)
		write_metas(pen, source);
	if ((forms & BLOCK_FORM_HEADER) != 0)
		write_headers(pen, source);
}

enum status
sync_block_encode(const struct sync_entry *entries, size_t count, const struct sync_base *bases,
    size_t base_count, struct buf *buf)
{
	struct block_source source = {.entries = entries, .count = count};
	struct naming naming = {0};
	struct sync_pen pen;
	enum status status;

	if (count > SYNC_BLOCK_ENTRIES_MAX)
		return ST_LIMIT;
	if (count == 0 || !are_sound(entries, count, base_count))
		return ST_SYNTAX;
	/* No entry can name more. */
	if (base_count > BLOCK_BASES_MAX)
		base_count = BLOCK_BASES_MAX;
	naming.numbers = mem_take((base_count + count) * sizeof(*naming.numbers));
	if (naming.numbers == NULL)
		return ST_MEMORY;
	naming.indexes = naming.numbers + base_count;
	name(&naming, entries, count, base_count);
	source.base_numbers = naming.numbers;
	source.base_count = naming.count;
	sync_pen_begin(&pen, buf, SYNC_BLOCK_VERSION, SYNC_LETTER_BLOCK);
	write_content(&pen, &source, bases, &naming);
	status = sync_pen_end(&pen);
	mem_give(naming.numbers);
	return status;
}

/* Goes over the bases: where they end is said nowhere. */
static struct bytes
read_bases(struct sync_lens *lens, size_t count)
{
	struct bytes bases = lens->rest;

	for (size_t i = 0; i < count && lens->status == ST_OK; i++)
		(void)sync_lens_base(lens);
	return bytes_first(bases, bases.size - lens->rest.size);
}

/* Goes over the runs of src_uid, which must be those of all entries. */
static void
check_src(struct sync_lens *lens, struct sync_block_reader *reader)
{
	struct sync_block_column column = reader->src;
	size_t most = reader->count;

	while (most > 0) {
		if (!block_read_src_run(&column, most)) {
			sync_lens_require(lens, false);
			return;
		}
		if (most == reader->count)
			reader->src_uid_first = column.value + 1;
		most -= column.left;
		column.value += (uint32_t)column.left;
	}
	reader->src_uid_last = column.value;
	sync_lens_require(lens, column.rest.size == 0);
}

/* What stands behind the last index is zero. */
static void
check_packed(struct sync_lens *lens, const struct sync_block_reader *reader)
{
	unsigned used = (unsigned)(reader->count * block_base_width(reader->base_count) % 8);
	struct bytes octets = reader->base.rest;

	if (octets.size > 0 && used > 0)
		sync_lens_require(lens, octets.data[octets.size - 1] >> used == 0);
}

static void
read_columns(struct sync_lens *lens, struct sync_block_reader *reader)
{
	bool has_runs = (reader->forms & BLOCK_FORM_BASE_RUNS) != 0;
	bool has_meta = (reader->forms & BLOCK_FORM_META) != 0;
	bool has_header = (reader->forms & BLOCK_FORM_HEADER) != 0;
	size_t packed_size = block_packed_size(reader->count, reader->base_count);
	size_t src_size = (size_t)sync_lens_number(lens, 2, lens->rest.size);
	size_t dst_size = (size_t)sync_lens_number(lens, 1, lens->rest.size);
	size_t state_size = (size_t)sync_lens_number(lens, 1, lens->rest.size);
	size_t base_size = packed_size;

	if (has_runs) {
		base_size = (size_t)sync_lens_number(lens, 1, lens->rest.size);
		sync_lens_require(lens, base_size < packed_size);
	}
	reader->bases = read_bases(lens, reader->base_count);
	reader->bases_rest = reader->bases;
	reader->src.rest = sync_lens_octets(lens, src_size);
	reader->dst.rest = sync_lens_octets(lens, dst_size);
	reader->state.rest = sync_lens_octets(lens, state_size);
	reader->base.rest = sync_lens_octets(lens, base_size);
	reader->meta.rest = sync_lens_octets(lens, has_meta ? reader->count * WORD_SIZE : 0);
	reader->header.rest =
	    sync_lens_octets(lens, has_header ? reader->count * WORD_SIZE : 0);
	if (!has_runs)
		check_packed(lens, reader);
}

enum status
sync_block_open(struct bytes octets, struct sync_block_reader *reader_out)
{
	struct sync_block_reader reader = {0};
	struct sync_lens lens;
	enum status status;

	sync_lens_open(&lens, octets, SYNC_BLOCK_VERSION);
	sync_lens_require(&lens, sync_lens_octet(&lens) == SYNC_LETTER_BLOCK);
	reader.forms = sync_lens_octet(&lens);
	sync_lens_require(&lens, reader.forms <= BLOCK_FORM_ALL);
	reader.count = (size_t)sync_lens_number(&lens, 1, SYNC_BLOCK_ENTRIES_MAX);
	reader.base_count = (size_t)sync_lens_number(&lens, 1, reader.count);
	read_columns(&lens, &reader);
	status = sync_lens_close(&lens);
	if (status != ST_OK)
		return status;
	check_src(&lens, &reader);
	if (lens.status == ST_OK)
		*reader_out = reader;
	return lens.status;
}

/* A fingerprint, 0 where there is no column. .value gathers the bits of all. */
static uint32_t
read_word(struct sync_block_column *column)
{
	struct sync_lens lens = {column->rest, ST_OK};
	uint32_t word = 0;

	if (column->rest.size > 0)
		word = sync_lens_word(&lens);
	column->rest = lens.rest;
	column->value |= word;
	return word;
}

/* A base that was not named yet is the next that is named. */
static bool
read_base(struct sync_block_reader *reader, size_t most, uint16_t *base_out)
{
	if ((reader->forms & BLOCK_FORM_BASE_RUNS) == 0)
		*base_out =
		    block_read_base_packed(&reader->base, reader->read, reader->base_count);
	else if (!block_read_base_run(&reader->base, most, base_out))
		return false;
	if (*base_out == reader->bases_named)
		reader->bases_named++;
	return *base_out < reader->bases_named && *base_out < reader->base_count;
}

/* Every column ends with the last entry, every base was named, and a column that is there has
 * something to say. */
static bool
is_whole(const struct sync_block_reader *reader)
{
	bool has_runs = (reader->forms & BLOCK_FORM_BASE_RUNS) != 0;

	return reader->dst.rest.size == 0 && reader->state.rest.size == 0 &&
	    (!has_runs || reader->base.rest.size == 0) &&
	    reader->bases_named == reader->base_count &&
	    ((reader->forms & BLOCK_FORM_META) == 0 || reader->meta.value != 0) &&
	    ((reader->forms & BLOCK_FORM_HEADER) == 0 || reader->header.value != 0);
}

enum status
sync_block_next(struct sync_block_reader *reader, struct sync_entry *entry_out)
{
	size_t most = reader->count - reader->read;
	struct sync_entry entry;

	if (reader->status != ST_OK || most == 0)
		return reader->status != ST_OK ? reader->status : ST_END;
	reader->status = ST_SYNTAX;
	if (!block_read_src(&reader->src, most, &entry.src_uid) ||
	    !block_read_dst(&reader->dst, most, entry.src_uid, &entry.dst_uid) ||
	    !block_read_state(&reader->state, most, &entry.state) ||
	    !read_base(reader, most, &entry.base))
		return ST_SYNTAX;
	entry.meta = read_word(&reader->meta);
	entry.header = read_word(&reader->header);
	reader->read++;
	if (most == 1 && !is_whole(reader))
		return ST_SYNTAX;
	reader->status = ST_OK;
	*entry_out = entry;
	return ST_OK;
}

enum status
sync_block_base(struct sync_block_reader *reader, size_t index, struct sync_base *base_out)
{
	struct sync_base base;
	struct sync_lens lens;

	CHECK(index < reader->base_count);
	if (index < reader->base_next) {
		reader->base_next = 0;
		reader->bases_rest = reader->bases;
	}
	lens = (struct sync_lens){reader->bases_rest, ST_OK};
	do {
		base = sync_lens_base(&lens);
	} while (reader->base_next++ < index && lens.status == ST_OK);
	reader->bases_rest = lens.rest;
	if (lens.status == ST_OK)
		*base_out = base;
	return lens.status;
}
