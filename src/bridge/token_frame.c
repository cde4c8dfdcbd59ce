/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge/token_frame.h"

#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"

enum {
	LIFE_SIZE = 4,
	FAULT_HEAD_SIZE = 2
};

/* What a fault may be about, with its letter on the pipe. */
static const struct {
	enum fault_cause cause;
	uint8_t letter;
} causes[] = {
    {CAUSE_USAGE, 'U'},
    {CAUSE_LOGIN, 'L'},
    {CAUSE_NETWORK, 'N'},
    {CAUSE_TLS, 'T'},
    {CAUSE_PROTOCOL, 'P'},
    {CAUSE_OTHER, 'O'},
};

enum {
	CAUSE_COUNT_HERE = sizeof(causes) / sizeof(*causes)
};

static uint8_t
letter_of(enum fault_cause cause)
{
	for (size_t i = 0; i < CAUSE_COUNT_HERE; i++) {
		if (causes[i].cause == cause)
			return causes[i].letter;
	}
	return 'O';
}

static enum status
cause_of(uint8_t letter, enum fault_cause *cause_out)
{
	for (size_t i = 0; i < CAUSE_COUNT_HERE; i++) {
		if (causes[i].letter != letter)
			continue;
		*cause_out = causes[i].cause;
		return ST_OK;
	}
	return ST_SYNTAX;
}

static void
put_number(uint8_t out[static 4], uint32_t number)
{
	for (unsigned i = 0; i < 4; i++)
		out[i] = (uint8_t)(number >> (24 - 8 * i));
}

static uint32_t
get_number(const uint8_t octets[static 4])
{
	uint32_t number = 0;

	for (unsigned i = 0; i < 4; i++)
		number = number << 8 | octets[i];
	return number;
}

/* RFC 6750's b64token and anything else that is visible: what SASL can carry in a header. */
static bool
is_token(struct bytes token)
{
	for (size_t i = 0; i < token.size; i++) {
		if (token.data[i] <= ' ' || token.data[i] > '~')
			return false;
	}
	return token.size > 0 && token.size <= SECRET_SIZE_MAX;
}

static bool
is_sentence(struct bytes text)
{
	if (text.size == 0 || text.size >= FAULT_TEXT_SIZE)
		return false;
	while (text.size > 0) {
		size_t step = utf8_printable(text);

		if (step == 0)
			return false;
		text = bytes_skip(text, step);
	}
	return true;
}

static enum status
append(struct buf *out, const uint8_t *head, size_t head_size, struct bytes rest)
{
	uint8_t *room;
	enum status status = buf_reserve(out, head_size + rest.size, &room);

	if (status != ST_OK)
		return status;
	memcpy(room, head, head_size);
	memcpy(room + head_size, rest.data, rest.size);
	buf_added(out, head_size + rest.size);
	return ST_OK;
}

enum status
bridge_token_frame_encode(const struct bridge_token_frame *frame, struct buf *out)
{
	uint8_t head[BRIDGE_TOKEN_HEADER_SIZE + LIFE_SIZE] = {'G', 'T', 1};
	uint8_t *payload = head + BRIDGE_TOKEN_HEADER_SIZE;

	if (frame->kind == BRIDGE_TOKEN_FRAME_TOKEN) {
		if (!is_token(frame->token) || frame->life_s == 0 ||
		    frame->life_s > BRIDGE_TOKEN_LIFE_MAX_S)
			return ST_SYNTAX;
		head[3] = 'T';
		put_number(head + 4, (uint32_t)(LIFE_SIZE + frame->token.size));
		put_number(payload, frame->life_s);
		return append(out, head, BRIDGE_TOKEN_HEADER_SIZE + LIFE_SIZE, frame->token);
	}
	if (frame->kind != BRIDGE_TOKEN_FRAME_FAULT || !is_sentence(frame->sentence))
		return ST_SYNTAX;
	head[3] = 'F';
	put_number(head + 4, (uint32_t)(FAULT_HEAD_SIZE + frame->sentence.size));
	payload[0] = letter_of(frame->cause);
	payload[1] = frame->is_final ? '1' : '0';
	return append(out, head, BRIDGE_TOKEN_HEADER_SIZE + FAULT_HEAD_SIZE, frame->sentence);
}

void
bridge_token_reader_init(struct bridge_token_reader *reader)
{
	*reader = (struct bridge_token_reader){0};
}

void
bridge_token_reader_fini(struct bridge_token_reader *reader)
{
	secret_wipe_memory(reader, sizeof(*reader));
}

/* Overwrites the frame that was lent. */
static void
drop_taken(struct bridge_token_reader *reader)
{
	size_t rest = reader->size - reader->taken;

	if (reader->taken == 0)
		return;
	memmove(reader->octets, reader->octets + reader->taken, rest);
	secret_wipe_memory(reader->octets + rest, reader->taken);
	reader->size = rest;
	reader->taken = 0;
}

size_t
bridge_token_reader_feed(struct bridge_token_reader *reader, struct bytes octets)
{
	size_t room;

	drop_taken(reader);
	room = sizeof(reader->octets) - reader->size;
	octets = bytes_first(octets, reader->is_broken ? 0 : room);
	if (octets.size > 0)
		memcpy(reader->octets + reader->size, octets.data, octets.size);
	reader->size += octets.size;
	return octets.size;
}

static enum status
decode_token(struct bytes payload, struct bridge_token_frame *frame_out)
{
	struct bridge_token_frame frame = {.kind = BRIDGE_TOKEN_FRAME_TOKEN};

	if (payload.size <= LIFE_SIZE)
		return ST_SYNTAX;
	frame.life_s = get_number(payload.data);
	frame.token = bytes_skip(payload, LIFE_SIZE);
	if (frame.life_s == 0 || frame.life_s > BRIDGE_TOKEN_LIFE_MAX_S ||
	    !is_token(frame.token))
		return ST_SYNTAX;
	*frame_out = frame;
	return ST_OK;
}

static enum status
decode_fault(struct bytes payload, struct bridge_token_frame *frame_out)
{
	struct bridge_token_frame frame = {.kind = BRIDGE_TOKEN_FRAME_FAULT};

	if (payload.size <= FAULT_HEAD_SIZE || cause_of(payload.data[0], &frame.cause) != ST_OK)
		return ST_SYNTAX;
	if (payload.data[1] != '0' && payload.data[1] != '1')
		return ST_SYNTAX;
	frame.is_final = payload.data[1] == '1';
	frame.sentence = bytes_skip(payload, FAULT_HEAD_SIZE);
	if (!is_sentence(frame.sentence))
		return ST_SYNTAX;
	*frame_out = frame;
	return ST_OK;
}

/* As much of a header as there is must be right already: a stranger on the pipe is known by
 * his first octet. */
static bool
is_header(struct bytes octets)
{
	static const uint8_t head[] = {'G', 'T', 1};
	size_t size = octets.size < sizeof(head) ? octets.size : sizeof(head);

	if (memcmp(octets.data, head, size) != 0)
		return false;
	if (octets.size > 3 && octets.data[3] != 'T' && octets.data[3] != 'F')
		return false;
	return octets.size < BRIDGE_TOKEN_HEADER_SIZE ||
	    get_number(octets.data + 4) <=
	    BRIDGE_TOKEN_FRAME_SIZE_MAX - BRIDGE_TOKEN_HEADER_SIZE;
}

enum status
bridge_token_reader_next(
    struct bridge_token_reader *reader, struct bridge_token_frame *frame_out)
{
	struct bytes octets;
	struct bytes payload;
	enum status status;

	drop_taken(reader);
	octets = bytes_of(reader->octets, reader->size);
	if (reader->is_broken || !is_header(octets)) {
		reader->is_broken = true;
		return ST_SYNTAX;
	}
	if (octets.size < BRIDGE_TOKEN_HEADER_SIZE)
		return ST_AGAIN;
	payload = bytes_skip(octets, BRIDGE_TOKEN_HEADER_SIZE);
	if (payload.size < get_number(octets.data + 4))
		return ST_AGAIN;
	payload = bytes_first(payload, get_number(octets.data + 4));
	if (octets.data[3] == 'T')
		status = decode_token(payload, frame_out);
	else
		status = decode_fault(payload, frame_out);
	reader->is_broken = status != ST_OK;
	reader->taken = BRIDGE_TOKEN_HEADER_SIZE + payload.size;
	return status;
}
