/* SPDX-License-Identifier: Apache-2.0
 *
 * One state a line part. What follows a line end decides whether the field goes on, so a field
 * is closed late, at the first octet of the next line:
 *
 *   LINE    at the start of a line: white space continues, a line end ends the header
 *   NAME    in front of the colon; the name is gathered
 *   BLANK   white space behind the name: only more of it and the colon may follow
 *   VALUE   behind the colon, or in a line that continues a field
 *   PASS    in a line that is no field, until its end
 *   DONE    behind the header
 *
 * A CR counts as part of a line end only in front of LF. In VALUE and LINE the octet behind it
 * is awaited (has_cr); in NAME, BLANK and PASS it makes no difference.
 */
#include "wire/mime/header.h"

#include "base/check.h"

enum state {
	LINE,
	NAME,
	BLANK,
	VALUE,
	PASS,
	DONE
};

static const struct bytes lone_cr = {(const uint8_t *)"\r", 1};

void
mime_header_init(struct mime_header *header)
{
	*header = (struct mime_header){.state = LINE};
}

static bool
is_blank(uint8_t octet)
{
	return octet == ' ' || octet == '\t';
}

static void
consume(struct mime_header *header, struct bytes *input, size_t size)
{
	for (size_t i = 0; i < size; i++)
		header->all |= input->data[i];
	*input = bytes_skip(*input, size);
}

static enum status
tell(struct mime_header_event *event_out, enum mime_header_kind kind, struct bytes bytes)
{
	*event_out = (struct mime_header_event){.kind = kind, .bytes = bytes};
	return ST_OK;
}

static enum status
close_field(struct mime_header *header, struct mime_header_event *event_out)
{
	header->has_field = false;
	return tell(event_out, MIME_HEADER_CLOSE, (struct bytes){NULL, 0});
}

static enum status
end_header(struct mime_header *header, struct mime_header_event *event_out)
{
	header->state = DONE;
	return tell(event_out, MIME_HEADER_END, (struct bytes){NULL, 0});
}

static void
add_to_name(struct mime_header *header, uint8_t octet)
{
	if (octet >= 'A' && octet <= 'Z')
		octet |= 0x20;
	if (header->name_size < MIME_NAME_SIZE_MAX)
		header->name[header->name_size] = octet;
	header->name_size++;
}

/* ST_AGAIN: nothing to tell; go on in whatever state this has led to. */
static enum status
step_line(struct mime_header *header, struct bytes *input, struct mime_header_event *event_out)
{
	uint8_t octet = input->data[0];

	if (!header->has_cr && is_blank(octet)) {
		header->state = header->has_field ? VALUE : PASS;
		return ST_AGAIN;
	}
	if (!header->has_cr && octet == '\r') {
		header->has_cr = true;
		consume(header, input, 1);
		return ST_AGAIN;
	}
	if (header->has_field)
		return close_field(header, event_out);
	if (octet == '\n') {
		header->is_by_line = true;
		consume(header, input, 1);
		return end_header(header, event_out);
	}
	header->state = NAME;
	header->name_size = 0;
	if (header->has_cr)
		add_to_name(header, '\r');
	header->has_cr = false;
	return ST_AGAIN;
}

static enum status
begin_field(struct mime_header *header, struct mime_header_event *event_out)
{
	bool is_cut = header->name_size > MIME_NAME_SIZE_MAX;
	bool is_spaced = header->state == BLANK;

	header->state = VALUE;
	header->has_field = true;
	tell(event_out, MIME_HEADER_NAME,
	    bytes_of(header->name, is_cut ? MIME_NAME_SIZE_MAX : header->name_size));
	event_out->is_cut = is_cut;
	event_out->is_spaced = is_spaced;
	return ST_OK;
}

static enum status
step_name(struct mime_header *header, struct bytes *input, struct mime_header_event *event_out)
{
	uint8_t octet = input->data[0];

	consume(header, input, 1);
	if (octet == '\n')
		header->state = LINE;
	else if (octet == ':' && header->name_size > 0)
		return begin_field(header, event_out);
	else if (is_blank(octet))
		header->state = BLANK;
	else if (octet == ':' || header->state == BLANK)
		header->state = PASS;
	else
		add_to_name(header, octet);
	return ST_AGAIN;
}

static enum status
step_value(struct mime_header *header, struct bytes *input, struct mime_header_event *event_out)
{
	struct bytes piece;
	size_t end = 0;

	if (header->has_cr) {
		header->has_cr = false;
		if (input->data[0] != '\n')
			return tell(event_out, MIME_HEADER_VALUE, lone_cr);
	}
	while (end < input->size && input->data[end] != '\n' && input->data[end] != '\r')
		end++;
	piece = bytes_first(*input, end);
	if (end > 0) {
		consume(header, input, end);
		return tell(event_out, MIME_HEADER_VALUE, piece);
	}
	if (input->data[0] == '\r')
		header->has_cr = true;
	else
		header->state = LINE;
	consume(header, input, 1);
	return ST_AGAIN;
}

static void
step_pass(struct mime_header *header, struct bytes *input)
{
	size_t end = bytes_find(*input, '\n', 0);

	if (end < input->size)
		header->state = LINE;
	consume(header, input, end + 1 < input->size ? end + 1 : input->size);
}

static enum status
step(struct mime_header *header, struct bytes *input, struct mime_header_event *event_out)
{
	switch ((enum state)header->state) {
	case LINE:
		return step_line(header, input, event_out);
	case NAME:
	case BLANK:
		return step_name(header, input, event_out);
	case VALUE:
		return step_value(header, input, event_out);
	case PASS:
		step_pass(header, input);
		return ST_AGAIN;
	case DONE:
		break;
	}
	return ST_END;
}

/* What is left to tell when the input is over. */
static enum status
step_over(struct mime_header *header, struct mime_header_event *event_out)
{
	bool is_value_cr = header->has_cr && header->state == VALUE;

	header->has_cr = false;
	if (is_value_cr)
		return tell(event_out, MIME_HEADER_VALUE, lone_cr);
	if (header->has_field)
		return close_field(header, event_out);
	return end_header(header, event_out);
}

enum status
mime_header_next(
    struct mime_header *header, struct bytes *input, struct mime_header_event *event_out)
{
	CHECK(!header->is_over || input->size == 0);
	while (input->size > 0) {
		enum status status = step(header, input, event_out);

		if (status != ST_AGAIN)
			return status;
	}
	if (header->state == DONE)
		return ST_END;
	return header->is_over ? step_over(header, event_out) : ST_AGAIN;
}

void
mime_header_finish(struct mime_header *header)
{
	header->is_over = true;
}

bool
mime_header_has_empty_line(const struct mime_header *header)
{
	return header->is_by_line;
}

bool
mime_header_has_8bit(const struct mime_header *header)
{
	return (header->all & 0x80) != 0;
}
