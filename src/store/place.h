/* SPDX-License-Identifier: Apache-2.0
 *
 * store/place: the folder in which the ledger lies, and small files in it.
 *
 * Promise  a folder or a file that was made has its name on disk before this returns.
 * Memory   gives file descriptors, closed on exec, which the caller closes.
 */
#ifndef STORE_PLACE_H
#define STORE_PLACE_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/status.h"

/* Opens the folder, making it and what is missing above it for this user alone. ST_IO: errno
 * says why. */
enum status store_place_open(const char *path, int *fd_out) MUST_USE;
/* The same for a folder in one that is open. */
enum status store_place_open_in(int folder, const char *name, int *fd_out) MUST_USE;
/* Makes an empty file for this user alone unless something of that name is there. */
enum status store_place_touch(int folder, const char *name) MUST_USE;

#endif
