/* SPDX-License-Identifier: Apache-2.0
 *
 * pass/look: one look at a folder of the destination for messages that are in doubt.
 *
 * Place    settle.c decides when to look and what follows from it.
 * Promise  reads only what may be one of them, and tells the folder's book what it found:
 *          stored, or surplus. A copy is known by the SHA-256 of all its octets; where the
 *          destination changes what it stores, by its identity and the digest of its body,
 *          compared with the source's text as the destination would have changed it.
 * Memory   some 50 octets for each candidate.
 */
#ifndef PASS_LOOK_H
#define PASS_LOOK_H

#include "pass/private.h"

struct look_result {
	uint32_t found;
	uint32_t vanished; /* UIDs above the brackets that were given and stand for nothing */
};

/* The folder must be ready and its book open. Faults of the folder leave all as it was. */
enum status pass_look(struct pass_worker *worker, struct pass_folder *folder,
    struct look_result *result_out, struct fault *fault) MUST_USE;

#endif
