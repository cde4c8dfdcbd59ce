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
	lister->is_end_unknown = uidnext == 0;
	lister->high = uidnext == 0 ? end_unknown : uidnext;
	if (exists == 0)
		lister->high = 1;
	if (lister->low > lister->high)
		lister->low = lister->high;
}

void
row_lister_init(struct row_lister *lister, const struct sync_copy_settings *settings)
{
	const struct range_set *wanted = settings->wanted;

	*lister = (struct row_lister){
	    .wanted = wanted,
	    .choice = settings->choice,
	    .has_choice = sync_choice_is_set(&settings->choice),
	    .is_newest_first = settings->is_newest_first,
	    .width = ROWS_PER_CHUNK,
	};
	range_set_init(&lister->asked, ROWS_PER_CHUNK);
	for (size_t i = 0; i < SYNC_RULE_COUNT; i++)
		range_set_init(&lister->excluded[i], ROWS_PER_CHUNK);
	lister->low = settings->src_first_uid > 1 ? settings->src_first_uid : 1;
	row_lister_feed_examined(lister, settings->src_exists, settings->src_uidnext);
	if (settings->is_src_pending) {
		lister->is_pending = true;
		lister->low = 1;
		lister->high = end_unknown;
	}
	if (wanted == NULL)
		return;
	lister->low = 1;
	lister->high = 1;
	if (wanted->count == 0)
		return;
	lister->low = wanted->ranges[0].first;
	lister->high = (uint64_t)wanted->ranges[wanted->count - 1].last + 1;
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
	for (size_t i = 0; i < SYNC_RULE_COUNT; i++)
		range_set_fini(&lister->excluded[i]);
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
	/* Without knowing more, one window and no second; and where the newest messages are is
	 * what is not known. */
	if (lister->is_pending && (lister->is_newest_first || lister->low > 1))
		return false;
	return lister->filling == NULL && lister->low < lister->high &&
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
		chunk->first = 0;
		chunk->count = 0;
		return chunk;
	}
	return NULL;
}

/* The next window of a folder in which nothing was chosen beforehand. */
static enum status
ask_for_all(struct row_lister *lister)
{
	bool is_rest = lister->high - lister->low <= lister->width;
	uint64_t first = lister->low;
	uint64_t end = lister->high;

	if (lister->is_newest_first && !is_rest)
		first = end - lister->width;
	else if (!is_rest)
		end = first + lister->width;
	lister->asked_to = lister->is_newest_first ? first : end;
	return range_set_add(&lister->asked, (uint32_t)first, (uint32_t)(end - 1));
}

static enum status
ask_for_wanted(struct row_lister *lister)
{
	if (lister->is_newest_first)
		return range_set_window_below(lister->wanted, lister->high, lister->width,
		    &lister->asked, &lister->asked_to);
	return range_set_window(
	    lister->wanted, lister->low, lister->width, &lister->asked, &lister->asked_to);
}

enum status
row_lister_begin(struct row_lister *lister)
{
	struct row_chunk *chunk = take_free_chunk(lister);
	enum status status;

	if (chunk == NULL)
		return ST_MEMORY;
	range_set_clear(&lister->asked);
	status = lister->wanted == NULL ? ask_for_all(lister) : ask_for_wanted(lister);
	if (status != ST_OK)
		return status;
	for (size_t i = 0; lister->has_choice && i < SYNC_RULE_COUNT; i++)
		range_set_clear(&lister->excluded[i]);
	lister->filling = chunk;
	lister->dropped = 0;
	return ST_OK;
}

/* The n-th row of the chunk, ascending by UID. */
static struct row *
row_at(struct row_chunk *chunk, uint32_t n)
{
	return &chunk->rows[(chunk->first + n) % ROWS_PER_CHUNK];
}

/* Whether a row of that UID is in the chunk that is being filled. Looks from the end: rows come
 * in ascending order nearly always. */
static bool
is_listed(struct row_chunk *chunk, uint32_t uid)
{
	for (uint32_t i = chunk->count; i > 0; i--) {
		uint32_t other = row_at(chunk, i - 1)->message.uid.number;

		if (other == uid)
			return true;
		if (other < uid)
			return false;
	}
	return false;
}

static bool
is_left_out(const struct row_lister *lister, uint32_t uid)
{
	for (size_t i = 0; i < SYNC_RULE_COUNT; i++) {
		if (range_set_has(&lister->excluded[i], uid))
			return true;
	}
	return false;
}

static void
drop(struct row_lister *lister, uint32_t uid)
{
	bool is_nearer =
	    lister->is_newest_first ? uid > lister->dropped : uid < lister->dropped;

	if (lister->dropped == 0 || is_nearer)
		lister->dropped = uid;
}

/* Makes room for `uid` in a full chunk where the newest rows are wanted most. */
static bool
can_displace(struct row_lister *lister, uint32_t uid)
{
	struct row_chunk *chunk = lister->filling;
	uint32_t oldest = row_at(chunk, 0)->message.uid.number;

	if (!lister->is_newest_first || uid < oldest)
		return false;
	drop(lister, oldest);
	chunk->first = (chunk->first + 1) % ROWS_PER_CHUNK;
	chunk->count--;
	return true;
}

static enum status
add_row(struct row_lister *lister, const struct message *message, bool is_too_large)
{
	struct row_chunk *chunk = lister->filling;
	uint32_t uid = message->uid.number;
	size_t size = message->flags.keywords.size;
	uint8_t *keywords;
	struct row *row;
	uint32_t i;

	if (chunk->count == ROWS_PER_CHUNK && !can_displace(lister, uid)) {
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
	for (i = chunk->count; i > 0 && row_at(chunk, i - 1)->message.uid.number > uid; i--)
		*row_at(chunk, i) = *row_at(chunk, i - 1);
	row = row_at(chunk, i);
	*row = (struct row){.message = *message,
	    .is_too_large = is_too_large,
	    .keywords = keywords,
	    .chunk = chunk};
	row->message.flags.keywords = (struct bytes){keywords, size};
	chunk->count++;
	return ST_OK;
}

enum status
row_lister_feed(struct row_lister *lister, const struct message *message)
{
	uint32_t uid = message->uid.number;
	enum sync_verdict verdict = SYNC_TAKEN;
	enum sync_rule rule = SYNC_RULE_COUNT;
	enum status status;

	if (lister->filling == NULL || !range_set_has(&lister->asked, uid) ||
	    is_listed(lister->filling, uid))
		return ST_OK;
	if (lister->has_choice) {
		if (is_left_out(lister, uid))
			return ST_OK;
		verdict = sync_choice_decide(&lister->choice, message, &rule);
	}
	if (verdict != SYNC_EXCLUDED)
		return add_row(lister, message, verdict == SYNC_TOO_LARGE);
	status = range_set_add(&lister->excluded[rule], uid, uid);
	if (status == ST_LIMIT) {
		drop(lister, uid);
		return ST_OK;
	}
	return status;
}

/* A quarter of the window's UIDs alive is dense enough; sparser folders get wider windows, and
 * so do those of which most is left out. One that brought nothing that fits is halved, so that
 * in the end a single row does. */
static void
adapt_width(struct row_lister *lister, uint32_t kept, bool has_moved)
{
	if (lister->dropped != 0 && lister->width > ROWS_PER_CHUNK)
		lister->width =
		    lister->width > 8 * ROWS_PER_CHUNK ? lister->width / 8 : ROWS_PER_CHUNK;
	else if (lister->dropped != 0 && !has_moved)
		lister->width = (lister->width + 1) / 2;
	if (lister->dropped != 0)
		return;
	if (lister->wanted != NULL)
		lister->width = ROWS_PER_CHUNK;
	else if (kept < ROWS_PER_CHUNK / 4 && lister->width < WIDTH_MAX)
		lister->width *= 4;
	else if (kept < ROWS_PER_CHUNK / 2 && lister->width < WIDTH_MAX)
		lister->width *= 2;
}

/* Puts the window's rows in [from, end) on the lists, in the folder's order; how many. */
static uint32_t
keep_rows(struct row_lister *lister, struct row_chunk *chunk, uint64_t from, uint64_t end)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < chunk->count; i++) {
		uint32_t n = lister->is_newest_first ? chunk->count - 1 - i : i;
		struct row *row = row_at(chunk, n);

		if (row->message.uid.number < from || row->message.uid.number >= end)
			break;
		row_list_add(row->is_too_large ? &lister->too_large : &lister->listed, row);
		kept++;
	}
	chunk->living = kept;
	return kept;
}

static uint64_t
count_left_out(struct row_lister *lister, uint64_t from, uint64_t end)
{
	uint64_t all = 0;

	for (size_t i = 0; lister->has_choice && i < SYNC_RULE_COUNT; i++) {
		uint64_t count = range_set_count(&lister->excluded[i], from, end);

		lister->left_out[i] += count;
		all += count;
	}
	lister->left_out_count += all;
	return all;
}

void
row_lister_end_window(struct row_lister *lister)
{
	struct row_chunk *chunk = lister->filling;
	uint64_t to = lister->asked_to;
	uint64_t from, end, left_out;
	uint32_t kept;

	CHECK(chunk != NULL);
	lister->filling = NULL;
	if (lister->dropped != 0)
		to = (uint64_t)lister->dropped + (lister->is_newest_first ? 1 : 0);
	from = lister->is_newest_first ? to : 0;
	end = lister->is_newest_first ? end_unknown : to;
	kept = keep_rows(lister, chunk, from, end);
	left_out = count_left_out(lister, from, end);
	lister->seen += kept;
	adapt_width(lister, kept, kept + left_out > 0);
	if (lister->is_newest_first)
		lister->high = to > lister->low ? to : lister->low;
	else
		lister->low = to < lister->high ? to : lister->high;
	/* Without UIDNEXT the number of messages says where the folder ends. */
	if (lister->wanted == NULL && lister->is_end_unknown &&
	    lister->seen + lister->left_out_count >= lister->exists)
		row_lister_stop(lister);
}

void
row_lister_go_back(struct row_lister *lister, uint32_t uid)
{
	CHECK(!lister->is_newest_first);
	lister->low = uid;
}

void
row_lister_stop(struct row_lister *lister)
{
	lister->low = lister->high;
}

void
row_lister_leave_out(struct row_lister *lister, enum sync_rule rule)
{
	CHECK(lister->seen > 0);
	lister->seen--;
	lister->left_out[rule]++;
	lister->left_out_count++;
}

void
row_lister_abort_window(struct row_lister *lister)
{
	/* Its chunk holds no living row until its window ends. */
	lister->filling = NULL;
}

bool
row_lister_is_done(const struct row_lister *lister)
{
	return lister->filling == NULL && lister->low >= lister->high;
}

void
row_release(struct row *row)
{
	CHECK(row->chunk->living > 0);
	row->chunk->living--;
}
