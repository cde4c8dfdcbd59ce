/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include <stdio.h>
#include <string.h>

#include "wire/imap/trace.h"

enum {
	TRACE_SIZE_MAX = 65536,
	ABC_SIZE = 3
};

#define ABC_DIGEST "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static const struct imap_streams no_streams;
static const struct imap_needles no_needles;

static struct digest
digest_of(struct bytes text)
{
	struct digest_state state;

	digest_init(&state);
	digest_feed(&state, text);
	return digest_finish(&state);
}

/* Fails when what was written is not `lines`; then empties the buffer. */
static void
expect_lines(const char *name, struct buf *out, struct bytes lines)
{
	if (!bytes_equal(buf_bytes(out), lines))
		fail_msg("case \"%s\": wrote\n%.*sinstead of\n%.*s", name, (int)out->size,
		    (const char *)buf_bytes(out).data, (int)lines.size,
		    (const char *)lines.data);
	buf_clear(out);
}

/* Control octets, broken UTF-8 and what turns the reading direction never reach a terminal. */
static void
test_every_octet_is_visible(void **state)
{
	static const struct {
		const char *name;
		struct bytes text;
		const char *shown;
	} cases[] = {
	    {"plain", TEXT("* OK ready\r\n"), "* OK ready"},
	    {"nothing", TEXT("\r\n"), ""},
	    {"without a line end", TEXT("* OK"), "* OK"},
	    {"line ends inside", TEXT("* X {2}\r\n\r\n)\r\n"), "* X {2}\\x0d\\x0a\\x0d\\x0a)"},
	    {"TAB, NUL, DEL", TEXT("a\tb\0c\x7f\r\n"), "a\\x09b\\x00c\\x7f"},
	    {"an escape sequence", TEXT("\x1b[31mred\r\n"), "\\x1b[31mred"},
	    {"UTF-8",
		TEXT("* LIST Gr\xc3\xbc\xc3\x9f"
		     "e\r\n"),
		"* LIST Grüße"},
	    {"a cut character", TEXT("a\xc3\r\n"), "a\\xc3"},
	    {"Latin-1",
		TEXT("\xfc"
		     "ber\r\n"),
		"\\xfcber"},
	    {"C1", TEXT("a\xc2\x9b\r\n"), "a\\xc2\\x9b"},
	    {"right to left",
		TEXT("a\xe2\x80\xae"
		     "b\r\n"),
		"a\\xe2\\x80\\xaeb"},
	};
	struct buf out;
	struct imap_trace trace = {.to = &out};

	(void)state;
	buf_init(&out, TRACE_SIZE_MAX);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char line[200];
		int size;

		size = snprintf(line, sizeof(line), "S: %s\n", cases[i].shown);
		imap_trace_server(&trace, cases[i].text, &no_streams, &no_needles);
		expect_lines(cases[i].name, &out, bytes_of(line, (size_t)size));
		line[0] = 'C';
		imap_trace_client(&trace, cases[i].text, 0, 0);
		expect_lines(cases[i].name, &out, bytes_of(line, (size_t)size));
	}
	buf_fini(&out);
}

static void
test_secrets_of_the_client(void **state)
{
	static const struct {
		const char *name;
		struct bytes line;
		size_t from, to;
		struct bytes shown;
	} cases[] = {
	    {"none", TEXT("A1 NOOP\r\n"), 0, 0, TEXT("C: A1 NOOP\n")},
	    {"none, at the end", TEXT("A1 NOOP\r\n"), 9, 9, TEXT("C: A1 NOOP\n")},
	    {"in the middle", TEXT("A1 LOGIN a \"pw\" x\r\n"), 12, 14,
		TEXT("C: A1 LOGIN a \"***\" x\n")},
	    {"at the end", TEXT("A1 LOGIN a pw\r\n"), 11, 13, TEXT("C: A1 LOGIN a ***\n")},
	    {"with its line end", TEXT("A1 LOGIN a pw\r\n"), 11, 15,
		TEXT("C: A1 LOGIN a ***\n")},
	    {"all of the line", TEXT("AHBhc3M=\r\n"), 0, 8, TEXT("C: ***\n")},
	    {"its length is not told", TEXT("0123456789\r\n"), 0, 10, TEXT("C: ***\n")},
	};
	struct buf out;
	struct imap_trace trace = {.to = &out};

	(void)state;
	buf_init(&out, TRACE_SIZE_MAX);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		imap_trace_client(&trace, cases[i].line, cases[i].from, cases[i].to);
		expect_lines(cases[i].name, &out, cases[i].shown);
	}
	buf_fini(&out);
}

/* A server that says the password again, in whatever form, does not get it into the file. */
static void
test_secrets_that_the_server_repeats(void **state)
{
	static const struct {
		const char *name;
		struct imap_needles needles;
		struct bytes text, shown;
	} cases[] = {
	    {"none is known", {0}, TEXT("* OK pw\r\n"), TEXT("S: * OK pw\n")},
	    {"not said", {1, {TEXT("pw")}}, TEXT("* OK p w\r\n"), TEXT("S: * OK p w\n")},
	    {"once", {1, {TEXT("pw")}}, TEXT("* OK pw!\r\n"), TEXT("S: * OK ***!\n")},
	    {"all of the text", {1, {TEXT("pw")}}, TEXT("pw\r\n"), TEXT("S: ***\n")},
	    {"twice in a row", {1, {TEXT("pw")}}, TEXT("* pwpw pw\r\n"),
		TEXT("S: * ****** ***\n")},
	    {"three forms", {3, {TEXT("p\"w"), TEXT("p\\\"w"), TEXT("AHA=")}},
		TEXT("* NO p\\\"w AHA= p\"w.\r\n"), TEXT("S: * NO *** *** ***.\n")},
	    {"one form begins with another", {2, {TEXT("pw\\"), TEXT("pw\\\\")}},
		TEXT("* NO pw\\\\ pw\\.\r\n"), TEXT("S: * NO *** ***.\n")},
	    {"the longer form first", {2, {TEXT("pw\\\\"), TEXT("pw\\")}},
		TEXT("* NO pw\\\\ pw\\.\r\n"), TEXT("S: * NO *** ***.\n")},
	    {"an empty form", {2, {TEXT(""), TEXT("pw")}}, TEXT("* NO pw\r\n"),
		TEXT("S: * NO ***\n")},
	    {"a form with octets that are not shown raw", {1, {TEXT("p\xff\x1b")}},
		TEXT("* p\xff\x1b\x1b\r\n"), TEXT("S: * ***\\x1b\n")},
	};
	struct buf out;
	struct imap_trace trace = {.to = &out};

	(void)state;
	buf_init(&out, TRACE_SIZE_MAX);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		imap_trace_server(&trace, cases[i].text, &no_streams, &cases[i].needles);
		expect_lines(cases[i].name, &out, cases[i].shown);
	}
	buf_fini(&out);
}

static void
test_finding_needles(void **state)
{
	static const struct {
		const char *name;
		size_t from, place, size;
	} cases[] = {
	    {"the first of all", 0, 2, 3},
	    {"at its place", 2, 2, 3},
	    {"behind it", 3, 3, 2},
	    {"the next", 4, 7, 3},
	    {"none is left", 8, 8, 2},
	    {"at the end", 9, 10, 99},
	    {"behind the end", 11, 10, 99},
	};
	static const struct imap_needles needles = {3, {TEXT("bc"), TEXT("abc"), TEXT("")}};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		size_t size = 99;

		EXPECT(cases[i].name,
		    imap_needles_find(&needles, BYTES("xxabcxxabc"), cases[i].from, &size) ==
			cases[i].place);
		EXPECT(cases[i].name, size == cases[i].size);
	}
}

static void
test_bodies_are_length_and_digest(void **state)
{
	struct digest abc = digest_of(BYTES("abc"));
	struct bytes response = BYTES("* 1 FETCH (BODY[] {3}\r\n BODY[TEXT] {3}\r\n)\r\n");
	struct imap_streams streams = {2, {{23, ABC_SIZE, abc}, {40, ABC_SIZE, abc}}};
	struct imap_needles needles = {1, {BYTES("TEXT")}};
	struct buf out;
	struct imap_trace trace = {.to = &out};

	(void)state;
	buf_init(&out, TRACE_SIZE_MAX);
	imap_trace_literal(&trace, UINT64_C(12345678901), &abc);
	expect_lines("sent", &out, BYTES("C: {12345678901} sha256:" ABC_DIGEST "\n"));
	imap_trace_server(&trace, response, &streams, &no_needles);
	expect_lines("received", &out,
	    BYTES("S: * 1 FETCH (BODY[] {3} sha256:" ABC_DIGEST
		  " BODY[TEXT] {3} sha256:" ABC_DIGEST ")\n"));
	imap_trace_server(&trace, response, &streams, &needles);
	expect_lines("a needle between two", &out,
	    BYTES("S: * 1 FETCH (BODY[] {3} sha256:" ABC_DIGEST
		  " BODY[***] {3} sha256:" ABC_DIGEST ")\n"));
	buf_fini(&out);
}

static void
test_long_lines_are_cut_and_counted(void **state)
{
	static uint8_t line[3 * IMAP_TRACE_LINE_MAX];
	struct buf out;
	struct imap_trace trace = {.to = &out};

	(void)state;
	memset(line, 'x', sizeof(line));
	buf_init(&out, TRACE_SIZE_MAX);
	imap_trace_client(&trace, bytes_of(line, IMAP_TRACE_LINE_MAX - 10), 0, 0);
	assert_int_equal(out.size, IMAP_TRACE_LINE_MAX - 10 + strlen("C: \n"));
	buf_clear(&out);
	imap_trace_client(&trace, bytes_of(line, sizeof(line)), 0, 0);
	assert_true(out.size < IMAP_TRACE_LINE_MAX + 40);
	assert_int_equal(bytes_find(buf_bytes(&out), '\n', 0), out.size - 1);
	assert_true(bytes_find_bytes(buf_bytes(&out), BYTES("xx… (8194 more)\n")) < out.size);
	buf_fini(&out);
}

/* A full buffer takes a line whole or not at all, and the next one that fits says how many. */
static void
test_what_does_not_fit_is_counted(void **state)
{
	struct digest abc = digest_of(BYTES("abc"));
	struct buf out;
	struct imap_trace trace = {.to = &out};

	(void)state;
	buf_init(&out, 50);
	imap_trace_client(&trace, BYTES("A1 NOOP\r\n"), 0, 0);
	imap_trace_server(&trace, BYTES("* OK 01234567890123456789012345678901234567890\r\n"),
	    &no_streams, &no_needles);
	imap_trace_literal(&trace, 3, &abc);
	assert_int_equal(trace.lost, 2);
	expect_lines("the line before", &out, BYTES("C: A1 NOOP\n"));
	/* Its own size would fit, the remark before it does not. */
	imap_trace_client(&trace, BYTES("A2 NOOP 12345678901234\r\n"), 0, 0);
	assert_int_equal(trace.lost, 3);
	assert_int_equal(out.size, 0);
	imap_trace_client(&trace, BYTES("A3 NOOP\r\n"), 0, 0);
	assert_int_equal(trace.lost, 0);
	expect_lines(
	    "the line behind", &out, BYTES("-- 3 lines did not fit here\nC: A3 NOOP\n"));
	imap_trace_client(&trace, BYTES("A4 NOOP\r\n"), 0, 0);
	expect_lines("said once", &out, BYTES("C: A4 NOOP\n"));
	buf_fini(&out);
}

static void
test_nothing_is_written_without_a_buffer(void **state)
{
	struct digest abc = digest_of(BYTES("abc"));
	struct imap_trace trace = {.to = NULL};

	(void)state;
	imap_trace_client(&trace, BYTES("A1 NOOP\r\n"), 0, 0);
	imap_trace_literal(&trace, 3, &abc);
	imap_trace_server(&trace, BYTES("* OK\r\n"), &no_streams, &no_needles);
	assert_int_equal(trace.lost, 0);
}

static void
test_challenges_that_help_to_guess(void **state)
{
	struct buf out;
	struct imap_trace trace = {.to = &out};

	(void)state;
	buf_init(&out, TRACE_SIZE_MAX);
	imap_trace_challenge(&trace);
	expect_lines("a challenge", &out, BYTES("S: + ***\n"));
	buf_fini(&out);
	trace.to = NULL;
	imap_trace_challenge(&trace);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_octet_is_visible),
	    cmocka_unit_test(test_secrets_of_the_client),
	    cmocka_unit_test(test_secrets_that_the_server_repeats),
	    cmocka_unit_test(test_finding_needles),
	    cmocka_unit_test(test_challenges_that_help_to_guess),
	    cmocka_unit_test(test_bodies_are_length_and_digest),
	    cmocka_unit_test(test_long_lines_are_cut_and_counted),
	    cmocka_unit_test(test_what_does_not_fit_is_counted),
	    cmocka_unit_test(test_nothing_is_written_without_a_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
