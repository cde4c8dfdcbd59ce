/* SPDX-License-Identifier: Apache-2.0
 *
 * tests/sim/pass_ledger: a ledger that remembers every intent, for oracles, and takes its time.
 *
 * Place    in place of the memory ledger; a fiber of its own is its writer.
 * Promise  an intent is durable after a random delay of at most `delay_max_us`, in order; at
 *          once when that is 0.
 * Memory   its own is not base/mem's.
 */
#ifndef SIM_PASS_LEDGER_H
#define SIM_PASS_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/fiber.h"
#include "sync/ledger.h"

struct rig_intent {
	uint64_t number;
	bool is_durable;
	bool is_settled;
	enum sync_outcome outcome; /* once it is settled */
	struct sync_receipt *receipt;
	struct digest *digests;
	size_t count;
};

struct rig_ledger {
	struct sync_ledger ledger;
	struct rig_intent *intents;
	size_t count;
	size_t durable_count;    /* the first ones */
	size_t durable_messages; /* in them */
	int64_t delay_max_us;
	bool is_closing;
	struct fiber_source work;
};

/* The ledger must not move afterwards until its writer has ended. */
void rig_ledger_init(struct rig_ledger *ledger, int64_t delay_max_us);
void rig_ledger_fini(struct rig_ledger *ledger);
/* On a fiber of its own, until close. */
void rig_ledger_write(void *ledger);
void rig_ledger_close(struct rig_ledger *ledger);

/* Messages in intents that were not settled. */
size_t rig_ledger_open_messages(const struct rig_ledger *ledger);
/* How many durable intents name these octets. */
size_t rig_ledger_count(const struct rig_ledger *ledger, const struct digest *digest);

#endif
