/* SPDX-License-Identifier: Apache-2.0
 *
 * gsasl's SCRAM client, with the checks that it leaves out put before each of its steps.
 */
#include "endpoint/scram.h"

#include <stdlib.h>
#include <string.h>

#include <gsasl.h>

#include "base/mem.h"
#include "base/secret.h"
#include "wire/sasl/scram.h"

enum {
	NONCE_SIZE_MAX = 128,
	STRING_SIZE_MAX = SECRET_SIZE_MAX
};

enum scram_stage {
	SCRAM_NEW,
	SCRAM_WAITS_FOR_SALT,
	SCRAM_WAITS_FOR_SIGNATURE,
	SCRAM_PROVEN,
	SCRAM_BROKEN,
};

struct scram {
	Gsasl *library;
	Gsasl_session *session;
	enum scram_stage stage;
	bool has_answered;
	size_t nonce_size;
	uint8_t nonce[NONCE_SIZE_MAX];
};

/* A string of C for the library, which copies it; `drop_text` then overwrites it. */
static enum status
make_text(struct bytes value, char **text_out)
{
	char *text;

	if (bytes_find(value, 0, 0) < value.size)
		return ST_SYNTAX;
	text = mem_take(value.size + 1);
	if (text == NULL)
		return ST_MEMORY;
	memcpy(text, value.data, value.size);
	text[value.size] = 0;
	*text_out = text;
	return ST_OK;
}

static void
drop_text(char *text, size_t size)
{
	secret_wipe_memory(text, size);
	mem_give(text);
}

static enum status
set_property(struct scram *scram, Gsasl_property property, struct bytes value)
{
	char *text = NULL;
	enum status status = value.size > STRING_SIZE_MAX ? ST_SYNTAX : make_text(value, &text);
	int result;

	if (status != ST_OK)
		return status;
	result = gsasl_property_set(scram->session, property, text);
	drop_text(text, value.size);
	return result == GSASL_OK ? ST_OK : ST_MEMORY;
}

static enum status
set_up(struct scram *scram, const char *mechanism, struct bytes authorize, struct bytes user,
    struct bytes password)
{
	enum status status;

	if (gsasl_init(&scram->library) != GSASL_OK)
		return ST_MEMORY;
	if (gsasl_client_start(scram->library, mechanism, &scram->session) != GSASL_OK)
		return ST_MEMORY;
	status = set_property(scram, GSASL_AUTHID, user);
	if (status == ST_OK)
		status = set_property(scram, GSASL_PASSWORD, password);
	if (status == ST_OK && authorize.size > 0)
		status = set_property(scram, GSASL_AUTHZID, authorize);
	return status;
}

enum status
scram_new(const char *mechanism, struct bytes authorize, struct bytes user,
    struct bytes password, struct scram **scram_out)
{
	struct scram *scram = NULL;
	char *prepared = NULL;
	enum status status = scram_prepare(password, &prepared);

	scram_unprepare(&prepared);
	if (status == ST_OK)
		scram = mem_take(sizeof(*scram));
	if (scram == NULL)
		return status == ST_OK ? ST_MEMORY : status;
	*scram = (struct scram){.stage = SCRAM_NEW};
	status = set_up(scram, mechanism, authorize, user, password);
	if (status != ST_OK) {
		scram_free(&scram);
		return status;
	}
	*scram_out = scram;
	return ST_OK;
}

/* The library frees without overwriting: what it can be told to forget, it is. */
static void
forget(Gsasl_session *session, Gsasl_property property)
{
	const char *text = gsasl_property_fast(session, property);

	if (text != NULL)
		secret_wipe_memory((void *)(uintptr_t)text, strlen(text));
}

void
scram_free(struct scram **scram)
{
	struct scram *old = *scram;

	if (old == NULL)
		return;
	if (old->session != NULL) {
		forget(old->session, GSASL_PASSWORD);
		forget(old->session, GSASL_SCRAM_SALTED_PASSWORD);
		gsasl_finish(old->session);
	}
	if (old->library != NULL)
		gsasl_done(old->library);
	secret_wipe_memory(old, sizeof(*old));
	mem_give(old);
	*scram = NULL;
}

/* One step of the library: what it answers is appended. */
static enum status
step(struct scram *scram, struct bytes input, struct buf *out, int *result_out)
{
	char *output = NULL;
	size_t size = 0;
	int result =
	    gsasl_step(scram->session, (const char *)input.data, input.size, &output, &size);
	enum status status = ST_OK;

	if (result == GSASL_OK || result == GSASL_NEEDS_MORE)
		status = buf_append(out, bytes_of(output, size));
	else if (result == GSASL_MALLOC_ERROR)
		status = ST_MEMORY;
	else if (result == GSASL_SASLPREP_ERROR)
		status = ST_SYNTAX;
	else
		status = ST_CONFLICT;
	if (output != NULL) {
		secret_wipe_memory(output, size);
		gsasl_free(output);
	}
	*result_out = result;
	return status;
}

enum status
scram_first(struct scram *scram, struct buf *out)
{
	size_t before = out->size;
	struct bytes nonce;
	int result = GSASL_OK;
	enum status status = ST_CONFLICT;

	if (scram->stage == SCRAM_NEW)
		status = step(scram, (struct bytes){0}, out, &result);
	if (status != ST_OK)
		return status;
	nonce = sasl_scram_nonce(bytes_skip(buf_bytes(out), before));
	if (nonce.size == 0 || nonce.size > NONCE_SIZE_MAX)
		return ST_CONFLICT;
	memcpy(scram->nonce, nonce.data, nonce.size);
	scram->nonce_size = nonce.size;
	scram->stage = SCRAM_WAITS_FOR_SALT;
	return ST_OK;
}

static const char *
flaw_text(enum sasl_scram_flaw flaw)
{
	switch (flaw) {
	case SASL_SCRAM_NONCE:
		return "it did not go on with our own random number";
	case SASL_SCRAM_TOO_FEW:
		return "it asks for so few iterations that the password could be guessed";
	case SASL_SCRAM_TOO_MANY:
		return "it asks for more iterations than anybody needs";
	case SASL_SCRAM_UNREADABLE:
	case SASL_SCRAM_SOUND:
		break;
	}
	return "its first message cannot be read";
}

static enum status
answer_salt(struct scram *scram, struct bytes challenge, struct buf *out, const char **why_out)
{
	enum sasl_scram_flaw flaw =
	    sasl_scram_first_check(challenge, bytes_of(scram->nonce, scram->nonce_size));
	int result = GSASL_OK;
	enum status status;

	if (flaw != SASL_SCRAM_SOUND) {
		*why_out = flaw_text(flaw);
		return ST_CONFLICT;
	}
	status = step(scram, challenge, out, &result);
	if (status == ST_CONFLICT || (status == ST_OK && result != GSASL_NEEDS_MORE)) {
		*why_out = flaw_text(SASL_SCRAM_UNREADABLE);
		return ST_CONFLICT;
	}
	if (status == ST_OK) {
		scram->has_answered = true;
		scram->stage = SCRAM_WAITS_FOR_SIGNATURE;
	}
	return status;
}

static enum status
check_signature(
    struct scram *scram, struct bytes challenge, struct buf *out, const char **why_out)
{
	int result = GSASL_OK;
	enum status status;

	/* "e=…": an error instead of a signature is a refusal; its reply will say so. */
	if (bytes_start_with(challenge, BYTES("e=")))
		return ST_REFUSED;
	status = step(scram, challenge, out, &result);
	if (status == ST_CONFLICT || (status == ST_OK && result != GSASL_OK)) {
		*why_out = "its signature is wrong, so it does not know the password";
		return ST_CONFLICT;
	}
	if (status == ST_OK)
		scram->stage = SCRAM_PROVEN;
	return status;
}

enum status
scram_next(struct scram *scram, struct bytes challenge, struct buf *out, const char **why_out)
{
	enum status status = ST_CONFLICT;

	if (scram->stage == SCRAM_WAITS_FOR_SALT)
		status = answer_salt(scram, challenge, out, why_out);
	else if (scram->stage == SCRAM_WAITS_FOR_SIGNATURE)
		status = check_signature(scram, challenge, out, why_out);
	else
		*why_out = "it asks on when everything was said";
	if (status != ST_OK)
		scram->stage = SCRAM_BROKEN;
	return status;
}

bool
scram_has_answered(const struct scram *scram)
{
	return scram->has_answered;
}

bool
scram_is_proven(const struct scram *scram)
{
	return scram->stage == SCRAM_PROVEN;
}

enum status
scram_prepare(struct bytes password, char **prepared_out)
{
	char *text = NULL;
	char *prepared = NULL;
	enum status status = make_text(password, &text);
	int result;

	if (status != ST_OK)
		return status;
	result = gsasl_saslprep(text, GSASL_ALLOW_UNASSIGNED, &prepared, NULL);
	drop_text(text, password.size);
	if (result != GSASL_OK)
		return result == GSASL_MALLOC_ERROR ? ST_MEMORY : ST_SYNTAX;
	*prepared_out = prepared;
	return ST_OK;
}

void
scram_unprepare(char **prepared)
{
	if (*prepared == NULL)
		return;
	secret_wipe_memory(*prepared, strlen(*prepared));
	gsasl_free(*prepared);
	*prepared = NULL;
}
