/* SPDX-License-Identifier: Apache-2.0
 *
 * The journal's records. UIDs follow each other most of the time, so a UID is written as its
 * distance from the one that would be next.
 */
#include "sync/ledger/record.h"

#include <string.h>

#include "sync/ledger/octets.h"

enum {
	ZONE_MINUTES_MAX = 1439,
	/* What an item has at least, so that no count can ask for memory beyond its octets. */
	MESSAGE_SIZE_MIN = 5 + DIGEST_SIZE,
	FATE_SIZE_MIN = 2
};

/* `last` is the UID before it, 0 before the first; it becomes `uid`. */
static void
write_uid(struct sync_pen *pen, uint32_t uid, uint32_t *last)
{
	sync_pen_signed(pen, (int64_t)uid - (int64_t)*last - 1);
	*last = uid;
}

static uint32_t
read_uid(struct sync_lens *lens, uint32_t least, uint32_t *last)
{
	uint64_t uid = (uint64_t)sync_lens_signed(lens) + *last + 1;

	sync_lens_require(lens, uid >= least && uid <= UINT32_MAX);
	*last = (uint32_t)uid;
	return (uint32_t)uid;
}

/* A count of things that have `size_min` octets each at the least; 0 when it failed. */
static size_t
read_count(struct sync_lens *lens, size_t most, size_t size_min)
{
	size_t left = lens->rest.size / size_min;

	return (size_t)sync_lens_number(lens, 1, left < most ? left : most);
}

/* 0: not known; else the zone, 1 being that of Greenwich, and the second. */
static void
write_date(struct sync_pen *pen, struct mail_date date)
{
	int zone = date.zone_minutes;

	if (!date.is_known) {
		sync_pen_number(pen, 0);
		return;
	}
	sync_pen_require(pen, zone >= -ZONE_MINUTES_MAX && zone <= ZONE_MINUTES_MAX, ST_SYNTAX);
	sync_pen_number(pen, (uint64_t)(zone + ZONE_MINUTES_MAX + 1));
	sync_pen_signed(pen, date.s);
}

static struct mail_date
read_date(struct sync_lens *lens)
{
	int zone = (int)sync_lens_number(lens, 0, 2 * ZONE_MINUTES_MAX + 1);
	struct mail_date date = {0};

	if (zone == 0)
		return date;
	date.zone_minutes = (int16_t)(zone - ZONE_MINUTES_MAX - 1);
	date.s = sync_lens_signed(lens);
	date.is_known = true;
	return date;
}

static void
write_message(struct sync_pen *pen, const struct sync_intent_message *message, uint32_t *last)
{
	sync_pen_require(pen, message->src_uid.number != 0, ST_SYNTAX);
	sync_pen_require(pen, message->size <= INT64_MAX, ST_SYNTAX);
	write_uid(pen, message->src_uid.number, last);
	sync_pen_number(pen, message->size);
	write_date(pen, message->date);
	sync_pen_flags(pen, message->flags);
	sync_pen_octets(pen, bytes_of(message->digest.octets, DIGEST_SIZE));
}

static void
read_message(struct sync_lens *lens, struct sync_intent_message *message, uint32_t *last)
{
	struct bytes digest;

	message->src_uid.number = read_uid(lens, 1, last);
	message->size = sync_lens_number(lens, 0, INT64_MAX);
	message->date = read_date(lens);
	message->flags = sync_lens_flags(lens);
	digest = sync_lens_octets(lens, DIGEST_SIZE);
	if (digest.size == DIGEST_SIZE)
		memcpy(message->digest.octets, digest.data, DIGEST_SIZE);
}

static void
write_intent(struct sync_pen *pen, const struct sync_intent *intent)
{
	uint32_t last = 0;

	sync_pen_require(pen, intent->message_count > 0, ST_SYNTAX);
	sync_pen_require(pen, intent->message_count <= SYNC_INTENT_MESSAGES_MAX, ST_LIMIT);
	sync_pen_number(pen, intent->dst_uidvalidity);
	sync_pen_number(pen, intent->dst_uidnext);
	sync_pen_number(pen, intent->attempt);
	sync_pen_number(pen, intent->message_count);
	for (size_t i = 0; pen->status == ST_OK && i < intent->message_count; i++)
		write_message(pen, &intent->messages[i], &last);
}

static void
read_intent(struct sync_lens *lens, struct arena *arena, struct sync_intent *intent)
{
	struct sync_intent_message *messages;
	uint32_t last = 0;

	intent->dst_uidvalidity = (uint32_t)sync_lens_number(lens, 0, UINT32_MAX);
	intent->dst_uidnext = (uint32_t)sync_lens_number(lens, 0, UINT32_MAX);
	intent->attempt = (uint32_t)sync_lens_number(lens, 0, UINT32_MAX);
	intent->message_count = read_count(lens, SYNC_INTENT_MESSAGES_MAX, MESSAGE_SIZE_MIN);
	messages = sync_lens_array(lens, arena, intent->message_count, sizeof(*messages));
	for (size_t i = 0; lens->status == ST_OK && i < intent->message_count; i++)
		read_message(lens, &messages[i], &last);
	intent->messages = messages;
}

static void
write_settlement(struct sync_pen *pen, const struct sync_settlement *settlement)
{
	uint32_t last = 0;

	sync_pen_require(pen, settlement->count > 0, ST_SYNTAX);
	sync_pen_require(pen, settlement->count <= SYNC_INTENT_MESSAGES_MAX, ST_LIMIT);
	sync_pen_number(pen, settlement->intent);
	sync_pen_number(pen, settlement->count);
	for (size_t i = 0; pen->status == ST_OK && i < settlement->count; i++) {
		sync_pen_require(pen, settlement->fates[i] < SYNC_FATE_COUNT, ST_SYNTAX);
		sync_pen_number(pen, settlement->fates[i]);
		write_uid(pen, settlement->dst_uids[i], &last);
	}
}

static void
read_settlement(struct sync_lens *lens, struct arena *arena, struct sync_settlement *settlement)
{
	enum sync_fate *fates;
	uint32_t last = 0;
	uint32_t *uids;

	settlement->intent = sync_lens_number(lens, 0, UINT64_MAX);
	settlement->count = read_count(lens, SYNC_INTENT_MESSAGES_MAX, FATE_SIZE_MIN);
	fates = sync_lens_array(lens, arena, settlement->count, sizeof(*fates));
	uids = sync_lens_array(lens, arena, settlement->count, sizeof(*uids));
	for (size_t i = 0; lens->status == ST_OK && i < settlement->count; i++) {
		uint64_t fate = sync_lens_number(lens, 0, SYNC_FATE_COUNT - 1);

		fates[i] = (enum sync_fate)fate;
		uids[i] = read_uid(lens, 0, &last);
	}
	settlement->fates = fates;
	settlement->dst_uids = uids;
}

static const enum sync_letter letters[] = {
    [SYNC_JOURNAL_INTENT] = SYNC_LETTER_INTENT,
    [SYNC_JOURNAL_SETTLEMENT] = SYNC_LETTER_SETTLEMENT,
};

enum status
sync_journal_encode(const struct sync_journal_record *record, struct buf *buf)
{
	struct sync_pen pen;

	sync_pen_begin(&pen, buf, SYNC_RECORD_VERSION, letters[record->what]);
	switch (record->what) {
	case SYNC_JOURNAL_INTENT:
		write_intent(&pen, &record->intent);
		break;
	case SYNC_JOURNAL_SETTLEMENT:
		write_settlement(&pen, &record->settlement);
		break;
	}
	return sync_pen_end(&pen);
}

enum status
sync_journal_decode(
    struct bytes octets, struct arena *arena, struct sync_journal_record *record_out)
{
	struct sync_journal_record record = {0};
	struct sync_lens lens;
	enum status status;

	sync_lens_open(&lens, octets, SYNC_RECORD_VERSION);
	switch (sync_lens_octet(&lens)) {
	case SYNC_LETTER_INTENT:
		record.what = SYNC_JOURNAL_INTENT;
		read_intent(&lens, arena, &record.intent);
		break;
	case SYNC_LETTER_SETTLEMENT:
		record.what = SYNC_JOURNAL_SETTLEMENT;
		read_settlement(&lens, arena, &record.settlement);
		break;
	default:
		sync_lens_require(&lens, false);
	}
	status = sync_lens_close(&lens);
	if (status == ST_OK)
		*record_out = record;
	return status;
}
