/* SPDX-License-Identifier: Apache-2.0
 *
 * store/ledger_sql: every word of SQL that the ledger says, and what its file is known by.
 *
 * Place    store/sql prepares them, store/ledger binds their placeholders in order.
 * Promise  placeholders are $1, $2 and so on, and first stand in that order. What works on rows
 *          is the same text for SQLite and PostgreSQL; what makes the tables is SQLite's.
 * Spec     docs/ledger.md
 */
#ifndef STORE_LEDGER_SQL_H
#define STORE_LEDGER_SQL_H

enum {
	LEDGER_SQL_APPLICATION = 0x47445754, /* "GDWT", in the head of the file */
	LEDGER_SQL_VERSION = 1               /* of the tables */
};

enum ledger_sql {
	LEDGER_SQL_BEGIN,
	LEDGER_SQL_COMMIT,
	LEDGER_SQL_ROLLBACK,
	LEDGER_SQL_SET,      /* pair, folder, kind, number, octets */
	LEDGER_SQL_REMOVE,   /* pair, folder, kind, number */
	LEDGER_SQL_FIND,     /* the key from which, the key to which; gives key and octets */
	LEDGER_SQL_META,     /* gives openings and restorations */
	LEDGER_SQL_SET_META, /* openings, restorations */
	LEDGER_SQL_COUNT
};

const char *ledger_sql_text(enum ledger_sql which);
/* What a connection says first, before anything is read. */
const char *ledger_sql_settings(void);
/* What makes the tables of a new database, its transaction included. */
const char *ledger_sql_schema(void);

#endif
