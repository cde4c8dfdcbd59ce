/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include <string.h>

#include "base/arena.h"
#include "base/base64.h"
#include "base/buf.h"
#include "base/range.h"
#include "base/ring.h"
#include "everywhere.h"
#include "mail/flags.h"
#include "mem.h"
#include "sync/identity.h"
#include "sync/ledger/record.h"
#include "wire/imap/mutf7.h"
#include "wire/imap/quote.h"
#include "wire/imap/uidset.h"
#include "wire/mime/scan.h"

/* What was taken before a failure stays as it was. */
static enum status
use_arena(void)
{
	struct bytes copies[40];
	enum status status = ST_OK;
	struct arena arena;
	size_t count = 0;

	arena_init(&arena, 1 << 20);
	while (count < COUNT_OF(copies) && status == ST_OK) {
		uint8_t octets[3000];
		struct bytes untouched = BYTES("untouched");
		struct bytes copy = untouched;

		memset(octets, (int)count, sizeof(octets));
		status = bytes_copy(bytes_of(octets, 50 + 70 * count), &arena, &copy);
		if (status == ST_OK)
			copies[count++] = copy;
		else
			assert_true(copy.data == untouched.data && copy.size == untouched.size);
	}
	if (status == ST_OK && arena_take_array(&arena, 1000, 32) == NULL)
		status = arena_status(&arena);
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < copies[i].size; k++)
			assert_int_equal(copies[i].data[k], i);
	}
	/* Of all the chunks rewinding keeps one. */
	arena_rewind(&arena);
	assert_true(mem_live() == (count > 0));
	arena_fini(&arena);
	return status;
}

static enum status
use_buf(void)
{
	enum status status = ST_OK;
	struct buf buf;
	size_t size = 0;

	buf_init(&buf, 1 << 20);
	for (int i = 0; i < 100 && status == ST_OK; i++) {
		uint8_t octets[700];

		for (size_t k = 0; k < sizeof(octets); k++)
			octets[k] = (uint8_t)(size + k);
		status = buf_append(&buf, bytes_of(octets, sizeof(octets)));
		size += status == ST_OK ? sizeof(octets) : 0;
		assert_int_equal(buf.size, size);
	}
	for (size_t i = 0; i < size; i++)
		assert_int_equal(buf_bytes(&buf).data[i], (uint8_t)i);
	/* What is there can be consumed, and then there is room again. */
	buf_clear(&buf);
	if (status == ST_OK)
		status = buf_print(&buf, "%d", 7);
	buf_fini(&buf);
	return status;
}

static enum status
use_ring(void)
{
	struct block_pool pool;
	struct ring ring;
	enum status status;

	block_pool_init(&pool, 1000, 1);
	ring_init(&ring, &pool, 1000);
	status = ring_open(&ring);
	if (status == ST_OK)
		assert_int_equal(ring_write(&ring, BYTES("abc")), 3);
	ring_fini(&ring);
	block_pool_fini(&pool);
	return status;
}

static enum status
use_range_set(void)
{
	enum status status = ST_OK;
	struct range_set set;
	uint32_t added = 0;

	range_set_init(&set, 1000);
	while (added < 500 && status == ST_OK) {
		status = range_set_add(&set, 2 * added + 1, 2 * added + 1);
		added += status == ST_OK;
		assert_int_equal(range_set_size(&set), added);
	}
	for (uint32_t number = 1; number <= 1000; number++)
		assert_int_equal(
		    range_set_has(&set, number), number % 2 == 1 && number <= 2 * added);
	range_set_fini(&set);
	return status;
}

/* Runs `append` behind content that it may not touch when it fails. */
static enum status
append_behind(enum status (*append)(struct bytes, struct buf *), struct bytes input)
{
	enum status status = ST_OK;
	struct buf buf;

	buf_init(&buf, 1 << 20);
	status = buf_append(&buf, BYTES("kept"));
	if (status == ST_OK) {
		status = append(input, &buf);
		if (status != ST_OK)
			assert_true(bytes_equal(buf_bytes(&buf), BYTES("kept")));
		else
			assert_true(buf.size > 300);
	}
	buf_fini(&buf);
	return status;
}

static struct bytes
long_text(const char *piece, uint8_t *out, size_t size)
{
	size_t length = strlen(piece);

	for (size_t i = 0; i + length <= size; i += length)
		memcpy(out + i, piece, length);
	return bytes_of(out, size / length * length);
}

static enum status
use_base64(void)
{
	uint8_t octets[3000];
	struct bytes text = long_text("Zm9v", octets, sizeof(octets));
	enum status status = append_behind(base64_encode, text);

	return status == ST_OK ? append_behind(base64_decode, text) : status;
}

static enum status
use_mutf7(void)
{
	uint8_t octets[3000];
	struct bytes name = long_text("a&AOQ-&-&2D3eAA-", octets, sizeof(octets));
	enum status status = append_behind(imap_mutf7_decode, name);

	if (status == ST_OK)
		status = append_behind(imap_mutf7_decode_lenient, name);
	name = long_text("&\xc3\xa4", octets, sizeof(octets));
	if (status == ST_OK)
		status = append_behind(imap_mutf7_decode_lenient, name);
	return status == ST_OK ? append_behind(imap_mutf7_encode, name) : status;
}

static enum status
use_quote(void)
{
	uint8_t octets[3000];
	struct bytes text = long_text("a\\\"", octets, sizeof(octets));
	enum status status = append_behind(imap_quote, text);

	return status == ST_OK ? append_behind(imap_unquote, text) : status;
}

static enum status
use_uidset(void)
{
	enum status status;
	struct range_set set;
	struct buf buf;

	range_set_init(&set, 1000);
	buf_init(&buf, 1 << 20);
	status = buf_append(&buf, BYTES("kept"));
	if (status == ST_OK)
		status = imap_uidset_decode(BYTES("1,3,5,7,9:11,20,30,40:50,90"), &set);
	for (uint32_t i = 0; i < 300 && status == ST_OK; i++)
		status = range_set_add(&set, 1000 + 3 * i, 1001 + 3 * i);
	if (status == ST_OK) {
		status = imap_uidset_encode(&set, &buf);
		if (status != ST_OK)
			assert_true(bytes_equal(buf_bytes(&buf), BYTES("kept")));
	}
	buf_fini(&buf);
	range_set_fini(&set);
	return status;
}

static enum status
print_flags(struct bytes keywords, struct buf *out)
{
	return flags_print((struct flags){FLAG_ALL, keywords}, out);
}

static enum status
use_flags(void)
{
	uint8_t octets[3000];

	return append_behind(print_flags, long_text("keyword ", octets, sizeof(octets)));
}

/* Whatever fails, what was written before stays, and what is read is left alone. */
static enum status
use_block(void)
{
	static struct sync_entry entries[2000];
	static const struct sync_base bases[3];
	struct sync_block_reader reader;
	enum status status;
	struct buf buf;

	for (uint32_t i = 0; i < COUNT_OF(entries); i++)
		entries[i] = (struct sync_entry){2 * i + 1, i, 0, (uint16_t)(i % 3), i, 0};
	buf_init(&buf, 1 << 20);
	status = buf_append(&buf, BYTES("before"));
	if (status == ST_OK) {
		status = sync_block_encode(entries, COUNT_OF(entries), bases, 3, &buf);
		assert_true(bytes_start_with(buf_bytes(&buf), BYTES("before")));
		assert_true((status == ST_OK) == (buf_bytes(&buf).size > 6));
	}
	if (status == ST_OK)
		status = sync_block_open(bytes_skip(buf_bytes(&buf), 6), &reader);
	buf_fini(&buf);
	return status;
}

static enum status
read_journal(struct bytes octets, size_t count)
{
	struct sync_journal_record back = {.settlement.count = 77};
	enum status status;
	struct arena arena;

	arena_init(&arena, 1 << 20);
	status = sync_journal_decode(octets, &arena, &back);
	assert_int_equal(back.settlement.count, status == ST_OK ? count : 77);
	arena_fini(&arena);
	return status;
}

static enum status
use_journal(void)
{
	static const enum sync_fate fates[SYNC_INTENT_MESSAGES_MAX];
	static uint32_t uids[SYNC_INTENT_MESSAGES_MAX];
	struct sync_journal_record record = {.what = SYNC_JOURNAL_SETTLEMENT,
	    .settlement = {1, fates, uids, SYNC_INTENT_MESSAGES_MAX}};
	enum status status;
	struct buf buf;

	/* Far from each other, so that the buf must grow. */
	for (uint32_t i = 0; i < COUNT_OF(uids); i++)
		uids[i] = i % 2 != 0 ? UINT32_MAX - i : i + 1;
	buf_init(&buf, 1 << 20);
	status = sync_journal_encode(&record, &buf);
	assert_true((status == ST_OK) == (buf_bytes(&buf).size > 0));
	if (status == ST_OK)
		status = read_journal(buf_bytes(&buf), COUNT_OF(uids));
	buf_fini(&buf);
	return status;
}

static enum status
use_scanners(void)
{
	struct bytes text = BYTES("Subject: a\r\n b\nDate: x\r\n\r\nbody\r\r\n");
	struct identity_scan identity_scan;
	struct body_digest body;
	struct mime_scan scan;

	identity_scan_init(&identity_scan);
	identity_scan_feed(&identity_scan, text);
	assert_true(identity_scan_finish(&identity_scan).has_date);
	body_digest_init(&body, BODY_REWRITE_LF | BODY_REWRITE_NUL | BODY_REWRITE_CR);
	body_digest_feed(&body, text);
	body_digest_finish(&body);
	mime_scan_init(&scan);
	mime_scan_feed(&scan, text);
	return mime_scan_has_cr_cr_lf(&scan) ? ST_OK : ST_ABSENT;
}

static void
test_every_allocation_may_fail(void **state)
{
	(void)state;
	fail_everywhere("arena", use_arena);
	fail_everywhere("buf", use_buf);
	fail_everywhere("ring", use_ring);
	fail_everywhere("range set", use_range_set);
	fail_everywhere("base64", use_base64);
	fail_everywhere("mutf7", use_mutf7);
	fail_everywhere("quote", use_quote);
	fail_everywhere("uidset", use_uidset);
	fail_everywhere("flags", use_flags);
	fail_everywhere("block", use_block);
	fail_everywhere("journal", use_journal);
}

static void
test_scanners_take_no_memory(void **state)
{
	(void)state;
	fail_nowhere("header, identity, body, scan", use_scanners);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_allocation_may_fail),
	    cmocka_unit_test(test_scanners_take_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
