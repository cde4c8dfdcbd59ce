/* SPDX-License-Identifier: Apache-2.0
 *
 * sync/ledger/octets: the frame of all that the ledger keeps, and the parts it is made of.
 *
 * Place    sync/record and sync/block write with the pen and read through the lens.
 * Promise  a frame is: its version, its letter, its content, its checksum. What fails first
 *          sticks: a pen that failed writes no more, a lens that failed gives zeros and empty
 *          slices, and the end tells. The pen refuses what the lens would refuse.
 * Memory   the pen appends to a buf, and takes all of it back when it fails. Slices from a lens
 *          borrow from the octets given.
 * Limits   SYNC_RECORD_OCTETS_MAX for a frame.
 * Spec     base/varint, base/crc32c over all before it, little endian. A version above ours is
 *          ST_LIMIT, everything else that is wrong ST_SYNTAX.
 */
#ifndef SYNC_LEDGER_OCTETS_H
#define SYNC_LEDGER_OCTETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/status.h"
#include "mail/flags.h"
#include "sync/ledger/block.h"

/* The letter of a frame. */
enum sync_letter {
	SYNC_LETTER_BLOCK = 'B',
	SYNC_LETTER_FOLDER = 'F',
	SYNC_LETTER_INTENT = 'I',
	SYNC_LETTER_PAIR = 'P',
	SYNC_LETTER_SETTLEMENT = 'S',
};

/* Writes a frame, or measures what would be written. */
struct sync_pen {
	struct buf *buf; /* NULL: it only counts */
	size_t before;   /* what the buf held at first */
	size_t size;     /* octets so far */
	enum status status;
};

/* Version and letter are written. */
void sync_pen_begin(
    struct sync_pen *pen, struct buf *buf, uint8_t version, enum sync_letter letter);
/* The checksum. */
enum status sync_pen_end(struct sync_pen *pen) MUST_USE;
/* A pen that counts. */
void sync_pen_measure(struct sync_pen *pen);

void sync_pen_octet(struct sync_pen *pen, uint8_t octet);
void sync_pen_number(struct sync_pen *pen, uint64_t number);
void sync_pen_signed(struct sync_pen *pen, int64_t number);
/* Four octets. */
void sync_pen_word(struct sync_pen *pen, uint32_t word);
void sync_pen_octets(struct sync_pen *pen, struct bytes octets);
/* Length and octets; ST_LIMIT above `size_max`. */
void sync_pen_slice(struct sync_pen *pen, struct bytes slice, size_t size_max);
void sync_pen_flags(struct sync_pen *pen, struct flags flags);
void sync_pen_base(struct sync_pen *pen, const struct sync_base *base);
/* Fails with `status` unless `holds`. */
void sync_pen_require(struct sync_pen *pen, bool holds, enum status status);

struct sync_lens {
	struct bytes rest;
	enum status status;
};

/* Checks the frame; its content is what the lens shows, the letter first. */
void sync_lens_open(struct sync_lens *lens, struct bytes octets, uint8_t version);
/* ST_SYNTAX also when something is left. */
enum status sync_lens_close(struct sync_lens *lens) MUST_USE;

uint8_t sync_lens_octet(struct sync_lens *lens);
/* least <= number <= most */
uint64_t sync_lens_number(struct sync_lens *lens, uint64_t least, uint64_t most);
int64_t sync_lens_signed(struct sync_lens *lens);
uint32_t sync_lens_word(struct sync_lens *lens);
struct bytes sync_lens_octets(struct sync_lens *lens, size_t size);
struct bytes sync_lens_slice(struct sync_lens *lens, size_t size_max);
struct flags sync_lens_flags(struct sync_lens *lens);
struct sync_base sync_lens_base(struct sync_lens *lens);
/* count * size octets, cleared; NULL when count is 0, or when it failed. */
void *sync_lens_array(
    struct sync_lens *lens, struct arena *arena, size_t count, size_t size) MUST_USE;
/* Fails unless `holds`. */
void sync_lens_require(struct sync_lens *lens, bool holds);

#endif
