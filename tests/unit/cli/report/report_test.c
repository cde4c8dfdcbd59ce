/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/utf8.h"
#include "cli/report/report.h"

/* What a hostile server could put into a name. */
#define EVIL "../../etc/\x1b[2J\xff\"\\\r\n\xe2\x80\xae"

struct place {
	char dir[64];
	char report[96];
	char trace[96];
	char refused[96];
};

static int
make_place(void **state)
{
	struct place *place = calloc(1, sizeof(*place));

	snprintf(place->dir, sizeof(place->dir), "/tmp/godwit-report-XXXXXX");
	assert_non_null(mkdtemp(place->dir));
	snprintf(place->report, sizeof(place->report), "%s/report", place->dir);
	snprintf(place->trace, sizeof(place->trace), "%s/trace", place->dir);
	snprintf(place->refused, sizeof(place->refused), "%s/refused", place->dir);
	*state = place;
	return 0;
}

static void
remove_all(const char *path)
{
	DIR *dir = opendir(path);
	const struct dirent *entry;

	while (dir != NULL && (entry = readdir(dir)) != NULL)
		unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir != NULL)
		closedir(dir);
	rmdir(path);
}

static int
clear_place(void **state)
{
	struct place *place = *state;

	remove_all(place->refused);
	remove_all(place->dir);
	free(place);
	return 0;
}

static const char *
read_file(const char *dir, const char *name)
{
	static char text[65536];
	char path[256];
	FILE *file;
	size_t size;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "r");
	assert_non_null(file);
	size = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[size] = '\0';
	return text;
}

static unsigned
mode_of(const char *dir, const char *name)
{
	char path[256];
	struct stat about;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(lstat(path, &about), 0);
	return about.st_mode & 07777;
}

static void
give(struct cli_report *report, struct pass_item item)
{
	if (item.text == NULL)
		item.text = "";
	report->sink.item(&report->sink, &item);
}

static const char documented[] =
    "{\"event\":\"folder\",\"source\":\"Grüße\",\"destination\":\"INBOX/Grüße\","
    "\"messages\":3,\"copied\":2,\"adopted\":0,\"already_there\":0,"
    "\"deleted_by_owner\":0,\"gone\":0,\"excluded\":0,\"refused\":1,\"held\":0,"
    "\"in_doubt\":0,\"bytes\":50,\"changed\":0,\"repaired\":0,\"flags_added\":0}\n"
    "{\"event\":\"found\",\"source\":\"A\",\"destination\":\"B\","
    "\"messages\":3,\"copied\":2,\"adopted\":0,\"already_there\":0,"
    "\"deleted_by_owner\":0,\"gone\":0,\"excluded\":0,\"refused\":1,\"held\":0,"
    "\"in_doubt\":0,\"bytes\":50,\"changed\":0,\"repaired\":0,\"flags_added\":0}\n"
    "{\"event\":\"refused\",\"folder\":\"A\",\"uid\":17,\"size\":9,\"reason\":\"NUL\"}"
    "\n"
    "{\"event\":\"changed\",\"folder\":\"A\",\"uid\":18,\"size\":0,\"change\":\"bare LF\"}\n"
    "{\"event\":\"keyword\",\"folder\":\"A\",\"uid\":19,\"size\":0,\"keyword\":\"a]b\"}\n"
    "{\"event\":\"notice\",\"text\":\"Clear text\"}\n"
    "{\"event\":\"fault\",\"status\":2,\"folder\":\"Shared\",\"text\":\"No\"}\n"
    "{\"event\":\"total\",\"source\":11,\"copied\":4,\"adopted\":1,\"already_there\":1,"
    "\"deleted_by_owner\":0,\"gone\":1,\"excluded\":3,\"excluded_by_folder\":1,"
    "\"excluded_by_since\":2,\"refused\":1,\"held\":0,"
    "\"in_doubt\":0,\"bytes\":77,\"changed\":1,\"repaired\":0,\"flags_added\":0,\"left\":0,"
    "\"seconds\":1.234,\"waits_source\":3,\"waits_destination\":4,\"status\":2}\n";

static void
test_every_event_has_its_documented_form(void **state)
{
	const struct place *place = *state;
	const struct cli_report_options options = {.report_path = place->report};
	const struct fault fault = {.status = ST_REFUSED, .cause = CAUSE_RIGHTS, .text = "No"};
	const struct pass_progress progress = {
	    .totals = {.source = 11,
		.copied = 4,
		.refused = 1,
		.excluded = 3,
		.excluded_by = {[SYNC_RULE_FOLDER] = 1, [SYNC_RULE_SINCE] = 2},
		.gone = 1,
		.adopted = 1,
		.already_there = 1,
		.copied_bytes = 77,
		.changed = 1},
	    .waits_source = 3,
	    .waits_destination = 4,
	};
	const struct pass_totals counts = {
	    .source = 3, .copied = 2, .refused = 1, .copied_bytes = 50};
	static struct cli_report report;
	struct fault none = {0};

	cli_report_init(&report);
	assert_null(report.sink.trace);
	assert_null(report.sink.keep);
	assert_int_equal(cli_report_open(&report, &options, &none), ST_OK);
	give(&report,
	    (struct pass_item){.kind = PASS_ITEM_FOLDER,
		.folder = BYTES("Grüße"),
		.destination = BYTES("INBOX/Grüße"),
		.counts = counts});
	give(&report,
	    (struct pass_item){.kind = PASS_ITEM_FOUND,
		.folder = BYTES("A"),
		.destination = BYTES("B"),
		.counts = counts});
	give(&report,
	    (struct pass_item){.kind = PASS_ITEM_REFUSED,
		.folder = BYTES("A"),
		.uid = 17,
		.size = 9,
		.text = "NUL"});
	give(&report,
	    (struct pass_item){
		.kind = PASS_ITEM_CHANGED, .folder = BYTES("A"), .uid = 18, .text = "bare LF"});
	give(&report,
	    (struct pass_item){
		.kind = PASS_ITEM_KEYWORD, .folder = BYTES("A"), .uid = 19, .text = "a]b"});
	give(&report, (struct pass_item){.kind = PASS_ITEM_NOTICE, .text = "Clear text"});
	give(&report,
	    (struct pass_item){.kind = PASS_ITEM_FAULT,
		.folder = BYTES("Shared"),
		.text = "No",
		.fault = &fault});
	assert_int_equal(report.worst, CLI_STATUS_REFUSED);
	cli_report_total(
	    &report, &(struct cli_report_total){&progress, 1234567, CLI_STATUS_REFUSED});
	assert_int_equal(cli_report_close(&report, &none), ST_OK);
	assert_string_equal(read_file(place->dir, "report"), documented);
	assert_int_equal(mode_of(place->dir, "report"), 0600);
	cli_report_fini(&report);
}

static void
test_hostile_names_stay_text(void **state)
{
	const struct place *place = *state;
	const struct cli_report_options options = {.report_path = place->report};
	const char *text;
	static struct cli_report report;

	cli_report_init(&report);
	assert_int_equal(cli_report_open(&report, &options, NULL), ST_OK);
	give(&report,
	    (struct pass_item){
		.kind = PASS_ITEM_REFUSED, .folder = BYTES(EVIL), .uid = 1, .text = EVIL});
	assert_int_equal(cli_report_close(&report, NULL), ST_OK);
	text = read_file(place->dir, "report");
	assert_true(utf8_is_valid(bytes_of_string(text)));
	assert_string_equal(text,
	    "{\"event\":\"refused\",\"folder\":\"../../etc/\\u001b[2J\\ufffd\\\"\\\\\\u000d"
	    "\\u000a\\u202e\",\"uid\":1,\"size\":0,\"reason\":\"../../etc/"
	    "\\u001b[2J\\ufffd\\\"\\\\"
	    "\\u000d\\u000a\\u202e\"}\n");
	cli_report_fini(&report);
}

static void
test_refused_messages_are_kept_under_our_names(void **state)
{
	const struct place *place = *state;
	const struct cli_report_options options = {.refused_path = place->refused};
	const struct pass_item first = {.kind = PASS_ITEM_REFUSED,
	    .folder = BYTES(EVIL),
	    .uid = 17,
	    .size = 6,
	    .text = "NUL"};
	const struct pass_item second = {.kind = PASS_ITEM_REFUSED,
	    .folder = BYTES("B"),
	    .uid = 17,
	    .size = 4,
	    .text = "too big"};
	static struct cli_report report;
	struct fault fault = {0};

	cli_report_init(&report);
	assert_int_equal(cli_report_open(&report, &options, &fault), ST_OK);
	/* Two connections at once, a start that is repeated, and one that breaks off. */
	report.sink.keep(&report.sink, &first, 0, BYTES("xx"));
	report.sink.keep(&report.sink, &second, 0, BYTES("12"));
	report.sink.keep(&report.sink, &first, 0, BYTES("a\0c"));
	report.sink.keep(&report.sink, &second, 2, BYTES("3"));
	report.sink.keep(&report.sink, &first, 3, BYTES("def"));
	assert_int_equal(cli_report_close(&report, &fault), ST_OK);
	cli_report_fini(&report);
	assert_memory_equal(read_file(place->refused, "0001-uid17.eml"), "a\0cdef\0", 7);
	assert_string_equal(read_file(place->refused, "0002-uid17.eml"), "123");
	assert_string_equal(read_file(place->refused, "index.json"),
	    "{\"file\":\"0001-uid17.eml\",\"folder\":\"../../etc/\\u001b[2J\\ufffd\\\"\\\\"
	    "\\u000d\\u000a\\u202e\",\"uid\":17,\"size\":6,\"complete\":true,"
	    "\"reason\":\"NUL\"}\n"
	    "{\"file\":\"0002-uid17.eml\",\"folder\":\"B\",\"uid\":17,\"size\":3,"
	    "\"complete\":false,\"reason\":\"too big\"}\n");
	assert_int_equal(mode_of(place->dir, "refused"), 0700);
	assert_int_equal(mode_of(place->refused, "0001-uid17.eml"), 0600);
	assert_int_equal(mode_of(place->refused, "index.json"), 0600);
}

/* A second run in the same folder, and a link that somebody has put in our way. */
static void
test_what_is_there_is_never_overwritten(void **state)
{
	const struct place *place = *state;
	const struct cli_report_options options = {.refused_path = place->refused};
	const struct pass_item item = {
	    .kind = PASS_ITEM_REFUSED, .folder = BYTES("A"), .uid = 5, .size = 3, .text = ""};
	char link_path[160];

	assert_int_equal(mkdir(place->refused, 0700), 0);
	snprintf(link_path, sizeof(link_path), "%s/0002-uid5.eml", place->refused);
	assert_int_equal(symlink(place->report, link_path), 0);
	for (int run = 0; run < 2; run++) {
		static struct cli_report report;

		cli_report_init(&report);
		assert_int_equal(cli_report_open(&report, &options, NULL), ST_OK);
		report.sink.keep(
		    &report.sink, &item, 0, run == 0 ? BYTES("one") : BYTES("two"));
		assert_int_equal(cli_report_close(&report, NULL), ST_OK);
		cli_report_fini(&report);
	}
	assert_string_equal(read_file(place->refused, "0001-uid5.eml"), "one");
	assert_string_equal(read_file(place->refused, "0003-uid5.eml"), "two");
	assert_int_equal(access(place->report, F_OK), -1);
}

static void
test_the_trace_is_text_with_times(void **state)
{
	const struct place *place = *state;
	struct cli_trace trace = {0};
	struct fault fault = {0};

	/* An older file with a wider mode becomes ours alone. */
	close(open(place->trace, O_CREAT | O_WRONLY, 0644));
	assert_int_equal(
	    cli_trace_open(&trace, place->trace, (struct tick){1000000}, &fault), ST_OK);
	cli_trace_write(&trace, (struct tick){1000042}, "source", 1,
	    BYTES("C a1 LOGIN \"anna\" ***\r\nS a1 OK \x1b[2Jhi\xff\r\n"));
	cli_trace_write(&trace, (struct tick){13500000}, "destination", 12, BYTES("S * BYE"));
	assert_int_equal(cli_trace_close(&trace, &fault), ST_OK);
	assert_string_equal(read_file(place->dir, "trace"),
	    "   0.000042 source      1 C a1 LOGIN \"anna\" ***\n"
	    "   0.000042 source      1 S a1 OK \\x1b[2Jhi\\xff\n"
	    "  12.500000 destination 12 S * BYE\n");
	assert_int_equal(mode_of(place->dir, "trace"), 0600);
}

static struct tick
stopped(void)
{
	return (struct tick){0};
}

static void
test_files_that_cannot_be_written_are_named(void **state)
{
	static const struct {
		const char *name;
		struct cli_report_options options;
		const char *says;
	} cases[] = {
	    {"report", {.report_path = "/nonexistent/r"}, "Cannot write the report file"},
	    {"trace", {.trace_path = "/nonexistent/t", .now = stopped},
		"Cannot write the trace file"},
	    {"refused", {.refused_path = "/nonexistent/a/b"}, "Cannot keep refused messages"},
	    {"refused is a file", {.refused_path = "/dev/null"},
		"Cannot keep refused messages"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		static struct cli_report report;
		struct fault fault = {0};

		cli_report_init(&report);
		EXPECT(cases[i].name,
		    cli_report_open(&report, &cases[i].options, &fault) == ST_IO);
		EXPECT(cases[i].name, strstr(fault.text, cases[i].says) != NULL);
		EXPECT(cases[i].name, fault.cause == CAUSE_USAGE);
		cli_report_fini(&report);
	}
}

static void
test_a_full_disk_is_told_at_the_end(void **state)
{
	const struct cli_report_options options = {.report_path = "/dev/full"};
	static struct cli_report report;
	struct fault fault = {0};

	(void)state;
	cli_report_init(&report);
	assert_int_equal(cli_report_open(&report, &options, &fault), ST_OK);
	give(&report, (struct pass_item){.kind = PASS_ITEM_NOTICE, .text = "x"});
	assert_int_equal(cli_report_close(&report, &fault), ST_IO);
	assert_non_null(strstr(fault.text, "The report /dev/full is not complete"));
	cli_report_fini(&report);
}

static void
test_the_first_hundred_are_kept_and_all_are_counted(void **state)
{
	static char long_name[4000];
	static struct cli_report report;

	(void)state;
	memset(long_name, 'n', sizeof(long_name) - 1);
	cli_report_init(&report);
	for (uint32_t uid = 1; uid <= 5000; uid++)
		give(&report,
		    (struct pass_item){.kind = PASS_ITEM_REFUSED,
			.uid = uid,
			.folder = bytes_of_string(long_name),
			.text = long_name});
	give(&report, (struct pass_item){.kind = PASS_ITEM_NOTICE, .text = "once"});
	assert_int_equal(report.kept[PASS_ITEM_REFUSED].seen, 5000);
	assert_int_equal(report.kept[PASS_ITEM_REFUSED].count, CLI_KEPT_MAX);
	assert_int_equal(report.kept[PASS_ITEM_REFUSED].items[99].uid, 100);
	assert_int_equal(report.kept[PASS_ITEM_NOTICE].count, 1);
	assert_true(bytes_equal(report.kept[PASS_ITEM_NOTICE].items[0].text, BYTES("once")));
	cli_report_fini(&report);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		test_every_event_has_its_documented_form, make_place, clear_place),
	    cmocka_unit_test_setup_teardown(
		test_hostile_names_stay_text, make_place, clear_place),
	    cmocka_unit_test_setup_teardown(
		test_refused_messages_are_kept_under_our_names, make_place, clear_place),
	    cmocka_unit_test_setup_teardown(
		test_what_is_there_is_never_overwritten, make_place, clear_place),
	    cmocka_unit_test_setup_teardown(
		test_the_trace_is_text_with_times, make_place, clear_place),
	    cmocka_unit_test(test_files_that_cannot_be_written_are_named),
	    cmocka_unit_test(test_a_full_disk_is_told_at_the_end),
	    cmocka_unit_test(test_the_first_hundred_are_kept_and_all_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
