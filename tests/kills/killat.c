/* SPDX-License-Identifier: Apache-2.0
 *
 * A library to preload: it kills its own process with SIGKILL at the instant that KILLAT names.
 *
 *   before state 7      before the seventh durable write below the folder KILLAT_STATE
 *   after state 7       when that has returned
 *   within send 3       when half of the octets of the third send have gone to a socket
 *   past send 3 by 250  so many microseconds after the third send began
 *
 * A durable write is a write, a sync, a new length, a new name or a removal. KILLAT_TALLY names
 * a file of two counters, state and send, which live on when the process is dead. Without
 * KILLAT it only counts.
 */
/* Each function is defined under its own name: pwrite must not become pwrite64 here. */
#undef _FORTIFY_SOURCE
#undef _FILE_OFFSET_BITS
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum kind {
	STATE,
	SEND,
	KINDS,
	NEITHER = KINDS
};

enum moment {
	BEFORE,
	WITHIN,
	AFTER,
	PAST,
	MOMENTS,
	NEVER = MOMENTS
};

struct event {
	enum kind kind;
	uint64_t number; /* from 1 */
};

static const char *const kind_words[KINDS] = {"state", "send"};
static const char *const moment_words[MOMENTS] = {"before", "within", "after", "past"};

static enum moment at_moment = NEVER;
static struct event at_event;
static unsigned long long by_us;
static const char *folder;
static _Atomic uint64_t *tally;

/* stdio writes past every wrapper of write, so mbsync's journal is caught where it prints. */
__attribute__((format(printf, 3, 0))) int __vfprintf_chk(
    FILE *file, int flag, const char *format, va_list words);

static void
fail(const char *why)
{
	fprintf(stderr, "killat: %s\n", why);
	_exit(125);
}

/* Which of the words comes next; the text goes on behind it. */
static int
read_word(const char **text, const char *const *words, int count)
{
	size_t size = strcspn(*text, " ");

	for (int i = 0; i < count; i++)
		if (strlen(words[i]) == size && strncmp(*text, words[i], size) == 0) {
			*text += size + ((*text)[size] == ' ');
			return i;
		}
	fail("KILLAT is no instant");
	return count;
}

static void
read_instant(const char *text)
{
	int moment = read_word(&text, moment_words, MOMENTS);
	int kind = read_word(&text, kind_words, KINDS);
	char *end;

	at_moment = (enum moment)moment;
	at_event.kind = (enum kind)kind;
	at_event.number = strtoull(text, &end, 10);
	if (at_moment == PAST && strncmp(end, " by ", 4) == 0)
		by_us = strtoull(end + 4, &end, 10);
	if (at_event.number == 0 || *end != '\0')
		fail("KILLAT is no instant");
}

__attribute__((constructor)) static void
begin(void)
{
	const char *instant = getenv("KILLAT");
	const char *path = getenv("KILLAT_TALLY");
	int file = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);
	void *counters =
	    mmap(NULL, KINDS * sizeof(*tally), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);

	if (counters == MAP_FAILED)
		fail("KILLAT_TALLY is no file that can be mapped");
	close(file);
	tally = counters;
	folder = getenv("KILLAT_STATE");
	if (instant != NULL)
		read_instant(instant);
}

static bool
is_below(const char *path)
{
	size_t size = folder == NULL ? 0 : strlen(folder);

	return size > 0 && strncmp(path, folder, size) == 0 && path[size] == '/';
}

static enum kind
kind_of_path(const char *path)
{
	return is_below(path) ? STATE : NEITHER;
}

/* errno is the caller's: what is asked here must not change it. */
static enum kind
kind_of(int file)
{
	int before = errno;
	int domain = AF_UNSPEC;
	socklen_t size = sizeof(domain);
	char link[32];
	char path[1024];
	enum kind kind = NEITHER;

	if (getsockopt(file, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0) {
		if (domain == AF_INET || domain == AF_INET6)
			kind = SEND;
	} else if (errno == ENOTSOCK) {
		snprintf(link, sizeof(link), "/proc/self/fd/%d", file);
		ssize_t length = readlink(link, path, sizeof(path) - 1);
		if (length > 0) {
			path[length] = '\0';
			kind = kind_of_path(path);
		}
	}
	errno = before;
	return kind;
}

static bool
is_the_instant(enum moment moment, struct event event)
{
	return at_moment == moment && at_event.kind == event.kind &&
	    at_event.number == event.number;
}

static void
die(void)
{
	kill(getpid(), SIGKILL);
	for (;;)
		pause();
}

static void *
die_later(void *unused)
{
	struct timespec time = {(time_t)(by_us / 1000000), (long)(by_us % 1000000) * 1000};

	(void)unused;
	clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL);
	die();
	return NULL;
}

/* The thread takes no signal that is meant for the program. */
static void
arm(void)
{
	pthread_t thread;
	sigset_t all;
	sigset_t before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (pthread_create(&thread, NULL, die_later, NULL) != 0)
		fail("there is no thread to be had");
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static struct event
enter(enum kind kind)
{
	struct event event = {kind, 0};

	if (kind == NEITHER || tally == NULL)
		return event;
	event.number = atomic_fetch_add(&tally[kind], 1) + 1;
	if (is_the_instant(BEFORE, event))
		die();
	if (is_the_instant(PAST, event))
		arm();
	return event;
}

/* How much of so many octets or pieces goes out before the end. */
static size_t
share(struct event event, size_t size)
{
	return is_the_instant(WITHIN, event) ? size / 2 : size;
}

static long
leave(struct event event, long result)
{
	if (is_the_instant(WITHIN, event) || is_the_instant(AFTER, event))
		die();
	return result;
}

ssize_t
write(int file, const void *octets, size_t size)
{
	struct event event = enter(kind_of(file));

	return leave(event, syscall(SYS_write, file, octets, share(event, size)));
}

ssize_t
pwrite(int file, const void *octets, size_t size, off_t place)
{
	struct event event = enter(kind_of(file));

	return leave(event, syscall(SYS_pwrite64, file, octets, share(event, size), place));
}

ssize_t
pwrite64(int file, const void *octets, size_t size, off64_t place)
{
	return pwrite(file, octets, size, place);
}

ssize_t
writev(int file, const struct iovec *pieces, int count)
{
	struct event event = enter(kind_of(file));

	return leave(event, syscall(SYS_writev, file, pieces, share(event, (size_t)count)));
}

ssize_t
send(int socket, const void *octets, size_t size, int flags)
{
	return sendto(socket, octets, size, flags, NULL, 0);
}

ssize_t
sendto(int socket, const void *octets, size_t size, int flags, __CONST_SOCKADDR_ARG address,
    socklen_t address_size)
{
	struct event event = enter(kind_of(socket));

	return leave(event,
	    syscall(SYS_sendto, socket, octets, share(event, size), flags, address.__sockaddr__,
		address_size));
}

ssize_t
sendmsg(int socket, const struct msghdr *message, int flags)
{
	struct event event = enter(kind_of(socket));
	struct msghdr part = *message;

	part.msg_iovlen = share(event, part.msg_iovlen);
	return leave(event, syscall(SYS_sendmsg, socket, &part, flags));
}

int
fsync(int file)
{
	struct event event = enter(kind_of(file));

	return (int)leave(event, syscall(SYS_fsync, file));
}

int
fdatasync(int file)
{
	struct event event = enter(kind_of(file));

	return (int)leave(event, syscall(SYS_fdatasync, file));
}

int
ftruncate(int file, off_t size)
{
	struct event event = enter(kind_of(file));

	return (int)leave(event, syscall(SYS_ftruncate, file, size));
}

int
ftruncate64(int file, off64_t size)
{
	return ftruncate(file, size);
}

int
unlink(const char *path)
{
	struct event event = enter(kind_of_path(path));

	return (int)leave(event, syscall(SYS_unlink, path));
}

int
rename(const char *from, const char *to)
{
	struct event event = enter(kind_of_path(to));

	return (int)leave(event, syscall(SYS_rename, from, to));
}

int
__vfprintf_chk(FILE *file, int flag, const char *format, va_list words)
{
	struct event event = enter(kind_of(fileno(file)));

	(void)flag;
	return (int)leave(event, vfprintf(file, format, words));
}
