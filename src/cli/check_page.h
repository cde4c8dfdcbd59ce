/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/check_page: the result of a check as a page for people.
 *
 * Place    cmd_check prints it on standard output.
 */
#ifndef CLI_CHECK_PAGE_H
#define CLI_CHECK_PAGE_H

#include <stdbool.h>

#include "cli/report/status.h"
#include "pass/check/check.h"

struct cli_page;
struct cli_report;

struct cli_check_view {
	const struct pass_check *result;
	const struct cli_report *report; /* notices, faults, folders that are left out */
	unsigned connections;
	enum cli_status status;
	bool is_stopped; /* by a fault: there is no verdict */
};

void cli_check_render(const struct cli_check_view *view, struct cli_page *page);

#endif
