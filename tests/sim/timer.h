/* SPDX-License-Identifier: Apache-2.0
 *
 * tests/sim/timer: what happens when in a simulated world.
 *
 * Promise  timers run in the order of their time, and those of one time in the order in which
 *          they were set. Nothing else decides.
 * Memory   timers are embedded in their owners, who take them back before they end.
 */
#ifndef SIM_TIMER_H
#define SIM_TIMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/tick.h"

typedef void (*sim_timer_fn)(void *owner);

struct sim_timer {
	struct tick at;
	uint64_t sequence;
	size_t place; /* in the heap, counted from 1; 0: not set */
	sim_timer_fn run;
	void *owner;
};

struct sim_timers {
	struct sim_timer **heap;
	size_t count;
	size_t capacity;
	uint64_t sequence;
};

void sim_timers_fini(struct sim_timers *timers);
/* Replaces an earlier time. TICK_NEVER takes it back. */
void sim_timer_set(struct sim_timers *timers, struct sim_timer *timer, struct tick at);
void sim_timer_unset(struct sim_timers *timers, struct sim_timer *timer);
/* As sim_timer_set, unless it is set to an earlier time. */
void sim_timer_advance(struct sim_timers *timers, struct sim_timer *timer, struct tick at);
/* The next one, no longer set; NULL when there is none. */
struct sim_timer *sim_timers_take(struct sim_timers *timers);
/* TICK_NEVER when there is none. */
struct tick sim_timers_next(const struct sim_timers *timers);

#endif
