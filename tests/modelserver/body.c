/* SPDX-License-Identifier: Apache-2.0
 *
 * A generated body is a short header and then lines of LINE_SIZE octets, line n made from the
 * seed and n alone, so that any piece can be made without those before it. The last two octets
 * are always CR LF.
 */
#include "modelserver/body.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/prng.h"

enum {
	CAPACITY_MIN = 512,
	LINE_SIZE = 78,
	PREFACE_SIZE = 512,
	PIECE_SIZE = 2048
};

struct model_body
model_body_generate(uint64_t seed, uint64_t size)
{
	return (struct model_body){.seed = seed, .size = size};
}

enum status
model_body_copy(struct bytes octets, struct model_body *body_out)
{
	struct model_body body = {0};
	enum status status = model_body_append(&body, octets);

	if (status != ST_OK)
		return status;
	model_body_trim(&body);
	*body_out = body;
	return ST_OK;
}

static enum status
grow(struct model_body *body, size_t needed)
{
	struct model_blob *blob;
	size_t capacity = body->blob == NULL ? CAPACITY_MIN : body->blob->capacity;

	while (capacity < needed)
		capacity += capacity / 2;
	if (body->blob != NULL && capacity == body->blob->capacity)
		return ST_OK;
	blob = mem_resize(body->blob, sizeof(*blob) + capacity);
	if (blob == NULL)
		return ST_MEMORY;
	if (body->blob == NULL)
		*blob = (struct model_blob){.holders = 1};
	blob->capacity = capacity;
	body->blob = blob;
	return ST_OK;
}

enum status
model_body_append(struct model_body *body, struct bytes octets)
{
	enum status status;

	CHECK(body->blob == NULL || body->blob->holders == 1);
	status = grow(body, (size_t)body->size + octets.size);
	if (status != ST_OK)
		return status;
	if (octets.size > 0)
		memcpy(body->blob->octets + body->blob->size, octets.data, octets.size);
	body->blob->size += octets.size;
	body->size = body->blob->size;
	return ST_OK;
}

void
model_body_trim(struct model_body *body)
{
	struct model_blob *blob = body->blob;

	if (blob == NULL || blob->holders != 1 || blob->capacity == blob->size)
		return;
	blob = mem_resize(blob, sizeof(*blob) + blob->size);
	if (blob == NULL)
		return;
	blob->capacity = blob->size;
	body->blob = blob;
}

enum status
model_body_forget(struct model_body *body)
{
	struct model_blob *blob;

	if (body->blob == NULL || body->blob->is_forgotten)
		return ST_OK;
	blob = mem_take(sizeof(*blob));
	if (blob == NULL)
		return ST_MEMORY;
	*blob = (struct model_blob){.holders = 1, .is_forgotten = true};
	blob->digest = model_body_digest(body);
	blob->size = body->blob->size;
	model_body_drop(body);
	*body = (struct model_body){.blob = blob, .size = blob->size};
	return ST_OK;
}

struct model_body
model_body_keep(const struct model_body *body)
{
	if (body->blob != NULL)
		body->blob->holders++;
	return *body;
}

void
model_body_drop(struct model_body *body)
{
	if (body->blob != NULL && --body->blob->holders == 0)
		mem_give(body->blob);
	*body = (struct model_body){0};
}

static size_t
preface(const struct model_body *body, char out[static PREFACE_SIZE])
{
	unsigned long long seed = body->seed;
	int size = snprintf(out, PREFACE_SIZE,
	    "From: sender%llu@example.org\r\nTo: anna@example.org\r\n"
	    "Subject: generated message %llu\r\nDate: Thu, 01 Jan 2015 %02llu:%02llu:%02llu "
	    "+0000\r\nMessage-ID: <%llu.%llu@model.example>\r\n\r\n",
	    seed % 977, seed, seed / 3600 % 24, seed / 60 % 60, seed % 60, seed,
	    (unsigned long long)body->size);

	CHECK(size > 0 && size < PREFACE_SIZE);
	return (size_t)size;
}

static void
make_line(const struct model_body *body, uint64_t number, uint8_t line[static LINE_SIZE])
{
	static const char letters[] =
	    "abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ 0123456789";
	struct prng prng;
	uint64_t random = 0;

	prng_init(&prng, body->seed * 0x9e3779b97f4a7c15U ^ number);
	for (size_t i = 0; i < LINE_SIZE - 2; i++) {
		if (i % 10 == 0)
			random = prng_next(&prng);
		line[i] = (uint8_t)letters[random & 63];
		random >>= 6;
	}
	line[LINE_SIZE - 2] = '\r';
	line[LINE_SIZE - 1] = '\n';
}

static void
generate(const struct model_body *body, uint64_t offset, uint8_t *out, size_t size)
{
	char head[PREFACE_SIZE];
	uint64_t head_size = preface(body, head);
	uint8_t line[LINE_SIZE];
	size_t done = 0;

	if (offset < head_size) {
		done =
		    (size_t)(head_size - offset) < size ? (size_t)(head_size - offset) : size;
		memcpy(out, head + offset, done);
	}
	while (done < size) {
		uint64_t at = offset + done - head_size;
		size_t skip = (size_t)(at % LINE_SIZE);
		size_t count = LINE_SIZE - skip;

		if (count > size - done)
			count = size - done;
		make_line(body, at / LINE_SIZE, line);
		memcpy(out + done, line + skip, count);
		done += count;
	}
	for (uint64_t back = 1; back <= 2 && body->size >= 2; back++) {
		uint64_t place = body->size - back;

		if (place >= offset && place < offset + size)
			out[place - offset] = back == 1 ? '\n' : '\r';
	}
}

size_t
model_body_read(const struct model_body *body, uint64_t offset, uint8_t *out, size_t size)
{
	if (offset >= body->size || (body->blob != NULL && body->blob->is_forgotten))
		return 0;
	if (size > body->size - offset)
		size = (size_t)(body->size - offset);
	if (body->blob != NULL)
		memcpy(out, body->blob->octets + offset, size);
	else
		generate(body, offset, out, size);
	return size;
}

struct digest
model_body_digest(const struct model_body *body)
{
	struct digest_state state;
	uint8_t piece[PIECE_SIZE];
	uint64_t offset = 0;
	size_t size;

	if (body->blob != NULL && body->blob->is_forgotten)
		return body->blob->digest;
	digest_init(&state);
	while ((size = model_body_read(body, offset, piece, sizeof(piece))) > 0) {
		digest_feed(&state, bytes_of(piece, size));
		offset += size;
	}
	return digest_finish(&state);
}

/* How many octets of `text` are the header, looking from `from`; 0: no end in sight. A line
 * that is empty at the very start ends the header at once. */
static size_t
find_header_end(struct bytes text, size_t from)
{
	for (size_t i = from; i < text.size; i++) {
		size_t last;

		if (text.data[i] != '\n')
			continue;
		last = i > 0 && text.data[i - 1] == '\r' ? i - 1 : i;
		if (last == 0 || text.data[last - 1] == '\n')
			return i + 1;
	}
	return 0;
}

enum status
model_body_header(const struct model_body *body, struct buf *out)
{
	struct buf text;
	uint8_t piece[PIECE_SIZE];
	enum status status = ST_OK;
	size_t size, end = 0;

	buf_init(&text, MODEL_HEADER_SIZE_MAX);
	while (status == ST_OK && end == 0) {
		size_t known = text.size;

		size = model_body_read(body, known, piece, sizeof(piece));
		if (size == 0 || size > buf_room(&text))
			break;
		status = buf_append(&text, bytes_of(piece, size));
		end = find_header_end(buf_bytes(&text), known);
	}
	if (status == ST_OK)
		status =
		    buf_append(out, bytes_first(buf_bytes(&text), end == 0 ? text.size : end));
	buf_fini(&text);
	return status;
}
