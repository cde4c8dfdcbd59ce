/* SPDX-License-Identifier: Apache-2.0
 *
 * wire/sasl/bearer: why a server did not take a token: the JSON of its error challenge.
 *
 * Promise  reads one flat object; members that are not known are passed over, whatever they
 *          hold. Nothing of it is more than text for people and words to compare.
 * Limits   SASL_BEARER_TEXT_SIZE octets of a member are kept; nesting is ST_SYNTAX.
 * Spec     RFC 7628 section 3.2.2; Google's {"status":"400","schemes":"Bearer","scope":"…"}.
 */
#ifndef WIRE_SASL_BEARER_H
#define WIRE_SASL_BEARER_H

#include <stddef.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "base/status.h"

enum {
	SASL_BEARER_TEXT_SIZE = 96
};

struct sasl_bearer_text {
	size_t size;
	char octets[SASL_BEARER_TEXT_SIZE];
};

struct sasl_bearer_error {
	struct sasl_bearer_text status; /* "invalid_token", "400", …; empty: not told */
	struct sasl_bearer_text scope;
};

/* ST_SYNTAX when it is no flat JSON object. */
enum status sasl_bearer_error_read(
    struct bytes json, struct sasl_bearer_error *error_out) MUST_USE;

#endif
