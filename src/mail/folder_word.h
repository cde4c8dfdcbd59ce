/* SPDX-License-Identifier: Apache-2.0
 *
 * mail/folder_word: which use a folder has by its name: "Gesendete Elemente" is for sent mail.
 *
 * Place    the last resort, where no server says it by an attribute (RFC 6154) or by XLIST.
 * Promise  names compare without case, diacritics, spaces, dashes and dots. Names that mean two
 *          uses in two languages, or an ordinary thing, mean none here.
 */
#ifndef MAIL_FOLDER_WORD_H
#define MAIL_FOLDER_WORD_H

#include "base/arena.h"
#include "mail/folder.h"

/* One language's names of one use, separated by "|". */
struct folder_words {
	const char *language; /* ISO 639-1 */
	enum folder_use use;
	const char *words; /* the most usual first */
};

/* The table, for the tests. */
const struct folder_words *folder_word_rows(size_t *count_out);

struct folder_word {
	enum folder_use use; /* USE_NONE: an ordinary name */
	unsigned rank;       /* among the names of its row; 0 is the most usual */
};

/* The table made fit for look-ups; it lives in the arena. */
struct folder_word_index;
enum status folder_word_open(
    struct arena *arena, const struct folder_word_index **index_out) MUST_USE;

/* Also a name whose UTF-8 was once taken for Windows-1252 is known ("EntwÃ¼rfe"). `arena` holds
 * what is worked on. */
enum status folder_word_find(const struct folder_word_index *index, struct bytes part,
    struct arena *arena, struct folder_word *found_out) MUST_USE;

#endif
