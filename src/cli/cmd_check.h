/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/cmd_check: `godwit check`: what it is told, what it asks for, what it says at the end.
 *
 * Place    main.c opens it, runs pass_check_run with `pass` and `report.sink`, lets it draw in
 *          between, and finishes it. cli/check_page and cli/check_json show the result.
 * Promise  nothing is created on disk but the trace that was asked for.
 * Memory   passwords are wiped by fini.
 */
#ifndef CLI_CMD_CHECK_H
#define CLI_CMD_CHECK_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/fault.h"
#include "cli/choice.h"
#include "cli/report/report.h"
#include "cli/report/status.h"
#include "cli/screen/screen.h"
#include "cli/side.h"
#include "pass/check/check.h"
#include "pass/mailbox.h"

struct cli_page;

struct cmd_check {
	cli_now_fn now;
	struct arena arena;
	struct cli_side src;
	struct cli_side dst; /* without a URI: the source alone */
	struct cli_choice choice;
	const char *trace_path;
	bool is_json;
	bool is_quiet;
	bool wants_help;
	bool wants_version;
	struct pass_options pass; /* complete after open */
	struct pass_check result; /* of pass_check_run */
	struct cli_report report;
	struct cli_screen screen;
};

/* `now` is kept; the trace asks it for the time of each line. */
void cmd_check_init(struct cmd_check *check, cli_now_fn now);
void cmd_check_fini(struct cmd_check *check);

/* Reads the command line alone: settings and pass, without passwords. */
enum status cmd_check_parse(
    struct cmd_check *check, int argc, char **argv, struct fault *fault) MUST_USE;
/* Parse, passwords, trace. ST_END when help or the version was asked for and printed. */
enum status cmd_check_open(
    struct cmd_check *check, int argc, char **argv, struct fault *fault) MUST_USE;

/* A notice, for a person and for the report: a cli_tell_fn. */
void cmd_check_tell(void *argument, const char *sentence);

/* What the result is worth. */
enum cli_status cmd_check_status(const struct cmd_check *check, const struct fault *fault);
/* Writes faults and the result; `has_run` is false when there was no pass. */
enum cli_status cmd_check_finish(
    struct cmd_check *check, bool has_run, const struct fault *fault);

void cmd_check_print_help(struct cli_page *page);

#endif
