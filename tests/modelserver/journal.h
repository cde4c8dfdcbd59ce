/* SPDX-License-Identifier: Apache-2.0
 *
 * modelserver/journal: what happened at a model server, in order.
 *
 * Place    the server notes every command before it is executed; tests ask what was done.
 * Promise  passwords are never in it. A note's text is what the client sent, cut at
 *          NOTE_TEXT_SIZE_MAX octets.
 * Memory   owned, until fini.
 */
#ifndef MODELSERVER_JOURNAL_H
#define MODELSERVER_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "base/status.h"
#include "base/tick.h"

enum {
	MODEL_NOTE_NAME_SIZE = 24,
	MODEL_NOTE_TEXT_SIZE_MAX = 400
};

struct model_note {
	struct tick when;
	uint64_t connection;             /* counted from 1 */
	bool is_tls;                     /* whether it came over TLS */
	char name[MODEL_NOTE_NAME_SIZE]; /* "CREATE", "UID-FETCH"; lower case: not a command */
	uint8_t *text;
	size_t text_size;
};

struct model_journal {
	struct model_note *notes;
	size_t count;
	size_t capacity;
};

void model_journal_init(struct model_journal *journal);
void model_journal_fini(struct model_journal *journal);

/* `name` and `text` are copied. */
enum status model_journal_add(struct model_journal *journal, const struct model_note *head,
    struct bytes name, struct bytes text) MUST_USE;

/* How many notes have this name. */
size_t model_journal_count(const struct model_journal *journal, const char *name);
/* The n-th note of that name, from 0; NULL when there are fewer. */
const struct model_note *model_journal_find(
    const struct model_journal *journal, const char *name, size_t n);
struct bytes model_note_text(const struct model_note *note);

#endif
