/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cmd_check.h"

#include <string.h>
#include <unistd.h>

#include "cli/check_json.h"
#include "cli/check_page.h"
#include "cli/command.h"
#include "cli/options.h"
#include "cli/screen/page.h"

enum {
	ARENA_BUDGET = 1048576,
	SHARED_COUNT = 2, /* lists of options */
};

enum check_option {
	JSON,
	QUIET,
	TRACE,
	HELP,
	VERSION,
};

static const struct cli_option table[] = {
    {JSON, "json", NULL, "What is told",
	"everything on standard output, one JSON object a line, and nothing else there"},
    {QUIET, "quiet", NULL, NULL, "only what went wrong; the exit status tells the rest"},
    {TRACE, "trace", "FILE", NULL, "write down both dialogues, without passwords and bodies"},
    {HELP, "help", NULL, NULL, "this page"},
    {VERSION, "version", NULL, NULL, "print the version"},
};

static const struct cli_option_list *const shared[SHARED_COUNT] = {
    &cli_side_options, &cli_choice_options};

static struct cli_options
line_of(int argc, char **argv)
{
	return (struct cli_options){
	    .command = "check",
	    .table = table,
	    .count = sizeof(table) / sizeof(*table),
	    .shared = shared,
	    .shared_count = SHARED_COUNT,
	    .argc = argc,
	    .argv = argv,
	};
}

void
cmd_check_init(struct cmd_check *check, cli_now_fn now)
{
	memset(check, 0, sizeof(*check));
	check->now = now;
	arena_init(&check->arena, ARENA_BUDGET);
	cli_report_init(&check->report);
	check->report.is_check = true;
	cli_screen_init(&check->screen, STDERR_FILENO, true);
	check->pass.connections = PASS_CONNECTIONS_DEFAULT;
}

void
cmd_check_fini(struct cmd_check *check)
{
	cli_side_fini(&check->src);
	cli_side_fini(&check->dst);
	cli_screen_fini(&check->screen);
	cli_report_fini(&check->report);
	arena_fini(&check->arena);
}

static enum status
take(void *owner, const struct cli_options *line, const struct cli_option *option,
    const char *value, struct fault *fault)
{
	struct cmd_check *check = owner;

	if (option == NULL)
		return cli_side_take_word(line, &check->src, &check->dst, value, fault);
	if (cli_side_has_option(option))
		return cli_side_apply(line, &check->src, &check->dst, option, value, fault);
	if (cli_choice_has_option(option))
		return cli_choice_apply(line, &check->choice, option, value, fault);
	switch ((enum check_option)option->id) {
	case JSON:
		check->is_json = true;
		break;
	case QUIET:
		check->is_quiet = true;
		break;
	case TRACE:
		return cli_options_path(line, option, &check->trace_path, value, fault);
	case HELP:
		check->wants_help = true;
		break;
	case VERSION:
		check->wants_version = true;
		break;
	}
	return ST_OK;
}

/* Options of a destination that was not named would be forgotten without a word. */
static enum status
refuse_lone_options(
    const struct cli_options *line, const struct cli_side *dst, struct fault *fault)
{
	const struct cli_login *login = &dst->login;

	if (dst->password_file == NULL && dst->ca_path == NULL && !dst->has_pin &&
	    !dst->allows_plaintext && login->token_file == NULL && login->oauth_file == NULL &&
	    login->master == NULL && login->user_as == NULL && login->tls_min == NULL)
		return ST_OK;
	return cli_options_complain(
	    line, fault, "There are options for a destination, but no destination");
}

static enum status
fill_accounts(const struct cli_options *line, struct cmd_check *check, struct fault *fault)
{
	struct pass_options *pass = &check->pass;
	enum status status =
	    cli_side_fill(line, &check->arena, &check->src, "source", &pass->src, fault);

	pass->dst.side = "destination";
	if (status == ST_OK && check->dst.uri == NULL)
		return refuse_lone_options(line, &check->dst, fault);
	if (status == ST_OK)
		status = cli_side_fill(
		    line, &check->arena, &check->dst, "destination", &pass->dst, fault);
	return status == ST_OK ? cli_side_compare(line, &pass->src, &pass->dst, fault) : status;
}

enum status
cmd_check_parse(struct cmd_check *check, int argc, char **argv, struct fault *fault)
{
	struct cli_options line = line_of(argc, argv);
	enum status status =
	    cli_choice_open(&check->choice, &check->pass, &check->arena, argc, fault);

	if (status == ST_OK)
		status = cli_options_read(&line, take, check, fault);
	if (status != ST_OK || check->wants_help || check->wants_version)
		return status;
	if (check->src.uri == NULL)
		return cli_options_complain(&line, fault, "check needs a source");
	return fill_accounts(&line, check, fault);
}

void
cmd_check_tell(void *argument, const char *sentence)
{
	struct cmd_check *check = argument;

	check->report.sink.item(&check->report.sink,
	    &(struct pass_item){.kind = PASS_ITEM_NOTICE, .text = sentence});
}

enum status
cmd_check_open(struct cmd_check *check, int argc, char **argv, struct fault *fault)
{
	struct pass_options *pass = &check->pass;
	struct cli_report_options options;
	struct cli_screen *screen = &check->screen;
	enum status status = cmd_check_parse(check, argc, argv, fault);

	if (status == ST_OK && (check->wants_help || check->wants_version)) {
		cli_command_answer(check->wants_help, cmd_check_print_help);
		return ST_END;
	}
	if (check->is_quiet)
		screen = NULL;
	if (status == ST_OK)
		status = cli_side_get_secret(&check->src, &pass->src, screen, fault);
	if (status == ST_OK && check->dst.uri != NULL)
		status = cli_side_get_secret(&check->dst, &pass->dst, screen, fault);
	if (status != ST_OK)
		return status;
	pass->src_password = &check->src.password;
	pass->dst_password = &check->dst.password;
	options = (struct cli_report_options){
	    .json = check->is_json ? stdout : NULL,
	    .trace_path = check->trace_path,
	    .now = check->now,
	};
	cli_screen_init(&check->screen, STDERR_FILENO, check->is_quiet);
	status = cli_report_open(&check->report, &options, fault);
	if (status == ST_OK) {
		cli_side_tell_old_tls(&pass->src, cmd_check_tell, check);
		cli_side_tell_old_tls(&pass->dst, cmd_check_tell, check);
	}
	return status;
}

enum cli_status
cmd_check_status(const struct cmd_check *check, const struct fault *fault)
{
	const struct pass_check *result = &check->result;

	if (fault_is_set(fault))
		return cli_status_of_fault(fault);
	for (size_t i = 0; i < result->quota_count; i++) {
		if (pass_check_quota_is_short(&result->quotas[i]))
			return CLI_STATUS_FULL;
	}
	if (result->refused > 0 || result->refused_folders > 0)
		return CLI_STATUS_REFUSED;
	return result->unread_folders > 0 ? CLI_STATUS_PERSON : check->report.worst;
}

/* Both sides' faults, where both cannot be used. */
static void
say_faults(struct cmd_check *check, const struct fault *fault)
{
	const struct pass_check *result = &check->result;
	const struct fault *other = result->dst_fault;

	if (!fault_is_set(fault))
		return;
	cli_screen_say(&check->screen, fault->text);
	cli_report_fault(&check->report, fault);
	if (result->src_fault == NULL || other == NULL || strcmp(other->text, fault->text) == 0)
		return;
	cli_screen_say(&check->screen, other->text);
	cli_report_fault(&check->report, other);
}

enum cli_status
cmd_check_finish(struct cmd_check *check, bool has_run, const struct fault *fault)
{
	enum cli_status status = cmd_check_status(check, fault);
	const struct cli_check_view view = {
	    .result = &check->result,
	    .report = &check->report,
	    .connections = check->pass.connections,
	    .status = status,
	    .is_stopped = fault_is_set(fault),
	};
	struct fault closing = {0};

	cli_screen_clear(&check->screen);
	say_faults(check, fault);
	if (has_run)
		cli_check_write(&view, &check->report);
	if (has_run && !check->is_quiet && !check->is_json) {
		struct buf buf;
		struct cli_page page = cli_screen_begin_page(stdout, &buf);

		cli_check_render(&view, &page);
		cli_screen_end_page(stdout, &page);
	}
	if (cli_report_close(&check->report, &closing) != ST_OK) {
		cli_screen_say(&check->screen, closing.text);
		if (status == CLI_STATUS_GREEN)
			status = CLI_STATUS_PERSON;
	}
	return status;
}

/* The numbers are those of godwit copy; what they say of a check is said here. */
static const struct cli_status_row statuses[] = {
    {CLI_STATUS_GREEN, "everything can be taken"},
    {CLI_STATUS_USAGE, "the command line is wrong; nothing was done"},
    {CLI_STATUS_REFUSED, "the destination would not take some of it (listed)"},
    {CLI_STATUS_LOGIN, "a server refused the log-in"},
    {CLI_STATUS_NETWORK, "no connection, a broken one, or a certificate not trusted"},
    {CLI_STATUS_FULL, "the destination has no room for all of it"},
    {CLI_STATUS_PERSON, "a person must look: something could not be read"},
    {CLI_STATUS_INTERRUPTED, "interrupted"},
};

void
cmd_check_print_help(struct cli_page *page)
{
	static const char *const head[] = {
	    "Usage: godwit check [OPTIONS] SOURCE [DESTINATION]",
	    "",
	    "Say what godwit copy would do, what the destination cannot take and why, and how",
	    "long it would take. Nothing is written on either side.",
	    "",
	    "  imaps://anna%40old.example@imap.old.example/   TLS, port 993",
	    "  imap://anna@imap.old.example:143/              STARTTLS, port 143",
	};
	struct cli_options line = line_of(0, NULL);

	for (size_t i = 0; i < sizeof(head) / sizeof(*head); i++) {
		cli_page_print(page, "%s", head[i]);
		cli_page_end_line(page);
	}
	cli_options_print_help(&line, page);
	cli_page_end_line(page);
	cli_page_style(page, CLI_BOLD);
	cli_page_print(page, "Exit status");
	cli_page_style(page, CLI_PLAIN);
	cli_page_end_line(page);
	for (size_t i = 0; i < sizeof(statuses) / sizeof(*statuses); i++) {
		cli_page_print(page, "  %3d  %s", (int)statuses[i].status, statuses[i].meaning);
		cli_page_end_line(page);
	}
}
