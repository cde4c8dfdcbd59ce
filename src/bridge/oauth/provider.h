/* SPDX-License-Identifier: Apache-2.0
 *
 * bridge/oauth/provider: who gives tokens, and where: a table, or a file of the operator.
 *
 * Promise  every endpoint is https:// to a named host; nothing else is ever asked.
 * Memory   a value without secrets.
 * Spec     the members of a provider file are those of RFC 8414, so that a server's own
 *          metadata document serves as one.
 */
#ifndef BRIDGE_OAUTH_PROVIDER_H
#define BRIDGE_OAUTH_PROVIDER_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "base/attr.h"
#include "base/fault.h"

enum {
	OAUTH_URL_SIZE = 512,
	OAUTH_NAME_SIZE = 64,
	OAUTH_TIMEOUT_DEFAULT_S = 30,
	OAUTH_TIMEOUT_MAX_S = 120
};

struct oauth_provider {
	char name[OAUTH_NAME_SIZE]; /* for sentences */
	char token_url[OAUTH_URL_SIZE];
	char device_url[OAUTH_URL_SIZE];  /* empty: no device code */
	char browser_url[OAUTH_URL_SIZE]; /* empty: no browser */
	char scope[OAUTH_URL_SIZE];
	char parameters[OAUTH_URL_SIZE]; /* further ones of the browser's URL; may be empty */
	char ca_path[OAUTH_URL_SIZE];    /* PEM; empty: the system's roots */
	uint32_t timeout_s;              /* of one request */
};

/* A row of the table ("google", "microsoft") with `tenant` in its endpoints (NULL: any), or
 * "file:PATH". ST_ABSENT or ST_SYNTAX with a sentence. */
enum status oauth_provider_open(const char *word, const char *tenant,
    struct oauth_provider *provider_out, struct fault *fault) MUST_USE;

enum status oauth_provider_decode(
    const json_t *object, struct oauth_provider *provider_out, struct fault *fault) MUST_USE;
/* NULL when memory ends; the caller gives it back with json_decref. */
json_t *oauth_provider_encode(const struct oauth_provider *provider);

bool oauth_provider_is_url(const char *url);

#endif
