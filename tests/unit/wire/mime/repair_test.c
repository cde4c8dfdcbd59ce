/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "wire/mime/repair.h"

/* What comes out of `text`, cut in two at `cut`. */
static void
repair(enum mime_repair_level level, struct bytes text, size_t cut, struct buf *out,
    struct mime_repair *machine)
{
	struct bytes pieces[2] = {bytes_first(text, cut), bytes_skip(text, cut)};
	struct bytes none = {NULL, 0};
	struct bytes piece;
	enum status status = ST_AGAIN;

	buf_clear(out);
	mime_repair_init(machine, level);
	for (size_t i = 0; i < 2; i++) {
		while ((status = mime_repair_next(machine, &pieces[i], &piece)) == ST_OK)
			assert_int_equal(buf_append(out, piece), ST_OK);
		assert_int_equal(status, ST_AGAIN);
	}
	mime_repair_finish(machine);
	while ((status = mime_repair_next(machine, &none, &piece)) == ST_OK)
		assert_int_equal(buf_append(out, piece), ST_OK);
	assert_int_equal(status, ST_END);
}

#define H "A: b\r\n\r\n"
#define NO_HEADER "Date: Thu, 01 Jan 1970 00:00:00 +0000\r\nFrom: unknown@unknown.invalid\r\n"

struct repair_case {
	const char *name;
	enum mime_repair_level level;
	struct bytes text;
	struct bytes wanted;
	uint32_t changes;
};

static const struct repair_case cases[] = {
    {"sound", MIME_REPAIR_ASCII, TEXT(H "text\r\n"), TEXT(H "text\r\n"), 0},
    {"sound, no text", MIME_REPAIR_ASCII, TEXT(H), TEXT(H), 0},
    {"8-bit text", MIME_REPAIR_ASCII, TEXT(H "\xff\r\n"), TEXT(H "\xff\r\n"), 0},
    {"continued", MIME_REPAIR_ASCII, TEXT("A: b\r\n c\r\n\td\r\n\r\n"),
	TEXT("A: b\r\n c\r\n\td\r\n\r\n"), 0},

    {"NUL", MIME_REPAIR_OCTETS, TEXT("A: \0b\r\n\r\na\0\0b\r\0\n\0"), TEXT(H "ab\r\n"),
	MIME_REPAIRED_NUL},
    {"bare LF", MIME_REPAIR_OCTETS, TEXT("A: b\n\na\n\nb\n"), TEXT(H "a\r\n\r\nb\r\n"),
	MIME_REPAIRED_LINE_ENDS},
    {"bare CR", MIME_REPAIR_OCTETS, TEXT("A: \rb\r\n\r\na\rb\r\rc\r\n"),
	TEXT(H "a\r\nb\r\n\r\nc\r\n"), MIME_REPAIRED_LINE_ENDS},
    {"CR CR LF", MIME_REPAIR_OCTETS, TEXT("A: b\r\r\n\r\r\na\r\r\r\n"), TEXT(H "a\r\n"),
	MIME_REPAIRED_LINE_ENDS},
    {"CR at the end", MIME_REPAIR_OCTETS, TEXT(H "a\r"), TEXT(H "a\r\n"),
	MIME_REPAIRED_LINE_ENDS},
    {"no end", MIME_REPAIR_OCTETS, TEXT(H "a"), TEXT(H "a\r\n"), MIME_REPAIRED_END},
    {"no end of the header", MIME_REPAIR_OCTETS, TEXT("A: b"), TEXT("A: b\r\n"),
	MIME_REPAIRED_END},
    {"empty", MIME_REPAIR_OCTETS, TEXT(""), TEXT("\r\n"), MIME_REPAIRED_EMPTY},
    {"empty at the last level", MIME_REPAIR_ASCII, TEXT(""), TEXT("\r\n"), MIME_REPAIRED_EMPTY},
    {"the header is let alone", MIME_REPAIR_OCTETS, TEXT("From x\r\nno\r\nA : b\r\n"),
	TEXT("From x\r\nno\r\nA : b\r\n"), 0},

    {"From", MIME_REPAIR_HEADER, TEXT("From a b\r\n" H), TEXT("X-Mbox-From: a b\r\n" H),
	MIME_REPAIRED_FROM_LINE},
    {">From", MIME_REPAIR_HEADER, TEXT(">From a b\r\n" H), TEXT("X-Mbox-From: a b\r\n" H),
	MIME_REPAIRED_FROM_LINE},
    {"From in the middle", MIME_REPAIR_HEADER, TEXT("B: c\r\nFrom a b\r\n" H),
	TEXT("B: c\r\nX-Invalid-Header: From a b\r\n" H), MIME_REPAIRED_FIELDS},
    {"a blank before the colon", MIME_REPAIR_HEADER, TEXT("A \t: b\r\n\r\n"), TEXT(H),
	MIME_REPAIRED_FIELDS},
    {"no name", MIME_REPAIR_HEADER, TEXT("B: c\r\n: x\r\n" H),
	TEXT("B: c\r\nX-Invalid-Header: : x\r\n" H), MIME_REPAIRED_FIELDS},
    {"no colon, then a field", MIME_REPAIR_HEADER, TEXT("no colon\r\n" H),
	TEXT("X-Invalid-Header: no colon\r\n" H), MIME_REPAIRED_FIELDS},
    {"no colon, then the empty line", MIME_REPAIR_HEADER, TEXT("A: b\r\nwhat\r\n\r\nx\r\n"),
	TEXT("A: b\r\nX-Invalid-Header: what\r\n\r\nx\r\n"), MIME_REPAIRED_FIELDS},
    {"no colon twice", MIME_REPAIR_HEADER, TEXT("A: b\r\none\r\ntwo\r\n\r\nx\r\n"),
	TEXT(H "one\r\ntwo\r\n\r\nx\r\n"), MIME_REPAIRED_SEPARATOR},
    {"no colon at the end", MIME_REPAIR_HEADER, TEXT("A: b\r\none\r\n"), TEXT(H "one\r\n"),
	MIME_REPAIRED_SEPARATOR},
    {"no header", MIME_REPAIR_HEADER, TEXT("a text\r\nand more\r\n"),
	TEXT("\r\na text\r\nand more\r\n"), MIME_REPAIRED_SEPARATOR},
    {"blanks first", MIME_REPAIR_HEADER, TEXT(" a text\r\nand more\r\n"),
	TEXT("\r\n a text\r\nand more\r\n"), MIME_REPAIRED_SEPARATOR},
    {"no empty line", MIME_REPAIR_HEADER, TEXT("A: b\r\n"), TEXT(H), MIME_REPAIRED_SEPARATOR},
    {"8-bit is let alone", MIME_REPAIR_HEADER, TEXT("A: \xff\r\n\r\n"), TEXT("A: \xff\r\n\r\n"),
	0},

    {"UTF-8", MIME_REPAIR_ASCII, TEXT("Subject: a \xc3\xbc b\r\n\r\n"),
	TEXT("Subject: a =?UTF-8?Q?=C3=BC?= b\r\n\r\n"), MIME_REPAIRED_8BIT},
    {"two words", MIME_REPAIR_ASCII, TEXT("Subject: \xc3\xbc \xc3\xbc b\r\n\r\n"),
	TEXT("Subject: =?UTF-8?Q?=C3=BC_=C3=BC?= b\r\n\r\n"), MIME_REPAIRED_8BIT},
    {"two lines", MIME_REPAIR_ASCII, TEXT("Subject: \xc3\xbc\r\n \xc3\xbc\r\n\r\n"),
	TEXT("Subject: =?UTF-8?Q?=C3=BC?=\r\n =?UTF-8?Q?_=C3=BC?=\r\n\r\n"),
	MIME_REPAIRED_8BIT},
    {"a blank at the end of the first", MIME_REPAIR_ASCII,
	TEXT("Subject: \xc3\xbc \r\n \xc3\xbc\r\n\r\n"),
	TEXT("Subject: =?UTF-8?Q?=C3=BC?= \r\n =?UTF-8?Q?_=C3=BC?=\r\n\r\n"),
	MIME_REPAIRED_8BIT},
    {"two fields", MIME_REPAIR_ASCII, TEXT("X-A: \xc3\xbc\r\nX-B: \xc3\xbc\r\n\r\n"),
	TEXT("X-A: =?UTF-8?Q?=C3=BC?=\r\nX-B: =?UTF-8?Q?=C3=BC?=\r\n\r\n"), MIME_REPAIRED_8BIT},
    {"no UTF-8", MIME_REPAIR_ASCII, TEXT("Subject: \xfc\r\n\r\n"),
	TEXT("Subject: =?unknown-8bit?Q?=FC?=\r\n\r\n"), MIME_REPAIRED_8BIT},
    {"an address", MIME_REPAIR_ASCII, TEXT("To: \"J\xc3\xbc\" <a@b>,\xc3\xbc\r\n\r\n"),
	TEXT("To: \"=?UTF-8?Q?J=C3=BC?=\" <a@b>,=?UTF-8?Q?=C3=BC?=\r\n\r\n"), 0},
    {"a name that is none", MIME_REPAIR_ASCII, TEXT("S\xc3\xbc: x\r\n" H),
	TEXT("X-Invalid-Header: =?UTF-8?Q?S=C3=BC=3A?= x\r\n" H), 0},
    {"no header at all", MIME_REPAIR_ASCII, TEXT("a text\r\nand more\r\n"),
	TEXT(NO_HEADER "\r\na text\r\nand more\r\n"),
	MIME_REPAIRED_SEPARATOR | MIME_REPAIRED_NO_HEADER},
    {"an empty header", MIME_REPAIR_ASCII, TEXT("\r\na text\r\n"),
	TEXT(NO_HEADER "\r\na text\r\n"), MIME_REPAIRED_NO_HEADER},
};

static void
test_what_becomes_of_a_message(void **state)
{
	static struct mime_repair machine;
	struct buf out;

	(void)state;
	buf_init(&out, 65536);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		for (size_t cut = 0; cut <= cases[i].text.size; cut++) {
			repair(cases[i].level, cases[i].text, cut, &out, &machine);
			EXPECT(cases[i].name, bytes_equal(buf_bytes(&out), cases[i].wanted));
			EXPECT(cases[i].name, mime_repair_size(&machine) == out.size);
			if (cases[i].changes != 0 ||
			    bytes_equal(cases[i].text, cases[i].wanted))
				EXPECT(cases[i].name,
				    mime_repair_changes(&machine) == cases[i].changes);
		}
	}
	buf_fini(&out);
}

/* Lines of a header that are longer than anything is looked at. */
static void
test_long_lines_of_the_header(void **state)
{
	static struct mime_repair machine;
	static const size_t word_sizes[] = {1, 40, 900, 998, 1500, 5000};
	struct buf text, out;
	size_t longest, line;

	(void)state;
	buf_init(&text, 1 << 20);
	buf_init(&out, 1 << 20);
	for (size_t i = 0; i < COUNT_OF(word_sizes); i++) {
		buf_clear(&text);
		assert_int_equal(buf_append(&text, BYTES("References:")), ST_OK);
		while (text.size < 30000) {
			assert_int_equal(buf_append(&text, BYTES(" ")), ST_OK);
			for (size_t k = 0; k < word_sizes[i]; k++)
				assert_int_equal(buf_append(&text, BYTES("x")), ST_OK);
		}
		assert_int_equal(buf_append(&text, BYTES("\r\n\r\n")), ST_OK);
		repair(MIME_REPAIR_HEADER, buf_bytes(&text), 7, &out, &machine);
		assert_int_equal(mime_repair_changes(&machine), MIME_REPAIRED_FOLDING);
		longest = line = 0;
		for (size_t k = 0; k < out.size; k++) {
			line = buf_bytes(&out).data[k] == '\n' ? 0 : line + 1;
			longest = line > longest ? line : longest;
		}
		/* A word that is longer has no place to be folded at. */
		assert_true(longest <= 999 || longest <= word_sizes[i] + 2);
		/* Without what was put in, it says what it said. */
		for (size_t k = 0, at = 0; k < text.size; k++, at++) {
			const uint8_t *d = buf_bytes(&out).data;

			if (d[at] == '\r' && buf_bytes(&text).data[k] != '\r')
				at += 2;
			assert_int_equal(d[at], buf_bytes(&text).data[k]);
		}
	}
	buf_fini(&text);
	buf_fini(&out);
}

static void
test_an_encoded_word_is_never_too_long(void **state)
{
	static struct mime_repair machine;
	struct buf text, out;
	size_t start = 0;

	(void)state;
	buf_init(&text, 65536);
	buf_init(&out, 65536);
	assert_int_equal(buf_append(&text, BYTES("Subject: ")), ST_OK);
	for (size_t i = 0; i < 300; i++)
		assert_int_equal(buf_append(&text, BYTES("\xe2\x82\xac")), ST_OK);
	assert_int_equal(buf_append(&text, BYTES("\r\n\r\n")), ST_OK);
	repair(MIME_REPAIR_ASCII, buf_bytes(&text), 100, &out, &machine);
	for (size_t i = 0; i + 2 < out.size; i++) {
		const uint8_t *d = buf_bytes(&out).data;

		if (d[i] == '=' && d[i + 1] == '?')
			start = i;
		if (d[i] == '?' && d[i + 1] == '=' && d[i + 2] == '\r') {
			assert_true(i + 2 - start <= 75);
			/* Whole characters: nine octets each, between the marks. */
			assert_int_equal((i - start - 10) % 9, 0);
		}
	}
	buf_fini(&text);
	buf_fini(&out);
}

static void
test_changes_are_named(void **state)
{
	char text[MIME_REPAIR_TEXT_SIZE];

	(void)state;
	mime_repair_describe(0, text);
	assert_string_equal(text, "");
	mime_repair_describe(MIME_REPAIRED_NUL | MIME_REPAIRED_END, text);
	assert_string_equal(text, "NUL octets were removed; a line end was added at the end");
	mime_repair_describe((1U << MIME_REPAIRED_COUNT) - 1, text);
	assert_non_null(strstr(text, "without header"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_what_becomes_of_a_message),
	    cmocka_unit_test(test_long_lines_of_the_header),
	    cmocka_unit_test(test_an_encoded_word_is_never_too_long),
	    cmocka_unit_test(test_changes_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
