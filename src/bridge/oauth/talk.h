/* SPDX-License-Identifier: Apache-2.0
 *
 * bridge/oauth/talk: what a log-in needs of the world: clocks, and somebody to talk to.
 *
 * Place    filled by token_main.c; this room reads no clock and prints nothing itself.
 */
#ifndef BRIDGE_OAUTH_TALK_H
#define BRIDGE_OAUTH_TALK_H

#include "base/tick.h"

struct oauth_talk {
	struct tick (*tick)(void);
	struct wall (*wall)(void);
	void (*say)(const char *line); /* to the person; NULL: nobody is there */
};

#endif
