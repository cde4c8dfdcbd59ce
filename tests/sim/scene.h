/* SPDX-License-Identifier: Apache-2.0
 *
 * tests/sim/scene: a mailbox that is copied by processes that are killed, one after the other,
 * until one comes to its end, between servers that misbehave over a network that breaks.
 *
 * Place    scene_test plays seeds; scene_sweep_test plays every crash of one scene.
 * Promise  the seed decides everything. At the end multisets are compared: every message of the
 *          source is at the destination once, twins as often as at the source; nothing else is
 *          there but what was there before, and copies of what a server committed later than
 *          the second look, which then are told one by one.
 * Memory   a scene owns its rig.
 */
#ifndef SIM_SCENE_H
#define SIM_SCENE_H

#include "sim/pass_mail.h"
#include "sim/pass_oracle.h"
#include "sim/pass_rig.h"

/* What the destination does with APPEND (reliability.md D71 to D75). Servers that tell wrong
 * UIDs and such that store a part of a group and say NO are not among them. */
enum scene_server {
	SCENE_PLAIN,
	SCENE_EARLY,     /* D71: commits at the last octet of the literal */
	SCENE_NO_ANSWER, /* D72: commits and says nothing */
	SCENE_CLOSE,     /* D72: commits and closes */
	SCENE_RESET,     /* D72: commits and resets */
	SCENE_LATE,      /* D73: closes, and commits below T_q later */
	SCENE_SLOW, /* D73: sits on the commit below T_q, whether the client is there or not */
	SCENE_OK_LATE,   /* D74: says OK, commits two seconds later */
	SCENE_NO_UID,    /* D75: tells none */
	SCENE_REFUSAL,   /* closes, and commits nothing */
	SCENE_VERY_LATE, /* D73: closes, and commits long after T_q */
	SCENE_SERVER_COUNT
};

enum scene_point {
	SCENE_AT_SLEEP,
	SCENE_BEFORE_WRITE,
	SCENE_BEHIND_SUBMIT,
	SCENE_BEHIND_DURABLE,
	SCENE_POINT_COUNT
};

enum {
	SCENE_PROCESSES_MAX = 4, /* that are to be killed */
	SCENE_TEXT_SIZE = 1024
};

struct scene {
	uint64_t seed;
	struct prng prng;
	struct rig rig;
	enum scene_server server;
	unsigned faults; /* cuts, and rules of the server's */
	unsigned messages, folders;
	struct sim_cut cuts[4];
	unsigned cut_count;
	struct rig_plan plans[SCENE_PROCESSES_MAX];
	unsigned process_count;
	struct rig_plan last; /* of those that may come to their end */
	bool is_exact;        /* flags and dates can be told from those of twins */
	char text[SCENE_TEXT_SIZE];
};

struct scene_result {
	const char *complaint; /* NULL: all is as it must be */
	uint64_t hash;
	uint64_t surplus;
	/* [1]: of a process that had something to recover from */
	unsigned crashes[2][SCENE_POINT_COUNT];
	unsigned crash_count;
	/* Of the first process, when it was not killed. */
	uint64_t sleeps, writes;
	char last[SCENE_TEXT_SIZE]; /* what the last process told */
};

const char *scene_server_name(enum scene_server server);
const char *scene_point_name(enum scene_point point);

void scene_init(struct scene *scene, uint64_t seed);
/* A well-behaved one without crashes and cuts, for sweeps. */
void scene_init_clean(struct scene *scene, const struct mail_shape *shape);
void scene_fini(struct scene *scene);
/* `story`: what happens is told there; may be NULL. */
void scene_run(struct scene *scene, FILE *story, struct scene_result *result_out);

#endif
