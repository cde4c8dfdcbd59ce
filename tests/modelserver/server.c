/* SPDX-License-Identifier: Apache-2.0
 *
 * The wheel. Each turn does the first thing of this list that can be done: play what is left of
 * a flood, play a pending action of the script, or make one step of the present stage. It stops
 * when the output is full, when the script sleeps, when the link is no longer open, or when the
 * stage needs input that has not come.
 */
#include "modelserver/server.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "modelserver/command.h"
#include "modelserver/late.h"

enum {
	COMMAND_SIZE_MAX = 1024 * 1024,
	ENDING_SIZE_MAX = 1024 * 1024,
	ARENA_BUDGET = 4 * 1024 * 1024,
	DRIP_PIECES = 20 /* a second */
};

static void
init_buffers(struct model_server *server)
{
	buf_init(&server->input, MODEL_INPUT_SIZE_MAX);
	buf_init(&server->output, MODEL_OUTPUT_SIZE_MAX);
	buf_init(&server->command, COMMAND_SIZE_MAX);
	buf_init(&server->ending, ENDING_SIZE_MAX);
	buf_init(&server->announced, ENDING_SIZE_MAX);
	buf_init(&server->fetch.section, MODEL_HEADER_SIZE_MAX);
	buf_init(&server->list.last, COMMAND_SIZE_MAX);
	buf_init(&server->append.keywords, COMMAND_SIZE_MAX);
	buf_init(&server->append.failure, COMMAND_SIZE_MAX);
	arena_init(&server->arena, ARENA_BUDGET);
	range_set_init(&server->set, MODEL_SET_RANGES_MAX);
}

enum status
model_server_new(const struct model_server_options *options, struct tick now,
    struct model_server **server_out)
{
	struct model_server *server = mem_take(sizeof(*server));

	if (server == NULL)
		return ST_MEMORY;
	*server = (struct model_server){
	    .store = options->store,
	    .profile = *options->profile,
	    .script = options->script,
	    .number = ++options->store->connection_count,
	    .is_tls = options->is_tls,
	    .offers_starttls = options->offers_starttls,
	    .now = now,
	    .output_left = UINT64_MAX,
	};
	init_buffers(server);
	for (size_t i = 0; server->script != NULL && i < server->script->setting_count; i++) {
		const struct model_action *setting = &server->script->settings[i];

		/* The words were tried when the script was read. */
		model_check(server,
		    model_script_set(setting->words, setting->word_count, &server->profile));
	}
	*server_out = server;
	return ST_OK;
}

void
model_server_free(struct model_server **server_at)
{
	struct model_server *server = *server_at;

	if (server == NULL)
		return;
	model_append_reset(server);
	model_fetch_reset(server);
	model_view_close(server);
	mem_give(server->append.messages);
	mem_give(server->view.uids);
	buf_fini(&server->input);
	buf_fini(&server->output);
	buf_fini(&server->command);
	buf_fini(&server->ending);
	buf_fini(&server->announced);
	buf_fini(&server->fetch.section);
	buf_fini(&server->list.last);
	buf_fini(&server->append.keywords);
	buf_fini(&server->append.failure);
	arena_fini(&server->arena);
	range_set_fini(&server->set);
	mem_give(server);
	*server_at = NULL;
}

/* A server that cannot go on breaks off. */
void
model_check(struct model_server *server, enum status status)
{
	if (status != ST_OK)
		server->link = MODEL_LINK_RESET;
}

void
model_say_bytes(struct model_server *server, struct bytes bytes)
{
	model_check(server, buf_append(&server->output, bytes));
}

void
model_say(struct model_server *server, const char *format, ...)
{
	char text[1024];
	va_list arguments;
	int size;

	va_start(arguments, format);
	size = vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	CHECK(size >= 0 && size < (int)sizeof(text));
	model_say_bytes(server, bytes_of(text, (size_t)size));
}

void
model_say_string(struct model_server *server, struct bytes text)
{
	for (size_t i = 0; i < text.size; i++) {
		uint8_t octet = text.data[i];

		if (octet != 0 && octet != '\r' && octet != '\n')
			continue;
		model_say(server, "{%zu}\r\n", text.size);
		model_say_bytes(server, text);
		return;
	}
	model_say_bytes(server, BYTES("\""));
	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] == '"' || text.data[i] == '\\')
			model_say_bytes(server, BYTES("\\"));
		model_say_bytes(server, bytes_of(text.data + i, 1));
	}
	model_say_bytes(server, BYTES("\""));
}

void
model_reply(struct model_server *server, const char *text)
{
	buf_clear(&server->ending);
	model_check(
	    server, buf_append(&server->ending, bytes_of(server->tag, server->tag_size)));
	model_check(server, buf_append(&server->ending, BYTES(" ")));
	model_check(server, buf_append(&server->ending, bytes_of_string(text)));
	model_check(server, buf_append(&server->ending, BYTES("\r\n")));
	server->stage = STAGE_SYNC;
	server->view.sync_index = 0;
}

struct bytes
model_name(const struct model_server *server)
{
	return bytes_of_string(server->name);
}

uint32_t
model_capabilities(const struct model_server *server)
{
	uint32_t capabilities = server->account == NULL ? server->profile.before_login
							: server->profile.after_login;

	if (server->account == NULL && server->offers_starttls && !server->is_tls)
		capabilities |= MODEL_CAP_STARTTLS;
	return capabilities & ~server->profile.hidden;
}

static void
greet(struct model_server *server)
{
	server->stage = STAGE_READ;
	if (server->actions.is_answered || server->actions.is_swallowed)
		return;
	model_say_bytes(server, BYTES("* OK "));
	if (server->profile.greets_with_capabilities) {
		model_say_bytes(server, BYTES("[CAPABILITY "));
		model_say_capabilities(server);
		model_say_bytes(server, BYTES("] "));
	}
	model_say(server, "%s\r\n", server->profile.greeting);
}

static bool
run_step(struct model_server *server)
{
	switch (server->run) {
	case RUN_FETCH:
		return model_fetch_step(server);
	case RUN_STORE:
		return model_store_step(server);
	case RUN_SEARCH:
		return model_search_step(server);
	case RUN_LIST:
		return model_list_step(server);
	case RUN_NOTHING:
		break;
	}
	return false;
}

static void
end_command(struct model_server *server)
{
	buf_clear(&server->command);
	buf_clear(&server->ending);
	arena_rewind(&server->arena);
	server->line_start = 0;
	server->run = RUN_NOTHING;
	server->stage = STAGE_READ;
	model_append_reset(server);
	model_fetch_reset(server);
	model_actions_reset(server);
	server->link = server->link_after;
	server->link_after = MODEL_LINK_OPEN;
}

/* False: nothing can be done before more input comes. */
static bool
stage_step(struct model_server *server)
{
	switch (server->stage) {
	case STAGE_GREETING:
		server->stage = STAGE_GREETED;
		model_actions_reset(server);
		model_fire(server, MODEL_ON_GREETING, BYTES(""), 0);
		return true;
	case STAGE_GREETED:
		greet(server);
		return true;
	case STAGE_READ:
		return model_read_step(server);
	case STAGE_EXECUTE:
		model_execute(server);
		return true;
	case STAGE_LITERAL:
		return model_append_literal_step(server);
	case STAGE_LITERAL_END:
		model_append_literal_end(server);
		return true;
	case STAGE_APPEND_LINE:
		return model_append_line_step(server);
	case STAGE_COMMIT:
		model_append_commit(server);
		return true;
	case STAGE_RUN:
		/* The step that has nothing left to do has set the next stage by its reply. */
		(void)run_step(server);
		return true;
	case STAGE_SYNC:
		if (!model_view_sync_step(server))
			server->stage = STAGE_END;
		return true;
	case STAGE_END:
		if (!server->actions.is_swallowed)
			model_say_bytes(server, buf_bytes(&server->ending));
		server->stage = STAGE_ENDED;
		model_fire(server, MODEL_ON_DONE, model_name(server), 0);
		return true;
	case STAGE_ENDED:
		end_command(server);
		return true;
	}
	return false;
}

static void
pump(struct model_server *server)
{
	model_late_settle(server->store, server->now);
	for (;;) {
		if (server->link != MODEL_LINK_OPEN ||
		    tick_is_before(server->now, server->paused_until))
			return;
		if (server->output.size >= MODEL_OUTPUT_SIZE_SOFT)
			return;
		if (model_has_actions(server))
			model_act(server);
		else if (!stage_step(server))
			break;
	}
	if (server->is_over && server->link == MODEL_LINK_OPEN)
		server->link = MODEL_LINK_SHUT;
}

void
model_server_feed(
    struct model_server *server, struct bytes input, struct tick now, size_t *used_out)
{
	size_t used = 0;

	server->now = now;
	pump(server);
	while (server->link == MODEL_LINK_OPEN && used < input.size) {
		struct bytes part =
		    bytes_first(bytes_skip(input, used), buf_room(&server->input));

		if (part.size == 0)
			break;
		model_check(server, buf_append(&server->input, part));
		used += part.size;
		pump(server);
	}
	/* What comes when nobody reads any more is taken and forgotten. */
	if (server->link == MODEL_LINK_SHUT || server->link == MODEL_LINK_DROP)
		used = input.size;
	*used_out = used;
}

/* How much of the output may go now. */
static size_t
allowance(const struct model_server *server)
{
	size_t size = server->output.size;

	if (size > server->output_left)
		size = (size_t)server->output_left;
	if (server->drip_rate == 0)
		return size;
	if (tick_is_before(server->now, server->drip_next))
		return 0;
	if (size > 1 && size > server->drip_rate / DRIP_PIECES)
		size = server->drip_rate < DRIP_PIECES ? 1 : server->drip_rate / DRIP_PIECES;
	return size;
}

struct bytes
model_server_output(struct model_server *server, struct tick now)
{
	server->now = now;
	pump(server);
	if (server->link == MODEL_LINK_RESET || server->link == MODEL_LINK_HALF_OPEN)
		return (struct bytes){0};
	return bytes_first(buf_bytes(&server->output), allowance(server));
}

bool
model_server_has_output(const struct model_server *server)
{
	return server->output.size > 0 && server->link != MODEL_LINK_RESET &&
	    server->link != MODEL_LINK_HALF_OPEN;
}

void
model_server_sent(struct model_server *server, size_t size, struct tick now)
{
	server->now = now;
	buf_consume(&server->output, size);
	if (server->drip_rate > 0)
		server->drip_next =
		    tick_after(now, (int64_t)(size * 1000000 / server->drip_rate));
	if (server->output_left == UINT64_MAX)
		return;
	server->output_left -= size;
	if (server->output_left == 0) {
		buf_clear(&server->output);
		server->link = server->cut;
	}
}

struct tick
model_server_deadline(const struct model_server *server)
{
	struct tick deadline = TICK_NEVER;

	if (server->link == MODEL_LINK_RESET || server->link == MODEL_LINK_HALF_OPEN)
		return deadline;
	if (server->drip_rate > 0 && server->output.size > 0)
		deadline = server->drip_next;
	if (tick_is_before(server->now, server->paused_until))
		deadline = tick_earlier(deadline, server->paused_until);
	return deadline;
}

void
model_server_eof(struct model_server *server, struct tick now)
{
	server->now = now;
	server->is_over = true;
	pump(server);
}

enum model_link
model_server_link(const struct model_server *server)
{
	return server->link;
}

void
model_server_tls_started(struct model_server *server, struct tick now)
{
	CHECK(server->link == MODEL_LINK_TLS);
	server->now = now;
	server->link = MODEL_LINK_OPEN;
	server->is_tls = true;
	buf_clear(&server->input);
}
