/* SPDX-License-Identifier: Apache-2.0
 *
 * sync/copy: the machine that copies one folder: what to ask of the source, how to group it for
 * the destination, and when a group may be committed.
 *
 * Place    pass/copy carries its requests to endpoint and ledger and feeds back what happened.
 * Promise  (1) The last octet of a literal that could be committed leaves only after the
 *          group's intent is durable. (2) A message of at most `buffered_size_max` octets is
 *          whole in the ring before its APPEND is begun. (3) Every row gets exactly one
 *          outcome or is left out, unless copying ends early: then what was not begun gets
 *          none. (4) A group that was refused is halved until the culprit stands alone. (5) At
 *          most `unanswered_groups_max` groups and `unanswered_bytes_max` octets wait for their
 *          reply (one larger message may). (6) A message at which the source broke off is asked
 *          for alone when all others have come, and given up when that happened three times.
 * Memory   one ring for bodies, at most CHUNKS of rows with a batch arena each; nothing grows
 *          with the folder.
 * Limits   sync/copy_settings.h. Rows may be fed in any order, ascending is cheap.
 */
#ifndef SYNC_COPY_H
#define SYNC_COPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "base/digest.h"
#include "base/range.h"
#include "base/tick.h"
#include "mail/message.h"
#include "sync/copy_settings.h"
#include "sync/ledger/record.h"

struct sync_copy;

enum sync_copy_want {
	SYNC_COPY_ROWS,     /* metadata of .uids: feed rows, then rows_end */
	SYNC_COPY_BODIES,   /* bodies of .uids: feed bodies, then bodies_end */
	SYNC_COPY_INTENT,   /* write .intent; when durable: intent_durable(.group) */
	SYNC_COPY_BEGIN,    /* begin an APPEND; its reply is fed with .append */
	SYNC_COPY_MESSAGE,  /* announce .message of .size octets; then take octets by output */
	SYNC_COPY_END,      /* end the APPEND */
	SYNC_COPY_SETTLE,   /* tell the ledger what became of intent .group: once for each, and
			      never before it is durable */
	SYNC_COPY_OUTCOME,  /* a row is decided */
	SYNC_COPY_LEFT_OUT, /* .left_out messages stay behind by .rule; they get no outcome */
	SYNC_COPY_DROP,     /* give the destination connection up: dst_dropped or dst_lost
			      follows */
	SYNC_COPY_DONE,
};

enum sync_row_outcome {
	SYNC_ROW_COPIED,
	SYNC_ROW_GONE,       /* not at the source any more */
	SYNC_ROW_REFUSED,    /* .text is the destination's reason */
	SYNC_ROW_TOO_LARGE,  /* for settings.choice.append_max: refused, and not sent */
	SYNC_ROW_UNREADABLE, /* listed, but the source gives no text for it */
	SYNC_ROW_POISON,     /* each time it is read the source breaks the connection */
	SYNC_ROW_IN_DOUBT,   /* the reply was lost */
};

/* What the octets of a message are like; the destination's nature may change some of it. */
enum sync_trait {
	SYNC_TRAIT_NUL = 1 << 0,
	SYNC_TRAIT_BARE_LF = 1 << 1,
	SYNC_TRAIT_CR_BEFORE_CRLF = 1 << 2,
	SYNC_TRAIT_ENDS_WITH_CR = 1 << 3,
	SYNC_TRAIT_EMPTY = 1 << 4,
	SYNC_TRAIT_BARE_CR = 1 << 5,
	SYNC_TRAIT_ENDS_WITHOUT_LF = 1 << 6, /* an empty message too */
	SYNC_TRAIT_HEADER_8BIT = 1 << 7,
};

struct sync_copy_request {
	enum sync_copy_want want;
	const struct range_set *uids; /* borrowed until the next call */
	bool is_second_try;     /* BODIES: ask for FLAGS too, to tell gone from unreadable */
	bool is_careful;        /* DROP: the next connection must take no literal unasked */
	uint32_t append;        /* BEGIN, END: ascending number of the command */
	struct message message; /* MESSAGE, OUTCOME; slices borrowed until the next call */
	/* MESSAGE, OUTCOME: true octets (0 when never seen); RFC822.SIZE where that was enough
	 * to refuse it. */
	uint64_t size;
	enum sync_rule rule; /* LEFT_OUT */
	uint64_t left_out;
	uint32_t group;
	struct sync_intent intent; /* INTENT */
	/* SETTLE: in the intent's order; UIDs are 0 where not told. */
	const enum sync_fate *fates;
	const uint32_t *dst_uids;
	uint32_t fate_count;
	enum sync_row_outcome outcome;
	uint32_t listed;    /* DONE: rows that the source listed and that were not left out */
	uint32_t traits;    /* OUTCOME copied: of enum sync_trait */
	struct uid dst_uid; /* OUTCOME copied: 0 when not told */
	struct bytes text;  /* OUTCOME refused */
	bool is_about_content; /* OUTCOME refused: another form of it may be taken */
	struct bytes
	    dropped; /* OUTCOME copied: keywords it was refused with and went without */
};

enum status sync_copy_new(
    const struct sync_copy_settings *settings, struct sync_copy **copy_out) MUST_USE;
void sync_copy_free(struct sync_copy **copy);

/* feed, the source's side ---------------------------------------------------------------- */

/* What EXAMINE told, once, when settings.is_src_pending; before the first rows_end. uidnext 0:
 * not known. */
void sync_copy_feed_examined(struct sync_copy *copy, uint32_t exists, uint32_t uidnext);
/* A row of the metadata window; flags as they may be sent (see sync/fidelity.h). A row that
 * does not fit is asked for again later. Rows that were not asked for are ignored. */
enum status sync_copy_feed_row(struct sync_copy *copy, const struct message *row) MUST_USE;
void sync_copy_feed_rows_end(struct sync_copy *copy);
/* ST_ABSENT: nobody asked for this body; skip it. ST_MEMORY: there is nowhere to put it, and it
 * is as if it had not come. */
enum status sync_copy_feed_body(struct sync_copy *copy, struct uid uid, uint64_t size) MUST_USE;
/* How many octets may be read from the source for this folder now. */
size_t sync_copy_room(const struct sync_copy *copy);
/* octets.size <= room + SYNC_COPY_RESERVE; between feed_body and feed_body_end only. Octets of
 * a body that nobody wants are ignored. */
void sync_copy_feed_octets(struct sync_copy *copy, struct bytes octets);
void sync_copy_feed_body_end(struct sync_copy *copy, struct tick now);
/* The source answered for this UID without a text (second try). */
void sync_copy_feed_no_text(struct sync_copy *copy, struct uid uid);
/* The source refused what is missing of the oldest window of bodies. */
void sync_copy_feed_no_texts(struct sync_copy *copy);
/* The oldest window of bodies is complete. */
void sync_copy_feed_bodies_end(struct sync_copy *copy);

/* feed, the destination's side ------------------------------------------------------------ */

enum sync_reply {
	SYNC_REPLY_OK,
	SYNC_REPLY_NO,    /* refused: the message is at fault, or maybe */
	SYNC_REPLY_LATER, /* refused at this time: the caller holds until it may ask again */
	SYNC_REPLY_STOP,  /* refused for a reason that every further message would meet */
	SYNC_REPLY_BAD,   /* a syntax error where there is none: drop and be careful */
};

struct sync_copy_reply {
	uint32_t append;
	enum sync_reply reply;
	struct bytes text;
	const uint32_t *uids; /* in the order of the messages; NULL when not told */
	size_t uid_count;
	bool blames_text;            /* NO: of the message's octets, not of its keywords */
	bool is_about_content;       /* NO and BAD: another form of the message may be taken */
	bool is_not_stored;          /* NO and BAD: this family's refusal proves it */
	bool is_in_place_of_literal; /* it came instead of the continuation for a literal */
};

enum status sync_copy_feed_reply(
    struct sync_copy *copy, const struct sync_copy_reply *reply, struct tick now) MUST_USE;
void sync_copy_feed_durable(struct sync_copy *copy, uint32_t group);

/* feed, ends ------------------------------------------------------------------------------ */

/* Begin no further group; what is under way is finished, the rest gets no outcome. */
void sync_copy_feed_stop(struct sync_copy *copy);
/* The source is lost: what is whole in the ring is finished, the rest gets no outcome. */
void sync_copy_feed_src_lost(struct sync_copy *copy);
/* A new connection to the source takes the place of one that broke: what was asked for and has
 * not come whole is asked for again, in windows that begin small. Where it was this folder's
 * turn to be told of, the text under way, else the first that was to come, is under suspicion.
 * True: a message was given up for it, so that the next connection has less to break at. */
bool sync_copy_feed_src_dropped(struct sync_copy *copy, bool was_its_turn);
/* A new connection to the destination takes the place of the one that was dropped: unanswered
 * groups are in doubt and the current one is asked for again. Unless `is_multi`, from now on
 * every message is a command of its own. */
void sync_copy_feed_dst_dropped(struct sync_copy *copy, bool is_multi);
/* The destination is lost: unanswered groups are in doubt, the rest gets no outcome. */
void sync_copy_feed_dst_lost(struct sync_copy *copy);

/* next, output, sent, deadline ------------------------------------------------------------- */

/* What must wait now, because the rate or the server says so or because another folder has the
 * connection. Everything else goes on. */
struct sync_copy_holds {
	bool messages; /* none is announced: the rate says later */
	bool ends;     /* no command is ended: the server has not allowed its empty literal */
	bool asks;     /* the source has another folder open */
	bool begins;   /* another folder's APPEND is open */
	/* Groups of other folders that wait for their reply over the same connection, and when
	 * the newest reply came: they count beside this folder's own. */
	uint32_t groups_elsewhere;
	uint64_t bytes_elsewhere;
	struct tick replied_elsewhere;
};

void sync_copy_hold(struct sync_copy *copy, const struct sync_copy_holds *holds);

/* Whether the source is asked for everything, so that it may open another folder. A message
 * that must be read once more is asked for later: then the folder must be opened again. */
bool sync_copy_has_asked_all(const struct sync_copy *copy);
/* Whether a request to the source waits for holds.asks to end. */
bool sync_copy_wants_to_ask(const struct sync_copy *copy);

struct sync_copy_load {
	bool is_sending; /* an APPEND is open */
	uint32_t groups; /* that wait for their reply */
	uint64_t bytes;
	struct tick replied; /* when the newest reply came */
};

struct sync_copy_load sync_copy_load(const struct sync_copy *copy);
/* ST_AGAIN: nothing to do now. Requests must be carried out in order, and all of
 * them before the next reply is fed. After SYNC_COPY_DONE only free may follow. */
enum status sync_copy_next(
    struct sync_copy *copy, struct tick now, struct sync_copy_request *request_out) MUST_USE;
/* Literal octets that may be given to the destination now; borrowed until the next call. */
struct bytes sync_copy_output(const struct sync_copy *copy);
void sync_copy_sent(struct sync_copy *copy, size_t size);
struct tick sync_copy_deadline(const struct sync_copy *copy);

#endif
