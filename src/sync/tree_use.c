/* SPDX-License-Identifier: Apache-2.0
 *
 * Folders with a use (Sent, Drafts, Trash, Junk, Archive): one a side holds it, and the two
 * belong together whatever they are called. What a server says by an attribute counts before
 * XLIST, and that before a name. Several attributes: the folder with most messages; when that
 * does not decide, nobody.
 */
#include "sync/tree_private.h"

static bool
is_candidate(const struct folder *folder, enum folder_use use, enum folder_use_from from)
{
	return folder->use == use && folder->use_from == from && folder->is_selectable &&
	    !folder->is_foreign && !folder_name_is_inbox(folder->name);
}

static const struct folder *
find_told(const struct folder *folders, size_t count, enum folder_use use,
    enum folder_use_from from, bool *is_any_out)
{
	const struct folder *found = NULL;
	bool is_even = false;

	for (size_t i = 0; i < count; i++) {
		if (!is_candidate(&folders[i], use, from))
			continue;
		*is_any_out = true;
		if (found == NULL || folders[i].messages > found->messages) {
			found = &folders[i];
			is_even = false;
		} else if (folders[i].messages == found->messages) {
			is_even = true;
		}
	}
	return is_even ? NULL : found;
}

bool
tree_is_shallow(const struct tree_node *node)
{
	for (const struct tree_node *up = node->parent; up != NULL; up = up->parent) {
		if (up->folder != NULL && !folder_name_is_inbox(up->src))
			return false;
	}
	return true;
}

static bool
is_at_top(const struct folder *folder)
{
	return folder->name.part_count == 1 ||
	    (folder->name.part_count == 2 &&
		bytes_equal_nocase(folder->name.parts[0], BYTES("INBOX")));
}

static bool
is_shallow(const struct tree_mapping *mapping, const struct folder *folder, bool is_src)
{
	const struct tree_node *node = is_src ? tree_find_node(mapping, folder->name) : NULL;

	return node != NULL ? tree_is_shallow(node) : is_at_top(folder);
}

static int
compare_names(struct folder_name a, struct folder_name b)
{
	for (size_t i = 0; i < a.part_count && i < b.part_count; i++) {
		int order = bytes_compare(a.parts[i], b.parts[i]);

		if (order != 0)
			return order;
	}
	return (a.part_count > b.part_count) - (a.part_count < b.part_count);
}

/* By name: the shallowest; the most usual word; then by octets, so that it never depends on
 * what is in the folders. A deep "Archive" is an ordinary folder of somebody's tree. */
static bool
is_better(const struct tree_mapping *mapping, const struct folder *a, const struct folder *b,
    bool is_src)
{
	bool a_shallow = is_shallow(mapping, a, is_src);
	bool b_shallow = is_shallow(mapping, b, is_src);

	if (a_shallow != b_shallow)
		return a_shallow;
	if (a->name.part_count != b->name.part_count)
		return a->name.part_count < b->name.part_count;
	if (a->use_rank != b->use_rank)
		return a->use_rank < b->use_rank;
	return compare_names(a->name, b->name) < 0;
}

static const struct folder *
find_named(const struct tree_mapping *mapping, enum folder_use use, bool is_src,
    const struct folder *like)
{
	const struct folder *folders = is_src ? mapping->tree->src : mapping->tree->dst;
	size_t count = is_src ? mapping->tree->src_count : mapping->tree->dst_count;
	const struct folder *found = NULL;

	for (size_t i = 0; i < count; i++) {
		const struct folder *folder = &folders[i];

		if (!is_candidate(folder, use, USE_FROM_NAME) ||
		    (use == USE_ARCHIVE && !is_at_top(folder)))
			continue;
		if (like != NULL && folder_name_equal(folder->name, like->name))
			return folder;
		if (found == NULL || is_better(mapping, folder, found, is_src))
			found = folder;
	}
	return found;
}

static const struct folder *
find_holder(const struct tree_mapping *mapping, enum folder_use use, bool is_src,
    const struct folder *like)
{
	const struct folder *folders = is_src ? mapping->tree->src : mapping->tree->dst;
	size_t count = is_src ? mapping->tree->src_count : mapping->tree->dst_count;
	bool is_any = false;
	const struct folder *found =
	    find_told(folders, count, use, USE_FROM_ATTRIBUTE, &is_any);

	if (!is_any)
		found = find_told(folders, count, use, USE_FROM_XLIST, &is_any);
	if (!is_any)
		found = find_named(mapping, use, is_src, like);
	return found;
}

static bool
is_mapped_use(enum folder_use use)
{
	return use == USE_ARCHIVE || use == USE_DRAFTS || use == USE_JUNK || use == USE_SENT ||
	    use == USE_TRASH;
}

void
tree_choose_holders(struct tree_mapping *mapping)
{
	for (unsigned i = USE_NONE + 1; i < USE_COUNT; i++) {
		enum folder_use use = (enum folder_use)i;
		const struct folder *dst;

		if (!is_mapped_use(use))
			continue;
		dst = find_holder(mapping, use, false, NULL);
		mapping->src_holder[use] = find_holder(mapping, use, true, dst);
		/* Of several names at the destination the source's own is meant. */
		if (mapping->src_holder[use] != NULL)
			dst = find_holder(mapping, use, false, mapping->src_holder[use]);
		mapping->dst_holder[use] = dst;
	}
}

/* Whether another folder of the source would be called so: then what is there is its. */
static enum status
is_anothers(const struct tree_mapping *mapping, const struct tree_node *node,
    struct folder_name own, bool *is_anothers_out)
{
	struct bytes key;
	enum status status = tree_key(mapping, own, &key);

	*is_anothers_out = false;
	for (size_t i = 0; i < mapping->node_count && status == ST_OK; i++) {
		const struct tree_node *other = &mapping->nodes[i];
		struct folder_name name;
		struct bytes other_key = {0};
		uint32_t changes = 0;

		if (other == node || other->folder == NULL ||
		    other->src.part_count != own.part_count)
			continue;
		status = tree_clean_name(mapping, other->src, &name, &changes);
		if (status == ST_OK)
			status = tree_key(mapping, name, &other_key);
		if (status == ST_OK && bytes_equal(key, other_key)) {
			*is_anothers_out = true;
			return ST_OK;
		}
	}
	return status;
}

/* A folder that is there under the source's own name, and not empty, was filled by an earlier
 * run: then it stays there. */
static enum status
has_own_place(const struct tree_mapping *mapping, const struct tree_node *node,
    const struct folder *holder, bool *has_out)
{
	struct tree_place *place = NULL;
	struct folder_name own = node->src;
	uint32_t changes = 0;
	bool is_other = false;
	enum status status;

	if (node->is_topped)
		own = (struct folder_name){&own.parts[own.part_count - 1], 1};
	status = tree_clean_name(mapping, own, &own, &changes);
	if (status == ST_OK)
		status = tree_index_find_exact(mapping, own, &place);
	if (status == ST_OK && place != NULL)
		status = is_anothers(mapping, node, own, &is_other);
	if (status != ST_OK)
		return status;
	*has_out = place != NULL && !is_other && place->folder != holder &&
	    place->folder->is_selectable &&
	    (holder->use_from == USE_FROM_NAME || !place->folder->has_status ||
		place->folder->messages > 0);
	return ST_OK;
}

static enum status
place_use(struct tree_mapping *mapping, struct tree_node *node, const struct folder *holder)
{
	struct tree_place *place;
	bool has_own = false;
	enum status status = has_own_place(mapping, node, holder, &has_own);

	if (status != ST_OK || has_own)
		return status;
	status = tree_index_find_exact(mapping, holder->name, &place);
	if (status != ST_OK || place == NULL)
		return status;
	if (!folder_name_equal(holder->name, node->src))
		node->changes |= NAME_USE;
	return tree_claim(mapping, node, holder->name, place);
}

enum status
tree_place_uses(struct tree_mapping *mapping)
{
	for (unsigned i = USE_NONE + 1; i < USE_COUNT; i++) {
		const struct folder *src = mapping->src_holder[i];
		struct tree_node *node =
		    src == NULL ? NULL : tree_find_node(mapping, src->name);
		enum status status = ST_OK;

		if (node == NULL || node->is_placed || node->folder != src)
			continue;
		/* "[Gmail]/Sent Mail", and nothing lies in "[Gmail]" itself. */
		node->is_topped = src->use_from != USE_FROM_NAME && node->parent != NULL &&
		    tree_is_shallow(node) && node->parent->folder == NULL;
		if (mapping->dst_holder[i] != NULL)
			status = place_use(mapping, node, mapping->dst_holder[i]);
		if (status != ST_OK)
			return status;
	}
	return ST_OK;
}
