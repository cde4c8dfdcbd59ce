/* SPDX-License-Identifier: Apache-2.0
 *
 * pass/refused: messages that the destination refused: keep.c reads them once more for whoever
 * wants to keep them, repair.c sends them once more in another form.
 *
 * Place    noted while folders are copied; repaired in a stage of its own, kept at the end.
 * Memory   a node a message, in the run arena.
 */
#ifndef PASS_REFUSED_H
#define PASS_REFUSED_H

#include "pass/private.h"

struct sync_copy_request;

/* keep.c */
/* Notes a refused message. NULL: there is no memory to. */
struct pass_kept *pass_keep_note(struct pass *pass, struct pass_folder *folder, struct uid uid,
    uint64_t size, const char *reason);
/* Its folder must be open. */
enum status pass_keep_read(
    struct pass_worker *worker, struct pass_kept *kept, struct fault *fault) MUST_USE;
/* All that were not read yet. */
void pass_keep_all(struct pass_worker *worker);

/* repair.c */
/* Notes a message that was refused; false: it is not to be repaired. */
bool pass_repair_note(
    struct pass *pass, struct pass_folder *folder, const struct sync_copy_request *request);
/* Lets the workers repair and copy; then tells what is refused all the same. */
enum status pass_repair_all(struct pass *pass, struct fault *fault) MUST_USE;
void pass_repair_end(struct pass *pass);
/* One folder, if something in it awaits that. A fault of its own is told. */
enum status pass_repair_folder(
    struct pass_worker *worker, struct pass_folder *folder, struct fault *fault) MUST_USE;
/* What the source says of a message while it is read for the first time. */
void pass_repair_measure(struct repair *repair, const struct imap_event *event);
/* The second time: it comes in `*size` octets, and gets another size. False: it is not the text
 * that came before. */
bool pass_repair_begin(struct repair *repair, struct uid uid, uint64_t *size);
/* The next piece of it. ST_AGAIN: more octets, or ST_END when `is_over`. ST_CONFLICT: this is
 * not the text that came before. */
enum status pass_repair_next(struct repair *repair, struct bytes *octets, bool is_over,
    struct bytes *piece_out) MUST_USE;
/* It needs no more tries. What was done to it. */
uint32_t pass_repair_settle(struct repair *repair, struct uid uid);

#endif
