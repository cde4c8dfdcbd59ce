/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/ledger/record.h"

#include "sync/ledger/octets.h"

enum {
	NAME_SIZE_MAX = 64 * 1024,
	RANGE_SIZE_MIN = 2
};

static void
write_name(struct sync_pen *pen, struct bytes name)
{
	sync_pen_slice(pen, name, NAME_SIZE_MAX);
}

static struct bytes
read_name(struct sync_lens *lens)
{
	return sync_lens_slice(lens, NAME_SIZE_MAX);
}

static uint32_t
read_number(struct sync_lens *lens)
{
	return (uint32_t)sync_lens_number(lens, 0, UINT32_MAX);
}

enum status
sync_pair_encode(const struct sync_pair_record *pair, struct buf *buf)
{
	struct sync_pen pen;

	sync_pen_begin(&pen, buf, SYNC_RECORD_VERSION, SYNC_LETTER_PAIR);
	write_name(&pen, pair->src_host);
	write_name(&pen, pair->src_login);
	write_name(&pen, pair->dst_host);
	write_name(&pen, pair->dst_login);
	sync_pen_number(&pen, pair->epoch);
	return sync_pen_end(&pen);
}

enum status
sync_pair_decode(struct bytes octets, struct sync_pair_record *pair_out)
{
	struct sync_pair_record pair;
	struct sync_lens lens;
	enum status status;

	sync_lens_open(&lens, octets, SYNC_RECORD_VERSION);
	sync_lens_require(&lens, sync_lens_octet(&lens) == SYNC_LETTER_PAIR);
	pair.src_host = read_name(&lens);
	pair.src_login = read_name(&lens);
	pair.dst_host = read_name(&lens);
	pair.dst_login = read_name(&lens);
	pair.epoch = sync_lens_number(&lens, 0, UINT64_MAX);
	status = sync_lens_close(&lens);
	if (status == ST_OK)
		*pair_out = pair;
	return status;
}

/* How far the first is from the UID behind the range before, and how far the last from it. */
static void
write_ranges(struct sync_pen *pen, const struct range *ranges, size_t count)
{
	uint32_t last = 0;

	sync_pen_number(pen, count);
	for (size_t i = 0; i < count && pen->status == ST_OK; i++) {
		sync_pen_require(pen,
		    ranges[i].first > last && ranges[i].last >= ranges[i].first, ST_SYNTAX);
		sync_pen_number(pen, ranges[i].first - last - 1);
		sync_pen_number(pen, ranges[i].last - ranges[i].first);
		last = ranges[i].last;
	}
}

static const struct range *
read_ranges(struct sync_lens *lens, struct arena *arena, size_t *count_out)
{
	size_t count = (size_t)sync_lens_number(lens, 0, lens->rest.size / RANGE_SIZE_MIN);
	struct range *ranges = sync_lens_array(lens, arena, count, sizeof(*ranges));
	uint64_t last = 0;

	for (size_t i = 0; i < count && lens->status == ST_OK; i++) {
		uint64_t first = last + 1 + sync_lens_number(lens, 0, UINT32_MAX);

		last = first + sync_lens_number(lens, 0, UINT32_MAX);
		sync_lens_require(lens, last <= UINT32_MAX);
		ranges[i] = (struct range){(uint32_t)first, (uint32_t)last};
	}
	*count_out = count;
	return ranges;
}

enum status
sync_folder_encode(const struct sync_folder_record *folder, struct buf *buf)
{
	struct sync_pen pen;

	sync_pen_begin(&pen, buf, SYNC_RECORD_VERSION, SYNC_LETTER_FOLDER);
	write_name(&pen, folder->src_raw);
	write_name(&pen, folder->dst_raw);
	sync_pen_number(&pen, folder->src_uidvalidity);
	sync_pen_number(&pen, folder->dst_uidvalidity);
	sync_pen_number(&pen, folder->src_uidnext);
	sync_pen_number(&pen, folder->dst_uidnext);
	sync_pen_number(&pen, folder->is_compared);
	write_ranges(&pen, folder->open, folder->open_count);
	return sync_pen_end(&pen);
}

enum status
sync_folder_decode(
    struct bytes octets, struct arena *arena, struct sync_folder_record *folder_out)
{
	struct sync_folder_record folder;
	struct sync_lens lens;
	enum status status;

	sync_lens_open(&lens, octets, SYNC_RECORD_VERSION);
	sync_lens_require(&lens, sync_lens_octet(&lens) == SYNC_LETTER_FOLDER);
	folder.src_raw = read_name(&lens);
	folder.dst_raw = read_name(&lens);
	folder.src_uidvalidity = read_number(&lens);
	folder.dst_uidvalidity = read_number(&lens);
	folder.src_uidnext = read_number(&lens);
	folder.dst_uidnext = read_number(&lens);
	folder.is_compared = sync_lens_number(&lens, 0, 1) != 0;
	folder.open = read_ranges(&lens, arena, &folder.open_count);
	status = sync_lens_close(&lens);
	if (status == ST_OK)
		*folder_out = folder;
	return status;
}
