/* SPDX-License-Identifier: Apache-2.0
 *
 * Connections that end while messages are moved, and those that take their place.
 */
#include "pass/relay.h"
#include "pass/tell.h"

/* The source ------------------------------------------------------------------------------ */

void
relay_lose_src(struct relay *relay)
{
	relay->is_src_lost = true;
	relay->asked_count = 0;
	for (size_t i = 0; i < relay->lane_count; i++)
		sync_copy_feed_src_lost(relay->lanes[i]->copy);
}

static bool
may_replace_src(const struct relay *relay, const struct fault *fault)
{
	/* A text that is being repaired cannot be begun anew. */
	if (relay->worker->repair != NULL)
		return false;
	return !relay->is_dst_lost && !relay->is_stopping && !fault_is_set(&relay->fault) &&
	    pass_may_open_again(relay->worker, PASS_SRC, fault);
}

/* What was under way is put back. Whose turn it was has the message to suspect, unless it was
 * we who left. True: one was given up for it. */
static bool
drop_src(struct relay *relay, bool was_broken)
{
	const struct asked *first = relay->asked_count > 0 ? &relay->asked[0] : NULL;
	bool is_given_up = false;

	for (size_t i = 0; i < relay->lane_count; i++) {
		struct lane *lane = relay->lanes[i];
		bool was_its_turn = first != NULL && first->lane == lane &&
		    first->kind == ASKED_BODIES && was_broken;

		if (sync_copy_feed_src_dropped(lane->copy, was_its_turn))
			is_given_up = true;
	}
	relay->asked_count = 0;
	relay->is_body_open = false;
	relay->selected = NULL;
	relay->is_wary = true;
	return is_given_up;
}

void
relay_replace_src(struct relay *relay, const struct fault *fault)
{
	struct fault why = *fault;

	if (may_replace_src(relay, fault)) {
		bool is_given_up = drop_src(relay, fault->wait_us == 0);

		if (pass_open_again(relay->worker, PASS_SRC, &why)) {
			if (is_given_up)
				pass_has_come(relay->worker, PASS_SRC);
			return;
		}
	}
	if (!fault_is_set(&relay->fault))
		relay->fault = why;
	relay_lose_src(relay);
}

/* The destination ------------------------------------------------------------------------- */

void
relay_lose_dst(struct relay *relay)
{
	relay->is_dst_lost = true;
	relay->begun_count = 0;
	for (size_t i = 0; i < relay->lane_count; i++)
		sync_copy_feed_dst_lost(relay->lanes[i]->copy);
	/* What the source still sends has nowhere to go. */
	if (!relay->is_src_lost)
		relay_lose_src(relay);
}

static void
go_on(struct relay *relay)
{
	bool is_multi = pass_can_group(relay->worker->dst);

	for (size_t i = 0; i < relay->lane_count; i++)
		sync_copy_feed_dst_dropped(relay->lanes[i]->copy, is_multi);
}

void
relay_renew_dst(struct relay *relay, struct fault *fault)
{
	bool is_needed =
	    !relay->is_src_lost && !relay->is_stopping && !fault_is_set(&relay->fault);

	relay->begun_count = 0;
	if (is_needed && pass_may_open_again(relay->worker, PASS_DST, fault) &&
	    pass_open_again(relay->worker, PASS_DST, fault)) {
		go_on(relay);
		return;
	}
	if (!fault_is_set(&relay->fault))
		relay->fault = *fault;
	relay_lose_dst(relay);
}

void
relay_replace_dst(struct relay *relay, bool is_careful)
{
	struct pass_worker *worker = relay->worker;

	worker->pass->progress.waits_destination += endpoint_waits(worker->dst);
	endpoint_close(&worker->dst, true);
	relay->begun_count = 0;
	worker->is_careful = worker->is_careful || is_careful;
	if (relay->is_src_lost || ++worker->breaks[PASS_DST].count > PASS_BREAKS_MAX) {
		fault_set(&relay->fault,
		    (struct fault_kind){
			ST_REFUSED, CAUSE_PROTOCOL, FAULT_ENDPOINT, RETRY_LATER},
		    "The destination broke off message after message; it was given up.");
		relay_lose_dst(relay);
	} else if (pass_open_pair(worker, &relay->fault) != ST_OK) {
		relay_lose_dst(relay);
	} else {
		/* After a BAD it goes on by other means, and each message is told of apart. */
		if (is_careful && fault_is_set(&relay->fault)) {
			pass_tell_notice(worker->pass, "%s", relay->fault.text);
			relay->fault = (struct fault){0};
		}
		go_on(relay);
	}
}
