/* SPDX-License-Identifier: Apache-2.0
 *
 * After the folders were copied: looks at the source once more, for mail that came meanwhile,
 * and at the destination, for as many messages as it should hold.
 */
#include "pass/private.h"
#include "pass/settle.h"
#include "pass/tell.h"

#include <stdlib.h>

enum {
	ROUNDS_MAX = 3 /* of looking for new mail at the source */
};

static int
compare_raw(const void *a, const void *b)
{
	const struct folder *left = a;
	const struct folder *right = b;

	return bytes_compare(left->raw, right->raw);
}

/* A second look's folders are looked up by name and nothing else. */
static void
sort_by_raw(struct listing *listing)
{
	if (listing->folder_count > 0)
		qsort(listing->folders, listing->folder_count, sizeof(listing->folders[0]),
		    compare_raw);
}

static const struct folder *
find_raw(const struct listing *listing, struct bytes raw)
{
	const struct folder wanted = {.raw = raw};

	if (listing->folder_count == 0)
		return NULL;
	return bsearch(&wanted, listing->folders, listing->folder_count,
	    sizeof(listing->folders[0]), compare_raw);
}

/* Looks at an account once more. */
static enum status
list_again(struct pass_worker *worker, enum pass_end end, struct arena *arena,
    struct listing *listing_out, struct fault *fault)
{
	enum status status;

	do {
		arena_rewind(arena);
		status =
		    endpoint_discover(pass_endpoint(worker, end), arena, listing_out, fault);
	} while (status != ST_OK && pass_may_ask_again(worker, end, fault));
	if (status != ST_OK)
		return status;
	pass_has_come(worker, end);
	sort_by_raw(listing_out);
	return ST_OK;
}

/* How many messages that were there when the folder was examined it holds still. */
static enum status
count_still(struct pass_worker *worker, const struct pass_folder *folder, uint64_t *still_out,
    struct fault *fault)
{
	struct imap_selected now = {0};
	uint64_t newer = 0;
	enum status status = pass_examine(worker, PASS_SRC, folder->map.src->raw, &now, fault);

	if (status != ST_OK)
		return status;
	if (now.uidnext > folder->src_uidnext && folder->src_uidnext != 0)
		newer = now.uidnext - folder->src_uidnext;
	*still_out = now.exists > newer ? now.exists - newer : 0;
	return ST_OK;
}

/* Messages that were not listed, or listed without a text, vanished in between: but only so far
 * as the folder holds fewer now. The others were not given to us, and are left. */
static enum status
account_for_missing(struct pass_worker *worker, struct pass_folder *folder, struct fault *lost)
{
	struct pass *pass = worker->pass;
	struct pass_totals *totals = &folder->totals;
	uint64_t listed = totals->adopted + totals->already_there + totals->excluded +
	    folder->doubts_before + folder->listed;
	uint64_t unlisted = totals->source > listed ? totals->source - listed : 0;
	uint64_t missing = unlisted + totals->gone;
	uint64_t present = totals->source > missing ? totals->source - missing : 0;
	uint64_t still = totals->source;
	uint64_t withheld;
	struct fault fault = {0};
	enum status status = ST_OK;

	folder->is_counted = true;
	if (missing > 0)
		status = count_still(worker, folder, &still, &fault);
	withheld = still > present ? still - present : 0;
	withheld = withheld < missing ? withheld : missing;
	pass->progress.totals.gone += missing - withheld - totals->gone;
	totals->gone = missing - withheld;
	if (withheld > 0)
		fault_set(&fault,
		    (struct fault_kind){ST_REFUSED, CAUSE_OTHER, FAULT_FOLDER, RETRY_LATER},
		    "The source did not give %llu message(s) that this folder holds.",
		    (unsigned long long)withheld);
	if (fault_is_set(&fault))
		pass_tell_fault(pass, folder, &fault);
	if (status == ST_OK || fault.scope <= FAULT_FOLDER)
		return ST_OK;
	*lost = fault;
	return status;
}

/* What was copied may not be what the folder holds now: it may be another folder by the same
 * name, or be filled again from a backup. */
static void
look_at_numbers(struct pass *pass, struct pass_folder *folder, const struct folder *now)
{
	struct fault fault = {0};

	if (now == NULL || !now->has_status || now->uidvalidity == 0 ||
	    folder->src_uidvalidity == 0 || now->uidvalidity == folder->src_uidvalidity)
		return;
	/* Where the copying itself has met it, it was told. */
	if (!folder->is_closed || folder->is_renumbered)
		return;
	folder->is_renumbered = true;
	fault_set(&fault,
	    (struct fault_kind){ST_CONFLICT, CAUSE_OTHER, FAULT_FOLDER, RETRY_LATER},
	    "The source gave this folder's messages other numbers (UIDVALIDITY) while they "
	    "were copied; run the same command again.");
	pass_tell_fault(pass, folder, &fault);
}

/* Makes the folders due to which mail has come since they were examined; how many. */
static uint32_t
mark_newer(struct pass *pass, const struct listing *listing)
{
	uint32_t count = 0;

	for (size_t i = 0; i < pass->folder_count; i++) {
		struct pass_folder *folder = &pass->folders[i];
		const struct folder *now = find_raw(listing, folder->map.src->raw);
		bool is_newer = now != NULL && now->has_status &&
		    now->uidvalidity == folder->src_uidvalidity &&
		    now->uidnext > folder->src_uidnext;

		look_at_numbers(pass, folder, now);
		if (!folder->is_ready || folder->src_uidnext == 0 ||
		    (!is_newer && !folder->has_grown))
			continue;
		folder->has_grown = false;
		folder->is_due = true;
		count++;
	}
	return count;
}

static enum status
account_for_all(struct pass *pass, struct fault *fault)
{
	enum status status = ST_OK;

	for (size_t i = 0; i < pass->folder_count && status == ST_OK; i++) {
		struct pass_folder *folder = &pass->folders[i];

		if (folder->is_closed && !folder->is_counted)
			status = account_for_missing(&pass->workers[0], folder, fault);
	}
	return status;
}

/* `*due_out` folders have got mail since. */
static enum status
look_for_newer(struct pass *pass, struct arena *arena, uint32_t *due_out, struct fault *fault)
{
	struct listing listing;
	enum status status = list_again(&pass->workers[0], PASS_SRC, arena, &listing, fault);

	if (status == ST_OK)
		*due_out = mark_newer(pass, &listing);
	arena_rewind(arena);
	return status;
}

enum status
pass_catch_up(struct pass *pass, struct fault *fault)
{
	const struct pass_worker *worker = &pass->workers[0];
	struct arena arena;
	enum status status = ST_OK;
	uint32_t due = 1;

	if (pass->is_finishing || worker->src == NULL)
		return ST_OK;
	status = account_for_all(pass, fault);
	arena_init(&arena, PASS_ARENA_BUDGET);
	for (int round = 0; round < ROUNDS_MAX && status == ST_OK; round++) {
		if (pass->is_finishing || worker->src == NULL)
			break;
		status = look_for_newer(pass, &arena, &due, fault);
		if (status != ST_OK || due == 0)
			break;
		pass->progress.folders += due;
		pass->next_folder[PASS_STAGE_COPY] = 0;
		status = pass_run_stage(pass, PASS_STAGE_COPY);
		if (status == ST_OK)
			status = pass_judge(pass, fault);
	}
	arena_fini(&arena);
	return status;
}

/* Level 0: as many messages as were there before and were taken since. Fewer is either
 * somebody at work in the new mailbox or a server that said OK and stored nothing; a person
 * must look. */
static enum status
verify_folder(struct pass_worker *worker, const struct pass_folder *folder, uint32_t told,
    struct fault *fault)
{
	struct pass *pass = worker->pass;
	uint64_t expected =
	    folder->dst_exists + folder->totals.copied - folder->found_before - folder->merged;
	struct fault fewer = {0};
	struct imap_selected selected = {.exists = told};
	enum status status = ST_OK;
	uint32_t now;

	if (folder->merged > 0)
		pass_tell_notice(pass,
		    "The destination took %u message(s) of %.*s for ones that it has already "
		    "and keeps one of them.",
		    folder->merged, (int)folder->dst_display.size,
		    (const char *)folder->dst_display.data);
	/* A list's STATUS may be stale, EXAMINE is not. */
	if (told != expected)
		status = pass_examine(worker, PASS_DST, folder->dst_raw, &selected, fault);
	/* What it has said to have taken may still come, as what is in doubt may. */
	if (status == ST_OK && selected.exists < expected && !pass->has_waited_for_fewer) {
		pass->has_waited_for_fewer = true;
		if (pass_settle_wait(pass))
			status =
			    pass_examine(worker, PASS_DST, folder->dst_raw, &selected, fault);
	}
	now = selected.exists;
	if (status != ST_OK || now == expected)
		return status;
	if (now > expected) {
		pass_tell_notice(pass,
		    "%.*s holds %u messages at the destination, %llu more than were there and "
		    "copied. New mail may have come, or the destination stored some twice.",
		    (int)folder->dst_display.size, (const char *)folder->dst_display.data, now,
		    (unsigned long long)(now - expected));
		return ST_OK;
	}
	fault_set(&fewer,
	    (struct fault_kind){ST_CONFLICT, CAUSE_VERIFY, FAULT_FOLDER, RETRY_LATER},
	    "This folder holds %u messages at the destination, where %llu were taken.", now,
	    (unsigned long long)expected);
	pass_tell_fault(pass, folder, &fewer);
	/* What it said is no proof of what it holds. */
	if (folder->book != NULL && sync_book_distrust(folder->book) != ST_OK)
		return ST_MEMORY;
	return fault_set(&pass->fault,
	    (struct fault_kind){ST_CONFLICT, CAUSE_VERIFY, FAULT_MAILBOX, RETRY_LATER},
	    "Some folders hold fewer messages at the destination than it said it had taken.");
}

static enum status
verify_all(struct pass_worker *worker, struct arena *arena, struct fault *fault)
{
	struct pass *pass = worker->pass;
	struct listing listing;
	enum status status = list_again(worker, PASS_DST, arena, &listing, fault);

	for (size_t i = 0; i < pass->folder_count && status == ST_OK; i++) {
		const struct pass_folder *folder = &pass->folders[i];
		const struct folder *now = find_raw(&listing, folder->dst_raw);

		if (folder->is_ready && now != NULL && now->has_status)
			status = verify_folder(worker, folder, now->messages, fault);
		/* A folder that lacks some does not spare the others the look. */
		if (status == ST_CONFLICT)
			status = ST_OK;
	}
	return status;
}

enum status
pass_verify_counts(struct pass *pass, struct fault *fault)
{
	struct pass_worker *worker = pass->workers;
	struct arena arena;
	enum status status;

	while (worker->dst == NULL && worker < pass->workers + pass->worker_count - 1)
		worker++;
	if (worker->dst == NULL)
		return ST_OK;
	arena_init(&arena, PASS_ARENA_BUDGET);
	status = verify_all(worker, &arena, fault);
	arena_fini(&arena);
	if (status == ST_OK && fault_is_set(&pass->fault))
		*fault = pass->fault;
	return fault_is_set(fault) ? fault->status : status;
}
