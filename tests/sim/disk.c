/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/disk.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/check.h"
#include "net/world.h"

enum {
	ARENA_BUDGET = 1 << 20,
	LAZY_MAX = 8 /* of so many rounds one writes what nobody waits for */
};

static struct disk *
disk_of(struct sync_store *store)
{
	return (struct disk *)store;
}

static void *
grow(void *array, size_t count, size_t *capacity, size_t size)
{
	if (count < *capacity)
		return array;
	*capacity = *capacity == 0 ? 32 : *capacity * 2;
	array = realloc(array, *capacity * size);
	CHECK(array != NULL);
	return array;
}

static struct bytes
copy(struct bytes octets)
{
	uint8_t *own = malloc(octets.size + 1);

	CHECK(own != NULL);
	if (octets.size > 0)
		memcpy(own, octets.data, octets.size);
	return (struct bytes){own, octets.size};
}

static void
discard(struct bytes octets)
{
	free((void *)(uintptr_t)octets.data);
}

/* --- What is durable. --- */

/* The first record at or above the key. */
static size_t
place_of(const struct disk *disk, const struct sync_key *key)
{
	size_t low = 0;
	size_t high = disk->record_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (sync_key_compare(&disk->records[middle].key, key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* It is looked into where memory does not fail. */
static void
note_journal(struct disk *disk, struct bytes octets)
{
	disk->journal = grow(disk->journal, disk->journal_count, &disk->journal_capacity,
	    sizeof(*disk->journal));
	disk->journal[disk->journal_count++] = copy(octets);
}

static void
note_intended(struct disk *disk, struct bytes octets)
{
	struct sync_journal_record record;
	struct arena arena;

	arena_init(&arena, ARENA_BUDGET);
	CHECK(sync_journal_decode(octets, &arena, &record) == ST_OK);
	for (size_t i = 0;
	     record.what == SYNC_JOURNAL_INTENT && i < record.intent.message_count; i++) {
		disk->intended = grow(disk->intended, disk->intended_count,
		    &disk->intended_capacity, sizeof(*disk->intended));
		disk->intended[disk->intended_count++] = record.intent.messages[i].digest;
	}
	arena_fini(&arena);
}

static void
apply_change(struct disk *disk, const struct sync_change *change)
{
	size_t place = place_of(disk, &change->key);
	struct disk_record *at;
	bool is_there = place < disk->record_count &&
	    sync_key_compare(&disk->records[place].key, &change->key) == 0;
	size_t behind = disk->record_count - place;

	if (disk->tell != NULL)
		disk->tell(disk->context, change, true);
	if (is_there)
		discard(disk->records[place].octets);
	if (is_there && change->is_removal) {
		at = &disk->records[place];
		memmove(at, at + 1, (behind - 1) * sizeof(*at));
		disk->record_count--;
	}
	if (change->is_removal)
		return;
	if (change->key.kind == SYNC_KIND_JOURNAL)
		note_journal(disk, change->octets);
	if (!is_there) {
		disk->records = grow(disk->records, disk->record_count, &disk->record_capacity,
		    sizeof(*disk->records));
		at = &disk->records[place];
		memmove(at + 1, at, behind * sizeof(*at));
		disk->record_count++;
	}
	disk->records[place] = (struct disk_record){change->key, copy(change->octets)};
}

static void
discard_write(struct disk_write *write)
{
	for (size_t i = 0; i < write->count; i++)
		discard(write->changes[i].octets);
	free(write->changes);
}

static void
drop_pending(struct disk *disk, size_t count)
{
	if (count == 0)
		return;
	for (size_t i = 0; i < count; i++)
		discard_write(&disk->pending[i]);
	disk->pending_count -= count;
	memmove(
	    disk->pending, disk->pending + count, disk->pending_count * sizeof(*disk->pending));
}

/* Whether the process is killed here. */
static bool
strike(struct disk *disk, enum disk_point point, uint64_t number)
{
	if (disk->point != point || disk->point_at != number || disk->is_dead)
		return false;
	disk->kill(disk->context);
	CHECK(disk->is_dead);
	return true;
}

/* Writes all that is pending; false: the process was killed meanwhile. Nobody is told. */
static bool
write_all(struct disk *disk)
{
	for (size_t i = 0; i < disk->pending_count; i++) {
		const struct disk_write *write = &disk->pending[i];
		uint64_t number = write->number;

		for (size_t k = 0; k < write->count; k++)
			apply_change(disk, &write->changes[k]);
		if (disk->point != DISK_DURABLE || disk->point_at != number)
			continue;
		drop_pending(disk, i + 1);
		CHECK(strike(disk, DISK_DURABLE, number));
		return false;
	}
	return true;
}

/* --- The port. --- */

static void
settle(struct sync_receipt *receipt, bool is_later)
{
	if (receipt == NULL)
		return;
	receipt->status = ST_OK;
	receipt->is_settled = true;
	if (is_later && receipt->notify != NULL)
		receipt->notify(receipt->argument);
}

static void
keep(struct disk *disk, const struct sync_change *changes, size_t count,
    struct sync_receipt *receipt)
{
	struct disk_write *write;

	disk->pending = grow(disk->pending, disk->pending_count, &disk->pending_capacity,
	    sizeof(*disk->pending));
	write = &disk->pending[disk->pending_count++];
	*write = (struct disk_write){.changes = calloc(count, sizeof(*write->changes)),
	    .count = count,
	    .receipt = receipt,
	    .is_awaited = receipt != NULL,
	    .number = disk->writes};
	CHECK(write->changes != NULL);
	for (size_t i = 0; i < count; i++) {
		CHECK(changes[i].octets.size <= SYNC_RECORD_OCTETS_MAX);
		write->changes[i] = changes[i];
		write->changes[i].octets = copy(changes[i].octets);
		if (disk->tell != NULL)
			disk->tell(disk->context, &changes[i], false);
	}
}

static enum status
submit(struct sync_store *store, const struct sync_change *changes, size_t count,
    struct sync_receipt *receipt)
{
	struct disk *disk = disk_of(store);

	CHECK(count > 0);
	/* What a dead process still does is done by nobody. */
	if (disk->is_dead || strike(disk, DISK_BEFORE, ++disk->writes))
		return ST_OK;
	keep(disk, changes, count, receipt);
	if (strike(disk, DISK_SUBMITTED, disk->writes))
		return ST_OK;
	if (receipt == NULL)
		return ST_OK;
	if (disk->delay_max_us > 0) {
		fiber_signal(&disk->work);
	} else if (write_all(disk)) {
		drop_pending(disk, disk->pending_count);
		settle(receipt, false);
	}
	return ST_OK;
}

static void
forget(struct sync_store *store, struct sync_receipt *receipt)
{
	struct disk *disk = disk_of(store);

	for (size_t i = 0; receipt != NULL && i < disk->pending_count; i++) {
		if (disk->pending[i].receipt == receipt)
			disk->pending[i].receipt = NULL;
	}
}

/* The newest pending change of a key. */
static const struct sync_change *
pending_of(const struct disk *disk, const struct sync_key *key)
{
	for (size_t i = disk->pending_count; i > 0; i--) {
		const struct disk_write *write = &disk->pending[i - 1];

		for (size_t k = write->count; k > 0; k--) {
			if (sync_key_compare(&write->changes[k - 1].key, key) == 0)
				return &write->changes[k - 1];
		}
	}
	return NULL;
}

/* The least key from `from` on, durable or pending; false: there is none. */
static bool
next_key(const struct disk *disk, const struct sync_key *from, bool is_after,
    struct sync_key *key_out)
{
	size_t place = place_of(disk, from);
	bool is_any;

	if (is_after && place < disk->record_count &&
	    sync_key_compare(&disk->records[place].key, from) == 0)
		place++;
	is_any = place < disk->record_count;
	if (is_any)
		*key_out = disk->records[place].key;
	for (size_t i = 0; !disk->hides_pending && i < disk->pending_count; i++) {
		for (size_t k = 0; k < disk->pending[i].count; k++) {
			const struct sync_key *key = &disk->pending[i].changes[k].key;
			int order = sync_key_compare(key, from);

			if (order < 0 || (order == 0 && is_after))
				continue;
			if (!is_any || sync_key_compare(key, key_out) < 0)
				*key_out = *key;
			is_any = true;
		}
	}
	return is_any;
}

static enum status
find(struct sync_store *store, const struct sync_key *from, const struct sync_key *to,
    struct sync_found *found_out)
{
	struct disk *disk = disk_of(store);
	struct sync_key at = *from;
	bool is_after = false;

	while (next_key(disk, &at, is_after, &at) && sync_key_compare(&at, to) <= 0) {
		const struct sync_change *change =
		    disk->hides_pending ? NULL : pending_of(disk, &at);

		is_after = true;
		if (change != NULL && change->is_removal)
			continue;
		*found_out = (struct sync_found){at,
		    change != NULL ? change->octets
				   : disk->records[place_of(disk, &at)].octets};
		return ST_OK;
	}
	return ST_ABSENT;
}

/* Processes follow each other; what a dead one claimed is free. */
static enum status
lock(struct sync_store *store, struct bytes name)
{
	(void)store;
	return name.size > 0 ? ST_OK : ST_SYNTAX;
}

static void
give(struct sync_store *store)
{
	(void)store;
}

static const struct sync_store_ops ops = {submit, forget, find, lock, give};

/* --- Life. --- */

void
disk_init(struct disk *disk)
{
	*disk = (struct disk){.store = {&ops}};
}

void
disk_fini(struct disk *disk)
{
	drop_pending(disk, disk->pending_count);
	for (size_t i = 0; i < disk->record_count; i++)
		discard(disk->records[i].octets);
	free(disk->records);
	free(disk->pending);
	free(disk->intended);
	for (size_t i = 0; i < disk->journal_count; i++)
		discard(disk->journal[i]);
	free(disk->journal);
	*disk = (struct disk){0};
}

void
disk_begin(struct disk *disk, int64_t delay_max_us)
{
	CHECK(disk->pending_count == 0);
	disk->delay_max_us = delay_max_us;
	disk->is_dead = disk->is_closing = false;
	disk->writes = 0;
	disk->point = DISK_NEVER;
	disk->work = (struct fiber_source){0};
}

static bool
is_awaited(const struct disk *disk)
{
	for (size_t i = 0; i < disk->pending_count; i++) {
		if (disk->pending[i].is_awaited)
			return true;
	}
	return false;
}

/* The receipts of a round are settled when all of it is durable. */
static void
write_round(struct disk *disk)
{
	size_t count = disk->pending_count;

	if (!write_all(disk))
		return;
	/* Telling wakes, and never switches: nothing is submitted meanwhile. */
	for (size_t i = 0; i < count; i++)
		settle(disk->pending[i].receipt, true);
	drop_pending(disk, count);
}

void
disk_write(void *argument)
{
	struct disk *disk = argument;
	struct fiber_source *work = &disk->work;

	while (!disk->is_closing && !disk->is_dead) {
		struct world *world = fiber_world_self();
		uint64_t span = (uint64_t)disk->delay_max_us + 1;
		struct tick until;

		if (!is_awaited(disk) &&
		    (disk->pending_count == 0 || world->ops->random(world) % LAZY_MAX != 0)) {
			(void)!fiber_wait(&work, 1, TICK_NEVER);
			continue;
		}
		until = tick_after(fiber_now(), (int64_t)(world->ops->random(world) % span));
		while (
		    !disk->is_closing && !disk->is_dead && tick_is_before(fiber_now(), until))
			(void)!fiber_wait(&work, 1, until);
		if (!disk->is_closing && !disk->is_dead)
			write_round(disk);
	}
}

void
disk_end(struct disk *disk)
{
	if (!disk->is_dead && write_all(disk))
		drop_pending(disk, disk->pending_count);
	disk->is_closing = true;
	fiber_signal(&disk->work);
}

void
disk_die(struct disk *disk, struct prng *prng)
{
	size_t most = disk->pending_count;
	size_t kept;

	CHECK(!disk->is_dead);
	/* What was just taken is what is lost, or the point would be another one. */
	if (disk->point == DISK_SUBMITTED && most > 0)
		most--;
	kept = prng_below(prng, most + UINT64_C(1));
	disk->is_dead = true;
	for (size_t i = 0; i < kept; i++) {
		for (size_t k = 0; k < disk->pending[i].count; k++)
			apply_change(disk, &disk->pending[i].changes[k]);
	}
	drop_pending(disk, disk->pending_count);
	fiber_signal(&disk->work);
}

/* --- For oracles. --- */

/* What the newest settlement of an intent says, or that there is none. */
static size_t
count_open(const struct disk *disk, struct sync_key key, size_t message_count)
{
	struct sync_found found;
	size_t open = message_count;
	const struct sync_key to = {key.pair, key.folder, SYNC_KIND_JOURNAL, UINT64_MAX};
	uint64_t intent = key.number;

	key.number++;
	while (find((struct sync_store *)(uintptr_t)&disk->store, &key, &to, &found) == ST_OK) {
		struct sync_journal_record record;
		struct arena arena;

		arena_init(&arena, ARENA_BUDGET);
		CHECK(sync_journal_decode(found.octets, &arena, &record) == ST_OK);
		if (record.what == SYNC_JOURNAL_SETTLEMENT &&
		    record.settlement.intent == intent) {
			open = 0;
			for (size_t i = 0; i < record.settlement.count; i++)
				open += record.settlement.fates[i] == SYNC_FATE_IN_DOUBT ||
				    record.settlement.fates[i] == SYNC_FATE_UNPROVED;
		}
		arena_fini(&arena);
		key.number = found.key.number + 1;
	}
	return open;
}

size_t
disk_open_messages(const struct disk *disk)
{
	struct sync_key key = {0};
	const struct sync_key to = {UINT32_MAX, UINT32_MAX, SYNC_KIND_PROFILE, UINT64_MAX};
	struct sync_found found;
	size_t open = 0;

	while (find((struct sync_store *)(uintptr_t)&disk->store, &key, &to, &found) == ST_OK) {
		struct sync_journal_record record;
		struct arena arena;

		key = found.key;
		key.number++;
		if (found.key.kind != SYNC_KIND_JOURNAL)
			continue;
		arena_init(&arena, ARENA_BUDGET);
		CHECK(sync_journal_decode(found.octets, &arena, &record) == ST_OK);
		if (record.what == SYNC_JOURNAL_INTENT)
			open += count_open(disk, found.key, record.intent.message_count);
		arena_fini(&arena);
	}
	return open;
}

size_t
disk_intended(struct disk *disk)
{
	for (size_t i = 0; i < disk->journal_count; i++) {
		note_intended(disk, disk->journal[i]);
		discard(disk->journal[i]);
	}
	disk->journal_count = 0;
	return disk->intended_count;
}

size_t
disk_count(struct disk *disk, const struct digest *digest)
{
	size_t count = 0;

	for (size_t i = 0; i < disk_intended(disk); i++)
		count += digest_equal(&disk->intended[i], digest);
	return count;
}
