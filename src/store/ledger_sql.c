/* SPDX-License-Identifier: Apache-2.0
 *
 * One table holds everything, in the order of its key: what is read together lies together, and
 * a folder's blocks and journal are found without a second index. There is never a row for each
 * message (docs/ledger.md).
 */
#include "store/ledger_sql.h"

#include <assert.h>
#include <stddef.h>

static const char *const texts[] = {
    /* Takes the right to write at once: a transaction that reads first may find that somebody
     * else has written, and would have to begin again. */
    [LEDGER_SQL_BEGIN] = "begin immediate",
    [LEDGER_SQL_COMMIT] = "commit",
    [LEDGER_SQL_ROLLBACK] = "rollback",
    [LEDGER_SQL_SET] =
	"insert into records (pair, folder, kind, number, octets) values ($1, $2, $3, $4, $5)"
	" on conflict (pair, folder, kind, number) do update set octets = excluded.octets",
    [LEDGER_SQL_REMOVE] =
	"delete from records where pair = $1 and folder = $2 and kind = $3 and number = $4",
    [LEDGER_SQL_FIND] = "select pair, folder, kind, number, octets from records"
			" where (pair, folder, kind, number) >= ($1, $2, $3, $4)"
			" and (pair, folder, kind, number) <= ($5, $6, $7, $8)"
			" order by pair, folder, kind, number limit 1",
    [LEDGER_SQL_META] = "select openings, restorations from meta where id = 1",
    [LEDGER_SQL_SET_META] = "update meta set openings = $1, restorations = $2 where id = 1",
};

static_assert(sizeof(texts) / sizeof(*texts) == LEDGER_SQL_COUNT, "one text each");

const char *
ledger_sql_text(enum ledger_sql which)
{
	return texts[which];
}

/* The cache is small because the whole process has a budget of 10 MB; a map of the file would
 * make an error of the disk a signal. Checkpoints are made by the writer, after it has told
 * that a commit is durable. */
const char *
ledger_sql_settings(void)
{
	return "pragma cache_size = -256;"
	       "pragma mmap_size = 0;"
	       "pragma temp_store = memory;"
	       "pragma secure_delete = off;"
	       "pragma trusted_schema = off;"
	       "pragma cell_size_check = on;"
	       "pragma synchronous = full;"
	       "pragma wal_autocheckpoint = 0;";
}

/* All in one transaction, or a crash would leave a database that is not yet known as ours. It
 * is not begun as an immediate one, which would fix how the pages are kept before the pragma
 * can say it. The two numbers are LEDGER_SQL_APPLICATION and LEDGER_SQL_VERSION. */
const char *
ledger_sql_schema(void)
{
	return "begin;"
	       "pragma auto_vacuum = incremental;"
	       "create table records ("
	       " pair bigint not null,"
	       " folder bigint not null,"
	       " kind smallint not null,"
	       " number bigint not null,"
	       " octets blob not null,"
	       " primary key (pair, folder, kind, number)"
	       ") without rowid;"
	       "create table meta ("
	       " id smallint primary key,"
	       " openings bigint not null,"
	       " restorations bigint not null"
	       ");"
	       "insert into meta (id, openings, restorations) values (1, 0, 0);"
	       "pragma application_id = 1195661140;"
	       "pragma user_version = 1;"
	       "commit;";
}
