/* SPDX-License-Identifier: Apache-2.0
 *
 * bridge/oauth/redirect: what a browser brings back to the loopback address.
 *
 * Promise  a code is taken only together with the state that went out.
 * Limits   OAUTH_REDIRECT_SIZE_MAX octets of request.
 * Spec     RFC 6749 section 4.1.2, RFC 8252 section 7.3; the request line of RFC 9112.
 */
#ifndef BRIDGE_OAUTH_REDIRECT_H
#define BRIDGE_OAUTH_REDIRECT_H

#include "base/attr.h"
#include "base/bytes.h"
#include "base/fault.h"

struct secret;

enum {
	OAUTH_REDIRECT_SIZE_MAX = 16384
};

/* Reads the request's first line. ST_ABSENT: it is about something else (an icon). ST_SYNTAX:
 * no such request. ST_CONFLICT: its state is not ours. ST_REFUSED: with the provider's words,
 * which are the only ones that fill `fault`. */
enum status oauth_redirect_decode(struct bytes request, const char *state,
    struct secret *code_out, struct fault *fault) MUST_USE;

#endif
