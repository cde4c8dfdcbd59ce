/* SPDX-License-Identifier: Apache-2.0
 *
 * bridge/oauth/refusal: what a provider's error word means, and what a person can do about it.
 *
 * Place    a table; answer.c asks it.
 * Promise  every word has a row: the last one takes what nobody knows.
 * Spec     RFC 6749 section 5.2, RFC 8628 section 3.5; words and texts of Google and Microsoft.
 */
#ifndef BRIDGE_OAUTH_REFUSAL_H
#define BRIDGE_OAUTH_REFUSAL_H

#include "base/bytes.h"
#include "base/fault.h"

enum oauth_refusal_kind {
	OAUTH_REFUSAL_FINAL,
	OAUTH_REFUSAL_LATER,
	OAUTH_REFUSAL_PENDING,   /* the person has not decided yet */
	OAUTH_REFUSAL_SLOW_DOWN, /* the same, and we asked too often */
};

struct oauth_refusal {
	const char *error;  /* "" takes every word */
	const char *marker; /* stands in the description too; NULL: any description */
	enum oauth_refusal_kind kind;
	enum fault_cause cause;
	const char *advice; /* one sentence */
};

/* The first row that fits. */
const struct oauth_refusal *oauth_refusal_get(struct bytes error, struct bytes description);

#endif
