/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include "base/prng.h"
#include "base/varint.h"

static const struct {
	const char *name;
	uint64_t number;
	struct bytes octets;
} forms[] = {
    {"0", 0, TEXT("\0")},
    {"1", 1, TEXT("\x01")},
    {"127", 127, TEXT("\x7f")},
    {"128", 128, TEXT("\x80\x01")},
    {"300", 300, TEXT("\xac\x02")},
    {"16383", 16383, TEXT("\xff\x7f")},
    {"16384", 16384, TEXT("\x80\x80\x01")},
    {"2^32 - 1", UINT32_MAX, TEXT("\xff\xff\xff\xff\x0f")},
    {"2^63 - 1", INT64_MAX, TEXT("\xff\xff\xff\xff\xff\xff\xff\xff\x7f")},
    {"2^63", (uint64_t)INT64_MAX + 1, TEXT("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01")},
    {"2^64 - 1", UINT64_MAX, TEXT("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")},
};

static void
test_numbers_have_their_forms(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(forms); i++) {
		const char *name = forms[i].name;
		uint8_t octets[VARINT_SIZE_MAX];
		size_t size = varint_encode(forms[i].number, octets);
		struct bytes rest = forms[i].octets;
		uint64_t number = ~forms[i].number;

		EXPECT(name, bytes_equal(bytes_of(octets, size), forms[i].octets));
		EXPECT(name, varint_take(&rest, &number) == ST_OK);
		EXPECT(name, number == forms[i].number && rest.size == 0);
		/* Cut at any place it is none. */
		for (size_t k = 0; k < size; k++) {
			rest = bytes_of(octets, k);
			EXPECT(name, varint_take(&rest, &number) == ST_SYNTAX);
			EXPECT(name, rest.size == k && number == forms[i].number);
		}
	}
}

static const struct {
	const char *name;
	struct bytes octets;
} wrong[] = {
    {"nothing", TEXT("")},
    {"0 in two octets", TEXT("\x80\0")},
    {"1 in three octets", TEXT("\x81\x80\0")},
    {"bit 64", TEXT("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02")},
    {"bits 63 and 64", TEXT("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x03")},
    {"eleven octets", TEXT("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01")},
    {"ten octets and more", TEXT("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x81")},
    {"2^63 - 1 in ten octets", TEXT("\xff\xff\xff\xff\xff\xff\xff\xff\xff\0")},
};

static void
test_other_forms_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		struct bytes rest = wrong[i].octets;
		uint64_t number = 7;

		EXPECT(wrong[i].name, varint_take(&rest, &number) == ST_SYNTAX);
		EXPECT(wrong[i].name, number == 7);
		EXPECT(wrong[i].name, rest.data == wrong[i].octets.data);
		EXPECT(wrong[i].name, rest.size == wrong[i].octets.size);
	}
}

static void
test_what_follows_stays(void **state)
{
	struct bytes rest = BYTES("\x80\x01\x05");
	uint64_t number;

	(void)state;
	assert_int_equal(varint_take(&rest, &number), ST_OK);
	assert_int_equal(number, 128);
	assert_int_equal(rest.size, 1);
	assert_int_equal(varint_take(&rest, &number), ST_OK);
	assert_int_equal(number, 5);
	assert_int_equal(varint_take(&rest, &number), ST_SYNTAX);
}

static const struct {
	const char *name;
	int64_t number;
	uint64_t zigzag;
} signs[] = {
    {"0", 0, 0},
    {"-1", -1, 1},
    {"1", 1, 2},
    {"-2", -2, 3},
    {"the greatest", INT64_MAX, UINT64_MAX - 1},
    {"the least", INT64_MIN, UINT64_MAX},
};

static void
test_signs_go_into_the_lowest_bit(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(signs); i++) {
		EXPECT(signs[i].name, varint_zigzag(signs[i].number) == signs[i].zigzag);
		EXPECT(signs[i].name, varint_unzigzag(signs[i].zigzag) == signs[i].number);
	}
}

static void
test_random_numbers_come_back(void **state)
{
	struct prng prng;

	(void)state;
	prng_init(&prng, 1);
	for (int i = 0; i < 20000; i++) {
		uint64_t number = prng_next(&prng) >> prng_below(&prng, 64);
		uint8_t octets[VARINT_SIZE_MAX];
		struct bytes rest = bytes_of(octets, varint_encode(number, octets));
		uint64_t back;

		assert_int_equal(varint_take(&rest, &back), ST_OK);
		assert_true(back == number && rest.size == 0);
		assert_true(varint_zigzag(varint_unzigzag(number)) == number);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_numbers_have_their_forms),
	    cmocka_unit_test(test_other_forms_are_refused),
	    cmocka_unit_test(test_what_follows_stays),
	    cmocka_unit_test(test_signs_go_into_the_lowest_bit),
	    cmocka_unit_test(test_random_numbers_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
