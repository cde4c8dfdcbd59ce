/* SPDX-License-Identifier: Apache-2.0
 *
 * wire/imap/output: what is to be sent, in pieces, and what each piece waits for.
 *
 * Place    between wire/imap/command and the link; owned by wire/imap/session.
 * Promise  octets leave in order. A piece that waits holds back everything behind it.
 * Memory   one buffer. A piece with a secret is overwritten when it has left or is dropped, and
 *          the buffer never moves without overwriting the place it leaves.
 * Limits   IMAP_PIECES_MAX pieces, IMAP_OUTPUT_SIZE_MAX octets: ST_LIMIT, nothing is added.
 */
#ifndef WIRE_IMAP_OUTPUT_H
#define WIRE_IMAP_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "wire/imap/command.h"

enum {
	IMAP_PIECES_MAX = 1024,
	IMAP_OUTPUT_SIZE_MAX = 131072
};

/* One physical line, or what follows a small literal's announcement. */
struct imap_piece {
	uint32_t command; /* 0: of no command, never dropped */
	uint32_t size;
	uint32_t secret_from;
	uint32_t secret_to;
	bool waits; /* for a continuation */
};

struct imap_output {
	struct buf octets;
	size_t sent; /* of the front piece; its octets stay until all have left */
	size_t first;
	size_t count;
	struct imap_piece pieces[IMAP_PIECES_MAX];
};

void imap_output_init(struct imap_output *output);
void imap_output_fini(struct imap_output *output);

/* Queues all of `command`, cut where it must wait, or nothing. */
enum status imap_output_add(struct imap_output *output, const struct imap_command_text *command,
    uint32_t number) MUST_USE;

/* What may leave now: up to the first piece that waits, and when `up_to` is not 0, nothing of a
 * command begun after that one. */
struct bytes imap_output_ready(const struct imap_output *output, uint32_t up_to);

/* The oldest piece, or NULL. */
struct imap_piece *imap_output_front(struct imap_output *output);
/* The octets of the front piece, all of them. */
struct bytes imap_output_front_octets(const struct imap_output *output);
/* The front piece has left, or will never leave. */
void imap_output_pop(struct imap_output *output);

#endif
