/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include <string.h>

#include "base/status.h"

static void
test_every_status_has_a_name_of_its_own(void **state)
{
	(void)state;
	assert_int_equal(ST_OK, 0);
	for (unsigned i = 0; i < ST_COUNT; i++) {
		const char *name = status_name((enum status)i);

		assert_true(strlen(name) > 0);
		for (unsigned k = 0; k < i; k++)
			assert_string_not_equal(name, status_name((enum status)k));
	}
	assert_string_equal(status_name(ST_LIMIT), "limit");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_status_has_a_name_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
