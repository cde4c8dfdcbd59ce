/* SPDX-License-Identifier: Apache-2.0
 *
 * base/base64: RFC 4648 section 4, with padding, without line breaks.
 *
 * Promise  canonical both ways: what decodes is exactly what would have been encoded.
 * Spec     RFC 4648 section 4.
 */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include <stddef.h>

#include "base/buf.h"
#include "base/bytes.h"

/* Appends the encoding of `plain`. */
enum status base64_encode(struct bytes plain, struct buf *out) MUST_USE;

/* Appends the decoding of `text`; ST_SYNTAX for anything but canonical base64, and then `out`
 * is as it was. */
enum status base64_decode(struct bytes text, struct buf *out) MUST_USE;

#endif
