/* SPDX-License-Identifier: Apache-2.0
 *
 * tests/sim/triple_rows: what a hostile or broken server may do, as data, for tests that let it
 * do several things at once.
 *
 * Place    read from tests/sim/triples.rows, which says how a row is written. Its scripts are
 *          the model server's; those of tests/modelserver/scripts are played alone, on sockets,
 *          by tests/e2e.
 * Promise  a row says how a pass may end that meets it, how long one strike of it may hold the
 *          pass up by the documented deadlines, and what it bends of what can be checked.
 * Memory   a few kilobytes a row, in the caller's struct.
 * Limits   TRIPLE_ROWS_MAX rows. A file that cannot be read ends the test.
 */
#ifndef SIM_TRIPLE_ROWS_H
#define SIM_TRIPLE_ROWS_H

#include <stddef.h>
#include <stdint.h>

enum {
	TRIPLE_ROWS_MAX = 200,
	TRIPLE_NAME_SIZE = 64,
	TRIPLE_TEXT_SIZE = 3072
};

/* Where a row plays, and what it needs there. */
enum triple_place {
	TRIPLE_SRC = 1 << 0,
	TRIPLE_DST = 1 << 1,
	TRIPLE_TLS = 1 << 2,
	TRIPLE_STARTTLS = 1 << 3,
	TRIPLE_EARLY = 1 << 4, /* mostly over before there is mail: taken less often */
};

/* What cannot be asked of a pass that meets the row. */
enum triple_bend {
	TRIPLE_NAMES = 1 << 0, /* folders have other names than the server's own */
	TRIPLE_FLAGS = 1 << 1, /* flags and dates are not those that the server holds */
	TRIPLE_TEXTS = 1 << 2, /* texts are not those of the source: it lied, or the destination
				  changes them */
	TRIPLE_DOUBLES = 1 << 3, /* messages may be there twice: the destination stored what it
				    says that it refused, or shows less than it holds */
	TRIPLE_LOSES = 1 << 4,   /* the destination says OK and stores nothing */
	TRIPLE_REMOVES = 1 << 5, /* messages vanish from the source, or it does not show them */
	TRIPLE_BAD = 1 << 6,     /* the server does not understand what it has announced */
	TRIPLE_CHANGES = 1 << 7, /* the source is changed by its own script */
	TRIPLE_HURRIES =
	    1 << 8, /* messages are stored before the group they belong to is whole */
	/* Stores before it answers; and refuses what may be stored. Both rows together: twice.
	 */
	TRIPLE_STORES = 1 << 9,
	TRIPLE_REFUSES = 1 << 10,
};

struct triple_row {
	char name[TRIPLE_NAME_SIZE];
	char rules[TRIPLE_TEXT_SIZE];
	char content[TRIPLE_TEXT_SIZE];
	unsigned place;   /* of enum triple_place */
	unsigned ends;    /* 1 << status */
	unsigned also;    /* the same, where another row strikes too */
	unsigned bends;   /* of enum triple_bend */
	unsigned holds_s; /* at most, each time that it strikes */
};

struct triple_rows {
	struct triple_row row[TRIPLE_ROWS_MAX];
	size_t count;
};

/* `folder` is tests/, as the build tells it. */
void triple_rows_read(const char *folder, struct triple_rows *rows_out);

#endif
