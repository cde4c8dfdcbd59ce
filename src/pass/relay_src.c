/* SPDX-License-Identifier: Apache-2.0
 *
 * Copying one folder: what the source tells, in its order.
 */
#include "pass/relay.h"

#include <string.h>

enum {
	ROW_ITEMS = IMAP_FETCH_UID | IMAP_FETCH_FLAGS | IMAP_FETCH_DATE,
};

void
relay_lose_src(struct relay *relay)
{
	relay->is_src_lost = true;
	sync_copy_feed_src_lost(relay->copy);
}

void
relay_lose_dst(struct relay *relay)
{
	relay->is_dst_lost = true;
	sync_copy_feed_dst_lost(relay->copy);
	/* What the source still sends has nowhere to go. */
	if (!relay->is_src_lost)
		relay_lose_src(relay);
}

static enum status
feed_row(struct relay *relay, const struct imap_message *told)
{
	struct pass *pass = relay->worker->pass;
	struct message row = told->message;
	struct bytes dropped;
	enum status status;

	if (pass->options->skips_deleted && (row.flags.system & FLAG_DELETED) != 0) {
		relay->folder->totals.excluded++;
		pass->progress.totals.excluded++;
		return ST_OK;
	}
	arena_rewind(&relay->worker->arena);
	status = sync_flags_filter(&relay->folder->policy, told->message.flags,
	    &relay->worker->arena, &row.flags, &dropped);
	if (status != ST_OK)
		return status;
	if (dropped.size > 0)
		pass_tell_dropped_keywords(pass, relay->folder, row.uid, dropped);
	if (told->unusable_flags.size > 0)
		pass_tell_dropped_keywords(pass, relay->folder, row.uid, told->unusable_flags);
	return sync_copy_feed_row(relay->copy, &row);
}

/* The end of a FETCH response. A text counts from here on: a server that announced another
 * length than it sent does not get this far. */
static enum status
take_message(struct relay *relay, const struct imap_message *told, struct tick now)
{
	if (relay->is_body_open)
		sync_copy_feed_body_end(relay->copy, now);
	relay->is_body_open = false;
	if ((told->items & IMAP_FETCH_UID) == 0)
		return ST_OK;
	if ((told->items & IMAP_FETCH_BODY) != 0) {
		if (told->is_body_nil)
			sync_copy_feed_no_text(relay->copy, told->message.uid);
		return ST_OK;
	}
	if ((told->items & ROW_ITEMS) == ROW_ITEMS)
		return feed_row(relay, told);
	if ((told->items & IMAP_FETCH_FLAGS) != 0)
		sync_copy_feed_no_text(relay->copy, told->message.uid);
	return ST_OK;
}

/* The folder that was examined in the same burst as its first messages were asked for. */
static void
take_examined(struct relay *relay, const struct imap_completion *completion)
{
	const struct imap_selected *selected = completion->selected;
	struct imap_selected nothing = {0};

	relay->is_examined = true;
	if (completion->result != IMAP_RESULT_OK || selected == NULL) {
		pass_folder_unreadable(relay->worker, completion, relay->fault);
		sync_copy_feed_stop(relay->copy);
		selected = &nothing;
	} else {
		pass_folder_examined(relay->worker->pass, relay->folder, selected);
	}
	relay->is_empty = selected->exists == 0;
	sync_copy_feed_examined(relay->copy, selected->exists, selected->uidnext);
}

static enum status
take_asked(struct relay *relay, const struct imap_event *event)
{
	struct asked asked;

	for (size_t i = 1; i < relay->asked_count; i++) {
		/* Commands of one connection that depend on each other are done in order. */
		if (relay->asked[i].command.number == event->command.number)
			return fault_set(relay->fault,
			    (struct fault_kind){
				ST_SYNTAX, CAUSE_PROTOCOL, FAULT_ENDPOINT, RETRY_NEVER},
			    "The source says that it is done with a command before the one "
			    "that came before it.");
	}
	if (relay->asked_count == 0 || relay->asked[0].command.number != event->command.number)
		return ST_OK;
	asked = relay->asked[0];
	relay->asked_count--;
	memmove(relay->asked, relay->asked + 1, relay->asked_count * sizeof(asked));
	if (asked.kind == ASKED_EXAMINE) {
		take_examined(relay, &event->completion);
		return ST_OK;
	}
	/* Behind a refused EXAMINE, and in an empty folder, some servers answer BAD. */
	if (event->completion.result == IMAP_RESULT_BAD && !relay->is_empty)
		return endpoint_refusal(relay->worker->src, "give messages", &event->completion,
		    FAULT_FOLDER, relay->fault);
	if (asked.kind == ASKED_BODIES)
		sync_copy_feed_bodies_end(relay->copy);
	else
		sync_copy_feed_rows_end(relay->copy);
	return ST_OK;
}

static enum status
take_src_event(struct relay *relay, const struct imap_event *event, struct tick now)
{
	switch (event->kind) {
	case IMAP_EVENT_BODY_BEGIN:
		if (event->body.section != IMAP_SECTION_ALL)
			return ST_OK;
		if (relay->is_body_open)
			return fault_set(relay->fault,
			    (struct fault_kind){
				ST_SYNTAX, CAUSE_PROTOCOL, FAULT_ENDPOINT, RETRY_NEVER},
			    "The source sends two texts for one message.");
		if (event->body.uid.number == 0)
			return fault_set(relay->fault,
			    (struct fault_kind){
				ST_SYNTAX, CAUSE_PROTOCOL, FAULT_ENDPOINT, RETRY_NEVER},
			    "The source sends the text of a message before it says which "
			    "message it is.");
		/* A body that nobody asked for is skipped by sync/copy itself. */
		(void)!sync_copy_feed_body(relay->copy, event->body.uid, event->body.size);
		relay->is_body_open = true;
		return ST_OK;
	case IMAP_EVENT_BODY_DATA:
		if (event->body.section == IMAP_SECTION_ALL)
			sync_copy_feed_octets(relay->copy, event->body.data);
		return ST_OK;
	case IMAP_EVENT_MESSAGE:
		return take_message(relay, &event->message, now);
	case IMAP_EVENT_DONE:
		return take_asked(relay, event);
	case IMAP_EVENT_EXISTS:
		/* The number that EXAMINE told is not told again unless it changed. */
		relay->folder->has_grown = relay->is_examined;
		return ST_OK;
	case IMAP_EVENT_GREETING:
	case IMAP_EVENT_CAPABILITY:
	case IMAP_EVENT_FOLDER:
	case IMAP_EVENT_STATUS:
	case IMAP_EVENT_NAMESPACE:
	case IMAP_EVENT_ID:
	case IMAP_EVENT_EXPUNGE:
	case IMAP_EVENT_BODY_END:
	case IMAP_EVENT_CONTINUE:
	case IMAP_EVENT_ALERT:
	case IMAP_EVENT_BYE:
		break;
	}
	return ST_OK;
}

void
relay_pump_src(struct relay *relay)
{
	while (!relay->is_src_lost) {
		size_t room = sync_copy_room(relay->copy);
		struct imap_event event;
		enum status status;

		if (room == 0)
			return;
		status = endpoint_next(relay->worker->src, room, &event, relay->fault);
		if (status == ST_AGAIN)
			return;
		relay->has_moved = true;
		if (status == ST_OK)
			status = take_src_event(relay, &event, relay->now);
		if (status != ST_OK) {
			fault_set(relay->fault,
			    (struct fault_kind){
				status, CAUSE_MEMORY, FAULT_ENDPOINT, RETRY_LATER},
			    "There is not enough memory to list a folder.");
			relay_lose_src(relay);
		}
	}
}
