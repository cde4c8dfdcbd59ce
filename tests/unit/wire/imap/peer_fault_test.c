/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include <string.h>

#include "wire/imap/peer_fault.h"

static void
test_sentences(void **state)
{
	static const struct {
		const char *name;
		enum status status;
		struct bytes said;
		enum fault_cause cause;
		enum fault_scope scope;
		const char *text;
	} cases[] = {
	    {"with its words", ST_SYNTAX, TEXT("* LIST ("), CAUSE_PROTOCOL, FAULT_ENDPOINT,
		"The server sent it: \"* LIST (\"."},
	    {"without words", ST_LIMIT, TEXT(""), CAUSE_PROTOCOL, FAULT_ENDPOINT,
		"The server sent it."},
	    {"words that must not reach a terminal", ST_SYNTAX, TEXT("a\x1b[2J\xff\0b\r\n"),
		CAUSE_PROTOCOL, FAULT_ENDPOINT, "The server sent it: \"a?[2J??b??\"."},
	    {"no memory is not the server's doing", ST_MEMORY, TEXT("* LIST ("), CAUSE_MEMORY,
		FAULT_MAILBOX, "No memory was left to read the server's reply."},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const char *name = cases[i].name;
		struct fault fault = {0};

		EXPECT(name,
		    imap_peer_fault(&fault, cases[i].status, "The server sent it",
			cases[i].said) == cases[i].status);
		EXPECT(name, fault.status == cases[i].status);
		EXPECT(name, fault.cause == cases[i].cause);
		EXPECT(name, fault.scope == cases[i].scope);
		EXPECT(name, fault.retry == RETRY_LATER);
		EXPECT(name, strcmp(fault.text, cases[i].text) == 0);
	}
}

static void
test_long_words_are_cut(void **state)
{
	struct fault fault = {0};
	char said[2000];

	(void)state;
	memset(said, 'o', sizeof(said));
	(void)imap_peer_fault(&fault, ST_LIMIT, "Too long", bytes_of(said, sizeof(said)));
	assert_int_equal(strncmp(fault.text, "Too long: \"ooo", 14), 0);
	assert_non_null(strstr(fault.text, "…\"."));
	assert_true(strlen(fault.text) < FAULT_QUOTE_SIZE + 20);
}

/* What follows from the first fault does not replace it; nobody need listen. */
static void
test_the_first_fault_stays(void **state)
{
	struct fault fault = {0};

	(void)state;
	(void)imap_peer_fault(&fault, ST_SYNTAX, "First", BYTES(""));
	assert_int_equal(imap_peer_fault(&fault, ST_MEMORY, "Second", BYTES("")), ST_MEMORY);
	assert_string_equal(fault.text, "First.");
	assert_int_equal(fault.status, ST_SYNTAX);
	assert_int_equal(imap_peer_fault(NULL, ST_LIMIT, "Nobody", BYTES("x")), ST_LIMIT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sentences),
	    cmocka_unit_test(test_long_words_are_cut),
	    cmocka_unit_test(test_the_first_fault_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
