/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include <string.h>

#include "wire/imap/command.h"

static void
test_strings(void **state)
{
	static const struct {
		const char *name;
		enum imap_literal_mode mode;
		struct bytes string;
		enum status status;
		struct bytes text;
		size_t cut; /* 0: none */
	} cases[] = {
	    {"plain", IMAP_LITERAL_ASKED, TEXT("INBOX"), ST_OK, TEXT("A7 X \"INBOX\""), 0},
	    {"empty", IMAP_LITERAL_ASKED, TEXT(""), ST_OK, TEXT("A7 X \"\""), 0},
	    {"escaped", IMAP_LITERAL_ASKED, TEXT("a\"\\"), ST_OK, TEXT("A7 X \"a\\\"\\\\\""),
		0},
	    {"looks like a literal", IMAP_LITERAL_PLUS, TEXT("{3+}"), ST_OK,
		TEXT("A7 X \"{3+}\""), 0},
	    {"8-bit asked", IMAP_LITERAL_ASKED, TEXT("\xe9"), ST_OK, TEXT("A7 X {1}\r\n\xe9"),
		10},
	    {"8-bit minus", IMAP_LITERAL_MINUS, TEXT("\xe9"), ST_OK, TEXT("A7 X {1+}\r\n\xe9"),
		0},
	    {"8-bit plus", IMAP_LITERAL_PLUS, TEXT("\xe9"), ST_OK, TEXT("A7 X {1+}\r\n\xe9"),
		0},
	    {"CR", IMAP_LITERAL_PLUS, TEXT("a\rA8 DELETE x"), ST_SYNTAX, TEXT(""), 0},
	    {"LF", IMAP_LITERAL_PLUS, TEXT("a\n"), ST_SYNTAX, TEXT(""), 0},
	    {"NUL", IMAP_LITERAL_PLUS, TEXT("\0"), ST_SYNTAX, TEXT(""), 0},
	    {"8-bit and CR", IMAP_LITERAL_PLUS, TEXT("\xe9\r"), ST_SYNTAX, TEXT(""), 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct imap_command_text command;

		imap_command_init(&command);
		imap_command_begin(&command, 7, cases[i].mode);
		imap_command_word(&command, "X");
		imap_command_string(&command, cases[i].string);
		EXPECT(cases[i].name, command.status == cases[i].status);
		if (command.status == ST_OK)
			EXPECT(cases[i].name,
			    bytes_equal(buf_bytes(&command.text), cases[i].text));
		EXPECT(cases[i].name, command.cut_count == (cases[i].cut > 0));
		if (cases[i].cut > 0)
			EXPECT(cases[i].name, command.cuts[0] == cases[i].cut);
		imap_command_fini(&command);
	}
}

static void
test_literals(void **state)
{
	static const struct {
		const char *name;
		enum imap_literal_mode mode;
		uint64_t size;
		bool is_asked;
		struct bytes text;
	} cases[] = {
	    {"asked", IMAP_LITERAL_ASKED, 0, true, TEXT("{0}\r\n")},
	    {"minus, at its bound", IMAP_LITERAL_MINUS, 4096, false, TEXT("{4096+}\r\n")},
	    {"minus, beyond", IMAP_LITERAL_MINUS, 4097, true, TEXT("{4097}\r\n")},
	    {"plus, nothing", IMAP_LITERAL_PLUS, 0, false, TEXT("{0+}\r\n")},
	    {"plus, at its bound", IMAP_LITERAL_PLUS, 4294967295, false,
		TEXT("{4294967295+}\r\n")},
	    {"plus, 4 GiB", IMAP_LITERAL_PLUS, 4294967296, true, TEXT("{4294967296}\r\n")},
	    {"the largest", IMAP_LITERAL_PLUS, UINT64_MAX, true,
		TEXT("{18446744073709551615}\r\n")},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct imap_command_text command;

		imap_command_init(&command);
		imap_command_begin(&command, 0, cases[i].mode);
		EXPECT(cases[i].name,
		    imap_command_literal(&command, cases[i].size) == cases[i].is_asked);
		EXPECT(cases[i].name, bytes_equal(buf_bytes(&command.text), cases[i].text));
		imap_command_fini(&command);
	}
}

static void
test_flags_are_checked(void **state)
{
	static const struct {
		const char *name;
		struct flags flags;
		enum status status;
		struct bytes text;
	} cases[] = {
	    {"none", {0, TEXT("")}, ST_OK, TEXT(" ()")},
	    {"all kinds", {FLAG_SEEN | FLAG_DRAFT, TEXT("$Forwarded b")}, ST_OK,
		TEXT(" (\\Seen \\Draft $Forwarded b)")},
	    {"a list end", {0, TEXT("a)")}, ST_SYNTAX, TEXT("")},
	    {"a line end", {0, TEXT("a\r\nb")}, ST_SYNTAX, TEXT("")},
	    {"a literal", {0, TEXT("a {3+}")}, ST_SYNTAX, TEXT("")},
	    {"a system flag among keywords", {0, TEXT("\\Recent")}, ST_SYNTAX, TEXT("")},
	    {"two spaces", {0, TEXT("a  b")}, ST_SYNTAX, TEXT("")},
	    {"an unknown bit", {1U << 9, TEXT("")}, ST_SYNTAX, TEXT("")},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct imap_command_text command;

		imap_command_init(&command);
		imap_command_begin(&command, 0, IMAP_LITERAL_PLUS);
		imap_command_flags(&command, cases[i].flags);
		EXPECT(cases[i].name, command.status == cases[i].status);
		if (command.status == ST_OK)
			EXPECT(cases[i].name,
			    bytes_equal(buf_bytes(&command.text), cases[i].text));
		imap_command_fini(&command);
	}
}

static void
test_the_first_failure_sticks(void **state)
{
	struct imap_command_text command;

	(void)state;
	imap_command_init(&command);
	imap_command_begin(&command, 1, IMAP_LITERAL_PLUS);
	imap_command_string(&command, BYTES("a\n"));
	imap_command_word(&command, "MORE");
	imap_command_line_end(&command);
	assert_int_equal(command.status, ST_SYNTAX);
	imap_command_begin(&command, 2, IMAP_LITERAL_PLUS);
	assert_int_equal(command.status, ST_OK);
	assert_true(bytes_equal(buf_bytes(&command.text), BYTES("A2")));
	imap_command_fini(&command);
}

static void
test_a_command_that_is_too_long(void **state)
{
	static uint8_t name[IMAP_COMMAND_SIZE_MAX];
	struct imap_command_text command;

	(void)state;
	memset(name, 'x', sizeof(name));
	imap_command_init(&command);
	imap_command_begin(&command, 1, IMAP_LITERAL_PLUS);
	imap_command_string(&command, bytes_of(name, sizeof(name) - 5));
	assert_int_equal(command.status, ST_OK);
	assert_int_equal(command.text.size, IMAP_COMMAND_SIZE_MAX);
	imap_command_line_end(&command);
	assert_int_equal(command.status, ST_LIMIT);
	imap_command_fini(&command);
}

static void
test_a_secret_is_overwritten(void **state)
{
	static const struct bytes secret = TEXT("hunter2");
	struct imap_command_text command;

	(void)state;
	imap_command_init(&command);
	imap_command_begin(&command, 1, IMAP_LITERAL_PLUS);
	imap_command_expect_secret(&command, 100);
	imap_command_conceal(&command);
	imap_command_octets(&command, secret);
	imap_command_conceal_end(&command);
	assert_int_equal(command.secret_to - command.secret_from, secret.size);
	assert_non_null(
	    memmem(command.text.octets, command.text.capacity, secret.data, secret.size));
	imap_command_wipe(&command);
	assert_null(
	    memmem(command.text.octets, command.text.capacity, secret.data, secret.size));
	imap_command_fini(&command);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_strings),
	    cmocka_unit_test(test_literals),
	    cmocka_unit_test(test_flags_are_checked),
	    cmocka_unit_test(test_the_first_failure_sticks),
	    cmocka_unit_test(test_a_command_that_is_too_long),
	    cmocka_unit_test(test_a_secret_is_overwritten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
