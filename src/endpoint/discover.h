/* SPDX-License-Identifier: Apache-2.0
 *
 * endpoint/discover: what an account holds: its namespaces and all folders with their state.
 *
 * Promise  one burst after the log-in where the server has LIST-STATUS, two where it has not.
 * Memory   the listing lives in the arena.
 */
#ifndef ENDPOINT_DISCOVER_H
#define ENDPOINT_DISCOVER_H

#include "base/arena.h"
#include "endpoint/imap.h"
#include "mail/folder.h"

enum {
	DISCOVER_FOLDERS_MAX = 100000
};

struct listing {
	struct folder *folders;
	size_t folder_count;
	struct bytes prefix; /* of the personal namespace, raw, such as "INBOX." */
	uint8_t delimiter;   /* of the personal namespace; 0: flat */
	size_t unreadable;   /* folders left out: more than FOLDER_PARTS_MAX parts */
};

enum status endpoint_discover(struct endpoint *endpoint, struct arena *arena,
    struct listing *listing_out, struct fault *fault) MUST_USE;

/* The raw name under which `name` is created in the listed account. ST_SYNTAX when the server
 * has no way to write it. */
enum status endpoint_encode_name(const struct listing *listing, struct folder_name name,
    struct arena *arena, struct bytes *raw_out) MUST_USE;

/* endpoint_encode_name undone. ST_SYNTAX: more than FOLDER_PARTS_MAX parts. */
enum status endpoint_decode_name(const struct listing *listing, struct bytes raw,
    struct arena *arena, struct folder_name *name_out) MUST_USE;

/* The parts joined by "/", for people, globs and reports. */
enum status endpoint_display_name(
    struct folder_name name, struct arena *arena, struct bytes *display_out) MUST_USE;

#endif
