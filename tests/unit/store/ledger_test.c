/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <unistd.h>

#include "case.h"
#include "harness.h"

#include "base/check.h"
#include "base/mem.h"

static struct sync_store *
port_of(struct harness *harness)
{
	return store_ledger_port(harness->ledger);
}

static void
test_what_was_put_is_found_by_the_next_opening(void **state)
{
	struct harness *harness = *state;

	harness_open(harness);
	assert_int_equal(harness_put(harness->ledger, 1, 7, "seven"), ST_OK);
	assert_true(harness_holds(harness->ledger, 1, 7, "seven"));
	harness_close(harness);
	harness_open(harness);
	assert_true(harness_holds(harness->ledger, 1, 7, "seven"));
	assert_int_equal(harness_put(harness->ledger, 1, 7, ""), ST_OK);
	assert_true(harness_holds(harness->ledger, 1, 7, ""));
	assert_false(harness_holds(harness->ledger, 1, 8, ""));
}

static const struct sync_key in_order[] = {
    {0, 0, SYNC_KIND_PROFILE, 3},
    {1, 0, SYNC_KIND_PAIR, 0},
    {1, 1, SYNC_KIND_FOLDER, 0},
    {1, 1, SYNC_KIND_JOURNAL, 2},
    {1, 1, SYNC_KIND_JOURNAL, 10},
    {1, 2, SYNC_KIND_BLOCK, 1},
    {2, 0, SYNC_KIND_PAIR, 0},
    {256, 1, SYNC_KIND_BLOCK, 1},
    {UINT32_MAX, UINT32_MAX, SYNC_KIND_JOURNAL, INT64_MAX},
};

static void
put_in_disorder(struct harness *harness)
{
	struct sync_store *port = port_of(harness);
	struct sync_receipt receipt = {0};

	for (size_t i = 0; i < COUNT_OF(in_order); i++) {
		struct sync_change change = {
		    .key = in_order[(i * 5 + 3) % COUNT_OF(in_order)],
		    .octets = BYTES("x"),
		};
		bool is_last = i + 1 == COUNT_OF(in_order);

		assert_int_equal(
		    port->ops->submit(port, &change, 1, is_last ? &receipt : NULL), ST_OK);
	}
	assert_true(harness_await(harness->ledger, &receipt, HARNESS_WAIT_MS));
}

static void
test_records_are_found_in_the_order_of_their_keys(void **state)
{
	struct harness *harness = *state;
	struct sync_key from = {0, 0, SYNC_KIND_PAIR, 0};
	const struct sync_key to = {UINT32_MAX, UINT32_MAX, SYNC_KIND_PROFILE, UINT64_MAX};
	struct sync_store *port;
	struct sync_found found;

	harness_open(harness);
	port = port_of(harness);
	put_in_disorder(harness);
	for (size_t i = 0; i < COUNT_OF(in_order); i++) {
		assert_int_equal(port->ops->find(port, &from, &to, &found), ST_OK);
		assert_int_equal(sync_key_compare(&found.key, &in_order[i]), 0);
		from = found.key;
		from.number++;
	}
	assert_int_equal(port->ops->find(port, &from, &to, &found), ST_ABSENT);
}

static void
test_both_ends_of_a_range_belong_to_it(void **state)
{
	struct harness *harness = *state;
	struct sync_key from = harness_key(1, 5), to = harness_key(1, 9);
	struct sync_store *port;
	struct sync_found found;

	harness_open(harness);
	port = port_of(harness);
	assert_int_equal(harness_put(harness->ledger, 1, 4, "x"), ST_OK);
	assert_int_equal(harness_put(harness->ledger, 1, 10, "x"), ST_OK);
	assert_int_equal(port->ops->find(port, &from, &to, &found), ST_ABSENT);
	assert_int_equal(harness_put(harness->ledger, 1, 9, "x"), ST_OK);
	assert_int_equal(port->ops->find(port, &from, &to, &found), ST_OK);
	assert_int_equal(found.key.number, 9);
	assert_int_equal(harness_put(harness->ledger, 1, 5, "x"), ST_OK);
	assert_int_equal(port->ops->find(port, &from, &to, &found), ST_OK);
	assert_int_equal(found.key.number, 5);
	from = harness_key(1, UINT64_MAX);
	to = from;
	assert_int_equal(port->ops->find(port, &from, &to, &found), ST_ABSENT);
}

static void
test_changes_of_one_submit_take_effect_in_order(void **state)
{
	struct harness *harness = *state;
	struct sync_change changes[] = {
	    harness_set(1, 1, "first"),
	    harness_set(1, 1, "second"),
	    harness_set(1, 2, "goes"),
	    {.key = harness_key(1, 2), .is_removal = true},
	    {.key = harness_key(1, 3), .is_removal = true},
	};
	struct sync_receipt receipt = {.is_settled = true};
	struct sync_store *port;

	harness_open(harness);
	port = port_of(harness);
	assert_int_equal(port->ops->submit(port, changes, COUNT_OF(changes), &receipt), ST_OK);
	assert_false(receipt.is_settled);
	assert_true(harness_await(harness->ledger, &receipt, HARNESS_WAIT_MS));
	assert_int_equal(receipt.status, ST_OK);
	assert_true(harness_holds(harness->ledger, 1, 1, "second"));
	assert_false(harness_holds(harness->ledger, 1, 2, "goes"));
}

static void
test_octets_are_copied_during_the_call(void **state)
{
	struct harness *harness = *state;
	char text[] = "mine";
	struct sync_change change = harness_set(1, 1, text);
	struct sync_receipt receipt = {0};
	struct sync_store *port;

	harness_open(harness);
	port = port_of(harness);
	assert_int_equal(port->ops->submit(port, &change, 1, &receipt), ST_OK);
	memset(text, 'x', sizeof(text) - 1);
	memset(&change, 0, sizeof(change));
	assert_true(harness_await(harness->ledger, &receipt, HARNESS_WAIT_MS));
	assert_true(harness_holds(harness->ledger, 1, 1, "mine"));
}

struct note {
	struct sync_receipt receipt;
	unsigned number;
	unsigned *count;
	unsigned *order; /* of all notes, as they were notified */
};

static void
write_down(void *argument)
{
	struct note *note = argument;

	assert_true(note->receipt.is_settled);
	note->order[(*note->count)++] = note->number;
}

enum {
	NOTES = 40
};

static void
test_receipts_are_settled_in_order_and_only_by_dispatch(void **state)
{
	struct harness *harness = *state;
	struct note notes[NOTES] = {0};
	unsigned order[NOTES] = {0};
	unsigned count = 0;

	harness_open(harness);
	for (unsigned i = 0; i < NOTES; i++) {
		notes[i] = (struct note){{.notify = write_down}, i, &count, order};
		notes[i].receipt.argument = &notes[i];
		assert_int_equal(
		    harness_submit_twins(harness->ledger, i + 1, &notes[i].receipt), ST_OK);
	}
	usleep(20000);
	assert_int_equal(count, 0);
	assert_true(harness_await(harness->ledger, &notes[NOTES - 1].receipt, HARNESS_WAIT_MS));
	assert_int_equal(count, NOTES);
	for (unsigned i = 0; i < NOTES; i++)
		assert_int_equal(order[i], i);
	assert_int_equal(harness_count_twins(harness->ledger, 1), NOTES);
}

static void
test_many_callers_share_a_commit(void **state)
{
	struct harness *harness = *state;
	struct sync_receipt receipts[NOTES] = {0};
	struct store_ledger_figures before, after;

	harness_open(harness);
	before = store_ledger_figures(harness->ledger);
	for (unsigned i = 0; i < NOTES; i++)
		assert_int_equal(
		    harness_submit_twins(harness->ledger, i + 1, &receipts[i]), ST_OK);
	assert_true(harness_await(harness->ledger, &receipts[NOTES - 1], HARNESS_WAIT_MS));
	after = store_ledger_figures(harness->ledger);
	assert_in_range(after.commits - before.commits, 1, NOTES / 2);
	assert_int_equal(after.changes - before.changes, 2 * NOTES);
	/* One fsync a commit; the first into a fresh log needs one for its head. */
	assert_in_range(after.syncs - before.syncs, 1, after.commits - before.commits + 1);
	assert_true(after.octets > before.octets);
}

static void
test_what_nobody_waits_for_waits_for_the_next_receipt(void **state)
{
	struct harness *harness = *state;

	harness_open(harness);
	assert_int_equal(harness_submit_twins(harness->ledger, 1, NULL), ST_OK);
	usleep(50000);
	assert_int_equal(harness_count_twins(harness->ledger, 1), 0);
	assert_int_equal(store_ledger_figures(harness->ledger).commits, 0);
	assert_int_equal(harness_put(harness->ledger, 9, 1, "x"), ST_OK);
	assert_int_equal(harness_count_twins(harness->ledger, 1), 1);
	assert_int_equal(harness_submit_twins(harness->ledger, 2, NULL), ST_OK);
	harness_close(harness);
	harness_open(harness);
	assert_int_equal(harness_count_twins(harness->ledger, 1), 2);
}

static void
test_much_that_nobody_waits_for_is_written(void **state)
{
	struct harness *harness = *state;
	uint64_t number = 0;

	harness_open(harness);
	while (store_ledger_figures(harness->ledger).commits == 0) {
		assert_int_equal(harness_submit_twins(harness->ledger, ++number, NULL), ST_OK);
		assert_in_range(number, 1, 100000);
		usleep(number > 500 ? 1000 : 0);
	}
	assert_in_range(number, 100, 2000);
	harness_close(harness);
	harness_open(harness);
	assert_int_equal(harness_count_twins(harness->ledger, 1), number);
}

static void
test_an_empty_submit_is_a_receipt_for_all_before_it(void **state)
{
	struct harness *harness = *state;
	struct sync_receipt receipt = {0};
	struct sync_store *port;

	harness_open(harness);
	port = port_of(harness);
	assert_int_equal(harness_submit_twins(harness->ledger, 1, NULL), ST_OK);
	assert_int_equal(port->ops->submit(port, NULL, 0, &receipt), ST_OK);
	assert_true(harness_await(harness->ledger, &receipt, HARNESS_WAIT_MS));
	assert_int_equal(harness_count_twins(harness->ledger, 1), 1);
}

static void
test_a_forgotten_receipt_is_not_touched(void **state)
{
	struct harness *harness = *state;
	struct sync_receipt *lost = mem_take(sizeof(*lost));
	struct sync_receipt receipt = {0};
	struct sync_store *port;

	harness_open(harness);
	port = port_of(harness);
	CHECK(lost != NULL);
	*lost = (struct sync_receipt){0};
	assert_int_equal(harness_submit_twins(harness->ledger, 1, lost), ST_OK);
	assert_int_equal(harness_submit_twins(harness->ledger, 2, &receipt), ST_OK);
	port->ops->forget(port, lost);
	port->ops->forget(port, NULL);
	/* The address sanitizer would see it touched. */
	mem_give(lost);
	assert_true(harness_await(harness->ledger, &receipt, HARNESS_WAIT_MS));
	assert_int_equal(harness_count_twins(harness->ledger, 1), 2);
}

struct forgetter {
	struct sync_receipt receipt;
	struct sync_receipt *other;
	struct sync_store *port;
};

static void
forget_other(void *argument)
{
	struct forgetter *forgetter = argument;

	forgetter->port->ops->forget(forgetter->port, forgetter->other);
	mem_give(forgetter->other);
}

static void
test_a_notified_caller_may_forget_another(void **state)
{
	struct harness *harness = *state;
	struct forgetter forgetter = {.other = mem_take(sizeof(struct sync_receipt))};
	struct sync_receipt last = {0};

	harness_open(harness);
	CHECK(forgetter.other != NULL);
	*forgetter.other = (struct sync_receipt){0};
	forgetter.port = port_of(harness);
	forgetter.receipt.notify = forget_other;
	forgetter.receipt.argument = &forgetter;
	assert_int_equal(harness_submit_twins(harness->ledger, 1, &forgetter.receipt), ST_OK);
	assert_int_equal(harness_submit_twins(harness->ledger, 2, forgetter.other), ST_OK);
	assert_int_equal(harness_submit_twins(harness->ledger, 3, &last), ST_OK);
	/* All of them are done before the first is settled. */
	usleep(200000);
	assert_true(harness_await(harness->ledger, &last, HARNESS_WAIT_MS));
}

static void
test_free_settles_what_was_not_fetched(void **state)
{
	struct harness *harness = *state;
	struct sync_receipt receipt = {0};

	harness_open(harness);
	assert_int_equal(harness_submit_twins(harness->ledger, 1, &receipt), ST_OK);
	harness_close(harness);
	assert_true(receipt.is_settled);
	assert_int_equal(receipt.status, ST_OK);
}

static void
test_what_is_too_large_is_not_taken(void **state)
{
	struct harness *harness = *state;
	const size_t most = 16 << 20;
	uint8_t *octets = mem_take(most + 1);
	struct sync_receipt receipt = {.argument = harness};
	struct sync_change change = {.key = harness_key(1, 1)};
	struct sync_found found;
	struct sync_store *port;

	CHECK(octets != NULL);
	memset(octets, 'x', most + 1);
	harness_open(harness);
	port = port_of(harness);
	change.octets = bytes_of(octets, most + 1);
	assert_int_equal(port->ops->submit(port, &change, 1, &receipt), ST_LIMIT);
	change.octets = BYTES("x");
	change.key.number = (uint64_t)INT64_MAX + 1;
	assert_int_equal(port->ops->submit(port, &change, 1, &receipt), ST_LIMIT);
	change.key.number = 1;
	change.octets = bytes_of(octets, most);
	assert_int_equal(port->ops->submit(port, &change, 1, &receipt), ST_OK);
	assert_true(harness_await(harness->ledger, &receipt, HARNESS_WAIT_MS));
	assert_int_equal(receipt.status, ST_OK);
	assert_int_equal(port->ops->find(port, &change.key, &change.key, &found), ST_OK);
	assert_true(bytes_equal(found.octets, change.octets));
	mem_give(octets);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, harness_setup, harness_teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_what_was_put_is_found_by_the_next_opening),
	    TEST(test_records_are_found_in_the_order_of_their_keys),
	    TEST(test_both_ends_of_a_range_belong_to_it),
	    TEST(test_changes_of_one_submit_take_effect_in_order),
	    TEST(test_octets_are_copied_during_the_call),
	    TEST(test_receipts_are_settled_in_order_and_only_by_dispatch),
	    TEST(test_many_callers_share_a_commit),
	    TEST(test_what_nobody_waits_for_waits_for_the_next_receipt),
	    TEST(test_much_that_nobody_waits_for_is_written),
	    TEST(test_an_empty_submit_is_a_receipt_for_all_before_it),
	    TEST(test_a_forgotten_receipt_is_not_touched),
	    TEST(test_a_notified_caller_may_forget_another),
	    TEST(test_free_settles_what_was_not_fetched),
	    TEST(test_what_is_too_large_is_not_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
