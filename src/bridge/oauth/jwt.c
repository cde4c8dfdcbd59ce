/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge/oauth/jwt.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base/buf.h"
#include "bridge/oauth/base64url.h"
#include "bridge/oauth/json.h"

enum {
	KEY_BITS_MIN = 2048,
	SIGNATURE_SIZE_MAX = 2048 /* of a key of 16384 bits */
};

static const struct fault_kind bad_key = {ST_SYNTAX, CAUSE_USAGE, FAULT_ENDPOINT, RETRY_NEVER};
static const struct fault_kind no_memory = {
    ST_MEMORY, CAUSE_MEMORY, FAULT_ENDPOINT, RETRY_LATER};

/* A key file never asks for a pass phrase: nobody is there to type one. */
static int
no_phrase(char *out, int size, int is_writing, void *argument)
{
	(void)is_writing;
	(void)argument;
	if (size > 0)
		out[0] = '\0';
	return -1;
}

static enum status
read_key(struct bytes text, EVP_PKEY **key_out, struct fault *fault)
{
	BIO *memory = BIO_new_mem_buf(text.data, (int)text.size);
	EVP_PKEY *key = NULL;

	if (memory == NULL)
		return fault_set(fault, no_memory, "There is no memory for the key.");
	key = PEM_read_bio_PrivateKey(memory, NULL, no_phrase, NULL);
	BIO_free(memory);
	ERR_clear_error();
	if (key == NULL)
		return fault_set(fault, bad_key,
		    "The private key of the service account cannot be read; download a new "
		    "JSON key.");
	if (EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA ||
	    EVP_PKEY_get_bits(key) < KEY_BITS_MIN) {
		EVP_PKEY_free(key);
		return fault_set(fault, bad_key,
		    "The key of the service account must be an RSA key of at least %d bits.",
		    KEY_BITS_MIN);
	}
	*key_out = key;
	return ST_OK;
}

/* One JSON object in base64url. `object` is given back. */
static enum status
add_part(json_t *object, struct buf *out)
{
	char *text = object == NULL ? NULL : json_dumps(object, JSON_COMPACT);
	enum status status = ST_MEMORY;
	json_malloc_t take;
	json_free_t give;

	if (text != NULL)
		status = oauth_base64url_encode(bytes_of_string(text), out);
	json_decref(object);
	json_get_alloc_funcs(&take, &give);
	give(text);
	return status;
}

static enum status
add_claims(const struct oauth_jwt *jwt, struct buf *out)
{
	json_t *header =
	    json_pack("{s:s, s:s, s:s*}", "alg", "RS256", "typ", "JWT", "kid", jwt->key_id);
	json_t *claims = json_pack("{s:s, s:s*, s:s, s:s, s:I, s:I}", "iss", jwt->issuer, "sub",
	    jwt->subject, "scope", jwt->scope, "aud", jwt->audience, "iat",
	    (json_int_t)jwt->now.s, "exp", (json_int_t)jwt->now.s + jwt->life_s);
	enum status status = add_part(header, out);

	if (status == ST_OK)
		status = buf_append(out, BYTES("."));
	if (status != ST_OK) {
		json_decref(claims);
		return status;
	}
	return add_part(claims, out);
}

static enum status
add_signature(EVP_PKEY *key, struct bytes text, struct buf *out)
{
	uint8_t signature[SIGNATURE_SIZE_MAX];
	size_t size = sizeof(signature);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	enum status status = ST_IO;

	if (context == NULL)
		return ST_MEMORY;
	if (EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
	    EVP_DigestSign(context, signature, &size, text.data, text.size) == 1)
		status = buf_append(out, BYTES("."));
	if (status == ST_OK)
		status = oauth_base64url_encode(bytes_of(signature, size), out);
	EVP_MD_CTX_free(context);
	ERR_clear_error();
	return status;
}

enum status
oauth_jwt_sign(
    const struct oauth_jwt *jwt, struct bytes key_text, struct buf *out, struct fault *fault)
{
	size_t before = buf_bytes(out).size;
	EVP_PKEY *key = NULL;
	enum status status = read_key(key_text, &key, fault);

	if (status != ST_OK)
		return status;
	status = add_claims(jwt, out);
	if (status == ST_OK)
		status = add_signature(key, bytes_skip(buf_bytes(out), before), out);
	EVP_PKEY_free(key);
	if (status == ST_OK)
		return ST_OK;
	buf_truncate(out, before);
	return fault_set(fault,
	    (struct fault_kind){status, CAUSE_OTHER, FAULT_ENDPOINT, RETRY_NEVER},
	    "The request of the service account could not be signed (%s).",
	    status_name(status));
}
