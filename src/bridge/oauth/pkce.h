/* SPDX-License-Identifier: Apache-2.0
 *
 * bridge/oauth/pkce: proof that who redeems a code is who asked for it.
 *
 * Promise  randomness is an argument: the same octets give the same words.
 * Spec     RFC 7636 section 4, method S256.
 */
#ifndef BRIDGE_OAUTH_PKCE_H
#define BRIDGE_OAUTH_PKCE_H

#include <stdint.h>

#include "base/attr.h"
#include "base/status.h"

enum {
	OAUTH_PKCE_RANDOM_SIZE = 32,
	OAUTH_PKCE_SIZE = 44 /* 32 octets in base64url, and a NUL */
};

struct oauth_pkce {
	char verifier[OAUTH_PKCE_SIZE];  /* a secret until it is redeemed */
	char challenge[OAUTH_PKCE_SIZE]; /* what goes ahead in the URL */
};

enum status oauth_pkce_make(
    const uint8_t random[static OAUTH_PKCE_RANDOM_SIZE], struct oauth_pkce *pkce_out) MUST_USE;
/* 32 octets as a word for `state` and the like. */
enum status oauth_pkce_word(const uint8_t random[static OAUTH_PKCE_RANDOM_SIZE],
    char word_out[static OAUTH_PKCE_SIZE]) MUST_USE;

#endif
