/* SPDX-License-Identifier: Apache-2.0
 *
 * Connections that break, and those that take their place.
 */
#include "pass/ends.h"

#include "pass/private.h"
#include "pass/tell.h"

/* Before a connection is opened again; twice as long after each time that was in vain. */
static const int64_t pause_us = 100000;

/* For a server that does not say how long; twice as long each time. */
static const int64_t first_wait_us = 1000000;
static const int64_t wait_max_us = 300 * 1000000LL;   /* at once */
static const int64_t waits_max_us = 1800 * 1000000LL; /* in a run */

struct endpoint *
pass_endpoint(const struct pass_worker *worker, enum pass_end end)
{
	return end == PASS_SRC ? worker->src : worker->dst;
}

void
pass_has_come(struct pass_worker *worker, enum pass_end end)
{
	worker->breaks[end].in_vain = 0;
	worker->breaks[end].waits = 0;
}

static bool
is_broken_by_network(const struct fault *fault)
{
	return fault->status == ST_IO && fault->cause == CAUSE_NETWORK;
}

static bool
has_tries_left(const struct pass_breaks *breaks)
{
	return breaks->count < PASS_BREAKS_MAX && breaks->in_vain < PASS_IN_VAIN_MAX;
}

bool
pass_may_open_again(struct pass_worker *worker, enum pass_end end, const struct fault *fault)
{
	struct tick due;

	if (fault->status == ST_REFUSED && pass_may_wait(worker, end, fault, &due))
		return true;
	return is_broken_by_network(fault) && !worker->pass->is_finishing &&
	    has_tries_left(&worker->breaks[end]);
}

static struct fault_kind
kind_of(const struct fault *fault)
{
	return (struct fault_kind){fault->status, fault->cause, fault->scope, fault->retry};
}

bool
pass_sleep_until(struct pass_worker *worker, struct tick due)
{
	struct fiber_source *poke = &worker->poke;

	while (tick_is_before(fiber_now(), due) && !worker->pass->is_finishing) {
		if (fiber_wait(&poke, 1, due) == FIBER_CANCELED)
			return false;
	}
	return !worker->pass->is_finishing;
}

static void
close_end(struct pass_worker *worker, enum pass_end end)
{
	struct endpoint **endpoint = end == PASS_SRC ? &worker->src : &worker->dst;
	struct pass_progress *progress = &worker->pass->progress;

	if (*endpoint == NULL)
		return;
	if (end == PASS_SRC)
		progress->waits_source += endpoint_waits(*endpoint);
	else
		progress->waits_destination += endpoint_waits(*endpoint);
	endpoint_close(endpoint, true);
}

/* A log-in that is refused now is what a person must know of; that there is no connection only
 * adds to what is known. */
static void
note_not_opened(struct fault *fault, const struct fault *lost, const struct fault *why)
{
	*fault = (struct fault){0};
	if (why->cause != CAUSE_NETWORK)
		*fault = *why;
	else
		fault_set(fault, kind_of(lost), "%s It could not be opened again: %s",
		    lost->text, why->text);
}

bool
pass_open_again(struct pass_worker *worker, enum pass_end end, struct fault *fault)
{
	struct pass_breaks *breaks = &worker->breaks[end];
	const struct fault lost = *fault;

	close_end(worker, end);
	if (lost.wait_us == 0)
		breaks->in_vain++;
	else if (!pass_sleep_until(worker, breaks->until))
		return false;
	for (unsigned tries = 1;; tries++) {
		struct fault why = {0};

		breaks->count++;
		if (!pass_sleep_until(worker,
			tick_after(fiber_now(), pause_us << (breaks->in_vain + tries - 1))))
			return false;
		if (pass_open_end(worker, end, &why) == ST_OK)
			break;
		if (!is_broken_by_network(&why) || worker->pass->is_finishing ||
		    tries == PASS_IN_VAIN_MAX || breaks->count >= PASS_BREAKS_MAX) {
			note_not_opened(fault, &lost, &why);
			return false;
		}
	}
	*fault = (struct fault){0};
	return true;
}

/* How long; 0: not at all. */
static int64_t
wait_of(const struct pass_breaks *breaks, const struct fault *fault)
{
	if (fault->wait_us != 1)
		return fault->wait_us <= wait_max_us ? fault->wait_us : 0;
	return breaks->waits < PASS_WAITS_MAX ? first_wait_us << breaks->waits : 0;
}

bool
pass_may_wait(struct pass_worker *worker, enum pass_end end, const struct fault *fault,
    struct tick *due_out)
{
	struct pass *pass = worker->pass;
	struct pass_breaks *breaks = &worker->breaks[end];
	struct tick now = fiber_now();
	struct tick from = tick_later(now, pass->progress.waits_until);
	int64_t wait_us = wait_of(breaks, fault);
	struct tick due = tick_after(now, wait_us);

	if (wait_us == 0 || pass->is_finishing)
		return false;
	/* Several refusals of what was sent in one go are one wait. */
	if (tick_is_before(now, breaks->until)) {
		*due_out = breaks->until;
		return true;
	}
	if (tick_is_before(from, due)) {
		if (pass->waited_us + (due.us - from.us) > waits_max_us)
			return false;
		pass->waited_us += due.us - from.us;
		pass->progress.waits_until = due;
	}
	if (!pass->has_told_wait)
		pass_tell_notice(pass, "Godwit waits when it is told to: %s", fault->text);
	pass->has_told_wait = true;
	breaks->waits++;
	breaks->until = due;
	*due_out = due;
	return true;
}

bool
pass_may_ask_again(struct pass_worker *worker, enum pass_end end, struct fault *fault)
{
	const struct pass_breaks *breaks = &worker->breaks[end];
	struct fault_kind kind;
	struct fault lost = *fault;
	struct tick due;

	if (lost.status == ST_REFUSED && pass_may_wait(worker, end, &lost, &due)) {
		if (!pass_sleep_until(worker, due))
			return false;
		*fault = (struct fault){0};
		return true;
	}
	if (!is_broken_by_network(&lost) || worker->pass->is_finishing)
		return false;
	if (!has_tries_left(breaks)) {
		*fault = (struct fault){0};
		fault_set(fault, kind_of(&lost),
		    "%s It was opened again %u times, and broke each time.", lost.text,
		    breaks->count);
		return false;
	}
	if (!pass_open_again(worker, end, fault))
		return false;
	if (breaks->in_vain < PASS_IN_VAIN_MAX)
		return true;
	kind = kind_of(&lost);
	kind.scope = FAULT_FOLDER;
	fault_set(fault, kind, "%s It broke %u times at the same place, which was left.",
	    lost.text, breaks->in_vain);
	return false;
}
