/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/naming.h"

#include <string.h>

#include "base/prng.h"
#include "base/utf8.h"
#include "wire/imap/mutf7.h"
#include "wire/imap/naming.h"

#include "case.h"

static const struct naming everything = {
    .delimiter = '/',
    .forbidden = "%*",
    .reserved = "cur|new",
    .reserved_first = "Files|Inbox",
    .is_composed = true,
    .refuses_controls = true,
    .refuses_eight_bit_controls = true,
    .refuses_beyond_bmp = true,
    .refuses_first_tilde = true,
    .refuses_first_dot = true,
    .refuses_outer_blanks = true,
    .part_max = 40,
};
static const struct naming dots = {.delimiter = '_', .refuses_dot_parts = true};

struct clean_case {
	const char *name;
	const struct naming *naming;
	bool is_first;
	struct bytes part;
	struct bytes clean;
	uint32_t changes;
};

static const struct clean_case clean_cases[] = {
    {"as it is", &everything, true, TEXT("Work 2024"), TEXT("Work 2024"), 0},
    {"delimiter", &everything, true, TEXT("a/b"), TEXT("a_b"), NAME_CHARACTERS},
    {"forbidden", &everything, true, TEXT("100% *"), TEXT("100_ _"), NAME_CHARACTERS},
    {"controls", &everything, true, TEXT("a\tb\x7f\0c"), TEXT("a_b__c"), NAME_CHARACTERS},
    {"eight-bit controls", &everything, true, TEXT("a\xc2\x85z\xef\xbf\xbd"), TEXT("a_z_"),
	NAME_CHARACTERS},
    {"beyond the basic plane", &everything, true, TEXT("\xf0\x9f\x8e\x84 2024"), TEXT("_ 2024"),
	NAME_CHARACTERS},
    {"first tilde", &everything, true, TEXT("~anna"), TEXT("_anna"), NAME_CHARACTERS},
    {"tilde further down", &everything, false, TEXT("~anna"), TEXT("~anna"), 0},
    {"first dot", &everything, true, TEXT(".a"), TEXT("_a"), NAME_CHARACTERS},
    {"blanks", &everything, true, TEXT("  a   b "), TEXT("a b"), NAME_BLANKS},
    {"a tilde behind a blank", &everything, true, TEXT(" ~a"), TEXT("_a"), NAME_BLANKS},
    {"only blanks", &everything, true, TEXT("   "), TEXT("_"), NAME_BLANKS | NAME_EMPTY},
    {"nothing", &everything, true, TEXT(""), TEXT("_"), NAME_EMPTY},
    {"reserved anywhere", &everything, false, TEXT("cur"), TEXT("cur_"), NAME_RESERVED},
    {"reserved by its case", &everything, false, TEXT("Cur"), TEXT("Cur"), 0},
    {"reserved at the top", &everything, true, TEXT("files"), TEXT("files_"), NAME_RESERVED},
    {"not reserved further down", &everything, false, TEXT("files"), TEXT("files"), 0},
    {"composed", &everything, true, TEXT("u\xcc\x88"), TEXT("\xc3\xbc"), NAME_COMPOSED},
    {"too long", &everything, true, TEXT("aaaaaaaaaabbbbbbbbbbccccccccccddddddddddE"),
	TEXT("aaaaaaaaaabbbbbbbbbbcccccccccccdd~"), NAME_SHORTENED},
    {"dot", &dots, true, TEXT("."), TEXT("-"), NAME_CHARACTERS},
    {"two dots", &dots, false, TEXT(".."), TEXT("--"), NAME_CHARACTERS},
    {"three dots", &dots, true, TEXT("..."), TEXT("..."), 0},
    {"the delimiter is the sign", &dots, true, TEXT("a_b"), TEXT("a-b"), NAME_CHARACTERS},
    {"no composing where nobody asks", &dots, true, TEXT("u\xcc\x88"), TEXT("u\xcc\x88"), 0},
};

static void
test_parts_are_cleaned(void **state)
{
	struct arena arena;

	(void)state;
	arena_init(&arena, 65536);
	for (size_t i = 0; i < COUNT_OF(clean_cases); i++) {
		const struct clean_case *the_case = &clean_cases[i];
		struct bytes wanted = the_case->clean;
		uint32_t changes = 0;
		struct bytes clean;

		EXPECT(the_case->name,
		    naming_clean(the_case->naming, the_case->part, the_case->is_first, &arena,
			&clean, &changes) == ST_OK);
		EXPECT(the_case->name, changes == the_case->changes);
		if ((changes & NAME_SHORTENED) != 0) {
			EXPECT(the_case->name, clean.size == the_case->naming->part_max);
			EXPECT(the_case->name,
			    bytes_start_with(clean, bytes_first(the_case->part, 33)));
			EXPECT(the_case->name, clean.data[33] == '~');
			continue;
		}
		EXPECT(the_case->name, bytes_equal(clean, wanted));
	}
	arena_fini(&arena);
}

/* What naming_size says is what the encoder writes. */
static void
test_sizes_are_those_of_the_encoder(void **state)
{
	static const uint32_t codes[] = {'a', '&', ' ', 0x7f, 1, 0xe9, 0x4e2d, 0xffff, 0x1f384};
	struct prng prng;
	struct naming naming = {0};

	(void)state;
	prng_init(&prng, 7);
	for (int round = 0; round < 5000; round++) {
		uint8_t octets[64];
		size_t size = 0;
		size_t count = prng_below(&prng, 12);
		struct buf raw;

		for (size_t i = 0; i < count; i++)
			size += utf8_encode(
			    codes[prng_below(&prng, COUNT_OF(codes))], octets + size);
		buf_init(&raw, 1024);
		assert_int_equal(imap_mutf7_encode(bytes_of(octets, size), &raw), ST_OK);
		assert_int_equal(
		    naming_size(&naming, bytes_of(octets, size)), buf_bytes(&raw).size);
		buf_fini(&raw);
	}
	naming.counts_characters = true;
	assert_int_equal(naming_size(&naming, BYTES("a&\xf0\x9f\x8e\x84")), 3);
}

/* For every family: cleaning is done once, and what it gives keeps every rule. */
static void
test_every_family_takes_what_it_gets(void **state)
{
	static const uint32_t codes[] = {'a', 'Z', '/', '.', '\\', '^', '_', '~', ' ', '%', '*',
	    '"', 1, 0x7f, 0x301, 0xe9, 0x4e2d, 0xfffd, 0x1f384, '&', '#', ':', '!'};
	const struct imap_naming_row *rows;
	struct prng prng;
	struct arena arena;
	size_t row_count;

	(void)state;
	rows = imap_naming_rows(&row_count);
	prng_init(&prng, 11);
	arena_init(&arena, 1 << 20);
	for (int round = 0; round < 20000; round++) {
		const struct imap_naming_row *row =
		    &rows[prng_below(&prng, (uint32_t)row_count)];
		struct naming naming = row->naming;
		bool is_first = prng_below(&prng, 2) == 0;
		size_t count = prng_below(&prng, 16) == 0 ? 300 : prng_below(&prng, 6);
		uint8_t octets[1300];
		size_t size = 0;
		struct bytes once;
		struct bytes twice;
		uint32_t changes = 0;
		uint32_t later = 0;

		naming.delimiter = row->delimiter != 0 ? (uint8_t)row->delimiter : '/';
		for (size_t i = 0; i < count; i++)
			size += utf8_encode(
			    codes[prng_below(&prng, COUNT_OF(codes))], octets + size);
		assert_int_equal(naming_clean(&naming, bytes_of(octets, size), is_first, &arena,
				     &once, &changes),
		    ST_OK);
		assert_int_equal(
		    naming_clean(&naming, once, is_first, &arena, &twice, &later), ST_OK);
		assert_true(bytes_equal(once, twice));
		assert_int_equal(later, 0);
		assert_true((changes == 0) == bytes_equal(once, bytes_of(octets, size)));
		assert_true(once.size > 0 && utf8_is_valid(once));
		assert_int_equal(bytes_find(once, naming.delimiter, 0), once.size);
		if (naming.part_max > 0)
			assert_true(naming_size(&naming, once) <= naming.part_max);
		arena_rewind(&arena);
	}
	arena_fini(&arena);
}

static void
test_the_safest_name_holds_hardly_anything(void **state)
{
	static const struct {
		const char *name;
		struct bytes part;
		struct bytes clean;
	} safe_cases[] = {
	    {"letters, digits and what most take", TEXT("Work-2024_b (2), c"),
		TEXT("Work-2024_b (2), c")},
	    {"letters of other scripts", TEXT("\xc3\x84rzte"), TEXT("\xc3\x84rzte")},
	    {"marks", TEXT("a.b*c%d&e:f"), TEXT("a_b_c_d_e_f")},
	    {"blanks", TEXT(" a  b "), TEXT("a b")},
	    {"what a family keeps for itself", TEXT("cur"), TEXT("cur_")},
	};
	struct naming safest = naming_safest(&everything);
	struct naming longest = naming_safest(&(struct naming){.delimiter = '/'});
	struct arena arena;

	(void)state;
	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < sizeof(safe_cases) / sizeof(safe_cases[0]); i++) {
		struct bytes clean = {0};
		uint32_t changes = 0;

		assert_int_equal(
		    naming_clean(&safest, safe_cases[i].part, false, &arena, &clean, &changes),
		    ST_OK);
		if (!bytes_equal(clean, safe_cases[i].clean))
			fail_msg("%s: \"%.*s\"", safe_cases[i].name, (int)clean.size,
			    (const char *)clean.data);
	}
	/* A limit that is known is kept; where none is, there is one. */
	assert_int_equal(safest.part_max, everything.part_max);
	assert_int_equal(longest.part_max, 64);
	assert_int_equal(longest.name_max, 200);
	assert_int_equal(longest.delimiter, '/');
	arena_fini(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_parts_are_cleaned),
	    cmocka_unit_test(test_sizes_are_those_of_the_encoder),
	    cmocka_unit_test(test_every_family_takes_what_it_gets),
	    cmocka_unit_test(test_the_safest_name_holds_hardly_anything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
