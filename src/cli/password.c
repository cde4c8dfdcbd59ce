/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/password.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "base/mem.h"

enum {
	LINE_SIZE_MAX = SECRET_SIZE_MAX + 2, /* the line end may be CR LF */
	PROMPT_SIZE = 512
};

static const struct fault_kind usage = {ST_SYNTAX, CAUSE_USAGE, FAULT_PROCESS, RETRY_NEVER};
static const struct fault_kind no_file = {ST_IO, CAUSE_USAGE, FAULT_PROCESS, RETRY_NEVER};
static const struct fault_kind no_memory = {
    ST_MEMORY, CAUSE_MEMORY, FAULT_PROCESS, RETRY_LATER};
static const struct fault_kind canceled = {
    ST_CANCELED, CAUSE_CANCELED, FAULT_PROCESS, RETRY_NEVER};

/* Reads up to the end of the first line, the end of the file, or one octet too many. */
static enum status
read_line(int fd, uint8_t line[static LINE_SIZE_MAX], size_t *size_out)
{
	size_t size = 0;

	while (size < LINE_SIZE_MAX) {
		ssize_t got = read(fd, line + size, LINE_SIZE_MAX - size);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return ST_IO;
		if (got == 0)
			break;
		size += (size_t)got;
		if (memchr(line, '\n', size) != NULL)
			break;
	}
	*size_out = size;
	return ST_OK;
}

static struct bytes
first_line(struct bytes text)
{
	struct bytes line = bytes_first(text, bytes_find(text, '\n', 0));

	while (line.size > 0 && line.data[line.size - 1] == '\r')
		line.size--;
	return line;
}

/* The number in "/dev/fd/N"; -1 for every other path. */
static int
descriptor_of(const char *path)
{
	uint64_t number;

	if (strcmp(path, "/dev/stdin") == 0)
		return STDIN_FILENO;
	if (strncmp(path, "/dev/fd/", 8) != 0 ||
	    bytes_number(bytes_of_string(path + 8), 1048575, &number) != ST_OK)
		return -1;
	return (int)number;
}

/* A file, and what it is called in sentences. */
struct place {
	const char *path;
	const char *side;
	const char *what; /* "password" */
};

static enum status
open_file(const struct place *place, int *fd_out, bool *is_open_out, struct fault *fault)
{
	char quoted[FAULT_QUOTE_SIZE];
	int number = descriptor_of(place->path);
	int fd;
	struct stat about;

	if (number >= 0)
		fd = fcntl(number, F_DUPFD_CLOEXEC, 3);
	else
		fd = open(place->path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return fault_set(fault, no_file, "Cannot read the %s %s file %s: %s.",
		    place->side, place->what, fault_quote(bytes_of_string(place->path), quoted),
		    strerror(errno));
	*fd_out = fd;
	*is_open_out = fstat(fd, &about) == 0 && S_ISREG(about.st_mode) &&
	    (about.st_mode & (S_IRGRP | S_IROTH)) != 0;
	return ST_OK;
}

static enum status
read_place(const struct place *place, struct secret *secret_out, bool *is_open_out,
    struct fault *fault)
{
	uint8_t *text;
	char quoted[FAULT_QUOTE_SIZE];
	struct bytes line;
	size_t size = 0;
	int fd = -1;
	enum status status = open_file(place, &fd, is_open_out, fault);

	if (status != ST_OK)
		return status;
	fault_quote(bytes_of_string(place->path), quoted);
	text = mem_take(LINE_SIZE_MAX);
	if (text == NULL) {
		close(fd);
		return fault_set(fault, no_memory, "There is no memory to read %s.", quoted);
	}
	status = read_line(fd, text, &size);
	if (status != ST_OK) {
		status = fault_set(fault, no_file, "Cannot read the %s %s file %s: %s.",
		    place->side, place->what, quoted, strerror(errno));
		goto out;
	}
	line = first_line(bytes_of(text, size));
	if (line.size == 0)
		status =
		    fault_set(fault, usage, "The first line of the %s %s file %s is empty.",
			place->side, place->what, quoted);
	else if (line.size > SECRET_SIZE_MAX)
		status = fault_set(fault, usage,
		    "The first line of the %s %s file %s is longer than %d octets.",
		    place->side, place->what, quoted, SECRET_SIZE_MAX);
	else if (secret_set(secret_out, line) != ST_OK)
		status = fault_set(fault, usage,
		    "The %s %s file %s holds a NUL or CR octet, which no secret can "
		    "have.",
		    place->side, place->what, quoted);
out:
	secret_wipe_memory(text, LINE_SIZE_MAX);
	mem_give(text);
	close(fd);
	return status;
}

enum status
cli_password_read(const char *path, const char *side, struct secret *secret_out,
    bool *is_open_out, struct fault *fault)
{
	struct place place = {path, side, "password"};

	return read_place(&place, secret_out, is_open_out, fault);
}

enum status
cli_password_read_token(const char *path, const char *side, struct secret *secret_out,
    bool *is_open_out, struct fault *fault)
{
	struct place place = {path, side, "token"};

	return read_place(&place, secret_out, is_open_out, fault);
}

bool
cli_password_can_read_again(const char *path)
{
	struct stat about;

	return descriptor_of(path) < 0 && stat(path, &about) == 0 && S_ISREG(about.st_mode);
}

static bool
write_whole(int fd, const char *text, size_t size)
{
	while (size > 0) {
		ssize_t put = write(fd, text, size);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return false;
		text += put;
		size -= (size_t)put;
	}
	return true;
}

static void
write_prompt(int terminal, const struct account *account)
{
	char user[FAULT_QUOTE_SIZE];
	char host[FAULT_QUOTE_SIZE];
	char prompt[PROMPT_SIZE];

	const char *name = account->login != NULL && account->login->master != NULL
	    ? account->login->master
	    : account->user;

	fault_quote(bytes_of_string(name), user);
	fault_quote(bytes_of_string(account->host), host);
	snprintf(
	    prompt, sizeof(prompt), "Password for %s at %s (%s): ", user, host, account->side);
	/* A terminal that takes no prompt gives no line either. */
	(void)!write_whole(terminal, prompt, strlen(prompt));
}

/* Waits for a line or for a signal: ST_AGAIN after a stop, ST_CANCELED after any other. */
static enum status
await_line(int terminal, int signals)
{
	struct pollfd waits[] = {
	    {.fd = terminal, .events = POLLIN}, {.fd = signals, .events = POLLIN}};
	struct signalfd_siginfo info;

	while (poll(waits, 2, -1) < 0) {
		if (errno != EINTR)
			return ST_IO;
	}
	if ((waits[1].revents & POLLIN) == 0)
		return ST_OK;
	if (read(signals, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return ST_IO;
	return info.ssi_signo == SIGTSTP ? ST_AGAIN : ST_CANCELED;
}

static void
watched_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
	sigaddset(set, SIGQUIT);
	sigaddset(set, SIGTSTP);
}

/* One prompt with echo off. The signals stay blocked from before the echo goes until after it
 * is back, and are read as data in between: no handler and no global is needed. */
static enum status
ask_once(int terminal, const struct account *account, uint8_t line[static LINE_SIZE_MAX],
    size_t *size_out)
{
	struct termios before;
	struct termios silent;
	sigset_t watched;
	sigset_t mask_before;
	int signals;
	enum status status;

	watched_signals(&watched);
	if (tcgetattr(terminal, &before) != 0)
		return ST_IO;
	signals = signalfd(-1, &watched, SFD_CLOEXEC);
	if (signals < 0)
		return ST_IO;
	sigprocmask(SIG_BLOCK, &watched, &mask_before);
	silent = before;
	silent.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
	silent.c_lflag |= ICANON | ISIG;
	tcsetattr(terminal, TCSAFLUSH, &silent);
	write_prompt(terminal, account);
	status = await_line(terminal, signals);
	if (status == ST_OK)
		status = read_line(terminal, line, size_out);
	tcsetattr(terminal, TCSAFLUSH, &before);
	(void)!write_whole(terminal, "\n", 1);
	close(signals);
	sigprocmask(SIG_SETMASK, &mask_before, NULL);
	return status;
}

enum status
cli_password_ask_on(
    int terminal, const struct account *account, struct secret *secret_out, struct fault *fault)
{
	uint8_t *text = mem_take(LINE_SIZE_MAX);
	size_t size = 0;
	struct bytes line;
	enum status status;

	if (text == NULL)
		return fault_set(fault, no_memory, "There is no memory to ask for a password.");
	for (;;) {
		status = ask_once(terminal, account, text, &size);
		if (status != ST_AGAIN)
			break;
		raise(SIGTSTP); /* and asks again when it is continued */
	}
	line = first_line(bytes_of(text, status == ST_OK ? size : 0));
	if (status == ST_CANCELED)
		status = fault_set(fault, canceled, "Interrupted at the password prompt.");
	else if (status != ST_OK)
		status =
		    fault_set(fault, no_file, "Cannot read the terminal: %s.", strerror(errno));
	else if (line.size == 0)
		status =
		    fault_set(fault, usage, "No password was given for the %s.", account->side);
	else if (line.size > SECRET_SIZE_MAX)
		status = fault_set(fault, usage, "The %s password is longer than %d octets.",
		    account->side, SECRET_SIZE_MAX);
	else if (secret_set(secret_out, line) != ST_OK)
		status = fault_set(fault, usage,
		    "The %s password holds a NUL or CR octet, which no password can have.",
		    account->side);
	secret_wipe_memory(text, LINE_SIZE_MAX);
	mem_give(text);
	return status;
}

enum status
cli_password_ask(const struct account *account, struct secret *secret_out, struct fault *fault)
{
	int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	enum status status;

	if (terminal < 0)
		return fault_set(fault, usage,
		    "There is no terminal to ask for the %s password; give it with "
		    "--%s-password-file FILE.",
		    account->side, account->side);
	status = cli_password_ask_on(terminal, account, secret_out, fault);
	close(terminal);
	return status;
}
