/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include <string.h>

#include "base/buf.h"
#include "base/prng.h"
#include "wire/mime/header.h"

enum {
	ROOM = 1 << 16
};

/* Writes what the scanner tells as text: "name=value;" for a field, "." for the header's end.
 * Value pieces are joined, so that the text does not depend on how they were cut. */
static enum status
tell(struct mime_header *header, struct bytes *input, struct buf *out)
{
	struct mime_header_event event;
	enum status status;

	while ((status = mime_header_next(header, input, &event)) == ST_OK) {
		switch (event.kind) {
		case MIME_HEADER_NAME:
			assert_int_equal(buf_append(out, event.bytes), ST_OK);
			if (event.is_spaced)
				assert_int_equal(buf_append(out, BYTES(" ")), ST_OK);
			assert_int_equal(
			    buf_append(out, event.is_cut ? BYTES("~=") : BYTES("=")), ST_OK);
			break;
		case MIME_HEADER_VALUE:
			assert_true(event.bytes.size > 0);
			assert_int_equal(buf_append(out, event.bytes), ST_OK);
			break;
		case MIME_HEADER_CLOSE:
			assert_int_equal(buf_append(out, BYTES(";")), ST_OK);
			break;
		case MIME_HEADER_END:
			assert_int_equal(buf_append(out, BYTES(".")), ST_OK);
			break;
		}
	}
	return status;
}

/* Scans `text` in seeded pieces of up to `piece_max` octets (0: in one piece); what is left
 * behind the header follows in brackets. */
static void
scan(struct bytes text, size_t piece_max, struct prng *prng, struct buf *out)
{
	struct mime_header header;
	enum status status = ST_AGAIN;

	mime_header_init(&header);
	while (text.size > 0 && status == ST_AGAIN) {
		size_t size =
		    piece_max == 0 ? text.size : (size_t)prng_below(prng, piece_max) + 1;
		struct bytes piece = bytes_first(text, size);
		struct bytes left = piece;

		status = tell(&header, &left, out);
		assert_true(status == ST_END || left.size == 0);
		text = bytes_skip(text, piece.size - left.size);
	}
	if (status == ST_AGAIN) {
		struct bytes nothing = {NULL, 0};

		assert_false(mime_header_has_empty_line(&header));
		mime_header_finish(&header);
		assert_int_equal(tell(&header, &nothing, out), ST_END);
		assert_int_equal(tell(&header, &nothing, out), ST_END);
	} else {
		assert_true(mime_header_has_empty_line(&header));
		assert_int_equal(buf_append(out, BYTES("[")), ST_OK);
		assert_int_equal(buf_append(out, text), ST_OK);
		assert_int_equal(buf_append(out, BYTES("]")), ST_OK);
	}
}

static const struct {
	const char *name;
	struct bytes text, told;
} cases[] = {
    {"plain", TEXT("From: a\r\nTo: b\r\n\r\nbody"), TEXT("from= a;to= b;.[body]")},
    {"bare LF", TEXT("From: a\nTo: b\n\nbody\n\n"), TEXT("from= a;to= b;.[body\n\n]")},
    {"mixed line ends", TEXT("A: 1\nB: 2\r\n\nx"), TEXT("a= 1;b= 2;.[x]")},
    {"empty", TEXT(""), TEXT(".")},
    {"only an empty line", TEXT("\r\n"), TEXT(".[]")},
    {"only LF", TEXT("\nFrom: a"), TEXT(".[From: a]")},
    {"no body", TEXT("From: a\r\n"), TEXT("from= a;.")},
    {"no line end", TEXT("From: a"), TEXT("from= a;.")},
    {"ends in a name", TEXT("A: 1\r\nFro"), TEXT("a= 1;.")},
    {"ends behind the colon", TEXT("From:"), TEXT("from=;.")},
    {"ends with CR in a value", TEXT("A: 1\r"), TEXT("a= 1\r;.")},
    {"ends with CR at a line", TEXT("A: 1\r\n\r"), TEXT("a= 1;.")},
    {"empty value", TEXT("A:\r\nB: \r\n\r\n"), TEXT("a=;b= ;.[]")},
    {"folded", TEXT("A: 1\r\n 2\r\n\t3\r\nB: 4\r\n\r\n"), TEXT("a= 1 2\t3;b= 4;.[]")},
    {"folded at once", TEXT("A:\r\n 1\r\n\r\n"), TEXT("a= 1;.[]")},
    {"folded by blanks alone", TEXT("A: 1\r\n \r\nB: 2\n\n"), TEXT("a= 1 ;b= 2;.[]")},
    {"blank before the colon", TEXT("Subject : x\r\nSubject\t : y\n\n"),
	TEXT("subject = x;subject = y;.[]")},
    {"colons in the value", TEXT("A: b:c: d\r\n\r\n"), TEXT("a= b:c: d;.[]")},
    {"no colon", TEXT("A: 1\r\nwhat is this\r\nB: 2\r\n\r\n"), TEXT("a= 1;b= 2;.[]")},
    {"no colon, continued", TEXT("junk\r\n : x\r\nB: 2\r\n\r\n"), TEXT("b= 2;.[]")},
    {"no name", TEXT(": x\r\n y\r\nB: 2\r\n\r\n"), TEXT("b= 2;.[]")},
    {"starts with a continuation", TEXT(" A: x\r\nB: 2\r\n\r\n"), TEXT("b= 2;.[]")},
    {"mbox line", TEXT("From a@b Thu Jan  1 00:00:00 1970\r\nB: 2\n\n"), TEXT("b= 2;.[]")},
    {"escaped mbox line", TEXT(">From a@b Thu Jan  1 00:00:00 1970\nB: 2\n\n"),
	TEXT("b= 2;.[]")},
    {"bare CR in a value", TEXT("A: 1\r2\r\r3\r\n\r\n"), TEXT("a= 1\r2\r\r3;.[]")},
    {"CR CR LF", TEXT("A: 1\r\r\nB: 2\r\n\r\n"), TEXT("a= 1\r;b= 2;.[]")},
    {"CR CR LF is no empty line", TEXT("A: 1\r\n\r\r\nB: 2\r\n\r\n"), TEXT("a= 1;b= 2;.[]")},
    {"CR and a blank is no continuation", TEXT("A: 1\r\n\r x\r\nB: 2\n\n"),
	TEXT("a= 1;b= 2;.[]")},
    {"NUL and 8-bit", TEXT("A: \0\xe4\r\nB\xe4: 2\n\n"), TEXT("a= \0\xe4;b\xe4= 2;.[]")},
    {"a name that just fits",
	TEXT("X234567890123456789012345678901234567890"
	     "1234567890123456789012345678901234567: v\n\n"),
	TEXT("x234567890123456789012345678901234567890"
	     "1234567890123456789012345678901234567= v;.[]")},
    {"a name that is cut",
	TEXT("X234567890123456789012345678901234567890"
	     "12345678901234567890123456789012345678: v\n\n"),
	TEXT("x234567890123456789012345678901234567890"
	     "1234567890123456789012345678901234567~= v;.[]")},
};

/* In one piece, octet by octet, and in random pieces. */
static void
test_headers_whole_and_in_all_cuts(void **state)
{
	struct prng prng;

	(void)state;
	prng_init(&prng, 43);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct bytes text = cases[i].text;

		for (size_t round = 0; round < 60; round++) {
			struct buf out;

			buf_init(&out, ROOM);
			scan(text, round < 2 ? round : 7, &prng, &out);
			EXPECT(cases[i].name, bytes_equal(buf_bytes(&out), cases[i].told));
			buf_fini(&out);
		}
	}
}

static void
test_random_octets_do_not_depend_on_the_cuts(void **state)
{
	static const char letters[] = "\r\r\n\n: \tAb\xe4";
	struct prng prng;

	(void)state;
	prng_init(&prng, 47);
	for (int round = 0; round < 20000; round++) {
		uint8_t octets[24];
		struct bytes text = bytes_of(octets, (size_t)prng_below(&prng, 24));
		struct buf bytewise, pieces;

		for (size_t i = 0; i < text.size; i++)
			octets[i] = (uint8_t)letters[prng_below(&prng, sizeof(letters) - 1)];
		buf_init(&bytewise, ROOM);
		buf_init(&pieces, ROOM);
		scan(text, 1, &prng, &bytewise);
		scan(text, 0, &prng, &pieces);
		assert_true(bytes_equal(buf_bytes(&bytewise), buf_bytes(&pieces)));
		buf_fini(&bytewise);
		buf_fini(&pieces);
	}
}

/* A million fields in 10 MB: all are told, and the scanner is a value of fixed size. */
static void
test_a_million_fields(void **state)
{
	struct mime_header header;
	uint64_t names = 0, closes = 0, octets = 0;

	(void)state;
	mime_header_init(&header);
	for (int i = 0; i < 1000000; i++) {
		struct bytes input = BYTES("X-A: 1234\n");
		struct mime_header_event event;

		while (mime_header_next(&header, &input, &event) == ST_OK) {
			names += event.kind == MIME_HEADER_NAME;
			closes += event.kind == MIME_HEADER_CLOSE;
			octets += event.kind == MIME_HEADER_VALUE ? event.bytes.size : 0;
		}
	}
	assert_int_equal(names, 1000000);
	assert_int_equal(closes, 999999);
	assert_int_equal(octets, 5000000);
}

/* 10 MB of line ends, of CR, and of one value in one piece: linear, not quadratic. */
static void
test_huge_pieces(void **state)
{
	enum {
		SIZE = 10000000
	};
	static uint8_t octets[SIZE];
	static const struct {
		const char *name, *start;
		uint8_t fill;
		uint64_t value_size;
	} fills[] = {
	    {"one long value", "A:", 'x', SIZE - 2},
	    {"CR all over", "A:", '\r', SIZE - 2},
	    {"one long name", "A", 'x', 0},
	    {"no colon, CR", "A ", '\r', 0},
	    {"folds of nothing", "A:\n ", ' ', SIZE - 3},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(fills); i++) {
		struct bytes input = bytes_of(octets, SIZE);
		struct mime_header_event event;
		struct mime_header header;
		uint64_t size = 0;

		memset(octets, fills[i].fill, SIZE);
		memcpy(octets, fills[i].start, strlen(fills[i].start));
		mime_header_init(&header);
		while (mime_header_next(&header, &input, &event) == ST_OK)
			size += event.kind == MIME_HEADER_VALUE ? event.bytes.size : 0;
		mime_header_finish(&header);
		while (mime_header_next(&header, &input, &event) == ST_OK)
			size += event.kind == MIME_HEADER_VALUE ? event.bytes.size : 0;
		EXPECT(fills[i].name, size == fills[i].value_size);
	}
}

static void
test_8bit_octets_are_noticed_in_the_header_only(void **state)
{
	static const struct {
		const char *name;
		struct bytes text;
		bool has_8bit;
	} texts[] = {
	    {"in a value", TEXT("A: \xe4\n\n"), true},
	    {"in a name", TEXT("\xe4: x\n\n"), true},
	    {"in no field", TEXT("a \xe4\n\n"), true},
	    {"behind the header", TEXT("A: x\n\n\xe4"), false},
	    {"nowhere", TEXT("A: x\x7f\n\nx"), false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct bytes input = texts[i].text;
		struct mime_header_event event;
		struct mime_header header;

		mime_header_init(&header);
		while (mime_header_next(&header, &input, &event) == ST_OK)
			continue;
		EXPECT(texts[i].name, mime_header_has_8bit(&header) == texts[i].has_8bit);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_headers_whole_and_in_all_cuts),
	    cmocka_unit_test(test_random_octets_do_not_depend_on_the_cuts),
	    cmocka_unit_test(test_a_million_fields),
	    cmocka_unit_test(test_huge_pieces),
	    cmocka_unit_test(test_8bit_octets_are_noticed_in_the_header_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
