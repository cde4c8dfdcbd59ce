/* SPDX-License-Identifier: Apache-2.0
 *
 * base/digest: SHA-256 (FIPS 180-4), by OpenSSL's libcrypto.
 *
 * Memory   a value without heap parts: copying it forks the computation.
 */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

enum {
	DIGEST_SIZE = 32
};

struct digest {
	uint8_t octets[DIGEST_SIZE];
};

struct digest_state {
	_Alignas(8) uint8_t opaque[112];
};

void digest_init(struct digest_state *state);
void digest_feed(struct digest_state *state, struct bytes bytes);
/* Ends the computation; init before the state is used again. */
struct digest digest_finish(struct digest_state *state);

bool digest_equal(const struct digest *a, const struct digest *b);
/* The first 8 octets as a number, for hash tables. */
uint64_t digest_prefix(const struct digest *digest);

enum {
	DIGEST_HEX_SIZE = 2 * DIGEST_SIZE + 1
};

const char *digest_hex(const struct digest *digest, char out[static DIGEST_HEX_SIZE]);

#endif
