/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cmd_copy.h"

enum {
	STREAM_COUNT = 2
};

/* Standard output and standard error, turned into pipes for the length of one call. */
struct capture {
	int before[STREAM_COUNT];
	int ends[STREAM_COUNT];
	char texts[STREAM_COUNT][8192];
};

static void
begin_capture(struct capture *capture)
{
	fflush(stdout);
	for (int i = 0; i < STREAM_COUNT; i++) {
		int ends[2];

		assert_int_equal(pipe(ends), 0);
		assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
		capture->before[i] = dup(1 + i);
		assert_int_equal(dup2(ends[1], 1 + i), 1 + i);
		close(ends[1]);
		capture->ends[i] = ends[0];
	}
}

static void
end_capture(struct capture *capture)
{
	fflush(stdout);
	for (int i = 0; i < STREAM_COUNT; i++) {
		ssize_t size =
		    read(capture->ends[i], capture->texts[i], sizeof(capture->texts[i]) - 1);

		capture->texts[i][size < 0 ? 0 : size] = '\0';
		dup2(capture->before[i], 1 + i);
		close(capture->before[i]);
		close(capture->ends[i]);
	}
}

static const struct ending {
	const char *name;
	bool is_quiet, is_json, is_dry_run;
	struct pass_totals totals;
	struct fault fault;
	const struct pass_item *item;
	int status;
	const char *out; /* contained in standard output; empty: nothing is there */
	const char *err;
} endings[] = {
    {.name = "green",
	.totals = {.source = 2, .copied = 2},
	.status = 0,
	.out = "All 2 messages of the source are at the destination.\n",
	.err = ""},
    {.name = "green and quiet",
	.is_quiet = true,
	.totals = {.source = 2, .copied = 2},
	.status = 0,
	.out = "",
	.err = ""},
    {.name = "refused and quiet",
	.is_quiet = true,
	.totals = {.source = 2, .copied = 1, .refused = 1},
	.status = 2,
	.out = "",
	.err = "godwit: 1 message was refused; everything else is at the destination.\n"},
    {.name = "json",
	.is_json = true,
	.totals = {.source = 2, .copied = 2},
	.status = 0,
	.out = "\"waits_destination\":0,\"status\":0}\n",
	.err = "All 2 messages of the source are at the destination.\n"},
    {.name = "json and quiet",
	.is_json = true,
	.is_quiet = true,
	.totals = {.source = 2, .copied = 2},
	.status = 0,
	.out = "{\"event\":\"total\",\"source\":2,",
	.err = ""},
    {.name = "not one folder was seen",
	.fault = {ST_REFUSED, CAUSE_LOGIN, FAULT_MAILBOX, RETRY_NEVER, .text = "No log-in."},
	.status = 3,
	.out = "",
	.err = "godwit: No log-in.\n"},
    {.name = "full in the middle",
	.totals = {.source = 9, .copied = 2},
	.fault = {ST_REFUSED, CAUSE_FULL, FAULT_MAILBOX, RETRY_LATER, .text = "Full."},
	.status = 5,
	.out = "Not finished: 2 of 9 messages are at the destination; run it again.\n",
	.err = "godwit: Full.\n"},
    {.name = "one folder failed",
	.is_quiet = true,
	.totals = {.source = 9, .copied = 2},
	.item = &(const struct pass_item){.kind = PASS_ITEM_FAULT,
	    .text = "Lost.",
	    .fault = &(const struct fault){ST_IO, CAUSE_NETWORK, FAULT_FOLDER, RETRY_LATER,
		.text = "Lost."}},
	.status = 4,
	.out = "",
	.err = "godwit: Not finished: 2 of 9 messages"},
    {.name = "left without a reason",
	.is_quiet = true,
	.totals = {.source = 9, .copied = 2},
	.status = 7,
	.out = "",
	.err = "godwit: Not finished: 2 of 9 messages"},
    {.name = "dry run",
	.is_dry_run = true,
	.totals = {.source = 9, .adopted = 2},
	.status = 0,
	.out = "Nothing was written: 7 messages would be copied, 2 are there already.\n",
	.err = ""},
};

static void
expect_text(const char *name, const char *text, const char *part)
{
	if (part[0] == '\0' ? text[0] != '\0' : strstr(text, part) == NULL)
		fail_msg("case \"%s\": \"%s\" instead of \"%s\"", name, text, part);
}

static void
test_endings(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(endings); i++) {
		const struct ending *ending = &endings[i];
		const struct pass_progress progress = {.totals = ending->totals};
		static struct cmd_copy copy;
		static struct capture capture;
		enum cli_status status;

		cmd_copy_init(&copy, NULL);
		copy.settings.is_quiet = ending->is_quiet;
		copy.settings.is_json = ending->is_json;
		copy.pass.is_dry_run = ending->is_dry_run;
		copy.report.json_stream = ending->is_json ? stdout : NULL;
		begin_capture(&capture);
		if (ending->item != NULL)
			copy.report.sink.item(&copy.report.sink, ending->item);
		status =
		    cmd_copy_finish(&copy, &progress, &ending->fault, (struct tick){1000000});
		end_capture(&capture);
		EXPECT(ending->name, status == (enum cli_status)ending->status);
		expect_text(ending->name, capture.texts[0], ending->out);
		expect_text(ending->name, capture.texts[1], ending->err);
		cmd_copy_fini(&copy);
	}
}

/* A report on a full disk is told, and a green pass is not green. */
static void
test_a_report_that_is_not_whole_is_told(void **state)
{
	const struct pass_progress progress = {.totals = {.source = 2, .copied = 2}};
	const struct fault none = {0};
	static struct cmd_copy copy;
	static struct capture capture;
	enum cli_status status;

	(void)state;
	cmd_copy_init(&copy, NULL);
	copy.settings.is_quiet = true;
	assert_int_equal(cli_report_open(&copy.report,
			     &(struct cli_report_options){.report_path = "/dev/full"}, NULL),
	    ST_OK);
	begin_capture(&capture);
	status = cmd_copy_finish(&copy, &progress, &none, (struct tick){1000000});
	end_capture(&capture);
	assert_int_equal(status, CLI_STATUS_PERSON);
	assert_non_null(
	    strstr(capture.texts[1], "godwit: The report /dev/full is not complete"));
	cmd_copy_fini(&copy);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_endings),
	    cmocka_unit_test(test_a_report_that_is_not_whole_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
