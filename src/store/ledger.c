/* SPDX-License-Identifier: Apache-2.0
 *
 * The caller's side: what is submitted is copied into the queue, and what the writer has made
 * durable comes back to be settled. A receipt is written on the caller's thread only, so that
 * forgetting one needs no agreement with the writer.
 */
#include "store/ledger.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/ledger_private.h"

static struct store_ledger *
of_port(struct sync_store *store)
{
	return (struct store_ledger *)store;
}

static enum status
measure(const struct sync_change *changes, size_t count, size_t *size_out)
{
	size_t size = 0;

	for (size_t i = 0; i < count; i++) {
		if (changes[i].key.number > INT64_MAX)
			return ST_LIMIT;
		if (changes[i].is_removal)
			continue;
		if (changes[i].octets.size > LEDGER_RECORD_MAX)
			return ST_LIMIT;
		size += changes[i].octets.size;
		if (size > LEDGER_QUEUE_MAX)
			return ST_LIMIT;
	}
	*size_out = size;
	return ST_OK;
}

/* What an entry costs in the queue. */
static size_t
weight(const struct ledger_entry *entry)
{
	return sizeof(*entry) + entry->count * sizeof(*entry->changes) + entry->size;
}

static struct ledger_entry *
copy_changes(const struct sync_change *changes, size_t count, size_t size)
{
	struct ledger_entry *entry = mem_take(sizeof(*entry) + count * sizeof(*changes) + size);
	uint8_t *octets;

	if (entry == NULL)
		return NULL;
	*entry = (struct ledger_entry){.count = count, .size = size};
	octets = (uint8_t *)&entry->changes[count];
	for (size_t i = 0; i < count; i++) {
		struct sync_change *copy = &entry->changes[i];

		*copy = changes[i];
		copy->octets = bytes_of(octets, 0);
		if (changes[i].is_removal || changes[i].octets.size == 0)
			continue;
		memcpy(octets, changes[i].octets.data, changes[i].octets.size);
		copy->octets.size = changes[i].octets.size;
		octets += changes[i].octets.size;
	}
	return entry;
}

/* Under the mutex. */
static enum status
put(struct store_ledger *ledger, struct ledger_entry *entry)
{
	size_t size = weight(entry);

	if (ledger->trouble >= LEDGER_DAMAGED)
		return ST_IO;
	/* A single large one always finds its place in an empty queue. */
	if (ledger->queue.first != NULL && ledger->queue_size + size > LEDGER_QUEUE_MAX)
		return ST_LIMIT;
	if (ledger->queue.first == NULL)
		ledger->queue.first = entry;
	else
		ledger->queue.last->next = entry;
	ledger->queue.last = entry;
	ledger->queue_size += size;
	if (entry->is_awaited)
		ledger->awaited++;
	else
		ledger->lazy_size += size;
	if (entry->is_awaited || ledger->lazy_size >= LEDGER_LAZY_MAX)
		pthread_cond_signal(&ledger->wake);
	return ST_OK;
}

static enum status
submit(struct sync_store *store, const struct sync_change *changes, size_t count,
    struct sync_receipt *receipt)
{
	struct store_ledger *ledger = of_port(store);
	struct ledger_entry *entry;
	size_t size;
	enum status status = measure(changes, count, &size);

	if (status != ST_OK)
		return status;
	entry = copy_changes(changes, count, size);
	if (entry == NULL)
		return ST_MEMORY;
	entry->receipt = receipt;
	entry->is_awaited = receipt != NULL;
	pthread_mutex_lock(&ledger->mutex);
	status = put(ledger, entry);
	pthread_mutex_unlock(&ledger->mutex);
	if (status != ST_OK)
		mem_give(entry);
	else if (receipt != NULL)
		receipt->is_settled = false;
	return status;
}

static void
forget_in(struct ledger_entry *entry, const struct sync_receipt *receipt)
{
	for (; entry != NULL; entry = entry->next)
		if (entry->receipt == receipt)
			entry->receipt = NULL;
}

static void
forget(struct sync_store *store, struct sync_receipt *receipt)
{
	struct store_ledger *ledger = of_port(store);

	if (receipt == NULL)
		return;
	forget_in(ledger->settled.first, receipt);
	pthread_mutex_lock(&ledger->mutex);
	forget_in(ledger->queue.first, receipt);
	forget_in(ledger->done.first, receipt);
	pthread_mutex_unlock(&ledger->mutex);
}

static enum status
lock(struct sync_store *store, struct bytes name)
{
	return store_claim(&of_port(store)->claims, name);
}

static void
free_port(struct sync_store *store)
{
	struct store_ledger *ledger = of_port(store);

	store_ledger_free(&ledger);
}

const struct sync_store_ops *
ledger_ops(void)
{
	static const struct sync_store_ops ops = {
	    .submit = submit,
	    .forget = forget,
	    .find = ledger_find,
	    .lock = lock,
	    .free = free_port,
	};

	return &ops;
}

struct sync_store *
store_ledger_port(struct store_ledger *ledger)
{
	return &ledger->port;
}

int
store_ledger_fd(const struct store_ledger *ledger)
{
	return ledger->event;
}

void
ledger_call(struct store_ledger *ledger)
{
	ssize_t put_size;

	/* It fails only when it is readable anyway. */
	do
		put_size = write(ledger->event, &(uint64_t){1}, sizeof(uint64_t));
	while (put_size < 0 && errno == EINTR);
}

static void
append_done(struct store_ledger *ledger)
{
	pthread_mutex_lock(&ledger->mutex);
	if (ledger->done.first != NULL) {
		if (ledger->settled.first == NULL)
			ledger->settled = ledger->done;
		else
			ledger->settled.last->next = ledger->done.first;
		ledger->settled.last = ledger->done.last;
		ledger->done = (struct ledger_list){NULL, NULL};
	}
	pthread_mutex_unlock(&ledger->mutex);
}

static void
settle(struct sync_receipt *receipt, enum status status)
{
	receipt->status = status;
	receipt->is_settled = true;
	if (receipt->notify != NULL)
		receipt->notify(receipt->argument);
}

void
store_ledger_dispatch(struct store_ledger *ledger)
{
	struct ledger_entry *entry;
	uint64_t calls;
	ssize_t got;

	do
		got = read(ledger->event, &calls, sizeof(calls));
	while (got < 0 && errno == EINTR);
	append_done(ledger);
	/* One by one from the front: whoever is notified may submit, forget, or come here. */
	while ((entry = ledger->settled.first) != NULL) {
		struct sync_receipt *receipt = entry->receipt;
		enum status status = entry->status;

		ledger->settled.first = entry->next;
		mem_give(entry);
		if (receipt != NULL)
			settle(receipt, status);
	}
}

const char *
store_ledger_trouble(struct store_ledger *ledger)
{
	bool is_fine;

	pthread_mutex_lock(&ledger->mutex);
	is_fine = ledger->trouble == LEDGER_FINE;
	if (!is_fine)
		memcpy(ledger->shown, ledger->text, sizeof(ledger->shown));
	pthread_mutex_unlock(&ledger->mutex);
	return is_fine ? NULL : ledger->shown;
}

bool
store_ledger_is_older(const struct store_ledger *ledger)
{
	return ledger->is_older;
}

uint64_t
store_ledger_restorations(const struct store_ledger *ledger)
{
	return ledger->restorations;
}

struct store_ledger_figures
store_ledger_figures(struct store_ledger *ledger)
{
	struct store_ledger_figures figures;

	pthread_mutex_lock(&ledger->mutex);
	figures = ledger->figures;
	pthread_mutex_unlock(&ledger->mutex);
	figures.syncs = atomic_load(&ledger->timed.syncs);
	figures.blocked_us = atomic_load(&ledger->timed.blocked_us);
	return figures;
}
