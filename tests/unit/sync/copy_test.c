/* SPDX-License-Identifier: Apache-2.0
 *
 * sync/copy as a whole: random folders between random servers, and every way of ending early.
 */
#include "case.h"
#include "sync/bench.h"

#include <stdio.h>

enum {
	SEEDS = 1200
};

static const enum bench_answer answers[] = {
    ANSWER_OK,
    ANSWER_NO,
    ANSWER_BAD,
    ANSWER_STOP,
    ANSWER_NO_EARLY,
    ANSWER_BAD_EARLY,
    ANSWER_OK_EARLY,
    ANSWER_NO_TO_LONG_KEYWORDS,
};

/* A folder of up to 60 messages with holes in its UIDs, some of them troublesome. */
static void
draw_messages(struct bench *bench, bool has_trouble)
{
	uint32_t count = (uint32_t)prng_below(&bench->prng, 60);
	uint32_t uid = 0;

	for (uint32_t i = 0; i < count; i++) {
		static const uint32_t sizes[] = {0, 1, 40, 300, 1023, 1024, 1025, 4096, 9000};
		uint32_t size = sizes[prng_below(&bench->prng, COUNT_OF(sizes))];
		struct bench_message *message;

		if (bench_chance(bench, 70))
			size = (uint32_t)prng_below(&bench->prng, 400);
		uid += 1 + (uint32_t)prng_below(&bench->prng, bench_chance(bench, 20) ? 9 : 1);
		message = bench_add(bench, uid, size);
		if (!has_trouble || bench_chance(bench, 80))
			continue;
		message->is_gone = bench_chance(bench, 20);
		message->has_no_text = bench_chance(bench, 20);
		message->is_poison =
		    !message->is_gone && !message->has_no_text && bench_chance(bench, 20);
		message->poison_at = (uint32_t)prng_below(&bench->prng, size + 1);
		message->answer = answers[prng_below(&bench->prng, COUNT_OF(answers))];
		if (message->answer == ANSWER_STOP && bench_chance(bench, 80))
			message->answer = ANSWER_NO;
		if (message->answer == ANSWER_NO_TO_LONG_KEYWORDS)
			message->keywords = BYTES("$Forwarded aKeywordThatIsMuchTooLong $Junk "
						  "anotherOneThatIsTooLong");
	}
}

static void
draw_setup(struct bench *bench)
{
	struct bench_setup *setup = &bench->setup;

	setup->settings.is_multi = bench_chance(bench, 50);
	setup->settings.isolates_empty = bench_chance(bench, 50);
	setup->settings.asks_blindly = bench_chance(bench, 50);
	setup->is_synchronising = bench_chance(bench, 40);
	setup->is_no_proof = bench_chance(bench, 15);
	setup->tells_no_uids = bench_chance(bench, 30);
	setup->src_shuffles = bench_chance(bench, 20);
	setup->src_overlaps = bench_chance(bench, 50);
	/* A row that is told twice cannot be told from one that comes too late. */
	setup->src_chatters =
	    bench_chance(bench, 30) && !(setup->src_overlaps && setup->settings.asks_blindly);
	setup->replies_shuffle = bench_chance(bench, 20);
	setup->holds = bench_chance(bench, 50);
	setup->is_lazy = bench_chance(bench, 20);
	setup->src_cuts_max = bench_chance(bench, 30) ? 4 : 0;
	setup->reply_us = (int64_t)prng_below(&bench->prng, 3) * 300000;
}

static void
test_random_folders_between_random_servers(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		char name[BENCH_NAME_SIZE];
		struct bench *bench;

		snprintf(name, sizeof(name), "seed %u", (unsigned)seed);
		bench = bench_new(name, seed);
		draw_setup(bench);
		draw_messages(bench, bench_chance(bench, 60));
		bench_run(bench);
		bench_free(&bench);
	}
}

/* Nothing refused, nothing missing, nothing broken off: the destination has the source's
 * order. */
static void
test_order_is_kept(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 100; seed++) {
		struct bench *bench = bench_new("order", seed);

		draw_setup(bench);
		bench->setup.src_shuffles = false;
		bench->setup.src_cuts_max = 0;
		draw_messages(bench, false);
		bench_run(bench);
		assert_int_equal(bench->stored_count, bench->count);
		for (uint32_t i = 0; i < bench->count; i++)
			assert_int_equal(bench->stored[i], i);
		bench_free(&bench);
	}
}

/* What may end, and how. */
struct ending {
	const char *name;
	bool is_multi;
	bool is_synchronising;
	enum bench_answer answer; /* to one message of the middle */
	bool stops;
	bool loses_src;
	bool loses_dst;
};

static const struct ending endings[] = {
    {"stop, in groups", true, false, ANSWER_OK, true, false, false},
    {"stop, singly", false, true, ANSWER_NO, true, false, false},
    {"source lost, in groups", true, false, ANSWER_OK, false, true, false},
    {"source lost, singly", false, true, ANSWER_NO_EARLY, false, true, false},
    {"destination lost, in groups", true, true, ANSWER_NO, false, false, true},
    {"destination lost, singly", false, false, ANSWER_BAD_EARLY, false, false, true},
    {"both lost, in groups", true, false, ANSWER_BAD, false, true, true},
    {"both lost, singly", false, true, ANSWER_OK, false, true, true},
};

/* Runs it with the end at that step; false: it was over before. */
static bool
ends_at(const struct ending *ending, int32_t step)
{
	struct bench *bench;
	char name[BENCH_NAME_SIZE];
	bool was_in_time;

	snprintf(name, sizeof(name), "%s, at step %d", ending->name, (int)step);
	bench = bench_new(name, 11);
	bench->setup.settings.is_multi = ending->is_multi;
	bench->setup.is_synchronising = ending->is_synchronising;
	bench->setup.stop_step = ending->stops ? step : NEVER;
	bench->setup.src_lost_step = ending->loses_src ? step : NEVER;
	bench->setup.dst_lost_step = ending->loses_dst ? step : NEVER;
	for (uint32_t uid = 1; uid <= 12; uid++)
		bench_add(bench, uid, uid == 7 ? 6000 : uid * 60);
	bench->messages[4].answer = ending->answer;
	bench_run(bench);
	was_in_time = (int32_t)bench->steps > step;
	bench_free(&bench);
	return was_in_time;
}

static void
test_every_step_may_be_the_last(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(endings); i++) {
		int32_t step = 0;

		while (ends_at(&endings[i], step))
			step++;
		EXPECT(endings[i].name, step > 50);
	}
}

/* What was whole when the source was lost is copied, not thrown away. */
static void
test_a_lost_source_leaves_what_is_whole(void **state)
{
	uint32_t stored_max = 0;

	(void)state;
	for (int32_t step = 0; step < 400; step++) {
		struct bench *bench = bench_new("lost source", 3);

		for (uint32_t uid = 1; uid <= 12; uid++)
			bench_add(bench, uid, 100);
		bench->setup.src_lost_step = step;
		bench_run(bench);
		for (uint32_t i = 0; i < bench->count; i++)
			assert_int_equal(bench->messages[i].stored, bench->messages[i].bodies);
		if (bench->stored_count > stored_max)
			stored_max = bench->stored_count;
		bench_free(&bench);
	}
	assert_int_equal(stored_max, 12);
}

/* After a stop nothing is asked for, not even the rest of the list of messages. */
static void
test_a_stop_ends_the_listing(void **state)
{
	(void)state;
	for (int32_t step = 0; step < 40; step++) {
		struct bench *bench = bench_new("stop while listing", 5);

		for (uint32_t uid = 1; uid <= 2000; uid += 100)
			bench_add(bench, uid, 10);
		bench->setup.stop_step = step;
		bench_run(bench);
		bench_free(&bench);
	}
}

static void
test_folders_of_nothing(void **state)
{
	struct bench *bench = bench_new("empty", 1);

	(void)state;
	bench_run(bench);
	assert_int_equal(bench->rows_asked, 0);
	assert_int_equal(bench->stored_count, 0);
	bench_free(&bench);
	bench = bench_new("empty messages", 1);
	for (uint32_t uid = 1; uid <= 1500; uid++)
		bench_add(bench, uid, 0);
	bench_run(bench);
	assert_int_equal(bench->stored_count, 1500);
	bench_free(&bench);
}

/* The connection is dropped for one message; all others arrive, and none twice. */
static void
test_after_a_drop_everything_else_arrives(void **state)
{
	static const enum bench_answer troubles[] = {
	    ANSWER_BAD, ANSWER_BAD_EARLY, ANSWER_OK_EARLY, ANSWER_NO_EARLY};

	(void)state;
	for (uint64_t seed = 0; seed < 200; seed++) {
		char name[BENCH_NAME_SIZE];
		struct bench *bench;

		snprintf(name, sizeof(name), "drop, seed %u", (unsigned)seed);
		bench = bench_new(name, seed);
		bench->setup.settings.is_multi = seed % 2 == 0;
		for (uint32_t uid = 1; uid <= 30; uid++)
			bench_add(bench, uid, 200);
		bench->messages[9].answer = troubles[seed / 2 % COUNT_OF(troubles)];
		bench_run(bench);
		EXPECT(name, bench->messages[9].outcome == SYNC_ROW_REFUSED);
		for (uint32_t i = 0; i < bench->count; i++) {
			const struct bench_message *message = &bench->messages[i];

			EXPECT(name,
			    i == 9 || message->stored == 1 ||
				message->outcome == SYNC_ROW_IN_DOUBT);
		}
		bench_free(&bench);
	}
}

/* Texts are asked for with their rows as long as UIDs are dense, whatever the source tells
 * first, and each arrives once and in order. */
static void
test_large_folders_are_asked_for_blindly(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 60; seed++) {
		bool has_holes = seed % 3 == 0;
		struct bench *bench = bench_new("blindly", seed);
		char name[BENCH_NAME_SIZE];

		snprintf(name, sizeof(name), "blindly, seed %u", (unsigned)seed);
		bench->setup.name = name;
		bench->setup.settings.is_multi = true;
		bench->setup.settings.asks_blindly = true;
		bench->setup.settings.limits.window_messages_max = 256;
		bench->setup.src_overlaps = seed % 2 == 0;
		bench->setup.src_cuts_max = seed % 5 == 0 ? 2 : 0;
		for (uint32_t uid = 1; uid <= 1000; uid++) {
			if (!has_holes || prng_below(&bench->prng, 8) > 0)
				bench_add(bench, uid, 20 + uid % 50);
		}
		bench_run(bench);
		EXPECT(name, bench->stored_count == bench->count);
		for (uint32_t i = 0; i < bench->count; i++)
			EXPECT(name, bench->messages[i].stored == 1);
		/* As many requests for texts as for rows: nothing is asked for again. */
		if (seed % 5 != 0 && seed % 2 != 0 && !has_holes)
			EXPECT(name, bench->rows_asked == 4 && bench->bodies_asked == 4);
		bench_free(&bench);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_random_folders_between_random_servers),
	    cmocka_unit_test(test_order_is_kept),
	    cmocka_unit_test(test_every_step_may_be_the_last),
	    cmocka_unit_test(test_a_lost_source_leaves_what_is_whole),
	    cmocka_unit_test(test_a_stop_ends_the_listing),
	    cmocka_unit_test(test_folders_of_nothing),
	    cmocka_unit_test(test_after_a_drop_everything_else_arrives),
	    cmocka_unit_test(test_large_folders_are_asked_for_blindly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
