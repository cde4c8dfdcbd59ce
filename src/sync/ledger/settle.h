/* SPDX-License-Identifier: Apache-2.0
 *
 * sync/ledger/settle: which messages in doubt are among those that the destination shows.
 *
 * Place    pass/settle lists what lies above the doubts' brackets and reads what may be one of
 *          them; this decides; the book is told.
 * Promise  multisets: every copy stands for at most one message. What is known to be stored is
 *          found first, then what is in doubt, in the order of intents; copies that are left
 *          over are surplus as far as messages were given up and sent again. A message that
 *          was only looked for is never called absent here: that takes a second look.
 * Memory   arrays of the caller's; copies are put in order of digest and UID.
 */
#ifndef SYNC_LEDGER_SETTLE_H
#define SYNC_LEDGER_SETTLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "sync/ledger/ledger.h"

/* A message that the destination shows and that stands for none that is known. */
struct sync_copy_found {
	uint32_t uid;
	struct digest digest; /* of all its octets */
	bool is_taken;        /* it stands for a message, or is surplus */
	bool is_surplus;
};

/* Whether a message of this size may be one of those looked for. `changes`: the destination
 * stores some with more octets, or fewer. */
bool sync_settle_may_be(
    const struct sync_doubt *doubts, size_t count, uint64_t size, bool changes);
/* The least UID that any of them can have. 1: not known. */
uint32_t sync_settle_from(const struct sync_doubt *doubts, size_t count);
/* Sets fate STORED and the UID of each doubt that is found; all others stay as they are. */
void sync_settle_match(
    struct sync_doubt *doubts, size_t count, struct sync_copy_found *copies, size_t copy_count);

#endif
