/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge/oauth/provider.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "bridge/oauth/file.h"
#include "bridge/oauth/json.h"

static const struct fault_kind usage = {ST_SYNTAX, CAUSE_USAGE, FAULT_PROCESS, RETRY_NEVER};
static const struct fault_kind absent = {ST_ABSENT, CAUSE_USAGE, FAULT_PROCESS, RETRY_NEVER};

/* What is known of providers; "%s" in an endpoint is the tenant. Google allows no mail scope in
 * the device flow, so it has no device endpoint here; only prompt=consent makes it give a
 * refresh token each time. */
static const struct row {
	const char *word;
	const char *name;
	const char *token_url;
	const char *device_url;
	const char *browser_url;
	const char *scope;
	const char *parameters;
	const char *tenant; /* NULL: has none */
} rows[] = {
    {
	.word = "google",
	.name = "Google",
	.token_url = "https://oauth2.googleapis.com/token",
	.device_url = "",
	.browser_url = "https://accounts.google.com/o/oauth2/v2/auth",
	.scope = "https://mail.google.com/",
	.parameters = "access_type=offline&prompt=consent",
	.tenant = NULL,
    },
    {
	.word = "microsoft",
	.name = "Microsoft",
	.token_url = "https://login.microsoftonline.com/%s/oauth2/v2.0/token",
	.device_url = "https://login.microsoftonline.com/%s/oauth2/v2.0/devicecode",
	.browser_url = "https://login.microsoftonline.com/%s/oauth2/v2.0/authorize",
	.scope = "https://outlook.office.com/IMAP.AccessAsUser.All offline_access",
	.parameters = "prompt=select_account",
	.tenant = "common",
    },
};

enum {
	ROW_COUNT = sizeof(rows) / sizeof(*rows)
};

/* A tenant is a domain or a GUID: nothing that could end the path it stands in. */
static bool
is_tenant(const char *tenant)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789.-_";

	return tenant[0] != '\0' && strlen(tenant) < 256 &&
	    tenant[strspn(tenant, allowed)] == '\0' && strstr(tenant, "..") == NULL;
}

/* `pattern` with its "%s" replaced. */
static void
fill_url(char out[static OAUTH_URL_SIZE], const char *pattern, const char *tenant)
{
	const char *place = strstr(pattern, "%s");

	if (place == NULL)
		snprintf(out, OAUTH_URL_SIZE, "%s", pattern);
	else
		snprintf(out, OAUTH_URL_SIZE, "%.*s%s%s", (int)(place - pattern), pattern,
		    tenant, place + 2);
}

static enum status
fill_row(
    const struct row *row, const char *tenant, struct oauth_provider *out, struct fault *fault)
{
	char quoted[FAULT_QUOTE_SIZE];

	if (tenant != NULL && row->tenant == NULL)
		return fault_set(fault, usage, "%s has no tenants.", row->name);
	if (tenant == NULL)
		tenant = row->tenant;
	if (tenant != NULL && !is_tenant(tenant))
		return fault_set(fault, usage,
		    "\"%s\" is no tenant; it is a domain such as contoso.com, or an "
		    "identifier.",
		    fault_quote(bytes_of_string(tenant), quoted));
	*out = (struct oauth_provider){.timeout_s = OAUTH_TIMEOUT_DEFAULT_S};
	snprintf(out->name, sizeof(out->name), "%s", row->name);
	snprintf(out->scope, sizeof(out->scope), "%s", row->scope);
	snprintf(out->parameters, sizeof(out->parameters), "%s", row->parameters);
	fill_url(out->token_url, row->token_url, tenant);
	fill_url(out->device_url, row->device_url, tenant);
	fill_url(out->browser_url, row->browser_url, tenant);
	return ST_OK;
}

static enum status
open_file(const char *path, struct oauth_provider *out, struct fault *fault)
{
	char quoted[FAULT_QUOTE_SIZE];
	json_t *object = NULL;
	struct buf text;
	enum status status;

	buf_init(&text, OAUTH_FILE_SIZE_MAX);
	status = oauth_file_read(path, false, &text, fault);
	if (status == ST_OK && oauth_json_decode(buf_bytes(&text), &object) != ST_OK)
		status = fault_set(fault, usage, "The provider file %s holds no JSON object.",
		    fault_quote(bytes_of_string(path), quoted));
	if (status == ST_OK)
		status = oauth_provider_decode(object, out, fault);
	json_decref(object);
	buf_fini(&text);
	return status;
}

enum status
oauth_provider_open(const char *word, const char *tenant, struct oauth_provider *provider_out,
    struct fault *fault)
{
	char quoted[FAULT_QUOTE_SIZE];

	if (strncmp(word, "file:", 5) == 0)
		return open_file(word + 5, provider_out, fault);
	for (size_t i = 0; i < ROW_COUNT; i++) {
		if (strcmp(rows[i].word, word) == 0)
			return fill_row(&rows[i], tenant, provider_out, fault);
	}
	return fault_set(fault, absent,
	    "There is no provider \"%s\"; there are google, microsoft and file:PATH.",
	    fault_quote(bytes_of_string(word), quoted));
}

bool
oauth_provider_is_url(const char *url)
{
	static const char scheme[] = "https://";
	const char *host = url + sizeof(scheme) - 1;
	size_t host_size;

	if (strncmp(url, scheme, sizeof(scheme) - 1) != 0 || strlen(url) >= OAUTH_URL_SIZE)
		return false;
	host_size = strcspn(host, "/?#");
	/* No user or password in front of the host, and no spaces or quotes anywhere. */
	return host_size > 0 && memchr(host, '@', host_size) == NULL &&
	    url[strcspn(url, " \"<>\\^`{|}#")] == '\0';
}

struct member {
	const char *name;
	char *place;
	size_t size;
	bool is_url;
	bool is_needed;
};

static enum status
decode_member(const json_t *object, const struct member *member, struct fault *fault)
{
	enum status status = oauth_json_text(object, member->name, member->place, member->size);

	if (status == ST_ABSENT && !member->is_needed)
		return ST_OK;
	if (status == ST_ABSENT)
		return fault_set(fault, usage, "The provider has no \"%s\".", member->name);
	if (status != ST_OK)
		return fault_set(fault, usage,
		    "The provider's \"%s\" must be a text of at most %zu ASCII characters.",
		    member->name, member->size - 1);
	if (member->is_url && member->place[0] != '\0' && !oauth_provider_is_url(member->place))
		return fault_set(fault, usage,
		    "The provider's \"%s\" must be an address that begins with https://.",
		    member->name);
	return ST_OK;
}

enum status
oauth_provider_decode(
    const json_t *object, struct oauth_provider *provider_out, struct fault *fault)
{
	struct oauth_provider found = {.timeout_s = OAUTH_TIMEOUT_DEFAULT_S};
	const struct member members[] = {
	    {"name", found.name, sizeof(found.name), false, false},
	    {"token_endpoint", found.token_url, OAUTH_URL_SIZE, true, true},
	    {"device_authorization_endpoint", found.device_url, OAUTH_URL_SIZE, true, false},
	    {"authorization_endpoint", found.browser_url, OAUTH_URL_SIZE, true, false},
	    {"scope", found.scope, sizeof(found.scope), false, false},
	    {"authorization_parameters", found.parameters, sizeof(found.parameters), false,
		false},
	    {"ca_file", found.ca_path, sizeof(found.ca_path), false, false},
	};
	enum status status;

	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++) {
		status = decode_member(object, &members[i], fault);
		if (status != ST_OK)
			return status;
	}
	status = oauth_json_number(object, "timeout_s", OAUTH_TIMEOUT_MAX_S, &found.timeout_s);
	if ((status != ST_OK && status != ST_ABSENT) || found.timeout_s == 0)
		return fault_set(fault, usage,
		    "The provider's \"timeout_s\" must be a number from 1 to %d.",
		    OAUTH_TIMEOUT_MAX_S);
	if (found.name[0] == '\0')
		snprintf(found.name, sizeof(found.name), "The provider");
	*provider_out = found;
	return ST_OK;
}

json_t *
oauth_provider_encode(const struct oauth_provider *provider)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I}", "name", provider->name,
	    "token_endpoint", provider->token_url, "device_authorization_endpoint",
	    provider->device_url, "authorization_endpoint", provider->browser_url, "scope",
	    provider->scope, "authorization_parameters", provider->parameters, "ca_file",
	    provider->ca_path, "timeout_s", (json_int_t)provider->timeout_s);
}
