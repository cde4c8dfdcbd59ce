/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "cli/cmd_copy.h"
#include "cli/options.h"
#include "cli/screen/page.h"
#include "cli/screen/width.h"

#define SRC "imaps://anna@old.example/"
#define DST "imaps://anna@new.example/"
#define PIN "sha256:00112233445566778899aabbccddeeffFFEEDDCCBBAA99887766554433221100"

enum {
	WORDS_MAX = 40
};

/* Splits at spaces, so that a case reads as one would type it. */
static int
split(char *text, char **words)
{
	int count = 0;

	words[count++] = text;
	for (char *at = text; *at != '\0'; at++) {
		if (*at != ' ')
			continue;
		*at = '\0';
		words[count++] = at + 1;
		assert_true(count < WORDS_MAX);
	}
	words[count] = NULL;
	return count;
}

static enum status
parse(struct cmd_copy *copy, const char *line, struct fault *fault)
{
	static char text[2048];
	char *words[WORDS_MAX + 1];
	int count;

	assert_true((size_t)snprintf(text, sizeof(text), "%s", line) < sizeof(text));
	count = split(text, words);
	cmd_copy_init(copy, NULL);
	return cmd_copy_parse(copy, count, words, fault);
}

static void
test_every_option_is_understood(void **state)
{
	static struct cmd_copy copy;
	struct fault fault = {0};

	(void)state;
	assert_int_equal(
	    parse(&copy,
		"copy --source-password-file a --destination-password-file=b --source-ca c "
		"--source-pin " PIN " " SRC " --dry-run --folder Work --folder Grüße/* "
		"--exclude Junk --rate 5MB/s --rate 20msg/s --connections 4 --without "
		"LITERAL+ " DST,
		&fault),
	    ST_OK);
	assert_string_equal(copy.settings.src.password_file, "a");
	assert_string_equal(copy.settings.dst.password_file, "b");
	assert_string_equal(copy.pass.src.ca_path, "c");
	assert_null(copy.pass.dst.ca_path);
	assert_true(copy.pass.src.has_pin && !copy.pass.dst.has_pin);
	assert_int_equal(copy.pass.src.pin[1], 0x11);
	assert_int_equal(copy.pass.src.pin[16], 0xff);
	assert_int_equal(copy.pass.src.pin[31], 0x00);
	assert_true(copy.pass.is_dry_run);
	assert_int_equal(copy.pass.folder_count, 2);
	assert_string_equal(copy.pass.folders[1], "Grüße/*");
	assert_int_equal(copy.pass.exclude_count, 1);
	assert_string_equal(copy.pass.excludes[0], "Junk");
	assert_int_equal(copy.pass.bytes_per_s, 5000000);
	assert_int_equal(copy.pass.messages_per_s, 20);
	assert_int_equal(copy.pass.connections, 4);
	assert_string_equal(copy.pass.without[0], "LITERAL+");
	assert_string_equal(copy.pass.src.host, "old.example");
	assert_string_equal(copy.pass.dst.host, "new.example");
	assert_string_equal(copy.pass.dst.side, "destination");
	cmd_copy_fini(&copy);
}

static void
test_logins_are_understood(void **state)
{
	static struct cmd_copy copy;
	struct fault fault = {0};

	(void)state;
	assert_int_equal(
	    parse(&copy,
		"copy --source-master admin --source-user-as user*master --source-tls-min 1.0 "
		"--destination-token-file t --destination-tls-min 1.2 " SRC " " DST,
		&fault),
	    ST_OK);
	assert_string_equal(copy.pass.src.login->master, "admin");
	assert_int_equal(copy.pass.src.login->as, ACCOUNT_AS_STAR);
	assert_true(copy.pass.src.allows_old_tls && !copy.pass.dst.allows_old_tls);
	assert_string_equal(copy.settings.dst.login.token_file, "t");
	assert_null(copy.pass.dst.login->master);
	assert_ptr_equal(copy.pass.dst.login, &copy.settings.dst.login.login);
	cmd_copy_fini(&copy);
}

static void
test_the_other_options_are_understood(void **state)
{
	static struct cmd_copy copy;
	struct fault fault = {0};

	(void)state;
	assert_int_equal(parse(&copy,
			     "copy --refused r --json --report f --quiet --trace t "
			     "--skip-deleted --destination-ca d --destination-pin " PIN
			     " --source-plaintext -- imap://a@h imap://b@h",
			     &fault),
	    ST_OK);
	assert_string_equal(copy.settings.refused_path, "r");
	assert_string_equal(copy.settings.report_path, "f");
	assert_string_equal(copy.settings.trace_path, "t");
	assert_true(copy.settings.is_json && copy.settings.is_quiet);
	assert_true(copy.pass.choice.skips_deleted && !copy.pass.is_dry_run);
	assert_false(copy.pass.is_newest_first || copy.pass.choice.has_since);
	assert_true(copy.pass.src.allows_plaintext && !copy.pass.dst.allows_plaintext);
	assert_string_equal(copy.pass.dst.ca_path, "d");
	assert_true(copy.pass.dst.has_pin);
	assert_int_equal(copy.pass.connections, PASS_CONNECTIONS_DEFAULT);
	assert_int_equal(copy.pass.bytes_per_s, 0);
	cmd_copy_fini(&copy);
}

static void
test_rules_for_messages_are_understood(void **state)
{
	static struct cmd_copy copy;
	struct fault fault = {0};
	const struct sync_choice *choice = &copy.pass.choice;

	(void)state;
	assert_int_equal(parse(&copy,
			     "copy --since 2024-03-01 --before=2024-04-01 --max-size 1.5MB "
			     "--order newest " SRC " " DST,
			     &fault),
	    ST_OK);
	assert_true(choice->has_since && choice->since_s == 1709251200);
	assert_true(choice->has_before && choice->before_s == 1711929600);
	assert_int_equal(choice->size_max, 1500000);
	assert_true(copy.pass.is_newest_first && !choice->skips_deleted);
	cmd_copy_fini(&copy);
}

static const struct {
	const char *line;
	const char *says;
} mistakes[] = {
    {"copy", "needs a source and a destination"},
    {"copy " SRC, "needs a destination behind the source"},
    {"copy " SRC " " DST " x", "more words"},
    {"copy " SRC " " DST " --frob", "no option --frob"},
    {"copy " SRC " " DST " --frob=Zgeheim", "no option --frob"},
    {"copy " SRC " " DST " --dry", "no option --dry"},
    {"copy " SRC " " DST " --source-password Zgeheim", "never taken from the command line"},
    {"copy " SRC " " DST " --source-password=Zgeheim", "never taken from the command line"},
    {"copy " SRC " " DST " --password=Zgeheim", "never taken from the command line"},
    {"copy " SRC " " DST " -pZgeheim", "no option -p"},
    {"copy " SRC " " DST " -x", "no option -x"},
    {"copy " SRC " " DST " --report", "--report needs a value: --report FILE"},
    {"copy " SRC " " DST " --report=", "--report needs the name of a file"},
    {"copy " SRC " " DST " --refused=", "--refused needs the name of a folder"},
    {"copy " SRC " " DST " --json=yes", "--json takes no value"},
    {"copy " SRC " " DST " --rate 5MB", "cannot be \"5MB\""},
    {"copy " SRC " " DST " --rate 0MB/s", "cannot be \"0MB/s\""},
    {"copy " SRC " " DST " --rate -1MB/s", "cannot be \"-1MB/s\""},
    {"copy " SRC " " DST " --rate 1MB/s --rate 2kB/s", "twice for octets"},
    {"copy " SRC " " DST " --rate 1msg/s --rate 2msg/s", "twice for messages"},
    {"copy " SRC " " DST " --since 2023-02-30",
	"--since cannot be 2023-02-30: there is no such day"},
    {"copy " SRC " " DST " --before 2023-13-01", "no such day"},
    {"copy " SRC " " DST " --since yesterday", "write the day as 2024-02-29"},
    {"copy " SRC " " DST " --before=", "--before cannot be \"\""},
    {"copy " SRC " " DST " --since 2024-1\x1b[2J", "cannot be \"2024-1?[2J\""},
    {"copy " SRC " " DST " --since 2024-03-01 --before 2024-02-01",
	"--since 2024-03-01 is not before --before 2024-02-01"},
    {"copy " SRC " " DST " --before 2024-02-01 --since 2024-02-01",
	"so that no message would be copied"},
    {"copy " SRC " " DST " --max-size 25", "write it as 25MB"},
    {"copy " SRC " " DST " --max-size 0MB", "cannot be \"0MB\""},
    {"copy " SRC " " DST " --order oldest", "arrival or newest, not \"oldest\""},
    {"copy " SRC " " DST " --connections 0", "from 1 to 4"},
    {"copy " SRC " " DST " --connections 5", "from 1 to 4"},
    {"copy " SRC " " DST " --connections four", "from 1 to 4"},
    {"copy " SRC " " DST " --folder=", "name of a folder"},
    {"copy " SRC " " DST " --exclude=\xff", "name of a folder"},
    {"copy " SRC " " DST " --without a\x1b[2J", "not \"a?[2J\""},
    {"copy " SRC " " DST " --source-pin sha256:12", "64 hexadecimal digits"},
    {"copy " SRC " " DST " --source-pin md5:12", "64 hexadecimal digits"},
    {"copy " SRC " " DST " --source-pin " PIN "0", "64 hexadecimal digits"},
    {"copy " SRC " " DST " --source-plaintext", "contradicts imaps://"},
    {"copy imap://a@h " DST " --source-plaintext --source-pin " PIN,
	"contradicts --source-pin"},
    {"copy imap://a@h " DST " --source-plaintext --source-ca x", "contradicts --source-ca"},
    {"copy " SRC " " SRC, "the same mailbox"},
    {"copy " SRC " imaps://anna@OLD.example:993", "the same mailbox"},
};

static void
test_mistakes_are_one_sentence_with_a_hint(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(mistakes); i++) {
		static struct cmd_copy copy;
		struct fault fault = {0};

		EXPECT(mistakes[i].line, parse(&copy, mistakes[i].line, &fault) == ST_SYNTAX);
		if (strstr(fault.text, mistakes[i].says) == NULL)
			fail_msg("case \"%s\" says \"%s\"", mistakes[i].line, fault.text);
		EXPECT(mistakes[i].line, fault.cause == CAUSE_USAGE);
		EXPECT(
		    mistakes[i].line, strstr(fault.text, "(see godwit copy --help)") != NULL);
		EXPECT(mistakes[i].line, strstr(fault.text, "Zgeheim") == NULL);
		EXPECT(mistakes[i].line, strchr(fault.text, '\n') == NULL);
		cmd_copy_fini(&copy);
	}
}

static void
test_words_behind_two_dashes_are_no_options(void **state)
{
	static struct cmd_copy copy;
	struct fault fault = {0};

	(void)state;
	assert_int_equal(parse(&copy, "copy -- " SRC " --json", &fault), ST_SYNTAX);
	assert_false(copy.settings.is_json);
	assert_non_null(strstr(fault.text, "destination does not start with imaps://"));
	cmd_copy_fini(&copy);
}

static void
test_help_needs_no_mailboxes(void **state)
{
	static struct cmd_copy copy;
	struct fault fault = {0};

	(void)state;
	assert_int_equal(parse(&copy, "copy --help", &fault), ST_OK);
	assert_true(copy.settings.wants_help);
	cmd_copy_fini(&copy);
	assert_int_equal(parse(&copy, "copy --version", &fault), ST_OK);
	assert_true(copy.settings.wants_version);
	cmd_copy_fini(&copy);
}

/* Nothing is wider than 80 columns, and each option of the issue is in the page. */
static void
test_the_help_page_fits_and_is_complete(void **state)
{
	static const char *const words[] = {"--source-password-file FILE",
	    "--destination-password-file FILE", "--source-ca FILE", "--destination-ca FILE",
	    "--source-pin sha256:HEX", "--destination-pin sha256:HEX", "--source-plaintext",
	    "--destination-plaintext", "--dry-run", "--folder GLOB", "--exclude GLOB",
	    "--rate RATE", "--connections N", "--without CAPABILITY", "--refused DIR", "--json",
	    "--report FILE", "--quiet", "--trace FILE", "--skip-deleted", "--since DAY",
	    "--before DAY", "--max-size SIZE", "--order ORDER", "--help", "--version"};
	struct buf buf;
	struct cli_page page = {.out = &buf, .columns = 80};
	struct bytes rest;

	(void)state;
	buf_init(&buf, 65536);
	cmd_copy_print_help(&page);
	assert_int_equal(page.status, ST_OK);
	for (rest = buf_bytes(&buf); rest.size > 0;) {
		size_t end = bytes_find(rest, '\n', 0);

		assert_in_range(cli_width_of_text(bytes_first(rest, end)), 0, 80);
		rest = bytes_skip(rest, end + 1);
	}
	assert_int_equal(buf_append(&buf, bytes_of("", 1)), ST_OK);
	for (size_t i = 0; i < COUNT_OF(words); i++)
		EXPECT(words[i], strstr((const char *)buf_bytes(&buf).data, words[i]) != NULL);
	buf_fini(&buf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_option_is_understood),
	    cmocka_unit_test(test_logins_are_understood),
	    cmocka_unit_test(test_the_other_options_are_understood),
	    cmocka_unit_test(test_rules_for_messages_are_understood),
	    cmocka_unit_test(test_mistakes_are_one_sentence_with_a_hint),
	    cmocka_unit_test(test_words_behind_two_dashes_are_no_options),
	    cmocka_unit_test(test_help_needs_no_mailboxes),
	    cmocka_unit_test(test_the_help_page_fits_and_is_complete),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
