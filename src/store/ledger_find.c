/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading, on the caller's thread, over a connection of its own that cannot write. In a log,
 * readers do not wait for the writer. Each reading is a transaction for itself: an open one
 * would keep the log from being taken up.
 */
#include "store/ledger_private.h"

static int
open_reader(struct store_ledger *ledger)
{
	if (ledger->reader.db != NULL)
		return SQLITE_OK;
	return store_sql_open(&ledger->reader, ledger->path, NULL, false);
}

static uint64_t
number_in(sqlite3_stmt *row, int column)
{
	return (uint64_t)sqlite3_column_int64(row, column);
}

static enum status
take_row(struct store_ledger *ledger, sqlite3_stmt *row, struct sync_found *found_out)
{
	const void *octets = sqlite3_column_blob(row, 4);
	int size = sqlite3_column_bytes(row, 4);
	enum status status;
	int kind;

	buf_clear(&ledger->found);
	status = buf_append(&ledger->found, bytes_of(octets, (size_t)size));
	if (status != ST_OK)
		return status;
	kind = (int)number_in(row, 2);
	*found_out = (struct sync_found){
	    .key = {.pair = (uint32_t)number_in(row, 0),
		.folder = (uint32_t)number_in(row, 1),
		.kind = (enum sync_kind)kind,
		.number = number_in(row, 3)},
	    .octets = buf_bytes(&ledger->found),
	};
	return ST_OK;
}

/* No record has a number of 2^63 or more: a range that begins with one begins behind all
 * records of its kind, and one that ends with one ends there. */
static void
put_bounds(const struct sync_key *from, const struct sync_key *to, int64_t bounds[static 8])
{
	bool is_behind = from->number > INT64_MAX;

	bounds[0] = from->pair;
	bounds[1] = from->folder;
	bounds[2] = (int64_t)from->kind + is_behind;
	bounds[3] = is_behind ? 0 : (int64_t)from->number;
	bounds[4] = to->pair;
	bounds[5] = to->folder;
	bounds[6] = (int64_t)to->kind;
	bounds[7] = to->number > INT64_MAX ? INT64_MAX : (int64_t)to->number;
}

/* A failed reader is closed: the next reading begins with a new one. */
static enum status
give_up(struct store_ledger *ledger, int result)
{
	enum ledger_trouble trouble = ledger_trouble_of(result, &ledger->reader);

	store_sql_close(&ledger->reader, true);
	if (trouble == LEDGER_MEMORY)
		return ST_MEMORY;
	/* The writer will not write to what is known to be damaged. */
	if (trouble == LEDGER_DAMAGED) {
		pthread_mutex_lock(&ledger->mutex);
		ledger_set_trouble(ledger, trouble, result);
		pthread_cond_signal(&ledger->wake);
		pthread_mutex_unlock(&ledger->mutex);
	}
	return ST_IO;
}

enum status
ledger_find(struct sync_store *store, const struct sync_key *from, const struct sync_key *to,
    struct sync_found *found_out)
{
	struct store_ledger *ledger = (struct store_ledger *)store;
	int64_t bounds[8];
	sqlite3_stmt *statement = NULL;
	enum status status;
	int result = open_reader(ledger);

	put_bounds(from, to, bounds);
	if (result == SQLITE_OK)
		result = store_sql_use(&ledger->reader, LEDGER_SQL_FIND, bounds, 8, &statement);
	if (result != SQLITE_OK)
		return give_up(ledger, result);
	result = sqlite3_step(statement);
	if (result != SQLITE_ROW && result != SQLITE_DONE)
		return give_up(ledger, result);
	status = ST_ABSENT;
	if (result == SQLITE_ROW)
		status = take_row(ledger, statement, found_out);
	sqlite3_reset(statement);
	return status;
}
