/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages that the destination has refused for what they are, once more (--repair). Each is
 * read from the source to be kept as it is, and measured in its other forms on the way. Then a
 * form at a time is copied as all messages are, over a lane that asks for nothing but these
 * UIDs and whose texts are repaired as they come: intent, stub, groups and halving are those of
 * any message.
 */
#include "sync/repair.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/range.h"
#include "pass/adopt.h"
#include "pass/private.h"
#include "pass/refused.h"
#include "pass/tell.h"
#include "sync/copy.h"

struct repair_row {
	struct pass_kept *kept;
	struct sync_repair_forms forms;
	bool is_measured;
	bool is_tried;
};

struct repair {
	struct pass_worker *worker;
	struct pass_folder *folder;
	struct sync_repair *maker;
	struct repair_row *rows; /* ascending by UID */
	size_t row_count;
	size_t form;             /* that is tried now */
	struct repair_row *read; /* whose text is measured */
};

/* What is to be repaired ------------------------------------------------------------------- */

static bool
may_be_there(const struct pass_folder *folder)
{
	return folder->dst_exists > 0 && folder->dst_uidnext > 0;
}

bool
pass_repair_note(
    struct pass *pass, struct pass_folder *folder, const struct sync_copy_request *request)
{
	char reason[FAULT_QUOTE_SIZE];
	struct pass_kept *kept;

	/* Where the destination held mail, an earlier run may have brought it repaired. */
	if (!request->is_about_content || (!pass->options->repairs && !may_be_there(folder)))
		return false;
	kept = pass_keep_note(pass, folder, request->message.uid, request->size,
	    fault_quote(request->text, reason));
	if (kept == NULL)
		return false;
	kept->awaits_repair = true;
	kept->next_awaiting = folder->awaiting;
	folder->awaiting = kept;
	pass->awaiting++;
	return true;
}

static int
compare_rows(const void *a, const void *b)
{
	uint32_t uid_a = ((const struct repair_row *)a)->kept->uid.number;
	uint32_t uid_b = ((const struct repair_row *)b)->kept->uid.number;

	return (uid_a > uid_b) - (uid_a < uid_b);
}

static struct repair_row *
find_row(const struct repair *repair, struct uid uid)
{
	struct pass_kept kept = {.uid = uid};
	struct repair_row wanted = {.kept = &kept};

	return bsearch(&wanted, repair->rows, repair->row_count, sizeof(wanted), compare_rows);
}

static enum status
gather_rows(struct repair *repair)
{
	size_t count = 0;

	for (struct pass_kept *kept = repair->folder->awaiting; kept != NULL;
	     kept = kept->next_awaiting)
		count += kept->awaits_repair;
	repair->rows = mem_take((count + 1) * sizeof(*repair->rows));
	if (repair->rows == NULL)
		return ST_MEMORY;
	for (struct pass_kept *kept = repair->folder->awaiting; kept != NULL;
	     kept = kept->next_awaiting) {
		if (kept->awaits_repair)
			repair->rows[repair->row_count++] = (struct repair_row){.kept = kept};
	}
	qsort(repair->rows, repair->row_count, sizeof(*repair->rows), compare_rows);
	return ST_OK;
}

/* What is there ---------------------------------------------------------------------------- */

static void
settle(struct repair *repair, struct repair_row *row)
{
	row->kept->awaits_repair = false;
	repair->worker->pass->awaiting--;
}

/* Those that an earlier run has repaired are adopted. */
static enum status
find_there(struct repair *repair, struct fault *fault)
{
	struct range_set refused, wanted;
	enum status status = ST_OK;

	if (!may_be_there(repair->folder))
		return ST_OK;
	range_set_init(&refused, repair->row_count + 1);
	range_set_init(&wanted, repair->row_count + 1);
	for (size_t i = 0; i < repair->row_count && status == ST_OK; i++) {
		uint32_t uid = repair->rows[i].kept->uid.number;

		status = range_set_add(&refused, uid, uid);
	}
	if (status == ST_OK)
		status = pass_adopt_refused(
		    repair->worker, repair->folder, &refused, &wanted, fault);
	for (size_t i = 0; i < repair->row_count; i++) {
		struct repair_row *row = &repair->rows[i];

		if (status != ST_OK || range_set_has(&wanted, row->kept->uid.number))
			continue;
		/* Nothing is refused of it any more. */
		row->kept->is_kept = true;
		settle(repair, row);
	}
	range_set_fini(&refused);
	range_set_fini(&wanted);
	return status;
}

/* The first reading ------------------------------------------------------------------------ */

void
pass_repair_measure(struct repair *repair, const struct imap_event *event)
{
	struct repair_row *row = repair->read;

	if (event->kind == IMAP_EVENT_BODY_BEGIN && event->body.section == IMAP_SECTION_ALL) {
		row = find_row(repair, event->body.uid);
		if (row != NULL)
			sync_repair_measure(repair->maker, 0);
		repair->read = row;
	} else if (event->kind == IMAP_EVENT_BODY_DATA && row != NULL) {
		sync_repair_measure_feed(repair->maker, event->body.data);
	} else if (event->kind == IMAP_EVENT_MESSAGE && row != NULL) {
		sync_repair_measure_end(repair->maker, &row->forms);
		row->is_measured = true;
		repair->read = NULL;
	}
}

static enum status
read_all(struct repair *repair, struct fault *fault)
{
	enum status status = ST_OK;

	for (size_t i = 0; i < repair->row_count && status == ST_OK; i++) {
		if (repair->rows[i].kept->awaits_repair)
			status = pass_keep_read(repair->worker, repair->rows[i].kept, fault);
	}
	return status;
}

/* The second reading ----------------------------------------------------------------------- */

bool
pass_repair_begin(struct repair *repair, struct uid uid, uint64_t *size)
{
	struct repair_row *row = find_row(repair, uid);

	if (row == NULL || *size != row->forms.size)
		return false;
	*size = row->forms.forms[repair->form].size;
	sync_repair_make(repair->maker, repair->form, *size);
	return true;
}

enum status
pass_repair_next(
    struct repair *repair, struct bytes *octets, bool is_over, struct bytes *piece_out)
{
	return sync_repair_make_next(repair->maker, octets, is_over, piece_out);
}

uint32_t
pass_repair_settle(struct repair *repair, struct uid uid)
{
	struct repair_row *row = find_row(repair, uid);

	if (row == NULL || !row->kept->awaits_repair)
		return 0;
	settle(repair, row);
	return row->forms.forms[repair->form].changes;
}

/* A folder --------------------------------------------------------------------------------- */

/* Whose present form is worth a try. */
static enum status
choose(struct repair *repair, struct range_set *wanted)
{
	enum status status = ST_OK;

	for (size_t i = 0; i < repair->row_count && status == ST_OK; i++) {
		struct repair_row *row = &repair->rows[i];
		uint32_t uid = row->kept->uid.number;

		if (!row->kept->awaits_repair || !row->is_measured ||
		    !sync_repair_is_worth(&row->forms, repair->form))
			continue;
		row->is_tried = true;
		status = range_set_add(wanted, uid, uid);
	}
	return status;
}

static enum status
try_form(struct repair *repair, const struct imap_selected *selected, struct fault *fault)
{
	struct pass_worker *worker = repair->worker;
	struct sync_copy_settings settings =
	    pass_copy_settings(worker, repair->folder, selected);
	struct range_set wanted;
	enum status status;

	range_set_init(&wanted, repair->row_count + 1);
	status = choose(repair, &wanted);
	if (status == ST_OK && wanted.count > 0) {
		settings.wanted = &wanted;
		/* What was chosen once is not chosen again. */
		settings.choice =
		    (struct sync_choice){.append_max = settings.choice.append_max};
		worker->pass->progress.folders++;
		status = pass_relay_begin(worker->relay, repair->folder, &settings, fault);
		if (status == ST_OK)
			status = pass_relay_drain(worker->relay, fault);
	}
	range_set_fini(&wanted);
	return status;
}

static enum status
open_again(struct repair *repair, struct imap_selected *selected_out, struct fault *fault)
{
	enum status status = pass_examine(
	    repair->worker, PASS_SRC, repair->folder->map.src->raw, selected_out, fault);

	if (status != ST_OK)
		return status;
	if (selected_out->uidvalidity == repair->folder->src_uidvalidity)
		return ST_OK;
	return fault_set(fault,
	    (struct fault_kind){ST_CONFLICT, CAUSE_CONTENT, FAULT_FOLDER, RETRY_LATER},
	    "The source gave this folder's messages other numbers (UIDVALIDITY), so that none "
	    "was repaired; run the same command again.");
}

static enum status
repair_folder(struct repair *repair, struct fault *fault)
{
	struct imap_selected selected = {0};
	enum status status = gather_rows(repair);

	if (status == ST_OK)
		status = sync_repair_new(&repair->maker);
	if (status != ST_OK)
		return fault_set(fault,
		    (struct fault_kind){status, CAUSE_MEMORY, FAULT_FOLDER, RETRY_LATER},
		    "There is not enough memory to repair messages.");
	status = open_again(repair, &selected, fault);
	if (status == ST_OK)
		status = find_there(repair, fault);
	if (status != ST_OK || !repair->worker->pass->options->repairs)
		return status;
	status = read_all(repair, fault);
	for (; repair->form < SYNC_REPAIR_FORMS && status == ST_OK; repair->form++) {
		if (repair->worker->pass->is_finishing)
			break;
		status = try_form(repair, &selected, fault);
	}
	return status;
}

/* Why the others are refused still. */
static void
tell_rows(struct repair *repair)
{
	for (size_t i = 0; i < repair->row_count; i++) {
		struct repair_row *row = &repair->rows[i];
		char reason[2 * FAULT_QUOTE_SIZE];

		if (!row->kept->awaits_repair)
			continue;
		snprintf(reason, sizeof(reason), "%s; %s", row->kept->reason,
		    row->is_tried ? "repaired, it was refused again"
				  : "nothing is known that could be repaired");
		settle(repair, row);
		pass_tell_unrepaired(repair->worker->pass, row->kept, reason);
	}
}

enum status
pass_repair_folder(struct pass_worker *worker, struct pass_folder *folder, struct fault *fault)
{
	struct repair repair = {.worker = worker, .folder = folder};
	struct fault own = {0};
	enum status status;

	if (folder->awaiting == NULL)
		return ST_OK;
	worker->repair = &repair;
	status = repair_folder(&repair, &own);
	worker->repair = NULL;
	if (status == ST_OK && !worker->pass->is_finishing && worker->pass->options->repairs)
		tell_rows(&repair);
	sync_repair_free(&repair.maker);
	mem_give(repair.rows);
	if (status == ST_OK)
		return ST_OK;
	if (pass_is_own(
		status, "The messages of this folder could not be repaired", &own, fault)) {
		pass_tell_fault(worker->pass, folder, &own);
		return ST_OK;
	}
	return status;
}

/* The pass --------------------------------------------------------------------------------- */

enum status
pass_repair_all(struct pass *pass, struct fault *fault)
{
	enum status status;

	if (pass->awaiting == 0 || pass->is_finishing)
		return ST_OK;
	pass->progress.stage = "repairing";
	status = pass_run_stage(pass, PASS_STAGE_REPAIR);
	if (status != ST_OK)
		return fault_set(fault,
		    (struct fault_kind){status, CAUSE_MEMORY, FAULT_PROCESS, RETRY_LATER},
		    "The copying fibers could not be started (%s).", status_name(status));
	return pass_judge(pass, fault);
}

void
pass_repair_end(struct pass *pass)
{
	for (struct pass_kept *kept = pass->first_kept; kept != NULL && pass->awaiting > 0;
	     kept = kept->next) {
		if (!kept->awaits_repair)
			continue;
		kept->awaits_repair = false;
		pass->awaiting--;
		pass_tell_unrepaired(pass, kept, kept->reason);
	}
}
