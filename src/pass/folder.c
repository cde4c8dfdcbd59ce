/* SPDX-License-Identifier: Apache-2.0
 *
 * One folder: examine it at the source, find out what is at the destination already, copy the
 * rest.
 */
#include "pass/adopt.h"
#include "pass/book.h"
#include "pass/private.h"

#include "base/range.h"
#include "pass/tell.h"
#include "sync/copy.h"

enum status
pass_unreadable(const struct endpoint *endpoint, const struct imap_completion *completion,
    struct fault *fault)
{
	enum status status = endpoint_refusal(
	    endpoint, IMAP_PHASE_READ, "open this folder", completion, FAULT_FOLDER, fault);

	/* A source that we may not read is not a destination that refuses. */
	if (fault->cause == CAUSE_RIGHTS)
		fault->cause = CAUSE_OTHER;
	return status;
}

static enum status
examine(struct endpoint *endpoint, struct bytes raw, struct imap_selected *selected_out,
    struct fault *fault)
{
	struct imap_completion completion;
	struct imap_command command;
	enum status status = endpoint_examine(endpoint, raw, &command);

	if (status != ST_OK)
		return fault_set(fault,
		    (struct fault_kind){status, CAUSE_OTHER, FAULT_FOLDER, RETRY_NEVER},
		    "The name of this folder cannot be said in a command.");
	status = endpoint_wait_done(endpoint, command, &completion, fault);
	if (status != ST_OK)
		return status;
	if (completion.result != IMAP_RESULT_OK || completion.selected == NULL)
		return pass_unreadable(endpoint, &completion, fault);
	*selected_out = *completion.selected;
	return ST_OK;
}

enum status
pass_examine(struct pass_worker *worker, enum pass_end end, struct bytes raw,
    struct imap_selected *selected_out, struct fault *fault)
{
	enum status status;

	do {
		status = examine(pass_endpoint(worker, end), raw, selected_out, fault);
	} while (status != ST_OK && pass_may_ask_again(worker, end, fault));
	return status;
}

enum status
pass_examine_again(
    struct pass_worker *worker, const struct pass_folder *folder, struct fault *fault)
{
	struct imap_selected selected = {0};
	enum status status = examine(worker->src, folder->map.src->raw, &selected, fault);

	if (status != ST_OK || selected.uidvalidity == folder->src_uidvalidity)
		return status;
	return fault_set(fault,
	    (struct fault_kind){ST_CONFLICT, CAUSE_CONTENT, FAULT_FOLDER, RETRY_LATER},
	    "The source gave this folder's messages other numbers (UIDVALIDITY) meanwhile; run "
	    "the same command again.");
}

/* The number of messages may have changed since the folders were listed. */
static void
correct_source_total(
    struct pass *pass, struct pass_folder *folder, const struct imap_selected *selected)
{
	pass->progress.totals.source -= folder->totals.source;
	folder->totals.source = selected->exists;
	pass->progress.totals.source += folder->totals.source;
}

void
pass_folder_examined(
    struct pass *pass, struct pass_folder *folder, const struct imap_selected *selected)
{
	correct_source_total(pass, folder, selected);
	folder->src_uidnext = selected->uidnext;
	folder->src_uidvalidity = selected->uidvalidity;
}

bool
pass_can_group(const struct endpoint *dst)
{
	return endpoint_can(dst, IMAP_CAP_MULTIAPPEND) &&
	    endpoint_can(dst, IMAP_CAP_LITERAL_PLUS);
}

static struct sync_choice
choice_of(const struct pass *pass, const struct pass_folder *folder)
{
	struct sync_choice choice = pass->options->choice;

	choice.append_max = folder->append_max;
	return choice;
}

struct sync_copy_settings
pass_copy_settings(const struct pass_worker *worker, const struct pass_folder *folder,
    const struct imap_selected *selected)
{
	const struct endpoint *dst = worker->dst;
	struct sync_copy_settings settings = {
	    .limits = sync_copy_limits_default(),
	    .is_multi = pass_can_group(dst),
	    .isolates_empty = endpoint_has_quirk(dst, IMAP_QUIRK_REFUSES_EMPTY_MESSAGE),
	    .isolates_nul = endpoint_has_quirk(dst, IMAP_QUIRK_REFUSES_NUL),
	    .src_uidnext = selected->uidnext,
	    .src_exists = selected->exists,
	    .src_uidnext_hint = folder->map.src->has_status ? folder->map.src->uidnext : 0,
	    .is_newest_first = worker->pass->options->is_newest_first,
	    .choice = choice_of(worker->pass, folder),
	    .dst_uidvalidity = folder->dst_uidvalidity,
	    .dst_uidnext = folder->dst_uidnext,
	    .attempt = 1,
	};

	/* Nothing is left out for a size that is only guessed. */
	if (endpoint_has_quirk(worker->src, IMAP_QUIRK_SIZE_IS_A_GUESS))
		settings.choice.append_max = 0;
	/* A family of which nothing is proved gets one group at a time. */
	if (!endpoint_has_quirk(dst, IMAP_QUIRK_GROUPS_PROVED))
		settings.limits.unanswered_groups_max = 1;
	return settings;
}

/* A message of a folder that the destination does not let us write to. */
static void
refuse_message(struct pass *pass, struct pass_folder *folder, const struct imap_message *told)
{
	const struct sync_choice *choice = &pass->options->choice;
	enum sync_rule rule;

	if (sync_choice_decide(choice, &told->message, &rule) == SYNC_EXCLUDED) {
		pass_tell_excluded(pass, folder, rule, 1);
		return;
	}
	folder->listed++;
	pass_tell_refused(
	    pass, folder, told->message.uid, told->message.size, folder->refusal->text);
}

static enum status
ask_for_all(struct endpoint *src, uint32_t items, struct imap_command *command_out)
{
	struct range_set all;
	enum status status;

	range_set_init(&all, 1);
	status = range_set_add(&all, 1, UINT32_MAX);
	if (status == ST_OK)
		status = imap_session_fetch(endpoint_session(src), &all, items, command_out);
	range_set_fini(&all);
	return status;
}

/* The messages of the examined folder, but for those that were `told` before. */
static enum status
refuse_rest(struct pass_worker *worker, struct pass_folder *folder, struct range_set *told,
    struct fault *fault)
{
	uint32_t items = IMAP_FETCH_UID | IMAP_FETCH_SIZE;
	struct imap_command command = {0};
	struct imap_event event = {0};
	enum status status;

	if (sync_choice_is_set(&worker->pass->options->choice))
		items |= IMAP_FETCH_FLAGS | IMAP_FETCH_DATE;
	status = ask_for_all(worker->src, items, &command);
	while (status == ST_OK) {
		const struct imap_message *message = &event.message;
		uint32_t uid;

		status = endpoint_wait_event(worker->src, &event, fault);
		if (status != ST_OK)
			return status;
		if (event.kind == IMAP_EVENT_DONE && event.command.number == command.number)
			return ST_OK;
		uid = event.kind == IMAP_EVENT_MESSAGE ? message->message.uid.number : 0;
		if (uid == 0 || (message->items & IMAP_FETCH_SIZE) == 0 ||
		    range_set_has(told, uid))
			continue;
		status = range_set_add(told, uid, uid);
		refuse_message(worker->pass, folder, message);
	}
	return fault_set(fault,
	    (struct fault_kind){status, CAUSE_OTHER, FAULT_FOLDER, RETRY_LATER},
	    "The messages of a refused folder could not be listed.");
}

/* Tells every message of the examined folder as refused. */
static enum status
refuse_all(struct pass_worker *worker, struct pass_folder *folder, struct fault *fault)
{
	struct range_set told;
	enum status status;

	range_set_init(&told, SIZE_MAX);
	status = refuse_rest(worker, folder, &told, fault);
	while (status != ST_OK && pass_may_ask_again(worker, PASS_SRC, fault)) {
		status = pass_examine_again(worker, folder, fault);
		if (status == ST_OK)
			status = refuse_rest(worker, folder, &told, fault);
	}
	if (status == ST_OK)
		pass_has_come(worker, PASS_SRC);
	range_set_fini(&told);
	return status;
}

void
pass_folder_close(
    struct pass_worker *worker, struct pass_folder *folder, const struct fault *fault)
{
	if (!fault_is_set(fault))
		folder->is_closed = true;
	if (fault_is_set(fault) && fault->scope <= FAULT_FOLDER)
		pass_tell_fault(worker->pass, folder, fault);
	worker->pass->progress.folders_done++;
}

/* A folder that is empty at the destination: nothing has to be compared, so EXAMINE, the first
 * rows and their texts are asked for in one burst, behind what the folders before ask for. */
static enum status
fill_empty(struct pass_worker *worker, struct pass_folder *folder, struct fault *fault)
{
	struct imap_selected unknown = {0};
	struct sync_copy_settings settings = pass_copy_settings(worker, folder, &unknown);

	settings.is_src_pending = true;
	settings.asks_blindly = endpoint_has_quirk(worker->src, IMAP_QUIRK_FETCHES_IN_ORDER);
	return pass_relay_begin(worker->relay, folder, &settings, fault);
}

/* The UID behind the source's last message, or `from` where that is higher, for a source whose
 * EXAMINE has not told it. */
static enum status
find_end(struct pass_worker *worker, uint32_t from, uint32_t *uidnext_out, struct fault *fault)
{
	struct endpoint *src = worker->src;
	struct imap_command command = {0};
	struct range_set uids;
	uint32_t last = from - 1;
	enum status status;

	range_set_init(&uids, 1);
	status = range_set_add(&uids, from, UINT32_MAX);
	if (status == ST_OK)
		status = imap_session_fetch(
		    endpoint_session(src), &uids, IMAP_FETCH_FLAGS, &command);
	range_set_fini(&uids);
	while (status == ST_OK) {
		struct imap_event event;

		status = endpoint_wait_event(src, &event, fault);
		if (status != ST_OK)
			break;
		if (event.kind == IMAP_EVENT_MESSAGE &&
		    (event.message.items & IMAP_FETCH_UID) != 0 &&
		    event.message.message.uid.number > last)
			last = event.message.message.uid.number;
		if (event.kind != IMAP_EVENT_DONE || event.command.number != command.number)
			continue;
		if (event.completion.result != IMAP_RESULT_OK)
			return endpoint_refusal(src, IMAP_PHASE_READ, "list messages",
			    &event.completion, FAULT_FOLDER, fault);
		break;
	}
	*uidnext_out = last == UINT32_MAX ? last : last + 1;
	return status;
}

static enum status
add_wanted(struct pass_worker *worker, struct pass_folder *folder, uint32_t uidnext,
    struct range_set *wanted, struct fault *fault)
{
	enum status status = sync_book_add_wanted(folder->book, uidnext, wanted);

	if (status != ST_OK || uidnext != 0 || wanted->count == 0)
		return status;
	status = find_end(worker, wanted->ranges[wanted->count - 1].first, &uidnext, fault);
	range_set_clear(wanted);
	return status == ST_OK ? sync_book_add_wanted(folder->book, uidnext, wanted) : status;
}

/* What of the source is to be copied: by the ledger where it knows, else by comparing. */
static enum status
find_wanted(struct pass_worker *worker, struct pass_folder *folder,
    const struct imap_selected *selected, struct range_set *wanted, struct fault *fault)
{
	enum status status = pass_book_open(worker->pass, folder);

	if (status == ST_OK)
		folder->known = range_set_size(sync_book_done(folder->book));
	if (status == ST_OK && sync_book_is_compared(folder->book)) {
		status = add_wanted(worker, folder, selected->uidnext, wanted, fault);
	} else if (status == ST_OK) {
		if (folder->claimed.range_count_max == 0)
			range_set_init(&folder->claimed, SIZE_MAX);
		status = sync_book_add_dst_uids(folder->book, 1, &folder->claimed);
		if (status == ST_OK && selected->exists > 0)
			status = pass_adopt(worker, folder, selected, wanted, fault);
		if (status == ST_OK && !worker->pass->is_finishing)
			status = sync_book_set_compared(folder->book);
	}
	if (status != ST_OK && !fault_is_set(fault))
		fault_set(fault,
		    (struct fault_kind){status, CAUSE_LEDGER, FAULT_FOLDER, RETRY_LATER},
		    "The ledger of this folder could not be read or written (%s).",
		    status_name(status));
	return status;
}

/* What the ledger knows and the source still has was there already. */
static void
count_known(struct pass *pass, struct pass_folder *folder)
{
	const struct pass_totals *totals = &folder->totals;
	uint64_t other =
	    folder->listed + totals->adopted + totals->excluded + folder->doubts_before;
	struct pass_totals part = {0};

	if (folder->known == 0 || totals->source <= other)
		return;
	part.already_there = totals->source - other;
	if (part.already_there > folder->known)
		part.already_there = folder->known;
	pass_totals_add(&folder->totals, &part);
	pass_totals_add(&pass->progress.totals, &part);
}

static enum status
fill_rest(struct pass_worker *worker, struct pass_folder *folder, struct fault *fault)
{
	struct imap_selected selected = {0};
	struct sync_copy_settings settings;
	struct range_set wanted;
	struct fault none = {0};
	enum status status =
	    pass_examine(worker, PASS_SRC, folder->map.src->raw, &selected, fault);

	if (status != ST_OK)
		return status;
	pass_folder_examined(worker->pass, folder, &selected);
	range_set_init(&wanted, SIZE_MAX);
	status = find_wanted(worker, folder, &selected, &wanted, fault);
	if (status == ST_OK && wanted.count > 0) {
		settings = pass_copy_settings(worker, folder, &selected);
		settings.wanted = &wanted;
		status = pass_relay_begin(worker->relay, folder, &settings, fault);
		if (status == ST_OK)
			status = pass_relay_drain(worker->relay, fault);
	} else if (status == ST_OK) {
		pass_folder_close(worker, folder, &none);
	}
	range_set_fini(&wanted);
	if (status == ST_OK)
		count_known(worker->pass, folder);
	return status;
}

/* A later round: what has come to the source since it was examined. */
static enum status
fill_newer(struct pass_worker *worker, struct pass_folder *folder, struct fault *fault)
{
	struct imap_selected selected = {0};
	struct sync_copy_settings settings;
	struct pass_totals part = {0};
	uint64_t seen;
	enum status status =
	    pass_examine(worker, PASS_SRC, folder->map.src->raw, &selected, fault);

	if (status != ST_OK)
		return status;
	settings = pass_copy_settings(worker, folder, &selected);
	settings.src_first_uid = folder->src_uidnext;
	seen = folder->listed + folder->totals.excluded;
	status = pass_relay_begin(worker->relay, folder, &settings, fault);
	if (status == ST_OK)
		status = pass_relay_drain(worker->relay, fault);
	folder->src_uidnext = selected.uidnext;
	part.source = folder->listed + folder->totals.excluded - seen;
	pass_totals_add(&folder->totals, &part);
	pass_totals_add(&worker->pass->progress.totals, &part);
	return status;
}

static enum status
refuse(struct pass_worker *worker, struct pass_folder *folder, struct fault *fault)
{
	struct imap_selected selected = {0};
	struct fault none = {0};
	enum status status;

	pass_tell_fault(worker->pass, folder, folder->refusal);
	status = pass_examine(worker, PASS_SRC, folder->map.src->raw, &selected, fault);
	if (status != ST_OK)
		return status;
	correct_source_total(worker->pass, folder, &selected);
	folder->src_uidvalidity = selected.uidvalidity;
	status = refuse_all(worker, folder, fault);
	if (status == ST_OK)
		pass_folder_close(worker, folder, &none);
	return status;
}

/* Folders are examined also where the list says 0 messages: Dovecot 2.3 was seen to answer
 * LIST with a STATUS that another session's work had made stale. */
enum status
pass_folder_run(struct pass_worker *worker, struct pass_folder *folder, struct fault *fault)
{
	enum status status;

	if (folder->is_ready && folder->src_uidnext == 0 && folder->dst_exists == 0 &&
	    !pass_book_is_known(worker->pass, folder))
		return fill_empty(worker, folder, fault);
	/* The others have a talk with the source of their own. */
	status = pass_relay_drain(worker->relay, fault);
	if (status != ST_OK)
		return status;
	if (!folder->is_ready)
		return refuse(worker, folder, fault);
	if (folder->src_uidnext != 0)
		return fill_newer(worker, folder, fault);
	return fill_rest(worker, folder, fault);
}
