/* SPDX-License-Identifier: Apache-2.0 */
#include "base/prng.h"

#include "base/check.h"

void
prng_init(struct prng *prng, uint64_t seed)
{
	prng->state = seed;
}

uint64_t
prng_next(struct prng *prng)
{
	uint64_t mixed = prng->state += 0x9e3779b97f4a7c15U;

	mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9U;
	mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebU;
	return mixed ^ mixed >> 31;
}

uint64_t
prng_below(struct prng *prng, uint64_t bound)
{
	CHECK(bound > 0);
	return prng_next(prng) % bound;
}
