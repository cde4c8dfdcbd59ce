/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/prng.h"
#include "sync/ledger/block.h"
#include "sync/ledger/octets.h"
#include "sync/ledger/store.h"

enum {
	BASES_MAX = 1024
};

static void
expect_bases_equal(const char *name, const struct sync_base *a, const struct sync_base *b)
{
	EXPECT(name, a->src.system == b->src.system && a->dst.system == b->dst.system);
	EXPECT(name, bytes_equal(a->src.keywords, b->src.keywords));
	EXPECT(name, bytes_equal(a->dst.keywords, b->dst.keywords));
}

/* What was given comes back, and is written again as the same octets. */
static void
expect_read_back(const char *name, struct bytes octets, const struct sync_entry *entries,
    size_t count, const struct sync_base *bases)
{
	static struct sync_entry again[SYNC_BLOCK_ENTRIES_MAX];
	static struct sync_base kept[SYNC_BLOCK_ENTRIES_MAX];
	struct sync_block_reader reader;
	struct sync_entry none;
	struct buf buf;

	EXPECT(name, sync_block_open(octets, &reader) == ST_OK);
	EXPECT(name, reader.count == count);
	EXPECT(name, reader.src_uid_first == entries[0].src_uid);
	EXPECT(name, reader.src_uid_last == entries[count - 1].src_uid);
	for (size_t i = 0; i < reader.base_count; i++)
		EXPECT(name, sync_block_base(&reader, i, &kept[i]) == ST_OK);
	for (size_t i = 0; i < count; i++) {
		struct sync_entry *entry = &again[i];

		EXPECT(name, sync_block_next(&reader, entry) == ST_OK);
		EXPECT(name, entry->src_uid == entries[i].src_uid);
		EXPECT(name, entry->dst_uid == entries[i].dst_uid);
		EXPECT(name, entry->state == entries[i].state);
		EXPECT(name, entry->meta == entries[i].meta);
		EXPECT(name, entry->header == entries[i].header);
		EXPECT(name, entry->base < reader.base_count);
		expect_bases_equal(name, &kept[entry->base], &bases[entries[i].base]);
	}
	EXPECT(name, sync_block_next(&reader, &none) == ST_END);
	EXPECT(name, sync_block_next(&reader, &none) == ST_END);
	buf_init(&buf, SYNC_RECORD_OCTETS_MAX);
	EXPECT(name, sync_block_encode(again, count, kept, reader.base_count, &buf) == ST_OK);
	EXPECT(name, bytes_equal(buf_bytes(&buf), octets));
	buf_fini(&buf);
}

enum dst_shape {
	DST_IN_ORDER,
	DST_AS_SOURCE, /* the same holes on both sides */
	DST_UNKNOWN,
	DST_RANDOM,
	DST_ANYWHERE, /* among all UIDs */
	DST_MIXED
};

struct shape {
	const char *name;
	double octets_max; /* an entry */
	size_t count;
	uint64_t holes_percent; /* of the source's UIDs */
	uint64_t gap_max;       /* of a hole */
	enum dst_shape dst;
	size_t base_count;
	bool are_bases_mixed;
	uint64_t odd_states_percent;
	bool has_meta, has_header;
};

static const struct shape shapes[] = {
    {"a first copy", 10, 4096, 0, 1, DST_IN_ORDER, 1, false, 0, true, true},
    {"a first copy, one fingerprint", 5, 4096, 0, 1, DST_IN_ORDER, 1, false, 0, true, false},
    {"a first copy, no fingerprint", 0.1, 4096, 0, 1, DST_IN_ORDER, 1, false, 0, false, false},
    {"20 % holes", 10, 4096, 20, 1, DST_IN_ORDER, 1, false, 0, true, true},
    {"20 % holes, one fingerprint", 5, 4096, 20, 1, DST_IN_ORDER, 1, false, 0, true, false},
    {"20 % holes at both sides", 10, 4096, 20, 1, DST_AS_SOURCE, 1, false, 0, true, true},
    {"20 % holes, 30 combinations", 10, 4096, 20, 1, DST_IN_ORDER, 30, true, 0, true, true},
    {"runs of 30 combinations", 9, 4096, 0, 1, DST_IN_ORDER, 30, false, 0, true, true},
    {"30 combinations, mixed", 9, 4096, 0, 1, DST_IN_ORDER, 30, true, 0, true, true},
    {"3 combinations, mixed", 9, 4096, 20, 9, DST_IN_ORDER, 3, true, 1, true, true},
    {"no UID known", 8.5, 4096, 0, 1, DST_UNKNOWN, 2, false, 0, true, true},
    {"random order", 12.5, 4096, 0, 1, DST_RANDOM, 1, false, 0, true, true},
    {"random order, holes", 14, 4096, 20, 1, DST_RANDOM, 30, true, 5, true, true},
    {"all at its worst", 24, 4096, 100, 1 << 20, DST_ANYWHERE, 1024, true, 50, true, true},
    {"a few", 16, 50, 20, 3, DST_MIXED, 5, true, 10, true, true},
    {"one", 50, 1, 0, 1, DST_IN_ORDER, 1, false, 0, true, true},
};

/* Combinations as mail has them: few have keywords. */
static void
make_bases(struct sync_base *bases, size_t count)
{
	static char words[BASES_MAX][40];

	for (size_t i = 0; i < count; i++) {
		bases[i] = (struct sync_base){
		    .src.system = (uint32_t)i % 32, .dst.system = (uint32_t)(i / 32) % 32};
		if (i % 7 != 3)
			continue;
		snprintf(words[i], sizeof(words[i]), "$Forwarded Label_%zu", i);
		bases[i].src.keywords = bytes_of_string(words[i]);
		bases[i].dst.keywords = bases[i].src.keywords;
		if (i % 2 != 0)
			bases[i].dst.keywords = BYTES("$Forwarded");
	}
}

static uint32_t
dst_uid_of(enum dst_shape shape, const struct sync_entry *entry, uint32_t index, uint32_t last,
    struct prng *prng)
{
	switch (shape) {
	case DST_IN_ORDER:
		return index + 70000;
	case DST_AS_SOURCE:
		return entry->src_uid + 20;
	case DST_UNKNOWN:
		return 0;
	case DST_RANDOM:
		return (uint32_t)prng_below(prng, 100000) + 1;
	case DST_ANYWHERE:
		return (uint32_t)prng_below(prng, UINT32_MAX) + 1;
	case DST_MIXED:
		break;
	}
	switch (prng_below(prng, 4)) {
	case 0:
		return last + 1;
	case 1:
		return entry->src_uid + 5;
	case 2:
		return 0;
	default:
		return (uint32_t)prng_below(prng, UINT32_MAX) + 1;
	}
}

static void
make_entries(const struct shape *shape, struct sync_entry *entries, struct prng *prng)
{
	uint32_t uid = 100;
	uint32_t last = 0;

	for (size_t i = 0; i < shape->count; i++) {
		struct sync_entry *entry = &entries[i];

		memset(entry, 0, sizeof(*entry));
		uid++;
		if (prng_below(prng, 100) < shape->holes_percent)
			uid += (uint32_t)prng_below(prng, shape->gap_max) + 1;
		entry->src_uid = uid;
		entry->dst_uid = dst_uid_of(shape->dst, entry, (uint32_t)i, last, prng);
		last = entry->dst_uid < UINT32_MAX ? entry->dst_uid : 0;
		if (prng_below(prng, 100) < shape->odd_states_percent)
			entry->state = i % 2 != 0 ? SYNC_STATE_HELD : SYNC_STATE_ADOPTED;
		entry->base = (uint16_t)(i * shape->base_count / shape->count);
		if (shape->are_bases_mixed)
			entry->base = (uint16_t)prng_below(prng, shape->base_count);
		if (shape->has_meta)
			entry->meta = (uint32_t)prng_next(prng);
		if (shape->has_header)
			entry->header = (uint32_t)prng_next(prng);
	}
}

static void
test_shapes_of_mail_cost_few_octets(void **state)
{
	static struct sync_entry entries[SYNC_BLOCK_ENTRIES_MAX];
	static struct sync_base bases[BASES_MAX];

	(void)state;
	make_bases(bases, BASES_MAX);
	for (size_t i = 0; i < COUNT_OF(shapes); i++) {
		const struct shape *shape = &shapes[i];
		struct prng prng;
		struct buf buf;
		double octets;

		prng_init(&prng, i + 1);
		make_entries(shape, entries, &prng);
		buf_init(&buf, 1 << 20);
		EXPECT(shape->name,
		    sync_block_encode(entries, shape->count, bases, shape->base_count, &buf) ==
			ST_OK);
		octets = (double)buf_bytes(&buf).size / (double)shape->count;
		print_message("%6.2f octets an entry: %s\n", octets, shape->name);
		EXPECT(shape->name, octets <= shape->octets_max);
		expect_read_back(shape->name, buf_bytes(&buf), entries, shape->count, bases);
		buf_fini(&buf);
	}
}

static void
test_random_blocks_come_back(void **state)
{
	static struct sync_entry entries[300];
	static struct sync_base bases[BASES_MAX];
	static const enum dst_shape dst_shapes[] = {DST_IN_ORDER, DST_AS_SOURCE, DST_UNKNOWN,
	    DST_RANDOM, DST_ANYWHERE, DST_MIXED, DST_MIXED};

	(void)state;
	make_bases(bases, BASES_MAX);
	for (uint64_t seed = 1; seed <= 400; seed++) {
		struct prng prng;
		struct shape shape = {.name = "random"};
		struct buf buf;

		prng_init(&prng, seed);
		shape.count = (size_t)prng_below(&prng, COUNT_OF(entries)) + 1;
		shape.holes_percent = prng_below(&prng, 101);
		shape.gap_max = prng_below(&prng, 300) + 1;
		shape.dst = dst_shapes[seed % COUNT_OF(dst_shapes)];
		shape.base_count = (size_t)prng_below(&prng, seed % 2 != 0 ? 9 : 300) + 1;
		shape.are_bases_mixed = prng_below(&prng, 2) != 0;
		shape.odd_states_percent = prng_below(&prng, 101);
		shape.has_meta = prng_below(&prng, 3) != 0;
		shape.has_header = prng_below(&prng, 3) != 0;
		make_entries(&shape, entries, &prng);
		buf_init(&buf, 1 << 20);
		assert_int_equal(
		    sync_block_encode(entries, shape.count, bases, shape.base_count, &buf),
		    ST_OK);
		expect_read_back(shape.name, buf_bytes(&buf), entries, shape.count, bases);
		buf_fini(&buf);
	}
}

/* The ends of the number space, and 4,096 bases of which each is named once. */
static void
test_blocks_at_their_limits_come_back(void **state)
{
	static struct sync_entry entries[SYNC_BLOCK_ENTRIES_MAX];
	static struct sync_base bases[1 << 16];
	struct buf buf;

	(void)state;
	buf_init(&buf, 1 << 20);
	for (size_t i = 0; i < COUNT_OF(bases); i++)
		bases[i].src.system = bases[i].dst.system = (uint32_t)i % 32;
	for (uint32_t i = 0; i < SYNC_BLOCK_ENTRIES_MAX; i++) {
		entries[i].src_uid = UINT32_MAX - SYNC_BLOCK_ENTRIES_MAX + 1 + i;
		entries[i].dst_uid = i % 2 != 0 ? UINT32_MAX : 1;
		entries[i].base = (uint16_t)(UINT16_MAX - i);
	}
	entries[0].src_uid = 1;
	assert_int_equal(
	    sync_block_encode(entries, COUNT_OF(entries), bases, COUNT_OF(bases), &buf), ST_OK);
	expect_read_back("limits", buf_bytes(&buf), entries, COUNT_OF(entries), bases);
	buf_clear(&buf);
	/* No entry can name a base beyond. */
	assert_int_equal(sync_block_encode(entries, 1, bases, SIZE_MAX, &buf), ST_OK);
	expect_read_back("one", buf_bytes(&buf), entries, 1, bases);
	buf_fini(&buf);
}

/* The form of today: a change of it needs a new version. */
static void
test_a_block_has_these_octets(void **state)
{
	static const struct sync_base bases[] = {
	    {{FLAG_DRAFT, TEXT("unused")}, {0, {NULL, 0}}},
	    {{FLAG_SEEN, TEXT("a b")}, {FLAG_SEEN | FLAG_FLAGGED, TEXT("a b")}},
	    {{0, TEXT("c")}, {0, {NULL, 0}}},
	};
	static const struct sync_entry entries[] = {
	    {1, 7, SYNC_STATE_COPIED, 2, 0x04030201, 0},
	    {2, 8, SYNC_STATE_COPIED, 1, 0x14131211, 0},
	    {9, 0, SYNC_STATE_HELD, 1, 0x24232221, 0},
	};
	struct bytes expected = BYTES("\x01"
				      "B"
				      "\x02"
				      "\x03\x02"
				      "\x04\x03\x02"
				      "\x00\x01"
				      "c"
				      "\x00\x01"
				      "\x01\x03"
				      "a b"
				      "\x05\x00"
				      "\x00\x01\x05\x00"
				      "\x04\x0c\x02"
				      "\x04\x02"
				      "\x06"
				      "\x01\x02\x03\x04\x11\x12\x13\x14\x21\x22\x23\x24");
	struct bytes octets;
	struct buf buf;

	(void)state;
	buf_init(&buf, 1000);
	assert_int_equal(buf_append(&buf, BYTES("before")), ST_OK);
	assert_int_equal(
	    sync_block_encode(entries, COUNT_OF(entries), bases, COUNT_OF(bases), &buf), ST_OK);
	assert_true(bytes_start_with(buf_bytes(&buf), BYTES("before")));
	octets = bytes_skip(buf_bytes(&buf), 6);
	assert_int_equal(octets.size, expected.size + 4);
	assert_memory_equal(octets.data, expected.data, expected.size);
	expect_read_back("these octets", octets, entries, COUNT_OF(entries), bases);
	buf_fini(&buf);
}

/* ST_OK when all of it can be read; nothing is written where it cannot. */
static enum status
read_all(struct bytes octets)
{
	struct sync_block_reader reader, untouched;
	struct sync_entry entry = {.src_uid = 77};
	enum status status;

	memset(&reader, 0x5a, sizeof(reader));
	memcpy(&untouched, &reader, sizeof(reader));
	status = sync_block_open(octets, &reader);
	if (status != ST_OK) {
		assert_memory_equal(&reader, &untouched, sizeof(reader));
		return status;
	}
	do {
		struct sync_entry before = entry;

		status = sync_block_next(&reader, &entry);
		if (status != ST_OK)
			assert_memory_equal(&before, &entry, sizeof(entry));
	} while (status == ST_OK);
	assert_int_equal(sync_block_next(&reader, &entry), status);
	return status == ST_END ? ST_OK : status;
}

static void
test_damage_is_found(void **state)
{
	static struct sync_entry entries[40];
	static struct sync_base bases[BASES_MAX];
	struct prng prng;
	struct buf buf;
	uint8_t *octets;
	size_t size;

	(void)state;
	make_bases(bases, BASES_MAX);
	prng_init(&prng, 3);
	make_entries(&(struct shape){.count = COUNT_OF(entries),
			 .holes_percent = 20,
			 .gap_max = 9,
			 .dst = DST_MIXED,
			 .base_count = 9,
			 .are_bases_mixed = true,
			 .odd_states_percent = 30,
			 .has_meta = true},
	    entries, &prng);
	buf_init(&buf, 1 << 16);
	assert_int_equal(
	    sync_block_encode(entries, COUNT_OF(entries), bases, BASES_MAX, &buf), ST_OK);
	size = buf_bytes(&buf).size;
	octets = test_malloc(size + 1);
	memcpy(octets, buf_bytes(&buf).data, size);
	octets[size] = 0;
	assert_int_equal(read_all(bytes_of(octets, size)), ST_OK);
	assert_int_equal(read_all(bytes_of(octets, size + 1)), ST_SYNTAX);
	for (size_t i = 0; i < size; i++) {
		assert_int_equal(read_all(bytes_of(octets, i)), ST_SYNTAX);
		for (unsigned flip = 1; flip < 256; flip++) {
			octets[i] ^= (uint8_t)flip;
			assert_int_equal(read_all(bytes_of(octets, size)), ST_SYNTAX);
			octets[i] ^= (uint8_t)flip;
		}
	}
	test_free(octets);
	buf_fini(&buf);
}

#define HEAD_3 "\x03\x01\x02\x02\x01"
#define BASE_0 "\x00\x00\x00\x00"
/* Each with a sound checksum. */
static const struct {
	const char *name;
	struct bytes content;
	enum status status;
} contents[] = {
    {"sound", TEXT("\0" HEAD_3 BASE_0 "\0\x02\x08\0\x08"), ST_OK},
    {"sound, a shift", TEXT("\0\x02\x01\x04\x02\x01" BASE_0 "\0\0\0\0\x05\0\x04"), ST_OK},
    {"sound, no UID", TEXT("\0\x03\x01\x02\x01\x01" BASE_0 "\0\x02\x0a\x08"), ST_OK},
    {"sound, packed", TEXT("\0\x02\x02\x02\x02\x01" BASE_0 BASE_0 "\0\1\4\0\4\2"), ST_OK},
    {"sound, a fingerprint", TEXT("\2\1\1\2\2\1" BASE_0 "\0\0\0\0\0\1\0\0\0"), ST_OK},
    {"nothing", TEXT(""), ST_SYNTAX},
    {"unknown form", TEXT("\x08" HEAD_3 BASE_0 "\0\x02\x08\0\x08"), ST_SYNTAX},
    {"no entry", TEXT("\0\0\x01\x02\x02\x01" BASE_0 "\0\x02\x08\0\x08"), ST_SYNTAX},
    {"too many",
	TEXT("\0\x81\x20\x01\x03\x03\x02" BASE_0 "\0\x80\x20\x80\x80\x01\0\x80\x80\x01"),
	ST_SYNTAX},
    {"no base", TEXT("\0\x03\0\x02\x02\x01\0\x02\x08\0\x08"), ST_SYNTAX},
    {"more bases than entries", TEXT("\0\x01\x02\x02\x02\x01" BASE_0 BASE_0 "\0\0\0\0\0\0"),
	ST_SYNTAX},
    {"a base that nobody names", TEXT("\0\x02\x02\x02\x02\x01" BASE_0 BASE_0 "\0\1\4\0\4\0"),
	ST_SYNTAX},
    {"bases out of order", TEXT("\0\x02\x02\x02\x02\x01" BASE_0 BASE_0 "\0\1\4\0\4\1"),
	ST_SYNTAX},
    {"a base beyond the last", TEXT("\0\4\3\2\2\1" BASE_0 BASE_0 BASE_0 "\0\3\x0c\0\x0c\xe4"),
	ST_SYNTAX},
    {"bits behind the last base", TEXT("\0\x02\x02\x02\x02\x01" BASE_0 BASE_0 "\0\1\4\0\4\6"),
	ST_SYNTAX},
    {"runs of bases that are no shorter",
	TEXT("\1\x02\x02\x02\x02\x01\x04" BASE_0 BASE_0 "\0\1\4\0\4\0\0\1\0"), ST_SYNTAX},
    {"a system flag that is none",
	TEXT("\0" HEAD_3 "\x20\0\0\0"
	     "\0\x02\x08\0\x08"),
	ST_SYNTAX},
    {"another of the other side",
	TEXT("\0" HEAD_3 "\0\0\x20\0"
	     "\0\x02\x08\0\x08"),
	ST_SYNTAX},
    {"a keyword that is none",
	TEXT("\0" HEAD_3 "\0\1(\0\0"
	     "\0\x02\x08\0\x08"),
	ST_SYNTAX},
    {"two spaces",
	TEXT("\0" HEAD_3 "\0\4a  b\0\0"
	     "\0\x02\x08\0\x08"),
	ST_SYNTAX},
    {"a space first",
	TEXT("\0" HEAD_3 "\0\2 b\0\0"
	     "\0\x02\x08\0\x08"),
	ST_SYNTAX},
    {"a space last",
	TEXT("\0" HEAD_3 "\0\2a \0\0"
	     "\0\x02\x08\0\x08"),
	ST_SYNTAX},
    {"a space alone",
	TEXT("\0" HEAD_3 "\0\1 \0\0"
	     "\0\x02\x08\0\x08"),
	ST_SYNTAX},
    {"equal keywords at length",
	TEXT("\0" HEAD_3 "\0\1a\0\2a"
	     "\0\x02\x08\0\x08"),
	ST_SYNTAX},
    {"a bad keyword of the other side",
	TEXT("\0" HEAD_3 "\0\1a\0\2\\"
	     "\0\x02\x08\0\x08"),
	ST_SYNTAX},
    {"keywords beyond the end",
	TEXT("\0" HEAD_3 "\0\x7f"
	     "a"),
	ST_SYNTAX},
    {"a column beyond the end", TEXT("\0\3\1\2\x7f\1" BASE_0 "\0\x02\x08\0\x08"), ST_SYNTAX},
    {"an octet too many", TEXT("\0" HEAD_3 BASE_0 "\0\x02\x08\0\x08\0"), ST_SYNTAX},
    {"UIDs that end early", TEXT("\0" HEAD_3 BASE_0 "\0\x01\x08\0\x08"), ST_SYNTAX},
    {"UIDs that go on", TEXT("\0" HEAD_3 BASE_0 "\0\x03\x08\0\x08"), ST_SYNTAX},
    {"UIDs behind the last", TEXT("\0\3\1\3\2\1" BASE_0 "\0\2\0\x08\0\x08"), ST_SYNTAX},
    {"a UID of 2^32", TEXT("\0\1\1\6\2\1" BASE_0 "\xff\xff\xff\xff\x0f\0\0\0\0"), ST_SYNTAX},
    {"a UID behind 2^32 - 1", TEXT("\0\2\1\x08\2\1" BASE_0 "\xfe\xff\xff\xff\x0f\0\0\0\4\0\4"),
	ST_SYNTAX},
    {"the last UID", TEXT("\0\1\1\6\2\1" BASE_0 "\xfe\xff\xff\xff\x0f\0\0\0\0"), ST_OK},
    {"dst_uid 0", TEXT("\0" HEAD_3 BASE_0 "\0\2\x08\1\x08"), ST_SYNTAX},
    {"dst_uid that reach 2^32", TEXT("\0\2\1\2\6\1" BASE_0 "\0\1\4\xfc\xff\xff\xff\x1f\4"),
	ST_SYNTAX},
    {"dst_uid that reach 2^32 - 1", TEXT("\0\2\1\2\6\1" BASE_0 "\0\1\4\xfa\xff\xff\xff\x1f\4"),
	ST_OK},
    {"a dst_uid of 2^32", TEXT("\0\1\1\2\6\1" BASE_0 "\0\0\0\xfe\xff\xff\xff\x1f\0"),
	ST_SYNTAX},
    {"a kind that is none", TEXT("\0" HEAD_3 BASE_0 "\0\2\x0b\0\x08"), ST_SYNTAX},
    {"dst_uid that end early", TEXT("\0" HEAD_3 BASE_0 "\0\2\4\0\x08"), ST_SYNTAX},
    {"dst_uid that go on", TEXT("\0" HEAD_3 BASE_0 "\0\2\x0c\0\x08"), ST_SYNTAX},
    {"dst_uid behind the last", TEXT("\0\3\1\2\3\1" BASE_0 "\0\2\x08\0\0\x08"), ST_SYNTAX},
    {"two runs that are one", TEXT("\0\3\1\2\4\1" BASE_0 "\0\2\0\0\4\0\x08"), ST_SYNTAX},
    {"two runs of none", TEXT("\0\3\1\2\2\1" BASE_0 "\0\2\6\2\x08"), ST_SYNTAX},
    {"a shift of one", TEXT("\0\1\1\2\2\1" BASE_0 "\0\0\1\0\0"), ST_SYNTAX},
    {"two shifts", TEXT("\0\4\1\x08\4\1" BASE_0 "\0\0\0\0\0\0\0\0\5\0\5\4\x0c"), ST_OK},
    {"two shifts that are one", TEXT("\0\4\1\x08\4\1" BASE_0 "\0\0\0\0\0\0\0\0\5\0\5\2\x0c"),
	ST_SYNTAX},
    {"a shift beyond 2^32", TEXT("\0\2\1\4\6\1" BASE_0 "\0\0\0\0\5\xfc\xff\xff\xff\x1f\4"),
	ST_SYNTAX},
    {"a state that is none", TEXT("\0" HEAD_3 BASE_0 "\0\2\x08\0\x0b"), ST_SYNTAX},
    {"states that end early", TEXT("\0" HEAD_3 BASE_0 "\0\2\x08\0\4"), ST_SYNTAX},
    {"states that go on", TEXT("\0" HEAD_3 BASE_0 "\0\2\x08\0\x0c"), ST_SYNTAX},
    {"two runs of a state", TEXT("\0\3\1\2\2\2" BASE_0 "\0\2\x08\0\4\0"), ST_SYNTAX},
    {"states behind the last", TEXT("\0\3\1\2\2\2" BASE_0 "\0\2\x08\0\x08\0"), ST_SYNTAX},
    {"a fingerprint that is none", TEXT("\2\1\1\2\2\1" BASE_0 "\0\0\0\0\0\0\0\0\0"), ST_SYNTAX},
    {"another", TEXT("\4\1\1\2\2\1" BASE_0 "\0\0\0\0\0\0\0\0\0"), ST_SYNTAX},
    {"a fingerprint too short", TEXT("\2\1\1\2\2\1" BASE_0 "\0\0\0\0\0\1\0\0"), ST_SYNTAX},
};

static void
test_hostile_contents_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(contents); i++) {
		struct sync_pen pen;
		struct buf buf;

		buf_init(&buf, 1000);
		sync_pen_begin(&pen, &buf, SYNC_BLOCK_VERSION, SYNC_LETTER_BLOCK);
		sync_pen_octets(&pen, contents[i].content);
		assert_int_equal(sync_pen_end(&pen), ST_OK);
		EXPECT(contents[i].name, read_all(buf_bytes(&buf)) == contents[i].status);
		buf_fini(&buf);
	}
}

/* Indexes of 40 entries that change their base once; `runs` is that column. */
static enum status
read_base_runs(struct bytes runs)
{
	enum status status;
	struct sync_pen pen;
	struct buf buf;

	buf_init(&buf, 1000);
	sync_pen_begin(&pen, &buf, SYNC_BLOCK_VERSION, SYNC_LETTER_BLOCK);
	sync_pen_octets(&pen, BYTES("\1\x28\2\2\3\2"));
	sync_pen_number(&pen, runs.size);
	sync_pen_octets(&pen, BYTES(BASE_0 BASE_0 "\0\x27\x9c\1\0\x9c\1"));
	sync_pen_octets(&pen, runs);
	assert_int_equal(sync_pen_end(&pen), ST_OK);
	status = read_all(buf_bytes(&buf));
	buf_fini(&buf);
	return status;
}

static const struct {
	const char *name;
	struct bytes runs;
	enum status status;
} base_runs[] = {
    {"sound", TEXT("\0\x13\1\x13"), ST_OK},
    {"end early", TEXT("\0\x13\1\x12"), ST_SYNTAX},
    {"go on", TEXT("\0\x13\1\x14"), ST_SYNTAX},
    {"cut", TEXT("\0\x13\1"), ST_SYNTAX},
    {"no length", TEXT("\0\x13"), ST_SYNTAX},
    {"two that are one", TEXT("\0\x13\0\x13"), ST_SYNTAX},
    {"a base that is none", TEXT("\0\x13\2\x13"), ST_SYNTAX},
    {"the second first", TEXT("\1\x13\0\x13"), ST_SYNTAX},
    {"behind the last", TEXT("\0\x27\1"), ST_SYNTAX},
    {"as long as packed", TEXT("\0\x13\x81\0\x13"), ST_SYNTAX},
};

static void
test_hostile_runs_of_bases_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(base_runs); i++)
		EXPECT(base_runs[i].name,
		    read_base_runs(base_runs[i].runs) == base_runs[i].status);
}

/* Who overwrites octets that were lent is told so, and nothing is read beyond them. */
static void
test_octets_that_change_are_damage(void **state)
{
	static struct sync_entry entries[30];
	static const struct sync_base bases[1];
	struct buf buf;
	size_t size;

	(void)state;
	for (uint32_t i = 0; i < COUNT_OF(entries); i++)
		entries[i].src_uid = 2 * i + 1;
	buf_init(&buf, 1000);
	assert_int_equal(sync_block_encode(entries, COUNT_OF(entries), bases, 1, &buf), ST_OK);
	size = buf_bytes(&buf).size;
	for (unsigned octet = 0x80; octet < 0x100; octet++) {
		struct sync_block_reader reader;
		struct sync_entry entry;
		struct sync_base base;
		uint8_t *copy = test_malloc(size);

		memcpy(copy, buf_bytes(&buf).data, size);
		assert_int_equal(sync_block_open(bytes_of(copy, size), &reader), ST_OK);
		memset(copy, (int)octet, size);
		assert_int_equal(sync_block_base(&reader, 0, &base), ST_SYNTAX);
		assert_int_equal(sync_block_next(&reader, &entry), ST_SYNTAX);
		test_free(copy);
	}
	buf_fini(&buf);
}

static void
test_other_frames_are_no_blocks(void **state)
{
	struct bytes content = BYTES("\0" HEAD_3 BASE_0 "\0\x02\x08\0\x08");
	static const struct {
		uint8_t version;
		enum sync_letter letter;
		enum status status;
	} frames[] = {
	    {SYNC_BLOCK_VERSION, SYNC_LETTER_BLOCK, ST_OK},
	    {SYNC_BLOCK_VERSION + 1, SYNC_LETTER_BLOCK, ST_LIMIT},
	    {SYNC_BLOCK_VERSION - 1, SYNC_LETTER_BLOCK, ST_SYNTAX},
	    {SYNC_BLOCK_VERSION, SYNC_LETTER_PAIR, ST_SYNTAX},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(frames); i++) {
		struct sync_pen pen;
		struct buf buf;

		buf_init(&buf, 1000);
		sync_pen_begin(&pen, &buf, frames[i].version, frames[i].letter);
		sync_pen_octets(&pen, content);
		assert_int_equal(sync_pen_end(&pen), ST_OK);
		assert_int_equal(read_all(buf_bytes(&buf)), frames[i].status);
		buf_fini(&buf);
	}
}

static const struct {
	const char *name;
	struct sync_entry entries[2];
	struct sync_base base;
	enum status status;
} refused[] = {
    {"none", {{1, 1, 0, 0, 0, 0}, {2, 1, 0, 0, 0, 0}}, {{0, {0}}, {0, {0}}}, ST_OK},
    {"UID 0", {{0, 1, 0, 0, 0, 0}, {2, 2, 0, 0, 0, 0}}, {{0, {0}}, {0, {0}}}, ST_SYNTAX},
    {"descending", {{2, 1, 0, 0, 0, 0}, {1, 2, 0, 0, 0, 0}}, {{0, {0}}, {0, {0}}}, ST_SYNTAX},
    {"twice", {{2, 1, 0, 0, 0, 0}, {2, 2, 0, 0, 0, 0}}, {{0, {0}}, {0, {0}}}, ST_SYNTAX},
    {"a state that is none", {{1, 1, SYNC_STATE_COUNT, 0, 0, 0}, {2, 2, 0, 0, 0, 0}},
	{{0, {0}}, {0, {0}}}, ST_SYNTAX},
    {"a base that is none", {{1, 1, 0, 0, 0, 0}, {2, 2, 0, 1, 0, 0}}, {{0, {0}}, {0, {0}}},
	ST_SYNTAX},
    {"a flag of the source", {{1, 1, 0, 0, 0, 0}, {2, 2, 0, 0, 0, 0}},
	{{FLAG_ALL + 1, {0}}, {0, {0}}}, ST_SYNTAX},
    {"a flag of the destination", {{1, 1, 0, 0, 0, 0}, {2, 2, 0, 0, 0, 0}},
	{{0, {0}}, {FLAG_ALL + 1, {0}}}, ST_SYNTAX},
    {"keywords of the source", {{1, 1, 0, 0, 0, 0}, {2, 2, 0, 0, 0, 0}},
	{{0, TEXT("a\r\nb")}, {0, {0}}}, ST_SYNTAX},
    {"keywords of the destination", {{1, 1, 0, 0, 0, 0}, {2, 2, 0, 0, 0, 0}},
	{{0, {0}}, {0, TEXT("\\Seen")}}, ST_SYNTAX},
};

static void
test_what_could_not_be_read_is_not_written(void **state)
{
	struct buf buf;

	(void)state;
	buf_init(&buf, 1000);
	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		EXPECT(refused[i].name, buf_append(&buf, BYTES("before")) == ST_OK);
		EXPECT(refused[i].name,
		    sync_block_encode(refused[i].entries, 2, &refused[i].base, 1, &buf) ==
			refused[i].status);
		if (refused[i].status != ST_OK)
			EXPECT(refused[i].name, bytes_equal(buf_bytes(&buf), BYTES("before")));
		buf_clear(&buf);
	}
	buf_fini(&buf);
}

static void
test_sizes_have_their_limits(void **state)
{
	static struct sync_entry entries[SYNC_BLOCK_ENTRIES_MAX + 1];
	static struct sync_base bases[SYNC_BLOCK_ENTRIES_MAX + 1];
	static uint8_t words[2][KEYWORDS_SIZE_MAX + 1];
	struct buf buf;

	(void)state;
	memset(words[0], 'a', sizeof(words[0]));
	memset(words[1], 'b', sizeof(words[1]));
	for (uint32_t i = 0; i < COUNT_OF(entries); i++) {
		entries[i] = (struct sync_entry){.src_uid = i + 1, .base = (uint16_t)i};
		bases[i].src.keywords = bytes_of(words[0], KEYWORDS_SIZE_MAX);
		bases[i].dst.keywords = bytes_of(words[1], KEYWORDS_SIZE_MAX);
	}
	buf_init(&buf, 2 * SYNC_RECORD_OCTETS_MAX);
	assert_int_equal(sync_block_encode(entries, 0, bases, 1, &buf), ST_SYNTAX);
	assert_int_equal(
	    sync_block_encode(entries, COUNT_OF(entries), bases, COUNT_OF(bases), &buf),
	    ST_LIMIT);
	/* Two sides of 16 KiB each: 512 of them are 16 MiB. */
	assert_int_equal(sync_block_encode(entries, 512, bases, 512, &buf), ST_LIMIT);
	assert_int_equal(buf_bytes(&buf).size, 0);
	assert_int_equal(sync_block_encode(entries, 511, bases, 511, &buf), ST_OK);
	assert_in_range(
	    buf_bytes(&buf).size, 511 * 2 * KEYWORDS_SIZE_MAX, SYNC_RECORD_OCTETS_MAX);
	expect_read_back("511 great bases", buf_bytes(&buf), entries, 511, bases);
	buf_clear(&buf);
	bases[0].src.keywords.size++;
	assert_int_equal(sync_block_encode(entries, 1, bases, 1, &buf), ST_SYNTAX);
	bases[0].src.keywords.size--;
	words[1][5] = ' ';
	assert_int_equal(sync_block_encode(entries, 1, bases, 1, &buf), ST_OK);
	buf_clear(&buf);
	bases[0].dst.keywords.size++;
	assert_int_equal(sync_block_encode(entries, 1, bases, 1, &buf), ST_SYNTAX);
	bases[0].dst.keywords.size--;
	buf_fini(&buf);
	/* The buf's own limit. */
	buf_init(&buf, 1000);
	assert_int_equal(sync_block_encode(entries, 100, bases, 100, &buf), ST_LIMIT);
	assert_int_equal(buf_bytes(&buf).size, 0);
	buf_fini(&buf);
}

static void
test_bases_are_found_in_any_order(void **state)
{
	static struct sync_entry entries[9];
	static struct sync_base bases[9];
	struct sync_block_reader reader;
	struct prng prng;
	struct buf buf;

	(void)state;
	make_bases(bases, COUNT_OF(bases));
	for (uint32_t i = 0; i < COUNT_OF(entries); i++)
		entries[i] = (struct sync_entry){.src_uid = i + 1, .base = (uint16_t)i};
	buf_init(&buf, 1000);
	assert_int_equal(
	    sync_block_encode(entries, COUNT_OF(entries), bases, COUNT_OF(bases), &buf), ST_OK);
	assert_int_equal(sync_block_open(buf_bytes(&buf), &reader), ST_OK);
	prng_init(&prng, 1);
	for (int i = 0; i < 200; i++) {
		size_t index = (size_t)prng_below(&prng, COUNT_OF(bases));
		struct sync_base base;

		assert_int_equal(sync_block_base(&reader, index, &base), ST_OK);
		expect_bases_equal("any order", &base, &bases[index]);
	}
	buf_fini(&buf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_shapes_of_mail_cost_few_octets),
	    cmocka_unit_test(test_random_blocks_come_back),
	    cmocka_unit_test(test_blocks_at_their_limits_come_back),
	    cmocka_unit_test(test_a_block_has_these_octets),
	    cmocka_unit_test(test_damage_is_found),
	    cmocka_unit_test(test_hostile_contents_are_refused),
	    cmocka_unit_test(test_hostile_runs_of_bases_are_refused),
	    cmocka_unit_test(test_octets_that_change_are_damage),
	    cmocka_unit_test(test_other_frames_are_no_blocks),
	    cmocka_unit_test(test_what_could_not_be_read_is_not_written),
	    cmocka_unit_test(test_sizes_have_their_limits),
	    cmocka_unit_test(test_bases_are_found_in_any_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
