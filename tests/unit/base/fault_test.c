/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include <string.h>

#include "base/fault.h"
#include "base/utf8.h"

static const struct fault_kind network = {ST_IO, CAUSE_NETWORK, FAULT_ENDPOINT, RETRY_LATER};
static const struct fault_kind usage = {ST_SYNTAX, CAUSE_USAGE, FAULT_PROCESS, RETRY_NEVER};

static void
test_the_first_fault_stays(void **state)
{
	struct fault fault = {0};

	(void)state;
	assert_false(fault_is_set(&fault));
	assert_int_equal(fault_set(&fault, network, "lost after %d octets", 7), ST_IO);
	assert_int_equal(fault_set(&fault, usage, "another"), ST_SYNTAX);
	assert_int_equal(fault_set(NULL, usage, "nobody listens"), ST_SYNTAX);
	assert_true(fault_is_set(&fault));
	assert_int_equal(fault.status, ST_IO);
	assert_int_equal(fault.cause, CAUSE_NETWORK);
	assert_int_equal(fault.scope, FAULT_ENDPOINT);
	assert_int_equal(fault.retry, RETRY_LATER);
	assert_string_equal(fault.text, "lost after 7 octets");
}

/* The end of the text never cuts a character in two, wherever it falls. */
static void
test_long_text_is_cut_between_characters(void **state)
{
	(void)state;
	for (size_t lead = 0; lead < 4; lead++) {
		struct fault fault = {0};
		char text[2 * FAULT_TEXT_SIZE + 1] = "";

		memset(text, 'x', lead);
		for (size_t at = lead; at + 4 < sizeof(text); at += 4)
			memcpy(text + at, "\xf0\x9f\x90\xa6", 4);
		fault_set(&fault, network, "%s", text);
		assert_true(strlen(fault.text) >= FAULT_TEXT_SIZE - 4);
		assert_true(utf8_is_valid(bytes_of_string(fault.text)));
	}
}

static void
test_what_peers_say_is_made_safe(void **state)
{
	static const struct {
		const char *name;
		struct bytes text;
		const char *quoted;
	} cases[] = {
	    {"plain", TEXT("Mailbox full"), "Mailbox full"},
	    {"empty", TEXT(""), ""},
	    {"UTF-8", TEXT("gr\xc3\xbc\xc3\x9f"), "gr\xc3\xbc\xc3\x9f"},
	    {"escape sequence", TEXT("\x1b[31mred"), "?[31mred"},
	    {"NUL", TEXT("a\0b"), "a?b"},
	    {"line ends", TEXT("a\r\nb\tc"), "a??b?c"},
	    {"DEL and C1", TEXT("\x7f\xc2\x9b"), "???"},
	    {"broken UTF-8", TEXT("a\xff\xc3z"), "a??z"},
	    {"right to left", TEXT("a\xe2\x80\xaet"), "a???t"},
	    {"zero width", TEXT("a\xe2\x80\x8bt"), "a???t"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char out[FAULT_QUOTE_SIZE];

		EXPECT(cases[i].name,
		    strcmp(fault_quote(cases[i].text, out), cases[i].quoted) == 0);
	}
}

static void
test_long_quotes_end_with_an_ellipsis(void **state)
{
	char text[1000], out[FAULT_QUOTE_SIZE];

	(void)state;
	for (size_t lead = 0; lead < 3; lead++) {
		size_t size;

		memset(text, 'x', lead);
		for (size_t at = lead; at + 3 <= sizeof(text); at += 3)
			memcpy(text + at, "\xe2\x82\xac", 3);
		fault_quote(bytes_of(text, sizeof(text) - 5), out);
		size = strlen(out);
		assert_true(size < FAULT_QUOTE_SIZE && size > FAULT_QUOTE_SIZE - 8);
		assert_true(utf8_is_valid(bytes_of_string(out)));
		assert_string_equal(out + size - 3, "\xe2\x80\xa6");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_the_first_fault_stays),
	    cmocka_unit_test(test_long_text_is_cut_between_characters),
	    cmocka_unit_test(test_what_peers_say_is_made_safe),
	    cmocka_unit_test(test_long_quotes_end_with_an_ellipsis),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
