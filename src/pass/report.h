/* SPDX-License-Identifier: Apache-2.0
 *
 * pass/report: what a pass tells while it runs: live figures, and items to write down.
 *
 * Place    the pass fills it; cli and worker show it. The pass never prints.
 * Promise  totals add up at every moment: source = the sum of all other counts + still to do.
 */
#ifndef PASS_REPORT_H
#define PASS_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/fault.h"
#include "base/tick.h"
#include "sync/choice.h"

/* Messages, by what became of them (the words of the design's totals). */
struct pass_totals {
	uint64_t source; /* all that the source's chosen folders hold */
	uint64_t copied;
	uint64_t adopted;
	uint64_t already_there;
	uint64_t deleted_by_owner;
	uint64_t gone; /* vanished from the source while the pass ran */
	uint64_t excluded;
	uint64_t excluded_by[SYNC_RULE_COUNT]; /* add up to `excluded` */
	uint64_t refused;
	uint64_t held;
	uint64_t in_doubt;
	uint64_t copied_bytes;
	uint64_t changed;     /* of copied: stored otherwise than sent, by the
                           destination's nature */
	uint64_t repaired;    /* of copied: refused as they were, and taken in another form */
	uint64_t flags_added; /* of adopted: got flags that were missing */
};

/* What is not a count that adds up, but a person wants to see. */
struct pass_progress {
	struct pass_totals totals;
	uint64_t source_bytes; /* by STATUS=SIZE, 0 when not known */
	uint32_t folders;      /* to do */
	uint32_t folders_done;
	uint32_t connections; /* pairs open */
	char folder[96];      /* the one that moved last, UTF-8, cut at a character */
	const char *stage;    /* "connecting", "listing", "comparing", "copying", "closing" */
	struct tick started;
	struct tick copy_started; /* us 0: not yet */
	struct tick waits_until;  /* a server wants to be left alone until then */
	struct tick settles_at; /* the second look at what is in doubt; us 0: none is awaited */
	uint64_t surplus;       /* copies that came after their message was sent again */
	uint64_t waits_source;  /* bursts sent to the source with no command open there */
	uint64_t waits_destination;
};

enum pass_item_kind {
	PASS_ITEM_FOLDER,   /* a folder is done: names and counts */
	PASS_ITEM_REFUSED,  /* a message that the destination did not take */
	PASS_ITEM_CHANGED,  /* a message that the destination stores otherwise than it
                        was */
	PASS_ITEM_REPAIRED, /* a message that was refused and is copied in another form */
	PASS_ITEM_KEYWORD,  /* a flag or keyword that could not be carried: text names
                        it */
	PASS_ITEM_NOTICE,   /* something that the operator must know, said once */
	PASS_ITEM_HELD,     /* a message that was stored and removed since by somebody */
	PASS_ITEM_SURPLUS,  /* a copy at the destination that is one too many; uid is its own */
	PASS_ITEM_FAULT,    /* a folder or the mailbox could not be finished */
	PASS_ITEM_FOUND,    /* --dry-run: what would be done with a folder */
};

struct pass_item {
	enum pass_item_kind kind;
	struct bytes folder;      /* source name, UTF-8, "/" between components; may be empty */
	struct bytes destination; /* destination name, same form; FOLDER and FOUND only */
	uint32_t uid;             /* at the source; 0: none */
	uint64_t size;            /* octets of the message; 0: none */
	struct pass_totals counts; /* FOLDER and FOUND: of this folder alone */
	struct bytes why;          /* FOLDER and FOUND: why the names differ; may be empty */
	const char *text;          /* one sentence or clause; never NULL */
	const struct fault *fault; /* FAULT only */
};

/* Where items go. All are called on the pass's fiber and must not wait. */
struct pass_sink {
	void (*item)(struct pass_sink *sink, const struct pass_item *item);
	/* Octets of the dialogue for --trace; NULL when no trace is wanted.
   * `connection` counts from 1. */
	void (*trace)(
	    struct pass_sink *sink, const char *side, unsigned connection, struct bytes lines);
	/* A refused message's octets, in pieces, for --refused; NULL when not wanted.
   * The first piece has offset 0; the last ends at item->size. */
	void (*keep)(struct pass_sink *sink, const struct pass_item *item, uint64_t offset,
	    struct bytes octets);
};

/* source minus everything decided. */
uint64_t pass_totals_left(const struct pass_totals *totals);
void pass_totals_exclude(struct pass_totals *totals, enum sync_rule rule, uint64_t count);
void pass_totals_add(struct pass_totals *sum, const struct pass_totals *part);

#endif
