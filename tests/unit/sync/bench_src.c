/* SPDX-License-Identifier: Apache-2.0
 *
 * The bench's source: it answers the oldest question first, in pieces of any size, and knows
 * everything about its messages but when sync/copy has room for them.
 */
#include "sync/bench.h"

#include <string.h>

#include "case.h"

enum {
	PIECE_MAX = 2048,
	STRANGER_SIZE_MAX = 300
};

/* Of a message that is in no test. */
static const uint32_t stranger_uid = 4000000000U;

uint8_t
bench_octet(uint32_t uid, uint64_t at)
{
	return (uint8_t)(((uid * 2654435761U) >> 13) + at * 31 + (at >> 8) * 17);
}

struct bench_message *
bench_find(struct bench *bench, uint32_t uid)
{
	uint32_t low = 0;
	uint32_t high = bench->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (bench->messages[middle].uid < uid)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < bench->count && bench->messages[low].uid == uid)
		return &bench->messages[low];
	return NULL;
}

static bool
is_larger(uint64_t size, uint64_t max)
{
	return max != 0 && size > max;
}

enum sync_verdict
bench_verdict(
    const struct bench *bench, const struct bench_message *message, enum sync_rule *rule)
{
	const struct sync_choice *choice = &bench->setup.settings.choice;
	bool has_text = !message->is_gone && !message->has_no_text;
	uint32_t told = message->told_size != 0 ? message->told_size : message->size;
	uint32_t system = message->uid & FLAG_ALL;

	*rule = SYNC_RULE_DELETED;
	if (choice->skips_deleted && (system & FLAG_DELETED) != 0)
		return SYNC_EXCLUDED;
	*rule = SYNC_RULE_SINCE;
	if (choice->has_since && (int64_t)message->uid < choice->since_s)
		return SYNC_EXCLUDED;
	*rule = SYNC_RULE_BEFORE;
	if (choice->has_before && (int64_t)message->uid >= choice->before_s)
		return SYNC_EXCLUDED;
	*rule = SYNC_RULE_SIZE;
	if (is_larger(told, choice->size_max))
		return SYNC_EXCLUDED;
	if (is_larger(told, choice->append_max))
		return SYNC_TOO_LARGE;
	if (has_text && is_larger(message->size, choice->size_max))
		return SYNC_EXCLUDED;
	if (has_text && is_larger(message->size, choice->append_max))
		return SYNC_TOO_LARGE;
	return SYNC_TAKEN;
}

/* Whether a message is wanted by what its row tells alone. */
static bool
is_wanted_by_row(struct bench *bench, uint32_t uid)
{
	const struct bench_message *message = bench_find(bench, uid);
	struct bench_message row;
	enum sync_rule rule;

	if (message == NULL)
		return false;
	row = *message;
	row.has_no_text = true;
	return bench_verdict(bench, &row, &rule) == SYNC_TAKEN;
}

static bool
are_rows_open(const struct bench *bench)
{
	for (uint32_t i = 0; i < bench->asked_count; i++) {
		if (!bench->asked[i].is_bodies)
			return true;
	}
	return false;
}

void
bench_src_ask(struct bench *bench, const struct sync_copy_request *request)
{
	struct bench_asked *asked = &bench->asked[bench->asked_count++];

	EXPECT(bench->setup.name, bench->asked_count <= COUNT_OF(bench->asked));
	EXPECT(bench->setup.name, !bench->is_src_lost);
	*asked = (struct bench_asked){
	    .is_bodies = request->want == SYNC_COPY_BODIES,
	    .is_second_try = request->is_second_try,
	};
	for (uint32_t i = 0; i < bench->count; i++) {
		if (range_set_has(request->uids, bench->messages[i].uid))
			asked->uids[asked->count++] = bench->messages[i].uid;
	}
	bench->rows_asked += !asked->is_bodies;
	bench->bodies_asked += asked->is_bodies;
	if (asked->is_bodies) {
		const struct sync_copy_settings *settings = &bench->setup.settings;
		uint64_t asked_max =
		    settings->is_newest_first ? 1 : settings->limits.window_messages_max;

		/* Only a blind one, behind open rows, is as wide as they are, and may name UIDs
		 * that nobody has. */
		bool is_blind = bench->setup.settings.asks_blindly && are_rows_open(bench);

		EXPECT(bench->setup.name,
		    is_blind || range_set_size(request->uids) == asked->count);
		EXPECT(bench->setup.name, is_blind || asked->count <= asked_max);
		for (uint32_t i = 0; i < asked->count; i++)
			EXPECT(bench->setup.name, is_wanted_by_row(bench, asked->uids[i]));
	}
	for (uint32_t i = 0; i < asked->count / 2 && bench->setup.src_backwards; i++) {
		uint32_t uid = asked->uids[i];

		asked->uids[i] = asked->uids[asked->count - 1 - i];
		asked->uids[asked->count - 1 - i] = uid;
	}
	for (uint32_t i = asked->count; i > 1; i--) {
		uint32_t j = (uint32_t)prng_below(&bench->prng, i);
		uint32_t uid = asked->uids[j];

		if (!bench->setup.src_shuffles || !asked->is_bodies)
			break;
		asked->uids[j] = asked->uids[i - 1];
		asked->uids[i - 1] = uid;
	}
}

bool
bench_src_can_step(const struct bench *bench)
{
	return !bench->is_src_lost && bench->asked_count > 0 && sync_copy_room(bench->copy) > 0;
}

static void
feed_row(struct bench *bench, uint32_t uid)
{
	struct bench_message *known = bench_find(bench, uid);
	struct message row = {.uid = {uid}, .date = {.s = uid, .is_known = true}};

	row.flags.system = uid & FLAG_ALL;
	if (known != NULL) {
		row.size = known->told_size != 0 ? known->told_size : known->size;
		row.flags.keywords = known->keywords;
		known->rows++;
	}
	EXPECT(bench->setup.name, sync_copy_feed_row(bench->copy, &row) == ST_OK);
}

static void
begin_body(struct bench *bench, uint32_t uid)
{
	struct bench_message *message = bench_find(bench, uid);
	enum status status;

	bench->body = message;
	bench->body_uid = uid;
	bench->body_size = message == NULL
	    ? (uint32_t)prng_below(&bench->prng, STRANGER_SIZE_MAX)
	    : message->size;
	bench->body_at = 0;
	status = sync_copy_feed_body(bench->copy, (struct uid){uid}, bench->body_size);
	EXPECT(bench->setup.name, status == ST_OK || status == ST_ABSENT);
	if (message == NULL)
		EXPECT(bench->setup.name, status == ST_ABSENT);
}

static void
go_on_with_body(struct bench *bench)
{
	uint8_t piece[PIECE_MAX];
	size_t size = bench->body_size - bench->body_at;
	size_t room = sync_copy_room(bench->copy);

	if (size == 0) {
		if (bench->body != NULL)
			bench->body->bodies++;
		bench->body_uid = 0;
		sync_copy_feed_body_end(bench->copy, bench->now);
		return;
	}
	if (size > room)
		size = room;
	if (size > PIECE_MAX)
		size = PIECE_MAX;
	if (bench_chance(bench, 50))
		size = 1 + prng_below(&bench->prng, size);
	for (size_t i = 0; i < size; i++)
		piece[i] = bench_octet(bench->body_uid, bench->body_at + i);
	bench->body_at += (uint32_t)size;
	sync_copy_feed_octets(bench->copy, bytes_of(piece, size));
}

static void
end_asked(struct bench *bench)
{
	bool is_bodies = bench->asked[0].is_bodies;

	bench->asked_count--;
	memmove(bench->asked, bench->asked + 1, bench->asked_count * sizeof(bench->asked[0]));
	if (is_bodies)
		sync_copy_feed_bodies_end(bench->copy);
	else
		sync_copy_feed_rows_end(bench->copy);
}

/* What a server may say although nobody asked. */
static void
chatter(struct bench *bench)
{
	const struct bench_message *some =
	    &bench->messages[prng_below(&bench->prng, bench->count)];

	if (bench_chance(bench, 30))
		begin_body(bench, stranger_uid);
	else if (bench_chance(bench, 30) && some->bodies > 0 && some->outcomes > 0)
		begin_body(bench, some->uid);
	else if (bench_chance(bench, 30))
		feed_row(bench, stranger_uid);
	else if (bench_chance(bench, 30))
		sync_copy_feed_no_text(bench->copy, (struct uid){stranger_uid});
	else
		feed_row(bench, some->uid);
}

/* Who may have been to blame: the text under way, or one of those still to come. */
static void
blame(struct bench *bench)
{
	if (bench->body != NULL)
		bench->body->cuts++;
	for (uint32_t i = 0; i < bench->asked_count; i++) {
		struct bench_asked *asked = &bench->asked[i];

		for (uint32_t k = asked->at; k < asked->count && asked->is_bodies; k++)
			bench_find(bench, asked->uids[k])->cuts++;
	}
}

void
bench_src_break_off(struct bench *bench)
{
	bool was_its_turn = bench->asked_count > 0 && bench->asked[0].is_bodies;

	blame(bench);
	bench->src_drops++;
	bench->asked_count = 0;
	bench->body = NULL;
	bench->body_uid = 0;
	bench->src_given_up += sync_copy_feed_src_dropped(bench->copy, was_its_turn);
}

static bool
break_off_at(struct bench *bench, struct bench_message *culprit)
{
	culprit->poisonings++;
	bench_src_break_off(bench);
	return true;
}

/* The server breaks off because of a message that it is about to write. */
static bool
is_poisoned(struct bench *bench)
{
	const struct bench_asked *asked = &bench->asked[0];

	if (bench->body != NULL)
		return bench->body->is_poison && bench->body->poison_at <= bench->body_at &&
		    break_off_at(bench, bench->body);
	for (uint32_t i = asked->at;
	     asked->is_bodies && i < asked->count && i <= asked->at + bench->setup.src_forgets;
	     i++) {
		struct bench_message *message = bench_find(bench, asked->uids[i]);

		if (message->is_poison && (message->poison_at == 0 || i > asked->at))
			return break_off_at(bench, message);
	}
	return false;
}

void
bench_src_step(struct bench *bench)
{
	struct bench_asked *asked = &bench->asked[0];
	struct bench_message *message;

	if (bench->src_cuts < bench->setup.src_cuts_max && bench_chance(bench, 3)) {
		bench->src_cuts++;
		bench_src_break_off(bench);
		return;
	}
	if (is_poisoned(bench))
		return;
	if (bench->body_uid != 0) {
		go_on_with_body(bench);
		return;
	}
	if (bench->setup.src_chatters && bench_chance(bench, 20)) {
		chatter(bench);
		return;
	}
	if (asked->at > 0 && !asked->is_bodies && bench->asked_count > 1 &&
	    bench->setup.src_overlaps && asked[1].is_bodies && asked[1].at < asked[1].count &&
	    bench_chance(bench, asked->at == asked->count ? 80 : 10))
		asked++;
	if (asked->at == asked->count) {
		end_asked(bench);
		return;
	}
	message = bench_find(bench, asked->uids[asked->at++]);
	if (!asked->is_bodies)
		feed_row(bench, message->uid);
	else if (message->has_no_text && asked->is_second_try)
		sync_copy_feed_no_text(bench->copy, (struct uid){message->uid});
	else if (!message->has_no_text && !message->is_gone)
		begin_body(bench, message->uid);
}
