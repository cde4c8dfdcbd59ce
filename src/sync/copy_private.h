/* SPDX-License-Identifier: Apache-2.0
 *
 * sync/copy_private: the inside of sync/copy, shared by its five files:
 * copy.c (life, ends, next), copy_body.c (the source's side), copy_cut.c (a source that breaks
 * off), copy_group.c (the destination's side), copy_reply.c (what the destination answered).
 *
 * Promise  the ring holds, in this order: the rest of the row that is being sent, then the
 *          arrived bodies. Only the newest arrived body may be incomplete.
 *
 *   listed -> window (asked) -> arrived (in the ring) -> current group -> unanswered -> decided
 *      ^______________________ refused and halved ______________________________|
 *      ^____ broken off ____|
 */
#ifndef SYNC_COPY_PRIVATE_H
#define SYNC_COPY_PRIVATE_H

#include "base/ring.h"
#include "sync/copy.h"
#include "sync/rows.h"
#include "wire/mime/scan.h"

enum {
	WINDOWS_MAX = 32,
	GROUPS_MAX = 8,
	GROUP_ROWS_MAX = 256,
	ARRIVED_MAX = 1024,
	/* All unanswered groups, the current one, and one that waits for its intent. */
	SETTLED_MAX = GROUPS_MAX + 2
};

/* A request for bodies. */
struct copy_window {
	struct row_list rows; /* that have not come */
	bool is_second_try;
	bool is_blind; /* asked for before its rows were listed; they join when they are */
};

enum group_phase {
	GROUP_FILLING,  /* may take more rows */
	GROUP_SEALED,   /* composition is final; the intent is to be asked for */
	GROUP_INTENDED, /* asked for, not durable yet */
	GROUP_DURABLE,  /* the stub may go when the unanswered ones allow it */
};

struct copy_group {
	uint32_t number; /* 0: no group */
	enum group_phase phase;
	struct row_list rows;
	uint64_t bytes;
	uint32_t batch;
	bool is_streamed; /* octets go while it fills; else all is read before the intent */
	bool is_alone;    /* takes no second row */
	uint32_t first_append;
	uint32_t append_count;
	uint32_t answered_count;
	struct tick sent;
};

/* A group whose rows are decided, and what is to be told of its intent. */
struct copy_settled {
	uint32_t group;
	bool is_durable;
	uint32_t count;
	enum sync_fate fates[GROUP_ROWS_MAX];
	uint32_t dst_uids[GROUP_ROWS_MAX]; /* 0: not told */
};

struct copy_sender {
	struct row *row;    /* being sent, or the last that was */
	uint64_t left;      /* octets of it not yet sent */
	bool has_begun;     /* an APPEND is open */
	bool is_announced;  /* row was announced by MESSAGE */
	uint32_t rows_sent; /* of the current group */
};

struct sync_copy {
	struct sync_copy_settings settings;
	struct row_lister lister;
	struct row_list retries; /* to be asked for again, before what is listed */
	struct row_list
	    suspects; /* to be asked for again, each alone, when all else has come */
	struct copy_window windows[WINDOWS_MAX];
	uint32_t window_count;
	uint32_t windows_max;
	bool is_wary;             /* the source broke off: one window at a time, */
	uint32_t window_messages; /* with few messages at first */
	bool may_ask_blindly;
	uint64_t blind_to; /* texts of UIDs below it may come by a request that was blind */
	/* Texts of the blind window came before its rows' end. Where its last UID was told, the
	 * rows are all there, and their end is only waited for; else some may be late. */
	uint32_t rows_ends_due;
	bool has_ended_rows_early;
	uint32_t blind_last; /* the last UID that was listed by then */
	uint32_t late_first; /* the first one that came later; 0: none */
	struct range_set asked_bodies;

	struct ring ring;
	struct row_list arrived; /* announced by the source, in the ring, not in a group */
	struct row *incoming;    /* the newest of them while its octets come; may already be in
				       the current group when it is streamed */
	uint64_t incoming_left;
	uint64_t missing; /* octets of the current group's message that will never come */
	struct digest_state digest;
	struct mime_scan scan;
	struct tick arrived_at; /* of the newest complete body */

	struct copy_group current;
	struct copy_sender sender;
	struct copy_group unanswered[GROUPS_MAX]; /* oldest first */
	uint32_t unanswered_count;
	uint64_t unanswered_bytes;
	struct tick replied; /* to the newest answered group */
	uint32_t group_number;
	uint32_t append_number;
	uint32_t batch_number;
	uint32_t group_messages; /* adapted to the reply time */
	uint64_t group_bytes;

	struct copy_settled settled[SETTLED_MAX]; /* their SETTLE is due when durable */
	uint32_t settled_count;
	struct copy_settled told; /* whose SETTLE was handed out last */
	struct row_list decided;  /* their OUTCOME is due */
	struct row *shown;        /* whose OUTCOME was handed out last */
	struct sync_intent_message intent[GROUP_ROWS_MAX];

	struct sync_copy_holds holds;
	bool is_stopped; /* begin nothing new */
	bool is_src_lost;
	bool is_dst_lost;
	bool is_drop_due;     /* nothing more goes over this connection */
	bool is_drop_careful; /* because of what the destination said */
	bool is_drop_told;
	bool is_done;
};

/* copy_body.c */
void copy_decide(struct sync_copy *copy, struct row *row, enum sync_row_outcome outcome);
/* Refuses what is too large for the destination by RFC822.SIZE. */
void copy_decide_too_large(struct sync_copy *copy);
enum status copy_ask_bodies(struct sync_copy *copy, struct sync_copy_request *request) MUST_USE;
/* No body is under way and none will come. */
bool copy_source_is_dry(const struct sync_copy *copy);
bool copy_body_is_whole(const struct sync_copy *copy, const struct row *row);
/* Between messages, an empty ring is of more use to another folder. */
void copy_rest_ring(struct sync_copy *copy);
/* But for the reserve. */
bool copy_ring_is_full(const struct sync_copy *copy);
void copy_forget_rows(struct row_list *rows);

/* copy_cut.c */
/* The text under way ends here. Its row, when it is in no group; else its group is dissolved,
 * or the destination's connection must be dropped because of what was announced there. */
struct row *copy_break_off(struct sync_copy *copy) MUST_USE;
/* Asks for its text again at its time, or gives it up. */
void copy_put_back(struct sync_copy *copy, struct row *row);

/* copy_group.c */
/* The next step towards the destination; ST_AGAIN: none. */
enum status copy_group_next(
    struct sync_copy *copy, struct tick now, struct sync_copy_request *request) MUST_USE;
void copy_group_forget_current(struct sync_copy *copy);
/* The open command was refused before its literal: the next message may begin. */
void copy_group_skip_message(struct sync_copy *copy, struct tick now);
/* Whether the open command can be committed by what has gone out already. */
bool copy_group_is_out(const struct sync_copy *copy);

/* copy_reply.c */
/* Hands the rows of a group on by their fates, and closes its intent. */
void copy_group_finish(struct sync_copy *copy, struct copy_group *group);

#endif
