/* SPDX-License-Identifier: Apache-2.0
 *
 * The workers: each a fiber with a pair of connections that takes folders until none is left.
 */
#include <string.h>

#include "base/check.h"
#include "pass/nature.h"
#include "pass/private.h"
#include "pass/refused.h"
#include "pass/tell.h"

struct pass_folder *
pass_take_folder(struct pass *pass, enum pass_stage stage)
{
	if (pass->is_finishing || pass->next_folder[stage] == pass->folder_count)
		return NULL;
	return &pass->folders[pass->next_folder[stage]++];
}

static void
show_folder(struct pass *pass, const struct pass_folder *folder)
{
	struct bytes name = folder->map.src->display;

	name = bytes_first(name, sizeof(pass->progress.folder) - 1);
	memcpy(pass->progress.folder, name.data, name.size);
	pass->progress.folder[name.size] = 0;
}

bool
pass_is_own(enum status status, const char *what, struct fault *own, struct fault *fault)
{
	fault_set(own, (struct fault_kind){status, CAUSE_OTHER, FAULT_FOLDER, RETRY_LATER},
	    "%s (%s).", what, status_name(status));
	if (own->scope <= FAULT_FOLDER)
		return true;
	*fault = *own;
	return false;
}

/* The folder is begun; a fault of its own closes it, any other is the worker's. */
static enum status
copy_folder(struct pass_worker *worker, struct pass_folder *folder, struct fault *fault)
{
	struct fault own = {0};
	enum status status;

	if (!folder->is_due)
		return ST_OK;
	folder->is_due = false;
	show_folder(worker->pass, folder);
	/* Neither ready nor refused: the worker that had it lost its connection. */
	if (!folder->is_ready && folder->refusal == NULL)
		return ST_OK;
	status = pass_folder_run(worker, folder, &own);
	if (status == ST_OK)
		return ST_OK;
	if (pass_is_own(status, "This folder could not be copied", &own, fault)) {
		pass_folder_close(worker, folder, &own);
		return ST_OK;
	}
	return status;
}

/* The folders that the worker takes in a stage that moves messages. */
static enum status
move_folders(struct pass_worker *worker, struct fault *fault)
{
	struct pass *pass = worker->pass;
	enum pass_stage stage = pass->stage;
	struct pass_folder *folder;
	enum status status = pass_relay_new(worker, &worker->relay);

	if (status != ST_OK)
		return fault_set(fault,
		    (struct fault_kind){status, CAUSE_MEMORY, FAULT_PROCESS, RETRY_LATER},
		    "There is not enough memory to move messages.");
	while (status == ST_OK && (folder = pass_take_folder(pass, stage)) != NULL)
		status = stage == PASS_STAGE_REPAIR ? pass_repair_folder(worker, folder, fault)
						    : copy_folder(worker, folder, fault);
	if (status == ST_OK)
		status = pass_relay_drain(worker->relay, fault);
	pass_relay_free(&worker->relay);
	return status;
}

static void
work(void *argument)
{
	struct pass_worker *worker = argument;
	struct pass *pass = worker->pass;
	enum status status = pass_open_pair(worker, &worker->fault);

	if (status == ST_OK)
		pass->progress.connections++;
	if (status == ST_OK && pass->stage == PASS_STAGE_PREPARE)
		status = pass_prepare(worker, &worker->fault);
	else if (status == ST_OK)
		status = move_folders(worker, &worker->fault);
	if (status != ST_OK) {
		CHECK(fault_is_set(&worker->fault));
		endpoint_close(&worker->src, true);
		endpoint_close(&worker->dst, true);
	}
	/* From here on nobody may cancel this fiber: its memory is the pool's again. */
	worker->fiber = NULL;
}

enum status
pass_run_stage(struct pass *pass, enum pass_stage stage)
{
	enum status status = ST_OK;

	pass->stage = stage;
	pass->progress.connections = 0;
	for (unsigned i = 0; i < pass->worker_count && status == ST_OK; i++) {
		struct pass_worker *worker = &pass->workers[i];

		if (fault_is_set(&worker->fault))
			continue;
		worker->done = (struct fiber_source){0};
		status =
		    fiber_new(pass->world, "copy", work, worker, &worker->done, &worker->fiber);
	}
	for (unsigned i = 0; i < pass->worker_count; i++) {
		struct pass_worker *worker = &pass->workers[i];

		if (worker->fiber != NULL)
			pass_join(pass, &worker->done);
	}
	return status;
}

void
pass_choose_worker_count(struct pass *pass)
{
	size_t with_work = 0;

	for (size_t i = 0; i < pass->folder_count; i++)
		with_work += pass->folders[i].totals.source > 0;
	pass->worker_count = pass->options->connections;
	if (pass->worker_count > 1 && pass_breaks_under_load(pass))
		pass->worker_count = 1;
	if (pass->worker_count > with_work)
		pass->worker_count = with_work == 0 ? 1 : (unsigned)with_work;
}

/* Folders that nobody took because all workers had ended. */
static bool
is_work_left(const struct pass *pass)
{
	return pass->next_folder[PASS_STAGE_COPY] < pass->folder_count;
}

enum status
pass_judge(struct pass *pass, struct fault *fault)
{
	for (unsigned i = 0; i < pass->worker_count; i++) {
		struct pass_worker *worker = &pass->workers[i];
		bool is_fatal = i == 0 || is_work_left(pass) ||
		    pass_totals_left(&pass->progress.totals) > pass->awaiting ||
		    pass->progress.totals.in_doubt > 0;

		if (!fault_is_set(&worker->fault) || worker->is_fault_told ||
		    fault_is_set(&pass->fault))
			continue;
		if (is_fatal)
			pass->fault = worker->fault;
		else
			pass_tell_notice(pass, "One of the connections was given up: %s",
			    worker->fault.text);
		worker->is_fault_told = true;
	}
	if (!fault_is_set(&pass->fault))
		return ST_OK;
	*fault = pass->fault;
	return fault->status;
}
