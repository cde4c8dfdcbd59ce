/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/imap/naming.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "case.h"

static const struct {
	const char *name;
	enum imap_family family;
	char delimiter;
	enum imap_naming_dots dots;
	bool refuses_dot;
	bool is_caseless;
	uint16_t name_max;
	uint16_t part_max;
} cases[] = {
    {"Maildir++", IMAP_FAMILY_DOVECOT, '.', IMAP_NAMING_DOTS_UNKNOWN, false, false, 254, 0},
    {"Maildir++ behind a slash", IMAP_FAMILY_DOVECOT, '/', IMAP_NAMING_DOTS_UNKNOWN, true,
	false, 254, 0},
    {"mdbox", IMAP_FAMILY_DOVECOT, '/', IMAP_NAMING_DOTS_TAKEN, false, false, 4000, 255},
    {"Cyrus", IMAP_FAMILY_CYRUS, '/', IMAP_NAMING_DOTS_TAKEN, false, false, 400, 0},
    {"Cyrus with dots", IMAP_FAMILY_CYRUS, '.', IMAP_NAMING_DOTS_UNKNOWN, false, false, 400, 0},
    {"Courier", IMAP_FAMILY_COURIER, '.', IMAP_NAMING_DOTS_UNKNOWN, false, false, 254, 0},
    {"Gmail", IMAP_FAMILY_GMAIL, '/', IMAP_NAMING_DOTS_UNKNOWN, false, true, 225, 0},
    {"without a row", IMAP_FAMILY_KERIO, '/', IMAP_NAMING_DOTS_UNKNOWN, false, true, 0, 250},
    {"without a row, dots", IMAP_FAMILY_KERIO, '.', IMAP_NAMING_DOTS_UNKNOWN, false, true, 240,
	0},
    {"unknown, flat", IMAP_FAMILY_UNKNOWN, 0, IMAP_NAMING_DOTS_UNKNOWN, false, true, 0, 250},
};

static void
test_families(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct naming naming =
		    imap_naming_of(cases[i].family, (uint8_t)cases[i].delimiter, cases[i].dots);
		bool refuses_dot =
		    naming.forbidden != NULL && strchr(naming.forbidden, '.') != NULL;

		EXPECT(cases[i].name, naming.delimiter == (uint8_t)cases[i].delimiter);
		EXPECT(cases[i].name, refuses_dot == cases[i].refuses_dot);
		EXPECT(cases[i].name, naming.is_caseless == cases[i].is_caseless);
		EXPECT(cases[i].name, naming.name_max == cases[i].name_max);
		EXPECT(cases[i].name, naming.part_max == cases[i].part_max);
		EXPECT(cases[i].name,
		    naming.refuses_controls && naming.is_composed == naming.is_caseless);
	}
}

/* What the table of quirks does not say of a family is not held against it. */
static void
test_quirks_are_heeded(void **state)
{
	struct naming gmail = imap_naming_of(IMAP_FAMILY_GMAIL, '/', IMAP_NAMING_DOTS_UNKNOWN);
	struct naming domino =
	    imap_naming_of(IMAP_FAMILY_DOMINO, '\\', IMAP_NAMING_DOTS_UNKNOWN);

	(void)state;
	assert_true(gmail.refuses_outer_blanks);
	assert_non_null(gmail.reserved_first);
	assert_false(gmail.inbox_is_leaf);
	assert_true(domino.inbox_is_leaf);
	assert_false(domino.refuses_outer_blanks);
	assert_null(domino.reserved_first);
}

/* Whatever a row of this table needs the other one for, it has. */
static void
test_rows_have_their_quirks(void **state)
{
	const struct imap_naming_row *rows;
	size_t count;

	(void)state;
	rows = imap_naming_rows(&count);
	for (size_t i = 0; i < count; i++) {
		const struct naming *told = &rows[i].naming;
		struct naming heeded = imap_naming_of(rows[i].family,
		    rows[i].delimiter == 0 ? '/' : (uint8_t)rows[i].delimiter, rows[i].dots);

		EXPECT(rows[i].source, heeded.inbox_is_leaf == told->inbox_is_leaf);
		EXPECT(
		    rows[i].source, heeded.refuses_outer_blanks == told->refuses_outer_blanks);
		EXPECT(rows[i].source, heeded.reserved_first == told->reserved_first);
	}
}

/* A limit leaves room for a digest and a suffix, and every row says where it comes from. */
static void
test_rows_are_sound(void **state)
{
	const struct imap_naming_row *rows;
	size_t count;

	(void)state;
	rows = imap_naming_rows(&count);
	assert_true(count > 10);
	for (size_t i = 0; i < count; i++) {
		const struct naming *naming = &rows[i].naming;

		assert_true(naming->part_max == 0 || naming->part_max >= 64);
		assert_true(naming->name_max == 0 || naming->name_max >= 64);
		assert_true(strlen(rows[i].source) > 5);
		assert_true(
		    naming->forbidden == NULL || strchr(naming->forbidden, '_') == NULL);
	}
}

/* --- The page for people. --- */

static void
say(struct buf *line, const char *separator, const char *text)
{
	assert_int_equal(buf_print(line, "%s%s", separator, text), ST_OK);
}

static void
say_delimiter(struct buf *line, const struct imap_naming_row *row)
{
	if (row->delimiter != 0)
		assert_int_equal(buf_print(line, "`%c`", row->delimiter), ST_OK);
	else if (row->dots == IMAP_NAMING_DOTS_TAKEN)
		say(line, "", "other, names with `.` taken");
	else if (row->naming.forbidden != NULL && row->family == IMAP_FAMILY_DOVECOT)
		say(line, "", "other, `.` refused");
	else
		say(line, "", "any");
}

static void
say_words(struct buf *line, const char *head, const char *words)
{
	const char *separator = head;

	while (words != NULL && *words != 0) {
		size_t size = strcspn(words, "|");

		say(line, separator, "");
		assert_int_equal(buf_append(line, bytes_of(words, size)), ST_OK);
		words += size + (words[size] == '|');
		separator = ", ";
	}
}

static void
say_forbidden(struct buf *line, const struct naming *naming)
{
	for (const char *at = naming->forbidden; at != NULL && *at != 0; at++) {
		char text[] = {'`', *at, '`', 0};

		say(line, at == naming->forbidden ? "" : " ",
		    *at == '`' ? "`` ` ``" : (*at == '|' ? "`\\|`" : text));
	}
	say(line, naming->forbidden == NULL ? "" : "; ", "control characters");
	if (naming->refuses_beyond_bmp)
		say(line, "; ", "characters above U+FFFF");
	if (naming->refuses_first_tilde)
		say(line, "; ", "a first `~`");
	if (naming->refuses_dot_parts)
		say(line, "; ", "`.` and `..` alone");
	if (naming->refuses_outer_blanks)
		say(line, "; ", "blanks at an edge or in pairs");
	if (naming->inbox_is_leaf)
		say(line, "; ", "children of INBOX");
	if (naming->is_caseless)
		say(line, "; ", "two names that differ by case");
	say_words(line, "; the names ", naming->reserved);
	say_words(line, "; at the top the names ", naming->reserved_first);
}

static void
say_limits(struct buf *line, const struct naming *naming)
{
	const char *unit = naming->counts_characters ? "characters" : "octets";

	if (naming->part_max > 0)
		assert_int_equal(
		    buf_print(line, "%u %s a level", naming->part_max, unit), ST_OK);
	if (naming->part_max > 0 && naming->name_max > 0)
		say(line, ", ", "");
	if (naming->name_max > 0)
		assert_int_equal(
		    buf_print(line, "%u %s in all", naming->name_max, unit), ST_OK);
}

/* docs/names.md has each row, word by word, and in the same order. */
static void
test_the_page_has_every_row(void **state)
{
	static uint8_t page[65536];
	const struct imap_naming_row *rows;
	FILE *file = fopen(DOCS "/names.md", "r");
	struct bytes rest;
	size_t count;

	(void)state;
	assert_non_null(file);
	rest = bytes_of(page, fread(page, 1, sizeof(page), file));
	fclose(file);
	rows = imap_naming_rows(&count);
	for (size_t i = 0; i < count; i++) {
		const struct naming *naming = &rows[i].naming;
		struct buf line;
		size_t at;

		buf_init(&line, 1024);
		say(&line, "\n| ",
		    rows[i].family == IMAP_FAMILY_UNKNOWN ? "any other"
							  : imap_family_name(rows[i].family));
		say(&line, " | ", "");
		say_delimiter(&line, &rows[i]);
		say(&line, " | ", "");
		say_forbidden(&line, naming);
		say(&line, " | ", "");
		say_limits(&line, naming);
		say(&line, " | ", rows[i].source);
		say(&line, " |", "");
		at = bytes_find_bytes(rest, buf_bytes(&line));
		if (at == rest.size)
			fail_msg("docs/names.md lacks, or has elsewhere:%.*s", (int)line.size,
			    (const char *)line.octets);
		rest = bytes_skip(rest, at + line.size);
		buf_fini(&line);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_families),
	    cmocka_unit_test(test_quirks_are_heeded),
	    cmocka_unit_test(test_rows_have_their_quirks),
	    cmocka_unit_test(test_rows_are_sound),
	    cmocka_unit_test(test_the_page_has_every_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
