/* SPDX-License-Identifier: Apache-2.0
 *
 * bridge/token_frame: what godwit-token says on its pipe, octets to meaning and back.
 *
 * Place    bridge/oauth/serve encodes, bridge/token feeds what it reads.
 * Promise  a reader that met one wrong octet stays broken: nothing behind it is believed.
 * Memory   the reader holds one frame and overwrites it as soon as the next is asked for.
 * Limits   BRIDGE_TOKEN_FRAME_SIZE_MAX octets a frame.
 * Spec     "GT", version 1, kind, 32 bits of payload size in network order, payload.
 *          'T': 32 bits of life in seconds, then the token: printable ASCII without spaces.
 *          'F': cause, '0' or '1' (the last word), then one sentence of printable UTF-8.
 */
#ifndef BRIDGE_TOKEN_FRAME_H
#define BRIDGE_TOKEN_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "base/fault.h"
#include "base/secret.h"
#include "base/status.h"

struct buf;

enum {
	BRIDGE_TOKEN_LIFE_MAX_S = 86400,
	BRIDGE_TOKEN_HEADER_SIZE = 8,
	BRIDGE_TOKEN_FRAME_SIZE_MAX = BRIDGE_TOKEN_HEADER_SIZE + 4 + SECRET_SIZE_MAX
};

enum bridge_token_frame_kind {
	BRIDGE_TOKEN_FRAME_NONE,
	BRIDGE_TOKEN_FRAME_TOKEN,
	BRIDGE_TOKEN_FRAME_FAULT,
};

struct bridge_token_frame {
	enum bridge_token_frame_kind kind;
	uint32_t life_s; /* of the token, from now on; 1 to BRIDGE_TOKEN_LIFE_MAX_S */
	struct bytes token;
	enum fault_cause cause;
	bool is_final; /* no token will follow */
	struct bytes sentence;
};

struct bridge_token_reader {
	size_t size;
	size_t taken; /* of the frame that was lent, at the start of the octets */
	bool is_broken;
	uint8_t octets[BRIDGE_TOKEN_FRAME_SIZE_MAX];
};

/* ST_SYNTAX for what a reader would refuse; then nothing is appended. */
enum status bridge_token_frame_encode(
    const struct bridge_token_frame *frame, struct buf *out) MUST_USE;

void bridge_token_reader_init(struct bridge_token_reader *reader);
void bridge_token_reader_fini(struct bridge_token_reader *reader);

/* Takes what fits and returns how much; ask next before feeding the rest. */
size_t bridge_token_reader_feed(struct bridge_token_reader *reader, struct bytes octets);
/* ST_AGAIN: feed more. ST_SYNTAX: broken, for good. Slices are borrowed until the next call. */
enum status bridge_token_reader_next(
    struct bridge_token_reader *reader, struct bridge_token_frame *frame_out) MUST_USE;

#endif
