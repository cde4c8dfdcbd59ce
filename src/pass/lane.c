/* SPDX-License-Identifier: Apache-2.0
 *
 * One folder under way: carries what its sync/copy asks for to the two endpoints and the
 * ledger. All decisions are sync/copy's.
 */
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "pass/book.h"
#include "pass/relay.h"
#include "pass/tell.h"

/* The source ------------------------------------------------------------------------------ */

static enum status
ask_src(struct lane *lane, const struct sync_copy_request *request)
{
	struct endpoint *src = lane->relay->worker->src;
	bool is_bodies = request->want == SYNC_COPY_BODIES;
	uint32_t items = IMAP_FETCH_FLAGS | IMAP_FETCH_DATE | lane->size_item;
	struct imap_command command;
	enum status status;

	if (is_bodies)
		items = IMAP_FETCH_BODY | (request->is_second_try ? IMAP_FETCH_FLAGS : 0U);
	status = imap_session_fetch(endpoint_session(src), request->uids, items, &command);
	if (status != ST_OK)
		return status;
	relay_ask(lane->relay, lane, command, is_bodies ? ASKED_BODIES : ASKED_ROWS);
	endpoint_flush(src);
	return ST_OK;
}

static enum status
examine(struct lane *lane, enum asked_kind kind, struct fault *fault)
{
	struct imap_command command;
	enum status status =
	    endpoint_examine(lane->relay->worker->src, lane->folder->map.src->raw, &command);

	if (status != ST_OK)
		return fault_set(fault,
		    (struct fault_kind){status, CAUSE_OTHER, FAULT_FOLDER, RETRY_NEVER},
		    "The source's name of this folder cannot be said in a command.");
	relay_ask(lane->relay, lane, command, kind);
	lane->relay->selected = lane;
	return ST_OK;
}

void
lane_examine_again(struct lane *lane)
{
	enum asked_kind kind = lane->is_examined ? ASKED_AGAIN : ASKED_EXAMINE;

	if (examine(lane, kind, &lane->fault) != ST_OK)
		sync_copy_feed_stop(lane->copy);
}

/* The ledger ------------------------------------------------------------------------------ */

static void
on_settled(void *argument)
{
	fiber_signal(argument);
}

static enum status
intend(struct lane *lane, const struct sync_copy_request *request)
{
	struct pass *pass = lane->relay->worker->pass;
	struct intended *slot = NULL;
	enum status status = pass_book_open(pass, lane->folder);

	for (size_t i = 0; i < INTENTS_MAX && slot == NULL; i++) {
		if (lane->intended[i].group == 0)
			slot = &lane->intended[i];
	}
	CHECK(slot != NULL);
	/* Nothing was there that could have been compared, or all of it is. */
	if (status == ST_OK)
		status = sync_book_set_compared(lane->folder->book);
	if (status != ST_OK)
		return status;
	*slot = (struct intended){
	    .group = request->group,
	    .receipt = {.notify = on_settled, .argument = &lane->relay->durable},
	};
	lane->untold++;
	return sync_book_intend(
	    lane->folder->book, &request->intent, &slot->receipt, &slot->number);
}

/* Tells sync/copy which intents have become durable. */
static enum status
look_at_intents(struct lane *lane)
{
	for (size_t i = 0; lane->untold > 0 && i < INTENTS_MAX; i++) {
		struct intended *slot = &lane->intended[i];

		if (slot->group == 0 || slot->is_told || !slot->receipt.is_settled)
			continue;
		if (slot->receipt.status != ST_OK)
			return slot->receipt.status;
		slot->is_told = true;
		lane->untold--;
		lane->relay->has_moved = true;
		sync_copy_feed_durable(lane->copy, slot->group);
	}
	return ST_OK;
}

static enum status
settle(struct lane *lane, const struct sync_copy_request *request)
{
	for (size_t i = 0; i < INTENTS_MAX; i++) {
		struct intended *slot = &lane->intended[i];
		struct sync_settlement settlement = {
		    .intent = slot->number,
		    .fates = request->fates,
		    .dst_uids = request->dst_uids,
		    .count = request->fate_count,
		};

		if (slot->group != request->group)
			continue;
		slot->group = 0;
		return sync_book_settle(lane->folder->book, &settlement);
	}
	return ST_OK;
}

/* The destination ------------------------------------------------------------------------- */

static enum status
begin_append(struct lane *lane, const struct sync_copy_request *request)
{
	struct relay *relay = lane->relay;
	struct begun *begun = &relay->begun[relay->begun_count];
	enum status status;

	CHECK(relay->begun_count < APPENDS_MAX);
	status = imap_session_append_begin(
	    endpoint_session(relay->worker->dst), lane->folder->dst_raw, &begun->command);
	if (status != ST_OK)
		return status;
	begun->append = request->append;
	begun->lane = lane;
	relay->begun_count++;
	return ST_OK;
}

/* Whether the rate lets another message begin now. */
static bool
may_go(struct relay *relay)
{
	struct bucket *bucket = &relay->worker->pass->messages_bucket;

	if (bucket->rate == 0 || bucket_has(bucket, 1, relay->now))
		return true;
	relay->rate_deadline = bucket_deadline(bucket, 1, relay->now);
	return false;
}

/* A message without octets that the server has not allowed to come: sync/copy sees nothing left
 * to send, but its command cannot end yet. */
static bool
is_empty_awaited(const struct lane *lane)
{
	const struct relay *relay = lane->relay;

	return !relay->is_dst_lost &&
	    imap_session_awaits_continuation(endpoint_session(relay->worker->dst)) &&
	    sync_copy_output(lane->copy).size == 0;
}

/* Whether a folder is being opened over a connection that may break again: with what is asked
 * for behind that, the answer could be lost, and nobody would know at what it broke. */
static bool
is_opening_warily(const struct relay *relay)
{
	for (size_t i = 0; i < relay->asked_count && relay->is_wary; i++) {
		if (relay->asked[i].kind == ASKED_EXAMINE ||
		    relay->asked[i].kind == ASKED_AGAIN)
			return true;
	}
	return false;
}

static void
hold(struct lane *lane)
{
	const struct relay *relay = lane->relay;
	struct sync_copy_holds holds = {
	    .messages = !may_go(lane->relay),
	    .ends = is_empty_awaited(lane),
	    .asks = relay->selected != lane || is_opening_warily(relay) ||
		tick_is_before(relay->now, relay->worker->pace_until),
	};

	/* Who was told to stop waits for nobody. */
	holds.begins = !relay->is_stopping &&
	    tick_is_before(relay->now, relay->worker->breaks[PASS_DST].until);
	for (size_t i = 0; i < relay->lane_count; i++) {
		struct sync_copy_load load;

		if (relay->lanes[i] == lane || relay->lanes[i]->is_done)
			continue;
		load = sync_copy_load(relay->lanes[i]->copy);
		/* What a server announced it may still not do: its first word is waited for. */
		holds.begins = holds.begins || load.is_sending ||
		    (load.groups > 0 && !relay->worker->has_stored);
		holds.groups_elsewhere += load.groups;
		holds.bytes_elsewhere += load.bytes;
		holds.replied_elsewhere = tick_later(holds.replied_elsewhere, load.replied);
	}
	sync_copy_hold(lane->copy, &holds);
}

/* All -------------------------------------------------------------------------------------- */

static enum status
carry(struct lane *lane, const struct sync_copy_request *request)
{
	struct pass_worker *worker = lane->relay->worker;

	switch (request->want) {
	case SYNC_COPY_ROWS:
	case SYNC_COPY_BODIES:
		return ask_src(lane, request);
	case SYNC_COPY_INTENT:
		return intend(lane, request);
	case SYNC_COPY_BEGIN:
		return begin_append(lane, request);
	case SYNC_COPY_MESSAGE:
		(void)bucket_take(&worker->pass->messages_bucket, 1, lane->relay->now);
		return imap_session_append_message(endpoint_session(worker->dst),
		    request->message.flags,
		    sync_nature_date(&lane->folder->nature, request->message.date),
		    request->size);
	case SYNC_COPY_END:
		return imap_session_append_end(endpoint_session(worker->dst));
	case SYNC_COPY_SETTLE:
		return settle(lane, request);
	case SYNC_COPY_OUTCOME:
		pass_tell_outcome(worker, lane->folder, request);
		return ST_OK;
	case SYNC_COPY_LEFT_OUT:
		pass_tell_excluded(
		    worker->pass, lane->folder, request->rule, request->left_out);
		return ST_OK;
	case SYNC_COPY_DROP:
		relay_replace_dst(lane->relay, request->is_careful);
		return ST_OK;
	case SYNC_COPY_DONE:
		/* What is repaired was listed before. */
		if (worker->repair == NULL)
			lane->folder->listed += request->listed;
		lane->is_done = true;
		return ST_OK;
	}
	return ST_CONFLICT;
}

bool
lane_carry(struct lane *lane)
{
	struct relay *relay = lane->relay;
	struct bytes name = lane->folder->map.src->display;
	enum status status = ST_OK;

	hold(lane);
	while (status == ST_OK && !lane->is_done) {
		struct sync_copy_request request;

		status = look_at_intents(lane);
		if (status == ST_OK)
			status = sync_copy_next(lane->copy, relay->now, &request);
		if (status == ST_OK)
			status = carry(lane, &request);
		if (status != ST_OK)
			break;
		relay->has_moved = true;
		if (request.want == SYNC_COPY_MESSAGE || request.want == SYNC_COPY_DROP)
			hold(lane);
	}
	if (status == ST_OK || status == ST_AGAIN)
		return true;
	fault_set(&relay->fault,
	    (struct fault_kind){status, CAUSE_OTHER, FAULT_ENDPOINT, RETRY_LATER},
	    "The folder %.*s could not be copied on (%s).", (int)name.size,
	    (const char *)name.data, status_name(status));
	return false;
}

void
lane_abandon(struct lane *lane)
{
	struct sync_copy_request request;

	while (
	    !lane->is_done && sync_copy_next(lane->copy, lane->relay->now, &request) == ST_OK) {
		lane->is_done = request.want == SYNC_COPY_DONE;
		if (request.want == SYNC_COPY_OUTCOME)
			pass_tell_outcome(lane->relay->worker, lane->folder, &request);
		if (request.want == SYNC_COPY_LEFT_OUT)
			pass_tell_excluded(lane->relay->worker->pass, lane->folder,
			    request.rule, request.left_out);
	}
}

enum status
lane_new(struct relay *relay, struct pass_folder *folder,
    const struct sync_copy_settings *settings, struct lane **lane_out, struct fault *fault)
{
	struct lane *lane = mem_take(sizeof(*lane));
	struct sync_copy_settings own = *settings;
	enum status status = ST_MEMORY;

	own.blocks = &relay->worker->pass->blocks;
	if (lane != NULL) {
		memset(lane, 0, sizeof(*lane));
		lane->relay = relay;
		lane->folder = folder;
		lane->is_examined = !settings->is_src_pending;
		if (sync_choice_needs_size(&settings->choice))
			lane->size_item = IMAP_FETCH_SIZE;
		status = sync_copy_new(&own, &lane->copy);
	}
	if (status != ST_OK)
		fault_set(fault,
		    (struct fault_kind){status, CAUSE_MEMORY, FAULT_FOLDER, RETRY_LATER},
		    "There is not enough memory to copy a folder.");
	else if (settings->is_src_pending)
		status = examine(lane, ASKED_EXAMINE, fault);
	if (status != ST_OK) {
		lane_free(&lane);
		return status;
	}
	relay->selected = lane;
	*lane_out = lane;
	return ST_OK;
}

void
lane_free(struct lane **lane)
{
	struct lane *closing = *lane;

	if (closing == NULL)
		return;
	for (size_t i = 0; i < INTENTS_MAX; i++) {
		if (closing->intended[i].group != 0)
			sync_book_forget(closing->folder->book, &closing->intended[i].receipt);
	}
	sync_copy_free(&closing->copy);
	mem_give(closing);
	*lane = NULL;
}
