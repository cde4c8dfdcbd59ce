/* SPDX-License-Identifier: Apache-2.0
 *
 * What a book knows of its folder, read from the store and written to it.
 */
#include "sync/ledger/private.h"

#include "base/check.h"
#include "base/mem.h"

static struct sync_key
key_of(const struct sync_book *book, enum sync_kind kind, uint64_t number)
{
	return (struct sync_key){book->ledger->pair, book->folder, kind, number};
}

/* The next record of a kind, from this number on. */
static enum status
find(struct sync_book *book, enum sync_kind kind, uint64_t number, struct sync_found *found)
{
	struct sync_store *store = book->ledger->store;
	struct sync_key from = key_of(book, kind, number);
	struct sync_key to = key_of(book, kind, LEDGER_NUMBER_MAX);

	return store->ops->find(store, &from, &to, found);
}

/* A number that nothing follows is none that we have given. */
static enum status
load(struct sync_book *book, enum sync_kind kind, uint64_t *next,
    enum status (*take)(struct sync_book *, uint64_t, struct bytes))
{
	struct sync_found found;
	enum status status;

	while ((status = find(book, kind, *next, &found)) == ST_OK) {
		if (found.key.number == LEDGER_NUMBER_MAX)
			return ST_SYNTAX;
		*next = found.key.number + 1;
		status = take(book, found.key.number, found.octets);
		if (status != ST_OK)
			return status;
	}
	return status == ST_ABSENT ? ST_OK : status;
}

enum status
ledger_book_load(struct sync_book *book)
{
	enum status status = load(book, SYNC_KIND_BLOCK, &book->next_block, ledger_block_load);

	if (status == ST_OK)
		status = load(book, SYNC_KIND_JOURNAL, &book->next_number, ledger_journal_load);
	return status == ST_OK ? ledger_journal_loaded(book) : status;
}

/* Removes a kind's records. */
static enum status
remove_all(struct sync_book *book, enum sync_kind kind, uint64_t *next)
{
	struct sync_store *store = book->ledger->store;
	struct sync_found found;
	uint64_t number = 0;
	enum status status;

	while ((status = find(book, kind, number, &found)) == ST_OK) {
		const struct sync_change change = {.key = found.key, .is_removal = true};

		number = found.key.number + 1;
		if (number > *next)
			*next = number;
		status = store->ops->submit(store, &change, 1, NULL);
		if (status != ST_OK || number == 0)
			return status;
	}
	return status == ST_ABSENT ? ST_OK : status;
}

enum status
ledger_book_void(struct sync_book *book)
{
	enum status status;

	ledger_journal_free(book);
	range_set_clear(&book->done);
	range_set_clear(&book->open);
	range_set_clear(&book->dst_uids);
	book->fresh_count = 0;
	book->base_count = 0;
	book->needless_count = 0;
	book->tail = 0;
	book->memory = SYNC_MEMORY_VOID;
	book->is_compared = false;
	book->is_written = false;
	book->src_uidnext = 0;
	book->dst_uidnext = 0;
	/* The record first: what is left without it says nothing. */
	status = ledger_book_write(book);
	if (status == ST_OK)
		status = remove_all(book, SYNC_KIND_BLOCK, &book->next_block);
	return status == ST_OK ? remove_all(book, SYNC_KIND_JOURNAL, &book->next_number)
			       : status;
}

enum status
ledger_book_write(struct sync_book *book)
{
	struct buf *buf = &book->ledger->buf;
	const struct sync_folder_record record = {
	    .src_raw = book->key.src_raw,
	    .dst_raw = book->key.dst_raw,
	    .src_uidvalidity = book->key.src_uidvalidity,
	    .dst_uidvalidity = book->key.dst_uidvalidity,
	    .src_uidnext = book->src_uidnext,
	    .dst_uidnext = book->dst_uidnext,
	    .is_compared = book->is_compared,
	    .open = book->open.ranges,
	    .open_count = book->open.count,
	};
	enum status status;

	book->is_written = true;
	if (book->ledger->store == NULL)
		return ST_OK;
	buf_clear(buf);
	status = sync_folder_encode(&record, buf);
	return status != ST_OK
	    ? status
	    : ledger_put(book->ledger, key_of(book, SYNC_KIND_FOLDER, 0), buf_bytes(buf), NULL);
}

void
ledger_book_free(struct sync_book *book)
{
	ledger_journal_free(book);
	range_set_fini(&book->done);
	range_set_fini(&book->open);
	range_set_fini(&book->dst_uids);
	mem_give(book->fresh);
	mem_give(book->bases);
	mem_give(book->needless);
	arena_fini(&book->base_arena);
	arena_fini(&book->arena);
	mem_give(book);
}

enum sync_memory
sync_book_memory(const struct sync_book *book)
{
	return book->memory;
}

bool
sync_book_is_compared(const struct sync_book *book)
{
	return book->is_compared;
}

enum status
sync_book_set_compared(struct sync_book *book)
{
	enum status status;

	if (book->is_compared)
		return ST_OK;
	/* What was found is durable before it is believed to be all. */
	status = ledger_block_flush(book);
	if (status != ST_OK)
		return status;
	book->is_compared = true;
	return ledger_book_write(book);
}

enum status
sync_book_distrust(struct sync_book *book)
{
	book->is_compared = false;
	return ledger_book_write(book);
}

const struct range_set *
sync_book_done(const struct sync_book *book)
{
	return &book->done;
}

bool
sync_book_has(const struct sync_book *book, uint32_t src_uid)
{
	if (range_set_has(&book->done, src_uid))
		return true;
	for (const struct ledger_intent *intent = book->first; intent != NULL;
	     intent = intent->next) {
		for (size_t i = 0; i < intent->count; i++) {
			if (intent->messages[i].src_uid.number == src_uid &&
			    (intent->fates[i] == SYNC_FATE_IN_DOUBT ||
				intent->fates[i] == SYNC_FATE_UNPROVED))
				return true;
		}
	}
	return false;
}

uint32_t
sync_book_src_uidnext(const struct sync_book *book)
{
	return book->src_uidnext;
}

/* Adds what of a range is in no range of `skip`. */
static enum status
add_without(struct range_set *set, uint64_t first, uint64_t last, const struct range_set *skip)
{
	enum status status = ST_OK;

	for (size_t i = 0; i < skip->count && first <= last && status == ST_OK; i++) {
		struct range range = skip->ranges[i];

		if (range.last < first)
			continue;
		if (range.first > last)
			break;
		if (range.first > first)
			status = range_set_add(set, (uint32_t)first, range.first - 1);
		first = (uint64_t)range.last + 1;
	}
	return status == ST_OK && first <= last
	    ? range_set_add(set, (uint32_t)first, (uint32_t)last)
	    : status;
}

static enum status
add_doubts(const struct sync_book *book, struct range_set *set)
{
	enum status status = ST_OK;

	for (const struct ledger_intent *intent = book->first;
	     intent != NULL && status == ST_OK; intent = intent->next) {
		for (size_t i = 0; i < intent->count && status == ST_OK; i++) {
			uint32_t uid = intent->messages[i].src_uid.number;

			if (intent->fates[i] == SYNC_FATE_IN_DOUBT ||
			    intent->fates[i] == SYNC_FATE_UNPROVED)
				status = range_set_add(set, uid, uid);
		}
	}
	return status;
}

/* What is done or in doubt. */
static enum status
add_taken(const struct sync_book *book, struct range_set *taken)
{
	enum status status = ST_OK;

	for (size_t i = 0; i < book->done.count && status == ST_OK; i++)
		status =
		    range_set_add(taken, book->done.ranges[i].first, book->done.ranges[i].last);
	return status == ST_OK ? add_doubts(book, taken) : status;
}

enum status
sync_book_add_wanted(const struct sync_book *book, uint32_t uidnext, struct range_set *wanted)
{
	uint64_t last = uidnext == 0 ? UINT32_MAX : uidnext - 1;
	uint64_t from = book->src_uidnext == 0 ? 1 : book->src_uidnext;
	struct range_set taken;
	enum status status;

	range_set_init(&taken, SIZE_MAX);
	status = add_taken(book, &taken);
	for (size_t i = 0; i < book->open.count && status == ST_OK; i++) {
		struct range open = book->open.ranges[i];

		status = add_without(
		    wanted, open.first, open.last < last ? open.last : last, &taken);
	}
	if (status == ST_OK && from <= last)
		status = add_without(wanted, from, last, &taken);
	range_set_fini(&taken);
	return status;
}

enum status
sync_book_set_gone_through(
    struct sync_book *book, uint32_t src_uidnext, const struct range_set *open)
{
	enum status status = ST_OK;

	range_set_clear(&book->open);
	for (size_t i = 0; i < open->count && status == ST_OK; i++)
		status =
		    range_set_add(&book->open, open->ranges[i].first, open->ranges[i].last);
	/* What is in doubt may turn out not to be there. */
	if (status == ST_OK)
		status = add_doubts(book, &book->open);
	if (status != ST_OK)
		return status;
	book->src_uidnext = src_uidnext;
	return ledger_book_write(book);
}

enum status
sync_book_add_dst_uids(const struct sync_book *book, uint32_t from, struct range_set *uids)
{
	enum status status = ST_OK;

	for (size_t i = 0; i < book->dst_uids.count && status == ST_OK; i++) {
		struct range range = book->dst_uids.ranges[i];

		if (range.last < from)
			continue;
		status =
		    range_set_add(uids, range.first < from ? from : range.first, range.last);
	}
	return status;
}
