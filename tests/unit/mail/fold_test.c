/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/fold.h"

#include "case.h"

struct fold_case {
	const char *name;
	struct bytes text;
	struct bytes composed;
	struct bytes caseless;
	struct bytes word;
};

static const struct fold_case fold_cases[] = {
    {"nothing", TEXT(""), TEXT(""), TEXT(""), TEXT("")},
    {"ASCII", TEXT("Sent-Mail 2"), TEXT("Sent-Mail 2"), TEXT("sent-mail 2"), TEXT("sentmail2")},
    {"decomposed", TEXT("Entwu\xcc\x88rfe"), TEXT("Entw\xc3\xbcrfe"), TEXT("entw\xc3\xbcrfe"),
	TEXT("entwurfe")},
    {"composed", TEXT("ENTW\xc3\x9cRFE"), TEXT("ENTW\xc3\x9cRFE"), TEXT("entw\xc3\xbcrfe"),
	TEXT("entwurfe")},
    {"sharp s",
	TEXT("Stra\xc3\x9f"
	     "e"),
	TEXT("Stra\xc3\x9f"
	     "e"),
	TEXT("strasse"), TEXT("strasse")},
    {"Angstrom sign", TEXT("\xe2\x84\xab"), TEXT("\xc3\x85"), TEXT("\xc3\xa5"), TEXT("a")},
    {"Cyrillic", TEXT("\xd0\xa1\xd0\xbf\xd0\xb0\xd0\xbc"),
	TEXT("\xd0\xa1\xd0\xbf\xd0\xb0\xd0\xbc"), TEXT("\xd1\x81\xd0\xbf\xd0\xb0\xd0\xbc"),
	TEXT("\xd1\x81\xd0\xbf\xd0\xb0\xd0\xbc")},
    {"strokes", TEXT("S\xc3\xb8ppel \xc5\x81"), TEXT("S\xc3\xb8ppel \xc5\x81"),
	TEXT("s\xc3\xb8ppel \xc5\x82"), TEXT("soppell")},
    {"Hangul", TEXT("\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab"), TEXT("\xed\x95\x9c"),
	TEXT("\xed\x95\x9c"), TEXT("\xed\x95\x9c")},
    {"no UTF-8",
	TEXT("a\xff"
	     "B"),
	TEXT("a\xff"
	     "B"),
	TEXT("a\xff"
	     "B"),
	TEXT("a\xff"
	     "B")},
};

static void
test_forms(void **state)
{
	struct arena arena;

	(void)state;
	arena_init(&arena, 65536);
	for (size_t i = 0; i < COUNT_OF(fold_cases); i++) {
		const struct fold_case *the_case = &fold_cases[i];
		struct bytes form;

		EXPECT(the_case->name, fold_composed(the_case->text, &arena, &form) == ST_OK);
		EXPECT(the_case->name, bytes_equal(form, the_case->composed));
		EXPECT(the_case->name, fold_caseless(the_case->text, &arena, &form) == ST_OK);
		EXPECT(the_case->name, bytes_equal(form, the_case->caseless));
		EXPECT(the_case->name, fold_caseless(form, &arena, &form) == ST_OK);
		EXPECT(the_case->name, bytes_equal(form, the_case->caseless));
		EXPECT(the_case->name, fold_word(the_case->text, &arena, &form) == ST_OK);
		EXPECT(the_case->name, bytes_equal(form, the_case->word));
	}
	arena_fini(&arena);
}

static void
test_too_long_and_no_memory(void **state)
{
	static uint8_t octets[FOLD_SIZE_MAX + 1];
	struct bytes form = BYTES("kept");
	struct arena arena;

	(void)state;
	arena_init(&arena, 4096);
	assert_int_equal(fold_word(bytes_of(octets, sizeof(octets)), &arena, &form), ST_LIMIT);
	assert_int_equal(fold_word(bytes_of(octets, 8192), &arena, &form), ST_LIMIT);
	assert_true(bytes_equal(form, BYTES("kept")));
	arena_fini(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_forms),
	    cmocka_unit_test(test_too_long_and_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
