/* SPDX-License-Identifier: Apache-2.0
 *
 * Names that the destination refused although nothing is known against them: their folders are
 * asked for once more, under names that hold nothing but what hardly any server dislikes. Names
 * are those of sync/tree, as for a server of which the least is expected, so that children
 * follow their parents, no two folders share one, and another run finds what this one made.
 */
#include "pass/private.h"
#include "pass/tell.h"

enum {
	/* A destination that refuses more than these refuses them for something else. */
	RENAMED_MAX = 256
};

/* A folder, and what it was before. */
struct renamed {
	struct pass_folder *folder;
	struct pass_folder old;
};

struct renaming {
	struct pass *pass;
	struct arena arena;
	struct renamed *renamed;
	size_t count;
};

static bool
wants_another_name(const struct pass_folder *folder)
{
	return folder->refusal != NULL && folder->is_name_refused && folder->map.dst == NULL &&
	    (folder->map.changes & NAME_ORDERED) == 0 &&
	    !folder_name_is_inbox(folder->map.name);
}

static const struct sync_tree_entry *
find_entry(
    const struct sync_tree_entry *entries, size_t count, const struct pass_folder *folder)
{
	for (size_t i = 0; i < count; i++) {
		if (entries[i].src == folder->map.src)
			return &entries[i];
	}
	return NULL;
}

/* Whether another folder has the name, however the destination spells it. */
static bool
is_taken(const struct pass *pass, const struct pass_folder *folder, struct bytes display)
{
	for (size_t i = 0; i < pass->folder_count; i++) {
		const struct pass_folder *other = &pass->folders[i];

		if (other != folder && bytes_equal_nocase(other->dst_display, display))
			return true;
	}
	return false;
}

static enum status
rename_folder(
    struct renaming *renaming, const struct sync_tree_entry *entry, struct pass_folder *folder)
{
	struct sync_tree_entry safer = *entry;
	struct pass_folder old = *folder;
	enum status status;

	if (folder_name_equal(entry->name, folder->map.name))
		return ST_OK;
	safer.changes |= NAME_REFUSED;
	status = pass_map_take(renaming->pass, &safer, folder);
	if (status != ST_OK || is_taken(renaming->pass, folder, folder->dst_display)) {
		*folder = old;
		return status == ST_SYNTAX ? ST_OK : status;
	}
	folder->refusal = NULL;
	folder->is_name_refused = false;
	folder->is_renamed = true;
	renaming->renamed[renaming->count++] = (struct renamed){folder, old};
	return ST_OK;
}

static enum status
rename_all(struct renaming *renaming)
{
	struct pass *pass = renaming->pass;
	struct naming safest = naming_safest(&pass->dst.listing.naming);
	struct sync_tree_entry *entries;
	enum status status;

	renaming->renamed =
	    arena_take_array(&renaming->arena, RENAMED_MAX, sizeof(*renaming->renamed));
	if (renaming->renamed == NULL)
		return arena_status(&renaming->arena);
	status = pass_map_with(pass, &safest, &renaming->arena, &entries, NULL);
	for (size_t i = 0; i < pass->folder_count && status == ST_OK; i++) {
		struct pass_folder *folder = &pass->folders[i];
		const struct sync_tree_entry *entry;

		if (!wants_another_name(folder))
			continue;
		entry = find_entry(entries, pass->tree.src_count, folder);
		if (entry != NULL)
			status = rename_folder(renaming, entry, folder);
	}
	return status;
}

/* What was refused under this name too is what it was. */
static void
settle(struct renaming *renaming)
{
	struct pass *pass = renaming->pass;

	for (size_t i = 0; i < renaming->count; i++) {
		struct renamed *renamed = &renaming->renamed[i];
		struct pass_folder *folder = renamed->folder;
		const struct pass_folder *old = &renamed->old;

		if (folder->is_ready)
			pass_tell_notice(pass, "%.*s is called %.*s at the destination: %s",
			    (int)old->dst_display.size, (const char *)old->dst_display.data,
			    (int)folder->dst_display.size,
			    (const char *)folder->dst_display.data, old->refusal->text);
		else
			*folder = *old;
	}
}

static size_t
count_wishes(const struct pass *pass)
{
	size_t count = 0;

	for (size_t i = 0; i < pass->folder_count; i++)
		count += wants_another_name(&pass->folders[i]);
	return count;
}

enum status
pass_rename_refused(struct pass *pass)
{
	struct renaming renaming = {.pass = pass};
	size_t wishes = count_wishes(pass);
	enum status status;

	if (wishes == 0 || wishes > RENAMED_MAX || pass->is_finishing)
		return ST_OK;
	arena_init(&renaming.arena, PASS_ARENA_BUDGET);
	status = rename_all(&renaming);
	if (status == ST_OK && renaming.count > 0) {
		pass->is_renaming = true;
		pass->next_folder[PASS_STAGE_PREPARE] = 0;
		status = pass_run_stage(pass, PASS_STAGE_PREPARE);
		pass->is_renaming = false;
	}
	settle(&renaming);
	arena_fini(&renaming.arena);
	return status;
}
