/* SPDX-License-Identifier: Apache-2.0
 *
 * wire/imap/uidset: sets of UIDs as text (RFC 3501 section 9, sequence-set; no "*").
 *
 * Limits   ranges are stored as ranges: a text names billions of UIDs and costs one range.
 * Spec     RFC 3501 section 9, sequence-set without "*".
 */
#ifndef WIRE_IMAP_UIDSET_H
#define WIRE_IMAP_UIDSET_H

#include "base/buf.h"
#include "base/bytes.h"
#include "base/range.h"

/* Adds what `text` names. Reversed ranges are turned, as the RFC allows. 0, "*", an empty
 * element, a trailing comma, numbers above 2^32-1: ST_SYNTAX or ST_LIMIT; the set then holds an
 * unspecified part. Ranges are stored as ranges, never expanded. */
enum status imap_uidset_decode(struct bytes text, struct range_set *set) MUST_USE;

/* Appends "1:3,7". An empty set is a CHECK failure: there is no text for it. */
enum status imap_uidset_encode(const struct range_set *set, struct buf *out) MUST_USE;

/* As decode, but keeps the order in which the server wrote the UIDs (APPENDUID pairs them with
 * our messages by position): writes at most `count_max` numbers to `uids`, ST_LIMIT beyond. */
enum status imap_uidset_decode_ordered(
    struct bytes text, uint32_t *uids, size_t count_max, size_t *count_out) MUST_USE;

#endif
