/* SPDX-License-Identifier: Apache-2.0
 *
 * pass/adopt: the inside of adoption, shared by its files: adopt.c (the story: what is on both
 * sides, window by window) and adopt_read.c (what decides: headers and texts that are read).
 *
 * Memory   the window and its slices live in the worker's arena, rewound with each window.
 */
#ifndef PASS_ADOPT_H
#define PASS_ADOPT_H

#include "base/range.h"
#include "pass/private.h"
#include "sync/adopt.h"
#include "sync/repair.h"

enum {
	ADOPT_WINDOW_MESSAGES = 256
};

/* A message of the source in the window, and what may be its copy. */
struct candidate {
	struct uid uid;
	uint64_t size;
	struct flags flags; /* as they may be set at the destination */
	struct identity identity;
	bool is_excluded; /* by `rule`: it takes no copy from the others */
	enum sync_rule rule;
	enum adopt_verdict verdict;
	struct uid dst_uid;
	struct digest body;
	/* As an earlier run may have repaired it; its bodies are known when `has_body`. */
	struct sync_repair_forms repaired;
	bool has_body;
	bool is_adopted;
	struct flags missing;
	bool lacks_flags;
};

struct adoption {
	struct pass_worker *worker;
	struct pass_folder *folder;
	struct adopt_table table;
	struct sync_repair *repair;
	uint32_t dst_exists; /* as SELECT told */
	uint32_t dst_listed;
	bool is_last_look; /* for repaired copies of messages that were refused */
	struct range_set src_uids;
	struct candidate *window; /* ADOPT_WINDOW_MESSAGES */
	size_t window_count;
	uint32_t rewrites;
	bool sizes_lie; /* of one side: only texts decide */
	struct fault *fault;
};

/* What a FETCH of one message has told. */
struct reading {
	struct identity_scan identity;
	struct body_digest body;
	struct sync_repair *repair; /* measures what comes; may be NULL */
	bool is_whole;              /* the text came, not just header fields */
};

typedef enum status (*adopt_step_fn)(
    struct adoption *adoption, const struct imap_message *message, struct reading *reading);

/* A FETCH, and what is done with each message of its answer. */
struct adopt_question {
	enum pass_end end;
	const struct range_set *uids; /* none: nothing is asked */
	uint32_t items;
	uint32_t needs;     /* answers without these are passed over */
	uint32_t rewrites;  /* of body digests */
	bool is_repaired;   /* the repaired forms are measured too */
	adopt_step_fn step; /* may be told of a message twice: it may be asked again */
};

/* adopt_read.c */
/* What the destination makes of a text: of enum body_rewrite. */
uint32_t adopt_rewrites_of(const struct endpoint *dst);
enum status adopt_read(
    struct adoption *adoption, const struct adopt_question *question) MUST_USE;
/* Of the window's messages that are proposed as equal, by the proposed copies' own headers. */
enum status adopt_confirm_equal(struct adoption *adoption, struct range_set *uids) MUST_USE;
/* Of those that only texts decide. */
enum status adopt_confirm_bodies(struct adoption *adoption, struct range_set *uids) MUST_USE;

/* adopt.c */
/* Decides which messages of the source must be copied: `wanted` gets their UIDs. */
enum status pass_adopt(struct pass_worker *worker, struct pass_folder *folder,
    const struct imap_selected *selected, struct range_set *wanted,
    struct fault *fault) MUST_USE;

/* Which of the refused messages are not there in a repaired form either. The destination's
 * UIDNEXT must be known; the source must have the folder open. */
enum status pass_adopt_refused(struct pass_worker *worker, struct pass_folder *folder,
    const struct range_set *refused, struct range_set *wanted, struct fault *fault) MUST_USE;
/* The connection was opened again: opens the folder over it, as it was. */
enum status adopt_open_again(struct adoption *adoption, enum pass_end end) MUST_USE;
enum status adopt_out_of_memory(struct adoption *adoption, enum status status);

#endif
