/* SPDX-License-Identifier: Apache-2.0
 *
 * base/crc32c: the checksum that finds damaged octets. It keeps nobody from forging them.
 *
 * Promise  the same on every machine. Damage within 32 bits that follow each other is always
 *          found, any other all but once in four thousand million times.
 * Memory   none.
 * Spec     CRC-32C (Castagnoli), as in RFC 3720 appendix B.4: of "123456789" it is 0xe3069283.
 */
#ifndef BASE_CRC32C_H
#define BASE_CRC32C_H

#include <stdint.h>

#include "base/bytes.h"

uint32_t crc32c(struct bytes octets);

#endif
