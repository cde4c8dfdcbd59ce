/* SPDX-License-Identifier: Apache-2.0
 *
 * pass/nature: what is known of the two servers that shapes a pass as a whole.
 *
 * Place    nature.c tells people, before anything is copied, what no program can mend; pace.c
 *          asks a source less often that says it is throttling us. The rows are those of
 *          wire/imap/server/quirk.
 */
#ifndef PASS_NATURE_H
#define PASS_NATURE_H

#include <stdbool.h>

#include "base/tick.h"

struct imap_completion;
struct pass;
struct pass_worker;

/* Both sides are connected: one notice for each thing to know of them. */
void pass_tell_natures(struct pass *pass);
/* Whether one of them fails under several connections; that is told. */
bool pass_breaks_under_load(struct pass *pass);

/* The source answered; whether it may be asked again at once is in worker->pace_until. */
void pass_pace_note(
    struct pass_worker *worker, const struct imap_completion *completion, struct tick now);

#endif
