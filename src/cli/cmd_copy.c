/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cmd_copy.h"

#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/utf8.h"
#include "cli/options.h"
#include "cli/page.h"
#include "cli/password.h"
#include "cli/summary.h"
#include "cli/uri.h"
#include "cli/value.h"
#include "cli/version.h"

enum {
	ARENA_BUDGET = 1048576,
	PAGE_SIZE_MAX = 1048576,
	SENTENCE_SIZE = 512
};

enum copy_option {
	SOURCE_PASSWORD_FILE,
	DESTINATION_PASSWORD_FILE,
	SOURCE_CA,
	DESTINATION_CA,
	SOURCE_PIN,
	DESTINATION_PIN,
	SOURCE_PLAINTEXT,
	DESTINATION_PLAINTEXT,
	SOURCE_TOKEN_FILE,
	DESTINATION_TOKEN_FILE,
	SOURCE_OAUTH,
	DESTINATION_OAUTH,
	SOURCE_MASTER,
	DESTINATION_MASTER,
	SOURCE_USER_AS,
	DESTINATION_USER_AS,
	SOURCE_TLS_MIN,
	DESTINATION_TLS_MIN,
	FOLDER,
	EXCLUDE,
	MAP,
	SHARED,
	SKIP_DELETED,
	DRY_RUN,
	RATE,
	CONNECTIONS,
	WITHOUT,
	REFUSED,
	JSON,
	REPORT,
	QUIET,
	TRACE,
	HELP,
	VERSION,
};

static const struct cli_option table[] = {
    {SOURCE_PASSWORD_FILE, "source-password-file", "FILE", "Logging in",
	"first line of FILE is the password; /dev/fd/N works too. Without it, "
	"Godwit asks"},
    {DESTINATION_PASSWORD_FILE, "destination-password-file", "FILE", NULL, "the same"},
    {SOURCE_CA, "source-ca", "FILE", NULL,
	"trust the certificates in this PEM file instead of the system's"},
    {DESTINATION_CA, "destination-ca", "FILE", NULL, "the same"},
    {SOURCE_PIN, "source-pin", "sha256:HEX", NULL,
	"trust the server that has this public key, and no other; when a "
	"certificate is not "
	"trusted, the error shows the line to paste"},
    {DESTINATION_PIN, "destination-pin", "sha256:HEX", NULL, "the same"},
    {SOURCE_PLAINTEXT, "source-plaintext", NULL, NULL,
	"send password and mail in clear, also where STARTTLS is offered"},
    {DESTINATION_PLAINTEXT, "destination-plaintext", NULL, NULL, "the same"},
    {SOURCE_TOKEN_FILE, "source-token-file", "FILE", NULL,
	"first line of FILE is an OAuth access token; read again before each "
	"log-in"},
    {DESTINATION_TOKEN_FILE, "destination-token-file", "FILE", NULL, "the same"},
    {SOURCE_OAUTH, "source-oauth", "FILE", NULL,
	"fresh tokens by the consent that godwit-token login keeps in FILE, or by "
	"the JSON key "
	"of a Google service account"},
    {DESTINATION_OAUTH, "destination-oauth", "FILE", NULL, "the same"},
    {SOURCE_MASTER, "source-master", "USER", NULL,
	"log in as this master user for the one in the URI; the password is the "
	"master's"},
    {DESTINATION_MASTER, "destination-master", "USER", NULL, "the same"},
    {SOURCE_USER_AS, "source-user-as", "SYNTAX", NULL,
	"how both are named: authzid (if not given), user*master, user%master, "
	"user/master, "
	"master\\user or proxyauth"},
    {DESTINATION_USER_AS, "destination-user-as", "SYNTAX", NULL, "the same"},
    {SOURCE_TLS_MIN, "source-tls-min", "1.0", NULL,
	"take TLS 1.0 and 1.1 from a server that has nothing better; they can be "
	"broken"},
    {DESTINATION_TLS_MIN, "destination-tls-min", "1.0", NULL, "the same"},
    {FOLDER, "folder", "GLOB", "What is copied",
	"only folders that match, and everything below them; may be repeated. "
	"Names are the "
	"source's, in UTF-8, with / between levels. * and ? stay within a level, "
	"** does not"},
    {EXCLUDE, "exclude", "GLOB", NULL, "all but these; may be repeated"},
    {MAP, "map", "OLD=NEW", NULL,
	"the source's folder OLD, and all below it, is called NEW at the "
	"destination; may be "
	"repeated"},
    {SHARED, "shared", NULL, NULL, "folders of other users and shared ones too"},
    {SKIP_DELETED, "skip-deleted", NULL, NULL, "leave out messages that are marked \\Deleted"},
    {DRY_RUN, "dry-run", NULL, NULL, "show what would be done; write nothing"},
    {RATE, "rate", "RATE", "How fast",
	"at most 5MB/s, 500kB/s or 20msg/s; once for octets, once for messages"},
    {CONNECTIONS, "connections", "N", NULL, "at most N to each server, 1 to 4; 4 if not given"},
    {WITHOUT, "without", "CAPABILITY", NULL,
	"do as if no server had this capability; may be repeated"},
    {REPORT, "report", "FILE", "What is told", "write the report into FILE, as JSON lines"},
    {JSON, "json", NULL, NULL, "the same on standard output, and nothing else there"},
    {REFUSED, "refused", "DIR", NULL,
	"keep a copy of each message that the destination refuses"},
    {QUIET, "quiet", NULL, NULL, "no progress and no summary; only what went wrong"},
    {TRACE, "trace", "FILE", NULL, "write down both dialogues, without passwords and bodies"},
    {HELP, "help", NULL, NULL, "this page"},
    {VERSION, "version", NULL, NULL, "print the version"},
};

static struct cli_options
line_of(int argc, char **argv)
{
	return (struct cli_options){
	    .command = "copy",
	    .table = table,
	    .count = sizeof(table) / sizeof(*table),
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
}

void
cmd_copy_fini(struct cmd_copy *copy)
{
	secret_wipe(&copy->settings.src.password);
	secret_wipe(&copy->settings.dst.password);
	cli_login_fini(&copy->settings.src.login);
	cli_login_fini(&copy->settings.dst.login);
	cli_screen_fini(&copy->screen);
	cli_report_fini(&copy->report);
	arena_fini(&copy->arena);
}

static enum status
set_pin(const struct cli_options *line, const struct cli_option *option,
    struct cmd_copy_side *side, const char *value, struct fault *fault)
{
	if (cli_value_pin(bytes_of_string(value), side->pin) != ST_OK)
		return cli_options_complain(line, fault,
		    "--%s needs sha256: and 64 hexadecimal digits, "
		    "the SHA-256 of the server's "
		    "public key",
		    option->name);
	side->has_pin = true;
	return ST_OK;
}

static enum status
set_rate(const struct cli_options *line, struct pass_options *pass, const char *value,
    struct fault *fault)
{
	char quoted[FAULT_QUOTE_SIZE];
	struct cli_rate rate;
	uint64_t *place;

	if (cli_value_rate(bytes_of_string(value), &rate) != ST_OK)
		return cli_options_complain(line, fault,
		    "--rate cannot be \"%s\"; write it as 5MB/s, 500kB/s or 20msg/s",
		    fault_quote(bytes_of_string(value), quoted));
	place = rate.is_messages ? &pass->messages_per_s : &pass->bytes_per_s;
	if (*place != 0)
		return cli_options_complain(line, fault,
		    "--rate is given twice for %s; it can be given "
		    "once for octets and once "
		    "for messages",
		    rate.is_messages ? "messages" : "octets");
	*place = rate.per_s;
	return ST_OK;
}

static enum status
set_connections(const struct cli_options *line, struct cmd_copy *copy, const char *value,
    struct fault *fault)
{
	uint64_t number;

	if (bytes_number(bytes_of_string(value), PASS_CONNECTIONS_MAX, &number) != ST_OK ||
	    number == 0)
		return cli_options_complain(line, fault,
		    "--connections must be a number from 1 to %d", PASS_CONNECTIONS_MAX);
	copy->pass.connections = (unsigned)number;
	return ST_OK;
}

static enum status
add_glob(const struct cli_options *line, const struct cli_option *option, const char **list,
    size_t *count, const char *value, struct fault *fault)
{
	struct bytes glob = bytes_of_string(value);

	if (glob.size == 0 || !utf8_is_valid(glob))
		return cli_options_complain(line, fault,
		    "--%s needs the name of a folder in UTF-8, such as \"Work/2024\" or "
		    "\"Lists/*\"",
		    option->name);
	list[(*count)++] = value;
	return ST_OK;
}

static enum status
add_map(const struct cli_options *line, struct cmd_copy *copy, const char *value,
    struct fault *fault)
{
	struct bytes text = bytes_of_string(value);
	size_t at = bytes_find(text, '=', 0);

	if (at == 0 || at + 1 >= text.size || !utf8_is_valid(text))
		return cli_options_complain(line, fault,
		    "--map needs two names of folders in UTF-8, such as \"Old/Work=Work\"");
	copy->settings.maps[copy->pass.map_count++] = value;
	return ST_OK;
}

static enum status
add_capability(const struct cli_options *line, struct cmd_copy *copy, const char *value,
    struct fault *fault)
{
	char quoted[FAULT_QUOTE_SIZE];
	struct bytes word = bytes_of_string(value);

	if (!cli_value_is_capability(word))
		return cli_options_complain(line, fault,
		    "--without needs one capability, such as MULTIAPPEND, not \"%s\"",
		    fault_quote(word, quoted));
	copy->settings.without[copy->pass.without_count++] = value;
	return ST_OK;
}

static enum status
set_path(const struct cli_options *line, const struct cli_option *option, const char **path,
    const char *value, struct fault *fault)
{
	if (value[0] == '\0')
		return cli_options_complain(line, fault, "--%s needs the name of a %s",
		    option->name, option->id == REFUSED ? "folder on disk" : "file");
	*path = value;
	return ST_OK;
}

/* An option that there is for each side: source-… and destination-…. */
static enum status
apply_side(const struct cli_options *line, struct cmd_copy_settings *settings,
    const struct cli_option *option, const char *value, struct fault *fault)
{
	bool is_src = strncmp(option->name, "source-", 7) == 0;
	struct cmd_copy_side *side = is_src ? &settings->src : &settings->dst;
	const char *name = option->name + (is_src ? 7 : 12);

	if (strcmp(name, "password-file") == 0)
		return set_path(line, option, &side->password_file, value, fault);
	if (strcmp(name, "ca") == 0)
		return set_path(line, option, &side->ca_path, value, fault);
	if (strcmp(name, "pin") == 0)
		return set_pin(line, option, side, value, fault);
	if (strcmp(name, "token-file") == 0)
		return set_path(line, option, &side->login.token_file, value, fault);
	if (strcmp(name, "oauth") == 0)
		return set_path(line, option, &side->login.oauth_file, value, fault);
	if (strcmp(name, "plaintext") == 0)
		side->allows_plaintext = true;
	else if (strcmp(name, "master") == 0)
		side->login.master = value;
	else if (strcmp(name, "user-as") == 0)
		side->login.user_as = value;
	else
		side->login.tls_min = value;
	return ST_OK;
}

/* One row of the table with its value; the cases are in the table's order. */
static enum status
apply(const struct cli_options *line, struct cmd_copy *copy, const struct cli_option *option,
    const char *value, struct fault *fault)
{
	struct cmd_copy_settings *settings = &copy->settings;

	switch ((enum copy_option)option->id) {
	case SOURCE_PASSWORD_FILE:
	case DESTINATION_PASSWORD_FILE:
	case SOURCE_CA:
	case DESTINATION_CA:
	case SOURCE_PIN:
	case DESTINATION_PIN:
	case SOURCE_PLAINTEXT:
	case DESTINATION_PLAINTEXT:
	case SOURCE_TOKEN_FILE:
	case DESTINATION_TOKEN_FILE:
	case SOURCE_OAUTH:
	case DESTINATION_OAUTH:
	case SOURCE_MASTER:
	case DESTINATION_MASTER:
	case SOURCE_USER_AS:
	case DESTINATION_USER_AS:
	case SOURCE_TLS_MIN:
	case DESTINATION_TLS_MIN:
		return apply_side(line, settings, option, value, fault);
	case FOLDER:
		return add_glob(
		    line, option, settings->folders, &copy->pass.folder_count, value, fault);
	case EXCLUDE:
		return add_glob(
		    line, option, settings->excludes, &copy->pass.exclude_count, value, fault);
	case MAP:
		return add_map(line, copy, value, fault);
	case SHARED:
		copy->pass.copies_shared = true;
		return ST_OK;
	case SKIP_DELETED:
		copy->pass.skips_deleted = true;
		return ST_OK;
	case DRY_RUN:
		copy->pass.is_dry_run = true;
		return ST_OK;
	case RATE:
		return set_rate(line, &copy->pass, value, fault);
	case CONNECTIONS:
		return set_connections(line, copy, value, fault);
	case WITHOUT:
		return add_capability(line, copy, value, fault);
	case REFUSED:
		return set_path(line, option, &settings->refused_path, value, fault);
	case JSON:
		settings->is_json = true;
		return ST_OK;
	case REPORT:
		return set_path(line, option, &settings->report_path, value, fault);
	case QUIET:
		settings->is_quiet = true;
		return ST_OK;
	case TRACE:
		return set_path(line, option, &settings->trace_path, value, fault);
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
take_word(const struct cli_options *line, struct cmd_copy_settings *settings, const char *word,
    struct fault *fault)
{
	if (settings->src.uri == NULL)
		settings->src.uri = word;
	else if (settings->dst.uri == NULL)
		settings->dst.uri = word;
	else
		return cli_options_complain(line, fault,
		    "There are more words than a source and a "
		    "destination; is a space in one "
		    "of them not quoted?");
	return ST_OK;
}

static enum status
make_lists(struct cmd_copy *copy, int argc, struct fault *fault)
{
	static const struct fault_kind no_memory = {
	    ST_MEMORY, CAUSE_MEMORY, FAULT_PROCESS, RETRY_LATER};
	struct cmd_copy_settings *settings = &copy->settings;
	size_t most = (size_t)argc + 1;

	settings->folders = arena_take_array(&copy->arena, most, sizeof(char *));
	settings->excludes = arena_take_array(&copy->arena, most, sizeof(char *));
	settings->maps = arena_take_array(&copy->arena, most, sizeof(char *));
	settings->without = arena_take_array(&copy->arena, most, sizeof(char *));
	if (settings->folders == NULL || settings->excludes == NULL || settings->maps == NULL ||
	    settings->without == NULL)
		return fault_set(fault, no_memory, "There is no memory for the command line.");
	copy->pass.folders = settings->folders;
	copy->pass.excludes = settings->excludes;
	copy->pass.maps = settings->maps;
	copy->pass.without = settings->without;
	return ST_OK;
}

static enum status
fill_account(const struct cli_options *line, struct arena *arena, struct cmd_copy_side *side,
    const char *name, struct account *account_out, struct fault *fault)
{
	struct account account;
	enum status status = cli_uri_decode(side->uri, name, arena, &account, fault);

	if (status != ST_OK)
		return status;
	if (side->allows_plaintext && account.security == ACCOUNT_TLS)
		return cli_options_complain(line, fault,
		    "--%s-plaintext contradicts imaps://, which is "
		    "always encrypted; did you "
		    "mean imap://?",
		    name);
	if (side->allows_plaintext && (side->has_pin || side->ca_path != NULL))
		return cli_options_complain(line, fault,
		    "--%s-plaintext contradicts --%s-%s: without encryption nobody can be "
		    "recognised",
		    name, name, side->has_pin ? "pin" : "ca");
	account.ca_path = side->ca_path;
	account.has_pin = side->has_pin;
	memcpy(account.pin, side->pin, sizeof(account.pin));
	account.allows_plaintext = side->allows_plaintext;
	status =
	    cli_login_fill(line, &side->login, side->password_file != NULL, &account, fault);
	if (status == ST_OK)
		*account_out = account;
	return status;
}

static enum status
fill_accounts(const struct cli_options *line, struct cmd_copy *copy, struct fault *fault)
{
	const struct account *src = &copy->pass.src;
	const struct account *dst = &copy->pass.dst;
	enum status status;

	status = fill_account(
	    line, &copy->arena, &copy->settings.src, "source", &copy->pass.src, fault);
	if (status == ST_OK)
		status = fill_account(line, &copy->arena, &copy->settings.dst, "destination",
		    &copy->pass.dst, fault);
	if (status != ST_OK)
		return status;
	if (strcasecmp(src->host, dst->host) == 0 && src->port == dst->port &&
	    strcmp(src->user, dst->user) == 0)
		return cli_options_complain(
		    line, fault, "Source and destination are the same mailbox");
	return ST_OK;
}

enum status
cmd_copy_parse(struct cmd_copy *copy, int argc, char **argv, struct fault *fault)
{
	struct cli_options line = line_of(argc, argv);
	struct cmd_copy_settings *settings = &copy->settings;
	enum status status = make_lists(copy, argc, fault);

	cli_options_init(&line);
	while (status == ST_OK) {
		const struct cli_option *option = NULL;
		char *value = NULL;

		status = cli_options_next(&line, &option, &value, fault);
		if (status != ST_OK)
			break;
		if (option == NULL)
			status = take_word(&line, settings, value, fault);
		else
			status = apply(&line, copy, option, value, fault);
	}
	if (status != ST_END)
		return status;
	if (settings->wants_help || settings->wants_version)
		return ST_OK;
	if (settings->dst.uri == NULL)
		return cli_options_complain(&line, fault, "%s",
		    settings->src.uri == NULL ? "copy needs a source and a destination"
					      : "copy needs a destination behind the source");
	return fill_accounts(&line, copy, fault);
}

/* The password or the token. */
static enum status
get_secret(struct cmd_copy *copy, const struct account *account, struct cmd_copy_side *side,
    struct fault *fault)
{
	bool has_token = side->login.token_file != NULL || side->login.oauth_file != NULL;
	const char *path = has_token ? side->login.token_file : side->password_file;
	char quoted[FAULT_QUOTE_SIZE];
	char sentence[SENTENCE_SIZE];
	bool is_open = false;
	enum status status;

	if (has_token)
		status = cli_login_open(&side->login, &is_open, fault);
	else if (path == NULL)
		return cli_password_ask(account, &side->password, fault);
	else
		status =
		    cli_password_read(path, account->side, &side->password, &is_open, fault);
	if (status != ST_OK || !is_open || copy->settings.is_quiet)
		return status;
	snprintf(sentence, sizeof(sentence),
	    "Other users of this machine can read the %s %s file %s", account->side,
	    has_token ? "token" : "password", fault_quote(bytes_of_string(path), quoted));
	cli_screen_say(&copy->screen, sentence);
	return ST_OK;
}

/* Said in the report and at the end, because whoever reads them need not know
 * the command. */
static void
tell_old_tls(struct cmd_copy *copy, const struct account *account)
{
	char sentence[SENTENCE_SIZE];
	char host[FAULT_QUOTE_SIZE];

	if (!account->allows_old_tls)
		return;
	snprintf(sentence, sizeof(sentence),
	    "--%s-tls-min 1.0 lets the connection to the %s (%s) use TLS 1.0 or "
	    "1.1, which can "
	    "be broken: somebody in between may read the mail and the password.",
	    account->side, account->side, fault_quote(bytes_of_string(account->host), host));
	copy->report.sink.item(&copy->report.sink,
	    &(struct pass_item){.kind = PASS_ITEM_NOTICE, .text = sentence});
	cli_screen_say(&copy->screen, sentence);
}

/* A page on standard output that is printed whole. */
static void
print_page(FILE *stream, struct cli_page *page)
{
	struct bytes text = buf_bytes(page->out);

	(void)fwrite(text.data, 1, text.size, stream);
	(void)fflush(stream);
}

static struct cli_page
page_for(int fd, struct buf *buf)
{
	struct cli_screen_kind kind = cli_screen_kind_of(fd);

	buf_init(buf, PAGE_SIZE_MAX);
	return (struct cli_page){
	    .out = buf,
	    .columns = cli_screen_columns(fd),
	    .has_colours = kind.has_colours,
	    .is_utf8 = kind.is_utf8,
	};
}

static void
print_asked(const struct cmd_copy_settings *settings)
{
	struct buf buf;
	struct cli_page page = page_for(STDOUT_FILENO, &buf);

	if (settings->wants_help) {
		page.columns = 80;
		cmd_copy_print_help(&page);
	} else {
		cli_page_print(&page, "godwit %s", cli_version());
		cli_page_end_line(&page);
	}
	print_page(stdout, &page);
	buf_fini(&buf);
}

enum status
cmd_copy_open(struct cmd_copy *copy, int argc, char **argv, struct fault *fault)
{
	struct cmd_copy_settings *settings = &copy->settings;
	enum status status = cmd_copy_parse(copy, argc, argv, fault);
	struct cli_report_options options;

	if (status == ST_OK && (settings->wants_help || settings->wants_version)) {
		print_asked(settings);
		return ST_END;
	}
	if (status == ST_OK)
		status = get_secret(copy, &copy->pass.src, &settings->src, fault);
	if (status == ST_OK)
		status = get_secret(copy, &copy->pass.dst, &settings->dst, fault);
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
		tell_old_tls(copy, &copy->pass.src);
		tell_old_tls(copy, &copy->pass.dst);
	}
	return status;
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
	/* What nobody decided is for a person to look at: "done, some refused" is not
   * true of it. */
	if ((status == CLI_STATUS_GREEN || status == CLI_STATUS_REFUSED) && progress != NULL &&
	    !copy->pass.is_dry_run && pass_totals_left(&progress->totals) > 0)
		status = CLI_STATUS_PERSON;
	return status;
}

static void
print_summary(const struct cmd_copy *copy, const struct cli_summary *summary)
{
	/* With --json, standard output belongs to the program that reads it. */
	bool is_on_error = copy->settings.is_json || copy->settings.is_quiet;
	struct buf buf;
	struct cli_page page = page_for(is_on_error ? STDERR_FILENO : STDOUT_FILENO, &buf);

	if (!copy->settings.is_quiet) {
		cli_summary_render(summary, &page);
	} else {
		cli_summary_render_first_fault(summary, &page);
		cli_page_print(&page, "godwit: ");
		cli_summary_render_verdict(summary, &page);
		cli_page_end_line(&page);
	}
	print_page(is_on_error ? stderr : stdout, &page);
	buf_fini(&buf);
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
	/* Before the first folder was counted, the fault's sentence is all there is
   * to say. */
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
