/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge/oauth/grant.h"

#include "base/buf.h"
#include "bridge/oauth/file.h"
#include "bridge/oauth/form.h"
#include "bridge/oauth/jwt.h"
#include "bridge/oauth/request.h"
#include "bridge/oauth/store.h"

enum {
	FORM_SIZE_MAX = 65536,
	ASSERTION_SIZE_MAX = 16384,
	ASSERTION_LIFE_S = 600,
	CLOCK_SKEW_S = 30 /* a clock of ours that is a little ahead makes no assertion of the
			     future */
};

static enum status
complain_memory(enum status status, struct fault *fault)
{
	return fault_set(fault,
	    (struct fault_kind){status, CAUSE_OTHER, FAULT_ENDPOINT, RETRY_LATER},
	    "The request for a token could not be written (%s).", status_name(status));
}

enum status
oauth_grant_add_client(const struct oauth_store *store, struct buf *form)
{
	enum status status =
	    oauth_form_add(form, "client_id", bytes_of_string(store->client_id));

	if (status == ST_OK && store->client_secret.size > 0)
		status =
		    oauth_form_add(form, "client_secret", secret_reveal(&store->client_secret));
	return status;
}

/* Sends the form as it is. */
static enum status
exchange(const struct oauth_store *store, struct bytes form, struct oauth_grant *grant_out,
    struct fault *fault)
{
	struct oauth_request request = {
	    .provider = &store->provider,
	    .url = store->provider.token_url,
	    .form = form,
	};
	struct oauth_reply reply = {0};
	struct buf body;
	enum status status;

	buf_init(&body, OAUTH_BODY_SIZE_MAX);
	grant_out->retry_after_s = 0;
	status = oauth_request_post(
	    &request, &body, &reply.status, &grant_out->retry_after_s, fault);
	reply.body = buf_bytes(&body);
	if (status == ST_OK)
		status = oauth_answer_token(
		    &store->provider, &reply, &grant_out->token, &grant_out->kind, fault);
	oauth_file_wipe(&body);
	return status;
}

enum status
oauth_grant_post(const struct oauth_store *store, const struct oauth_field *fields,
    size_t count, struct oauth_grant *grant_out, struct fault *fault)
{
	struct buf form;
	enum status status;

	buf_init(&form, FORM_SIZE_MAX);
	status = oauth_form_add_fields(&form, fields, count);
	if (status == ST_OK && !oauth_store_is_service(store))
		status = oauth_grant_add_client(store, &form);
	if (status == ST_OK)
		status = exchange(store, buf_bytes(&form), grant_out, fault);
	else
		complain_memory(status, fault);
	oauth_file_wipe(&form);
	return status;
}

/* By the refresh token. */
static enum status
refresh(const struct oauth_store *store, struct oauth_grant *grant_out, struct fault *fault)
{
	const struct oauth_field fields[] = {
	    {"grant_type", BYTES("refresh_token")},
	    {"refresh_token", secret_reveal(&store->refresh)},
	};

	return oauth_grant_post(
	    store, fields, sizeof(fields) / sizeof(*fields), grant_out, fault);
}

/* By an assertion that the service account signs. */
static enum status
assert_user(const struct oauth_store *store, const char *user, struct wall now,
    struct oauth_grant *grant_out, struct fault *fault)
{
	struct oauth_jwt jwt = {
	    .issuer = store->account,
	    .subject = user,
	    .scope = store->provider.scope,
	    .audience = store->provider.token_url,
	    .key_id = store->key_id[0] == '\0' ? NULL : store->key_id,
	    .now = {now.s - CLOCK_SKEW_S},
	    .life_s = ASSERTION_LIFE_S,
	};
	struct buf assertion;
	enum status status;

	buf_init(&assertion, ASSERTION_SIZE_MAX);
	status = oauth_jwt_sign(&jwt, bytes_of_string(store->key), &assertion, fault);
	if (status == ST_OK) {
		const struct oauth_field fields[] = {
		    {"grant_type", BYTES("urn:ietf:params:oauth:grant-type:jwt-bearer")},
		    {"assertion", buf_bytes(&assertion)},
		};

		status = oauth_grant_post(
		    store, fields, sizeof(fields) / sizeof(*fields), grant_out, fault);
	} else {
		complain_memory(status, fault);
	}
	oauth_file_wipe(&assertion);
	return status;
}

enum status
oauth_grant_fetch(const struct oauth_store *store, const char *user, struct wall now,
    struct oauth_grant *grant_out, struct fault *fault)
{
	if (oauth_store_is_service(store))
		return assert_user(store, user, now, grant_out, fault);
	return refresh(store, grant_out, fault);
}
