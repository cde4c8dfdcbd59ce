/* SPDX-License-Identifier: Apache-2.0
 *
 * A check, told in order: connect and list both sides, as a pass does; map the folders; ask the
 * destination's folders what they take; list the source's, and compare where both hold mail;
 * read a little, to see how fast it comes; sum up and estimate.
 */
#include "pass/check/private.h"

#include "base/mem.h"

enum {
	SCRATCH_BUDGET = 1 << 20
};

bool
pass_check_quota_is_short(const struct pass_check_quota *quota)
{
	if (quota->has_storage && quota->needed_bytes > 0 &&
	    quota->used_bytes + quota->needed_bytes > quota->limit_bytes)
		return true;
	return quota->has_messages && quota->needed_messages > 0 &&
	    quota->used_messages + quota->needed_messages > quota->limit_messages;
}

/* Without a destination, names are shown as they are. */
static void
pretend_destination(struct pass *pass)
{
	pass->dst.listing.delimiter = '/';
	pass->dst.listing.naming.delimiter = '/';
}

static enum status
describe(struct checking *checking)
{
	struct pass *pass = checking->pass;
	struct pass_worker *worker = checking->worker;
	struct pass_check *check = checking->check;
	enum status status =
	    check_describe_side(checking, &pass->src, worker->src, &check->src);

	if (status == ST_OK)
		status = check_time_side(checking, worker->src, &check->src.round_trip_us);
	if (status != ST_OK || worker->dst == NULL)
		return status;
	check->has_destination = true;
	status = check_describe_side(checking, &pass->dst, worker->dst, &check->dst);
	if (status == ST_OK)
		status = check_time_side(checking, worker->dst, &check->dst.round_trip_us);
	check_tell_changes(check, worker->dst);
	return status;
}

/* One side cannot be used; the other is told all the same. */
static void
describe_what_is_there(struct checking *checking)
{
	struct pass *pass = checking->pass;
	struct pass_check *check = checking->check;
	struct pass_worker *worker = checking->worker;

	check->src_fault = fault_is_set(&pass->src.fault) ? &pass->src.fault : NULL;
	check->dst_fault = fault_is_set(&pass->dst.fault) ? &pass->dst.fault : NULL;
	if (worker->src != NULL)
		(void)!check_describe_side(checking, &pass->src, worker->src, &check->src);
	if (worker->dst != NULL)
		(void)!check_describe_side(checking, &pass->dst, worker->dst, &check->dst);
}

static enum status
fill_rows(struct checking *checking)
{
	struct pass *pass = checking->pass;
	struct pass_check *check = checking->check;
	enum status status = ST_OK;

	check->folders =
	    arena_take_array(&pass->arena, pass->folder_count + 1, sizeof(*check->folders));
	if (check->folders == NULL)
		return arena_status(&pass->arena);
	check->folder_count = pass->folder_count;
	for (size_t i = 0; i < pass->folder_count && status == ST_OK; i++) {
		const struct pass_folder *folder = &pass->folders[i];
		struct pass_check_folder *row = &check->folders[i];

		row->why = folder->why;
		status = folder_name_print(folder->map.src->name, &pass->arena, &row->source);
		if (status == ST_OK)
			status = folder_name_print(
			    folder->map.name, &pass->arena, &row->destination);
	}
	return status;
}

/* What the server announced for all folders holds where a folder told nothing of its own. */
static void
fill_limits(struct checking *checking)
{
	struct pass_check *check = checking->check;

	for (size_t i = 0; i < check->folder_count; i++) {
		if (check->folders[i].append_limit == 0)
			check->folders[i].append_limit = check->dst.append_limit;
	}
}

static void
add_to_quotas(struct pass_check *check, const struct pass_check_folder *row)
{
	for (size_t i = 0; i < check->quota_count; i++) {
		if ((row->roots >> i & 1) == 0)
			continue;
		check->quotas[i].needed_bytes += row->to_copy_bytes - row->too_big_bytes;
		check->quotas[i].needed_messages += row->to_copy - row->too_big;
	}
}

static void
add_row(struct pass_check *check, const struct pass_check_folder *row)
{
	struct pass_check_folder *total = &check->total;
	struct pass_estimate_facts *facts = &check->facts;
	uint64_t taken = row->refusal != NULL ? 0 : row->to_copy - row->too_big;
	uint64_t taken_bytes =
	    row->refusal != NULL ? 0 : row->to_copy_bytes - row->too_big_bytes;

	total->messages += row->messages;
	total->bytes += row->bytes;
	if (row->largest > total->largest)
		total->largest = row->largest;
	total->there += row->there;
	total->skipped += row->skipped;
	total->to_copy += row->to_copy;
	total->to_copy_bytes += row->to_copy_bytes;
	total->too_big += row->too_big;
	total->too_big_bytes += row->too_big_bytes;
	total->losing += row->losing;
	total->changed_dates += row->changed_dates;
	check->refused += row->to_copy - taken;
	check->refused_folders += row->refusal != NULL;
	check->unread_folders += row->unread != NULL;
	check->new_folders += row->is_new;
	facts->folders += taken > 0;
	facts->messages += taken;
	facts->bytes += taken_bytes;
	if (taken > facts->largest_messages)
		facts->largest_messages = taken;
	if (taken_bytes > facts->largest_bytes)
		facts->largest_bytes = taken_bytes;
	if (row->refusal == NULL)
		add_to_quotas(check, row);
}

static void
estimate(struct checking *checking, int64_t open_us)
{
	const struct pass_options *options = checking->pass->options;
	const struct endpoint *dst = checking->worker->dst;
	struct pass_check *check = checking->check;
	struct pass_estimate_facts *facts = &check->facts;

	facts->pace = check_pace_of(&checking->pass->dst);
	facts->connections = options->connections;
	facts->new_folders = check->new_folders;
	facts->open_us = open_us;
	facts->src_round_trip_us = check->src.round_trip_us;
	facts->dst_round_trip_us = check->dst.round_trip_us;
	facts->rate_bytes_per_s = options->bytes_per_s;
	facts->rate_messages_per_s = options->messages_per_s;
	facts->is_multi = pass_can_group(dst);
	facts->asks_literals = !endpoint_can(dst, IMAP_CAP_LITERAL_PLUS);
	check->estimate = pass_estimate_of(facts);
}

static enum status
look(struct checking *checking)
{
	struct pass *pass = checking->pass;
	bool has_destination = checking->check->has_destination;
	enum status status;

	if (!has_destination)
		pretend_destination(pass);
	status = pass_map(pass, checking->fault);
	if (status == ST_OK)
		status = fill_rows(checking);
	pass->progress.stage = "asking the destination";
	if (status == ST_OK && has_destination)
		status = check_ask_destination(checking);
	fill_limits(checking);
	pass->progress.stage = "listing messages";
	if (status == ST_OK)
		status = check_list_source(checking);
	pass->progress.stage = "measuring";
	if (status == ST_OK)
		status = check_time_source(checking);
	return status;
}

static enum status
check_all(struct checking *checking, struct tick started)
{
	struct pass_check *check = checking->check;
	int64_t open_us;
	enum status status = describe(checking);

	open_us = fiber_now().us - started.us;
	if (status == ST_OK)
		status = look(checking);
	if (status != ST_OK)
		return status;
	for (size_t i = 0; i < check->folder_count; i++)
		add_row(check, &check->folders[i]);
	if (check->has_destination)
		estimate(checking, open_us);
	return ST_OK;
}

enum status
pass_check_run(struct pass *pass, struct pass_check *check_out, struct fault *fault)
{
	struct checking *checking;
	struct tick started = fiber_now();
	enum status status;

	*check_out = (struct pass_check){0};
	checking = arena_take_array(&pass->arena, 1, sizeof(*checking));
	if (checking == NULL)
		return fault_set(fault,
		    (struct fault_kind){ST_MEMORY, CAUSE_MEMORY, FAULT_PROCESS, RETRY_LATER},
		    "There is not enough memory to check.");
	pass->fiber = fiber_self();
	pass->is_check = true;
	pass->progress.started = started;
	checking->pass = pass;
	checking->worker = &pass->workers[0];
	checking->check = check_out;
	checking->fault = fault;
	arena_init(&checking->scratch, SCRATCH_BUDGET);
	status = pass_switch_off(pass, fault);
	if (status == ST_OK)
		status = pass_open_both(pass, checking->worker, fault);
	if (status == ST_OK)
		status = check_all(checking, started);
	else
		describe_what_is_there(checking);
	arena_fini(&checking->scratch);
	pass_close_all(pass, status != ST_OK);
	if (fault_is_set(&pass->fault))
		*fault = pass->fault;
	if (status != ST_OK)
		return fault_set(fault,
		    (struct fault_kind){status, CAUSE_OTHER, FAULT_MAILBOX, RETRY_LATER},
		    "The check could not be finished (%s).", status_name(status));
	return fault_is_set(fault) ? fault->status : ST_OK;
}
