/* SPDX-License-Identifier: Apache-2.0
 *
 * modelserver/profile: how a family of servers behaves, as data.
 *
 * Place    each connection works on its own copy, which script actions may change.
 * Promise  what is not announced does not work either, unless a script lies.
 * Spec     the families as measured in dossier/commitpoint.md.
 */
#ifndef MODELSERVER_PROFILE_H
#define MODELSERVER_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/status.h"

enum model_capability {
	MODEL_CAP_IMAP4REV1 = 1 << 0,
	MODEL_CAP_STARTTLS = 1 << 1,
	MODEL_CAP_LOGINDISABLED = 1 << 2,
	MODEL_CAP_AUTH_PLAIN = 1 << 3,
	MODEL_CAP_SASL_IR = 1 << 4,
	MODEL_CAP_ID = 1 << 5,
	MODEL_CAP_ENABLE = 1 << 6,
	MODEL_CAP_NAMESPACE = 1 << 7,
	MODEL_CAP_LITERAL_PLUS = 1 << 8,
	MODEL_CAP_LITERAL_MINUS = 1 << 9,
	MODEL_CAP_MULTIAPPEND = 1 << 10,
	MODEL_CAP_UIDPLUS = 1 << 11,
	MODEL_CAP_UNSELECT = 1 << 12,
	MODEL_CAP_MOVE = 1 << 13,
	MODEL_CAP_CHILDREN = 1 << 14,
	MODEL_CAP_LIST_EXTENDED = 1 << 15,
	MODEL_CAP_LIST_STATUS = 1 << 16,
	MODEL_CAP_SPECIAL_USE = 1 << 17,
	MODEL_CAP_CREATE_SPECIAL_USE = 1 << 18,
	MODEL_CAP_CONDSTORE = 1 << 19,
	MODEL_CAP_ESEARCH = 1 << 20, /* for lies: SEARCH RETURN is not modelled */
	MODEL_CAP_STATUS_SIZE = 1 << 21,
	MODEL_CAP_ACL2_UNION = 1 << 22, /* a mark of Courier: rights are not modelled */
};

/* What a message must not have; each with the family's own words of refusal. */
enum model_refusal {
	MODEL_REFUSE_EMPTY,
	MODEL_REFUSE_NUL,
	MODEL_REFUSE_BARE_LF,
	MODEL_REFUSE_BAD_HEADER, /* a header line without a colon, or no header line at all */
	MODEL_REFUSE_SIZE,       /* more than refuse_size octets */
	MODEL_REFUSE_TEXT,       /* contains refuse_text */
	MODEL_REFUSAL_COUNT
};

enum model_rewrite {
	MODEL_REWRITE_BARE_LF = 1 << 0,     /* LF -> CR LF */
	MODEL_REWRITE_NUL = 1 << 1,         /* NUL -> 0x80 */
	MODEL_REWRITE_DROP_CR = 1 << 2,     /* a bare CR vanishes */
	MODEL_REWRITE_CR_CRLF = 1 << 3,     /* CR CR LF -> CR LF */
	MODEL_REWRITE_FINAL_CRLF = 1 << 4,  /* added when missing */
	MODEL_REWRITE_8BIT_HEADER = 1 << 5, /* each such octet -> X */
};

enum model_bad_literal {
	MODEL_BAD_RUNS_LITERAL,     /* Dovecot: the literal is then read as commands */
	MODEL_BAD_SWALLOWS_LITERAL, /* Cyrus: it is read and thrown away */
};

struct model_profile {
	const char *name;
	const char *greeting;  /* by which clients know the family */
	uint32_t before_login; /* of enum model_capability */
	uint32_t after_login;
	uint32_t hidden; /* neither announced nor working, wherever it comes from */
	bool greets_with_capabilities;
	bool login_tells_in_ok; /* [CAPABILITY …] in the tagged OK; else untagged */
	bool login_tells_untagged;
	bool login_drops_input; /* Courier: what came behind the log-in is lost */
	uint8_t delimiter;
	bool is_below_inbox; /* Courier: every other name starts with INBOX. */
	bool shows_utc;
	bool pads_day_by_space;
	bool select_gives_uidnext;
	bool says_throttled;         /* in each OK to a FETCH */
	bool merges_equal;           /* of equal octets a folder keeps one message */
	bool refuses_with_bad;       /* a message that it does not take: BAD, not NO */
	bool commits_at_literal_end; /* Courier: the CRLF does not matter */
	enum model_bad_literal bad_literal;
	uint32_t rewrites;                          /* of enum model_rewrite */
	struct bytes refusals[MODEL_REFUSAL_COUNT]; /* the words of refusal; data NULL: taken */
	uint64_t refuse_size;
	struct bytes refuse_text;
	size_t keyword_size_max;
	size_t keywords_max; /* in a folder; 0: no limit */
};

/* NULL: no such family. dovecot, cyrus, courier, minimal. */
const struct model_profile *model_profile_find(struct bytes name);

/* The bit of "LITERAL+" and its like; 0: unknown. */
uint32_t model_capability_of_name(struct bytes name);
/* Appends "IMAP4rev1 LITERAL+ …". */
enum status model_capabilities_print(uint32_t capabilities, struct buf *out) MUST_USE;

/* By the names that scripts use: "empty nul bare-lf bad-header size text" (COUNT: unknown) and
 * "lf-to-crlf nul-to-80 drop-cr drop-cr-before-crlf add-final-crlf 8bit-header-to-x" (0). */
enum model_refusal model_refusal_of_name(struct bytes name);
uint32_t model_rewrite_of_name(struct bytes name);

#endif
