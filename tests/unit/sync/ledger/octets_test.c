/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include "sync/ledger/octets.h"
#include "sync/ledger/store.h"

static void
test_a_frame_has_these_octets(void **state)
{
	struct sync_pen pen;
	struct buf buf;

	(void)state;
	buf_init(&buf, 100);
	sync_pen_begin(&pen, &buf, 1, SYNC_LETTER_PAIR);
	sync_pen_octet(&pen, 0xff);
	sync_pen_number(&pen, 300);
	sync_pen_signed(&pen, -1);
	sync_pen_word(&pen, 0x04030201);
	sync_pen_slice(&pen, BYTES("abc"), 3);
	assert_int_equal(sync_pen_end(&pen), ST_OK);
	assert_true(bytes_equal(buf_bytes(&buf),
	    BYTES("\1P\xff\xac\2\1\1\2\3\4\3"
		  "abc"
		  "\x70\x01\x6e\x0b")));
	buf_fini(&buf);
}

static void
test_a_pen_measures_what_it_would_write(void **state)
{
	struct sync_base base = {{FLAG_SEEN, BYTES("a b")}, {0, BYTES("c")}};
	struct sync_pen pen;

	(void)state;
	sync_pen_measure(&pen);
	sync_pen_base(&pen, &base);
	assert_int_equal(pen.size, 1 + 4 + 1 + 2);
	base.dst.keywords = base.src.keywords;
	sync_pen_base(&pen, &base);
	assert_int_equal(pen.size, 8 + 1 + 4 + 1 + 1);
}

static void
test_a_pen_stays_failed_and_takes_back(void **state)
{
	struct sync_pen pen;
	struct buf buf;

	(void)state;
	buf_init(&buf, 100);
	assert_int_equal(buf_append(&buf, BYTES("before")), ST_OK);
	sync_pen_begin(&pen, &buf, 1, SYNC_LETTER_PAIR);
	sync_pen_slice(&pen, BYTES("abcd"), 3);
	sync_pen_require(&pen, false, ST_SYNTAX);
	sync_pen_number(&pen, 7);
	assert_int_equal(sync_pen_end(&pen), ST_LIMIT);
	assert_true(bytes_equal(buf_bytes(&buf), BYTES("before")));
	/* No room for the checksum. */
	buf_fini(&buf);
	buf_init(&buf, 5);
	sync_pen_begin(&pen, &buf, 1, SYNC_LETTER_PAIR);
	assert_int_equal(pen.status, ST_OK);
	assert_int_equal(sync_pen_end(&pen), ST_LIMIT);
	assert_int_equal(buf_bytes(&buf).size, 0);
	buf_fini(&buf);
}

/* What no store would take is no frame. */
static void
test_frames_have_a_limit(void **state)
{
	static const uint8_t octets[SYNC_RECORD_OCTETS_MAX + 1];
	struct sync_lens lens;
	struct sync_pen pen;
	struct buf buf;

	(void)state;
	buf_init(&buf, 2 * SYNC_RECORD_OCTETS_MAX);
	sync_pen_begin(&pen, &buf, 1, SYNC_LETTER_PAIR);
	sync_pen_octets(&pen, bytes_of(octets, SYNC_RECORD_OCTETS_MAX - 6));
	assert_int_equal(sync_pen_end(&pen), ST_OK);
	assert_int_equal(buf_bytes(&buf).size, SYNC_RECORD_OCTETS_MAX);
	sync_lens_open(&lens, buf_bytes(&buf), 1);
	assert_int_equal(lens.status, ST_OK);
	buf_clear(&buf);
	sync_pen_begin(&pen, &buf, 1, SYNC_LETTER_PAIR);
	sync_pen_octets(&pen, bytes_of(octets, SYNC_RECORD_OCTETS_MAX - 5));
	assert_int_equal(sync_pen_end(&pen), ST_LIMIT);
	buf_fini(&buf);
	sync_lens_open(&lens, bytes_of(octets, sizeof(octets)), 1);
	assert_int_equal(lens.status, ST_SYNTAX);
}

static void
test_a_lens_that_failed_shows_nothing(void **state)
{
	struct sync_lens lens = {BYTES("\1\2\3\4\5\6\7\x08"), ST_OK};
	struct arena arena;

	(void)state;
	arena_init(&arena, 1 << 16);
	sync_lens_require(&lens, true);
	assert_int_equal(sync_lens_octet(&lens), 1);
	assert_int_equal(sync_lens_number(&lens, 3, 9), 0);
	assert_int_equal(lens.status, ST_SYNTAX);
	lens.status = ST_MEMORY;
	assert_int_equal(sync_lens_octet(&lens), 0);
	assert_int_equal(sync_lens_number(&lens, 0, 9), 0);
	assert_int_equal(sync_lens_signed(&lens), 0);
	assert_int_equal(sync_lens_word(&lens), 0);
	assert_int_equal(sync_lens_octets(&lens, 2).size, 0);
	assert_int_equal(sync_lens_slice(&lens, 2).size, 0);
	assert_int_equal(sync_lens_flags(&lens).keywords.size, 0);
	assert_int_equal(sync_lens_base(&lens).dst.system, 0);
	assert_null(sync_lens_array(&lens, &arena, 1, 1));
	assert_int_equal(sync_lens_close(&lens), ST_MEMORY);
	arena_fini(&arena);
}

static void
test_a_lens_must_see_all(void **state)
{
	struct sync_lens lens = {BYTES("\1\2"), ST_OK};

	(void)state;
	assert_int_equal(sync_lens_octet(&lens), 1);
	assert_int_equal(sync_lens_number(&lens, 2, 2), 2);
	assert_int_equal(sync_lens_close(&lens), ST_OK);
	lens = (struct sync_lens){BYTES("\1\2"), ST_OK};
	assert_int_equal(sync_lens_octet(&lens), 1);
	assert_int_equal(sync_lens_close(&lens), ST_SYNTAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_frame_has_these_octets),
	    cmocka_unit_test(test_a_pen_measures_what_it_would_write),
	    cmocka_unit_test(test_a_pen_stays_failed_and_takes_back),
	    cmocka_unit_test(test_frames_have_a_limit),
	    cmocka_unit_test(test_a_lens_that_failed_shows_nothing),
	    cmocka_unit_test(test_a_lens_must_see_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
