/* SPDX-License-Identifier: Apache-2.0
 *
 * wire/imap/quote: strings in commands, so that no value can ever end its command.
 *
 * Promise  what is appended is one astring of RFC 3501 section 9, or nothing is appended.
 *          CR, LF and NUL are refused everywhere (ST_SYNTAX), also in literals.
 */
#ifndef WIRE_IMAP_QUOTE_H
#define WIRE_IMAP_QUOTE_H

#include "base/buf.h"
#include "base/bytes.h"

/* Whether `text` can stand between quotes: 7-bit, no CR, LF, NUL. */
bool imap_quote_is_possible(struct bytes text);

/* Appends "text" with \" and \\ escaped, always quoted. ST_SYNTAX when it cannot be. */
enum status imap_quote(struct bytes text, struct buf *out) MUST_USE;

/* Undoes the escapes of the inside of a quoted string. A backslash before anything but a
 * backslash or a quote, or at the end, is kept as it stands. */
enum status imap_unquote(struct bytes inside, struct buf *out) MUST_USE;

#endif
