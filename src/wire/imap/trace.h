/* SPDX-License-Identifier: Apache-2.0
 *
 * wire/imap/trace: the dialogue as lines that a person can read and may pass on.
 *
 * Place    fed by wire/imap/session; the buffer is its owner's, who empties it.
 * Promise  "C: …" and "S: …", one a protocol line; message bodies as "{n} sha256:…"; what the
 *          session conceals as "***"; control octets as "\x1b". A line is written whole or not
 *          at all; how many were not is said in the next line that fits.
 * Limits   IMAP_TRACE_LINE_MAX octets of a line are shown.
 */
#ifndef WIRE_IMAP_TRACE_H
#define WIRE_IMAP_TRACE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/digest.h"
#include "wire/imap/lexer.h"

enum {
	IMAP_TRACE_LINE_MAX = 4096,
	IMAP_NEEDLES_MAX = 6
};

/* Octets that no line and no text may show: forms of the password while the log-in is open. */
struct imap_needles {
	size_t count;
	struct bytes items[IMAP_NEEDLES_MAX];
};

struct imap_trace {
	struct buf *to; /* NULL: nothing is written */
	uint64_t lost;  /* lines since the last one that fitted */
};

/* One piece of a command; octets [secret_from, secret_to) are concealed. */
void imap_trace_client(
    struct imap_trace *trace, struct bytes line, size_t secret_from, size_t secret_to);
/* "+ …" of a mechanism in which the server's words help to guess the password. */
void imap_trace_challenge(struct imap_trace *trace);
/* A message that was sent. */
void imap_trace_literal(struct imap_trace *trace, uint64_t size, const struct digest *digest);
/* One response, with the bodies that were taken out of it. */
void imap_trace_server(struct imap_trace *trace, struct bytes response,
    const struct imap_streams *streams, const struct imap_needles *needles);

/* The first place of any needle at or after `from`; its size in size_out. text.size: none. */
size_t imap_needles_find(
    const struct imap_needles *needles, struct bytes text, size_t from, size_t *size_out);

#endif
