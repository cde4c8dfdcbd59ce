/* SPDX-License-Identifier: Apache-2.0
 *
 * sync/copy_private: the inside of sync/copy, shared by its three files:
 * copy.c (life, ends, next), copy_body.c (the source's side), copy_group.c (the destination's).
 *
 * Promise  the ring holds, in this order: the rest of the row that is being sent, then the
 *          arrived bodies. Only the newest arrived body may be incomplete.
 *
 *   listed -> window (asked) -> arrived (in the ring) -> current group -> unanswered -> decided
 *      ^______________________ refused and halved ______________________________|
 */
#ifndef SYNC_COPY_PRIVATE_H
#define SYNC_COPY_PRIVATE_H

#include "base/ring.h"
#include "sync/copy.h"
#include "sync/rows.h"
#include "wire/mime/scan.h"

enum {
	WINDOWS_MAX = 2,
	GROUPS_MAX = 8,
	GROUP_ROWS_MAX = 256,
	ARRIVED_MAX = 1024
};

/* A request for bodies. */
struct copy_window {
	struct row_list rows; /* that have not come */
	bool is_second_try;
};

enum group_phase {
	GROUP_FILLING,  /* may take more rows */
	GROUP_SEALED,   /* composition is final; the intent is to be asked for */
	GROUP_INTENDED, /* asked for, not durable yet */
	GROUP_DURABLE,  /* the stub may go when the unanswered ones allow it */
	GROUP_ENDING,   /* all octets went; the END is due */
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
	bool is_any_stored;
	bool is_in_doubt;
	struct tick sent;
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
	struct copy_window windows[WINDOWS_MAX];
	uint32_t window_count;
	struct range_set asked_bodies;

	struct ring ring;
	struct row_list arrived; /* announced by the source, in the ring, not in a group */
	struct row *incoming;    /* the newest of them while its octets come; may already be in
				       the current group when it is streamed */
	uint64_t incoming_left;
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

	struct copy_group settled; /* number 0: none; its SETTLE is due */
	struct row_list decided;   /* their OUTCOME is due */
	struct row *shown;         /* whose OUTCOME was handed out last */
	struct sync_intent_message intent[GROUP_ROWS_MAX];
	uint32_t dst_uids[GROUP_ROWS_MAX];

	bool holds_messages;
	bool holds_ends;
	bool is_stopped; /* begin nothing new */
	bool is_src_lost;
	bool is_dst_lost;
	bool is_drop_due;
	bool is_done;
};

/* copy_body.c */
void copy_decide(struct sync_copy *copy, struct row *row, enum sync_row_outcome outcome);
enum status copy_ask_bodies(struct sync_copy *copy, struct sync_copy_request *request) MUST_USE;
/* No body is under way and none will come. */
bool copy_source_is_dry(const struct sync_copy *copy);
bool copy_body_is_whole(const struct sync_copy *copy, const struct row *row);
void copy_forget_rows(struct row_list *rows);

/* copy_group.c */
/* The next step towards the destination; ST_AGAIN: none. */
enum status copy_group_next(
    struct sync_copy *copy, struct tick now, struct sync_copy_request *request) MUST_USE;
void copy_group_forget_current(struct sync_copy *copy);

#endif
