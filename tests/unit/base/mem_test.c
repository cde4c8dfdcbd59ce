/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include <string.h>

#include "base/mem.h"

static void
test_a_resized_block_keeps_its_octets(void **state)
{
	uint8_t *block = mem_take(100);

	(void)state;
	assert_non_null(block);
	memset(block, 0x5a, 100);
	block = mem_resize(block, 100000);
	assert_non_null(block);
	for (size_t i = 0; i < 100; i++)
		assert_int_equal(block[i], 0x5a);
	mem_give(block);
	mem_give(NULL);
	block = mem_resize(NULL, 10);
	assert_non_null(block);
	mem_give(block);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_resized_block_keeps_its_octets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
