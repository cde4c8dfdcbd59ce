/* SPDX-License-Identifier: Apache-2.0
 *
 * The writer's side. One round takes all that is queued, writes it in one transaction, and
 * hands it back to be settled. While its commit waits for the disk the next round gathers by
 * itself; so it waits for more only where several callers wait and more of them are known.
 *
 * 1. An entry leaves the queue only when its commit has succeeded, or when nothing ever will.
 *    Writing one twice is the same as writing it once.
 * 2. After an error of the disk the connection is not trusted: fsync tells of a failure once,
 *    and the next one may be told that all is well. It is closed, opened, and the database is
 *    checked before anything is written again.
 * 3. The log is taken up into the database after receipts were handed back, not before.
 */
#include <time.h>

#include "base/check.h"
#include "store/ledger_private.h"

enum {
	GATHER_US_MAX = 5000,
	RETRY_US = 1000000,
	/* At the end somebody waits for us: a few short tries, about 0.8 s in all. */
	CLOSING_TRIES = 5,
	CLOSING_RETRY_US = 50000,
	LOG_PAGES_MAX = 4000, /* 16 MiB, and one page of its index */
	FREE_PAGES_MAX = 32,
	BUSY_TOLD_US = 3000000,
};

/* What one round writes: it ends with `last`, whose successor is not looked at. */
struct batch {
	struct ledger_entry *first;
	struct ledger_entry *last;
	uint64_t changes;
	uint64_t octets;
};

/* Under the mutex. False when `until_us` has passed. */
static bool
wait_until(struct store_ledger *ledger, int64_t until_us)
{
	struct timespec until = {
	    .tv_sec = until_us / 1000000,
	    .tv_nsec = until_us % 1000000 * 1000,
	};

	return pthread_cond_timedwait(&ledger->wake, &ledger->mutex, &until) == 0;
}

static bool
has_work(const struct store_ledger *ledger)
{
	return ledger->awaited > 0 || ledger->lazy_size >= LEDGER_LAZY_MAX ||
	    (ledger->is_closing && ledger->queue.first != NULL);
}

/* Callers who were served together come again together: a moment for the rest of them, but no
 * longer than a commit takes, which is what it may save. */
static void
gather(struct store_ledger *ledger)
{
	int64_t most_us = ledger->commit_us < GATHER_US_MAX ? ledger->commit_us : GATHER_US_MAX;
	int64_t until_us = store_timed_now_us() + most_us;

	if (ledger->awaited < 2)
		return;
	while (ledger->awaited < ledger->awaited_before && !ledger->is_closing)
		if (!wait_until(ledger, until_us))
			break;
}

static int
write_change(struct store_sql *sql, const struct sync_change *change)
{
	const struct sync_key *key = &change->key;
	const int64_t place[] = {
	    key->pair, key->folder, (int64_t)key->kind, (int64_t)key->number};
	sqlite3_stmt *statement;
	int result;

	if (change->is_removal)
		return store_sql_run(sql, LEDGER_SQL_REMOVE, place, 4);
	result = store_sql_use(sql, LEDGER_SQL_SET, place, 4, &statement);
	if (result == SQLITE_OK)
		result = store_sql_bind(statement, 5, change->octets);
	return result == SQLITE_OK ? store_sql_finish(statement) : result;
}

static int
write_entry(struct store_sql *sql, const struct ledger_entry *entry, struct batch *batch)
{
	int result = SQLITE_OK;

	for (size_t i = 0; i < entry->count && result == SQLITE_OK; i++)
		result = write_change(sql, &entry->changes[i]);
	batch->changes += entry->count;
	batch->octets += entry->size;
	return result;
}

/* A file that was deleted takes commits as before, and nobody will ever read them. */
static int
check_place(struct store_sql *sql)
{
	int has_moved = 0;

	sqlite3_file_control(sql->db, "main", SQLITE_FCNTL_HAS_MOVED, &has_moved);
	return has_moved ? SQLITE_READONLY_DBMOVED : SQLITE_OK;
}

static int
write_batch(struct store_ledger *ledger, struct batch *batch)
{
	struct store_sql *sql = &ledger->sql;
	const struct ledger_entry *entry = batch->first;
	int result = store_sql_run(sql, LEDGER_SQL_BEGIN, NULL, 0);

	if (result != SQLITE_OK)
		return result;
	for (;;) {
		result = write_entry(sql, entry, batch);
		if (result != SQLITE_OK || entry == batch->last)
			break;
		entry = entry->next;
	}
	if (result == SQLITE_OK)
		result = store_sql_run(sql, LEDGER_SQL_COMMIT, NULL, 0);
	/* An error may have ended the transaction, or left it open. */
	if (!sqlite3_get_autocommit(sql->db))
		(void)!store_sql_run(sql, LEDGER_SQL_ROLLBACK, NULL, 0);
	return result == SQLITE_OK ? check_place(sql) : result;
}

/* Without the mutex. */
static int
write_round(struct store_ledger *ledger, struct batch *batch)
{
	int64_t begun_us = store_timed_now_us();
	int result = SQLITE_OK;

	if (ledger->is_spoiled) {
		store_sql_close(&ledger->sql, true);
		result = ledger_connect(ledger);
		if (result == SQLITE_OK)
			result = ledger_check(ledger);
	}
	if (result == SQLITE_OK) {
		ledger->is_spoiled = false;
		result = write_batch(ledger, batch);
	}
	if (result == SQLITE_OK)
		ledger->commit_us = store_timed_now_us() - begun_us;
	return result;
}

/* Takes the front of the queue, up to `last`, to those that are to be settled. */
static void
hand_back(struct store_ledger *ledger, struct ledger_entry *last, enum status status)
{
	struct ledger_entry *entry = ledger->queue.first;
	struct ledger_entry *rest = last->next;

	if (ledger->done.first == NULL)
		ledger->done.first = entry;
	else
		ledger->done.last->next = entry;
	ledger->done.last = last;
	last->next = NULL;
	ledger->queue.first = rest;
	if (rest == NULL)
		ledger->queue.last = NULL;
	for (; entry != NULL; entry = entry->next) {
		size_t size =
		    sizeof(*entry) + entry->count * sizeof(*entry->changes) + entry->size;

		entry->status = status;
		ledger->queue_size -= size;
		if (entry->is_awaited)
			ledger->awaited--;
		else
			ledger->lazy_size -= size;
	}
	ledger_call(ledger);
}

static void
fail_all(struct store_ledger *ledger)
{
	if (ledger->queue.first != NULL)
		hand_back(ledger, ledger->queue.last, ST_IO);
}

static void
pause_writing(struct store_ledger *ledger, int64_t pause_us)
{
	int64_t until_us = store_timed_now_us() + pause_us;
	bool was_closing = ledger->is_closing;

	while (ledger->is_closing == was_closing && ledger->trouble < LEDGER_DAMAGED)
		if (!wait_until(ledger, until_us))
			break;
}

/* How long the writer has been kept from writing, and how often it tried at the end. */
struct patience {
	int64_t since_us; /* 0: it is not kept */
	unsigned closing_tries;
};

/* False when it is of no use to try again. */
static bool
bear(struct store_ledger *ledger, int result, struct patience *patience)
{
	enum ledger_trouble trouble = ledger_trouble_of(result, &ledger->sql);
	int64_t now_us = store_timed_now_us();
	int64_t pause_us = trouble == LEDGER_BUSY ? 0 : RETRY_US;

	if (patience->since_us == 0)
		patience->since_us = now_us;
	/* Other processes write too: that one is in the way for a moment is no news. */
	if (trouble != LEDGER_BUSY || now_us - patience->since_us > BUSY_TOLD_US)
		ledger_set_trouble(ledger, trouble, result);
	if (trouble != LEDGER_BUSY && trouble != LEDGER_MEMORY && result != SQLITE_FULL)
		ledger->is_spoiled = true;
	if (ledger->trouble >= LEDGER_DAMAGED)
		return false;
	if (ledger->is_closing) {
		if (patience->closing_tries == CLOSING_TRIES)
			return false;
		pause_us = CLOSING_RETRY_US << patience->closing_tries++;
	}
	if (pause_us > 0)
		pause_writing(ledger, pause_us);
	return true;
}

static void
note_commit(struct store_ledger *ledger, const struct batch *batch, struct patience *patience)
{
	*patience = (struct patience){0};
	ledger->figures.commits++;
	ledger->figures.changes += batch->changes;
	ledger->figures.octets += batch->octets;
	ledger->awaited_before = ledger->awaited;
	hand_back(ledger, batch->last, ST_OK);
	ledger->awaited_before -= ledger->awaited;
	ledger_set_trouble(ledger, LEDGER_FINE, SQLITE_OK);
}

/* Without the mutex. An error is borne when the next commit meets it. */
static void
take_up_log(struct store_ledger *ledger)
{
	int result = sqlite3_wal_checkpoint_v2(
	    ledger->sql.db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);

	ledger->log_pages = 0;
	if ((result & 0xff) == SQLITE_IOERR)
		ledger->is_spoiled = true;
}

/* Under the mutex, but for the disk. */
static void
do_work(struct store_ledger *ledger, struct patience *patience)
{
	struct batch batch;
	int result;

	if (ledger->trouble >= LEDGER_DAMAGED) {
		fail_all(ledger);
		return;
	}
	gather(ledger);
	batch = (struct batch){.first = ledger->queue.first, .last = ledger->queue.last};
	pthread_mutex_unlock(&ledger->mutex);
	result = write_round(ledger, &batch);
	pthread_mutex_lock(&ledger->mutex);
	if (result != SQLITE_OK) {
		if (!bear(ledger, result, patience))
			fail_all(ledger);
		return;
	}
	note_commit(ledger, &batch, patience);
	if (ledger->log_pages >= LOG_PAGES_MAX) {
		pthread_mutex_unlock(&ledger->mutex);
		take_up_log(ledger);
		pthread_mutex_lock(&ledger->mutex);
	}
}

/* The last of this process. Nothing depends on it: what is durable is in the log. */
static void
end_writing(struct store_ledger *ledger)
{
	bool is_spoiled = ledger->is_spoiled || ledger->trouble != LEDGER_FINE;
	int64_t free_pages = 0;

	if (!is_spoiled) {
		(void)!store_sql_ask_number(&ledger->sql, "pragma freelist_count", &free_pages);
		if (free_pages > FREE_PAGES_MAX)
			(void)!store_sql_say(&ledger->sql, "pragma incremental_vacuum");
		take_up_log(ledger);
		is_spoiled = ledger->is_spoiled;
	}
	store_sql_close(&ledger->sql, is_spoiled);
}

void *
ledger_write(void *argument)
{
	struct store_ledger *ledger = argument;
	struct patience patience = {0};

	pthread_mutex_lock(&ledger->mutex);
	while (!ledger->is_closing || ledger->queue.first != NULL) {
		if (has_work(ledger))
			do_work(ledger, &patience);
		else if (!ledger->is_closing)
			pthread_cond_wait(&ledger->wake, &ledger->mutex);
	}
	pthread_mutex_unlock(&ledger->mutex);
	end_writing(ledger);
	return NULL;
}
