/* SPDX-License-Identifier: Apache-2.0
 *
 * bridge/oauth/schedule: when the next token is asked for.
 *
 * Place    plain arithmetic under bridge/oauth/serve.
 * Promise  a token is replaced before it ends; failures are spaced ever wider, never closer
 *          than the provider asked. Time and chance are arguments.
 */
#ifndef BRIDGE_OAUTH_SCHEDULE_H
#define BRIDGE_OAUTH_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/tick.h"

struct oauth_schedule {
	struct tick started;
	struct tick next;
	bool has_token;
	uint32_t failures; /* in a row */
};

void oauth_schedule_init(struct oauth_schedule *schedule, struct tick now);
/* A token came at `now` that lives for life_s: asked again when four fifths of that are over,
 * or five minutes before its end, whichever is later. */
void oauth_schedule_got(struct oauth_schedule *schedule, struct tick now, uint32_t life_s);
/* It did not work: 1 s, 2 s, 4 s … 60 s, and up to a quarter more by `chance` (0 to 255). */
void oauth_schedule_failed(
    struct oauth_schedule *schedule, struct tick now, uint32_t retry_after_s, uint8_t chance);

/* Without a first token, would the next try come later than patience_s after the start? */
bool oauth_schedule_is_hopeless(const struct oauth_schedule *schedule, uint32_t patience_s);

#endif
