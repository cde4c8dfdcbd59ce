/* SPDX-License-Identifier: Apache-2.0
 *
 * pass/relay: the inside of moving messages over one pair of connections, shared by its files:
 * relay.c (the loop), lane.c (what one folder asks for), relay_ends.c (connections that end),
 * relay_src.c (what the source tells), relay_dst.c (octets to the destination, and its
 * replies).
 *
 * Place    each folder under way has a lane: the newest asks the source for its messages, the
 *          older ones wait for their last replies, so that no folder waits a round trip for the
 *          one before.
 * Promise  the source has the folder of one lane open at a time, `selected`; octets of one
 *          APPEND at a time go to the destination. What a reply to one lane means for the
 *          connection, all lanes are told.
 * Memory   one heap object a worker and one a lane, given back when the folder is done.
 */
#ifndef PASS_RELAY_H
#define PASS_RELAY_H

#include "pass/private.h"
#include "sync/copy.h"

enum {
	LANES_MAX = 6,     /* four groups unanswered, one under way, one asked for */
	LANES_ALONE = 10,  /* of a worker who is the only one: more is asked for ahead */
	ASKED_MAX = 64,    /* commands open at the source */
	APPENDS_MAX = 256, /* commands open at the destination */
	INTENTS_MAX = 16,  /* of one lane, not yet settled */
};

struct lane;

enum asked_kind {
	ASKED_EXAMINE,
	ASKED_AGAIN, /* EXAMINE of a folder that was open before */
	ASKED_ROWS,
	ASKED_BODIES
};

struct asked {
	struct imap_command command;
	enum asked_kind kind;
	struct lane *lane;
};

struct begun {
	struct imap_command command;
	uint32_t append;
	struct lane *lane;
};

struct intended {
	uint32_t group;  /* 0: free */
	bool is_told;    /* sync/copy knows that it is durable */
	uint64_t number; /* in the folder's book */
	struct sync_receipt receipt;
};

/* One folder under way. */
struct lane {
	struct relay *relay;
	struct pass_folder *folder;
	struct sync_copy *copy; /* with the pass's blocks */
	struct intended intended[INTENTS_MAX];
	size_t untold;      /* of them */
	uint32_t size_item; /* IMAP_FETCH_SIZE where sizes decide: it is dear to some servers */
	bool is_examined;   /* EXAMINE is answered */
	bool is_empty;      /* the folder holds nothing, or cannot be read */
	bool is_done;
	struct fault fault; /* of the folder */
};

struct relay {
	struct pass_worker *worker;
	struct lane *lanes[LANES_ALONE]; /* oldest first */
	size_t lane_count;
	struct lane *selected;         /* whose folder the source has open, or is to open */
	struct asked asked[ASKED_MAX]; /* oldest first */
	size_t asked_count;
	struct begun begun[APPENDS_MAX]; /* oldest first */
	size_t begun_count;
	struct fiber_source durable;
	bool is_body_open; /* a text has begun whose FETCH response has not ended */
	bool is_src_lost;
	bool is_wary; /* the source was opened anew, and no message has come since */
	bool is_dst_lost;
	bool has_moved;
	bool is_stopping;
	struct tick now; /* read once a turn: clocks are dear beside a small message */
	struct tick stop_deadline;
	struct tick rate_deadline;
	struct fault fault; /* of a connection, or that it was stopped */
};

/* lane.c */
/* Begins a folder. When settings.is_src_pending its EXAMINE is sent, else it is open. */
enum status lane_new(struct relay *relay, struct pass_folder *folder,
    const struct sync_copy_settings *settings, struct lane **lane_out,
    struct fault *fault) MUST_USE;
void lane_free(struct lane **lane);
/* Carries out what its sync/copy asks for; false when that cannot be done. */
bool lane_carry(struct lane *lane);
/* The source opens its folder once more. */
void lane_examine_again(struct lane *lane);
/* Stopped in the middle: what is in doubt is told. */
void lane_abandon(struct lane *lane);

/* relay_ends.c */
/* Another connection to the source in place of the one that broke by `fault`, unless that would
 * be in vain: then the source is lost, and the fault is the relay's. */
void relay_replace_src(struct relay *relay, const struct fault *fault);
/* Another connection to the destination in place of the one that broke by `fault`, unless that
 * would be in vain: what it was given and has not answered is in doubt, the rest goes on. */
void relay_renew_dst(struct relay *relay, struct fault *fault);
/* Another connection to the destination; when careful, no literal goes over it unasked. */
void relay_replace_dst(struct relay *relay, bool is_careful);
void relay_lose_src(struct relay *relay);
/* The source too: what it still sends has nowhere to go. */
void relay_lose_dst(struct relay *relay);

/* relay_src.c */
/* Notes a command that was sent to the source. */
void relay_ask(
    struct relay *relay, struct lane *lane, struct imap_command command, enum asked_kind kind);
/* Whether octets of the source could be taken now. */
bool relay_has_room(const struct relay *relay);
/* Takes what the source has said, as far as there is room for it. */
void relay_pump_src(struct relay *relay);

/* relay_dst.c */
/* One event at a time: what a reply settles is told before the next is heard. False when that
 * cannot be done. */
bool relay_pump_dst(struct relay *relay);
/* Octets of the rings into the destination's link, as fast as the rate allows. */
void relay_move_octets(struct relay *relay);

#endif
