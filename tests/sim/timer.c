/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/timer.h"

#include <stdlib.h>

#include "base/check.h"

static bool
is_sooner(const struct sim_timer *a, const struct sim_timer *b)
{
	if (a->at.us != b->at.us)
		return a->at.us < b->at.us;
	return a->sequence < b->sequence;
}

static void
put(struct sim_timers *timers, size_t place, struct sim_timer *timer)
{
	timers->heap[place - 1] = timer;
	timer->place = place;
}

static void
rise(struct sim_timers *timers, size_t place)
{
	struct sim_timer *timer = timers->heap[place - 1];

	while (place > 1 && is_sooner(timer, timers->heap[place / 2 - 1])) {
		put(timers, place, timers->heap[place / 2 - 1]);
		place /= 2;
	}
	put(timers, place, timer);
}

static void
sink(struct sim_timers *timers, size_t place)
{
	struct sim_timer *timer = timers->heap[place - 1];

	for (;;) {
		size_t child = 2 * place;

		if (child > timers->count)
			break;
		if (child < timers->count &&
		    is_sooner(timers->heap[child], timers->heap[child - 1]))
			child++;
		if (!is_sooner(timers->heap[child - 1], timer))
			break;
		put(timers, place, timers->heap[child - 1]);
		place = child;
	}
	put(timers, place, timer);
}

void
sim_timers_fini(struct sim_timers *timers)
{
	CHECK(timers->count == 0);
	free(timers->heap);
	*timers = (struct sim_timers){0};
}

void
sim_timer_unset(struct sim_timers *timers, struct sim_timer *timer)
{
	size_t place = timer->place;
	struct sim_timer *last;

	if (place == 0)
		return;
	timer->place = 0;
	last = timers->heap[--timers->count];
	if (last == timer)
		return;
	put(timers, place, last);
	rise(timers, place);
	sink(timers, last->place);
}

void
sim_timer_set(struct sim_timers *timers, struct sim_timer *timer, struct tick at)
{
	sim_timer_unset(timers, timer);
	if (at.us == INT64_MAX)
		return;
	if (timers->count == timers->capacity) {
		timers->capacity = timers->capacity == 0 ? 64 : 2 * timers->capacity;
		timers->heap =
		    realloc(timers->heap, timers->capacity * sizeof(timers->heap[0]));
		CHECK(timers->heap != NULL);
	}
	timer->at = at;
	timer->sequence = ++timers->sequence;
	timers->count++;
	put(timers, timers->count, timer);
	rise(timers, timers->count);
}

void
sim_timer_advance(struct sim_timers *timers, struct sim_timer *timer, struct tick at)
{
	if (timer->place == 0 || tick_is_before(at, timer->at))
		sim_timer_set(timers, timer, at);
}

struct sim_timer *
sim_timers_take(struct sim_timers *timers)
{
	struct sim_timer *timer;

	if (timers->count == 0)
		return NULL;
	timer = timers->heap[0];
	sim_timer_unset(timers, timer);
	return timer;
}

struct tick
sim_timers_next(const struct sim_timers *timers)
{
	return timers->count == 0 ? TICK_NEVER : timers->heap[0]->at;
}
