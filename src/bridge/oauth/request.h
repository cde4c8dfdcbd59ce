/* SPDX-License-Identifier: Apache-2.0
 *
 * bridge/oauth/request: one form, posted to one endpoint by HTTPS.
 *
 * Place    the only place that knows libcurl; in godwit-token, never in what copies.
 * Promise  TLS 1.2 or later with a verified certificate; no redirect is followed, so that no
 *          secret reaches another address; one deadline for all of it.
 * Limits   OAUTH_BODY_SIZE_MAX octets of answer.
 */
#ifndef BRIDGE_OAUTH_REQUEST_H
#define BRIDGE_OAUTH_REQUEST_H

#include <stdint.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "base/fault.h"
#include "bridge/oauth/provider.h"

struct buf;

enum {
	OAUTH_BODY_SIZE_MAX = 65536
};

struct oauth_request {
	const struct oauth_provider *provider;
	const char *url; /* one of the provider's */
	struct bytes form;
};

/* Once a process. */
enum status oauth_request_init(struct fault *fault) MUST_USE;
void oauth_request_fini(void);

/* Waits. Appends the answer to `body`, also an answer that says no; *retry_after_s_out is 0
 * unless the provider says how long to wait. A fault is one of the way there. */
enum status oauth_request_post(const struct oauth_request *request, struct buf *body,
    long *status_out, uint32_t *retry_after_s_out, struct fault *fault) MUST_USE;

#endif
