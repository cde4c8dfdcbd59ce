/* SPDX-License-Identifier: Apache-2.0
 *
 * pass/settle: finds out what became of messages in doubt, and sends again what is not there.
 *
 * Place    mailbox.c: the first look before anything is copied, the rest when all else is done.
 * Promise  "present" counts at once. "Absent" takes two looks, options.settle_us apart, the
 *          first of them when the connection that carried the message was gone. What is absent
 *          is sent again, once a round, and watched for; a copy that comes later is told as
 *          surplus, by UID. A message whose copy was stored and has gone since is held.
 * Limits   ROUNDS_MAX rounds; what is in doubt then stays so, in the ledger.
 * Spec     docs/ledger.md, "In doubt".
 */
#ifndef PASS_SETTLE_H
#define PASS_SETTLE_H

#include "pass/private.h"

/* Looks at what earlier runs left in doubt, without waiting for anything. */
enum status pass_settle_begin(struct pass *pass, struct fault *fault) MUST_USE;
/* Looks, waits, looks again and sends again until nothing is in doubt, or as far as it goes. */
enum status pass_settle_end(struct pass *pass, struct fault *fault) MUST_USE;

/* Waits as long as between two looks. False: it is not to wait, or was stopped. */
bool pass_settle_wait(struct pass *pass);

#endif
