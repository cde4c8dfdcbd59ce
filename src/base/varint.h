/* SPDX-License-Identifier: Apache-2.0
 *
 * base/varint: numbers as few octets as they need.
 *
 * Promise  a number has one form only, its shortest: any other is ST_SYNTAX when read.
 * Memory   none; the caller's.
 * Spec     LEB128, unsigned: seven bits an octet, lowest first, the highest bit set in all but
 *          the last. Signed numbers as zigzag: 0, -1, 1, -2 become 0, 1, 2, 3.
 */
#ifndef BASE_VARINT_H
#define BASE_VARINT_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "base/status.h"

enum {
	VARINT_SIZE_MAX = 10
};

/* Gives how many octets of `out` it has written. */
size_t varint_encode(uint64_t number, uint8_t out[static VARINT_SIZE_MAX]);
/* Takes a number off the front of `rest`, which stays as it was when there is none. */
enum status varint_take(struct bytes *rest, uint64_t *number_out) MUST_USE;

uint64_t varint_zigzag(int64_t number);
int64_t varint_unzigzag(uint64_t zigzag);

#endif
