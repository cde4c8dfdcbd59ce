/* SPDX-License-Identifier: Apache-2.0
 *
 * Copying one folder: what the source tells, in its order.
 */
#include "pass/nature.h"
#include "pass/relay.h"

#include <string.h>

#include "base/check.h"
#include "pass/refused.h"
#include "pass/tell.h"
#include "sync/repair.h"

enum {
	ROW_ITEMS = IMAP_FETCH_UID | IMAP_FETCH_FLAGS | IMAP_FETCH_DATE,
};

void
relay_ask(
    struct relay *relay, struct lane *lane, struct imap_command command, enum asked_kind kind)
{
	CHECK(relay->asked_count < ASKED_MAX);
	relay->asked[relay->asked_count++] = (struct asked){command, kind, lane};
}

/* Whose messages the source is telling of: commands of one connection that depend on each other
 * are done in order. NULL: nobody asked. */
static struct lane *
told_lane(const struct relay *relay)
{
	return relay->asked_count > 0 ? relay->asked[0].lane : relay->selected;
}

/* How many octets may be read from the source now. They may go beyond what is told to this
 * lane, into the reserve of the next. */
static size_t
room_of(const struct relay *relay)
{
	const struct lane *lane = told_lane(relay);
	size_t room = lane == NULL ? SYNC_COPY_RESERVE : sync_copy_room(lane->copy);

	if (relay->worker->repair != NULL && room > SYNC_REPAIR_FEED_MAX)
		return SYNC_REPAIR_FEED_MAX;
	return room < SYNC_COPY_RESERVE ? room : SYNC_COPY_RESERVE;
}

bool
relay_has_room(const struct relay *relay)
{
	return room_of(relay) > 0;
}

static enum status
protocol_fault(struct relay *relay, const char *text)
{
	return fault_set(&relay->fault,
	    (struct fault_kind){ST_SYNTAX, CAUSE_PROTOCOL, FAULT_ENDPOINT, RETRY_NEVER}, "%s",
	    text);
}

static enum status
feed_row(struct lane *lane, const struct imap_message *told)
{
	struct pass_worker *worker = lane->relay->worker;
	struct pass *pass = worker->pass;
	struct pass_folder *folder = lane->folder;
	struct message row = told->message;
	struct bytes dropped;
	enum status status;

	arena_rewind(&worker->arena);
	status = sync_flags_filter(
	    &folder->policy, told->message.flags, &worker->arena, &row.flags, &dropped);
	if (status != ST_OK)
		return status;
	/* Told when it was refused as it is. */
	if (worker->repair != NULL)
		return sync_copy_feed_row(lane->copy, &row);
	if (dropped.size > 0)
		pass_tell_dropped_keywords(pass, folder, row.uid, dropped);
	if (told->unusable_flags.size > 0)
		pass_tell_dropped_keywords(pass, folder, row.uid, told->unusable_flags);
	return sync_copy_feed_row(lane->copy, &row);
}

/* Octets of a text that is repaired on its way. */
static enum status
feed_repaired(struct lane *lane, struct bytes octets, bool is_over)
{
	struct repair *repair = lane->relay->worker->repair;
	struct bytes piece;
	enum status status;

	while ((status = pass_repair_next(repair, &octets, is_over, &piece)) == ST_OK)
		sync_copy_feed_octets(lane->copy, piece);
	if (status != ST_CONFLICT)
		return ST_OK;
	return protocol_fault(lane->relay,
	    "The source gives another text for a message than it gave before, so that it was "
	    "not repaired.");
}

/* The end of a FETCH response. A text counts from here on: a server that announced another
 * length than it sent does not get this far. */
static enum status
take_message(struct lane *lane, const struct imap_message *told)
{
	struct relay *relay = lane->relay;

	if (relay->is_body_open && relay->worker->repair != NULL &&
	    feed_repaired(lane, (struct bytes){NULL, 0}, true) != ST_OK)
		return relay->fault.status;
	if (relay->is_body_open) {
		sync_copy_feed_body_end(lane->copy, relay->now);
		pass_has_come(relay->worker, PASS_SRC);
		relay->is_wary = false;
	}
	relay->is_body_open = false;
	if ((told->items & IMAP_FETCH_UID) == 0)
		return ST_OK;
	if ((told->items & IMAP_FETCH_BODY) != 0) {
		if (told->is_body_nil)
			sync_copy_feed_no_text(lane->copy, told->message.uid);
		return ST_OK;
	}
	if ((told->items & ROW_ITEMS) == ROW_ITEMS)
		return feed_row(lane, told);
	if ((told->items & IMAP_FETCH_FLAGS) != 0)
		sync_copy_feed_no_text(lane->copy, told->message.uid);
	return ST_OK;
}

/* The folder that was examined in the same burst as its first messages were asked for. */
static void
take_examined(struct lane *lane, const struct imap_completion *completion)
{
	struct pass_worker *worker = lane->relay->worker;
	const struct imap_selected *selected = completion->selected;
	struct imap_selected nothing = {0};

	lane->is_examined = true;
	if (completion->result != IMAP_RESULT_OK || selected == NULL) {
		pass_unreadable(worker->src, completion, &lane->fault);
		sync_copy_feed_stop(lane->copy);
		selected = &nothing;
	} else {
		pass_folder_examined(worker->pass, lane->folder, selected);
	}
	lane->is_empty = selected->exists == 0;
	sync_copy_feed_examined(lane->copy, selected->exists, selected->uidnext);
}

/* The folder was open before: its UIDs must still mean the same messages. */
static void
take_examined_again(struct lane *lane, const struct imap_completion *completion)
{
	if (completion->result != IMAP_RESULT_OK || completion->selected == NULL)
		pass_unreadable(lane->relay->worker->src, completion, &lane->fault);
	else if (completion->selected->uidvalidity == lane->folder->src_uidvalidity)
		return;
	fault_set(&lane->fault,
	    (struct fault_kind){ST_CONFLICT, CAUSE_CONTENT, FAULT_FOLDER, RETRY_LATER},
	    "The source gave this folder's messages other numbers (UIDVALIDITY) while they "
	    "were copied; run the same command again.");
	lane->is_empty = true;
	sync_copy_feed_stop(lane->copy);
}

/* Whoever is not logged in any more gets no other folder either. */
static bool
is_logged_out(const struct imap_completion *completion)
{
	return completion->result == IMAP_RESULT_NO &&
	    completion->code == IMAP_CODE_AUTHENTICATIONFAILED;
}

/* Another connection asks again after the wait: nothing that was asked for over this one can be
 * taken for its answers. */
static bool
is_for_later(struct relay *relay, const struct imap_completion *completion, struct fault *fault)
{
	if (completion->result != IMAP_RESULT_NO || relay->worker->repair != NULL)
		return false;
	endpoint_refusal(relay->worker->src, IMAP_PHASE_READ, "give messages", completion,
	    FAULT_FOLDER, fault);
	return pass_may_open_again(relay->worker, PASS_SRC, fault);
}

static enum status
take_answer(struct lane *lane, enum asked_kind kind, const struct imap_completion *completion)
{
	struct relay *relay = lane->relay;
	struct fault fault = {0};

	if (is_logged_out(completion))
		return endpoint_refusal(relay->worker->src, IMAP_PHASE_READ, "give messages",
		    completion, FAULT_ENDPOINT, &relay->fault);
	if (is_for_later(relay, completion, &fault)) {
		relay_replace_src(relay, &fault);
		return ST_OK;
	}
	switch (kind) {
	case ASKED_EXAMINE:
		take_examined(lane, completion);
		return ST_OK;
	case ASKED_AGAIN:
		take_examined_again(lane, completion);
		return ST_OK;
	case ASKED_ROWS:
	case ASKED_BODIES:
		break;
	}
	/* Behind a refused EXAMINE, and in an empty folder, some servers answer BAD. */
	if (completion->result == IMAP_RESULT_BAD && !lane->is_empty) {
		endpoint_refusal(lane->relay->worker->src, IMAP_PHASE_READ, "give messages",
		    completion, FAULT_FOLDER, &lane->fault);
		sync_copy_feed_stop(lane->copy);
	}
	if (kind == ASKED_BODIES && completion->result != IMAP_RESULT_OK)
		sync_copy_feed_no_texts(lane->copy);
	if (kind == ASKED_BODIES)
		sync_copy_feed_bodies_end(lane->copy);
	else
		sync_copy_feed_rows_end(lane->copy);
	return ST_OK;
}

static bool
is_fetch(enum asked_kind kind)
{
	return kind == ASKED_ROWS || kind == ASKED_BODIES;
}

/* Whether `asked[index]` may be answered before those that came before it: Dovecot ends a FETCH
 * of texts before the FETCH of rows in front of it, when its client reads slowly, and one of
 * rows before that of other texts. */
static bool
may_overtake(const struct relay *relay, size_t index)
{
	const struct asked *asked = &relay->asked[index];

	for (size_t i = 0; i < index; i++) {
		const struct asked *earlier = &relay->asked[i];

		if (!is_fetch(asked->kind) || !is_fetch(earlier->kind) ||
		    earlier->kind == asked->kind || earlier->lane != asked->lane)
			return false;
	}
	return true;
}

static enum status
take_done(struct relay *relay, const struct imap_event *event)
{
	struct asked asked;
	size_t i = 0;

	while (
	    i < relay->asked_count && relay->asked[i].command.number != event->command.number)
		i++;
	if (i == relay->asked_count)
		return ST_OK;
	if (!may_overtake(relay, i))
		return protocol_fault(relay,
		    "The source says that it is done with a command before the one that came "
		    "before it.");
	pass_pace_note(relay->worker, &event->completion, relay->now);
	asked = relay->asked[i];
	relay->asked_count--;
	memmove(
	    relay->asked + i, relay->asked + i + 1, (relay->asked_count - i) * sizeof(asked));
	return take_answer(asked.lane, asked.kind, &event->completion);
}

static enum status
take_body(struct lane *lane, const struct imap_event *event)
{
	struct relay *relay = lane->relay;
	uint64_t size = event->body.size;
	enum status status;

	if (event->body.section != IMAP_SECTION_ALL)
		return ST_OK;
	if (relay->is_body_open)
		return protocol_fault(relay, "The source sends two texts for one message.");
	if (event->body.uid.number == 0)
		return protocol_fault(relay,
		    "The source sends the text of a message before it says which message it "
		    "is.");
	if (relay->worker->repair != NULL &&
	    !pass_repair_begin(relay->worker->repair, event->body.uid, &size)) {
		sync_copy_feed_no_text(lane->copy, event->body.uid);
		return ST_OK;
	}
	status = sync_copy_feed_body(lane->copy, event->body.uid, size);
	relay->is_body_open = true;
	/* A body that nobody asked for is skipped by sync/copy itself. */
	return status == ST_ABSENT ? ST_OK : status;
}

static enum status
take_octets(struct lane *lane, struct bytes octets)
{
	if (lane->relay->worker->repair == NULL)
		sync_copy_feed_octets(lane->copy, octets);
	else if (lane->relay->is_body_open)
		return feed_repaired(lane, octets, false);
	return ST_OK;
}

static enum status
take_event(struct relay *relay, const struct imap_event *event)
{
	struct lane *lane = told_lane(relay);

	if (event->kind == IMAP_EVENT_DONE)
		return take_done(relay, event);
	if (lane == NULL)
		return ST_OK;
	if (event->kind == IMAP_EVENT_BODY_BEGIN)
		return take_body(lane, event);
	if (event->kind == IMAP_EVENT_BODY_DATA && event->body.section == IMAP_SECTION_ALL)
		return take_octets(lane, event->body.data);
	if (event->kind == IMAP_EVENT_MESSAGE)
		return take_message(lane, &event->message);
	/* The number that EXAMINE told is not told again unless it changed. */
	if (event->kind == IMAP_EVENT_EXISTS && lane->is_examined)
		lane->folder->has_grown = true;
	return ST_OK;
}

void
relay_pump_src(struct relay *relay)
{
	while (!relay->is_src_lost) {
		size_t room = room_of(relay);
		struct imap_event event;
		struct fault fault = {0};
		enum status status;

		if (room == 0)
			return;
		status = endpoint_next(relay->worker->src, room, &event, &fault);
		if (status == ST_AGAIN)
			return;
		relay->has_moved = true;
		if (fault_is_set(&fault)) {
			relay_replace_src(relay, &fault);
			return;
		}
		if (status == ST_OK)
			status = take_event(relay, &event);
		if (status != ST_OK) {
			fault_set(&relay->fault,
			    (struct fault_kind){
				status, CAUSE_MEMORY, FAULT_ENDPOINT, RETRY_LATER},
			    "There is not enough memory to go on reading a folder.");
			relay_lose_src(relay);
		}
	}
}
