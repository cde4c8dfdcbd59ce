/* SPDX-License-Identifier: Apache-2.0
 *
 * The low-level calls are deprecated in OpenSSL 3 in favour of EVP, which takes memory for
 * every digest and looks the algorithm up in a global table. These need neither, run the same
 * assembly (SHA-NI where the processor has it), and so the pure rooms may use them.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "base/digest.h"

#include <assert.h>
#include <openssl/sha.h>
#include <string.h>

static_assert(sizeof(SHA256_CTX) <= sizeof(((struct digest_state *)0)->opaque), "state fits");
static_assert(_Alignof(SHA256_CTX) <= 8, "state is aligned");

static SHA256_CTX *
context(struct digest_state *state)
{
	return (SHA256_CTX *)(void *)state->opaque;
}

void
digest_init(struct digest_state *state)
{
	SHA256_Init(context(state));
}

void
digest_feed(struct digest_state *state, struct bytes bytes)
{
	if (bytes.size > 0)
		SHA256_Update(context(state), bytes.data, bytes.size);
}

struct digest
digest_finish(struct digest_state *state)
{
	struct digest digest;

	SHA256_Final(digest.octets, context(state));
	return digest;
}

bool
digest_equal(const struct digest *a, const struct digest *b)
{
	return memcmp(a->octets, b->octets, DIGEST_SIZE) == 0;
}

uint64_t
digest_prefix(const struct digest *digest)
{
	uint64_t prefix = 0;

	for (size_t i = 0; i < 8; i++)
		prefix = prefix << 8 | digest->octets[i];
	return prefix;
}

const char *
digest_hex(const struct digest *digest, char out[static DIGEST_HEX_SIZE])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < DIGEST_SIZE; i++) {
		out[2 * i] = digits[digest->octets[i] >> 4];
		out[2 * i + 1] = digits[digest->octets[i] & 15];
	}
	out[2 * DIGEST_SIZE] = 0;
	return out;
}
