/* SPDX-License-Identifier: Apache-2.0
 *
 * wire/sasl/scram: what must be true of a server's first message before anything is computed.
 *
 * Place    endpoint/scram asks here before it lets the library answer.
 * Promise  a server can neither make us compute for long (iterations have a ceiling), nor make
 *          our proof cheap to guess (they have a floor), nor answer to somebody else's nonce.
 * Spec     RFC 5802 section 5.1 and 7, RFC 7677 section 4.
 */
#ifndef WIRE_SASL_SCRAM_H
#define WIRE_SASL_SCRAM_H

#include <stdint.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "base/status.h"

enum {
	SASL_SCRAM_ITERATIONS_MIN = 4096,
	/* Half a second of computing. OWASP's recommendation of 2023 is 600,000. */
	SASL_SCRAM_ITERATIONS_MAX = 1000000
};

enum sasl_scram_flaw {
	SASL_SCRAM_SOUND,
	SASL_SCRAM_UNREADABLE,
	SASL_SCRAM_NONCE,   /* not ours continued */
	SASL_SCRAM_TOO_FEW, /* iterations */
	SASL_SCRAM_TOO_MANY,
};

/* The nonce of our own first message; empty when there is none in it. */
struct bytes sasl_scram_nonce(struct bytes client_first);

enum sasl_scram_flaw sasl_scram_first_check(
    struct bytes server_first, struct bytes client_nonce) MUST_USE;

#endif
