/* SPDX-License-Identifier: Apache-2.0
 *
 * pass/relay: the inside of copying one folder, shared by its files: relay.c (requests and
 * the loop), relay_src.c (what the source tells), relay_dst.c (octets to the destination, and
 * its replies).
 *
 * Memory   one heap object a folder, given back when the folder is done.
 */
#ifndef PASS_RELAY_H
#define PASS_RELAY_H

#include "pass/private.h"
#include "sync/copy.h"

enum {
	ASKED_MAX = 8,     /* commands open at the source */
	APPENDS_MAX = 256, /* commands open at the destination */
	INTENTS_MAX = 16,  /* not yet settled */
};

enum asked_kind {
	ASKED_EXAMINE,
	ASKED_ROWS,
	ASKED_BODIES
};

struct asked {
	struct imap_command command;
	enum asked_kind kind;
};

struct begun {
	struct imap_command command;
	uint32_t append;
};

struct intended {
	uint32_t group; /* 0: free */
	bool is_told;   /* sync/copy knows that it is durable */
	struct sync_receipt receipt;
};

struct relay {
	struct pass_worker *worker;
	struct pass_folder *folder;
	struct sync_copy *copy;
	struct asked asked[ASKED_MAX]; /* oldest first */
	size_t asked_count;
	struct begun begun[APPENDS_MAX]; /* oldest first */
	size_t begun_count;
	struct intended intended[INTENTS_MAX];
	struct fiber_source durable;
	bool is_examined;  /* EXAMINE is answered */
	bool is_empty;     /* the folder holds nothing, or cannot be read */
	bool is_body_open; /* a text has begun whose FETCH response has not ended */
	bool is_src_lost;
	bool is_dst_lost;
	bool is_done;
	bool has_moved;
	bool is_stopping;
	struct tick now; /* read once a turn: clocks are dear beside a small message */
	struct tick stop_deadline;
	struct tick rate_deadline;
	struct fault *fault;
};

/* Takes what the source has said, as far as the ring has room for it. */
void relay_pump_src(struct relay *relay);
/* One event at a time: what a reply settles is told before the next is heard. */
void relay_pump_dst(struct relay *relay);
/* Octets of the ring into the destination's link, as fast as the rate allows. */
void relay_move_octets(struct relay *relay);

void relay_lose_src(struct relay *relay);
/* The source too: what it still sends has nowhere to go. */
void relay_lose_dst(struct relay *relay);

#endif
