/* SPDX-License-Identifier: Apache-2.0 */
#include "everywhere.h"

#include "case.h"
#include "mem.h"

static void
fail_each(const char *name, scenario_fn *scenario, bool is_lasting)
{
	uint64_t n = 0;
	enum status status;

	do {
		n++;
		mem_fail(n, is_lasting);
		status = scenario();
		EXPECT(name, status == (mem_failed() > 0 ? ST_MEMORY : ST_OK));
		EXPECT(name, mem_live() == 0);
		EXPECT(name, n < 10000);
	} while (mem_failed() > 0);
	/* A scenario that takes no memory would prove nothing. */
	EXPECT(name, n > 1 && mem_calls() == n - 1);
	mem_fail(0, false);
}

void
fail_everywhere(const char *name, scenario_fn *scenario)
{
	fail_each(name, scenario, false);
	fail_each(name, scenario, true);
}

void
fail_nowhere(const char *name, scenario_fn *scenario)
{
	mem_fail(1, true);
	EXPECT(name, scenario() == ST_OK);
	EXPECT(name, mem_calls() == 0 && mem_live() == 0);
	mem_fail(0, false);
}
