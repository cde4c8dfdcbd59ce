/* SPDX-License-Identifier: Apache-2.0
 *
 * The composition root of godwit-token: access tokens for godwit, which never speaks to their
 * providers itself.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/check.h"
#include "bridge/oauth/file.h"
#include "bridge/oauth/json.h"
#include "bridge/oauth/login.h"
#include "bridge/oauth/provider.h"
#include "bridge/oauth/request.h"
#include "bridge/oauth/serve.h"
#include "bridge/oauth/store.h"
#include "bridge/oauth/talk.h"
#include "cli/options.h"
#include "cli/report/status.h"
#include "cli/screen/terminal.h"
#include "cli/version.h"

enum token_option {
	STORE,
	USER,
	CLIENT_ID,
	CLIENT_SECRET_FILE,
	TENANT,
	SCOPE,
	FLOW,
	SERVICE_ACCOUNT,
	HELP,
	VERSION,
};

static const struct cli_option login_table[] = {
    {STORE, "store", "FILE", "Log-in",
	"where the consent is kept; readable for its owner only"},
    {CLIENT_ID, "client-id", "ID", NULL,
	"the identifier under which the provider knows your application"},
    {CLIENT_SECRET_FILE, "client-secret-file", "FILE", NULL,
	"first line of FILE is the application's secret, if it has one"},
    {TENANT, "tenant", "NAME", NULL, "Microsoft only: the domain or identifier of a tenant"},
    {SCOPE, "scope", "WORDS", NULL, "what to ask consent for, if not to read mail by IMAP"},
    {FLOW, "flow", "WAY", NULL,
	"device: type a code on any device; browser: sign in on this machine"},
    {USER, "user", "ADDRESS", NULL,
	"who shall sign in; with --service-account, whose mailbox is tried"},
    {SERVICE_ACCOUNT, "service-account", "FILE", NULL,
	"the JSON key of a service account, instead of a person's consent"},
    {HELP, "help", NULL, NULL, "this page"},
    {VERSION, "version", NULL, NULL, "print the version"},
};

static const struct cli_option serve_table[] = {
    {STORE, "store", "FILE", "Tokens",
	"a file of godwit-token login, or the JSON key of a Google service account"},
    {USER, "user", "ADDRESS", NULL, "for a service account: whose mailbox it is"},
    {HELP, "help", NULL, NULL, "this page"},
    {VERSION, "version", NULL, NULL, "print the version"},
};

struct settings {
	const char *provider;
	const char *store;
	const char *user;
	const char *client_id;
	const char *client_secret_path;
	const char *tenant;
	const char *scope;
	const char *service_path;
	enum oauth_flow flow;
	bool wants_help;
	bool wants_version;
};

/* --- The world. --- */

static struct tick
monotonic_now(void)
{
	struct timespec now;

	CHECK(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
	return (struct tick){(int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000};
}

static struct wall
wall_now(void)
{
	struct timespec now;

	CHECK(clock_gettime(CLOCK_REALTIME, &now) == 0);
	return (struct wall){now.tv_sec};
}

static void
say(const char *line)
{
	puts(line);
	(void)fflush(stdout);
}

/* No core file, no reading by other processes of the same user. SIGTERM waits until serve lets
 * it in: between two requests, when no refresh token is on its way to the file. */
static void
settle(bool is_serving)
{
	const struct rlimit none = {0, 0};
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	sigset_t waiting;

	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	(void)sigaction(SIGPIPE, &ignore, NULL);
	sigemptyset(&waiting);
	sigaddset(&waiting, SIGTERM);
	if (is_serving)
		(void)sigprocmask(SIG_BLOCK, &waiting, NULL);
}

/* --- The command line. --- */

static enum status
set_flow(const struct cli_options *line, const char *value, enum oauth_flow *flow,
    struct fault *fault)
{
	if (strcmp(value, "device") == 0)
		*flow = OAUTH_FLOW_DEVICE;
	else if (strcmp(value, "browser") == 0)
		*flow = OAUTH_FLOW_BROWSER;
	else
		return cli_options_complain(
		    line, fault, "--flow must be \"device\" or \"browser\"");
	return ST_OK;
}

static enum status
take(void *owner, const struct cli_options *line, const struct cli_option *option,
    const char *value, struct fault *fault)
{
	struct settings *settings = owner;

	if (option == NULL) {
		if (line->table != login_table || settings->provider != NULL)
			return cli_options_complain(line, fault, "There is a word too many");
		settings->provider = value;
		return ST_OK;
	}
	if (option->argument != NULL && value[0] == '\0')
		return cli_options_complain(
		    line, fault, "--%s needs a value that is not empty", option->name);
	switch ((enum token_option)option->id) {
	case STORE:
		settings->store = value;
		return ST_OK;
	case USER:
		settings->user = value;
		return ST_OK;
	case CLIENT_ID:
		settings->client_id = value;
		return ST_OK;
	case CLIENT_SECRET_FILE:
		settings->client_secret_path = value;
		return ST_OK;
	case TENANT:
		settings->tenant = value;
		return ST_OK;
	case SCOPE:
		settings->scope = value;
		return ST_OK;
	case FLOW:
		return set_flow(line, value, &settings->flow, fault);
	case SERVICE_ACCOUNT:
		settings->service_path = value;
		return ST_OK;
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
check_settings(
    const struct cli_options *line, const struct settings *settings, struct fault *fault)
{
	bool is_login = line->table == login_table;

	if (settings->wants_help || settings->wants_version)
		return ST_OK;
	if (is_login && settings->provider == NULL)
		return cli_options_complain(
		    line, fault, "login needs a provider: google, microsoft or file:PATH");
	if (settings->store == NULL)
		return cli_options_complain(line, fault, "--store is missing");
	if (is_login && settings->service_path == NULL && settings->client_id == NULL)
		return cli_options_complain(line, fault,
		    "--client-id is missing; the provider gives one to each registered "
		    "application");
	return ST_OK;
}

static enum status
parse(struct cli_options *line, struct settings *settings, struct fault *fault)
{
	enum status status = cli_options_read(line, take, settings, fault);

	return status == ST_OK ? check_settings(line, settings, fault) : status;
}

/* --- The commands. --- */

static enum status
read_client_secret(const char *path, struct oauth_store *store, struct fault *fault)
{
	static const struct fault_kind usage = {
	    ST_SYNTAX, CAUSE_USAGE, FAULT_PROCESS, RETRY_NEVER};
	struct buf text;
	struct bytes first;
	enum status status;

	buf_init(&text, OAUTH_FILE_SIZE_MAX);
	status = oauth_file_read(path, true, &text, fault);
	first = buf_bytes(&text);
	first = bytes_first(first, bytes_find(first, '\n', 0));
	if (status == ST_OK && secret_set(&store->client_secret, first) != ST_OK)
		status = fault_set(
		    fault, usage, "The first line of the client secret's file is no secret.");
	oauth_file_wipe(&text);
	return status;
}

static enum status
fill_store(const struct settings *settings, struct oauth_store *store, struct fault *fault)
{
	static const struct fault_kind usage = {
	    ST_LIMIT, CAUSE_USAGE, FAULT_PROCESS, RETRY_NEVER};
	const char *id = settings->client_id == NULL ? "" : settings->client_id;
	const char *scope = settings->scope == NULL ? "" : settings->scope;
	enum status status =
	    oauth_provider_open(settings->provider, settings->tenant, &store->provider, fault);

	if (status != ST_OK)
		return status;
	if (strlen(id) >= sizeof(store->client_id) ||
	    strlen(scope) >= sizeof(store->provider.scope))
		return fault_set(fault, usage, "The client identifier or scope is too long.");
	snprintf(store->client_id, sizeof(store->client_id), "%s", id);
	if (settings->scope != NULL)
		snprintf(store->provider.scope, sizeof(store->provider.scope), "%s", scope);
	if (settings->client_secret_path != NULL)
		status = read_client_secret(settings->client_secret_path, store, fault);
	if (status == ST_OK && settings->service_path != NULL)
		status = oauth_store_read_key(settings->service_path, store, fault);
	return status;
}

static enum status
login(const struct settings *settings, const struct oauth_talk *talk, struct fault *fault)
{
	const struct oauth_login login = {
	    .path = settings->store,
	    .user = settings->user,
	    .flow = settings->flow,
	    .talk = talk,
	};
	struct oauth_store *store = oauth_store_new();
	enum status status;

	if (store == NULL)
		return fault_set(fault,
		    (struct fault_kind){ST_MEMORY, CAUSE_MEMORY, FAULT_PROCESS, RETRY_LATER},
		    "There is no memory to start.");
	status = fill_store(settings, store, fault);
	if (status == ST_OK)
		status = oauth_login_run(&login, store, fault);
	oauth_store_free(&store);
	if (status == ST_OK)
		say("Done. Use the file with --source-oauth or --destination-oauth.");
	return status;
}

static enum status
serve(const struct settings *settings, const struct oauth_talk *talk, struct fault *fault)
{
	const struct oauth_serve serve = {
	    .path = settings->store,
	    .user = settings->user,
	    .output = STDOUT_FILENO,
	    .talk = talk,
	};

	return oauth_serve_run(&serve, fault);
}

static void
print_help(const struct cli_options *line, FILE *stream)
{
	struct buf buf;
	struct cli_page page = cli_screen_begin_page(stream, &buf);

	page.columns = CLI_HELP_COLUMNS;
	cli_page_print(&page, "%s",
	    line->table == login_table
		? "Usage: godwit-token login [OPTIONS] google|microsoft|file:PATH"
		: "Usage: godwit-token serve [OPTIONS]");
	cli_page_end_line(&page);
	cli_options_print_help(line, &page);
	cli_screen_end_page(stream, &page);
}

static int
run(struct cli_options *line)
{
	const struct oauth_talk talk = {monotonic_now, wall_now, say};
	struct settings settings = {0};
	struct fault fault = {0};
	bool is_serving = line->table == serve_table;
	enum cli_status exit_status;
	bool is_understood;
	enum status status = parse(line, &settings, &fault);

	if (status == ST_OK && settings.wants_help) {
		print_help(line, stdout);
		return CLI_STATUS_GREEN;
	}
	if (status == ST_OK && settings.wants_version) {
		printf("godwit-token %s\n", cli_version());
		return CLI_STATUS_GREEN;
	}
	is_understood = status == ST_OK;
	settle(is_serving);
	oauth_json_init();
	if (status == ST_OK)
		status = oauth_request_init(&fault);
	if (status == ST_OK) {
		status = is_serving ? serve(&settings, &talk, &fault)
				    : login(&settings, &talk, &fault);
		oauth_request_fini();
	}
	/* What serve has to say went down the pipe, to whoever started it. */
	if (status != ST_OK && !(is_serving && is_understood))
		fprintf(stderr, "godwit-token: %s\n", fault.text);
	exit_status = cli_status_of_fault(&fault);
	return (int)exit_status;
}

int
main(int argc, char **argv)
{
	struct cli_options line = {
	    .program = "godwit-token", .argc = argc - 1, .argv = argv + 1};
	const char *word = argc < 2 ? "" : argv[1];

	if (strcmp(word, "login") == 0) {
		line.command = "login";
		line.table = login_table;
		line.count = sizeof(login_table) / sizeof(*login_table);
		return run(&line);
	}
	if (strcmp(word, "serve") == 0) {
		line.command = "serve";
		line.table = serve_table;
		line.count = sizeof(serve_table) / sizeof(*serve_table);
		return run(&line);
	}
	if (strcmp(word, "--version") == 0) {
		printf("godwit-token %s\n", cli_version());
		return CLI_STATUS_GREEN;
	}
	fputs(
	    "Usage: godwit-token login PROVIDER --store FILE …   keep a consent in FILE\n"
	    "       godwit-token serve --store FILE             tokens for godwit, on a pipe\n"
	    "Each has a --help of its own.\n",
	    strcmp(word, "--help") == 0 ? stdout : stderr);
	return strcmp(word, "--help") == 0 ? CLI_STATUS_GREEN : CLI_STATUS_USAGE;
}
