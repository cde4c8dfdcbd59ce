/* SPDX-License-Identifier: Apache-2.0
 *
 * bridge/oauth/jwt: the signed assertion with which a service account asks for a token.
 *
 * Promise  only RS256, with an RSA key of 2048 bits or more. Time is an argument.
 * Memory   the key is read from the caller's text and forgotten.
 * Spec     RFC 7523 section 3, RFC 7519, RFC 7515, RFC 7518 section 3.3.
 */
#ifndef BRIDGE_OAUTH_JWT_H
#define BRIDGE_OAUTH_JWT_H

#include <stdint.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "base/fault.h"
#include "base/tick.h"

struct buf;

struct oauth_jwt {
	const char *issuer;  /* the account's client_email */
	const char *subject; /* the user in whose name; NULL: the account itself */
	const char *scope;
	const char *audience; /* the token endpoint */
	const char *key_id;   /* NULL: not named */
	struct wall now;
	uint32_t life_s;
};

/* Appends header.claims.signature. `key` is PEM. ST_SYNTAX when it is no key of that kind. */
enum status oauth_jwt_sign(const struct oauth_jwt *jwt, struct bytes key, struct buf *out,
    struct fault *fault) MUST_USE;

#endif
