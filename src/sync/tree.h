/* SPDX-License-Identifier: Apache-2.0
 *
 * sync/tree: which source folder goes into which destination folder, and in what order.
 *
 * Promise  a pure function of its inputs, and not of the order of the lists: names are settled
 *          in the order of their octets. No two source folders share a destination folder, and
 *          INBOX goes to INBOX. What was created by the map of one run is found by the next.
 *          Folders are visited in the order that matters to a person: INBOX, Sent, Drafts, the
 *          rest as the source lists it, Junk and Trash last.
 * Memory   entries, rows and names live in the arena.
 */
#ifndef SYNC_TREE_H
#define SYNC_TREE_H

#include "base/arena.h"
#include "base/fault.h"
#include "mail/folder.h"
#include "mail/naming.h"

/* The folders of both sides, and how names are written at the destination. */
struct sync_tree {
	const struct folder *src; /* the chosen, selectable ones */
	size_t src_count;
	const struct folder *dst;
	size_t dst_count;
	uint8_t dst_delimiter; /* 0: flat, one part only */
};

/* --map: a folder, and with it all below it, gets this name. */
struct sync_tree_order {
	struct folder_name from;
	struct folder_name to;
};

/* All zero: the destination can write every name but for its delimiter, and nobody ordered
 * anything. */
struct sync_tree_rules {
	struct naming naming; /* its delimiter is that of the tree */
	/* Everything is below "INBOX." there: a child of INBOX looks like any other folder. */
	bool is_below_inbox;
	/* Names that lead into another user's or a shared namespace of the destination. */
	const struct folder_name *dst_foreign;
	size_t dst_foreign_count;
	const struct sync_tree_order *orders;
	size_t order_count;
};

struct sync_tree_entry {
	const struct folder *src;
	const struct folder *dst; /* the existing folder, or NULL: create it */
	struct folder_name name;  /* at the destination */
	bool is_renamed;          /* otherwise than by delimiter and prefix */
	uint32_t changes;         /* of enum name_change: why */
	enum folder_use use; /* what a new folder is for; USE_NONE: nothing, or it is taken */
};

/* A use that one folder on each side has maps these two; else a folder keeps its name. What the
 * destination cannot write in a part (its delimiter, nothing, what the rules say) becomes "_",
 * or "-" where "_" is the delimiter; a name that is taken gets " (2)", " (3)" and so on.
 * Children follow their parents. entries_out: tree->src_count of them. ST_CONFLICT and one
 * sentence when an order names no folder of the source, contradicts another, or would merge two
 * folders. `fault` may be NULL. */
enum status sync_tree_map(const struct sync_tree *tree, const struct sync_tree_rules *rules,
    struct arena *arena, struct sync_tree_entry **entries_out, struct fault *fault) MUST_USE;

/* "OLD=NEW" in UTF-8 with "/" between levels; "\" before "/", "=" or itself makes it a plain
 * character. ST_SYNTAX when it cannot be read so. */
enum status sync_tree_order_parse(
    struct bytes text, struct arena *arena, struct sync_tree_order *order_out) MUST_USE;

/* One entry's reasons for people, one clause after another; empty when nothing but delimiter
 * and prefix has changed. A C string, too. */
enum status sync_tree_why(
    uint32_t changes, struct arena *arena, struct bytes *why_out) MUST_USE;

#endif
