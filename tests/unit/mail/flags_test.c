/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include <string.h>

#include "mail/flags.h"

static void
test_system_flags_by_name(void **state)
{
	static const struct {
		const char *name;
		uint32_t bit;
	} cases[] = {
	    {"\\Seen", FLAG_SEEN},
	    {"\\ANSWERED", FLAG_ANSWERED},
	    {"\\flagged", FLAG_FLAGGED},
	    {"\\Deleted", FLAG_DELETED},
	    {"\\Draft", FLAG_DRAFT},
	    {"\\Recent", 0},
	    {"\\*", 0},
	    {"Seen", 0},
	    {"\\Seen ", 0},
	    {"\\See", 0},
	    {"", 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		EXPECT(cases[i].name,
		    flag_of_name(bytes_of_string(cases[i].name)) == cases[i].bit);
}

/* Every octet, alone: only atom characters may ever stand in a command line. */
static void
test_no_other_octet_makes_a_keyword(void **state)
{
	(void)state;
	for (unsigned octet = 0; octet < 256; octet++) {
		const uint8_t word[3] = {'a', (uint8_t)octet, 'b'};
		bool is_atom =
		    octet > ' ' && octet < 0x7f && strchr("(){%*\"\\]", (int)octet) == NULL;

		assert_int_equal(flags_is_keyword(bytes_of(word, 3)), is_atom);
		assert_int_equal(flags_is_keyword(bytes_of(word + 1, 1)), is_atom);
	}
	assert_false(flags_is_keyword(BYTES("")));
	assert_true(flags_is_keyword(BYTES("$MDNSent")));
}

static void
test_the_longest_keyword(void **state)
{
	static uint8_t word[KEYWORDS_SIZE_MAX + 1];

	(void)state;
	memset(word, 'k', sizeof(word));
	assert_true(flags_is_keyword(bytes_of(word, KEYWORDS_SIZE_MAX)));
	assert_false(flags_is_keyword(bytes_of(word, KEYWORDS_SIZE_MAX + 1)));
}

static void
test_keywords_are_found_without_case_and_whole(void **state)
{
	struct bytes keywords = BYTES("$Forwarded Junk chores");

	(void)state;
	assert_true(flags_has_keyword(keywords, BYTES("$forwarded")));
	assert_true(flags_has_keyword(keywords, BYTES("JUNK")));
	assert_true(flags_has_keyword(keywords, BYTES("chores")));
	assert_false(flags_has_keyword(keywords, BYTES("Jun")));
	assert_false(flags_has_keyword(keywords, BYTES("Forwarded")));
	assert_false(flags_has_keyword(BYTES(""), BYTES("Junk")));
	assert_true(bytes_equal(flags_keyword_next(&keywords), BYTES("$Forwarded")));
	assert_true(bytes_equal(flags_keyword_next(&keywords), BYTES("Junk")));
	assert_true(bytes_equal(flags_keyword_next(&keywords), BYTES("chores")));
	assert_int_equal(flags_keyword_next(&keywords).size, 0);
}

static void
test_printing(void **state)
{
	static const struct {
		const char *text;
		uint32_t system;
		struct bytes keywords;
	} cases[] = {
	    {"()", 0, TEXT("")},
	    {"(\\Seen)", FLAG_SEEN, TEXT("")},
	    {"(\\Seen \\Draft)", FLAG_SEEN | FLAG_DRAFT, TEXT("")},
	    {"(one)", 0, TEXT("one")},
	    {"(\\Flagged one two)", FLAG_FLAGGED, TEXT("one two")},
	    {"(\\Seen \\Answered \\Flagged \\Deleted \\Draft x)", FLAG_ALL, TEXT("x")},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct flags flags = {cases[i].system, cases[i].keywords};
		size_t size = strlen(cases[i].text);
		struct buf buf;

		/* One octet too little, anywhere, leaves the buffer as it was. */
		for (size_t room = 0; room < size; room++) {
			buf_init(&buf, 3 + room);
			EXPECT(cases[i].text, buf_append(&buf, BYTES("abc")) == ST_OK);
			EXPECT(cases[i].text, flags_print(flags, &buf) == ST_LIMIT);
			EXPECT(cases[i].text, bytes_equal(buf_bytes(&buf), BYTES("abc")));
			buf_fini(&buf);
		}
		buf_init(&buf, size);
		EXPECT(cases[i].text, flags_print(flags, &buf) == ST_OK);
		EXPECT(cases[i].text,
		    bytes_equal(buf_bytes(&buf), bytes_of_string(cases[i].text)));
		buf_fini(&buf);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_system_flags_by_name),
	    cmocka_unit_test(test_no_other_octet_makes_a_keyword),
	    cmocka_unit_test(test_the_longest_keyword),
	    cmocka_unit_test(test_keywords_are_found_without_case_and_whole),
	    cmocka_unit_test(test_printing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
