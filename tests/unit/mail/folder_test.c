/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/folder.h"

#include "case.h"

enum {
	PARTS_MAX = 3
};

struct pair {
	const char *name;
	struct bytes a[PARTS_MAX];
	size_t a_count;
	struct bytes b[PARTS_MAX];
	size_t b_count;
	bool is_equal;
	bool is_inbox; /* a */
};

static const struct pair pairs[] = {
    {"INBOX itself", {TEXT("INBOX")}, 1, {TEXT("INBOX")}, 1, true, true},
    {"INBOX in any case", {TEXT("iNbOx")}, 1, {TEXT("INBOX")}, 1, true, true},
    {"a folder below it", {TEXT("Inbox"), TEXT("a")}, 2, {TEXT("INBOX"), TEXT("a")}, 2, true,
	false},
    {"a folder below it, other case", {TEXT("INBOX"), TEXT("A")}, 2, {TEXT("INBOX"), TEXT("a")},
	2, false, false},
    {"inbox lower down", {TEXT("a"), TEXT("inbox")}, 2, {TEXT("a"), TEXT("INBOX")}, 2, false,
	false},
    {"other names keep their case", {TEXT("Work")}, 1, {TEXT("work")}, 1, false, false},
    {"equal", {TEXT("Work"), TEXT("2024")}, 2, {TEXT("Work"), TEXT("2024")}, 2, true, false},
    {"one part more", {TEXT("Work")}, 1, {TEXT("Work"), TEXT("2024")}, 2, false, false},
    {"the delimiter is no part", {TEXT("a/b")}, 1, {TEXT("a"), TEXT("b")}, 2, false, false},
    {"a longer word", {TEXT("INBOXES")}, 1, {TEXT("INBOX")}, 1, false, false},
    {"a shorter word", {TEXT("INBO")}, 1, {TEXT("INBOX")}, 1, false, false},
    {"an empty part", {TEXT("")}, 1, {TEXT("")}, 1, true, false},
    {"no part", {TEXT("")}, 0, {TEXT("")}, 0, true, false},
};

static void
test_names_are_compared(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(pairs); i++) {
		struct pair pair = pairs[i];
		struct folder_name a = {pair.a, pair.a_count};
		struct folder_name b = {pair.b, pair.b_count};

		EXPECT(pair.name, folder_name_equal(a, b) == pair.is_equal);
		EXPECT(pair.name, folder_name_equal(b, a) == pair.is_equal);
		EXPECT(pair.name, folder_name_is_inbox(a) == pair.is_inbox);
	}
}

/* Gmail's views are left out where the server says what they are; an ordinary folder that is
 * called Important is copied. */
static void
test_views_are_known_by_attribute_only(void **state)
{
	static const struct {
		const char *name;
		enum folder_use use;
		bool is_virtual;
	} uses[] = {
	    {"all", USE_ALL, true},
	    {"flagged", USE_FLAGGED, true},
	    {"important", USE_IMPORTANT, true},
	    {"archive", USE_ARCHIVE, false},
	    {"none", USE_NONE, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(uses); i++) {
		struct folder folder = {.use = uses[i].use, .use_from = USE_FROM_ATTRIBUTE};

		EXPECT(uses[i].name, folder_is_virtual(&folder) == uses[i].is_virtual);
		folder.use_from = USE_FROM_XLIST;
		EXPECT(uses[i].name, folder_is_virtual(&folder) == uses[i].is_virtual);
		folder.use_from = USE_FROM_NAME;
		EXPECT(uses[i].name, !folder_is_virtual(&folder));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_names_are_compared),
	    cmocka_unit_test(test_views_are_known_by_attribute_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
