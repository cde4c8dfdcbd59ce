/* SPDX-License-Identifier: Apache-2.0
 *
 * bridge/token: access tokens from the program godwit-token, which runs beside this process.
 *
 * Place    main opens one for each side that logs in by OAuth. This process never speaks to a
 *          provider: it reads frames from a pipe and knows no refresh token.
 * Promise  no shell; no secret in an argument or in the environment. The secret of the caller
 *          is rewritten in place with each fresh token, so that every later log-in uses it.
 * Memory   owned; a token that was read is overwritten wherever it has been.
 * Limits   one token at a time, of SECRET_SIZE_MAX octets.
 */
#ifndef BRIDGE_TOKEN_H
#define BRIDGE_TOKEN_H

#include <stddef.h>

#include "base/attr.h"
#include "base/fault.h"

struct account_login;
struct bridge_token;
struct loop;
struct secret;

struct bridge_token_settings {
	const char *program; /* path of godwit-token */
	const char *store;   /* its file */
	const char *user;    /* whose mailbox it is, for a service account */
	const char *side;    /* "source" or "destination", for sentences */
	struct secret *token;
	/* A sentence about tokens to come, when there is a good one at present. */
	void (*tell)(void *argument, const char *sentence);
	void *argument;
};

/* Starts the program and a fiber that reads what it says. `side`, `token` and `argument` are
 * borrowed until close. */
enum status bridge_token_open(struct loop *loop, const struct bridge_token_settings *settings,
    struct bridge_token **token_out, struct fault *fault) MUST_USE;

/* On a fiber: until there is a token, or the sentence that says why there will be none. */
enum status bridge_token_wait(struct bridge_token *token, struct fault *fault) MUST_USE;
/* For struct account_login, with the token as its argument: before a log-in. The secret is as
 * fresh as it can be; when its life is over and none will follow, this is the fault. */
enum status bridge_token_renew(struct account_login *login, struct fault *fault) MUST_USE;

/* Ends the reading, so that the loop can end. From anywhere on the loop; NULL is fine. */
void bridge_token_stop(struct bridge_token *token);
/* After the loop has ended: ends the program and NULLs the pointer; NULL is fine. */
void bridge_token_close(struct bridge_token **token);

/* The path of godwit-token, which lies beside the running program. ST_LIMIT, ST_IO. */
enum status bridge_token_program(char *path_out, size_t size) MUST_USE;

#endif
