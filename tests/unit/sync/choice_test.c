/* SPDX-License-Identifier: Apache-2.0
 *
 * What is left out: each rule by itself; then what sync/copy makes of random rules over random
 * folders, in both directions.
 */
#include "sync/choice.h"

#include <stdio.h>

#include "case.h"
#include "sync/bench.h"

enum {
	MARCH_1 = 1709251200, /* 2024-03-01 00:00:00 UTC */
	DAY = 86400,
	SEEDS = 600,
	UID_STEP_MAX = 12
};

static void
test_each_rule_and_its_edges(void **state)
{
	static const struct sync_choice days = {.has_since = true,
	    .since_s = MARCH_1,
	    .has_before = true,
	    .before_s = MARCH_1 + DAY};
	static const struct sync_choice sizes = {.size_max = 1000, .append_max = 500};
	static const struct sync_choice all = {.skips_deleted = true,
	    .has_since = true,
	    .since_s = MARCH_1,
	    .has_before = true,
	    .before_s = MARCH_1 + DAY,
	    .size_max = 10,
	    .append_max = 5};
	static const struct sync_choice nothing = {0};
	static const struct {
		const char *name;
		const struct sync_choice *choice;
		int64_t s;
		uint64_t size;
		uint32_t flags;
		enum sync_verdict verdict;
		enum sync_rule rule;
	} cases[] = {
	    {"no rule", &nothing, -5, UINT64_MAX, FLAG_DELETED, SYNC_TAKEN, 0},
	    {"the day's first second", &days, MARCH_1, 0, 0, SYNC_TAKEN, 0},
	    {"the second before", &days, MARCH_1 - 1, 0, 0, SYNC_EXCLUDED, SYNC_RULE_SINCE},
	    {"the day's last second", &days, MARCH_1 + DAY - 1, 0, 0, SYNC_TAKEN, 0},
	    {"the next day", &days, MARCH_1 + DAY, 0, 0, SYNC_EXCLUDED, SYNC_RULE_BEFORE},
	    {"before 1970", &days, INT64_MIN, 0, 0, SYNC_EXCLUDED, SYNC_RULE_SINCE},
	    {"deleted, nobody minds", &days, MARCH_1, 0, FLAG_DELETED, SYNC_TAKEN, 0},
	    {"as large as may be", &sizes, 0, 500, 0, SYNC_TAKEN, 0},
	    {"too large", &sizes, 0, 501, 0, SYNC_TOO_LARGE, 0},
	    {"too large still", &sizes, 0, 1000, 0, SYNC_TOO_LARGE, 0},
	    {"a rule comes first", &sizes, 0, 1001, 0, SYNC_EXCLUDED, SYNC_RULE_SIZE},
	    {"deleted before old", &all, 0, 99, FLAG_DELETED, SYNC_EXCLUDED, SYNC_RULE_DELETED},
	    {"old before large", &all, 0, 99, 0, SYNC_EXCLUDED, SYNC_RULE_SINCE},
	    {"new before large", &all, INT64_MAX, 99, 0, SYNC_EXCLUDED, SYNC_RULE_BEFORE},
	    {"large", &all, MARCH_1, 99, 0, SYNC_EXCLUDED, SYNC_RULE_SIZE},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct message message = {.uid = {1},
		    .size = cases[i].size,
		    .date = {.s = cases[i].s, .is_known = true},
		    .flags = {.system = cases[i].flags}};
		enum sync_rule rule = 0;

		EXPECT(cases[i].name,
		    sync_choice_decide(cases[i].choice, &message, &rule) == cases[i].verdict);
		EXPECT(cases[i].name, rule == cases[i].rule);
	}
}

/* A zone changes the day that a person reads, never the instant that decides. */
static void
test_a_date_that_is_not_known_leaves_a_message_in(void **state)
{
	struct sync_choice choice = {.has_since = true, .since_s = MARCH_1};
	struct message message = {.date = {.s = 0, .is_known = false}};
	enum sync_rule rule;

	(void)state;
	assert_int_equal(sync_choice_decide(&choice, &message, &rule), SYNC_TAKEN);
	message.date = (struct mail_date){MARCH_1 - 5400, 120, true};
	assert_int_equal(sync_choice_decide(&choice, &message, &rule), SYNC_EXCLUDED);
}

static void
test_what_a_rule_needs(void **state)
{
	struct sync_choice choice = {0};

	(void)state;
	assert_false(sync_choice_is_set(&choice));
	choice.skips_deleted = true;
	assert_true(sync_choice_is_set(&choice));
	assert_false(sync_choice_needs_size(&choice) || sync_choice_needs_date(&choice));
	choice = (struct sync_choice){.has_before = true};
	assert_true(sync_choice_is_set(&choice) && sync_choice_needs_date(&choice));
	choice = (struct sync_choice){.append_max = 1};
	assert_true(sync_choice_is_set(&choice) && sync_choice_needs_size(&choice));
	choice = (struct sync_choice){.size_max = 1};
	assert_true(sync_choice_is_set(&choice) && sync_choice_needs_size(&choice));
}

static void
draw_choice(struct bench *bench, uint32_t uid_max)
{
	struct sync_choice *choice = &bench->setup.settings.choice;

	choice->skips_deleted = bench_chance(bench, 40);
	choice->has_since = bench_chance(bench, 40);
	choice->since_s = (int64_t)prng_below(&bench->prng, uid_max + 2);
	choice->has_before = bench_chance(bench, 40);
	choice->before_s = (int64_t)prng_below(&bench->prng, uid_max + 2);
	choice->size_max = bench_chance(bench, 40) ? 200 + prng_below(&bench->prng, 400) : 0;
	choice->append_max = bench_chance(bench, 40) ? 200 + prng_below(&bench->prng, 400) : 0;
}

/* Messages of which some say another size than they have. */
static uint32_t
draw_messages(struct bench *bench, uint32_t count)
{
	uint32_t uid = 0;

	for (uint32_t i = 0; i < count; i++) {
		struct bench_message *message;

		uid += 1 + (uint32_t)prng_below(&bench->prng, UID_STEP_MAX);
		message = bench_add(bench, uid, (uint32_t)prng_below(&bench->prng, 700));
		if (bench_chance(bench, 20))
			message->told_size = 1 + (uint32_t)prng_below(&bench->prng, 700);
		message->is_gone = bench_chance(bench, 3);
		message->has_no_text = bench_chance(bench, 3);
		if (bench_chance(bench, 5))
			message->answer = ANSWER_NO;
	}
	return uid;
}

static void
draw_setup(struct bench *bench)
{
	struct bench_setup *setup = &bench->setup;

	setup->settings.is_multi = bench_chance(bench, 50);
	setup->settings.is_newest_first = bench_chance(bench, 50);
	setup->settings.asks_blindly = bench_chance(bench, 30);
	setup->is_synchronising = bench_chance(bench, 40);
	setup->src_backwards = bench_chance(bench, 20);
	setup->src_chatters = bench_chance(bench, 30) && !setup->settings.asks_blindly;
	setup->holds = bench_chance(bench, 50);
	setup->reply_us = (int64_t)prng_below(&bench->prng, 3) * 300000;
}

/* The bench compares what is told with rules of its own. */
static void
test_random_rules_over_random_folders(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		char name[BENCH_NAME_SIZE];
		struct bench *bench;
		uint32_t uid_max;

		snprintf(name, sizeof(name), "rules, seed %u", (unsigned)seed);
		bench = bench_new(name, seed);
		draw_setup(bench);
		uid_max = draw_messages(bench, (uint32_t)prng_below(&bench->prng, 60));
		draw_choice(bench, uid_max);
		if (bench_chance(bench, 20))
			bench->setup.stop_step = (int32_t)prng_below(&bench->prng, 400);
		else if (bench_chance(bench, 10))
			bench->setup.dst_lost_step = (int32_t)prng_below(&bench->prng, 400);
		else if (bench_chance(bench, 10))
			bench->setup.src_lost_step = (int32_t)prng_below(&bench->prng, 400);
		bench_run(bench);
		bench_free(&bench);
	}
}

/* Of nothing but large folders: windows are cut and asked for again, and what is left out is
 * counted once. */
static void
test_rules_over_large_folders(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 12; seed++) {
		struct bench *bench = bench_new("large folders", seed);
		struct sync_choice *choice = &bench->setup.settings.choice;

		bench->setup.settings.is_newest_first = seed % 2 == 0;
		for (uint32_t uid = 1; uid <= 2000; uid++)
			bench_add(bench, uid + (uid > 100 ? 5000 : 0), 1);
		choice->has_since = seed % 3 > 0;
		choice->since_s = seed % 3 == 1 ? 6500 : 50;
		choice->skips_deleted = seed % 4 > 1;
		bench_run(bench);
		bench_free(&bench);
	}
}

/* The destination gets the source's order backwards. */
static void
test_newest_first_is_backwards(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 100; seed++) {
		struct bench *bench = bench_new("newest first", seed);
		uint32_t count = (uint32_t)prng_below(&bench->prng, 700);
		uint32_t uid = 0;

		draw_setup(bench);
		bench->setup.settings.is_newest_first = true;
		for (uint32_t i = 0; i < count; i++)
			bench_add(bench,
			    uid += 1 + (uint32_t)prng_below(&bench->prng, seed % 4 * 5 + 1),
			    (uint32_t)prng_below(&bench->prng, 300));
		bench_run(bench);
		assert_int_equal(bench->stored_count, count);
		for (uint32_t i = 0; i < count; i++)
			assert_int_equal(bench->stored[i], count - 1 - i);
		bench_free(&bench);
	}
}

/* Where EXAMINE is not answered yet nobody knows where the newest messages are. */
static void
test_newest_first_waits_for_examine(void **state)
{
	struct sync_copy_settings settings = {
	    .limits = bench_limits(), .is_newest_first = true, .is_src_pending = true};
	struct sync_copy_request request;
	struct sync_copy *copy;

	(void)state;
	settings.blocks = bench_blocks(&settings.limits);
	assert_int_equal(sync_copy_new(&settings, &copy), ST_OK);
	assert_int_equal(sync_copy_next(copy, (struct tick){0}, &request), ST_AGAIN);
	sync_copy_feed_examined(copy, 10, 4001);
	assert_int_equal(sync_copy_next(copy, (struct tick){0}, &request), ST_OK);
	assert_int_equal(request.want, SYNC_COPY_ROWS);
	assert_true(range_set_has(request.uids, 4000));
	assert_false(range_set_has(request.uids, 4001));
	sync_copy_free(&copy);
}

static struct bench_message *
run_one(struct bench *bench, uint32_t told, uint32_t size)
{
	struct bench_message *message = bench_add(bench, 1, size);

	message->told_size = told;
	bench_run(bench);
	return message;
}

/* A message whose RFC822.SIZE lies is judged by what it announces when it comes. */
static void
test_a_size_that_lies(void **state)
{
	static const struct {
		const char *name;
		uint32_t told;
		uint32_t size;
		bool is_excluded;
		bool is_too_large;
		uint32_t bodies_asked;
	} cases[] = {
	    {"true and small", 1000, 1000, false, false, 1},
	    {"true and at the limit", 2000, 2000, false, false, 1},
	    {"true and too large", 2001, 2001, false, true, 0},
	    {"true and over the rule", 3001, 3001, true, false, 0},
	    {"says it is small, is too large", 10, 2001, false, true, 1},
	    {"says it is small, is over the rule", 10, 3001, true, false, 1},
	    {"says it is too large, is small", 2001, 10, false, true, 0},
	    {"says it is over the rule, is small", 3001, 10, true, false, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct bench *bench = bench_new(cases[i].name, 1);
		const struct bench_message *message;

		bench->setup.settings.choice.append_max = 2000;
		bench->setup.settings.choice.size_max = 3000;
		message = run_one(bench, cases[i].told, cases[i].size);
		EXPECT(cases[i].name, bench->bodies_asked == cases[i].bodies_asked);
		EXPECT(cases[i].name,
		    bench->left_out[SYNC_RULE_SIZE] == (cases[i].is_excluded ? 1 : 0));
		EXPECT(cases[i].name,
		    (message->outcomes == 1 && message->outcome == SYNC_ROW_TOO_LARGE) ==
			cases[i].is_too_large);
		EXPECT(cases[i].name,
		    message->stored == (cases[i].is_excluded || cases[i].is_too_large ? 0 : 1));
		EXPECT(cases[i].name, bench->begins == message->stored);
		bench_free(&bench);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_each_rule_and_its_edges),
	    cmocka_unit_test(test_a_date_that_is_not_known_leaves_a_message_in),
	    cmocka_unit_test(test_what_a_rule_needs),
	    cmocka_unit_test(test_random_rules_over_random_folders),
	    cmocka_unit_test(test_rules_over_large_folders),
	    cmocka_unit_test(test_newest_first_is_backwards),
	    cmocka_unit_test(test_newest_first_waits_for_examine),
	    cmocka_unit_test(test_a_size_that_lies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
