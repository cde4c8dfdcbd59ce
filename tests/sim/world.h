/* SPDX-License-Identifier: Apache-2.0
 *
 * tests/sim/world: a world whose clock, chances and network are one seeded program.
 *
 * Place    the same fibers and links as over net/loop; at the other end of a link stands a
 *          machine with the five verbs of the model server.
 * Promise  the same seed and the same program give the same trace, whose hash sim_hash tells.
 *          Time passes only while all fibers sleep. Octets arrive in order, in pieces of random
 *          sizes, after random delays, or not at all where a cut says so.
 * Memory   sim_free closes what is still connected; links must be closed by their fibers.
 *          Its own memory is not base/mem's, so that a fault test fails its client's alone.
 * Limits   SIM_SERVICE_MAX services, SIM_CUT_MAX cuts. TLS is a delay and a word, not a cipher.
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "base/status.h"
#include "base/tick.h"

struct sim;
struct world;

enum {
	SIM_SERVICE_MAX = 16,
	SIM_CUT_MAX = 16
};

/* What the machine wants of its connection once all its output is sent (RESET: at once). The
 * values are those of enum model_link. */
enum sim_wish {
	SIM_STAY_OPEN,
	SIM_START_TLS,
	SIM_SHUT,  /* an orderly end */
	SIM_DROP,  /* an end without TLS's farewell */
	SIM_RESET, /* unsent output is lost */
	SIM_STALL, /* nothing arrives any more, in either direction, and nobody is told */
};

/* The machine at the other end. */
struct sim_machine_ops {
	/* Takes what fits; the rest is offered again after output was sent or the deadline. */
	void (*feed)(void *machine, struct bytes input, struct tick now, size_t *used_out);
	struct bytes (*output)(void *machine, struct tick now);
	void (*sent)(void *machine, size_t size, struct tick now);
	struct tick (*deadline)(const void *machine);
	/* The client's stream ended after what was fed. */
	void (*eof)(void *machine, struct tick now);
	enum sim_wish (*wish)(const void *machine);
	/* After SIM_START_TLS; NULL where it is never wished. */
	void (*tls_started)(void *machine, struct tick now);
	/* The connection is over. */
	void (*free)(void *machine);
};

struct sim_network {
	int64_t latency_min_us; /* one way, for octets that find the pipe empty */
	int64_t latency_max_us;
	uint64_t octets_per_second; /* 0: as many as come */
	size_t piece_max;           /* a delivery has 1..piece_max octets; 0: all there are */
};

/* Who answers at host and port. Nobody there: refused. */
struct sim_service {
	const char *host; /* borrowed as long as the world lives */
	uint16_t port;
	bool is_tls; /* a client without TLS is not understood, and the other way round */
	struct sim_network network;
	const struct sim_machine_ops *ops;
	/* A new machine for a new connection; NULL: the connection is refused. */
	void *(*accept)(void *context, struct tick now);
	void *context;
};

/* What happens to a connection when the n-th octet of one direction has arrived. */
struct sim_cut {
	unsigned connection; /* counted from 1, in the order of dialling */
	bool is_to_server;   /* which direction counts */
	uint64_t octet;      /* 0: as soon as it is connected */
	enum sim_wish kind;  /* SIM_SHUT … SIM_STALL */
};

struct sim *sim_new(uint64_t seed);
void sim_free(struct sim **sim);
struct world *sim_world(struct sim *sim);

void sim_serve(struct sim *sim, const struct sim_service *service);
void sim_cut_at(struct sim *sim, const struct sim_cut *cut);

/* Until no fiber lives. ST_TIMEOUT: the clock passed `until` (cancel the fibers and run on).
 * ST_CONFLICT: fibers wait for something that will never be. ST_LIMIT: they never sleep. */
enum status sim_run(struct sim *sim, struct tick until) MUST_USE;
/* Called on the loop's stack after each batch of fibers; what may be done from a signal or a
 * key is done from here. */
typedef void (*sim_watch_fn)(void *context);
void sim_watch(struct sim *sim, sim_watch_fn watch, void *context);
/* Called once, on the fiber that goes to sleep, when fibers have done so that often. */
void sim_strike(struct sim *sim, uint64_t sleep, sim_watch_fn strike, void *context);
/* The process that runs all fibers is dead: nothing that they do to links has an effect any
 * more, and they must end. What it had sent may arrive, in whole, in part or for ever without
 * an end, as `seed` decides for each connection. From anywhere. */
void sim_kill(struct sim *sim, uint64_t seed);
/* Another process begins. */
void sim_revive(struct sim *sim);
/* Lets what is under way arrive, without fibers, at most until then. */
void sim_settle(struct sim *sim, struct tick until);

struct tick sim_now(struct sim *sim);
uint64_t sim_hash(const struct sim *sim);
/* What happens is told to this file, a line each; NULL: it is not. */
void sim_tell_story(struct sim *sim, FILE *story);
bool sim_has_story(const struct sim *sim);
/* Adds a line, when a story is told. */
void sim_tell(struct sim *sim, const char *format, ...) PRINTF_LIKE(2, 3);
/* Makes a test's own observation part of the trace. */
void sim_note(struct sim *sim, uint64_t what);
/* Connections dialled so far. */
unsigned sim_connection_count(const struct sim *sim);
/* How often a fiber went to sleep so far. */
uint64_t sim_sleep_count(const struct sim *sim);
/* Octets of one direction that have arrived so far; 0 where there is no such connection. */
uint64_t sim_arrived(const struct sim *sim, unsigned connection, bool is_to_server);

#endif
