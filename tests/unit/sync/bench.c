/* SPDX-License-Identifier: Apache-2.0
 *
 * The bench's loop: who moves next is drawn by lot; what sync/copy asks for is carried out and
 * checked.
 */
#include "sync/bench.h"

#include <stdlib.h>
#include <string.h>

#include "case.h"

enum {
	STEPS_MAX = 400000,
	PAUSE_MAX_US = 100000
};

struct sync_copy_limits
bench_limits(void)
{
	return (struct sync_copy_limits){
	    .group_messages_max = 16,
	    .group_bytes_max = 4096,
	    .single_messages_max = 8,
	    .single_bytes_max = 2048,
	    .buffered_size_max = 1024,
	    .ring_size = 4096,
	    .unanswered_groups_max = 3,
	    .unanswered_bytes_max = 6000,
	    .window_messages_max = 16,
	    .window_bytes_max = 1 << 20,
	    .reply_aim_us = 200000,
	    .filling_max_us = 500000,
	};
}

struct block_pool *
bench_blocks(const struct sync_copy_limits *limits)
{
	static struct block_pool pool;
	size_t size = limits->ring_size + SYNC_COPY_RESERVE;

	if (pool.size != size) {
		block_pool_fini(&pool);
		block_pool_init(&pool, size, 1);
	}
	return &pool;
}

struct bench *
bench_new(const char *name, uint64_t seed)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	assert_non_null(bench);
	prng_init(&bench->prng, seed);
	bench->setup = (struct bench_setup){
	    .name = name,
	    .seed = seed,
	    .settings = {.limits = bench_limits(),
		.is_multi = true,
		.dst_uidvalidity = 7,
		.dst_uidnext = 1000},
	    .stop_step = NEVER,
	    .src_drop_step = NEVER,
	    .src_lost_step = NEVER,
	    .dst_lost_step = NEVER,
	};
	return bench;
}

void
bench_free(struct bench **bench)
{
	sync_copy_free(&(*bench)->copy);
	free(*bench);
	*bench = NULL;
}

struct bench_message *
bench_add(struct bench *bench, uint32_t uid, uint32_t size)
{
	struct bench_message *message = &bench->messages[bench->count];

	EXPECT(bench->setup.name, bench->count < BENCH_MESSAGES_MAX);
	EXPECT(bench->setup.name, bench->count == 0 || message[-1].uid < uid);
	bench->count++;
	message->uid = uid;
	message->size = size;
	return message;
}

bool
bench_chance(struct bench *bench, uint32_t per_cent)
{
	return prng_below(&bench->prng, 100) < per_cent;
}

static struct digest
digest_of(const struct bench_message *message)
{
	struct digest_state state;

	digest_init(&state);
	for (uint32_t at = 0; at < message->size;) {
		uint8_t octets[256];
		size_t size = 0;

		for (; size < sizeof(octets) && at < message->size; at++)
			octets[size++] = bench_octet(message->uid, at);
		digest_feed(&state, bytes_of(octets, size));
	}
	return digest_finish(&state);
}

static void
take_intent(struct bench *bench, const struct sync_copy_request *request)
{
	const struct sync_copy_settings *settings = &bench->setup.settings;
	const struct sync_copy_limits *limits = &settings->limits;
	bool is_multi = settings->is_multi && !bench->is_singly;
	uint64_t bytes_max = is_multi ? limits->group_bytes_max : limits->single_bytes_max;
	uint32_t count_max =
	    is_multi ? limits->group_messages_max : limits->single_messages_max;
	const struct sync_intent *intent = &request->intent;
	uint64_t bytes = 0;

	EXPECT(bench->setup.name, bench->intent_count < BENCH_INTENTS_MAX);
	EXPECT(bench->setup.name, intent->dst_uidvalidity == settings->dst_uidvalidity);
	EXPECT(bench->setup.name, intent->dst_uidnext == settings->dst_uidnext);
	EXPECT(bench->setup.name, bench_intent_of(bench, request->group) == NULL);
	for (size_t i = 0; i < intent->message_count; i++) {
		struct bench_message *message =
		    bench_find(bench, intent->messages[i].src_uid.number);
		struct digest digest;

		EXPECT(bench->setup.name, message != NULL && message->bodies > 0);
		EXPECT(bench->setup.name, intent->messages[i].size == message->size);
		digest = digest_of(message);
		EXPECT(bench->setup.name, digest_equal(&intent->messages[i].digest, &digest));
		message->group = request->group;
		bytes += message->size;
	}
	if (intent->message_count > bench->group_messages_max)
		bench->group_messages_max = (uint32_t)intent->message_count;
	EXPECT(bench->setup.name, intent->message_count > 0);
	EXPECT(bench->setup.name, intent->message_count <= count_max);
	EXPECT(bench->setup.name, intent->message_count == 1 || bytes <= bytes_max);
	bench->intents[bench->intent_count] = (struct bench_intent){
	    .group = request->group, .count = (uint32_t)intent->message_count};
	for (size_t i = 0; i < intent->message_count; i++)
		bench->intents[bench->intent_count].src_uids[i] =
		    intent->messages[i].src_uid.number;
	bench->intent_count++;
}

static void
take_settle(struct bench *bench, const struct sync_copy_request *request)
{
	const char *name = bench->setup.name;
	struct bench_intent *intent = bench_intent_of(bench, request->group);

	EXPECT(name, intent != NULL && intent->settled == 0);
	EXPECT(name, intent->is_durable && request->fate_count == intent->count);
	intent->settled++;
	for (uint32_t i = 0; i < intent->count; i++) {
		const struct bench_message *message = bench_find(bench, intent->src_uids[i]);
		enum sync_fate fate = request->fates[i];
		uint32_t uid = request->dst_uids[i];
		bool is_doubt = fate == SYNC_FATE_IN_DOUBT || fate == SYNC_FATE_UNPROVED;
		bool was_in_doubt =
		    message->outcomes > 0 && message->outcome == SYNC_ROW_IN_DOUBT;

		EXPECT(name, uid == 0 || fate == SYNC_FATE_STORED);
		EXPECT(name, uid == 0 || uid - 1000 < bench->stored_count);
		EXPECT(
		    name, uid == 0 || &bench->messages[bench->stored[uid - 1000]] == message);
		/* It may be on its way again in another group. */
		if (message->group != request->group)
			continue;
		EXPECT(name, is_doubt == was_in_doubt);
		if (!is_doubt)
			EXPECT(name, (message->stored > 0) == (fate == SYNC_FATE_STORED));
	}
}

static void
take_outcome(struct bench *bench, const struct sync_copy_request *request)
{
	struct bench_message *message = bench_find(bench, request->message.uid.number);
	const char *name = bench->setup.name;
	enum sync_rule rule;

	EXPECT(name, message != NULL);
	message->outcomes++;
	message->outcome = request->outcome;
	message->dropped_size = (uint32_t)request->dropped.size;
	EXPECT(name, message->outcomes == 1);
	switch (request->outcome) {
	case SYNC_ROW_COPIED:
		EXPECT(name, message->stored == 1 && request->size == message->size);
		EXPECT(name,
		    request->dst_uid.number == message->dst_uid ||
			(request->dst_uid.number == 0 && bench->setup.tells_no_uids));
		EXPECT(
		    name, ((request->traits & SYNC_TRAIT_EMPTY) != 0) == (message->size == 0));
		break;
	case SYNC_ROW_REFUSED:
		EXPECT(name, message->stored == 0 && message->refusals > 0);
		EXPECT(name, bytes_equal(request->text, BYTES("no, thank you")));
		break;
	case SYNC_ROW_TOO_LARGE:
		EXPECT(name, bench_verdict(bench, message, &rule) == SYNC_TOO_LARGE);
		EXPECT(name, message->stored == 0 && message->group == 0);
		break;
	case SYNC_ROW_GONE:
		EXPECT(name, message->is_gone && !message->has_no_text);
		break;
	case SYNC_ROW_UNREADABLE:
		EXPECT(name, message->has_no_text);
		break;
	case SYNC_ROW_POISON:
		EXPECT(name, message->stored == 0 && message->cuts >= 3);
		break;
	case SYNC_ROW_IN_DOUBT:
		EXPECT(name, message->is_out && message->group != 0);
		EXPECT(name, bench_intent_of(bench, message->group)->is_durable);
		break;
	}
}

static void
carry(struct bench *bench, const struct sync_copy_request *request)
{
	bool is_over = bench->is_dst_lost || bench->is_drop_asked;

	switch (request->want) {
	case SYNC_COPY_ROWS:
	case SYNC_COPY_BODIES:
		EXPECT(bench->setup.name, !bench->is_stopped);
		bench_src_ask(bench, request);
		return;
	case SYNC_COPY_INTENT:
		EXPECT(bench->setup.name, !is_over);
		take_intent(bench, request);
		return;
	case SYNC_COPY_BEGIN:
		EXPECT(bench->setup.name, !is_over);
		bench_dst_begin(bench, request);
		return;
	case SYNC_COPY_MESSAGE:
		EXPECT(bench->setup.name, !is_over);
		bench_dst_message(bench, request);
		return;
	case SYNC_COPY_END:
		EXPECT(bench->setup.name, !is_over);
		bench_dst_end(bench, request);
		return;
	case SYNC_COPY_SETTLE:
		take_settle(bench, request);
		return;
	case SYNC_COPY_OUTCOME:
		take_outcome(bench, request);
		return;
	case SYNC_COPY_LEFT_OUT:
		EXPECT(bench->setup.name, request->left_out > 0);
		bench->left_out[request->rule] += request->left_out;
		return;
	case SYNC_COPY_DROP:
		EXPECT(bench->setup.name, !is_over);
		EXPECT(
		    bench->setup.name, request->is_careful || bench_dst_unanswered(bench) == 0);
		bench_dst_break(bench);
		bench->is_drop_asked = true;
		bench->is_drop_careful = request->is_careful;
		return;
	case SYNC_COPY_DONE:
		bench->is_done = true;
		bench->listed = request->listed;
		return;
	}
	fail();
}

/* Carries out what is asked for until there is nothing more. */
static bool
drain(struct bench *bench)
{
	bool has_moved = false;

	while (!bench->is_done) {
		struct sync_copy_request request;
		bool is_slow = bench->setup.holds && bench_chance(bench, 20);
		enum status status;

		/* Without a connection there is nobody to say what it allows. */
		if (!bench->is_drop_asked)
			sync_copy_hold(bench->copy,
			    &(struct sync_copy_holds){
				.messages = is_slow,
				.ends = bench_dst_is_awaited(bench) &&
				    sync_copy_output(bench->copy).size == 0,
			    });
		status = sync_copy_next(bench->copy, bench->now, &request);
		if (status == ST_AGAIN && is_slow)
			continue;
		if (status == ST_AGAIN)
			break;
		EXPECT(bench->setup.name, status == ST_OK);
		carry(bench, &request);
		bench_check_unanswered(bench);
		has_moved = true;
	}
	/* Nothing more goes over a connection that is given up. */
	if (bench->is_drop_asked || bench->is_dst_lost)
		EXPECT(bench->setup.name, sync_copy_output(bench->copy).size == 0);
	return has_moved;
}

static bool
make_durable(struct bench *bench)
{
	struct bench_intent *late = NULL;

	for (uint32_t i = 0; i < bench->intent_count; i++) {
		if (bench->intents[i].is_durable)
			continue;
		late = &bench->intents[i];
		if (!bench->setup.holds || bench_chance(bench, 70))
			break;
	}
	if (late == NULL)
		return false;
	late->is_durable = true;
	sync_copy_feed_durable(bench->copy, late->group);
	return true;
}

/* All requests are carried out before a reply is fed. */
static bool
hear(struct bench *bench)
{
	bool has_moved = drain(bench);

	bench->now.us += bench->setup.reply_us;
	return has_moved || bench_dst_reply(bench);
}

static bool
move(struct bench *bench, uint64_t who)
{
	switch (who) {
	case 0:
		if (!bench_src_can_step(bench))
			return false;
		bench_src_step(bench);
		return true;
	case 1:
		if (!bench_dst_can_take(bench))
			return false;
		bench_dst_take(bench);
		return true;
	case 2:
		return bench_dst_act(bench);
	case 3:
		if (bench->setup.is_lazy && bench_chance(bench, 98))
			return false;
		return hear(bench);
	case 4:
		return make_durable(bench);
	default:
		if (!bench->is_drop_asked)
			return false;
		bench->is_drop_asked = false;
		bench->is_synchronising = bench->is_synchronising || bench->is_drop_careful;
		bench->is_singly = bench->is_singly || bench->is_drop_careful;
		bench->drops++;
		/* After a source that broke off, groups may go on; after a BAD they may not. */
		sync_copy_feed_dst_dropped(bench->copy, !bench->is_drop_careful);
		return true;
	}
}

static void
lose(struct bench *bench)
{
	int32_t step = (int32_t)bench->steps;

	if (step == bench->setup.stop_step) {
		bench->is_stopped = true;
		sync_copy_feed_stop(bench->copy);
	}
	if (step == bench->setup.src_drop_step && !bench->is_src_lost)
		bench_src_break_off(bench);
	if (step == bench->setup.src_lost_step) {
		bench->is_src_lost = true;
		bench->is_stopped = true;
		bench->asked_count = 0;
		sync_copy_feed_src_lost(bench->copy);
	}
	if (step == bench->setup.dst_lost_step) {
		if (!bench->is_drop_asked)
			bench_dst_break(bench);
		bench->is_drop_asked = false;
		bench->is_dst_lost = true;
		bench->is_stopped = true;
		sync_copy_feed_dst_lost(bench->copy);
	}
}

/* One move of somebody who can; false: nobody can. */
static bool
step(struct bench *bench)
{
	enum {
		MOVERS = 6
	};
	uint64_t first = prng_below(&bench->prng, MOVERS);

	for (uint64_t i = 0; i < MOVERS && !bench->is_done; i++) {
		if (move(bench, (first + i) % MOVERS))
			return true;
	}
	return bench->is_done || hear(bench);
}

/* What is left out is told by its rule, and has no outcome; how many those are. */
static uint32_t
check_left_out(struct bench *bench, bool is_whole)
{
	const char *name = bench->setup.name;
	const struct range_set *wanted = bench->setup.settings.wanted;
	uint64_t expected[SYNC_RULE_COUNT] = {0};
	uint32_t count = 0;

	for (uint32_t i = 0; i < bench->count; i++) {
		const struct bench_message *message = &bench->messages[i];
		enum sync_rule rule;

		if (wanted != NULL && !range_set_has(wanted, message->uid))
			continue;
		if (bench_verdict(bench, message, &rule) != SYNC_EXCLUDED)
			continue;
		EXPECT(name, message->outcomes == 0 && message->stored == 0);
		expected[rule]++;
		count++;
	}
	for (size_t i = 0; i < SYNC_RULE_COUNT; i++) {
		EXPECT(name, bench->left_out[i] <= expected[i]);
		EXPECT(name, !is_whole || bench->left_out[i] == expected[i]);
	}
	return count;
}

/* Every row is accounted for, and nothing is at the destination that nobody told of. */
static void
check_end(struct bench *bench)
{
	const char *name = bench->setup.name;
	const struct range_set *wanted = bench->setup.settings.wanted;
	bool is_whole = !bench->is_stopped && bench->setup.stored_max == 0;
	uint32_t listed = 0;
	uint32_t candidates = 0;

	for (uint32_t i = 0; i < bench->count; i++) {
		struct bench_message *message = &bench->messages[i];
		bool is_wanted = wanted == NULL || range_set_has(wanted, message->uid);

		if (message->answer == ANSWER_STOP)
			is_whole = false;
		EXPECT(name, is_wanted || (message->outcomes == 0 && message->stored == 0));
		EXPECT(name, message->stored == 0 || message->outcomes == 1);
	}
	for (uint32_t i = 0; i < bench->count && is_whole; i++) {
		if (wanted != NULL && !range_set_has(wanted, bench->messages[i].uid))
			continue;
		listed += bench->messages[i].outcomes;
		candidates++;
	}
	candidates -= check_left_out(bench, is_whole);
	EXPECT(name, !is_whole || (listed == candidates && bench->listed == listed));
	for (uint32_t i = 0; i < bench->intent_count; i++)
		EXPECT(name, bench->intents[i].settled == 1);
	for (uint32_t i = bench->command_first; i < bench->command_count; i++)
		EXPECT(name, bench->is_dst_lost || bench->commands[i].is_replied);
}

void
bench_run(struct bench *bench)
{
	struct sync_copy_settings *settings = &bench->setup.settings;

	if (bench->count > 0 && settings->src_uidnext == 0 && settings->src_exists == 0)
		settings->src_uidnext = bench->messages[bench->count - 1].uid + 1;
	settings->src_exists = bench->count;
	bench->is_synchronising = bench->setup.is_synchronising;
	settings->blocks = bench_blocks(&settings->limits);
	assert_int_equal(sync_copy_new(settings, &bench->copy), ST_OK);
	while (!bench->is_done) {
		struct tick deadline;

		lose(bench);
		bench->steps++;
		EXPECT(bench->setup.name, bench->steps < STEPS_MAX);
		if (bench_chance(bench, 50))
			(void)drain(bench);
		if (bench_chance(bench, 5))
			bench->now.us += (int64_t)prng_below(&bench->prng, PAUSE_MAX_US);
		if (bench->is_done || step(bench) || drain(bench))
			continue;
		/* Nobody can move: only time can help. */
		deadline = sync_copy_deadline(bench->copy);
		EXPECT(bench->setup.name, deadline.us != TICK_NEVER.us);
		EXPECT(bench->setup.name, deadline.us > bench->now.us);
		bench->now = deadline;
	}
	check_end(bench);
}
