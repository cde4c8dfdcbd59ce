/* SPDX-License-Identifier: Apache-2.0
 *
 * The reading side of a helper process. The loop only wakes; a fiber of its own reads the pipe,
 * and so it never meets a log-in half-way: fibers switch in waits only.
 *
 *   no token yet ──► good ◄──► stale        The last frame of the helper, or its end, fixes the
 *        └───────────┴──► ended             sentence that `wait` gives from then on.
 */
#include "bridge/token.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/secret.h"
#include "bridge/token_frame.h"
#include "mail/account.h"
#include "net/fiber.h"
#include "net/loop.h"
#include "net/world.h"

enum {
	READ_SIZE = 1024,
	FAREWELL_MS = 2000, /* a request under way may have to be stored before the end */
	FIRST_INHERITED = 3
};

/* The helper gives up much earlier; this is for one that hangs. */
static const int64_t patience_us = 300 * 1000000LL;

struct bridge_token {
	struct bridge_token_settings settings;
	struct world *world;
	struct loop_watch *watch;
	struct fiber *fiber; /* NULL: has ended */
	struct fiber_source input;
	struct fiber_source changed;
	struct tick expires;
	struct fault end; /* set: no token will follow */
	bool has_token;
	int pipe; /* -1: closed */
	pid_t pid;
	struct bridge_token_reader reader;
};

#define TOKEN_FAULT(status, cause, retry)                                                      \
	((struct fault_kind){(status), (cause), FAULT_ENDPOINT, (retry)})

/* --- What the helper says. --- */

static void
end_with(struct bridge_token *token, enum fault_cause cause, const char *sentence)
{
	fault_set(&token->end, TOKEN_FAULT(ST_REFUSED, cause, RETRY_NEVER), "%s", sentence);
	if (token->has_token)
		token->settings.tell(token->settings.argument, token->end.text);
}

static void
take_sentence(struct bridge_token *token, const struct bridge_token_frame *frame)
{
	char text[FAULT_TEXT_SIZE];

	snprintf(text, sizeof(text), "The %s: %.*s", token->settings.side,
	    (int)frame->sentence.size, (const char *)frame->sentence.data);
	if (frame->is_final)
		end_with(token, frame->cause, text);
	else if (token->has_token)
		token->settings.tell(token->settings.argument, text);
}

static void
take_frame(struct bridge_token *token, const struct bridge_token_frame *frame)
{
	if (frame->kind == BRIDGE_TOKEN_FRAME_FAULT) {
		take_sentence(token, frame);
		return;
	}
	/* The reader has looked at each octet: what it lends is a secret's content. */
	if (secret_set(token->settings.token, frame->token) != ST_OK)
		return;
	token->expires = tick_after(world_now(token->world), frame->life_s * 1000000LL);
	token->has_token = true;
}

/* ST_AGAIN: all that has come is read. ST_END: the pipe or its content has ended. */
static enum status
read_frames(struct bridge_token *token)
{
	uint8_t octets[READ_SIZE];
	struct bridge_token_frame frame;
	struct bytes rest;
	enum status status = ST_AGAIN;
	ssize_t got = read(token->pipe, octets, sizeof(octets));

	if (got < 0)
		return errno == EAGAIN || errno == EINTR ? ST_AGAIN : ST_END;
	rest = bytes_of(octets, (size_t)got);
	while (status != ST_SYNTAX && rest.size > 0) {
		rest = bytes_skip(rest, bridge_token_reader_feed(&token->reader, rest));
		while ((status = bridge_token_reader_next(&token->reader, &frame)) == ST_OK)
			take_frame(token, &frame);
	}
	secret_wipe_memory(octets, sizeof(octets));
	if (status == ST_SYNTAX)
		end_with(token, CAUSE_OTHER, "godwit-token says what it should not.");
	return got == 0 || status == ST_SYNTAX ? ST_END : ST_OK;
}

static void
stop_watching(struct bridge_token *token)
{
	loop_watch_free(&token->watch);
	if (token->pipe >= 0)
		close(token->pipe);
	token->pipe = -1;
}

static void
run_reader(void *argument)
{
	struct bridge_token *token = argument;
	struct fiber_source *input = &token->input;
	enum status status = ST_OK;

	while (status != ST_END) {
		status = read_frames(token);
		fiber_signal(&token->changed);
		if (status == ST_AGAIN && fiber_wait(&input, 1, TICK_NEVER) == FIBER_CANCELED)
			break;
	}
	if (status == ST_END && !fault_is_set(&token->end))
		end_with(token, CAUSE_OTHER, "godwit-token has ended without a word.");
	stop_watching(token);
	fiber_signal(&token->changed);
	token->fiber = NULL;
}

/* --- Its life. --- */

/* Nothing of ours is handed on but the writing end, as its standard output; it leads a process
 * group of its own, so that Ctrl-C does not end it before us. */
static int
spawn(const char *program, char *const *words, int output, pid_t *pid_out)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t none;
	sigset_t usual;
	int error;

	sigemptyset(&none);
	sigemptyset(&usual);
	sigaddset(&usual, SIGPIPE);
	sigaddset(&usual, SIGTERM);
	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &usual);
	posix_spawnattr_setflags(&attributes,
	    POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	error =
	    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (error == 0)
		error = posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
	if (error == 0)
		error = posix_spawn_file_actions_addclosefrom_np(&files, FIRST_INHERITED);
	if (error == 0)
		error = posix_spawn(pid_out, program, &files, &attributes, words, environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attributes);
	return error;
}

static enum status
start_program(struct bridge_token *token, const struct bridge_token_settings *settings,
    struct fault *fault)
{
	/* posix_spawn does not write into its words, it only says so too late. */
	union {
		const char *in[7];
		char *out[7];
	} words = {.in = {"godwit-token", "serve", "--store", settings->store, "--user",
		       settings->user, NULL}};
	char quoted[FAULT_QUOTE_SIZE];
	int ends[2];
	int error;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return fault_set(fault, TOKEN_FAULT(ST_IO, CAUSE_OTHER, RETRY_LATER),
		    "There is no pipe for godwit-token: %s.", strerror(errno));
	token->pipe = ends[0];
	error = spawn(settings->program, words.out, ends[1], &token->pid);
	close(ends[1]);
	if (error != 0)
		return fault_set(fault, TOKEN_FAULT(ST_IO, CAUSE_OTHER, RETRY_NEVER),
		    "Cannot start %s: %s. It must lie beside godwit.",
		    fault_quote(bytes_of_string(settings->program), quoted), strerror(error));
	if (fcntl(token->pipe, F_SETFL, O_NONBLOCK) != 0)
		return fault_set(fault, TOKEN_FAULT(ST_IO, CAUSE_OTHER, RETRY_LATER),
		    "The pipe of godwit-token cannot be used: %s.", strerror(errno));
	return ST_OK;
}

enum status
bridge_token_open(struct loop *loop, const struct bridge_token_settings *settings,
    struct bridge_token **token_out, struct fault *fault)
{
	struct bridge_token *token = mem_take(sizeof(*token));
	enum status status;

	if (token == NULL)
		return fault_set(fault, TOKEN_FAULT(ST_MEMORY, CAUSE_MEMORY, RETRY_LATER),
		    "There is no memory for a token.");
	memset(token, 0, sizeof(*token));
	token->settings = *settings;
	token->settings.program = NULL;
	token->settings.store = NULL;
	token->world = loop_world(loop);
	token->pipe = -1;
	bridge_token_reader_init(&token->reader);
	status = start_program(token, settings, fault);
	if (status == ST_OK)
		status = loop_on_input(loop, token->pipe, &token->input, &token->watch);
	if (status == ST_OK)
		status =
		    fiber_new(token->world, "token", run_reader, token, NULL, &token->fiber);
	if (status != ST_OK) {
		bridge_token_close(&token);
		return fault_set(fault, TOKEN_FAULT(status, CAUSE_OTHER, RETRY_LATER),
		    "godwit-token cannot be listened to (%s).", status_name(status));
	}
	*token_out = token;
	return ST_OK;
}

static enum status
say_end(const struct bridge_token *token, struct fault *fault)
{
	return fault_set(fault,
	    TOKEN_FAULT(token->end.status, token->end.cause, token->end.retry), "%s",
	    token->end.text);
}

enum status
bridge_token_wait(struct bridge_token *token, struct fault *fault)
{
	struct tick deadline = tick_after(world_now(token->world), patience_us);
	struct fiber_source *changed = &token->changed;

	while (!token->has_token && !fault_is_set(&token->end)) {
		enum fiber_wake wake = fiber_wait(&changed, 1, deadline);

		if (wake == FIBER_CANCELED)
			return fault_set(fault,
			    TOKEN_FAULT(ST_CANCELED, CAUSE_CANCELED, RETRY_LATER),
			    "Interrupted before there was a token for the %s.",
			    token->settings.side);
		if (wake == FIBER_TIMEOUT)
			return fault_set(fault,
			    TOKEN_FAULT(ST_TIMEOUT, CAUSE_NETWORK, RETRY_LATER),
			    "godwit-token brought no token for the %s.", token->settings.side);
	}
	return token->has_token ? ST_OK : say_end(token, fault);
}

enum status
bridge_token_renew(struct account_login *login, struct fault *fault)
{
	const struct bridge_token *token = login->renew_argument;
	bool is_stale = !tick_is_before(world_now(token->world), token->expires);

	/* While another may still come, the server decides about the old one. */
	if (is_stale && fault_is_set(&token->end))
		return say_end(token, fault);
	return ST_OK;
}

void
bridge_token_stop(struct bridge_token *token)
{
	if (token != NULL && token->fiber != NULL)
		fiber_cancel(token->fiber);
}

/* Asks the program to end. One that is in the middle of a request ends after it: the answer may
 * hold a new refresh token, which must reach its file. */
static void
end_program(pid_t pid)
{
	struct pollfd ended = {.fd = pidfd_open(pid, 0), .events = POLLIN};

	kill(pid, SIGTERM);
	if (ended.fd >= 0) {
		(void)poll(&ended, 1, FAREWELL_MS);
		close(ended.fd);
	}
	(void)waitpid(pid, NULL, WNOHANG);
}

void
bridge_token_close(struct bridge_token **token)
{
	struct bridge_token *closed = *token;

	if (closed == NULL)
		return;
	stop_watching(closed);
	if (closed->pid > 0)
		end_program(closed->pid);
	bridge_token_reader_fini(&closed->reader);
	mem_give(closed);
	*token = NULL;
}

enum status
bridge_token_program(char *path_out, size_t size)
{
	static const char name[] = "godwit-token";
	ssize_t got = readlink("/proc/self/exe", path_out, size);
	char *end;

	if (got <= 0)
		return ST_IO;
	if ((size_t)got >= size)
		return ST_LIMIT;
	path_out[got] = '\0';
	end = strrchr(path_out, '/') + 1;
	if ((size_t)(end - path_out) + sizeof(name) > size)
		return ST_LIMIT;
	memcpy(end, name, sizeof(name));
	return ST_OK;
}
