/* SPDX-License-Identifier: Apache-2.0
 *
 * base/utf8: reading and writing UTF-8, strictly (RFC 3629).
 *
 * Spec     RFC 3629: no overlong form, no surrogate, nothing above U+10FFFF.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

/* The character at the start of b: its octets (1 to 4) and code point. 0: not valid UTF-8
 * (overlong, surrogate, above U+10FFFF, cut) or b is empty; then code_out is untouched. */
size_t utf8_decode(struct bytes b, uint32_t *code_out);

/* Writes 1 to 4 octets; 0 when `code` is no scalar value. */
size_t utf8_encode(uint32_t code, uint8_t out[static 4]);

bool utf8_is_valid(struct bytes b);

/* How many octets of b are left when a character cut by b's end is dropped. */
size_t utf8_whole_prefix(struct bytes b);

/* As utf8_decode, but 0 also for what must not reach a terminal raw: C0, C1, DEL, bidirectional
 * and zero-width controls, line and paragraph separators. */
size_t utf8_printable(struct bytes b);

#endif
