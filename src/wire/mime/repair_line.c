/* SPDX-License-Identifier: Apache-2.0
 *
 * The lines of the header.
 *
 * A line of the header that is no field can be two things: a field that somebody broke, or the
 * first line of a text whose empty line is missing. What comes next decides: behind a broken
 * field the header goes on or ends; two such lines, one behind the other, are text.
 */
#include "wire/mime/repair_private.h"

#include <string.h>

enum line_kind {
	LINE_EMPTY,
	LINE_FIELD,
	LINE_CONTINUED, /* begins with a blank, behind a field */
	LINE_FROM,
	LINE_NO_FIELD
};

/* Nothing of it is known, so nothing in it is guessed. */
#define NO_HEADER "Date: Thu, 01 Jan 1970 00:00:00 +0000\r\nFrom: unknown@unknown.invalid\r\n"

static bool
is_name_octet(uint8_t octet)
{
	return octet > ' ' && octet < 0x7f && octet != ':';
}

static bool
is_from_line(struct bytes line)
{
	if (line.size > 0 && line.data[0] == '>')
		line = bytes_skip(line, 1);
	return bytes_equal(bytes_first(line, 5), BYTES("From "));
}

static size_t
name_size(struct bytes line)
{
	size_t size = 0;

	while (size < line.size && is_name_octet(line.data[size]))
		size++;
	return size;
}

/* Where its colon stands, blanks before it or not; line.size: nowhere. */
static size_t
find_colon(struct bytes line)
{
	size_t at = name_size(line);

	while (at > 0 && at < line.size && mime_repair_is_blank(line.data[at]))
		at++;
	return at > 0 && at < line.size && line.data[at] == ':' ? at : line.size;
}

static enum line_kind
kind_of(const struct mime_repair *repair, struct bytes line)
{
	size_t colon = find_colon(line);

	if (line.size == 0)
		return LINE_EMPTY;
	if (!repair->is_behind_first && is_from_line(line))
		return LINE_FROM;
	if (mime_repair_is_blank(line.data[0]))
		return repair->has_field ? LINE_CONTINUED : LINE_NO_FIELD;
	return colon == line.size ? LINE_NO_FIELD : LINE_FIELD;
}

static struct bytes
line_of(const struct mime_repair *repair)
{
	return bytes_of(repair->line, repair->line_size);
}

/* `colon` may bring a blank. */
static void
add_field(struct mime_repair *repair, struct bytes name, struct bytes colon, struct bytes value)
{
	repair->is_structured = mime_repair_is_structured(name);
	repair->has_field = true;
	mime_repair_add(repair, name);
	repair->parts[repair->part_count - 1].begins_field = true;
	mime_repair_add(repair, colon);
	mime_repair_add_words(repair, value);
}

static void
add_field_line(struct mime_repair *repair, struct bytes line)
{
	size_t size = name_size(line);
	size_t colon = find_colon(line);

	if (colon > size)
		mime_repair_note(repair, MIME_REPAIRED_FIELDS);
	add_field(repair, bytes_first(line, size), BYTES(":"), bytes_skip(line, colon + 1));
}

static void
add_from_line(struct mime_repair *repair, struct bytes line)
{
	size_t mark = line.data[0] == '>' ? 6 : 5;

	mime_repair_note(repair, MIME_REPAIRED_FROM_LINE);
	add_field(repair, BYTES("X-Mbox-From"), BYTES(": "), bytes_skip(line, mark));
}

/* The line that waited is a broken field: the header goes on behind it. */
static void
add_held_field(struct mime_repair *repair)
{
	mime_repair_note(repair, MIME_REPAIRED_FIELDS);
	add_field(repair, BYTES("X-Invalid-Header"), BYTES(": "),
	    bytes_of(repair->held, repair->held_size));
	mime_repair_add(repair, BYTES("\r\n"));
	repair->has_held = false;
}

static void
end_header(struct mime_repair *repair)
{
	if (!repair->has_field && repair->level >= MIME_REPAIR_ASCII) {
		mime_repair_note(repair, MIME_REPAIRED_NO_HEADER);
		mime_repair_add(repair, BYTES(NO_HEADER));
	}
	mime_repair_add(repair, BYTES("\r\n"));
	repair->state = MIME_REPAIR_IN_BODY;
}

/* The line that waited, if any, and the line behind it are text. */
static void
begin_text(struct mime_repair *repair)
{
	mime_repair_note(repair, MIME_REPAIRED_SEPARATOR);
	end_header(repair);
	if (repair->has_held) {
		mime_repair_add(repair, bytes_of(repair->held, repair->held_size));
		mime_repair_add(repair, BYTES("\r\n"));
	}
	repair->has_held = false;
	mime_repair_add(repair, line_of(repair));
}

/* What the line is that stands in `line`, whole or as much of it as is looked at. */
static void
take_line(struct mime_repair *repair, bool is_whole)
{
	struct bytes line = line_of(repair);
	enum line_kind kind = kind_of(repair, line);

	repair->is_behind_first = true;
	if (kind == LINE_NO_FIELD && is_whole && !repair->has_held) {
		memcpy(repair->held, line.data, line.size);
		repair->held_size = line.size;
		repair->has_held = true;
		return;
	}
	if (kind == LINE_NO_FIELD) {
		begin_text(repair);
		return;
	}
	if (repair->has_held)
		add_held_field(repair);
	if (kind == LINE_EMPTY) {
		end_header(repair);
		return;
	}
	if (kind == LINE_FROM)
		add_from_line(repair, line);
	else if (kind == LINE_CONTINUED)
		mime_repair_add_words(repair, line);
	else
		add_field_line(repair, line);
}

static void
take_plain_line(struct mime_repair *repair)
{
	mime_repair_add(repair, line_of(repair));
	if (repair->line_size == 0)
		repair->state = MIME_REPAIR_IN_BODY;
}

/* The line is over; what it became is in the queue, and may be nothing yet. */
void
mime_repair_end_line(struct mime_repair *repair)
{
	bool is_empty = repair->line_size == 0 && !repair->is_rest;
	bool is_held;

	if (repair->is_rest)
		mime_repair_add_words(repair, line_of(repair));
	else if (repair->level == MIME_REPAIR_OCTETS)
		take_plain_line(repair);
	else
		take_line(repair, true);
	is_held = repair->has_held;
	/* What ends the header has brought its own line end. */
	if (!is_held && !(is_empty && repair->level >= MIME_REPAIR_HEADER))
		mime_repair_add(repair, BYTES("\r\n"));
	repair->is_rest = false;
	repair->line_used = repair->line_size;
}

/* As much of a long line as ends before a blank, so that no word is cut; all of it when there
 * is none. */
static size_t
cut_of(struct bytes line)
{
	size_t cut = line.size;

	while (cut > 0 && !mime_repair_is_blank(line.data[cut - 1]))
		cut--;
	while (cut > 0 && mime_repair_is_blank(line.data[cut - 1]))
		cut--;
	return cut > name_size(line) + 1 ? cut : line.size;
}

/* No more of the line fits: its beginning goes. */
void
mime_repair_take_long_line(struct mime_repair *repair)
{
	size_t size = repair->line_size;

	repair->line_size = cut_of(line_of(repair));
	repair->line_used = repair->line_size;
	if (repair->is_rest || repair->level == MIME_REPAIR_OCTETS)
		mime_repair_add_words(repair, line_of(repair));
	else
		take_line(repair, false);
	/* In the text nothing waits for its line end. */
	if (repair->state == MIME_REPAIR_IN_BODY && repair->line_size < size)
		mime_repair_add(repair,
		    bytes_of(repair->line + repair->line_size, size - repair->line_size));
	repair->is_rest = repair->state == MIME_REPAIR_IN_HEADER;
	repair->line_size = size;
	if (repair->state == MIME_REPAIR_IN_BODY)
		repair->line_used = size;
}

/* The message ends in its header, behind a whole line. */
void
mime_repair_end_lines(struct mime_repair *repair)
{
	if (repair->has_held) {
		begin_text(repair);
	} else if (repair->has_field && repair->level >= MIME_REPAIR_HEADER) {
		mime_repair_note(repair, MIME_REPAIRED_SEPARATOR);
		mime_repair_add(repair, BYTES("\r\n"));
	} else if (repair->size == 0) {
		mime_repair_note(repair, MIME_REPAIRED_EMPTY);
		mime_repair_add(repair, BYTES("\r\n"));
	}
}
