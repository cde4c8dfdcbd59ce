/* SPDX-License-Identifier: Apache-2.0
 *
 * What sync/copy makes of the destination's answers.
 */
#include "case.h"
#include "sync/bench.h"

#include <stdio.h>

enum {
	MESSAGES = 64
};

static struct bench *
new_folder(const char *name, uint64_t seed, bool is_multi)
{
	struct bench *bench = bench_new(name, seed);

	bench->setup.settings.is_multi = is_multi;
	for (uint32_t uid = 1; uid <= MESSAGES; uid++)
		bench_add(bench, uid, 30);
	return bench;
}

/* A group is halved until the culprit stands alone: of 16 that takes four more commands on each
 * side of it, not sixteen, and nobody else is refused. */
static void
test_a_culprit_is_found_by_halves(void **state)
{
	(void)state;
	for (uint32_t culprit = 0; culprit < MESSAGES; culprit++) {
		char name[BENCH_NAME_SIZE];
		struct bench *bench;
		uint32_t bodies_max = 0;

		snprintf(name, sizeof(name), "culprit %u", (unsigned)culprit);
		bench = new_folder(name, culprit + 1, true);
		bench->messages[culprit].answer = ANSWER_NO;
		bench_run(bench);
		EXPECT(name, bench->messages[culprit].outcome == SYNC_ROW_REFUSED);
		EXPECT(name, bench->messages[culprit].refusals == 1);
		EXPECT(name, bench->stored_count == MESSAGES - 1);
		for (uint32_t i = 0; i < MESSAGES; i++) {
			if (bench->messages[i].bodies > bodies_max)
				bodies_max = bench->messages[i].bodies;
		}
		EXPECT(name, bodies_max <= 5);
		EXPECT(name, bench->drops == 0);
		bench_free(&bench);
	}
}

static void
test_many_culprits_leave_the_others_in(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 60; seed++) {
		struct bench *bench = new_folder("culprits", seed, seed % 2 == 0);
		uint32_t culprits = 0;

		bench->setup.is_synchronising = seed % 3 == 0;
		for (uint32_t i = 0; i < MESSAGES; i++) {
			if (!bench_chance(bench, 30))
				continue;
			bench->messages[i].answer =
			    bench->setup.is_synchronising ? ANSWER_NO_EARLY : ANSWER_NO;
			culprits++;
		}
		bench_run(bench);
		assert_int_equal(bench->stored_count, MESSAGES - culprits);
		bench_free(&bench);
	}
}

/* Singly, a literal that is refused at its announcement costs that message alone: what was sent
 * before and what stands behind it in the group go in, over the same connection. */
static void
test_a_refused_announcement_costs_one_message(void **state)
{
	(void)state;
	for (uint32_t culprit = 0; culprit < 20; culprit++) {
		struct bench *bench = new_folder("announcement", culprit + 1, false);
		uint32_t bodies = 0;

		bench->setup.is_synchronising = true;
		bench->messages[culprit].answer = ANSWER_NO_EARLY;
		bench_run(bench);
		for (uint32_t i = 0; i < MESSAGES; i++)
			bodies += bench->messages[i].bodies;
		assert_int_equal(bench->messages[culprit].outcome, SYNC_ROW_REFUSED);
		assert_int_equal(bench->stored_count, MESSAGES - 1);
		/* It may also have been refused in the middle of its text. */
		if (bench->drops == 0)
			assert_int_equal(bodies, MESSAGES);
		bench_free(&bench);
	}
}

struct keywords_case {
	const char *name;
	struct bytes keywords;
	uint32_t kept_size;
	uint32_t refusals;
};

/* The destination refuses keywords of more than 20 octets. */
static const struct keywords_case keywords_cases[] = {
    {"short ones stay", TEXT("$Forwarded $Junk"), 16, 0},
    {"the only one", TEXT("aKeywordThatIsMuchTooLong"), 0, 1},
    {"first", TEXT("aKeywordThatIsMuchTooLong $Forwarded $Junk"), 16, 1},
    {"in the middle", TEXT("$Forwarded aKeywordThatIsMuchTooLong $Junk"), 16, 1},
    {"last", TEXT("$Forwarded $Junk aKeywordThatIsMuchTooLong"), 16, 1},
    {"two", TEXT("anotherOneThatIsTooLong x aKeywordThatIsMuchTooLong"), 1, 2},
    {"five, all go",
	TEXT("a23456789012345678901 b23456789012345678901 "
	     "c23456789012345678901 d23456789012345678901 "
	     "e23456789012345678901 x"),
	0, 5},
};

static void
test_keywords_that_are_refused_are_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(keywords_cases); i++) {
		const struct keywords_case *the_case = &keywords_cases[i];
		struct bench *bench = new_folder(the_case->name, i + 1, i % 2 == 0);
		struct bench_message *message = &bench->messages[20];
		size_t rest = the_case->keywords.size - the_case->kept_size;

		message->keywords = the_case->keywords;
		message->answer = ANSWER_NO_TO_LONG_KEYWORDS;
		bench_run(bench);
		EXPECT(the_case->name, bench->stored_count == MESSAGES);
		EXPECT(the_case->name, message->refusals == the_case->refusals);
		EXPECT(the_case->name, message->kept_size == the_case->kept_size);
		/* One blank stands between what was kept and what was not. */
		EXPECT(the_case->name,
		    message->dropped_size == rest - (the_case->kept_size > 0 && rest > 0));
		bench_free(&bench);
	}
}

/* What is kept and what is dropped are the same keywords, letter by letter. */
static void
test_no_keyword_is_mangled(void **state)
{
	static const struct bytes before =
	    TEXT("one twoIsTheLongestOfAllOfThem three fourIsLongToo five");
	struct sync_copy_settings settings = {
	    .limits = bench_limits(), .src_uidnext = 2, .src_exists = 1};
	struct sync_copy_request request = {.want = SYNC_COPY_DROP};
	struct message row = {.uid = {1}, .flags = {.keywords = before}};
	uint32_t refusals = 2;
	struct sync_copy *copy;

	(void)state;
	settings.blocks = bench_blocks(&settings.limits);
	assert_int_equal(sync_copy_new(&settings, &copy), ST_OK);
	for (int i = 0; i < 60 && request.want != SYNC_COPY_OUTCOME; i++) {
		struct sync_copy_reply reply = {.reply = SYNC_REPLY_OK, .is_not_stored = true};

		sync_copy_sent(copy, sync_copy_output(copy).size);
		if (sync_copy_next(copy, (struct tick){0}, &request) != ST_OK)
			continue;
		reply.append = request.append;
		if (request.want == SYNC_COPY_ROWS) {
			assert_int_equal(sync_copy_feed_row(copy, &row), ST_OK);
			sync_copy_feed_rows_end(copy);
		} else if (request.want == SYNC_COPY_BODIES) {
			assert_int_equal(sync_copy_feed_body(copy, row.uid, 2), ST_OK);
			sync_copy_feed_octets(copy, BYTES("hi"));
			sync_copy_feed_body_end(copy, (struct tick){0});
			sync_copy_feed_bodies_end(copy);
		} else if (request.want == SYNC_COPY_INTENT) {
			sync_copy_feed_durable(copy, request.group);
		} else if (request.want == SYNC_COPY_END) {
			if (refusals > 0)
				reply.reply = SYNC_REPLY_NO;
			refusals -= refusals > 0;
			assert_int_equal(
			    sync_copy_feed_reply(copy, &reply, (struct tick){0}), ST_OK);
		}
	}
	assert_int_equal(request.want, SYNC_COPY_OUTCOME);
	assert_int_equal(request.outcome, SYNC_ROW_COPIED);
	assert_true(bytes_equal(request.message.flags.keywords, BYTES("one three five")));
	assert_true(
	    bytes_equal(request.dropped, BYTES("fourIsLongToo twoIsTheLongestOfAllOfThem")));
	sync_copy_free(&copy);
}

/* Two hundred messages with so many keywords that an arena cannot hold another copy of them. */
static void
test_long_keywords_can_be_taken_off_all_the_same(void **state)
{
	static uint8_t octets[KEYWORDS_SIZE_MAX];
	struct bench *bench = bench_new("much to take off", 6);

	(void)state;
	for (size_t i = 0; i < sizeof(octets); i++)
		octets[i] = i % 50 == 49 ? ' ' : 'k';
	for (uint32_t uid = 1; uid <= 200; uid++) {
		struct bench_message *message = bench_add(bench, uid, 30);

		message->keywords = bytes_of(octets, sizeof(octets));
		message->answer = ANSWER_NO_TO_LONG_KEYWORDS;
	}
	bench_run(bench);
	assert_int_equal(bench->stored_count, 200);
	for (uint32_t i = 0; i < bench->count; i++)
		assert_int_equal(bench->messages[i].dropped_size, sizeof(octets));
	bench_free(&bench);
}

static void
test_a_syntax_error_is_tried_thrice(void **state)
{
	struct bench *bench = new_folder("BAD", 3, false);

	(void)state;
	bench->messages[30].answer = ANSWER_BAD;
	bench_run(bench);
	assert_int_equal(bench->messages[30].outcome, SYNC_ROW_REFUSED);
	assert_int_equal(bench->messages[30].refusals, 3);
	assert_int_equal(bench->drops, 3);
	bench_free(&bench);
}

/* A refusal that may have stored the message is neither a copy nor a refusal. */
static void
test_a_refusal_without_proof_is_a_doubt(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct bench *bench = new_folder("no proof", seed, false);

		bench->setup.is_no_proof = true;
		bench->messages[10].answer = ANSWER_NO;
		bench->messages[20].answer = seed % 2 == 0 ? ANSWER_STOP : ANSWER_NO;
		bench_run(bench);
		assert_int_equal(bench->messages[10].outcome, SYNC_ROW_IN_DOUBT);
		assert_int_equal(bench->messages[20].outcome, SYNC_ROW_IN_DOUBT);
		assert_int_equal(bench->messages[20].outcomes, 1);
		bench_free(&bench);
	}
}

/* A full mailbox ends the folder: what went in is told, the rest gets no outcome. */
static void
test_a_full_mailbox_stops(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 40; seed++) {
		struct bench *bench = new_folder("full", seed, seed % 2 == 0);

		bench->setup.is_lazy = seed % 3 == 0;
		bench->setup.stored_max = 20;
		bench_run(bench);
		assert_in_range(bench->stored_count, 1, 20);
		for (uint32_t i = 0; i < MESSAGES; i++)
			assert_int_equal(
			    bench->messages[i].outcomes, bench->messages[i].stored);
		bench_free(&bench);
	}
}

/* An OK to what was not sent yet is no success. */
static void
test_an_early_yes_is_not_believed(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 40; seed++) {
		struct bench *bench = new_folder("liar", seed, seed % 2 == 0);

		bench->messages[5].answer = ANSWER_OK_EARLY;
		bench->messages[40].answer = ANSWER_OK_EARLY;
		bench_run(bench);
		assert_int_equal(bench->messages[5].outcome, SYNC_ROW_REFUSED);
		assert_int_equal(bench->messages[40].outcome, SYNC_ROW_REFUSED);
		bench_free(&bench);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_culprit_is_found_by_halves),
	    cmocka_unit_test(test_many_culprits_leave_the_others_in),
	    cmocka_unit_test(test_a_refused_announcement_costs_one_message),
	    cmocka_unit_test(test_keywords_that_are_refused_are_told),
	    cmocka_unit_test(test_no_keyword_is_mangled),
	    cmocka_unit_test(test_long_keywords_can_be_taken_off_all_the_same),
	    cmocka_unit_test(test_a_syntax_error_is_tried_thrice),
	    cmocka_unit_test(test_a_refusal_without_proof_is_a_doubt),
	    cmocka_unit_test(test_a_full_mailbox_stops),
	    cmocka_unit_test(test_an_early_yes_is_not_believed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
