/* SPDX-License-Identifier: Apache-2.0
 *
 * Blocks of entries: as they are, and with the checksum that belongs to them, which no mutation
 * would find. What can be read is sound, and written again it reads the same.
 */
#include "fuzz.h"

#include "base/check.h"
#include "seal.h"
#include "sync/ledger/block.h"

struct block {
	struct sync_entry entries[SYNC_BLOCK_ENTRIES_MAX];
	struct sync_base bases[SYNC_BLOCK_ENTRIES_MAX];
	size_t count;
	size_t base_count;
};

static bool
read_block(struct bytes octets, struct block *block)
{
	struct sync_block_reader reader;
	enum status status = ST_OK;

	if (sync_block_open(octets, &reader) != ST_OK)
		return false;
	CHECK(reader.count >= 1 && reader.count <= SYNC_BLOCK_ENTRIES_MAX);
	CHECK(reader.base_count >= 1 && reader.base_count <= reader.count);
	block->base_count = reader.base_count;
	for (size_t i = 0; i < reader.base_count; i++)
		CHECK(sync_block_base(&reader, i, &block->bases[i]) == ST_OK);
	for (block->count = 0; status == ST_OK; block->count += status == ST_OK)
		status = sync_block_next(
		    &reader, &block->entries[block->count < reader.count ? block->count : 0]);
	if (status != ST_END)
		return false;
	CHECK(block->count == reader.count);
	CHECK(block->entries[0].src_uid == reader.src_uid_first);
	CHECK(block->entries[block->count - 1].src_uid == reader.src_uid_last);
	return true;
}

static bool
are_flags_equal(struct flags a, struct flags b)
{
	return a.system == b.system && bytes_equal(a.keywords, b.keywords);
}

static void
check_equal(const struct block *a, const struct block *b)
{
	CHECK(a->count == b->count && a->base_count == b->base_count);
	for (size_t i = 0; i < a->count; i++) {
		const struct sync_entry *one = &a->entries[i], *other = &b->entries[i];

		CHECK(i == 0 || one->src_uid > one[-1].src_uid);
		CHECK(one->src_uid == other->src_uid && one->dst_uid == other->dst_uid);
		CHECK(one->state == other->state && one->base == other->base);
		CHECK(one->meta == other->meta && one->header == other->header);
	}
	for (size_t i = 0; i < a->base_count; i++) {
		CHECK(are_flags_equal(a->bases[i].src, b->bases[i].src));
		CHECK(are_flags_equal(a->bases[i].dst, b->bases[i].dst));
	}
}

static void
play(struct bytes octets)
{
	static struct block block, again;
	struct buf buf;

	if (!read_block(octets, &block))
		return;
	buf_init(&buf, 2 * octets.size + 65536);
	CHECK(sync_block_encode(
		  block.entries, block.count, block.bases, block.base_count, &buf) == ST_OK);
	CHECK(read_block(buf_bytes(&buf), &again));
	check_equal(&block, &again);
	buf_fini(&buf);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	seal_play(bytes_of(data, size), play);
	return 0;
}
