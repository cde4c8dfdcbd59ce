/* SPDX-License-Identifier: Apache-2.0 */
#include "modelserver/journal.h"

#include <string.h>

#include "base/mem.h"

enum {
	CAPACITY_MIN = 64
};

void
model_journal_init(struct model_journal *journal)
{
	*journal = (struct model_journal){0};
}

void
model_journal_fini(struct model_journal *journal)
{
	for (size_t i = 0; i < journal->count; i++)
		mem_give(journal->notes[i].text);
	mem_give(journal->notes);
	*journal = (struct model_journal){0};
}

static enum status
grow(struct model_journal *journal)
{
	size_t capacity = journal->capacity == 0 ? CAPACITY_MIN : journal->capacity * 2;
	struct model_note *notes;

	if (journal->count < journal->capacity)
		return ST_OK;
	notes = mem_resize(journal->notes, capacity * sizeof(*notes));
	if (notes == NULL)
		return ST_MEMORY;
	journal->notes = notes;
	journal->capacity = capacity;
	return ST_OK;
}

enum status
model_journal_add(struct model_journal *journal, const struct model_note *head,
    struct bytes name, struct bytes text)
{
	struct model_note note = *head;
	enum status status = grow(journal);

	if (status != ST_OK)
		return status;
	name = bytes_first(name, MODEL_NOTE_NAME_SIZE - 1);
	memset(note.name, 0, sizeof(note.name));
	if (name.size > 0)
		memcpy(note.name, name.data, name.size);
	text = bytes_first(text, MODEL_NOTE_TEXT_SIZE_MAX);
	note.text = NULL;
	note.text_size = text.size;
	if (text.size > 0) {
		note.text = mem_take(text.size);
		if (note.text == NULL)
			return ST_MEMORY;
		memcpy(note.text, text.data, text.size);
	}
	journal->notes[journal->count++] = note;
	return ST_OK;
}

size_t
model_journal_count(const struct model_journal *journal, const char *name)
{
	size_t count = 0;

	for (size_t i = 0; i < journal->count; i++)
		count += strcmp(journal->notes[i].name, name) == 0;
	return count;
}

const struct model_note *
model_journal_find(const struct model_journal *journal, const char *name, size_t n)
{
	for (size_t i = 0; i < journal->count; i++) {
		if (strcmp(journal->notes[i].name, name) == 0 && n-- == 0)
			return &journal->notes[i];
	}
	return NULL;
}

struct bytes
model_note_text(const struct model_note *note)
{
	return bytes_of(note->text, note->text_size);
}
