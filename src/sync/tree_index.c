/* SPDX-License-Identifier: Apache-2.0
 *
 * What is at the destination and what is taken: one hash table over folded names. Several
 * folders may have one key: a server that was thought to be without letter case may hold both
 * "trash" and "Trash". Then the one that is spelled like the wanted name is meant.
 */
#include <string.h>

#include "base/check.h"
#include "mail/fold.h"
#include "sync/tree_private.h"

uint64_t
tree_hash(struct bytes key)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < key.size; i++)
		hash = (hash ^ key.data[i]) * UINT64_C(0x100000001b3);
	return hash;
}

static enum status
fold_part(const struct tree_mapping *mapping, struct bytes part, bool is_first,
    struct bytes *folded_out)
{
	if (is_first && bytes_equal_nocase(part, BYTES("INBOX"))) {
		*folded_out = BYTES("INBOX");
		return ST_OK;
	}
	if (mapping->naming.is_caseless)
		return fold_caseless(part, mapping->arena, folded_out);
	if (mapping->naming.is_composed)
		return fold_composed(part, mapping->arena, folded_out);
	*folded_out = part;
	return ST_OK;
}

enum status
tree_key(const struct tree_mapping *mapping, struct folder_name name, struct bytes *key_out)
{
	struct bytes *folded =
	    arena_take_array(mapping->arena, name.part_count, sizeof(*folded));
	size_t size = 0;
	size_t at = 0;
	uint8_t *octets;

	if (folded == NULL)
		return arena_status(mapping->arena);
	for (size_t i = 0; i < name.part_count; i++) {
		enum status status = fold_part(mapping, name.parts[i], i == 0, &folded[i]);

		if (status != ST_OK)
			return status;
		size += folded[i].size + 1;
	}
	octets = arena_take(mapping->arena, size, 1);
	if (octets == NULL)
		return arena_status(mapping->arena);
	for (size_t i = 0; i < name.part_count; i++) {
		if (folded[i].size > 0)
			memcpy(octets + at, folded[i].data, folded[i].size);
		at += folded[i].size;
		octets[at++] = 0;
	}
	*key_out = bytes_of(octets, size);
	return ST_OK;
}

static void
add_place(struct tree_index *index, struct tree_place place)
{
	size_t at = tree_hash(place.key) & index->mask;

	while (index->places[at].key.size > 0)
		at = (at + 1) & index->mask;
	index->places[at] = place;
}

enum status
tree_index_open(struct tree_mapping *mapping)
{
	const struct sync_tree *tree = mapping->tree;
	size_t count = 16;

	while (count < 2 * (tree->dst_count + tree->src_count + 1))
		count *= 2;
	mapping->taken.mask = count - 1;
	mapping->taken.places =
	    arena_take_array(mapping->arena, count, sizeof(*mapping->taken.places));
	if (mapping->taken.places == NULL)
		return arena_status(mapping->arena);
	for (size_t i = 0; i < tree->dst_count; i++) {
		struct tree_place place = {.folder = &tree->dst[i]};
		enum status status;

		if (tree->dst[i].is_foreign || tree->dst[i].name.part_count == 0)
			continue;
		status = tree_key(mapping, tree->dst[i].name, &place.key);
		if (status != ST_OK)
			return status;
		add_place(&mapping->taken, place);
	}
	return ST_OK;
}

enum status
tree_index_find(const struct tree_mapping *mapping, struct folder_name name,
    struct tree_place **place_out, struct tree_node **owner_out)
{
	const struct tree_index *index = &mapping->taken;
	struct tree_place *free_one = NULL;
	struct tree_node *owner = NULL;
	struct bytes key;
	enum status status = tree_key(mapping, name, &key);

	if (status != ST_OK)
		return status;
	for (size_t at = tree_hash(key) & index->mask; index->places[at].key.size > 0;
	     at = (at + 1) & index->mask) {
		struct tree_place *place = &index->places[at];

		if (!bytes_equal(place->key, key))
			continue;
		if (place->owner != NULL) {
			owner = place->owner;
			continue;
		}
		if (free_one == NULL || folder_name_equal(place->folder->name, name))
			free_one = place;
	}
	*place_out = free_one;
	*owner_out = free_one == NULL ? owner : NULL;
	return ST_OK;
}

enum status
tree_index_find_exact(
    const struct tree_mapping *mapping, struct folder_name name, struct tree_place **place_out)
{
	struct tree_node *owner;
	struct tree_place *place;
	enum status status = tree_index_find(mapping, name, &place, &owner);

	if (status != ST_OK)
		return status;
	*place_out =
	    place != NULL && folder_name_equal(place->folder->name, name) ? place : NULL;
	return ST_OK;
}

enum status
tree_claim(struct tree_mapping *mapping, struct tree_node *node, struct folder_name name,
    struct tree_place *place)
{
	struct tree_place taken = {.owner = node};
	enum status status;

	node->name = name;
	node->is_placed = true;
	if (place != NULL) {
		/* It stays as the server spells it. */
		if (!folder_name_equal(place->folder->name, name))
			node->changes |= NAME_SPELLING;
		node->name = place->folder->name;
		node->dst = place->folder;
		if (node->folder != NULL)
			place->owner = node;
		return ST_OK;
	}
	if (node->folder == NULL)
		return ST_OK;
	status = tree_key(mapping, name, &taken.key);
	if (status == ST_OK)
		add_place(&mapping->taken, taken);
	return status;
}
