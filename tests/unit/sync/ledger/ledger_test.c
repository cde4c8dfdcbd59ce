/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/ledger/ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "case.h"

/* A store in memory. What is submitted with a receipt makes all before it durable; a crash
 * leaves what is durable. ---------------------------------------------------------------- */

struct kept {
	struct sync_key key;
	uint8_t *octets;
	size_t size;
	bool is_removal;
};

struct shelf {
	struct sync_store store;
	struct kept *log; /* every change, in order */
	size_t count;
	size_t durable;
	bool is_locked;
};

static enum status
shelf_submit(struct sync_store *store, const struct sync_change *changes, size_t count,
    struct sync_receipt *receipt)
{
	struct shelf *shelf = (struct shelf *)store;

	for (size_t i = 0; i < count; i++) {
		struct kept *kept;

		shelf->log = realloc(shelf->log, (shelf->count + 1) * sizeof(*kept));
		assert_non_null(shelf->log);
		kept = &shelf->log[shelf->count++];
		*kept = (struct kept){.key = changes[i].key,
		    .size = changes[i].octets.size,
		    .is_removal = changes[i].is_removal};
		kept->octets = malloc(kept->size + 1);
		assert_non_null(kept->octets);
		if (kept->size > 0)
			memcpy(kept->octets, changes[i].octets.data, kept->size);
	}
	if (receipt != NULL) {
		shelf->durable = shelf->count;
		receipt->status = ST_OK;
		receipt->is_settled = true;
	}
	return ST_OK;
}

static void
shelf_forget(struct sync_store *store, struct sync_receipt *receipt)
{
	(void)store;
	(void)receipt;
}

static enum status
shelf_find(struct sync_store *store, const struct sync_key *from, const struct sync_key *to,
    struct sync_found *found_out)
{
	struct shelf *shelf = (struct shelf *)store;
	const struct kept *best = NULL;

	for (size_t i = 0; i < shelf->durable; i++) {
		const struct kept *kept = &shelf->log[i];
		bool is_newest = true;

		if (sync_key_compare(&kept->key, from) < 0 ||
		    sync_key_compare(&kept->key, to) > 0)
			continue;
		for (size_t k = i + 1; k < shelf->durable; k++)
			is_newest =
			    is_newest && sync_key_compare(&shelf->log[k].key, &kept->key) != 0;
		if (!is_newest || kept->is_removal)
			continue;
		if (best == NULL || sync_key_compare(&kept->key, &best->key) < 0)
			best = kept;
	}
	if (best == NULL)
		return ST_ABSENT;
	*found_out = (struct sync_found){best->key, {best->octets, best->size}};
	return ST_OK;
}

static enum status
shelf_lock(struct sync_store *store, struct bytes name)
{
	(void)name;
	return ((struct shelf *)store)->is_locked ? ST_CONFLICT : ST_OK;
}

static void
shelf_keep(struct sync_store *store)
{
	(void)store;
}

static const struct sync_store_ops shelf_ops = {
    shelf_submit, shelf_forget, shelf_find, shelf_lock, shelf_keep};

static struct shelf *
shelf_new(void)
{
	struct shelf *shelf = calloc(1, sizeof(*shelf));

	assert_non_null(shelf);
	shelf->store.ops = &shelf_ops;
	return shelf;
}

static void
shelf_free(struct shelf *shelf)
{
	for (size_t i = 0; i < shelf->count; i++)
		free(shelf->log[i].octets);
	free(shelf->log);
	free(shelf);
}

/* The process ends: in order, or with the loss of what is not durable. */
static void
shelf_end(struct shelf *shelf, bool is_crash)
{
	while (is_crash && shelf->count > shelf->durable)
		free(shelf->log[--shelf->count].octets);
	shelf->durable = shelf->count;
}

static size_t
shelf_records(struct shelf *shelf, enum sync_kind kind)
{
	struct sync_key from = {0, 0, SYNC_KIND_PAIR, 0};
	const struct sync_key to = {UINT32_MAX, UINT32_MAX, SYNC_KIND_PROFILE, INT64_MAX};
	struct sync_found found;
	size_t count = 0;

	while (shelf_find(&shelf->store, &from, &to, &found) == ST_OK) {
		count += found.key.kind == kind;
		from = found.key;
		from.number++;
	}
	return count;
}

/* A run ---------------------------------------------------------------------------------- */

static const struct sync_claim_folder src_folders[] = {
    {TEXT("INBOX"), 11}, {TEXT("Work"), 12}, {TEXT("Old"), 13}};
static const struct sync_claim_folder dst_folders[] = {
    {TEXT("INBOX"), 21}, {TEXT("Work"), 22}, {TEXT("Old"), 23}};

static struct sync_claim
claim_of(const char *src_host, const char *dst_host)
{
	return (struct sync_claim){
	    .src = {bytes_of_string(src_host), BYTES("anna"), src_folders, 3},
	    .dst = {bytes_of_string(dst_host), BYTES("anna"), dst_folders, 3},
	};
}

static struct sync_ledger *
begin_as(struct shelf *shelf, const struct sync_claim *claim, enum sync_claim_kind expected)
{
	struct sync_ledger *ledger;
	enum sync_claim_kind kind;

	assert_int_equal(sync_ledger_new(shelf == NULL ? NULL : &shelf->store, &ledger), ST_OK);
	assert_int_equal(sync_ledger_claim(ledger, claim, &kind), ST_OK);
	assert_int_equal(kind, expected);
	return ledger;
}

static struct sync_ledger *
begin(struct shelf *shelf, enum sync_claim_kind expected)
{
	const struct sync_claim claim = claim_of("old.example", "new.example");

	return begin_as(shelf, &claim, expected);
}

static struct sync_book *
open_as(struct sync_ledger *ledger, uint32_t src_uidvalidity, uint32_t dst_uidvalidity,
    enum sync_memory expected)
{
	const struct sync_book_key key = {
	    BYTES("INBOX"), BYTES("INBOX"), src_uidvalidity, dst_uidvalidity};
	struct sync_book *book;

	assert_int_equal(sync_ledger_open(ledger, &key, &book), ST_OK);
	assert_int_equal(sync_book_memory(book), expected);
	return book;
}

static struct sync_book *
open_inbox(struct sync_ledger *ledger, enum sync_memory expected)
{
	return open_as(ledger, 11, 21, expected);
}

static uint64_t
intend(struct sync_book *book, uint32_t first, uint32_t count)
{
	struct sync_intent_message messages[SYNC_INTENT_MESSAGES_MAX] = {0};
	const struct sync_intent intent = {
	    .dst_uidvalidity = 21,
	    .dst_uidnext = 100,
	    .attempt = 1,
	    .messages = messages,
	    .message_count = count,
	};
	struct sync_receipt receipt = {0};
	uint64_t number;

	for (uint32_t i = 0; i < count; i++) {
		messages[i].src_uid.number = first + i;
		messages[i].size = 10;
		messages[i].date.is_known = true;
		messages[i].digest.octets[0] = (uint8_t)(first + i);
		messages[i].flags.system = FLAG_SEEN;
		messages[i].flags.keywords = BYTES("Red $Forwarded");
	}
	assert_int_equal(sync_book_set_compared(book), ST_OK);
	assert_int_equal(sync_book_intend(book, &intent, &receipt, &number), ST_OK);
	assert_true(receipt.is_settled && receipt.status == ST_OK);
	return number;
}

/* Fates as letters: S stored with the UID 100 + its source's, s without, n not stored, d in
 * doubt, u unproved. */
static void
settle(struct sync_book *book, uint64_t intent, uint32_t first, const char *fates)
{
	enum sync_fate told[SYNC_INTENT_MESSAGES_MAX];
	uint32_t uids[SYNC_INTENT_MESSAGES_MAX] = {0};
	size_t count = strlen(fates);
	const struct sync_settlement settlement = {intent, told, uids, count};

	for (size_t i = 0; i < count; i++) {
		told[i] = SYNC_FATE_STORED;
		if (fates[i] == 'S')
			uids[i] = 100 + first + (uint32_t)i;
		else if (fates[i] == 'n')
			told[i] = SYNC_FATE_NOT_STORED;
		else if (fates[i] == 'd')
			told[i] = SYNC_FATE_IN_DOUBT;
		else if (fates[i] == 'u')
			told[i] = SYNC_FATE_UNPROVED;
	}
	assert_int_equal(sync_book_settle(book, &settlement), ST_OK);
}

/* What is still to be copied of UIDs 1 to 9, as text such as "1,4-9". */
static const char *
wanted_of(const struct sync_book *book, char out[64])
{
	struct range_set wanted;
	int size = 0;

	range_set_init(&wanted, SIZE_MAX);
	assert_int_equal(sync_book_add_wanted(book, 10, &wanted), ST_OK);
	out[0] = '\0';
	for (size_t i = 0; i < wanted.count; i++) {
		struct range range = wanted.ranges[i];

		size += snprintf(out + size, 64 - (size_t)size,
		    range.first == range.last ? "%s%u" : "%s%u-%u", i > 0 ? "," : "",
		    range.first, range.last);
	}
	range_set_fini(&wanted);
	return out;
}

static void
expect_wanted(const struct sync_book *book, const char *expected)
{
	char text[64];

	assert_string_equal(wanted_of(book, text), expected);
}

/* Tests ---------------------------------------------------------------------------------- */

/* Whatever happens behind an intent, the next run knows of it. */
static void
test_what_the_next_run_knows(void **state)
{
	static const struct {
		const char *name;
		const char *fates; /* NULL: nothing was settled */
		bool is_crash;
		const char *wanted; /* by the next run, of 1-9; 2 to 4 were intended */
		size_t doubts;
	} cases[] = {
	    {"settled, in order", "SSS", false, "1,5-9", 0},
	    {"settled, and crashed before that was durable", "SSS", true, "1,5-9", 3},
	    {"never settled", NULL, false, "1,5-9", 3},
	    {"never settled, crashed", NULL, true, "1,5-9", 3},
	    {"refused", "nnn", false, "1-9", 0},
	    {"one refused", "SnS", false, "1,3,5-9", 0},
	    {"in doubt", "SdS", false, "1,5-9", 1},
	    {"answered without proof", "uuu", false, "1,5-9", 3},
	    {"without UIDs", "sss", false, "1,5-9", 0},
	    {"without UIDs, one in doubt", "ssd", false, "1,5-9", 1},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct shelf *shelf = shelf_new();
		struct sync_ledger *ledger = begin(shelf, SYNC_CLAIM_NEW);
		struct sync_book *book = open_inbox(ledger, SYNC_MEMORY_NONE);
		uint64_t intent;
		char text[64];

		EXPECT(cases[i].name, strcmp(wanted_of(book, text), "1-9") == 0);
		intent = intend(book, 2, 3);
		if (cases[i].fates != NULL)
			settle(book, intent, 2, cases[i].fates);
		EXPECT(cases[i].name, cases[i].is_crash || sync_book_close(&book) == ST_OK);
		sync_ledger_free(&ledger);
		shelf_end(shelf, cases[i].is_crash);
		for (int run = 0; run < 2; run++) {
			ledger = begin(shelf, SYNC_CLAIM_KNOWN);
			book = open_inbox(ledger, SYNC_MEMORY_KNOWN);
			EXPECT(cases[i].name, sync_book_is_compared(book));
			EXPECT(
			    cases[i].name, strcmp(wanted_of(book, text), cases[i].wanted) == 0);
			EXPECT(cases[i].name, sync_book_doubt_count(book) == cases[i].doubts);
			EXPECT(cases[i].name, sync_book_close(&book) == ST_OK);
			sync_ledger_free(&ledger);
			shelf_end(shelf, false);
		}
		EXPECT(cases[i].name,
		    cases[i].doubts > 0 || shelf_records(shelf, SYNC_KIND_JOURNAL) == 0);
		shelf_free(shelf);
	}
}

/* Found, held, given up and sent again: each is remembered, and a late copy is looked for. */
static void
test_doubts_are_decided_once(void **state)
{
	struct shelf *shelf = shelf_new();
	struct sync_ledger *ledger = begin(shelf, SYNC_CLAIM_NEW);
	struct sync_book *book = open_inbox(ledger, SYNC_MEMORY_NONE);
	struct sync_doubt *doubts;
	struct arena arena;
	uint64_t again;
	size_t count;

	(void)state;
	arena_init(&arena, 1 << 20);
	settle(book, intend(book, 1, 4), 1, "dddd");
	assert_int_equal(sync_book_doubts(book, &arena, &doubts, &count), ST_OK);
	assert_int_equal(count, 4);
	assert_int_equal(doubts[2].message.src_uid.number, 3);
	assert_int_equal(doubts[2].dst_uidnext, 100);
	assert_true(bytes_equal(doubts[2].message.flags.keywords, BYTES("Red $Forwarded")));
	doubts[0].fate = SYNC_FATE_STORED;
	doubts[0].dst_uid = 150;
	doubts[1].fate = SYNC_FATE_HELD;
	doubts[2].fate = SYNC_FATE_ABSENT;
	assert_int_equal(sync_book_decide(book, doubts, count), ST_OK);
	expect_wanted(book, "3,5-9");
	assert_int_equal(sync_book_doubt_count(book), 1);
	assert_true(sync_book_is_watching(book));
	again = intend(book, 3, 1);
	settle(book, again, 3, "S");
	expect_wanted(book, "5-9");
	assert_int_equal(sync_book_close(&book), ST_OK);
	sync_ledger_free(&ledger);
	shelf_end(shelf, false);

	ledger = begin(shelf, SYNC_CLAIM_KNOWN);
	assert_true(sync_ledger_knows(ledger, BYTES("INBOX"), BYTES("INBOX")));
	assert_true(sync_ledger_has_doubts(ledger, BYTES("INBOX"), BYTES("INBOX")));
	assert_false(sync_ledger_knows(ledger, BYTES("INBOX"), BYTES("Inbox")));
	book = open_inbox(ledger, SYNC_MEMORY_KNOWN);
	expect_wanted(book, "5-9");
	arena_rewind(&arena);
	assert_int_equal(sync_book_doubts(book, &arena, &doubts, &count), ST_OK);
	assert_int_equal(count, 2);
	assert_int_equal(doubts[0].fate, SYNC_FATE_ABSENT);
	assert_int_equal(doubts[1].fate, SYNC_FATE_IN_DOUBT);
	doubts[1].fate = SYNC_FATE_NOT_STORED;
	assert_int_equal(sync_book_decide(book, doubts, count), ST_OK);
	assert_int_equal(sync_book_end_watch(book), ST_OK);
	assert_false(sync_book_is_watching(book));
	expect_wanted(book, "4-9");
	assert_int_equal(sync_book_close(&book), ST_OK);
	sync_ledger_free(&ledger);
	shelf_end(shelf, false);
	assert_int_equal(shelf_records(shelf, SYNC_KIND_JOURNAL), 0);
	arena_fini(&arena);
	shelf_free(shelf);
}

/* A message is known by its UID while both sides' UIDs mean what they meant. */
static void
test_other_uidvalidities_void_a_folder(void **state)
{
	static const struct {
		const char *name;
		uint32_t src, dst;
		enum sync_memory memory;
	} cases[] = {
	    {"both as they were", 11, 21, SYNC_MEMORY_KNOWN},
	    {"the source's differs", 99, 21, SYNC_MEMORY_VOID},
	    {"the destination's differs", 11, 99, SYNC_MEMORY_VOID},
	    {"the source tells none", 0, 21, SYNC_MEMORY_VOID},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct shelf *shelf = shelf_new();
		struct sync_ledger *ledger = begin(shelf, SYNC_CLAIM_NEW);
		struct sync_book *book = open_inbox(ledger, SYNC_MEMORY_NONE);
		bool is_known = cases[i].memory == SYNC_MEMORY_KNOWN;
		char text[64];

		settle(book, intend(book, 1, 9), 1, "SSSSSSSSd");
		assert_int_equal(sync_book_close(&book), ST_OK);
		sync_ledger_free(&ledger);
		shelf_end(shelf, false);
		ledger = begin(shelf, SYNC_CLAIM_KNOWN);
		book = open_as(ledger, cases[i].src, cases[i].dst, cases[i].memory);
		EXPECT(cases[i].name, sync_book_is_compared(book) == is_known);
		EXPECT(
		    cases[i].name, strcmp(wanted_of(book, text), is_known ? "" : "1-9") == 0);
		EXPECT(cases[i].name, sync_book_doubt_count(book) == (is_known ? 1 : 0));
		assert_int_equal(sync_book_close(&book), ST_OK);
		sync_ledger_free(&ledger);
		shelf_end(shelf, false);
		/* Nothing of it is left. */
		EXPECT(cases[i].name,
		    is_known ==
			(shelf_records(shelf, SYNC_KIND_BLOCK) +
				shelf_records(shelf, SYNC_KIND_JOURNAL) >
			    0));
		shelf_free(shelf);
	}
}

/* What was found while comparing counts when comparing was done. */
static void
test_half_a_comparison_is_none(void **state)
{
	const struct sync_entry entry = {
	    .src_uid = 5, .dst_uid = 7, .state = SYNC_STATE_ADOPTED};
	const struct sync_base base = {0};

	(void)state;
	for (int is_done = 0; is_done < 2; is_done++) {
		struct shelf *shelf = shelf_new();
		struct sync_ledger *ledger = begin(shelf, SYNC_CLAIM_NEW);
		struct sync_book *book = open_inbox(ledger, SYNC_MEMORY_NONE);

		assert_int_equal(sync_book_adopt(book, &entry, &base), ST_OK);
		if (is_done)
			assert_int_equal(sync_book_set_compared(book), ST_OK);
		assert_int_equal(sync_book_close(&book), ST_OK);
		sync_ledger_free(&ledger);
		shelf_end(shelf, false);
		ledger = begin(shelf, SYNC_CLAIM_KNOWN);
		book = open_inbox(ledger, is_done ? SYNC_MEMORY_KNOWN : SYNC_MEMORY_VOID);
		expect_wanted(book, is_done ? "1-4,6-9" : "1-9");
		sync_ledger_free(&ledger);
		shelf_free(shelf);
	}
}

/* A destination that holds less than it said is compared, not believed. */
static void
test_a_destination_that_lost_something(void **state)
{
	struct shelf *shelf = shelf_new();
	struct sync_ledger *ledger = begin(shelf, SYNC_CLAIM_NEW);
	struct sync_book *book = open_inbox(ledger, SYNC_MEMORY_NONE);

	(void)state;
	settle(book, intend(book, 1, 3), 1, "SSS");
	assert_int_equal(sync_book_distrust(book), ST_OK);
	assert_int_equal(sync_book_close(&book), ST_OK);
	sync_ledger_free(&ledger);
	shelf_end(shelf, false);
	ledger = begin(shelf, SYNC_CLAIM_KNOWN);
	book = open_inbox(ledger, SYNC_MEMORY_VOID);
	assert_false(sync_book_is_compared(book));
	expect_wanted(book, "1-9");
	sync_ledger_free(&ledger);
	shelf_free(shelf);
}

static void
test_how_far_a_folder_was_gone_through(void **state)
{
	struct shelf *shelf = shelf_new();
	struct sync_ledger *ledger = begin(shelf, SYNC_CLAIM_NEW);
	struct sync_book *book = open_inbox(ledger, SYNC_MEMORY_NONE);
	struct range_set open;

	(void)state;
	range_set_init(&open, SIZE_MAX);
	assert_int_equal(range_set_add(&open, 2, 3), ST_OK);
	settle(book, intend(book, 5, 1), 5, "S");
	assert_int_equal(sync_book_set_gone_through(book, 7, &open), ST_OK);
	expect_wanted(book, "2-3,7-9");
	assert_int_equal(sync_book_close(&book), ST_OK);
	sync_ledger_free(&ledger);
	shelf_end(shelf, false);
	ledger = begin(shelf, SYNC_CLAIM_KNOWN);
	book = open_inbox(ledger, SYNC_MEMORY_KNOWN);
	assert_int_equal(sync_book_src_uidnext(book), 7);
	expect_wanted(book, "2-3,7-9");
	sync_ledger_free(&ledger);
	range_set_fini(&open);
	shelf_free(shelf);
}

/* An old ledger's word counts for what it knows, not for what it does not. */
static void
test_a_ledger_older_than_what_it_describes(void **state)
{
	struct sync_claim claim = claim_of("old.example", "new.example");
	struct shelf *shelf = shelf_new();
	struct sync_ledger *ledger = begin(shelf, SYNC_CLAIM_NEW);
	struct sync_book *book = open_inbox(ledger, SYNC_MEMORY_NONE);

	(void)state;
	settle(book, intend(book, 5, 1), 5, "S");
	assert_int_equal(sync_book_close(&book), ST_OK);
	sync_ledger_free(&ledger);
	shelf_end(shelf, false);
	claim.is_older = true;
	ledger = begin_as(shelf, &claim, SYNC_CLAIM_KNOWN);
	book = open_inbox(ledger, SYNC_MEMORY_VOID);
	assert_false(sync_book_is_compared(book));
	assert_true(sync_book_has(book, 5));
	assert_false(sync_book_has(book, 4));
	sync_ledger_free(&ledger);
	shelf_free(shelf);
}

static void
test_whose_pair_it_is(void **state)
{
	static const struct {
		const char *name;
		const char *src_host;
		const char *dst_host;
		uint32_t shift; /* of all UIDVALIDITYs */
		enum sync_claim_kind kind;
	} cases[] = {
	    {"the same", "old.example", "new.example", 0, SYNC_CLAIM_KNOWN},
	    {"hosts by other names", "192.0.2.1", "mail.new.example", 0, SYNC_CLAIM_KNOWN},
	    {"other folders", "old.example", "new.example", 50, SYNC_CLAIM_REANCHORED},
	    {"other folders, one host", "old.example", "x.example", 50, SYNC_CLAIM_REANCHORED},
	    {"other folders and hosts", "a.example", "b.example", 50, SYNC_CLAIM_NEW},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct shelf *shelf = shelf_new();
		struct sync_ledger *ledger = begin(shelf, SYNC_CLAIM_NEW);
		struct sync_book *book = open_inbox(ledger, SYNC_MEMORY_NONE);
		struct sync_claim claim = claim_of(cases[i].src_host, cases[i].dst_host);
		struct sync_claim_folder folders[2][3];
		enum sync_claim_kind kind;

		settle(book, intend(book, 5, 1), 5, "S");
		assert_int_equal(sync_book_close(&book), ST_OK);
		sync_ledger_free(&ledger);
		shelf_end(shelf, false);
		for (size_t k = 0; k < 3; k++) {
			folders[0][k] = src_folders[2 - k];
			folders[1][k] = dst_folders[2 - k];
			folders[0][k].uidvalidity += cases[i].shift;
			folders[1][k].uidvalidity += cases[i].shift;
		}
		claim.src.folders = folders[0];
		claim.dst.folders = folders[1];
		assert_int_equal(sync_ledger_new(&shelf->store, &ledger), ST_OK);
		EXPECT(cases[i].name, sync_ledger_claim(ledger, &claim, &kind) == ST_OK);
		EXPECT(cases[i].name, kind == cases[i].kind);
		EXPECT(cases[i].name,
		    sync_ledger_knows(ledger, BYTES("INBOX"), BYTES("INBOX")) ==
			(kind != SYNC_CLAIM_NEW));
		sync_ledger_free(&ledger);
		shelf_free(shelf);
	}
}

static void
test_one_run_at_a_time(void **state)
{
	const struct sync_claim claim = claim_of("old.example", "new.example");
	struct shelf *shelf = shelf_new();
	enum sync_claim_kind kind;
	struct sync_ledger *ledger;

	(void)state;
	shelf->is_locked = true;
	assert_int_equal(sync_ledger_new(&shelf->store, &ledger), ST_OK);
	assert_int_equal(
	    sync_ledger_lock(ledger, BYTES("new.example"), BYTES("anna")), ST_CONFLICT);
	assert_int_equal(sync_ledger_claim(ledger, &claim, &kind), ST_CONFLICT);
	sync_ledger_free(&ledger);
	shelf_free(shelf);
}

/* 10,000 messages over two runs: full blocks, and the last one goes on where it ended. */
static void
test_blocks(void **state)
{
	enum {
		FIRST = 9000,
		ALL = 10000
	};
	struct shelf *shelf = shelf_new();
	uint32_t next = 1;

	(void)state;
	for (int run = 0; run < 2; run++) {
		struct sync_ledger *ledger =
		    begin(shelf, run == 0 ? SYNC_CLAIM_NEW : SYNC_CLAIM_KNOWN);
		struct sync_book *book =
		    open_inbox(ledger, run == 0 ? SYNC_MEMORY_NONE : SYNC_MEMORY_KNOWN);

		while (next <= (run == 0 ? FIRST : ALL)) {
			settle(book, intend(book, next, 5), next, "SSSSS");
			next += 5;
		}
		assert_int_equal(sync_book_close(&book), ST_OK);
		sync_ledger_free(&ledger);
		shelf_end(shelf, false);
		assert_int_equal(shelf_records(shelf, SYNC_KIND_BLOCK), 3);
		assert_int_equal(shelf_records(shelf, SYNC_KIND_JOURNAL), 0);
	}
	{
		struct sync_ledger *ledger = begin(shelf, SYNC_CLAIM_KNOWN);
		struct sync_book *book = open_inbox(ledger, SYNC_MEMORY_KNOWN);
		const struct range_set *done = sync_book_done(book);
		struct range_set uids;

		assert_int_equal(done->count, 1);
		assert_int_equal(range_set_size(done), ALL);
		range_set_init(&uids, SIZE_MAX);
		assert_int_equal(sync_book_add_dst_uids(book, 200, &uids), ST_OK);
		assert_int_equal(uids.count, 1);
		assert_int_equal(uids.ranges[0].first, 200);
		assert_int_equal(uids.ranges[0].last, 100 + ALL);
		range_set_fini(&uids);
		sync_ledger_free(&ledger);
	}
	shelf_free(shelf);
}

/* Damage in one folder's records costs that folder's memory and nothing else. */
static void
test_damage_is_one_folders(void **state)
{
	(void)state;
	for (int what = 0; what < 2; what++) {
		struct shelf *shelf = shelf_new();
		struct sync_ledger *ledger = begin(shelf, SYNC_CLAIM_NEW);
		struct sync_book *book = open_inbox(ledger, SYNC_MEMORY_NONE);
		enum sync_kind kind = what == 0 ? SYNC_KIND_BLOCK : SYNC_KIND_JOURNAL;

		settle(book, intend(book, 1, 5), 1, "SSSSd");
		settle(book, intend(book, 6, 2), 6, "SS");
		assert_int_equal(sync_book_close(&book), ST_OK);
		sync_ledger_free(&ledger);
		shelf_end(shelf, false);
		for (size_t i = 0; i < shelf->count; i++) {
			if (shelf->log[i].key.kind == kind && shelf->log[i].size > 8)
				shelf->log[i].octets[5] ^= 0x10;
		}
		ledger = begin(shelf, SYNC_CLAIM_KNOWN);
		book = open_inbox(ledger, SYNC_MEMORY_VOID);
		expect_wanted(book, "1-9");
		assert_false(sync_book_is_compared(book));
		sync_ledger_free(&ledger);
		shelf_free(shelf);
	}
}

static void
test_without_a_store(void **state)
{
	struct sync_ledger *ledger = begin(NULL, SYNC_CLAIM_NEW);
	struct sync_book *book = open_inbox(ledger, SYNC_MEMORY_NONE);

	(void)state;
	assert_false(sync_ledger_is_durable(ledger));
	assert_int_equal(sync_ledger_lock(ledger, BYTES("h"), BYTES("l")), ST_OK);
	settle(book, intend(book, 1, 3), 1, "SdS");
	assert_int_equal(sync_ledger_doubt_count(ledger), 1);
	expect_wanted(book, "4-9");
	assert_int_equal(sync_book_close(&book), ST_OK);
	assert_null(book);
	sync_ledger_free(&ledger);
	sync_ledger_free(&ledger);
}

/* A UID that stands for another message already is none. */
static void
test_uids_that_are_told_twice(void **state)
{
	struct sync_ledger *ledger = begin(NULL, SYNC_CLAIM_NEW);
	struct sync_book *book = open_inbox(ledger, SYNC_MEMORY_NONE);
	const enum sync_fate stored[] = {SYNC_FATE_STORED, SYNC_FATE_STORED};
	const uint32_t uids[] = {300, 300};
	struct sync_settlement settlement = {0, stored, uids, 2};
	struct sync_doubt *doubts;
	struct arena arena;
	size_t count;

	(void)state;
	arena_init(&arena, 1 << 20);
	settlement.intent = intend(book, 1, 2);
	assert_int_equal(sync_book_settle(book, &settlement), ST_OK);
	expect_wanted(book, "3-9");
	assert_int_equal(sync_book_doubt_count(book), 0);
	assert_int_equal(sync_book_doubts(book, &arena, &doubts, &count), ST_OK);
	assert_int_equal(count, 1);
	assert_int_equal(doubts[0].message.src_uid.number, 2);
	assert_true(doubts[0].was_stored);
	/* Everything from now on lies above what was seen. */
	settle(book, intend(book, 3, 1), 3, "d");
	arena_rewind(&arena);
	assert_int_equal(sync_book_doubts(book, &arena, &doubts, &count), ST_OK);
	assert_int_equal(count, 2);
	assert_int_equal(doubts[1].dst_uidnext, 301);
	doubts[0].dst_uid = 310;
	assert_int_equal(sync_book_decide(book, doubts, count), ST_OK);
	arena_rewind(&arena);
	assert_int_equal(sync_book_doubts(book, &arena, &doubts, &count), ST_OK);
	assert_int_equal(count, 1);
	arena_fini(&arena);
	sync_ledger_free(&ledger);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_what_the_next_run_knows),
	    cmocka_unit_test(test_doubts_are_decided_once),
	    cmocka_unit_test(test_other_uidvalidities_void_a_folder),
	    cmocka_unit_test(test_half_a_comparison_is_none),
	    cmocka_unit_test(test_a_destination_that_lost_something),
	    cmocka_unit_test(test_how_far_a_folder_was_gone_through),
	    cmocka_unit_test(test_a_ledger_older_than_what_it_describes),
	    cmocka_unit_test(test_whose_pair_it_is),
	    cmocka_unit_test(test_one_run_at_a_time),
	    cmocka_unit_test(test_blocks),
	    cmocka_unit_test(test_damage_is_one_folders),
	    cmocka_unit_test(test_without_a_store),
	    cmocka_unit_test(test_uids_that_are_told_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
