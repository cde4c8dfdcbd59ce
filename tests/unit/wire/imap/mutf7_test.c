/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include <iconv.h>
#include <string.h>

#include "base/prng.h"
#include "base/utf8.h"
#include "wire/imap/mutf7.h"

enum {
	ROOM = 4096
};

static void
test_names_and_their_canonical_forms(void **state)
{
	static const struct {
		struct bytes name, utf8;
	} cases[] = {
	    {TEXT(""), TEXT("")},
	    {TEXT("INBOX"), TEXT("INBOX")},
	    {TEXT(" !\"%*()[]{}\\~"), TEXT(" !\"%*()[]{}\\~")},
	    {TEXT("&-"), TEXT("&")},
	    {TEXT("Tom &- Jerry"), TEXT("Tom & Jerry")},
	    {TEXT("&-&-"), TEXT("&&")},
	    {TEXT("Entw&APw-rfe"), TEXT("Entw\xc3\xbcrfe")},
	    {TEXT("&AOQ-&-&APY-"), TEXT("\xc3\xa4&\xc3\xb6")},
	    {TEXT("~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
		TEXT("~peter/mail/\xe5\x8f\xb0\xe5\x8c\x97/"
		     "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e")},
	    {TEXT("&2D3eAA-"), TEXT("\xf0\x9f\x98\x80")},
	    {TEXT("&2D3eANg93gE-"), TEXT("\xf0\x9f\x98\x80\xf0\x9f\x98\x81")},
	    {TEXT("&AAk-"), TEXT("\t")},
	    {TEXT("&AH8-"), TEXT("\x7f")},
	    {TEXT("&,,8-"), TEXT("\xef\xbf\xbf")},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const char *name = (const char *)cases[i].name.data;
		struct buf buf;

		buf_init(&buf, ROOM);
		EXPECT(name, imap_mutf7_decode(cases[i].name, &buf) == ST_OK);
		EXPECT(name, bytes_equal(buf_bytes(&buf), cases[i].utf8));
		buf_clear(&buf);
		EXPECT(name, imap_mutf7_encode(cases[i].utf8, &buf) == ST_OK);
		EXPECT(name, bytes_equal(buf_bytes(&buf), cases[i].name));
		buf_clear(&buf);
		EXPECT(name, imap_mutf7_decode_lenient(cases[i].name, &buf) == ST_OK);
		EXPECT(name, bytes_equal(buf_bytes(&buf), cases[i].utf8));
		buf_fini(&buf);
	}
}

static void
test_what_is_not_canonical(void **state)
{
	static const struct {
		const char *name;
		struct bytes text, lenient;
	} cases[] = {
	    {"a lone &", TEXT("&"), TEXT("&")},
	    {"not terminated", TEXT("a&APw"), TEXT("a&APw")},
	    {"ended by a blank", TEXT("R&D dept"), TEXT("R&D dept")},
	    {"too few bits", TEXT("&AP-"), TEXT("&AP-")},
	    {"one letter", TEXT("&A-"), TEXT("&A-")},
	    {"odd number of octets", TEXT("&APwA-"), TEXT("&APwA-")},
	    {"bits behind the end", TEXT("&APx-"), TEXT("&APx-")},
	    {"a letter too many", TEXT("&APwAA-"), TEXT("&APwAA-")},
	    {"/ for ,", TEXT("&//8-"), TEXT("&//8-")},
	    {"padding", TEXT("&APw=-"), TEXT("&APw=-")},
	    {"printable in base64", TEXT("&AGE-"), TEXT("&AGE-")},
	    {"& in base64", TEXT("&ACY-"), TEXT("&ACY-")},
	    {"tilde in base64", TEXT("&AH4-"), TEXT("&AH4-")},
	    {"lone high surrogate", TEXT("&2D0-"), TEXT("&2D0-")},
	    {"lone low surrogate", TEXT("&3gA-"), TEXT("&3gA-")},
	    {"two high surrogates", TEXT("&2D3YPQ-"), TEXT("&2D3YPQ-")},
	    {"high, then a letter", TEXT("&2D0A,A-"), TEXT("&2D0A,A-")},
	    {"needless shift", TEXT("&AOQ-&APw-"), TEXT("\xc3\xa4&APw-")},
	    {"raw UTF-8", TEXT("\xc3\xa4"), TEXT("\xc3\xa4")},
	    {"raw Latin-1", TEXT("a\xe4z"), TEXT("a\xef\xbf\xbdz")},
	    {"broken UTF-8", TEXT("\xe2\x82"), TEXT("\xef\xbf\xbd\xef\xbf\xbd")},
	    {"raw TAB", TEXT("a\tb"), TEXT("a\tb")},
	    {"raw DEL", TEXT("a\x7f"), TEXT("a\x7f")},
	    {"NUL", TEXT("a\0b"), TEXT("a\0b")},
	    {"bad, then good", TEXT("&&APw-"), TEXT("&\xc3\xbc")},
	    {"UTF-8 and a shift", TEXT("\xc3\xa4&APw-"), TEXT("\xc3\xa4\xc3\xbc")},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct buf buf;

		buf_init(&buf, ROOM);
		EXPECT(cases[i].name, buf_append(&buf, BYTES("kept")) == ST_OK);
		EXPECT(cases[i].name, imap_mutf7_decode(cases[i].text, &buf) == ST_SYNTAX);
		EXPECT(cases[i].name, bytes_equal(buf_bytes(&buf), BYTES("kept")));
		buf_clear(&buf);
		EXPECT(cases[i].name, imap_mutf7_decode_lenient(cases[i].text, &buf) == ST_OK);
		EXPECT(cases[i].name, bytes_equal(buf_bytes(&buf), cases[i].lenient));
		buf_fini(&buf);
	}
}

static void
test_only_utf8_is_encoded(void **state)
{
	static const struct bytes cases[] = {TEXT("a\xe4"), TEXT("\xe2\x82"),
	    TEXT("\xed\xa0\x80"), TEXT("\xc0\xaf"), TEXT("\xc3\xa4\xff")};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct buf buf;

		buf_init(&buf, ROOM);
		assert_int_equal(buf_append(&buf, BYTES("kept")), ST_OK);
		assert_int_equal(imap_mutf7_encode(cases[i], &buf), ST_SYNTAX);
		assert_true(bytes_equal(buf_bytes(&buf), BYTES("kept")));
		buf_fini(&buf);
	}
}

static void
test_too_little_room_leaves_the_buffer(void **state)
{
	struct bytes name = BYTES("a&AOQ-&-&2D3eAA-z");
	struct bytes utf8 = BYTES("a\xc3\xa4&\xf0\x9f\x98\x80z");
	struct buf buf;

	(void)state;
	for (size_t room = 0; room < name.size; room++) {
		buf_init(&buf, 1 + room);
		assert_int_equal(buf_append(&buf, BYTES("k")), ST_OK);
		assert_int_equal(imap_mutf7_encode(utf8, &buf), ST_LIMIT);
		assert_true(bytes_equal(buf_bytes(&buf), BYTES("k")));
		if (room < utf8.size) {
			assert_int_equal(imap_mutf7_decode(name, &buf), ST_LIMIT);
			assert_int_equal(imap_mutf7_decode_lenient(name, &buf), ST_LIMIT);
			assert_true(bytes_equal(buf_bytes(&buf), BYTES("k")));
		}
		buf_fini(&buf);
	}
}

static size_t
random_text(struct prng *prng, uint8_t *out)
{
	static const uint32_t limits[] = {0x7f, 0x7f, 0x7ff, 0xffff, 0x10ffff};
	size_t size = 0;

	for (uint64_t n = prng_below(prng, 30); n > 0; n--) {
		uint32_t limit = limits[prng_below(prng, COUNT_OF(limits))];
		uint32_t code = (uint32_t)prng_below(prng, limit + 1);

		if (prng_below(prng, 12) == 0)
			code = '&';
		size += utf8_encode(code, out + size);
	}
	return size;
}

static void
test_random_names_come_back(void **state)
{
	struct prng prng;

	(void)state;
	prng_init(&prng, 23);
	for (int round = 0; round < 20000; round++) {
		uint8_t utf8[200];
		struct bytes text = bytes_of(utf8, random_text(&prng, utf8));
		struct buf name, again;

		buf_init(&name, ROOM);
		buf_init(&again, ROOM);
		assert_int_equal(imap_mutf7_encode(text, &name), ST_OK);
		for (size_t i = 0; i < name.size; i++)
			assert_in_range(buf_bytes(&name).data[i], 0x20, 0x7e);
		assert_int_equal(imap_mutf7_decode(buf_bytes(&name), &again), ST_OK);
		assert_true(bytes_equal(buf_bytes(&again), text));
		buf_fini(&name);
		buf_fini(&again);
	}
}

/* Strictness in one law: what decodes is what its meaning encodes to. */
static void
test_whatever_decodes_is_canonical(void **state)
{
	static const char letters[] = "&&&---AAAaPpwQ2D3e,+/ \xc3\xa4";
	struct prng prng;
	int valid = 0;

	(void)state;
	prng_init(&prng, 29);
	for (int round = 0; round < 200000; round++) {
		uint8_t octets[12];
		struct bytes name = bytes_of(octets, (size_t)prng_below(&prng, 12));
		struct buf utf8, again;

		for (size_t i = 0; i < name.size; i++)
			octets[i] = (uint8_t)letters[prng_below(&prng, sizeof(letters) - 1)];
		buf_init(&utf8, ROOM);
		buf_init(&again, ROOM);
		if (imap_mutf7_decode(name, &utf8) == ST_OK) {
			valid++;
			assert_int_equal(imap_mutf7_encode(buf_bytes(&utf8), &again), ST_OK);
			assert_true(bytes_equal(buf_bytes(&again), name));
			buf_clear(&again);
			assert_int_equal(imap_mutf7_decode_lenient(name, &again), ST_OK);
			assert_true(bytes_equal(buf_bytes(&again), buf_bytes(&utf8)));
		} else {
			assert_int_equal(imap_mutf7_decode_lenient(name, &again), ST_OK);
			assert_true(utf8_is_valid(buf_bytes(&again)));
		}
		buf_fini(&utf8);
		buf_fini(&again);
	}
	assert_true(valid > 1000);
}

/* The C library's own UTF-7-IMAP, where it has one. */
static void
test_the_c_library_encodes_alike(void **state)
{
	iconv_t oracle = iconv_open("UTF-7-IMAP", "UTF-8");
	struct prng prng;

	(void)state;
	if (oracle == (iconv_t)(intptr_t)-1)
		skip();
	prng_init(&prng, 31);
	for (int round = 0; round < 20000; round++) {
		char utf8[200], expected[2000];
		size_t size = random_text(&prng, (uint8_t *)utf8);
		struct bytes text = bytes_of(utf8, size);
		char *in = utf8, *out = expected;
		size_t in_left = size, out_left = sizeof(expected);
		struct buf name;

		assert_int_equal(iconv(oracle, &in, &in_left, &out, &out_left), 0);
		assert_int_equal(iconv(oracle, NULL, NULL, &out, &out_left), 0);
		buf_init(&name, ROOM);
		assert_int_equal(imap_mutf7_encode(text, &name), ST_OK);
		assert_true(bytes_equal(
		    buf_bytes(&name), bytes_of(expected, sizeof(expected) - out_left)));
		buf_fini(&name);
	}
	iconv_close(oracle);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_names_and_their_canonical_forms),
	    cmocka_unit_test(test_what_is_not_canonical),
	    cmocka_unit_test(test_only_utf8_is_encoded),
	    cmocka_unit_test(test_too_little_room_leaves_the_buffer),
	    cmocka_unit_test(test_random_names_come_back),
	    cmocka_unit_test(test_whatever_decodes_is_canonical),
	    cmocka_unit_test(test_the_c_library_encodes_alike),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
