/* SPDX-License-Identifier: Apache-2.0
 *
 * Copying one folder: octets to the destination, and what it answers.
 */
#include "pass/relay.h"
#include "pass/tell.h"

#include <string.h>

enum {
	UIDS_MAX = 256, /* in one APPENDUID */
};

/* Whether every further message would meet the same refusal. */
static bool
is_stop(enum imap_trouble trouble)
{
	static const enum imap_trouble stops[] = {IMAP_TROUBLE_FULL, IMAP_TROUBLE_RIGHTS,
	    IMAP_TROUBLE_THROTTLED, IMAP_TROUBLE_DAILY_QUOTA, IMAP_TROUBLE_CONNECTIONS,
	    IMAP_TROUBLE_SESSION_EXPIRED, IMAP_TROUBLE_NO_MAILBOX, IMAP_TROUBLE_WRONG_PASSWORD};

	for (size_t i = 0; i < sizeof(stops) / sizeof(stops[0]); i++) {
		if (stops[i] == trouble)
			return true;
	}
	return false;
}

/* Whether it is the message that is not taken, as far as the words go: in another form it may
 * be. */
static bool
is_about_content(enum imap_trouble trouble)
{
	return trouble == IMAP_TROUBLE_BAD_MESSAGE || trouble == IMAP_TROUBLE_OTHER ||
	    trouble == IMAP_TROUBLE_PROTOCOL;
}

static enum sync_reply
reply_of(const struct imap_completion *completion, const struct imap_verdict *verdict)
{
	if (completion->result == IMAP_RESULT_OK)
		return SYNC_REPLY_OK;
	if (completion->result == IMAP_RESULT_BAD)
		return SYNC_REPLY_BAD;
	return is_stop(verdict->trouble) ? SYNC_REPLY_STOP : SYNC_REPLY_NO;
}

/* A refusal that stops the folder: told once, and a full mailbox stops everything. */
static void
note_stop(struct lane *lane, const struct imap_completion *completion)
{
	struct pass_worker *worker = lane->relay->worker;
	struct pass *pass = worker->pass;
	struct fault fault = {0};

	endpoint_refusal(worker->dst, IMAP_PHASE_APPEND, "take more messages", completion,
	    FAULT_FOLDER, &fault);
	if (fault.cause == CAUSE_FULL) {
		if (!fault_is_set(&pass->fault))
			pass->fault = fault;
		pass_stop_all(pass);
	} else if (!fault_is_set(&lane->fault)) {
		lane->fault = fault;
	}
}

/* An incident, whatever becomes of the message: told once. */
static void
note_bad(struct pass_worker *worker, const struct imap_completion *completion)
{
	struct imap_verdict verdict =
	    endpoint_verdict(worker->dst, IMAP_PHASE_APPEND, completion);
	bool has_advice = verdict.advice[0] != 0;
	char text[FAULT_QUOTE_SIZE];

	if (worker->pass->has_told_bad)
		return;
	worker->pass->has_told_bad = true;
	pass_tell_notice(worker->pass,
	    "The destination answered BAD to an APPEND, so the connection was dropped before "
	    "it could take message text for commands. From then on messages went singly and "
	    "waited to be asked for: %s%s%s",
	    fault_quote(completion->text, text), has_advice ? " – " : "", verdict.advice);
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

/* Whether it may be given again when the destination has been left alone for a while. */
static bool
is_for_later(struct relay *relay, const struct imap_completion *completion)
{
	struct fault fault = {0};
	struct tick due;

	if (completion->result != IMAP_RESULT_NO)
		return false;
	endpoint_refusal(relay->worker->dst, IMAP_PHASE_APPEND, "take more messages",
	    completion, FAULT_FOLDER, &fault);
	return pass_may_wait(relay->worker, PASS_DST, &fault, &due);
}

static void
take_reply(struct lane *lane, uint32_t append, const struct imap_completion *completion)
{
	struct relay *relay = lane->relay;
	struct imap_verdict verdict =
	    endpoint_verdict(relay->worker->dst, IMAP_PHASE_APPEND, completion);
	uint32_t uids[UIDS_MAX];
	struct sync_copy_reply reply = {
	    .append = append,
	    .reply = reply_of(completion, &verdict),
	    .text = completion->text,
	    .is_about_content = is_about_content(verdict.trouble),
	    .blames_text = verdict.trouble == IMAP_TROUBLE_BAD_MESSAGE ||
		verdict.trouble == IMAP_TROUBLE_TOO_BIG,
	    .is_not_stored = proves_not_stored(relay->worker->dst, completion),
	    .is_in_place_of_literal = completion->is_in_place_of_literal,
	};

	reply.uid_count =
	    endpoint_append_uids(completion, lane->folder->dst_uidvalidity, uids, UIDS_MAX);
	if (reply.uid_count > 0)
		reply.uids = uids;
	if (reply.reply == SYNC_REPLY_OK) {
		relay->worker->has_stored = true;
		pass_has_come(relay->worker, PASS_DST);
	}
	if (reply.is_not_stored && is_for_later(relay, completion))
		reply.reply = SYNC_REPLY_LATER;
	if (reply.reply == SYNC_REPLY_STOP)
		note_stop(lane, completion);
	if (reply.reply == SYNC_REPLY_BAD)
		note_bad(relay->worker, completion);
	(void)!sync_copy_feed_reply(lane->copy, &reply, relay->now);
}

static bool
take_done(struct relay *relay, const struct imap_event *event)
{
	struct begun begun;
	size_t i = 0;

	while (
	    i < relay->begun_count && relay->begun[i].command.number != event->command.number)
		i++;
	if (i == relay->begun_count)
		return true;
	begun = relay->begun[i];
	relay->begun_count--;
	memmove(
	    relay->begun + i, relay->begun + i + 1, (relay->begun_count - i) * sizeof(begun));
	take_reply(begun.lane, begun.append, &event->completion);
	/* Before any other lane sends an octet: this one may give the connection up. */
	return lane_carry(begun.lane);
}

bool
relay_pump_dst(struct relay *relay)
{
	struct imap_event event;
	struct fault fault = {0};
	enum status status;

	if (relay->is_dst_lost)
		return true;
	status = endpoint_next(relay->worker->dst, SIZE_MAX, &event, &fault);
	if (status == ST_AGAIN)
		return true;
	relay->has_moved = true;
	if (status != ST_OK)
		relay_renew_dst(relay, &fault);
	else if (event.kind == IMAP_EVENT_DONE)
		return take_done(relay, &event);
	return true;
}

/* The lane whose octets may go: one APPEND is open at a time. */
static struct lane *
sending_lane(const struct relay *relay)
{
	for (size_t i = 0; i < relay->lane_count; i++) {
		if (sync_copy_output(relay->lanes[i]->copy).size > 0)
			return relay->lanes[i];
	}
	return NULL;
}

void
relay_move_octets(struct relay *relay)
{
	struct bucket *bucket = &relay->worker->pass->bytes_bucket;
	struct lane *lane = sending_lane(relay);

	while (lane != NULL && !relay->is_dst_lost) {
		struct bytes octets = sync_copy_output(lane->copy);
		uint64_t allowed;
		size_t sent;

		if (octets.size == 0)
			return;
		allowed = bucket_take(bucket, octets.size, relay->now);
		sent = endpoint_write_literal(
		    relay->worker->dst, bytes_first(octets, (size_t)allowed));
		bucket_give(bucket, allowed - sent);
		if (allowed == 0)
			relay->rate_deadline =
			    bucket_deadline(bucket, bucket->burst / 4, relay->now);
		if (sent == 0)
			return;
		relay->has_moved = true;
		sync_copy_sent(lane->copy, sent);
	}
}
