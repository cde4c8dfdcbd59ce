/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/report/report: what a pass tells, written down: JSON lines, the trace, refused messages,
 * and what the summary shows at the end.
 *
 * Place    main.c gives `sink` to the pass.
 * Promise  the counts of items are exact, of the items themselves the first CLI_KEPT_MAX of a
 *          kind are kept. A report that cannot be written never stops the pass; closing tells.
 * Memory   kept texts live in an arena of the report.
 */
#ifndef CLI_REPORT_REPORT_H
#define CLI_REPORT_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/fault.h"
#include "base/tick.h"
#include "cli/report/json.h"
#include "cli/report/refused.h"
#include "cli/report/status.h"
#include "cli/report/trace.h"
#include "pass/report.h"

enum {
	CLI_KEPT_MAX = 100,
	CLI_KEPT_KIND_COUNT = PASS_ITEM_FOUND + 1
};

struct cli_kept {
	struct bytes folder;
	struct bytes destination;
	struct bytes text;
	uint32_t uid;
	uint64_t size;
	struct pass_totals counts;
};

struct cli_kept_list {
	uint64_t seen; /* all that came */
	size_t count;  /* in `items` */
	struct cli_kept *items;
};

struct cli_report_options {
	FILE *json;               /* --json: standard output; NULL: none */
	const char *report_path;  /* --report; NULL: none; all paths are kept */
	const char *trace_path;   /* --trace */
	const char *refused_path; /* --refused */
	cli_now_fn now;           /* needed for the trace */
};

struct cli_report {
	struct pass_sink sink; /* first: the functions of the sink find the rest by it */
	cli_now_fn now;
	FILE *json_stream;
	FILE *report_file;
	const char *report_path;
	struct cli_json json;
	struct cli_trace trace;
	struct cli_refused refused;
	struct arena arena;
	struct cli_kept_list kept[CLI_KEPT_KIND_COUNT];
	bool is_check;         /* folders that are told as items are those that are left out */
	enum cli_status worst; /* of the faults that were told as items */
};

struct cli_report_total {
	const struct pass_progress *progress;
	int64_t elapsed_us;
	enum cli_status status;
};

void cli_report_init(struct cli_report *report);
enum status cli_report_open(struct cli_report *report, const struct cli_report_options *options,
    struct fault *fault) MUST_USE;
/* A line of another kind: begin, keys, end. */
struct cli_json *cli_report_begin(struct cli_report *report, const char *event);
void cli_report_end(struct cli_report *report);
/* The fault that stopped the mailbox, as an event of its own. */
void cli_report_fault(struct cli_report *report, const struct fault *fault);
/* The last line. */
void cli_report_total(struct cli_report *report, const struct cli_report_total *total);
/* Says in one sentence what could not be written. What was kept stays until fini. */
enum status cli_report_close(struct cli_report *report, struct fault *fault) MUST_USE;
void cli_report_fini(struct cli_report *report);

#endif
