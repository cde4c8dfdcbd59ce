/* SPDX-License-Identifier: Apache-2.0
 *
 * What SQLite's codes mean for the ledger, and the sentences for people. They end with what to
 * do, and where something is lost by it, they say what.
 */
#include <errno.h>
#include <stdio.h>

#include "store/ledger_private.h"

static const struct fault_kind never = {ST_IO, CAUSE_OTHER, FAULT_PROCESS, RETRY_NEVER};
static const struct fault_kind later = {ST_IO, CAUSE_OTHER, FAULT_PROCESS, RETRY_LATER};
static const struct fault_kind no_memory = {
    ST_MEMORY, CAUSE_MEMORY, FAULT_PROCESS, RETRY_LATER};

static const char what_is_lost[] =
    "What is lost by that is the knowledge of what was copied: the next run compares both "
    "sides instead, and copies again what owners have deleted at the destination.";

static bool
is_space(int error)
{
	return error == ENOSPC || error == EDQUOT;
}

enum ledger_trouble
ledger_trouble_of(int result, struct store_sql *sql)
{
	if (result == SQLITE_OK)
		return LEDGER_FINE;
	if (result == SQLITE_READONLY_DBMOVED)
		return LEDGER_GONE;
	/* What could not be mapped or extended for lack of space has no code of its own. */
	if (sql->db != NULL && is_space(sqlite3_system_errno(sql->db)) &&
	    (result & 0xff) == SQLITE_IOERR)
		return LEDGER_SPACE;
	switch (result & 0xff) {
	case SQLITE_FULL:
		return LEDGER_SPACE;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_PROTOCOL:
		return LEDGER_BUSY;
	case SQLITE_NOMEM:
		return LEDGER_MEMORY;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return LEDGER_DAMAGED;
	default:
		return LEDGER_DEVICE;
	}
}

static void
word_trouble(struct store_ledger *ledger, enum ledger_trouble trouble, int result)
{
	char *out = ledger->text;
	size_t size = sizeof(ledger->text);

	switch (trouble) {
	case LEDGER_FINE:
		out[0] = '\0';
		break;
	case LEDGER_SPACE:
		snprintf(out, size, "The disk of the ledger is full; waiting for space.");
		break;
	case LEDGER_BUSY:
		snprintf(out, size, "Another program holds the ledger; waiting for it.");
		break;
	case LEDGER_MEMORY:
		snprintf(out, size, "There is no memory for the ledger; waiting for some.");
		break;
	case LEDGER_DEVICE:
		snprintf(out, size,
		    "The ledger cannot be written (%s); trying again every second.",
		    sqlite3_errstr(result));
		break;
	case LEDGER_DAMAGED:
		snprintf(out, size,
		    "The ledger %.120s is damaged. Stop, move it and its -wal file away, and "
		    "run again. %s",
		    ledger->path, what_is_lost);
		break;
	case LEDGER_GONE:
		snprintf(out, size,
		    "The ledger %.200s was moved or deleted while it was in use. Stop, put it "
		    "back, and run again.",
		    ledger->path);
		break;
	}
}

void
ledger_set_trouble(struct store_ledger *ledger, enum ledger_trouble trouble, int result)
{
	/* What is of no use to try again stays, whatever fails after it. */
	if (ledger->trouble >= LEDGER_DAMAGED || ledger->trouble == trouble)
		return;
	ledger->trouble = trouble;
	word_trouble(ledger, trouble, result);
	ledger_call(ledger);
}

enum status
ledger_refuse(const struct store_ledger *ledger, int result, struct fault *fault)
{
	char quoted[FAULT_QUOTE_SIZE];
	const char *path = fault_quote(bytes_of_string(ledger->path), quoted);
	struct store_sql sql = ledger->sql;

	switch (ledger_trouble_of(result, &sql)) {
	case LEDGER_SPACE:
		return fault_set(fault, later,
		    "There is no space for the ledger %s. Make room on that disk and run "
		    "again.",
		    path);
	case LEDGER_BUSY:
		return fault_set(fault, later,
		    "Another program holds the ledger %s. End it and run again.", path);
	case LEDGER_MEMORY:
		return fault_set(fault, no_memory, "There is no memory for the ledger.");
	case LEDGER_DAMAGED:
		return fault_set(fault, never,
		    "The ledger %s is damaged. Move it and its -wal file away and run again. "
		    "%s",
		    path, what_is_lost);
	case LEDGER_FINE:
	case LEDGER_GONE:
	case LEDGER_DEVICE:
		break;
	}
	return fault_set(fault, later,
	    "The ledger %s cannot be opened (%s). Let this user read and write it, or name "
	    "another folder.",
	    path, sqlite3_errstr(result));
}
