/* SPDX-License-Identifier: Apache-2.0
 *
 * wire/imap/frame: cuts what a server sends into responses, and message bodies out of them.
 *
 * Place    between the octets of the link and wire/imap/reply; owned by wire/imap/session.
 * Promise  gives the same parts wherever the stream is cut, but for the cuts of BODY_DATA.
 * Memory   a response that lies whole in what was fed is not copied; any other is gathered in
 *          one buffer. Body literals are slices of what was fed.
 * Limits   line_size_max octets of a response, small literals included, bodies not;
 *          IMAP_STREAMS_MAX bodies a response.
 */
#ifndef WIRE_IMAP_FRAME_H
#define WIRE_IMAP_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/digest.h"
#include "base/fault.h"
#include "wire/imap/lexer.h"

enum imap_part_kind {
	IMAP_PART_NONE, /* all was taken */
	IMAP_PART_RESPONSE,
	IMAP_PART_BODY_BEGIN,
	IMAP_PART_BODY_DATA,
	IMAP_PART_BODY_END,
};

/* What kind of octets stands behind a key of FETCH. */
enum imap_body_kind {
	IMAP_BODY_NONE, /* the key names no body */
	IMAP_BODY_ALL,
	IMAP_BODY_HEADER_FIELDS,
	IMAP_BODY_OTHER, /* nobody asked for it: passed over */
};

struct imap_part {
	enum imap_part_kind kind;
	enum imap_body_kind body;
	uint32_t uid; /* 0: not told before the body */
	uint64_t size;
	struct bytes octets; /* of RESPONSE, with its line end, and of BODY_DATA */
};

enum imap_frame_state {
	IMAP_FRAME_LINE,
	IMAP_FRAME_LITERAL, /* a small literal, gathered with its line */
	IMAP_FRAME_BODY
};

struct imap_frame {
	enum imap_frame_state state;
	struct buf line;       /* the response so far, when it does not lie in one piece */
	bool is_spent;         /* `line` holds a response that was handed out */
	bool is_digesting;     /* for the trace, from the next body on */
	bool is_digested;      /* this body is */
	bool is_walked;        /* the fields below belong to this response */
	uint64_t literal_left; /* octets of a small literal or a body still to come */
	enum imap_body_kind body;
	size_t nesting_max;
	struct imap_quirks quirks;
	struct imap_lexer lexer;
	size_t token_count;
	bool is_fetch;
	bool awaits_value;
	enum imap_body_kind key_body;
	bool is_key_uid;
	uint32_t number; /* of "* number UIDFETCH" */
	uint32_t uid;
	struct imap_streams streams; /* valid until the next feed */
	struct digest_state digest;
};

void imap_frame_init(struct imap_frame *frame, size_t line_size_max, size_t nesting_max);
void imap_frame_fini(struct imap_frame *frame);

/* Takes octets up to the next part. ST_LIMIT, ST_SYNTAX, ST_MEMORY are final. */
enum status imap_frame_feed(struct imap_frame *frame, struct bytes input, size_t *used_out,
    struct imap_part *part_out, struct fault *fault) MUST_USE;

/* Nothing of an unfinished response was taken. */
bool imap_frame_is_idle(const struct imap_frame *frame);

enum imap_body_kind imap_body_kind_of(struct bytes fetch_key);

#endif
