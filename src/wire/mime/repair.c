/* SPDX-License-Identifier: Apache-2.0
 *
 * Octets come in one at a time in the header, whose lines are gathered, and in runs behind it.
 * What is to be given out stands in a short queue of parts; nothing is taken in before the
 * queue is empty.
 */
#include "wire/mime/repair_private.h"

#include <string.h>

#include "base/check.h"

enum {
	CRLFS = 16
};

static const uint8_t crlfs[2 * CRLFS + 1] =
    "\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n";

static const char *const change_texts[MIME_REPAIRED_COUNT] = {
    "NUL octets were removed",
    "line ends became CRLF",
    "a line end was added at the end",
    "a message of no octets became an empty line",
    "its first line, which an mbox file has left, became the field X-Mbox-From",
    "header lines that are no fields were made fields",
    "long header lines were folded",
    "an empty line was put between header and text",
    "8-bit octets in the header were encoded",
    "a text without header got one",
};

void
mime_repair_init(struct mime_repair *repair, enum mime_repair_level level)
{
	memset(repair, 0, sizeof(*repair));
	repair->level = level;
	repair->state = MIME_REPAIR_IN_HEADER;
}

bool
mime_repair_is_blank(uint8_t octet)
{
	return octet == ' ' || octet == '\t';
}

void
mime_repair_note(struct mime_repair *repair, enum mime_repair_change change)
{
	repair->changes |= (uint32_t)change;
}

/* The queue ------------------------------------------------------------------------------- */

static void
add_part(struct mime_repair *repair, struct bytes text, bool is_words)
{
	if (text.size == 0)
		return;
	CHECK(repair->part_count < MIME_REPAIR_PARTS_MAX);
	repair->parts[repair->part_count++] = (struct mime_repair_part){
	    .text = text,
	    .is_words = is_words,
	    .is_structured = repair->is_structured,
	};
}

void
mime_repair_add(struct mime_repair *repair, struct bytes text)
{
	add_part(repair, text, false);
}

void
mime_repair_add_words(struct mime_repair *repair, struct bytes text)
{
	add_part(repair, text, repair->level >= MIME_REPAIR_HEADER);
}

static bool
give(struct mime_repair *repair, struct bytes *piece_out)
{
	struct mime_repair_part *part = &repair->parts[repair->part_at];

	if (repair->part_at == repair->part_count) {
		repair->part_at = 0;
		repair->part_count = 0;
		return false;
	}
	if (part->begins_field)
		repair->is_encoded = false;
	if (part->is_words) {
		*piece_out = mime_repair_next_word(repair, part);
	} else {
		*piece_out = part->text;
		part->text.size = 0;
		repair->column += piece_out->size;
	}
	if (part->text.size == 0 && repair->run.size == 0)
		repair->part_at++;
	repair->size += piece_out->size;
	repair->last = piece_out->data[piece_out->size - 1];
	if (repair->last == '\n')
		repair->column = 0;
	return true;
}

/* Octets ---------------------------------------------------------------------------------- */

static void
consume(struct bytes *input, size_t size)
{
	*input = bytes_skip(*input, size);
}

static void
drop_used(struct mime_repair *repair)
{
	if (repair->line_used == 0)
		return;
	repair->line_size -= repair->line_used;
	memmove(repair->line, repair->line + repair->line_used, repair->line_size);
	repair->line_used = 0;
}

static bool
is_special(uint8_t octet)
{
	return octet == 0 || octet == '\r' || octet == '\n';
}

static void
take_header(struct mime_repair *repair, struct bytes *input)
{
	uint8_t octet = input->data[0];

	drop_used(repair);
	if (repair->line_size == MIME_REPAIR_LINE_MAX && !is_special(octet)) {
		mime_repair_take_long_line(repair);
		return;
	}
	consume(input, 1);
	if (octet == 0) {
		mime_repair_note(repair, MIME_REPAIRED_NUL);
	} else if (octet == '\r') {
		repair->crs++;
	} else if (octet == '\n') {
		if (repair->crs != 1)
			mime_repair_note(repair, MIME_REPAIRED_LINE_ENDS);
		repair->crs = 0;
		mime_repair_end_line(repair);
	} else {
		/* A CR inside a line of the header is left out: a line end there would make
		 * two fields of one. */
		if (repair->crs > 0)
			mime_repair_note(repair, MIME_REPAIRED_LINE_ENDS);
		repair->crs = 0;
		repair->line[repair->line_size++] = octet;
	}
}

/* How many octets at the front need nothing. */
static size_t
sound_size(struct bytes input)
{
	size_t at = 0;

	while (at < input.size) {
		uint8_t octet = input.data[at];
		bool is_crlf =
		    octet == '\r' && at + 1 < input.size && input.data[at + 1] == '\n';

		if (octet == 0 || octet == '\n' || (octet == '\r' && !is_crlf))
			break;
		at += is_crlf ? 2 : 1;
	}
	return at;
}

/* CRs that no LF follows each end a line of the text. */
static void
end_text_lines(struct mime_repair *repair)
{
	uint64_t count = repair->crs < CRLFS ? repair->crs : CRLFS;

	mime_repair_note(repair, MIME_REPAIRED_LINE_ENDS);
	mime_repair_add(repair, bytes_of(crlfs, 2 * (size_t)count));
	repair->crs -= count;
}

static void
take_body(struct mime_repair *repair, struct bytes *input)
{
	uint8_t octet = input->data[0];
	size_t sound = repair->crs == 0 ? sound_size(*input) : 0;

	if (repair->crs > 0 && !is_special(octet)) {
		end_text_lines(repair);
		return;
	}
	if (sound > 0) {
		mime_repair_add(repair, bytes_first(*input, sound));
		consume(input, sound);
		return;
	}
	consume(input, 1);
	if (octet == 0)
		mime_repair_note(repair, MIME_REPAIRED_NUL);
	else if (octet == '\r')
		repair->crs++;
	else {
		if (repair->crs != 1)
			mime_repair_note(repair, MIME_REPAIRED_LINE_ENDS);
		repair->crs = 0;
		mime_repair_add(repair, BYTES("\r\n"));
	}
}

/* The end --------------------------------------------------------------------------------- */

/* The message ends in its header. */
static void
finish_header(struct mime_repair *repair)
{
	drop_used(repair);
	if (repair->crs > 0)
		mime_repair_note(repair, MIME_REPAIRED_LINE_ENDS);
	repair->crs = 0;
	if (repair->line_size > 0 || repair->is_rest) {
		mime_repair_note(repair, MIME_REPAIRED_END);
		mime_repair_end_line(repair);
	} else {
		mime_repair_end_lines(repair);
		repair->state = MIME_REPAIR_OVER;
	}
}

static void
finish_body(struct mime_repair *repair)
{
	if (repair->crs > 0) {
		end_text_lines(repair);
		return;
	}
	repair->state = MIME_REPAIR_OVER;
	if (repair->last == '\n')
		return;
	mime_repair_note(repair, MIME_REPAIRED_END);
	mime_repair_add(repair, BYTES("\r\n"));
}

enum status
mime_repair_next(struct mime_repair *repair, struct bytes *input, struct bytes *piece_out)
{
	CHECK(!repair->is_over || input->size == 0);
	for (;;) {
		if (give(repair, piece_out))
			return ST_OK;
		if (repair->state == MIME_REPAIR_OVER)
			return ST_END;
		if (input->size == 0 && !repair->is_over)
			return ST_AGAIN;
		if (input->size == 0 && repair->state == MIME_REPAIR_IN_HEADER)
			finish_header(repair);
		else if (input->size == 0)
			finish_body(repair);
		else if (repair->state == MIME_REPAIR_IN_HEADER)
			take_header(repair, input);
		else
			take_body(repair, input);
	}
}

void
mime_repair_finish(struct mime_repair *repair)
{
	repair->is_over = true;
}

uint64_t
mime_repair_size(const struct mime_repair *repair)
{
	return repair->size;
}

uint32_t
mime_repair_changes(const struct mime_repair *repair)
{
	return repair->changes;
}

void
mime_repair_describe(uint32_t changes, char text_out[MIME_REPAIR_TEXT_SIZE])
{
	size_t at = 0;

	for (size_t i = 0; i < MIME_REPAIRED_COUNT; i++) {
		size_t size = strlen(change_texts[i]);

		if ((changes & 1U << i) == 0 || at + size + 3 > MIME_REPAIR_TEXT_SIZE)
			continue;
		if (at > 0) {
			memcpy(text_out + at, "; ", 2);
			at += 2;
		}
		memcpy(text_out + at, change_texts[i], size);
		at += size;
	}
	text_out[at] = 0;
}
