/* SPDX-License-Identifier: Apache-2.0
 *
 * bridge/oauth/store: what is kept of one consent: the provider, and the right to ask again.
 *
 * Place    godwit-token login writes it, godwit-token serve reads it and keeps it current.
 * Promise  on disk for its owner only. The JSON key of a Google service account is read as one.
 * Memory   a heap object; free overwrites it.
 */
#ifndef BRIDGE_OAUTH_STORE_H
#define BRIDGE_OAUTH_STORE_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/fault.h"
#include "base/secret.h"
#include "bridge/oauth/provider.h"

enum {
	OAUTH_CLIENT_SIZE = 256,
	OAUTH_KEY_SIZE = 16384
};

struct oauth_store {
	struct oauth_provider provider;
	char client_id[OAUTH_CLIENT_SIZE];
	struct secret client_secret;     /* size 0: a public client */
	struct secret refresh;           /* size 0: a service account */
	char account[OAUTH_CLIENT_SIZE]; /* a service account's address; empty: none */
	char key_id[OAUTH_CLIENT_SIZE];
	char key[OAUTH_KEY_SIZE]; /* PEM */
};

/* NULL when memory ends. */
struct oauth_store *oauth_store_new(void) MUST_USE;
void oauth_store_free(struct oauth_store **store);

enum status oauth_store_read(
    const char *path, struct oauth_store *store, struct fault *fault) MUST_USE;
enum status oauth_store_write(
    const char *path, const struct oauth_store *store, struct fault *fault) MUST_USE;
/* Adds a service account's JSON key to a store that has its provider. */
enum status oauth_store_read_key(
    const char *path, struct oauth_store *store, struct fault *fault) MUST_USE;

bool oauth_store_is_service(const struct oauth_store *store);

#endif
