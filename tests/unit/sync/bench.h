/* SPDX-License-Identifier: Apache-2.0
 *
 * unit/sync/bench: sync/copy between a simulated source, destination and ledger.
 *
 * Place    the tests of sync/copy describe messages and behaviour, run, and look at the result.
 * Promise  the same setup and seed give the same run. What sync/copy's header promises is
 *          checked at every step and at the end; a breach fails the test under the run's name.
 * Limits   BENCH_MESSAGES_MAX messages, and a number of steps after which a run counts as
 *          stuck.
 */
#ifndef UNIT_SYNC_BENCH_H
#define UNIT_SYNC_BENCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/prng.h"
#include "base/range.h"
#include "sync/copy.h"

enum {
	BENCH_MESSAGES_MAX = 2400,
	BENCH_COMMANDS_MAX = 6000,
	BENCH_INTENTS_MAX = 6000,
	BENCH_NAME_SIZE = 96,
	NEVER = -1
};

/* What the destination says to a message. */
enum bench_answer {
	ANSWER_OK,
	ANSWER_NO,
	ANSWER_BAD,
	ANSWER_STOP,
	ANSWER_NO_EARLY,  /* before all of its octets are there; behind a synchronising literal
			     in its place */
	ANSWER_BAD_EARLY, /* likewise */
	ANSWER_OK_EARLY,  /* a lie */
	ANSWER_NO_TO_LONG_KEYWORDS,
};

struct bench_message {
	uint32_t uid;
	uint32_t size;
	uint32_t told_size; /* RFC822.SIZE; 0: the true one */
	struct bytes keywords;
	enum bench_answer answer;
	bool is_gone;       /* listed, but no body comes */
	bool has_no_text;   /* the source answers for it without a text */
	bool is_poison;     /* the source breaks off whenever its text is due, */
	uint32_t poison_at; /* behind so many octets of it; 0: before it begins */

	/* What became of it. */
	uint32_t bodies;     /* that came whole */
	uint32_t cuts;       /* how often the source broke off where it may be to blame */
	uint32_t poisonings; /* how often it broke off because of it */
	uint32_t rows;       /* how often it was listed */
	uint32_t stored;     /* copies at the destination */
	uint32_t dst_uid;
	uint32_t outcomes;
	uint32_t keyword_max;  /* the longest it was last sent with */
	uint32_t kept_size;    /* of all that it was last sent with */
	uint32_t dropped_size; /* of the keywords told with the outcome */
	uint32_t refusals;     /* of commands with this message alone */
	enum sync_row_outcome outcome;
	uint32_t group; /* newest intent that names it */
	bool is_out;    /* its newest command may have been committed */
};

/* How both sides, the ledger and the user behave. Zero: well, and at once. */
struct bench_setup {
	const char *name;
	uint64_t seed;
	struct sync_copy_settings settings;
	bool is_synchronising; /* every literal waits for its continuation */
	bool is_no_proof;      /* refusals do not prove that nothing was stored */
	bool tells_no_uids;
	bool src_shuffles;  /* bodies come in another order */
	bool src_overlaps;  /* texts begin before the rows in front of them are all told */
	bool src_chatters;  /* rows and bodies that nobody asked for */
	bool src_backwards; /* rows come in descending order */
	bool replies_shuffle;
	bool is_lazy;          /* it replies mostly when nobody else can do anything */
	bool holds;            /* the rate and the server's permission come and go */
	uint32_t src_forgets;  /* messages that it wrote last and loses when it breaks off */
	uint32_t src_cuts_max; /* it breaks off so often, anywhere */
	int64_t reply_us;
	uint32_t stored_max; /* 0: none; from there on the mailbox is full */
	/* Steps at which something ends; NEVER. */
	int32_t stop_step;
	int32_t src_drop_step;
	int32_t src_lost_step;
	int32_t dst_lost_step;
};

struct bench_command {
	uint32_t append;
	uint32_t first; /* its messages: bench->carried[first, first + count) */
	uint32_t count;
	uint64_t octets;  /* of the newest message, that have come */
	uint64_t bytes;   /* of all its messages */
	bool is_allowed;  /* octets of the newest message may come */
	bool must_go_on;  /* its newest literal is complete without a durable intent */
	bool is_stub_out; /* it may be committed by what has come */
	bool is_ended;
	bool is_processed;
	bool is_replied;
	bool is_in_place;
	enum sync_reply reply;
	uint32_t dst_uid; /* of its first message */
};

struct bench_intent {
	uint32_t group;
	uint32_t count;
	uint32_t settled; /* how often SETTLE was told */
	bool is_durable;
	uint32_t src_uids[SYNC_INTENT_MESSAGES_MAX];
};

struct bench_asked {
	bool is_bodies;
	bool is_second_try;
	uint32_t uids[BENCH_MESSAGES_MAX];
	uint32_t count;
	uint32_t at;
};

struct bench {
	struct bench_setup setup;
	struct sync_copy *copy;
	struct prng prng;
	struct tick now;
	struct bench_message messages[BENCH_MESSAGES_MAX]; /* ascending by UID */
	uint32_t count;

	struct bench_asked asked[40];
	uint32_t asked_count;
	struct bench_message *body; /* that the source is sending */
	uint32_t body_uid;          /* of a body nobody asked for: not 0 while `body` is NULL */
	uint32_t body_size;
	uint32_t body_at;
	bool is_src_lost;
	uint32_t src_drops;
	uint32_t src_cuts;     /* of these, without a reason */
	uint32_t src_given_up; /* drops after which a message was given up */

	struct bench_command commands[BENCH_COMMANDS_MAX];
	uint32_t command_count;
	uint32_t command_first; /* the first of this connection */
	uint16_t carried[BENCH_COMMANDS_MAX * 4];
	uint32_t carried_count;
	bool is_synchronising;
	bool is_dst_lost;
	bool is_drop_asked;
	bool is_drop_careful;
	bool is_singly; /* after a BAD */
	uint32_t drops;

	struct bench_intent intents[BENCH_INTENTS_MAX];
	uint32_t intent_count;

	uint16_t stored[BENCH_MESSAGES_MAX]; /* in the destination's order */
	uint32_t stored_count;
	uint32_t groups_max; /* the largest number of unanswered groups seen */
	uint32_t group_messages_max;
	uint32_t rows_asked; /* windows */
	uint32_t bodies_asked;
	uint32_t begins; /* commands begun */
	uint32_t steps;
	uint32_t listed; /* told with DONE */
	uint64_t left_out[SYNC_RULE_COUNT];
	bool is_stopped;
	bool is_done;
};

/* Limits small enough that a few dozen small messages meet all of them. */
struct sync_copy_limits bench_limits(void);
/* Blocks for machines with these limits, for as long as no other limits are asked for. */
struct block_pool *bench_blocks(const struct sync_copy_limits *limits);
/* Empty, well-behaved, with bench_limits. `setup` may be changed until bench_run. */
struct bench *bench_new(const char *name, uint64_t seed);
void bench_free(struct bench **bench);
/* A message; UIDs ascend. */
struct bench_message *bench_add(struct bench *bench, uint32_t uid, uint32_t size);
/* To DONE, or to a failed test. UIDNEXT and EXISTS are set by the messages unless they are set
 * already. */
void bench_run(struct bench *bench);
/* Octet `at` of the message with that UID. */
uint8_t bench_octet(uint32_t uid, uint64_t at);

/* For the bench's own files. */
void bench_src_ask(struct bench *bench, const struct sync_copy_request *request);
bool bench_src_can_step(const struct bench *bench);
void bench_src_step(struct bench *bench);
/* Its connection breaks, and another takes its place. */
void bench_src_break_off(struct bench *bench);
struct bench_message *bench_find(struct bench *bench, uint32_t uid);
/* What the settings' rules mean for the message, by its row and by its text. */
enum sync_verdict bench_verdict(
    const struct bench *bench, const struct bench_message *message, enum sync_rule *rule);
bool bench_chance(struct bench *bench, uint32_t per_cent);

void bench_dst_begin(struct bench *bench, const struct sync_copy_request *request);
void bench_dst_message(struct bench *bench, const struct sync_copy_request *request);
void bench_dst_end(struct bench *bench, const struct sync_copy_request *request);
/* Whether the open command waits for a continuation. */
bool bench_dst_is_awaited(const struct bench *bench);
bool bench_dst_can_take(const struct bench *bench);
void bench_dst_take(struct bench *bench);
/* The destination does something by itself; false: it has nothing to do. */
bool bench_dst_act(struct bench *bench);
/* Takes the next reply to be fed; false: none is ready. */
bool bench_dst_reply(struct bench *bench);
/* The connection is gone: what may have been committed is, or is not. */
void bench_dst_break(struct bench *bench);
/* Commands that were ended and have no reply yet. */
uint32_t bench_dst_unanswered(const struct bench *bench);
void bench_check_unanswered(struct bench *bench);
struct bench_intent *bench_intent_of(struct bench *bench, uint32_t group);

#endif
