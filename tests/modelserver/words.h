/* SPDX-License-Identifier: Apache-2.0
 *
 * modelserver/words: lines of words, the form of scripts and content files.
 *
 * Promise  words are separated by spaces or tabs. A part in double quotes may hold anything;
 *          in it \\ \" \r \n \t and \xHH mean what they mean in C. "name=value" is one word;
 *          the value may be quoted. # starts a comment where a word could start.
 * Memory   words live in the arena.
 * Limits   MODEL_WORDS_MAX words a line.
 */
#ifndef MODELSERVER_WORDS_H
#define MODELSERVER_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/bytes.h"
#include "base/status.h"

enum {
	MODEL_WORDS_MAX = 64
};

struct model_words {
	struct bytes word[MODEL_WORDS_MAX];
	size_t count;
};

/* `line` without its end. ST_SYNTAX: a quote that does not end or an unknown escape. */
enum status model_words_scan(
    struct bytes line, struct arena *arena, struct model_words *words_out) MUST_USE;

bool model_word_is(struct bytes word, const char *text);

/* The value of "name=…" among the words; false when it is not there. */
bool model_words_value(
    const struct model_words *words, const char *name, struct bytes *value_out);
/* As above for a number; ST_ABSENT, or ST_SYNTAX when it is no number. */
enum status model_words_number(
    const struct model_words *words, const char *name, uint64_t *number_out) MUST_USE;

/* Takes the next line off `rest`, without its LF or CR LF; false at the end. */
bool model_line_next(struct bytes *rest, struct bytes *line_out);

#endif
