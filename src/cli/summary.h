/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/summary: what a person reads when a pass has ended: the sum, what did not go as it
 * should, and a verdict in the last line.
 *
 * Promise  the rows above the rule add up to the source's messages.
 */
#ifndef CLI_SUMMARY_H
#define CLI_SUMMARY_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/report/report.h"

struct cli_page;

enum {
	CLI_SUMMARY_ROWS_MAX = 20 /* of one list; the rest is in the report */
};

struct cli_summary {
	const struct pass_progress *progress;
	const struct cli_report *report; /* its kept items */
	int64_t elapsed_us;
	enum cli_status status;
	bool is_stopped; /* a fault or a person ended the pass before its end */
	bool is_dry_run;
};

void cli_summary_render(const struct cli_summary *summary, struct cli_page *page);
/* The first fault of a folder as one line: "Work/2024: The source refused …"; nothing when
 * there was none. */
void cli_summary_render_first_fault(const struct cli_summary *summary, struct cli_page *page);
/* The last line alone, without its end. */
void cli_summary_render_verdict(const struct cli_summary *summary, struct cli_page *page);

#endif
