/* SPDX-License-Identifier: Apache-2.0
 *
 * net/world: where time, randomness, timers and connections come from.
 *
 * Place    everything that runs on a fiber reaches the outside by this table and by nothing
 *          else. net/loop is the real world (libevent); tests/sim/world is the simulated one.
 * Promise  the same table serves both, so that the same pass runs in both. Fibers see one time
 *          a turn: between two waits no time passes for them, however long they work.
 */
#ifndef NET_WORLD_H
#define NET_WORLD_H

#include <stdint.h>

#include "base/attr.h"
#include "base/fault.h"
#include "base/tick.h"

struct fiber;
struct link;
struct link_target;
struct world;

struct world_ops {
	struct tick (*now)(struct world *world);
	struct wall (*wall)(struct world *world);
	uint64_t (*random)(struct world *world);
	/* The run queue is no longer empty: call fiber_run_ready(world) soon, on the loop's
	 * stack. */
	void (*kick)(struct world *world);
	/* Call fiber_alarm(fiber) at `deadline` or soon after; replaces the fiber's earlier
	 * alarm. TICK_NEVER takes it back. */
	void (*alarm)(struct world *world, struct fiber *fiber, struct tick deadline);
	/* The fiber is gone: forget its alarm. */
	void (*forget)(struct world *world, struct fiber *fiber);
	/* Starts a connection; see link_dial. */
	enum status (*dial)(struct world *world, const struct link_target *target,
	    struct link **link_out, struct fault *fault);
};

struct world_queue {
	struct fiber *first;
	struct fiber *last;
};

/* Embedded at the start of each kind of world. */
struct world {
	const struct world_ops *ops;
	struct world_queue ready; /* of net/fiber */
	uint32_t fiber_count;     /* living fibers */
};

/* On a fiber the time at which its turn began, elsewhere the time that it is. */
static inline struct tick
world_now(struct world *world)
{
	return world->ops->now(world);
}

#endif
