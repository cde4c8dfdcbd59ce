/* SPDX-License-Identifier: Apache-2.0
 *
 * Which folders of the source are copied, and what they are called at the destination.
 */
#include "mail/glob.h"
#include "pass/private.h"

static bool
matches(const char *const *globs, size_t count, struct bytes name)
{
	for (size_t i = 0; i < count; i++) {
		if (glob_match(bytes_of_string(globs[i]), name))
			return true;
	}
	return false;
}

static bool
is_chosen(const struct pass_options *options, const struct folder *folder)
{
	if (options->folder_count > 0 &&
	    !matches(options->folders, options->folder_count, folder->display))
		return false;
	return !matches(options->excludes, options->exclude_count, folder->display);
}

/* A folder that is not copied: its messages are counted, and why is told where it is not the
 * user's own wish. */
static void
leave_out(struct pass *pass, const struct folder *folder)
{
	struct pass_folder left = {.map = {.src = folder}};

	if (folder->is_foreign) {
		pass_tell_notice(pass, "%.*s belongs to somebody else and was left out.",
		    (int)folder->display.size, (const char *)folder->display.data);
		return;
	}
	left.totals.source = left.totals.excluded = folder->has_status ? folder->messages : 0;
	pass_totals_add(&pass->progress.totals, &left.totals);
	pass_tell_folder(pass, &left);
}

static enum status
fill_folder(struct pass *pass, const struct sync_tree_entry *entry, struct pass_folder *folder)
{
	enum status status;

	*folder = (struct pass_folder){.map = *entry, .is_due = true};
	if (entry->src->has_status)
		folder->totals.source = entry->src->messages;
	pass->progress.totals.source += folder->totals.source;
	if (entry->dst != NULL) {
		folder->dst_raw = entry->dst->raw;
		folder->dst_display = entry->dst->display;
		return ST_OK;
	}
	status = endpoint_encode_name(
	    &pass->dst.listing, entry->name, &pass->arena, &folder->dst_raw);
	if (status == ST_OK)
		status = endpoint_display_name(entry->name, &pass->arena, &folder->dst_display);
	return status;
}

/* Nobody knows what is in them, so the pass cannot be green. */
static void
tell_unreadable(struct pass *pass, size_t count)
{
	struct fault fault = {0};

	fault_set(&fault,
	    (struct fault_kind){ST_SYNTAX, CAUSE_CONTENT, FAULT_FOLDER, RETRY_NEVER},
	    "The source lists %zu folder(s) whose names cannot be used (empty, or more than %d "
	    "levels); they were left out.",
	    count, (int)FOLDER_PARTS_MAX);
	pass_tell_fault(pass, NULL, &fault);
}

enum status
pass_map(struct pass *pass)
{
	const struct listing *src = &pass->src.listing;
	const struct listing *dst = &pass->dst.listing;
	struct folder *chosen =
	    arena_take_array(&pass->arena, src->folder_count + 1, sizeof(*chosen));
	struct sync_tree_entry *entries;
	struct sync_tree tree;
	size_t count = 0;
	enum status status;

	if (chosen == NULL)
		return arena_status(&pass->arena);
	if (src->unreadable > 0)
		tell_unreadable(pass, src->unreadable);
	for (size_t i = 0; i < src->folder_count; i++) {
		const struct folder *folder = &src->folders[i];

		if (!folder->is_selectable)
			continue;
		if (!folder->is_foreign && is_chosen(pass->options, folder))
			chosen[count++] = *folder;
		else
			leave_out(pass, folder);
	}
	tree =
	    (struct sync_tree){chosen, count, dst->folders, dst->folder_count, dst->delimiter};
	status = sync_tree_map(&tree, &pass->arena, &entries);
	if (status != ST_OK)
		return status;
	pass->folders = arena_take_array(&pass->arena, count + 1, sizeof(*pass->folders));
	if (pass->folders == NULL)
		return arena_status(&pass->arena);
	for (size_t i = 0; i < count && status == ST_OK; i++)
		status = fill_folder(pass, &entries[i], &pass->folders[i]);
	pass->folder_count = count;
	pass->progress.folders = (uint32_t)count;
	return status;
}
