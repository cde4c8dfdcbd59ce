/* SPDX-License-Identifier: Apache-2.0
 *
 * tests/cve/file: a .case file as acts.
 *
 *   # CVE-… or another name (class)      the first three lines of every file of this folder,
 *   # Played: …                          of whatever kind: what it is, what is done,
 *   # Must: …                            what has to come of it
 *   verb WORD... => WORD...              one act and all that it must give (verbs.h)
 *
 * A word is bare, or one or more pieces in double quotes with "\xHH" for any octet; "piece"*N
 * stands for N of them.
 */
#ifndef TESTS_CVE_FILE_H
#define TESTS_CVE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

enum {
	WORDS_MAX = 8,
	ACTS_MAX = 200
};

struct act {
	int line;
	size_t word_count; /* the verb is the first */
	struct buf words[WORDS_MAX];
	struct buf expected; /* its words, a space between each two */
};

struct file {
	const char *path;
	size_t count;
	struct act acts[ACTS_MAX];
};

/* Prints what is wrong and exits when the file is none. */
void file_read(struct file *file, const char *path);
void file_free(struct file *file);

/* Whether the three lines stand at the head, and the first names the file. */
bool file_has_head(const char *path);

#endif
