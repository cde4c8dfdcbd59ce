/* SPDX-License-Identifier: Apache-2.0
 *
 * wire/sasl/message: what a client says in the mechanisms that need no computation.
 *
 * Place    endpoint/login makes messages here and hands them to wire/imap/session, which puts
 *          them into base64.
 * Promise  no value can end its field: NUL, CR, LF and, where a mechanism separates by ^A, ^A
 *          are ST_SYNTAX; commas and equal signs in names are escaped where RFC 5801 says so.
 *          Room is made before a secret is written, so that no copy of one is left behind.
 * Memory   appends to a caller's buffer, which its owner wipes.
 * Spec     RFC 4616 (PLAIN), RFC 7628 (OAUTHBEARER), RFC 5801 (names); XOAUTH2 as Google and
 *          Microsoft document it; LOGIN as draft-murchison-sasl-login-00.
 */
#ifndef WIRE_SASL_MESSAGE_H
#define WIRE_SASL_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/bytes.h"

enum sasl_mechanism {
	SASL_OAUTHBEARER,
	SASL_XOAUTH2,
	SASL_SCRAM_SHA_256,
	SASL_SCRAM_SHA_1,
	SASL_PLAIN,
	SASL_LOGIN,
	SASL_COUNT
};

/* As in AUTHENTICATE and AUTH=. */
const char *sasl_mechanism_name(enum sasl_mechanism mechanism);

/* authzid NUL authcid NUL password; an empty `authorize` is none. */
enum status sasl_plain(
    struct bytes authorize, struct bytes user, struct bytes password, struct buf *out) MUST_USE;

struct sasl_bearer {
	struct bytes user;
	struct bytes host;
	uint16_t port;
	struct bytes token;
};

/* ST_SYNTAX also when the token is none by RFC 6750. Host and port are not in XOAUTH2. */
enum status sasl_xoauth2(const struct sasl_bearer *bearer, struct buf *out) MUST_USE;
enum status sasl_oauthbearer(const struct sasl_bearer *bearer, struct buf *out) MUST_USE;

/* b64token of RFC 6750 section 2.1. */
bool sasl_is_token(struct bytes token);

#endif
