/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages that are done: entries that wait for a block, and blocks.
 *
 * A block is written when 4,096 entries wait or the book closes, in one step with the removal
 * of the journal's records that it makes needless. Blocks may overlap; a UID is in one of them.
 */
#include "sync/ledger/private.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"

/* Room for one more of `size` octets in an array that grows. */
static enum status
reserve(void **array, size_t count, size_t *capacity, size_t size)
{
	size_t wanted = *capacity == 0 ? 16 : *capacity * 2;
	void *grown;

	if (count < *capacity)
		return ST_OK;
	grown = *array == NULL ? mem_take(wanted * size) : mem_resize(*array, wanted * size);
	if (grown == NULL)
		return ST_MEMORY;
	*array = grown;
	*capacity = wanted;
	return ST_OK;
}

static bool
is_equal(const struct flags *a, const struct flags *b)
{
	return a->system == b->system && bytes_equal(a->keywords, b->keywords);
}

/* The base's place among the book's; most messages have one of the newest. */
static enum status
place(struct sync_book *book, const struct sync_base *base, uint16_t *place_out)
{
	struct sync_base *kept;
	enum status status;

	for (size_t i = book->base_count; i > 0; i--) {
		if (is_equal(&book->bases[i - 1].src, &base->src) &&
		    is_equal(&book->bases[i - 1].dst, &base->dst)) {
			*place_out = (uint16_t)(i - 1);
			return ST_OK;
		}
	}
	status = reserve((void **)&book->bases, book->base_count, &book->base_capacity,
	    sizeof(*book->bases));
	if (status != ST_OK)
		return status;
	kept = &book->bases[book->base_count];
	*kept = *base;
	status = bytes_copy(base->src.keywords, &book->base_arena, &kept->src.keywords);
	if (status == ST_OK)
		status = bytes_copy(base->dst.keywords, &book->base_arena, &kept->dst.keywords);
	if (status == ST_OK)
		*place_out = (uint16_t)book->base_count++;
	return status;
}

static enum status
add_entry(struct sync_book *book, const struct sync_entry *entry, const struct sync_base *base)
{
	struct sync_entry own = *entry;
	enum status status = place(book, base, &own.base);

	if (status == ST_OK)
		status = reserve((void **)&book->fresh, book->fresh_count,
		    &book->fresh_capacity, sizeof(*book->fresh));
	if (status == ST_OK)
		book->fresh[book->fresh_count++] = own;
	return status;
}

static enum status
note_dst_uid(struct sync_book *book, uint32_t dst_uid)
{
	if (dst_uid == 0)
		return ST_OK;
	if (dst_uid >= book->dst_uidnext && dst_uid < UINT32_MAX)
		book->dst_uidnext = dst_uid + 1;
	return range_set_add(&book->dst_uids, dst_uid, dst_uid);
}

enum status
ledger_block_load(struct sync_book *book, uint64_t number, struct bytes octets)
{
	struct sync_block_reader reader;
	struct sync_entry entry;
	enum status status = sync_block_open(octets, &reader);

	if (status != ST_OK)
		return status;
	book->tail = reader.count < SYNC_BLOCK_ENTRIES_MAX ? number : 0;
	while ((status = sync_block_next(&reader, &entry)) == ST_OK) {
		status = range_set_add(&book->done, entry.src_uid, entry.src_uid);
		if (status == ST_OK)
			status = note_dst_uid(book, entry.dst_uid);
		if (status != ST_OK)
			return status;
	}
	return status == ST_END ? ST_OK : status;
}

enum status
ledger_block_add(
    struct sync_book *book, const struct sync_entry *entry, const struct sync_base *base)
{
	enum status status = range_set_add(&book->done, entry->src_uid, entry->src_uid);

	if (status == ST_OK)
		status = note_dst_uid(book, entry->dst_uid);
	if (status != ST_OK || book->ledger->store == NULL)
		return status;
	status = add_entry(book, entry, base);
	if (status == ST_OK &&
	    (book->fresh_count >= SYNC_BLOCK_ENTRIES_MAX ||
		book->base_count >= LEDGER_BASES_MAX))
		status = ledger_block_flush(book);
	return status;
}

enum status
ledger_block_needless(struct sync_book *book, uint64_t number)
{
	enum status status;

	if (book->ledger->store == NULL)
		return ST_OK;
	status = reserve((void **)&book->needless, book->needless_count,
	    &book->needless_capacity, sizeof(*book->needless));
	if (status == ST_OK)
		book->needless[book->needless_count++] = number;
	return status;
}

/* The last block of earlier runs is written anew with what came since. */
static enum status
take_tail(struct sync_book *book)
{
	struct sync_store *store = book->ledger->store;
	const struct sync_key key = {
	    book->ledger->pair, book->folder, SYNC_KIND_BLOCK, book->tail};
	struct sync_block_reader reader;
	struct sync_found found;
	struct sync_entry entry;
	enum status status = store->ops->find(store, &key, &key, &found);

	if (status == ST_OK)
		status = sync_block_open(found.octets, &reader);
	if (status != ST_OK || reader.count + book->fresh_count > SYNC_BLOCK_ENTRIES_MAX) {
		book->tail = 0;
		return status == ST_OK || status == ST_ABSENT ? ST_OK : status;
	}
	while ((status = sync_block_next(&reader, &entry)) == ST_OK) {
		struct sync_base base;

		status = sync_block_base(&reader, entry.base, &base);
		if (status == ST_OK)
			status = add_entry(book, &entry, &base);
		if (status != ST_OK)
			return status;
	}
	return status == ST_END ? ST_OK : status;
}

static int
compare_entries(const void *a, const void *b)
{
	const struct sync_entry *left = a;
	const struct sync_entry *right = b;

	return left->src_uid < right->src_uid ? -1 : left->src_uid > right->src_uid;
}

static struct sync_key
key_of(const struct sync_book *book, enum sync_kind kind, uint64_t number)
{
	return (struct sync_key){book->ledger->pair, book->folder, kind, number};
}

/* The block, and the removal of all that it stands for, in one step. */
static enum status
submit(struct sync_book *book, bool has_tail)
{
	struct sync_ledger *ledger = book->ledger;
	size_t count = 0;
	struct sync_change *changes = mem_take((book->needless_count + 2) * sizeof(*changes));
	enum status status;

	if (changes == NULL)
		return ST_MEMORY;
	if (book->fresh_count > 0)
		changes[count++] =
		    (struct sync_change){key_of(book, SYNC_KIND_BLOCK, book->next_block),
			buf_bytes(&ledger->buf), false};
	if (has_tail)
		changes[count++] = (struct sync_change){
		    .key = key_of(book, SYNC_KIND_BLOCK, book->tail), .is_removal = true};
	for (size_t i = 0; i < book->needless_count; i++)
		changes[count++] = (struct sync_change){
		    .key = key_of(book, SYNC_KIND_JOURNAL, book->needless[i]),
		    .is_removal = true};
	status = ledger->store->ops->submit(ledger->store, changes, count, NULL);
	mem_give(changes);
	return status;
}

enum status
ledger_block_flush(struct sync_book *book)
{
	struct sync_ledger *ledger = book->ledger;
	enum status status = ST_OK;
	bool has_tail;

	if (ledger->store == NULL || (book->fresh_count == 0 && book->needless_count == 0))
		return ST_OK;
	if (book->tail != 0 && book->fresh_count > 0)
		status = take_tail(book);
	has_tail = book->tail != 0 && book->fresh_count > 0;
	if (status == ST_OK && book->fresh_count > 0) {
		qsort(book->fresh, book->fresh_count, sizeof(*book->fresh), compare_entries);
		buf_clear(&ledger->buf);
		status = sync_block_encode(book->fresh, book->fresh_count, book->bases,
		    book->base_count, &ledger->buf);
	}
	if (status == ST_OK)
		status = submit(book, has_tail);
	if (status != ST_OK)
		return status;
	if (book->fresh_count > 0)
		book->next_block++;
	if (has_tail)
		book->tail = 0;
	book->fresh_count = 0;
	book->base_count = 0;
	arena_rewind(&book->base_arena);
	book->needless_count = 0;
	return ST_OK;
}
