/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge/oauth/schedule.h"

enum {
	MARGIN_MAX_S = 300,
	MARGIN_SHARE = 5,
	BACKOFF_MAX_S = 60
};

static const int64_t second_us = 1000000;

void
oauth_schedule_init(struct oauth_schedule *schedule, struct tick now)
{
	*schedule = (struct oauth_schedule){.started = now, .next = now};
}

void
oauth_schedule_got(struct oauth_schedule *schedule, struct tick now, uint32_t life_s)
{
	int64_t life_us = life_s * second_us;
	int64_t margin_us = life_us / MARGIN_SHARE;

	if (margin_us > MARGIN_MAX_S * second_us)
		margin_us = MARGIN_MAX_S * second_us;
	schedule->next = tick_after(now, life_us - margin_us);
	schedule->has_token = true;
	schedule->failures = 0;
}

void
oauth_schedule_failed(
    struct oauth_schedule *schedule, struct tick now, uint32_t retry_after_s, uint8_t chance)
{
	int64_t wait_us = BACKOFF_MAX_S * second_us;

	/* 2^6 s is above the ceiling. */
	if (schedule->failures < 6)
		wait_us = (1 << schedule->failures) * second_us;
	if (wait_us < retry_after_s * second_us)
		wait_us = retry_after_s * second_us;
	wait_us += wait_us / 4 * chance / 255;
	schedule->next = tick_after(now, wait_us);
	if (schedule->failures < UINT32_MAX)
		schedule->failures++;
}

bool
oauth_schedule_is_hopeless(const struct oauth_schedule *schedule, uint32_t patience_s)
{
	struct tick end = tick_after(schedule->started, patience_s * second_us);

	return !schedule->has_token && tick_is_before(end, schedule->next);
}
