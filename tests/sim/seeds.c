/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/seeds.h"

#include <stdlib.h>

#include "base/bytes.h"

static uint64_t
number_of(const char *name)
{
	const char *text = getenv(name);
	uint64_t number = 0;

	if (text == NULL || bytes_number(bytes_of_string(text), UINT64_MAX, &number) != ST_OK)
		return 0;
	return number;
}

struct seeds
seeds_of(uint64_t count)
{
	uint64_t seed = number_of("SEED");
	uint64_t seeds = number_of("SEEDS");

	if (seed > 0)
		return (struct seeds){seed, 1};
	return (struct seeds){1, seeds > 0 ? seeds : count};
}

uint64_t
seeds_case(struct seeds seeds, uint64_t i, uint64_t case_count)
{
	/* A large prime: each case once before any comes again. */
	if (seeds.count > 1)
		return 1 + i * UINT64_C(2654435761) % case_count;
	return 1 + (seeds.first - 1) % case_count;
}
