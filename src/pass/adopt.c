/* SPDX-License-Identifier: Apache-2.0
 *
 * A folder that already holds mail at the destination: which messages of the source are there?
 * The table of sync/adopt proposes; headers or body digests, read from both sides, decide.
 */
#include "pass/adopt.h"
#include "pass/tell.h"

enum status
adopt_out_of_memory(struct adoption *adoption, enum status status)
{
	return fault_set(adoption->fault,
	    (struct fault_kind){status, CAUSE_MEMORY, FAULT_FOLDER, RETRY_LATER},
	    "There is not enough memory to compare this folder with the destination's.");
}

static enum status
all_uids(struct range_set *set)
{
	range_set_init(set, 1);
	return range_set_add(set, 1, UINT32_MAX);
}

/* Listing --------------------------------------------------------------------------------- */

static enum status
list(struct adoption *adoption, enum pass_end end, adopt_step_fn step)
{
	struct range_set all;
	const struct adopt_question question = {
	    .end = end,
	    .uids = &all,
	    .items = IMAP_FETCH_SIZE | IMAP_FETCH_IDENTITY_HEADERS,
	    .needs = IMAP_FETCH_UID | IMAP_FETCH_SIZE,
	    .step = step,
	};
	enum status status = all_uids(&all);

	status = status == ST_OK ? adopt_read(adoption, &question)
				 : adopt_out_of_memory(adoption, status);
	range_set_fini(&all);
	return status;
}

static enum status
listed_at_destination(
    struct adoption *adoption, const struct imap_message *message, struct reading *reading)
{
	struct identity identity = identity_scan_finish(&reading->identity);
	struct uid uid = message->message.uid;
	enum status status;

	adoption->dst_listed++;
	/* What this run has found or brought there stands for a message already. */
	if (range_set_has(&adoption->folder->claimed, uid.number) ||
	    (adoption->is_last_look && uid.number >= adoption->folder->dst_uidnext))
		return ST_OK;
	status = adopt_table_add(&adoption->table, uid, &identity, message->message.size);
	return status == ST_OK ? ST_OK : adopt_out_of_memory(adoption, status);
}

static enum status
listed_at_source(
    struct adoption *adoption, const struct imap_message *message, struct reading *reading)
{
	struct identity identity = identity_scan_finish(&reading->identity);
	uint32_t uid = message->message.uid.number;
	enum status status;

	if (range_set_has(&adoption->src_uids, uid) ||
	    (adoption->folder->book != NULL && sync_book_has(adoption->folder->book, uid)))
		return ST_OK;
	adopt_table_note(
	    &adoption->table, &identity, adoption->sizes_lie ? 0 : message->message.size);
	status = range_set_add(&adoption->src_uids, uid, uid);
	return status == ST_OK ? ST_OK : adopt_out_of_memory(adoption, status);
}

/* The window ------------------------------------------------------------------------------ */

static bool
is_in_window(const struct adoption *adoption, struct uid uid)
{
	for (size_t i = 0; i < adoption->window_count; i++) {
		if (adoption->window[i].uid.number == uid.number)
			return true;
	}
	return false;
}

static enum status
add_candidate(
    struct adoption *adoption, const struct imap_message *message, struct reading *reading)
{
	struct pass_worker *worker = adoption->worker;
	struct candidate *candidate;
	struct bytes dropped;
	struct flags flags;
	enum status status;

	if (adoption->window_count == ADOPT_WINDOW_MESSAGES ||
	    is_in_window(adoption, message->message.uid))
		return ST_OK;
	status = sync_flags_filter(&adoption->folder->policy, message->message.flags,
	    &worker->arena, &flags, &dropped);
	if (status == ST_OK)
		status = bytes_copy(flags.keywords, &worker->arena, &flags.keywords);
	if (status != ST_OK)
		return adopt_out_of_memory(adoption, status);
	candidate = &adoption->window[adoption->window_count++];
	*candidate = (struct candidate){
	    .uid = message->message.uid,
	    .size = message->message.size,
	    .flags = flags,
	    .identity = identity_scan_finish(&reading->identity),
	};
	sync_repair_measure_end(reading->repair, &candidate->repaired);
	candidate->is_excluded = !adoption->is_last_look &&
	    sync_choice_decide(&worker->pass->options->choice, &message->message,
		&candidate->rule) == SYNC_EXCLUDED;
	return ST_OK;
}

static enum status
read_window(struct adoption *adoption, const struct range_set *uids)
{
	struct adopt_question question = {
	    .end = PASS_SRC,
	    .uids = uids,
	    .items = IMAP_FETCH_SIZE | IMAP_FETCH_FLAGS | IMAP_FETCH_IDENTITY_HEADERS,
	    .needs = IMAP_FETCH_SIZE | IMAP_FETCH_FLAGS,
	    .is_repaired = true,
	    .step = add_candidate,
	};

	if (sync_choice_needs_date(&adoption->worker->pass->options->choice))
		question.items |= IMAP_FETCH_DATE;
	arena_rewind(&adoption->worker->arena);
	adoption->window_count = 0;
	adoption->window = arena_take_array(
	    &adoption->worker->arena, ADOPT_WINDOW_MESSAGES, sizeof(*adoption->window));
	if (adoption->window == NULL)
		return adopt_out_of_memory(adoption, arena_status(&adoption->worker->arena));
	return adopt_read(adoption, &question);
}

/* Whether something lies at the destination under an identity that a repair has made. */
static bool
may_be_repaired(struct adoption *adoption, const struct candidate *candidate)
{
	for (size_t i = 0; i < SYNC_REPAIR_FORMS; i++) {
		const struct identity *identity = &candidate->repaired.forms[i].identity;
		size_t position = 0;
		struct uid uid;

		if (!identity_equal(identity, &candidate->identity) &&
		    adopt_table_candidate(&adoption->table, identity, &position, &uid))
			return true;
	}
	return false;
}

static void
propose(struct adoption *adoption)
{
	for (size_t i = 0; i < adoption->window_count; i++) {
		struct candidate *candidate = &adoption->window[i];

		if (candidate->is_excluded)
			continue;
		candidate->verdict = ADOPT_DIGEST;
		if (adoption->is_last_look)
			continue;
		candidate->verdict = adopt_table_propose(&adoption->table, &candidate->identity,
		    candidate->size, &candidate->dst_uid);
		if (candidate->verdict == ADOPT_NEW && may_be_repaired(adoption, candidate))
			candidate->verdict = ADOPT_DIGEST;
		if (candidate->verdict == ADOPT_EQUAL &&
		    !adopt_table_take(
			&adoption->table, &candidate->identity, candidate->dst_uid))
			candidate->verdict = ADOPT_DIGEST;
	}
}

/* Flags ------------------------------------------------------------------------------------ */

static bool
has_same_missing(const struct candidate *a, const struct candidate *b)
{
	return a->lacks_flags && b->lacks_flags && a->missing.system == b->missing.system &&
	    bytes_equal(a->missing.keywords, b->missing.keywords);
}

/* The messages are there; only their flags are not what they could be. */
static void
tell_refused_flags(const struct adoption *adoption, uint64_t count, struct bytes text)
{
	struct bytes name = adoption->folder->dst_display;
	char quoted[FAULT_QUOTE_SIZE];

	pass_tell_notice(adoption->worker->pass,
	    "The destination refused to add missing flags to %llu message(s) that it holds "
	    "already in %.*s: %s",
	    (unsigned long long)count, (int)name.size, (const char *)name.data,
	    fault_quote(text, quoted));
}

static enum status
store_flags(struct adoption *adoption, const struct range_set *uids, struct flags missing,
    uint64_t count)
{
	struct endpoint *dst = adoption->worker->dst;
	struct imap_completion completion;
	struct imap_command command = {0};
	enum status status =
	    imap_session_add_flags(endpoint_session(dst), uids, missing, &command);

	if (status != ST_OK)
		return adopt_out_of_memory(adoption, status);
	status = endpoint_wait_done(dst, command, &completion, adoption->fault);
	if (status != ST_OK)
		return status;
	if (completion.result != IMAP_RESULT_OK) {
		tell_refused_flags(adoption, count, completion.text);
		return ST_OK;
	}
	adoption->folder->totals.flags_added += count;
	adoption->worker->pass->progress.totals.flags_added += count;
	return ST_OK;
}

/* One STORE for all messages that lack the same flags. */
static enum status
add_flags(struct adoption *adoption, size_t first, struct range_set *uids)
{
	struct pass_worker *worker = adoption->worker;
	const struct candidate *model = &adoption->window[first];
	struct flags missing = model->missing;
	uint64_t count = 0;
	enum status status = ST_OK;

	range_set_clear(uids);
	for (size_t i = adoption->window_count; i > first && status == ST_OK; i--) {
		struct candidate *candidate = &adoption->window[i - 1];

		if (!candidate->is_adopted || !has_same_missing(candidate, model))
			continue;
		status =
		    range_set_add(uids, candidate->dst_uid.number, candidate->dst_uid.number);
		count++;
		if (candidate != model)
			candidate->lacks_flags = false;
	}
	adoption->window[first].lacks_flags = false;
	if (status != ST_OK)
		return adopt_out_of_memory(adoption, status);
	if (worker->pass->is_check)
		return ST_OK;
	status = store_flags(adoption, uids, missing, count);
	while (status != ST_OK && pass_may_ask_again(worker, PASS_DST, adoption->fault)) {
		status = adopt_open_again(adoption, PASS_DST);
		if (status == ST_OK)
			status = store_flags(adoption, uids, missing, count);
	}
	if (status == ST_OK)
		pass_has_come(worker, PASS_DST);
	return status;
}

/* A check has no book. */
static enum status
note_adopted(struct adoption *adoption, const struct candidate *candidate)
{
	const struct sync_base base = {candidate->flags, candidate->flags};
	const struct sync_entry entry = {
	    .src_uid = candidate->uid.number,
	    .dst_uid = candidate->dst_uid.number,
	    .state = SYNC_STATE_ADOPTED,
	    .header = (uint32_t)digest_prefix(&candidate->identity.digest),
	};

	return adoption->folder->book == NULL
	    ? ST_OK
	    : sync_book_adopt(adoption->folder->book, &entry, &base);
}

static enum status
settle_window(struct adoption *adoption, struct range_set *uids, struct range_set *wanted)
{
	struct pass_totals part = {0};
	enum status status = ST_OK;

	for (size_t i = 0; i < adoption->window_count && status == ST_OK; i++) {
		const struct candidate *candidate = &adoption->window[i];

		if (candidate->is_excluded) {
			pass_totals_exclude(&part, candidate->rule, 1);
			continue;
		}
		if (!candidate->is_adopted) {
			status =
			    range_set_add(wanted, candidate->uid.number, candidate->uid.number);
			if (status != ST_OK)
				return adopt_out_of_memory(adoption, status);
			continue;
		}
		part.adopted++;
		status = range_set_add(&adoption->folder->claimed, candidate->dst_uid.number,
		    candidate->dst_uid.number);
		if (status == ST_OK)
			status = note_adopted(adoption, candidate);
		if (status != ST_OK)
			return adopt_out_of_memory(adoption, status);
		if (candidate->lacks_flags)
			status = add_flags(adoption, i, uids);
	}
	pass_totals_add(&adoption->folder->totals, &part);
	pass_totals_add(&adoption->worker->pass->progress.totals, &part);
	return status;
}

/* The story -------------------------------------------------------------------------------- */

static enum status
select_destination(struct adoption *adoption)
{
	struct endpoint *dst = adoption->worker->dst;
	struct imap_completion completion;
	struct imap_command command;
	enum status status =
	    imap_session_select(endpoint_session(dst), adoption->folder->dst_raw, &command);

	if (status != ST_OK)
		return adopt_out_of_memory(adoption, status);
	status = endpoint_wait_done(dst, command, &completion, adoption->fault);
	if (status == ST_OK &&
	    (completion.result != IMAP_RESULT_OK || completion.selected == NULL))
		return endpoint_refusal(dst, IMAP_PHASE_WRITE, "open this folder", &completion,
		    FAULT_FOLDER, adoption->fault);
	if (status != ST_OK)
		return status;
	/* What this SELECT shows need not be the folder that was prepared. */
	if (completion.selected->is_read_only ||
	    completion.selected->uidvalidity != adoption->folder->dst_uidvalidity)
		return fault_set(adoption->fault,
		    (struct fault_kind){ST_CONFLICT, CAUSE_OTHER, FAULT_FOLDER, RETRY_LATER},
		    "The destination opens this folder in another way than before, so that "
		    "nothing was copied into it. Run the command again.");
	adoption->dst_exists = completion.selected->exists;
	return ST_OK;
}

static enum status
open_destination(struct adoption *adoption)
{
	enum status status;

	do {
		status = select_destination(adoption);
	} while (
	    status != ST_OK && pass_may_ask_again(adoption->worker, PASS_DST, adoption->fault));
	return status;
}

enum status
adopt_open_again(struct adoption *adoption, enum pass_end end)
{
	if (end == PASS_SRC)
		return pass_examine_again(adoption->worker, adoption->folder, adoption->fault);
	/* A list that broke off is told from its beginning. */
	if (!adoption->table.is_sealed) {
		adopt_table_fini(&adoption->table);
		adopt_table_init(&adoption->table);
		adoption->dst_listed = 0;
	}
	return select_destination(adoption);
}

/* What the destination holds and does not list would be copied a second time. */
static enum status
list_destination(struct adoption *adoption)
{
	enum status status = list(adoption, PASS_DST, listed_at_destination);

	if (status != ST_OK || adoption->dst_listed >= adoption->dst_exists)
		return status;
	return fault_set(adoption->fault,
	    (struct fault_kind){ST_REFUSED, CAUSE_OTHER, FAULT_FOLDER, RETRY_LATER},
	    "The destination lists %u of the %u messages that it holds in this folder, so "
	    "that nothing was copied into it: it could be there twice.",
	    adoption->dst_listed, adoption->dst_exists);
}

static enum status
compare(struct adoption *adoption, struct range_set *wanted)
{
	struct range_set window, uids;
	uint64_t next = 1;
	enum status status = ST_OK;

	range_set_init(&window, ADOPT_WINDOW_MESSAGES);
	range_set_init(&uids, SIZE_MAX);
	while (status == ST_OK && next <= UINT32_MAX && !adoption->worker->pass->is_finishing) {
		range_set_clear(&window);
		status = range_set_window(
		    &adoption->src_uids, next, ADOPT_WINDOW_MESSAGES, &window, &next);
		if (status != ST_OK || window.count == 0)
			break;
		status = read_window(adoption, &window);
		if (status != ST_OK)
			break;
		propose(adoption);
		status = adopt_confirm_equal(adoption, &uids);
		if (status == ST_OK)
			status = adopt_confirm_bodies(adoption, &uids);
		if (status == ST_OK)
			status = settle_window(adoption, &uids, wanted);
	}
	range_set_fini(&window);
	range_set_fini(&uids);
	return status;
}

static enum status
list_source(struct adoption *adoption, const struct range_set *refused)
{
	enum status status = ST_OK;

	if (refused == NULL)
		return list(adoption, PASS_SRC, listed_at_source);
	for (size_t i = 0; i < refused->count && status == ST_OK; i++)
		status = range_set_add(
		    &adoption->src_uids, refused->ranges[i].first, refused->ranges[i].last);
	return status == ST_OK ? ST_OK : adopt_out_of_memory(adoption, status);
}

/* `refused`: only these messages of the source; NULL: all. */
static enum status
look(struct adoption *adoption, const struct range_set *refused, struct range_set *wanted)
{
	enum status status = sync_repair_new(&adoption->repair);

	adopt_table_init(&adoption->table);
	status = status == ST_OK ? open_destination(adoption)
				 : adopt_out_of_memory(adoption, status);
	if (status == ST_OK)
		status = list_destination(adoption);
	if (status == ST_OK) {
		adopt_table_seal(&adoption->table);
		status = list_source(adoption, refused);
	}
	if (status == ST_OK)
		status = compare(adoption, wanted);
	sync_repair_free(&adoption->repair);
	adopt_table_fini(&adoption->table);
	range_set_fini(&adoption->src_uids);
	return status;
}

static struct adoption
begin(struct pass_worker *worker, struct pass_folder *folder, struct fault *fault)
{
	if (folder->claimed.range_count_max == 0)
		range_set_init(&folder->claimed, SIZE_MAX);
	return (struct adoption){
	    .worker = worker,
	    .folder = folder,
	    .rewrites = adopt_rewrites_of(worker->dst),
	    .sizes_lie = endpoint_has_quirk(worker->src, IMAP_QUIRK_SIZE_IS_A_GUESS) ||
		endpoint_has_quirk(worker->dst, IMAP_QUIRK_SIZE_IS_A_GUESS),
	    .fault = fault,
	};
}

enum status
pass_adopt(struct pass_worker *worker, struct pass_folder *folder,
    const struct imap_selected *selected, struct range_set *wanted, struct fault *fault)
{
	struct adoption adoption = begin(worker, folder, fault);

	range_set_init(&adoption.src_uids, selected->exists + 1);
	return look(&adoption, NULL, wanted);
}

/* A source that lists header fields by their names may leave out what the repair has made such
 * a field, so that only the texts of messages that were refused tell what they became. */
enum status
pass_adopt_refused(struct pass_worker *worker, struct pass_folder *folder,
    const struct range_set *refused, struct range_set *wanted, struct fault *fault)
{
	struct adoption adoption = begin(worker, folder, fault);

	adoption.is_last_look = true;
	range_set_init(&adoption.src_uids, refused->count + 1);
	return look(&adoption, refused, wanted);
}
