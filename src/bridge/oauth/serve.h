/* SPDX-License-Identifier: Apache-2.0
 *
 * bridge/oauth/serve: fresh tokens on a pipe for as long as somebody reads it.
 *
 * Place    the body of `godwit-token serve`; the other end is bridge/token.
 * Promise  a new refresh token is in the store before the access token that came with it is
 *          given out. One process at a time uses a store. SIGTERM counts between requests
 *          only, provided that the caller has blocked it.
 * Memory   tokens are overwritten as soon as they are on the pipe.
 */
#ifndef BRIDGE_OAUTH_SERVE_H
#define BRIDGE_OAUTH_SERVE_H

#include "base/attr.h"
#include "base/fault.h"
#include "bridge/oauth/talk.h"

struct oauth_serve {
	const char *path; /* of the store */
	const char *user; /* for a service account; NULL: itself */
	int output;
	const struct oauth_talk *talk;
};

/* ST_OK when the reader has gone. Any other end was said on the pipe, too. */
enum status oauth_serve_run(const struct oauth_serve *serve, struct fault *fault) MUST_USE;

#endif
