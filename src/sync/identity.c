/* SPDX-License-Identifier: Apache-2.0
 *
 * Every field name has a digest of its own, over 0x01, the value and 0x00 for each occurrence;
 * the identity is the digest of those four. A normalised value holds no NUL, so occurrences
 * cannot run into each other, and an absent field (nothing) differs from an empty one (0x01
 * 0x00).
 */
#include "sync/identity.h"

#include <assert.h>

enum field {
	FIELD_MESSAGE_ID,
	FIELD_DATE,
	FIELD_FROM,
	FIELD_SUBJECT,
	FIELD_COUNT
};

static const struct bytes field_names[] = {
    [FIELD_MESSAGE_ID] = {(const uint8_t *)"message-id", 10},
    [FIELD_DATE] = {(const uint8_t *)"date", 4},
    [FIELD_FROM] = {(const uint8_t *)"from", 4},
    [FIELD_SUBJECT] = {(const uint8_t *)"subject", 7},
};

static_assert((int)FIELD_COUNT == (int)IDENTITY_FIELD_COUNT, "one state a field");
static_assert(sizeof(field_names) / sizeof(field_names[0]) == FIELD_COUNT, "one name a field");

bool
identity_equal(const struct identity *a, const struct identity *b)
{
	return digest_equal(&a->digest, &b->digest);
}

void
identity_scan_init(struct identity_scan *scan)
{
	*scan = (struct identity_scan){.field = FIELD_COUNT};
	mime_header_init(&scan->header);
	for (size_t i = 0; i < FIELD_COUNT; i++)
		digest_init(&scan->fields[i]);
}

/* A field with a blank in front of its colon does not count: asked for the field by its name,
 * Dovecot gives it and Courier does not. */
static void
open_field(struct identity_scan *scan, const struct mime_header_event *event)
{
	scan->field = event->is_spaced ? FIELD_COUNT : 0;
	while (
	    scan->field < FIELD_COUNT && !bytes_equal(event->bytes, field_names[scan->field]))
		scan->field++;
	scan->is_blank = false;
	scan->has_begun = false;
	if (scan->field < FIELD_COUNT)
		digest_feed(&scan->fields[scan->field], BYTES("\1"));
}

static void
close_field(struct identity_scan *scan)
{
	static const uint8_t end[1] = {0};

	if (scan->field < FIELD_COUNT)
		digest_feed(&scan->fields[scan->field], bytes_of(end, 1));
	scan->field = FIELD_COUNT;
}

static uint8_t
normal_octet(uint8_t octet)
{
	if (octet >= 0x80 || octet == 0)
		return 'X';
	return octet >= 'a' && octet <= 'z' ? (uint8_t)(octet - 0x20) : octet;
}

/* Writes the normal form of one octet, 0 to 2 octets with the blank that waited for it. */
static size_t
put_normal(struct identity_scan *scan, uint8_t octet, uint8_t *out)
{
	size_t size = 0;

	if (octet == '\r')
		return 0;
	if (octet == ' ' || octet == '\t') {
		scan->is_blank = true;
		return 0;
	}
	if (scan->is_blank && scan->has_begun)
		out[size++] = ' ';
	scan->is_blank = false;
	scan->has_begun = true;
	out[size++] = normal_octet(octet);
	return size;
}

static void
feed_value(struct identity_scan *scan, struct bytes piece)
{
	uint8_t normal[512];
	size_t size = 0;

	if (scan->field == FIELD_COUNT)
		return;
	for (size_t i = 0; i < piece.size; i++) {
		size += put_normal(scan, piece.data[i], normal + size);
		if (size + 2 > sizeof(normal)) {
			digest_feed(&scan->fields[scan->field], bytes_of(normal, size));
			size = 0;
		}
	}
	digest_feed(&scan->fields[scan->field], bytes_of(normal, size));
	if (scan->has_begun)
		scan->has_text[scan->field] = true;
}

static void
take_events(struct identity_scan *scan, struct bytes input)
{
	struct mime_header_event event;

	while (mime_header_next(&scan->header, &input, &event) == ST_OK) {
		switch (event.kind) {
		case MIME_HEADER_NAME:
			open_field(scan, &event);
			break;
		case MIME_HEADER_VALUE:
			feed_value(scan, event.bytes);
			break;
		case MIME_HEADER_CLOSE:
			close_field(scan);
			break;
		case MIME_HEADER_END:
			return;
		}
	}
}

void
identity_scan_feed(struct identity_scan *scan, struct bytes octets)
{
	take_events(scan, octets);
}

bool
identity_scan_is_complete(const struct identity_scan *scan)
{
	return mime_header_has_empty_line(&scan->header);
}

struct identity
identity_scan_finish(struct identity_scan *scan)
{
	struct identity identity = {0};
	struct digest_state all;

	mime_header_finish(&scan->header);
	take_events(scan, (struct bytes){NULL, 0});
	digest_init(&all);
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		struct digest field = digest_finish(&scan->fields[i]);

		digest_feed(&all, bytes_of(field.octets, sizeof(field.octets)));
	}
	identity.digest = digest_finish(&all);
	identity.has_message_id = scan->has_text[FIELD_MESSAGE_ID];
	identity.has_date = scan->has_text[FIELD_DATE];
	return identity;
}

/* What a line holds in front of its end. */
enum line {
	LINE_NOTHING,
	LINE_CR,
	LINE_TEXT
};

void
body_digest_init(struct body_digest *digest, uint32_t rewrites)
{
	*digest = (struct body_digest){.rewrites = rewrites, .line = LINE_NOTHING};
	digest_init(&digest->state);
}

static int
line_with(int line, struct bytes more)
{
	if (more.size == 0)
		return line;
	if (line == LINE_NOTHING && bytes_equal(more, BYTES("\r")))
		return LINE_CR;
	return LINE_TEXT;
}

/* How many octets of `octets` belong to the header, its empty line included. */
static size_t
header_part(struct body_digest *digest, struct bytes octets)
{
	size_t start = 0;

	while (start < octets.size) {
		size_t end = bytes_find(octets, '\n', start);

		digest->line =
		    line_with(digest->line, bytes_skip(bytes_first(octets, end), start));
		if (end == octets.size)
			return end;
		if (digest->line != LINE_TEXT) {
			digest->has_empty_line = true;
			return end + 1;
		}
		digest->line = LINE_NOTHING;
		start = end + 1;
	}
	return start;
}

static void
digest_header(struct body_digest *digest, struct bytes octets)
{
	if ((digest->rewrites & BODY_REWRITE_HEADER_8BIT) == 0) {
		digest_feed(&digest->state, octets);
		return;
	}
	while (octets.size > 0) {
		uint8_t part[256];
		size_t size = octets.size < sizeof(part) ? octets.size : sizeof(part);

		for (size_t i = 0; i < size; i++)
			part[i] = octets.data[i] >= 0x80 ? 'X' : octets.data[i];
		digest_feed(&digest->state, bytes_of(part, size));
		octets = bytes_skip(octets, size);
	}
}

/* Octets as they are to be digested. All count until an empty line shows that they were the
 * header; then the digest begins anew. */
static void
digest_octets(struct body_digest *digest, struct bytes octets)
{
	if (!digest->has_empty_line) {
		size_t size = header_part(digest, octets);

		if (!digest->has_empty_line) {
			digest_header(digest, octets);
			return;
		}
		digest_init(&digest->state);
		octets = bytes_skip(octets, size);
	}
	digest_feed(&digest->state, octets);
}

/* The rewriting of one octet, 0 to 2 octets. Of a run of CR the last one is held: in front of
 * LF it goes if another CR left before it, at the end of the message it always goes. Where no
 * bare CR is kept, those before it never leave. */
static size_t
put_rewritten(struct body_digest *digest, uint8_t octet, uint8_t *out)
{
	bool drops_bare_cr = (digest->rewrites & BODY_REWRITE_BARE_CR) != 0;
	bool drops_cr = drops_bare_cr || (digest->rewrites & BODY_REWRITE_CR) != 0;
	bool adds_cr = (digest->rewrites & BODY_REWRITE_LF) != 0;
	bool has_held_cr = digest->has_held_cr;
	size_t size = 0;

	digest->has_held_cr = drops_cr && octet == '\r';
	if (octet == '\n') {
		if (digest->last != '\r' && (has_held_cr || adds_cr))
			out[size++] = '\r';
		out[size++] = '\n';
	} else {
		if (has_held_cr && !drops_bare_cr)
			out[size++] = '\r';
		if (octet == 0 && (digest->rewrites & BODY_REWRITE_NUL) != 0)
			octet = 0x80;
		if (!digest->has_held_cr)
			out[size++] = octet;
	}
	if (size > 0)
		digest->last = out[size - 1];
	return size;
}

/* How many octets at the front no rewriting changes, while no CR is held. */
static size_t
unchanged_part(const struct body_digest *digest, struct bytes octets)
{
	bool is_behind_cr = digest->last == '\r';
	size_t i = 0;

	while (i < octets.size) {
		uint8_t octet = octets.data[i];
		bool is_crlf = !is_behind_cr && octet == '\r' && i + 1 < octets.size &&
		    octets.data[i + 1] == '\n';

		if (!is_crlf && (octet == 0 || octet == '\r' || octet == '\n'))
			return i;
		is_behind_cr = false;
		i += is_crlf ? 2 : 1;
	}
	return i;
}

void
body_digest_feed(struct body_digest *digest, struct bytes octets)
{
	if (digest->rewrites == 0) {
		digest_octets(digest, octets);
		return;
	}
	while (octets.size > 0) {
		size_t size = digest->has_held_cr ? 0 : unchanged_part(digest, octets);
		struct bytes part = bytes_first(octets, size);
		uint8_t rewritten[2];

		if (size == 0) {
			part = bytes_of(
			    rewritten, put_rewritten(digest, octets.data[0], rewritten));
			size = 1;
		} else {
			digest->last = part.data[size - 1];
		}
		digest_octets(digest, part);
		octets = bytes_skip(octets, size);
	}
}

struct digest
body_digest_finish(struct body_digest *digest)
{
	if ((digest->rewrites & BODY_REWRITE_END) != 0 && digest->last != '\n')
		digest_octets(digest, BYTES("\r\n"));
	return digest_finish(&digest->state);
}
