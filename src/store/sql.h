/* SPDX-License-Identifier: Apache-2.0
 *
 * store/sql: one connection to the ledger's database and its prepared statements.
 *
 * Place    the narrow waist below store/ledger: nothing above it prepares or binds by itself.
 * Promise  a statement is prepared at its first use and kept. After each use it is reset, so
 *          that no read transaction stays open between two calls.
 * Memory   a value; a closed one is all zeros and may be opened. Used by one thread at a time.
 * Limits   results are SQLite's own extended codes, which store/ledger_trouble judges.
 */
#ifndef STORE_SQL_H
#define STORE_SQL_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "store/ledger_sql.h"

struct store_sql {
	sqlite3 *db;
	sqlite3_stmt *statements[LEDGER_SQL_COUNT];
};

/* `layer` is the name of the way to files, NULL for SQLite's own. Nothing is read yet. */
int store_sql_open(
    struct store_sql *sql, const char *path, const char *layer, bool is_for_writing) MUST_USE;
/* `is_spoiled`: what is in the log is not carried into the database; somebody else, or a later
 * opening, does it. */
void store_sql_close(struct store_sql *sql, bool is_spoiled);

/* Any text without results. */
int store_sql_say(struct store_sql *sql, const char *text) MUST_USE;
/* The first column of the first row; SQLITE_DONE when there is no row. */
int store_sql_ask_number(struct store_sql *sql, const char *text, int64_t *number_out) MUST_USE;
/* Whether the answer's first row is `word`. */
int store_sql_ask_word(
    struct store_sql *sql, const char *text, const char *word, bool *is_it_out) MUST_USE;

/* Begins a use: the statement with its numbers bound to $1 and so on. */
int store_sql_use(struct store_sql *sql, enum ledger_sql which, const int64_t *numbers,
    size_t count, sqlite3_stmt **statement_out) MUST_USE;
/* Octets behind the numbers; borrowed until the use ends. */
int store_sql_bind(sqlite3_stmt *statement, size_t place, struct bytes octets) MUST_USE;
/* Steps a statement that gives no row, and ends its use. */
int store_sql_finish(sqlite3_stmt *statement) MUST_USE;
/* All of it, for a statement with numbers only and no row. */
int store_sql_run(struct store_sql *sql, enum ledger_sql which, const int64_t *numbers,
    size_t count) MUST_USE;

#endif
