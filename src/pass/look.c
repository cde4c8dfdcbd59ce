/* SPDX-License-Identifier: Apache-2.0
 *
 * One look: list what lies above the brackets, read what may be in doubt, match.
 */
#include "pass/look.h"

#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "pass/adopt.h"
#include "pass/tell.h"
#include "sync/ledger/settle.h"

enum {
	LOOK_ARENA_BUDGET = 64 << 20
};

/* What was read of one text. */
struct reading_of {
	struct identity identity;
	struct digest body;
};

struct look {
	struct pass_worker *worker;
	struct pass_folder *folder;
	struct arena arena;
	struct sync_doubt *doubts;
	size_t count;
	uint32_t from;
	uint32_t uidnext;        /* of the destination; 0: not told */
	uint32_t rewrites;       /* that the destination does */
	struct range_set known;  /* UIDs at the destination that stand for messages */
	struct range_set seen;   /* all that it lists */
	struct range_set may_be; /* those that may be in doubt */
	struct sync_copy_found *found;
	struct reading_of *readings; /* beside `found`, until they are put in order */
	size_t found_count;
	size_t capacity;
	struct fault *fault;
};

static enum status
out_of_memory(struct look *look, enum status status)
{
	return fault_set(look->fault,
	    (struct fault_kind){status, CAUSE_MEMORY, FAULT_FOLDER, RETRY_LATER},
	    "There is not enough memory to look for messages in doubt.");
}

/* Listing ---------------------------------------------------------------------------------- */

static enum status
open_destination(struct look *look)
{
	struct endpoint *dst = look->worker->dst;
	struct imap_completion completion;
	struct imap_command command;
	enum status status =
	    imap_session_select(endpoint_session(dst), look->folder->dst_raw, &command);

	if (status != ST_OK)
		return out_of_memory(look, status);
	status = endpoint_wait_done(dst, command, &completion, look->fault);
	if (status != ST_OK)
		return status;
	if (completion.result != IMAP_RESULT_OK || completion.selected == NULL)
		return endpoint_refusal(dst, IMAP_PHASE_READ, "open this folder", &completion,
		    FAULT_FOLDER, look->fault);
	if (completion.selected->uidvalidity != look->folder->dst_uidvalidity)
		return fault_set(look->fault,
		    (struct fault_kind){ST_CONFLICT, CAUSE_OTHER, FAULT_FOLDER, RETRY_LATER},
		    "The destination gave this folder's messages other numbers (UIDVALIDITY); "
		    "what is in doubt there is compared by the next run.");
	look->uidnext = completion.selected->uidnext;
	return ST_OK;
}

static enum status
take_listed(struct look *look, const struct imap_message *told)
{
	uint32_t uid = told->message.uid.number;
	uint32_t needs = IMAP_FETCH_UID | IMAP_FETCH_SIZE;
	enum status status;

	/* "n:*" names the last message where n is too large. */
	if ((told->items & needs) != needs || uid < look->from)
		return ST_OK;
	status = range_set_add(&look->seen, uid, uid);
	if (status != ST_OK || range_set_has(&look->known, uid))
		return status;
	if (!sync_settle_may_be(
		look->doubts, look->count, told->message.size, look->rewrites != 0))
		return ST_OK;
	return range_set_add(&look->may_be, uid, uid);
}

static enum status
list(struct look *look)
{
	struct endpoint *dst = look->worker->dst;
	struct imap_command command = {0};
	struct range_set uids;
	enum status status;

	range_set_init(&uids, 1);
	status = range_set_add(&uids, look->from, UINT32_MAX);
	if (status == ST_OK)
		status =
		    imap_session_fetch(endpoint_session(dst), &uids, IMAP_FETCH_SIZE, &command);
	range_set_fini(&uids);
	if (status != ST_OK)
		return out_of_memory(look, status);
	for (;;) {
		struct imap_event event;

		status = endpoint_wait_event(dst, &event, look->fault);
		if (status != ST_OK)
			return status;
		if (event.kind == IMAP_EVENT_MESSAGE &&
		    take_listed(look, &event.message) != ST_OK)
			return out_of_memory(look, ST_MEMORY);
		if (event.kind != IMAP_EVENT_DONE || event.command.number != command.number)
			continue;
		if (event.completion.result != IMAP_RESULT_OK)
			return endpoint_refusal(dst, IMAP_PHASE_READ, "list messages",
			    &event.completion, FAULT_FOLDER, look->fault);
		return ST_OK;
	}
}

/* Reading ---------------------------------------------------------------------------------- */

/* A text while it comes. */
struct text {
	struct digest_state whole;
	struct identity_scan identity;
	struct body_digest body;
	bool is_whole;
};

static void
begin_text(struct text *text, uint32_t rewrites)
{
	digest_init(&text->whole);
	identity_scan_init(&text->identity);
	body_digest_init(&text->body, rewrites);
	text->is_whole = false;
}

static void
feed_text(struct text *text, struct bytes octets)
{
	digest_feed(&text->whole, octets);
	identity_scan_feed(&text->identity, octets);
	body_digest_feed(&text->body, octets);
}

typedef enum status (*take_fn)(struct look *look, uint32_t uid, struct text *text);

/* Reads texts; `take` is given each that came whole, with its UID. */
static enum status
read_texts(struct look *look, struct endpoint *endpoint, const struct range_set *uids,
    uint32_t rewrites, take_fn take)
{
	struct imap_command command = {0};
	struct text text;
	enum status status;

	if (uids->count == 0)
		return ST_OK;
	status =
	    imap_session_fetch(endpoint_session(endpoint), uids, IMAP_FETCH_BODY, &command);
	if (status != ST_OK)
		return out_of_memory(look, status);
	begin_text(&text, rewrites);
	for (;;) {
		struct imap_event event;

		status = endpoint_wait_event(endpoint, &event, look->fault);
		if (status != ST_OK)
			return status;
		if (event.kind == IMAP_EVENT_BODY_BEGIN)
			text.is_whole = event.body.section == IMAP_SECTION_ALL;
		else if (event.kind == IMAP_EVENT_BODY_DATA)
			feed_text(&text, event.body.data);
		if (event.kind == IMAP_EVENT_MESSAGE) {
			if (text.is_whole &&
			    range_set_has(uids, event.message.message.uid.number) &&
			    take(look, event.message.message.uid.number, &text) != ST_OK)
				return out_of_memory(look, ST_MEMORY);
			begin_text(&text, rewrites);
		}
		if (event.kind == IMAP_EVENT_DONE && event.command.number == command.number)
			break;
	}
	return ST_OK;
}

static enum status
grow(struct look *look)
{
	size_t wanted = look->capacity == 0 ? 64 : look->capacity * 2;
	struct sync_copy_found *found;
	struct reading_of *readings;

	if (look->found_count < look->capacity)
		return ST_OK;
	found = mem_resize(look->found, wanted * sizeof(*found));
	if (found == NULL)
		return ST_MEMORY;
	look->found = found;
	readings = mem_resize(look->readings, wanted * sizeof(*readings));
	if (readings == NULL)
		return ST_MEMORY;
	look->readings = readings;
	look->capacity = wanted;
	return ST_OK;
}

static enum status
take_found(struct look *look, uint32_t uid, struct text *text)
{
	enum status status = grow(look);

	if (status != ST_OK)
		return status;
	look->found[look->found_count] =
	    (struct sync_copy_found){.uid = uid, .digest = digest_finish(&text->whole)};
	look->readings[look->found_count++] = (struct reading_of){
	    identity_scan_finish(&text->identity), body_digest_finish(&text->body)};
	return ST_OK;
}

/* Texts that the destination has changed --------------------------------------------------- */

static bool
is_sought(const struct sync_doubt *doubt)
{
	return doubt->dst_uid == 0;
}

/* The source's text says what its copy would be: such a copy gets the doubt's digest, and is
 * matched by it. */
static enum status
take_source(struct look *look, uint32_t uid, struct text *text)
{
	struct identity identity = identity_scan_finish(&text->identity);
	struct digest body = body_digest_finish(&text->body);
	struct digest whole = digest_finish(&text->whole);

	for (size_t i = 0; i < look->count; i++) {
		const struct sync_doubt *doubt = &look->doubts[i];

		/* Sources exist that give another text than before. */
		if (doubt->message.src_uid.number != uid ||
		    !digest_equal(&whole, &doubt->message.digest))
			continue;
		for (size_t k = 0; k < look->found_count; k++) {
			if (digest_equal(&look->readings[k].body, &body) &&
			    identity_equal(&look->readings[k].identity, &identity))
				look->found[k].digest = whole;
		}
	}
	return ST_OK;
}

static bool
is_found_as_sent(const struct look *look, const struct sync_doubt *doubt)
{
	for (size_t k = 0; k < look->found_count; k++) {
		if (digest_equal(&look->found[k].digest, &doubt->message.digest))
			return true;
	}
	return false;
}

static enum status
read_sources(struct look *look)
{
	struct imap_selected selected;
	struct range_set uids;
	enum status status = ST_OK;

	range_set_init(&uids, SIZE_MAX);
	for (size_t i = 0; i < look->count && status == ST_OK; i++) {
		uint32_t uid = look->doubts[i].message.src_uid.number;

		if (is_sought(&look->doubts[i]) && !is_found_as_sent(look, &look->doubts[i]))
			status = range_set_add(&uids, uid, uid);
	}
	if (status != ST_OK)
		status = out_of_memory(look, status);
	else if (uids.count > 0 && look->found_count > 0)
		status = pass_examine(
		    look->worker, PASS_SRC, look->folder->map.src->raw, &selected, look->fault);
	if (status == ST_OK && look->found_count > 0)
		status =
		    read_texts(look, look->worker->src, &uids, look->rewrites, take_source);
	range_set_fini(&uids);
	return status;
}

/* What follows ----------------------------------------------------------------------------- */

/* Numbers that the destination gave above the brackets to messages that it does not list and
 * that we know nothing of. */
static uint32_t
count_vanished(const struct look *look)
{
	uint64_t given, accounted = 0;

	if (look->uidnext <= look->from)
		return 0;
	given = look->uidnext - look->from;
	for (size_t i = 0; i < look->known.count; i++) {
		struct range range = look->known.ranges[i];

		accounted += (uint64_t)range.last - range.first + 1 -
		    range_set_count(&look->seen, range.first, (uint64_t)range.last + 1);
	}
	accounted += range_set_count(&look->seen, look->from, look->uidnext);
	return given > accounted ? (uint32_t)(given - accounted) : 0;
}

/* A copy is told once, also when it is looked at again. */
static enum status
tell_surplus(struct look *look)
{
	struct pass_folder *folder = look->folder;
	enum status status = ST_OK;

	if (folder->surplus.range_count_max == 0)
		range_set_init(&folder->surplus, SIZE_MAX);
	for (size_t k = 0; k < look->found_count && status == ST_OK; k++) {
		uint32_t uid = look->found[k].uid;

		if (!look->found[k].is_surplus || range_set_has(&folder->surplus, uid))
			continue;
		status = range_set_add(&folder->surplus, uid, uid);
		pass_tell_surplus(look->worker->pass, folder, uid);
	}
	return status;
}

/* Whether a copy was there when the folder's messages were counted. Without UIDNEXT the copies
 * of what an earlier run left are taken for such. */
static bool
was_there(const struct pass_folder *folder, uint32_t dst_uid)
{
	return folder->dst_uidnext != 0 ? dst_uid < folder->dst_uidnext
					: folder->found_before < folder->doubts_before;
}

static enum status
decide(struct look *look, struct look_result *result)
{
	enum status status;

	for (size_t i = 0; i < look->count; i++) {
		const struct sync_doubt *doubt = &look->doubts[i];

		/* What it has said to have stored is counted already. */
		if (doubt->dst_uid == 0 || doubt->was_stored)
			continue;
		result->found++;
		look->folder->found_before += was_there(look->folder, doubt->dst_uid);
	}
	result->vanished = count_vanished(look);
	status = tell_surplus(look);
	if (status == ST_OK)
		status = sync_book_decide(look->folder->book, look->doubts, look->count);
	return status == ST_OK ? ST_OK : out_of_memory(look, status);
}

static enum status
look_at(struct look *look, struct look_result *result)
{
	enum status status =
	    sync_book_doubts(look->folder->book, &look->arena, &look->doubts, &look->count);

	if (status != ST_OK)
		return out_of_memory(look, status);
	if (look->count == 0)
		return ST_OK;
	look->from = sync_settle_from(look->doubts, look->count);
	status = sync_book_add_dst_uids(look->folder->book, look->from, &look->known);
	if (status != ST_OK)
		return out_of_memory(look, status);
	status = open_destination(look);
	if (status == ST_OK)
		status = list(look);
	if (status == ST_OK)
		status = read_texts(look, look->worker->dst, &look->may_be, 0, take_found);
	if (status == ST_OK && look->rewrites != 0)
		status = read_sources(look);
	if (status != ST_OK)
		return status;
	sync_settle_match(look->doubts, look->count, look->found, look->found_count);
	return decide(look, result);
}

enum status
pass_look(struct pass_worker *worker, struct pass_folder *folder,
    struct look_result *result_out, struct fault *fault)
{
	struct look look = {
	    .worker = worker,
	    .folder = folder,
	    .rewrites = adopt_rewrites_of(worker->dst),
	    .fault = fault,
	};
	enum status status;

	*result_out = (struct look_result){0};
	arena_init(&look.arena, LOOK_ARENA_BUDGET);
	range_set_init(&look.known, SIZE_MAX);
	range_set_init(&look.seen, SIZE_MAX);
	range_set_init(&look.may_be, SIZE_MAX);
	status = look_at(&look, result_out);
	mem_give(look.found);
	mem_give(look.readings);
	range_set_fini(&look.may_be);
	range_set_fini(&look.seen);
	range_set_fini(&look.known);
	arena_fini(&look.arena);
	return status;
}
