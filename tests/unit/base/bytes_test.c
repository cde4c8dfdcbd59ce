/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include <string.h>

#include "base/arena.h"
#include "base/bytes.h"

static void
test_numbers(void **state)
{
	static const struct {
		const char *text;
		uint64_t max;
		enum status status;
		uint64_t number;
	} cases[] = {
	    {"0", 10, ST_OK, 0},
	    {"10", 10, ST_OK, 10},
	    {"11", 10, ST_LIMIT, 0},
	    {"0000000000", 10, ST_OK, 0},
	    {"4294967295", UINT32_MAX, ST_OK, UINT32_MAX},
	    {"4294967296", UINT32_MAX, ST_LIMIT, 0},
	    {"18446744073709551615", UINT64_MAX, ST_OK, UINT64_MAX},
	    {"18446744073709551616", UINT64_MAX, ST_LIMIT, 0},
	    {"99999999999999999999", UINT64_MAX, ST_LIMIT, 0},
	    {"000000000000000000001", 10, ST_LIMIT, 0},
	    {"", 10, ST_SYNTAX, 0},
	    {"-1", 10, ST_SYNTAX, 0},
	    {"+1", 10, ST_SYNTAX, 0},
	    {" 1", 10, ST_SYNTAX, 0},
	    {"1x", 10, ST_SYNTAX, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		uint64_t number = 12345;
		enum status status =
		    bytes_number(bytes_of_string(cases[i].text), cases[i].max, &number);

		EXPECT(cases[i].text, status == cases[i].status);
		EXPECT(cases[i].text,
		    number == (status == ST_OK ? cases[i].number : UINT64_C(12345)));
	}
}

static void
test_comparisons(void **state)
{
	static const struct {
		const char *name, *a, *b;
		int order;
		bool is_equal_nocase, does_start, does_start_nocase;
	} cases[] = {
	    {"both empty", "", "", 0, true, true, true},
	    {"one empty", "a", "", 1, false, true, true},
	    {"a prefix first", "ab", "abc", -1, false, false, false},
	    {"start", "abc", "ab", 1, false, true, true},
	    {"case", "aBc", "AbC", 1, true, false, true},
	    {"start, by case", "aBc", "Ab", 1, false, false, true},
	    {"high octets", "\xe4", "z", 1, false, false, false},
	    {"no case for them", "\xe4", "\xc4", 1, false, false, false},
	    {"not [ and {", "[", "{", -1, false, false, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const char *name = cases[i].name;
		struct bytes a = bytes_of_string(cases[i].a);
		struct bytes b = bytes_of_string(cases[i].b);
		int order = bytes_compare(a, b);

		EXPECT(name, (order > 0) - (order < 0) == cases[i].order);
		order = bytes_compare(b, a);
		EXPECT(name, (order > 0) - (order < 0) == -cases[i].order);
		EXPECT(name, bytes_equal(a, b) == (cases[i].order == 0));
		EXPECT(name, bytes_equal_nocase(a, b) == cases[i].is_equal_nocase);
		EXPECT(name, bytes_start_with(a, b) == cases[i].does_start);
		EXPECT(name, bytes_start_with_nocase(a, b) == cases[i].does_start_nocase);
	}
}

static void
test_parts(void **state)
{
	struct bytes b = BYTES("abcabc");

	(void)state;
	assert_int_equal(bytes_find(b, 'c', 0), 2);
	assert_int_equal(bytes_find(b, 'c', 3), 5);
	assert_int_equal(bytes_find(b, 'x', 0), 6);
	assert_int_equal(bytes_find(b, 'a', 6), 6);
	assert_int_equal(bytes_find(b, 'a', 99), 6);
	assert_int_equal(bytes_find((struct bytes){NULL, 0}, 'a', 0), 0);
	assert_true(bytes_equal(bytes_skip(b, 4), BYTES("bc")));
	assert_int_equal(bytes_skip(b, 6).size, 0);
	assert_int_equal(bytes_skip(b, 7).size, 0);
	assert_true(bytes_equal(bytes_first(b, 2), BYTES("ab")));
	assert_int_equal(bytes_first(b, 7).size, 6);
}

static void
test_finding_octets_in_a_row(void **state)
{
	static const struct {
		const char *name;
		struct bytes b, what;
		size_t place;
	} cases[] = {
	    {"at the start", TEXT("abcabc"), TEXT("ab"), 0},
	    {"the first of two", TEXT("xbcabc"), TEXT("bc"), 1},
	    {"at the end", TEXT("abcabd"), TEXT("bd"), 4},
	    {"all of it", TEXT("abc"), TEXT("abc"), 0},
	    {"behind a false start", TEXT("aaab"), TEXT("aab"), 1},
	    {"with NUL", TEXT("a\0b\0c"), TEXT("\0c"), 3},
	    {"nowhere", TEXT("abcabc"), TEXT("ba"), 6},
	    {"cut by the end", TEXT("abcab"), TEXT("bcb"), 5},
	    {"longer than all", TEXT("ab"), TEXT("abc"), 2},
	    {"by case", TEXT("abc"), TEXT("B"), 3},
	    {"nothing", TEXT("abc"), TEXT(""), 0},
	    {"nothing in nothing", TEXT(""), TEXT(""), 0},
	    {"in nothing", {NULL, 0}, TEXT("a"), 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		EXPECT(cases[i].name,
		    bytes_find_bytes(cases[i].b, cases[i].what) == cases[i].place);
	/* Not behind the end, although the octets lie there. */
	assert_int_equal(bytes_find_bytes(bytes_first(BYTES("abcd"), 3), BYTES("cd")), 3);
}

static void
test_a_copy_is_its_own_and_ends_with_nul(void **state)
{
	char original[] = "hello";
	struct arena arena;
	struct bytes copy = BYTES("before");

	(void)state;
	arena_init(&arena, 6);
	assert_int_equal(bytes_copy(bytes_of(original, 6), &arena, &copy), ST_LIMIT);
	assert_true(bytes_equal(copy, BYTES("before")));
	assert_int_equal(bytes_copy(bytes_of(original, 5), &arena, &copy), ST_OK);
	memset(original, 'x', 5);
	assert_string_equal((const char *)copy.data, "hello");
	assert_int_equal(copy.size, 5);
	arena_fini(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_numbers),
	    cmocka_unit_test(test_comparisons),
	    cmocka_unit_test(test_parts),
	    cmocka_unit_test(test_finding_octets_in_a_row),
	    cmocka_unit_test(test_a_copy_is_its_own_and_ends_with_nul),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
