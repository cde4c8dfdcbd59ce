/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/ledger/octets.h"

#include "base/crc32c.h"
#include "base/varint.h"
#include "sync/ledger/store.h"

enum {
	CHECKSUM_SIZE = 4,
	FRAME_SIZE_MIN = 2 + CHECKSUM_SIZE
};

/* Strict atoms, one space between each two. */
static bool
is_keywords(struct bytes keywords)
{
	if (keywords.size > KEYWORDS_SIZE_MAX)
		return false;
	if (keywords.size > 0 && keywords.data[keywords.size - 1] == ' ')
		return false;
	while (keywords.size > 0) {
		if (!flags_is_keyword(flags_keyword_next(&keywords)))
			return false;
	}
	return true;
}

static bool
is_flags(struct flags flags)
{
	return flags.system <= FLAG_ALL && is_keywords(flags.keywords);
}

void
sync_pen_require(struct sync_pen *pen, bool holds, enum status status)
{
	if (!holds && pen->status == ST_OK)
		pen->status = status;
}

void
sync_pen_octets(struct sync_pen *pen, struct bytes octets)
{
	sync_pen_require(pen, octets.size <= SYNC_RECORD_OCTETS_MAX - pen->size, ST_LIMIT);
	if (pen->status == ST_OK && pen->buf != NULL)
		pen->status = buf_append(pen->buf, octets);
	if (pen->status == ST_OK)
		pen->size += octets.size;
}

void
sync_pen_octet(struct sync_pen *pen, uint8_t octet)
{
	sync_pen_octets(pen, bytes_of(&octet, 1));
}

void
sync_pen_number(struct sync_pen *pen, uint64_t number)
{
	uint8_t octets[VARINT_SIZE_MAX];

	sync_pen_octets(pen, bytes_of(octets, varint_encode(number, octets)));
}

void
sync_pen_signed(struct sync_pen *pen, int64_t number)
{
	sync_pen_number(pen, varint_zigzag(number));
}

void
sync_pen_word(struct sync_pen *pen, uint32_t word)
{
	uint8_t octets[4] = {
	    (uint8_t)word, (uint8_t)(word >> 8), (uint8_t)(word >> 16), (uint8_t)(word >> 24)};

	sync_pen_octets(pen, bytes_of(octets, sizeof(octets)));
}

void
sync_pen_slice(struct sync_pen *pen, struct bytes slice, size_t size_max)
{
	sync_pen_require(pen, slice.size <= size_max, ST_LIMIT);
	sync_pen_number(pen, slice.size);
	sync_pen_octets(pen, slice);
}

void
sync_pen_flags(struct sync_pen *pen, struct flags flags)
{
	sync_pen_require(pen, is_flags(flags), ST_SYNTAX);
	sync_pen_number(pen, flags.system);
	sync_pen_slice(pen, flags.keywords, KEYWORDS_SIZE_MAX);
}

void
sync_pen_base(struct sync_pen *pen, const struct sync_base *base)
{
	sync_pen_require(pen, is_flags(base->dst), ST_SYNTAX);
	sync_pen_flags(pen, base->src);
	sync_pen_number(pen, base->dst.system);
	if (bytes_equal(base->src.keywords, base->dst.keywords)) {
		sync_pen_number(pen, 0);
	} else {
		sync_pen_number(pen, base->dst.keywords.size + 1);
		sync_pen_octets(pen, base->dst.keywords);
	}
}

void
sync_pen_begin(struct sync_pen *pen, struct buf *buf, uint8_t version, enum sync_letter letter)
{
	*pen = (struct sync_pen){.buf = buf, .before = buf->size};
	sync_pen_octet(pen, version);
	sync_pen_octet(pen, (uint8_t)letter);
}

void
sync_pen_measure(struct sync_pen *pen)
{
	*pen = (struct sync_pen){0};
}

enum status
sync_pen_end(struct sync_pen *pen)
{
	if (pen->status == ST_OK)
		sync_pen_word(pen, crc32c(bytes_skip(buf_bytes(pen->buf), pen->before)));
	if (pen->status != ST_OK)
		buf_truncate(pen->buf, pen->before);
	return pen->status;
}

void
sync_lens_require(struct sync_lens *lens, bool holds)
{
	if (!holds && lens->status == ST_OK)
		lens->status = ST_SYNTAX;
}

struct bytes
sync_lens_octets(struct sync_lens *lens, size_t size)
{
	struct bytes octets = bytes_first(lens->rest, size);

	sync_lens_require(lens, octets.size == size);
	if (lens->status != ST_OK)
		return bytes_of(NULL, 0);
	lens->rest = bytes_skip(lens->rest, size);
	return octets;
}

uint8_t
sync_lens_octet(struct sync_lens *lens)
{
	struct bytes octets = sync_lens_octets(lens, 1);

	return octets.size > 0 ? octets.data[0] : 0;
}

static uint64_t
take_number(struct sync_lens *lens)
{
	uint64_t number = 0;

	if (lens->status == ST_OK)
		lens->status = varint_take(&lens->rest, &number);
	return number;
}

uint64_t
sync_lens_number(struct sync_lens *lens, uint64_t least, uint64_t most)
{
	uint64_t number = take_number(lens);

	sync_lens_require(lens, number >= least && number <= most);
	return lens->status == ST_OK ? number : 0;
}

int64_t
sync_lens_signed(struct sync_lens *lens)
{
	return varint_unzigzag(take_number(lens));
}

static uint32_t
word_of(const uint8_t octets[static 4])
{
	return octets[0] | (uint32_t)octets[1] << 8 | (uint32_t)octets[2] << 16 |
	    (uint32_t)octets[3] << 24;
}

uint32_t
sync_lens_word(struct sync_lens *lens)
{
	struct bytes octets = sync_lens_octets(lens, 4);

	return octets.size > 0 ? word_of(octets.data) : 0;
}

struct bytes
sync_lens_slice(struct sync_lens *lens, size_t size_max)
{
	return sync_lens_octets(lens, (size_t)sync_lens_number(lens, 0, size_max));
}

struct flags
sync_lens_flags(struct sync_lens *lens)
{
	struct flags flags = {.system = (uint32_t)sync_lens_number(lens, 0, FLAG_ALL)};

	flags.keywords = sync_lens_slice(lens, KEYWORDS_SIZE_MAX);
	sync_lens_require(lens, is_keywords(flags.keywords));
	return flags;
}

struct sync_base
sync_lens_base(struct sync_lens *lens)
{
	struct sync_base base = {.src = sync_lens_flags(lens)};
	size_t mark;

	base.dst.system = (uint32_t)sync_lens_number(lens, 0, FLAG_ALL);
	base.dst.keywords = base.src.keywords;
	mark = (size_t)sync_lens_number(lens, 0, KEYWORDS_SIZE_MAX + 1);
	if (mark == 0)
		return base;
	base.dst.keywords = sync_lens_octets(lens, mark - 1);
	sync_lens_require(lens, is_keywords(base.dst.keywords));
	/* Equal keywords have a shorter form. */
	sync_lens_require(lens, !bytes_equal(base.src.keywords, base.dst.keywords));
	return base;
}

void *
sync_lens_array(struct sync_lens *lens, struct arena *arena, size_t count, size_t size)
{
	void *array;

	if (lens->status != ST_OK || count == 0)
		return NULL;
	array = arena_take_array(arena, count, size);
	if (array == NULL)
		lens->status = arena_status(arena);
	return array;
}

void
sync_lens_open(struct sync_lens *lens, struct bytes octets, uint8_t version)
{
	struct bytes content = octets;
	uint8_t theirs;

	*lens = (struct sync_lens){.rest = octets};
	sync_lens_require(
	    lens, octets.size >= FRAME_SIZE_MIN && octets.size <= SYNC_RECORD_OCTETS_MAX);
	if (lens->status != ST_OK)
		return;
	content.size -= CHECKSUM_SIZE;
	sync_lens_require(lens, crc32c(content) == word_of(octets.data + content.size));
	lens->rest = content;
	theirs = sync_lens_octet(lens);
	/* Of a later version only this much is known: where its version and checksum stand. */
	if (theirs > version)
		lens->status = ST_LIMIT;
	sync_lens_require(lens, theirs == version);
}

enum status
sync_lens_close(struct sync_lens *lens)
{
	sync_lens_require(lens, lens->rest.size == 0);
	return lens->status;
}
