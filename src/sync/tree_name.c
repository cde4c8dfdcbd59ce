/* SPDX-License-Identifier: Apache-2.0
 *
 * A name that the destination can write. Parts go below what their parent became. Where a
 * parent takes no children, or a name would be too long as a whole, levels are joined.
 */
#include <string.h>

#include "base/check.h"
#include "sync/tree_private.h"

enum {
	SUFFIX_SIZE = 16,
	ROOM_MIN = 24, /* less than that is no room for a last part */
	NAME_SIZE_MAX = 8192
};

/* Parts, each as `how` joins them: "a" and "b" to "a_b". */
static enum status
join(struct bytes a, struct bytes sign, struct bytes b, struct arena *arena,
    struct bytes *joined_out)
{
	uint8_t *octets = arena_take(arena, a.size + sign.size + b.size + 1, 1);
	size_t size = 0;

	if (octets == NULL)
		return arena_status(arena);
	if (a.size > 0)
		memcpy(octets, a.data, a.size);
	size += a.size;
	memcpy(octets + size, sign.data, sign.size);
	size += sign.size;
	if (b.size > 0)
		memcpy(octets + size, b.data, b.size);
	*joined_out = bytes_of(octets, size + b.size);
	return ST_OK;
}

static enum status
join_all(const struct tree_mapping *mapping, struct folder_name name, struct bytes *joined_out)
{
	struct bytes joined = name.parts[0];
	enum status status = ST_OK;

	for (size_t i = 1; i < name.part_count && status == ST_OK; i++) {
		/* More would be cut off anyway; the digest is over all of it. */
		if (joined.size > NAME_SIZE_MAX)
			break;
		status = join(joined, naming_sign(&mapping->naming), name.parts[i],
		    mapping->arena, &joined);
	}
	if (status == ST_OK)
		*joined_out = joined;
	return status;
}

static size_t
size_of_name(const struct tree_mapping *mapping, struct folder_name name)
{
	size_t size = name.part_count - 1;

	for (size_t i = 0; i < name.part_count; i++)
		size += naming_size(&mapping->naming, name.parts[i]);
	return size;
}

/* One part with everything in it, at the top, as long as it may be. */
static enum status
collapse(const struct tree_mapping *mapping, struct folder_name *name, size_t max)
{
	struct bytes joined;
	struct bytes *parts = arena_take_array(mapping->arena, 1, sizeof(*parts));
	struct bytes whole = {0};
	enum status status;

	if (parts == NULL)
		return arena_status(mapping->arena);
	status = join_all(mapping, *name, &joined);
	if (status == ST_OK)
		status = tree_key(mapping, *name, &whole);
	if (mapping->naming.part_max > 0 && mapping->naming.part_max < max)
		max = mapping->naming.part_max;
	if (status == ST_OK)
		status = naming_shorten(
		    &mapping->naming, joined, whole, max, mapping->arena, &parts[0]);
	if (status == ST_OK)
		*name = (struct folder_name){parts, 1};
	return status;
}

/* The last part gives way first; where its parents leave no room, all levels do. */
static enum status
fit(const struct tree_mapping *mapping, struct folder_name *name, uint32_t *changes)
{
	size_t max = mapping->naming.name_max;
	size_t size = size_of_name(mapping, *name);
	struct bytes *last = &name->parts[name->part_count - 1];
	size_t others;

	if (max == 0 || size <= max)
		return ST_OK;
	*changes |= NAME_SHORTENED;
	others = size - naming_size(&mapping->naming, *last);
	if (others + ROOM_MIN > max && name->part_count > 1)
		return collapse(mapping, name, max);
	return naming_shorten(
	    &mapping->naming, *last, *last, max - others, mapping->arena, last);
}

static bool
is_foreign(const struct tree_mapping *mapping, struct folder_name name, enum status *status)
{
	struct bytes key;
	struct bytes other;

	if (mapping->rules->dst_foreign_count == 0)
		return false;
	*status = tree_key(mapping, name, &key);
	for (size_t i = 0; *status == ST_OK && i < mapping->rules->dst_foreign_count; i++) {
		*status = tree_key(mapping, mapping->rules->dst_foreign[i], &other);
		if (*status == ST_OK && bytes_equal(key, other))
			return true;
	}
	return false;
}

static enum status
add_sign(const struct tree_mapping *mapping, struct folder_name *name)
{
	struct bytes *last = &name->parts[name->part_count - 1];

	return join(
	    *last, naming_sign(&mapping->naming), (struct bytes){0}, mapping->arena, last);
}

/* A name that would lead into another namespace gets a sign behind it. */
static enum status
leave_foreign(const struct tree_mapping *mapping, struct folder_name *name, uint32_t *changes)
{
	enum status status = ST_OK;

	while (status == ST_OK && is_foreign(mapping, *name, &status)) {
		*changes |= NAME_FOREIGN;
		status = add_sign(mapping, name);
	}
	return status;
}

/* `above` with one part more; the part is copied, so that it may be changed. */
static enum status
below(const struct tree_mapping *mapping, struct folder_name above, struct bytes part,
    struct folder_name *name_out)
{
	struct bytes *parts =
	    arena_take_array(mapping->arena, above.part_count + 1, sizeof(*parts));

	if (parts == NULL)
		return arena_status(mapping->arena);
	if (above.part_count > 0)
		memcpy(parts, above.parts, above.part_count * sizeof(*parts));
	parts[above.part_count] = part;
	*name_out = (struct folder_name){parts, above.part_count + 1};
	return ST_OK;
}

static bool
is_inbox_passed(const struct tree_mapping *mapping, const struct tree_node *parent)
{
	if (!folder_name_is_inbox(parent->src) || !folder_name_is_inbox(parent->name))
		return false;
	return mapping->rules->is_below_inbox || mapping->naming.inbox_is_leaf ||
	    (parent->dst != NULL && parent->dst->is_leaf);
}

static bool
takes_children(const struct tree_mapping *mapping, const struct tree_node *parent)
{
	size_t max = mapping->naming.delimiter == 0 ? 1 : mapping->naming.depth_max;

	if (parent->dst != NULL && parent->dst->is_leaf)
		return false;
	return max == 0 || parent->name.part_count < max;
}

static enum status
place_below(const struct tree_mapping *mapping, const struct tree_node *node, struct bytes part,
    struct folder_name *name_out, uint32_t *changes)
{
	const struct tree_node *parent = node->parent;
	struct folder_name above = {0};
	struct bytes clean = {0};
	enum status status = ST_OK;

	/* However the source spells it. */
	if (parent == NULL && folder_name_is_inbox(node->src))
		part = BYTES("INBOX");
	if (parent != NULL && !node->is_topped) {
		above = parent->name;
		if (is_inbox_passed(mapping, parent)) {
			*changes |= NAME_INBOX;
			above.part_count = 0;
		} else if (!takes_children(mapping, parent)) {
			*changes |= NAME_LEAF;
			above.part_count--;
			status = join(parent->name.parts[above.part_count],
			    naming_sign(&mapping->naming), part, mapping->arena, &part);
		}
	}
	if (status == ST_OK)
		status = naming_clean(&mapping->naming, part, above.part_count == 0,
		    mapping->arena, &clean, changes);
	if (status == ST_OK)
		status = below(mapping, above, clean, name_out);
	return status;
}

enum status
tree_candidate(const struct tree_mapping *mapping, const struct tree_node *node,
    struct folder_name *name_out, uint32_t *changes)
{
	struct bytes part = node->src.parts[node->src.part_count - 1];
	struct folder_name name;
	uint32_t found = node->is_topped ? NAME_TOP : 0;
	enum status status;

	status = place_below(mapping, node, part, &name, &found);
	/* There is one INBOX, and nothing else becomes it. */
	if (status == ST_OK && folder_name_is_inbox(name) && !folder_name_is_inbox(node->src)) {
		found |= NAME_RESERVED;
		status = add_sign(mapping, &name);
	}
	if (status == ST_OK)
		status = leave_foreign(mapping, &name, &found);
	if (status == ST_OK)
		status = fit(mapping, &name, &found);
	if (status != ST_OK)
		return status;
	*name_out = name;
	*changes |= found;
	return ST_OK;
}

enum status
tree_clean_name(const struct tree_mapping *mapping, struct folder_name name,
    struct folder_name *clean_out, uint32_t *changes)
{
	struct folder_name clean = {0};
	enum status status = ST_OK;

	CHECK(name.part_count > 0);
	for (size_t i = 0; i < name.part_count && status == ST_OK; i++) {
		struct bytes part;

		status = naming_clean(
		    &mapping->naming, name.parts[i], i == 0, mapping->arena, &part, changes);
		if (status == ST_OK)
			status = below(mapping, clean, part, &clean);
		if (status == ST_OK)
			status = leave_foreign(mapping, &clean, changes);
	}
	if (status == ST_OK)
		status = fit(mapping, &clean, changes);
	if (status == ST_OK && mapping->naming.delimiter == 0 && clean.part_count > 1) {
		struct bytes joined;

		status = join_all(mapping, clean, &joined);
		if (status == ST_OK)
			clean = (struct folder_name){&clean.parts[0], 1};
		if (status == ST_OK)
			clean.parts[0] = joined;
	}
	if (status == ST_OK)
		*clean_out = clean;
	return status;
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

/* What the last part may take, or SIZE_MAX. */
static size_t
room_of(const struct tree_mapping *mapping, struct folder_name name)
{
	size_t room = SIZE_MAX;
	size_t others = size_of_name(mapping, name) -
	    naming_size(&mapping->naming, name.parts[name.part_count - 1]);

	if (mapping->naming.name_max > 0)
		room = mapping->naming.name_max - others;
	if (mapping->naming.part_max > 0 && mapping->naming.part_max < room)
		room = mapping->naming.part_max;
	return room;
}

enum status
tree_variant(const struct tree_mapping *mapping, const struct tree_node *node,
    struct folder_name name, unsigned n, struct folder_name *variant_out)
{
	struct folder_name above = {name.parts, name.part_count - 1};
	struct bytes part = name.parts[above.part_count];
	size_t room = room_of(mapping, name);
	char suffix[SUFFIX_SIZE];
	size_t size = print_suffix(n, suffix);
	struct folder_name variant = {0};
	uint32_t changes = 0;
	struct bytes whole = {0};
	enum status status = tree_key(mapping, node->src, &whole);

	if (status == ST_OK && naming_size(&mapping->naming, part) + size > room)
		status = naming_shorten(
		    &mapping->naming, part, whole, room - size, mapping->arena, &part);
	if (status == ST_OK)
		status = join(
		    part, bytes_of(suffix, size), (struct bytes){0}, mapping->arena, &part);
	if (status == ST_OK)
		status = below(mapping, above, part, &variant);
	if (status == ST_OK)
		status = leave_foreign(mapping, &variant, &changes);
	if (status == ST_OK)
		*variant_out = variant;
	return status;
}
