/* SPDX-License-Identifier: Apache-2.0
 *
 * pass/ends: a worker's two connections: one that breaks is opened again.
 *
 * Place    the one home of the rule, for whoever asks a question of either side: prepare.c,
 *          adopt*.c, folder.c, verify.c, keep.c, repair.c, and relay_ends.c.
 * Promise  only what the network did is worth another try: a server that says what it may not
 *          say, or falls silent, does so again. What was asked is asked again by the caller,
 *          and only where asking twice changes nothing: an APPEND never is.
 *          A server that wants to be left alone for a while is: pass->waited.
 * Limits   a question that breaks the connection PASS_IN_VAIN_MAX times is given up, and the
 *          connection goes on with the next; once more in a row, or PASS_BREAKS_MAX times in
 *          all, and the connection is given up.
 */
#ifndef PASS_ENDS_H
#define PASS_ENDS_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/fault.h"
#include "base/tick.h"

struct endpoint;
struct fiber_source;
struct pass;
struct pass_worker;

enum {
	PASS_BREAKS_MAX = 30,
	PASS_IN_VAIN_MAX = 3,
	PASS_WAITS_MAX = 6
};

enum pass_end {
	PASS_SRC,
	PASS_DST,
	PASS_END_COUNT
};

/* How often a connection was opened again, and waited for. */
struct pass_breaks {
	unsigned count;
	unsigned in_vain; /* in a row, without anything that came of it */
	unsigned waits;   /* in a row, for a server that did not say how long */
	struct tick until;
};

/* connect.c */
enum status pass_switch_off(struct pass *pass, struct fault *fault) MUST_USE;
enum status pass_open_both(
    struct pass *pass, struct pass_worker *worker, struct fault *fault) MUST_USE;
/* Waits for a fiber that uses the pass's memory: meanwhile the pass's own is not canceled. */
void pass_join(struct pass *pass, struct fiber_source *done);
enum status pass_open_end(
    struct pass_worker *worker, enum pass_end end, struct fault *fault) MUST_USE;
/* Opens the connections that the worker lacks. */
enum status pass_open_pair(struct pass_worker *worker, struct fault *fault) MUST_USE;

/* ends.c */
struct endpoint *pass_endpoint(const struct pass_worker *worker, enum pass_end end);
/* Something came of the connection: what breaks from here on breaks for the first time. */
void pass_has_come(struct pass_worker *worker, enum pass_end end);

/* Whether a connection that ended by `fault` may be opened again, or one that asks for a wait
 * be left for it. */
bool pass_may_open_again(
    struct pass_worker *worker, enum pass_end end, const struct fault *fault);
/* Opens it again, after a pause that grows, or the wait. `fault` is what ended it, and is
 * cleared; false: it could not be opened, or all was stopped, and `fault` says both. */
bool pass_open_again(struct pass_worker *worker, enum pass_end end, struct fault *fault);
/* Books the wait that a refusal asks for (fault.wait_us): nothing is asked of this end before
 * `*due_out`. False: it asks for none, or for too long, or the run has waited long enough. */
bool pass_may_wait(struct pass_worker *worker, enum pass_end end, const struct fault *fault,
    struct tick *due_out);
/* False: it was stopped meanwhile. */
bool pass_sleep_until(struct pass_worker *worker, struct tick due);
/* All in one: opened again or waited out. True: ask again. False: the fault stands; it is the
 * folder's where the same question broke the connection too often, and then the connection is
 * open again. */
bool pass_may_ask_again(struct pass_worker *worker, enum pass_end end, struct fault *fault);

#endif
