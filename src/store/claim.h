/* SPDX-License-Identifier: Apache-2.0
 *
 * store/claim: names that one process of this machine has at a time.
 *
 * Promise  a claim ends with its process, however that ends: it is a lock of the kernel on a
 *          file. The file is never removed, because somebody may be about to lock it.
 * Memory   a value, all zeros but the folder; fini gives the claims back.
 * Limits   not on a file system of the network whose locks are for one machine only.
 */
#ifndef STORE_CLAIM_H
#define STORE_CLAIM_H

#include <stddef.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "base/digest.h"
#include "base/status.h"

struct store_claim {
	struct digest name;
	int fd;
};

struct store_claims {
	int folder; /* borrowed */
	struct store_claim *taken;
	size_t count;
};

/* ST_CONFLICT: another process has it. ST_IO: errno says why. */
enum status store_claim(struct store_claims *claims, struct bytes name) MUST_USE;
void store_claims_fini(struct store_claims *claims);

#endif
