/* SPDX-License-Identifier: Apache-2.0
 *
 * wire/imap/reply: one whole server response, understood.
 *
 * Place    between wire/imap/frame and wire/imap/session, which knows what was asked.
 * Promise  no state: what a response means for the session is for the session to say. What we
 *          do not use is IMAP_REPLY_IGNORED, however odd it looks.
 * Memory   slices point into the response or live in `arena`.
 * Limits   KEYWORDS_MAX keywords a message; the rest counts as unusable flags.
 * Spec     RFC 3501 section 7, RFC 9051 section 7; see frame.h for what a response is.
 */
#ifndef WIRE_IMAP_REPLY_H
#define WIRE_IMAP_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/buf.h"
#include "base/fault.h"
#include "wire/imap/event.h"
#include "wire/imap/frame.h"
#include "wire/imap/lexer.h"
#include "wire/imap/server/quirk.h"

enum imap_reply_kind {
	IMAP_REPLY_IGNORED,
	IMAP_REPLY_CONDITION,  /* .condition */
	IMAP_REPLY_CONTINUE,   /* "+" */
	IMAP_REPLY_CAPABILITY, /* .words */
	IMAP_REPLY_FLAGS,      /* .flags */
	IMAP_REPLY_EVENT,      /* .event, but for its command */
};

enum imap_condition_kind {
	IMAP_CONDITION_NONE, /* no word of the protocol */
	IMAP_CONDITION_OK,
	IMAP_CONDITION_NO,
	IMAP_CONDITION_BAD,
	IMAP_CONDITION_BYE,
	IMAP_CONDITION_PREAUTH,
};

/* Response codes that tell something about the session or the selected folder. */
enum imap_notice {
	IMAP_NOTICE_NONE,
	IMAP_NOTICE_CAPABILITY, /* .words of the reply */
	IMAP_NOTICE_CLOSED,
	IMAP_NOTICE_UIDVALIDITY, /* .number, as of the next two */
	IMAP_NOTICE_UIDNEXT,
	IMAP_NOTICE_HIGHESTMODSEQ,
	IMAP_NOTICE_PERMANENTFLAGS, /* .flags of the reply */
};

struct imap_condition {
	uint32_t tag; /* 0: untagged */
	enum imap_condition_kind kind;
	enum imap_code code;
	enum imap_notice notice;
	uint64_t number;
	uint32_t append_uidvalidity;
	struct bytes append_uids;
	struct bytes text;
};

struct imap_flag_list {
	struct flags flags;
	struct bytes unusable;
	bool takes_new_keywords; /* "\*" was in the list */
};

enum {
	KEYWORDS_MAX = 256
};

/* A body that came inside the response, as a quoted string. */
struct imap_inline_body {
	enum imap_body_kind kind;
	struct bytes octets;
};

struct imap_reply {
	enum imap_reply_kind kind;
	struct imap_condition condition;
	struct bytes words; /* of CAPABILITY; of ID: the value of "version" */
	struct imap_flag_list flags;
	struct imap_event event;
	size_t body_count;
	struct imap_inline_body bodies[IMAP_STREAMS_MAX];
};

struct imap_reader {
	size_t nesting_max;
	struct arena *arena;
	struct buf *scratch;
	const struct imap_streams *streams;
	struct imap_quirks quirks;
};

/* `reply_out` is filled from a cleared struct. ST_SYNTAX, ST_LIMIT, ST_MEMORY are final. */
enum status imap_reply_read(const struct imap_reader *reader, struct bytes response,
    struct imap_reply *reply_out, struct fault *fault) MUST_USE;

#endif
