/* SPDX-License-Identifier: Apache-2.0
 *
 * Two needles, a line each, and a response: its line in the trace is what a slow masking gives,
 * printable, and whole or not there; the same response is written from a client with its
 * middle concealed.
 */
#include "fuzz.h"

#include "base/check.h"
#include "base/utf8.h"
#include "wire/imap/trace.h"

enum {
	TEXT_MAX = 1000,
	TRACE_SIZE = 8192,
	SMALL_SIZE = 64
};

static struct bytes
take_line(struct bytes *rest)
{
	size_t end = bytes_find(*rest, '\n', 0);
	struct bytes line = bytes_first(*rest, end);

	*rest = bytes_skip(*rest, end + 1);
	return line;
}

/* The longest needle that stands at the start of `text`. */
static size_t
needle_size(const struct imap_needles *needles, struct bytes text)
{
	size_t size = 0;

	for (size_t i = 0; i < needles->count; i++) {
		struct bytes needle = needles->items[i];

		if (needle.size > size && bytes_start_with(text, needle))
			size = needle.size;
	}
	return size;
}

static void
show(struct bytes text, struct buf *out)
{
	while (text.size > 0) {
		size_t step = utf8_printable(text);

		if (step > 0)
			CHECK(buf_append(out, bytes_first(text, step)) == ST_OK);
		else
			CHECK(buf_print(out, "\\x%02x", text.data[0]) == ST_OK);
		text = bytes_skip(text, step > 0 ? step : 1);
	}
}

static void
mask(struct bytes text, const struct imap_needles *needles, struct buf *out)
{
	CHECK(buf_append(out, BYTES("S: ")) == ST_OK);
	while (text.size > 0) {
		size_t plain = 0;

		while (plain < text.size && needle_size(needles, bytes_skip(text, plain)) == 0)
			plain++;
		show(bytes_first(text, plain), out);
		text = bytes_skip(text, plain);
		if (text.size == 0)
			break;
		CHECK(buf_append(out, BYTES("***")) == ST_OK);
		text = bytes_skip(text, needle_size(needles, text));
	}
	CHECK(buf_append(out, BYTES("\n")) == ST_OK);
}

/* Every line is printable, has a head that we know and an end. */
static void
check_lines(struct bytes text)
{
	while (text.size > 0) {
		size_t end = bytes_find(text, '\n', 0);
		struct bytes line = bytes_first(text, end);

		CHECK(end < text.size);
		CHECK(bytes_start_with(line, BYTES("S: ")) ||
		    bytes_start_with(line, BYTES("C: ")) ||
		    bytes_start_with(line, BYTES("-- ")));
		while (line.size > 0) {
			size_t step = utf8_printable(line);

			CHECK(step > 0);
			line = bytes_skip(line, step);
		}
		text = bytes_skip(text, end + 1);
	}
}

/* Of a buffer without room nothing is left but whole lines. */
static void
check_small(struct bytes text, const struct imap_needles *needles)
{
	static const struct imap_streams none = {0};
	struct buf small;
	struct imap_trace trace = {.to = &small};

	buf_init(&small, SMALL_SIZE);
	for (int i = 0; i < 4; i++) {
		imap_trace_server(
		    &trace, bytes_first(text, (size_t)(4 - i) * 9), &none, needles);
		check_lines(buf_bytes(&small));
	}
	buf_fini(&small);
}

static void
check_concealed(struct bytes text)
{
	struct buf one, expected;
	struct imap_trace trace = {.to = &one};
	size_t size = imap_lexer_trim(text).size;
	size_t from = size / 3;
	size_t to = size - size / 3;

	buf_init(&one, TRACE_SIZE);
	buf_init(&expected, TRACE_SIZE);
	imap_trace_client(&trace, text, from, to);
	CHECK(buf_append(&expected, BYTES("C: ")) == ST_OK);
	show(bytes_first(text, from), &expected);
	if (from < to)
		CHECK(buf_append(&expected, BYTES("***")) == ST_OK);
	show(bytes_skip(imap_lexer_trim(text), to), &expected);
	CHECK(buf_append(&expected, BYTES("\n")) == ST_OK);
	CHECK(bytes_equal(buf_bytes(&one), buf_bytes(&expected)));
	buf_fini(&expected);
	buf_fini(&one);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct imap_streams none = {0};
	struct bytes text = bytes_of(data, size);
	struct imap_needles needles = {.count = 2};
	struct buf one, expected;
	struct imap_trace trace = {.to = &one};

	needles.items[0] = take_line(&text);
	needles.items[1] = take_line(&text);
	text = bytes_first(text, TEXT_MAX);
	buf_init(&one, TRACE_SIZE);
	buf_init(&expected, TRACE_SIZE);
	imap_trace_server(&trace, text, &none, &needles);
	mask(imap_lexer_trim(text), &needles, &expected);
	CHECK(bytes_equal(buf_bytes(&one), buf_bytes(&expected)));
	check_lines(buf_bytes(&one));
	check_small(text, &needles);
	check_concealed(text);
	buf_fini(&expected);
	buf_fini(&one);
	return 0;
}
