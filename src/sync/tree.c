/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/tree.h"

#include <string.h>

#include "base/check.h"

enum {
	SUFFIX_SIZE = 16,
	SUFFIX_MAX = 10000
};

struct mapping {
	const struct sync_tree *tree;
	struct arena *arena;
	struct sync_tree_entry *entries; /* in the order of visits */
	size_t mapped;                   /* entries that have their name */
};

static const struct folder *
find_name(const struct mapping *mapping, struct folder_name name)
{
	for (size_t i = 0; i < mapping->tree->dst_count; i++) {
		if (folder_name_equal(mapping->tree->dst[i].name, name))
			return &mapping->tree->dst[i];
	}
	return NULL;
}

/* The one folder with that use; NULL when there is none or more than one. */
static const struct folder *
find_use(const struct folder *folders, size_t count, enum folder_use use)
{
	const struct folder *found = NULL;

	for (size_t i = 0; i < count; i++) {
		if (folders[i].use != use || !folders[i].is_selectable)
			continue;
		if (found != NULL)
			return NULL;
		found = &folders[i];
	}
	return found;
}

static bool
is_taken(const struct mapping *mapping, struct folder_name name)
{
	for (size_t i = 0; i < mapping->mapped; i++) {
		if (folder_name_equal(mapping->entries[i].name, name))
			return true;
	}
	return false;
}

/* `part` as the destination can write it; the same slice when nothing changes. */
static enum status
clean_part(struct mapping *mapping, struct bytes part, struct bytes *clean_out)
{
	/* Where "_" parts names, it cannot stand in for itself. */
	struct bytes sign = mapping->tree->dst_delimiter == '_' ? BYTES("-") : BYTES("_");
	uint8_t *octets;

	if (part.size == 0) {
		*clean_out = sign;
		return ST_OK;
	}
	*clean_out = part;
	if (mapping->tree->dst_delimiter == 0 ||
	    bytes_find(part, mapping->tree->dst_delimiter, 0) == part.size)
		return ST_OK;
	octets = arena_take(mapping->arena, part.size, 1);
	if (octets == NULL)
		return arena_status(mapping->arena);
	for (size_t i = 0; i < part.size; i++) {
		bool is_delimiter = part.data[i] == mapping->tree->dst_delimiter;

		octets[i] = is_delimiter ? sign.data[0] : part.data[i];
	}
	*clean_out = (struct bytes){octets, part.size};
	return ST_OK;
}

/* A flat destination gets the parts joined by "_". */
static enum status
flatten(struct mapping *mapping, struct folder_name *name)
{
	size_t size = name->part_count - 1;
	size_t at = 0;
	uint8_t *octets;

	for (size_t i = 0; i < name->part_count; i++)
		size += name->parts[i].size;
	octets = arena_take(mapping->arena, size, 1);
	if (octets == NULL)
		return arena_status(mapping->arena);
	for (size_t i = 0; i < name->part_count; i++) {
		if (i > 0)
			octets[at++] = '_';
		memcpy(octets + at, name->parts[i].data, name->parts[i].size);
		at += name->parts[i].size;
	}
	name->parts[0] = (struct bytes){octets, size};
	name->part_count = 1;
	return ST_OK;
}

static enum status
clean_name(struct mapping *mapping, struct folder_name name, struct folder_name *clean_out)
{
	struct bytes *parts = arena_take_array(mapping->arena, name.part_count, sizeof(*parts));
	enum status status = ST_OK;

	if (parts == NULL)
		return arena_status(mapping->arena);
	for (size_t i = 0; i < name.part_count && status == ST_OK; i++)
		status = clean_part(mapping, name.parts[i], &parts[i]);
	if (status != ST_OK)
		return status;
	*clean_out = (struct folder_name){parts, name.part_count};
	if (mapping->tree->dst_delimiter == 0 && name.part_count > 1)
		return flatten(mapping, clean_out);
	return ST_OK;
}

/* Writes " (n)" and returns its size. */
static size_t
print_suffix(unsigned n, char out[static SUFFIX_SIZE])
{
	char digits[SUFFIX_SIZE];
	size_t count = 0;
	size_t size = 0;

	for (; n > 0; n /= 10)
		digits[count++] = (char)('0' + n % 10);
	out[size++] = ' ';
	out[size++] = '(';
	while (count > 0)
		out[size++] = digits[--count];
	out[size++] = ')';
	return size;
}

/* Changes the last part until nobody else has the name. */
static enum status
make_unique(struct mapping *mapping, struct folder_name *name)
{
	struct bytes *last = &name->parts[name->part_count - 1];
	struct bytes plain = *last;
	uint8_t *octets;

	if (!is_taken(mapping, *name))
		return ST_OK;
	octets = arena_take(mapping->arena, plain.size + SUFFIX_SIZE, 1);
	if (octets == NULL)
		return arena_status(mapping->arena);
	memcpy(octets, plain.data, plain.size);
	for (unsigned n = 2; n < SUFFIX_MAX; n++) {
		char suffix[SUFFIX_SIZE];
		size_t size = print_suffix(n, suffix);

		memcpy(octets + plain.size, suffix, size);
		*last = (struct bytes){octets, plain.size + size};
		if (!is_taken(mapping, *name))
			return ST_OK;
	}
	return ST_LIMIT;
}

static enum status
map_one(struct mapping *mapping, const struct folder *src)
{
	struct sync_tree_entry *entry = &mapping->entries[mapping->mapped];
	const struct folder *same_use = NULL;
	enum status status;

	*entry = (struct sync_tree_entry){.src = src};
	if (src->use != USE_NONE && !folder_name_is_inbox(src->name) &&
	    find_use(mapping->tree->src, mapping->tree->src_count, src->use) == src)
		same_use = find_use(mapping->tree->dst, mapping->tree->dst_count, src->use);
	if (same_use != NULL && !folder_name_is_inbox(same_use->name))
		status = clean_name(mapping, same_use->name, &entry->name);
	else
		status = clean_name(mapping, src->name, &entry->name);
	if (status == ST_OK)
		status = make_unique(mapping, &entry->name);
	if (status != ST_OK)
		return status;
	entry->dst = find_name(mapping, entry->name);
	entry->is_renamed = !folder_name_equal(entry->name, src->name);
	mapping->mapped++;
	return ST_OK;
}

/* INBOX and folders with a use choose their destination before the others. */
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

enum status
sync_tree_map(
    const struct sync_tree *tree, struct arena *arena, struct sync_tree_entry **entries_out)
{
	struct mapping mapping = {.tree = tree, .arena = arena};
	enum status status = ST_OK;

	mapping.entries =
	    arena_take_array(arena, tree->src_count + 1, sizeof(*mapping.entries));
	if (mapping.entries == NULL)
		return arena_status(arena);
	for (unsigned rank = 0; rank < RANK_COUNT && status == ST_OK; rank++) {
		for (size_t i = 0; i < tree->src_count && status == ST_OK; i++) {
			if (rank_of(&tree->src[i]) == rank)
				status = map_one(&mapping, &tree->src[i]);
		}
	}
	if (status != ST_OK)
		return status;
	CHECK(mapping.mapped == tree->src_count);
	*entries_out = mapping.entries;
	return ST_OK;
}
