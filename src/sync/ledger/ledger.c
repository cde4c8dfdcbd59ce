/* SPDX-License-Identifier: Apache-2.0
 *
 * The ledger's life, the claim of two accounts, and their folders.
 */
#include "sync/ledger/private.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/digest.h"
#include "base/mem.h"

enum {
	CLAIM_ARENA_BUDGET = 256 << 20
};

enum status
sync_ledger_new(struct sync_store *store, struct sync_ledger **ledger_out)
{
	struct sync_ledger *ledger = mem_take(sizeof(*ledger));

	if (ledger == NULL)
		return ST_MEMORY;
	*ledger = (struct sync_ledger){.store = store, .next_folder = 1};
	arena_init(&ledger->arena, CLAIM_ARENA_BUDGET);
	buf_init(&ledger->buf, LEDGER_RECORD_MAX);
	*ledger_out = ledger;
	return ST_OK;
}

void
sync_ledger_free(struct sync_ledger **ledger)
{
	struct sync_ledger *closing = *ledger;

	if (closing == NULL)
		return;
	while (closing->books != NULL) {
		struct sync_book *book = closing->books;

		closing->books = book->next;
		ledger_book_free(book);
	}
	buf_fini(&closing->buf);
	arena_fini(&closing->arena);
	mem_give(closing);
	*ledger = NULL;
}

bool
sync_ledger_is_durable(const struct sync_ledger *ledger)
{
	return ledger->store != NULL;
}

size_t
sync_ledger_doubt_count(const struct sync_ledger *ledger)
{
	size_t count = 0;

	for (const struct sync_book *book = ledger->books; book != NULL; book = book->next)
		count += sync_book_doubt_count(book);
	return count;
}

enum status
ledger_put(struct sync_ledger *ledger, struct sync_key key, struct bytes octets,
    struct sync_receipt *receipt)
{
	const struct sync_change change = {.key = key, .octets = octets};

	return ledger->store->ops->submit(ledger->store, &change, 1, receipt);
}

/* Claiming -------------------------------------------------------------------------------- */

static enum status
lock(struct sync_ledger *ledger, const char *what, struct bytes first, struct bytes second)
{
	struct buf name;
	enum status status;

	if (ledger->store == NULL)
		return ST_OK;
	buf_init(&name, LEDGER_RECORD_MAX);
	status = buf_append(&name, bytes_of_string(what));
	if (status == ST_OK)
		status = buf_append(&name, first);
	if (status == ST_OK)
		status = buf_append(&name, (struct bytes){(const uint8_t *)"", 1});
	if (status == ST_OK)
		status = buf_append(&name, second);
	if (status == ST_OK)
		status = ledger->store->ops->lock(ledger->store, buf_bytes(&name));
	buf_fini(&name);
	return status;
}

enum status
sync_ledger_lock(struct sync_ledger *ledger, struct bytes host, struct bytes login)
{
	return lock(ledger, "account ", host, login);
}

static enum status
lock_pair(struct sync_ledger *ledger, uint32_t pair)
{
	const uint8_t number[4] = {
	    (uint8_t)(pair >> 24), (uint8_t)(pair >> 16), (uint8_t)(pair >> 8), (uint8_t)pair};

	return lock(ledger, "pair ", (struct bytes){number, sizeof(number)}, (struct bytes){0});
}

static int
compare_claimed(const void *a, const void *b)
{
	const struct sync_claim_folder *left = a;
	const struct sync_claim_folder *right = b;

	return bytes_compare(left->raw, right->raw);
}

/* A side's folders, ordered by name. */
struct listed {
	struct sync_claim_folder *folders;
	size_t count;
};

static enum status
order(struct arena *arena, const struct sync_claim_side *side, struct listed *listed_out)
{
	size_t count = side->folder_count;
	struct sync_claim_folder *folders;

	*listed_out = (struct listed){0};
	if (count == 0)
		return ST_OK;
	folders = arena_take_array(arena, count, sizeof(*folders));
	if (folders == NULL)
		return arena_status(arena);
	memcpy(folders, side->folders, count * sizeof(*folders));
	qsort(folders, count, sizeof(*folders), compare_claimed);
	*listed_out = (struct listed){folders, count};
	return ST_OK;
}

/* How many of a pair's folders one side still has, and how many of them as they were. */
struct tally {
	size_t there;
	size_t equal;
};

static void
count_folder(
    struct tally *tally, const struct listed *listed, struct bytes raw, uint32_t uidvalidity)
{
	const struct sync_claim_folder wanted = {.raw = raw};
	const struct sync_claim_folder *found = listed->count == 0
	    ? NULL
	    : bsearch(&wanted, listed->folders, listed->count, sizeof(wanted), compare_claimed);

	if (found == NULL || found->uidvalidity == 0)
		return;
	tally->there++;
	tally->equal += found->uidvalidity == uidvalidity;
}

/* Whether it is the same two mailboxes. A pair of which no folder is known yet, or any more, is
 * known by its hosts. */
static bool
agrees(const struct tally tallies[2], bool same_hosts)
{
	if (tallies[0].there == 0 && tallies[1].there == 0)
		return same_hosts;
	return tallies[0].equal * 2 >= tallies[0].there &&
	    tallies[1].equal * 2 >= tallies[1].there &&
	    (tallies[0].equal + tallies[1].equal) * 2 > tallies[0].there + tallies[1].there;
}

static enum status
find(struct sync_ledger *ledger, struct sync_key from, struct sync_key to,
    struct sync_found *found_out)
{
	return ledger->store->ops->find(ledger->store, &from, &to, found_out);
}

/* The record of the next folder of a pair, from this number on. ST_ABSENT: no more. */
static enum status
next_folder(
    struct sync_ledger *ledger, uint32_t pair, uint32_t *folder, struct sync_found *found_out)
{
	const struct sync_key to = {pair, UINT32_MAX, SYNC_KIND_PROFILE, LEDGER_NUMBER_MAX};

	for (;;) {
		struct sync_key from = {pair, *folder, SYNC_KIND_PAIR, 0};
		enum status status = find(ledger, from, to, found_out);

		if (status != ST_OK)
			return status;
		*folder = found_out->key.folder;
		if (found_out->key.kind == SYNC_KIND_FOLDER)
			return ST_OK;
		/* What is left of a folder without its record says nothing. */
		if (*folder == UINT32_MAX)
			return ST_ABSENT;
		++*folder;
	}
}

/* How well a pair's folders agree with what both sides list. */
static enum status
weigh(struct sync_ledger *ledger, uint32_t pair, const struct listed listed[2],
    struct tally tallies[2])
{
	struct arena arena;
	uint32_t folder = 1;
	struct sync_found found;
	enum status status;

	arena_init(&arena, CLAIM_ARENA_BUDGET);
	while ((status = next_folder(ledger, pair, &folder, &found)) == ST_OK) {
		struct sync_folder_record record;

		arena_rewind(&arena);
		status = sync_folder_decode(found.octets, &arena, &record);
		if (status == ST_LIMIT || status == ST_MEMORY)
			break;
		if (status == ST_OK) {
			count_folder(
			    &tallies[0], &listed[0], record.src_raw, record.src_uidvalidity);
			count_folder(
			    &tallies[1], &listed[1], record.dst_raw, record.dst_uidvalidity);
		}
		if (folder++ == UINT32_MAX)
			break;
	}
	arena_fini(&arena);
	return status == ST_ABSENT || status == ST_SYNTAX ? ST_OK : status;
}

/* What the pairs of the store are to these accounts. */
struct candidates {
	uint32_t agreeing; /* the pair whose folders are these; 0: none */
	uint32_t named;    /* the pair with a host in common, though its folders differ */
	uint64_t epoch;    /* of the one that is taken */
	uint64_t named_epoch;
};

static enum status
judge_pair(struct sync_ledger *ledger, uint32_t number, const struct sync_pair_record *pair,
    const struct sync_claim *claim, const struct listed listed[2], struct candidates *found)
{
	struct tally tallies[2] = {{0}};
	bool same_src = bytes_equal(pair->src_host, claim->src.host);
	bool same_dst = bytes_equal(pair->dst_host, claim->dst.host);
	uint64_t epoch = pair->epoch;
	enum status status;

	if (!bytes_equal(pair->src_login, claim->src.login) ||
	    !bytes_equal(pair->dst_login, claim->dst.login))
		return ST_OK;
	/* What the record borrows is gone behind this. */
	status = weigh(ledger, number, listed, tallies);
	if (status != ST_OK)
		return status;
	if (agrees(tallies, same_src && same_dst) &&
	    (found->agreeing == 0 || (same_src && same_dst))) {
		found->agreeing = number;
		found->epoch = epoch;
	} else if ((same_src || same_dst) && found->named == 0) {
		found->named = number;
		found->named_epoch = epoch;
	}
	return ST_OK;
}

static enum status
look_for_pair(struct sync_ledger *ledger, const struct sync_claim *claim,
    const struct listed listed[2], struct candidates *found)
{
	struct sync_key from = {1, 0, SYNC_KIND_PAIR, 0};
	const struct sync_key to = {UINT32_MAX, 0, SYNC_KIND_PAIR, 0};
	struct sync_found record;
	enum status status;

	while (
	    (status = ledger->store->ops->find(ledger->store, &from, &to, &record)) == ST_OK) {
		uint32_t number = record.key.pair;
		struct sync_pair_record pair;

		if (record.key.folder == 0 && record.key.kind == SYNC_KIND_PAIR) {
			status = sync_pair_decode(record.octets, &pair);
			if (status == ST_OK)
				status =
				    judge_pair(ledger, number, &pair, claim, listed, found);
			/* A damaged pair is nobody's. */
			if (status != ST_OK && status != ST_SYNTAX)
				return status;
		}
		if (number == UINT32_MAX)
			break;
		from.pair = number + 1;
	}
	return status == ST_OK || status == ST_ABSENT || status == ST_SYNTAX ? ST_OK : status;
}

/* Two runs that begin at once give different accounts different numbers, but for chance. */
static uint32_t
number_of(const struct sync_claim *claim, uint32_t salt)
{
	const struct bytes parts[] = {
	    claim->src.host, claim->src.login, claim->dst.host, claim->dst.login};
	const uint8_t salts[4] = {
	    (uint8_t)(salt >> 24), (uint8_t)(salt >> 16), (uint8_t)(salt >> 8), (uint8_t)salt};
	struct digest_state state;
	struct digest digest;
	uint32_t number;

	digest_init(&state);
	digest_feed(&state, (struct bytes){salts, sizeof(salts)});
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		digest_feed(&state, parts[i]);
		digest_feed(&state, (struct bytes){(const uint8_t *)"", 1});
	}
	digest = digest_finish(&state);
	number = (uint32_t)digest_prefix(&digest);
	return number == 0 || number == UINT32_MAX ? 1 : number;
}

static enum status
choose_new(struct sync_ledger *ledger, const struct sync_claim *claim, uint32_t *pair_out)
{
	for (uint32_t salt = 0;; salt++) {
		uint32_t pair = number_of(claim, salt);
		struct sync_key from = {pair, 0, SYNC_KIND_PAIR, 0};
		struct sync_key to = {pair, UINT32_MAX, SYNC_KIND_PROFILE, LEDGER_NUMBER_MAX};
		struct sync_found found;
		enum status status = find(ledger, from, to, &found);

		if (status == ST_ABSENT) {
			*pair_out = pair;
			return ST_OK;
		}
		if (status != ST_OK)
			return status;
	}
}

static enum status
write_pair(struct sync_ledger *ledger, const struct sync_claim *claim, uint64_t epoch)
{
	const struct sync_pair_record pair = {
	    .src_host = claim->src.host,
	    .src_login = claim->src.login,
	    .dst_host = claim->dst.host,
	    .dst_login = claim->dst.login,
	    .epoch = epoch,
	};
	const struct sync_key key = {ledger->pair, 0, SYNC_KIND_PAIR, 0};
	enum status status;

	buf_clear(&ledger->buf);
	status = sync_pair_encode(&pair, &ledger->buf);
	return status != ST_OK ? status
			       : ledger_put(ledger, key, buf_bytes(&ledger->buf), NULL);
}

/* Folders --------------------------------------------------------------------------------- */

static int
compare_names(const struct ledger_row *row, struct bytes src_raw, struct bytes dst_raw)
{
	int order = bytes_compare(row->record.src_raw, src_raw);

	return order != 0 ? order : bytes_compare(row->record.dst_raw, dst_raw);
}

static int
compare_rows(const void *a, const void *b)
{
	const struct ledger_row *left = a;
	const struct ledger_row *right = b;

	return compare_names(left, right->record.src_raw, right->record.dst_raw);
}

static enum status
count_rows(struct sync_ledger *ledger, size_t *count_out)
{
	struct sync_found found;
	uint32_t folder = 1;
	size_t count = 0;
	enum status status;

	while ((status = next_folder(ledger, ledger->pair, &folder, &found)) == ST_OK) {
		count++;
		ledger->next_folder = folder + 1;
		if (folder++ == UINT32_MAX)
			break;
	}
	*count_out = count;
	return status == ST_ABSENT ? ST_OK : status;
}

static enum status
copy_record(struct arena *arena, struct sync_folder_record *record)
{
	enum status status = bytes_copy(record->src_raw, arena, &record->src_raw);

	return status != ST_OK ? status : bytes_copy(record->dst_raw, arena, &record->dst_raw);
}

static enum status
load_rows(struct sync_ledger *ledger)
{
	struct sync_found found;
	uint32_t folder = 1;
	size_t count;
	enum status status = count_rows(ledger, &count);

	if (status != ST_OK || count == 0)
		return status;
	ledger->rows = arena_take_array(&ledger->arena, count, sizeof(*ledger->rows));
	if (ledger->rows == NULL)
		return arena_status(&ledger->arena);
	while (ledger->row_count < count &&
	    (status = next_folder(ledger, ledger->pair, &folder, &found)) == ST_OK) {
		struct ledger_row *row = &ledger->rows[ledger->row_count];

		*row = (struct ledger_row){.folder = folder};
		status = sync_folder_decode(found.octets, &ledger->arena, &row->record);
		if (status == ST_OK)
			status = copy_record(&ledger->arena, &row->record);
		/* Whose record is damaged has no name: it is a folder that was never seen. */
		if (status == ST_OK)
			ledger->row_count++;
		else if (status != ST_SYNTAX)
			return status;
		if (folder++ == UINT32_MAX)
			break;
	}
	qsort(ledger->rows, ledger->row_count, sizeof(*ledger->rows), compare_rows);
	return ST_OK;
}

enum status
sync_ledger_claim(
    struct sync_ledger *ledger, const struct sync_claim *claim, enum sync_claim_kind *kind_out)
{
	struct candidates found = {0};
	struct listed listed[2];
	struct arena arena;
	enum status status;

	CHECK(ledger->pair == 0);
	*kind_out = SYNC_CLAIM_NEW;
	ledger->is_older = claim->is_older;
	if (ledger->store == NULL) {
		ledger->pair = 1;
		return ST_OK;
	}
	arena_init(&arena, CLAIM_ARENA_BUDGET);
	status = order(&arena, &claim->src, &listed[0]);
	if (status == ST_OK)
		status = order(&arena, &claim->dst, &listed[1]);
	if (status == ST_OK)
		status = look_for_pair(ledger, claim, listed, &found);
	arena_fini(&arena);
	ledger->pair = found.agreeing;
	if (status == ST_OK && found.agreeing != 0) {
		*kind_out = SYNC_CLAIM_KNOWN;
	} else if (status == ST_OK && found.named != 0) {
		*kind_out = SYNC_CLAIM_REANCHORED;
		ledger->pair = found.named;
		found.epoch = found.named_epoch;
	} else if (status == ST_OK) {
		status = choose_new(ledger, claim, &ledger->pair);
	}
	if (status == ST_OK)
		status = lock_pair(ledger, ledger->pair);
	if (status == ST_OK)
		status = write_pair(ledger, claim, found.epoch + 1);
	if (status == ST_OK && *kind_out != SYNC_CLAIM_NEW)
		status = load_rows(ledger);
	return status;
}

static struct ledger_row *
find_row(const struct sync_ledger *ledger, struct bytes src_raw, struct bytes dst_raw)
{
	struct ledger_row wanted = {.record = {.src_raw = src_raw, .dst_raw = dst_raw}};

	return ledger->row_count == 0
	    ? NULL
	    : bsearch(&wanted, ledger->rows, ledger->row_count, sizeof(wanted), compare_rows);
}

bool
sync_ledger_knows(const struct sync_ledger *ledger, struct bytes src_raw, struct bytes dst_raw)
{
	return find_row(ledger, src_raw, dst_raw) != NULL;
}

/* A book that was closed in order leaves no journal but for its doubts. */
bool
sync_ledger_has_doubts(struct sync_ledger *ledger, struct bytes src_raw, struct bytes dst_raw)
{
	const struct ledger_row *row = find_row(ledger, src_raw, dst_raw);
	struct sync_found found;

	if (row == NULL)
		return false;
	return find(ledger, (struct sync_key){ledger->pair, row->folder, SYNC_KIND_JOURNAL, 0},
		   (struct sync_key){
		       ledger->pair, row->folder, SYNC_KIND_JOURNAL, LEDGER_NUMBER_MAX},
		   &found) == ST_OK;
}

static enum status
copy_key(struct sync_book *book, const struct sync_book_key *key)
{
	enum status status;

	book->key = *key;
	status = bytes_copy(key->src_raw, &book->arena, &book->key.src_raw);
	return status != ST_OK ? status
			       : bytes_copy(key->dst_raw, &book->arena, &book->key.dst_raw);
}

/* What the row says of the folder, unless that is void by now. */
static enum status
recall(struct sync_book *book, const struct ledger_row *row)
{
	const struct sync_folder_record *record = &row->record;
	enum status status = ST_OK;

	book->folder = row->folder;
	book->is_written = true;
	book->memory = SYNC_MEMORY_KNOWN;
	/* A server that tells none gives no promise about its UIDs. */
	if (record->src_uidvalidity != book->key.src_uidvalidity ||
	    record->dst_uidvalidity != book->key.dst_uidvalidity ||
	    record->src_uidvalidity == 0 || record->dst_uidvalidity == 0)
		return ledger_book_void(book);
	book->is_compared = record->is_compared && !book->ledger->is_older;
	book->src_uidnext = book->ledger->is_older ? 0 : record->src_uidnext;
	book->dst_uidnext = record->dst_uidnext;
	for (size_t i = 0; i < record->open_count && status == ST_OK; i++)
		status =
		    range_set_add(&book->open, record->open[i].first, record->open[i].last);
	if (status == ST_OK)
		status = ledger_book_load(book);
	if (status == ST_SYNTAX)
		return ledger_book_void(book);
	/* What was found there while comparing is found again, and may have gone since. */
	if (status == ST_OK && !record->is_compared)
		return ledger_book_void(book);
	if (status == ST_OK && book->ledger->is_older)
		book->memory = SYNC_MEMORY_VOID;
	return status;
}

enum status
sync_ledger_open(
    struct sync_ledger *ledger, const struct sync_book_key *key, struct sync_book **book_out)
{
	const struct ledger_row *row = find_row(ledger, key->src_raw, key->dst_raw);
	struct sync_book *book;
	enum status status;

	CHECK(ledger->pair != 0);
	book = mem_take(sizeof(*book));
	if (book == NULL)
		return ST_MEMORY;
	*book = (struct sync_book){.ledger = ledger, .next_number = 1, .next_block = 1};
	arena_init(&book->arena, CLAIM_ARENA_BUDGET);
	arena_init(&book->base_arena, CLAIM_ARENA_BUDGET);
	range_set_init(&book->done, SIZE_MAX);
	range_set_init(&book->open, SIZE_MAX);
	range_set_init(&book->dst_uids, SIZE_MAX);
	status = copy_key(book, key);
	if (status == ST_OK && row != NULL)
		status = recall(book, row);
	else if (status == ST_OK)
		book->folder = ledger->next_folder++;
	if (status != ST_OK) {
		ledger_book_free(book);
		return status;
	}
	book->next = ledger->books;
	ledger->books = book;
	*book_out = book;
	return ST_OK;
}

enum status
sync_book_close(struct sync_book **book)
{
	struct sync_book *closing = *book;
	struct sync_book **link = &closing->ledger->books;
	enum status status = ledger_journal_close(closing);

	if (status == ST_OK)
		status = ledger_block_flush(closing);
	if (status == ST_OK && !closing->is_written)
		status = ledger_book_write(closing);
	while (*link != closing)
		link = &(*link)->next;
	*link = closing->next;
	ledger_book_free(closing);
	*book = NULL;
	return status;
}
