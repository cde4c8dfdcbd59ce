/* SPDX-License-Identifier: Apache-2.0
 *
 * bridge/oauth/json: reading JSON of strangers, and never leaving a token in freed memory.
 *
 * Place    between the room's files and jansson.
 * Promise  every octet that jansson gives back is overwritten first. An object with one name
 *          twice, a NUL in a text or anything behind the object is refused.
 * Limits   OAUTH_JSON_SIZE_MAX octets, OAUTH_JSON_DEPTH_MAX levels.
 */
#ifndef BRIDGE_OAUTH_JSON_H
#define BRIDGE_OAUTH_JSON_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "base/status.h"

struct secret;

enum {
	OAUTH_JSON_SIZE_MAX = 65536,
	OAUTH_JSON_DEPTH_MAX = 16
};

/* Once, before anything else in here: jansson's memory is ours. */
void oauth_json_init(void);

/* One object; ST_SYNTAX or ST_LIMIT. The caller gives it back with json_decref. */
enum status oauth_json_decode(struct bytes text, json_t **object_out) MUST_USE;

/* A text of printable ASCII, with a NUL, of at most size - 1 octets. ST_ABSENT when there is
 * none or it is null; ST_SYNTAX, ST_LIMIT. */
enum status oauth_json_text(
    const json_t *object, const char *name, char *out, size_t size) MUST_USE;
/* A text that is a secret. */
enum status oauth_json_secret(
    const json_t *object, const char *name, struct secret *secret_out) MUST_USE;
/* A whole number from 0 to max, also one in quotation marks, as some providers write it. */
enum status oauth_json_number(
    const json_t *object, const char *name, uint32_t max, uint32_t *number_out) MUST_USE;

#endif
