/* SPDX-License-Identifier: Apache-2.0
 *
 * base/tick: two kinds of time that the compiler keeps apart.
 *
 * Promise  both are arguments; nothing in here reads a clock.
 */
#ifndef BASE_TICK_H
#define BASE_TICK_H

#include <stdbool.h>
#include <stdint.h>

/* Monotonic, microseconds since an arbitrary start. Deadlines and durations live here. */
struct tick {
	int64_t us;
};

/* A deadline that never comes. */
#define TICK_NEVER ((struct tick){INT64_MAX})

static inline struct tick
tick_after(struct tick tick, int64_t delay_us)
{
	return (struct tick){tick.us > INT64_MAX - delay_us ? INT64_MAX : tick.us + delay_us};
}

static inline bool
tick_is_before(struct tick a, struct tick b)
{
	return a.us < b.us;
}

static inline struct tick
tick_earlier(struct tick a, struct tick b)
{
	return a.us < b.us ? a : b;
}

static inline struct tick
tick_later(struct tick a, struct tick b)
{
	return a.us < b.us ? b : a;
}

/* Wall clock, seconds since 1970-01-01 00:00:00 UTC. */
struct wall {
	int64_t s;
};

#endif
