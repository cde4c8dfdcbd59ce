/* SPDX-License-Identifier: Apache-2.0
 *
 * Connections that end while messages are moved, and those that take their place.
 */
#include "pass/relay.h"
#include "pass/tell.h"

enum {
	DROPS_MAX = 30, /* of one worker's destination connection */
	SRC_DROPS_MAX = 30,
	/* Connections to the source, opened anew in a row, that broke before a message came. */
	SRC_IN_VAIN_MAX = 3,
};

/* Before the source is opened anew; twice as long after each time that was in vain. */
static const int64_t pause_us = 100000;

/* The source ------------------------------------------------------------------------------ */

void
relay_lose_src(struct relay *relay)
{
	relay->is_src_lost = true;
	relay->asked_count = 0;
	for (size_t i = 0; i < relay->lane_count; i++)
		sync_copy_feed_src_lost(relay->lanes[i]->copy);
}

/* Only what the network did is worth another try: a server that says what it may not say, or
 * falls silent, does so again. */
static bool
may_replace_src(const struct relay *relay, const struct fault *fault)
{
	const struct pass_worker *worker = relay->worker;

	if (fault->status != ST_IO || fault->cause != CAUSE_NETWORK)
		return false;
	/* A text that is being repaired cannot be begun anew. */
	if (worker->repair != NULL)
		return false;
	return !relay->is_dst_lost && !relay->is_stopping && !worker->pass->is_finishing &&
	    !fault_is_set(&relay->fault) && worker->src_drops < SRC_DROPS_MAX &&
	    worker->src_in_vain < SRC_IN_VAIN_MAX;
}

/* What was under way is put back. Whose turn it was has the message to suspect. */
static void
drop_src(struct relay *relay)
{
	struct pass_worker *worker = relay->worker;
	const struct asked *first = relay->asked_count > 0 ? &relay->asked[0] : NULL;

	worker->src_drops++;
	worker->src_in_vain++;
	for (size_t i = 0; i < relay->lane_count; i++) {
		struct lane *lane = relay->lanes[i];
		bool was_its_turn =
		    first != NULL && first->lane == lane && first->kind == ASKED_BODIES;

		if (sync_copy_feed_src_dropped(lane->copy, was_its_turn))
			worker->src_in_vain = 0;
	}
	worker->pass->progress.waits_source += endpoint_waits(worker->src);
	endpoint_close(&worker->src, true);
	relay->asked_count = 0;
	relay->is_body_open = false;
	relay->selected = NULL;
	relay->is_wary = true;
}

/* False: it was stopped meanwhile. */
static bool
pause_before_opening(const struct relay *relay)
{
	struct pass_worker *worker = relay->worker;
	struct fiber_source *poke = &worker->poke;
	struct tick due = tick_after(fiber_now(), pause_us << worker->src_in_vain);

	while (tick_is_before(fiber_now(), due) && !worker->pass->is_finishing) {
		if (fiber_wait(&poke, 1, due) == FIBER_CANCELED)
			return false;
	}
	return !worker->pass->is_finishing;
}

/* A log-in that is refused now is what a person must know of; that there is no connection only
 * adds to what is known. */
static void
note_not_replaced(struct relay *relay, const struct fault *lost, const struct fault *why)
{
	if (why->cause != CAUSE_NETWORK)
		relay->fault = *why;
	else
		fault_set(&relay->fault,
		    (struct fault_kind){lost->status, lost->cause, lost->scope, lost->retry},
		    "%s It could not be opened again: %s", lost->text, why->text);
}

void
relay_replace_src(struct relay *relay, const struct fault *fault)
{
	struct fault why = {0};

	if (!may_replace_src(relay, fault)) {
		if (!fault_is_set(&relay->fault))
			relay->fault = *fault;
		relay_lose_src(relay);
		return;
	}
	drop_src(relay);
	if (!pause_before_opening(relay)) {
		relay->fault = *fault;
		relay_lose_src(relay);
	} else if (pass_open_pair(relay->worker, &why) != ST_OK) {
		note_not_replaced(relay, fault, &why);
		relay_lose_src(relay);
	}
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

void
relay_replace_dst(struct relay *relay, bool is_careful)
{
	struct pass_worker *worker = relay->worker;

	worker->pass->progress.waits_destination += endpoint_waits(worker->dst);
	endpoint_close(&worker->dst, true);
	relay->begun_count = 0;
	worker->is_careful = worker->is_careful || is_careful;
	if (relay->is_src_lost || ++worker->drops > DROPS_MAX) {
		fault_set(&relay->fault,
		    (struct fault_kind){
			ST_REFUSED, CAUSE_PROTOCOL, FAULT_ENDPOINT, RETRY_LATER},
		    "The destination broke off message after message; it was given up.");
		relay_lose_dst(relay);
	} else if (pass_open_pair(worker, &relay->fault) != ST_OK) {
		relay_lose_dst(relay);
	} else {
		bool is_multi = pass_can_group(worker->dst);

		/* After a BAD it goes on by other means, and each message is told of apart. */
		if (is_careful && fault_is_set(&relay->fault)) {
			pass_tell_notice(worker->pass, "%s", relay->fault.text);
			relay->fault = (struct fault){0};
		}
		for (size_t i = 0; i < relay->lane_count; i++)
			sync_copy_feed_dst_dropped(relay->lanes[i]->copy, is_multi);
	}
}
