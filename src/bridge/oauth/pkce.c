/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge/oauth/pkce.h"

#include <string.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/secret.h"
#include "bridge/oauth/base64url.h"

enum status
oauth_pkce_word(
    const uint8_t random[static OAUTH_PKCE_RANDOM_SIZE], char word_out[static OAUTH_PKCE_SIZE])
{
	struct buf word;
	struct bytes text;
	enum status status;

	buf_init(&word, OAUTH_PKCE_SIZE + 1);
	status = oauth_base64url_encode(bytes_of(random, OAUTH_PKCE_RANDOM_SIZE), &word);
	text = buf_bytes(&word);
	if (status == ST_OK) {
		memcpy(word_out, text.data, OAUTH_PKCE_SIZE - 1);
		word_out[OAUTH_PKCE_SIZE - 1] = '\0';
		secret_wipe_memory(word.octets, word.capacity);
	}
	buf_fini(&word);
	return status;
}

enum status
oauth_pkce_make(
    const uint8_t random[static OAUTH_PKCE_RANDOM_SIZE], struct oauth_pkce *pkce_out)
{
	struct oauth_pkce pkce;
	struct digest_state state;
	struct digest digest;
	enum status status = oauth_pkce_word(random, pkce.verifier);

	if (status != ST_OK)
		return status;
	digest_init(&state);
	digest_feed(&state, bytes_of_string(pkce.verifier));
	digest = digest_finish(&state);
	status = oauth_pkce_word(digest.octets, pkce.challenge);
	if (status == ST_OK)
		*pkce_out = pkce;
	secret_wipe_memory(&pkce, sizeof(pkce));
	return status;
}
