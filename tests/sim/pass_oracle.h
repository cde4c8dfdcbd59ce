/* SPDX-License-Identifier: Apache-2.0
 *
 * tests/sim/pass_oracle: judges a pass by what both servers hold before and after it.
 *
 * Promise  a complaint is a clause; NULL: all is as it must be.
 * Memory   the oracle owns a picture of the destination as it was.
 */
#ifndef SIM_PASS_ORACLE_H
#define SIM_PASS_ORACLE_H

#include "sim/pass_mail.h"
#include "sim/pass_rig.h"

struct oracle {
	struct mail_picture before;
	uint64_t src_print;
	size_t open_before;
};

/* Before the pass. */
void oracle_init(struct oracle *oracle, const struct rig *rig);
void oracle_fini(struct oracle *oracle);

/* After a pass that nothing kept from finishing: all is there, and nothing else. */
const char *oracle_finished(
    const struct oracle *oracle, const struct rig *rig, const struct rig_outcome *outcome);
/* After a pass that may have been stopped anywhere: nothing is there twice, nothing that the
 * source has not, nothing without a durable intent, and the totals say the truth. `is_abrupt`:
 * it had no time to tell what is in doubt; the open intents do. */
const char *oracle_stopped(const struct oracle *oracle, struct rig *rig,
    const struct rig_outcome *outcome, bool is_abrupt);

/* Whether all messages were brought, however it ended. */
const char *oracle_brought(
    const struct oracle *oracle, const struct rig *rig, const struct rig_outcome *outcome);

/* Prints a complaint and how to repeat it; 1 when there is one. The test goes on, so that a run
 * over many seeds shows all that fail. */
unsigned oracle_tell(
    uint64_t seed, const char *what, const char *complaint, const struct rig_outcome *outcome);

#endif
