/* SPDX-License-Identifier: Apache-2.0
 *
 * A folder that already holds mail at the destination: which messages of the source are there?
 * The table of sync/adopt proposes; headers or body digests, read from both sides, decide.
 */
#include "pass/private.h"

#include "base/range.h"
#include "sync/adopt.h"

enum {
	WINDOW_MESSAGES = 256
};

/* A message of the source in the window, and what may be its copy. */
struct candidate {
	struct uid uid;
	uint64_t size;
	struct flags flags; /* as they may be set at the destination */
	struct identity identity;
	enum adopt_verdict verdict;
	struct uid dst_uid;
	struct digest body;
	bool has_body;
	bool is_adopted;
	struct flags missing;
	bool lacks_flags;
};

struct adoption {
	struct pass_worker *worker;
	struct pass_folder *folder;
	struct adopt_table table;
	uint32_t dst_exists; /* as SELECT told */
	struct range_set src_uids;
	struct candidate *window; /* WINDOW_MESSAGES, in the worker's arena */
	size_t window_count;
	uint32_t rewrites;
	struct fault *fault;
};

/* What a FETCH of one message has told so far. */
struct reading {
	struct identity_scan identity;
	struct body_digest body;
	bool is_whole; /* the text came, not just header fields */
};

static enum status
out_of_memory(struct adoption *adoption, enum status status)
{
	return fault_set(adoption->fault,
	    (struct fault_kind){status, CAUSE_MEMORY, FAULT_FOLDER, RETRY_LATER},
	    "There is not enough memory to compare this folder with the destination's.");
}

static enum status
fetch(struct endpoint *endpoint, const struct range_set *uids, uint32_t items,
    struct imap_command *command, struct fault *fault)
{
	enum status status =
	    imap_session_fetch(endpoint_session(endpoint), uids, items, command);

	if (status != ST_OK)
		return fault_set(fault,
		    (struct fault_kind){status, CAUSE_OTHER, FAULT_FOLDER, RETRY_LATER},
		    "A list of messages could not be asked for (%s).", status_name(status));
	return ST_OK;
}

/* The next message of a FETCH, with its reading finished; ST_END when the command is done. */
static enum status
next_message(struct endpoint *endpoint, struct imap_command command, struct reading *reading,
    struct imap_message *message_out, struct fault *fault)
{
	for (;;) {
		struct imap_event event;
		enum status status = endpoint_wait_event(endpoint, &event, fault);

		if (status != ST_OK)
			return status;
		if (event.kind == IMAP_EVENT_BODY_BEGIN) {
			reading->is_whole = event.body.section == IMAP_SECTION_ALL;
		} else if (event.kind == IMAP_EVENT_BODY_DATA) {
			identity_scan_feed(&reading->identity, event.body.data);
			body_digest_feed(&reading->body, event.body.data);
		} else if (event.kind == IMAP_EVENT_MESSAGE) {
			*message_out = event.message;
			return ST_OK;
		} else if (event.kind == IMAP_EVENT_DONE &&
		    event.command.number == command.number) {
			if (event.completion.result != IMAP_RESULT_OK)
				return endpoint_refusal(endpoint, "list messages",
				    &event.completion, FAULT_FOLDER, fault);
			return ST_END;
		}
	}
}

static void
begin_reading(struct reading *reading, uint32_t rewrites)
{
	identity_scan_init(&reading->identity);
	body_digest_init(&reading->body, rewrites);
	reading->is_whole = false;
}

static enum status
all_uids(struct range_set *set)
{
	range_set_init(set, 1);
	return range_set_add(set, 1, UINT32_MAX);
}

/* Listing --------------------------------------------------------------------------------- */

typedef enum status (*listed_fn)(struct adoption *adoption, const struct imap_message *message,
    const struct identity *identity);

static enum status
list(struct adoption *adoption, struct endpoint *endpoint, listed_fn listed)
{
	struct imap_command command = {0};
	struct reading reading;
	struct range_set all;
	enum status status = all_uids(&all);

	if (status == ST_OK)
		status = fetch(endpoint, &all, IMAP_FETCH_SIZE | IMAP_FETCH_IDENTITY_HEADERS,
		    &command, adoption->fault);
	range_set_fini(&all);
	while (status == ST_OK) {
		struct imap_message message = {0};
		struct identity identity;

		begin_reading(&reading, 0);
		status = next_message(endpoint, command, &reading, &message, adoption->fault);
		if (status != ST_OK)
			break;
		if ((message.items & IMAP_FETCH_UID) == 0 ||
		    (message.items & IMAP_FETCH_SIZE) == 0)
			continue;
		identity = identity_scan_finish(&reading.identity);
		status = listed(adoption, &message, &identity);
		if (status != ST_OK)
			return out_of_memory(adoption, status);
	}
	return status == ST_END ? ST_OK : status;
}

static enum status
listed_at_destination(struct adoption *adoption, const struct imap_message *message,
    const struct identity *identity)
{
	return adopt_table_add(
	    &adoption->table, message->message.uid, identity, message->message.size);
}

static enum status
listed_at_source(struct adoption *adoption, const struct imap_message *message,
    const struct identity *identity)
{
	uint32_t uid = message->message.uid.number;

	adopt_table_note(&adoption->table, identity, message->message.size);
	return range_set_add(&adoption->src_uids, uid, uid);
}

/* The window ------------------------------------------------------------------------------ */

static struct candidate *
find_candidate(struct adoption *adoption, struct uid uid)
{
	for (size_t i = 0; i < adoption->window_count; i++) {
		if (adoption->window[i].uid.number == uid.number)
			return &adoption->window[i];
	}
	return NULL;
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

	if (adoption->window_count == WINDOW_MESSAGES ||
	    (message->items & IMAP_FETCH_FLAGS) == 0 ||
	    find_candidate(adoption, message->message.uid) != NULL)
		return ST_OK;
	if (worker->pass->options->skips_deleted &&
	    (message->message.flags.system & FLAG_DELETED) != 0) {
		adoption->folder->totals.excluded++;
		worker->pass->progress.totals.excluded++;
		return ST_OK;
	}
	status = sync_flags_filter(&adoption->folder->policy, message->message.flags,
	    &worker->arena, &flags, &dropped);
	if (status == ST_OK)
		status = bytes_copy(flags.keywords, &worker->arena, &flags.keywords);
	if (status != ST_OK)
		return out_of_memory(adoption, status);
	candidate = &adoption->window[adoption->window_count++];
	*candidate = (struct candidate){
	    .uid = message->message.uid,
	    .size = message->message.size,
	    .flags = flags,
	    .identity = identity_scan_finish(&reading->identity),
	};
	return ST_OK;
}

static enum status
read_window(struct adoption *adoption, const struct range_set *uids)
{
	struct endpoint *src = adoption->worker->src;
	struct imap_command command;
	enum status status;

	arena_rewind(&adoption->worker->arena);
	adoption->window_count = 0;
	adoption->window = arena_take_array(
	    &adoption->worker->arena, WINDOW_MESSAGES, sizeof(*adoption->window));
	if (adoption->window == NULL)
		return out_of_memory(adoption, arena_status(&adoption->worker->arena));
	status =
	    fetch(src, uids, IMAP_FETCH_SIZE | IMAP_FETCH_FLAGS | IMAP_FETCH_IDENTITY_HEADERS,
		&command, adoption->fault);
	while (status == ST_OK) {
		struct reading reading;
		struct imap_message message = {0};

		begin_reading(&reading, 0);
		status = next_message(src, command, &reading, &message, adoption->fault);
		if (status == ST_OK && (message.items & IMAP_FETCH_SIZE) != 0)
			status = add_candidate(adoption, &message, &reading);
	}
	return status == ST_END ? ST_OK : status;
}

static void
propose(struct adoption *adoption)
{
	for (size_t i = 0; i < adoption->window_count; i++) {
		struct candidate *candidate = &adoption->window[i];

		candidate->verdict = adopt_table_propose(&adoption->table, &candidate->identity,
		    candidate->size, &candidate->dst_uid);
		if (candidate->verdict == ADOPT_EQUAL)
			adopt_table_take(
			    &adoption->table, &candidate->identity, candidate->dst_uid);
	}
}

static enum status
adopt(struct adoption *adoption, struct candidate *candidate, struct uid dst_uid,
    struct flags dst_flags)
{
	enum status status = sync_flags_missing(
	    candidate->flags, dst_flags, &adoption->worker->arena, &candidate->missing);

	if (status != ST_OK)
		return out_of_memory(adoption, status);
	candidate->dst_uid = dst_uid;
	candidate->is_adopted = true;
	candidate->lacks_flags =
	    candidate->missing.system != 0 || candidate->missing.keywords.size > 0;
	return ST_OK;
}

/* Equal headers ---------------------------------------------------------------------------- */

static struct candidate *
find_by_dst(struct adoption *adoption, struct uid dst_uid, enum adopt_verdict verdict)
{
	for (size_t i = 0; i < adoption->window_count; i++) {
		struct candidate *candidate = &adoption->window[i];

		if (candidate->verdict == verdict &&
		    candidate->dst_uid.number == dst_uid.number)
			return candidate;
	}
	return NULL;
}

/* Reads the proposed copies' own headers: the fingerprint alone decides nothing. */
static enum status
confirm_equal(struct adoption *adoption, struct range_set *uids)
{
	struct endpoint *dst = adoption->worker->dst;
	struct imap_command command;
	enum status status = ST_OK;

	range_set_clear(uids);
	for (size_t i = 0; i < adoption->window_count && status == ST_OK; i++) {
		uint32_t uid = adoption->window[i].dst_uid.number;

		if (adoption->window[i].verdict == ADOPT_EQUAL)
			status = range_set_add(uids, uid, uid);
	}
	if (status != ST_OK)
		return out_of_memory(adoption, status);
	if (uids->count == 0)
		return ST_OK;
	status = fetch(dst, uids, IMAP_FETCH_FLAGS | IMAP_FETCH_IDENTITY_HEADERS, &command,
	    adoption->fault);
	while (status == ST_OK) {
		struct reading reading;
		struct imap_message message = {0};
		struct candidate *candidate;
		struct identity identity;

		begin_reading(&reading, 0);
		status = next_message(dst, command, &reading, &message, adoption->fault);
		if (status != ST_OK || (message.items & IMAP_FETCH_FLAGS) == 0)
			continue;
		candidate = find_by_dst(adoption, message.message.uid, ADOPT_EQUAL);
		identity = identity_scan_finish(&reading.identity);
		if (candidate != NULL && !candidate->is_adopted &&
		    identity_equal(&identity, &candidate->identity))
			status = adopt(
			    adoption, candidate, message.message.uid, message.message.flags);
	}
	if (status != ST_END)
		return status;
	for (size_t i = 0; i < adoption->window_count; i++) {
		struct candidate *candidate = &adoption->window[i];

		if (candidate->verdict != ADOPT_EQUAL || candidate->is_adopted)
			continue;
		adopt_table_give(&adoption->table, &candidate->identity, candidate->dst_uid);
		candidate->verdict = ADOPT_DIGEST;
		candidate->dst_uid.number = 0;
	}
	return ST_OK;
}

/* Equal bodies ----------------------------------------------------------------------------- */

static enum status
read_source_bodies(struct adoption *adoption, struct range_set *uids)
{
	struct endpoint *src = adoption->worker->src;
	struct imap_command command;
	enum status status = ST_OK;

	range_set_clear(uids);
	for (size_t i = 0; i < adoption->window_count && status == ST_OK; i++) {
		uint32_t uid = adoption->window[i].uid.number;

		if (adoption->window[i].verdict == ADOPT_DIGEST)
			status = range_set_add(uids, uid, uid);
	}
	if (status != ST_OK)
		return out_of_memory(adoption, status);
	if (uids->count == 0)
		return ST_OK;
	status = fetch(src, uids, IMAP_FETCH_BODY, &command, adoption->fault);
	while (status == ST_OK) {
		struct reading reading;
		struct imap_message message = {0};
		struct candidate *candidate;

		begin_reading(&reading, adoption->rewrites);
		status = next_message(src, command, &reading, &message, adoption->fault);
		if (status != ST_OK || !reading.is_whole)
			continue;
		candidate = find_candidate(adoption, message.message.uid);
		if (candidate == NULL)
			continue;
		candidate->body = body_digest_finish(&reading.body);
		candidate->identity = identity_scan_finish(&reading.identity);
		candidate->has_body = true;
	}
	return status == ST_END ? ST_OK : status;
}

/* The destination's messages that may be copies of those that only digests decide. */
static enum status
gather_rivals(struct adoption *adoption, struct range_set *uids)
{
	range_set_clear(uids);
	for (size_t i = 0; i < adoption->window_count; i++) {
		const struct candidate *candidate = &adoption->window[i];
		size_t position = 0;
		struct uid uid;

		if (candidate->verdict != ADOPT_DIGEST || !candidate->has_body)
			continue;
		while (adopt_table_candidate(
		    &adoption->table, &candidate->identity, &position, &uid)) {
			enum status status = range_set_add(uids, uid.number, uid.number);

			if (status != ST_OK)
				return out_of_memory(adoption, status);
		}
	}
	return ST_OK;
}

static enum status
match_body(struct adoption *adoption, const struct imap_message *message,
    const struct identity *identity, const struct digest *body)
{
	for (size_t i = 0; i < adoption->window_count; i++) {
		struct candidate *candidate = &adoption->window[i];

		if (candidate->verdict != ADOPT_DIGEST || !candidate->has_body ||
		    candidate->is_adopted || !identity_equal(&candidate->identity, identity) ||
		    !digest_equal(&candidate->body, body))
			continue;
		adopt_table_take(&adoption->table, &candidate->identity, message->message.uid);
		return adopt(adoption, candidate, message->message.uid, message->message.flags);
	}
	return ST_OK;
}

static enum status
confirm_bodies(struct adoption *adoption, struct range_set *uids)
{
	struct endpoint *dst = adoption->worker->dst;
	struct range_set window;
	uint64_t next = 1;
	enum status status = read_source_bodies(adoption, uids);

	if (status == ST_OK)
		status = gather_rivals(adoption, uids);
	range_set_init(&window, WINDOW_MESSAGES);
	while (status == ST_OK && next <= UINT32_MAX) {
		struct imap_command command;
		uint64_t end;

		range_set_clear(&window);
		status = range_set_window(uids, next, WINDOW_MESSAGES, &window, &end);
		if (status != ST_OK || window.count == 0)
			break;
		next = end;
		status = fetch(dst, &window, IMAP_FETCH_FLAGS | IMAP_FETCH_BODY, &command,
		    adoption->fault);
		while (status == ST_OK) {
			struct reading reading;
			struct imap_message message = {0};
			struct identity identity;
			struct digest body;

			begin_reading(&reading, 0);
			status =
			    next_message(dst, command, &reading, &message, adoption->fault);
			if (status != ST_OK || !reading.is_whole)
				continue;
			identity = identity_scan_finish(&reading.identity);
			body = body_digest_finish(&reading.body);
			status = match_body(adoption, &message, &identity, &body);
		}
		status = status == ST_END ? ST_OK : status;
	}
	range_set_fini(&window);
	return status;
}

/* Flags ------------------------------------------------------------------------------------ */

static bool
has_same_missing(const struct candidate *a, const struct candidate *b)
{
	return a->lacks_flags && b->lacks_flags && a->missing.system == b->missing.system &&
	    bytes_equal(a->missing.keywords, b->missing.keywords);
}

/* One STORE for all messages that lack the same flags. */
static enum status
add_flags(struct adoption *adoption, size_t first, struct range_set *uids)
{
	struct endpoint *dst = adoption->worker->dst;
	const struct candidate *model = &adoption->window[first];
	struct imap_completion completion;
	struct imap_command command = {0};
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
	if (status == ST_OK)
		status = imap_session_add_flags(endpoint_session(dst), uids, missing, &command);
	if (status != ST_OK)
		return out_of_memory(adoption, status);
	status = endpoint_wait_done(dst, command, &completion, adoption->fault);
	if (status != ST_OK)
		return status;
	if (completion.result != IMAP_RESULT_OK)
		return endpoint_refusal(
		    dst, "add flags to messages", &completion, FAULT_FOLDER, adoption->fault);
	adoption->folder->totals.flags_added += count;
	adoption->worker->pass->progress.totals.flags_added += count;
	return ST_OK;
}

static enum status
settle_window(struct adoption *adoption, struct range_set *uids, struct range_set *wanted)
{
	struct pass_totals part = {0};
	enum status status = ST_OK;

	for (size_t i = 0; i < adoption->window_count && status == ST_OK; i++) {
		const struct candidate *candidate = &adoption->window[i];

		if (!candidate->is_adopted) {
			status =
			    range_set_add(wanted, candidate->uid.number, candidate->uid.number);
			if (status != ST_OK)
				return out_of_memory(adoption, status);
			continue;
		}
		part.adopted++;
		if (candidate->lacks_flags)
			status = add_flags(adoption, i, uids);
	}
	pass_totals_add(&adoption->folder->totals, &part);
	pass_totals_add(&adoption->worker->pass->progress.totals, &part);
	return status;
}

/* The story -------------------------------------------------------------------------------- */

static enum status
open_destination(struct adoption *adoption)
{
	struct endpoint *dst = adoption->worker->dst;
	struct imap_completion completion;
	struct imap_command command;
	enum status status =
	    imap_session_select(endpoint_session(dst), adoption->folder->dst_raw, &command);

	if (status != ST_OK)
		return out_of_memory(adoption, status);
	status = endpoint_wait_done(dst, command, &completion, adoption->fault);
	if (status == ST_OK &&
	    (completion.result != IMAP_RESULT_OK || completion.selected == NULL))
		return endpoint_refusal(
		    dst, "open this folder", &completion, FAULT_FOLDER, adoption->fault);
	if (status == ST_OK)
		adoption->dst_exists = completion.selected->exists;
	return status;
}

/* What the destination holds and does not list would be copied a second time. */
static enum status
list_destination(struct adoption *adoption)
{
	enum status status = list(adoption, adoption->worker->dst, listed_at_destination);

	if (status != ST_OK || adoption->table.count >= adoption->dst_exists)
		return status;
	return fault_set(adoption->fault,
	    (struct fault_kind){ST_REFUSED, CAUSE_OTHER, FAULT_FOLDER, RETRY_LATER},
	    "The destination lists %zu of the %u messages that it holds in this folder, so "
	    "that "
	    "nothing was copied into it: it could be there twice.",
	    adoption->table.count, adoption->dst_exists);
}

static enum status
compare(struct adoption *adoption, struct range_set *wanted)
{
	struct range_set window, uids;
	uint64_t next = 1;
	enum status status = ST_OK;

	range_set_init(&window, WINDOW_MESSAGES);
	range_set_init(&uids, SIZE_MAX);
	while (status == ST_OK && next <= UINT32_MAX && !adoption->worker->pass->is_finishing) {
		range_set_clear(&window);
		status = range_set_window(
		    &adoption->src_uids, next, WINDOW_MESSAGES, &window, &next);
		if (status != ST_OK || window.count == 0)
			break;
		status = read_window(adoption, &window);
		if (status != ST_OK)
			break;
		propose(adoption);
		status = confirm_equal(adoption, &uids);
		if (status == ST_OK)
			status = confirm_bodies(adoption, &uids);
		if (status == ST_OK)
			status = settle_window(adoption, &uids, wanted);
	}
	range_set_fini(&window);
	range_set_fini(&uids);
	return status;
}

static uint32_t
rewrites_of(const struct endpoint *dst)
{
	static const struct {
		enum imap_quirk quirk;
		uint32_t rewrite;
	} known[] = {
	    {IMAP_QUIRK_BARE_LF_BECOMES_CRLF, BODY_REWRITE_LF},
	    {IMAP_QUIRK_NUL_BECOMES_0X80, BODY_REWRITE_NUL},
	    {IMAP_QUIRK_DROPS_CR_BEFORE_CRLF, BODY_REWRITE_CR},
	    {IMAP_QUIRK_DROPS_BARE_CR, BODY_REWRITE_BARE_CR},
	    {IMAP_QUIRK_ADDS_FINAL_CRLF, BODY_REWRITE_END},
	    {IMAP_QUIRK_HEADER_8BIT_BECOMES_X, BODY_REWRITE_HEADER_8BIT},
	};
	uint32_t rewrites = 0;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (endpoint_has_quirk(dst, known[i].quirk))
			rewrites |= known[i].rewrite;
	}
	return rewrites;
}

enum status
pass_adopt(struct pass_worker *worker, struct pass_folder *folder,
    const struct imap_selected *selected, struct range_set *wanted, struct fault *fault)
{
	struct adoption adoption = {
	    .worker = worker,
	    .folder = folder,
	    .rewrites = rewrites_of(worker->dst),
	    .fault = fault,
	};
	enum status status;

	adopt_table_init(&adoption.table);
	range_set_init(&adoption.src_uids, selected->exists + 1);
	status = open_destination(&adoption);
	if (status == ST_OK)
		status = list_destination(&adoption);
	if (status == ST_OK) {
		adopt_table_seal(&adoption.table);
		status = list(&adoption, worker->src, listed_at_source);
	}
	if (status == ST_OK)
		status = compare(&adoption, wanted);
	adopt_table_fini(&adoption.table);
	range_set_fini(&adoption.src_uids);
	return status;
}
