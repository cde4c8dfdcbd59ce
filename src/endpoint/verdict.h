/* SPDX-License-Identifier: Apache-2.0
 *
 * endpoint/verdict: what a refusal means, and what a person can do about it.
 *
 * Place    asked by endpoint about a NO, a BAD or a BYE. One table, one row a signal.
 * Promise  a response code that decides something decides; words of the text are looked at only
 *          where there is no such code. What no row knows is IMAP_TROUBLE_OTHER. What single
 *          servers mean by a code or by words is a quirk: those rows count where it is set.
 * Spec     RFC 5530, RFC 7628, and what the servers of docs/login.md were heard to say.
 */
#ifndef ENDPOINT_VERDICT_H
#define ENDPOINT_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/fault.h"
#include "wire/imap/event.h"
#include "wire/imap/server/quirk.h"

enum imap_phase {
	IMAP_PHASE_LOGIN = 1 << 0,
	IMAP_PHASE_READ = 1 << 1,  /* FETCH, SEARCH, STATUS, … */
	IMAP_PHASE_WRITE = 1 << 2, /* CREATE, STORE, … */
	IMAP_PHASE_APPEND = 1 << 3,
};

enum imap_trouble {
	IMAP_TROUBLE_OTHER,
	IMAP_TROUBLE_NO_MECHANISM, /* the server does not know what it announced */
	IMAP_TROUBLE_WRONG_PASSWORD,
	IMAP_TROUBLE_APP_PASSWORD,
	IMAP_TROUBLE_PASSWORD_EXPIRED,
	IMAP_TROUBLE_PASSWORDS_OFF, /* this provider takes tokens only */
	IMAP_TROUBLE_TOKEN_EXPIRED,
	IMAP_TROUBLE_TOKEN_SCOPE,
	IMAP_TROUBLE_CONSENT_REVOKED,
	IMAP_TROUBLE_IMAP_OFF,
	IMAP_TROUBLE_WEB_LOGIN,
	IMAP_TROUBLE_LOCKED,
	IMAP_TROUBLE_NO_MAILBOX, /* the log-in is right, and this mailbox is not for it */
	IMAP_TROUBLE_ASK_ADMIN,
	IMAP_TROUBLE_NEEDS_TLS,
	IMAP_TROUBLE_CONNECTIONS,
	IMAP_TROUBLE_THROTTLED,
	IMAP_TROUBLE_TRY_LATER,
	IMAP_TROUBLE_SESSION_EXPIRED,
	IMAP_TROUBLE_DAILY_QUOTA,
	IMAP_TROUBLE_FULL,
	IMAP_TROUBLE_TOO_BIG,
	IMAP_TROUBLE_BAD_MESSAGE,
	IMAP_TROUBLE_BAD_FLAGS,  /* the message would be taken with fewer keywords */
	IMAP_TROUBLE_BAD_NAME,   /* the folder must be called otherwise */
	IMAP_TROUBLE_BAD_FOLDER, /* the server cannot read its own folder */
	IMAP_TROUBLE_RIGHTS,
	IMAP_TROUBLE_GONE,
	IMAP_TROUBLE_EXISTS, /* what was wanted is there */
	IMAP_TROUBLE_PROTOCOL,
	IMAP_TROUBLE_COUNT
};

/* What the server said, and when. */
struct imap_answer {
	enum imap_phase phase;
	bool is_bye;             /* an untagged BYE; else `result` counts */
	enum imap_result result; /* NO or BAD */
	enum imap_code code;
	struct bytes text;
	struct imap_quirks quirks;  /* of who said it */
	bool has_token;             /* LOGIN: the secret was an access token */
	struct bytes bearer_status; /* of the error challenge of a token mechanism */
};

struct imap_verdict {
	enum imap_trouble trouble;
	enum fault_cause cause;
	enum fault_scope scope;
	enum fault_retry retry;
	const char *advice; /* one sentence, what to do; empty: there is nothing */
};

struct imap_verdict imap_verdict_of(const struct imap_answer *answer);
/* Cause, scope, retry and advice of a trouble. */
struct imap_verdict imap_verdict_row(enum imap_trouble trouble);

/* How long the server wants to be left alone, as fault.wait_us. */
int64_t imap_verdict_wait_us(const struct imap_answer *answer);

#endif
