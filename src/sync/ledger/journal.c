/* SPDX-License-Identifier: Apache-2.0
 *
 * Intents, and what became of them.
 */
#include "sync/ledger/private.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"

static struct sync_key
key_of(const struct sync_book *book, uint64_t number)
{
	return (struct sync_key){book->ledger->pair, book->folder, SYNC_KIND_JOURNAL, number};
}

static bool
is_doubt(enum sync_fate fate)
{
	return fate == SYNC_FATE_IN_DOUBT || fate == SYNC_FATE_UNPROVED;
}

/* Open intents --------------------------------------------------------------------------- */

static size_t
size_of_keywords(const struct sync_intent *intent)
{
	size_t size = 0;

	for (size_t i = 0; i < intent->message_count; i++)
		size += intent->messages[i].flags.keywords.size;
	return size;
}

/* A copy of the intent, in doubt until something else is told. */
static struct ledger_intent *
copy_intent(const struct sync_intent *intent, uint64_t number)
{
	size_t count = intent->message_count;
	size_t size = sizeof(struct ledger_intent) +
	    count *
		(sizeof(struct sync_intent_message) + sizeof(enum sync_fate) +
		    sizeof(uint32_t));
	struct ledger_intent *own = mem_take(size + size_of_keywords(intent));
	uint8_t *keywords;

	if (own == NULL)
		return NULL;
	*own = (struct ledger_intent){
	    .number = number,
	    .dst_uidnext = intent->dst_uidnext,
	    .attempt = intent->attempt,
	    .count = count,
	    .messages = (struct sync_intent_message *)(own + 1),
	};
	own->fates = (enum sync_fate *)(own->messages + count);
	own->dst_uids = (uint32_t *)(own->fates + count);
	keywords = (uint8_t *)(own->dst_uids + count);
	for (size_t i = 0; i < count; i++) {
		struct sync_intent_message *message = &own->messages[i];

		*message = intent->messages[i];
		own->fates[i] = SYNC_FATE_IN_DOUBT;
		own->dst_uids[i] = 0;
		if (message->flags.keywords.size > 0)
			memcpy(keywords, message->flags.keywords.data,
			    message->flags.keywords.size);
		message->flags.keywords.data = keywords;
		keywords += message->flags.keywords.size;
	}
	return own;
}

static void
add_intent(struct sync_book *book, struct ledger_intent *intent)
{
	intent->previous = book->last;
	if (book->last == NULL)
		book->first = intent;
	else
		book->last->next = intent;
	book->last = intent;
}

static void
remove_intent(struct sync_book *book, struct ledger_intent *intent)
{
	if (intent->previous == NULL)
		book->first = intent->next;
	else
		intent->previous->next = intent->next;
	if (intent->next == NULL)
		book->last = intent->previous;
	else
		intent->next->previous = intent->previous;
	mem_give(intent);
}

void
ledger_journal_free(struct sync_book *book)
{
	while (book->first != NULL)
		remove_intent(book, book->first);
}

static struct ledger_intent *
find_intent(struct sync_book *book, uint64_t number)
{
	struct ledger_intent *intent = book->last;

	while (intent != NULL && intent->number != number)
		intent = intent->previous;
	return intent;
}

/* What became of them -------------------------------------------------------------------- */

/* Of INTERNALDATE and size, for a source that gives its messages other UIDs. */
static uint32_t
meta_of(const struct sync_intent_message *message)
{
	uint64_t mixed = (uint64_t)message->date.s * 0x9E3779B97F4A7C15U;

	mixed ^= (message->size + 0x7F4A7C15U) * 0xBF58476D1CE4E5B9U;
	mixed ^= mixed >> 32;
	return (uint32_t)mixed;
}

static enum status
add_done(struct sync_book *book, const struct ledger_intent *intent, size_t i)
{
	const struct sync_intent_message *message = &intent->messages[i];
	const struct sync_base base = {message->flags, message->flags};
	const struct sync_entry entry = {
	    .src_uid = message->src_uid.number,
	    .dst_uid = intent->dst_uids[i],
	    .state = intent->fates[i] == SYNC_FATE_HELD ? SYNC_STATE_HELD : SYNC_STATE_COPIED,
	    .meta = meta_of(message),
	};

	return ledger_block_add(book, &entry, &base);
}

/* A UID that stands for another message is none that was told. */
static uint32_t
believe(const struct sync_book *book, uint32_t dst_uid)
{
	return dst_uid != 0 && range_set_has(&book->dst_uids, dst_uid) ? 0 : dst_uid;
}

/* The fate of one message, told or read. */
static enum status
apply(struct sync_book *book, struct ledger_intent *intent, size_t i, enum sync_fate fate,
    uint32_t dst_uid)
{
	uint32_t src_uid = intent->messages[i].src_uid.number;
	bool is_done = fate == SYNC_FATE_STORED || fate == SYNC_FATE_HELD;

	intent->dst_uids[i] = 0;
	intent->fates[i] = fate;
	if (!is_done)
		return ST_OK;
	/* Read from a block, which says more. */
	if (range_set_has(&book->done, src_uid)) {
		intent->fates[i] = SYNC_FATE_NOT_STORED;
		return ST_OK;
	}
	if (fate == SYNC_FATE_STORED)
		intent->dst_uids[i] = believe(book, dst_uid);
	/* Without a UID its digest is still needed when others are looked for. */
	if (fate == SYNC_FATE_STORED && intent->dst_uids[i] == 0)
		return range_set_add(&book->done, src_uid, src_uid);
	return add_done(book, intent, i);
}

/* Whether nothing more is to be found out about it. */
static bool
is_over(const struct ledger_intent *intent)
{
	for (size_t i = 0; i < intent->count; i++) {
		if (is_doubt(intent->fates[i]) || intent->fates[i] == SYNC_FATE_ABSENT ||
		    (intent->fates[i] == SYNC_FATE_STORED && intent->dst_uids[i] == 0))
			return false;
	}
	return true;
}

/* An intent that is over leaves its entries, and records that nobody needs. */
static enum status
let_go(struct sync_book *book, struct ledger_intent *intent)
{
	enum status status;

	if (!is_over(intent))
		return ST_OK;
	status = ledger_block_needless(book, intent->number);
	if (status == ST_OK && intent->settlement != 0)
		status = ledger_block_needless(book, intent->settlement);
	if (status == ST_OK)
		remove_intent(book, intent);
	return status;
}

static enum status
write_settlement(struct sync_book *book, struct ledger_intent *intent)
{
	struct buf *buf = &book->ledger->buf;
	const struct sync_journal_record record = {
	    .what = SYNC_JOURNAL_SETTLEMENT,
	    .settlement = {intent->number, intent->fates, intent->dst_uids, intent->count},
	};
	uint64_t number = book->next_number;
	enum status status;

	if (book->ledger->store == NULL)
		return ST_OK;
	buf_clear(buf);
	status = sync_journal_encode(&record, buf);
	if (status == ST_OK)
		status = ledger_put(book->ledger, key_of(book, number), buf_bytes(buf), NULL);
	if (status == ST_OK && intent->settlement != 0)
		status = ledger_block_needless(book, intent->settlement);
	if (status != ST_OK)
		return status;
	intent->settlement = number;
	book->next_number++;
	return ST_OK;
}

/* Telling -------------------------------------------------------------------------------- */

static enum status
write_intent(struct sync_book *book, const struct sync_intent *intent, uint64_t number,
    struct sync_receipt *receipt)
{
	struct buf *buf = &book->ledger->buf;
	const struct sync_journal_record record = {
	    .what = SYNC_JOURNAL_INTENT, .intent = *intent};
	enum status status;

	if (book->ledger->store == NULL) {
		receipt->status = ST_OK;
		receipt->is_settled = true;
		return ST_OK;
	}
	buf_clear(buf);
	status = sync_journal_encode(&record, buf);
	return status != ST_OK
	    ? status
	    : ledger_put(book->ledger, key_of(book, number), buf_bytes(buf), receipt);
}

enum status
sync_book_intend(struct sync_book *book, const struct sync_intent *intent,
    struct sync_receipt *receipt, uint64_t *number_out)
{
	struct sync_intent raised = *intent;
	uint64_t number = book->next_number;
	struct ledger_intent *own;
	enum status status = ST_OK;

	CHECK(intent->message_count > 0 && book->is_compared);
	/* UIDs ascend: what is stored from now on lies above all that we have seen. */
	if (raised.dst_uidnext < book->dst_uidnext)
		raised.dst_uidnext = book->dst_uidnext;
	own = copy_intent(&raised, number);
	if (own == NULL)
		return ST_MEMORY;
	if (!book->is_written)
		status = ledger_book_write(book);
	if (status == ST_OK)
		status = write_intent(book, &raised, number, receipt);
	if (status != ST_OK) {
		mem_give(own);
		return status;
	}
	add_intent(book, own);
	book->next_number++;
	*number_out = number;
	return ST_OK;
}

void
sync_book_forget(struct sync_book *book, struct sync_receipt *receipt)
{
	struct sync_store *store = book->ledger->store;

	if (store != NULL)
		store->ops->forget(store, receipt);
}

enum status
sync_book_settle(struct sync_book *book, const struct sync_settlement *settlement)
{
	struct ledger_intent *intent = find_intent(book, settlement->intent);
	enum status status = ST_OK;

	CHECK(intent != NULL && intent->count == settlement->count);
	CHECK(intent->settlement == 0);
	for (size_t i = 0; i < intent->count && status == ST_OK; i++)
		status = apply(book, intent, i, settlement->fates[i],
		    settlement->dst_uids == NULL ? 0 : settlement->dst_uids[i]);
	if (status == ST_OK)
		status = write_settlement(book, intent);
	return status == ST_OK ? let_go(book, intent) : status;
}

enum status
sync_book_adopt(
    struct sync_book *book, const struct sync_entry *entry, const struct sync_base *base)
{
	if (range_set_has(&book->done, entry->src_uid))
		return ST_OK;
	return ledger_block_add(book, entry, base);
}

/* Doubts --------------------------------------------------------------------------------- */

static bool
is_shown(const struct ledger_intent *intent, size_t i)
{
	enum sync_fate fate = intent->fates[i];

	return is_doubt(fate) || fate == SYNC_FATE_ABSENT ||
	    (fate == SYNC_FATE_STORED && intent->dst_uids[i] == 0);
}

size_t
sync_book_doubt_count(const struct sync_book *book)
{
	size_t count = 0;

	for (const struct ledger_intent *intent = book->first; intent != NULL;
	     intent = intent->next) {
		for (size_t i = 0; i < intent->count; i++)
			count += is_doubt(intent->fates[i]);
	}
	return count;
}

static size_t
count_shown(const struct sync_book *book)
{
	size_t count = 0;

	for (const struct ledger_intent *intent = book->first; intent != NULL;
	     intent = intent->next) {
		for (size_t i = 0; i < intent->count; i++)
			count += is_shown(intent, i);
	}
	return count;
}

enum status
sync_book_doubts(const struct sync_book *book, struct arena *arena,
    struct sync_doubt **doubts_out, size_t *count_out)
{
	size_t count = count_shown(book);
	struct sync_doubt *doubts = NULL;
	size_t k = 0;

	if (count > 0)
		doubts = arena_take_array(arena, count, sizeof(*doubts));
	if (count > 0 && doubts == NULL)
		return arena_status(arena);
	for (const struct ledger_intent *intent = book->first; intent != NULL;
	     intent = intent->next) {
		for (size_t i = 0; i < intent->count; i++) {
			if (!is_shown(intent, i))
				continue;
			doubts[k++] = (struct sync_doubt){
			    .intent = intent->number,
			    .index = (uint32_t)i,
			    .attempt = intent->attempt,
			    .dst_uidnext = intent->dst_uidnext,
			    .fate = intent->fates[i],
			    .was_stored = intent->fates[i] == SYNC_FATE_STORED,
			    .message = intent->messages[i],
			};
		}
	}
	*doubts_out = doubts;
	*count_out = count;
	return ST_OK;
}

/* A message without a UID has one now, or another is decided. */
static enum status
decide_one(struct sync_book *book, struct ledger_intent *intent, const struct sync_doubt *doubt)
{
	size_t i = doubt->index;
	uint32_t dst_uid = believe(book, doubt->dst_uid);

	if (intent->fates[i] != SYNC_FATE_STORED)
		return apply(book, intent, i, doubt->fate, dst_uid);
	intent->dst_uids[i] = dst_uid;
	return dst_uid == 0 ? ST_OK : add_done(book, intent, i);
}

enum status
sync_book_decide(struct sync_book *book, const struct sync_doubt *doubts, size_t count)
{
	enum status status = ST_OK;

	for (size_t i = 0; i < count && status == ST_OK;) {
		uint64_t number = doubts[i].intent;
		struct ledger_intent *intent = find_intent(book, number);
		bool is_changed = false;

		CHECK(intent != NULL);
		for (; i < count && doubts[i].intent == number && status == ST_OK; i++) {
			CHECK(doubts[i].index < intent->count);
			if (doubts[i].fate == intent->fates[doubts[i].index] &&
			    doubts[i].dst_uid == 0)
				continue;
			is_changed = true;
			status = decide_one(book, intent, &doubts[i]);
		}
		if (status == ST_OK && is_changed)
			status = write_settlement(book, intent);
		if (status == ST_OK)
			status = let_go(book, intent);
	}
	return status;
}

bool
sync_book_is_watching(const struct sync_book *book)
{
	for (const struct ledger_intent *intent = book->first; intent != NULL;
	     intent = intent->next) {
		for (size_t i = 0; i < intent->count; i++) {
			if (intent->fates[i] == SYNC_FATE_ABSENT)
				return true;
		}
	}
	return false;
}

enum status
sync_book_end_watch(struct sync_book *book)
{
	struct ledger_intent *next;
	enum status status = ST_OK;

	for (struct ledger_intent *intent = book->first; intent != NULL && status == ST_OK;
	     intent = next) {
		next = intent->next;
		for (size_t i = 0; i < intent->count && intent->is_old; i++) {
			if (intent->fates[i] == SYNC_FATE_ABSENT)
				intent->fates[i] = SYNC_FATE_NOT_STORED;
		}
		status = let_go(book, intent);
	}
	return status;
}

enum status
ledger_journal_close(struct sync_book *book)
{
	struct ledger_intent *next;
	enum status status = ST_OK;

	/* Else their copies would be taken for late ones. */
	if (sync_book_doubt_count(book) > 0 || sync_book_is_watching(book))
		return ST_OK;
	for (struct ledger_intent *intent = book->first; intent != NULL && status == ST_OK;
	     intent = next) {
		next = intent->next;
		for (size_t i = 0; i < intent->count && status == ST_OK; i++) {
			if (intent->fates[i] != SYNC_FATE_STORED || intent->dst_uids[i] != 0)
				continue;
			status = add_done(book, intent, i);
			/* Nothing is to be found out about it any more. */
			intent->fates[i] = SYNC_FATE_NOT_STORED;
		}
		if (status == ST_OK)
			status = let_go(book, intent);
	}
	return status;
}

/* Reading -------------------------------------------------------------------------------- */

/* It counts when all is read: a later one may say more. */
static enum status
load_settlement(
    struct sync_book *book, uint64_t number, const struct sync_settlement *settlement)
{
	struct ledger_intent *intent = find_intent(book, settlement->intent);
	enum status status = ST_OK;

	/* Its intent went before it: both are needless by now. */
	if (intent == NULL)
		return ledger_block_needless(book, number);
	if (intent->count != settlement->count)
		return ST_SYNTAX;
	memcpy(intent->fates, settlement->fates, intent->count * sizeof(*intent->fates));
	memcpy(
	    intent->dst_uids, settlement->dst_uids, intent->count * sizeof(*intent->dst_uids));
	if (intent->settlement != 0)
		status = ledger_block_needless(book, intent->settlement);
	intent->settlement = number;
	return status;
}

static enum status
load_record(struct sync_book *book, uint64_t number, const struct sync_journal_record *record)
{
	struct ledger_intent *intent;

	switch (record->what) {
	case SYNC_JOURNAL_SETTLEMENT:
		return load_settlement(book, number, &record->settlement);
	case SYNC_JOURNAL_INTENT:
		break;
	}
	intent = copy_intent(&record->intent, number);
	if (intent == NULL)
		return ST_MEMORY;
	intent->is_old = true;
	add_intent(book, intent);
	return ST_OK;
}

enum status
ledger_journal_load(struct sync_book *book, uint64_t number, struct bytes octets)
{
	struct sync_journal_record record;
	struct arena arena;
	enum status status;

	arena_init(&arena, LEDGER_RECORD_MAX);
	status = sync_journal_decode(octets, &arena, &record);
	if (status == ST_OK)
		status = load_record(book, number, &record);
	arena_fini(&arena);
	return status;
}

enum status
ledger_journal_loaded(struct sync_book *book)
{
	struct ledger_intent *next;
	enum status status = ST_OK;

	for (struct ledger_intent *intent = book->first; intent != NULL && status == ST_OK;
	     intent = next) {
		next = intent->next;
		for (size_t i = 0; i < intent->count && status == ST_OK; i++)
			status = apply(book, intent, i, intent->fates[i], intent->dst_uids[i]);
		if (status == ST_OK)
			status = let_go(book, intent);
	}
	return status;
}
