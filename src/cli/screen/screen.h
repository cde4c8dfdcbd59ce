/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/screen/screen: progress on a file descriptor: redrawn in place on a terminal, one line
 * every 30 seconds elsewhere.
 *
 * Promise  what is said in between stands above the progress and stays. Nothing is drawn after
 *          cli_screen_clear until the next tick.
 */
#ifndef CLI_SCREEN_SCREEN_H
#define CLI_SCREEN_SCREEN_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/tick.h"
#include "cli/screen/progress.h"
#include "cli/screen/terminal.h"

enum cli_screen_mode {
	CLI_SCREEN_SILENT,
	CLI_SCREEN_LINES,
	CLI_SCREEN_LIVE,
};

struct cli_screen {
	int fd;
	enum cli_screen_mode mode;
	struct cli_screen_kind kind;
	unsigned rows_drawn;
	bool is_finishing;
	struct tick line_at; /* when the next line is due; us 0: not yet known */
	struct cli_meter meter;
	struct buf text;
};

void cli_screen_init(struct cli_screen *screen, int fd, bool is_quiet);
void cli_screen_fini(struct cli_screen *screen);

/* How long to wait between two draws. */
int64_t cli_screen_step_us(const struct cli_screen *screen);
void cli_screen_draw(
    struct cli_screen *screen, const struct pass_progress *progress, struct tick now);
/* Takes the progress off a terminal. */
void cli_screen_clear(struct cli_screen *screen);
/* "godwit: <sentence>", above the progress; also when quiet. */
void cli_screen_say(struct cli_screen *screen, const char *sentence);

#endif
