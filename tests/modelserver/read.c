/* SPDX-License-Identifier: Apache-2.0
 *
 * Octets become commands. A command is collected whole, its small literals where they stand,
 * until a line ends without announcing a literal. An APPEND is executed as soon as the first
 * message's literal is announced: append.c takes over from there.
 */
#include <string.h>

#include "base/check.h"
#include "modelserver/command.h"

enum need {
	ALWAYS,
	LOGGED_OUT,
	LOGGED_IN,
	SELECTED,
};

static const struct command {
	const char *name;
	enum need need;
	uint32_t capability; /* without it the command is unknown; 0: always known */
	model_command_fn execute;
} commands[] = {
    {"CAPABILITY", ALWAYS, 0, model_command_capability},
    {"NOOP", ALWAYS, 0, model_command_noop},
    {"CHECK", SELECTED, 0, model_command_noop},
    {"LOGOUT", ALWAYS, 0, model_command_logout},
    {"ID", ALWAYS, MODEL_CAP_ID, model_command_id},
    {"STARTTLS", LOGGED_OUT, MODEL_CAP_STARTTLS, model_command_starttls},
    {"LOGIN", LOGGED_OUT, 0, model_command_login},
    {"AUTHENTICATE", LOGGED_OUT, MODEL_CAP_AUTH_PLAIN, model_command_authenticate},
    {"ENABLE", LOGGED_IN, MODEL_CAP_ENABLE, model_command_enable},
    {"NAMESPACE", LOGGED_IN, MODEL_CAP_NAMESPACE, model_command_namespace},
    {"LIST", LOGGED_IN, 0, model_command_list},
    {"LSUB", LOGGED_IN, 0, model_command_list},
    {"STATUS", LOGGED_IN, 0, model_command_status},
    {"CREATE", LOGGED_IN, 0, model_command_create},
    {"DELETE", LOGGED_IN, 0, model_command_delete},
    {"RENAME", LOGGED_IN, 0, model_command_rename},
    {"SUBSCRIBE", LOGGED_IN, 0, model_command_subscribe},
    {"UNSUBSCRIBE", LOGGED_IN, 0, model_command_subscribe},
    {"SELECT", LOGGED_IN, 0, model_command_select},
    {"EXAMINE", LOGGED_IN, 0, model_command_select},
    {"APPEND", LOGGED_IN, 0, model_command_append},
    {"CLOSE", SELECTED, 0, model_command_unselect},
    {"UNSELECT", SELECTED, MODEL_CAP_UNSELECT, model_command_unselect},
    {"EXPUNGE", SELECTED, 0, model_command_expunge},
    {"FETCH", SELECTED, 0, model_command_fetch},
    {"STORE", SELECTED, 0, model_command_store},
    {"SEARCH", SELECTED, 0, model_command_search},
    {"COPY", SELECTED, 0, model_command_copy},
    {"MOVE", SELECTED, MODEL_CAP_MOVE, model_command_copy},
    {"UID-FETCH", SELECTED, 0, model_command_fetch},
    {"UID-STORE", SELECTED, 0, model_command_store},
    {"UID-SEARCH", SELECTED, 0, model_command_search},
    {"UID-COPY", SELECTED, 0, model_command_copy},
    {"UID-MOVE", SELECTED, MODEL_CAP_MOVE, model_command_copy},
    {"UID-EXPUNGE", SELECTED, MODEL_CAP_UIDPLUS, model_command_expunge},
};

void
model_note(struct model_server *server, const char *name, struct bytes text)
{
	struct model_note head = {
	    .when = server->now,
	    .connection = server->number,
	    .is_tls = server->is_tls,
	};

	model_check(server,
	    model_journal_add(&server->store->journal, &head, bytes_of_string(name), text));
}

/* "tag SP name": fills tag and name, upper case and with "UID-" in front of UID commands. */
static enum status
head_of(struct model_server *server, struct model_scan *scan)
{
	struct bytes tag, name;
	size_t prefix = 0;
	enum status status = model_scan_tag(scan, &tag);

	server->tag_size = 0;
	if (status != ST_OK || tag.size > MODEL_TAG_SIZE)
		return ST_SYNTAX;
	memcpy(server->tag, tag.data, tag.size);
	server->tag_size = tag.size;
	if (model_scan_space(scan) != ST_OK || model_scan_atom(scan, &name) != ST_OK)
		return ST_SYNTAX;
	server->is_uid_command = bytes_equal_nocase(name, BYTES("UID"));
	if (server->is_uid_command) {
		memcpy(server->name, "UID-", 4);
		prefix = 4;
		if (model_scan_space(scan) != ST_OK || model_scan_atom(scan, &name) != ST_OK)
			return ST_SYNTAX;
	}
	if (prefix + name.size >= sizeof(server->name))
		return ST_SYNTAX;
	for (size_t i = 0; i < name.size; i++) {
		uint8_t octet = name.data[i];

		server->name[prefix + i] =
		    (char)(octet >= 'a' && octet <= 'z' ? octet - 32 : octet);
	}
	server->name[prefix + name.size] = 0;
	return ST_OK;
}

static const struct command *
find_command(const struct model_server *server)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		const struct command *command = &commands[i];

		if (strcmp(command->name, server->name) != 0)
			continue;
		if (command->capability != 0 &&
		    (model_capabilities(server) & command->capability) == 0)
			return NULL;
		return command;
	}
	return NULL;
}

static struct model_scan
scan_of(struct model_server *server)
{
	struct bytes text = buf_bytes(&server->command);

	/* The line end of the last line is no part of the grammar. */
	if (text.size > 0 && text.data[text.size - 1] == '\n')
		text.size--;
	if (text.size > 0 && text.data[text.size - 1] == '\r')
		text.size--;
	return (struct model_scan){.text = text, .arena = &server->arena};
}

static void
bad(struct model_server *server, struct bytes text, const char *words)
{
	model_note(server, "bad", text);
	/* RFC 3501 section 7.1.3: without a tag to answer to, the BAD is untagged. */
	if (server->tag_size == 0)
		server->tag[server->tag_size++] = '*';
	model_reply(server, words);
}

/* A whole command, or an APPEND up to its first message. */
static void
take_command(struct model_server *server)
{
	struct model_scan scan = scan_of(server);
	const struct command *command;
	bool is_secret;

	model_actions_reset(server);
	if (head_of(server, &scan) != ST_OK || (command = find_command(server)) == NULL) {
		server->name[0] = 0;
		bad(server, scan.text, "BAD Error in IMAP command: unknown command.");
		return;
	}
	server->arguments_at = scan.at;
	is_secret =
	    strcmp(command->name, "LOGIN") == 0 || strcmp(command->name, "AUTHENTICATE") == 0;
	model_note(
	    server, command->name, is_secret ? BYTES("") : bytes_skip(scan.text, scan.at + 1));
	server->stage = STAGE_EXECUTE;
	model_fire(server, MODEL_ON_COMMAND, model_name(server), 0);
}

static const char *
missing(const struct model_server *server, enum need need)
{
	if (need == LOGGED_OUT && server->account != NULL)
		return "BAD Already logged in.";
	if (need >= LOGGED_IN && server->account == NULL)
		return "BAD Please log in first.";
	if (need == SELECTED && server->view.folder == NULL)
		return "BAD No mailbox selected.";
	return NULL;
}

/* The script has answered, or nobody will. The octets that a non-synchronising literal brings
 * are still a message and no commands. */
static void
execute_nothing(struct model_server *server)
{
	server->stage = STAGE_END;
	server->actions.is_swallowed = true;
	if (!server->has_message_literal || !server->literal.is_non_synchronizing)
		return;
	model_append_skip(server);
}

void
model_execute(struct model_server *server)
{
	const struct command *command = find_command(server);
	struct model_scan scan = scan_of(server);
	const char *objection;
	enum status status;

	if (server->actions.is_answered || server->actions.is_swallowed) {
		execute_nothing(server);
		return;
	}
	CHECK(command != NULL);
	objection = missing(server, command->need);
	if (objection != NULL && !server->has_message_literal) {
		model_reply(server, objection);
		return;
	}
	scan.at = server->arguments_at;
	server->stage = STAGE_RUN;
	server->run = RUN_NOTHING;
	status = command->execute(server, &scan);
	if (status == ST_MEMORY || status == ST_LIMIT)
		model_reply(server, "NO [LIMIT] The model server has no room for this.");
	else if (status != ST_OK)
		bad(server, scan.text, "BAD Error in IMAP command: wrong arguments.");
}

static void
give_up(struct model_server *server, const char *words)
{
	model_say(server, "* BYE %s\r\n", words);
	server->link = MODEL_LINK_SHUT;
}

/* A literal that is no message: collected in place. */
static void
small_literal(struct model_server *server)
{
	if (server->literal.size > MODEL_SMALL_LITERAL_MAX) {
		give_up(server, "Literal too large.");
		return;
	}
	server->literal_left = server->literal.size;
	if (!server->literal.is_non_synchronizing)
		model_say_bytes(server, BYTES("+ OK\r\n"));
	server->line_start = server->command.size + (size_t)server->literal.size;
}

/* Whether "{n+}" is a literal here at all. LITERAL- has it up to 4096 octets. */
static bool
is_literal(struct model_server *server)
{
	uint32_t capabilities = model_capabilities(server);

	if (!server->literal.is_non_synchronizing)
		return true;
	if ((capabilities & MODEL_CAP_LITERAL_PLUS) != 0)
		return true;
	return (capabilities & MODEL_CAP_LITERAL_MINUS) != 0 && server->literal.size <= 4096;
}

static void
take_line(struct model_server *server, struct bytes line)
{
	enum status status = model_scan_literal_head(line, &server->literal);

	if (status == ST_LIMIT) {
		give_up(server, "Literal size is not a number.");
		return;
	}
	if (status == ST_OK && is_literal(server) && !server->awaits_password) {
		if (!model_append_is_message(server)) {
			small_literal(server);
			return;
		}
		server->has_message_literal = true;
	}
	if (server->awaits_password) {
		server->awaits_password = false;
		model_password_line(server, line);
		return;
	}
	take_command(server);
}

static void
move_input(struct model_server *server, size_t size)
{
	model_check(
	    server, buf_append(&server->command, bytes_first(buf_bytes(&server->input), size)));
	buf_consume(&server->input, size);
}

bool
model_read_step(struct model_server *server)
{
	struct bytes input = buf_bytes(&server->input);
	struct bytes line;
	size_t end;

	if (input.size == 0)
		return false;
	if (server->literal_left > 0) {
		size_t size = input.size < server->literal_left ? input.size
								: (size_t)server->literal_left;

		server->literal_left -= size;
		move_input(server, size);
		return true;
	}
	end = bytes_find(input, '\n', 0);
	if (server->command.size - server->line_start + end > MODEL_LINE_SIZE_MAX) {
		give_up(server, "Line too long.");
		return true;
	}
	if (end == input.size) {
		move_input(server, input.size);
		return false;
	}
	move_input(server, end + 1);
	line = bytes_skip(buf_bytes(&server->command), server->line_start);
	line.size -= line.size >= 2 && line.data[line.size - 2] == '\r' ? 2 : 1;
	take_line(server, line);
	return true;
}
