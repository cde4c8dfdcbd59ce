/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "modelserver/date.h"

static const struct known {
	const char *text;
	int64_t instant;
	const char *printed; /* NULL: as it was */
} known[] = {
    {"01-Jan-1970 00:00:00 +0000", 0, NULL},
    {"31-Dec-1969 23:59:59 +0000", -1, NULL},
    {"01-Jan-1970 01:00:00 +0100", 0, NULL},
    {"31-Dec-1969 12:30:00 -1130", 0, NULL},
    {" 1-Mar-2000 00:00:00 +0000", 951868800, "01-Mar-2000 00:00:00 +0000"},
    {"29-Feb-2024 12:34:56 +0545", 1709189396, NULL},
    {"31-Dec-9999 23:59:59 +0000", 253402300799, NULL},
    {"01-jan-2001 00:00:60 +0000", 978307260, "01-Jan-2001 00:01:00 +0000"},
};

static const char *const wrong[] = {
    "",
    "29-Feb-2023 00:00:00 +0000",
    "00-Jan-2023 00:00:00 +0000",
    "31-Apr-2023 00:00:00 +0000",
    "1-Jan-2023 00:00:00 +0000",
    "01-Foo-2023 00:00:00 +0000",
    "01-Jan-23 00:00:00 +0000",
    "01-Jan-2023 24:00:00 +0000",
    "01-Jan-2023 00:60:00 +0000",
    "01-Jan-2023 00:00:00 GMT",
    "01-Jan-2023 00:00:00 +00000",
    "01 Jan 2023 00:00:00 +0000",
    "+1-Jan-2023 00:00:00 +0000",
};

static void
test_dates_are_instants_and_print_as_they_were(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		const char *printed =
		    known[i].printed == NULL ? known[i].text : known[i].printed;
		struct model_date date;
		char text[MODEL_DATE_SIZE];

		if (model_date_scan(bytes_of_string(known[i].text), &date) != ST_OK ||
		    date.instant != known[i].instant)
			fail_msg("%s", known[i].text);
		assert_string_equal(model_date_print(date, false, text), printed);
	}
}

static void
test_what_is_no_date_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct model_date date;

		if (model_date_scan(bytes_of_string(wrong[i]), &date) != ST_SYNTAX)
			fail_msg("%s", wrong[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_dates_are_instants_and_print_as_they_were),
	    cmocka_unit_test(test_what_is_no_date_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
