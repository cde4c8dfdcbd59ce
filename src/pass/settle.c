/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages in doubt, at the end of the queue: look, wait, look again, send again.
 */
#include "pass/settle.h"

#include <string.h>

#include "base/check.h"
#include "pass/book.h"
#include "pass/look.h"
#include "pass/relay.h"
#include "pass/tell.h"

enum {
	ROUNDS_MAX = 3 /* of sending again */
};

static enum status
cannot_note(struct fault *fault, enum status status)
{
	return fault_set(fault,
	    (struct fault_kind){status, CAUSE_LEDGER, FAULT_MAILBOX, RETRY_LATER},
	    "What was found out about messages in doubt could not be noted (%s).",
	    status_name(status));
}

/* Looking ---------------------------------------------------------------------------------- */

static bool
has_doubts(const struct pass_folder *folder)
{
	return folder->book != NULL && sync_book_doubt_count(folder->book) > 0;
}

/* Messages in doubt are counted as something else from now on; what is sent again will be
 * counted anew. */
static void
recount(struct pass *pass, struct pass_folder *folder, uint64_t copied, uint64_t held,
    uint64_t again)
{
	struct pass_totals part = {.copied = copied, .held = held};
	uint64_t count = copied + held + again;

	CHECK(folder->totals.in_doubt >= count);
	folder->totals.in_doubt -= count;
	pass->progress.totals.in_doubt -= count;
	pass_totals_add(&folder->totals, &part);
	pass_totals_add(&pass->progress.totals, &part);
}

static enum status
note_again(struct pass_folder *folder, struct uid uid)
{
	if (folder->again.range_count_max == 0)
		range_set_init(&folder->again, SIZE_MAX);
	return range_set_add(&folder->again, uid.number, uid.number);
}

/* What follows for messages that a look has not found. Those that a server answered without
 * proof are stored by now, or never. The others are given up at the second look: held as far as
 * copies were given numbers and have gone since, else absent. */
static enum status
conclude(struct pass_worker *worker, struct pass_folder *folder,
    const struct look_result *result, bool is_second)
{
	uint32_t held = 0, again = 0;
	struct sync_doubt *doubts;
	size_t count;
	enum status status;

	arena_rewind(&worker->arena);
	status = sync_book_doubts(folder->book, &worker->arena, &doubts, &count);
	for (size_t i = 0; i < count && status == ST_OK; i++) {
		struct sync_doubt *doubt = &doubts[i];

		if (doubt->fate == SYNC_FATE_UNPROVED) {
			doubt->fate = SYNC_FATE_NOT_STORED;
		} else if (doubt->fate != SYNC_FATE_IN_DOUBT || !is_second) {
			continue;
		} else if (held < result->vanished) {
			doubt->fate = SYNC_FATE_HELD;
			held++;
			pass_tell_held(worker->pass, folder, doubt->message.src_uid);
			continue;
		} else {
			doubt->fate = SYNC_FATE_ABSENT;
		}
		again++;
		status = note_again(folder, doubt->message.src_uid);
	}
	if (status == ST_OK)
		status = sync_book_decide(folder->book, doubts, count);
	if (status == ST_OK)
		recount(worker->pass, folder, result->found, held, again);
	return status;
}

/* One look at one folder. A fault of its own is told, and all stays in doubt. */
static enum status
look(
    struct pass_worker *worker, struct pass_folder *folder, bool is_second, struct fault *fault)
{
	struct look_result result;
	struct fault own = {0};
	enum status status;

	do {
		status = pass_look(worker, folder, &result, &own);
	} while (status != ST_OK && pass_may_ask_again(worker, PASS_DST, &own));
	if (status != ST_OK && own.scope <= FAULT_FOLDER) {
		pass_tell_fault(worker->pass, folder, &own);
		folder->is_unsettled = true;
		return ST_OK;
	}
	if (status != ST_OK) {
		*fault = own;
		return status;
	}
	if (!folder->is_looked_at)
		folder->looked = fiber_now();
	folder->is_looked_at = true;
	status = conclude(worker, folder, &result, is_second);
	return status == ST_OK ? ST_OK : cannot_note(fault, status);
}

/* A folder in which an earlier run left something. */
static enum status
open_left(struct pass *pass, struct pass_folder *folder)
{
	const struct folder *src = folder->map.src;
	uint64_t count;
	enum status status;

	if (!folder->is_ready || !src->has_status ||
	    !sync_ledger_has_doubts(pass->ledger, src->raw, folder->dst_raw))
		return ST_OK;
	folder->src_uidvalidity = src->uidvalidity;
	status = pass_book_open(pass, folder);
	if (status != ST_OK)
		return status;
	count = sync_book_doubt_count(folder->book);
	folder->doubts_before = count;
	folder->totals.in_doubt += count;
	pass->progress.totals.in_doubt += count;
	return ST_OK;
}

/* What is copied in any case is not sent again besides. */
static enum status
leave_to_copy(struct pass_folder *folder)
{
	struct range_set wanted, rest;
	enum status status = ST_OK;

	if (folder->again.count == 0)
		return ST_OK;
	range_set_init(&wanted, SIZE_MAX);
	range_set_init(&rest, SIZE_MAX);
	if (sync_book_is_compared(folder->book))
		status = sync_book_add_wanted(folder->book, 0, &wanted);
	else
		status = range_set_add(&wanted, 1, UINT32_MAX);
	for (size_t i = 0; i < folder->again.count && status == ST_OK; i++) {
		struct range range = folder->again.ranges[i];

		for (uint64_t uid = range.first; uid <= range.last && status == ST_OK; uid++) {
			if (range_set_has(&wanted, (uint32_t)uid))
				folder->doubts_before--;
			else
				status = range_set_add(&rest, (uint32_t)uid, (uint32_t)uid);
		}
	}
	range_set_fini(&wanted);
	range_set_fini(&folder->again);
	folder->again = rest;
	return status;
}

enum status
pass_settle_begin(struct pass *pass, struct fault *fault)
{
	struct pass_worker *worker = &pass->workers[0];
	enum status status = ST_OK;

	for (size_t i = 0; i < pass->folder_count && status == ST_OK; i++) {
		struct pass_folder *folder = &pass->folders[i];

		if (pass->is_finishing || worker->dst == NULL || worker->src == NULL)
			return ST_OK;
		status = open_left(pass, folder);
		if (status != ST_OK)
			return cannot_note(fault, status);
		if (folder->book != NULL)
			status = look(worker, folder, false, fault);
		if (status == ST_OK && leave_to_copy(folder) != ST_OK)
			status = cannot_note(fault, ST_MEMORY);
	}
	return status;
}

/* Sending again ---------------------------------------------------------------------------- */

static enum status
copy_again(struct pass_worker *worker, struct pass_folder *folder,
    const struct imap_selected *selected, struct fault *fault)
{
	struct sync_copy_settings settings = pass_copy_settings(worker, folder, selected);
	enum status status = pass_relay_new(worker, &worker->relay);

	if (status != ST_OK)
		return fault_set(fault,
		    (struct fault_kind){status, CAUSE_MEMORY, FAULT_PROCESS, RETRY_LATER},
		    "There is not enough memory to copy.");
	settings.wanted = &folder->again;
	settings.attempt = folder->attempt + 1;
	/* One at a time: what was refused as a group would be refused again, and what breaks
	 * the connection takes no other message with it. */
	settings.is_multi = false;
	settings.limits.single_messages_max = 1;
	settings.limits.unanswered_groups_max = 1;
	settings.choice = (struct sync_choice){.append_max = settings.choice.append_max};
	status = pass_relay_begin(worker->relay, folder, &settings, fault);
	if (status == ST_OK)
		status = pass_relay_drain(worker->relay, fault);
	pass_relay_free(&worker->relay);
	return status;
}

static enum status
send_again(struct pass_worker *worker, struct pass_folder *folder, struct fault *fault)
{
	struct pass_totals part = {0};
	struct imap_selected selected = {0};
	uint64_t asked = range_set_size(&folder->again);
	uint32_t listed = folder->listed;
	enum status status =
	    pass_examine(worker, PASS_SRC, folder->map.src->raw, &selected, fault);

	if (status == ST_OK)
		status = copy_again(worker, folder, &selected, fault);
	range_set_clear(&folder->again);
	if (status != ST_OK)
		return status;
	folder->attempt++;
	/* They were counted as listed when they were sent first. */
	if (folder->listed - listed < asked)
		part.gone = asked - (folder->listed - listed);
	folder->listed = listed;
	pass_totals_add(&folder->totals, &part);
	pass_totals_add(&worker->pass->progress.totals, &part);
	/* What is lost once more has a wait of its own. */
	folder->is_looked_at = false;
	return ST_OK;
}

/* Waiting ---------------------------------------------------------------------------------- */

/* When the last of the folders in doubt may be looked at for the second time; false: none is in
 * doubt. */
static bool
is_waiting(const struct pass *pass, struct tick *until_out)
{
	bool is_any = false;

	for (size_t i = 0; i < pass->folder_count; i++) {
		const struct pass_folder *folder = &pass->folders[i];
		struct tick until = tick_after(folder->looked, pass->options->settle_us);

		if (!has_doubts(folder) || folder->is_unsettled)
			continue;
		if (!is_any || tick_is_before(*until_out, until))
			*until_out = until;
		is_any = true;
	}
	return is_any;
}

/* False: it was stopped meanwhile. */
static bool
wait_until(struct pass *pass, struct tick until)
{
	struct fiber_source *poke[] = {&pass->workers[0].poke};
	enum fiber_wake wake = FIBER_SIGNALED;

	pass->progress.stage = "waiting";
	pass->progress.settles_at = until;
	while (!pass->is_finishing && wake == FIBER_SIGNALED)
		wake = fiber_wait(poke, 1, until);
	pass->progress.settles_at = (struct tick){0};
	pass->progress.stage = "settling";
	return !pass->is_finishing && wake == FIBER_TIMEOUT;
}

bool
pass_settle_wait(struct pass *pass)
{
	return !pass->options->settles_later &&
	    wait_until(pass, tick_after(fiber_now(), pass->options->settle_us));
}

/* One look at all folders in doubt, and what follows from it. */
static enum status
look_at_all(struct pass *pass, bool is_second, struct fault *fault)
{
	struct pass_worker *worker = &pass->workers[0];
	enum status status = ST_OK;

	for (size_t i = 0; i < pass->folder_count && status == ST_OK; i++) {
		struct pass_folder *folder = &pass->folders[i];
		bool is_due = has_doubts(folder) && !folder->is_unsettled &&
		    (is_second || !folder->is_looked_at);

		if (pass->is_finishing)
			return ST_OK;
		if (is_due)
			status = pass_open_pair(worker, fault);
		if (status == ST_OK && is_due)
			status = look(worker, folder, is_second, fault);
		if (status == ST_OK && folder->again.count > 0)
			status = send_again(worker, folder, fault);
	}
	return status;
}

/* Copies that came after their message was given up and sent again. */
static enum status
look_for_late(struct pass *pass, struct fault *fault)
{
	struct pass_worker *worker = &pass->workers[0];
	enum status status = ST_OK;

	for (size_t i = 0; i < pass->folder_count && status == ST_OK; i++) {
		struct pass_folder *folder = &pass->folders[i];

		if (pass->is_finishing || worker->dst == NULL)
			return ST_OK;
		if (folder->book == NULL || folder->is_unsettled ||
		    !sync_book_is_watching(folder->book))
			continue;
		status = look(worker, folder, false, fault);
		if (status == ST_OK && !folder->is_unsettled &&
		    sync_book_end_watch(folder->book) != ST_OK)
			status = cannot_note(fault, ST_MEMORY);
	}
	return status;
}

enum status
pass_settle_end(struct pass *pass, struct fault *fault)
{
	struct tick until;
	enum status status;

	pass->progress.stage = "settling";
	status = look_at_all(pass, false, fault);
	for (int round = 0; round < ROUNDS_MAX && status == ST_OK; round++) {
		if (pass->is_finishing || pass->options->settles_later ||
		    !is_waiting(pass, &until) || !wait_until(pass, until))
			break;
		status = look_at_all(pass, true, fault);
		if (status == ST_OK)
			status = look_at_all(pass, false, fault);
	}
	return status == ST_OK ? look_for_late(pass, fault) : status;
}
