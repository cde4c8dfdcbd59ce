/* SPDX-License-Identifier: Apache-2.0
 *
 * modelserver/script: misbehaviour as data: when something happens, do something else.
 *
 * Place    read once, then shared by all connections of a model server, so that "the third
 *          APPEND" counts over reconnections. The same file works on a socket and in the
 *          simulator. README.md describes the format.
 * Promise  without rules a server is well-behaved.
 * Memory   everything lives in the script's arena, which the script owns.
 * Limits   256 rules, 16 actions a rule.
 */
#ifndef MODELSERVER_SCRIPT_H
#define MODELSERVER_SCRIPT_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/bytes.h"
#include "base/fault.h"
#include "base/status.h"
#include "modelserver/profile.h"
#include "modelserver/words.h"

enum {
	MODEL_RULES_MAX = 256,
	MODEL_ACTIONS_MAX = 16
};

enum model_event {
	MODEL_ON_GREETING,
	MODEL_ON_COMMAND,         /* a command is complete, or ready for its first literal */
	MODEL_ON_DONE,            /* its tagged reply stands in the output */
	MODEL_ON_LITERAL_OCTET,   /* that many octets of an APPEND literal have come */
	MODEL_ON_LITERAL_END,     /* all of them */
	MODEL_ON_APPEND_COMPLETE, /* the final CRLF has come, nothing is committed yet */
	MODEL_ON_FETCH_BODY,      /* before the literal of a body */
	MODEL_ON_BODY_SENT,       /* all of its octets are in the output */
	MODEL_EVENT_COUNT
};

enum model_action_kind {
	MODEL_DO_SAY,     /* a line; the event goes on */
	MODEL_DO_RAW,     /* octets without a line end; the event goes on */
	MODEL_DO_REPLY,   /* a line, and that is all the answer */
	MODEL_DO_SWALLOW, /* no answer and no execution */
	MODEL_DO_FLOOD,   /* `number` times a line */
	MODEL_DO_FLOOD_RAW,
	MODEL_DO_CAPABILITIES, /* announces exactly this from now on, on this connection */
	MODEL_DO_DROP,       /* ends the stream behind what was said, without a TLS farewell */
	MODEL_DO_RESET,      /* RST, what was not sent is lost */
	MODEL_DO_HALF_OPEN,  /* neither reads nor writes any more, never closes */
	MODEL_DO_SLEEP,      /* milliseconds */
	MODEL_DO_DRIP,       /* octets a second from now on; 0: full speed */
	MODEL_DO_DROP_AFTER, /* octets of output from now on */
	MODEL_DO_RESET_AFTER,
	MODEL_DO_COMMIT,       /* APPEND: now, whatever comes */
	MODEL_DO_NO_COMMIT,    /* APPEND: answers as if, but does not store */
	MODEL_DO_COMMIT_FIRST, /* stores the first `number` messages of the group only */
	MODEL_DO_COMMIT_LATE,  /* APPEND: in `number` milliseconds, whatever comes */
	MODEL_DO_DELIVER_TO,   /* APPEND: into another folder of the account */
	MODEL_DO_APPENDUID,    /* APPENDUID tells UIDs that are `number` too high */
	MODEL_DO_LITERAL_ADD,  /* announces that many octets more or fewer than are sent */
	MODEL_DO_LITERAL_CUT,  /* only so many octets of the body, announced as such */
	MODEL_DO_LOGIN,        /* lets the first account in, for PREAUTH */
	MODEL_DO_LITERAL_HEAD, /* says this in place of "{n}" */
	MODEL_DO_UIDVALIDITY,  /* of the selected folder, raised by `number` */
	MODEL_DO_QUOTA,        /* octets, of the account */
	MODEL_DO_EXPUNGE,      /* a UID of the selected folder */
	MODEL_DO_TLS_NOW,
	MODEL_DO_SET, /* changes the profile of this connection */
};

struct model_action {
	enum model_action_kind kind;
	int64_t number;
	struct bytes text;
	const struct bytes *words; /* of set */
	size_t word_count;
};

struct model_rule {
	enum model_event event;
	struct bytes name;          /* of the command; "*": any */
	uint64_t number;            /* octet or UID; 0: any */
	uint64_t first, last, step; /* which occurrences, counted from 1 */
	uint64_t seen;
	struct model_action actions[MODEL_ACTIONS_MAX];
	size_t action_count;
};

struct model_script {
	struct arena arena;
	struct model_rule *rules;
	size_t rule_count;
	struct model_action
	    *settings; /* of kind set; applied to each connection at its start */
	size_t setting_count;
};

/* ST_SYNTAX names the line in `fault`; then there is nothing to free. */
enum status model_script_new(
    struct bytes text, struct model_script **script_out, struct fault *fault) MUST_USE;
void model_script_free(struct model_script **script);

/* Counts the event and gives the rules that fire now, at most `max`. `script` may be NULL. */
size_t model_script_fire(struct model_script *script, enum model_event event, struct bytes name,
    uint64_t number, const struct model_rule **rules_out, size_t max);

/* The smallest number above `from` at which a literal-octet rule waits; UINT64_MAX: none. */
uint64_t model_script_next_octet(const struct model_script *script, uint64_t from);

/* Applies the words behind "set" to a profile; ST_SYNTAX when they mean nothing. */
enum status model_script_set(
    const struct bytes *words, size_t count, struct model_profile *profile) MUST_USE;

#endif
