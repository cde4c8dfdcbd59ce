/* SPDX-License-Identifier: Apache-2.0
 *
 * tests/transcript/play: one dialogue, played once against wire/imap/session.
 *
 * Every feed is a heap block of its own size that is freed as soon as its events were pulled,
 * so that the sanitizer sees whoever reads too far or keeps a slice too long.
 */
#ifndef TESTS_TRANSCRIPT_PLAY_H
#define TESTS_TRANSCRIPT_PLAY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/fault.h"
#include "base/tick.h"
#include "script.h"
#include "wire/imap/session.h"

enum {
	CUTS_MAX = 64
};

struct play {
	const struct script *script;
	const char *mode;
	size_t cut_count; /* SIZE_MAX: after every octet */
	size_t cuts[CUTS_MAX];
	size_t end_at; /* SIZE_MAX: the dialogue is not ended before its end */
	bool is_quiet; /* what goes wrong is not printed */

	struct imap_session *session;
	struct tick now;
	size_t fed;
	struct buf events; /* that came since the last act of the client */
	bool is_in_data;
	struct buf sent;
	struct buf trace;
	struct fault fault;
	bool is_ended;
	const char *wrong; /* NULL: all is well */
	int line;
};

/* A play without cuts. */
struct play play_of(const struct script *script, const char *mode);
/* Whether it went as written; else it prints what did not. */
bool play_run(struct play *play);
/* Whole, octet by octet, cut at every place and at random ones, and ended at every place. */
bool play_all(const struct script *script);

#endif
