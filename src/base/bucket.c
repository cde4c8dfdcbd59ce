/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bucket.h"

static const uint64_t token = 1000000;

void
bucket_init(struct bucket *bucket, uint64_t rate, uint64_t burst, struct tick now)
{
	*bucket = (struct bucket){.rate = rate, .burst = burst, .filled = now};
}

static void
fill(struct bucket *bucket, struct tick now)
{
	uint64_t full = bucket->burst * token;
	uint64_t passed_us;

	if (!tick_is_before(bucket->filled, now))
		return;
	passed_us = (uint64_t)(now.us - bucket->filled.us);
	bucket->filled = now;
	/* rate tokens per second are rate millionths per microsecond. */
	if (passed_us > full / bucket->rate || bucket->tokens + passed_us * bucket->rate > full)
		bucket->tokens = full;
	else
		bucket->tokens += passed_us * bucket->rate;
}

uint64_t
bucket_take(struct bucket *bucket, uint64_t wanted, struct tick now)
{
	uint64_t taken;

	if (bucket->rate == 0)
		return wanted;
	fill(bucket, now);
	taken = bucket->tokens / token;
	if (taken > wanted)
		taken = wanted;
	bucket->tokens -= taken * token;
	return taken;
}

void
bucket_give(struct bucket *bucket, uint64_t unused)
{
	bucket->tokens += unused * token;
	if (bucket->tokens > bucket->burst * token)
		bucket->tokens = bucket->burst * token;
}

bool
bucket_has(struct bucket *bucket, uint64_t wanted, struct tick now)
{
	if (bucket->rate == 0)
		return true;
	fill(bucket, now);
	return bucket->tokens >= wanted * token;
}

struct tick
bucket_deadline(const struct bucket *bucket, uint64_t wanted, struct tick now)
{
	uint64_t goal = (wanted < bucket->burst ? wanted : bucket->burst) * token;

	if (bucket->rate == 0 || bucket->tokens >= goal)
		return now;
	return tick_after(bucket->filled,
	    (int64_t)((goal - bucket->tokens + bucket->rate - 1) / bucket->rate));
}
