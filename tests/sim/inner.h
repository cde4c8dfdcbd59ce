/* SPDX-License-Identifier: Apache-2.0
 *
 * tests/sim/inner: what the simulated world and its connections know of each other.
 */
#ifndef SIM_INNER_H
#define SIM_INNER_H

#include <stdio.h>

#include "base/block.h"
#include "base/buf.h"
#include "base/fault.h"
#include "base/prng.h"
#include "net/link.h"
#include "net/link_ops.h"
#include "net/world.h"
#include "sim/timer.h"
#include "sim/world.h"

struct connection;

struct sim {
	struct world world;
	struct tick now;
	struct prng prng;
	uint64_t hash;
	struct sim_timers timers;
	struct block_pool blocks;
	struct connection *connections;
	unsigned connection_count;
	struct sim_service services[SIM_SERVICE_MAX];
	size_t service_count;
	struct sim_cut cuts[SIM_CUT_MAX];
	size_t cut_count;
	uint64_t sleep_count;
	uint64_t strike_at; /* of sleep_count; 0: never */
	sim_watch_fn strike;
	void *striker;
	bool is_killed;     /* the process that runs fibers is dead, and they end */
	FILE *story;        /* NULL: not asked for */
	sim_watch_fn watch; /* NULL: nobody does */
	void *watcher;
};

/* What a trace consists of; part of the hash. */
enum sim_trace {
	TRACE_ALARM = 1,
	TRACE_DIAL,
	TRACE_CONNECTED,
	TRACE_TO_SERVER,
	TRACE_TO_CLIENT,
	TRACE_END,
	TRACE_CUT,
	TRACE_CLOSE,
	TRACE_TLS,
	TRACE_NOTE,
};

void sim_trace(struct sim *sim, enum sim_trace kind, uint64_t who, uint64_t what);

enum status connection_dial(struct world *world, const struct link_target *target,
    struct link **link_out, struct fault *fault) MUST_USE;
struct connection *connection_next(const struct connection *connection);
uint64_t connection_arrived(const struct connection *connection, bool is_to_server);
/* Its client's process was killed. SIM_SHUT: what it had sent arrives, and an end; SIM_RESET: a
 * part of it, and an end; SIM_STALL: a part of it, and the machine never hears of an end.
 * `is_flushed`: what lay in the link had been sent, too. */
void connection_orphan(struct connection *connection, enum sim_wish ending, bool is_flushed);
/* Its link must be closed. */
void connection_free(struct sim *sim, struct connection *connection);

#endif
