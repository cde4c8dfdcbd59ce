/* SPDX-License-Identifier: Apache-2.0
 *
 * A source that breaks off: everything arrives once, but for the messages that are to blame.
 */
#include "case.h"
#include "sync/bench.h"

#include <stdio.h>

enum {
	SEEDS = 300
};

static struct bench *
new_folder(const char *name, uint64_t seed, bool is_multi, uint32_t count)
{
	struct bench *bench = bench_new(name, seed);

	bench->setup.settings.is_multi = is_multi;
	for (uint32_t uid = 1; uid <= count; uid++)
		bench_add(bench, uid, uid == 7 ? 6000 : uid * 30);
	return bench;
}

/* Whatever the step, nothing is lost, doubled, blamed for good or in doubt. */
static bool
breaks_off_at(bool is_multi, bool is_blind, int32_t step)
{
	struct bench *bench;
	char name[BENCH_NAME_SIZE];
	bool was_in_time;

	snprintf(name, sizeof(name), "%s%s, broken off at step %d",
	    is_multi ? "in groups" : "singly", is_blind ? ", blindly" : "", (int)step);
	bench = new_folder(name, 12, is_multi, 24);
	bench->setup.src_drop_step = step;
	bench->setup.settings.asks_blindly = is_blind;
	bench->setup.src_overlaps = is_blind;
	bench_run(bench);
	was_in_time = (int32_t)bench->steps > step;
	EXPECT(name, bench->src_drops == (was_in_time ? 1 : 0));
	for (uint32_t i = 0; i < bench->count; i++) {
		EXPECT(name, bench->messages[i].stored == 1);
		EXPECT(name, bench->messages[i].outcome == SYNC_ROW_COPIED);
	}
	bench_free(&bench);
	return was_in_time;
}

static void
test_it_may_break_off_at_any_step(void **state)
{
	(void)state;
	for (int kind = 0; kind < 4; kind++) {
		int32_t step = 0;

		while (breaks_off_at(kind % 2 == 0, kind / 2 == 0, step))
			step++;
		assert_true(step > 100);
	}
}

/* A destination in which a literal was open is dropped, and none other. */
static void
test_groups_go_on_behind_a_break(void **state)
{
	uint32_t drops = 0;

	(void)state;
	for (int32_t step = 0; step < 600; step++) {
		/* None of them is large. */
		struct bench *bench = new_folder("groups go on", 5 + (uint64_t)step, true, 34);

		bench->messages[6].size = 200;
		bench->setup.src_drop_step = step;
		bench_run(bench);
		/* Nothing is streamed before it is whole. */
		assert_int_equal(bench->drops, 0);
		bench_free(&bench);
		bench = new_folder("groups go on", 5 + (uint64_t)step, true, 40);
		bench->messages[6].size = 60000;
		bench->setup.src_drop_step = step;
		bench_run(bench);
		assert_false(bench->is_singly);
		drops += bench->drops;
		bench_free(&bench);
	}
	print_message("%u of 600 breaks were behind an open literal\n", (unsigned)drops);
	assert_true(drops >= 20);
}

static bool
is_culprit(uint32_t uid, const uint32_t *culprits, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (culprits[i] == uid)
			return true;
	}
	return false;
}

struct poison_case {
	const char *name;
	uint32_t culprits[4];
	size_t count;
	uint32_t at; /* octets of the text */
	uint32_t forgets;
	uint32_t drops_max;
};

static const struct poison_case poison_cases[] = {
    {"the first", {1}, 1, 0, 0, 3},
    {"the last", {60}, 1, 0, 0, 3},
    {"in the middle of a text", {20}, 1, 17, 0, 3},
    {"in the middle of a large text", {7}, 1, 3000, 0, 3},
    {"at the end of a large text", {7}, 1, 6000, 0, 3},
    {"the only one that is not whole", {13}, 1, 390, 0, 3},
    {"two neighbours", {30, 31}, 2, 5, 0, 6},
    {"four", {1, 7, 40, 60}, 4, 10, 0, 12},
    {"what was written is lost", {50}, 1, 0, 4, 30},
    {"much of what was written is lost", {30, 55}, 2, 0, 40, 60},
};

static void
play_poison(const struct poison_case *the_case, uint64_t seed)
{
	struct bench *bench;
	char name[BENCH_NAME_SIZE];

	snprintf(name, sizeof(name), "%s, seed %u", the_case->name, (unsigned)seed);
	bench = new_folder(name, seed, seed % 2 == 0, 60);
	bench->setup.settings.asks_blindly = seed / 2 % 2 == 0;
	bench->setup.holds = seed / 4 % 2 == 0;
	bench->setup.src_forgets = the_case->forgets;
	for (size_t i = 0; i < the_case->count; i++) {
		bench->messages[the_case->culprits[i] - 1].is_poison = true;
		bench->messages[the_case->culprits[i] - 1].poison_at = the_case->at;
	}
	bench_run(bench);
	for (uint32_t i = 0; i < bench->count; i++) {
		const struct bench_message *message = &bench->messages[i];

		if (is_culprit(message->uid, the_case->culprits, the_case->count)) {
			EXPECT(name, message->outcome == SYNC_ROW_POISON);
			EXPECT(name, the_case->forgets > 0 || message->poisonings == 3);
		} else {
			EXPECT(name, message->outcome == SYNC_ROW_COPIED);
		}
	}
	EXPECT(name, bench->src_drops <= the_case->drops_max);
	EXPECT(name, bench->src_given_up == the_case->count);
	bench_free(&bench);
}

static void
test_poison_is_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(poison_cases); i++) {
		for (uint64_t seed = 1; seed <= SEEDS / 10; seed++)
			play_poison(&poison_cases[i], seed);
	}
}

/* A suspect stands in nobody's way: when it is asked for again, all others have come. */
static void
test_suspects_come_last_and_alone(void **state)
{
	struct sync_copy_settings settings = {
	    .is_multi = true, .src_uidnext = 6, .src_exists = 5};
	struct sync_copy_request request;
	struct sync_copy *copy;
	uint32_t whole = 0;

	(void)state;
	settings.limits = bench_limits();
	settings.blocks = bench_blocks(&settings.limits);
	assert_int_equal(sync_copy_new(&settings, &copy), ST_OK);
	assert_int_equal(sync_copy_next(copy, (struct tick){0}, &request), ST_OK);
	for (uint32_t uid = 1; uid <= 5; uid++)
		assert_int_equal(
		    sync_copy_feed_row(copy, &(struct message){.uid = {uid}}), ST_OK);
	sync_copy_feed_rows_end(copy);
	assert_int_equal(sync_copy_next(copy, (struct tick){0}, &request), ST_OK);
	assert_int_equal(range_set_size(request.uids), 5);
	assert_int_equal(sync_copy_feed_body(copy, (struct uid){1}, 4), ST_OK);
	assert_false(sync_copy_feed_src_dropped(copy, true));
	while (whole < 4) {
		while (sync_copy_next(copy, (struct tick){0}, &request) == ST_OK &&
		    request.want != SYNC_COPY_BODIES)
			assert_true(request.want == SYNC_COPY_BEGIN ||
			    request.want == SYNC_COPY_MESSAGE);
		assert_int_equal(request.want, SYNC_COPY_BODIES);
		assert_false(range_set_has(request.uids, 1));
		for (uint32_t uid = 2; uid <= 5; uid++) {
			if (!range_set_has(request.uids, uid))
				continue;
			assert_int_equal(
			    sync_copy_feed_body(copy, (struct uid){uid}, 0), ST_OK);
			sync_copy_feed_body_end(copy, (struct tick){0});
			whole++;
		}
		assert_false(sync_copy_has_asked_all(copy));
		sync_copy_feed_bodies_end(copy);
	}
	for (int cut = 2; cut <= 3; cut++) {
		while (sync_copy_next(copy, (struct tick){0}, &request) == ST_OK &&
		    request.want != SYNC_COPY_BODIES)
			;
		assert_int_equal(request.want, SYNC_COPY_BODIES);
		assert_int_equal(range_set_size(request.uids), 1);
		assert_true(range_set_has(request.uids, 1));
		assert_true(sync_copy_has_asked_all(copy));
		assert_int_equal(sync_copy_feed_src_dropped(copy, true), cut == 3);
	}
	assert_int_equal(sync_copy_next(copy, (struct tick){0}, &request), ST_OK);
	assert_int_equal(request.want, SYNC_COPY_OUTCOME);
	assert_int_equal(request.outcome, SYNC_ROW_POISON);
	assert_int_equal(request.message.uid.number, 1);
	sync_copy_free(&copy);
}

/* When another folder was told of, nothing of this one is to blame. */
static void
test_whose_turn_it_was_not_is_not_blamed(void **state)
{
	struct sync_copy_settings settings = {
	    .is_multi = true, .src_uidnext = 2, .src_exists = 1};
	struct sync_copy_request request;
	struct sync_copy *copy;

	(void)state;
	settings.limits = bench_limits();
	settings.blocks = bench_blocks(&settings.limits);
	assert_int_equal(sync_copy_new(&settings, &copy), ST_OK);
	assert_int_equal(sync_copy_next(copy, (struct tick){0}, &request), ST_OK);
	assert_int_equal(sync_copy_feed_row(copy, &(struct message){.uid = {1}}), ST_OK);
	sync_copy_feed_rows_end(copy);
	for (int i = 0; i < 10; i++) {
		assert_int_equal(sync_copy_next(copy, (struct tick){0}, &request), ST_OK);
		assert_int_equal(request.want, SYNC_COPY_BODIES);
		assert_false(sync_copy_feed_src_dropped(copy, false));
	}
	sync_copy_free(&copy);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_it_may_break_off_at_any_step),
	    cmocka_unit_test(test_groups_go_on_behind_a_break),
	    cmocka_unit_test(test_poison_is_found),
	    cmocka_unit_test(test_suspects_come_last_and_alone),
	    cmocka_unit_test(test_whose_turn_it_was_not_is_not_blamed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
