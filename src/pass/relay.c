/* SPDX-License-Identifier: Apache-2.0
 *
 * Moving messages over one pair of connections: the loop.
 */
#include "pass/relay.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"

static const int64_t finish_within_us = 10 * 1000000LL;

/* Waiting --------------------------------------------------------------------------------- */

static struct tick
next_deadline(const struct relay *relay)
{
	struct tick deadline = relay->rate_deadline;

	for (size_t i = 0; i < relay->lane_count; i++)
		deadline = tick_earlier(deadline, sync_copy_deadline(relay->lanes[i]->copy));
	/* A source that we do not read from cannot be late. */
	if (!relay->is_src_lost && relay_has_room(relay))
		deadline = tick_earlier(deadline, endpoint_deadline(relay->worker->src));
	if (!relay->is_dst_lost)
		deadline = tick_earlier(deadline, endpoint_deadline(relay->worker->dst));
	if (relay->is_stopping)
		deadline = tick_earlier(deadline, relay->stop_deadline);
	if (tick_is_before(relay->now, relay->worker->pace_until))
		deadline = tick_earlier(deadline, relay->worker->pace_until);
	if (tick_is_before(relay->now, relay->worker->breaks[PASS_DST].until))
		deadline = tick_earlier(deadline, relay->worker->breaks[PASS_DST].until);
	return deadline;
}

/* After a wait that ended by time: who is late? */
static void
look_for_late(struct relay *relay)
{
	struct pass_worker *worker = relay->worker;
	struct tick now = fiber_now();

	if (relay->is_stopping && !tick_is_before(now, relay->stop_deadline)) {
		fault_set(&relay->fault,
		    (struct fault_kind){
			ST_CANCELED, CAUSE_CANCELED, FAULT_MAILBOX, RETRY_LATER},
		    "Stopped; what was under way did not finish in time.");
		relay_lose_dst(relay);
		return;
	}
	if (!relay->is_src_lost && relay_has_room(relay) &&
	    !tick_is_before(now, endpoint_deadline(worker->src))) {
		endpoint_silence(worker->src, &relay->fault);
		relay_lose_src(relay);
	}
	if (!relay->is_dst_lost && !tick_is_before(now, endpoint_deadline(worker->dst))) {
		endpoint_silence(worker->dst, &relay->fault);
		relay_lose_dst(relay);
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
	return fault_set(&relay->fault,
	    (struct fault_kind){ST_CANCELED, CAUSE_CANCELED, FAULT_MAILBOX, RETRY_LATER},
	    "Stopped.");
}

/* The loop -------------------------------------------------------------------------------- */

static void
heed_stop(struct relay *relay)
{
	if (!relay->worker->pass->is_finishing || relay->is_stopping)
		return;
	relay->is_stopping = true;
	relay->stop_deadline = tick_after(relay->now, finish_within_us);
	for (size_t i = 0; i < relay->lane_count; i++)
		sync_copy_feed_stop(relay->lanes[i]->copy);
}

/* The source's newest folder is asked for: an older one may be opened again. */
static void
select_again(struct relay *relay)
{
	if (relay->is_src_lost ||
	    (relay->selected != NULL && !sync_copy_has_asked_all(relay->selected->copy)))
		return;
	for (size_t i = 0; i < relay->lane_count; i++) {
		struct lane *lane = relay->lanes[i];

		if (lane == relay->selected || lane->is_done ||
		    !sync_copy_wants_to_ask(lane->copy))
			continue;
		lane_examine_again(lane);
		relay->has_moved = true;
		return;
	}
}

/* What is still to be answered is nobody's any more: an EXAMINE after which all was stopped. */
static void
forget(struct relay *relay, const struct lane *lane)
{
	size_t kept = 0;

	for (size_t i = 0; i < relay->asked_count; i++) {
		if (relay->asked[i].lane != lane)
			relay->asked[kept++] = relay->asked[i];
	}
	relay->asked_count = kept;
	if (relay->selected == lane)
		relay->selected = NULL;
}

/* Lets go of the lanes whose folders are done. */
static void
reap(struct relay *relay)
{
	size_t kept = 0;

	for (size_t i = 0; i < relay->lane_count; i++) {
		struct lane *lane = relay->lanes[i];
		struct fault *fault =
		    fault_is_set(&relay->fault) ? &relay->fault : &lane->fault;

		if (!lane->is_done) {
			relay->lanes[kept++] = lane;
			continue;
		}
		forget(relay, lane);
		pass_folder_close(relay->worker, lane->folder, fault);
		lane_free(&lane);
	}
	relay->lane_count = kept;
}

static bool
carry_all(struct relay *relay)
{
	for (size_t i = 0; i < relay->lane_count; i++) {
		if (!lane_carry(relay->lanes[i]))
			return false;
	}
	select_again(relay);
	return true;
}

static enum status
turn(struct relay *relay)
{
	relay->now = fiber_now();
	relay->has_moved = false;
	relay->rate_deadline = TICK_NEVER;
	heed_stop(relay);
	relay_pump_src(relay);
	if (!carry_all(relay))
		return relay->fault.status;
	relay_move_octets(relay);
	if (!relay_pump_dst(relay) || !carry_all(relay))
		return relay->fault.status;
	reap(relay);
	if (relay->lane_count == 0 || relay->has_moved)
		return ST_OK;
	return wait_for_more(relay);
}

static bool
has_place(const struct relay *relay)
{
	size_t lanes_max = relay->worker->pass->worker_count == 1 ? LANES_ALONE : LANES_MAX;

	return relay->lane_count < lanes_max &&
	    (relay->selected == NULL || sync_copy_has_asked_all(relay->selected->copy));
}

/* Stopped in the middle: what was given to the destination and not answered is in doubt, and
 * that is told before everything is let go. */
static void
abandon(struct relay *relay)
{
	if (relay->lane_count == 0)
		return;
	if (!relay->is_dst_lost)
		relay_lose_dst(relay);
	for (size_t i = 0; i < relay->lane_count; i++) {
		lane_abandon(relay->lanes[i]);
		relay->lanes[i]->is_done = true;
	}
	reap(relay);
}

enum status
pass_relay_drain(struct relay *relay, struct fault *fault)
{
	while (relay->lane_count > 0) {
		if (turn(relay) != ST_OK)
			abandon(relay);
	}
	if (!fault_is_set(&relay->fault))
		return ST_OK;
	*fault = relay->fault;
	return fault->status;
}

enum status
pass_relay_begin(struct relay *relay, struct pass_folder *folder,
    const struct sync_copy_settings *settings, struct fault *fault)
{
	enum status status = ST_OK;

	while (status == ST_OK && !has_place(relay))
		status = turn(relay);
	/* A turn fails when it was stopped, or when nothing can be carried on. */
	if (status != ST_OK)
		abandon(relay);
	if (status != ST_OK || fault_is_set(&relay->fault))
		return pass_relay_drain(relay, fault);
	status = lane_new(relay, folder, settings, &relay->lanes[relay->lane_count], fault);
	if (status == ST_OK)
		relay->lane_count++;
	return status;
}

enum status
pass_relay_new(struct pass_worker *worker, struct relay **relay_out)
{
	struct relay *relay = mem_take(sizeof(*relay));

	if (relay == NULL)
		return ST_MEMORY;
	memset(relay, 0, sizeof(*relay));
	relay->worker = worker;
	*relay_out = relay;
	return ST_OK;
}

void
pass_relay_free(struct relay **relay)
{
	if (*relay == NULL)
		return;
	abandon(*relay);
	mem_give(*relay);
	*relay = NULL;
}
