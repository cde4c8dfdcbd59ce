/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cmd_check.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "case.h"
#include "cli/check_page.h"
#include "cli/screen/page.h"
#include "cli/screen/width.h"

#define SRC "imaps://anna@old.example/"
#define DST "imaps://anna@new.example/"

enum {
	WORDS_MAX = 24
};

static enum status
parse(struct cmd_check *check, const char *line, struct fault *fault)
{
	static char text[1024];
	char *words[WORDS_MAX + 1];
	int count = 0;

	snprintf(text, sizeof(text), "%s", line);
	words[count++] = text;
	for (char *at = text; *at != '\0'; at++) {
		if (*at != ' ')
			continue;
		*at = '\0';
		words[count++] = at + 1;
	}
	words[count] = NULL;
	cmd_check_init(check, NULL);
	return cmd_check_parse(check, count, words, fault);
}

static void
test_the_command_line(void **state)
{
	static const struct {
		const char *line;
		const char *sentence; /* contained; NULL: it is right */
	} cases[] = {
	    {"check " SRC, NULL},
	    {"check --json --quiet --trace t --folder A --map A=B " SRC " " DST, NULL},
	    {"check --destination-password-file f " SRC " " DST, NULL},
	    {"check", "check needs a source"},
	    {"check --destination-password-file f " SRC, "no destination"},
	    {"check --destination-plaintext " SRC, "no destination"},
	    {"check " SRC " " SRC, "the same mailbox"},
	    {"check " SRC " " DST " x", "more words"},
	    {"check --dry-run " SRC, "no option --dry-run"},
	    {"check --trace= " SRC, "--trace needs the name of a file"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		static struct cmd_check check;
		struct fault fault = {0};
		enum status status = parse(&check, cases[i].line, &fault);

		EXPECT(cases[i].line, (status == ST_OK) == (cases[i].sentence == NULL));
		if (cases[i].sentence != NULL)
			EXPECT(cases[i].line, strstr(fault.text, cases[i].sentence) != NULL);
		cmd_check_fini(&check);
	}
}

static void
test_the_source_alone_has_no_destination(void **state)
{
	static struct cmd_check check;
	struct fault fault = {0};

	(void)state;
	assert_int_equal(parse(&check, "check " SRC, &fault), ST_OK);
	assert_null(check.pass.dst.host);
	assert_string_equal(check.pass.src.host, "old.example");
	cmd_check_fini(&check);
}

static void
test_what_the_result_is_worth(void **state)
{
	static const struct {
		const char *name;
		struct pass_check result;
		struct fault fault;
		enum cli_status worst, status;
	} cases[] = {
	    {"nothing in the way", {.refused = 0}, {0}, CLI_STATUS_GREEN, CLI_STATUS_GREEN},
	    {"a message too big", {.refused = 1}, {0}, CLI_STATUS_GREEN, CLI_STATUS_REFUSED},
	    {"an empty folder", {.refused_folders = 1}, {0}, CLI_STATUS_GREEN,
		CLI_STATUS_REFUSED},
	    {"no room",
		{.refused = 1,
		    .quota_count = 1,
		    .quotas = {{.has_storage = true,
			.used_bytes = 5,
			.limit_bytes = 10,
			.needed_bytes = 6}}},
		{0}, CLI_STATUS_GREEN, CLI_STATUS_FULL},
	    {"room enough",
		{.quota_count = 1,
		    .quotas = {{.has_storage = true,
			.used_bytes = 5,
			.limit_bytes = 10,
			.needed_bytes = 5}}},
		{0}, CLI_STATUS_GREEN, CLI_STATUS_GREEN},
	    {"over quota, and nothing would come",
		{.quota_count = 1, .quotas = {{.has_messages = true, .used_messages = 5}}}, {0},
		CLI_STATUS_GREEN, CLI_STATUS_GREEN},
	    {"too many messages",
		{.quota_count = 1,
		    .quotas =
			{{.has_messages = true, .limit_messages = 5, .needed_messages = 6}}},
		{0}, CLI_STATUS_GREEN, CLI_STATUS_FULL},
	    {"unread", {.unread_folders = 1}, {0}, CLI_STATUS_GREEN, CLI_STATUS_PERSON},
	    {"a fault of the list", {.refused = 0}, {0}, CLI_STATUS_REFUSED,
		CLI_STATUS_REFUSED},
	    {"no log-in", {.refused = 1}, {.status = ST_REFUSED, .cause = CAUSE_LOGIN},
		CLI_STATUS_GREEN, CLI_STATUS_LOGIN},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		static struct cmd_check check;

		cmd_check_init(&check, NULL);
		check.result = cases[i].result;
		check.report.worst = cases[i].worst;
		EXPECT(cases[i].name,
		    cmd_check_status(&check, &cases[i].fault) == cases[i].status);
		cmd_check_fini(&check);
	}
}

static char *
text_of(struct buf *buf)
{
	return (char *)buf->octets + buf->start;
}

static struct pass_check_folder folders[] = {
    {.source = TEXT("INBOX"),
	.destination = TEXT("INBOX"),
	.messages = 12,
	.to_copy = 9,
	.to_copy_bytes = 12000,
	.there = 2,
	.skipped = 1,
	.too_big = 1,
	.largest = 9000,
	.append_limit = 5000},
    {.source = TEXT("Gr\xc3\xbc\xc3\x9f"
		    "e/a name that is far too long for a narrow page"),
	.destination = TEXT("Gr\xc3\xbc\xc3\x9f"
			    "e/a name that is far too long for a narrow page"),
	.why = TEXT("the destination cannot write some of its characters"),
	.is_new = true,
	.messages = 3,
	.to_copy = 3,
	.losing = 2,
	.lost_flags = TEXT("\\Flagged Key")},
    {.source = TEXT("\x1b[31mred"),
	.destination = TEXT("x"),
	.refusal = "This account may not put messages into this folder."},
};

static void
render(unsigned columns, bool has_colours, struct buf *buf)
{
	static struct cli_report report;
	const struct pass_check result = {
	    .has_destination = true,
	    .src = {.host = "old.example",
		.user = "anna",
		.family = "Dovecot",
		.login = "PLAIN"},
	    .dst = {.host = "new.example",
		.user = "anna",
		.family = "Cyrus",
		.login = "PLAIN",
		.append_mode = "MULTIAPPEND with LITERAL+"},
	    .folders = folders,
	    .folder_count = COUNT_OF(folders),
	    .total = {.to_copy = 12, .to_copy_bytes = 12000, .losing = 2},
	    .refused = 1,
	    .refused_folders = 1,
	    .new_folders = 1,
	    .changes = {"NUL octets become 0x80."},
	    .change_count = 1,
	    .estimate = {.low_us = 2000000, .high_us = 5900000},
	};
	const struct cli_check_view view = {.result = &result,
	    .report = &report,
	    .connections = 4,
	    .status = CLI_STATUS_REFUSED};
	struct cli_page page = {
	    .out = buf, .columns = columns, .has_colours = has_colours, .is_utf8 = true};

	buf_init(buf, 65536);
	cli_check_render(&view, &page);
	assert_int_equal(page.status, ST_OK);
	assert_int_equal(buf_append(buf, bytes_of((const uint8_t *)"", 1)), ST_OK);
}

static void
test_the_page_fits_and_says_it(void **state)
{
	static const char *const words[] = {"old.example", "2 there already; 1 left out",
	    "1 message is above the 5.0 kB", "may not put messages", "\\Flagged Key",
	    "NUL octets become 0x80.", "from 2.0 s to 5.9 s", "Of 12 messages, 12.0 kB",
	    "cannot take 1."};
	static const unsigned columns[] = {80, 200};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(columns); i++) {
		struct buf buf;
		struct bytes rest;
		char *text;

		render(columns[i], false, &buf);
		text = text_of(&buf);
		for (size_t j = 0; j < COUNT_OF(words); j++)
			EXPECT(words[j], strstr(text, words[j]) != NULL);
		EXPECT("no escape", strchr(text, '\x1b') == NULL);
		for (rest = bytes_of_string(text); rest.size > 0;) {
			size_t end = bytes_find(rest, '\n', 0);

			EXPECT("no line is too long",
			    cli_width_of_text(bytes_first(rest, end)) <= columns[i]);
			rest = bytes_skip(rest, end + 1);
		}
		buf_fini(&buf);
		render(columns[i], true, &buf);
		text = text_of(&buf);
		EXPECT("foreign escapes stay out", strstr(text, "\x1b[31mred") == NULL);
		EXPECT("yellow", strstr(text, "\x1b[33m") != NULL);
		buf_fini(&buf);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_the_command_line),
	    cmocka_unit_test(test_the_source_alone_has_no_destination),
	    cmocka_unit_test(test_what_the_result_is_worth),
	    cmocka_unit_test(test_the_page_fits_and_says_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
