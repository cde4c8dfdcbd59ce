/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/world.h"

#include <stdarg.h>
#include <stdlib.h>

#include "base/check.h"
#include "net/fiber.h"
#include "sim/inner.h"

/* 2026-01-01 00:00:00 UTC at the start of every world. */
#define WALL_AT_START INT64_C(1767225600)

enum {
	BATCHES_MAX = 1000000,
	BLOCKS_KEPT = 32
};

struct alarm_clock {
	struct sim_timer timer;
	struct sim *sim;
	struct fiber *fiber;
};

static struct sim *
sim_of(struct world *world)
{
	return (struct sim *)world;
}

static void
tell_trace(struct sim *sim, enum sim_trace kind, uint64_t who, uint64_t what)
{
	static const char *const wishes[] = {"", "", "shut", "dropped", "reset", "silent"};
	unsigned number = (unsigned)who;

	switch (kind) {
	case TRACE_DIAL:
		sim_tell(sim, "connection %u is dialled", number);
		break;
	case TRACE_CUT:
		sim_tell(sim, "connection %u: cut (%s)", number,
		    what <= SIM_STALL ? wishes[what] : "?");
		break;
	case TRACE_CLOSE:
		sim_tell(sim, "connection %u: closed by us%s", number,
		    what != 0 ? ", abruptly" : "");
		break;
	case TRACE_END:
		sim_tell(sim, "connection %u: %s sees the end", number,
		    what != 0 ? "the server" : "we");
		break;
	case TRACE_ALARM:
	case TRACE_CONNECTED:
	case TRACE_TO_SERVER:
	case TRACE_TO_CLIENT:
	case TRACE_TLS:
	case TRACE_NOTE:
		break;
	}
}

void
sim_trace(struct sim *sim, enum sim_trace kind, uint64_t who, uint64_t what)
{
	const uint64_t words[] = {(uint64_t)sim->now.us, kind, who, what};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		sim->hash = (sim->hash ^ words[i]) * UINT64_C(0x9E3779B97F4A7C15);
		sim->hash ^= sim->hash >> 29;
	}
	if (sim->story != NULL)
		tell_trace(sim, kind, who, what);
}

/* --- The table. --- */

static struct tick
now(struct world *world)
{
	return sim_of(world)->now;
}

static struct wall
wall(struct world *world)
{
	return (struct wall){WALL_AT_START + sim_of(world)->now.us / 1000000};
}

static uint64_t
random_number(struct world *world)
{
	return prng_next(&sim_of(world)->prng);
}

static void
kick(struct world *world)
{
	/* sim_run looks at the queue. */
	(void)world;
}

static void
ring(void *owner)
{
	struct alarm_clock *clock = owner;

	sim_trace(clock->sim, TRACE_ALARM, 0, 0);
	fiber_alarm(clock->fiber);
}

static void
set_alarm(struct world *world, struct fiber *fiber, struct tick deadline)
{
	struct alarm_clock *clock = *fiber_world_slot(fiber);

	if (clock == NULL) {
		clock = malloc(sizeof(*clock));
		CHECK(clock != NULL);
		*clock = (struct alarm_clock){.sim = sim_of(world), .fiber = fiber};
		clock->timer.run = ring;
		clock->timer.owner = clock;
		*fiber_world_slot(fiber) = clock;
	}
	sim_timer_set(&sim_of(world)->timers, &clock->timer, deadline);
	if (++sim_of(world)->sleep_count == sim_of(world)->strike_at)
		sim_of(world)->strike(sim_of(world)->striker);
}

static void
forget(struct world *world, struct fiber *fiber)
{
	struct alarm_clock *clock = *fiber_world_slot(fiber);

	if (clock == NULL)
		return;
	sim_timer_unset(&sim_of(world)->timers, &clock->timer);
	free(clock);
}

static const struct world_ops ops = {
    .now = now,
    .wall = wall,
    .random = random_number,
    .kick = kick,
    .alarm = set_alarm,
    .forget = forget,
    .dial = connection_dial,
};

/* --- Life. --- */

struct sim *
sim_new(uint64_t seed)
{
	struct sim *sim = malloc(sizeof(*sim));

	CHECK(sim != NULL);
	*sim = (struct sim){.world.ops = &ops, .now = {1000000}, .hash = seed};
	prng_init(&sim->prng, seed);
	/* Where none is kept, whoever uses a slice after its time is seen by the address
	 * sanitizer; it costs most of the time. */
	block_pool_init(&sim->blocks, LINK_BLOCK_SIZE, seed % 4 == 1 ? 0 : BLOCKS_KEPT);
	return sim;
}

void
sim_free(struct sim **sim)
{
	struct sim *freed = *sim;

	if (freed == NULL)
		return;
	CHECK(freed->world.fiber_count == 0);
	while (freed->connections != NULL)
		connection_free(freed, freed->connections);
	sim_timers_fini(&freed->timers);
	block_pool_fini(&freed->blocks);
	free(freed);
	*sim = NULL;
}

struct world *
sim_world(struct sim *sim)
{
	return &sim->world;
}

void
sim_serve(struct sim *sim, const struct sim_service *service)
{
	CHECK(sim->service_count < SIM_SERVICE_MAX);
	CHECK(service->network.latency_min_us <= service->network.latency_max_us);
	sim->services[sim->service_count++] = *service;
}

void
sim_cut_at(struct sim *sim, const struct sim_cut *cut)
{
	CHECK(sim->cut_count < SIM_CUT_MAX);
	CHECK(cut->kind >= SIM_SHUT && cut->connection > 0);
	sim->cuts[sim->cut_count++] = *cut;
}

/* --- Running. --- */

static bool
step(struct sim *sim, struct tick until)
{
	struct sim_timer *timer;

	if (tick_is_before(until, sim_timers_next(&sim->timers)))
		return false;
	timer = sim_timers_take(&sim->timers);
	if (tick_is_before(sim->now, timer->at))
		sim->now = timer->at;
	timer->run(timer->owner);
	return true;
}

enum status
sim_run(struct sim *sim, struct tick until)
{
	unsigned batches = 0;

	while (sim->world.fiber_count > 0) {
		if (sim->world.ready.first != NULL) {
			/* Fibers that only wake each other would stop the clock for ever. */
			if (++batches > BATCHES_MAX)
				return ST_LIMIT;
			fiber_run_ready(&sim->world);
			if (sim->watch != NULL)
				sim->watch(sim->watcher);
			continue;
		}
		batches = 0;
		if (!step(sim, until))
			return sim->timers.count == 0 ? ST_CONFLICT : ST_TIMEOUT;
	}
	return ST_OK;
}

void
sim_watch(struct sim *sim, sim_watch_fn watch, void *context)
{
	sim->watch = watch;
	sim->watcher = context;
}

void
sim_settle(struct sim *sim, struct tick until)
{
	CHECK(sim->world.fiber_count == 0);
	while (step(sim, until))
		;
}

void
sim_strike(struct sim *sim, uint64_t sleep, sim_watch_fn strike, void *context)
{
	sim->strike_at = sleep;
	sim->strike = strike;
	sim->striker = context;
}

void
sim_kill(struct sim *sim, uint64_t seed)
{
	static const enum sim_wish endings[] = {SIM_SHUT, SIM_SHUT, SIM_RESET, SIM_STALL};
	struct connection *connection = sim->connections;
	struct prng prng;

	prng_init(&prng, seed);
	sim->is_killed = true;
	for (; connection != NULL; connection = connection_next(connection)) {
		enum sim_wish ending = endings[prng_below(&prng, 4)];

		connection_orphan(connection, ending, prng_below(&prng, 2) == 0);
	}
}

void
sim_revive(struct sim *sim)
{
	CHECK(sim->world.fiber_count == 0);
	sim->is_killed = false;
}

void
sim_tell_story(struct sim *sim, FILE *story)
{
	sim->story = story;
}

bool
sim_has_story(const struct sim *sim)
{
	return sim->story != NULL;
}

void
sim_tell(struct sim *sim, const char *format, ...)
{
	va_list arguments;

	if (sim->story == NULL)
		return;
	fprintf(sim->story, "%12.6f  ", (double)sim->now.us / 1e6);
	va_start(arguments, format);
	vfprintf(sim->story, format, arguments);
	va_end(arguments);
	fputc('\n', sim->story);
}

struct tick
sim_now(struct sim *sim)
{
	return sim->now;
}

uint64_t
sim_hash(const struct sim *sim)
{
	return sim->hash;
}

void
sim_note(struct sim *sim, uint64_t what)
{
	sim_trace(sim, TRACE_NOTE, 0, what);
}

unsigned
sim_connection_count(const struct sim *sim)
{
	return sim->connection_count;
}

uint64_t
sim_sleep_count(const struct sim *sim)
{
	return sim->sleep_count;
}

uint64_t
sim_arrived(const struct sim *sim, unsigned connection, bool is_to_server)
{
	const struct connection *found = sim->connections;

	if (connection == 0 || connection > sim->connection_count)
		return 0;
	/* The newest stands first. */
	for (unsigned i = sim->connection_count; i > connection; i--)
		found = connection_next(found);
	return connection_arrived(found, is_to_server);
}
