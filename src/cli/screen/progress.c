/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/screen/progress.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "cli/screen/number.h"
#include "cli/screen/page.h"
#include "cli/screen/width.h"

enum {
	STAGE_WIDTH = 12,
	STAGE_SIZE = 24,
	BAR_MIN = 10,
	BAR_MAX = 100,
	FOLDER_MIN = 16,
	PIECE_SIZE = 80,
	SECOND_US = 1000000
};

uint64_t
cli_progress_wanted(const struct pass_totals *totals)
{
	return totals->source > totals->excluded ? totals->source - totals->excluded : 0;
}

uint64_t
cli_progress_done(const struct pass_totals *totals)
{
	uint64_t wanted = cli_progress_wanted(totals);
	uint64_t left = pass_totals_left(totals);

	return wanted > left ? wanted - left : 0;
}

void
cli_meter_add(struct cli_meter *meter, struct tick now, const struct pass_progress *progress)
{
	unsigned last = (meter->next + CLI_METER_SAMPLE_COUNT - 1) % CLI_METER_SAMPLE_COUNT;

	if (meter->count > 0 && now.us - meter->samples[last].at.us < CLI_METER_STEP_US)
		return;
	meter->samples[meter->next] = (struct cli_meter_sample){
	    .at = now,
	    .octets = progress->totals.copied_bytes,
	    .messages = cli_progress_done(&progress->totals),
	};
	meter->next = (meter->next + 1) % CLI_METER_SAMPLE_COUNT;
	if (meter->count < CLI_METER_SAMPLE_COUNT)
		meter->count++;
}

static uint64_t
per_second(uint64_t before, uint64_t after, int64_t elapsed_ms)
{
	return after <= before ? 0 : (after - before) * 1000 / (uint64_t)elapsed_ms;
}

struct cli_speed
cli_meter_speed(
    const struct cli_meter *meter, struct tick now, const struct pass_progress *progress)
{
	unsigned oldest =
	    (meter->next + CLI_METER_SAMPLE_COUNT - meter->count) % CLI_METER_SAMPLE_COUNT;
	const struct cli_meter_sample *sample = &meter->samples[oldest];
	int64_t elapsed_ms = (now.us - sample->at.us) / 1000;

	if (meter->count < 2 || elapsed_ms <= 0)
		return (struct cli_speed){0};
	return (struct cli_speed){
	    .octets_per_s =
		per_second(sample->octets, progress->totals.copied_bytes, elapsed_ms),
	    .messages_per_s =
		per_second(sample->messages, cli_progress_done(&progress->totals), elapsed_ms),
	};
}

static int64_t
time_for(uint64_t amount, uint64_t per_s)
{
	const uint64_t s_max = 86400 * 365;
	uint64_t s;

	if (per_s == 0)
		return -1;
	s = amount / per_s + (amount % per_s > 0);
	return s > s_max ? -1 : (int64_t)s * SECOND_US;
}

/* Octets say more than messages, but only where the source told its size; what was not copied
 * but adopted is taken to be of average size. */
int64_t
cli_progress_remaining(const struct cli_view *view)
{
	const struct pass_progress *progress = view->progress;
	const struct pass_totals *totals = &progress->totals;
	uint64_t left = pass_totals_left(totals);
	uint64_t others, passed;

	if (left == 0 || totals->source == 0)
		return -1;
	if (progress->source_bytes == 0 || view->speed.octets_per_s == 0)
		return time_for(left, view->speed.messages_per_s);
	others = totals->source - left - totals->copied;
	passed = totals->copied_bytes + progress->source_bytes / totals->source * others;
	if (passed >= progress->source_bytes)
		return time_for(left, view->speed.messages_per_s);
	return time_for(progress->source_bytes - passed, view->speed.octets_per_s);
}

static long long
seconds_left(const struct cli_view *view)
{
	int64_t left_us = view->progress->settles_at.us - view->now.us;

	return left_us > 0 ? (left_us + 999999) / 1000000 : 0;
}

static const char *
stage_of(const struct cli_view *view, char out[static STAGE_SIZE])
{
	const char *stage = view->progress->stage == NULL ? "starting" : view->progress->stage;

	if (tick_is_before(view->now, view->progress->waits_until))
		stage = "waiting";
	snprintf(out, STAGE_SIZE, "%s", view->is_finishing ? "finishing" : stage);
	if (view->progress->settles_at.us != 0 && !view->is_finishing)
		snprintf(out, STAGE_SIZE, "%s %lld s", stage, seconds_left(view));
	if (out[0] >= 'a' && out[0] <= 'z')
		out[0] = (char)(out[0] - 32);
	return out;
}

static unsigned
width_of(const char *text)
{
	return cli_width_of_text(bytes_of_string(text));
}

static unsigned
percent_of(uint64_t done, uint64_t wanted)
{
	if (done >= wanted)
		return 100;
	return wanted > UINT64_MAX / 100 ? (unsigned)(done / (wanted / 100))
					 : (unsigned)(done * 100 / wanted);
}

/* The figures to the right of the bar, in the order in which they are given up when the line is
 * too short: the last first. */
struct pieces {
	char texts[4][PIECE_SIZE];
	unsigned count;
};

static void
fill_pieces(const struct cli_view *view, struct pieces *pieces)
{
	const struct pass_totals *totals = &view->progress->totals;
	uint64_t wanted = cli_progress_wanted(totals);
	uint64_t done = cli_progress_done(totals);
	char number[3][CLI_NUMBER_SIZE];
	int64_t remaining_us = cli_progress_remaining(view);
	int width;

	cli_number_count(done, number[0]);
	width = (int)strlen(cli_number_count(wanted, number[1]));
	snprintf(pieces->texts[0], PIECE_SIZE, "%3u %%  %*s of %s", percent_of(done, wanted),
	    width, number[0], number[1]);
	pieces->texts[1][0] = '\0';
	if (remaining_us >= 0)
		snprintf(pieces->texts[1], PIECE_SIZE, "  ETA %s",
		    cli_number_clock(remaining_us, number[2]));
	snprintf(pieces->texts[2], PIECE_SIZE, "  %10s/s",
	    cli_number_octets(view->speed.octets_per_s, number[0]));
	snprintf(pieces->texts[3], PIECE_SIZE, "  %6s msg/s",
	    cli_number_count(view->speed.messages_per_s, number[1]));
	pieces->count = 4;
}

/* Room that is kept for the ETA even while there is none, so that the bar stands still. */
static unsigned
piece_width(const struct pieces *pieces, unsigned index)
{
	const unsigned eta_width = 13;
	unsigned width = width_of(pieces->texts[index]);

	return index == 1 && width < eta_width ? eta_width : width;
}

static void
render_bar_line(const struct cli_view *view, struct cli_page *page)
{
	const struct pass_totals *totals = &view->progress->totals;
	uint64_t wanted = cli_progress_wanted(totals);
	unsigned limit = page->columns;
	struct pieces pieces;
	unsigned used = page->column + 2;
	unsigned shown = 0;
	unsigned bar, filled;

	fill_pieces(view, &pieces);
	for (unsigned i = 0; i < pieces.count; i++) {
		if (used + piece_width(&pieces, i) + BAR_MIN > limit)
			break;
		used += piece_width(&pieces, i);
		shown++;
	}
	if (shown == 0) {
		cli_page_text(page, bytes_of_string(pieces.texts[0]), CLI_PAGE_REST);
		return;
	}
	bar = limit - used < BAR_MAX ? limit - used : BAR_MAX;
	filled = percent_of(cli_progress_done(totals), wanted) * bar / 100;
	cli_page_style(page, CLI_GREEN);
	cli_page_bar(page, true, filled);
	cli_page_style(page, CLI_PLAIN);
	cli_page_style(page, CLI_DIM);
	cli_page_bar(page, false, bar - filled);
	cli_page_style(page, CLI_PLAIN);
	cli_page_print(page, "  %s", pieces.texts[0]);
	/* Rates before the time that follows from them. */
	for (unsigned i = 2; i < shown; i++)
		cli_page_print(page, "%s", pieces.texts[i]);
	if (shown > 1)
		cli_page_print(page, "%s", pieces.texts[1]);
}

static void
add_fact(char *facts, size_t size, const char *separator, const char *fact)
{
	size_t used = strlen(facts);

	snprintf(facts + used, size - used, "%s%s", used == 0 ? "" : separator, fact);
}

static void
fill_facts(const struct cli_view *view, const struct cli_page *page, char *facts, size_t size)
{
	const struct pass_progress *progress = view->progress;
	const char *separator = page->is_utf8 ? " · " : ", ";
	char fact[PIECE_SIZE];
	char number[2][CLI_NUMBER_SIZE];

	facts[0] = '\0';
	if (progress->totals.copied_bytes > 0) {
		cli_number_octets(progress->totals.copied_bytes, number[0]);
		cli_number_octets(progress->source_bytes, number[1]);
		if (progress->source_bytes > progress->totals.copied_bytes)
			snprintf(fact, sizeof(fact), "%s of %s", number[0], number[1]);
		else
			snprintf(fact, sizeof(fact), "%s", number[0]);
		add_fact(facts, size, separator, fact);
	}
	if (progress->folders > 0) {
		snprintf(fact, sizeof(fact), "%u of %u folders", progress->folders_done,
		    progress->folders);
		add_fact(facts, size, separator, fact);
	}
	if (progress->connections > 0) {
		snprintf(fact, sizeof(fact), "%u connection%s", progress->connections,
		    progress->connections == 1 ? "" : "s");
		add_fact(facts, size, separator, fact);
	}
	if (page->columns >= 100) {
		cli_number_clock(view->now.us - progress->started.us, number[0]);
		snprintf(fact, sizeof(fact), "%s elapsed", number[0]);
		add_fact(facts, size, separator, fact);
	}
}

static void
render_facts_line(const struct cli_view *view, struct cli_page *page)
{
	struct bytes folder = bytes_of_string(view->progress->folder);
	char facts[4 * PIECE_SIZE];
	unsigned facts_width;
	unsigned room;

	fill_facts(view, page, facts, sizeof(facts));
	facts_width = width_of(facts);
	cli_page_pad(page, 2);
	if (facts_width == 0 || page->columns < facts_width + FOLDER_MIN) {
		cli_page_text(page, folder, CLI_PAGE_REST);
		return;
	}
	room = page->columns - facts_width - 4;
	cli_page_style(page, CLI_CYAN);
	cli_page_text(page, folder, room);
	cli_page_style(page, CLI_PLAIN);
	cli_page_pad(page, page->columns - facts_width);
	cli_page_style(page, CLI_DIM);
	cli_page_print(page, "%s", facts);
	cli_page_style(page, CLI_PLAIN);
}

void
cli_progress_render(const struct cli_view *view, struct cli_page *page)
{
	char stage[STAGE_SIZE];
	char clock[CLI_NUMBER_SIZE];
	unsigned columns = page->columns;

	page->columns = columns > 1 ? columns - 1 : 1;
	cli_page_style(page, CLI_BOLD);
	cli_page_text(page, bytes_of_string(stage_of(view, stage)), STAGE_WIDTH - 1);
	cli_page_style(page, CLI_PLAIN);
	if (cli_progress_wanted(&view->progress->totals) > 0) {
		cli_page_pad(page, STAGE_WIDTH < page->columns ? STAGE_WIDTH : 0);
		render_bar_line(view, page);
	} else {
		cli_number_clock(view->now.us - view->progress->started.us, clock);
		cli_page_text(page, BYTES("  "), CLI_PAGE_REST);
		cli_page_text(page, bytes_of_string(clock), CLI_PAGE_REST);
	}
	cli_page_end_line(page);
	render_facts_line(view, page);
	page->columns = columns;
}

void
cli_progress_render_line(const struct cli_view *view, struct cli_page *page)
{
	const struct pass_progress *progress = view->progress;
	uint64_t wanted = cli_progress_wanted(&progress->totals);
	uint64_t done = cli_progress_done(&progress->totals);
	int64_t remaining_us = cli_progress_remaining(view);
	char stage[STAGE_SIZE];
	char number[2][CLI_NUMBER_SIZE];

	cli_page_print(page, "%s: %s of %s messages", stage_of(view, stage),
	    cli_number_count(done, number[0]), cli_number_count(wanted, number[1]));
	if (wanted > 0)
		cli_page_print(page, " (%u %%)", percent_of(done, wanted));
	cli_page_print(
	    page, ", %s", cli_number_octets(progress->totals.copied_bytes, number[0]));
	cli_page_print(page, ", %s/s", cli_number_octets(view->speed.octets_per_s, number[0]));
	if (remaining_us >= 0)
		cli_page_print(
		    page, ", about %s left", cli_number_clock(remaining_us, number[0]));
	if (progress->folder[0] != '\0') {
		cli_page_print(page, ", in ");
		cli_page_text(page, bytes_of_string(progress->folder), CLI_PAGE_REST);
	}
}
