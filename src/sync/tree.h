/* SPDX-License-Identifier: Apache-2.0
 *
 * sync/tree: which source folder goes into which destination folder, and in what order.
 *
 * Promise  a pure function of the two lists. No two source folders share a destination folder,
 *          and INBOX goes to INBOX. Folders are visited in the order that matters to a person:
 *          INBOX, Sent, Drafts, the rest as the source lists it, Junk and Trash last.
 * Memory   entries and names live in the arena.
 */
#ifndef SYNC_TREE_H
#define SYNC_TREE_H

#include "base/arena.h"
#include "mail/folder.h"

/* The folders of both sides, and how names are written at the destination. */
struct sync_tree {
	const struct folder *src; /* the chosen, selectable ones */
	size_t src_count;
	const struct folder *dst;
	size_t dst_count;
	uint8_t dst_delimiter; /* 0: flat, one part only */
};

struct sync_tree_entry {
	const struct folder *src;
	const struct folder *dst; /* the existing folder, or NULL: create it */
	struct folder_name name;  /* at the destination */
	bool is_renamed;          /* otherwise than by delimiter and prefix */
};

/* A use that one folder on each side has maps these two; else a folder keeps its name. What the
 * destination cannot write in a part (its delimiter, nothing at all) becomes "_", or "-" where
 * "_" is the delimiter; a name that is taken gets " (2)", " (3)" and so on. entries_out:
 * tree->src_count of them. */
enum status sync_tree_map(const struct sync_tree *tree, struct arena *arena,
    struct sync_tree_entry **entries_out) MUST_USE;

#endif
