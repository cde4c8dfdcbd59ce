/* SPDX-License-Identifier: Apache-2.0
 *
 * tests/transcript/describe: events as lines, for comparison and for people.
 */
#ifndef TESTS_TRANSCRIPT_DESCRIBE_H
#define TESTS_TRANSCRIPT_DESCRIBE_H

#include "base/buf.h"
#include "wire/imap/session.h"

/* Text in quotes; octets that are not printable ASCII, quotes and backslashes as "\x5c". */
void describe_text(struct buf *out, struct bytes text);
/* The same without the quotes. */
void describe_inside(struct buf *out, struct bytes text);

/* One line without its end. */
void describe_event(
    struct buf *out, const struct imap_session *session, const struct imap_event *event);

/* printf and append that cannot fail in a test. */
void describe_print(struct buf *out, const char *format, ...) PRINTF_LIKE(2, 3);
void describe_append(struct buf *out, struct bytes text);

#endif
