/* SPDX-License-Identifier: Apache-2.0
 *
 * Which folders of the source are copied, and what they are called at the destination.
 */
#include "mail/glob.h"
#include "pass/private.h"
#include "pass/tell.h"

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
leave_out(struct pass *pass, const struct folder *folder, enum sync_rule rule)
{
	struct pass_folder left = {.map = {.src = folder}};
	uint32_t messages = folder->has_status ? folder->messages : 0;

	if (rule == SYNC_RULE_SHARED)
		pass_tell_notice(pass,
		    "%.*s belongs to somebody else and was left out, with %u messages; "
		    "--shared copies such folders.",
		    (int)folder->display.size, (const char *)folder->display.data, messages);
	else if (rule == SYNC_RULE_VIRTUAL)
		pass_tell_notice(pass,
		    "%.*s shows %u messages that lie elsewhere and was left out; "
		    "--folder with its name copies it.",
		    (int)folder->display.size, (const char *)folder->display.data, messages);
	left.totals.source = messages;
	pass_totals_exclude(&left.totals, rule, messages);
	pass_totals_add(&pass->progress.totals, &left.totals);
	pass_tell_folder(pass, &left);
}

/* A view is copied only where somebody asks for it by its name. */
static bool
is_named(const struct pass_options *options, const struct folder *folder)
{
	for (size_t i = 0; i < options->folder_count; i++) {
		if (bytes_equal(bytes_of_string(options->folders[i]), folder->display))
			return true;
	}
	return false;
}

/* What leaves the folder out; SYNC_RULE_COUNT: nothing. */
static enum sync_rule
rule_against(const struct pass_options *options, const struct folder *folder)
{
	if (folder->is_foreign && !options->copies_shared)
		return SYNC_RULE_SHARED;
	if (folder_is_virtual(folder) && !is_named(options, folder))
		return SYNC_RULE_VIRTUAL;
	return is_chosen(options, folder) ? SYNC_RULE_COUNT : SYNC_RULE_FOLDER;
}

/* Most names are those of the source, and those live long enough. */
static enum status
keep_name(struct pass *pass, const struct sync_tree_entry *entry, struct folder_name *name_out)
{
	struct folder_name kept = {.part_count = entry->name.part_count};
	enum status status = ST_OK;

	if (folder_name_equal(entry->name, entry->src->name)) {
		*name_out = entry->src->name;
		return ST_OK;
	}
	kept.parts = arena_take_array(&pass->arena, kept.part_count, sizeof(*kept.parts));
	if (kept.parts == NULL)
		return arena_status(&pass->arena);
	for (size_t i = 0; i < kept.part_count && status == ST_OK; i++)
		status = bytes_copy(entry->name.parts[i], &pass->arena, &kept.parts[i]);
	*name_out = kept;
	return status;
}

enum status
pass_map_take(
    struct pass *pass, const struct sync_tree_entry *entry, struct pass_folder *folder)
{
	enum status status = ST_OK;

	folder->map = *entry;
	folder->why = (struct bytes){0};
	if (entry->changes != 0)
		status = sync_tree_why(entry->changes, &pass->arena, &folder->why);
	if (status == ST_OK)
		status = keep_name(pass, entry, &folder->map.name);
	if (status == ST_OK)
		status = endpoint_display_name(entry->name, &pass->arena, &folder->dst_display);
	if (status == ST_OK && entry->dst != NULL)
		folder->dst_raw = entry->dst->raw;
	else if (status == ST_OK)
		status = endpoint_encode_name(
		    &pass->dst.listing, entry->name, &pass->arena, &folder->dst_raw);
	return status;
}

static enum status
fill_folder(struct pass *pass, const struct sync_tree_entry *entry, struct pass_folder *folder)
{
	*folder = (struct pass_folder){.is_due = true};
	if (entry->src->has_status)
		folder->totals.source = entry->src->messages;
	pass->progress.totals.source += folder->totals.source;
	return pass_map_take(pass, entry, folder);
}

static enum status
read_orders(const struct pass *pass, struct arena *arena, struct sync_tree_rules *rules,
    struct fault *fault)
{
	const struct pass_options *options = pass->options;
	struct sync_tree_order *orders =
	    arena_take_array(arena, options->map_count + 1, sizeof(*orders));

	if (orders == NULL)
		return arena_status(arena);
	for (size_t i = 0; i < options->map_count; i++) {
		struct bytes text = bytes_of_string(options->maps[i]);
		char quoted[FAULT_QUOTE_SIZE];
		enum status status = sync_tree_order_parse(text, arena, &orders[i]);

		if (status == ST_SYNTAX)
			return fault_set(fault,
			    (struct fault_kind){
				ST_CONFLICT, CAUSE_USAGE, FAULT_MAILBOX, RETRY_NEVER},
			    "--map cannot be \"%s\"; write it as OLD=NEW, with / between "
			    "levels.",
			    fault_quote(text, quoted));
		if (status != ST_OK)
			return status;
	}
	rules->orders = orders;
	rules->order_count = options->map_count;
	return ST_OK;
}

/* Nobody knows what is in them, so the pass cannot be green. */
static void
tell_unreadable(struct pass *pass, size_t count)
{
	struct fault fault = {0};

	fault_set(&fault,
	    (struct fault_kind){ST_SYNTAX, CAUSE_CONTENT, FAULT_FOLDER, RETRY_NEVER},
	    "The source lists %zu folder(s) whose names cannot be used (empty, or more than "
	    "%d levels); they were left out.",
	    count, (int)FOLDER_PARTS_MAX);
	pass_tell_fault(pass, NULL, &fault);
}

/* The map is made of all folders that could be copied, so that it does not change with what is
 * chosen; those that are not chosen are taken out of it. */
enum status
pass_map_with(struct pass *pass, const struct naming *naming, struct arena *arena,
    struct sync_tree_entry **entries_out, struct fault *fault)
{
	const struct listing *dst = &pass->dst.listing;
	struct sync_tree_rules rules = {
	    .naming = *naming,
	    .is_below_inbox = endpoint_is_below_inbox(dst),
	    .dst_foreign = dst->foreign,
	    .dst_foreign_count = dst->foreign_count,
	};
	enum status status = read_orders(pass, arena, &rules, fault);

	if (status != ST_OK)
		return status;
	return sync_tree_map(&pass->tree, &rules, arena, entries_out, fault);
}

/* Those that can hold mail; mostly that is all of them. */
static enum status
choose_folders(struct pass *pass)
{
	const struct listing *src = &pass->src.listing;
	const struct listing *dst = &pass->dst.listing;
	struct folder *folders;
	size_t count = 0;

	pass->tree = (struct sync_tree){
	    .src = src->folders,
	    .dst = dst->folders,
	    .dst_count = dst->folder_count,
	    .dst_delimiter = dst->delimiter,
	};
	for (size_t i = 0; i < src->folder_count; i++)
		count += src->folders[i].is_selectable;
	pass->tree.src_count = count;
	if (count == src->folder_count)
		return ST_OK;
	folders = arena_take_array(&pass->arena, count + 1, sizeof(*folders));
	if (folders == NULL)
		return arena_status(&pass->arena);
	pass->tree.src = folders;
	for (size_t i = 0; i < src->folder_count; i++) {
		if (src->folders[i].is_selectable)
			*folders++ = src->folders[i];
	}
	return ST_OK;
}

/* What the map is made with is much more than what is kept of it. */
static enum status
fill_folders(struct pass *pass, struct arena *scratch, struct fault *fault)
{
	struct sync_tree_entry *entries;
	size_t count = 0;
	enum status status =
	    pass_map_with(pass, &pass->dst.listing.naming, scratch, &entries, fault);

	if (status != ST_OK)
		return status;
	pass->folders =
	    arena_take_array(&pass->arena, pass->tree.src_count + 1, sizeof(*pass->folders));
	if (pass->folders == NULL)
		return arena_status(&pass->arena);
	for (size_t i = 0; i < pass->tree.src_count && status == ST_OK; i++) {
		enum sync_rule rule = rule_against(pass->options, entries[i].src);

		if (rule == SYNC_RULE_COUNT)
			status = fill_folder(pass, &entries[i], &pass->folders[count++]);
		else
			leave_out(pass, entries[i].src, rule);
	}
	pass->folder_count = count;
	pass->progress.folders = (uint32_t)count;
	return status;
}

enum status
pass_map(struct pass *pass, struct fault *fault)
{
	const struct listing *src = &pass->src.listing;
	struct arena scratch;
	enum status status;

	/* Every mailbox has an INBOX: this is not an empty one. */
	if (src->folder_count == 0 && src->unreadable == 0)
		return fault_set(fault,
		    (struct fault_kind){ST_CONFLICT, CAUSE_OTHER, FAULT_MAILBOX, RETRY_LATER},
		    "The source lists no folder at all, not even INBOX; nothing was copied.");
	if (src->unreadable > 0)
		tell_unreadable(pass, src->unreadable);
	status = choose_folders(pass);
	if (status != ST_OK)
		return status;
	arena_init(&scratch, PASS_ARENA_BUDGET);
	status = fill_folders(pass, &scratch, fault);
	arena_fini(&scratch);
	return status;
}
