/* SPDX-License-Identifier: Apache-2.0
 *
 * The script at work. An event puts the actions of its rules into a queue; the wheel plays them
 * one by one, also those that take long, before the stage goes on. What an action decides for
 * the stage (answered, swallowed, committed) lies in struct model_actions until the command
 * ends.
 */
#include "base/check.h"
#include "modelserver/command.h"

enum {
	RULES_MAX = 8,
	FLOOD_PIECE = 256 /* lines a turn */
};

void
model_actions_reset(struct model_server *server)
{
	server->actions = (struct model_actions){.commits_first = -1, .literal_cut = -1};
}

void
model_fire(
    struct model_server *server, enum model_event event, struct bytes name, uint64_t number)
{
	struct model_actions *actions = &server->actions;
	const struct model_rule *rules[RULES_MAX];
	size_t count = model_script_fire(server->script, event, name, number, rules, RULES_MAX);

	CHECK(actions->index == actions->count);
	actions->index = 0;
	actions->count = 0;
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < rules[i]->action_count; k++) {
			if (actions->count < MODEL_PENDING_MAX)
				actions->pending[actions->count++] = &rules[i]->actions[k];
		}
	}
}

bool
model_has_actions(const struct model_server *server)
{
	return server->actions.flood_left > 0 || server->actions.index < server->actions.count;
}

/* The tag that a client which counts will use next: a1 -> a2, a9 -> a10. */
static void
say_next_tag(struct model_server *server)
{
	size_t digits = 0;
	uint64_t number = 0;

	while (digits < server->tag_size && digits < 9 &&
	    server->tag[server->tag_size - digits - 1] >= '0' &&
	    server->tag[server->tag_size - digits - 1] <= '9')
		digits++;
	for (size_t i = server->tag_size - digits; i < server->tag_size; i++)
		number = number * 10 + (uint64_t)(server->tag[i] - '0');
	model_say_bytes(server, bytes_of(server->tag, server->tag_size - digits));
	model_say(server, "%llu", (unsigned long long)number + 1);
}

/* %T is the tag of the command, %U the one after it, %N the line's number in a flood, %% a
 * percent sign. */
static void
say_text(struct model_server *server, struct bytes text)
{
	size_t start = 0;

	for (size_t i = 0; i + 1 < text.size; i++) {
		if (text.data[i] != '%')
			continue;
		model_say_bytes(server, bytes_of(text.data + start, i - start));
		start = i + 2;
		if (text.data[i + 1] == 'T')
			model_say_bytes(server, bytes_of(server->tag, server->tag_size));
		else if (text.data[i + 1] == 'U')
			say_next_tag(server);
		else if (text.data[i + 1] == 'N')
			model_say(
			    server, "%llu", (unsigned long long)server->actions.flood_count);
		else
			start = text.data[i + 1] == '%' ? i + 1 : i;
		i++;
	}
	model_say_bytes(server, bytes_skip(text, start));
}

static void
flood_step(struct model_server *server)
{
	struct model_actions *actions = &server->actions;

	for (int i = 0; i < FLOOD_PIECE && actions->flood_left > 0; i++) {
		actions->flood_count++;
		actions->flood_left--;
		say_text(server, actions->flood->text);
		if (actions->flood->kind == MODEL_DO_FLOOD)
			model_say_bytes(server, BYTES("\r\n"));
	}
}

static void
expunge(struct model_server *server, int64_t uid)
{
	struct model_folder *folder = server->view.folder;
	size_t index;

	if (folder == NULL || uid < 1 || uid > UINT32_MAX)
		return;
	index = model_folder_at(folder, (uint32_t)uid);
	if (index < folder->count && folder->messages[index].uid == uid)
		model_folder_expunge(folder, index);
}

static void
cut_after(struct model_server *server, const struct model_action *action)
{
	uint64_t octets = action->number < 0 ? 0 : (uint64_t)action->number;

	server->cut = action->kind == MODEL_DO_DROP_AFTER ? MODEL_LINK_DROP : MODEL_LINK_RESET;
	/* What waits in the output was said before. */
	server->output_left = server->output.size + octets;
	if (server->output_left == 0)
		server->link = server->cut;
}

static void
announce(struct model_server *server, struct bytes text)
{
	buf_clear(&server->announced);
	model_check(server, buf_append(&server->announced, text));
}

/* What concerns the store and the rules of the connection. */
static void
act_on_state(struct model_server *server, const struct model_action *action)
{
	struct model_folder *folder = server->view.folder;

	switch ((int)action->kind) {
	case MODEL_DO_CAPABILITIES:
		announce(server, action->text);
		break;
	case MODEL_DO_UIDVALIDITY:
		if (folder != NULL)
			folder->uidvalidity += (uint32_t)action->number;
		break;
	case MODEL_DO_LOGIN:
		server->account = server->store->accounts[0];
		break;
	case MODEL_DO_QUOTA:
		if (server->account != NULL)
			server->account->quota_octets = (uint64_t)action->number;
		break;
	case MODEL_DO_EXPUNGE:
		expunge(server, action->number);
		break;
	case MODEL_DO_SET:
		model_check(server,
		    model_script_set(action->words, action->word_count, &server->profile));
		break;
	default:
		break;
	}
}

/* What concerns the present APPEND or FETCH. */
static void
act_on_command(struct model_server *server, const struct model_action *action)
{
	struct model_actions *actions = &server->actions;

	switch ((int)action->kind) {
	case MODEL_DO_SWALLOW:
		actions->is_swallowed = true;
		break;
	case MODEL_DO_COMMIT:
		actions->commits = true;
		model_append_store(server);
		break;
	case MODEL_DO_NO_COMMIT:
		actions->does_not_commit = true;
		break;
	case MODEL_DO_COMMIT_LATE:
		actions->does_not_commit = true;
		model_append_store_late(server, tick_after(server->now, action->number * 1000));
		break;
	case MODEL_DO_DELIVER_TO:
		model_append_divert(server, action->text);
		break;
	case MODEL_DO_APPENDUID:
		actions->appenduid_add = action->number;
		break;
	case MODEL_DO_COMMIT_FIRST:
		actions->commits_first = action->number;
		break;
	case MODEL_DO_LITERAL_ADD:
		actions->literal_add = action->number;
		break;
	case MODEL_DO_LITERAL_CUT:
		actions->literal_cut = action->number;
		break;
	case MODEL_DO_LITERAL_HEAD:
		actions->literal_head = action->text;
		break;
	default:
		act_on_state(server, action);
		break;
	}
}

/* What concerns the connection. */
static void
act_on_link(struct model_server *server, const struct model_action *action)
{
	switch ((int)action->kind) {
	case MODEL_DO_DROP:
		server->link = MODEL_LINK_DROP;
		break;
	case MODEL_DO_RESET:
		server->link = MODEL_LINK_RESET;
		break;
	case MODEL_DO_HALF_OPEN:
		server->link = MODEL_LINK_HALF_OPEN;
		break;
	case MODEL_DO_TLS_NOW:
		server->link = MODEL_LINK_TLS;
		break;
	case MODEL_DO_SLEEP:
		server->paused_until = tick_after(server->now, action->number * 1000);
		break;
	case MODEL_DO_DRIP:
		server->drip_rate = action->number < 0 ? 0 : (uint64_t)action->number;
		server->drip_next = server->now;
		break;
	case MODEL_DO_DROP_AFTER:
	case MODEL_DO_RESET_AFTER:
		cut_after(server, action);
		break;
	default:
		act_on_command(server, action);
		break;
	}
}

void
model_act(struct model_server *server)
{
	struct model_actions *actions = &server->actions;
	const struct model_action *action;

	if (actions->flood_left > 0) {
		flood_step(server);
		return;
	}
	action = actions->pending[actions->index++];
	switch ((int)action->kind) {
	case MODEL_DO_REPLY:
		actions->is_answered = true;
		say_text(server, action->text);
		model_say_bytes(server, BYTES("\r\n"));
		break;
	case MODEL_DO_SAY:
		say_text(server, action->text);
		model_say_bytes(server, BYTES("\r\n"));
		break;
	case MODEL_DO_RAW:
		say_text(server, action->text);
		break;
	case MODEL_DO_FLOOD:
	case MODEL_DO_FLOOD_RAW:
		actions->flood = action;
		actions->flood_left = action->number < 0 ? 0 : (uint64_t)action->number;
		actions->flood_count = 0;
		break;
	default:
		act_on_link(server, action);
		break;
	}
}
