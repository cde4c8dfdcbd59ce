/* SPDX-License-Identifier: Apache-2.0
 *
 * The life of a ledger: what it is made of comes in one order and goes in the other.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/check.h"
#include "base/mem.h"
#include "store/ledger_private.h"
#include "store/place.h"

enum {
	/* SQLite was seen to use 12 KiB; the sanitizers' own frames and the thread's data come
	 * on top. Only pages that are touched cost memory. */
	STACK_SIZE = 256 << 10,
	OPENING_WAIT_MS = 30000,
	OPENING_STEP_MS = 10,
};

static const struct fault_kind no_place = {ST_IO, CAUSE_OTHER, FAULT_PROCESS, RETRY_NEVER};
static const struct fault_kind no_memory = {
    ST_MEMORY, CAUSE_MEMORY, FAULT_PROCESS, RETRY_LATER};

static enum status
refuse_folder(const char *folder, struct fault *fault)
{
	char quoted[FAULT_QUOTE_SIZE];
	const char *why = strerror(errno);

	return fault_set(fault, no_place,
	    "The folder of the ledger, %s, cannot be used: %s. Let this user write in it, or "
	    "name another.",
	    fault_quote(bytes_of_string(folder), quoted), why);
}

static enum status
take_path(struct store_ledger *ledger, const char *folder)
{
	size_t size = strlen(folder) + sizeof("/ledger.db");

	ledger->path = mem_take(size);
	if (ledger->path == NULL)
		return ST_MEMORY;
	snprintf(ledger->path, size, "%s/ledger.db", folder);
	return ST_OK;
}

/* One at a time opens; each needs some milliseconds. The lock goes with its descriptor. */
static enum status
wait_for_turn(const struct store_ledger *ledger, int *turn_out)
{
	int fd =
	    openat(ledger->locks, "opening", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return ST_IO;
	for (int waited_ms = 0; flock(fd, LOCK_EX | LOCK_NB) != 0;
	     waited_ms += OPENING_STEP_MS) {
		if ((errno != EWOULDBLOCK && errno != EINTR) || waited_ms > OPENING_WAIT_MS) {
			close(fd);
			return ST_IO;
		}
		poll(NULL, 0, OPENING_STEP_MS);
	}
	*turn_out = fd;
	return ST_OK;
}

/* Nothing that the system sends to the process is taken by the writer: signals belong to the
 * loop. */
static enum status
start_writer(struct store_ledger *ledger)
{
	pthread_attr_t attributes;
	sigset_t all, before;
	int result = pthread_attr_init(&attributes);

	if (result != 0)
		return ST_MEMORY;
	sigfillset(&all);
	sigdelset(&all, SIGSEGV);
	sigdelset(&all, SIGBUS);
	sigdelset(&all, SIGFPE);
	sigdelset(&all, SIGILL);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	result = pthread_attr_setstacksize(&attributes, STACK_SIZE);
	if (result == 0)
		result = pthread_create(&ledger->writer, &attributes, ledger_write, ledger);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	ledger->has_writer = result == 0;
	return result == 0 ? ST_OK : ST_MEMORY;
}

static void
init_wake(struct store_ledger *ledger)
{
	pthread_condattr_t attributes;

	CHECK(pthread_mutex_init(&ledger->mutex, NULL) == 0);
	CHECK(pthread_condattr_init(&attributes) == 0);
	CHECK(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0);
	CHECK(pthread_cond_init(&ledger->wake, &attributes) == 0);
	pthread_condattr_destroy(&attributes);
}

static enum status
open_place(struct store_ledger *ledger, const char *folder, int *turn_out)
{
	enum status status = store_place_open(folder, &ledger->folder);

	if (status == ST_OK)
		status = store_place_open_in(ledger->folder, "locks", &ledger->locks);
	if (status == ST_OK)
		status = wait_for_turn(ledger, turn_out);
	if (status == ST_OK)
		status = store_place_touch(ledger->folder, "ledger.db");
	return status;
}

static enum status
open_parts(struct store_ledger *ledger, struct fault *fault)
{
	enum status status = ledger_begin(ledger, fault);

	if (status != ST_OK)
		return status;
	ledger->claims.folder = ledger->locks;
	ledger->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (ledger->event < 0 || start_writer(ledger) != ST_OK)
		return fault_set(fault, no_memory, "There is no memory for the ledger.");
	return ST_OK;
}

static enum status
take_ledger(const char *folder, struct store_ledger **ledger_out)
{
	struct store_ledger *ledger = mem_take(sizeof(*ledger));
	enum status status;

	if (ledger == NULL)
		return ST_MEMORY;
	memset(ledger, 0, sizeof(*ledger));
	ledger->folder = ledger->locks = ledger->event = -1;
	ledger->port.ops = ledger_ops();
	buf_init(&ledger->found, LEDGER_RECORD_MAX);
	init_wake(ledger);
	status = take_path(ledger, folder);
	if (status == ST_OK)
		status = store_timed_init(&ledger->timed);
	if (status == ST_OK)
		*ledger_out = ledger;
	else
		store_ledger_free(&ledger);
	return status;
}

enum status
store_ledger_open(const char *folder, struct store_ledger **ledger_out, struct fault *fault)
{
	struct store_ledger *ledger = NULL;
	int turn = -1;
	enum status status = take_ledger(folder, &ledger);

	if (status != ST_OK)
		return fault_set(fault, no_memory, "There is no memory for the ledger.");
	status = open_place(ledger, folder, &turn);
	if (status != ST_OK)
		status = refuse_folder(folder, fault);
	else
		status = open_parts(ledger, fault);
	if (turn >= 0)
		close(turn);
	if (status == ST_OK)
		*ledger_out = ledger;
	else
		store_ledger_free(&ledger);
	return status;
}

static void
stop_writer(struct store_ledger *ledger)
{
	if (!ledger->has_writer) {
		store_sql_close(&ledger->sql, true);
		return;
	}
	pthread_mutex_lock(&ledger->mutex);
	ledger->is_closing = true;
	pthread_cond_signal(&ledger->wake);
	pthread_mutex_unlock(&ledger->mutex);
	pthread_join(ledger->writer, NULL);
	store_ledger_dispatch(ledger);
}

static void
close_descriptor(int fd)
{
	if (fd >= 0)
		close(fd);
}

void
store_ledger_free(struct store_ledger **ledger_in)
{
	struct store_ledger *ledger = *ledger_in;

	if (ledger == NULL)
		return;
	/* First, so that the writer is the last one of this process, and takes up the log. */
	store_sql_close(&ledger->reader, true);
	stop_writer(ledger);
	store_claims_fini(&ledger->claims);
	store_timed_fini(&ledger->timed);
	close_descriptor(ledger->event);
	close_descriptor(ledger->locks);
	close_descriptor(ledger->folder);
	buf_fini(&ledger->found);
	pthread_cond_destroy(&ledger->wake);
	pthread_mutex_destroy(&ledger->mutex);
	mem_give(ledger->path);
	mem_give(ledger);
	*ledger_in = NULL;
}
