/* SPDX-License-Identifier: Apache-2.0
 *
 * bridge/oauth/base64url: the base64 of URLs and of JSON Web Tokens.
 *
 * Spec     RFC 4648 section 5, without padding (RFC 7515 section 2).
 */
#ifndef BRIDGE_OAUTH_BASE64URL_H
#define BRIDGE_OAUTH_BASE64URL_H

#include "base/attr.h"
#include "base/bytes.h"
#include "base/status.h"

struct buf;

/* Appends the encoding of `plain`. */
enum status oauth_base64url_encode(struct bytes plain, struct buf *out) MUST_USE;

#endif
