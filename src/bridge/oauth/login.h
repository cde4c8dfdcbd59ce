/* SPDX-License-Identifier: Apache-2.0
 *
 * bridge/oauth/login: a consent, from the first question to the file that keeps it.
 *
 * Place    the body of `godwit-token login`.
 * Promise  the file is written only when the provider has given a refresh token, or when a
 *          service account's key has brought one access token.
 */
#ifndef BRIDGE_OAUTH_LOGIN_H
#define BRIDGE_OAUTH_LOGIN_H

#include "base/attr.h"
#include "base/fault.h"

struct oauth_store;
struct oauth_talk;

enum oauth_flow {
	OAUTH_FLOW_ANY, /* the device code where there is one, else the browser */
	OAUTH_FLOW_DEVICE,
	OAUTH_FLOW_BROWSER,
};

struct oauth_login {
	const char *path; /* the file to write */
	const char *user; /* NULL: whoever signs in */
	enum oauth_flow flow;
	const struct oauth_talk *talk;
};

/* `store` has its provider, and its client or a service account. */
enum status oauth_login_run(
    const struct oauth_login *login, struct oauth_store *store, struct fault *fault) MUST_USE;

#endif
