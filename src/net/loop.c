/* SPDX-License-Identifier: Apache-2.0
 *
 * A turn of the loop: libevent waits for sockets, timers and signals and calls what belongs to
 * them, which only wakes fibers; then one batch of fibers runs; then the errands that they and
 * the events noted, such as writing what was put into links. A turn in which a fiber is ready
 * or an errand is noted does not wait. So sockets are looked at between any two batches,
 * whatever the fibers do.
 */
#include "net/loop.h"

#include <signal.h>
#include <sys/random.h>
#include <time.h>

#include <event2/event.h>

#include "base/check.h"
#include "base/mem.h"
#include "net/link_ops.h"
#include "net/link_tcp.h"
#include "net/loop_inner.h"

#ifndef __has_feature
#define __has_feature(x) 0
#endif

enum {
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
	BLOCKS_KEPT = 0
#else
	BLOCKS_KEPT = 32
#endif
};

/* One a fiber that ever waited with a deadline, in its world slot. Lazy: moving a deadline
 * back costs nothing; the timer fires at the old one and is set again. */
struct alarm_clock {
	struct event *event;
	struct fiber *fiber;
	struct tick wanted;
	struct tick armed;
};

struct signal_watch {
	struct signal_watch *next;
	struct event *event;
	unsigned *count;
	struct fiber_source *source;
};

struct loop_watch {
	struct event *event;
	struct fiber_source *source;
};

struct loop {
	struct world world;
	struct tick turn; /* when this turn's fibers began to run */
	struct event_base *events;
	struct loop_errand *errands;
	struct loop_errand *errands_last;
	struct block_pool blocks;
	struct signal_watch *signals;
	struct loop_known known;
};

static const struct fault_kind no_memory = {
    ST_MEMORY, CAUSE_MEMORY, FAULT_PROCESS, RETRY_LATER};

struct loop *
loop_of_world(struct world *world)
{
	return (struct loop *)world;
}

struct event_base *
loop_events(struct loop *loop)
{
	return loop->events;
}

struct block_pool *
loop_blocks(struct loop *loop)
{
	return &loop->blocks;
}

struct world *
loop_world(struct loop *loop)
{
	return &loop->world;
}

struct loop_known *
loop_known(struct loop *loop)
{
	return &loop->known;
}

/* --- Clocks and randomness. --- */

static struct tick
read_clock(void)
{
	struct timespec ts;

	CHECK(clock_gettime(CLOCK_MONOTONIC, &ts) == 0);
	return (struct tick){(int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000};
}

/* On fibers the time stands still within a turn, as it does in the simulated world: they ask
 * for it with every octet that they move, and reading the clock costs more than moving it. */
static struct tick
now(struct world *world)
{
	return fiber_self() == NULL ? read_clock() : loop_of_world(world)->turn;
}

static struct wall
wall(struct world *world)
{
	struct timespec ts;

	(void)world;
	CHECK(clock_gettime(CLOCK_REALTIME, &ts) == 0);
	return (struct wall){ts.tv_sec};
}

static uint64_t
random_number(struct world *world)
{
	uint64_t number;

	(void)world;
	CHECK(getrandom(&number, sizeof(number), 0) == (ssize_t)sizeof(number));
	return number;
}

/* --- Alarms. --- */

static void
arm(struct alarm_clock *clock, struct tick at)
{
	int64_t delay_us = clock->wanted.us - at.us;
	struct timeval delay = {0};

	if (delay_us > 0) {
		delay.tv_sec = delay_us / 1000000;
		delay.tv_usec = delay_us % 1000000;
	}
	/* Fails only when libevent's heap cannot grow; a wait without a deadline would be
	 * worse than ending here. */
	CHECK(event_add(clock->event, &delay) == 0);
	clock->armed = clock->wanted;
}

static void
on_alarm(evutil_socket_t fd, short what, void *argument)
{
	struct alarm_clock *clock = argument;
	struct tick at = read_clock();

	(void)fd;
	(void)what;
	clock->armed = TICK_NEVER;
	if (clock->wanted.us == INT64_MAX)
		return;
	if (tick_is_before(at, clock->wanted)) {
		arm(clock, at);
		return;
	}
	clock->wanted = TICK_NEVER;
	fiber_alarm(clock->fiber);
}

static struct alarm_clock *
clock_new(struct loop *loop, struct fiber *fiber)
{
	struct alarm_clock *clock = mem_take(sizeof(*clock));

	CHECK(clock != NULL);
	*clock = (struct alarm_clock){
	    .event = evtimer_new(loop->events, on_alarm, clock),
	    .fiber = fiber,
	    .wanted = TICK_NEVER,
	    .armed = TICK_NEVER,
	};
	CHECK(clock->event != NULL);
	return clock;
}

static void
set_alarm(struct world *world, struct fiber *fiber, struct tick deadline)
{
	void **slot = fiber_world_slot(fiber);
	struct alarm_clock *clock = *slot;

	if (clock == NULL) {
		if (deadline.us == INT64_MAX)
			return;
		clock = clock_new(loop_of_world(world), fiber);
		*slot = clock;
	}
	clock->wanted = deadline;
	if (tick_is_before(deadline, clock->armed))
		arm(clock, read_clock());
}

static void
forget(struct world *world, struct fiber *fiber)
{
	void **slot = fiber_world_slot(fiber);
	struct alarm_clock *clock = *slot;

	(void)world;
	if (clock == NULL)
		return;
	event_free(clock->event);
	mem_give(clock);
	*slot = NULL;
}

static void
kick(struct world *world)
{
	/* loop_run looks at the queue in every turn. */
	(void)world;
}

static const struct world_ops ops = {
    .now = now,
    .wall = wall,
    .random = random_number,
    .kick = kick,
    .alarm = set_alarm,
    .forget = forget,
    .dial = link_tcp_dial,
};

/* --- Life. --- */

static enum status
ignore_sigpipe(void)
{
	struct sigaction action = {.sa_handler = SIG_IGN};

	sigemptyset(&action.sa_mask);
	return sigaction(SIGPIPE, &action, NULL) == 0 ? ST_OK : ST_IO;
}

enum status
loop_new(struct loop **loop_out, struct fault *fault)
{
	static const struct fault_kind io = {ST_IO, CAUSE_OTHER, FAULT_PROCESS, RETRY_NEVER};
	struct loop *loop = mem_take(sizeof(*loop));

	if (loop == NULL)
		return fault_set(fault, no_memory, "There is no memory for the event loop.");
	*loop = (struct loop){.world.ops = &ops, .events = event_base_new()};
	block_pool_init(&loop->blocks, LINK_BLOCK_SIZE, BLOCKS_KEPT);
	if (loop->events == NULL || ignore_sigpipe() != ST_OK) {
		loop_free(&loop);
		return fault_set(fault, io, "The event loop could not be set up.");
	}
	*loop_out = loop;
	return ST_OK;
}

static void
run_errands(struct loop *loop)
{
	struct loop_errand *errand = loop->errands;

	loop->errands = NULL;
	loop->errands_last = NULL;
	while (errand != NULL) {
		struct loop_errand *next = errand->next;

		errand->next = NULL;
		errand->is_noted = false;
		errand->run(errand->owner);
		errand = next;
	}
}

void
loop_free(struct loop **loop)
{
	struct loop *freed = *loop;

	if (freed == NULL)
		return;
	CHECK(freed->world.fiber_count == 0);
	/* Links that were closed outside loop_run. */
	while (freed->errands != NULL)
		run_errands(freed);
	while (freed->signals != NULL) {
		struct signal_watch *watch = freed->signals;

		freed->signals = watch->next;
		event_free(watch->event);
		mem_give(watch);
	}
	loop_known_fini(&freed->known);
	block_pool_fini(&freed->blocks);
	if (freed->events != NULL)
		event_base_free(freed->events);
	mem_give(freed);
	*loop = NULL;
}

/* --- Turning. --- */

void
loop_note(struct loop *loop, struct loop_errand *errand)
{
	if (errand->is_noted)
		return;
	errand->is_noted = true;
	errand->next = NULL;
	if (loop->errands == NULL)
		loop->errands = errand;
	else
		loop->errands_last->next = errand;
	loop->errands_last = errand;
}

static bool
has_work(const struct loop *loop)
{
	return loop->world.ready.first != NULL || loop->errands != NULL;
}

enum status
loop_run(struct loop *loop)
{
	while (loop->world.fiber_count > 0 || has_work(loop)) {
		int result = event_base_loop(
		    loop->events, EVLOOP_ONCE | (has_work(loop) ? EVLOOP_NONBLOCK : 0));

		if (result < 0)
			return ST_IO;
		/* Nothing is under way that could ever wake a fiber. */
		if (result > 0 && !has_work(loop))
			return ST_CONFLICT;
		loop->turn = read_clock();
		fiber_run_ready(&loop->world);
		run_errands(loop);
	}
	return ST_OK;
}

/* --- Signals. --- */

static void
on_signal(evutil_socket_t number, short what, void *argument)
{
	struct signal_watch *watch = argument;

	(void)number;
	(void)what;
	++*watch->count;
	fiber_signal(watch->source);
}

enum status
loop_on_signal(struct loop *loop, int number, unsigned *count, struct fiber_source *source)
{
	struct signal_watch *watch = mem_take(sizeof(*watch));

	if (watch == NULL)
		return ST_MEMORY;
	watch->next = loop->signals;
	watch->event = evsignal_new(loop->events, number, on_signal, watch);
	watch->count = count;
	watch->source = source;
	if (watch->event == NULL || event_add(watch->event, NULL) != 0) {
		if (watch->event != NULL)
			event_free(watch->event);
		mem_give(watch);
		return ST_IO;
	}
	loop->signals = watch;
	return ST_OK;
}

/* --- Descriptors. --- */

static void
on_input(evutil_socket_t fd, short what, void *argument)
{
	const struct loop_watch *watch = argument;

	(void)fd;
	(void)what;
	fiber_signal(watch->source);
}

enum status
loop_on_input(
    struct loop *loop, int fd, struct fiber_source *source, struct loop_watch **watch_out)
{
	struct loop_watch *watch = mem_take(sizeof(*watch));

	if (watch == NULL)
		return ST_MEMORY;
	watch->source = source;
	watch->event = event_new(loop->events, fd, EV_READ | EV_PERSIST, on_input, watch);
	if (watch->event == NULL || event_add(watch->event, NULL) != 0) {
		loop_watch_free(&watch);
		return ST_IO;
	}
	*watch_out = watch;
	return ST_OK;
}

void
loop_watch_free(struct loop_watch **watch)
{
	if (*watch == NULL)
		return;
	if ((*watch)->event != NULL)
		event_free((*watch)->event);
	mem_give(*watch);
	*watch = NULL;
}
