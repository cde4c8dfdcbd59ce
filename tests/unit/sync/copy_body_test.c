/* SPDX-License-Identifier: Apache-2.0
 *
 * The source's side of sync/copy: windows, bodies in any order, bodies that do not come.
 */
#include "case.h"
#include "sync/bench.h"

static void
test_missing_bodies_are_told_apart(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 50; seed++) {
		struct bench *bench = bench_new("missing", seed);

		bench->setup.src_shuffles = seed % 2 == 0;
		bench->setup.src_chatters = seed % 3 == 0;
		for (uint32_t uid = 1; uid <= 40; uid++)
			bench_add(bench, uid, 50);
		bench->messages[3].is_gone = true;
		bench->messages[17].has_no_text = true;
		bench->messages[39].is_gone = true;
		bench_run(bench);
		assert_int_equal(bench->messages[3].outcome, SYNC_ROW_GONE);
		assert_int_equal(bench->messages[17].outcome, SYNC_ROW_UNREADABLE);
		assert_int_equal(bench->messages[39].outcome, SYNC_ROW_GONE);
		assert_int_equal(bench->stored_count, 37);
		bench_free(&bench);
	}
}

/* A machine whose source has listed UIDs 1 to `count` and was asked for their bodies. */
static struct sync_copy *
ask_for(struct sync_copy_settings settings, uint32_t count)
{
	struct sync_copy_request request;
	struct sync_copy *copy;

	settings.src_uidnext = count + 1;
	settings.src_exists = count;
	settings.blocks = bench_blocks(&settings.limits);
	assert_int_equal(sync_copy_new(&settings, &copy), ST_OK);
	assert_int_equal(sync_copy_next(copy, (struct tick){0}, &request), ST_OK);
	for (uint32_t uid = 1; uid <= count; uid++) {
		struct message row = {.uid = {uid}};

		assert_int_equal(sync_copy_feed_row(copy, &row), ST_OK);
	}
	sync_copy_feed_rows_end(copy);
	assert_int_equal(sync_copy_next(copy, (struct tick){0}, &request), ST_OK);
	assert_int_equal(request.want, SYNC_COPY_BODIES);
	assert_false(request.is_second_try);
	return copy;
}

static struct sync_copy_settings
plain_settings(void)
{
	struct sync_copy_settings settings = {.is_multi = true};

	settings.limits = bench_limits();
	return settings;
}

/* The first answer without a text does not count: by the second try the message may be gone. */
static void
test_only_the_second_try_says_unreadable(void **state)
{
	static const struct {
		const char *name;
		bool first;
		bool second;
		enum sync_row_outcome outcome;
	} cases[] = {
	    {"never answered", false, false, SYNC_ROW_GONE},
	    {"answered at first", true, false, SYNC_ROW_GONE},
	    {"answered again", true, true, SYNC_ROW_UNREADABLE},
	    {"answered then", false, true, SYNC_ROW_UNREADABLE},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct sync_copy *copy = ask_for(plain_settings(), 1);
		struct sync_copy_request request;

		if (cases[i].first)
			sync_copy_feed_no_text(copy, (struct uid){1});
		sync_copy_feed_bodies_end(copy);
		assert_int_equal(sync_copy_next(copy, (struct tick){0}, &request), ST_OK);
		EXPECT(cases[i].name, request.want == SYNC_COPY_BODIES);
		EXPECT(cases[i].name, request.is_second_try);
		if (cases[i].second)
			sync_copy_feed_no_text(copy, (struct uid){1});
		sync_copy_feed_bodies_end(copy);
		assert_int_equal(sync_copy_next(copy, (struct tick){0}, &request), ST_OK);
		EXPECT(cases[i].name, request.want == SYNC_COPY_OUTCOME);
		EXPECT(cases[i].name, request.outcome == cases[i].outcome);
		assert_int_equal(sync_copy_next(copy, (struct tick){0}, &request), ST_OK);
		EXPECT(cases[i].name, request.want == SYNC_COPY_DONE);
		sync_copy_free(&copy);
	}
}

/* A body that comes twice, or that is not of the window, is skipped and takes no room. */
static void
test_strange_bodies_are_skipped(void **state)
{
	struct sync_copy *copy = ask_for(plain_settings(), 2);
	size_t room;

	(void)state;
	assert_int_equal(sync_copy_feed_body(copy, (struct uid){2}, 4), ST_OK);
	sync_copy_feed_octets(copy, BYTES("text"));
	sync_copy_feed_body_end(copy, (struct tick){0});
	room = sync_copy_room(copy);
	assert_int_equal(room, bench_limits().ring_size - 4);
	assert_int_equal(sync_copy_feed_body(copy, (struct uid){2}, 4), ST_ABSENT);
	sync_copy_feed_octets(copy, BYTES("more"));
	sync_copy_feed_body_end(copy, (struct tick){0});
	assert_int_equal(sync_copy_feed_body(copy, (struct uid){3}, UINT64_MAX), ST_ABSENT);
	sync_copy_feed_octets(copy, BYTES("more"));
	sync_copy_feed_body_end(copy, (struct tick){0});
	assert_int_equal(sync_copy_room(copy), room);
	sync_copy_free(&copy);
}

struct traits_case {
	const char *name;
	struct bytes text;
	uint32_t traits;
};

enum {
	NO_END = SYNC_TRAIT_ENDS_WITHOUT_LF
};

static const struct traits_case traits_cases[] = {
    {"plain", TEXT("A: b\r\n\r\nc\r\n"), 0},
    {"empty", TEXT(""), SYNC_TRAIT_EMPTY | NO_END},
    {"NUL", TEXT("a\0b\r\n"), SYNC_TRAIT_NUL},
    {"bare LF", TEXT("a\nb\r\n"), SYNC_TRAIT_BARE_LF},
    {"bare CR", TEXT("a\rb\r\n"), SYNC_TRAIT_BARE_CR},
    {"CR CR LF", TEXT("a\r\r\n"), SYNC_TRAIT_CR_BEFORE_CRLF | SYNC_TRAIT_BARE_CR},
    {"no end", TEXT("a"), NO_END},
    {"ends with CR", TEXT("a\r"), SYNC_TRAIT_ENDS_WITH_CR | SYNC_TRAIT_BARE_CR | NO_END},
    {"8-bit in the header", TEXT("\xe4\r\n\r\n"), SYNC_TRAIT_HEADER_8BIT},
    {"8-bit in the body", TEXT("A\r\n\r\n\xe4\r\n"), 0},
    {"two of them", TEXT("\0b\n"), SYNC_TRAIT_NUL | SYNC_TRAIT_BARE_LF},
};

/* Carries the one message to its outcome. */
static struct sync_copy_request
carry_to_outcome(struct sync_copy *copy)
{
	struct sync_copy_reply reply = {.reply = SYNC_REPLY_OK};
	struct sync_copy_request request = {.want = SYNC_COPY_DROP};

	for (int i = 0; i < 20 && request.want != SYNC_COPY_OUTCOME; i++) {
		struct bytes octets = sync_copy_output(copy);

		sync_copy_sent(copy, octets.size);
		if (sync_copy_next(copy, (struct tick){0}, &request) != ST_OK)
			continue;
		if (request.want == SYNC_COPY_INTENT)
			sync_copy_feed_durable(copy, request.group);
		reply.append = request.append;
		if (request.want == SYNC_COPY_END)
			assert_int_equal(
			    sync_copy_feed_reply(copy, &reply, (struct tick){0}), ST_OK);
	}
	return request;
}

static void
test_traits_go_with_the_outcome(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(traits_cases); i++) {
		const struct traits_case *the_case = &traits_cases[i];
		struct sync_copy *copy = ask_for(plain_settings(), 1);
		struct sync_copy_request request;

		assert_int_equal(
		    sync_copy_feed_body(copy, (struct uid){1}, the_case->text.size), ST_OK);
		sync_copy_feed_octets(copy, the_case->text);
		sync_copy_feed_body_end(copy, (struct tick){0});
		sync_copy_feed_bodies_end(copy);
		request = carry_to_outcome(copy);
		EXPECT(the_case->name, request.want == SYNC_COPY_OUTCOME);
		EXPECT(the_case->name, request.outcome == SYNC_ROW_COPIED);
		EXPECT(the_case->name, request.traits == the_case->traits);
		EXPECT(the_case->name, request.size == the_case->text.size);
		sync_copy_free(&copy);
	}
}

/* What comes after a stop needs no room in the ring, whatever its size. */
static void
test_after_a_stop_bodies_are_skipped(void **state)
{
	struct sync_copy *copy = ask_for(plain_settings(), 2);
	struct sync_copy_request request;

	(void)state;
	assert_int_equal(sync_copy_feed_body(copy, (struct uid){1}, 4), ST_OK);
	sync_copy_feed_octets(copy, BYTES("te"));
	sync_copy_feed_stop(copy);
	assert_int_equal(sync_copy_room(copy), bench_limits().ring_size);
	sync_copy_feed_octets(copy, BYTES("xt"));
	sync_copy_feed_body_end(copy, (struct tick){0});
	assert_int_equal(sync_copy_next(copy, (struct tick){0}, &request), ST_AGAIN);
	assert_int_equal(sync_copy_feed_body(copy, (struct uid){2}, 400000), ST_ABSENT);
	sync_copy_feed_body_end(copy, (struct tick){0});
	sync_copy_feed_bodies_end(copy);
	assert_int_equal(sync_copy_next(copy, (struct tick){0}, &request), ST_OK);
	assert_int_equal(request.want, SYNC_COPY_DONE);
	assert_int_equal(request.listed, 2);
	sync_copy_free(&copy);
}

/* Nor while a group that is under way still fills the ring. */
static void
test_after_a_stop_room_does_not_depend_on_the_ring(void **state)
{
	struct sync_copy *copy = ask_for(plain_settings(), 2);
	struct sync_copy_request request;

	(void)state;
	assert_int_equal(sync_copy_feed_body(copy, (struct uid){1}, 4), ST_OK);
	sync_copy_feed_octets(copy, BYTES("text"));
	sync_copy_feed_body_end(copy, (struct tick){0});
	assert_int_equal(sync_copy_next(copy, (struct tick){0}, &request), ST_OK);
	assert_int_equal(request.want, SYNC_COPY_BEGIN);
	assert_int_equal(sync_copy_room(copy), bench_limits().ring_size - 4);
	sync_copy_feed_stop(copy);
	assert_int_equal(sync_copy_room(copy), bench_limits().ring_size);
	sync_copy_feed_bodies_end(copy);
	request = carry_to_outcome(copy);
	assert_int_equal(request.outcome, SYNC_ROW_COPIED);
	assert_int_equal(request.message.uid.number, 1);
	sync_copy_free(&copy);
}

/* Between bodies the block is the next folder's: rings of one pair share few of them. */
static void
test_a_folder_with_nothing_in_transit_holds_no_block(void **state)
{
	struct sync_copy_settings settings = plain_settings();
	const struct block_pool *pool = bench_blocks(&settings.limits);
	struct sync_copy *copy = ask_for(settings, 1);
	struct sync_copy_request request;

	(void)state;
	assert_int_equal(sync_copy_feed_body(copy, (struct uid){1}, 4), ST_OK);
	sync_copy_feed_octets(copy, BYTES("text"));
	assert_int_equal(pool->kept, 0);
	sync_copy_feed_body_end(copy, (struct tick){0});
	assert_int_equal(pool->kept, 0);
	sync_copy_feed_bodies_end(copy);
	request = carry_to_outcome(copy);
	assert_int_equal(request.outcome, SYNC_ROW_COPIED);
	assert_int_equal(pool->kept, 1);
	sync_copy_free(&copy);
	assert_int_equal(pool->kept, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_missing_bodies_are_told_apart),
	    cmocka_unit_test(test_only_the_second_try_says_unreadable),
	    cmocka_unit_test(test_strange_bodies_are_skipped),
	    cmocka_unit_test(test_traits_go_with_the_outcome),
	    cmocka_unit_test(test_after_a_stop_bodies_are_skipped),
	    cmocka_unit_test(test_after_a_stop_room_does_not_depend_on_the_ring),
	    cmocka_unit_test(test_a_folder_with_nothing_in_transit_holds_no_block),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
