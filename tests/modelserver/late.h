/* SPDX-License-Identifier: Apache-2.0
 *
 * modelserver/late: messages that a server has taken and will store later, whether the client
 * that gave them is still there or not.
 *
 * Place    act.c adds to the store's list; every connection settles it by its clock, and so
 *          does whoever looks at the store in the end.
 * Promise  messages of one time are stored in the order in which they came. What is not due at
 *          the end was never stored.
 */
#ifndef MODELSERVER_LATE_H
#define MODELSERVER_LATE_H

#include "base/tick.h"
#include "modelserver/mailbox.h"

/* Takes the message's body over; its keywords are copied. */
enum status model_late_add(struct model_store *store, struct model_folder *folder,
    struct model_new *new, struct tick due) MUST_USE;
/* Stores what is due. A message that cannot be stored stays. */
void model_late_settle(struct model_store *store, struct tick now);
void model_late_fini(struct model_store *store);

#endif
