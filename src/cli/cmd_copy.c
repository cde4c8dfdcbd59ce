/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cmd_copy.h"

#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/options.h"
#include "cli/screen/page.h"
#include "cli/state.h"
#include "cli/summary.h"

enum {
	ARENA_BUDGET = 1048576,
	SHARED_COUNT = 2, /* lists of options */
	SETTLE_S = 60,
	SETTLE_MAX_S = 86400
};

enum copy_option {
	DRY_RUN,
	REPORT,
	JSON,
	REFUSED,
	REPAIR,
	QUIET,
	TRACE,
	STATE,
	NO_WAIT,
	SETTLE_AFTER,
	HELP,
	VERSION,
};

static const struct cli_option table[] = {
    {DRY_RUN, "dry-run", NULL, "What is told", "show what would be done; write nothing"},
    {REPORT, "report", "FILE", NULL, "write the report into FILE, as JSON lines"},
    {JSON, "json", NULL, NULL, "the same on standard output, and nothing else there"},
    {REFUSED, "refused", "DIR", NULL,
	"keep a copy of each message that the destination refuses"},
    {REPAIR, "repair", NULL, NULL,
	"change refused messages until the destination takes them; the originals stay in the "
	"folder of --refused"},
    {QUIET, "quiet", NULL, NULL, "no progress and no summary; only what went wrong"},
    {TRACE, "trace", "FILE", NULL, "write down both dialogues, without passwords and bodies"},
    {STATE, "state", "DIR", "What is remembered",
	"where the ledger lies (usually ~/.local/state/godwit)"},
    {NO_WAIT, "no-wait", NULL, NULL,
	"do not wait for a second look at messages in doubt; the next run takes it"},
    {SETTLE_AFTER, "settle-after", "SECONDS", NULL,
	"how long a message is looked for before it is sent again (60)"},
    {HELP, "help", NULL, NULL, "this page"},
    {VERSION, "version", NULL, NULL, "print the version"},
};

static const struct cli_option_list *const shared[SHARED_COUNT] = {
    &cli_side_options, &cli_choice_options};

static struct cli_options
line_of(int argc, char **argv)
{
	return (struct cli_options){
	    .command = "copy",
	    .table = table,
	    .count = sizeof(table) / sizeof(*table),
	    .shared = shared,
	    .shared_count = SHARED_COUNT,
	    .argc = argc,
	    .argv = argv,
	};
}

void
cmd_copy_init(struct cmd_copy *copy, cli_now_fn now)
{
	memset(copy, 0, sizeof(*copy));
	copy->now = now;
	arena_init(&copy->arena, ARENA_BUDGET);
	cli_report_init(&copy->report);
	cli_screen_init(&copy->screen, STDERR_FILENO, true);
	copy->pass.connections = PASS_CONNECTIONS_DEFAULT;
	copy->pass.settle_us = (int64_t)SETTLE_S * 1000000;
}

void
cmd_copy_fini(struct cmd_copy *copy)
{
	cli_side_fini(&copy->settings.src);
	cli_side_fini(&copy->settings.dst);
	cli_screen_fini(&copy->screen);
	cli_report_fini(&copy->report);
	arena_fini(&copy->arena);
}

static enum status
set_refused(const struct cli_options *line, const struct cli_option *option, const char **path,
    const char *value, struct fault *fault)
{
	if (value[0] == '\0')
		return cli_options_complain(
		    line, fault, "--%s needs the name of a folder on disk", option->name);
	*path = value;
	return ST_OK;
}

static enum status
set_settle_after(const struct cli_options *line, struct cmd_copy *copy,
    const struct cli_option *option, const char *value, struct fault *fault)
{
	uint64_t seconds;

	if (bytes_number(bytes_of_string(value), SETTLE_MAX_S, &seconds) != ST_OK)
		return cli_options_complain(line, fault,
		    "--%s must be a number of seconds from 0 to %d", option->name,
		    (int)SETTLE_MAX_S);
	copy->pass.settle_us = (int64_t)seconds * 1000000;
	return ST_OK;
}

/* One row of the table with its value, or a word; the cases are in the table's order. */
static enum status
take(void *owner, const struct cli_options *line, const struct cli_option *option,
    const char *value, struct fault *fault)
{
	struct cmd_copy *copy = owner;
	struct cmd_copy_settings *settings = &copy->settings;

	if (option == NULL)
		return cli_side_take_word(line, &settings->src, &settings->dst, value, fault);
	if (cli_side_has_option(option))
		return cli_side_apply(
		    line, &settings->src, &settings->dst, option, value, fault);
	if (cli_choice_has_option(option))
		return cli_choice_apply(line, &settings->choice, option, value, fault);
	switch ((enum copy_option)option->id) {
	case DRY_RUN:
		copy->pass.is_dry_run = true;
		return ST_OK;
	case REPORT:
		return cli_options_path(line, option, &settings->report_path, value, fault);
	case JSON:
		settings->is_json = true;
		return ST_OK;
	case REFUSED:
		return set_refused(line, option, &settings->refused_path, value, fault);
	case REPAIR:
		copy->pass.repairs = true;
		return ST_OK;
	case QUIET:
		settings->is_quiet = true;
		return ST_OK;
	case TRACE:
		return cli_options_path(line, option, &settings->trace_path, value, fault);
	case STATE:
		return cli_options_path(line, option, &settings->state_path, value, fault);
	case NO_WAIT:
		copy->pass.settles_later = true;
		return ST_OK;
	case SETTLE_AFTER:
		return set_settle_after(line, copy, option, value, fault);
	case HELP:
		settings->wants_help = true;
		return ST_OK;
	case VERSION:
		settings->wants_version = true;
		return ST_OK;
	}
	return ST_OK;
}

static enum status
fill_accounts(const struct cli_options *line, struct cmd_copy *copy, struct fault *fault)
{
	struct cmd_copy_settings *settings = &copy->settings;
	struct pass_options *pass = &copy->pass;
	enum status status;

	status = cli_side_fill(line, &copy->arena, &settings->src, "source", &pass->src, fault);
	if (status == ST_OK)
		status = cli_side_fill(
		    line, &copy->arena, &settings->dst, "destination", &pass->dst, fault);
	if (status != ST_OK)
		return status;
	return cli_side_compare(line, &pass->src, &pass->dst, fault);
}

enum status
cmd_copy_parse(struct cmd_copy *copy, int argc, char **argv, struct fault *fault)
{
	struct cli_options line = line_of(argc, argv);
	struct cmd_copy_settings *settings = &copy->settings;
	enum status status =
	    cli_choice_open(&settings->choice, &copy->pass, &copy->arena, argc, fault);

	if (status == ST_OK)
		status = cli_options_read(&line, take, copy, fault);
	if (status != ST_OK || settings->wants_help || settings->wants_version)
		return status;
	if (settings->dst.uri == NULL)
		return cli_options_complain(&line, fault, "%s",
		    settings->src.uri == NULL ? "copy needs a source and a destination"
					      : "copy needs a destination behind the source");
	if (copy->pass.repairs && settings->refused_path == NULL)
		return cli_options_complain(&line, fault,
		    "--repair changes messages and needs --refused DIR, where they are kept as "
		    "they were");
	return fill_accounts(&line, copy, fault);
}

void
cmd_copy_tell(void *argument, const char *sentence)
{
	struct cmd_copy *copy = argument;

	copy->report.sink.item(&copy->report.sink,
	    &(struct pass_item){.kind = PASS_ITEM_NOTICE, .text = sentence});
	cli_screen_say(&copy->screen, sentence);
}

enum status
cmd_copy_open(struct cmd_copy *copy, int argc, char **argv, struct fault *fault)
{
	struct cmd_copy_settings *settings = &copy->settings;
	struct cli_screen *screen = &copy->screen;
	enum status status = cmd_copy_parse(copy, argc, argv, fault);
	struct cli_report_options options;

	if (status == ST_OK && (settings->wants_help || settings->wants_version)) {
		cli_command_answer(settings->wants_help, cmd_copy_print_help);
		return ST_END;
	}
	if (settings->is_quiet)
		screen = NULL;
	if (status == ST_OK)
		status = cli_state_folder(
		    settings->state_path, &copy->arena, &settings->state_path, fault);
	if (status == ST_OK)
		status = cli_side_get_secret(&settings->src, &copy->pass.src, screen, fault);
	if (status == ST_OK)
		status = cli_side_get_secret(&settings->dst, &copy->pass.dst, screen, fault);
	if (status != ST_OK)
		return status;
	copy->pass.src_password = &settings->src.password;
	copy->pass.dst_password = &settings->dst.password;
	options = (struct cli_report_options){
	    .json = settings->is_json ? stdout : NULL,
	    .report_path = settings->report_path,
	    .trace_path = settings->trace_path,
	    .refused_path = settings->refused_path,
	    .now = copy->now,
	};
	cli_screen_init(&copy->screen, STDERR_FILENO, settings->is_quiet);
	status = cli_report_open(&copy->report, &options, fault);
	if (status == ST_OK) {
		cli_side_tell_old_tls(&copy->pass.src, cmd_copy_tell, copy);
		cli_side_tell_old_tls(&copy->pass.dst, cmd_copy_tell, copy);
	}
	return status;
}

static bool
is_undecided(const struct pass_progress *progress)
{
	const struct pass_totals *totals = &progress->totals;

	return pass_totals_left(totals) > 0 || totals->in_doubt > 0 || totals->held > 0 ||
	    progress->surplus > 0;
}

static enum cli_status
status_of(const struct cmd_copy *copy, const struct pass_progress *progress,
    const struct fault *fault)
{
	enum cli_status status = cli_status_of_fault(fault);

	if (status == CLI_STATUS_GREEN)
		status = copy->report.worst;
	if (status == CLI_STATUS_GREEN && progress != NULL)
		status = cli_status_of_totals(&progress->totals);
	/* What nobody decided is for a person to look at: "done, some refused" is not true of
	 * it. */
	if ((status == CLI_STATUS_GREEN || status == CLI_STATUS_REFUSED) && progress != NULL &&
	    !copy->pass.is_dry_run && is_undecided(progress))
		status = CLI_STATUS_PERSON;
	return status;
}

static void
print_summary(const struct cmd_copy *copy, const struct cli_summary *summary)
{
	/* With --json, standard output belongs to the program that reads it. */
	bool is_on_error = copy->settings.is_json || copy->settings.is_quiet;
	struct buf buf;
	FILE *stream = is_on_error ? stderr : stdout;
	struct cli_page page = cli_screen_begin_page(stream, &buf);

	if (!copy->settings.is_quiet) {
		cli_summary_render(summary, &page);
	} else {
		cli_summary_render_first_fault(summary, &page);
		cli_page_print(&page, "godwit: ");
		cli_summary_render_verdict(summary, &page);
		cli_page_end_line(&page);
	}
	cli_screen_end_page(stream, &page);
}

static void
close_report(struct cmd_copy *copy, enum cli_status *status)
{
	struct fault fault = {0};

	if (cli_report_close(&copy->report, &fault) == ST_OK)
		return;
	cli_screen_say(&copy->screen, fault.text);
	if (*status == CLI_STATUS_GREEN)
		*status = CLI_STATUS_PERSON;
}

enum cli_status
cmd_copy_finish(struct cmd_copy *copy, const struct pass_progress *progress,
    const struct fault *fault, struct tick now)
{
	struct cli_summary summary = {
	    .progress = progress,
	    .report = &copy->report,
	    .status = status_of(copy, progress, fault),
	    .is_stopped = fault_is_set(fault),
	    .is_dry_run = copy->pass.is_dry_run,
	};

	cli_screen_clear(&copy->screen);
	if (fault_is_set(fault)) {
		cli_screen_say(&copy->screen, fault->text);
		cli_report_fault(&copy->report, fault);
	}
	if (progress != NULL) {
		summary.elapsed_us = now.us - progress->started.us;
		cli_report_total(&copy->report,
		    &(struct cli_report_total){progress, summary.elapsed_us, summary.status});
	}
	close_report(copy, &summary.status);
	/* Before the first folder was counted, the fault's sentence is all there is to say. */
	if (progress == NULL || (fault_is_set(fault) && progress->totals.source == 0))
		return summary.status;
	if (!copy->settings.is_quiet ||
	    (summary.status != CLI_STATUS_GREEN && !fault_is_set(fault)))
		print_summary(copy, &summary);
	return summary.status;
}

static void
print_lines(struct cli_page *page, const char *const *lines, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		cli_page_print(page, "%s", lines[i]);
		cli_page_end_line(page);
	}
}

void
cmd_copy_print_help(struct cli_page *page)
{
	static const char *const head[] = {
	    "Usage: godwit copy [OPTIONS] SOURCE DESTINATION",
	    "",
	    "Bring one mailbox up to date. Run it again, and it brings only what is missing.",
	    "The source is only read.",
	    "",
	    "  imaps://anna%40old.example@imap.old.example/   TLS, port 993",
	    "  imap://anna@imap.old.example:143/              STARTTLS, port 143",
	    "",
	    "An @ in a user name is written %40. No password stands in a URI: Godwit asks for",
	    "it, or reads it from a file.",
	};
	struct cli_options line = line_of(0, NULL);

	print_lines(page, head, sizeof(head) / sizeof(*head));
	cli_options_print_help(&line, page);
	cli_page_end_line(page);
	cli_page_style(page, CLI_BOLD);
	cli_page_print(page, "Exit status");
	cli_page_style(page, CLI_PLAIN);
	cli_page_end_line(page);
	for (const struct cli_status_row *row = cli_status_rows(); row->meaning != NULL;
	     row++) {
		cli_page_print(page, "  %3d  %s", (int)row->status, row->meaning);
		cli_page_end_line(page);
	}
	cli_page_end_line(page);
	cli_page_print(
	    page, "The first Ctrl-C finishes what is under way, the second stops at once.");
	cli_page_end_line(page);
}
