/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/password: where passwords come from: a file, an inherited descriptor, or the terminal.
 *
 * Promise  never from arguments or the environment. Every buffer that held one is wiped. The
 *          terminal's echo is back before anything returns, also after a signal.
 */
#ifndef CLI_PASSWORD_H
#define CLI_PASSWORD_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/fault.h"
#include "base/secret.h"
#include "mail/account.h"

/* The first line of the file, without its CR and LF. "/dev/fd/N" and "/dev/stdin" are read from
 * the descriptor itself, because a process that hides its memory may not open them by name.
 * *is_open_out says that other users can read the file. */
enum status cli_password_read(const char *path, const char *side, struct secret *secret_out,
    bool *is_open_out, struct fault *fault) MUST_USE;

/* The same for an access token. */
enum status cli_password_read_token(const char *path, const char *side,
    struct secret *secret_out, bool *is_open_out, struct fault *fault) MUST_USE;
/* Whether a second reading finds what is in the file then: not so for pipes and descriptors. */
bool cli_password_can_read_again(const char *path);

/* Asks on the controlling terminal, without echo. ST_CANCELED after Ctrl-C. */
enum status cli_password_ask(
    const struct account *account, struct secret *secret_out, struct fault *fault) MUST_USE;

/* The same on a terminal that is open already. */
enum status cli_password_ask_on(int terminal, const struct account *account,
    struct secret *secret_out, struct fault *fault) MUST_USE;

#endif
