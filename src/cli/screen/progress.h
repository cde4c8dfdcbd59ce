/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/screen/progress: a running pass in two lines of a terminal, or in one line of a log.
 *
 * Place    pure: figures and a time in, text out. cli/screen puts it on a terminal.
 * Promise  no line is wider than page->columns - 1, so that no terminal wraps it.
 */
#ifndef CLI_SCREEN_PROGRESS_H
#define CLI_SCREEN_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/tick.h"
#include "pass/report.h"

struct cli_page;

enum {
	CLI_METER_SAMPLE_COUNT = 33,
	CLI_METER_STEP_US = 250000
};

struct cli_meter_sample {
	struct tick at;
	uint64_t octets;
	uint64_t messages;
};

/* What came in during the last eight seconds. */
struct cli_meter {
	struct cli_meter_sample samples[CLI_METER_SAMPLE_COUNT];
	unsigned next;
	unsigned count;
};

struct cli_speed {
	uint64_t octets_per_s;
	uint64_t messages_per_s;
};

void cli_meter_add(
    struct cli_meter *meter, struct tick now, const struct pass_progress *progress);
/* Both 0 until two samples are there. */
struct cli_speed cli_meter_speed(
    const struct cli_meter *meter, struct tick now, const struct pass_progress *progress);

struct cli_view {
	const struct pass_progress *progress;
	struct tick now;
	struct cli_speed speed;
	bool is_finishing; /* after the first Ctrl-C */
};

/* Messages that nobody excluded, and how many of them are decided. */
uint64_t cli_progress_wanted(const struct pass_totals *totals);
uint64_t cli_progress_done(const struct pass_totals *totals);
/* Microseconds to the end as far as anybody can tell; -1 when nobody can. */
int64_t cli_progress_remaining(const struct cli_view *view);

/* Two lines with a line end between them and none behind. */
void cli_progress_render(const struct cli_view *view, struct cli_page *page);
/* One line without its end. */
void cli_progress_render_line(const struct cli_view *view, struct cli_page *page);

#endif
