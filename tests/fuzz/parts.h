/* SPDX-License-Identifier: Apache-2.0
 *
 * tests/fuzz/parts: the parts of a stream, one by one, with what must hold for each.
 */
#ifndef TESTS_FUZZ_PARTS_H
#define TESTS_FUZZ_PARTS_H

#include "base/attr.h"
#include "base/bytes.h"
#include "wire/imap/frame.h"

/* The next part of `piece`, which is shortened to what is left. ST_AGAIN when all of it is
 * taken and no part is complete; any other status ends the stream, with a sentence. */
enum status parts_next(
    struct imap_frame *frame, struct bytes *piece, struct imap_part *part_out) MUST_USE;

#endif
