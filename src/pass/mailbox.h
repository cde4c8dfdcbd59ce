/* SPDX-License-Identifier: Apache-2.0
 *
 * pass/mailbox: one pass over one mailbox: connect, map folders, compare, copy, sum up.
 *
 * Place    called on a fiber by main.c (godwit copy) or a worker. Reads as the story in
 *          ARCHITECTURE.md.
 * Promise  nothing is written to the source; a fault in one folder does not stop the others.
 */
#ifndef PASS_MAILBOX_H
#define PASS_MAILBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/fault.h"
#include "mail/account.h"
#include "pass/report.h"
#include "sync/choice.h"

struct pass;
struct secret;
struct sync_ledger;
struct world;

enum {
	PASS_CONNECTIONS_MAX = 4,
	PASS_CONNECTIONS_DEFAULT = 4
};

struct pass_options {
	struct account src;
	struct account dst;
	const struct secret *src_password;
	const struct secret *dst_password;
	const char *const *folders; /* UTF-8 globs over source names; none: all */
	size_t folder_count;
	const char *const *excludes;
	size_t exclude_count;
	const char *const *maps; /* "OLD=NEW", see sync/tree.h */
	size_t map_count;
	const char *const *without; /* capability words, both sides */
	size_t without_count;
	unsigned connections;    /* pairs, 1 to PASS_CONNECTIONS_MAX */
	uint64_t bytes_per_s;    /* 0: no limit */
	uint64_t messages_per_s; /* 0: no limit */
	bool is_dry_run;
	int64_t settle_us;    /* between two looks for a message in doubt */
	bool settles_later;   /* nothing is waited for: what is in doubt stays so */
	bool is_ledger_older; /* than what it describes */
	bool repairs;         /* refused messages: needs a sink that keeps them as they are */
	struct sync_choice choice; /* of messages; append_max is each folder's own */
	bool is_newest_first;
	bool copies_shared; /* other users' and shared folders too */
};

/* `options`, `sink` and `ledger` are borrowed until pass_free. */
enum status pass_new(struct world *world, const struct pass_options *options,
    struct sync_ledger *ledger, struct pass_sink *sink, struct pass **pass_out) MUST_USE;
void pass_free(struct pass **pass);

/* On a fiber; returns when all is done or nothing more can be. ST_OK also when messages were
 * refused (totals say so); otherwise `fault` is what stopped the mailbox. */
enum status pass_run(struct pass *pass, struct fault *fault) MUST_USE;

/* From anywhere on the loop: finish the groups in flight and stop (first Ctrl-C). */
void pass_finish_soon(struct pass *pass);
/* From anywhere on the loop: stop at once; connections are dropped (second Ctrl-C). */
void pass_cancel(struct pass *pass);

const struct pass_progress *pass_progress(const struct pass *pass);

#endif
