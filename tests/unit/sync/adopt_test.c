/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/adopt.h"

#include "base/prng.h"
#include "case.h"

/* An identity that is nobody else's: `n` stands where the digest is looked at. */
static struct identity
identity_of(uint32_t n)
{
	struct identity identity = {.has_message_id = true, .has_date = true};

	for (int i = 0; i < 4; i++) {
		identity.digest.octets[i] = (uint8_t)(n >> (24 - 8 * i));
		identity.digest.octets[7 - i] = (uint8_t)(n >> (24 - 8 * i));
	}
	return identity;
}

struct verdict_case {
	const char *name;
	uint64_t src[2]; /* sizes at the source under one identity; 0: none */
	uint64_t dst[2];
	bool has_nothing; /* neither Message-ID nor Date */
	enum adopt_verdict verdict;
};

static const struct verdict_case verdict_cases[] = {
    {"nothing there", {500, 0}, {0, 0}, false, ADOPT_NEW},
    {"equal", {500, 0}, {500, 0}, false, ADOPT_EQUAL},
    {"200 larger", {500, 0}, {700, 0}, false, ADOPT_EQUAL},
    {"201 larger", {500, 0}, {701, 0}, false, ADOPT_DIGEST},
    {"2 % larger", {100000, 0}, {102000, 0}, false, ADOPT_EQUAL},
    {"more than 2 % larger", {100000, 0}, {102001, 0}, false, ADOPT_DIGEST},
    {"smaller", {500, 0}, {499, 0}, false, ADOPT_DIGEST},
    {"two equal pairs", {500, 500}, {500, 500}, false, ADOPT_EQUAL},
    {"two sizes at the source", {500, 501}, {501, 0}, false, ADOPT_DIGEST},
    {"two sizes at the destination", {500, 0}, {500, 510}, false, ADOPT_DIGEST},
    {"no Message-ID and no Date", {500, 0}, {500, 0}, true, ADOPT_DIGEST},
    {"2 GiB", {1ULL << 31, 0}, {1ULL << 31, 0}, false, ADOPT_DIGEST},
    {"one less than 2 GiB", {(1ULL << 31) - 1, 0}, {(1ULL << 31) - 1, 0}, false, ADOPT_EQUAL},
};

static void
test_verdicts(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(verdict_cases); i++) {
		const struct verdict_case *the_case = &verdict_cases[i];
		struct identity identity = identity_of(7);
		struct adopt_table table;
		struct uid uid = {0};

		if (the_case->has_nothing)
			identity.has_message_id = identity.has_date = false;
		adopt_table_init(&table);
		for (uint32_t k = 0; k < 2 && the_case->dst[k] > 0; k++)
			assert_int_equal(adopt_table_add(&table, (struct uid){10 - k},
					     &identity, the_case->dst[k]),
			    ST_OK);
		adopt_table_seal(&table);
		for (uint32_t k = 0; k < 2 && the_case->src[k] > 0; k++)
			adopt_table_note(&table, &identity, the_case->src[k]);
		EXPECT(the_case->name,
		    adopt_table_propose(&table, &identity, the_case->src[0], &uid) ==
			the_case->verdict);
		if (the_case->verdict == ADOPT_EQUAL)
			EXPECT(the_case->name, uid.number == (the_case->dst[1] > 0 ? 9 : 10));
		else
			EXPECT(the_case->name, uid.number == 0);
		adopt_table_fini(&table);
	}
}

/* One Message-ID without a date, or the other way round, is enough to be somebody. */
static void
test_either_field_is_enough(void **state)
{
	(void)state;
	for (int has_date = 0; has_date <= 1; has_date++) {
		struct identity identity = identity_of(3);
		struct adopt_table table;
		struct uid uid;

		identity.has_date = has_date;
		identity.has_message_id = !has_date;
		adopt_table_init(&table);
		assert_int_equal(
		    adopt_table_add(&table, (struct uid){1}, &identity, 50), ST_OK);
		adopt_table_seal(&table);
		adopt_table_note(&table, &identity, 50);
		assert_int_equal(adopt_table_propose(&table, &identity, 50, &uid), ADOPT_EQUAL);
		adopt_table_fini(&table);
	}
}

/* Three at the source and two at the destination: two are adopted, one is new. */
static void
test_each_message_stands_for_one(void **state)
{
	struct identity identity = identity_of(5);
	struct adopt_table table;
	struct uid uid;
	size_t position = 0;

	(void)state;
	adopt_table_init(&table);
	for (uint32_t number = 1; number <= 2; number++)
		assert_int_equal(
		    adopt_table_add(&table, (struct uid){number}, &identity, 50), ST_OK);
	adopt_table_seal(&table);
	for (int i = 0; i < 3; i++)
		adopt_table_note(&table, &identity, 50);
	for (uint32_t number = 1; number <= 2; number++) {
		assert_int_equal(adopt_table_propose(&table, &identity, 50, &uid), ADOPT_EQUAL);
		assert_int_equal(uid.number, number);
		assert_true(adopt_table_take(&table, &identity, uid));
	}
	assert_int_equal(adopt_table_propose(&table, &identity, 50, &uid), ADOPT_NEW);
	assert_false(adopt_table_candidate(&table, &identity, &position, &uid));
	adopt_table_give(&table, &identity, (struct uid){2});
	assert_int_equal(adopt_table_propose(&table, &identity, 50, &uid), ADOPT_EQUAL);
	assert_int_equal(uid.number, 2);
	adopt_table_fini(&table);
}

/* The table against plain counting, over seeded folders with many equal identities. */
static void
test_random_tables_agree_with_counting(void **state)
{
	enum {
		IDENTITIES = 40
	};

	(void)state;
	for (uint64_t seed = 1; seed <= 100; seed++) {
		uint32_t counts[IDENTITIES] = {0};
		struct adopt_table table;
		struct prng prng;
		uint32_t count;

		prng_init(&prng, seed);
		count = (uint32_t)prng_below(&prng, 300);
		adopt_table_init(&table);
		for (uint32_t number = 1; number <= count; number++) {
			uint32_t n = (uint32_t)prng_below(&prng, IDENTITIES);
			struct identity identity = identity_of(n * 2654435761U);

			counts[n]++;
			assert_int_equal(
			    adopt_table_add(&table, (struct uid){number}, &identity, 9), ST_OK);
		}
		adopt_table_seal(&table);
		for (uint32_t n = 0; n < IDENTITIES; n++) {
			struct identity identity = identity_of(n * 2654435761U);
			uint32_t last = 0;
			size_t position = 0;
			struct uid uid;

			for (; counts[n] > 0; counts[n]--) {
				assert_true(
				    adopt_table_candidate(&table, &identity, &position, &uid));
				assert_true(uid.number > last);
				last = uid.number;
			}
			assert_false(adopt_table_candidate(&table, &identity, &position, &uid));
		}
		adopt_table_fini(&table);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_verdicts),
	    cmocka_unit_test(test_either_field_is_enough),
	    cmocka_unit_test(test_each_message_stands_for_one),
	    cmocka_unit_test(test_random_tables_agree_with_counting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
