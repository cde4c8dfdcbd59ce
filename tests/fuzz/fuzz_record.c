/* SPDX-License-Identifier: Apache-2.0
 *
 * The records of the ledger: as they are, and with the checksum that belongs to them, which no
 * mutation would find. What can be read has one form only: written again it is the same.
 */
#include "fuzz.h"

#include "base/check.h"
#include "seal.h"
#include "sync/ledger/record.h"

enum {
	ARENA_BUDGET = 1 << 22
};

static void
check_messages(const struct sync_intent *intent)
{
	CHECK(intent->message_count >= 1 && intent->message_count <= SYNC_INTENT_MESSAGES_MAX);
	for (size_t i = 0; i < intent->message_count; i++) {
		CHECK(intent->messages[i].src_uid.number != 0);
		CHECK(intent->messages[i].size <= INT64_MAX);
		CHECK(intent->messages[i].flags.system <= FLAG_ALL);
	}
}

static enum status
read_and_write(struct bytes octets, struct arena *arena, struct buf *buf)
{
	struct sync_journal_record journal;
	struct sync_folder_record folder;
	struct sync_pair_record pair;

	if (sync_pair_decode(octets, &pair) == ST_OK)
		return sync_pair_encode(&pair, buf);
	if (sync_folder_decode(octets, arena, &folder) == ST_OK)
		return sync_folder_encode(&folder, buf);
	if (sync_journal_decode(octets, arena, &journal) != ST_OK)
		return ST_ABSENT;
	if (journal.what == SYNC_JOURNAL_INTENT)
		check_messages(&journal.intent);
	return sync_journal_encode(&journal, buf);
}

static void
play(struct bytes octets)
{
	struct arena arena;
	struct buf buf;
	enum status status;

	arena_init(&arena, ARENA_BUDGET);
	buf_init(&buf, octets.size);
	status = read_and_write(octets, &arena, &buf);
	CHECK(status == ST_OK || status == ST_ABSENT);
	if (status == ST_OK)
		CHECK(bytes_equal(buf_bytes(&buf), octets));
	buf_fini(&buf);
	arena_fini(&arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	seal_play(bytes_of(data, size), play);
	return 0;
}
