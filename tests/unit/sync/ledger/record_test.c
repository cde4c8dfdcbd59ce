/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include <string.h>

#include "base/prng.h"
#include "sync/ledger/octets.h"
#include "sync/ledger/record.h"

enum {
	NAME_SIZE_MAX = 64 * 1024,
	RANGES_MAX = 50
};

/* Of which kind the octets of a test are. */
enum what {
	PAIR,
	FOLDER,
	JOURNAL
};

/* Reads and writes again: what is taken has one form only. Outputs are untouched on failure. */
static enum status
read_again(enum what what, struct bytes octets)
{
	union {
		struct sync_pair_record pair;
		struct sync_folder_record folder;
		struct sync_journal_record journal;
	} record, untouched;
	enum status status, again = ST_OK;
	struct arena arena;
	struct buf buf;

	memset(&record, 0x5a, sizeof(record));
	memcpy(&untouched, &record, sizeof(record));
	arena_init(&arena, 1 << 20);
	buf_init(&buf, 1 << 20);
	switch (what) {
	case PAIR:
		status = sync_pair_decode(octets, &record.pair);
		if (status == ST_OK)
			again = sync_pair_encode(&record.pair, &buf);
		break;
	case FOLDER:
		status = sync_folder_decode(octets, &arena, &record.folder);
		if (status == ST_OK)
			again = sync_folder_encode(&record.folder, &buf);
		break;
	case JOURNAL:
		status = sync_journal_decode(octets, &arena, &record.journal);
		if (status == ST_OK)
			again = sync_journal_encode(&record.journal, &buf);
	}
	if (status == ST_OK) {
		assert_int_equal(again, ST_OK);
		assert_true(bytes_equal(buf_bytes(&buf), octets));
	} else {
		assert_memory_equal(&record, &untouched, sizeof(record));
	}
	arena_fini(&arena);
	buf_fini(&buf);
	return status;
}

static struct bytes
random_name(struct prng *prng, uint8_t *octets, size_t size_max)
{
	size_t size = (size_t)prng_below(prng, size_max + 1);

	for (size_t i = 0; i < size; i++)
		octets[i] = (uint8_t)prng_next(prng);
	return bytes_of(octets, size);
}

static uint32_t
random_number(struct prng *prng)
{
	return (uint32_t)(prng_next(prng) >> (32 + prng_below(prng, 32)));
}

static void
test_pairs_come_back(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 200; seed++) {
		uint8_t octets[4][300];
		struct sync_pair_record back;
		struct prng prng;
		struct buf buf;

		prng_init(&prng, seed);
		struct sync_pair_record pair = {
		    .src_host = random_name(&prng, octets[0], sizeof(octets[0])),
		    .src_login = random_name(&prng, octets[1], sizeof(octets[1])),
		    .dst_host = random_name(&prng, octets[2], sizeof(octets[2])),
		    .dst_login = random_name(&prng, octets[3], sizeof(octets[3])),
		    .epoch = prng_next(&prng),
		};
		buf_init(&buf, 1 << 16);
		assert_int_equal(sync_pair_encode(&pair, &buf), ST_OK);
		assert_int_equal(sync_pair_decode(buf_bytes(&buf), &back), ST_OK);
		assert_true(bytes_equal(back.src_host, pair.src_host));
		assert_true(bytes_equal(back.src_login, pair.src_login));
		assert_true(bytes_equal(back.dst_host, pair.dst_host));
		assert_true(bytes_equal(back.dst_login, pair.dst_login));
		assert_true(back.epoch == pair.epoch);
		assert_int_equal(read_again(PAIR, buf_bytes(&buf)), ST_OK);
		buf_fini(&buf);
	}
}

static size_t
random_ranges(struct prng *prng, struct range *ranges)
{
	size_t count = (size_t)prng_below(prng, RANGES_MAX + 1);
	uint32_t last = 0;

	for (size_t i = 0; i < count; i++) {
		ranges[i].first = last + 1 + (uint32_t)prng_below(prng, 1 << 25);
		ranges[i].last = ranges[i].first + (uint32_t)prng_below(prng, 1 << 25);
		last = ranges[i].last;
	}
	if (count > 0 && prng_below(prng, 2) != 0)
		ranges[count - 1].last = UINT32_MAX;
	return count;
}

static void
expect_folders_equal(const struct sync_folder_record *a, const struct sync_folder_record *b)
{
	assert_true(bytes_equal(a->src_raw, b->src_raw));
	assert_true(bytes_equal(a->dst_raw, b->dst_raw));
	assert_int_equal(a->src_uidvalidity, b->src_uidvalidity);
	assert_int_equal(a->dst_uidvalidity, b->dst_uidvalidity);
	assert_int_equal(a->src_uidnext, b->src_uidnext);
	assert_int_equal(a->dst_uidnext, b->dst_uidnext);
	assert_int_equal(a->is_compared, b->is_compared);
	assert_int_equal(a->open_count, b->open_count);
	for (size_t i = 0; i < a->open_count; i++) {
		assert_int_equal(a->open[i].first, b->open[i].first);
		assert_int_equal(a->open[i].last, b->open[i].last);
	}
}

static void
test_folders_come_back(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 200; seed++) {
		struct range ranges[RANGES_MAX];
		struct sync_folder_record folder = {0}, back;
		uint8_t octets[2][300];
		struct arena arena;
		struct prng prng;
		struct buf buf;

		prng_init(&prng, seed);
		folder.src_raw = random_name(&prng, octets[0], sizeof(octets[0]));
		folder.dst_raw = random_name(&prng, octets[1], sizeof(octets[1]));
		folder.src_uidvalidity = random_number(&prng);
		folder.dst_uidvalidity = random_number(&prng);
		folder.src_uidnext = random_number(&prng);
		folder.dst_uidnext = random_number(&prng);
		folder.is_compared = prng_below(&prng, 2) != 0;
		folder.open = ranges;
		folder.open_count = random_ranges(&prng, ranges);
		buf_init(&buf, 1 << 16);
		arena_init(&arena, 1 << 16);
		assert_int_equal(sync_folder_encode(&folder, &buf), ST_OK);
		assert_int_equal(sync_folder_decode(buf_bytes(&buf), &arena, &back), ST_OK);
		expect_folders_equal(&back, &folder);
		assert_int_equal(read_again(FOLDER, buf_bytes(&buf)), ST_OK);
		arena_fini(&arena);
		buf_fini(&buf);
	}
}

static const char *const keyword_lists[] = {"", "$Forwarded", "a b c", "NonJunk $MDNSent"};

static void
random_message(struct prng *prng, struct sync_intent_message *message)
{
	memset(message, 0, sizeof(*message));
	message->src_uid.number = random_number(prng);
	if (message->src_uid.number == 0)
		message->src_uid.number = UINT32_MAX;
	message->size = prng_next(prng) >> (1 + prng_below(prng, 63));
	message->date.is_known = prng_below(prng, 4) != 0;
	if (message->date.is_known) {
		message->date.s = (int64_t)prng_next(prng);
		message->date.zone_minutes = (int16_t)((int)prng_below(prng, 2879) - 1439);
	}
	message->flags.system = (uint32_t)prng_below(prng, FLAG_ALL + 1);
	message->flags.keywords =
	    bytes_of_string(keyword_lists[prng_below(prng, COUNT_OF(keyword_lists))]);
	for (size_t i = 0; i < DIGEST_SIZE; i++)
		message->digest.octets[i] = (uint8_t)prng_next(prng);
}

static void
expect_messages_equal(const struct sync_intent_message *a, const struct sync_intent_message *b)
{
	assert_int_equal(a->src_uid.number, b->src_uid.number);
	assert_true(a->size == b->size);
	assert_int_equal(a->date.is_known, b->date.is_known);
	assert_true(a->date.s == b->date.s);
	assert_int_equal(a->date.zone_minutes, b->date.zone_minutes);
	assert_int_equal(a->flags.system, b->flags.system);
	assert_true(bytes_equal(a->flags.keywords, b->flags.keywords));
	assert_true(digest_equal(&a->digest, &b->digest));
}

static void
test_intents_come_back(void **state)
{
	static struct sync_intent_message messages[SYNC_INTENT_MESSAGES_MAX];

	(void)state;
	for (uint64_t seed = 1; seed <= 60; seed++) {
		struct sync_journal_record record = {.what = SYNC_JOURNAL_INTENT}, back;
		struct arena arena;
		struct prng prng;
		struct buf buf;

		prng_init(&prng, seed);
		record.intent.dst_uidvalidity = random_number(&prng);
		record.intent.dst_uidnext = random_number(&prng);
		record.intent.attempt = random_number(&prng);
		record.intent.messages = messages;
		record.intent.message_count =
		    seed == 1 ? COUNT_OF(messages) : (size_t)prng_below(&prng, 256) + 1;
		for (size_t i = 0; i < record.intent.message_count; i++)
			random_message(&prng, &messages[i]);
		buf_init(&buf, 1 << 20);
		arena_init(&arena, 1 << 20);
		assert_int_equal(sync_journal_encode(&record, &buf), ST_OK);
		assert_int_equal(sync_journal_decode(buf_bytes(&buf), &arena, &back), ST_OK);
		assert_int_equal(back.what, SYNC_JOURNAL_INTENT);
		assert_int_equal(back.intent.dst_uidvalidity, record.intent.dst_uidvalidity);
		assert_int_equal(back.intent.dst_uidnext, record.intent.dst_uidnext);
		assert_int_equal(back.intent.attempt, record.intent.attempt);
		assert_int_equal(back.intent.message_count, record.intent.message_count);
		for (size_t i = 0; i < back.intent.message_count; i++)
			expect_messages_equal(&back.intent.messages[i], &messages[i]);
		assert_int_equal(read_again(JOURNAL, buf_bytes(&buf)), ST_OK);
		arena_fini(&arena);
		buf_fini(&buf);
	}
}

static void
test_settlements_come_back(void **state)
{
	static enum sync_fate fates[SYNC_INTENT_MESSAGES_MAX];
	static uint32_t uids[SYNC_INTENT_MESSAGES_MAX];

	(void)state;
	for (uint64_t seed = 1; seed <= 100; seed++) {
		struct sync_journal_record record = {.what = SYNC_JOURNAL_SETTLEMENT}, back;
		struct arena arena;
		struct prng prng;
		struct buf buf;

		prng_init(&prng, seed);
		record.settlement.intent = prng_next(&prng);
		record.settlement.fates = fates;
		record.settlement.dst_uids = uids;
		record.settlement.count =
		    seed == 1 ? COUNT_OF(uids) : (size_t)prng_below(&prng, 256) + 1;
		for (size_t i = 0; i < record.settlement.count; i++) {
			uint64_t fate = prng_below(&prng, SYNC_FATE_COUNT);

			fates[i] = (enum sync_fate)fate;
			uids[i] = prng_below(&prng, 3) == 0 ? 0 : random_number(&prng);
		}
		buf_init(&buf, 1 << 20);
		arena_init(&arena, 1 << 20);
		assert_int_equal(sync_journal_encode(&record, &buf), ST_OK);
		assert_int_equal(sync_journal_decode(buf_bytes(&buf), &arena, &back), ST_OK);
		assert_int_equal(back.what, SYNC_JOURNAL_SETTLEMENT);
		assert_true(back.settlement.intent == record.settlement.intent);
		assert_int_equal(back.settlement.count, record.settlement.count);
		for (size_t i = 0; i < back.settlement.count; i++) {
			assert_int_equal(back.settlement.fates[i], fates[i]);
			assert_int_equal(back.settlement.dst_uids[i], uids[i]);
		}
		assert_int_equal(read_again(JOURNAL, buf_bytes(&buf)), ST_OK);
		arena_fini(&arena);
		buf_fini(&buf);
	}
}

#define DIGEST_16 "0123456789abcdef"
#define DIGEST_32 DIGEST_16 DIGEST_16

/* Contents with their letters, each with a sound checksum: the first of a kind shows its form,
 * and a change of that needs a new version. */
static const struct {
	const char *name;
	enum what what;
	enum sync_letter letter;
	struct bytes content;
	enum status status;
} contents[] = {
    {"a pair", PAIR, SYNC_LETTER_PAIR, TEXT("\1a\2bc\1d\0\x80\1"), ST_OK},
    {"a pair cut", PAIR, SYNC_LETTER_PAIR, TEXT("\1a\2bc\1d\0"), ST_SYNTAX},
    {"a pair and more", PAIR, SYNC_LETTER_PAIR, TEXT("\1a\2bc\1d\0\1\0"), ST_SYNTAX},
    {"a host beyond the end", PAIR, SYNC_LETTER_PAIR, TEXT("\1a\2bc\1d\2\1"), ST_SYNTAX},
    {"an epoch at length", PAIR, SYNC_LETTER_PAIR, TEXT("\1a\2bc\1d\0\x81\0"), ST_SYNTAX},
    {"a pair without content", PAIR, SYNC_LETTER_PAIR, TEXT(""), ST_SYNTAX},
    {"a folder for a pair", PAIR, SYNC_LETTER_FOLDER, TEXT("\1a\2bc\1d\0\1"), ST_SYNTAX},
    {"a folder", FOLDER, SYNC_LETTER_FOLDER, TEXT("\1a\1b\7\x08\x09\x0a\1\2\0\3\4\0"), ST_OK},
    {"no range", FOLDER, SYNC_LETTER_FOLDER, TEXT("\1a\1b\7\x08\x09\x0a\0\0"), ST_OK},
    {"a pair for a folder", FOLDER, SYNC_LETTER_PAIR, TEXT("\1a\1b\7\x08\x09\x0a\1\0"),
	ST_SYNTAX},
    {"neither yes nor no", FOLDER, SYNC_LETTER_FOLDER, TEXT("\1a\1b\7\x08\x09\x0a\2\0"),
	ST_SYNTAX},
    {"a UIDVALIDITY of 2^32", FOLDER, SYNC_LETTER_FOLDER,
	TEXT("\1a\1b\x80\x80\x80\x80\x10\x08\x09\x0a\1\0"), ST_SYNTAX},
    {"more ranges than octets", FOLDER, SYNC_LETTER_FOLDER,
	TEXT("\1a\1b\7\x08\x09\x0a\1\3\0\3\4\0"), ST_SYNTAX},
    {"ranges without end", FOLDER, SYNC_LETTER_FOLDER,
	TEXT("\1a\1b\7\x08\x09\x0a\1\xff\xff\xff\xff\xff\xff\xff\xff\xff\1\0\3\4\0"),
	ST_SYNTAX},
    {"fewer ranges than octets", FOLDER, SYNC_LETTER_FOLDER,
	TEXT("\1a\1b\7\x08\x09\x0a\1\1\0\3\4\0"), ST_SYNTAX},
    {"the last UID", FOLDER, SYNC_LETTER_FOLDER,
	TEXT("\1a\1b\7\x08\x09\x0a\1\1\0\xfe\xff\xff\xff\x0f"), ST_OK},
    {"a UID of 2^32", FOLDER, SYNC_LETTER_FOLDER,
	TEXT("\1a\1b\7\x08\x09\x0a\1\1\0\xff\xff\xff\xff\x0f"), ST_SYNTAX},
    {"a range behind 2^32", FOLDER, SYNC_LETTER_FOLDER,
	TEXT("\1a\1b\7\x08\x09\x0a\1\2\0\xff\xff\xff\xff\x0f\0\0"), ST_SYNTAX},
    {"an intent", JOURNAL, SYNC_LETTER_INTENT,
	TEXT("\1\2\3\1\x08\x80\1\xa0\x0b\3\x0b\3a b" DIGEST_32), ST_OK},
    {"no date", JOURNAL, SYNC_LETTER_INTENT, TEXT("\1\2\3\1\x08\x07\0\0\0" DIGEST_32), ST_OK},
    {"a pair in the journal", JOURNAL, SYNC_LETTER_PAIR,
	TEXT("\1\2\3\1\x08\x07\0\0\0" DIGEST_32), ST_SYNTAX},
    {"no message", JOURNAL, SYNC_LETTER_INTENT, TEXT("\1\2\3\0"), ST_SYNTAX},
    {"a message more", JOURNAL, SYNC_LETTER_INTENT, TEXT("\1\2\3\2\x08\x07\0\0\0" DIGEST_32),
	ST_SYNTAX},
    {"a message less", JOURNAL, SYNC_LETTER_INTENT,
	TEXT("\1\2\3\1\x08\x07\0\0\0" DIGEST_32 "\0\x07\0\0\0" DIGEST_32), ST_SYNTAX},
    {"src_uid 0", JOURNAL, SYNC_LETTER_INTENT, TEXT("\1\2\3\1\1\x07\0\0\0" DIGEST_32),
	ST_SYNTAX},
    {"src_uid -1", JOURNAL, SYNC_LETTER_INTENT, TEXT("\1\2\3\1\3\x07\0\0\0" DIGEST_32),
	ST_SYNTAX},
    {"src_uid 2^32", JOURNAL, SYNC_LETTER_INTENT,
	TEXT("\1\2\3\1\xfe\xff\xff\xff\x1f\x07\0\0\0" DIGEST_32), ST_SYNTAX},
    {"the last src_uid", JOURNAL, SYNC_LETTER_INTENT,
	TEXT("\1\2\3\1\xfc\xff\xff\xff\x1f\x07\0\0\0" DIGEST_32), ST_OK},
    {"a size of 2^63", JOURNAL, SYNC_LETTER_INTENT,
	TEXT("\1\2\3\1\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\1\0\0\0" DIGEST_32), ST_SYNTAX},
    {"the greatest size", JOURNAL, SYNC_LETTER_INTENT,
	TEXT("\1\2\3\1\x08\xff\xff\xff\xff\xff\xff\xff\xff\x7f\0\0\0" DIGEST_32), ST_OK},
    {"a zone of a day", JOURNAL, SYNC_LETTER_INTENT,
	TEXT("\1\2\3\1\x08\x80\1\xc0\x16\3\x0b\3a b" DIGEST_32), ST_SYNTAX},
    {"the last zone", JOURNAL, SYNC_LETTER_INTENT,
	TEXT("\1\2\3\1\x08\x80\1\xbf\x16\3\x0b\3a b" DIGEST_32), ST_OK},
    {"a flag that is none", JOURNAL, SYNC_LETTER_INTENT,
	TEXT("\1\2\3\1\x08\x07\0\x20\0" DIGEST_32), ST_SYNTAX},
    {"a keyword that is none", JOURNAL, SYNC_LETTER_INTENT,
	TEXT("\1\2\3\1\x08\x07\0\0\3a\r\n" DIGEST_32), ST_SYNTAX},
    {"a digest cut", JOURNAL, SYNC_LETTER_INTENT,
	TEXT("\1\2\3\1\x08\x07\0\0\1a" DIGEST_16 "0123456789abcde"), ST_SYNTAX},
    {"a settlement", JOURNAL, SYNC_LETTER_SETTLEMENT, TEXT("\7\3\0\x12\0\0\2\x17"), ST_OK},
    {"no fate", JOURNAL, SYNC_LETTER_SETTLEMENT, TEXT("\7\0"), ST_SYNTAX},
    {"a fate that is none", JOURNAL, SYNC_LETTER_SETTLEMENT, TEXT("\7\1\x06\0"), ST_SYNTAX},
    {"a fate more", JOURNAL, SYNC_LETTER_SETTLEMENT, TEXT("\7\2\0\0"), ST_SYNTAX},
    {"a fate less", JOURNAL, SYNC_LETTER_SETTLEMENT, TEXT("\7\1\0\0\0\0"), ST_SYNTAX},
    {"dst_uid -1", JOURNAL, SYNC_LETTER_SETTLEMENT, TEXT("\7\1\0\3"), ST_SYNTAX},
    {"fates beyond the end", JOURNAL, SYNC_LETTER_SETTLEMENT,
	TEXT("\7\xff\xff\xff\xff\x0f\0\0"), ST_SYNTAX},
};

static void
test_contents_are_taken_or_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(contents); i++) {
		struct sync_pen pen;
		struct buf buf;

		buf_init(&buf, 1000);
		sync_pen_begin(&pen, &buf, SYNC_RECORD_VERSION, contents[i].letter);
		sync_pen_octets(&pen, contents[i].content);
		assert_int_equal(sync_pen_end(&pen), ST_OK);
		EXPECT(contents[i].name,
		    read_again(contents[i].what, buf_bytes(&buf)) == contents[i].status);
		buf_fini(&buf);
	}
}

/* What the first intent and the first settlement of the table say. */
static void
test_forms_mean_what_they_say(void **state)
{
	struct sync_intent_message message = {.src_uid = {5},
	    .size = 128,
	    .date = {-2, 0, true},
	    .flags = {FLAG_SEEN | FLAG_ANSWERED | FLAG_DELETED, BYTES("a b")}};
	static const enum sync_fate fates[] = {
	    SYNC_FATE_STORED, SYNC_FATE_STORED, SYNC_FATE_IN_DOUBT};
	static const uint32_t uids[] = {10, 11, 0};
	struct sync_journal_record intent = {
	    .what = SYNC_JOURNAL_INTENT, .intent = {1, 2, 3, &message, 1}};
	struct sync_journal_record settlement = {
	    .what = SYNC_JOURNAL_SETTLEMENT, .settlement = {7, fates, uids, 3}};
	struct buf buf;

	(void)state;
	memcpy(message.digest.octets, DIGEST_32, DIGEST_SIZE);
	buf_init(&buf, 1000);
	assert_int_equal(sync_journal_encode(&intent, &buf), ST_OK);
	assert_true(bytes_start_with(
	    buf_bytes(&buf), BYTES("\1I\1\2\3\1\x08\x80\1\xa0\x0b\3\x0b\3a b" DIGEST_32)));
	buf_clear(&buf);
	assert_int_equal(sync_journal_encode(&settlement, &buf), ST_OK);
	assert_true(bytes_start_with(buf_bytes(&buf), BYTES("\1S\7\3\0\x12\0\0\2\x17")));
	buf_fini(&buf);
}

static void
test_other_versions_are_told_apart(void **state)
{
	static const struct {
		uint8_t version;
		enum status status;
	} versions[] = {{0, ST_SYNTAX}, {SYNC_RECORD_VERSION, ST_OK},
	    {SYNC_RECORD_VERSION + 1, ST_LIMIT}, {255, ST_LIMIT}};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(versions); i++) {
		struct sync_pen pen;
		struct buf buf;

		buf_init(&buf, 1000);
		sync_pen_begin(&pen, &buf, versions[i].version, SYNC_LETTER_PAIR);
		sync_pen_octets(&pen, BYTES("\0\0\0\0\0"));
		assert_int_equal(sync_pen_end(&pen), ST_OK);
		assert_int_equal(read_again(PAIR, buf_bytes(&buf)), versions[i].status);
		buf_fini(&buf);
	}
}

/* Each octet flipped in every way, each cut, and an octet more. */
static void
expect_damage_found(enum what what, struct bytes whole)
{
	uint8_t *octets = test_malloc(whole.size + 1);

	memcpy(octets, whole.data, whole.size);
	octets[whole.size] = 0;
	assert_int_equal(read_again(what, bytes_of(octets, whole.size)), ST_OK);
	assert_int_equal(read_again(what, bytes_of(octets, whole.size + 1)), ST_SYNTAX);
	for (size_t i = 0; i < whole.size; i++) {
		assert_int_equal(read_again(what, bytes_of(octets, i)), ST_SYNTAX);
		for (unsigned flip = 1; flip < 256; flip++) {
			octets[i] ^= (uint8_t)flip;
			assert_int_equal(
			    read_again(what, bytes_of(octets, whole.size)), ST_SYNTAX);
			octets[i] ^= (uint8_t)flip;
		}
	}
	test_free(octets);
}

static void
test_damage_is_found(void **state)
{
	const struct range ranges[] = {{3, 3}, {9, 400}};
	const struct sync_pair_record pair = {
	    .src_host = BYTES("imap.example.org"), .epoch = 3};
	const struct sync_folder_record folder = {
	    .src_raw = BYTES("INBOX"), .src_uidnext = 401, .open = ranges, .open_count = 2};
	struct sync_intent_message messages[2];
	struct sync_journal_record intent = {
	    .what = SYNC_JOURNAL_INTENT, .intent = {1, 2, 3, messages, 2}};
	struct prng prng;
	struct buf buf;

	(void)state;
	prng_init(&prng, 1);
	random_message(&prng, &messages[0]);
	random_message(&prng, &messages[1]);
	buf_init(&buf, 1000);
	assert_int_equal(sync_pair_encode(&pair, &buf), ST_OK);
	expect_damage_found(PAIR, buf_bytes(&buf));
	buf_clear(&buf);
	assert_int_equal(sync_folder_encode(&folder, &buf), ST_OK);
	expect_damage_found(FOLDER, buf_bytes(&buf));
	buf_clear(&buf);
	assert_int_equal(sync_journal_encode(&intent, &buf), ST_OK);
	expect_damage_found(JOURNAL, buf_bytes(&buf));
	buf_fini(&buf);
}

static struct sync_intent_message
sound_message(void)
{
	return (struct sync_intent_message){.src_uid = {1}, .date = {0, 0, true}};
}

/* Gives the status of an intent of `count` times `message`. */
static enum status
write_intent(const struct sync_intent_message *message, size_t count)
{
	static struct sync_intent_message messages[SYNC_INTENT_MESSAGES_MAX + 1];
	struct sync_journal_record record = {
	    .what = SYNC_JOURNAL_INTENT, .intent = {1, 2, 3, messages, count}};
	enum status status;
	struct buf buf;

	for (size_t i = 0; i < count; i++)
		messages[i] = *message;
	buf_init(&buf, 1 << 20);
	assert_int_equal(buf_append(&buf, BYTES("before")), ST_OK);
	status = sync_journal_encode(&record, &buf);
	if (status != ST_OK)
		assert_true(bytes_equal(buf_bytes(&buf), BYTES("before")));
	buf_fini(&buf);
	return status;
}

static void
test_intents_that_could_not_be_read_are_not_written(void **state)
{
	struct sync_intent_message message = sound_message();

	(void)state;
	assert_int_equal(write_intent(&message, 0), ST_SYNTAX);
	assert_int_equal(write_intent(&message, 1), ST_OK);
	assert_int_equal(write_intent(&message, SYNC_INTENT_MESSAGES_MAX), ST_OK);
	assert_int_equal(write_intent(&message, SYNC_INTENT_MESSAGES_MAX + 1), ST_LIMIT);
	message.src_uid.number = 0;
	assert_int_equal(write_intent(&message, 1), ST_SYNTAX);
	message = sound_message();
	message.size = (uint64_t)INT64_MAX + 1;
	assert_int_equal(write_intent(&message, 1), ST_SYNTAX);
	message = sound_message();
	message.date.zone_minutes = 1440;
	assert_int_equal(write_intent(&message, 1), ST_SYNTAX);
	message.date.zone_minutes = -1440;
	assert_int_equal(write_intent(&message, 1), ST_SYNTAX);
	message.date.is_known = false;
	assert_int_equal(write_intent(&message, 1), ST_OK);
	message.flags.keywords = BYTES("a ");
	assert_int_equal(write_intent(&message, 1), ST_SYNTAX);
}

static enum status
write_settlement(const enum sync_fate *fates, size_t count)
{
	static const uint32_t uids[SYNC_INTENT_MESSAGES_MAX + 1];
	struct sync_journal_record record = {
	    .what = SYNC_JOURNAL_SETTLEMENT, .settlement = {7, fates, uids, count}};
	enum status status;
	struct buf buf;

	buf_init(&buf, 1 << 20);
	status = sync_journal_encode(&record, &buf);
	assert_true((status == ST_OK) == (buf_bytes(&buf).size > 0));
	buf_fini(&buf);
	return status;
}

static void
test_settlements_that_could_not_be_read_are_not_written(void **state)
{
	static enum sync_fate fates[SYNC_INTENT_MESSAGES_MAX + 1];

	(void)state;
	assert_int_equal(write_settlement(fates, 0), ST_SYNTAX);
	assert_int_equal(write_settlement(fates, SYNC_INTENT_MESSAGES_MAX), ST_OK);
	assert_int_equal(write_settlement(fates, SYNC_INTENT_MESSAGES_MAX + 1), ST_LIMIT);
	fates[3] = SYNC_FATE_COUNT;
	assert_int_equal(write_settlement(fates, 3), ST_OK);
	assert_int_equal(write_settlement(fates, 4), ST_SYNTAX);
}

static const struct {
	const char *name;
	struct range ranges[2];
	enum status status;
} range_pairs[] = {
    {"sound", {{1, 4}, {6, 6}}, ST_OK},
    {"touching", {{1, 4}, {5, 6}}, ST_OK},
    {"overlapping", {{1, 4}, {4, 6}}, ST_SYNTAX},
    {"descending", {{5, 6}, {1, 4}}, ST_SYNTAX},
    {"from 0", {{0, 4}, {6, 6}}, ST_SYNTAX},
    {"backwards", {{1, 4}, {7, 6}}, ST_SYNTAX},
};

static void
test_folders_that_could_not_be_read_are_not_written(void **state)
{
	static const uint8_t octets[NAME_SIZE_MAX + 1];
	struct sync_folder_record folder = {0};
	struct buf buf;

	(void)state;
	buf_init(&buf, 1 << 20);
	for (size_t i = 0; i < COUNT_OF(range_pairs); i++) {
		folder.open = range_pairs[i].ranges;
		folder.open_count = 2;
		EXPECT(range_pairs[i].name,
		    sync_folder_encode(&folder, &buf) == range_pairs[i].status);
		buf_clear(&buf);
	}
	folder = (struct sync_folder_record){.dst_raw = {octets, NAME_SIZE_MAX}};
	assert_int_equal(sync_folder_encode(&folder, &buf), ST_OK);
	assert_int_equal(read_again(FOLDER, buf_bytes(&buf)), ST_OK);
	buf_clear(&buf);
	folder.dst_raw.size++;
	assert_int_equal(sync_folder_encode(&folder, &buf), ST_LIMIT);
	assert_int_equal(buf_bytes(&buf).size, 0);
	buf_fini(&buf);
}

/* Where the arena's budget ends, so does reading; nothing is given. */
static void
test_an_arena_that_is_full_is_a_limit(void **state)
{
	static struct sync_intent_message messages[SYNC_INTENT_MESSAGES_MAX];
	struct sync_journal_record record = {
	    .what = SYNC_JOURNAL_INTENT, .intent = {1, 2, 3, messages, COUNT_OF(messages)}};
	struct sync_journal_record back = {.what = SYNC_JOURNAL_SETTLEMENT};
	struct arena arena;
	struct buf buf;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(messages); i++)
		messages[i] = sound_message();
	buf_init(&buf, 1 << 20);
	arena_init(&arena, 8000);
	assert_int_equal(sync_journal_encode(&record, &buf), ST_OK);
	assert_int_equal(sync_journal_decode(buf_bytes(&buf), &arena, &back), ST_LIMIT);
	assert_int_equal(back.what, SYNC_JOURNAL_SETTLEMENT);
	arena_fini(&arena);
	buf_fini(&buf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_pairs_come_back),
	    cmocka_unit_test(test_folders_come_back),
	    cmocka_unit_test(test_intents_come_back),
	    cmocka_unit_test(test_settlements_come_back),
	    cmocka_unit_test(test_contents_are_taken_or_refused),
	    cmocka_unit_test(test_forms_mean_what_they_say),
	    cmocka_unit_test(test_other_versions_are_told_apart),
	    cmocka_unit_test(test_damage_is_found),
	    cmocka_unit_test(test_intents_that_could_not_be_read_are_not_written),
	    cmocka_unit_test(test_settlements_that_could_not_be_read_are_not_written),
	    cmocka_unit_test(test_folders_that_could_not_be_read_are_not_written),
	    cmocka_unit_test(test_an_arena_that_is_full_is_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
