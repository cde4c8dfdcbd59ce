/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/ledger.h"

#include "case.h"

static uint64_t
intend_one(struct sync_ledger *ledger)
{
	struct sync_intent_message message = {.src_uid = {1}};
	struct sync_intent intent = {.messages = &message, .message_count = 1};
	struct sync_receipt receipt = {0};

	assert_int_equal(ledger->ops->intend(ledger, &intent, &receipt), ST_OK);
	assert_true(receipt.is_settled);
	assert_int_equal(receipt.status, ST_OK);
	return receipt.number;
}

static void
test_numbers_ascend_and_what_is_in_doubt_stays_open(void **state)
{
	struct sync_ledger *ledger;
	uint64_t first, second, third;

	(void)state;
	assert_int_equal(sync_ledger_memory_new(&ledger), ST_OK);
	first = intend_one(ledger);
	second = intend_one(ledger);
	third = intend_one(ledger);
	assert_true(first < second && second < third);
	assert_int_equal(sync_ledger_memory_open(ledger), 3);
	assert_int_equal(
	    ledger->ops->settle(ledger, second, SYNC_OUTCOME_IN_DOUBT, NULL), ST_OK);
	assert_int_equal(sync_ledger_memory_open(ledger), 3);
	assert_int_equal(ledger->ops->settle(ledger, first, SYNC_OUTCOME_STORED, NULL), ST_OK);
	assert_int_equal(
	    ledger->ops->settle(ledger, third, SYNC_OUTCOME_NOT_STORED, NULL), ST_OK);
	assert_int_equal(sync_ledger_memory_open(ledger), 1);
	sync_ledger_free(&ledger);
	assert_null(ledger);
	sync_ledger_free(&ledger);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_numbers_ascend_and_what_is_in_doubt_stays_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
