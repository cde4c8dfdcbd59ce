/* SPDX-License-Identifier: Apache-2.0
 *
 * The source's folders as a tree of nodes; each node gets its name at the destination, parents
 * before children. Who chooses first: what --map orders; INBOX; the folders with a use; then
 * level by level those that are at the destination already under their own name, those that
 * keep their name, and at last those that must change it. Within a group the octets of the
 * names decide, so that the order of a list never does.
 */
#include "sync/tree.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "sync/tree_private.h"

/* Nodes ----------------------------------------------------------------------------------- */

static uint64_t
hash_name(struct folder_name name)
{
	uint64_t hash = name.part_count;

	for (size_t i = 0; i < name.part_count; i++) {
		bool is_inbox = i == 0 && bytes_equal_nocase(name.parts[0], BYTES("INBOX"));

		hash = hash * 31 + tree_hash(is_inbox ? BYTES("INBOX") : name.parts[i]);
	}
	return hash;
}

static size_t
find_slot(const struct tree_mapping *mapping, struct folder_name name)
{
	size_t at = hash_name(name) & mapping->by_name_mask;

	while (
	    mapping->by_name[at] != NULL && !folder_name_equal(mapping->by_name[at]->src, name))
		at = (at + 1) & mapping->by_name_mask;
	return at;
}

struct tree_node *
tree_find_node(const struct tree_mapping *mapping, struct folder_name name)
{
	return mapping->by_name[find_slot(mapping, name)];
}

/* Names that decode to the same parts are two nodes; only the first is found, and has the
 * children. */
static void
add_folder(struct tree_mapping *mapping, const struct folder *folder)
{
	for (size_t depth = 1; depth <= folder->name.part_count; depth++) {
		struct folder_name name = {folder->name.parts, depth};
		size_t at = find_slot(mapping, name);
		struct tree_node *node = mapping->by_name[at];
		bool is_whole = depth == folder->name.part_count;

		if (node == NULL || (is_whole && node->folder != NULL)) {
			bool is_new = node == NULL;

			node = &mapping->nodes[mapping->node_count++];
			node->src = name;
			if (is_new)
				mapping->by_name[at] = node;
		}
		if (is_whole)
			node->folder = folder;
	}
}

static int
compare_nodes(const void *left, const void *right)
{
	const struct tree_node *a = left;
	const struct tree_node *b = right;

	if (a->src.part_count != b->src.part_count)
		return a->src.part_count < b->src.part_count ? -1 : 1;
	for (size_t i = 0; i < a->src.part_count; i++) {
		int order = bytes_compare(a->src.parts[i], b->src.parts[i]);

		if (order != 0)
			return order;
	}
	/* Twins: the server's own spelling tells them apart. */
	if (a->folder != NULL && b->folder != NULL)
		return bytes_compare(a->folder->raw, b->folder->raw);
	return (b->folder != NULL) - (a->folder != NULL);
}

static void
link_nodes(struct tree_mapping *mapping)
{
	qsort(mapping->nodes, mapping->node_count, sizeof(*mapping->nodes), compare_nodes);
	memset(mapping->by_name, 0, (mapping->by_name_mask + 1) * sizeof(struct tree_node *));
	for (size_t i = 0; i < mapping->node_count; i++) {
		struct tree_node *node = &mapping->nodes[i];
		struct folder_name above = {node->src.parts, node->src.part_count - 1};
		size_t at = find_slot(mapping, node->src);

		if (mapping->by_name[at] == NULL)
			mapping->by_name[at] = node;
		node->parent = above.part_count == 0 ? NULL : tree_find_node(mapping, above);
	}
}

static enum status
open_nodes(struct tree_mapping *mapping)
{
	const struct sync_tree *tree = mapping->tree;
	size_t most = 0;
	size_t slots = 16;

	for (size_t i = 0; i < tree->src_count; i++) {
		CHECK(tree->src[i].name.part_count > 0);
		most += tree->src[i].name.part_count;
	}
	while (slots < 2 * (most + 1))
		slots *= 2;
	mapping->nodes = arena_take_array(mapping->arena, most + 1, sizeof(*mapping->nodes));
	mapping->by_name = arena_take_array(mapping->arena, slots, sizeof(struct tree_node *));
	mapping->by_name_mask = slots - 1;
	if (mapping->nodes == NULL || mapping->by_name == NULL)
		return arena_status(mapping->arena);
	for (size_t i = 0; i < tree->src_count; i++)
		add_folder(mapping, &tree->src[i]);
	link_nodes(mapping);
	return ST_OK;
}

/* Places ---------------------------------------------------------------------------------- */

/* The nearest level whose name was ordered; NULL: none. */
static const struct tree_node *
order_above(const struct tree_node *node)
{
	while (node != NULL && !node->is_ordered)
		node = node->parent;
	return node;
}

/* Another folder has the name: the next one that nobody has. The owner of the plain name knows
 * how many came before, so that a hundred thousand twins do not ask each other in turn. */
static enum status
make_unique(struct tree_mapping *mapping, struct tree_node *node, struct folder_name name)
{
	struct folder_name plain = name;
	struct tree_node *first = NULL;

	for (;;) {
		struct tree_node *owner;
		struct tree_place *place;
		enum status status = tree_index_find(mapping, name, &place, &owner);

		if (status != ST_OK)
			return status;
		if (owner == NULL)
			return tree_claim(mapping, node, name, place);
		if (order_above(owner) != order_above(node))
			return tree_refuse_merge(mapping, owner, node);
		if (first == NULL)
			first = owner;
		node->changes |= NAME_TWIN;
		status = tree_variant(mapping, node, plain, 2 + first->twins, &name);
		first->twins++;
		if (status != ST_OK)
			return status;
	}
}

/* What became a folder at the top says where it comes from when its name is taken. */
static enum status
tell_inbox_child(struct tree_mapping *mapping, struct tree_node *node, struct folder_name *name)
{
	struct bytes parts[2] = {BYTES("INBOX"), name->parts[0]};
	struct naming flat = mapping->naming;
	struct tree_node *owner = NULL;
	struct tree_place *place;
	uint8_t *octets;
	size_t size = parts[1].size;
	enum status status = tree_index_find(mapping, *name, &place, &owner);

	if (status != ST_OK || owner == NULL)
		return status;
	octets = arena_take(mapping->arena, size + 6, 1);
	if (octets == NULL)
		return arena_status(mapping->arena);
	memcpy(octets, parts[0].data, 5);
	octets[5] = naming_sign(&flat).data[0];
	memcpy(octets + 6, parts[1].data, size);
	parts[0] = bytes_of(octets, size + 6);
	return tree_clean_name(mapping, (struct folder_name){parts, 1}, name, &node->changes);
}

static bool
keeps_parents(const struct tree_node *node)
{
	struct folder_name above = {node->src.parts, node->src.part_count - 1};

	return node->parent == NULL || folder_name_equal(node->parent->name, above);
}

enum stage {
	STAGE_OWN,  /* it is there under its own name */
	STAGE_KEPT, /* it keeps its name */
	STAGE_REST,
	STAGE_COUNT
};

/* Its own folder, which is there. */
static enum status
place_own(struct tree_mapping *mapping, struct tree_node *node)
{
	struct tree_place *place = NULL;
	enum status status;

	if (!keeps_parents(node) || node->is_topped)
		return ST_OK;
	status = tree_index_find_exact(mapping, node->src, &place);
	return status != ST_OK || place == NULL ? status
						: tree_claim(mapping, node, node->src, place);
}

/* A twin does not take the name of a third that keeps its own. */
static enum status
place_kept(struct tree_mapping *mapping, struct tree_node *node, struct folder_name name)
{
	struct tree_place *place = NULL;
	struct tree_node *owner;
	enum status status = tree_index_find(mapping, name, &place, &owner);

	return status != ST_OK || owner != NULL ? status
						: tree_claim(mapping, node, name, place);
}

/* A level without mail owns nothing, and takes the spelling of what is there. */
static enum status
place_level(struct tree_mapping *mapping, struct tree_node *node, struct folder_name name)
{
	struct tree_place *place = NULL;
	struct tree_node *owner;
	enum status status = tree_index_find(mapping, name, &place, &owner);

	if (status != ST_OK)
		return status;
	return tree_claim(
	    mapping, node, name, place != NULL && place->folder != NULL ? place : NULL);
}

static enum status
place_node(struct tree_mapping *mapping, struct tree_node *node, enum stage stage)
{
	struct folder_name name = node->src;
	uint32_t changes = 0;
	enum status status;

	if (node->is_placed || (stage != STAGE_REST && node->folder == NULL))
		return ST_OK;
	if (stage == STAGE_OWN)
		return place_own(mapping, node);
	status = tree_candidate(mapping, node, &name, &changes);
	if (status != ST_OK)
		return status;
	if (stage == STAGE_KEPT)
		return changes != 0 || !keeps_parents(node) ? ST_OK
							    : place_kept(mapping, node, name);
	node->changes |= changes;
	if (node->folder == NULL)
		return place_level(mapping, node, name);
	if ((changes & NAME_INBOX) != 0)
		status = tell_inbox_child(mapping, node, &name);
	return status == ST_OK ? make_unique(mapping, node, name) : status;
}

static enum status
place_inbox(struct tree_mapping *mapping)
{
	struct bytes *part = arena_take_array(mapping->arena, 1, sizeof(*part));
	struct folder_name inbox = {part, 1};
	struct tree_node *node;

	if (part == NULL)
		return arena_status(mapping->arena);
	*part = BYTES("INBOX");
	node = tree_find_node(mapping, inbox);
	if (node == NULL || node->is_placed)
		return ST_OK;
	return make_unique(mapping, node, inbox);
}

static enum status
place_rest(struct tree_mapping *mapping)
{
	enum status status = ST_OK;
	size_t end;

	for (size_t first = 0; first < mapping->node_count; first = end) {
		size_t depth = mapping->nodes[first].src.part_count;

		for (end = first;
		     end < mapping->node_count && mapping->nodes[end].src.part_count == depth;)
			end++;
		for (unsigned stage = 0; stage < STAGE_COUNT; stage++) {
			for (size_t i = first; i < end && status == ST_OK; i++)
				status =
				    place_node(mapping, &mapping->nodes[i], (enum stage)stage);
		}
		if (status != ST_OK)
			return status;
	}
	return ST_OK;
}

/* The answer ------------------------------------------------------------------------------ */

/* INBOX and folders with a use are visited before the others. */
static unsigned
rank_of(const struct folder *folder)
{
	if (folder_name_is_inbox(folder->name))
		return 0;
	switch (folder->use) {
	case USE_SENT:
		return 1;
	case USE_DRAFTS:
		return 2;
	case USE_JUNK:
		return 4;
	case USE_TRASH:
		return 5;
	case USE_NONE:
	case USE_ALL:
	case USE_ARCHIVE:
	case USE_FLAGGED:
	case USE_IMPORTANT:
	case USE_COUNT:
		break;
	}
	return 3;
}

enum {
	RANK_COUNT = 6
};

static bool
is_holder_without_partner(const struct tree_mapping *mapping, const struct folder *src)
{
	return mapping->src_holder[src->use] == src && mapping->dst_holder[src->use] == NULL;
}

static struct sync_tree_entry
entry_of(const struct tree_mapping *mapping, const struct tree_node *node)
{
	struct sync_tree_entry entry = {
	    .src = node->folder,
	    .dst = node->dst,
	    .name = node->name,
	    .is_renamed = !folder_name_equal(node->name, node->src),
	    .changes = node->changes,
	};

	if (node->parent != NULL && !keeps_parents(node) &&
	    (node->changes & (NAME_ORDERED | NAME_USE | NAME_TOP)) == 0)
		entry.changes |= NAME_PARENT;
	if (!entry.is_renamed && (entry.changes & NAME_ORDERED) == 0)
		entry.changes = 0;
	if (is_holder_without_partner(mapping, node->folder))
		entry.use = node->folder->use;
	return entry;
}

static enum status
gather(struct tree_mapping *mapping, struct sync_tree_entry **entries_out)
{
	const struct sync_tree *tree = mapping->tree;
	const struct tree_node **nodes = arena_take_array(
	    mapping->arena, tree->src_count + 1, sizeof(const struct tree_node *));
	struct sync_tree_entry *entries =
	    arena_take_array(mapping->arena, tree->src_count + 1, sizeof(*entries));
	size_t count = 0;

	if (nodes == NULL || entries == NULL)
		return arena_status(mapping->arena);
	for (size_t i = 0; i < mapping->node_count; i++) {
		if (mapping->nodes[i].folder != NULL)
			nodes[mapping->nodes[i].folder - tree->src] = &mapping->nodes[i];
	}
	for (unsigned rank = 0; rank < RANK_COUNT; rank++) {
		for (size_t i = 0; i < tree->src_count; i++) {
			if (rank_of(&tree->src[i]) == rank)
				entries[count++] = entry_of(mapping, nodes[i]);
		}
	}
	CHECK(count == tree->src_count);
	*entries_out = entries;
	return ST_OK;
}

enum status
sync_tree_map(const struct sync_tree *tree, const struct sync_tree_rules *rules,
    struct arena *arena, struct sync_tree_entry **entries_out, struct fault *fault)
{
	struct tree_mapping mapping = {.tree = tree,
	    .rules = rules,
	    .naming = rules->naming,
	    .arena = arena,
	    .fault = fault};
	enum status status;

	mapping.naming.delimiter = tree->dst_delimiter;
	status = open_nodes(&mapping);
	if (status == ST_OK)
		status = tree_index_open(&mapping);
	if (status != ST_OK)
		return status;
	tree_choose_holders(&mapping);
	status = tree_place_orders(&mapping);
	if (status == ST_OK)
		status = place_inbox(&mapping);
	if (status == ST_OK)
		status = tree_place_uses(&mapping);
	if (status == ST_OK)
		status = place_rest(&mapping);
	return status == ST_OK ? gather(&mapping, entries_out) : status;
}
