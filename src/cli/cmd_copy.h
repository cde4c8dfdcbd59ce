/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/cmd_copy: `godwit copy`: what it is told, what it asks for, what it says at the end.
 *
 * Place    main.c opens it, runs a pass with `pass` and `report.sink`, lets it draw in between,
 *          and finishes it. No loop and no fiber in here.
 * Promise  nothing is created on disk before the whole command line was understood and both
 *          passwords are there.
 * Memory   passwords are wiped by fini.
 */
#ifndef CLI_CMD_COPY_H
#define CLI_CMD_COPY_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/fault.h"
#include "cli/choice.h"
#include "cli/report/report.h"
#include "cli/report/status.h"
#include "cli/screen/screen.h"
#include "cli/side.h"
#include "pass/mailbox.h"

struct cli_page;

struct cmd_copy_settings {
	struct cli_side src;
	struct cli_side dst;
	struct cli_choice choice;
	const char *refused_path;
	const char *report_path;
	const char *trace_path;
	const char *state_path; /* NULL: where the user's state lies */
	bool is_json;
	bool is_quiet;
	bool wants_help;
	bool wants_version;
};

struct cmd_copy {
	cli_now_fn now;
	struct arena arena;
	struct cmd_copy_settings settings;
	struct pass_options pass; /* complete after open */
	struct cli_report report;
	struct cli_screen screen;
};

/* `now` is kept; the trace asks it for the time of each line. */
void cmd_copy_init(struct cmd_copy *copy, cli_now_fn now);
void cmd_copy_fini(struct cmd_copy *copy);

/* Reads the command line alone: settings and pass, without passwords. */
enum status cmd_copy_parse(
    struct cmd_copy *copy, int argc, char **argv, struct fault *fault) MUST_USE;
/* Parse, passwords, files. ST_END when help or the version was asked for and printed. */
enum status cmd_copy_open(
    struct cmd_copy *copy, int argc, char **argv, struct fault *fault) MUST_USE;

/* A notice, for a person and for the report: a cli_tell_fn. */
void cmd_copy_tell(void *argument, const char *sentence);

/* Writes fault, report and summary; `progress` is NULL when there was no pass. Returns the exit
 * status. */
enum cli_status cmd_copy_finish(struct cmd_copy *copy, const struct pass_progress *progress,
    const struct fault *fault, struct tick now);

void cmd_copy_print_help(struct cli_page *page);

#endif
