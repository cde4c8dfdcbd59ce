/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/report/status.h"

#include <stddef.h>

static const struct cli_status_row rows[] = {
    {CLI_STATUS_GREEN, "everything is at the destination"},
    {CLI_STATUS_USAGE, "the command line is wrong; nothing was done"},
    {CLI_STATUS_REFUSED, "done, but the destination refused some messages (listed)"},
    {CLI_STATUS_LOGIN, "a server refused the log-in"},
    {CLI_STATUS_NETWORK, "no connection, a broken one, or a certificate not trusted"},
    {CLI_STATUS_FULL, "the destination is full"},
    {CLI_STATUS_VERIFY, "the destination holds less than it said it had taken"},
    {CLI_STATUS_PERSON, "a person must look: messages are held or in doubt"},
    {CLI_STATUS_BUSY, "another run is bringing mail to the same mailbox"},
    {CLI_STATUS_INTERRUPTED, "interrupted; run the same command again to resume"},
    {CLI_STATUS_GREEN, NULL},
};

const struct cli_status_row *
cli_status_rows(void)
{
	return rows;
}

enum cli_status
cli_status_of_fault(const struct fault *fault)
{
	if (!fault_is_set(fault))
		return CLI_STATUS_GREEN;
	if (fault->status == ST_CANCELED)
		return CLI_STATUS_INTERRUPTED;
	switch (fault->cause) {
	case CAUSE_USAGE:
		return CLI_STATUS_USAGE;
	case CAUSE_LOGIN:
		return CLI_STATUS_LOGIN;
	case CAUSE_NETWORK:
	case CAUSE_TLS:
	case CAUSE_PROTOCOL:
		return CLI_STATUS_NETWORK;
	case CAUSE_FULL:
		return CLI_STATUS_FULL;
	case CAUSE_RIGHTS:
	case CAUSE_CONTENT:
		return CLI_STATUS_REFUSED;
	case CAUSE_VERIFY:
		return CLI_STATUS_VERIFY;
	case CAUSE_CANCELED:
		return CLI_STATUS_INTERRUPTED;
	case CAUSE_BUSY:
		return CLI_STATUS_BUSY;
	case CAUSE_NONE:
	case CAUSE_LIMIT:
	case CAUSE_MEMORY:
	case CAUSE_LEDGER:
	case CAUSE_OTHER:
		break;
	}
	return CLI_STATUS_PERSON;
}

enum cli_status
cli_status_of_totals(const struct pass_totals *totals)
{
	if (totals->held > 0 || totals->in_doubt > 0)
		return CLI_STATUS_PERSON;
	return totals->refused > 0 ? CLI_STATUS_REFUSED : CLI_STATUS_GREEN;
}
