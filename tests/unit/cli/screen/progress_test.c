/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include <stdio.h>
#include <string.h>

#include "cli/screen/page.h"
#include "cli/screen/progress.h"
#include "cli/screen/width.h"

static struct pass_progress
half_way(void)
{
	struct pass_progress progress = {
	    .totals = {.source = 498,
		.copied = 200,
		.adopted = 40,
		.excluded = 18,
		.copied_bytes = 12400000},
	    .source_bytes = 59000000,
	    .folders = 33,
	    .folders_done = 12,
	    .connections = 4,
	    .stage = "copying",
	    .started = {1000000},
	    .copy_started = {2000000},
	};

	snprintf(progress.folder, sizeof(progress.folder), "%s",
	    "Kunden/Müller und Söhne/日本語フォルダ/Angebote und Rechnungen");
	return progress;
}

static const char *
render(const struct cli_view *view, struct cli_page page)
{
	static char text[4096];
	struct buf buf;

	buf_init(&buf, sizeof(text) - 1);
	page.out = &buf;
	cli_progress_render(view, &page);
	assert_int_equal(page.status, ST_OK);
	memcpy(text, buf_bytes(&buf).data, buf_bytes(&buf).size);
	text[buf_bytes(&buf).size] = '\0';
	buf_fini(&buf);
	return text;
}

static void
test_lines_as_they_are_shown(void **state)
{
	const struct pass_progress copying = half_way();
	const struct pass_progress connecting = {.stage = "connecting", .started = {1000000}};
	const struct {
		const char *name;
		struct cli_view view;
		struct cli_page page;
		const char *text;
	} cases[] = {
	    {"80 columns", {&copying, {6000000}, {2100000, 41}, false},
		{.columns = 80, .is_utf8 = true},
		"Copying     ━━━━━━━━━━───────────   50 %  240 of 480      2.1 MB/s  ETA 0:19\n"
		"  Kunden/Müller und Söh…  12.4 MB of 59.0 MB · 12 of 33 folders · 4 "
		"connections"},
	    {"80 columns in ASCII", {&copying, {6000000}, {2100000, 41}, false},
		{.columns = 80},
		"Copying     ==========-----------   50 %  240 of 480      2.1 MB/s  ETA 0:19\n"
		"  Kunden/M?ller und S?hne~  12.4 MB of 59.0 MB, 12 of 33 folders, 4 "
		"connections"},
	    {"100 columns", {&copying, {6000000}, {2100000, 41}, true},
		{.columns = 100, .is_utf8 = true},
		"Finishing   ━━━━━━━━━━━━━──────────────   50 %  240 of 480      2.1 MB/s      "
		"41 msg/s  ETA 0:19\n"
		"  Kunden/Müller und Söhne/日本語フォルダ/An…  12.4 MB of 59.0 MB · 12 of 33 "
		"folders · 4 connections"},
	    {"40 columns", {&copying, {6000000}, {2100000, 41}, false},
		{.columns = 40, .is_utf8 = true},
		"Copying      50 %  240 of 480\n"
		"  Kunden/Müller und Söhne/日本語フォル…"},
	    {"connecting", {&connecting, {4000000}, {0, 0}, false},
		{.columns = 80, .is_utf8 = true}, "Connecting  0:03\n  "},
	    {"finishing", {&connecting, {4000000}, {0, 0}, true},
		{.columns = 80, .is_utf8 = true}, "Finishing  0:03\n  "},
	    {"colours", {&connecting, {4000000}, {0, 0}, false},
		{.columns = 80, .has_colours = true}, "\x1b[1mConnecting\x1b[0m  0:03\n  "},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const char *text = render(&cases[i].view, cases[i].page);

		if (strcmp(text, cases[i].text) != 0)
			fail_msg("case \"%s\":\n%s\ninstead of\n%s", cases[i].name, text,
			    cases[i].text);
	}
}

/* Whatever the figures and the terminal: two lines, and none reaches the last column. */
static void
test_no_line_is_ever_wrapped(void **state)
{
	struct pass_progress states[4] = {half_way(), half_way(), half_way(), {.folders = 0}};

	(void)state;
	states[1].totals = (struct pass_totals){
	    .source = UINT64_MAX, .copied = UINT64_MAX / 3, .copied_bytes = UINT64_MAX};
	states[1].folders = UINT32_MAX;
	states[1].folders_done = UINT32_MAX;
	states[1].source_bytes = UINT64_MAX;
	states[2].totals = (struct pass_totals){.source = 1};
	states[2].folder[0] = '\0';
	for (unsigned i = 0; i < COUNT_OF(states) * 241; i++) {
		const struct cli_view view = {
		    &states[i / 241], {90000000000}, {UINT64_MAX, UINT64_MAX}, i % 2 == 0};
		const char *text =
		    render(&view, (struct cli_page){.columns = i % 241, .is_utf8 = i % 3 == 0});
		const char *end = strchr(text, '\n');
		unsigned columns = i % 241 < 20 ? 20 : i % 241;

		assert_non_null(end);
		assert_null(strchr(end + 1, '\n'));
		assert_in_range(
		    cli_width_of_text(bytes_of(text, (size_t)(end - text))), 0, columns - 1);
		assert_in_range(cli_width_of_text(bytes_of_string(end + 1)), 0, columns - 1);
	}
}

static void
test_the_meter_forgets_what_is_long_ago(void **state)
{
	struct pass_progress progress = {.totals = {.source = 100000}};
	struct cli_meter meter = {0};
	struct cli_speed speed;
	struct tick now = {5000000};

	(void)state;
	cli_meter_add(&meter, now, &progress);
	speed = cli_meter_speed(&meter, now, &progress);
	assert_int_equal(speed.octets_per_s, 0);
	/* A minute of 10 messages and 1 kB a tenth of a second, then silence. */
	for (int i = 0; i < 600; i++) {
		now.us += 100000;
		progress.totals.copied += 10;
		progress.totals.copied_bytes += 1000;
		cli_meter_add(&meter, now, &progress);
	}
	speed = cli_meter_speed(&meter, now, &progress);
	assert_in_range(speed.octets_per_s, 9900, 10100);
	assert_in_range(speed.messages_per_s, 99, 101);
	for (int i = 0; i < 50; i++) {
		now.us += 100000;
		cli_meter_add(&meter, now, &progress);
	}
	speed = cli_meter_speed(&meter, now, &progress);
	assert_in_range(speed.octets_per_s, 3000, 6000);
	for (int i = 0; i < 60; i++) {
		now.us += 100000;
		cli_meter_add(&meter, now, &progress);
	}
	speed = cli_meter_speed(&meter, now, &progress);
	assert_int_equal(speed.octets_per_s, 0);
}

static void
test_what_remains(void **state)
{
	static const struct {
		const char *name;
		struct pass_progress progress;
		struct cli_speed speed;
		int64_t us;
	} cases[] = {
	    {"nothing known", {.folders = 0}, {5, 5}, -1},
	    {"at the end", {.totals = {.source = 5, .copied = 5}}, {5, 5}, -1},
	    {"standing still", {.totals = {.source = 5}}, {0, 0}, -1},
	    {"by messages", {.totals = {.source = 100, .copied = 40}}, {1000, 30}, 2000000},
	    {"rounded up", {.totals = {.source = 100, .copied = 40}}, {0, 59}, 2000000},
	    {"by octets",
		{.totals = {.source = 100, .copied = 40, .copied_bytes = 4000},
		    .source_bytes = 10000},
		{1000, 1}, 6000000},
	    {"adopted ones are of average size",
		{.totals = {.source = 100, .copied = 40, .adopted = 20, .copied_bytes = 4000},
		    .source_bytes = 10000},
		{1000, 1}, 4000000},
	    {"sizes that lie",
		{.totals = {.source = 100, .copied = 40, .copied_bytes = 20000},
		    .source_bytes = 10000},
		{1000, 10}, 6000000},
	    {"more than a year", {.totals = {.source = UINT64_MAX}}, {0, 1}, -1},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct cli_view view = {
		    .progress = &cases[i].progress, .speed = cases[i].speed};

		EXPECT(cases[i].name, cli_progress_remaining(&view) == cases[i].us);
	}
}

static void
test_the_line_of_a_log(void **state)
{
	const struct pass_progress progress = half_way();
	const struct cli_view view = {&progress, {6000000}, {2100000, 41}, false};
	struct buf buf;
	struct cli_page page = {.out = &buf, .columns = 240, .is_utf8 = true};

	(void)state;
	buf_init(&buf, 4096);
	cli_progress_render_line(&view, &page);
	assert_true(bytes_equal(buf_bytes(&buf),
	    BYTES("Copying: 240 of 480 messages (50 %), 12.4 MB, 2.1 MB/s, about 0:19 left, in "
		  "Kunden/Müller und Söhne/日本語フォルダ/Angebote und Rechnungen")));
	buf_fini(&buf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lines_as_they_are_shown),
	    cmocka_unit_test(test_no_line_is_ever_wrapped),
	    cmocka_unit_test(test_the_meter_forgets_what_is_long_ago),
	    cmocka_unit_test(test_what_remains),
	    cmocka_unit_test(test_the_line_of_a_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
