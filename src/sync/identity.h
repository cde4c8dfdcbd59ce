/* SPDX-License-Identifier: Apache-2.0
 *
 * sync/identity: what says that two copies are one message: its header's identity, and the
 * digest of its body.
 *
 * Place    source and destination octets, whole messages or HEADER.FIELDS replies, enter as
 *          they come; the results are compared by those who adopt, settle and verify.
 * Promise  results do not depend on the cuts. An identity does not depend on folding, blanks,
 *          letter case, the order in which different fields stand, nor on what servers do to
 *          header octets (8-bit to X, NUL to 0x80, CR dropped). It proposes; what rests on it
 *          alone is written in docs/merge.md.
 * Memory   values without heap parts.
 * Spec     SHA-256; normalisation: unfold, TAB and SP collapse to one SP, trimmed, ASCII upper
 *          case, octets 0x80 and above and NUL become 'X', CR is left out.
 */
#ifndef SYNC_IDENTITY_H
#define SYNC_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/digest.h"
#include "wire/mime/header.h"

/* Of Message-ID, Date, From and Subject, each absent or present, repeated ones in order. */
struct identity {
	struct digest digest;
	bool has_message_id; /* at least one that is not blank */
	bool has_date;       /* likewise */
};

bool identity_equal(const struct identity *a, const struct identity *b);

enum {
	IDENTITY_FIELD_COUNT = 4
};

struct identity_scan {
	struct mime_header header;
	struct digest_state fields[IDENTITY_FIELD_COUNT];
	bool has_text[IDENTITY_FIELD_COUNT];
	size_t field;   /* the open one; IDENTITY_FIELD_COUNT: none that counts */
	bool is_blank;  /* blanks wait for text behind them */
	bool has_begun; /* the open field has had text */
};

void identity_scan_init(struct identity_scan *scan);
/* Octets behind the header are not looked at. */
void identity_scan_feed(struct identity_scan *scan, struct bytes octets);
/* The header has ended: feeding more changes nothing. */
bool identity_scan_is_complete(const struct identity_scan *scan);
/* Ends the scan; init before it is used again. */
struct identity identity_scan_finish(struct identity_scan *scan);

/* What a server is known to change in what it stores, so that our octets can be compared with
 * its own. */
enum body_rewrite {
	BODY_REWRITE_LF = 1 << 0,  /* LF without CR becomes CR LF */
	BODY_REWRITE_NUL = 1 << 1, /* NUL becomes 0x80 */
	BODY_REWRITE_CR = 1 << 2,  /* one CR before CR LF is dropped, and one CR at the end */
	BODY_REWRITE_BARE_CR = 1 << 3, /* every CR that no LF follows is dropped */
	BODY_REWRITE_END = 1 << 4,     /* CR LF is added where the last octet is no LF */
	/* 0x80 and above become "X" in the header: it counts where there is no empty line */
	BODY_REWRITE_HEADER_8BIT = 1 << 5,
};

/* SHA-256 of the octets after the first empty line, of all octets where there is none. A line
 * end is CRLF or LF; an empty line is a line end directly behind another or at the start. */
struct body_digest {
	struct digest_state state;
	uint32_t rewrites; /* of enum body_rewrite */
	int line;          /* what the current line holds so far, until `has_empty_line` */
	bool has_empty_line;
	bool has_held_cr; /* a CR that may have to be dropped */
	uint8_t last;     /* the last octet that left the rewriting */
};

void body_digest_init(struct body_digest *digest, uint32_t rewrites);
void body_digest_feed(struct body_digest *digest, struct bytes octets);
/* Ends the computation; init before it is used again. */
struct digest body_digest_finish(struct body_digest *digest);

#endif
