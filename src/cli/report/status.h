/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/report/status: the exit status, from what stopped the pass and from its totals.
 *
 * Spec     the documented numbers; scripts rely on them, so none ever changes its meaning.
 */
#ifndef CLI_REPORT_STATUS_H
#define CLI_REPORT_STATUS_H

#include "base/fault.h"
#include "pass/report.h"

enum cli_status {
	CLI_STATUS_GREEN = 0,
	CLI_STATUS_USAGE = 1,
	CLI_STATUS_REFUSED = 2,
	CLI_STATUS_LOGIN = 3,
	CLI_STATUS_NETWORK = 4,
	CLI_STATUS_FULL = 5,
	CLI_STATUS_VERIFY = 6,
	CLI_STATUS_PERSON = 7,
	CLI_STATUS_BUSY = 8,
	CLI_STATUS_INTERRUPTED = 130,
};

/* GREEN when no fault is set. */
enum cli_status cli_status_of_fault(const struct fault *fault);
/* In a pass that ran to its end: PERSON before REFUSED before GREEN. */
enum cli_status cli_status_of_totals(const struct pass_totals *totals);

struct cli_status_row {
	enum cli_status status;
	const char *meaning;
};

/* The statuses that commands give, in order, for the help; a row without meaning ends it. */
const struct cli_status_row *cli_status_rows(void);

#endif
