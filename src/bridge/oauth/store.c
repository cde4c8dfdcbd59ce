/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge/oauth/store.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "bridge/oauth/file.h"
#include "bridge/oauth/json.h"

static const struct fault_kind usage = {ST_SYNTAX, CAUSE_USAGE, FAULT_ENDPOINT, RETRY_NEVER};
static const struct fault_kind no_memory = {
    ST_MEMORY, CAUSE_MEMORY, FAULT_ENDPOINT, RETRY_LATER};
static const char form_word[] = "godwit-token 1";

struct oauth_store *
oauth_store_new(void)
{
	struct oauth_store *store = mem_take(sizeof(*store));

	if (store != NULL)
		memset(store, 0, sizeof(*store));
	return store;
}

void
oauth_store_free(struct oauth_store **store)
{
	if (*store == NULL)
		return;
	secret_wipe_memory(*store, sizeof(**store));
	mem_give(*store);
	*store = NULL;
}

bool
oauth_store_is_service(const struct oauth_store *store)
{
	return store->account[0] != '\0';
}

/* The key has line ends, which oauth_json_text does not let through. */
static enum status
decode_key(const json_t *object, struct oauth_store *store)
{
	const json_t *key = json_object_get(object, "private_key");
	size_t size = json_string_length(key);

	if (!json_is_string(key) || size == 0)
		return ST_ABSENT;
	if (size >= sizeof(store->key))
		return ST_LIMIT;
	memcpy(store->key, json_string_value(key), size + 1);
	return ST_OK;
}

static enum status
decode_service(const json_t *object, struct oauth_store *store, struct fault *fault)
{
	enum status status =
	    oauth_json_text(object, "client_email", store->account, sizeof(store->account));

	if (status == ST_OK)
		status = decode_key(object, store);
	if (status == ST_OK) {
		status = oauth_json_text(
		    object, "private_key_id", store->key_id, sizeof(store->key_id));
		status = status == ST_ABSENT ? ST_OK : status;
	}
	if (status == ST_OK && store->account[0] != '\0')
		return ST_OK;
	return fault_set(fault, usage,
	    "The service account's key lacks its \"client_email\" or \"private_key\".");
}

/* The file that Google's console gives out: the endpoint stands in it, the scope does not. */
static enum status
decode_google_key(const json_t *object, struct oauth_store *store, struct fault *fault)
{
	enum status status = oauth_provider_open("google", NULL, &store->provider, fault);
	char url[OAUTH_URL_SIZE];

	if (status != ST_OK)
		return status;
	status = oauth_json_text(object, "token_uri", url, sizeof(url));
	if (status == ST_OK && oauth_provider_is_url(url))
		memcpy(store->provider.token_url, url, sizeof(url));
	else if (status != ST_ABSENT)
		return fault_set(fault, usage,
		    "The \"token_uri\" of the service account must begin with https://.");
	return decode_service(object, store, fault);
}

static enum status
decode_client(const json_t *object, struct oauth_store *store, struct fault *fault)
{
	enum status status =
	    oauth_json_text(object, "client_id", store->client_id, sizeof(store->client_id));
	enum status secret = oauth_json_secret(object, "client_secret", &store->client_secret);

	if (status != ST_OK || (secret != ST_OK && secret != ST_ABSENT))
		return fault_set(fault, usage,
		    "The token file lacks its \"client_id\", or has a \"client_secret\" that "
		    "is none.");
	if (oauth_json_secret(object, "refresh_token", &store->refresh) != ST_OK)
		return fault_set(fault, usage,
		    "The token file has no \"refresh_token\"; make it again with godwit-token "
		    "login.");
	return ST_OK;
}

static enum status
decode_own(const json_t *object, struct oauth_store *store, struct fault *fault)
{
	const json_t *provider = json_object_get(object, "provider");
	const json_t *service = json_object_get(object, "service_account");
	enum status status;

	if (!json_is_object(provider))
		return fault_set(fault, usage, "The token file has no \"provider\".");
	status = oauth_provider_decode(provider, &store->provider, fault);
	if (status != ST_OK)
		return status;
	if (json_is_object(service))
		return decode_service(service, store, fault);
	return decode_client(object, store, fault);
}

static bool
has_word(const json_t *object, const char *name, const char *word)
{
	const char *value = json_string_value(json_object_get(object, name));

	return value != NULL && strcmp(value, word) == 0;
}

static enum status
read_object(const char *path, json_t **object_out, struct fault *fault)
{
	char quoted[FAULT_QUOTE_SIZE];
	struct buf text;
	enum status status;

	buf_init(&text, OAUTH_FILE_SIZE_MAX);
	status = oauth_file_read(path, true, &text, fault);
	if (status == ST_OK && oauth_json_decode(buf_bytes(&text), object_out) != ST_OK)
		status =
		    fault_set(fault, usage, "%s is no token file: it holds no JSON object.",
			fault_quote(bytes_of_string(path), quoted));
	oauth_file_wipe(&text);
	return status;
}

enum status
oauth_store_read(const char *path, struct oauth_store *store, struct fault *fault)
{
	char quoted[FAULT_QUOTE_SIZE];
	json_t *object = NULL;
	enum status status = read_object(path, &object, fault);

	if (status != ST_OK)
		return status;
	secret_wipe_memory(store, sizeof(*store));
	if (has_word(object, "type", "service_account"))
		status = decode_google_key(object, store, fault);
	else if (has_word(object, "form", form_word))
		status = decode_own(object, store, fault);
	else
		status = fault_set(fault, usage,
		    "%s is neither a file of godwit-token login nor the key of a service "
		    "account.",
		    fault_quote(bytes_of_string(path), quoted));
	json_decref(object);
	return status;
}

enum status
oauth_store_read_key(const char *path, struct oauth_store *store, struct fault *fault)
{
	json_t *object = NULL;
	enum status status = read_object(path, &object, fault);

	if (status == ST_OK)
		status = decode_service(object, store, fault);
	json_decref(object);
	return status;
}

/* NULL, which json_pack leaves out, for a secret that is not there. */
static json_t *
secret_text(const struct secret *secret)
{
	struct bytes text = secret_reveal(secret);

	if (text.size == 0)
		return NULL;
	return json_stringn((const char *)text.data, text.size);
}

static json_t *
encode(const struct oauth_store *store)
{
	json_t *provider = oauth_provider_encode(&store->provider);
	const char *key_id = store->key_id[0] == '\0' ? NULL : store->key_id;

	if (oauth_store_is_service(store))
		return json_pack("{s:s, s:o, s:{s:s, s:s, s:s*}}", "form", form_word,
		    "provider", provider, "service_account", "client_email", store->account,
		    "private_key", store->key, "private_key_id", key_id);
	return json_pack("{s:s, s:o, s:s, s:o*, s:o}", "form", form_word, "provider", provider,
	    "client_id", store->client_id, "client_secret", secret_text(&store->client_secret),
	    "refresh_token", secret_text(&store->refresh));
}

enum status
oauth_store_write(const char *path, const struct oauth_store *store, struct fault *fault)
{
	json_t *object = encode(store);
	struct buf text;
	uint8_t *room;
	enum status status;
	size_t size;

	buf_init(&text, OAUTH_FILE_SIZE_MAX);
	status = buf_reserve(&text, OAUTH_FILE_SIZE_MAX, &room);
	size = object == NULL || status != ST_OK
	    ? 0
	    : json_dumpb(object, (char *)room, OAUTH_FILE_SIZE_MAX, JSON_INDENT(2));
	json_decref(object);
	if (size == 0 || size > OAUTH_FILE_SIZE_MAX - 1) {
		status = fault_set(fault, no_memory, "There is no memory for the token file.");
	} else {
		room[size] = '\n';
		buf_added(&text, size + 1);
		status = oauth_file_replace(path, buf_bytes(&text), fault);
	}
	oauth_file_wipe(&text);
	return status;
}
