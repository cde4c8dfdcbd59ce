/* SPDX-License-Identifier: Apache-2.0
 *
 * tests/sim/seeds: which seeds a test runs: SEEDS=n in the environment: so many; SEED=s: that
 * one.
 *
 * Promise  a variable that is empty, or no number above 0, counts as not set.
 */
#ifndef SIM_SEEDS_H
#define SIM_SEEDS_H

#include <stdint.h>

struct seeds {
	uint64_t first;
	uint64_t count;
};

/* From 1 on, `count` of them by default. */
struct seeds seeds_of(uint64_t count);
/* For a sweep over `case_count` cases, counted from 1: the case of the i-th seed. They are
 * spread, and none comes twice while i < case_count. SEED=s is case s. */
uint64_t seeds_case(struct seeds seeds, uint64_t i, uint64_t case_count);

#endif
