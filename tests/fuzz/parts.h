/* SPDX-License-Identifier: Apache-2.0
 *
 * tests/fuzz/parts: the parts of a stream, one by one, with what must hold for each.
 */
#ifndef TESTS_FUZZ_PARTS_H
#define TESTS_FUZZ_PARTS_H

#include "base/attr.h"
#include "base/bytes.h"
#include "wire/imap/frame.h"

/* What a target does with a part; what is not ST_OK ends the stream. */
typedef enum status (*parts_take_fn)(void *owner, const struct imap_part *part);

/* Gives `take` each part of `piece`. ST_OK when all of the piece is taken; any other status
 * ends the stream, and comes from the frame or from `take`. */
enum status parts_feed(
    struct imap_frame *frame, struct bytes piece, parts_take_fn take, void *owner) MUST_USE;

#endif
