/* SPDX-License-Identifier: Apache-2.0
 *
 * The run queue and the one wait.
 *
 * 1. A fiber is running, queued, or asleep in fiber_wait; queued at most once.
 * 2. Only fiber_run_ready enters a fiber, only fiber_wait and the end of `run` leave it.
 * 3. A source's signal is cleared by the wait that returns it, so none is lost between waits.
 * 4. While asleep, the fiber is `waiter` of all sources it named, and of none otherwise.
 * 5. What woke a fiber is found out when it runs again, not when it is queued: cancel comes
 *    before signals, signals before the deadline.
 */
#include "net/fiber.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "net/fiber_stack.h"
#include "net/world.h"

enum {
	UNSLEPT_MAX = 256
};

struct fiber {
	struct fiber *next; /* in the run queue */
	struct fiber_stack *stack;
	struct world *world;
	fiber_fn run;
	void *argument;
	struct fiber_source *done;
	void *slot; /* the world's */
	unsigned unslept_count;
	bool is_queued;
	bool is_canceled;
	bool is_alarmed;
	bool is_finished;
	char name[FIBER_NAME_SIZE];
};

/* One thread runs fibers, so there is one of these. */
static struct {
	struct fiber *running;
	uint32_t count;
} process;

static void
enqueue(struct fiber *fiber)
{
	struct world *world = fiber->world;
	bool was_empty = world->ready.first == NULL;

	if (fiber->is_queued || fiber == process.running)
		return;
	fiber->is_queued = true;
	fiber->next = NULL;
	if (was_empty)
		world->ready.first = fiber;
	else
		world->ready.last->next = fiber;
	world->ready.last = fiber;
	if (was_empty)
		world->ops->kick(world);
}

static struct fiber *
dequeue(struct world *world)
{
	struct fiber *fiber = world->ready.first;

	world->ready.first = fiber->next;
	if (world->ready.first == NULL)
		world->ready.last = NULL;
	fiber->next = NULL;
	fiber->is_queued = false;
	return fiber;
}

void
fiber_signal(struct fiber_source *source)
{
	source->is_signaled = true;
	if (source->waiter != NULL)
		enqueue(source->waiter);
}

void
fiber_alarm(struct fiber *fiber)
{
	CHECK(process.running == NULL);
	fiber->is_alarmed = true;
	enqueue(fiber);
}

void
fiber_cancel(struct fiber *fiber)
{
	fiber->is_canceled = true;
	enqueue(fiber);
}

/* --- Waiting. --- */

static void
leave(struct fiber *fiber)
{
	process.running = NULL;
	fiber_stack_leave(fiber->stack, fiber->is_finished);
}

static bool
take_signals(struct fiber_source *const *sources, size_t source_count)
{
	bool was_signaled = false;

	for (size_t i = 0; i < source_count; i++) {
		was_signaled |= sources[i]->is_signaled;
		sources[i]->is_signaled = false;
	}
	return was_signaled;
}

static void
set_waiter(struct fiber_source *const *sources, size_t source_count, struct fiber *from,
    struct fiber *to)
{
	for (size_t i = 0; i < source_count; i++) {
		CHECK(sources[i]->waiter == from);
		sources[i]->waiter = to;
	}
}

/* The answer is known; a fiber that always finds one must still let the others run. */
static enum fiber_wake
return_unslept(struct fiber *fiber, enum fiber_wake wake)
{
	if (++fiber->unslept_count < UNSLEPT_MAX)
		return wake;
	fiber->unslept_count = 0;
	process.running = NULL;
	enqueue(fiber);
	leave(fiber);
	return fiber->is_canceled ? FIBER_CANCELED : wake;
}

enum fiber_wake
fiber_wait(struct fiber_source *const *sources, size_t source_count, struct tick deadline)
{
	struct fiber *fiber = process.running;
	struct world *world;
	enum fiber_wake wake;

	CHECK(fiber != NULL);
	world = fiber->world;
	if (fiber->is_canceled)
		return FIBER_CANCELED;
	if (take_signals(sources, source_count))
		return return_unslept(fiber, FIBER_SIGNALED);
	if (deadline.us != INT64_MAX && !tick_is_before(world_now(world), deadline))
		return return_unslept(fiber, FIBER_TIMEOUT);

	fiber->unslept_count = 0;
	fiber->is_alarmed = false;
	set_waiter(sources, source_count, NULL, fiber);
	world->ops->alarm(world, fiber, deadline);
	leave(fiber);
	if (fiber->is_canceled) {
		wake = FIBER_CANCELED;
	} else if (take_signals(sources, source_count)) {
		wake = FIBER_SIGNALED;
	} else {
		/* Nothing else queues a sleeping fiber. */
		CHECK(fiber->is_alarmed);
		wake = FIBER_TIMEOUT;
	}
	set_waiter(sources, source_count, fiber, NULL);
	return wake;
}

/* --- Life. --- */

static void
run(void *argument)
{
	struct fiber *fiber = argument;

	fiber->run(fiber->argument);
	fiber->is_finished = true;
	leave(fiber);
}

enum status
fiber_new(struct world *world, const char *name, fiber_fn run_fn, void *argument,
    struct fiber_source *done, struct fiber **fiber_out)
{
	struct fiber *fiber;
	enum status status;

	if (process.count >= FIBER_COUNT_MAX)
		return ST_LIMIT;
	fiber = mem_take(sizeof(*fiber));
	if (fiber == NULL)
		return ST_MEMORY;
	*fiber =
	    (struct fiber){.world = world, .run = run_fn, .argument = argument, .done = done};
	memcpy(fiber->name, name, strnlen(name, FIBER_NAME_SIZE - 1));
	status = fiber_stack_take(fiber->name, run, fiber, &fiber->stack);
	if (status != ST_OK) {
		mem_give(fiber);
		return status;
	}
	process.count++;
	world->fiber_count++;
	*fiber_out = fiber;
	enqueue(fiber);
	return ST_OK;
}

static void
finish(struct fiber *fiber)
{
	struct world *world = fiber->world;

	/* A cancel that came while it ran for the last time cannot have queued it. */
	CHECK(!fiber->is_queued);
	world->ops->forget(world, fiber);
	CHECK(world->fiber_count > 0);
	world->fiber_count--;
	process.count--;
	if (fiber->done != NULL)
		fiber_signal(fiber->done);
	fiber_stack_give(fiber->stack);
	mem_give(fiber);
}

void
fiber_run_ready(struct world *world)
{
	const struct fiber *last = world->ready.last;
	struct fiber *fiber = NULL;

	CHECK(process.running == NULL);
	if (last == NULL)
		return;
	do {
		bool is_last;

		fiber = dequeue(world);
		is_last = fiber == last;
		process.running = fiber;
		fiber_stack_enter(fiber->stack);
		CHECK(process.running == NULL);
		if (fiber->is_finished)
			finish(fiber);
		if (is_last)
			break;
	} while (true);
	if (world->ready.first != NULL)
		world->ops->kick(world);
}

/* --- Looking. --- */

struct fiber *
fiber_self(void)
{
	return process.running;
}

struct world *
fiber_world_self(void)
{
	CHECK(process.running != NULL);
	return process.running->world;
}

struct tick
fiber_now(void)
{
	return world_now(fiber_world_self());
}

struct wall
fiber_wall(void)
{
	struct world *world = fiber_world_self();

	return world->ops->wall(world);
}

const char *
fiber_name(const struct fiber *fiber)
{
	return fiber->name;
}

void **
fiber_world_slot(struct fiber *fiber)
{
	return &fiber->slot;
}

size_t
fiber_stack_used(const struct fiber *fiber)
{
	return fiber_stack_touched(fiber->stack);
}

void
fiber_pool_drain(void)
{
	CHECK(process.count == 0);
	fiber_stack_drain();
}

enum status
fiber_guard_install(void)
{
	return fiber_stack_guard();
}
