/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include "base/prng.h"
#include "base/ring.h"

static void
open_one(struct ring *ring, struct block_pool *pool, size_t capacity)
{
	block_pool_init(pool, 64, 1);
	ring_init(ring, pool, capacity);
	assert_int_equal(ring_open(ring), ST_OK);
}

static void
test_a_full_ring_takes_what_fits(void **state)
{
	struct block_pool pool;
	struct ring ring;

	(void)state;
	open_one(&ring, &pool, 5);
	assert_int_equal(ring_write(&ring, BYTES("abc")), 3);
	assert_int_equal(ring_write(&ring, BYTES("defg")), 2);
	assert_int_equal(ring_write(&ring, BYTES("h")), 0);
	assert_int_equal(ring_room(&ring), 0);
	assert_true(bytes_equal(ring_front(&ring, 99), BYTES("abcde")));
	assert_true(bytes_equal(ring_front(&ring, 2), BYTES("ab")));
	ring_fini(&ring);
	block_pool_fini(&pool);
}

static void
test_the_front_of_a_wrapped_ring_is_its_older_part(void **state)
{
	struct block_pool pool;
	struct ring ring;

	(void)state;
	open_one(&ring, &pool, 5);
	assert_int_equal(ring_write(&ring, BYTES("abcd")), 4);
	ring_consume(&ring, 3);
	assert_int_equal(ring_write(&ring, BYTES("efgh")), 4);
	assert_true(bytes_equal(ring_front(&ring, 99), BYTES("de")));
	ring_consume(&ring, 2);
	assert_true(bytes_equal(ring_front(&ring, 99), BYTES("fgh")));
	ring_consume(&ring, 3);
	assert_int_equal(ring_front(&ring, 99).size, 0);
	ring_fini(&ring);
	block_pool_fini(&pool);
}

/* A counter goes in at one end and must come out at the other. */
static void
test_random_use_keeps_the_order(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		uint8_t written = 0, read = 0;
		size_t content = 0;
		struct block_pool pool;
		struct prng prng;
		struct ring ring;

		prng_init(&prng, seed);
		open_one(&ring, &pool, 61);
		for (int i = 0; i < 2000; i++) {
			uint8_t piece[40];
			size_t size = (size_t)prng_below(&prng, sizeof(piece));
			struct bytes front;
			size_t taken;

			for (size_t k = 0; k < size; k++)
				piece[k] = (uint8_t)(written + k);
			taken = ring_write(&ring, bytes_of(piece, size));
			assert_int_equal(taken, size < 61 - content ? size : 61 - content);
			written = (uint8_t)(written + taken);
			content += taken;
			front = ring_front(&ring, (size_t)prng_below(&prng, 50));
			for (size_t k = 0; k < front.size; k++)
				assert_int_equal(front.data[k], (uint8_t)(read + k));
			ring_consume(&ring, front.size);
			read = (uint8_t)(read + front.size);
			content -= front.size;
			assert_int_equal(ring_room(&ring), 61 - content);
		}
		ring_fini(&ring);
		block_pool_fini(&pool);
	}
}

/* Rings of which one holds something at a time share a block. */
static void
test_closed_rings_share_a_block(void **state)
{
	struct ring rings[4];
	struct block_pool pool;
	const uint8_t *block = NULL;

	(void)state;
	block_pool_init(&pool, 16, 1);
	for (size_t i = 0; i < 4; i++) {
		ring_init(&rings[i], &pool, 5);
		assert_int_equal(ring_open(&rings[i]), ST_OK);
		assert_int_equal(ring_open(&rings[i]), ST_OK);
		if (i == 0)
			block = rings[i].octets;
		assert_ptr_equal(rings[i].octets, block);
		assert_int_equal(ring_write(&rings[i], BYTES("abcdef")), 5);
		ring_retract(&rings[i], 5);
		ring_close(&rings[i]);
		assert_null(rings[i].octets);
	}
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(ring_open(&rings[i]), ST_OK);
		assert_int_equal(ring_write(&rings[i], BYTES("abcde")), 5);
	}
	for (size_t i = 0; i < 4; i++)
		ring_fini(&rings[i]);
	assert_int_equal(pool.kept, 1);
	block_pool_fini(&pool);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_full_ring_takes_what_fits),
	    cmocka_unit_test(test_the_front_of_a_wrapped_ring_is_its_older_part),
	    cmocka_unit_test(test_random_use_keeps_the_order),
	    cmocka_unit_test(test_closed_rings_share_a_block),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
