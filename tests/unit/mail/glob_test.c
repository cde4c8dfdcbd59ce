/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include <stdio.h>
#include <string.h>

#include "base/prng.h"
#include "mail/glob.h"

static const struct {
	const char *pattern;
	const char *name;
	bool does_match;
} patterns[] = {
    {"Work", "Work", true},
    {"Work", "Work/2024", true},
    {"Work", "Work/2024/May", true},
    {"Work", "Workshop", false},
    {"Work", "work", false},
    {"Work", "Old/Work", false},
    {"Work/", "Work", true},
    {"Work/", "Work/2024", true},
    {"Work/2024", "Work", false},
    {"Work/2024", "Work/2024", true},
    {"*", "INBOX", true},
    {"*", "Work/2024", true},
    {"W*k", "Work", true},
    {"W*k", "Walk/In", true},
    {"W*k", "Wa/k", false},
    {"*/2024", "Work/2024", true},
    {"*/2024", "Work/2024/May", true},
    {"*/2024", "A/B/2024", false},
    {"**/2024", "A/B/2024", true},
    {"**2024", "2024", true},
    {"**/2024", "2024", false},
    {"**Spam*", "A/B/my Spam box/C", true},
    {"**Spam*", "A/B/my ham", false},
    {"**a*b", "xa/ab", true},
    {"**a*b/c", "a/axb/c", true},
    {"**a*b/c", "a/axb/d", false},
    {"A**B*C", "A/x/B/y/BC", true},
    {"a*b*c", "aXbXbXc", true},
    {"a*b*c", "aXbX/c", false},
    {"?", "ü", true},
    {"?", "日", true},
    {"??", "ü", false},
    {"Gr??e", "Grüße", true},
    {"A?B", "A/B", false},
    {"Entw\xc3*", "Entwürfe", true},
    {"Entwürfe", "Entw\xfcrfe", false},
    {"Entw?rfe", "Entw\xfcrfe", true},
    {"[Gmail]/*", "[Gmail]/All Mail", true},
    {"[Gmail]", "G", false},
    {"100\\*", "100*", true},
    {"100\\*", "1000", false},
    {"why\\?", "why?", true},
    {"why\\?", "whys", false},
    {"a\\\\b", "a\\b", true},
    {"a\\b", "a\\b", true},
    {"a\\", "a\\", true},
    {"inbox", "INBOX", true},
    {"InBox/Old", "INBOX/Old", true},
    {"INBOX", "INBOXES", false},
    {"inbox", "Old/INBOX", false},
    {"inboxes", "INBOXES", false},
    {"*", "", true},
    {"", "", false},
    {"", "INBOX", false},
    {"/", "", false},
};

static void
test_patterns_against_names(void **state)
{

	(void)state;
	for (size_t i = 0; i < COUNT_OF(patterns); i++) {
		char name[96];

		snprintf(name, sizeof(name), "%s on %s", patterns[i].pattern, patterns[i].name);
		EXPECT(name,
		    glob_match(bytes_of_string(patterns[i].pattern),
			bytes_of_string(patterns[i].name)) == patterns[i].does_match);
	}
}

/* The meaning said plainly, by trying everything; stars on the left, a name on the right. */
static bool
means(const char *pattern, const char *name)
{
	if (pattern[0] == '*') {
		bool is_deep = pattern[1] == '*';
		const char *rest = pattern + 1;

		while (*rest == '*')
			rest++;
		for (;; name++) {
			if (means(rest, name))
				return true;
			if (*name == '\0' || (*name == '/' && !is_deep))
				return false;
		}
	}
	if (pattern[0] == '\0')
		return name[0] == '\0' || name[0] == '/';
	if (name[0] == '\0' || (pattern[0] == '?' && name[0] == '/'))
		return false;
	return (pattern[0] == '?' || pattern[0] == name[0]) && means(pattern + 1, name + 1);
}

static void
test_random_patterns_agree_with_their_meaning(void **state)
{
	struct prng prng;
	unsigned matched = 0;

	(void)state;
	prng_init(&prng, 7);
	for (int round = 0; round < 20000; round++) {
		char pattern[9] = "";
		char name[11] = "";
		size_t pattern_size = 1 + (size_t)prng_below(&prng, 8);
		size_t name_size = (size_t)prng_below(&prng, 11);
		bool is_match;

		for (size_t i = 0; i < pattern_size; i++)
			pattern[i] = "ab**?/"[prng_below(&prng, 6)];
		for (size_t i = 0; i < name_size; i++)
			name[i] = "ab/"[prng_below(&prng, 3)];
		/* A slash at the end is dropped, which the plain meaning does not know. */
		if (pattern[pattern_size - 1] == '/')
			continue;
		is_match = glob_match(bytes_of_string(pattern), bytes_of_string(name));
		matched += is_match;
		if (is_match != means(pattern, name))
			fail_msg("\"%s\" on \"%s\" gives %d", pattern, name, is_match);
	}
	assert_in_range(matched, 1000, 19000);
}

static void
test_a_hostile_pattern_ends_soon(void **state)
{
	static char pattern[201];
	static char name[2001];

	(void)state;
	for (size_t i = 0; i + 1 < sizeof(pattern); i += 2)
		memcpy(pattern + i, "*a", 2);
	memset(name, 'a', sizeof(name) - 1);
	assert_true(glob_match(bytes_of_string(pattern), bytes_of_string(name)));
	pattern[199] = 'b';
	assert_false(glob_match(bytes_of_string(pattern), bytes_of_string(name)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_patterns_against_names),
	    cmocka_unit_test(test_random_patterns_agree_with_their_meaning),
	    cmocka_unit_test(test_a_hostile_pattern_ends_soon),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
