/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/imap/naming.h"

#include <string.h>

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_families),
	    cmocka_unit_test(test_rows_are_sound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
