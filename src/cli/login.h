/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/login: master users, access tokens and old TLS, as the command line orders them.
 *
 * Place    cmd_copy has one a side; what it fills is in mail/account.
 * Promise  words that contradict each other are one sentence before anything is connected. A
 *          token file is read again before each log-in, so that it may be replaced meanwhile.
 * Memory   tokens are wiped by fini. The struct must stay where it is while connections live.
 */
#ifndef CLI_LOGIN_H
#define CLI_LOGIN_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/fault.h"
#include "base/secret.h"
#include "mail/account.h"

struct cli_options;

struct cli_login {
	const char *master;     /* --source-master; NULL: none */
	const char *user_as;    /* --source-user-as; NULL: authzid */
	const char *token_file; /* --source-token-file; NULL: a password is used */
	const char *oauth_file; /* --source-oauth: godwit-token brings tokens; NULL: not */
	const char *tls_min;    /* --source-tls-min; NULL: 1.2 */
	const char *side;
	struct account_login login;
	struct secret token;
};

/* Checks what was given against the account's own words, and joins it to the account. */
enum status cli_login_fill(const struct cli_options *line, struct cli_login *login,
    bool has_password_file, struct account *account, struct fault *fault) MUST_USE;

/* Reads the token for the first time; nothing without --source-token-file. `is_open_out` says
 * that other users can read the file. */
enum status cli_login_open(
    struct cli_login *login, bool *is_open_out, struct fault *fault) MUST_USE;
void cli_login_fini(struct cli_login *login);

#endif
