/* SPDX-License-Identifier: Apache-2.0
 *
 * pass/book: what the ledger holds of the pass's two accounts and of each folder.
 *
 * Place    mailbox.c claims and closes; folder.c asks what is known; lane.c writes intents;
 *          settle.c decides doubts.
 */
#ifndef PASS_BOOK_H
#define PASS_BOOK_H

#include "pass/private.h"

/* Before anything is said to a server: nobody else writes to the destination's account. */
enum status pass_lock(struct pass *pass, struct fault *fault) MUST_USE;
/* When both sides are listed. */
enum status pass_claim(struct pass *pass, struct fault *fault) MUST_USE;

/* Whether an earlier run had the folder. */
bool pass_book_is_known(const struct pass *pass, const struct pass_folder *folder);
/* Opens the folder's book, unless it is open. Both UIDVALIDITYs must be known. */
enum status pass_book_open(struct pass *pass, struct pass_folder *folder) MUST_USE;
/* A message of the source that is there and was not brought. */
void pass_book_leave(struct pass_folder *folder, struct uid uid);

/* At the end: notes how far each folder was gone through, and closes all books. */
enum status pass_books_close(struct pass *pass, struct fault *fault) MUST_USE;

#endif
