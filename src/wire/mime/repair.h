/* SPDX-License-Identifier: Apache-2.0
 *
 * wire/mime/repair: a message that a server has refused, made into one that it may take.
 *
 * Place    pass/repair feeds the octets of a refused message and sends what comes out; sync and
 *          pass compare what comes out with what is at the destination. docs/repair.md is the
 *          page for people.
 * Promise  what comes out does not depend on the cuts, so that its size and digest can be found
 *          before it is sent. Each level does what those before it do, and more. A message that
 *          needs nothing comes out as it went in. Repairing twice is repairing once, but that
 *          very long header lines may be folded once more. The text keeps every octet but NUL
 *          and those of its line ends.
 * Memory   a value of some 9 KB without heap parts: not for a fiber's stack. Pieces are
 *          borrowed until the next call and lie in the input, in the machine or in constant
 *          memory.
 * Limits   any size. Of a header line MIME_REPAIR_LINE_MAX octets are looked at together. n
 *          octets fed bring at most MIME_REPAIR_GROWTH * n, and as much for up to
 *          MIME_REPAIR_CARRY octets that were fed before.
 * Spec     RFC 5322 sections 2.1.1 and 2.2, RFC 2047 (encoding Q), RFC 1428 (unknown-8bit).
 */
#ifndef WIRE_MIME_REPAIR_H
#define WIRE_MIME_REPAIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "base/status.h"

enum {
	MIME_REPAIR_LINE_MAX = 4096,
	MIME_REPAIR_GROWTH = 12, /* a lone octet that becomes "=?unknown-8bit?Q?=FC?=" */
	MIME_REPAIR_CARRY = 2 * MIME_REPAIR_LINE_MAX,
	MIME_REPAIR_WORD_MAX = 80, /* an encoded word and what stands before it */
	MIME_REPAIR_PARTS_MAX = 10,
	MIME_REPAIR_TEXT_SIZE = 512
};

/* How far a repair goes, the smallest change first. */
enum mime_repair_level {
	MIME_REPAIR_OCTETS, /* NUL and line ends */
	MIME_REPAIR_HEADER, /* and what the lines of the header are */
	MIME_REPAIR_ASCII,  /* and what they say: the header becomes ASCII */
	MIME_REPAIR_LEVEL_COUNT
};

/* What was done to a message. */
enum mime_repair_change {
	MIME_REPAIRED_NUL = 1 << 0,
	MIME_REPAIRED_LINE_ENDS = 1 << 1,
	MIME_REPAIRED_END = 1 << 2,
	MIME_REPAIRED_EMPTY = 1 << 3,
	MIME_REPAIRED_FROM_LINE = 1 << 4,
	MIME_REPAIRED_FIELDS = 1 << 5,
	MIME_REPAIRED_FOLDING = 1 << 6,
	MIME_REPAIRED_SEPARATOR = 1 << 7,
	MIME_REPAIRED_8BIT = 1 << 8,
	MIME_REPAIRED_NO_HEADER = 1 << 9,
	MIME_REPAIRED_COUNT = 10
};

/* Something to give out. */
struct mime_repair_part {
	struct bytes text;
	bool is_words;      /* to be folded and encoded on the way */
	bool begins_field;  /* its first words */
	bool is_structured; /* the field is made of more than words and blanks */
};

struct mime_repair {
	enum mime_repair_level level;
	int state;
	uint32_t changes; /* of enum mime_repair_change */
	uint64_t size;    /* octets given out */
	uint64_t crs;     /* CRs taken, of which it is not known what follows */
	bool is_over;     /* there will be no more input */
	uint8_t last;     /* the octet given out last */

	/* The header. */
	bool is_behind_first; /* its first line is over */
	bool has_field;
	bool is_structured; /* the newest field: made of more than words and blanks */
	bool is_rest;       /* the beginning of this line was given out already */
	size_t line_used;   /* octets of `line` that were given out */
	size_t line_size;
	bool has_held; /* a line that is no field waits for what comes after it */
	size_t held_size;

	/* Its words. */
	bool is_encoded;  /* what was given out last, blanks aside, is an encoded word */
	bool is_utf8;     /* what is still to be encoded */
	struct bytes run; /* the same */
	size_t column;    /* octets given out of this line */

	struct mime_repair_part parts[MIME_REPAIR_PARTS_MAX];
	size_t part_count;
	size_t part_at;
	uint8_t word[MIME_REPAIR_WORD_MAX];
	uint8_t line[MIME_REPAIR_LINE_MAX];
	uint8_t held[MIME_REPAIR_LINE_MAX];
};

void mime_repair_init(struct mime_repair *repair, enum mime_repair_level level);

/* Takes octets off the front of `input` until there is a piece of the repaired message, never
 * an empty one. ST_AGAIN: `input` is used up, come back with more. ST_END: all is told. */
enum status mime_repair_next(
    struct mime_repair *repair, struct bytes *input, struct bytes *piece_out) MUST_USE;
/* There is no more input: next, with an empty input, tells what is left to tell. */
void mime_repair_finish(struct mime_repair *repair);

/* So far; of the whole message behind ST_END. */
uint64_t mime_repair_size(const struct mime_repair *repair);
uint32_t mime_repair_changes(const struct mime_repair *repair);

/* The changes as parts of a sentence, with "; " between them. */
void mime_repair_describe(uint32_t changes, char text_out[MIME_REPAIR_TEXT_SIZE]);

#endif
