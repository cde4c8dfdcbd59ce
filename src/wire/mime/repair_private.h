/* SPDX-License-Identifier: Apache-2.0
 *
 * wire/mime/repair_private: the inside of the repair, shared by repair.c (octets, and what is
 * given out), repair_line.c (the lines of the header) and repair_word.c (their words).
 *
 * Promise  octets leave by one queue only: what is added is given out, in order, before more is
 *          taken in.
 */
#ifndef WIRE_MIME_REPAIR_PRIVATE_H
#define WIRE_MIME_REPAIR_PRIVATE_H

#include "wire/mime/repair.h"

enum mime_repair_state {
	MIME_REPAIR_IN_HEADER,
	MIME_REPAIR_IN_BODY,
	MIME_REPAIR_OVER /* what is in the queue is the rest */
};

/* repair.c */
void mime_repair_note(struct mime_repair *repair, enum mime_repair_change change);
/* To be given out before more is taken in. */
void mime_repair_add(struct mime_repair *repair, struct bytes text);
void mime_repair_add_words(struct mime_repair *repair, struct bytes text);
bool mime_repair_is_blank(uint8_t octet);

/* repair_line.c */
/* The line is over; what became of it is in the queue, and may be nothing yet. */
void mime_repair_end_line(struct mime_repair *repair);
/* No more of the line fits: its beginning goes. */
void mime_repair_take_long_line(struct mime_repair *repair);
/* The message ends in its header, behind a whole line. */
void mime_repair_end_lines(struct mime_repair *repair);

/* repair_word.c */
/* Whether a field of that name is made of more than words and blanks. */
bool mime_repair_is_structured(struct bytes name);
/* The next piece of a header line's words, taken off the front of the part. */
struct bytes mime_repair_next_word(struct mime_repair *repair, struct mime_repair_part *part);

#endif
