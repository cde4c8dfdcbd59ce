/* SPDX-License-Identifier: Apache-2.0
 *
 * How sync/copy forms groups, and when it lets them be committed. What holds always is checked
 * by the bench; here the limits are met one by one.
 */
#include "case.h"
#include "sync/bench.h"

struct sized {
	const char *name;
	bool is_multi;
	uint32_t size;
};

/* By bench_limits: 1024 is buffered whole, the ring holds 4096. */
static const struct sized sizes[] = {
    {"nothing", true, 0},
    {"one octet", true, 1},
    {"one octet, singly", false, 1},
    {"buffered whole", true, 1024},
    {"buffered whole, singly", false, 1024},
    {"one more, streamed", true, 1025},
    {"one more, streamed singly", false, 1025},
    {"one less than the ring", true, 4095},
    {"the ring", true, 4096},
    {"the ring, singly", false, 4096},
    {"one more than the ring", true, 4097},
    {"many rings", true, 50000},
    {"many rings, singly", false, 50000},
};

static void
test_messages_of_every_size_arrive(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		struct bench *bench = bench_new(sizes[i].name, i + 1);

		bench->setup.settings.is_multi = sizes[i].is_multi;
		bench_add(bench, 1, 300);
		bench_add(bench, 2, sizes[i].size);
		bench_add(bench, 3, sizes[i].size);
		bench_add(bench, 4, 300);
		bench_run(bench);
		EXPECT(sizes[i].name, bench->stored_count == 4);
		bench_free(&bench);
	}
}

/* A group of its own would be one more to be answered. */
static void
test_large_messages_travel_in_groups(void **state)
{
	static const struct {
		const char *name;
		bool is_multi;
		uint32_t begins;
	} rows[] = {
	    {"all in one", true, 1},
	    {"singly", false, 5},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct bench *bench = bench_new(rows[i].name, 3);

		bench->setup.settings.is_multi = rows[i].is_multi;
		bench->setup.settings.limits.group_bytes_max = 32768;
		for (uint32_t uid = 1; uid <= 5; uid++)
			bench_add(bench, uid, uid % 2 == 0 ? 5000 : 100);
		bench_run(bench);
		EXPECT(rows[i].name, bench->stored_count == 5);
		EXPECT(rows[i].name, bench->begins == rows[i].begins);
		bench_free(&bench);
	}
}

static void
test_unanswered_groups_reach_the_limit_and_stay_there(void **state)
{
	(void)state;
	for (int is_multi = 0; is_multi <= 1; is_multi++) {
		uint32_t groups_max = 0;

		for (uint64_t seed = 1; seed <= 20; seed++) {
			struct bench *bench = bench_new("unanswered", seed);

			bench->setup.is_lazy = true;
			bench->setup.settings.is_multi = is_multi;
			for (uint32_t uid = 1; uid <= 200; uid++)
				bench_add(bench, uid, 20);
			bench_run(bench);
			if (bench->groups_max > groups_max)
				groups_max = bench->groups_max;
			bench_free(&bench);
		}
		assert_int_equal(groups_max, bench_limits().unanswered_groups_max);
	}
}

/* Fast replies let groups grow, slow ones make them small; the limit has the last word, also
 * where it lies below the least size that slow replies may ask for. */
static void
test_groups_follow_the_replies_up_to_the_limit(void **state)
{
	static const struct {
		const char *name;
		uint32_t limit;
		int64_t reply_us;
		uint32_t least;
		uint32_t most;
	} cases[] = {
	    {"fast", 64, 0, 60, 64},
	    {"slow", 64, 900000, 8, 32},
	    {"fast, a small limit", 4, 0, 4, 4},
	    {"slow, a small limit", 4, 900000, 1, 4},
	    {"no groups at all", 1, 0, 1, 1},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct bench *bench = bench_new(cases[i].name, 4);

		bench->setup.settings.limits.group_messages_max = cases[i].limit;
		bench->setup.reply_us = cases[i].reply_us;
		for (uint32_t uid = 1; uid <= 2000; uid++)
			bench_add(bench, uid, 5);
		bench_run(bench);
		EXPECT(cases[i].name, bench->group_messages_max >= cases[i].least);
		EXPECT(cases[i].name, bench->group_messages_max <= cases[i].most);
		bench_free(&bench);
	}
}

static void
test_empty_messages_go_alone_where_the_family_refuses_them(void **state)
{
	struct bench *bench = bench_new("isolated", 2);

	(void)state;
	bench->setup.settings.isolates_empty = true;
	for (uint32_t uid = 1; uid <= 40; uid++) {
		bench_add(bench, uid, uid % 10 == 0 ? 0 : 20);
		if (uid % 10 == 0)
			bench->messages[uid - 1].answer = ANSWER_NO;
	}
	bench_run(bench);
	assert_int_equal(bench->stored_count, 36);
	/* No other message was ever refused with them: nobody was sent twice. */
	for (uint32_t i = 0; i < bench->count; i++)
		assert_int_equal(bench->messages[i].bodies, 1);
	bench_free(&bench);
}

/* A machine with one window of one message asked for, by hand. */
static struct sync_copy *
ask_for_one(struct bench *bench)
{
	struct sync_copy_request request;
	struct message row = {.uid = {1}};
	struct sync_copy *copy;

	bench->setup.settings.src_uidnext = 10;
	bench->setup.settings.src_exists = 2;
	bench->setup.settings.blocks = bench_blocks(&bench->setup.settings.limits);
	assert_int_equal(sync_copy_new(&bench->setup.settings, &copy), ST_OK);
	bench->copy = copy;
	assert_int_equal(sync_copy_next(copy, bench->now, &request), ST_OK);
	assert_int_equal(request.want, SYNC_COPY_ROWS);
	assert_int_equal(sync_copy_feed_row(copy, &row), ST_OK);
	row.uid.number = 2;
	assert_int_equal(sync_copy_feed_row(copy, &row), ST_OK);
	sync_copy_feed_rows_end(copy);
	assert_int_equal(sync_copy_next(copy, bench->now, &request), ST_OK);
	assert_int_equal(request.want, SYNC_COPY_BODIES);
	assert_int_equal(sync_copy_feed_body(copy, (struct uid){1}, 3), ST_OK);
	sync_copy_feed_octets(copy, BYTES("abc"));
	sync_copy_feed_body_end(copy, bench->now);
	return copy;
}

/* A group waits for more no longer than filling_max_us, and its last octet waits with it. */
static void
test_a_slow_source_does_not_hold_a_group_up(void **state)
{
	struct bench *bench = bench_new("by hand", 1);
	struct sync_copy_request request;
	struct sync_copy *copy = ask_for_one(bench);
	struct tick now = bench->now;

	(void)state;
	assert_int_equal(sync_copy_next(copy, now, &request), ST_OK);
	assert_int_equal(request.want, SYNC_COPY_BEGIN);
	assert_int_equal(sync_copy_next(copy, now, &request), ST_OK);
	assert_int_equal(request.want, SYNC_COPY_MESSAGE);
	assert_int_equal(sync_copy_output(copy).size, 2);
	sync_copy_sent(copy, 2);
	assert_int_equal(sync_copy_next(copy, now, &request), ST_AGAIN);
	assert_int_equal(sync_copy_deadline(copy).us, 500000);
	now.us = 499999;
	assert_int_equal(sync_copy_next(copy, now, &request), ST_AGAIN);
	now.us = 500000;
	assert_int_equal(sync_copy_next(copy, now, &request), ST_OK);
	assert_int_equal(request.want, SYNC_COPY_INTENT);
	assert_int_equal(sync_copy_deadline(copy).us, TICK_NEVER.us);
	assert_int_equal(sync_copy_output(copy).size, 0);
	sync_copy_feed_durable(copy, request.group + 1);
	assert_int_equal(sync_copy_output(copy).size, 0);
	sync_copy_feed_durable(copy, request.group);
	assert_int_equal(sync_copy_output(copy).size, 1);
	bench_free(&bench);
}

static void
test_a_held_message_is_not_announced(void **state)
{
	struct bench *bench = bench_new("by hand", 1);
	struct sync_copy_request request;
	struct sync_copy *copy = ask_for_one(bench);

	(void)state;
	sync_copy_hold(copy, &(struct sync_copy_holds){.messages = true});
	assert_int_equal(sync_copy_next(copy, bench->now, &request), ST_OK);
	assert_int_equal(request.want, SYNC_COPY_BEGIN);
	assert_int_equal(sync_copy_next(copy, bench->now, &request), ST_AGAIN);
	assert_int_equal(sync_copy_output(copy).size, 0);
	sync_copy_hold(copy, &(struct sync_copy_holds){0});
	assert_int_equal(sync_copy_next(copy, bench->now, &request), ST_OK);
	assert_int_equal(request.want, SYNC_COPY_MESSAGE);
	bench_free(&bench);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_messages_of_every_size_arrive),
	    cmocka_unit_test(test_large_messages_travel_in_groups),
	    cmocka_unit_test(test_unanswered_groups_reach_the_limit_and_stay_there),
	    cmocka_unit_test(test_groups_follow_the_replies_up_to_the_limit),
	    cmocka_unit_test(test_empty_messages_go_alone_where_the_family_refuses_them),
	    cmocka_unit_test(test_a_slow_source_does_not_hold_a_group_up),
	    cmocka_unit_test(test_a_held_message_is_not_announced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
