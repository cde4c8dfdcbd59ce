/* SPDX-License-Identifier: Apache-2.0
 *
 * bridge/oauth/answer: what a provider answered, and whether that is a token.
 *
 * Place    between bridge/oauth/request and who asked.
 * Promise  nothing that a provider sends is believed unchecked: a token is what SASL can carry,
 *          a life is a number with a ceiling, an address that people shall open is https://.
 * Memory   values with secrets; their holder wipes them.
 * Spec     RFC 6749 section 5, RFC 8628 section 3.2 and 3.5.
 */
#ifndef BRIDGE_OAUTH_ANSWER_H
#define BRIDGE_OAUTH_ANSWER_H

#include <stdint.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "base/fault.h"
#include "base/secret.h"
#include "bridge/oauth/provider.h"
#include "bridge/oauth/refusal.h"

enum {
	OAUTH_LIFE_UNKNOWN_S = 600, /* when a provider does not say */
	OAUTH_CODE_SIZE = 64,
	OAUTH_INTERVAL_MAX_S = 600
};

struct oauth_reply {
	long status; /* of HTTP */
	struct bytes body;
};

struct oauth_token {
	struct secret access;
	struct secret refresh; /* size 0: none came */
	uint32_t life_s;
};

struct oauth_device {
	struct secret code;
	char user_code[OAUTH_CODE_SIZE];
	char url[OAUTH_URL_SIZE];
	uint32_t life_s;
	uint32_t interval_s;
};

/* ST_OK: a token. ST_AGAIN: *kind_out says PENDING or SLOW_DOWN, and `fault` is not filled.
 * Else a fault with RETRY_LATER for what may pass. */
enum status oauth_answer_token(const struct oauth_provider *provider,
    const struct oauth_reply *reply, struct oauth_token *token_out,
    enum oauth_refusal_kind *kind_out, struct fault *fault) MUST_USE;

enum status oauth_answer_device(const struct oauth_provider *provider,
    const struct oauth_reply *reply, struct oauth_device *device_out,
    struct fault *fault) MUST_USE;

#endif
