/* SPDX-License-Identifier: Apache-2.0
 *
 * Copying one folder: carries what sync/copy asks for to the two endpoints and the ledger, and
 * feeds back what happened there. All decisions are sync/copy's.
 */
#include "pass/private.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "sync/copy.h"

enum {
	ASKED_MAX = 8,     /* commands open at the source */
	APPENDS_MAX = 256, /* commands open at the destination */
	UIDS_MAX = 256,    /* in one APPENDUID */
	DROPS_MAX = 30,    /* of one worker's destination connection */
	INTENTS_MAX = 16,  /* not yet settled */
	ROW_ITEMS = IMAP_FETCH_UID | IMAP_FETCH_FLAGS | IMAP_FETCH_DATE,
};

static const int64_t finish_within_us = 10 * 1000000LL;

struct asked {
	struct imap_command command;
	bool is_bodies;
};

struct begun {
	struct imap_command command;
	uint32_t append;
};

struct intended {
	uint32_t group; /* 0: free */
	bool is_told;   /* sync/copy knows that it is durable */
	struct sync_receipt receipt;
};

struct relay {
	struct pass_worker *worker;
	struct pass_folder *folder;
	struct sync_copy *copy;
	struct asked asked[ASKED_MAX]; /* oldest first */
	size_t asked_count;
	struct begun begun[APPENDS_MAX]; /* oldest first */
	size_t begun_count;
	struct intended intended[INTENTS_MAX];
	struct fiber_source durable;
	bool is_body_open; /* a text has begun whose FETCH response has not ended */
	bool is_src_lost;
	bool is_dst_lost;
	bool is_done;
	bool has_moved;
	bool is_stopping;
	struct tick now; /* read once a turn: clocks are dear beside a small message */
	struct tick stop_deadline;
	struct tick rate_deadline;
	struct fault *fault;
};

/* The source ---------------------------------------------------------------------------- */

static void
lose_src(struct relay *relay)
{
	relay->is_src_lost = true;
	sync_copy_feed_src_lost(relay->copy);
}

static void
lose_dst(struct relay *relay)
{
	relay->is_dst_lost = true;
	sync_copy_feed_dst_lost(relay->copy);
	/* What the source still sends has nowhere to go. */
	if (!relay->is_src_lost)
		lose_src(relay);
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

static enum status
take_asked(struct relay *relay, const struct imap_event *event)
{
	struct asked asked;

	if (relay->asked_count == 0 || relay->asked[0].command.number != event->command.number)
		return ST_OK;
	asked = relay->asked[0];
	relay->asked_count--;
	memmove(relay->asked, relay->asked + 1, relay->asked_count * sizeof(asked));
	if (event->completion.result == IMAP_RESULT_BAD)
		return endpoint_refusal(relay->worker->src, "give messages", &event->completion,
		    FAULT_FOLDER, relay->fault);
	if (asked.is_bodies)
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
		relay->folder->has_grown = true;
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

static void
pump_src(struct relay *relay)
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
		if (status != ST_OK)
			lose_src(relay);
	}
}

/* The destination ------------------------------------------------------------------------- */

static enum sync_reply
reply_of(const struct imap_completion *completion)
{
	if (completion->result == IMAP_RESULT_OK)
		return SYNC_REPLY_OK;
	if (completion->result == IMAP_RESULT_BAD)
		return SYNC_REPLY_BAD;
	switch (completion->code) {
	case IMAP_CODE_OVERQUOTA:
	case IMAP_CODE_NOPERM:
	case IMAP_CODE_AUTHORIZATIONFAILED:
	case IMAP_CODE_READ_ONLY:
		return SYNC_REPLY_STOP;
	case IMAP_CODE_NONE:
	case IMAP_CODE_OTHER:
	case IMAP_CODE_ALERT:
	case IMAP_CODE_ALREADYEXISTS:
	case IMAP_CODE_APPENDUID:
	case IMAP_CODE_AUTHENTICATIONFAILED:
	case IMAP_CODE_CANNOT:
	case IMAP_CODE_CLIENTBUG:
	case IMAP_CODE_CONTACTADMIN:
	case IMAP_CODE_EXPIRED:
	case IMAP_CODE_INUSE:
	case IMAP_CODE_LIMIT:
	case IMAP_CODE_NONEXISTENT:
	case IMAP_CODE_PRIVACYREQUIRED:
	case IMAP_CODE_READ_WRITE:
	case IMAP_CODE_SERVERBUG:
	case IMAP_CODE_TOOBIG:
	case IMAP_CODE_TRYCREATE:
	case IMAP_CODE_UNAVAILABLE:
	case IMAP_CODE_COUNT:
		break;
	}
	return SYNC_REPLY_NO;
}

/* A refusal that stops the folder: told once, and a full mailbox stops everything. */
static void
note_stop(struct relay *relay, const struct imap_completion *completion)
{
	struct pass *pass = relay->worker->pass;
	struct fault fault = {0};

	endpoint_refusal(
	    relay->worker->dst, "take more messages", completion, FAULT_FOLDER, &fault);
	if (fault.cause == CAUSE_FULL) {
		if (!fault_is_set(&pass->fault))
			pass->fault = fault;
		pass_stop_all(pass);
	} else if (!fault_is_set(relay->fault)) {
		*relay->fault = fault;
	}
}

static void
note_bad(struct relay *relay, const struct imap_completion *completion)
{
	char text[FAULT_QUOTE_SIZE];

	fault_set(relay->fault,
	    (struct fault_kind){ST_REFUSED, CAUSE_PROTOCOL, FAULT_ENDPOINT, RETRY_LATER},
	    "The destination answered BAD to an APPEND, so the connection was dropped before "
	    "it "
	    "could take message text for commands: %s",
	    fault_quote(completion->text, text));
}

/* By the RFC a refusal stores nothing; some families have shown otherwise, and after a BAD we
 * believe only those that were proved. */
static bool
proves_not_stored(const struct endpoint *dst, const struct imap_completion *completion)
{
	if (completion->result == IMAP_RESULT_BAD)
		return endpoint_has_quirk(dst, IMAP_QUIRK_NO_MEANS_NOT_STORED);
	return !endpoint_has_quirk(dst, IMAP_QUIRK_NO_MAY_HAVE_STORED);
}

static void
take_reply(struct relay *relay, const struct imap_event *event, struct tick now)
{
	const struct imap_completion *completion = &event->completion;
	uint32_t uids[UIDS_MAX];
	struct sync_copy_reply reply = {
	    .reply = reply_of(completion),
	    .text = completion->text,
	    .is_not_stored = proves_not_stored(relay->worker->dst, completion),
	    .is_in_place_of_literal = completion->is_in_place_of_literal,
	};
	size_t i = 0;

	while (
	    i < relay->begun_count && relay->begun[i].command.number != event->command.number)
		i++;
	if (i == relay->begun_count)
		return;
	reply.append = relay->begun[i].append;
	relay->begun_count--;
	memmove(relay->begun + i, relay->begun + i + 1,
	    (relay->begun_count - i) * sizeof(relay->begun[0]));
	reply.uid_count =
	    endpoint_append_uids(completion, relay->folder->dst_uidvalidity, uids, UIDS_MAX);
	if (reply.uid_count > 0)
		reply.uids = uids;
	if (reply.reply == SYNC_REPLY_STOP)
		note_stop(relay, completion);
	if (reply.reply == SYNC_REPLY_BAD)
		note_bad(relay, completion);
	(void)!sync_copy_feed_reply(relay->copy, &reply, now);
}

/* One event at a time: what a reply settles is told before the next is heard. */
static void
pump_dst(struct relay *relay)
{
	struct imap_event event;
	enum status status;

	if (relay->is_dst_lost)
		return;
	status = endpoint_next(relay->worker->dst, SIZE_MAX, &event, relay->fault);
	if (status == ST_AGAIN)
		return;
	relay->has_moved = true;
	if (status != ST_OK)
		lose_dst(relay);
	else if (event.kind == IMAP_EVENT_DONE)
		take_reply(relay, &event, relay->now);
}

/* Octets of the ring into the destination's link, as fast as the rate allows. */
static void
move_octets(struct relay *relay)
{
	struct pass *pass = relay->worker->pass;

	while (!relay->is_dst_lost) {
		struct bytes octets = sync_copy_output(relay->copy);
		struct tick now = relay->now;
		uint64_t allowed;
		size_t sent;

		if (octets.size == 0)
			return;
		allowed = bucket_take(&pass->bytes_bucket, octets.size, now);
		sent = endpoint_write_literal(
		    relay->worker->dst, bytes_first(octets, (size_t)allowed));
		bucket_give(&pass->bytes_bucket, allowed - sent);
		if (allowed == 0)
			relay->rate_deadline = bucket_deadline(
			    &pass->bytes_bucket, pass->bytes_bucket.burst / 4, now);
		if (sent == 0)
			return;
		relay->has_moved = true;
		sync_copy_sent(relay->copy, sent);
	}
}

/* Requests -------------------------------------------------------------------------------- */

static enum status
ask_src(struct relay *relay, const struct sync_copy_request *request)
{
	bool is_bodies = request->want == SYNC_COPY_BODIES;
	uint32_t items = IMAP_FETCH_FLAGS | IMAP_FETCH_DATE;
	struct imap_command command;
	enum status status;

	if (is_bodies)
		items = IMAP_FETCH_BODY | (request->is_second_try ? IMAP_FETCH_FLAGS : 0U);
	CHECK(relay->asked_count < ASKED_MAX);
	status = imap_session_fetch(
	    endpoint_session(relay->worker->src), request->uids, items, &command);
	if (status != ST_OK)
		return status;
	relay->asked[relay->asked_count++] = (struct asked){command, is_bodies};
	endpoint_flush(relay->worker->src);
	return ST_OK;
}

static void
on_settled(void *argument)
{
	fiber_signal(argument);
}

static enum status
intend(struct relay *relay, const struct sync_copy_request *request)
{
	struct sync_ledger *ledger = relay->worker->pass->ledger;
	struct intended *slot = NULL;

	for (size_t i = 0; i < INTENTS_MAX && slot == NULL; i++) {
		if (relay->intended[i].group == 0)
			slot = &relay->intended[i];
	}
	CHECK(slot != NULL);
	*slot = (struct intended){
	    .group = request->group,
	    .receipt = {.notify = on_settled, .argument = &relay->durable},
	};
	return ledger->ops->intend(ledger, &request->intent, &slot->receipt);
}

/* Tells sync/copy which intents have become durable. */
static enum status
look_at_intents(struct relay *relay)
{
	for (size_t i = 0; i < INTENTS_MAX; i++) {
		struct intended *slot = &relay->intended[i];

		if (slot->group == 0 || slot->is_told || !slot->receipt.is_settled)
			continue;
		if (slot->receipt.status != ST_OK)
			return slot->receipt.status;
		slot->is_told = true;
		relay->has_moved = true;
		sync_copy_feed_durable(relay->copy, slot->group);
	}
	return ST_OK;
}

static enum status
settle(struct relay *relay, const struct sync_copy_request *request)
{
	struct sync_ledger *ledger = relay->worker->pass->ledger;

	for (size_t i = 0; i < INTENTS_MAX; i++) {
		struct intended *slot = &relay->intended[i];

		if (slot->group != request->group)
			continue;
		slot->group = 0;
		return ledger->ops->settle(
		    ledger, slot->receipt.number, request->settled, request->dst_uids);
	}
	return ST_OK;
}

static enum status
begin_append(struct relay *relay, const struct sync_copy_request *request)
{
	struct begun *begun = &relay->begun[relay->begun_count];
	enum status status;

	CHECK(relay->begun_count < APPENDS_MAX);
	status = imap_session_append_begin(
	    endpoint_session(relay->worker->dst), relay->folder->dst_raw, &begun->command);
	if (status != ST_OK)
		return status;
	begun->append = request->append;
	relay->begun_count++;
	return ST_OK;
}

/* Another connection to the destination, over which no literal goes unasked. */
static void
replace_dst(struct relay *relay)
{
	struct pass_worker *worker = relay->worker;

	endpoint_close(&worker->dst, true);
	relay->begun_count = 0;
	worker->is_careful = true;
	if (relay->is_src_lost || ++worker->drops > DROPS_MAX) {
		fault_set(relay->fault,
		    (struct fault_kind){
			ST_REFUSED, CAUSE_PROTOCOL, FAULT_ENDPOINT, RETRY_LATER},
		    "The destination broke off message after message; it was given up.");
		lose_dst(relay);
	} else if (pass_open_pair(worker, relay->fault) != ST_OK) {
		lose_dst(relay);
	} else {
		sync_copy_feed_dst_dropped(relay->copy);
	}
}

static enum status
carry(struct relay *relay, const struct sync_copy_request *request)
{
	struct endpoint *dst = relay->worker->dst;

	switch (request->want) {
	case SYNC_COPY_ROWS:
	case SYNC_COPY_BODIES:
		return ask_src(relay, request);
	case SYNC_COPY_INTENT:
		return intend(relay, request);
	case SYNC_COPY_BEGIN:
		return begin_append(relay, request);
	case SYNC_COPY_MESSAGE:
		return imap_session_append_message(endpoint_session(dst),
		    request->message.flags, request->message.date, request->size);
	case SYNC_COPY_END:
		return imap_session_append_end(endpoint_session(dst));
	case SYNC_COPY_SETTLE:
		return settle(relay, request);
	case SYNC_COPY_OUTCOME:
		pass_tell_outcome(relay->worker, relay->folder, request);
		return ST_OK;
	case SYNC_COPY_DROP:
		replace_dst(relay);
		return ST_OK;
	case SYNC_COPY_DONE:
		relay->folder->listed += request->listed;
		relay->is_done = true;
		return ST_OK;
	}
	return ST_CONFLICT;
}

/* Whether the rate lets another message begin now. */
static bool
may_go(struct relay *relay, struct tick now)
{
	struct bucket *bucket = &relay->worker->pass->messages_bucket;

	if (bucket->rate == 0 || bucket_has(bucket, 1, now))
		return true;
	relay->rate_deadline = bucket_deadline(bucket, 1, now);
	return false;
}

/* A message without octets that the server has not allowed to come: sync/copy sees nothing left
 * to send, but its command cannot end yet. */
static bool
is_empty_awaited(const struct relay *relay)
{
	return !relay->is_dst_lost &&
	    imap_session_awaits_continuation(endpoint_session(relay->worker->dst)) &&
	    sync_copy_output(relay->copy).size == 0;
}

static enum status
carry_all(struct relay *relay)
{
	struct pass *pass = relay->worker->pass;

	while (!relay->is_done) {
		struct tick now = relay->now;
		struct sync_copy_request request;
		enum status status;

		status = look_at_intents(relay);
		sync_copy_hold(relay->copy, !may_go(relay, now), is_empty_awaited(relay));
		if (status == ST_OK)
			status = sync_copy_next(relay->copy, now, &request);
		if (status == ST_AGAIN)
			return ST_OK;
		if (status == ST_OK && request.want == SYNC_COPY_MESSAGE)
			(void)bucket_take(&pass->messages_bucket, 1, now);
		if (status == ST_OK)
			status = carry(relay, &request);
		if (status != ST_OK)
			return fault_set(relay->fault,
			    (struct fault_kind){
				status, CAUSE_OTHER, FAULT_ENDPOINT, RETRY_LATER},
			    "The folder %.*s could not be copied on (%s).",
			    (int)relay->folder->map.src->display.size,
			    (const char *)relay->folder->map.src->display.data,
			    status_name(status));
		relay->has_moved = true;
	}
	return ST_OK;
}

/* The loop -------------------------------------------------------------------------------- */

static struct tick
next_deadline(const struct relay *relay)
{
	struct tick deadline =
	    tick_earlier(sync_copy_deadline(relay->copy), relay->rate_deadline);

	/* A source that we do not read from cannot be late. */
	if (!relay->is_src_lost && sync_copy_room(relay->copy) > 0)
		deadline = tick_earlier(deadline, endpoint_deadline(relay->worker->src));
	if (!relay->is_dst_lost)
		deadline = tick_earlier(deadline, endpoint_deadline(relay->worker->dst));
	if (relay->is_stopping)
		deadline = tick_earlier(deadline, relay->stop_deadline);
	return deadline;
}

/* After a wait that ended by time: who is late? */
static void
look_for_late(struct relay *relay)
{
	struct tick now = fiber_now();

	if (relay->is_stopping && !tick_is_before(now, relay->stop_deadline)) {
		fault_set(relay->fault,
		    (struct fault_kind){
			ST_CANCELED, CAUSE_CANCELED, FAULT_MAILBOX, RETRY_LATER},
		    "Stopped; what was under way did not finish in time.");
		lose_dst(relay);
		return;
	}
	if (!relay->is_src_lost && sync_copy_room(relay->copy) > 0 &&
	    !tick_is_before(now, endpoint_deadline(relay->worker->src))) {
		endpoint_silence(relay->worker->src, relay->fault);
		lose_src(relay);
	}
	if (!relay->is_dst_lost &&
	    !tick_is_before(now, endpoint_deadline(relay->worker->dst))) {
		endpoint_silence(relay->worker->dst, relay->fault);
		lose_dst(relay);
	}
}

static enum status
wait_for_more(struct relay *relay)
{
	struct fiber_source *sources[4] = {&relay->worker->poke, &relay->durable};
	size_t count = 2;

	if (!relay->is_src_lost)
		sources[count++] = endpoint_source(relay->worker->src);
	if (!relay->is_dst_lost)
		sources[count++] = endpoint_source(relay->worker->dst);
	switch (fiber_wait(sources, count, next_deadline(relay))) {
	case FIBER_SIGNALED:
		return ST_OK;
	case FIBER_TIMEOUT:
		look_for_late(relay);
		return ST_OK;
	case FIBER_CANCELED:
		break;
	}
	return fault_set(relay->fault,
	    (struct fault_kind){ST_CANCELED, CAUSE_CANCELED, FAULT_MAILBOX, RETRY_LATER},
	    "Stopped.");
}

static void
heed_stop(struct relay *relay)
{
	struct pass *pass = relay->worker->pass;

	if (!pass->is_finishing || relay->is_stopping)
		return;
	relay->is_stopping = true;
	relay->stop_deadline = tick_after(relay->now, finish_within_us);
	sync_copy_feed_stop(relay->copy);
}

static enum status
run(struct relay *relay)
{
	while (!relay->is_done) {
		enum status status = ST_OK;

		relay->now = fiber_now();
		relay->has_moved = false;
		relay->rate_deadline = TICK_NEVER;
		heed_stop(relay);
		pump_src(relay);
		status = carry_all(relay);
		move_octets(relay);
		pump_dst(relay);
		if (status == ST_OK)
			status = carry_all(relay);
		if (status == ST_OK && !relay->is_done && !relay->has_moved)
			status = wait_for_more(relay);
		if (status != ST_OK)
			return status;
	}
	return ST_OK;
}

/* Stopped in the middle: what was given to the destination and not answered is in doubt, and that
 * is told before everything is let go. */
static void
abandon(struct relay *relay)
{
	struct sync_copy_request request;

	if (!relay->is_dst_lost)
		lose_dst(relay);
	while (sync_copy_next(relay->copy, relay->now, &request) == ST_OK &&
	    request.want != SYNC_COPY_DONE) {
		if (request.want == SYNC_COPY_OUTCOME)
			pass_tell_outcome(relay->worker, relay->folder, &request);
	}
}

enum status
pass_relay(struct pass_worker *worker, struct pass_folder *folder,
    const struct sync_copy_settings *settings, struct fault *fault)
{
	struct relay *relay = mem_take(sizeof(*relay));
	enum status status = ST_MEMORY;

	if (relay != NULL) {
		memset(relay, 0, sizeof(*relay));
		relay->worker = worker;
		relay->folder = folder;
		relay->fault = fault;
		status = sync_copy_new(settings, &relay->copy);
	}
	if (status != ST_OK) {
		mem_give(relay);
		return fault_set(fault,
		    (struct fault_kind){status, CAUSE_MEMORY, FAULT_FOLDER, RETRY_LATER},
		    "There is not enough memory to copy a folder.");
	}
	status = run(relay);
	if (!relay->is_done)
		abandon(relay);
	sync_copy_free(&relay->copy);
	mem_give(relay);
	if (status == ST_OK && fault_is_set(fault))
		status = fault->status;
	return status;
}
