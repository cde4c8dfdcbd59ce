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
    {"anything goes", {FLAG_ALL, TEXT(""), true, false, false}, FLAG_SEEN, TEXT("a b"),
	FLAG_SEEN, TEXT("a b"), TEXT("")},
    {"system flags by list", {FLAG_SEEN | FLAG_DRAFT, TEXT(""), true, false, false}, FLAG_ALL,
	TEXT(""), FLAG_SEEN | FLAG_DRAFT, TEXT(""), TEXT("")},
    {"known keywords only", {FLAG_ALL, TEXT("b c"), false, false, false}, 0, TEXT("a b c d"), 0,
	TEXT("b c"), TEXT("a d")},
    {"without case", {FLAG_ALL, TEXT("$forwarded"), false, false, false}, 0,
	TEXT("$Forwarded x"), 0, TEXT("$Forwarded"), TEXT("x")},
    {"no keywords at all", {FLAG_ALL, TEXT(""), false, false, false}, FLAG_SEEN, TEXT("a b"),
	FLAG_SEEN, TEXT(""), TEXT("a b")},
    {"a prefix is another word", {FLAG_ALL, TEXT("abc"), false, false, false}, 0,
	TEXT("ab abcd"), 0, TEXT(""), TEXT("ab abcd")},
    {"only words", {FLAG_ALL, TEXT(""), true, true, false}, 0,
	TEXT("a[ NIL nil 12 1a k] { x} ~ -1 0 $Junk"), 0, TEXT("nil 1a -1 $Junk"),
	TEXT("a[ NIL 12 k] { x} ~ 0")},
    {"only known words", {FLAG_ALL, TEXT("5 six"), false, true, false}, 0, TEXT("5 six seven"),
	0, TEXT("six"), TEXT("5 seven")},
    {"nothing to filter", {0, TEXT(""), false, false, false}, 0, TEXT(""), 0, TEXT(""),
	TEXT("")},
    {"no colon", {FLAG_ALL, TEXT(""), true, false, true}, 0, TEXT("a:1 b : c"), 0, TEXT("b c"),
	TEXT("a:1 :")},
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
	struct sync_flag_policy policy = {FLAG_ALL, TEXT("a"), false, false, false};
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
	const char *word; /* in the text; NULL: nothing changes */
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
    {"the first second lost", {.changes_date_zero = true}, 0, 0, "first second"},
    {"the second second", {.changes_date_zero = true}, 0, 1, NULL},
    {"bare CR", {.drops_bare_cr = true}, SYNC_TRAIT_BARE_CR, TODAY, "CR without LF"},
    {"no bare CR", {.drops_bare_cr = true}, SYNC_TRAIT_ENDS_WITHOUT_LF, TODAY, NULL},
    {"no end", {.adds_final_crlf = true}, SYNC_TRAIT_ENDS_WITHOUT_LF, TODAY, "at the end"},
    {"an end", {.adds_final_crlf = true}, SYNC_TRAIT_BARE_CR, TODAY, NULL},
    {"8-bit", {.changes_header_8bit = true}, SYNC_TRAIT_HEADER_8BIT, TODAY, "became X"},
    {"no 8-bit", {.changes_header_8bit = true}, SYNC_TRAIT_NUL, TODAY, NULL},
    {"two things", {.drops_bare_cr = true, .adds_final_crlf = true},
	SYNC_TRAIT_BARE_CR | SYNC_TRAIT_ENDS_WITHOUT_LF, TODAY, "removed; a line end"},
};

static void
test_what_a_family_changes_is_said(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(nature_cases); i++) {
		const struct nature_case *the_case = &nature_cases[i];
		struct mail_date date = {.s = the_case->date, .is_known = true};
		struct wall now = {TODAY};
		char text[SYNC_CHANGE_SIZE];
		bool changes =
		    sync_nature_change(&the_case->nature, the_case->traits, date, now, text);

		EXPECT(the_case->name, changes == (the_case->word != NULL));
		EXPECT(the_case->name, changes == (text[0] != 0));
		if (changes)
			EXPECT(the_case->name, strstr(text, the_case->word) != NULL);
		date.is_known = false;
		changes = sync_nature_change(&the_case->nature, 0, date, now, text);
		EXPECT(the_case->name, !changes && text[0] == 0);
	}
}

static void
test_a_date_that_is_not_kept_becomes_the_nearest(void **state)
{
	static const struct sync_nature wraps = {.changes_dates_before_1970 = true};
	static const struct sync_nature refuses = {
	    .changes_dates_before_1970 = true, .changes_date_zero = true};
	static const struct sync_nature keeps = {.changes_date_zero = true};
	struct mail_date old = {.s = -1, .zone_minutes = 60, .is_known = true};
	struct mail_date zero = {.is_known = true};
	struct mail_date unknown = {.s = -1};

	(void)state;
	assert_int_equal(sync_nature_date(&wraps, old).s, 0);
	assert_int_equal(sync_nature_date(&wraps, old).zone_minutes, 60);
	assert_int_equal(sync_nature_date(&refuses, old).s, 1);
	assert_int_equal(sync_nature_date(&refuses, zero).s, 0);
	assert_int_equal(sync_nature_date(&keeps, old).s, -1);
	assert_false(sync_nature_date(&wraps, unknown).is_known);
	assert_int_equal(sync_nature_date(&wraps, unknown).s, -1);
}

/* Every family's worst together: the text has room for all of it. */
static void
test_all_changes_fit(void **state)
{
	static const struct sync_nature all = {
	    true, true, true, true, true, true, true, true, true};
	char text[SYNC_CHANGE_SIZE];
	struct mail_date ahead = {.s = TODAY + 86400, .is_known = true};

	(void)state;
	assert_true(sync_nature_change(&all, UINT32_MAX, ahead, (struct wall){TODAY}, text));
	assert_non_null(strstr(text, "0x80"));
	assert_non_null(strstr(text, "became X"));
	assert_non_null(strstr(text, "future"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_flags_are_filtered),
	    cmocka_unit_test(test_missing_flags),
	    cmocka_unit_test(test_without_memory_outputs_stay_as_they_were),
	    cmocka_unit_test(test_what_a_family_changes_is_said),
	    cmocka_unit_test(test_a_date_that_is_not_kept_becomes_the_nearest),
	    cmocka_unit_test(test_all_changes_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
