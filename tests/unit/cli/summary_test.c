/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "cli/screen/page.h"
#include "cli/screen/width.h"
#include "cli/summary.h"

static const char *
text_of(struct buf *buf)
{
	static char text[65536];
	struct bytes bytes = buf_bytes(buf);

	assert_in_range(bytes.size, 0, sizeof(text) - 1);
	if (bytes.size > 0)
		memcpy(text, bytes.data, bytes.size);
	text[bytes.size] = '\0';
	buf_fini(buf);
	return text;
}

static const char *
render(const struct cli_summary *summary, struct cli_page page)
{
	struct buf buf;

	buf_init(&buf, 65535);
	page.out = &buf;
	cli_summary_render(summary, &page);
	assert_int_equal(page.status, ST_OK);
	return text_of(&buf);
}

static void
give(struct cli_report *report, struct pass_item item)
{
	report->sink.item(&report->sink, &item);
}

static void
test_verdicts(void **state)
{
	static const struct {
		struct pass_totals totals;
		bool is_stopped;
		bool is_dry_run;
		const char *text;
	} cases[] = {
	    {{0}, false, false, "The source holds no messages."},
	    {{.source = 1, .copied = 1}, false, false,
		"The one message of the source is at the destination."},
	    {{.source = 1498, .copied = 1000, .adopted = 400, .already_there = 98}, false,
		false, "All 1,498 messages of the source are at the destination."},
	    {{.source = 10, .copied = 5, .excluded = 2, .gone = 1, .deleted_by_owner = 2},
		false, false,
		"5 messages of the source are at the destination, 2 were excluded, 2 were "
		"deleted by their owner, 1 vanished from the source."},
	    {{.source = 10, .copied = 9, .refused = 1}, false, false,
		"1 message was refused; everything else is at the destination."},
	    {{.source = 10, .copied = 8, .refused = 2}, false, false,
		"2 messages were refused; everything else is at the destination."},
	    {{.source = 10, .copied = 7, .refused = 2, .excluded = 1}, false, false,
		"2 messages were refused; everything else that was wanted is at the "
		"destination."},
	    {{.source = 10, .copied = 6, .refused = 1, .in_doubt = 2, .held = 1}, false, false,
		"2 messages are in doubt, 1 message is held, 1 was refused; everything else is "
		"at the destination."},
	    {{.source = 10, .copied = 6}, true, false,
		"Not finished: 6 of 10 messages are at the destination; run it again."},
	    {{.source = 10, .copied = 6}, false, false,
		"Not finished: 6 of 10 messages are at the destination; run it again."},
	    {{.source = 10, .adopted = 6}, false, true,
		"Nothing was written: 4 messages would be copied, 6 are there already."},
	    {{.source = 1}, false, true, "Nothing was written: 1 message would be copied."},
	    {{.source = 1}, true, true,
		"Nothing was written, and the dry run was not finished."},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct pass_progress progress = {.totals = cases[i].totals};
		const struct cli_summary summary = {.progress = &progress,
		    .is_stopped = cases[i].is_stopped,
		    .is_dry_run = cases[i].is_dry_run};
		struct buf buf;
		struct cli_page page = {.out = &buf, .columns = 80};
		const char *text;

		buf_init(&buf, 4096);
		cli_summary_render_verdict(&summary, &page);
		text = text_of(&buf);
		if (strcmp(text, cases[i].text) != 0)
			fail_msg("\"%s\" instead of \"%s\"", text, cases[i].text);
	}
}

static void
test_a_green_page(void **state)
{
	const struct pass_progress progress = {
	    .totals = {.source = 498,
		.copied = 482,
		.adopted = 10,
		.already_there = 6,
		.copied_bytes = 11900000,
		.changed = 3,
		.flags_added = 2},
	    .started = {1000000},
	    .copy_started = {2000000},
	};
	static struct cli_report report;
	struct cli_summary summary = {
	    .progress = &progress, .report = &report, .elapsed_us = 13000000};

	(void)state;
	cli_report_init(&report);
	assert_string_equal(render(&summary, (struct cli_page){.columns = 80, .is_utf8 = true}),
	    "\n"
	    "  copied                        482   11.9 MB; 3 changed by the destination\n"
	    "  adopted                        10   found at the destination; 2 got missing\n"
	    "                                      flags\n"
	    "  already there                   6   brought by an earlier run\n"
	    "  ─────────────────────────────────\n"
	    "  source                        498\n"
	    "\n"
	    "  13.0 s, 40 messages/s, 991.7 kB/s while copying\n"
	    "\n"
	    "All 498 messages of the source are at the destination.\n");
	cli_report_fini(&report);
}

/* What must not reach a terminal, in each place where a server's words are shown. */
#define EVIL "Gr\xfc\xc3\x9f\x1b[2J\r\n\xe2\x80\xae"

static void
fill_report(struct cli_report *report)
{
	for (uint32_t uid = 1; uid <= 23; uid++)
		give(report,
		    (struct pass_item){.kind = PASS_ITEM_REFUSED,
			.folder =
			    uid % 2 == 0 ? BYTES("INBOX") : BYTES("日本語/" EVIL "/Angebote"),
			.uid = uid * 1000,
			.size = uid * 100000,
			.text = uid < 3 ? "The server says: " EVIL " and more words"
					: "no NUL octets are taken here"});
	give(report,
	    (struct pass_item){.kind = PASS_ITEM_CHANGED,
		.folder = BYTES("INBOX"),
		.uid = 7,
		.text = "bare LF became CR LF"});
	give(report,
	    (struct pass_item){
		.kind = PASS_ITEM_KEYWORD, .folder = BYTES("INBOX"), .uid = 8, .text = EVIL});
	give(report,
	    (struct pass_item){.kind = PASS_ITEM_NOTICE,
		.text = "The source is read in clear because it is this machine and "
			"offers no STARTTLS " EVIL});
	give(report,
	    (struct pass_item){.kind = PASS_ITEM_FAULT, .folder = BYTES(EVIL), .text = EVIL});
}

static void
test_every_list_fits_and_is_clean(void **state)
{
	static const unsigned columns[] = {20, 40, 80, 120, 200};
	const struct pass_progress progress = {
	    .totals = {.source = 40, .copied = 17, .refused = 23}};
	static struct cli_report report;
	struct cli_summary summary = {
	    .progress = &progress, .report = &report, .status = CLI_STATUS_REFUSED};

	(void)state;
	cli_report_init(&report);
	fill_report(&report);
	for (size_t i = 0; i < COUNT_OF(columns); i++) {
		const char *text =
		    render(&summary, (struct cli_page){.columns = columns[i], .is_utf8 = true});

		assert_true(utf8_is_valid(bytes_of_string(text)));
		assert_null(strpbrk(text, "\x1b\r"));
		assert_null(strstr(text, "\xe2\x80\xae"));
		assert_non_null(strstr(text, "\nRefused by the destination (23)\n"));
		assert_non_null(
		    strstr(text, "\n  and 3 more, which --report FILE would list\n"));
		assert_non_null(strstr(text, "\nStored otherwise by the destination (1)\n"));
		assert_non_null(strstr(text, "\nFlags that could not be carried (1)\n"));
		assert_non_null(strstr(text, "\nNot finished (1)\n"));
		assert_non_null(strstr(text, "\nTo know (1)\n"));
		while (columns[i] >= 80 && *text != '\0') {
			size_t size = strcspn(text, "\n");

			assert_in_range(cli_width_of_text(bytes_of(text, size)), 0, columns[i]);
			text += size + 1;
		}
	}
	cli_report_fini(&report);
}

static void
test_the_report_is_named_when_there_is_one(void **state)
{
	const struct pass_progress progress = {.totals = {.source = 23, .refused = 23}};
	static struct cli_report report;
	struct cli_summary summary = {
	    .progress = &progress, .report = &report, .status = CLI_STATUS_REFUSED};
	const char *text;

	(void)state;
	cli_report_init(&report);
	report.report_path = "/tmp/anna.json";
	fill_report(&report);
	text = render(&summary, (struct cli_page){.columns = 80, .has_colours = true});
	assert_non_null(strstr(text, "\n  and 3 more, see /tmp/anna.json\n"));
	assert_non_null(strstr(text, "\x1b[1m\x1b[33m23 messages were refused;"));
	cli_report_fini(&report);
}

/* The same numbers that the page shows: the rows above the rule are the source. */
static void
test_the_rows_add_up(void **state)
{
	const struct pass_progress progress = {.totals = {.source = 1000,
						   .copied = 100,
						   .adopted = 101,
						   .already_there = 102,
						   .deleted_by_owner = 103,
						   .gone = 104,
						   .excluded = 105,
						   .refused = 106,
						   .held = 107,
						   .in_doubt = 108}};
	static struct cli_report report;
	const struct cli_summary summary = {.progress = &progress, .report = &report};
	const char *text;
	unsigned long sum = 0;

	(void)state;
	cli_report_init(&report);
	text = render(&summary, (struct cli_page){.columns = 200}) + 1;
	while (strncmp(text, "  ---", 5) != 0) {
		char digits[14] = {0};
		uint64_t count;
		struct bytes number;

		memcpy(digits, text + 22, 13);
		number = bytes_of_string(digits + strspn(digits, " "));
		assert_int_equal(bytes_number(number, 1000, &count), ST_OK);
		sum += count;
		text += strcspn(text, "\n") + 1;
	}
	assert_int_equal(sum, 1000);
	assert_non_null(strstr(text, "source                      1,000\n"));
	cli_report_fini(&report);
}

/* Every rule that left something out is named, whatever the width. */
static void
test_what_was_excluded_is_told_by_rule(void **state)
{
	static struct cli_report report;
	struct pass_progress progress = {.totals = {.source = 100, .copied = 65}};
	const struct cli_summary summary = {.progress = &progress, .report = &report};
	const char *text;

	(void)state;
	cli_report_init(&report);
	pass_totals_exclude(&progress.totals, SYNC_RULE_SINCE, 30);
	text = render(&summary, (struct cli_page){.columns = 200});
	assert_non_null(strstr(text, "30   older than --since\n"));
	pass_totals_exclude(&progress.totals, SYNC_RULE_SIZE, 5);
	text = render(&summary, (struct cli_page){.columns = 200});
	assert_non_null(strstr(text, "35   30 older than --since, 5 larger than --max-size\n"));
	for (size_t i = 0; i < SYNC_RULE_COUNT; i++)
		pass_totals_exclude(&progress.totals, (enum sync_rule)i, 1000000);
	text = render(&summary, (struct cli_page){.columns = 80});
	assert_non_null(strstr(text, "1,000,000 in folders that were not chosen"));
	assert_non_null(strstr(text, "1,000,005 larger than"));
	cli_report_fini(&report);
}

static void
test_a_dry_run_lists_its_folders(void **state)
{
	const struct pass_progress progress = {.totals = {.source = 30, .adopted = 10}};
	static struct cli_report report;
	struct cli_summary summary = {
	    .progress = &progress, .report = &report, .is_dry_run = true};
	const char *text;

	(void)state;
	cli_report_init(&report);
	give(&report,
	    (struct pass_item){.kind = PASS_ITEM_FOUND,
		.folder = BYTES("Grüße"),
		.destination = BYTES("INBOX/Grüße"),
		.text = "",
		.counts = {.source = 30, .adopted = 10}});
	text = render(&summary, (struct cli_page){.columns = 80, .is_utf8 = true});
	assert_non_null(strstr(text, "  to copy                        20\n"));
	assert_non_null(strstr(text, "  Grüße                        → INBOX/Grüße      "));
	assert_non_null(strstr(text, "    20 of 30\n"));
	cli_report_fini(&report);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_verdicts),
	    cmocka_unit_test(test_a_green_page),
	    cmocka_unit_test(test_every_list_fits_and_is_clean),
	    cmocka_unit_test(test_the_report_is_named_when_there_is_one),
	    cmocka_unit_test(test_the_rows_add_up),
	    cmocka_unit_test(test_what_was_excluded_is_told_by_rule),
	    cmocka_unit_test(test_a_dry_run_lists_its_folders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
