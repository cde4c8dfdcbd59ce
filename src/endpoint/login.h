/* SPDX-License-Identifier: Apache-2.0
 *
 * endpoint/login: how we say who we are: which way, in which order, how often.
 *
 * Place    private to endpoint: open.c calls log_in when the connection is encrypted. login.c
 *          decides, login_try.c carries one attempt out.
 * Promise  one password is refused at most ACCOUNT_TRIES_MAX times over all connections that
 *          share a struct account_login. Behind a server that could not prove itself, and on a
 *          connection in clear, nothing weaker is tried.
 * Memory   struct login lives on the heap while a log-in is under way, and is wiped.
 */
#ifndef ENDPOINT_LOGIN_H
#define ENDPOINT_LOGIN_H

#include "endpoint/imap_private.h"
#include "endpoint/verdict.h"
#include "mail/account.h"
#include "wire/sasl/bearer.h"
#include "wire/sasl/message.h"

struct scram;

/* Ways to log in, in the order in which they are wished for. */
enum login_way {
	LOGIN_OAUTHBEARER,
	LOGIN_XOAUTH2,
	LOGIN_SCRAM_SHA_256,
	LOGIN_SCRAM_SHA_1,
	LOGIN_PLAIN,
	LOGIN_COMMAND,
	LOGIN_MECHANISM,      /* AUTHENTICATE LOGIN */
	LOGIN_PLAIN_PREPARED, /* PLAIN with what SASLprep makes of the password */
	LOGIN_WAY_COUNT
};

enum login_outcome {
	LOGIN_IN,
	LOGIN_UNAVAILABLE,  /* the server does not know this way; nothing was tried */
	LOGIN_UNKNOWN_HERE, /* this way knows no such user; another may */
	LOGIN_REFUSED,
	LOGIN_LATER,  /* refused for a reason that is not the password's */
	LOGIN_BROKEN, /* the fault is set: the connection is of no use */
};

struct login {
	struct endpoint *endpoint;
	struct account_login *shared;
	struct account_login own; /* of an account that shares nothing */
	struct account_names names;
	struct buf names_room;
	char *prepared;     /* what SASLprep makes of the password; NULL: not asked for */
	struct buf message; /* the next response */
	struct buf challenge;
	struct scram *scram;
	unsigned answers;   /* challenges answered in this attempt */
	bool is_secret_out; /* something that depends on the password has left */
	struct sasl_bearer_error bearer;

	/* Of the attempt's reply. */
	enum imap_result result;
	enum imap_code code;
	size_t text_size;
	char text[FAULT_QUOTE_SIZE];
};

/* One attempt. `fault` is set only with LOGIN_BROKEN. */
enum login_outcome login_try(
    struct login *login, enum login_way way, struct bytes secret, struct fault *fault);

struct imap_verdict login_verdict(const struct login *login, bool has_token);

enum status endpoint_log_in(struct endpoint *endpoint, struct fault *fault) MUST_USE;
/* In open.c. */
enum status endpoint_learn_capabilities(
    struct endpoint *endpoint, struct fault *fault) MUST_USE;

#endif
