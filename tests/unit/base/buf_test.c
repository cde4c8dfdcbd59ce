/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include <string.h>

#include "base/buf.h"
#include "base/prng.h"

static void
test_a_full_buffer_takes_nothing_and_stays(void **state)
{
	struct buf buf;

	(void)state;
	buf_init(&buf, 10);
	assert_int_equal(buf_append(&buf, BYTES("0123456789")), ST_OK);
	assert_int_equal(buf_append(&buf, BYTES("x")), ST_LIMIT);
	assert_int_equal(buf_append(&buf, BYTES("")), ST_OK);
	assert_true(bytes_equal(buf_bytes(&buf), BYTES("0123456789")));
	assert_int_equal(buf_room(&buf), 0);
	buf_consume(&buf, 4);
	assert_int_equal(buf_room(&buf), 4);
	assert_int_equal(buf_append(&buf, BYTES("abcd")), ST_OK);
	assert_true(bytes_equal(buf_bytes(&buf), BYTES("456789abcd")));
	buf_fini(&buf);
}

static void
test_printing_appends_and_truncating_cuts(void **state)
{
	struct buf buf;

	(void)state;
	buf_init(&buf, 100);
	assert_int_equal(buf_print(&buf, "%s=%d", "x", 7), ST_OK);
	assert_int_equal(buf_print(&buf, ";%c", 'y'), ST_OK);
	assert_true(bytes_equal(buf_bytes(&buf), BYTES("x=7;y")));
	buf_truncate(&buf, 3);
	assert_true(bytes_equal(buf_bytes(&buf), BYTES("x=7")));
	buf_truncate(&buf, 0);
	assert_int_equal(buf_bytes(&buf).size, 0);
	buf_fini(&buf);
}

static void
test_reserved_room_counts_only_when_declared(void **state)
{
	struct buf buf;
	uint8_t *room;

	(void)state;
	buf_init(&buf, 1000);
	assert_int_equal(buf_append(&buf, BYTES("ab")), ST_OK);
	assert_int_equal(buf_reserve(&buf, 900, &room), ST_OK);
	memset(room, 'c', 900);
	buf_added(&buf, 3);
	assert_true(bytes_equal(buf_bytes(&buf), BYTES("abccc")));
	assert_int_equal(buf_reserve(&buf, 996, &room), ST_LIMIT);
	buf_fini(&buf);
}

static void
test_running_empty_gives_large_memory_back(void **state)
{
	struct buf buf;
	uint8_t *room;

	(void)state;
	buf_init(&buf, 1 << 20);
	assert_int_equal(buf_reserve(&buf, 100000, &room), ST_OK);
	buf_added(&buf, 100000);
	assert_true(buf.capacity >= 100000);
	buf_clear(&buf);
	assert_int_equal(buf.capacity, 0);
	assert_int_equal(buf_append(&buf, BYTES("again")), ST_OK);
	assert_true(bytes_equal(buf_bytes(&buf), BYTES("again")));
	buf_fini(&buf);
}

/* The buffer against a plain array with two indices. */
static void
test_random_use_agrees_with_a_plain_array(void **state)
{
	enum {
		ROUNDS = 3000,
		PIECE = 400
	};
	static uint8_t model[ROUNDS * PIECE];

	(void)state;
	for (uint64_t seed = 1; seed <= 5; seed++) {
		size_t start = 0, end = 0;
		struct prng prng;
		struct buf buf;

		prng_init(&prng, seed);
		buf_init(&buf, 5000);
		for (int i = 0; i < ROUNDS; i++) {
			size_t size = (size_t)prng_below(&prng, PIECE);

			if (prng_below(&prng, 2) == 0 && end - start + size <= 5000) {
				memset(model + end, i & 0xff, size);
				assert_int_equal(
				    buf_append(&buf, bytes_of(model + end, size)), ST_OK);
				end += size;
			} else {
				size = size < end - start ? size : end - start;
				buf_consume(&buf, size);
				start += size;
			}
			assert_true(
			    bytes_equal(buf_bytes(&buf), bytes_of(model + start, end - start)));
		}
		buf_fini(&buf);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_full_buffer_takes_nothing_and_stays),
	    cmocka_unit_test(test_printing_appends_and_truncating_cuts),
	    cmocka_unit_test(test_reserved_room_counts_only_when_declared),
	    cmocka_unit_test(test_running_empty_gives_large_memory_back),
	    cmocka_unit_test(test_random_use_agrees_with_a_plain_array),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
