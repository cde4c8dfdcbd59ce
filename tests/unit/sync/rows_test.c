/* SPDX-License-Identifier: Apache-2.0
 *
 * The list of a folder's messages: every UID once, whatever the windows bring.
 */
#include "sync/rows.h"

#include "case.h"
#include "sync/bench.h"

struct listing {
	const char *name;
	uint32_t first; /* the least UID */
	uint32_t step;  /* from one to the next */
	uint32_t dense; /* messages from which on UIDs follow without holes; 0: none */
	uint32_t count;
	bool has_uidnext;
	bool is_backwards;
	uint32_t keywords_size; /* of each message */
	uint32_t windows_max;
	uint32_t newest_windows_max; /* from the other end */
};

static const struct listing listings[] = {
    {"one", 1, 1, 0, 1, true, false, 0, 1, 1},
    {"a chunk", 1, 1, 0, 256, true, false, 0, 1, 1},
    {"one more than a chunk", 1, 1, 0, 257, true, false, 0, 2, 2},
    {"dense", 1, 1, 0, 2400, true, false, 0, 10, 10},
    {"dense, backwards", 1, 1, 0, 600, true, true, 0, 3, 3},
    {"holes", 1, 100, 0, 2000, true, false, 0, 40, 40},
    {"large UIDs only", 4000000000U, 3, 0, 900, true, false, 0, 400, 400},
    {"dense behind a desert", 1, 1000000, 10, 1500, true, false, 0, 40, 40},
    {"dense behind a desert, backwards", 1, 1000000, 10, 1500, true, true, 0, 60, 60},
    {"UIDNEXT unknown", 1, 7, 0, 300, false, false, 0, 12, 400},
    {"UIDNEXT unknown, large UIDs", 4294967295U, 1, 0, 1, false, false, 0, 400, 400},
    {"long keywords", 1, 1, 0, 200, true, false, 16384, 20, 200},
    {"long keywords, backwards", 1, 1, 0, 60, true, true, 16384, 60, 60},
};

static uint8_t keyword[16384];

static uint32_t
uid_of(const struct listing *listing, uint32_t n)
{
	uint32_t sparse = listing->dense == 0 || n < listing->dense ? n : listing->dense;

	return listing->first + sparse * listing->step + (n - sparse);
}

static void
feed_window(struct row_lister *lister, const struct listing *listing)
{
	struct bytes keywords = bytes_of(keyword, listing->keywords_size);

	for (uint32_t i = 0; i < listing->count; i++) {
		uint32_t n = listing->is_backwards ? listing->count - 1 - i : i;
		struct message message = {.uid = {uid_of(listing, n)}};

		message.flags.keywords = keywords;
		EXPECT(listing->name, row_lister_feed(lister, &message) == ST_OK);
		/* Said twice, listed once. */
		if (n % 7 == 0)
			EXPECT(listing->name, row_lister_feed(lister, &message) == ST_OK);
	}
	row_lister_end_window(lister);
}

static void
list_all(const struct listing *listing, const struct sync_copy_settings *settings)
{
	uint32_t windows_max =
	    settings->is_newest_first ? listing->newest_windows_max : listing->windows_max;
	struct row_lister lister;
	uint32_t windows = 0;
	uint32_t seen = 0;
	struct row *row;

	row_lister_init(&lister, settings);
	while (!row_lister_is_done(&lister)) {
		EXPECT(listing->name, row_lister_wants(&lister));
		EXPECT(listing->name, row_lister_begin(&lister) == ST_OK);
		EXPECT(listing->name, ++windows <= windows_max);
		EXPECT(listing->name, !row_lister_wants(&lister));
		feed_window(&lister, listing);
		while ((row = row_list_take(&lister.listed)) != NULL) {
			uint32_t n =
			    settings->is_newest_first ? listing->count - 1 - seen : seen;

			EXPECT(listing->name, row->message.uid.number == uid_of(listing, n));
			EXPECT(listing->name,
			    row->message.flags.keywords.size == listing->keywords_size);
			seen++;
			row_release(row);
		}
	}
	EXPECT(listing->name, seen == listing->count);
	EXPECT(listing->name, lister.seen == listing->count);
	row_lister_fini(&lister);
}

static void
test_every_message_is_listed_once_and_in_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(listings); i++) {
		const struct listing *listing = &listings[i];
		struct sync_copy_settings settings = {.src_exists = listing->count};

		if (listing->has_uidnext)
			settings.src_uidnext = uid_of(listing, listing->count - 1) + 1;
		list_all(listing, &settings);
		settings.is_newest_first = true;
		list_all(listing, &settings);
	}
}

/* The same by a set of wanted UIDs, which are all that is asked for. */
static void
test_only_the_wanted_are_asked_for(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(listings); i++) {
		const struct listing *listing = &listings[i];
		struct range_set wanted;
		struct sync_copy_settings settings = {
		    .src_exists = listing->count, .wanted = &wanted};

		range_set_init(&wanted, 4096);
		for (uint32_t n = 0; n < listing->count; n++)
			assert_int_equal(
			    range_set_add(&wanted, uid_of(listing, n), uid_of(listing, n)),
			    ST_OK);
		list_all(listing, &settings);
		settings.is_newest_first = true;
		list_all(listing, &settings);
		range_set_fini(&wanted);
	}
}

static void
test_what_lies_below_the_first_is_not_asked_for(void **state)
{
	struct sync_copy_settings settings = {
	    .src_exists = 300, .src_uidnext = 301, .src_first_uid = 290};
	struct row_lister lister;

	(void)state;
	row_lister_init(&lister, &settings);
	assert_int_equal(row_lister_begin(&lister), ST_OK);
	assert_int_equal(range_set_size(&lister.asked), 11);
	assert_true(range_set_has(&lister.asked, 290));
	row_lister_end_window(&lister);
	assert_true(row_lister_is_done(&lister));
	row_lister_fini(&lister);
}

/* A server may tell of a message twice, and differently: the first word counts. */
static void
test_a_message_is_left_out_or_listed(void **state)
{
	struct sync_copy_settings settings = {.src_exists = 3,
	    .src_uidnext = 4,
	    .choice = {.skips_deleted = true, .size_max = 9}};
	const struct message told[] = {
	    {.uid = {1}, .flags = {.system = FLAG_DELETED}},
	    {.uid = {1}},
	    {.uid = {1}, .size = 10},
	    {.uid = {2}},
	    {.uid = {2}, .flags = {.system = FLAG_DELETED}},
	    {.uid = {3}, .size = 10},
	    {.uid = {3}, .flags = {.system = FLAG_DELETED}},
	};
	struct row_lister lister;

	(void)state;
	row_lister_init(&lister, &settings);
	assert_int_equal(row_lister_begin(&lister), ST_OK);
	for (size_t i = 0; i < COUNT_OF(told); i++)
		assert_int_equal(row_lister_feed(&lister, &told[i]), ST_OK);
	row_lister_end_window(&lister);
	assert_int_equal(lister.listed.count, 1);
	assert_int_equal(lister.listed.first->message.uid.number, 2);
	assert_int_equal(lister.left_out[SYNC_RULE_DELETED], 1);
	assert_int_equal(lister.left_out[SYNC_RULE_SIZE], 1);
	row_lister_fini(&lister);
}

/* Rows are held until they are released: without a free chunk nothing more is asked for. */
static void
test_a_full_house_asks_for_nothing(void **state)
{
	struct sync_copy_settings settings = {.src_exists = 9999, .src_uidnext = 10000};
	struct row_lister lister;
	struct row_list held = {0};

	(void)state;
	row_lister_init(&lister, &settings);
	for (uint32_t chunk = 0; chunk < ROW_CHUNKS; chunk++) {
		assert_true(row_lister_wants(&lister));
		assert_int_equal(row_lister_begin(&lister), ST_OK);
		for (uint32_t i = 1; i <= ROWS_PER_CHUNK; i++) {
			struct message message = {.uid = {chunk * ROWS_PER_CHUNK + i}};

			assert_int_equal(row_lister_feed(&lister, &message), ST_OK);
		}
		row_lister_end_window(&lister);
		row_list_join(&held, &lister.listed);
	}
	assert_int_equal(held.count, ROW_CHUNKS * ROWS_PER_CHUNK);
	assert_false(row_lister_wants(&lister));
	for (uint32_t i = 0; i < ROWS_PER_CHUNK - 1; i++)
		row_release(row_list_take(&held));
	assert_false(row_lister_wants(&lister));
	row_release(row_list_take(&held));
	assert_true(row_lister_wants(&lister));
	row_lister_fini(&lister);
}

static void
test_lists(void **state)
{
	struct row rows[3] = {{.message.uid = {1}}, {.message.uid = {2}}, {.message.uid = {3}}};
	struct row_list list = {0};
	struct row_list more = {0};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		row_list_add(&list, &rows[i]);
	assert_null(row_list_remove(&list, (struct uid){4}));
	assert_ptr_equal(row_list_remove(&list, (struct uid){3}), &rows[2]);
	assert_ptr_equal(list.last, &rows[1]);
	row_list_add(&list, &rows[2]);
	assert_ptr_equal(row_list_remove(&list, (struct uid){2}), &rows[1]);
	assert_ptr_equal(row_list_remove(&list, (struct uid){1}), &rows[0]);
	row_list_join(&more, &list);
	assert_int_equal(list.count, 0);
	assert_null(list.first);
	row_list_add(&list, &rows[0]);
	row_list_join(&more, &list);
	assert_int_equal(more.count, 2);
	assert_ptr_equal(row_list_take(&more), &rows[2]);
	assert_ptr_equal(row_list_take(&more), &rows[0]);
	assert_null(row_list_take(&more));
	assert_null(more.last);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_message_is_listed_once_and_in_order),
	    cmocka_unit_test(test_only_the_wanted_are_asked_for),
	    cmocka_unit_test(test_what_lies_below_the_first_is_not_asked_for),
	    cmocka_unit_test(test_a_message_is_left_out_or_listed),
	    cmocka_unit_test(test_a_full_house_asks_for_nothing),
	    cmocka_unit_test(test_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
