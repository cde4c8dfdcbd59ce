/* SPDX-License-Identifier: Apache-2.0
 *
 * pass/check/estimate: how long a copy takes, from what can be known before it.
 *
 * Place    asked by pass/check.
 * Promise  a pure function; high is at most three times low. The paces are data, measured on
 *          the servers of docs/performance.md.
 */
#ifndef PASS_CHECK_ESTIMATE_H
#define PASS_CHECK_ESTIMATE_H

#include <stdbool.h>
#include <stdint.h>

/* How a destination stores what it is sent. */
enum pass_pace_kind {
	PASS_PACE_UNKNOWN, /* a server that nobody measured */
	PASS_PACE_DOVECOT_MAILDIR,
	PASS_PACE_DOVECOT_DBOX,
	PASS_PACE_CYRUS,
	PASS_PACE_COURIER,
	PASS_PACE_COUNT
};

/* What binds. */
enum pass_bound {
	PASS_BOUND_TURNS,       /* connecting and round trips: there is little to copy */
	PASS_BOUND_SOURCE,      /* reading: the source or the line to it */
	PASS_BOUND_DESTINATION, /* storing */
	PASS_BOUND_RATE,        /* as --rate orders */
	PASS_BOUND_COUNT
};

struct pass_estimate_facts {
	enum pass_pace_kind pace;
	bool is_multi;      /* many messages in one command */
	bool asks_literals; /* each message waits for the server's leave */
	unsigned connections;
	uint64_t folders; /* with something to copy */
	uint64_t new_folders;
	uint64_t messages; /* to copy */
	uint64_t bytes;
	uint64_t largest_messages; /* of the folder with most to do: it has one writer */
	uint64_t largest_bytes;
	uint64_t compared; /* messages that are compared with the destination's */
	int64_t open_us;   /* measured: connecting, log-in, listing */
	int64_t src_round_trip_us;
	int64_t dst_round_trip_us;
	uint64_t src_bytes_per_s;  /* measured over one connection; 0: not */
	uint64_t rate_bytes_per_s; /* 0: no limit */
	uint64_t rate_messages_per_s;
};

struct pass_estimate {
	int64_t low_us;
	int64_t high_us;
	enum pass_bound bound;
};

struct pass_estimate pass_estimate_of(const struct pass_estimate_facts *facts);

/* "Dovecot with Maildir", for people. */
const char *pass_pace_name(enum pass_pace_kind kind);
/* "storing at the destination" */
const char *pass_bound_text(enum pass_bound bound);

#endif
