/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/prng.h"
#include "wire/imap/frame.h"

enum {
	LINE_SIZE_MAX = 200,
	NESTING_MAX = 10,
	OUT_SIZE_MAX = 65536,
	SEEDS = 200
};

/* Where the stream is cut: every `step` octets, or once at `at`, or by `prng`, or nowhere. */
struct cuts {
	size_t step;
	size_t at;
	struct prng *prng;
};

/* What is told is written as "[response]", a body as "<kind uid size:octets>". */
static const struct {
	const char *name;
	struct bytes input, told;
} cases[] = {
    {"a line", TEXT("* OK hi\r\n"), TEXT("[* OK hi\r\n]")},
    {"a line that ends in LF alone", TEXT("* OK hi\n"), TEXT("[* OK hi\n]")},
    {"an empty line", TEXT("\r\n"), TEXT("[\r\n]")},
    {"CR inside a line", TEXT("* OK a\rb\r\n"), TEXT("[* OK a\rb\r\n]")},
    {"NUL and 8-bit octets", TEXT("* OK \0\xff\r\n"), TEXT("[* OK \0\xff\r\n]")},
    {"two lines", TEXT("* OK a\r\nA1 OK b\r\n"), TEXT("[* OK a\r\n][A1 OK b\r\n]")},
    {"a small literal", TEXT("* LIST () \"/\" {5}\r\na\r\nb\n\r\n"),
	TEXT("[* LIST () \"/\" {5}\r\na\r\nb\n\r\n]")},
    {"an empty literal", TEXT("* LIST () \"/\" {0}\r\n\r\n"),
	TEXT("[* LIST () \"/\" {0}\r\n\r\n]")},
    {"a literal8", TEXT("* LIST () \"/\" ~{1}\r\n\n\r\n"),
	TEXT("[* LIST () \"/\" ~{1}\r\n\n\r\n]")},
    {"two literals of one response", TEXT("* STATUS {1}\r\n\n ({2}\r\n\r\n 1)\r\n"),
	TEXT("[* STATUS {1}\r\n\n ({2}\r\n\r\n 1)\r\n]")},
    {"a literal that announces one", TEXT("* LIST () \"/\" {5}\r\n{9}\r\n\r\n* NO x\r\n"),
	TEXT("[* LIST () \"/\" {5}\r\n{9}\r\n\r\n][* NO x\r\n]")},
    {"braces at the end of a text", TEXT("* OK {5}\r\n* NO x\r\n"),
	TEXT("[* OK {5}\r\n][* NO x\r\n]")},
    {"braces behind a tag", TEXT("A1 OK {5}\r\n* NO x\r\n"),
	TEXT("[A1 OK {5}\r\n][* NO x\r\n]")},
    {"braces in a continuation", TEXT("+ {5}\r\n* NO x\r\n"), TEXT("[+ {5}\r\n][* NO x\r\n]")},
    {"braces in quotes", TEXT("* LIST () \"/\" \"{5}\"\r\n* NO x\r\n"),
	TEXT("[* LIST () \"/\" \"{5}\"\r\n][* NO x\r\n]")},
    {"braces behind an open quote", TEXT("* LIST () \"/\" \"{5}\r\n* NO x\r\n"),
	TEXT("[* LIST () \"/\" \"{5}\r\n][* NO x\r\n]")},
    {"braces around no number", TEXT("* LIST () \"/\" {x}\r\n* NO x\r\n"),
	TEXT("[* LIST () \"/\" {x}\r\n][* NO x\r\n]")},
    {"a body", TEXT("* 1 FETCH (UID 7 BODY[] {5}\r\na\r\nb\n)\r\n"),
	TEXT("<1 7 5:a\r\nb\n>[* 1 FETCH (UID 7 BODY[] {5}\r\n)\r\n@29+5]")},
    {"a body that looks like responses",
	TEXT("* 1 FETCH (UID 7 BODY[] {14}\r\n)\r\nA1 OK {9}\r\n)\r\n* NO x\r\n"),
	TEXT("<1 7 14:)\r\nA1 OK {9}\r\n>[* 1 FETCH (UID 7 BODY[] {14}\r\n)\r\n@30+14]"
	     "[* NO x\r\n]")},
    {"a body before its UID", TEXT("* 1 FETCH (BODY[] {1}\r\na UID 7)\r\n"),
	TEXT("<1 0 1:a>[* 1 FETCH (BODY[] {1}\r\n UID 7)\r\n@23+1]")},
    {"an empty body", TEXT("* 1 FETCH (UID 7 BODY[] {0}\r\n)\r\n"),
	TEXT("<1 7 0:>[* 1 FETCH (UID 7 BODY[] {0}\r\n)\r\n@29+0]")},
    {"header fields", TEXT("* 1 FETCH (UID 7 BODY[HEADER.FIELDS (DATE)] {2}\r\n\r\n)\r\n"),
	TEXT("<2 7 2:\r\n>[* 1 FETCH (UID 7 BODY[HEADER.FIELDS (DATE)] {2}\r\n)\r\n@49+2]")},
    {"a body that nobody asked for", TEXT("* 1 FETCH (RFC822 {1}\r\na)\r\n"),
	TEXT("<3 0 1:a>[* 1 FETCH (RFC822 {1}\r\n)\r\n@23+1]")},
    {"two bodies", TEXT("* 1 FETCH (BODY[] {1}\r\na BODY[TEXT] {2}\r\nbc)\r\n"),
	TEXT("<1 0 1:a><3 0 2:bc>"
	     "[* 1 FETCH (BODY[] {1}\r\n BODY[TEXT] {2}\r\n)\r\n@23+1@40+2]")},
    {"small letters", TEXT("* 1 fetch (uid 7 body[] {1}\r\na)\r\n"),
	TEXT("<1 7 1:a>[* 1 fetch (uid 7 body[] {1}\r\n)\r\n@29+1]")},
    {"a body in quotes", TEXT("* 1 FETCH (UID 7 BODY[] \"a\")\r\n"),
	TEXT("[* 1 FETCH (UID 7 BODY[] \"a\")\r\n]")},
    {"a literal that is no body", TEXT("* 1 FETCH (ENVELOPE ({3}\r\na\r\n) UID 7)\r\n"),
	TEXT("[* 1 FETCH (ENVELOPE ({3}\r\na\r\n) UID 7)\r\n]")},
    {"a body's name as a value", TEXT("* 1 FETCH (X BODY[] Y {1}\r\na)\r\n"),
	TEXT("[* 1 FETCH (X BODY[] Y {1}\r\na)\r\n]")},
    {"a body's name in a list", TEXT("* 1 FETCH (X (BODY[] {1}\r\na))\r\n"),
	TEXT("[* 1 FETCH (X (BODY[] {1}\r\na))\r\n]")},
    {"a list in place of a body", TEXT("* 1 FETCH (BODY[] ({1}\r\na))\r\n"),
	TEXT("[* 1 FETCH (BODY[] ({1}\r\na))\r\n]")},
    {"a literal in place of a key", TEXT("* 1 FETCH (BODY[] NIL {1}\r\na NIL)\r\n"),
	TEXT("[* 1 FETCH (BODY[] NIL {1}\r\na NIL)\r\n]")},
    {"a body outside FETCH", TEXT("* 1 STORE (BODY[] {1}\r\na)\r\n"),
	TEXT("[* 1 STORE (BODY[] {1}\r\na)\r\n]")},
    {"a quoted word that announces", TEXT("* \"5\" FETCH (BODY[] {1}\r\na)\r\n"),
	TEXT("[* \"5\" FETCH (BODY[] {1}\r\n][a)\r\n]")},
    {"an open quote that announces", TEXT("* \"5 FETCH (BODY[] {1}\r\na)\r\n"),
	TEXT("[* \"5 FETCH (BODY[] {1}\r\n][a)\r\n]")},
    {"a number that is a sign", TEXT("* -5 FETCH (BODY[] {1}\r\na)\r\n"),
	TEXT("[* -5 FETCH (BODY[] {1}\r\na)\r\n]")},
    {"a number that is none", TEXT("* 5x FETCH (UID 7 BODY[] {1}\r\na)\r\n"),
	TEXT("<1 7 1:a>[* 5x FETCH (UID 7 BODY[] {1}\r\n)\r\n@30+1]")},
    {"FETCH without parentheses", TEXT("* 5 FETCH UID 7 BODY[] {1}\r\na\r\n"),
	TEXT("[* 5 FETCH UID 7 BODY[] {1}\r\na\r\n]")},
    {"a quoted key", TEXT("* 5 FETCH (\"BODY[]\" {1}\r\na UID 7)\r\n"),
	TEXT("[* 5 FETCH (\"BODY[]\" {1}\r\na UID 7)\r\n]")},
    {"a UID that is quoted", TEXT("* 5 FETCH (UID \"7\" BODY[] {1}\r\na)\r\n"),
	TEXT("<1 0 1:a>[* 5 FETCH (UID \"7\" BODY[] {1}\r\n)\r\n@31+1]")},
    {"a UID that is none", TEXT("* 5 FETCH (UID x BODY[] {1}\r\na)\r\n"),
	TEXT("<1 0 1:a>[* 5 FETCH (UID x BODY[] {1}\r\n)\r\n@29+1]")},
    {"FETCH without a number", TEXT("* X FETCH (BODY[] {1}\r\na)\r\n"),
	TEXT("[* X FETCH (BODY[] {1}\r\na)\r\n]")},
    {"a UID of the response before",
	TEXT("* 1 FETCH (UID 7 BODY[] {1}\r\na)\r\n* 2 FETCH (BODY[] {1}\r\nb)\r\n"),
	TEXT("<1 7 1:a>[* 1 FETCH (UID 7 BODY[] {1}\r\n)\r\n@29+1]"
	     "<1 0 1:b>[* 2 FETCH (BODY[] {1}\r\n)\r\n@23+1]")},
};

static void
write_part(const struct imap_frame *frame, const struct imap_part *part, bool *is_told,
    struct buf *out)
{
	enum status status = ST_OK;

	switch (part->kind) {
	case IMAP_PART_NONE:
		break;
	case IMAP_PART_RESPONSE:
		assert_true(imap_frame_is_idle(frame));
		status = buf_append(out, BYTES("["));
		if (status == ST_OK)
			status = buf_append(out, part->octets);
		for (size_t i = 0; i < frame->streams.count && status == ST_OK; i++)
			status = buf_print(out, "@%zu+%d", frame->streams.items[i].offset,
			    (int)frame->streams.items[i].size);
		if (status == ST_OK)
			status = buf_append(out, BYTES("]"));
		break;
	case IMAP_PART_BODY_BEGIN:
		status =
		    buf_print(out, "<%d %u %d:", (int)part->body, part->uid, (int)part->size);
		break;
	case IMAP_PART_BODY_DATA:
		status = buf_append(out, part->octets);
		break;
	case IMAP_PART_BODY_END:
		status = buf_append(out, BYTES(">"));
		break;
	}
	assert_int_equal(status, ST_OK);
	*is_told = part->kind != IMAP_PART_NONE;
}

static size_t
next_size(const struct cuts *cuts, size_t position, size_t left)
{
	size_t size = left;

	if (cuts->prng != NULL)
		size = 1 + (size_t)prng_below(cuts->prng, 12);
	else if (cuts->step > 0)
		size = cuts->step;
	else if (position < cuts->at)
		size = cuts->at - position;
	return size < left ? size : left;
}

/* One piece of the stream, in memory of just its size, so that nothing is read behind it. */
static enum status
feed(struct imap_frame *frame, struct bytes piece, struct buf *out, struct fault *fault)
{
	uint8_t *copy = malloc(piece.size);
	struct bytes rest = bytes_of(copy, piece.size);
	enum status status;
	bool is_told = true;

	CHECK(copy != NULL);
	memcpy(copy, piece.data, piece.size);
	do {
		struct imap_part part = {.kind = IMAP_PART_NONE};
		size_t used = 0;

		status = imap_frame_feed(frame, rest, &used, &part, fault);
		if (status != ST_OK)
			break;
		write_part(frame, &part, &is_told, out);
		rest = bytes_skip(rest, used);
	} while (is_told);
	if (status == ST_OK)
		assert_int_equal(rest.size, 0);
	free(copy);
	return status;
}

static enum status
play(struct imap_frame *frame, struct bytes input, const struct cuts *cuts, struct buf *out,
    struct fault *fault)
{
	enum status status = ST_OK;
	size_t position = 0;

	while (position < input.size && status == ST_OK) {
		size_t size = next_size(cuts, position, input.size - position);

		status =
		    feed(frame, bytes_first(bytes_skip(input, position), size), out, fault);
		position += size;
	}
	return status;
}

static void
expect_told(const char *name, struct bytes input, struct bytes told, const struct cuts *cuts)
{
	struct imap_frame frame;
	struct fault fault = {0};
	struct buf out;

	imap_frame_init(&frame, LINE_SIZE_MAX, NESTING_MAX);
	buf_init(&out, OUT_SIZE_MAX);
	EXPECT(name, play(&frame, input, cuts, &out, &fault) == ST_OK);
	if (!bytes_equal(buf_bytes(&out), told))
		fail_msg("case \"%s\" (step %zu, cut at %zu): told\n%.*s\ninstead of\n%.*s",
		    name, cuts->step, cuts->at, (int)out.size,
		    (const char *)buf_bytes(&out).data, (int)told.size,
		    (const char *)told.data);
	EXPECT(name, imap_frame_is_idle(&frame));
	buf_fini(&out);
	imap_frame_fini(&frame);
}

static void
test_whole_and_cut_in_two_at_every_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		for (size_t at = 0; at < cases[i].input.size; at++) {
			const struct cuts cuts = {.at = at};

			expect_told(cases[i].name, cases[i].input, cases[i].told, &cuts);
		}
	}
}

static void
test_octet_by_octet(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		for (size_t step = 1; step < 4; step++) {
			const struct cuts cuts = {.step = step};

			expect_told(cases[i].name, cases[i].input, cases[i].told, &cuts);
		}
	}
}

/* All cases as one stream, so that nothing of one response is left for the next. */
static void
test_all_in_a_row_at_random_cuts(void **state)
{
	struct buf input, told;

	(void)state;
	buf_init(&input, OUT_SIZE_MAX);
	buf_init(&told, OUT_SIZE_MAX);
	for (size_t round = 0; round < 2; round++) {
		for (size_t i = 0; i < COUNT_OF(cases); i++) {
			size_t k = round == 0 ? i : COUNT_OF(cases) - 1 - i;

			assert_int_equal(buf_append(&input, cases[k].input), ST_OK);
			assert_int_equal(buf_append(&told, cases[k].told), ST_OK);
		}
	}
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct prng prng;
		const struct cuts cuts = {.prng = &prng};

		prng_init(&prng, seed);
		expect_told("all of them", buf_bytes(&input), buf_bytes(&told), &cuts);
	}
	buf_fini(&input);
	buf_fini(&told);
}

/* A response that has begun and not ended is not idle; the owner knows a broken one by that. */
static void
test_idle_between_responses_only(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct cuts whole = {0};

		for (size_t size = 0; size <= cases[i].input.size; size++) {
			struct imap_frame frame;
			struct buf out;
			bool is_between;

			imap_frame_init(&frame, LINE_SIZE_MAX, NESTING_MAX);
			buf_init(&out, OUT_SIZE_MAX);
			assert_int_equal(
			    play(&frame, bytes_first(cases[i].input, size), &whole, &out, NULL),
			    ST_OK);
			/* Whole parts that came before give back what came in. */
			is_between = size == 0 ||
			    (bytes_start_with(cases[i].told, buf_bytes(&out)) && out.size > 0 &&
				buf_bytes(&out).data[out.size - 1] == ']' &&
				cases[i].input.data[size - 1] == '\n');
			EXPECT(cases[i].name, imap_frame_is_idle(&frame) == is_between);
			buf_fini(&out);
			imap_frame_fini(&frame);
		}
	}
}

/* Limits count what is gathered: lines and small literals, not bodies. */
static void
test_limits(void **state)
{
	static const struct {
		const char *name;
		struct bytes input;
		enum status status;
		const char *sentence;
	} limits[] = {
	    {"a line that just fits", TEXT("* OK 345678901234567890123456789012345678\r\n"),
		ST_OK, NULL},
	    {"a line of one octet more", TEXT("* OK 3456789012345678901234567890123456789\r\n"),
		ST_LIMIT, "response that is too long"},
	    {"a line without an end", TEXT("* OK 345678901234567890123456789012345678901"),
		ST_LIMIT, "response that is too long"},
	    {"a literal that just fits",
		TEXT("* LIST () \"/\" {21}\r\n123456789012345678901\r\n"), ST_OK, NULL},
	    {"a literal that does not", TEXT("* LIST () \"/\" {24}\r\n"), ST_LIMIT,
		"string that is too long"},
	    {"a literal that is huge", TEXT("* LIST () \"/\" {4294967295}\r\n"), ST_LIMIT,
		"string that is too long"},
	    {"a line behind a literal",
		TEXT("* LIST () \"/\" {22}\r\n1234567890123456789012 x"), ST_LIMIT,
		"response that is too long"},
	    {"a body has no limit",
		TEXT("* 1 FETCH (BODY[] {60}\r\n123456789012345678901234567890"
		     "123456789012345678901234567890)\r\n"),
		ST_OK, NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(limits); i++) {
		for (size_t step = 0; step < 3; step++) {
			const struct cuts cuts = {.step = step};
			struct imap_frame frame;
			struct fault fault = {0};
			struct buf out;

			imap_frame_init(&frame, 43, NESTING_MAX);
			buf_init(&out, OUT_SIZE_MAX);
			EXPECT(limits[i].name,
			    play(&frame, limits[i].input, &cuts, &out, &fault) ==
				limits[i].status);
			if (limits[i].sentence != NULL)
				EXPECT(limits[i].name,
				    strstr(fault.text, limits[i].sentence) != NULL);
			EXPECT(limits[i].name,
			    fault_is_set(&fault) == (limits[i].status != ST_OK));
			buf_fini(&out);
			imap_frame_fini(&frame);
		}
	}
}

static void
test_too_many_bodies(void **state)
{
	struct bytes body = BYTES("BODY[] {1}\r\na ");

	(void)state;
	for (size_t count = IMAP_STREAMS_MAX; count <= IMAP_STREAMS_MAX + 1; count++) {
		const struct cuts whole = {0};
		struct imap_frame frame;
		struct fault fault = {0};
		struct buf input, out;
		enum status status = count > IMAP_STREAMS_MAX ? ST_LIMIT : ST_OK;

		imap_frame_init(&frame, LINE_SIZE_MAX, NESTING_MAX);
		buf_init(&out, OUT_SIZE_MAX);
		buf_init(&input, OUT_SIZE_MAX);
		assert_int_equal(buf_append(&input, BYTES("* 1 FETCH (")), ST_OK);
		for (size_t i = 0; i < count; i++)
			assert_int_equal(buf_append(&input, body), ST_OK);
		assert_int_equal(buf_append(&input, BYTES("UID 7)\r\n")), ST_OK);
		assert_int_equal(play(&frame, buf_bytes(&input), &whole, &out, &fault), status);
		assert_int_equal(fault.status, status);
		buf_fini(&input);
		buf_fini(&out);
		imap_frame_fini(&frame);
	}
}

static void
test_a_failure_leaves_outputs_alone(void **state)
{
	struct imap_frame frame;
	struct imap_part part = {.kind = IMAP_PART_BODY_END, .uid = 99};
	struct fault fault = {0};
	size_t used = 77;

	(void)state;
	imap_frame_init(&frame, 4, NESTING_MAX);
	assert_int_equal(
	    imap_frame_feed(&frame, BYTES("* OK\r\n"), &used, &part, &fault), ST_LIMIT);
	assert_int_equal(used, 77);
	assert_int_equal(part.kind, IMAP_PART_BODY_END);
	assert_int_equal(part.uid, 99);
	imap_frame_fini(&frame);
}

/* The hot path: no copy of a line that lies whole in the input, nor of a body. */
static void
test_what_lies_whole_is_not_copied(void **state)
{
	struct bytes input = BYTES("* OK hi\r\n* 1 FETCH (BODY[] {3}\r\nabc)\r\n");
	struct imap_frame frame;
	struct imap_part part;
	size_t used;

	(void)state;
	imap_frame_init(&frame, LINE_SIZE_MAX, NESTING_MAX);
	assert_int_equal(imap_frame_feed(&frame, input, &used, &part, NULL), ST_OK);
	assert_int_equal(part.kind, IMAP_PART_RESPONSE);
	assert_ptr_equal(part.octets.data, input.data);
	input = bytes_skip(input, used);
	assert_int_equal(imap_frame_feed(&frame, input, &used, &part, NULL), ST_OK);
	assert_int_equal(part.kind, IMAP_PART_BODY_BEGIN);
	input = bytes_skip(input, used);
	assert_int_equal(imap_frame_feed(&frame, input, &used, &part, NULL), ST_OK);
	assert_int_equal(part.kind, IMAP_PART_BODY_DATA);
	assert_ptr_equal(part.octets.data, input.data);
	assert_int_equal(part.octets.size, 3);
	imap_frame_fini(&frame);
}

/* For the trace: each body's own digest, from the next body on once it was asked for. */
static void
test_digests_of_bodies(void **state)
{
	struct bytes input = BYTES("* 1 FETCH (BODY[] {3}\r\nabc BODY[TEXT] {0}\r\n)\r\n");
	static const char *const digests[] = {
	    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
	    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	};

	(void)state;
	for (size_t step = 0; step < 3; step++) {
		const struct cuts cuts = {.step = step};
		struct imap_frame frame;
		struct buf out;

		imap_frame_init(&frame, LINE_SIZE_MAX, NESTING_MAX);
		frame.is_digesting = true;
		buf_init(&out, OUT_SIZE_MAX);
		/* Without the last octet: the next feed would forget the bodies. */
		assert_int_equal(
		    play(&frame, bytes_first(input, input.size - 1), &cuts, &out, NULL), ST_OK);
		assert_int_equal(frame.streams.count, COUNT_OF(digests));
		for (size_t i = 0; i < COUNT_OF(digests); i++) {
			char hex[DIGEST_HEX_SIZE];

			assert_string_equal(
			    digest_hex(&frame.streams.items[i].digest, hex), digests[i]);
		}
		buf_fini(&out);
		imap_frame_fini(&frame);
	}
}

static void
test_kinds_of_bodies(void **state)
{
	static const struct {
		const char *key;
		enum imap_body_kind kind;
	} keys[] = {
	    {"BODY[]", IMAP_BODY_ALL},
	    {"body[]", IMAP_BODY_ALL},
	    {"BODY[HEADER.FIELDS (DATE)]", IMAP_BODY_HEADER_FIELDS},
	    {"BODY[HEADER.FIELDS.NOT (DATE)]", IMAP_BODY_OTHER},
	    {"BODY[HEADER]", IMAP_BODY_OTHER},
	    {"BODY[]<0>", IMAP_BODY_OTHER},
	    {"BINARY[1]", IMAP_BODY_OTHER},
	    {"RFC822", IMAP_BODY_OTHER},
	    {"RFC822.TEXT", IMAP_BODY_OTHER},
	    {"RFC822.SIZE", IMAP_BODY_NONE},
	    {"BODY", IMAP_BODY_NONE},
	    {"BODYSTRUCTURE", IMAP_BODY_NONE},
	    {"UID", IMAP_BODY_NONE},
	    {"", IMAP_BODY_NONE},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(keys); i++)
		EXPECT(keys[i].key,
		    imap_body_kind_of(bytes_of_string(keys[i].key)) == keys[i].kind);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_whole_and_cut_in_two_at_every_place),
	    cmocka_unit_test(test_octet_by_octet),
	    cmocka_unit_test(test_all_in_a_row_at_random_cuts),
	    cmocka_unit_test(test_idle_between_responses_only),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_too_many_bodies),
	    cmocka_unit_test(test_a_failure_leaves_outputs_alone),
	    cmocka_unit_test(test_what_lies_whole_is_not_copied),
	    cmocka_unit_test(test_digests_of_bodies),
	    cmocka_unit_test(test_kinds_of_bodies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
