/* SPDX-License-Identifier: Apache-2.0
 *
 * sync/rows: the rows of one folder in transit, and the windows in which they are listed.
 *
 * Place    inside sync/copy only.
 * Promise  every UID of the folder is listed or left out once: a window that brings more than
 *          fits is cut where the first did not, and asked for again from there. Windows go up
 *          the folder, or down it, newest first; so do the rows.
 * Memory   ROW_CHUNKS chunks of ROWS_PER_CHUNK rows, each with an arena for keywords and texts;
 *          a chunk is used again when all of its rows are released. Messages that are left out
 *          take no row, only a place in a set of ranges until their window ends.
 */
#ifndef SYNC_ROWS_H
#define SYNC_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/range.h"
#include "mail/message.h"
#include "sync/choice.h"
#include "sync/copy.h"

enum {
	ROW_CHUNKS = 16,
	ROWS_PER_CHUNK = 256
};

struct row_chunk;

/* What a reply means for a row whose group is not yet answered as a whole. */
enum row_fate {
	ROW_FATE_OPEN, /* not answered */
	ROW_FATE_LEFT, /* no outcome: copying ends before it */
	ROW_FATE_COPIED,
	ROW_FATE_REFUSED,
	ROW_FATE_IN_DOUBT,
	ROW_FATE_AGAIN, /* in a smaller group */
};

struct row {
	struct message message; /* its slices live in the chunk's arena */
	uint64_t size;          /* as announced by the body */
	struct digest digest;
	uint32_t traits;
	uint32_t batch; /* rows with the same number other than 0 travel together and alone */
	uint8_t tries;  /* requests for its body so far */
	bool has_no_text;
	bool is_about_content; /* REFUSED: another form of it may be taken */
	bool is_too_large;     /* for the destination, by RFC822.SIZE */
	bool is_answered;      /* its command was */
	enum row_fate fate;
	enum sync_row_outcome outcome;
	struct uid dst_uid;
	struct bytes text;
	uint8_t weakenings;
	uint8_t *keywords;    /* those of `message`, then those of `dropped` */
	struct bytes dropped; /* keywords that it was refused with */
	uint8_t bads;         /* how often it was answered BAD */
	uint8_t cuts;         /* how often the source broke off at it */
	struct row_chunk *chunk;
	struct row *next;
};

struct row_list {
	struct row *first;
	struct row *last;
	uint32_t count;
};

void row_list_add(struct row_list *list, struct row *row);
struct row *row_list_take(struct row_list *list);
/* Moves all of `more` to the end of `list`. */
void row_list_join(struct row_list *list, struct row_list *more);
/* Takes out the row with that UID; NULL when there is none. Cheap when it stands in front. */
struct row *row_list_remove(struct row_list *list, struct uid uid);

struct row_chunk {
	struct arena arena;
	struct row rows[ROWS_PER_CHUNK]; /* a ring: ascending by UID from `first` on */
	uint32_t first;
	uint32_t count;
	uint32_t living; /* rows not yet released */
};

struct row_lister {
	struct row_chunk *chunks[ROW_CHUNKS]; /* made when first needed */
	struct row_chunk *filling;            /* of the window that is asked for; else NULL */
	const struct range_set *wanted;       /* NULL: all */
	struct sync_choice choice;
	bool has_choice;      /* it may leave messages out */
	bool is_newest_first; /* windows go down from `high`, else up from `low` */
	bool is_end_unknown;
	bool is_pending;   /* how far the folder reaches is not known yet */
	uint64_t low;      /* the least UID that is still to be asked for */
	uint64_t high;     /* the greatest one + 1 */
	uint64_t asked_to; /* what low, or high, becomes when this window is complete */
	uint32_t width;    /* UIDs in a window */
	uint32_t exists;
	uint32_t seen;    /* rows of complete windows */
	uint32_t dropped; /* what did not fit of the window: the UID nearest to its beginning;
			     0: nothing */
	struct range_set asked;
	struct row_list listed;                     /* complete windows, in their order */
	struct row_list too_large;                  /* likewise: not to be asked for */
	struct range_set excluded[SYNC_RULE_COUNT]; /* of the window */
	uint64_t left_out[SYNC_RULE_COUNT];         /* of complete windows, not told yet */
	uint64_t left_out_count;                    /* all, told or not */
};

void row_lister_init(struct row_lister *lister, const struct sync_copy_settings *settings);
void row_lister_fini(struct row_lister *lister);

/* How far the folder reaches, when the settings could not say. */
void row_lister_feed_examined(struct row_lister *lister, uint32_t exists, uint32_t uidnext);

/* Whether it is time to ask for another window. */
bool row_lister_wants(const struct row_lister *lister);
/* Begins it: lister->asked names its UIDs. */
enum status row_lister_begin(struct row_lister *lister) MUST_USE;
enum status row_lister_feed(struct row_lister *lister, const struct message *message) MUST_USE;
void row_lister_end_window(struct row_lister *lister);
/* Asks again from this UID on, upwards. */
void row_lister_go_back(struct row_lister *lister, uint32_t uid);
/* Asks for nothing more. */
void row_lister_stop(struct row_lister *lister);
/* A listed row turned out to be left out by its text. */
void row_lister_leave_out(struct row_lister *lister, enum sync_rule rule);
/* The window will not be told to its end: its rows are asked for again. */
void row_lister_abort_window(struct row_lister *lister);
/* All windows were asked for and have ended. */
bool row_lister_is_done(const struct row_lister *lister);

void row_release(struct row *row);

#endif
