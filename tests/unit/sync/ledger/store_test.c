/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include "sync/ledger/store.h"

/* Ascending. */
static const struct {
	const char *name;
	struct sync_key key;
} order[] = {
    {"the least", {0, 0, SYNC_KIND_PAIR, 0}},
    {"a profile", {0, 0, SYNC_KIND_PROFILE, 9}},
    {"a pair", {1, 0, SYNC_KIND_PAIR, 0}},
    {"its number", {1, 0, SYNC_KIND_PAIR, 1}},
    {"a kind before numbers", {1, 0, SYNC_KIND_FOLDER, 0}},
    {"a folder", {1, 1, SYNC_KIND_FOLDER, 0}},
    {"a block", {1, 1, SYNC_KIND_BLOCK, 1}},
    {"a later block", {1, 1, SYNC_KIND_BLOCK, (uint64_t)UINT32_MAX + 1}},
    {"the last block", {1, 1, SYNC_KIND_BLOCK, UINT64_MAX}},
    {"the journal", {1, 1, SYNC_KIND_JOURNAL, 0}},
    {"a folder before kinds", {1, 2, SYNC_KIND_PAIR, 0}},
    {"a great folder", {1, UINT32_MAX, SYNC_KIND_PAIR, 0}},
    {"a pair before folders", {2, 0, SYNC_KIND_PAIR, 0}},
    {"the greatest", {UINT32_MAX, 0, SYNC_KIND_PAIR, 0}},
};

static void
test_keys_are_ordered_by_their_members_in_turn(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(order); i++) {
		for (size_t k = 0; k < COUNT_OF(order); k++) {
			int result = sync_key_compare(&order[i].key, &order[k].key);

			EXPECT(order[i].name, (result < 0) == (i < k));
			EXPECT(order[i].name, (result > 0) == (i > k));
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_keys_are_ordered_by_their_members_in_turn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
