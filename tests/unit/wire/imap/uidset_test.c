/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include <string.h>

#include "base/prng.h"
#include "wire/imap/uidset.h"

static void
test_sets_and_what_they_hold(void **state)
{
	static const struct {
		const char *text;
		const char *canonical;
	} cases[] = {
	    {"1", "1"},
	    {"4294967295", "4294967295"},
	    {"1:4294967295", "1:4294967295"},
	    {"3:1", "1:3"},
	    {"7,5,6", "5:7"},
	    {"1,3,5", "1,3,5"},
	    {"1:3,3:9,20", "1:9,20"},
	    {"0005", "5"},
	    {"5:5", "5"},
	    {"4294967295:4294967290", "4294967290:4294967295"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct range_set set;
		struct buf buf;

		range_set_init(&set, 10);
		buf_init(&buf, 1000);
		EXPECT(cases[i].text,
		    imap_uidset_decode(bytes_of_string(cases[i].text), &set) == ST_OK);
		EXPECT(cases[i].text, imap_uidset_encode(&set, &buf) == ST_OK);
		EXPECT(cases[i].text,
		    bytes_equal(buf_bytes(&buf), bytes_of_string(cases[i].canonical)));
		buf_fini(&buf);
		range_set_fini(&set);
	}
}

static void
test_what_is_no_set(void **state)
{
	static const struct {
		const char *text;
		enum status status;
	} cases[] = {
	    {"", ST_SYNTAX},
	    {"0", ST_SYNTAX},
	    {"0:5", ST_SYNTAX},
	    {"5:0", ST_SYNTAX},
	    {"*", ST_SYNTAX},
	    {"1:*", ST_SYNTAX},
	    {"1,", ST_SYNTAX},
	    {",1", ST_SYNTAX},
	    {"1,,2", ST_SYNTAX},
	    {"1:", ST_SYNTAX},
	    {":1", ST_SYNTAX},
	    {"1:2:3", ST_SYNTAX},
	    {"1 2", ST_SYNTAX},
	    {" 1", ST_SYNTAX},
	    {"-1", ST_SYNTAX},
	    {"$", ST_SYNTAX},
	    {"4294967296", ST_LIMIT},
	    {"1:4294967296", ST_LIMIT},
	    {"99999999999999999999999", ST_LIMIT},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct bytes text = bytes_of_string(cases[i].text);
		struct range_set set;
		uint32_t uids[8];
		size_t count = 99;

		range_set_init(&set, 10);
		EXPECT(cases[i].text, imap_uidset_decode(text, &set) == cases[i].status);
		EXPECT(cases[i].text,
		    imap_uidset_decode_ordered(text, uids, 8, &count) == cases[i].status);
		EXPECT(cases[i].text, count == 99);
		range_set_fini(&set);
	}
}

static void
test_the_servers_order_is_kept(void **state)
{
	static const struct {
		const char *text;
		size_t count;
		uint32_t uids[5];
	} cases[] = {
	    {"9", 1, {9}},
	    {"9,3:4,1", 4, {9, 3, 4, 1}},
	    {"4:2", 3, {2, 3, 4}},
	    {"5,5", 2, {5, 5}},
	    {"1:5", 5, {1, 2, 3, 4, 5}},
	    {"4294967294:4294967295", 2, {4294967294, 4294967295}},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct bytes text = bytes_of_string(cases[i].text);
		uint32_t uids[5] = {0};
		size_t count = 0;

		EXPECT(cases[i].text,
		    imap_uidset_decode_ordered(text, uids, cases[i].count, &count) == ST_OK);
		EXPECT(cases[i].text, count == cases[i].count);
		EXPECT(cases[i].text, memcmp(uids, cases[i].uids, count * sizeof(*uids)) == 0);
		count = 77;
		EXPECT(cases[i].text,
		    imap_uidset_decode_ordered(text, uids, cases[i].count - 1, &count) ==
			ST_LIMIT);
		EXPECT(cases[i].text, count == 77);
	}
}

/* A peer's "1:4294967295" must cost nothing. */
static void
test_huge_ranges_are_not_expanded(void **state)
{
	struct range_set set;
	uint32_t uid = 5;
	size_t count = 0;

	(void)state;
	range_set_init(&set, 1);
	assert_int_equal(imap_uidset_decode(BYTES("1:4294967295"), &set), ST_OK);
	assert_true(range_set_size(&set) == UINT32_MAX);
	range_set_clear(&set);
	assert_int_equal(imap_uidset_decode(BYTES("1,3"), &set), ST_LIMIT);
	range_set_fini(&set);
	assert_int_equal(
	    imap_uidset_decode_ordered(BYTES("1:4294967295"), &uid, 1, &count), ST_LIMIT);
	assert_int_equal(uid, 5);
}

static void
test_random_sets_come_back_and_no_room_leaves_the_buffer(void **state)
{
	struct prng prng;

	(void)state;
	prng_init(&prng, 37);
	for (int round = 0; round < 500; round++) {
		struct range_set set, again;
		struct buf buf, small;

		range_set_init(&set, 100);
		range_set_init(&again, 100);
		for (uint64_t n = prng_below(&prng, 20) + 1; n > 0; n--) {
			uint32_t first = (uint32_t)prng_below(&prng, UINT32_MAX - 1000) + 1;

			assert_int_equal(
			    range_set_add(&set, first, first + (uint32_t)prng_below(&prng, 3)),
			    ST_OK);
		}
		buf_init(&buf, 10000);
		assert_int_equal(imap_uidset_encode(&set, &buf), ST_OK);
		assert_int_equal(imap_uidset_decode(buf_bytes(&buf), &again), ST_OK);
		assert_int_equal(again.count, set.count);
		assert_memory_equal(again.ranges, set.ranges, set.count * sizeof(*set.ranges));
		buf_init(&small, (size_t)prng_below(&prng, buf.size - 1) + 1);
		assert_int_equal(buf_append(&small, BYTES("k")), ST_OK);
		assert_int_equal(imap_uidset_encode(&set, &small), ST_LIMIT);
		assert_true(bytes_equal(buf_bytes(&small), BYTES("k")));
		buf_fini(&small);
		buf_fini(&buf);
		range_set_fini(&set);
		range_set_fini(&again);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sets_and_what_they_hold),
	    cmocka_unit_test(test_what_is_no_set),
	    cmocka_unit_test(test_the_servers_order_is_kept),
	    cmocka_unit_test(test_huge_ranges_are_not_expanded),
	    cmocka_unit_test(test_random_sets_come_back_and_no_room_leaves_the_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
