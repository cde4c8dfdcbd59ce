/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include "base/utf8.h"

static void
test_decoding(void **state)
{
	static const struct {
		const char *name;
		struct bytes text;
		size_t size;
		uint32_t code;
	} cases[] = {
	    {"ASCII", TEXT("az"), 1, 'a'},
	    {"NUL", TEXT("\0"), 1, 0},
	    {"two octets", TEXT("\xc3\xa4z"), 2, 0xe4},
	    {"three octets", TEXT("\xe2\x82\xac"), 3, 0x20ac},
	    {"four octets", TEXT("\xf0\x9f\x98\x80"), 4, 0x1f600},
	    {"the last one", TEXT("\xf4\x8f\xbf\xbf"), 4, 0x10ffff},
	    {"empty", TEXT(""), 0, 0},
	    {"cut", TEXT("\xe2\x82"), 0, 0},
	    {"lone continuation", TEXT("\x80"), 0, 0},
	    {"no continuation", TEXT("\xc3z"), 0, 0},
	    {"overlong slash", TEXT("\xc0\xaf"), 0, 0},
	    {"overlong, 3 octets", TEXT("\xe0\x80\xaf"), 0, 0},
	    {"overlong, 4 octets", TEXT("\xf0\x80\x80\xaf"), 0, 0},
	    {"surrogate", TEXT("\xed\xa0\x80"), 0, 0},
	    {"above U+10FFFF", TEXT("\xf4\x90\x80\x80"), 0, 0},
	    {"five octets", TEXT("\xf8\x88\x80\x80\x80"), 0, 0},
	    {"never an octet", TEXT("\xff"), 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		uint32_t code = 4711;
		size_t size = utf8_decode(cases[i].text, &code);

		EXPECT(cases[i].name, size == cases[i].size);
		EXPECT(cases[i].name, code == (size == 0 ? 4711 : cases[i].code));
	}
}

static void
test_every_code_point_comes_back_and_no_surrogate(void **state)
{
	(void)state;
	for (uint32_t code = 0; code <= 0x110010; code++) {
		uint8_t octets[4];
		size_t size = utf8_encode(code, octets);
		uint32_t again = 0;

		if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
			assert_int_equal(size, 0);
			continue;
		}
		assert_int_equal(utf8_decode(bytes_of(octets, size), &again), size);
		assert_int_equal(again, code);
		/* Every prefix is cut, and whole_prefix drops exactly that. */
		for (size_t cut = 1; cut < size; cut++) {
			assert_false(utf8_is_valid(bytes_of(octets, cut)));
			assert_int_equal(utf8_whole_prefix(bytes_of(octets, cut)), 0);
		}
		assert_int_equal(utf8_whole_prefix(bytes_of(octets, size)), size);
	}
}

static void
test_whole_prefix(void **state)
{
	static const struct {
		const char *name;
		struct bytes text;
		size_t size;
	} cases[] = {
	    {"empty", TEXT(""), 0},
	    {"ASCII", TEXT("abc"), 3},
	    {"cut after ASCII", TEXT("ab\xe2\x82"), 2},
	    {"whole after ASCII", TEXT("ab\xe2\x82\xac"), 5},
	    {"only continuations", TEXT("\x80\x80\x80\x80\x80"), 5},
	    {"never an octet last", TEXT("a\xff"), 2},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		EXPECT(cases[i].name, utf8_whole_prefix(cases[i].text) == cases[i].size);
}

static void
test_what_may_reach_a_terminal(void **state)
{
	static const struct {
		uint32_t first, last;
		bool is_printable;
	} cases[] = {
	    {0x00, 0x1f, false},
	    {0x20, 0x7e, true},
	    {0x7f, 0x9f, false},
	    {0xa0, 0x61b, true},
	    {0x61c, 0x61c, false},
	    {0x200b, 0x200f, false},
	    {0x2010, 0x2027, true},
	    {0x2028, 0x202e, false},
	    {0x2060, 0x2069, false},
	    {0x20ac, 0x20ac, true},
	    {0xfeff, 0xfeff, false},
	    {0x1f600, 0x1f600, true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		for (uint32_t code = cases[i].first; code <= cases[i].last; code++) {
			uint8_t octets[4];
			size_t size = utf8_encode(code, octets);

			assert_int_equal(utf8_printable(bytes_of(octets, size)),
			    cases[i].is_printable ? size : 0);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_decoding),
	    cmocka_unit_test(test_every_code_point_comes_back_and_no_surrogate),
	    cmocka_unit_test(test_whole_prefix),
	    cmocka_unit_test(test_what_may_reach_a_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
