/* SPDX-License-Identifier: Apache-2.0
 *
 * fault/disk: the system's calls that write, which fail on order, and what a loss of power
 * would leave of the files.
 *
 * Place    linked into the test program: its write, pwrite, fsync, fdatasync, ftruncate and
 *          renameat stand before the C library's, for SQLite too.
 * Promise  calls on files outside of the folder that is watched go through, uncounted.
 */
#ifndef FAULT_DISK_H
#define FAULT_DISK_H

#include <stdbool.h>
#include <stdint.h>

enum disk_error {
	DISK_ENOSPC,
	DISK_EIO,
	DISK_EINTR, /* writes only, and in turn they are cut in half */
};

/* Files below `folder` are watched from now on. The path is without links. */
void disk_watch(const char *folder);
/* The n-th call from now on fails (n from 1; 0: none does); `is_lasting`: every call after it
 * too. */
void disk_fail(uint64_t n, enum disk_error error, bool is_lasting);
/* How many calls failed since disk_fail. */
uint64_t disk_failed(void);
uint64_t disk_calls(void);

/* From now on `folder` holds each watched file as it was when it was last made durable. What
 * never was is not there. */
void disk_shadow(const char *folder);

#endif
