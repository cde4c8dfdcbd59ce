/* SPDX-License-Identifier: Apache-2.0
 *
 * wire/imap/mutf7: mailbox names between UTF-8 and modified UTF-7.
 *
 * Promise  what the strict decoder takes encodes to the same octets again.
 * Spec     RFC 3501 section 5.1.3.
 */
#ifndef WIRE_IMAP_MUTF7_H
#define WIRE_IMAP_MUTF7_H

#include "base/buf.h"
#include "base/bytes.h"

/* Appends the UTF-8 form. Strict by the RFC: bad base64, odd length, lone surrogates, encoded
 * printable ASCII, needless shifts, unterminated shifts and 8-bit octets are ST_SYNTAX, and
 * then `out` is as it was. */
enum status imap_mutf7_decode(struct bytes name, struct buf *out) MUST_USE;

/* As decode, but what is not valid stays as it stands, octet by octet ("&" and all), and 8-bit
 * octets that are valid UTF-8 are accepted as such; octets that are neither become U+FFFD.
 * Never fails but for memory or limit. For names that servers invent. */
enum status imap_mutf7_decode_lenient(struct bytes name, struct buf *out) MUST_USE;

/* Appends the canonical encoding of valid UTF-8; ST_SYNTAX for anything else. */
enum status imap_mutf7_encode(struct bytes utf8, struct buf *out) MUST_USE;

#endif
