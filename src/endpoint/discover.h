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
#include "mail/folder_word.h"
#include "mail/naming.h"

enum {
	DISCOVER_FOLDERS_MAX = 100000
};

struct listing {
	struct folder *folders;
	size_t folder_count;
	struct bytes prefix; /* of the personal namespace, raw, such as "INBOX." */
	uint8_t delimiter;   /* of the personal namespace; 0: flat */
	size_t unreadable;   /* folders left out: more than FOLDER_PARTS_MAX parts */
	/* Raw prefixes of other users' and shared namespaces, each followed by a NUL. */
	struct bytes foreign_prefixes;
	bool is_rest_foreign;        /* all without the personal prefix is shared */
	struct folder_name *foreign; /* the same prefixes as names */
	size_t foreign_count;
	struct naming naming; /* what can be created here */
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

/* Whether a raw name is another user's or in a shared namespace: the longest prefix decides. */
bool endpoint_is_foreign(const struct listing *listing, struct bytes raw);

/* Everything of the account is written below "INBOX.". */
bool endpoint_is_below_inbox(const struct listing *listing);

/* Fills listing->foreign. */
enum status endpoint_name_foreign(struct listing *listing, struct arena *arena) MUST_USE;

/* What a folder is for by its name, where the server does not say it; also by a name that was
 * encoded twice. `scratch` holds what is worked on. */
enum status endpoint_guess_use(const struct folder_word_index *words, struct folder *folder,
    struct arena *scratch) MUST_USE;

/* The parts joined by "/", for people, globs and reports. */
enum status endpoint_display_name(
    struct folder_name name, struct arena *arena, struct bytes *display_out) MUST_USE;

#endif
