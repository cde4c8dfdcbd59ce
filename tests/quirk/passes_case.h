/* SPDX-License-Identifier: Apache-2.0
 *
 * tests/quirk/passes_case: how a pass that shows a quirk is set up, and judged.
 */
#ifndef TESTS_QUIRK_PASSES_CASE_H
#define TESTS_QUIRK_PASSES_CASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/pass_rig.h"
#include "wire/imap/server/quirk.h"

struct scene {
	const char *src_profile; /* NULL: dovecot */
	const char *dst_profile;
	const char *src_greeting; /* NULL: the profile's own */
	const char *dst_greeting;
	const char *content; /* of the source */
	const char *dst_content;
	const char *src_script;
	const char *dst_script;
	int64_t src_latency_us; /* one way; 0: as the rig has it */
	int64_t dst_latency_us;
	unsigned connections; /* 0: one */
	unsigned folders;     /* subscribed, of one message each */
	unsigned messages;    /* generated, instead of content */
};

typedef bool (*judge_fn)(const struct rig *rig, const struct rig_outcome *outcome);

struct pass_case {
	enum imap_family family;
	enum imap_quirk quirk;
	struct scene scene;
	judge_fn judge;
	bool (*run)(void); /* in place of a pass */
	const char *should;
};

/* Cases of rows that others have told: refusals, names, limits, notices. */
const struct pass_case *passes_told(size_t *count_out);

#endif
