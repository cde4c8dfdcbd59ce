/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/rows.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"

enum {
	ARENA_BUDGET = 262144,
	LISTED_ENOUGH = ROWS_PER_CHUNK,
	WIDTH_MAX = 1 << 24,
};

/* UIDNEXT was not told. No UIDNEXT can say it, so the last UID of all is looked for too. */
static const uint64_t end_unknown = (uint64_t)UINT32_MAX + 1;

void
row_list_add(struct row_list *list, struct row *row)
{
	row->next = NULL;
	if (list->last == NULL)
		list->first = row;
	else
		list->last->next = row;
	list->last = row;
	list->count++;
}

struct row *
row_list_take(struct row_list *list)
{
	struct row *row = list->first;

	if (row == NULL)
		return NULL;
	list->first = row->next;
	if (list->first == NULL)
		list->last = NULL;
	list->count--;
	row->next = NULL;
	return row;
}

void
row_list_join(struct row_list *list, struct row_list *more)
{
	if (more->first == NULL)
		return;
	if (list->last == NULL)
		list->first = more->first;
	else
		list->last->next = more->first;
	list->last = more->last;
	list->count += more->count;
	*more = (struct row_list){0};
}

struct row *
row_list_remove(struct row_list *list, struct uid uid)
{
	struct row *before = NULL;
	struct row *row = list->first;

	while (row != NULL && row->message.uid.number != uid.number) {
		before = row;
		row = row->next;
	}
	if (row == NULL)
		return NULL;
	if (before == NULL)
		list->first = row->next;
	else
		before->next = row->next;
	if (list->last == row)
		list->last = before;
	list->count--;
	row->next = NULL;
	return row;
}

void
row_lister_feed_examined(struct row_lister *lister, uint32_t exists, uint32_t uidnext)
{
	lister->is_pending = false;
	lister->exists = exists;
	lister->end = uidnext == 0 ? end_unknown : uidnext;
	if (exists == 0)
		lister->end = 1;
	if (lister->cursor > lister->end)
		lister->cursor = lister->end;
}

void
row_lister_init(struct row_lister *lister, const struct sync_copy_settings *settings)
{
	*lister = (struct row_lister){
	    .wanted = settings->wanted,
	    .width = ROWS_PER_CHUNK,
	};
	range_set_init(&lister->asked, ROWS_PER_CHUNK);
	lister->cursor = settings->src_first_uid > 1 ? settings->src_first_uid : 1;
	row_lister_feed_examined(lister, settings->src_exists, settings->src_uidnext);
	if (settings->is_src_pending) {
		lister->is_pending = true;
		lister->cursor = 1;
		lister->end = end_unknown;
	}
	if (settings->wanted == NULL)
		return;
	lister->end = 1;
	if (settings->wanted->count > 0)
		lister->end =
		    (uint64_t)settings->wanted->ranges[settings->wanted->count - 1].last + 1;
}

void
row_lister_fini(struct row_lister *lister)
{
	for (size_t i = 0; i < ROW_CHUNKS; i++) {
		if (lister->chunks[i] == NULL)
			continue;
		arena_fini(&lister->chunks[i]->arena);
		mem_give(lister->chunks[i]);
	}
	range_set_fini(&lister->asked);
}

static bool
has_free_chunk(const struct row_lister *lister)
{
	for (size_t i = 0; i < ROW_CHUNKS; i++) {
		if (lister->chunks[i] == NULL || lister->chunks[i]->living == 0)
			return true;
	}
	return false;
}

bool
row_lister_wants(const struct row_lister *lister)
{
	/* Without knowing more, one window and no second. */
	if (lister->is_pending && lister->cursor > 1)
		return false;
	return lister->filling == NULL && lister->cursor < lister->end &&
	    lister->listed.count < LISTED_ENOUGH && has_free_chunk(lister);
}

static struct row_chunk *
take_free_chunk(struct row_lister *lister)
{
	for (size_t i = 0; i < ROW_CHUNKS; i++) {
		struct row_chunk *chunk = lister->chunks[i];

		if (chunk == NULL) {
			chunk = mem_take(sizeof(*chunk));
			if (chunk == NULL)
				return NULL;
			chunk->living = 0;
			arena_init(&chunk->arena, ARENA_BUDGET);
			lister->chunks[i] = chunk;
		}
		if (chunk->living > 0)
			continue;
		arena_rewind(&chunk->arena);
		chunk->count = 0;
		return chunk;
	}
	return NULL;
}

static enum status
ask_for_all(struct row_lister *lister)
{
	lister->asked_end = lister->cursor + lister->width;
	if (lister->asked_end > lister->end)
		lister->asked_end = lister->end;
	return range_set_add(
	    &lister->asked, (uint32_t)lister->cursor, (uint32_t)(lister->asked_end - 1));
}

enum status
row_lister_begin(struct row_lister *lister)
{
	struct row_chunk *chunk = take_free_chunk(lister);
	enum status status;

	if (chunk == NULL)
		return ST_MEMORY;
	range_set_clear(&lister->asked);
	status = lister->wanted == NULL
	    ? ask_for_all(lister)
	    : range_set_window(lister->wanted, lister->cursor, lister->width, &lister->asked,
		  &lister->asked_end);
	if (status != ST_OK)
		return status;
	lister->filling = chunk;
	lister->dropped_min = 0;
	return ST_OK;
}

/* Whether a row of that UID is in the chunk that is being filled. Looks from the end: rows come
 * in ascending order nearly always. */
static bool
is_listed(const struct row_chunk *chunk, uint32_t uid)
{
	for (uint32_t i = chunk->count; i > 0; i--) {
		uint32_t other = chunk->rows[i - 1].message.uid.number;

		if (other == uid)
			return true;
		if (other < uid)
			return false;
	}
	return false;
}

static void
drop(struct row_lister *lister, uint32_t uid)
{
	if (lister->dropped_min == 0 || uid < lister->dropped_min)
		lister->dropped_min = uid;
}

enum status
row_lister_feed(struct row_lister *lister, const struct message *message)
{
	struct row_chunk *chunk = lister->filling;
	uint32_t uid = message->uid.number;
	size_t size = message->flags.keywords.size;
	uint8_t *keywords;
	struct row *row;
	uint32_t i;

	if (chunk == NULL || !range_set_has(&lister->asked, uid) || is_listed(chunk, uid))
		return ST_OK;
	if (chunk->count == ROWS_PER_CHUNK) {
		drop(lister, uid);
		return ST_OK;
	}
	keywords = arena_take(&chunk->arena, size + 1, 1);
	if (keywords == NULL && chunk->count > 0 && arena_status(&chunk->arena) == ST_LIMIT) {
		drop(lister, uid);
		return ST_OK;
	}
	if (keywords == NULL)
		return arena_status(&chunk->arena);
	if (size > 0)
		memcpy(keywords, message->flags.keywords.data, size);
	/* Sorted by UID, so that what was dropped can be asked for again from there. */
	for (i = chunk->count; i > 0 && chunk->rows[i - 1].message.uid.number > uid; i--)
		chunk->rows[i] = chunk->rows[i - 1];
	row = &chunk->rows[i];
	*row = (struct row){.message = *message, .keywords = keywords, .chunk = chunk};
	row->message.flags.keywords = (struct bytes){keywords, size};
	chunk->count++;
	return ST_OK;
}

/* A quarter of the window's UIDs alive is dense enough; sparser folders get wider windows. One
 * that brought nothing that fits is halved, so that in the end a single row does. */
static void
adapt_width(struct row_lister *lister, uint32_t got)
{
	if (lister->dropped_min != 0 && got == 0)
		lister->width = (lister->width + 1) / 2;
	else if (lister->dropped_min != 0 && lister->width > ROWS_PER_CHUNK)
		lister->width =
		    lister->width > 8 * ROWS_PER_CHUNK ? lister->width / 8 : ROWS_PER_CHUNK;
	if (lister->dropped_min != 0)
		return;
	if (lister->wanted != NULL)
		lister->width = ROWS_PER_CHUNK;
	else if (got < ROWS_PER_CHUNK / 4 && lister->width < WIDTH_MAX)
		lister->width *= 4;
	else if (got < ROWS_PER_CHUNK / 2 && lister->width < WIDTH_MAX)
		lister->width *= 2;
}

void
row_lister_end_window(struct row_lister *lister)
{
	struct row_chunk *chunk = lister->filling;
	uint64_t next = lister->asked_end;
	uint32_t kept = 0;

	CHECK(chunk != NULL);
	lister->filling = NULL;
	if (lister->dropped_min != 0)
		next = lister->dropped_min;
	for (; kept < chunk->count; kept++) {
		struct row *row = &chunk->rows[kept];

		if (lister->dropped_min != 0 && row->message.uid.number >= lister->dropped_min)
			break;
		row_list_add(&lister->listed, row);
	}
	chunk->count = kept;
	chunk->living = kept;
	lister->seen += kept;
	adapt_width(lister, kept);
	lister->cursor = next < lister->end ? next : lister->end;
	/* Without UIDNEXT the number of messages says where the folder ends. */
	if (lister->wanted == NULL && lister->end == end_unknown &&
	    lister->seen >= lister->exists)
		lister->cursor = lister->end;
}

bool
row_lister_is_done(const struct row_lister *lister)
{
	return lister->filling == NULL && lister->cursor >= lister->end;
}

void
row_release(struct row *row)
{
	CHECK(row->chunk->living > 0);
	row->chunk->living--;
}
