/* SPDX-License-Identifier: Apache-2.0
 *
 * The stream cut into responses and bodies, with small limits. The first octet gives the limit
 * of a line, the second the seed of the cuts; the parts are the same without cuts. Every octet
 * that is fed is in exactly one part; bodies have the size that was announced.
 */
#include "fuzz.h"

#include <string.h>

#include "base/check.h"
#include "base/prng.h"
#include "parts.h"

enum {
	NESTING_MAX = 6,
	OUT_SIZE_MAX = 1 << 20
};

struct run {
	struct imap_frame frame;
	struct buf out; /* the parts, each with a mark before it */
	size_t line_size_max;
	size_t taken; /* octets in parts */
	uint64_t body_left;
	bool is_in_data;
	enum status status;
};

static void
mark(struct run *run, const char *letter, uint64_t number)
{
	CHECK(buf_append(&run->out, bytes_of_string(letter)) == ST_OK);
	CHECK(buf_append(&run->out, bytes_of(&number, sizeof(number))) == ST_OK);
}

static void
check_streams(const struct imap_streams *streams, size_t size)
{
	size_t before = 0;

	CHECK(streams->count <= IMAP_STREAMS_MAX);
	for (size_t i = 0; i < streams->count; i++) {
		CHECK(streams->items[i].offset >= before && streams->items[i].offset <= size);
		before = streams->items[i].offset;
	}
}

static enum status
take(void *owner, const struct imap_part *part)
{
	struct run *run = owner;
	bool is_data = part->kind == IMAP_PART_BODY_DATA;

	if (part->kind == IMAP_PART_RESPONSE) {
		CHECK(part->octets.size > 0 && part->octets.size <= run->line_size_max);
		CHECK(part->octets.data[part->octets.size - 1] == '\n');
		check_streams(&run->frame.streams, part->octets.size);
		mark(run, "R", part->octets.size);
	} else if (part->kind == IMAP_PART_BODY_BEGIN) {
		CHECK(part->body != IMAP_BODY_NONE);
		run->body_left = part->size;
		mark(run, "B", part->size ^ ((uint64_t)part->uid << 32));
	} else if (is_data) {
		CHECK(part->octets.size > 0 && part->octets.size <= run->body_left);
		run->body_left -= part->octets.size;
	} else if (part->kind == IMAP_PART_BODY_END) {
		CHECK(run->body_left == 0);
		mark(run, "E", 0);
	}
	run->is_in_data = is_data;
	if (is_data || part->kind == IMAP_PART_RESPONSE) {
		run->taken += part->octets.size;
		CHECK(buf_append(&run->out, part->octets) == ST_OK);
	}
	return ST_OK;
}

/* Pieces are blocks of their own, gone when they were taken. */
static void
feed_apart(struct run *run, struct bytes piece)
{
	struct buf block;

	buf_init(&block, piece.size);
	CHECK(buf_append(&block, piece) == ST_OK);
	run->status = parts_feed(&run->frame, buf_bytes(&block), take, run);
	buf_fini(&block);
}

static void
play(struct run *run, struct bytes input, size_t line_size_max, uint64_t seed)
{
	struct prng prng;
	size_t size = input.size;

	prng_init(&prng, seed);
	*run = (struct run){.line_size_max = line_size_max};
	imap_frame_init(&run->frame, line_size_max, NESTING_MAX);
	buf_init(&run->out, OUT_SIZE_MAX);
	while (input.size > 0 && run->status == ST_OK) {
		size_t step = seed == 0 ? input.size : (size_t)prng_below(&prng, 12) + 1;

		feed_apart(run, bytes_first(input, step));
		input = bytes_skip(input, step);
	}
	CHECK(run->taken <= size);
	if (run->status == ST_OK && imap_frame_is_idle(&run->frame))
		CHECK(run->taken == size);
	imap_frame_fini(&run->frame);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes input = bytes_skip(bytes_of(data, size < 65536 ? size : 65536), 2);
	struct run whole, cut;

	if (size < 2)
		return 0;
	play(&whole, input, 32U + 4U * data[0], 0);
	play(&cut, input, 32U + 4U * data[0], data[1] + 1U);
	CHECK(whole.status == cut.status);
	CHECK(bytes_equal(buf_bytes(&whole.out), buf_bytes(&cut.out)));
	buf_fini(&whole.out);
	buf_fini(&cut.out);
	return 0;
}
