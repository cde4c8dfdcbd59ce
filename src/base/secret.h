/* SPDX-License-Identifier: Apache-2.0
 *
 * base/secret: a password or token. It has no formatter on purpose.
 *
 * Promise  wiped when it ends, also when it is replaced.
 * Memory   a value; who copies the struct must wipe the copy too.
 * Limits   SECRET_SIZE_MAX octets; NUL, CR and LF are refused (no mechanism can carry them
 * all).
 */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "base/status.h"

enum {
	SECRET_SIZE_MAX = 4096 /* access tokens of large providers have 1 to 3 KiB */
};

struct secret {
	size_t size;
	uint8_t octets[SECRET_SIZE_MAX];
};

/* ST_LIMIT when too long, ST_SYNTAX when empty or with NUL, CR or LF; then `secret` is wiped.
 */
enum status secret_set(struct secret *secret, struct bytes plain) MUST_USE;
/* Borrowed as long as the secret lives. For encoders only. */
struct bytes secret_reveal(const struct secret *secret);
void secret_wipe(struct secret *secret);
/* Overwrites memory that held part of a secret; the compiler may not drop it. */
void secret_wipe_memory(void *memory, size_t size);

#endif
