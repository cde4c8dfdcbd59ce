/* SPDX-License-Identifier: Apache-2.0 */
#include "store/sql.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"

enum {
	/* A reader waits only while somebody takes up the log of a process that died, or
	 * removes it at its end. */
	BUSY_READER_MS = 20000,
	/* The writer asks again by itself, and looks in between whether it should end. */
	BUSY_WRITER_MS = 250,
};

int
store_sql_open(struct store_sql *sql, const char *path, const char *layer, bool is_for_writing)
{
	int flags = is_for_writing ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
	int result = sqlite3_open_v2(path, &sql->db,
	    flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_PRIVATECACHE,
	    layer);

	if (result != SQLITE_OK)
		return result;
	sqlite3_busy_timeout(sql->db, is_for_writing ? BUSY_WRITER_MS : BUSY_READER_MS);
	/* Until all is known to be well, closing changes nothing. */
	sqlite3_db_config(sql->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	sqlite3_db_config(sql->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(sql->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	return store_sql_say(sql, ledger_sql_settings());
}

void
store_sql_close(struct store_sql *sql, bool is_spoiled)
{
	if (sql->db == NULL)
		return;
	for (size_t i = 0; i < LEDGER_SQL_COUNT; i++)
		sqlite3_finalize(sql->statements[i]);
	sqlite3_db_config(sql->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, is_spoiled, NULL);
	sqlite3_close(sql->db);
	memset(sql, 0, sizeof(*sql));
}

int
store_sql_say(struct store_sql *sql, const char *text)
{
	return sqlite3_exec(sql->db, text, NULL, NULL, NULL);
}

/* To the first row. */
static int
ask(struct store_sql *sql, const char *text, sqlite3_stmt **statement_out)
{
	int result = sqlite3_prepare_v2(sql->db, text, -1, statement_out, NULL);

	return result == SQLITE_OK ? sqlite3_step(*statement_out) : result;
}

int
store_sql_ask_number(struct store_sql *sql, const char *text, int64_t *number_out)
{
	sqlite3_stmt *statement = NULL;
	int result = ask(sql, text, &statement);

	if (result == SQLITE_ROW) {
		*number_out = sqlite3_column_int64(statement, 0);
		result = SQLITE_OK;
	}
	sqlite3_finalize(statement);
	return result;
}

int
store_sql_ask_word(struct store_sql *sql, const char *text, const char *word, bool *is_it_out)
{
	sqlite3_stmt *statement = NULL;
	int result = ask(sql, text, &statement);

	if (result == SQLITE_ROW) {
		const char *said = (const char *)sqlite3_column_text(statement, 0);

		*is_it_out = said != NULL && strcmp(said, word) == 0;
		result = SQLITE_OK;
	}
	sqlite3_finalize(statement);
	return result;
}

/* SQLite takes $1 for a name, and numbers names as they come: the texts are written so that
 * both are the same. */
static void
check_places(sqlite3_stmt *statement)
{
	int count = sqlite3_bind_parameter_count(statement);

	for (int i = 1; i <= count; i++) {
		char name[16];

		snprintf(name, sizeof(name), "$%d", i);
		CHECK(sqlite3_bind_parameter_index(statement, name) == i);
	}
}

int
store_sql_use(struct store_sql *sql, enum ledger_sql which, const int64_t *numbers,
    size_t count, sqlite3_stmt **statement_out)
{
	sqlite3_stmt **kept = &sql->statements[which];

	if (*kept == NULL) {
		int result = sqlite3_prepare_v3(
		    sql->db, ledger_sql_text(which), -1, SQLITE_PREPARE_PERSISTENT, kept, NULL);

		if (result != SQLITE_OK)
			return result;
		check_places(*kept);
	}
	for (size_t i = 0; i < count; i++) {
		int result = sqlite3_bind_int64(*kept, (int)i + 1, numbers[i]);

		if (result != SQLITE_OK)
			return result;
	}
	*statement_out = *kept;
	return SQLITE_OK;
}

int
store_sql_bind(sqlite3_stmt *statement, size_t place, struct bytes octets)
{
	/* A slice without octets may have no pointer, which SQLite would take for NULL. */
	const void *data = octets.size > 0 ? (const void *)octets.data : "";

	return sqlite3_bind_blob64(statement, (int)place, data, octets.size, SQLITE_STATIC);
}

int
store_sql_finish(sqlite3_stmt *statement)
{
	int result = sqlite3_step(statement);

	sqlite3_reset(statement);
	return result == SQLITE_DONE ? SQLITE_OK : result;
}

int
store_sql_run(
    struct store_sql *sql, enum ledger_sql which, const int64_t *numbers, size_t count)
{
	sqlite3_stmt *statement;
	int result = store_sql_use(sql, which, numbers, count, &statement);

	return result == SQLITE_OK ? store_sql_finish(statement) : result;
}
