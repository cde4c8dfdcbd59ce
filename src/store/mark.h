/* SPDX-License-Identifier: Apache-2.0
 *
 * store/mark: a number beside the database that a restored backup of the database cannot have.
 *
 * Place    store/ledger_begin counts the openings in both; a database that has counted fewer
 *          than the mark is older than what was done since.
 * Promise  the file holds one whole number or is not there, whatever the loss of power cuts.
 * Spec     ledger.mark: the number in decimal digits, and a line feed.
 */
#ifndef STORE_MARK_H
#define STORE_MARK_H

#include <stdint.h>

#include "base/attr.h"
#include "base/status.h"

/* ST_ABSENT: there is none. ST_SYNTAX: what is there is no mark. ST_IO: errno says why. */
enum status store_mark_read(int folder, uint64_t *number_out) MUST_USE;
/* ST_IO: errno says why, and the mark is the old or the new one. */
enum status store_mark_write(int folder, uint64_t number) MUST_USE;

#endif
