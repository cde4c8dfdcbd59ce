/* SPDX-License-Identifier: Apache-2.0
 *
 * bridge/oauth/file: small files on disk that hold secrets.
 *
 * Promise  a private file that others may read is refused. Replacing is whole or not at all:
 *          the new content is on disk, for its owner only, before the old one goes.
 * Limits   OAUTH_FILE_SIZE_MAX octets.
 */
#ifndef BRIDGE_OAUTH_FILE_H
#define BRIDGE_OAUTH_FILE_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "base/fault.h"

struct buf;

enum {
	OAUTH_FILE_SIZE_MAX = 65536
};

/* Appends the content. Whose group or others have any right to a private file is told how to
 * take it away. */
enum status oauth_file_read(
    const char *path, bool is_private, struct buf *out, struct fault *fault) MUST_USE;

/* Creates or replaces. */
enum status oauth_file_replace(
    const char *path, struct bytes content, struct fault *fault) MUST_USE;

/* Only one process at a time holds the lock of a file; waits for it. Closing *fd_out gives it
 * back. Replacing the file while the lock is held is what the lock is for. */
enum status oauth_file_lock(const char *path, int *fd_out, struct fault *fault) MUST_USE;

/* Overwrites what the buffer holds and frees it. */
void oauth_file_wipe(struct buf *content);

#endif
