/* SPDX-License-Identifier: Apache-2.0
 *
 * bench/pump: the raw pump: the limit that a copy between two servers is measured against.
 *
 * Place    stream.c writes, before the clock runs, what each connection will say after its
 *          log-in; flow.c says it as fast as the server takes it; pump.c is the program.
 * Promise  streams carry no tag twice and end in a LOGOUT, whose tag Z<number> tells what must
 *          have come back by then: OKs when writing, at least that many octets when reading.
 *          A stream that asks before each literal has a file of stops beside it: the octets
 *          that may be sent before the first, the second, … continuation has come.
 * Limits   no parsing of mail, no retry: the first NO or BAD ends the program.
 * Spec     RFC 3501, RFC 3502 (MULTIAPPEND), RFC 7888 (LITERAL+).
 */
#ifndef BENCH_PUMP_H
#define BENCH_PUMP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

enum {
	PUMP_CONNECTIONS_MAX = 64,
	PUMP_GROUP_MESSAGES = 250,
	PUMP_GROUP_BYTES = 8 << 20
};

struct pump_side {
	unsigned port; /* 0: this side takes no part */
	const char *user;
};

struct pump_job {
	const char *streams; /* prefix of the files' names */
	const char *password;
	unsigned connections; /* per side */
	struct pump_side src;
	struct pump_side dst;
};

/* What the destination is like. */
struct pump_style {
	bool single;        /* an APPEND for each message instead of MULTIAPPEND groups */
	bool synchronising; /* each literal waits for its continuation; implies single */
	char delimiter;
	const char *namespace; /* before the names of all folders but INBOX */
};

/* Writes PREFIX.read.K and PREFIX.write.K from a Maildir++ tree, K below `connections`, and
 * PREFIX.stops.K where literals are synchronising. */
void pump_prepare(const char *maildir, const char *prefix, unsigned connections,
    const struct pump_style *style);

/* Pushes and pulls the streams and prints the figures as one JSON object. */
void pump_run(const struct pump_job *job);

/* Says why and ends the program. */
NORETURN void pump_die(const char *format, ...) PRINTF_LIKE(1, 2);

#endif
