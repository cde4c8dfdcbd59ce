/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/uri: a mailbox as a person types it, "imaps://anna%40old.example@imap.old.example/".
 *
 * Promise  every mistake is one sentence that names what is wrong and shows the right form.
 *          What stands before an "@" is never repeated: it may be a password.
 * Memory   the account's strings live in `arena`.
 * Limits   user 512 octets, host 253.
 * Spec     RFC 5092 and 3986, without parameters, paths and passwords.
 */
#ifndef CLI_URI_H
#define CLI_URI_H

#include "base/arena.h"
#include "base/attr.h"
#include "base/fault.h"
#include "mail/account.h"

enum {
	CLI_URI_USER_MAX = 512,
	CLI_URI_HOST_MAX = 253
};

/* Fills side, host, port, security and user; everything else in `account_out` is zero. `side`
 * is "source" or "destination" and is kept. ST_SYNTAX, ST_LIMIT or ST_MEMORY. */
enum status cli_uri_decode(const char *text, const char *side, struct arena *arena,
    struct account *account_out, struct fault *fault) MUST_USE;

#endif
