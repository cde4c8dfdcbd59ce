/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include "mail/folder.h"

/* A name of at most three parts; it ends where a part has no octets. */
struct parts {
	struct bytes items[3];
};

static struct folder_name
name_of(struct parts *parts)
{
	struct folder_name name = {.parts = parts->items};

	while (name.part_count < 3 && parts->items[name.part_count].size > 0)
		name.part_count++;
	return name;
}

static void
test_equal_names(void **state)
{
	static const struct {
		const char *name;
		struct parts a, b;
		bool is_equal;
	} cases[] = {
	    {"the same", {{TEXT("Work"), TEXT("2024")}}, {{TEXT("Work"), TEXT("2024")}}, true},
	    {"the inbox in any case", {{TEXT("INBOX")}}, {{TEXT("inBox")}}, true},
	    {"what is in the inbox", {{TEXT("Inbox"), TEXT("a")}}, {{TEXT("INBOX"), TEXT("a")}},
		true},
	    {"its case counts below", {{TEXT("INBOX"), TEXT("a")}},
		{{TEXT("INBOX"), TEXT("A")}}, false},
	    {"INBOX elsewhere is a name", {{TEXT("a"), TEXT("INBOX")}},
		{{TEXT("a"), TEXT("inbox")}}, false},
	    {"by case", {{TEXT("Work")}}, {{TEXT("work")}}, false},
	    {"INBOX and what begins with it", {{TEXT("INBOX")}}, {{TEXT("INBOX2")}}, false},
	    {"one part more", {{TEXT("a")}}, {{TEXT("a"), TEXT("b")}}, false},
	    {"cut elsewhere", {{TEXT("ab"), TEXT("c")}}, {{TEXT("a"), TEXT("bc")}}, false},
	    {"nothing", {{TEXT("")}}, {{TEXT("")}}, true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct parts a = cases[i].a, b = cases[i].b;

		EXPECT(cases[i].name,
		    folder_name_equal(name_of(&a), name_of(&b)) == cases[i].is_equal);
		EXPECT(cases[i].name,
		    folder_name_equal(name_of(&b), name_of(&a)) == cases[i].is_equal);
	}
}

static void
test_the_inbox(void **state)
{
	static const struct {
		const char *name;
		struct parts parts;
		bool is_inbox;
	} cases[] = {
	    {"as servers write it", {{TEXT("INBOX")}}, true},
	    {"in another case", {{TEXT("Inbox")}}, true},
	    {"a folder in it", {{TEXT("INBOX"), TEXT("a")}}, false},
	    {"a folder of that name elsewhere", {{TEXT("a"), TEXT("INBOX")}}, false},
	    {"a longer name", {{TEXT("INBOXES")}}, false},
	    {"a name without parts", {{TEXT("")}}, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct parts parts = cases[i].parts;

		EXPECT(
		    cases[i].name, folder_name_is_inbox(name_of(&parts)) == cases[i].is_inbox);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_equal_names),
	    cmocka_unit_test(test_the_inbox),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
