/* SPDX-License-Identifier: Apache-2.0
 *
 * base/prng: seeded pseudo-randomness for tests, jitter and simulation. Not for secrets.
 *
 * Promise  the same seed gives the same numbers on every machine.
 * Spec     splitmix64 (Steele, Lea, Flood 2014).
 */
#ifndef BASE_PRNG_H
#define BASE_PRNG_H

#include <stdint.h>

struct prng {
	uint64_t state;
};

void prng_init(struct prng *prng, uint64_t seed);
uint64_t prng_next(struct prng *prng);
/* 0 <= result < bound; bound > 0. */
uint64_t prng_below(struct prng *prng, uint64_t bound);

#endif
