/* SPDX-License-Identifier: Apache-2.0
 *
 * pass/tell: items for the sink, and the totals that they change.
 *
 * Promise  every message that is told of is counted at the same moment, so that totals and
 *          items agree.
 */
#ifndef PASS_TELL_H
#define PASS_TELL_H

#include "pass/private.h"

struct sync_copy_request;

void pass_tell_notice(struct pass *pass, const char *format, ...) PRINTF_LIKE(2, 3);
void pass_tell_fault(
    struct pass *pass, const struct pass_folder *folder, const struct fault *fault);
void pass_tell_folder(struct pass *pass, const struct pass_folder *folder);
/* Counts a message as refused, for a reason that it shares with its folder. */
void pass_tell_refused(struct pass *pass, struct pass_folder *folder, struct uid uid,
    uint64_t size, const char *reason);
/* A copy was stored and has gone: whoever removed it meant it. Not counted here. */
void pass_tell_held(struct pass *pass, const struct pass_folder *folder, struct uid uid);
/* A copy too many, by its UID at the destination. */
void pass_tell_surplus(struct pass *pass, const struct pass_folder *folder, uint32_t dst_uid);
/* Counts messages that stay behind as ordered. */
void pass_tell_excluded(
    struct pass *pass, struct pass_folder *folder, enum sync_rule rule, uint64_t count);
/* Likewise a message that was noted to be kept. */
void pass_tell_unrepaired(struct pass *pass, const struct pass_kept *kept, const char *reason);
/* Counts a decided row and tells what a person must know of it. */
void pass_tell_outcome(struct pass_worker *worker, struct pass_folder *folder,
    const struct sync_copy_request *request);
void pass_tell_dropped_keywords(
    struct pass *pass, const struct pass_folder *folder, struct uid uid, struct bytes keywords);

#endif
