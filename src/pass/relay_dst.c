/* SPDX-License-Identifier: Apache-2.0
 *
 * Copying one folder: octets to the destination, and what it answers.
 */
#include "pass/relay.h"

#include <string.h>

enum {
	UIDS_MAX = 256, /* in one APPENDUID */
};

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
note_stop(struct lane *lane, const struct imap_completion *completion)
{
	struct pass_worker *worker = lane->relay->worker;
	struct pass *pass = worker->pass;
	struct fault fault = {0};

	endpoint_refusal(worker->dst, "take more messages", completion, FAULT_FOLDER, &fault);
	if (fault.cause == CAUSE_FULL) {
		if (!fault_is_set(&pass->fault))
			pass->fault = fault;
		pass_stop_all(pass);
	} else if (!fault_is_set(&lane->fault)) {
		lane->fault = fault;
	}
}

static void
note_bad(struct relay *relay, const struct imap_completion *completion)
{
	char text[FAULT_QUOTE_SIZE];

	fault_set(&relay->fault,
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
take_reply(struct lane *lane, uint32_t append, const struct imap_completion *completion)
{
	struct relay *relay = lane->relay;
	uint32_t uids[UIDS_MAX];
	struct sync_copy_reply reply = {
	    .append = append,
	    .reply = reply_of(completion),
	    .text = completion->text,
	    .is_not_stored = proves_not_stored(relay->worker->dst, completion),
	    .is_in_place_of_literal = completion->is_in_place_of_literal,
	};

	reply.uid_count =
	    endpoint_append_uids(completion, lane->folder->dst_uidvalidity, uids, UIDS_MAX);
	if (reply.uid_count > 0)
		reply.uids = uids;
	if (reply.reply == SYNC_REPLY_OK)
		relay->worker->has_stored = true;
	if (reply.reply == SYNC_REPLY_STOP)
		note_stop(lane, completion);
	if (reply.reply == SYNC_REPLY_BAD)
		note_bad(relay, completion);
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
	enum status status;

	if (relay->is_dst_lost)
		return true;
	status = endpoint_next(relay->worker->dst, SIZE_MAX, &event, &relay->fault);
	if (status == ST_AGAIN)
		return true;
	relay->has_moved = true;
	if (status != ST_OK)
		relay_lose_dst(relay);
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
