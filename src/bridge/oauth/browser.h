/* SPDX-License-Identifier: Apache-2.0
 *
 * bridge/oauth/browser: consent in a browser on this machine, brought back to the loopback.
 *
 * Promise  listens on 127.0.0.1 only, at a port that the kernel chose, until one answer with
 *          our state came; the code is bound to us by PKCE.
 * Limits   ten minutes; one connection at a time, five seconds and 16 KiB each.
 * Spec     RFC 8252 section 7.3, RFC 7636.
 */
#ifndef BRIDGE_OAUTH_BROWSER_H
#define BRIDGE_OAUTH_BROWSER_H

#include "base/attr.h"
#include "base/fault.h"

struct oauth_grant;
struct oauth_store;
struct oauth_talk;

/* `user` (may be NULL) is offered to the provider as the account to sign in. */
enum status oauth_browser_run(const struct oauth_store *store, const char *user,
    const struct oauth_talk *talk, struct oauth_grant *grant_out, struct fault *fault) MUST_USE;

#endif
