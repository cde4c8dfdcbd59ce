/* SPDX-License-Identifier: Apache-2.0
 *
 * net/fiber: straight-line code that waits without blocking the process.
 *
 * Place    a pass runs on fibers; loops, links and timers run on the loop's stack and only
 *          wake. ARCHITECTURE.md lists the fifteen rules of fibers.
 * Promise  fiber_wait is the only switch. Waking enqueues and never switches. The run queue is
 *          FIFO; one batch is run per kick. Cancel is sticky.
 * Memory   stacks of 128 KiB with a guard page each, in slabs of 64, kept in a pool. Nothing
 *          borrowed from a link, a session or an event is valid over a wait.
 * Limits   FIBER_COUNT_MAX living fibers in a process; fiber_new may return ST_LIMIT.
 */
#ifndef NET_FIBER_H
#define NET_FIBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/status.h"
#include "base/tick.h"

struct fiber;
struct world;

enum {
	FIBER_COUNT_MAX = 10000,
	FIBER_NAME_SIZE = 32
};

/* Something that a fiber can wait for: a link, a ledger, another fiber's end. A producer
 * signals it; the signal stays until a wait that names the source has returned it. At most one
 * fiber waits for a source at a time. */
struct fiber_source {
	struct fiber *waiter;
	bool is_signaled;
};

/* Loop or fiber. Never switches. */
void fiber_signal(struct fiber_source *source);

enum fiber_wake {
	FIBER_SIGNALED, /* at least one source was; all named sources are cleared: look at all
			 */
	FIBER_TIMEOUT,
	FIBER_CANCELED, /* clean up and return; no wait will ever sleep again */
};

/* Waits until one of `sources` is signaled, the deadline passes, or the fiber is canceled.
 * Forces a yield after 256 returns in a row that did not sleep, so that no fiber starves the
 * others. */
enum fiber_wake fiber_wait(
    struct fiber_source *const *sources, size_t source_count, struct tick deadline) MUST_USE;

typedef void (*fiber_fn)(void *argument);

/* Starts at the next turn of the world. `done` (may be NULL) is signaled when `run` has
 * returned, and must live until then. After that the fiber's memory is the pool's again: no
 * pointer to it is valid. ST_LIMIT, ST_MEMORY. */
enum status fiber_new(struct world *world, const char *name, fiber_fn run, void *argument,
    struct fiber_source *done, struct fiber **fiber_out) MUST_USE;

/* Sticky: this and every later wait of that fiber returns FIBER_CANCELED. */
void fiber_cancel(struct fiber *fiber);

/* NULL on the loop's stack. */
struct fiber *fiber_self(void);
/* The world of the running fiber. */
struct world *fiber_world_self(void);
/* The running fiber's clocks. */
struct tick fiber_now(void);
struct wall fiber_wall(void);
const char *fiber_name(const struct fiber *fiber);
/* A word for the world that runs the fiber: its timer. */
void **fiber_world_slot(struct fiber *fiber);

/* For worlds only, on the loop's stack. */
void fiber_run_ready(struct world *world);
void fiber_alarm(struct fiber *fiber);

/* Octets of the fiber's stack that were ever touched. */
size_t fiber_stack_used(const struct fiber *fiber);
/* At exit, when no fiber lives: gives the stacks back. */
void fiber_pool_drain(void);
/* Installs a SIGSEGV handler on a stack of its own that names the fiber whose guard page was
 * hit, and then dies as before. */
enum status fiber_guard_install(void) MUST_USE;

#endif
