/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include <string.h>

#include "base/block.h"

enum {
	SIZE = 100,
	KEPT = 2,
	BLOCKS = 4
};

static void
test_the_last_one_back_is_the_next_one_out(void **state)
{
	uint8_t *blocks[BLOCKS];
	struct block_pool pool;

	(void)state;
	block_pool_init(&pool, SIZE, KEPT);
	for (size_t i = 0; i < BLOCKS; i++) {
		blocks[i] = block_take(&pool);
		assert_non_null(blocks[i]);
		memset(blocks[i], (int)i, SIZE);
	}
	block_give(&pool, blocks[3]);
	block_give(&pool, blocks[1]);
	assert_int_equal(pool.kept, 2);
	assert_ptr_equal(block_take(&pool), blocks[1]);
	assert_ptr_equal(block_take(&pool), blocks[3]);
	assert_int_equal(pool.kept, 0);
	/* Nobody else's octets were touched. */
	assert_int_equal(blocks[0][SIZE - 1], 0);
	assert_int_equal(blocks[2][SIZE - 1], 2);
	/* More than it keeps go back to the allocator: the leak checker would tell. */
	for (size_t i = 0; i < BLOCKS; i++)
		block_give(&pool, blocks[i]);
	block_give(&pool, NULL);
	assert_int_equal(pool.kept, KEPT);
	block_pool_fini(&pool);
	assert_int_equal(pool.kept, 0);
}

static void
test_a_pool_that_keeps_none(void **state)
{
	struct block_pool pool;

	(void)state;
	block_pool_init(&pool, SIZE, 0);
	block_give(&pool, block_take(&pool));
	assert_int_equal(pool.kept, 0);
	block_pool_fini(&pool);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_the_last_one_back_is_the_next_one_out),
	    cmocka_unit_test(test_a_pool_that_keeps_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
