/* SPDX-License-Identifier: Apache-2.0
 *
 * The composition root: builds the objects, hands them to each other, and nothing else.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/secret.h"
#include "cli/cmd_check.h"
#include "cli/cmd_copy.h"
#include "cli/command.h"
#include "cli/oauth.h"
#include "cli/screen/page.h"
#include "cli/version.h"
#include "net/fiber.h"
#include "net/loop.h"
#include "net/world.h"
#include "pass/check/check.h"
#include "pass/mailbox.h"
#include "store/ledger.h"
#include "sync/ledger/ledger.h"

static const struct fault_kind not_started = {ST_IO, CAUSE_OTHER, FAULT_PROCESS, RETRY_LATER};

/* One command that goes to mailboxes, from the loop to the last fiber. */
struct run {
	struct cmd_copy *copy;
	struct cmd_check *check; /* one of the two */
	const struct pass_options *options;
	struct pass_sink *sink;
	struct cli_screen *screen;
	struct cli_oauth_wish wish; /* its loop comes later */
	struct loop *loop;
	struct world *world;
	struct store_ledger *store; /* NULL: nothing is remembered */
	struct loop_watch *store_watch;
	struct fiber_source store_said;
	struct fiber_source store_end;
	struct sync_ledger *ledger;
	struct pass *pass;
	struct cli_oauth oauth;
	struct fiber *waiting; /* of the pass, while it waits for tokens */
	struct fault fault;
	struct fiber_source pass_done;
	struct fiber_source signals;
	unsigned interrupts;   /* Ctrl-C */
	unsigned terminations; /* from outside, or the terminal is gone */
	unsigned answered;     /* of both, acted upon */
	bool has_begun;        /* the pass; not while its tokens are awaited */
	bool is_over;
};

/* No core file and no reading by other processes of the same user: passwords come next. */
static void
hide_memory(void)
{
	const struct rlimit none = {0, 0};

	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

static struct tick
monotonic_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (struct tick){(int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000};
}

static enum status
run_command(struct run *run)
{
	if (run->check != NULL)
		return pass_check_run(run->pass, &run->check->result, &run->fault);
	return pass_run(run->pass, &run->fault);
}

static void
run_pass(void *argument)
{
	struct run *run = argument;
	enum status status;

	run->waiting = fiber_self();
	status = cli_oauth_wait(&run->oauth, &run->fault);
	run->waiting = NULL;
	/* What the status says, the fault says in full. */
	run->has_begun = status == ST_OK;
	if (run->has_begun)
		(void)!run_command(run);
	cli_oauth_stop(&run->oauth);
	run->is_over = true;
	fiber_signal(&run->store_end);
}

static void
answer_signals(struct run *run)
{
	unsigned came = run->interrupts + run->terminations;

	if (came == run->answered)
		return;
	if (run->waiting != NULL) {
		fiber_cancel(run->waiting);
	} else if (run->answered == 0 && came == 1) {
		run->screen->is_finishing = true;
		cli_screen_say(
		    run->screen, "Finishing what is under way; Ctrl-C again stops at once.");
		pass_finish_soon(run->pass);
	} else {
		pass_cancel(run->pass);
	}
	run->answered = came;
}

/* Draws the progress and passes signals on until the pass is over. */
static void
run_screen(void *argument)
{
	struct run *run = argument;
	struct fiber_source *sources[] = {&run->pass_done, &run->signals};

	while (!run->is_over) {
		struct tick now = world_now(run->world);
		struct tick next = tick_after(now, cli_screen_step_us(run->screen));

		answer_signals(run);
		cli_screen_draw(run->screen, pass_progress(run->pass), now);
		if (fiber_wait(sources, 2, next) == FIBER_CANCELED)
			return;
	}
}

/* Tells the pass what has become durable, and the user why nothing does. */
static void
run_store(void *argument)
{
	struct run *run = argument;
	struct fiber_source *sources[] = {&run->store_said, &run->store_end};
	bool has_trouble = false;

	while (!run->is_over && fiber_wait(sources, 2, TICK_NEVER) == FIBER_SIGNALED) {
		const char *trouble;

		store_ledger_dispatch(run->store);
		trouble = store_ledger_trouble(run->store);
		if (trouble != NULL && !has_trouble)
			cli_screen_say(run->screen, trouble);
		else if (trouble == NULL && has_trouble)
			cli_screen_say(run->screen, "The ledger can be written again.");
		has_trouble = trouble != NULL;
	}
}

static enum status
open_ledger(struct run *run)
{
	enum status status;

	/* A dry run and a check write nothing, here neither. */
	if (run->copy == NULL || run->options->is_dry_run)
		return sync_ledger_new(NULL, &run->ledger);
	status = store_ledger_open(run->copy->settings.state_path, &run->store, &run->fault);
	if (status == ST_OK)
		status = loop_on_input(run->loop, store_ledger_fd(run->store), &run->store_said,
		    &run->store_watch);
	if (status != ST_OK)
		return status;
	run->copy->pass.is_ledger_older = store_ledger_is_older(run->store);
	return sync_ledger_new(store_ledger_port(run->store), &run->ledger);
}

static enum status
watch_signals(struct run *run)
{
	static const int stops[] = {SIGTERM, SIGHUP};
	enum status status;

	status = loop_on_signal(run->loop, SIGINT, &run->interrupts, &run->signals);
	for (size_t i = 0; i < sizeof(stops) / sizeof(*stops) && status == ST_OK; i++)
		status = loop_on_signal(run->loop, stops[i], &run->terminations, &run->signals);
	return status;
}

static enum status
start_fibers(struct run *run)
{
	struct fiber *screen;
	struct fiber *store = NULL;
	struct fiber *pass;
	enum status status;

	status = fiber_new(run->world, "screen", run_screen, run, NULL, &screen);
	if (status != ST_OK)
		return status;
	if (run->store != NULL)
		status = fiber_new(run->world, "store", run_store, run, NULL, &store);
	if (status == ST_OK)
		status = fiber_new(run->world, "pass", run_pass, run, &run->pass_done, &pass);
	if (status != ST_OK) {
		fiber_cancel(screen);
		if (store != NULL)
			fiber_cancel(store);
	}
	return status;
}

static enum status
build(struct run *run)
{
	enum status status = loop_new(&run->loop, &run->fault);

	if (status != ST_OK)
		return status;
	run->world = loop_world(run->loop);
	run->wish.loop = run->loop;
	status = open_ledger(run);
	if (status == ST_OK)
		status = pass_new(run->world, run->options, run->ledger, run->sink, &run->pass);
	if (status == ST_OK)
		status = watch_signals(run);
	if (status == ST_OK)
		status = fiber_guard_install();
	if (status == ST_OK)
		status = cli_oauth_open(&run->oauth, &run->wish, &run->fault);
	if (status == ST_OK)
		status = start_fibers(run);
	if (status != ST_OK)
		fault_set(&run->fault, not_started, "The pass could not be started (%s).",
		    status_name(status));
	return status;
}

static void
run_to_end(struct run *run)
{
	enum status status = build(run);

	if (status != ST_OK)
		cli_oauth_stop(&run->oauth);
	/* Also after a failed start: a fiber that was canceled still has to end. */
	if (run->loop != NULL && loop_run(run->loop) != ST_OK && status == ST_OK)
		fault_set(&run->fault, not_started, "The event loop failed.");
}

static void
run_fini(struct run *run)
{
	if (run->pass != NULL)
		pass_free(&run->pass);
	cli_oauth_close(&run->oauth);
	sync_ledger_free(&run->ledger);
	loop_watch_free(&run->store_watch);
	store_ledger_free(&run->store);
	if (run->loop != NULL)
		loop_free(&run->loop);
	fiber_pool_drain();
}

/* Cleared memory for a command's objects, or NULL and a sentence. */
static void *
take_command(size_t size)
{
	void *command = mem_take(size);

	if (command == NULL)
		fputs("godwit: There is no memory to start.\n", stderr);
	else
		memset(command, 0, size);
	return command;
}

static void
give_command(void *command, size_t size)
{
	secret_wipe_memory(command, size);
	mem_give(command);
}

static enum cli_status
copy(struct cmd_copy *command, int argc, char **argv)
{
	struct run run = {
	    .copy = command,
	    .options = &command->pass,
	    .sink = &command->report.sink,
	    .screen = &command->screen,
	    .wish = {.src = &command->settings.src,
		.src_account = &command->pass.src,
		.dst = &command->settings.dst,
		.dst_account = &command->pass.dst,
		.tell = cmd_copy_tell,
		.argument = command},
	};
	const struct pass_progress *progress = NULL;
	struct tick now = {0};
	enum cli_status exit_status = CLI_STATUS_GREEN;
	enum status status = cmd_copy_open(command, argc, argv, &run.fault);

	if (status == ST_OK) {
		run_to_end(&run);
		progress = run.has_begun ? pass_progress(run.pass) : NULL;
		now = run.world == NULL ? now : world_now(run.world);
	}
	if (status != ST_END)
		exit_status = cmd_copy_finish(command, progress, &run.fault, now);
	run_fini(&run);
	return exit_status;
}

static int
run_copy(int argc, char **argv)
{
	struct cmd_copy *command = take_command(sizeof(*command));
	enum cli_status exit_status;

	if (command == NULL)
		return CLI_STATUS_PERSON;
	cmd_copy_init(command, monotonic_now);
	exit_status = copy(command, argc, argv);
	cmd_copy_fini(command);
	give_command(command, sizeof(*command));
	return (int)exit_status;
}

static enum cli_status
check(struct cmd_check *command, int argc, char **argv)
{
	struct run run = {
	    .check = command,
	    .options = &command->pass,
	    .sink = &command->report.sink,
	    .screen = &command->screen,
	    .wish = {.src = &command->src,
		.src_account = &command->pass.src,
		.dst = &command->dst,
		.dst_account = &command->pass.dst,
		.tell = cmd_check_tell,
		.argument = command},
	};
	enum cli_status exit_status = CLI_STATUS_GREEN;
	enum status status = cmd_check_open(command, argc, argv, &run.fault);

	if (status == ST_OK)
		run_to_end(&run);
	if (status != ST_END)
		exit_status = cmd_check_finish(command, run.has_begun, &run.fault);
	run_fini(&run);
	return exit_status;
}

static int
run_check(int argc, char **argv)
{
	struct cmd_check *command = take_command(sizeof(*command));
	enum cli_status exit_status;

	if (command == NULL)
		return CLI_STATUS_PERSON;
	cmd_check_init(command, monotonic_now);
	exit_status = check(command, argc, argv);
	cmd_check_fini(command);
	give_command(command, sizeof(*command));
	return (int)exit_status;
}

/* One row a command. */
static const struct cli_command commands[] = {
    {"copy", "SOURCE DESTINATION",
	"bring one mailbox up to date; run it again and it brings only what changed",
	cmd_copy_print_help, run_copy},
    {"check", "SOURCE [DESTINATION]", "can it be done, how long will it take; writes nothing",
	cmd_check_print_help, run_check},
};

enum {
	COMMAND_COUNT = sizeof(commands) / sizeof(*commands)
};

/* All of godwit, or one command, on `stream`. */
static void
print_help(FILE *stream, const struct cli_command *command)
{
	struct buf buf;
	struct cli_page page = cli_screen_begin_page(stream, &buf);

	page.columns = CLI_HELP_COLUMNS;
	if (command != NULL)
		command->print_help(&page);
	else
		cli_command_print_help(commands, COMMAND_COUNT, &page);
	cli_screen_end_page(stream, &page);
}

static int
complain_command(const char *word)
{
	char quoted[FAULT_QUOTE_SIZE];

	fprintf(stderr, "godwit: There is no command \"%s\" (see godwit --help).\n",
	    fault_quote(bytes_of_string(word), quoted));
	return CLI_STATUS_USAGE;
}

static int
run_help(int argc, char **argv)
{
	const struct cli_command *command = NULL;

	if (argc > 1) {
		command = cli_command_find(commands, COMMAND_COUNT, argv[1]);
		if (command == NULL)
			return complain_command(argv[1]);
	}
	print_help(stdout, command);
	return CLI_STATUS_GREEN;
}

int
main(int argc, char **argv)
{
	const struct cli_command *command;

	hide_memory();
	if (argc < 2) {
		print_help(stderr, NULL);
		return CLI_STATUS_USAGE;
	}
	if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0)
		return run_help(argc - 1, argv + 1);
	if (strcmp(argv[1], "--version") == 0) {
		printf("godwit %s\n", cli_version());
		return CLI_STATUS_GREEN;
	}
	command = cli_command_find(commands, COMMAND_COUNT, argv[1]);
	if (command == NULL)
		return complain_command(argv[1]);
	return command->run(argc - 1, argv + 1);
}
