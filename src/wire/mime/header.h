/* SPDX-License-Identifier: Apache-2.0
 *
 * wire/mime/header: finds the fields of a message's header, over any cuts, without copying.
 *
 * Place    octets of a message, or of a HEADER.FIELDS reply, enter and leave through next; who
 *          makes an identity of them (sync/identity) keeps what it needs.
 * Promise  the fields and the octets of their values do not depend on the cuts. The header ends
 *          at the first empty line or with the input. CRLF and bare LF both end a line.
 *          Lines that are no field ("From " lines, no colon, an empty name) are passed over
 *          with the lines that continue them.
 * Memory   a value without heap parts. Slices in an event are borrowed until the next call and
 *          lie in the input, in the scanner or in constant memory.
 * Limits   any size of header, any number of fields; names are cut at 77 octets.
 * Spec     RFC 5322 sections 2.2 and 4.5 (white space before the colon).
 */
#ifndef WIRE_MIME_HEADER_H
#define WIRE_MIME_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "base/status.h"

enum {
	MIME_NAME_SIZE_MAX = 77
};

enum mime_header_kind {
	MIME_HEADER_NAME,  /* a field begins: its name, ASCII letters lower-cased */
	MIME_HEADER_VALUE, /* the next octets of its value, never none; line ends left out */
	MIME_HEADER_CLOSE, /* the field ends */
	MIME_HEADER_END    /* the header ends */
};

struct mime_header_event {
	enum mime_header_kind kind;
	struct bytes bytes; /* of NAME and VALUE */
	bool is_cut;        /* NAME: it was longer than MIME_NAME_SIZE_MAX */
	bool is_spaced;     /* NAME: white space stands between it and the colon */
};

struct mime_header {
	int state;
	size_t name_size; /* as it stands, also above the maximum */
	bool has_field;   /* a field is open: CLOSE has not been told */
	bool has_cr;      /* a CR was taken and what follows is not known yet */
	bool is_over;     /* there will be no more input */
	bool is_by_line;  /* an empty line ended the header */
	uint8_t all;      /* every octet of the header, or-ed together */
	uint8_t name[MIME_NAME_SIZE_MAX];
};

void mime_header_init(struct mime_header *header);

/* Takes octets off the front of `input` until there is an event to tell. ST_AGAIN: `input` is
 * used up, come back with more. ST_END: the header has ended, and `input` is left at the first
 * octet behind it. */
enum status mime_header_next(struct mime_header *header, struct bytes *input,
    struct mime_header_event *event_out) MUST_USE;

/* There is no more input: next, with an empty input, tells what is left to tell. */
void mime_header_finish(struct mime_header *header);

/* Whether the header ended by an empty line (and not by the end of the input). */
bool mime_header_has_empty_line(const struct mime_header *header);
/* Whether any octet of the header so far was 0x80 or above. */
bool mime_header_has_8bit(const struct mime_header *header);

#endif
