/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge/oauth/answer.h"

#include <string.h>

#include "bridge/oauth/json.h"
#include "bridge/token_frame.h"

enum {
	STATUS_OK = 200,
	STATUS_BAD_REQUEST = 400,
	STATUS_UNAUTHORIZED = 401,
	STATUS_FORBIDDEN = 403,
	STATUS_TOO_MANY = 429,
	STATUS_SERVER = 500,
	INTERVAL_DEFAULT_S = 5, /* RFC 8628, 3.2 */
	DEVICE_LIFE_MAX_S = 86400
};

#define ANSWER_FAULT(status, cause, retry)                                                     \
	((struct fault_kind){(status), (cause), FAULT_ENDPOINT, (retry)})

static enum status
complain_form(const struct oauth_provider *provider, const char *what, struct fault *fault)
{
	return fault_set(fault, ANSWER_FAULT(ST_SYNTAX, CAUSE_PROTOCOL, RETRY_LATER),
	    "%s answers %s.", provider->name, what);
}

/* An answer without an error word of OAuth: what HTTP says is all that is known. */
static enum status
complain_status(const struct oauth_provider *provider, long status, struct fault *fault)
{
	if (status >= 300 && status < 400)
		return fault_set(fault, ANSWER_FAULT(ST_REFUSED, CAUSE_PROTOCOL, RETRY_NEVER),
		    "%s redirects (HTTP status %ld), which is not followed with secrets; the "
		    "address of its endpoint is wrong.",
		    provider->name, status);
	if (status == STATUS_TOO_MANY || status >= STATUS_SERVER)
		return fault_set(fault, ANSWER_FAULT(ST_IO, CAUSE_NETWORK, RETRY_LATER),
		    "%s cannot answer at present (HTTP status %ld).", provider->name, status);
	if (status != STATUS_OK)
		return fault_set(fault, ANSWER_FAULT(ST_REFUSED, CAUSE_PROTOCOL, RETRY_NEVER),
		    "%s refuses without a reason (HTTP status %ld); the address of its "
		    "endpoint may be wrong.",
		    provider->name, status);
	return complain_form(provider, "with something that is no JSON object", fault);
}

static struct bytes
text_of(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	if (!json_is_string(value))
		return bytes_of(NULL, 0);
	return bytes_of(json_string_value(value), json_string_length(value));
}

static enum status
take_error(const struct oauth_provider *provider, const json_t *object, long status,
    enum oauth_refusal_kind *kind_out, struct fault *fault)
{
	struct bytes word = text_of(object, "error");
	struct bytes description = text_of(object, "error_description");
	const struct oauth_refusal *row = oauth_refusal_get(word, description);
	bool is_later = row->kind == OAUTH_REFUSAL_LATER || status == STATUS_TOO_MANY ||
	    status >= STATUS_SERVER;
	char quoted_word[FAULT_QUOTE_SIZE];
	char quoted[FAULT_QUOTE_SIZE];

	*kind_out = row->kind;
	if (row->kind == OAUTH_REFUSAL_PENDING || row->kind == OAUTH_REFUSAL_SLOW_DOWN)
		return ST_AGAIN;
	/* A description may be a page long, with trace numbers in further lines. */
	description = bytes_first(description, bytes_find(description, '\r', 0));
	description = bytes_first(description, bytes_find(description, '\n', 0));
	word = bytes_first(word, OAUTH_NAME_SIZE);
	return fault_set(fault,
	    ANSWER_FAULT(is_later ? ST_IO : ST_REFUSED, row->cause,
		is_later ? RETRY_LATER : RETRY_NEVER),
	    "%s refuses (%s%s%s). %s", provider->name, fault_quote(word, quoted_word),
	    description.size > 0 ? ": " : "", fault_quote(description, quoted), row->advice);
}

/* The object of the answer if it is a success; the caller gives it back. */
static enum status
take_object(const struct oauth_provider *provider, const struct oauth_reply *reply,
    json_t **object_out, enum oauth_refusal_kind *kind_out, struct fault *fault)
{
	json_t *object;
	enum status status = oauth_json_decode(reply->body, &object);

	if (status != ST_OK)
		return complain_status(provider, reply->status, fault);
	/* RFC 8628 servers put errors behind 400, some behind 200. */
	if (text_of(object, "error").size > 0)
		status = take_error(provider, object, reply->status, kind_out, fault);
	else if (reply->status != STATUS_OK)
		status = complain_status(provider, reply->status, fault);
	if (status == ST_OK)
		*object_out = object;
	else
		json_decref(object);
	return status;
}

static bool
is_token(const struct secret *secret)
{
	struct bytes text = secret_reveal(secret);

	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] <= ' ' || text.data[i] > '~')
			return false;
	}
	return text.size > 0;
}

static enum status
decode_life(const struct oauth_provider *provider, const json_t *object, uint32_t *life_s_out,
    struct fault *fault)
{
	uint32_t life_s = OAUTH_LIFE_UNKNOWN_S;
	enum status status = oauth_json_number(object, "expires_in", UINT32_MAX, &life_s);

	/* One that lives longer than a day is asked for again after a day. */
	if (status == ST_LIMIT || life_s > BRIDGE_TOKEN_LIFE_MAX_S) {
		life_s = BRIDGE_TOKEN_LIFE_MAX_S;
		status = ST_OK;
	}
	if ((status != ST_OK && status != ST_ABSENT) || life_s == 0)
		return complain_form(provider, "with a token that has no life", fault);
	*life_s_out = life_s;
	return ST_OK;
}

static enum status
decode_token(const struct oauth_provider *provider, const json_t *object,
    struct oauth_token *token, struct fault *fault)
{
	char type[OAUTH_CODE_SIZE] = "Bearer"; /* some providers leave it out */
	enum status status = oauth_json_secret(object, "access_token", &token->access);

	if (status == ST_ABSENT)
		return complain_form(provider, "without a token", fault);
	if (status == ST_LIMIT)
		return fault_set(fault, ANSWER_FAULT(ST_LIMIT, CAUSE_PROTOCOL, RETRY_NEVER),
		    "%s gives a token of more than %d octets.", provider->name,
		    SECRET_SIZE_MAX);
	if (status != ST_OK || !is_token(&token->access))
		return complain_form(provider, "with a token that cannot be sent", fault);
	status = oauth_json_text(object, "token_type", type, sizeof(type));
	if ((status != ST_OK && status != ST_ABSENT) ||
	    !bytes_equal_nocase(bytes_of_string(type), BYTES("Bearer")))
		return complain_form(
		    provider, "with a token of another kind than Bearer", fault);
	status = oauth_json_secret(object, "refresh_token", &token->refresh);
	if (status != ST_OK && status != ST_ABSENT)
		return complain_form(
		    provider, "with a refresh token that cannot be kept", fault);
	return decode_life(provider, object, &token->life_s, fault);
}

enum status
oauth_answer_token(const struct oauth_provider *provider, const struct oauth_reply *reply,
    struct oauth_token *token_out, enum oauth_refusal_kind *kind_out, struct fault *fault)
{
	json_t *object = NULL;
	enum status status = take_object(provider, reply, &object, kind_out, fault);

	if (status != ST_OK)
		return status;
	secret_wipe(&token_out->access);
	secret_wipe(&token_out->refresh);
	status = decode_token(provider, object, token_out, fault);
	json_decref(object);
	if (status != ST_OK) {
		secret_wipe(&token_out->access);
		secret_wipe(&token_out->refresh);
	}
	return status;
}

static enum status
decode_device(const struct oauth_provider *provider, const json_t *object,
    struct oauth_device *device, struct fault *fault)
{
	enum status status = oauth_json_secret(object, "device_code", &device->code);

	if (status == ST_OK)
		status = oauth_json_text(
		    object, "user_code", device->user_code, sizeof(device->user_code));
	if (status == ST_OK) {
		status = oauth_json_text(
		    object, "verification_uri", device->url, sizeof(device->url));
		if (status == ST_ABSENT)
			status = oauth_json_text(
			    object, "verification_url", device->url, sizeof(device->url));
	}
	if (status != ST_OK || device->user_code[0] == '\0' ||
	    !oauth_provider_is_url(device->url))
		return complain_form(
		    provider, "without a code and an https:// address for it", fault);
	device->interval_s = INTERVAL_DEFAULT_S;
	status =
	    oauth_json_number(object, "interval", OAUTH_INTERVAL_MAX_S, &device->interval_s);
	if (status == ST_OK || status == ST_ABSENT)
		status =
		    oauth_json_number(object, "expires_in", DEVICE_LIFE_MAX_S, &device->life_s);
	if (status != ST_OK || device->life_s == 0)
		return complain_form(provider, "with a code that has no sensible life", fault);
	return ST_OK;
}

enum status
oauth_answer_device(const struct oauth_provider *provider, const struct oauth_reply *reply,
    struct oauth_device *device_out, struct fault *fault)
{
	enum oauth_refusal_kind kind = OAUTH_REFUSAL_FINAL;
	json_t *object = NULL;
	enum status status = take_object(provider, reply, &object, &kind, fault);

	if (status == ST_AGAIN)
		return complain_form(provider, "as if there were a code already", fault);
	if (status != ST_OK)
		return status;
	memset(device_out, 0, sizeof(*device_out));
	status = decode_device(provider, object, device_out, fault);
	json_decref(object);
	if (status != ST_OK)
		secret_wipe_memory(device_out, sizeof(*device_out));
	return status;
}
