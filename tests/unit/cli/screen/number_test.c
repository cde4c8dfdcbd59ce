/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include <string.h>

#include "cli/screen/number.h"

static void
test_counts(void **state)
{
	static const struct {
		uint64_t count;
		const char *text;
	} cases[] = {
	    {0, "0"},
	    {999, "999"},
	    {1000, "1,000"},
	    {1234567, "1,234,567"},
	    {UINT64_MAX, "18,446,744,073,709,551,615"},
	};
	char out[CLI_NUMBER_SIZE];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		EXPECT(cases[i].text,
		    strcmp(cli_number_count(cases[i].count, out), cases[i].text) == 0);
}

static void
test_octets(void **state)
{
	static const struct {
		uint64_t octets;
		const char *text;
	} cases[] = {
	    {0, "0 B"},
	    {999, "999 B"},
	    {1000, "1.0 kB"},
	    {1049, "1.0 kB"},
	    {1050, "1.1 kB"},
	    {12400000, "12.4 MB"},
	    {999949, "999.9 kB"},
	    {999999, "1.0 MB"},
	    {601000000000, "601.0 GB"},
	    {UINT64_MAX, "18446.7 PB"},
	};
	char out[CLI_NUMBER_SIZE];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		if (strcmp(cli_number_octets(cases[i].octets, out), cases[i].text) != 0)
			fail_msg("%s instead of %s", out, cases[i].text);
	}
}

static void
test_times(void **state)
{
	static const struct {
		int64_t us;
		const char *clock;
		const char *elapsed;
	} cases[] = {
	    {-5, "0:00", "0.0 s"},
	    {0, "0:00", "0.0 s"},
	    {3499999, "0:03", "3.4 s"},
	    {59999999, "0:59", "59.9 s"},
	    {60000000, "1:00", "1:00"},
	    {3599000000, "59:59", "59:59"},
	    {3600000000, "1:00:00", "1:00:00"},
	    {86400000000, "1 d 00:00:00", "1 d 00:00:00"},
	};
	char out[CLI_NUMBER_SIZE];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		EXPECT(cases[i].clock,
		    strcmp(cli_number_clock(cases[i].us, out), cases[i].clock) == 0);
		EXPECT(cases[i].elapsed,
		    strcmp(cli_number_elapsed(cases[i].us, out), cases[i].elapsed) == 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_counts),
	    cmocka_unit_test(test_octets),
	    cmocka_unit_test(test_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
