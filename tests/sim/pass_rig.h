/* SPDX-License-Identifier: Apache-2.0
 *
 * tests/sim/pass_rig: the real pass between two model servers in a simulated world.
 *
 * Place    a rig holds what both servers store and our own disk, and lives over several
 *          passes; each run of a pass has a world of its own, whose seed decides everything in
 *          it, or several processes follow each other in one world.
 * Promise  nothing of a rig depends on a clock, an address or the process.
 * Memory   the rig owns stores and scripts; an outcome owns what the pass told.
 */
#ifndef SIM_PASS_RIG_H
#define SIM_PASS_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/fault.h"
#include "modelserver/mailbox.h"
#include "modelserver/profile.h"
#include "pass/report.h"
#include "sim/disk.h"
#include "sim/world.h"

/* Of both servers' only account. */
#define RIG_PASSWORD "correct-horse"

enum {
	RIG_NAME_SIZE = 256
};

struct rig_outcome;

enum rig_security {
	RIG_TLS,
	RIG_STARTTLS,
	RIG_CLEAR,
};

struct rig_side {
	const char *host;
	struct model_store *store;
	struct model_account *account;
	struct model_profile profile; /* of every connection; `hidden` may be changed */
	struct model_script *script;  /* NULL: well-behaved */
	enum rig_security security;
	struct sim_network network;
	/* Of the pass that runs, at the destination; else NULL. */
	struct rig_outcome *outcome;
	size_t count_before;
	size_t noted; /* of the server's journal, in the story */
	struct rig *rig;
};

struct rig {
	struct rig_side src;
	struct rig_side dst;
	struct disk disk;
	struct sim *sim;        /* between rig_begin and rig_end */
	size_t intended_before; /* of the disk's, when the world began */
};

/* Where the process is killed. */
struct rig_crash {
	uint64_t sleep;        /* when its fibers have gone to sleep so often; 0: never */
	enum disk_point point; /* or at this write to the ledger */
	uint64_t write;
	uint64_t seed; /* of what is lost */
};

enum rig_stop {
	RIG_GO_ON,
	RIG_FINISH_SOON, /* the first Ctrl-C */
	RIG_CANCEL,      /* the second */
};

struct rig_plan {
	uint64_t seed;
	unsigned connections; /* 0: one */
	uint64_t bytes_per_s;
	uint64_t messages_per_s;
	struct sim_cut cut; /* its connection 0: none. 1 is the source's, 2 the destination's */
	enum rig_stop stop;
	uint64_t stop_at;        /* when fibers have gone to sleep so often */
	int64_t ledger_delay_us; /* at most, until an intent is durable */
	int64_t settle_us;       /* between two looks; 0: a minute */
	struct rig_crash crash;
	int64_t starts_after_us;    /* when the one before it ended */
	bool traces;                /* the dialogue is asked for, and looked at */
	bool (*fails_memory)(void); /* NULL: all count; else see fault/mem.h */
	uint64_t fails_memory_at;
	bool fails_memory_on;
};

struct rig_item {
	struct rig_item *next;
	enum pass_item_kind kind;
	char folder[RIG_NAME_SIZE];
	char destination[RIG_NAME_SIZE];
	uint32_t uid;
	struct pass_totals counts;
	char text[FAULT_TEXT_SIZE];
	struct fault fault; /* FAULT only */
};

struct rig_outcome {
	enum status world; /* of sim_run: ST_OK when the pass ended by itself */
	enum status status;
	struct fault fault;
	struct pass_totals totals;
	struct rig_item *items; /* in order */
	size_t open_messages;   /* in intents of which nothing, or only a doubt, is told */
	bool is_killed;
	uint64_t writes;          /* to the ledger */
	int64_t took_us;          /* until the pass returned */
	int64_t copying_took_us;  /* of these, since copying began */
	int64_t stopping_took_us; /* of these, since it was told to stop */
	bool is_stored_early;     /* at some time more was stored than had a durable intent */
	uint64_t hash;
	uint64_t sleeps;
	uint64_t memory_calls; /* by the pass, and how many of them failed */
	uint64_t memory_failed;
	uint64_t memory_peak;   /* octets, of counted calls */
	bool tells_password;    /* in a text, a name, a fault or the trace, in any form */
	bool tells_controls;    /* octets that a terminal may obey */
	uint64_t arrived[2][2]; /* [0 source, 1 destination][0 to client, 1 to server] */
};

void rig_init(struct rig *rig, const char *src_profile, const char *dst_profile);
void rig_fini(struct rig *rig);
/* For cmocka, behind the last test: gives back the stacks of all fibers. */
int rig_drain(void **state);

/* A world for several processes, one after the other. `story` is told what happens, NULL:
 * nobody is. Connections are counted from its beginning. */
void rig_begin(struct rig *rig, uint64_t seed, FILE *story);
void rig_pass(struct rig *rig, const struct rig_plan *plan, struct rig_outcome *outcome_out);
/* What is still under way happens; returns the world's hash. */
uint64_t rig_end(struct rig *rig);
/* One pass in a world of its own, and then all that was still under way when it ended. */
void rig_run(struct rig *rig, const struct rig_plan *plan, struct rig_outcome *outcome_out);
void rig_outcome_fini(struct rig_outcome *outcome);
size_t rig_count_items(const struct rig_outcome *outcome, enum pass_item_kind kind);
/* "status …, source … copied …: the fault" for a failing test. */
const char *rig_describe(const struct rig_outcome *outcome, char *text, size_t size);

#endif
