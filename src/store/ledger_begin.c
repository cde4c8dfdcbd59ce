/* SPDX-License-Identifier: Apache-2.0
 *
 * How a database is begun: looked at from outside, opened, made when it is new, checked, and
 * only then written to.
 *
 * 1. The head of the file is read without SQLite's taking part: a file that is not ours is not
 *    even opened, for opening may take up a log that lies beside it.
 * 2. Whoever opens holds a lock for it, so that one makes the tables, and database and mark are
 *    counted up in pairs.
 * 3. The database counts before the mark: when a crash comes between the two the mark is
 *    behind, which says nothing, and never ahead, which would say that the database is old.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/ledger_private.h"
#include "store/mark.h"
#include "store/place.h"

enum {
	HEAD_SIZE = 100, /* of an SQLite file */
	HEAD_VERSION = 60,
	HEAD_APPLICATION = 68,
	BUSY_WAIT_US = 30000000,
	/* Larger ones are not read through at each opening; damage is found where it is met. */
	CHECK_PAGES_MAX = 16384,
};

static const struct fault_kind never = {ST_CONFLICT, CAUSE_OTHER, FAULT_PROCESS, RETRY_NEVER};

/* What the head of the file says, before anybody opens it. */
struct head {
	bool is_new; /* no octet in it */
	bool is_sqlite;
	uint32_t application;
	uint32_t version;
};

static uint32_t
number_at(const uint8_t *octets)
{
	return (uint32_t)octets[0] << 24 | (uint32_t)octets[1] << 16 |
	    (uint32_t)octets[2] << 8 | octets[3];
}

static int
scan_head(sqlite3_file *file, struct head *head_out)
{
	uint8_t octets[HEAD_SIZE] = {0};
	sqlite3_int64 size;
	int result = file->pMethods->xFileSize(file, &size);

	if (result != SQLITE_OK)
		return result;
	result = file->pMethods->xRead(file, octets, sizeof(octets), 0);
	if (result != SQLITE_OK && result != SQLITE_IOERR_SHORT_READ)
		return result;
	*head_out = (struct head){
	    .is_new = size == 0,
	    .is_sqlite = memcmp(octets, "SQLite format 3", 16) == 0,
	    .application = number_at(octets + HEAD_APPLICATION),
	    .version = number_at(octets + HEAD_VERSION),
	};
	return SQLITE_OK;
}

/* Through SQLite's own files: closing one of ours would drop the locks that another connection
 * of this process has on the database. */
static int
read_head(const struct store_ledger *ledger, struct head *head_out)
{
	sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
	sqlite3_file *file = mem_take((size_t)vfs->szOsFile);
	const char *path = sqlite3_create_filename(ledger->path, "", "", 0, NULL);
	int result = SQLITE_NOMEM;

	if (file != NULL && path != NULL) {
		memset(file, 0, (size_t)vfs->szOsFile);
		result = vfs->xOpen(
		    vfs, path, file, SQLITE_OPEN_READONLY | SQLITE_OPEN_MAIN_DB, NULL);
		if (result == SQLITE_OK)
			result = scan_head(file, head_out);
		if (file->pMethods != NULL)
			file->pMethods->xClose(file);
	}
	sqlite3_free_filename((sqlite3_filename)path);
	mem_give(file);
	return result;
}

static enum status
refuse_foreign(const struct store_ledger *ledger, struct fault *fault)
{
	char quoted[FAULT_QUOTE_SIZE];

	return fault_set(fault, never,
	    "%s is not a ledger of Godwit but another program's file. Move it away, or name "
	    "another folder.",
	    fault_quote(bytes_of_string(ledger->path), quoted));
}

static enum status
refuse_newer(const struct store_ledger *ledger, int64_t version, struct fault *fault)
{
	char quoted[FAULT_QUOTE_SIZE];

	return fault_set(fault, never,
	    "The ledger %s was written by a newer Godwit: its version is %" PRId64 ", and this "
	    "program knows %d. Run the newer one, or name another folder.",
	    fault_quote(bytes_of_string(ledger->path), quoted), version, LEDGER_SQL_VERSION);
}

/* A journal beside the file: somebody was ended while making the tables, and what the head says
 * holds only when SQLite has taken that back. */
static bool
has_journal(const struct store_ledger *ledger)
{
	struct stat about;

	return fstatat(ledger->folder, "ledger.db-journal", &about, AT_SYMLINK_NOFOLLOW) == 0 &&
	    about.st_size > 0;
}

static enum status
judge_head(const struct store_ledger *ledger, struct fault *fault)
{
	struct head head = {0};
	int result;

	if (has_journal(ledger))
		return ST_OK;
	result = read_head(ledger, &head);
	if (result != SQLITE_OK)
		return ledger_refuse(ledger, result, fault);
	if (head.is_new)
		return ST_OK;
	if (!head.is_sqlite || head.application != LEDGER_SQL_APPLICATION)
		return refuse_foreign(ledger, fault);
	if (head.version > LEDGER_SQL_VERSION)
		return refuse_newer(ledger, head.version, fault);
	return ST_OK;
}

/* Says `text` until nobody is in the way; 30 seconds at most. */
static int
say_patiently(struct store_sql *sql, const char *text)
{
	int64_t end_us = store_timed_now_us() + BUSY_WAIT_US;
	int result;

	for (;;) {
		result = store_sql_say(sql, text);
		if (result != SQLITE_OK && !sqlite3_get_autocommit(sql->db))
			(void)!store_sql_run(sql, LEDGER_SQL_ROLLBACK, NULL, 0);
		if ((result & 0xff) != SQLITE_BUSY || store_timed_now_us() >= end_us)
			return result;
		poll(NULL, 0, 10);
	}
}

static int
note_commit(void *argument, sqlite3 *db, const char *name, int pages)
{
	struct store_ledger *ledger = argument;

	(void)db, (void)name;
	ledger->log_pages = pages;
	return SQLITE_OK;
}

int
ledger_connect(struct store_ledger *ledger)
{
	int result = store_sql_open(&ledger->sql, ledger->path, ledger->timed.name, true);

	if (result != SQLITE_OK)
		return result;
	sqlite3_wal_hook(ledger->sql.db, note_commit, ledger);
	/* A file that may only be read is opened so without a word. */
	return sqlite3_db_readonly(ledger->sql.db, "main") == 1 ? SQLITE_READONLY : SQLITE_OK;
}

int
ledger_check(struct store_ledger *ledger)
{
	bool is_whole = false;
	int result = store_sql_ask_word(&ledger->sql, "pragma quick_check(1)", "ok", &is_whole);

	if (result == SQLITE_OK && !is_whole)
		result = SQLITE_CORRUPT;
	return result;
}

static enum status
judge_tables(struct store_ledger *ledger, struct fault *fault)
{
	struct store_sql *sql = &ledger->sql;
	int64_t application = 0, version = 0, pages = 0;
	int result = store_sql_ask_number(sql, "pragma application_id", &application);

	if (result == SQLITE_OK)
		result = store_sql_ask_number(sql, "pragma user_version", &version);
	if (result == SQLITE_OK)
		result = store_sql_ask_number(sql, "pragma page_count", &pages);
	if (result != SQLITE_OK)
		return ledger_refuse(ledger, result, fault);
	if (pages > 0 && application != LEDGER_SQL_APPLICATION)
		return refuse_foreign(ledger, fault);
	if (version > LEDGER_SQL_VERSION)
		return refuse_newer(ledger, version, fault);
	if (pages == 0)
		result = say_patiently(sql, ledger_sql_schema());
	else if (pages <= CHECK_PAGES_MAX)
		result = ledger_check(ledger);
	if (result != SQLITE_OK)
		return ledger_refuse(ledger, result, fault);
	return ST_OK;
}

/* The rest of what a connection needs: the log, which stays once it is chosen. */
static int
use_log(struct store_sql *sql)
{
	bool is_used = false;
	int64_t end_us = store_timed_now_us() + BUSY_WAIT_US;
	int result;

	do {
		result = store_sql_ask_word(sql, "pragma journal_mode = wal", "wal", &is_used);
		if (is_used || (result != SQLITE_OK && (result & 0xff) != SQLITE_BUSY))
			break;
		poll(NULL, 0, 10);
	} while (store_timed_now_us() < end_us);
	if (result == SQLITE_OK && !is_used)
		result = SQLITE_BUSY;
	return result;
}

static int
read_meta(struct store_sql *sql, uint64_t *openings_out, uint64_t *restorations_out)
{
	sqlite3_stmt *statement;
	int result = store_sql_use(sql, LEDGER_SQL_META, NULL, 0, &statement);

	if (result != SQLITE_OK)
		return result;
	result = sqlite3_step(statement);
	if (result == SQLITE_ROW) {
		*openings_out = (uint64_t)sqlite3_column_int64(statement, 0);
		*restorations_out = (uint64_t)sqlite3_column_int64(statement, 1);
		result = SQLITE_OK;
	} else if (result == SQLITE_DONE) {
		result = SQLITE_CORRUPT;
	}
	sqlite3_reset(statement);
	return result;
}

/* A new database has no openings: it is older than nothing. */
static int
count_opening(struct store_ledger *ledger, enum status mark_status, uint64_t *mark)
{
	struct store_sql *sql = &ledger->sql;
	uint64_t openings = 0, restorations = 0;
	int result = say_patiently(sql, ledger_sql_text(LEDGER_SQL_BEGIN));

	if (result == SQLITE_OK)
		result = read_meta(sql, &openings, &restorations);
	if (result != SQLITE_OK)
		return result;
	ledger->is_older = openings > 0 && (mark_status == ST_SYNTAX || openings < *mark);
	ledger->restorations = restorations + ledger->is_older;
	if (openings > *mark)
		*mark = openings;
	*mark += 1;
	result = store_sql_run(sql, LEDGER_SQL_SET_META,
	    (const int64_t[]){(int64_t)*mark, (int64_t)ledger->restorations}, 2);
	if (result == SQLITE_OK)
		result = store_sql_run(sql, LEDGER_SQL_COMMIT, NULL, 0);
	return result;
}

static enum status
refuse_mark(const struct store_ledger *ledger, struct fault *fault)
{
	static const struct fault_kind unwritten = {
	    ST_IO, CAUSE_OTHER, FAULT_PROCESS, RETRY_LATER};
	char quoted[FAULT_QUOTE_SIZE];
	const char *why = strerror(errno);

	return fault_set(fault, unwritten,
	    "ledger.mark beside the ledger %s cannot be read or written: %s.",
	    fault_quote(bytes_of_string(ledger->path), quoted), why);
}

static enum status
count(struct store_ledger *ledger, struct fault *fault)
{
	uint64_t mark = 0;
	enum status status = store_mark_read(ledger->folder, &mark);
	int result;

	if (status == ST_IO)
		return refuse_mark(ledger, fault);
	result = count_opening(ledger, status, &mark);
	if (result != SQLITE_OK)
		return ledger_refuse(ledger, result, fault);
	if (store_mark_write(ledger->folder, mark) != ST_OK)
		return refuse_mark(ledger, fault);
	return ST_OK;
}

enum status
ledger_begin(struct store_ledger *ledger, struct fault *fault)
{
	enum status status = judge_head(ledger, fault);
	int result;

	if (status != ST_OK)
		return status;
	result = ledger_connect(ledger);
	if (result != SQLITE_OK)
		return ledger_refuse(ledger, result, fault);
	status = judge_tables(ledger, fault);
	if (status != ST_OK)
		return status;
	result = use_log(&ledger->sql);
	if (result != SQLITE_OK)
		return ledger_refuse(ledger, result, fault);
	return count(ledger, fault);
}
