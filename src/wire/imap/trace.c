/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/imap/trace.h"

#include <inttypes.h>
#include <string.h>

#include "base/utf8.h"

/* One line being written. The first failure sticks and takes the line back. */
struct writer {
	struct buf *to;
	size_t start;
	enum status status;
};

static void
put(struct writer *writer, struct bytes text)
{
	if (writer->status == ST_OK)
		writer->status = buf_append(writer->to, text);
}

/* Printable text as it is, everything else as "\x1b". */
static void
put_visible(struct writer *writer, struct bytes text)
{
	while (text.size > 0 && writer->status == ST_OK) {
		size_t step = utf8_printable(text);

		if (writer->to->size - writer->start > IMAP_TRACE_LINE_MAX) {
			writer->status = buf_print(writer->to, "… (%zu more)", text.size);
			return;
		}
		if (step > 0) {
			put(writer, bytes_first(text, step));
		} else {
			writer->status = buf_print(writer->to, "\\x%02x", text.data[0]);
			step = 1;
		}
		text = bytes_skip(text, step);
	}
}

static struct writer
line_begin(struct imap_trace *trace, struct bytes head)
{
	struct writer writer = {.to = trace->to, .start = trace->to->size};

	if (trace->lost > 0)
		writer.status = buf_print(
		    trace->to, "-- %" PRIu64 " lines did not fit here\n", trace->lost);
	put(&writer, head);
	return writer;
}

static void
line_end(struct imap_trace *trace, struct writer *writer)
{
	put(writer, BYTES("\n"));
	if (writer->status == ST_OK) {
		trace->lost = 0;
		return;
	}
	buf_truncate(trace->to, writer->start);
	trace->lost++;
}

void
imap_trace_client(
    struct imap_trace *trace, struct bytes line, size_t secret_from, size_t secret_to)
{
	struct writer writer;
	struct bytes shown = imap_lexer_trim(line);

	if (trace->to == NULL)
		return;
	writer = line_begin(trace, BYTES("C: "));
	if (secret_from == secret_to) {
		put_visible(&writer, shown);
	} else {
		put_visible(&writer, bytes_first(shown, secret_from));
		put(&writer, BYTES("***"));
		put_visible(&writer, bytes_skip(shown, secret_to));
	}
	line_end(trace, &writer);
}

void
imap_trace_challenge(struct imap_trace *trace)
{
	struct writer writer;

	if (trace->to == NULL)
		return;
	writer = line_begin(trace, BYTES("S: + ***"));
	line_end(trace, &writer);
}

static void
put_digest(struct writer *writer, const struct digest *digest)
{
	char hex[DIGEST_HEX_SIZE];

	put(writer, BYTES(" sha256:"));
	put(writer, bytes_of_string(digest_hex(digest, hex)));
}

void
imap_trace_literal(struct imap_trace *trace, uint64_t size, const struct digest *digest)
{
	struct writer writer;

	if (trace->to == NULL)
		return;
	writer = line_begin(trace, BYTES("C: "));
	if (writer.status == ST_OK)
		writer.status = buf_print(trace->to, "{%" PRIu64 "}", size);
	put_digest(&writer, digest);
	line_end(trace, &writer);
}

size_t
imap_needles_find(
    const struct imap_needles *needles, struct bytes text, size_t from, size_t *size_out)
{
	struct bytes rest = bytes_skip(text, from);
	size_t first = rest.size;
	size_t size = 0;

	for (size_t i = 0; i < needles->count; i++) {
		struct bytes needle = needles->items[i];
		size_t at = needle.size > 0 ? bytes_find_bytes(rest, needle) : rest.size;

		/* One form may begin with another: the longer one leaves nothing behind. */
		if (at < first || (at == first && at < rest.size && needle.size > size)) {
			first = at;
			size = needle.size;
		}
	}
	if (first == rest.size)
		return text.size;
	*size_out = size;
	return from + first;
}

static void
put_masked(struct writer *writer, struct bytes text, const struct imap_needles *needles)
{
	size_t from = 0;

	while (from < text.size) {
		size_t size = 0;
		size_t at = imap_needles_find(needles, text, from, &size);

		put_visible(writer, bytes_skip(bytes_first(text, at), from));
		if (at < text.size)
			put(writer, BYTES("***"));
		from = at + size;
		if (size == 0)
			break;
	}
}

void
imap_trace_server(struct imap_trace *trace, struct bytes response,
    const struct imap_streams *streams, const struct imap_needles *needles)
{
	struct writer writer;
	size_t from = 0;

	if (trace->to == NULL)
		return;
	writer = line_begin(trace, BYTES("S: "));
	for (size_t i = 0; i < streams->count; i++) {
		size_t offset = streams->items[i].offset;
		struct bytes head = bytes_skip(bytes_first(response, offset), from);

		put_masked(&writer, imap_lexer_trim(head), needles);
		put_digest(&writer, &streams->items[i].digest);
		from = offset;
	}
	put_masked(&writer, imap_lexer_trim(bytes_skip(response, from)), needles);
	line_end(trace, &writer);
}
