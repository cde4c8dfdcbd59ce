/* SPDX-License-Identifier: Apache-2.0
 *
 * A response is one line, or several joined by literals: a line that ends in "{n}" goes on
 * behind the n octets that follow it. So the hot path is one search for LF; only a line that
 * ends in "}" is looked at with the lexer, because "}" may also end a text or stand in quotes.
 *
 * The walk over such a line goes on where it stopped at the literal before, so that a response
 * of many literals costs no more than its octets. While it walks through a FETCH it notes the
 * key before the literal: a body is passed on, anything else is gathered.
 *
 * LINE     octets are searched for LF; `line` holds the earlier part of the response, if any.
 * LITERAL  literal_left octets go to `line`, then LINE.
 * BODY     literal_left octets are handed out, then LINE.
 */
#include "wire/imap/frame.h"

#include "wire/imap/peer_fault.h"
#include "wire/imap/reply_parts.h"

void
imap_frame_init(struct imap_frame *frame, size_t line_size_max, size_t nesting_max)
{
	*frame = (struct imap_frame){.nesting_max = nesting_max};
	buf_init(&frame->line, line_size_max);
}

void
imap_frame_fini(struct imap_frame *frame)
{
	buf_fini(&frame->line);
}

bool
imap_frame_is_idle(const struct imap_frame *frame)
{
	return frame->state == IMAP_FRAME_LINE && (frame->line.size == 0 || frame->is_spent);
}

enum imap_body_kind
imap_body_kind_of(struct bytes key)
{
	if (bytes_equal_nocase(key, BYTES("BODY[]")))
		return IMAP_BODY_ALL;
	if (bytes_start_with_nocase(key, BYTES("BODY[HEADER.FIELDS ")))
		return IMAP_BODY_HEADER_FIELDS;
	if (bytes_start_with_nocase(key, BYTES("BODY[")) ||
	    bytes_start_with_nocase(key, BYTES("BINARY[")) ||
	    (bytes_start_with_nocase(key, BYTES("RFC822")) &&
		!bytes_equal_nocase(key, BYTES("RFC822.SIZE"))))
		return IMAP_BODY_OTHER;
	return IMAP_BODY_NONE;
}

/* Follows "* n FETCH (key value key value …)", and no other response. */
static void
note_token(struct imap_frame *frame, const struct imap_token *token)
{
	size_t index = frame->token_count++;
	size_t depth = frame->lexer.depth;
	uint64_t number;

	if (index == 1)
		frame->is_fetch = token->kind == IMAP_TOKEN_ATOM &&
		    token->text.data[0] >= '0' && token->text.data[0] <= '9';
	if (index == 1 && frame->is_fetch &&
	    bytes_number(token->text, UINT32_MAX, &number) == ST_OK)
		frame->number = (uint32_t)number;
	if (index == 2 && frame->is_fetch && !imap_token_is(token, BYTES("FETCH"))) {
		frame->is_fetch = imap_token_is(token, BYTES("UIDFETCH")) &&
		    imap_quirk_has(frame->quirks, IMAP_QUIRK_WHOLE_ONLY_BY_UIDONLY);
		frame->uid = frame->number;
	}
	if (index < 4 || !frame->is_fetch || depth > 1 ||
	    (depth == 1 && token->kind == IMAP_TOKEN_OPEN))
		return;
	if (!frame->awaits_value) {
		bool is_atom = token->kind == IMAP_TOKEN_ATOM;

		frame->key_body = is_atom ? imap_body_kind_of(token->text) : IMAP_BODY_NONE;
		frame->is_key_uid = imap_token_is(token, BYTES("UID"));
	} else if (frame->is_key_uid && token->kind == IMAP_TOKEN_ATOM &&
	    bytes_number(token->text, UINT32_MAX, &number) == ST_OK) {
		frame->uid = (uint32_t)number;
	}
	frame->awaits_value = !frame->awaits_value;
}

/* Only data responses hold literals; in the text behind OK, NO, BAD, BYE, PREAUTH, a tag or a
 * "+", "{5}" is text. */
static bool
may_hold_literals(const struct imap_frame *frame, struct bytes line)
{
	struct imap_lexer lexer;
	struct imap_token word;

	if (!bytes_start_with(line, BYTES("* ")))
		return false;
	imap_lexer_init(&lexer, line, frame->nesting_max, NULL);
	lexer.position = 2;
	return imap_lexer_next(&lexer, &word) == ST_OK && word.kind == IMAP_TOKEN_ATOM &&
	    imap_condition_kind_of(word.text) == IMAP_CONDITION_NONE;
}

/* Walks to the end of what is there. ST_AGAIN: a literal of size_out octets must follow.
 * ST_OK: none follows; what the lexer did not like is for the reader of the whole to judge. */
static enum status
walk(struct imap_frame *frame, struct bytes response, uint64_t *size_out)
{
	enum status status = ST_OK;
	struct imap_token token;

	if (!frame->is_walked) {
		if (!may_hold_literals(frame, response))
			return ST_OK;
		imap_lexer_init(&frame->lexer, response, frame->nesting_max, &frame->streams);
		frame->lexer.quirks = frame->quirks;
		frame->is_walked = true;
		frame->token_count = 0;
		frame->number = 0;
		frame->is_fetch = false;
		frame->awaits_value = false;
		frame->uid = 0;
	}
	imap_lexer_extend(&frame->lexer, response);
	for (;;) {
		status = imap_lexer_next(&frame->lexer, &token);
		if (status != ST_OK || token.kind == IMAP_TOKEN_END)
			break;
		note_token(frame, &token);
	}
	*size_out = token.size;
	return status == ST_AGAIN ? ST_AGAIN : ST_OK;
}

static enum status
gather(struct imap_frame *frame, struct bytes octets, struct fault *fault)
{
	enum status status = buf_append(&frame->line, octets);

	if (status == ST_OK)
		return ST_OK;
	return imap_peer_fault(fault, status, "The server sent a response that is too long",
	    bytes_first(frame->line.size > 0 ? buf_bytes(&frame->line) : octets, 60));
}

static enum status
begin_body(
    struct imap_frame *frame, uint64_t size, struct imap_part *part_out, struct fault *fault)
{
	struct imap_streams *streams = &frame->streams;

	if (streams->count == IMAP_STREAMS_MAX)
		return imap_peer_fault(fault, ST_LIMIT,
		    "The server sent too many bodies in one FETCH response",
		    bytes_first(buf_bytes(&frame->line), 60));
	streams->items[streams->count++] =
	    (struct imap_stream){.offset = frame->line.size, .size = size};
	frame->is_digested = frame->is_digesting;
	if (frame->is_digested)
		digest_init(&frame->digest);
	frame->state = IMAP_FRAME_BODY;
	frame->literal_left = size;
	frame->body = frame->key_body;
	*part_out = (struct imap_part){
	    .kind = IMAP_PART_BODY_BEGIN,
	    .body = frame->body,
	    .uid = frame->uid,
	    .size = size,
	};
	return ST_OK;
}

/* A whole line has come: `response` is all of the response up to here. */
static enum status
take_line(struct imap_frame *frame, struct bytes response, struct imap_part *part_out,
    struct fault *fault)
{
	struct bytes trimmed = imap_lexer_trim(response);
	uint64_t size = 0;
	enum status status = ST_OK;

	while (trimmed.size > 0 && trimmed.data[trimmed.size - 1] == ' ' &&
	    imap_quirk_has(frame->quirks, IMAP_QUIRK_LITERAL_PADDED))
		trimmed.size--;
	if (trimmed.size > 0 && trimmed.data[trimmed.size - 1] == '}')
		status = walk(frame, response, &size);
	if (status == ST_OK) {
		*part_out = (struct imap_part){.kind = IMAP_PART_RESPONSE, .octets = response};
		frame->is_spent = true;
		return ST_OK;
	}
	if (frame->line.size == 0)
		status = gather(frame, response, fault);
	else
		status = ST_OK;
	if (status != ST_OK)
		return status;
	if (frame->is_fetch && frame->lexer.depth == 1 && frame->awaits_value &&
	    frame->key_body != IMAP_BODY_NONE)
		return begin_body(frame, size, part_out, fault);
	if (size > buf_room(&frame->line))
		return imap_peer_fault(fault, ST_LIMIT,
		    "The server announced a string that is too long", bytes_first(trimmed, 60));
	if (size > 0)
		frame->state = IMAP_FRAME_LITERAL;
	frame->literal_left = size;
	return ST_OK;
}

static enum status
feed_line(struct imap_frame *frame, struct bytes input, size_t *used_out,
    struct imap_part *part_out, struct fault *fault)
{
	size_t end = bytes_find(input, '\n', 0);
	struct bytes segment = bytes_first(input, end + 1);
	bool is_whole = end < input.size;
	enum status status = ST_OK;

	*used_out = segment.size;
	if (!is_whole || frame->line.size > 0 || segment.size > frame->line.size_max)
		status = gather(frame, segment, fault);
	if (status != ST_OK || !is_whole)
		return status;
	if (frame->line.size > 0)
		segment = buf_bytes(&frame->line);
	return take_line(frame, segment, part_out, fault);
}

static enum status
feed_literal(
    struct imap_frame *frame, struct bytes input, size_t *used_out, struct fault *fault)
{
	struct bytes octets = bytes_first(input, (size_t)frame->literal_left);
	enum status status = gather(frame, octets, fault);

	if (status != ST_OK)
		return status;
	*used_out = octets.size;
	frame->literal_left -= octets.size;
	if (frame->literal_left == 0)
		frame->state = IMAP_FRAME_LINE;
	return ST_OK;
}

static void
feed_body(
    struct imap_frame *frame, struct bytes input, size_t *used_out, struct imap_part *part_out)
{
	size_t size =
	    frame->literal_left < input.size ? (size_t)frame->literal_left : input.size;

	if (frame->literal_left == 0) {
		*part_out = (struct imap_part){.kind = IMAP_PART_BODY_END, .body = frame->body};
		if (frame->is_digested)
			frame->streams.items[frame->streams.count - 1].digest =
			    digest_finish(&frame->digest);
		frame->state = IMAP_FRAME_LINE;
		return;
	}
	if (size == 0)
		return;
	*part_out = (struct imap_part){
	    .kind = IMAP_PART_BODY_DATA,
	    .body = frame->body,
	    .octets = bytes_first(input, size),
	};
	if (frame->is_digested)
		digest_feed(&frame->digest, part_out->octets);
	frame->literal_left -= size;
	*used_out = size;
}

enum status
imap_frame_feed(struct imap_frame *frame, struct bytes input, size_t *used_out,
    struct imap_part *part_out, struct fault *fault)
{
	enum status status = ST_OK;
	size_t used = 0;
	struct imap_part part = {.kind = IMAP_PART_NONE};

	if (frame->is_spent) {
		buf_clear(&frame->line);
		frame->is_spent = false;
		frame->is_walked = false;
		frame->streams.count = 0;
	}
	while (status == ST_OK && part.kind == IMAP_PART_NONE) {
		struct bytes rest = bytes_skip(input, used);
		size_t step = 0;

		if (frame->state == IMAP_FRAME_BODY)
			feed_body(frame, rest, &step, &part);
		else if (rest.size == 0)
			break;
		else if (frame->state == IMAP_FRAME_LITERAL)
			status = feed_literal(frame, rest, &step, fault);
		else
			status = feed_line(frame, rest, &step, &part, fault);
		if (step == 0 && part.kind == IMAP_PART_NONE)
			break;
		used += step;
	}
	if (status != ST_OK)
		return status;
	*used_out = used;
	*part_out = part;
	return ST_OK;
}
