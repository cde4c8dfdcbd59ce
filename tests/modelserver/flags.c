/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags of messages. Keywords are numbers into the folder's table of names, ascending.
 */
#include <string.h>

#include "base/mem.h"
#include "modelserver/mailbox.h"
#include "modelserver/memory.h"

/* The number of a keyword in this folder; the first spelling stays. */
static enum status
keyword_id(struct model_folder *folder, struct bytes name, uint16_t *id_out)
{
	void *table = folder->keyword_names;
	enum status status;

	for (size_t i = 0; i < folder->keyword_count; i++) {
		if (bytes_equal_nocase(folder->keyword_names[i], name)) {
			*id_out = (uint16_t)i;
			return ST_OK;
		}
	}
	if (folder->keyword_count == UINT16_MAX)
		return ST_LIMIT;
	status = model_memory_grow(&table, folder->keyword_count, sizeof(struct bytes));
	if (status != ST_OK)
		return status;
	folder->keyword_names = table;
	status = model_memory_keep(name, &folder->keyword_names[folder->keyword_count]);
	if (status != ST_OK)
		return status;
	*id_out = (uint16_t)folder->keyword_count++;
	return ST_OK;
}

static bool
has_id(const struct model_keywords *keywords, uint16_t id)
{
	for (size_t i = 0; keywords != NULL && i < keywords->count; i++) {
		if (keywords->ids[i] == id)
			return true;
	}
	return false;
}

static void
keywords_add(struct model_keywords *keywords, uint16_t id)
{
	size_t at = keywords->count;

	if (has_id(keywords, id))
		return;
	for (; at > 0 && keywords->ids[at - 1] > id; at--)
		keywords->ids[at] = keywords->ids[at - 1];
	keywords->ids[at] = id;
	keywords->count++;
}

static void
keywords_remove(struct model_keywords *keywords, uint16_t id)
{
	size_t kept = 0;

	for (size_t i = 0; i < keywords->count; i++) {
		if (keywords->ids[i] != id)
			keywords->ids[kept++] = keywords->ids[i];
	}
	keywords->count = kept;
}

/* The keywords of a message after a change, in a block of their own; NULL for none. */
static enum status
changed_keywords(struct model_folder *folder, const struct model_keywords *old,
    enum model_change change, struct bytes words, struct model_keywords **new_out)
{
	size_t count = old == NULL ? 0 : old->count;
	struct model_keywords *new;
	struct bytes rest = words;
	struct bytes word;
	enum status status = ST_OK;

	while (model_word_next(&rest).size > 0)
		count++;
	new = mem_take(sizeof(*new) + (count + 1) * sizeof(new->ids[0]));
	if (new == NULL)
		return ST_MEMORY;
	new->count = 0;
	for (size_t i = 0; change != MODEL_FLAGS_SET && old != NULL && i < old->count; i++)
		new->ids[new->count++] = old->ids[i];
	for (rest = words; status == ST_OK && (word = model_word_next(&rest)).size > 0;) {
		uint16_t id = 0;

		status = keyword_id(folder, word, &id);
		if (status == ST_OK && change == MODEL_FLAGS_REMOVE)
			keywords_remove(new, id);
		else if (status == ST_OK)
			keywords_add(new, id);
	}
	if (status != ST_OK || new->count == 0) {
		mem_give(new);
		new = NULL;
	}
	if (status == ST_OK)
		*new_out = new;
	return status;
}

static bool
keywords_equal(const struct model_keywords *a, const struct model_keywords *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return a->count == b->count &&
	    memcmp(a->ids, b->ids, a->count * sizeof(a->ids[0])) == 0;
}

enum status
model_folder_change(struct model_folder *folder, size_t index, enum model_change change,
    struct model_flags flags)
{
	struct model_message *message = &folder->messages[index];
	struct model_keywords *keywords = NULL;
	uint32_t system = flags.system;
	enum status status =
	    changed_keywords(folder, message->keywords, change, flags.keywords, &keywords);

	if (status != ST_OK)
		return status;
	if (change == MODEL_FLAGS_ADD)
		system = message->system | flags.system;
	else if (change == MODEL_FLAGS_REMOVE)
		system = message->system & ~flags.system;
	/* A change that changes nothing leaves no trace, as on Dovecot and Cyrus. */
	if (system != message->system || !keywords_equal(keywords, message->keywords))
		message->modseq = folder->flag_modseq = ++folder->modseq;
	message->system = system;
	mem_give(message->keywords);
	message->keywords = keywords;
	return ST_OK;
}

enum status
model_folder_keywords(
    const struct model_folder *folder, const struct model_message *message, struct buf *out)
{
	enum status status = ST_OK;

	for (size_t i = 0; message->keywords != NULL && i < message->keywords->count; i++) {
		if (status == ST_OK && i > 0)
			status = buf_append(out, BYTES(" "));
		if (status == ST_OK)
			status =
			    buf_append(out, folder->keyword_names[message->keywords->ids[i]]);
	}
	return status;
}
