/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include "cli/report/status.h"

static void
test_faults(void **state)
{
	static const struct {
		const char *name;
		enum status status;
		enum fault_cause cause;
		int exit_status;
	} cases[] = {
	    {"none", ST_OK, CAUSE_NONE, 0},
	    {"usage", ST_SYNTAX, CAUSE_USAGE, 1},
	    {"content", ST_REFUSED, CAUSE_CONTENT, 2},
	    {"rights", ST_REFUSED, CAUSE_RIGHTS, 2},
	    {"login", ST_REFUSED, CAUSE_LOGIN, 3},
	    {"network", ST_IO, CAUSE_NETWORK, 4},
	    {"stall", ST_TIMEOUT, CAUSE_NETWORK, 4},
	    {"certificate", ST_IO, CAUSE_TLS, 4},
	    {"not imap", ST_SYNTAX, CAUSE_PROTOCOL, 4},
	    {"full", ST_REFUSED, CAUSE_FULL, 5},
	    {"ceiling", ST_LIMIT, CAUSE_LIMIT, 7},
	    {"memory", ST_MEMORY, CAUSE_MEMORY, 7},
	    {"other", ST_CONFLICT, CAUSE_OTHER, 7},
	    {"canceled", ST_CANCELED, CAUSE_CANCELED, 130},
	    {"canceled while waiting", ST_CANCELED, CAUSE_NETWORK, 130},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct fault fault = {.status = cases[i].status, .cause = cases[i].cause};

		EXPECT(cases[i].name,
		    cli_status_of_fault(&fault) == (enum cli_status)cases[i].exit_status);
	}
}

static void
test_totals(void **state)
{
	static const struct {
		const char *name;
		struct pass_totals totals;
		int exit_status;
	} cases[] = {
	    {"nothing", {0}, 0},
	    {"copied", {.source = 9, .copied = 9}, 0},
	    {"all kinds of green",
		{.source = 15,
		    .copied = 1,
		    .adopted = 2,
		    .already_there = 3,
		    .gone = 4,
		    .deleted_by_owner = 2,
		    .excluded = 3,
		    .changed = 1},
		0},
	    {"refused", {.source = 2, .copied = 1, .refused = 1}, 2},
	    {"held", {.source = 2, .held = 2}, 7},
	    {"in doubt and refused", {.source = 2, .in_doubt = 1, .refused = 1}, 7},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		EXPECT(cases[i].name,
		    cli_status_of_totals(&cases[i].totals) ==
			(enum cli_status)cases[i].exit_status);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_faults),
	    cmocka_unit_test(test_totals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
