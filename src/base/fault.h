/* SPDX-License-Identifier: Apache-2.0
 *
 * base/fault: what went wrong, how much it spoils, whether to try again, and one sentence.
 *
 * Promise  filled once, where the error is born; a filled fault is not overwritten by what
 *          follows from it (fault_set on a set fault keeps the first).
 * Memory   a value; the text is inside it and cut at its end, never in the middle of UTF-8.
 * Limits   the text is for people. Policy looks at cause, scope and retry only.
 */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "base/status.h"

enum fault_scope {
	FAULT_MESSAGE,
	FAULT_FOLDER,
	FAULT_MAILBOX,
	FAULT_ENDPOINT,
	FAULT_PROCESS,
};

enum fault_retry {
	RETRY_NEVER,
	RETRY_NOW,
	RETRY_LATER,
};

/* What kind of trouble it is; the command line's exit status follows from it. */
enum fault_cause {
	CAUSE_NONE,
	CAUSE_USAGE,    /* the caller's words are wrong */
	CAUSE_LOGIN,    /* the server does not let us in */
	CAUSE_NETWORK,  /* no connection, or it broke, or it stalled */
	CAUSE_TLS,      /* a certificate or a handshake */
	CAUSE_PROTOCOL, /* the peer says what its protocol does not allow */
	CAUSE_FULL,     /* over quota */
	CAUSE_RIGHTS,   /* not permitted on this folder */
	CAUSE_CONTENT,  /* this message is not taken as it is */
	CAUSE_VERIFY,   /* what is there is not what was said to be there */
	CAUSE_LIMIT,    /* a ceiling of ours */
	CAUSE_MEMORY,
	CAUSE_CANCELED,
	CAUSE_LEDGER, /* what we remember cannot be read or written */
	CAUSE_BUSY,   /* another run holds the mailbox */
	CAUSE_OTHER,
};

enum {
	FAULT_TEXT_SIZE = 512
};

struct fault {
	enum status status; /* ST_OK: no fault */
	enum fault_cause cause;
	enum fault_scope scope;
	enum fault_retry retry;
	/* After so long the peer may be asked again, as it said; 1: it did not say how long; 0:
	 * waiting does not help. */
	int64_t wait_us;
	char text[FAULT_TEXT_SIZE];
};

/* The head of a fault, so that call sites read as one line. */
struct fault_kind {
	enum status status;
	enum fault_cause cause;
	enum fault_scope scope;
	enum fault_retry retry;
};

/* Fills `fault` unless it is set already or NULL. Returns kind.status for `return fault_set`.
 */
enum status fault_set(struct fault *fault, struct fault_kind kind, const char *format, ...)
    PRINTF_LIKE(3, 4);

bool fault_is_set(const struct fault *fault);

enum {
	FAULT_QUOTE_SIZE = 160
};

/* What a peer said, made safe for a terminal: control octets and broken UTF-8 become '?',
 * long text is cut with "…". `out` is a caller's array; returns it. */
const char *fault_quote(struct bytes text, char out[static FAULT_QUOTE_SIZE]);

#endif
