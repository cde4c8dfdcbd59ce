/* SPDX-License-Identifier: Apache-2.0
 *
 * base/bucket: a token bucket. Time is an argument.
 *
 * Promise  over any span of s seconds at most rate * s + burst tokens are taken; a clock that
 *          steps back gives nothing and takes nothing.
 */
#ifndef BASE_BUCKET_H
#define BASE_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/tick.h"

struct bucket {
	uint64_t rate;   /* tokens per second; 0: no limit */
	uint64_t burst;  /* the most that can be saved up */
	uint64_t tokens; /* millionths of a token */
	struct tick filled;
};

/* Starts empty, so that the first second is no faster than the others. */
void bucket_init(struct bucket *bucket, uint64_t rate, uint64_t burst, struct tick now);

/* How many of `wanted` may go now; they are taken. */
uint64_t bucket_take(struct bucket *bucket, uint64_t wanted, struct tick now);

/* Gives back what was taken and not used. */
void bucket_give(struct bucket *bucket, uint64_t unused);

/* Whether `wanted` could be taken now. */
bool bucket_has(struct bucket *bucket, uint64_t wanted, struct tick now);

/* When at least min(wanted, burst) tokens will be there; `now` or earlier if they are. */
struct tick bucket_deadline(const struct bucket *bucket, uint64_t wanted, struct tick now);

#endif
