/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/fidelity.h"

#include "case.h"
#include "sync/copy.h"

#include <string.h>

struct filter_case {
	const char *name;
	struct sync_flag_policy policy;
	uint32_t system;
	struct bytes keywords;
	uint32_t kept_system;
	struct bytes kept;
	struct bytes dropped;
};

static const struct filter_case filter_cases[] = {
    {"anything goes", {FLAG_ALL, TEXT(""), true}, FLAG_SEEN, TEXT("a b"), FLAG_SEEN,
	TEXT("a b"), TEXT("")},
    {"system flags by list", {FLAG_SEEN | FLAG_DRAFT, TEXT(""), true}, FLAG_ALL, TEXT(""),
	FLAG_SEEN | FLAG_DRAFT, TEXT(""), TEXT("")},
    {"known keywords only", {FLAG_ALL, TEXT("b c"), false}, 0, TEXT("a b c d"), 0, TEXT("b c"),
	TEXT("a d")},
    {"without case", {FLAG_ALL, TEXT("$forwarded"), false}, 0, TEXT("$Forwarded x"), 0,
	TEXT("$Forwarded"), TEXT("x")},
    {"no keywords at all", {FLAG_ALL, TEXT(""), false}, FLAG_SEEN, TEXT("a b"), FLAG_SEEN,
	TEXT(""), TEXT("a b")},
    {"a prefix is another word", {FLAG_ALL, TEXT("abc"), false}, 0, TEXT("ab abcd"), 0,
	TEXT(""), TEXT("ab abcd")},
    {"nothing to filter", {0, TEXT(""), false}, 0, TEXT(""), 0, TEXT(""), TEXT("")},
};

static void
test_flags_are_filtered(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(filter_cases); i++) {
		const struct filter_case *the_case = &filter_cases[i];
		struct flags flags = {the_case->system, the_case->keywords};
		struct bytes dropped;
		struct flags kept;
		struct arena arena;

		arena_init(&arena, 65536);
		EXPECT(the_case->name,
		    sync_flags_filter(&the_case->policy, flags, &arena, &kept, &dropped) ==
			ST_OK);
		EXPECT(the_case->name, kept.system == the_case->kept_system);
		EXPECT(the_case->name, bytes_equal(kept.keywords, the_case->kept));
		EXPECT(the_case->name, bytes_equal(dropped, the_case->dropped));
		arena_fini(&arena);
	}
}

static void
test_missing_flags(void **state)
{
	struct flags wanted = {FLAG_SEEN | FLAG_DRAFT, TEXT("a B c")};
	struct flags present = {FLAG_SEEN | FLAG_FLAGGED, TEXT("b d")};
	struct flags missing;
	struct arena arena;

	(void)state;
	arena_init(&arena, 65536);
	assert_int_equal(sync_flags_missing(wanted, present, &arena, &missing), ST_OK);
	assert_int_equal(missing.system, FLAG_DRAFT);
	assert_true(bytes_equal(missing.keywords, BYTES("a c")));
	arena_fini(&arena);
}

static void
test_without_memory_outputs_stay_as_they_were(void **state)
{
	struct flags flags = {FLAG_SEEN, TEXT("a b")};
	struct flags kept = {FLAG_DRAFT, TEXT("before")};
	struct bytes dropped = TEXT("before");
	struct sync_flag_policy policy = {FLAG_ALL, TEXT("a"), false};
	struct arena arena;

	(void)state;
	arena_init(&arena, 5);
	assert_int_equal(sync_flags_filter(&policy, flags, &arena, &kept, &dropped), ST_LIMIT);
	assert_int_equal(kept.system, FLAG_DRAFT);
	assert_true(bytes_equal(dropped, BYTES("before")));
	assert_int_equal(sync_flags_missing(flags, flags, &arena, &kept), ST_LIMIT);
	assert_int_equal(kept.system, FLAG_DRAFT);
	arena_fini(&arena);
}

struct nature_case {
	const char *name;
	struct sync_nature nature;
	uint32_t traits;
	int64_t date;
	const char *word; /* in the sentence; NULL: nothing changes */
};

enum {
	TODAY = 1800000000
};

static const struct nature_case nature_cases[] = {
    {"faithful", {0}, 0xff, -5, NULL},
    {"NUL", {.changes_nul = true}, SYNC_TRAIT_NUL, TODAY, "NUL"},
    {"no NUL", {.changes_nul = true}, SYNC_TRAIT_BARE_LF, TODAY, NULL},
    {"bare LF", {.changes_bare_lf = true}, SYNC_TRAIT_BARE_LF, TODAY, "CRLF"},
    {"CR CR LF", {.drops_cr_before_crlf = true}, SYNC_TRAIT_CR_BEFORE_CRLF, TODAY, "CR"},
    {"last CR", {.drops_cr_before_crlf = true}, SYNC_TRAIT_ENDS_WITH_CR, TODAY, "CR"},
    {"tomorrow", {.changes_future_dates = true}, 0, TODAY + 86400, "future"},
    {"in an hour", {.changes_future_dates = true}, 0, TODAY + 3600, NULL},
    {"long ago", {.changes_dates_before_1970 = true}, 0, -1, "1970"},
    {"the first second", {.changes_dates_before_1970 = true}, 0, 0, NULL},
};

static void
test_what_a_family_changes_is_said(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(nature_cases); i++) {
		const struct nature_case *the_case = &nature_cases[i];
		struct mail_date date = {.s = the_case->date, .is_known = true};
		struct wall now = {TODAY};
		const char *change =
		    sync_nature_change(&the_case->nature, the_case->traits, date, now);

		EXPECT(the_case->name, (change == NULL) == (the_case->word == NULL));
		if (change != NULL)
			EXPECT(the_case->name, strstr(change, the_case->word) != NULL);
		date.is_known = false;
		change = sync_nature_change(&the_case->nature, 0, date, now);
		EXPECT(the_case->name, change == NULL);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_flags_are_filtered),
	    cmocka_unit_test(test_missing_flags),
	    cmocka_unit_test(test_without_memory_outputs_stay_as_they_were),
	    cmocka_unit_test(test_what_a_family_changes_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
