/* SPDX-License-Identifier: Apache-2.0
 *
 * The bench's destination: it takes octets as it likes, checks each of them, commits commands
 * in the order in which they ended, and answers when it likes. Like Courier it may commit a
 * command on the last octet of its last literal, if the connection breaks there.
 */
#include "sync/bench.h"

#include "case.h"

enum {
	KEYWORD_MAX = 20, /* where the answer depends on it */
	TAKE_MAX = 4096
};

static struct bench_command *
newest(struct bench *bench)
{
	return &bench->commands[bench->command_count - 1];
}

static bool
has_open(const struct bench *bench)
{
	return bench->command_count > bench->command_first &&
	    !bench->commands[bench->command_count - 1].is_ended &&
	    !bench->commands[bench->command_count - 1].is_replied;
}

static struct bench_message *
carried(struct bench *bench, const struct bench_command *command, uint32_t n)
{
	return &bench->messages[bench->carried[command->first + n]];
}

static struct bench_message *
last_of(struct bench *bench, const struct bench_command *command)
{
	return carried(bench, command, command->count - 1);
}

struct bench_intent *
bench_intent_of(struct bench *bench, uint32_t group)
{
	for (uint32_t i = bench->intent_count; i > 0; i--) {
		if (bench->intents[i - 1].group == group)
			return &bench->intents[i - 1];
	}
	return NULL;
}

static bool
is_durable(struct bench *bench, const struct bench_message *message)
{
	struct bench_intent *intent =
	    message->group == 0 ? NULL : bench_intent_of(bench, message->group);

	return intent != NULL && intent->is_durable && intent->settled == 0;
}

/* Whether the command carries the whole group of its newest message. */
static bool
is_group_whole(struct bench *bench, const struct bench_command *command)
{
	struct bench_intent *intent = bench_intent_of(bench, last_of(bench, command)->group);

	return !bench->setup.settings.is_multi || bench->is_singly ||
	    (intent != NULL && intent->count == command->count);
}

/* From now on the command may be committed. */
static void
let_out(struct bench *bench, struct bench_command *command)
{
	command->is_stub_out = true;
	for (uint32_t i = 0; i < command->count; i++)
		carried(bench, command, i)->is_out = true;
}

/* All octets of the newest literal are there: could they be committed? */
static void
note_complete_literal(struct bench *bench, struct bench_command *command)
{
	struct bench_message *message = last_of(bench, command);
	bool is_multi = bench->setup.settings.is_multi && !bench->is_singly;

	if (is_durable(bench, message) && is_group_whole(bench, command) &&
	    (message->size > 0 || !is_multi)) {
		let_out(bench, command);
		return;
	}
	/* A command for one message may be committed now; one for several when it ends. */
	EXPECT(bench->setup.name, is_multi);
	command->must_go_on = true;
}

void
bench_dst_begin(struct bench *bench, const struct sync_copy_request *request)
{
	struct bench_command *command = &bench->commands[bench->command_count];

	EXPECT(bench->setup.name, !has_open(bench));
	EXPECT(bench->setup.name, bench->command_count < BENCH_COMMANDS_MAX);
	EXPECT(bench->setup.name,
	    bench->command_count == 0 || request->append > newest(bench)->append);
	*command =
	    (struct bench_command){.append = request->append, .first = bench->carried_count};
	bench->command_count++;
	bench->begins++;
}

static void
note_keywords(struct bench_message *message, struct bytes keywords)
{
	message->kept_size = (uint32_t)keywords.size;
	message->keyword_max = 0;
	while (keywords.size > 0) {
		struct bytes keyword = flags_keyword_next(&keywords);

		if (keyword.size > message->keyword_max)
			message->keyword_max = (uint32_t)keyword.size;
	}
}

void
bench_dst_message(struct bench *bench, const struct sync_copy_request *request)
{
	struct bench_command *command = newest(bench);
	struct bench_message *message = bench_find(bench, request->message.uid.number);
	const struct sync_copy_limits *limits = &bench->setup.settings.limits;
	bool is_multi = bench->setup.settings.is_multi && !bench->is_singly;

	EXPECT(bench->setup.name, has_open(bench) && message != NULL);
	EXPECT(bench->setup.name, message->outcomes == 0 && request->size == message->size);
	EXPECT(bench->setup.name, is_multi || command->count == 0);
	EXPECT(bench->setup.name,
	    command->count == 0 || command->octets == last_of(bench, command)->size);
	EXPECT(bench->setup.name,
	    message->size > limits->buffered_size_max || message->bodies > 0);
	/* A command of its own begins when its intent is durable, unless it is streamed. */
	EXPECT(bench->setup.name,
	    is_multi || message->size > limits->buffered_size_max ||
		is_durable(bench, message));
	EXPECT(bench->setup.name, bench->carried_count < COUNT_OF(bench->carried));
	note_keywords(message, request->message.flags.keywords);
	/* Of an empty message the head is all that a server may wait for. */
	message->is_out = !is_multi && message->size == 0;
	EXPECT(bench->setup.name,
	    request->message.flags.system == (message->uid & FLAG_ALL) &&
		request->message.date.s == message->uid);
	bench->carried[bench->carried_count++] = (uint16_t)(message - bench->messages);
	command->count++;
	command->bytes += message->size;
	command->octets = 0;
	command->is_allowed = !bench->is_synchronising;
	command->must_go_on = false;
	if (message->size == 0 && command->is_allowed)
		note_complete_literal(bench, command);
}

void
bench_dst_end(struct bench *bench, const struct sync_copy_request *request)
{
	struct bench_command *command = newest(bench);

	EXPECT(bench->setup.name, has_open(bench) && command->append == request->append);
	EXPECT(bench->setup.name, command->count > 0 && command->is_allowed);
	EXPECT(bench->setup.name, command->octets == last_of(bench, command)->size);
	/* An empty last literal has no octet to hold back: the end alone commits it. */
	EXPECT(bench->setup.name, !command->must_go_on || last_of(bench, command)->size == 0);
	for (uint32_t i = 0; i < command->count; i++) {
		EXPECT(bench->setup.name, is_durable(bench, carried(bench, command, i)));
		EXPECT(bench->setup.name,
		    carried(bench, command, i)->group == last_of(bench, command)->group);
	}
	EXPECT(bench->setup.name, is_group_whole(bench, command));
	let_out(bench, command);
	command->is_ended = true;
	/* A lie that was not heard in time is none. */
	if (command->is_processed && command->reply == SYNC_REPLY_OK)
		command->is_processed = false;
}

bool
bench_dst_is_awaited(const struct bench *bench)
{
	const struct bench_command *command;

	if (!has_open(bench))
		return false;
	command = &bench->commands[bench->command_count - 1];
	return command->count > 0 && !command->is_allowed;
}

bool
bench_dst_can_take(const struct bench *bench)
{
	return has_open(bench) && !bench_dst_is_awaited(bench) &&
	    sync_copy_output(bench->copy).size > 0;
}

void
bench_dst_take(struct bench *bench)
{
	struct bench_command *command = newest(bench);
	struct bench_message *message = last_of(bench, command);
	struct bytes octets = sync_copy_output(bench->copy);
	bool is_right = true;

	if (bench_chance(bench, 50))
		octets.size = 1 + prng_below(&bench->prng, octets.size);
	if (octets.size > TAKE_MAX)
		octets.size = TAKE_MAX;
	for (size_t i = 0; i < octets.size; i++)
		is_right = is_right &&
		    octets.data[i] == bench_octet(message->uid, command->octets + i);
	EXPECT(bench->setup.name, is_right);
	command->octets += octets.size;
	EXPECT(bench->setup.name, command->octets <= message->size);
	sync_copy_sent(bench->copy, octets.size);
	if (command->octets == message->size)
		note_complete_literal(bench, command);
}

static void
store(struct bench *bench, struct bench_command *command)
{
	command->dst_uid = 1000 + bench->stored_count;
	for (uint32_t i = 0; i < command->count; i++) {
		struct bench_message *message = carried(bench, command, i);

		message->stored++;
		EXPECT(bench->setup.name, message->stored == 1 && message->outcomes == 0);
		message->dst_uid = 1000 + bench->stored_count;
		bench->stored[bench->stored_count++] = (uint16_t)(message - bench->messages);
	}
}

static enum sync_reply
judge(const struct bench_message *message)
{
	switch (message->answer) {
	case ANSWER_OK:
		return SYNC_REPLY_OK;
	case ANSWER_NO:
	case ANSWER_NO_EARLY:
		return SYNC_REPLY_NO;
	case ANSWER_STOP:
		return SYNC_REPLY_STOP;
	case ANSWER_BAD:
	case ANSWER_BAD_EARLY:
	case ANSWER_OK_EARLY:
		return SYNC_REPLY_BAD;
	case ANSWER_NO_TO_LONG_KEYWORDS:
		break;
	}
	return message->keyword_max > KEYWORD_MAX ? SYNC_REPLY_NO : SYNC_REPLY_OK;
}

static void
process(struct bench *bench, struct bench_command *command)
{
	const struct bench_setup *setup = &bench->setup;

	command->is_processed = true;
	command->reply = SYNC_REPLY_OK;
	for (uint32_t i = 0; i < command->count && command->reply == SYNC_REPLY_OK; i++)
		command->reply = judge(carried(bench, command, i));
	if (command->reply == SYNC_REPLY_OK && setup->stored_max > 0 &&
	    bench->stored_count + command->count > setup->stored_max)
		command->reply = SYNC_REPLY_STOP;
	if (command->count == 1 && command->reply != SYNC_REPLY_OK)
		carried(bench, command, 0)->refusals++;
	if (command->reply == SYNC_REPLY_OK ||
	    (setup->is_no_proof && command->count == 1 && bench_chance(bench, 30)))
		store(bench, command);
}

/* An answer before the command has ended. */
static bool
answer_early(struct bench *bench)
{
	struct bench_command *command;
	enum bench_answer answer;

	if (!has_open(bench) || newest(bench)->count == 0 || newest(bench)->is_stub_out ||
	    newest(bench)->is_processed)
		return false;
	command = newest(bench);
	answer = last_of(bench, command)->answer;
	if (answer == ANSWER_OK_EARLY)
		command->reply = SYNC_REPLY_OK;
	else if (answer == ANSWER_NO_EARLY)
		command->reply = SYNC_REPLY_NO;
	else if (answer == ANSWER_BAD_EARLY)
		command->reply = SYNC_REPLY_BAD;
	else
		return false;
	command->is_in_place = !command->is_allowed && answer != ANSWER_OK_EARLY;
	command->is_processed = true;
	if (command->count == 1)
		last_of(bench, command)->refusals++;
	return true;
}

static bool
allow(struct bench *bench)
{
	struct bench_command *command;

	if (!bench_dst_is_awaited(bench) || newest(bench)->is_processed)
		return false;
	command = newest(bench);
	command->is_allowed = true;
	if (last_of(bench, command)->size == 0)
		note_complete_literal(bench, command);
	return true;
}

bool
bench_dst_act(struct bench *bench)
{
	if (bench->is_dst_lost || bench->is_drop_asked)
		return false;
	if (bench_chance(bench, 50) && answer_early(bench))
		return true;
	for (uint32_t i = bench->command_first; i < bench->command_count; i++) {
		struct bench_command *command = &bench->commands[i];

		if (!command->is_ended || command->is_processed)
			continue;
		process(bench, command);
		return true;
	}
	return answer_early(bench) || allow(bench);
}

bool
bench_dst_reply(struct bench *bench)
{
	struct sync_copy_reply reply = {.text = BYTES("no, thank you")};
	struct bench_command *command = NULL;
	uint32_t uids[256];

	for (uint32_t i = bench->command_first; i < bench->command_count; i++) {
		if (!bench->commands[i].is_processed || bench->commands[i].is_replied)
			continue;
		command = &bench->commands[i];
		if (!bench->setup.replies_shuffle || bench_chance(bench, 50))
			break;
	}
	if (command == NULL || bench->is_dst_lost || bench->is_drop_asked)
		return false;
	command->is_replied = true;
	reply.append = command->append;
	reply.reply = command->reply;
	reply.is_not_stored = !bench->setup.is_no_proof;
	reply.is_in_place_of_literal = command->is_in_place;
	if (command->reply == SYNC_REPLY_OK && !bench->setup.tells_no_uids &&
	    command->is_ended) {
		for (uint32_t i = 0; i < command->count; i++)
			uids[i] = command->dst_uid + i;
		reply.uids = uids;
		reply.uid_count = command->count;
	}
	EXPECT(
	    bench->setup.name, sync_copy_feed_reply(bench->copy, &reply, bench->now) == ST_OK);
	return true;
}

void
bench_dst_break(struct bench *bench)
{
	bool is_reading = bench_chance(bench, 70);

	for (uint32_t i = bench->command_first; i < bench->command_count; i++) {
		struct bench_command *command = &bench->commands[i];

		is_reading = is_reading && bench_chance(bench, 80);
		if (is_reading && command->is_stub_out && !command->is_processed)
			process(bench, command);
		command->is_processed = true;
		command->is_replied = true;
	}
	bench->command_first = bench->command_count;
}

uint32_t
bench_dst_unanswered(const struct bench *bench)
{
	uint32_t count = 0;

	for (uint32_t i = bench->command_first; i < bench->command_count; i++)
		count += bench->commands[i].is_ended && !bench->commands[i].is_replied;
	return count;
}

/* Unanswered: the stub has gone, the reply was not fed. */
void
bench_check_unanswered(struct bench *bench)
{
	const struct sync_copy_limits *limits = &bench->setup.settings.limits;
	uint32_t group = 0;
	uint32_t groups = 0;
	uint64_t bytes = 0;

	for (uint32_t i = bench->command_first; i < bench->command_count; i++) {
		struct bench_command *command = &bench->commands[i];

		if (!command->is_stub_out || command->is_replied)
			continue;
		bytes += command->bytes;
		groups += last_of(bench, command)->group != group;
		group = last_of(bench, command)->group;
	}
	if (groups > bench->groups_max)
		bench->groups_max = groups;
	EXPECT(bench->setup.name, groups <= limits->unanswered_groups_max);
	EXPECT(bench->setup.name, groups <= 1 || bytes <= limits->unanswered_bytes_max);
}
