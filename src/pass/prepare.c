/* SPDX-License-Identifier: Apache-2.0
 *
 * Folders at the destination: all CREATE, SUBSCRIBE, STATUS and SELECT commands of a worker's
 * share go out in one pipeline, so that no folder waits for another.
 */
#include "pass/private.h"

#include <stdio.h>

#include "base/check.h"
#include "pass/tell.h"

enum {
	PREPARED_MAX = 24,
	COMMANDS_PER_FOLDER = 4,
	NAMES_SIZE = 400
};

/* The commands of one folder that are under way. */
struct preparing {
	struct pass_folder *folder; /* NULL: free */
	struct imap_command create;
	struct imap_command subscribe;
	struct imap_command select;
	struct fault refusal; /* of CREATE; told when SELECT is refused too */
	bool is_name_refused; /* by CREATE, as it seems */
};

/* After the connection broke, the folders that were under way are prepared one at a time, so
 * that one at which it breaks each time is found, and the others are not held up by it. */
struct preparation {
	struct pass_worker *worker;
	struct preparing preparing[PREPARED_MAX];
	size_t count;
	struct pass_folder *again[PREPARED_MAX]; /* the next one last */
	size_t again_count;
	bool is_wary;
	struct tick due; /* the destination wants to be left alone until then */
	struct fault *fault;
};

static uint32_t
use_attribute(enum folder_use use)
{
	switch (use) {
	case USE_ARCHIVE:
		return IMAP_ATTR_ARCHIVE;
	case USE_DRAFTS:
		return IMAP_ATTR_DRAFTS;
	case USE_JUNK:
		return IMAP_ATTR_JUNK;
	case USE_SENT:
		return IMAP_ATTR_SENT;
	case USE_TRASH:
		return IMAP_ATTR_TRASH;
	case USE_NONE:
	case USE_ALL:
	case USE_FLAGGED:
	case USE_IMPORTANT:
	case USE_COUNT:
		break;
	}
	return 0;
}

static enum status
keep_refusal(struct pass *pass, struct pass_folder *folder, const struct fault *fault)
{
	struct fault *kept = arena_take_array(&pass->arena, 1, sizeof(*kept));

	if (kept == NULL)
		return arena_status(&pass->arena);
	*kept = *fault;
	folder->refusal = kept;
	return ST_OK;
}

static enum status
refuse_name(struct pass *pass, struct pass_folder *folder)
{
	struct fault fault = {0};

	fault_set(&fault,
	    (struct fault_kind){ST_SYNTAX, CAUSE_CONTENT, FAULT_FOLDER, RETRY_NEVER},
	    "The name of this folder is too long to be said in a command.");
	return keep_refusal(pass, folder, &fault);
}

static bool
lacks_subscription(const struct pass_folder *folder)
{
	const struct sync_tree_entry *map = &folder->map;

	return map->src->is_subscribed && (map->dst == NULL || !map->dst->is_subscribed);
}

/* Whether each of the destination's folders has a limit of its own (RFC 7889). */
static bool
has_limit_by_folder(struct endpoint *dst)
{
	return endpoint_can(dst, IMAP_CAP_APPENDLIMIT) &&
	    imap_session_append_limit(endpoint_session(dst)) == 0;
}

static enum status
ask_limit(struct endpoint *dst, const struct pass_folder *folder)
{
	struct imap_command command;

	if (!has_limit_by_folder(dst))
		return ST_OK;
	return imap_session_status(
	    endpoint_session(dst), folder->dst_raw, IMAP_STATUS_APPENDLIMIT, &command);
}

static enum status
begin(struct preparation *preparation, struct pass_folder *folder)
{
	struct imap_session *session = endpoint_session(preparation->worker->dst);
	const struct sync_tree_entry *map = &folder->map;
	bool is_new = map->dst == NULL || !map->dst->is_selectable;
	bool subscribes = lacks_subscription(folder) &&
	    !endpoint_has_quirk(preparation->worker->dst, IMAP_QUIRK_SUBSCRIPTIONS_RACE);
	struct preparing *slot = preparation->preparing;
	enum status status = ST_OK;

	while (slot->folder != NULL)
		slot++;
	CHECK(slot < preparation->preparing + PREPARED_MAX);
	*slot = (struct preparing){.folder = folder};
	if (is_new)
		status = imap_session_create(
		    session, folder->dst_raw, use_attribute(map->use), &slot->create);
	if (status == ST_OK && subscribes)
		status = imap_session_subscribe(session, folder->dst_raw, &slot->subscribe);
	if (status == ST_OK)
		status = ask_limit(preparation->worker->dst, folder);
	if (status == ST_OK)
		status = imap_session_select(session, folder->dst_raw, &slot->select);
	if (status == ST_LIMIT || status == ST_SYNTAX) {
		slot->folder = NULL;
		return refuse_name(preparation->worker->pass, folder);
	}
	preparation->count++;
	return status;
}

static struct sync_nature
nature_of(const struct endpoint *dst)
{
	return (struct sync_nature){
	    .changes_bare_lf = endpoint_has_quirk(dst, IMAP_QUIRK_BARE_LF_BECOMES_CRLF),
	    .changes_nul = endpoint_has_quirk(dst, IMAP_QUIRK_NUL_BECOMES_0X80),
	    .drops_cr_before_crlf = endpoint_has_quirk(dst, IMAP_QUIRK_DROPS_CR_BEFORE_CRLF),
	    .drops_bare_cr = endpoint_has_quirk(dst, IMAP_QUIRK_DROPS_BARE_CR),
	    .adds_final_crlf = endpoint_has_quirk(dst, IMAP_QUIRK_ADDS_FINAL_CRLF),
	    .changes_header_8bit = endpoint_has_quirk(dst, IMAP_QUIRK_HEADER_8BIT_BECOMES_X),
	    .changes_future_dates = endpoint_has_quirk(dst, IMAP_QUIRK_FUTURE_DATE_BECOMES_NOW),
	    .changes_dates_before_1970 =
		endpoint_has_quirk(dst, IMAP_QUIRK_DATE_BEFORE_1970_WRAPS),
	    .changes_date_zero = endpoint_has_quirk(dst, IMAP_QUIRK_DATE_ZERO_BECOMES_NOW),
	};
}

enum status
pass_folder_opened(struct pass_worker *worker, struct pass_folder *folder,
    const struct imap_selected *selected)
{
	uint64_t append_max = imap_session_append_limit(endpoint_session(worker->dst));

	if (append_max != 0)
		folder->append_max = append_max;
	folder->nature = nature_of(worker->dst);
	folder->dst_uidvalidity = selected->uidvalidity;
	folder->dst_uidnext = selected->uidnext;
	folder->dst_exists = selected->exists;
	folder->policy.system =
	    selected->has_permanent_flags ? selected->permanent_system : (uint32_t)FLAG_ALL;
	folder->policy.takes_new_keywords =
	    selected->takes_new_keywords || !selected->has_permanent_flags;
	folder->policy.takes_only_words =
	    endpoint_has_quirk(worker->dst, IMAP_QUIRK_KEYWORDS_ONLY_AS_WORDS);
	folder->policy.takes_no_colon =
	    endpoint_has_quirk(worker->dst, IMAP_QUIRK_KEYWORDS_WITHOUT_COLON);
	folder->is_ready = true;
	return bytes_copy(
	    selected->permanent_keywords, &worker->pass->arena, &folder->policy.keywords);
}

static enum status
take_select(struct preparation *preparation, struct preparing *slot,
    const struct imap_completion *completion)
{
	struct pass *pass = preparation->worker->pass;
	struct pass_folder *folder = slot->folder;
	struct fault fault = slot->refusal;

	folder->is_name_refused = slot->is_name_refused;
	slot->folder = NULL;
	preparation->count--;
	preparation->worker->breaks[PASS_DST].in_vain = 0;
	if (completion->result == IMAP_RESULT_OK)
		pass_has_come(preparation->worker, PASS_DST);
	if (completion->result == IMAP_RESULT_OK && completion->selected != NULL &&
	    !completion->selected->is_read_only)
		return pass_folder_opened(preparation->worker, folder, completion->selected);
	if (completion->result == IMAP_RESULT_OK)
		fault_set(&fault,
		    (struct fault_kind){ST_REFUSED, CAUSE_RIGHTS, FAULT_FOLDER, RETRY_LATER},
		    "The destination opens this folder for reading only.");
	else
		endpoint_refusal(preparation->worker->dst, IMAP_PHASE_WRITE, "open this folder",
		    completion, FAULT_FOLDER, &fault);
	if (pass_may_wait(preparation->worker, PASS_DST, &fault, &preparation->due)) {
		preparation->again[preparation->again_count++] = folder;
		preparation->is_wary = true;
		return ST_OK;
	}
	return keep_refusal(pass, folder, &fault);
}

static void
tell_unsubscribed(struct pass *pass, const struct pass_folder *folder,
    const struct imap_completion *completion)
{
	char text[FAULT_QUOTE_SIZE];

	pass_tell_notice(pass, "The destination did not subscribe %.*s: %s",
	    (int)folder->map.src->display.size, (const char *)folder->map.src->display.data,
	    fault_quote(completion->text, text));
}

static void
take_refused_create(struct preparation *preparation, struct preparing *slot,
    const struct imap_completion *completion)
{
	const struct endpoint *dst = preparation->worker->dst;
	enum imap_trouble trouble = endpoint_verdict(dst, IMAP_PHASE_WRITE, completion).trouble;

	if (trouble == IMAP_TROUBLE_EXISTS)
		return;
	slot->is_name_refused = trouble == IMAP_TROUBLE_BAD_NAME ||
	    trouble == IMAP_TROUBLE_OTHER || trouble == IMAP_TROUBLE_PROTOCOL;
	endpoint_refusal(dst, IMAP_PHASE_WRITE, "create this folder", completion, FAULT_FOLDER,
	    &slot->refusal);
}

static enum status
take_done(struct preparation *preparation, const struct imap_event *event)
{
	struct pass *pass = preparation->worker->pass;
	uint32_t number = event->command.number;
	const struct imap_completion *completion = &event->completion;

	for (size_t i = 0; i < PREPARED_MAX; i++) {
		struct preparing *slot = &preparation->preparing[i];

		if (slot->folder == NULL)
			continue;
		if (slot->select.number == number)
			return take_select(preparation, slot, completion);
		if (completion->result == IMAP_RESULT_OK)
			continue;
		if (slot->create.number == number)
			take_refused_create(preparation, slot, completion);
		if (slot->subscribe.number == number)
			tell_unsubscribed(pass, slot->folder, completion);
	}
	return ST_OK;
}

/* A folder's own limit. INBOX may come back in other letters. */
static void
take_status(struct preparation *preparation, const struct imap_status *told)
{
	if ((told->items & IMAP_STATUS_APPENDLIMIT) == 0)
		return;
	for (size_t i = 0; i < PREPARED_MAX; i++) {
		struct pass_folder *folder = preparation->preparing[i].folder;

		if (folder == NULL)
			continue;
		if (bytes_equal(told->name, folder->dst_raw) ||
		    (bytes_equal_nocase(told->name, BYTES("INBOX")) &&
			bytes_equal_nocase(folder->dst_raw, BYTES("INBOX"))))
			folder->append_max = told->append_limit;
	}
}

/* Another connection; the folders that were under way are begun again. What a CREATE or
 * SUBSCRIBE has done before is done still. */
static enum status
begin_again(struct preparation *preparation)
{
	struct pass_folder *suspect = NULL;
	struct fault *fault = preparation->fault;
	enum status status = fault->status;
	bool was_alone = preparation->count == 1 && preparation->is_wary;

	for (size_t i = PREPARED_MAX; i > 0; i--) {
		struct preparing *slot = &preparation->preparing[i - 1];

		if (slot->folder == NULL)
			continue;
		suspect = slot->folder;
		preparation->again[preparation->again_count++] = slot->folder;
		slot->folder = NULL;
	}
	preparation->count = 0;
	preparation->is_wary = true;
	if (pass_may_ask_again(preparation->worker, PASS_DST, fault))
		return ST_OK;
	if (fault->scope > FAULT_FOLDER || !was_alone)
		return status;
	/* The connection is open again, and goes on without this folder. */
	preparation->again_count--;
	pass_has_come(preparation->worker, PASS_DST);
	status = keep_refusal(preparation->worker->pass, suspect, fault);
	*fault = (struct fault){0};
	return status;
}

static struct pass_folder *
take_folder(struct pass *pass)
{
	struct pass_folder *folder;

	do {
		folder = pass_take_folder(pass, PASS_STAGE_PREPARE);
	} while (folder != NULL && pass->is_renaming != folder->is_renamed);
	return folder;
}

static struct pass_folder *
next_folder(struct preparation *preparation)
{
	if (preparation->again_count > 0)
		return preparation->again[--preparation->again_count];
	if (preparation->count == 0)
		preparation->is_wary = false;
	return preparation->is_wary ? NULL : take_folder(preparation->worker->pass);
}

static enum status
begin_more(struct preparation *preparation)
{
	enum status status = ST_OK;

	/* Stopped meanwhile: what is refused once more is refused. */
	if (preparation->count == 0 && preparation->again_count > 0)
		(void)!pass_sleep_until(preparation->worker, preparation->due);
	while (
	    status == ST_OK && preparation->count < (preparation->is_wary ? 1 : PREPARED_MAX)) {
		struct pass_folder *folder = next_folder(preparation);

		if (folder == NULL)
			break;
		status = begin(preparation, folder);
	}
	return status;
}

static enum status
prepare_all(struct preparation *preparation)
{
	struct pass_worker *worker = preparation->worker;
	struct fault *fault = preparation->fault;
	enum status status = begin_more(preparation);

	while (status == ST_OK && preparation->count > 0) {
		struct imap_event event;

		status = endpoint_wait_event(worker->dst, &event, fault);
		if (status == ST_OK && event.kind == IMAP_EVENT_STATUS)
			take_status(preparation, &event.status);
		if (status == ST_OK && event.kind == IMAP_EVENT_DONE)
			status = take_done(preparation, &event);
		else if (status != ST_OK && fault_is_set(fault))
			status = begin_again(preparation);
		if (status == ST_OK)
			status = begin_more(preparation);
	}
	return status;
}

/* Where subscriptions over several connections lose one another, the first connection makes all
 * of them. */
static enum status
subscribe(struct pass_worker *worker, const struct pass_folder *folder, struct fault *fault)
{
	struct imap_completion completion;
	struct imap_command command;
	enum status status =
	    imap_session_subscribe(endpoint_session(worker->dst), folder->dst_raw, &command);

	if (status == ST_OK)
		status = endpoint_wait_done(worker->dst, command, &completion, fault);
	if (status == ST_OK && completion.result != IMAP_RESULT_OK)
		tell_unsubscribed(worker->pass, folder, &completion);
	return status;
}

static enum status
subscribe_all(struct pass_worker *worker, struct fault *fault)
{
	struct pass *pass = worker->pass;
	enum status status = ST_OK;

	for (size_t i = 0; i < pass->folder_count && status == ST_OK; i++) {
		const struct pass_folder *folder = &pass->folders[i];

		if (!lacks_subscription(folder) || folder->refusal != NULL ||
		    pass->is_renaming != folder->is_renamed)
			continue;
		do {
			status = subscribe(worker, folder, fault);
		} while (status != ST_OK && pass_may_ask_again(worker, PASS_DST, fault));
		if (status == ST_OK)
			pass_has_come(worker, PASS_DST);
	}
	return status;
}

/* Special use that the source's attributes tell and the destination has no attributes for. */
static void
tell_lost_uses(struct pass_worker *worker)
{
	struct pass *pass = worker->pass;
	char names[NAMES_SIZE] = "";
	int size = 0;

	if (endpoint_can(worker->dst, IMAP_CAP_SPECIAL_USE))
		return;
	for (size_t i = 0; i < pass->folder_count && size < NAMES_SIZE; i++) {
		const struct folder *src = pass->folders[i].map.src;

		if (src->use != USE_NONE && src->use_from == USE_FROM_ATTRIBUTE)
			size += snprintf(names + size, (size_t)(NAMES_SIZE - size), "%s%.*s",
			    size > 0 ? ", " : "", (int)src->display.size,
			    (const char *)src->display.data);
	}
	if (size > 0)
		pass_tell_notice(pass,
		    "The destination knows no special use; these folders keep their names "
		    "alone: %s",
		    names);
}

static bool
has_name(const struct listing *listing, struct bytes display)
{
	for (size_t i = 0; i < listing->folder_count; i++) {
		if (bytes_equal(listing->folders[i].display, display))
			return true;
	}
	return false;
}

/* Parents that are mere names at the source. */
static void
tell_made_parents(struct pass_worker *worker)
{
	const struct listing *src = &worker->pass->src.listing;
	size_t count = 0;

	if (!endpoint_has_quirk(worker->dst, IMAP_QUIRK_MAKES_PARENTS))
		return;
	for (size_t i = 0; i < src->folder_count; i++) {
		const struct folder *folder = &src->folders[i];

		if (!folder->is_selectable && !folder->is_foreign &&
		    !has_name(&worker->pass->dst.listing, folder->display))
			count++;
	}
	if (count > 0)
		pass_tell_notice(worker->pass,
		    "%zu parents of folders, which hold no mail at the source, became folders "
		    "of their own at the destination.",
		    count);
}

enum status
pass_prepare(struct pass_worker *worker, struct fault *fault)
{
	struct preparation *preparation =
	    arena_take_array(&worker->arena, 1, sizeof(*preparation));
	enum status status = ST_MEMORY;

	if (preparation != NULL) {
		preparation->worker = worker;
		preparation->fault = fault;
		status = prepare_all(preparation);
	}
	if (status == ST_OK && worker->number == 1 && !worker->pass->is_renaming) {
		tell_lost_uses(worker);
		tell_made_parents(worker);
	}
	if (status == ST_OK && worker->number == 1 &&
	    endpoint_has_quirk(worker->dst, IMAP_QUIRK_SUBSCRIPTIONS_RACE))
		status = subscribe_all(worker, fault);
	arena_rewind(&worker->arena);
	if (status != ST_OK)
		return fault_set(fault,
		    (struct fault_kind){status, CAUSE_OTHER, FAULT_ENDPOINT, RETRY_LATER},
		    "The folders at the destination could not be prepared (%s).",
		    status_name(status));
	return ST_OK;
}
