/* SPDX-License-Identifier: Apache-2.0
 *
 * bridge/oauth/grant: asking the token endpoint, whatever right there is to ask.
 *
 * Place    serve and the two flows of login.
 * Spec     RFC 6749 sections 4.1.3 and 6, RFC 7523 section 2.1, RFC 8628 section 3.4.
 */
#ifndef BRIDGE_OAUTH_GRANT_H
#define BRIDGE_OAUTH_GRANT_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/fault.h"
#include "base/tick.h"
#include "bridge/oauth/answer.h"

struct buf;
struct oauth_field;
struct oauth_store;

struct oauth_grant {
	struct oauth_token token;     /* after ST_OK */
	enum oauth_refusal_kind kind; /* after ST_AGAIN */
	uint32_t retry_after_s;       /* 0 unless the provider said it, with any status */
};

/* Posts these fields, and behind them the client unless the store is a service account. Waits.
 */
enum status oauth_grant_post(const struct oauth_store *store, const struct oauth_field *fields,
    size_t count, struct oauth_grant *grant_out, struct fault *fault) MUST_USE;

/* A token by the refresh token, or for `user` by the service account. A new refresh token is
 * in the grant, not yet in the store. */
enum status oauth_grant_fetch(const struct oauth_store *store, const char *user,
    struct wall now, struct oauth_grant *grant_out, struct fault *fault) MUST_USE;

/* Adds client_id and client_secret. */
enum status oauth_grant_add_client(const struct oauth_store *store, struct buf *form) MUST_USE;

#endif
