/* SPDX-License-Identifier: Apache-2.0
 *
 * A pass, told in order: connect both sides at once and list them; map folders; let workers
 * prepare the destination's folders, then copy folder by folder; look once more at the
 * destination; sum up.
 */
#include "pass/private.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "pass/book.h"
#include "pass/nature.h"
#include "pass/refused.h"
#include "pass/settle.h"
#include "pass/tell.h"
#include "sync/copy_settings.h"

enum {
	BLOCKS_KEPT = 8 /* two folders a pair of connections hold octets at a time, mostly */
};

static void
set_up_worker(struct pass *pass, unsigned index)
{
	struct pass_worker *worker = &pass->workers[index];

	worker->pass = pass;
	worker->number = index + 1;
	worker->src_tracer = (struct pass_tracer){pass, pass->src.account, worker->number};
	worker->dst_tracer = (struct pass_tracer){pass, pass->dst.account, worker->number};
	arena_init(&worker->arena, WORKER_ARENA_BUDGET);
}

enum status
pass_new(struct world *world, const struct pass_options *options, struct sync_ledger *ledger,
    struct pass_sink *sink, struct pass **pass_out)
{
	struct pass *pass = mem_take(sizeof(*pass));

	if (pass == NULL)
		return ST_MEMORY;
	memset(pass, 0, sizeof(*pass));
	CHECK(options->connections >= 1 && options->connections <= PASS_CONNECTIONS_MAX);
	pass->world = world;
	pass->options = options;
	pass->ledger = ledger;
	pass->sink = sink;
	pass->src.account = &options->src;
	pass->src.password = options->src_password;
	pass->dst.account = &options->dst;
	pass->dst.password = options->dst_password;
	pass->progress.stage = "connecting";
	pass->kept_end = &pass->first_kept;
	arena_init(&pass->arena, PASS_ARENA_BUDGET);
	block_pool_init(&pass->blocks, sync_copy_limits_default().ring_size + SYNC_COPY_RESERVE,
	    BLOCKS_KEPT);
	arena_init(&pass->src.arena, PASS_ARENA_BUDGET);
	arena_init(&pass->dst.arena, PASS_ARENA_BUDGET);
	for (unsigned i = 0; i < PASS_CONNECTIONS_MAX; i++)
		set_up_worker(pass, i);
	*pass_out = pass;
	return ST_OK;
}

void
pass_free(struct pass **pass)
{
	if (*pass == NULL)
		return;
	for (unsigned i = 0; i < PASS_CONNECTIONS_MAX; i++) {
		struct pass_worker *worker = &(*pass)->workers[i];

		endpoint_close(&worker->src, true);
		endpoint_close(&worker->dst, true);
		arena_fini(&worker->arena);
	}
	for (size_t i = 0; i < (*pass)->folder_count; i++) {
		range_set_fini(&(*pass)->folders[i].claimed);
		range_set_fini(&(*pass)->folders[i].left);
		range_set_fini(&(*pass)->folders[i].again);
		range_set_fini(&(*pass)->folders[i].surplus);
	}
	arena_fini(&(*pass)->src.arena);
	arena_fini(&(*pass)->dst.arena);
	block_pool_fini(&(*pass)->blocks);
	arena_fini(&(*pass)->arena);
	mem_give(*pass);
	*pass = NULL;
}

const struct pass_progress *
pass_progress(const struct pass *pass)
{
	return &pass->progress;
}

void
pass_stop_all(struct pass *pass)
{
	pass->is_finishing = true;
	for (unsigned i = 0; i < pass->worker_count; i++)
		fiber_signal(&pass->workers[i].poke);
}

void
pass_finish_soon(struct pass *pass)
{
	fault_set(&pass->fault,
	    (struct fault_kind){ST_CANCELED, CAUSE_CANCELED, FAULT_MAILBOX, RETRY_LATER},
	    "Interrupted. Run the same command again to go on.");
	pass_stop_all(pass);
	/* Before there are workers, nothing is under way that could be finished. */
	if (pass->worker_count == 0)
		pass_cancel(pass);
}

void
pass_cancel(struct pass *pass)
{
	fault_set(&pass->fault,
	    (struct fault_kind){ST_CANCELED, CAUSE_CANCELED, FAULT_MAILBOX, RETRY_LATER},
	    "Interrupted. Run the same command again to go on.");
	pass->is_finishing = true;
	for (size_t i = 0; i < 2; i++) {
		if (pass->openers[i] != NULL)
			fiber_cancel(pass->openers[i]);
	}
	for (unsigned i = 0; i < pass->worker_count; i++) {
		if (pass->workers[i].fiber != NULL)
			fiber_cancel(pass->workers[i].fiber);
	}
	/* While the others run, the pass's own fiber only waits for them. */
	if (!pass->is_joining && pass->fiber != NULL)
		fiber_cancel(pass->fiber);
}

/* Before the sink is closed: what is still to be traced goes to it here. */
void
pass_close_all(struct pass *pass, bool is_abrupt)
{
	for (unsigned i = 0; i < PASS_CONNECTIONS_MAX; i++) {
		struct pass_worker *worker = &pass->workers[i];

		if (worker->src != NULL)
			pass->progress.waits_source += endpoint_waits(worker->src);
		if (worker->dst != NULL)
			pass->progress.waits_destination += endpoint_waits(worker->dst);
		endpoint_close(&worker->src, is_abrupt);
		endpoint_close(&worker->dst, is_abrupt);
	}
}

static void
tell_folders(struct pass *pass)
{
	for (size_t i = 0; i < pass->folder_count; i++)
		pass_tell_folder(pass, &pass->folders[i]);
}

static enum status
copy_all(struct pass *pass, struct fault *fault)
{
	const struct pass_options *options = pass->options;
	struct tick now = fiber_now();
	enum status status;

	bucket_init(
	    &pass->bytes_bucket, options->bytes_per_s, options->bytes_per_s / 8 + 1, now);
	bucket_init(&pass->messages_bucket, options->messages_per_s,
	    options->messages_per_s / 8 + 1, now);
	pass_choose_worker_count(pass);
	pass->progress.stage = "preparing";
	status = pass_run_stage(pass, PASS_STAGE_PREPARE);
	if (status == ST_OK)
		status = pass_rename_refused(pass);
	pass->progress.stage = "copying";
	pass->progress.copy_started = fiber_now();
	if (status == ST_OK && pass_settle_begin(pass, fault) != ST_OK)
		return fault->status;
	if (status == ST_OK && !pass->is_finishing)
		status = pass_run_stage(pass, PASS_STAGE_COPY);
	if (status != ST_OK)
		return fault_set(fault,
		    (struct fault_kind){status, CAUSE_MEMORY, FAULT_PROCESS, RETRY_LATER},
		    "The copying fibers could not be started (%s).", status_name(status));
	status = pass_judge(pass, fault);
	if (status == ST_OK)
		status = pass_catch_up(pass, fault);
	if (status == ST_OK)
		status = pass_settle_end(pass, fault);
	if (status == ST_OK)
		status = pass_repair_all(pass, fault);
	pass_repair_end(pass);
	tell_folders(pass);
	return status;
}

enum status
pass_run(struct pass *pass, struct fault *fault)
{
	enum status status;

	pass->fiber = fiber_self();
	pass->progress.started = fiber_now();
	status = pass_switch_off(pass, fault);
	if (status == ST_OK && !pass->options->is_dry_run)
		status = pass_lock(pass, fault);
	if (status == ST_OK)
		status = pass_open_both(pass, &pass->workers[0], fault);
	if (status != ST_OK) {
		pass_close_all(pass, true);
		if (fault_is_set(&pass->fault))
			*fault = pass->fault;
		return fault->status;
	}
	pass->progress.stage = "listing";
	status = pass_map(pass, fault);
	if (status != ST_OK) {
		pass_close_all(pass, false);
		return fault_set(fault,
		    (struct fault_kind){status, CAUSE_LIMIT, FAULT_MAILBOX, RETRY_NEVER},
		    "The folders could not be mapped (%s).", status_name(status));
	}
	pass_tell_natures(pass);
	if (pass->options->is_dry_run) {
		if (sync_choice_is_set(&pass->options->choice))
			pass_tell_notice(pass,
			    "A dry run looks at folders and not at their messages: those that "
			    "rules for messages leave out are counted as to be copied.");
		tell_folders(pass);
		pass_close_all(pass, false);
		return ST_OK;
	}
	status = pass_claim(pass, fault);
	if (status == ST_OK)
		status = copy_all(pass, fault);
	pass->progress.stage = "closing";
	if (status == ST_OK)
		status = pass_verify_counts(pass, fault);
	if (pass_books_close(pass, fault) != ST_OK && status == ST_OK)
		status = fault->status;
	if (pass->sink->keep != NULL && pass->first_kept != NULL &&
	    pass->workers[0].src != NULL)
		pass_keep_all(&pass->workers[0]);
	pass_close_all(pass, status == ST_CANCELED);
	return status;
}
