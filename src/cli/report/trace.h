/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/report/trace: the dialogue with both servers, written down for --trace.
 *
 * Promise  mode 0600. Secrets were masked before the lines came here. The file is text: what is
 *          not printable is written as \xNN.
 */
#ifndef CLI_REPORT_TRACE_H
#define CLI_REPORT_TRACE_H

#include <stdio.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "base/fault.h"
#include "base/tick.h"

/* Where a line of the trace gets its time from. */
typedef struct tick (*cli_now_fn)(void);

struct cli_trace {
	FILE *file; /* NULL: closed */
	const char *path;
	struct tick started;
};

/* Creates or empties a file of mode 0600; `what` names it in the sentence. */
enum status cli_trace_open_file(
    const char *path, const char *what, FILE **file_out, struct fault *fault) MUST_USE;

/* `path` is kept. */
enum status cli_trace_open(struct cli_trace *trace, const char *path, struct tick started,
    struct fault *fault) MUST_USE;
/* Each line gets the time since the start, the side and the connection in front. */
void cli_trace_write(struct cli_trace *trace, struct tick now, const char *side,
    unsigned connection, struct bytes lines);
/* Tells whether everything was written; closing a closed one is fine. */
enum status cli_trace_close(struct cli_trace *trace, struct fault *fault) MUST_USE;

#endif
