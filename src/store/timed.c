/* SPDX-License-Identifier: Apache-2.0
 *
 * A file of SQLite's begins with a pointer to the table of its methods. When one was opened by
 * the layer below, its table is copied, the copy's xSync is ours, and the file points to the
 * copy: all other methods are the layer's own, called with the file that it knows.
 */
#include "store/timed.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

int64_t
store_timed_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int
timed_sync(sqlite3_file *file, int flags)
{
	const struct store_timed_methods *kind =
	    (const struct store_timed_methods *)file->pMethods;
	struct store_timed *timed = kind->timed;
	int64_t begun_us = store_timed_now_us();
	int result = kind->below->xSync(file, flags);

	atomic_fetch_add(&timed->syncs, 1);
	atomic_fetch_add(&timed->blocked_us, (uint64_t)(store_timed_now_us() - begun_us));
	return result;
}

/* A layer has a few tables for all of its files; one that finds no place is not timed. */
static void
watch(struct store_timed *timed, sqlite3_file *file)
{
	struct store_timed_methods *kind = timed->kinds;
	const struct store_timed_methods *end = kind + timed->kind_count;

	while (kind < end && kind->below != file->pMethods)
		kind++;
	if (kind == end) {
		if (timed->kind_count == STORE_TIMED_KINDS)
			return;
		timed->kind_count++;
		kind->below = file->pMethods;
		kind->timed = timed;
		kind->methods = *file->pMethods;
		kind->methods.xSync = timed_sync;
	}
	file->pMethods = &kind->methods;
}

static int
timed_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *flags_out)
{
	struct store_timed *timed = (struct store_timed *)vfs;
	int result = timed->below->xOpen(timed->below, name, file, flags, flags_out);

	if (result == SQLITE_OK && file->pMethods != NULL)
		watch(timed, file);
	return result;
}

enum status
store_timed_init(struct store_timed *timed)
{
	sqlite3_vfs *below = sqlite3_vfs_find(NULL);

	if (below == NULL)
		return ST_MEMORY;
	memset(timed, 0, sizeof(*timed));
	timed->below = below;
	/* Everything but xOpen is the layer's own, its private data with it. */
	timed->vfs = *below;
	snprintf(timed->name, sizeof(timed->name), "godwit-%p", (void *)timed);
	timed->vfs.zName = timed->name;
	timed->vfs.pNext = NULL;
	timed->vfs.xOpen = timed_open;
	return sqlite3_vfs_register(&timed->vfs, false) == SQLITE_OK ? ST_OK : ST_MEMORY;
}

void
store_timed_fini(struct store_timed *timed)
{
	if (timed->below != NULL)
		sqlite3_vfs_unregister(&timed->vfs);
}
