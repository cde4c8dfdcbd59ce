/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/ledger/settle.h"

#include <string.h>

#include "case.h"

enum {
	DOUBTS_MAX = 6,
	COPIES_MAX = 6
};

static struct digest
digest_of(char letter)
{
	struct digest digest = {{0}};

	digest.octets[0] = (uint8_t)letter;
	return digest;
}

/* A letter a message: what it is called below. Fates: d in doubt, u unproved, w given up and
 * watched for, s stored without a UID. */
struct match_case {
	const char *name;
	const char *doubts; /* "Ad" is message A in doubt */
	uint32_t from;      /* bracket of all of them */
	const char *copies; /* message letters; the first has UID 10 */
	const char *fates;  /* expected: S stored, else as before */
	uint32_t uids[DOUBTS_MAX];
	const char *surplus; /* "x" at each copy that is one too many, else "." */
};

static const struct match_case cases[] = {
    {"one that is there", "Ad", 10, "A", "S", {10}, "."},
    {"one that is not", "Ad", 10, "B", "d", {0}, "."},
    {"below its bracket", "Ad", 11, "A", "d", {0}, "."},
    {"without a bracket", "Ad", 0, "A", "S", {10}, "."},
    {"twins, both there", "AdAd", 10, "AA", "SS", {10, 11}, ".."},
    {"twins, one there", "AdAd", 10, "A", "Sd", {10, 0}, "."},
    {"in the order of UIDs", "AdBdAd", 10, "ABA", "SSS", {10, 11, 12}, "..."},
    {"an answer that proves nothing", "AuBu", 10, "B", "uS", {0, 10}, "."},
    {"what is known to be stored comes first", "AdAs", 10, "A", "ds", {0, 10}, "."},
    {"and leaves the rest", "AdAs", 10, "AA", "Ss", {11, 10}, ".."},
    {"a copy that came late", "AwAs", 10, "AA", "ws", {0, 10}, ".x"},
    {"sent again and lost again, one there", "AwAd", 10, "A", "wS", {0, 10}, "."},
    {"sent again and lost again, both there", "AwAd", 10, "AA", "wS", {0, 10}, ".x"},
    {"a copy of nobody's is not surplus", "Ad", 10, "AA", "S", {10}, ".."},
    {"two given up, three there", "AwAwAd", 10, "AAA", "wwS", {0, 0, 10}, ".xx"},
    {"holes where a group was refused", "AdBdCd", 10, "AC", "SdS", {10, 0, 11}, ".."},
};

static enum sync_fate
fate_of(char letter)
{
	switch (letter) {
	case 'd':
		return SYNC_FATE_IN_DOUBT;
	case 'u':
		return SYNC_FATE_UNPROVED;
	case 'w':
		return SYNC_FATE_ABSENT;
	default:
		return SYNC_FATE_STORED;
	}
}

static void
test_multisets(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct match_case *c = &cases[i];
		struct sync_doubt doubts[DOUBTS_MAX] = {0};
		struct sync_copy_found copies[COPIES_MAX] = {0};
		size_t count = strlen(c->doubts) / 2;
		size_t copy_count = strlen(c->copies);

		for (size_t k = 0; k < count; k++) {
			doubts[k].message.digest = digest_of(c->doubts[2 * k]);
			doubts[k].fate = fate_of(c->doubts[2 * k + 1]);
			doubts[k].dst_uidnext = c->from;
		}
		/* In another order than they are matched in. */
		for (size_t k = 0; k < copy_count; k++) {
			copies[copy_count - 1 - k].uid = 10 + (uint32_t)k;
			copies[copy_count - 1 - k].digest = digest_of(c->copies[k]);
		}
		sync_settle_match(doubts, count, copies, copy_count);
		for (size_t k = 0; k < count; k++) {
			EXPECT(c->name, doubts[k].dst_uid == c->uids[k]);
			EXPECT(c->name, doubts[k].fate == fate_of(c->fates[k]));
		}
		for (size_t k = 0; k < copy_count; k++)
			EXPECT(c->name,
			    copies[k].is_surplus == (c->surplus[copies[k].uid - 10] == 'x'));
	}
}

static void
test_what_may_be_one_of_them(void **state)
{
	const struct sync_doubt doubts[] = {
	    {.message = {.size = 1000}, .dst_uidnext = 30},
	    {.message = {.size = 50000}, .dst_uidnext = 20},
	};

	(void)state;
	assert_true(sync_settle_may_be(doubts, 2, 1000, false));
	assert_true(sync_settle_may_be(doubts, 2, 50000, false));
	assert_false(sync_settle_may_be(doubts, 2, 1001, false));
	assert_false(sync_settle_may_be(doubts, 2, 999, false));
	assert_true(sync_settle_may_be(doubts, 2, 1001, true));
	assert_true(sync_settle_may_be(doubts, 2, 74000, true));
	assert_false(sync_settle_may_be(doubts, 2, 80000, true));
	assert_false(sync_settle_may_be(doubts, 0, 1000, true));
	assert_int_equal(sync_settle_from(doubts, 2), 20);
	assert_int_equal(sync_settle_from(doubts, 0), 1);
	assert_int_equal(sync_settle_from(&(struct sync_doubt){0}, 1), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_multisets),
	    cmocka_unit_test(test_what_may_be_one_of_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
