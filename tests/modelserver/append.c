/* SPDX-License-Identifier: Apache-2.0
 *
 * APPEND and MULTIAPPEND (RFC 3502). Messages are collected as they come; nothing is stored
 * before the CRLF that ends the command, except in the family that stores at the last octet of
 * the literal.
 *
 *   APPEND folder flags date {n}   head, by the command itself
 *   n octets                       STAGE_LITERAL, then STAGE_LITERAL_END
 *   CRLF, or the next head         STAGE_APPEND_LINE
 *   store and answer               STAGE_COMMIT
 *
 * A head that is no syntax is where families part (dossier/commitpoint.md 0.4): Dovecot answers
 * BAD at once, and then reads the octets of a non-synchronising literal as commands.
 */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "modelserver/command.h"
#include "modelserver/late.h"

enum {
	MESSAGES_MIN = 16,
	ANSWER_SIZE = 3000
};

void
model_append_reset(struct model_server *server)
{
	struct model_append *append = &server->append;

	for (size_t i = 0; i < append->count; i++) {
		model_body_drop(&append->messages[i].body);
		mem_give((void *)(uintptr_t)append->messages[i].flags.keywords.data);
	}
	model_body_drop(&append->body);
	buf_clear(&append->keywords);
	buf_clear(&append->failure);
	*append = (struct model_append){
	    .messages = append->messages,
	    .capacity = append->capacity,
	    .keywords = append->keywords,
	    .failure = append->failure,
	};
	server->has_message_literal = false;
}

bool
model_append_is_message(struct model_server *server)
{
	struct bytes text = buf_bytes(&server->command);
	struct model_scan scan = {.text = text, .arena = &server->arena};
	struct bytes word;

	/* Without its line end the last literal has no octets, so a folder's name that is just
	 * being announced does not scan. */
	scan.text.size -= text.size >= 2 && text.data[text.size - 2] == '\r' ? 2 : 1;
	return model_scan_tag(&scan, &word) == ST_OK && model_scan_space(&scan) == ST_OK &&
	    model_scan_word(&scan, BYTES("APPEND")) && model_scan_space(&scan) == ST_OK &&
	    model_scan_astring(&scan, &word) == ST_OK;
}

static void
fail(struct model_server *server, struct bytes words)
{
	struct buf *failure = &server->append.failure;

	if (failure->size == 0)
		model_check(server, buf_append(failure, words));
}

/* " (flags) "date" {n}", both optional, up to the literal's head. */
static enum status
head(struct model_server *server, struct model_scan *scan, struct model_new *new_out)
{
	struct model_new new = {
	    .date.instant = server->store->wall_s + server->now.us / 1000000,
	};
	enum status status = model_scan_space(scan);

	if (status == ST_OK && scan->at < scan->text.size && scan->text.data[scan->at] == '(') {
		status = model_scan_flags(scan, &new.flags);
		if (status == ST_OK)
			status = model_scan_space(scan);
	}
	if (status == ST_OK && scan->at < scan->text.size && scan->text.data[scan->at] == '"') {
		status = model_scan_date(scan, &new.date);
		if (status == ST_OK)
			status = model_scan_space(scan);
	}
	if (status != ST_OK)
		return status;
	if (scan->at + server->literal.head_size != scan->text.size)
		return ST_SYNTAX;
	*new_out = new;
	return ST_OK;
}

static void
throw_away(struct model_server *server, const char *words)
{
	fail(server, bytes_of_string(words));
	server->append.is_thrown_away = true;
}

static void
answer_failure(struct model_server *server)
{
	struct bytes failure = buf_bytes(&server->append.failure);
	char words[512];

	failure = bytes_first(failure, sizeof(words) - 1);
	memcpy(words, failure.data, failure.size);
	words[failure.size] = 0;
	model_reply(server, words);
}

/* The literal is about to come, or its continuation is refused. */
static void
begin_literal(struct model_server *server)
{
	struct model_append *append = &server->append;

	append->size = server->literal.size;
	append->got = 0;
	append->is_open = true;
	if (append->failure.size > 0 && !server->literal.is_non_synchronizing) {
		append->is_open = false;
		answer_failure(server);
		return;
	}
	if (!server->literal.is_non_synchronizing)
		model_say_bytes(server, BYTES("+ OK\r\n"));
	server->stage = STAGE_LITERAL;
}

void
model_append_skip(struct model_server *server)
{
	server->append.is_thrown_away = true;
	begin_literal(server);
}

static void
bad_head(struct model_server *server)
{
	static const char words[] = "BAD Error in IMAP command APPEND: wrong arguments.";

	model_note(server, "bad", buf_bytes(&server->command));
	if (!server->literal.is_non_synchronizing ||
	    server->profile.bad_literal == MODEL_BAD_RUNS_LITERAL) {
		model_reply(server, words);
		return;
	}
	throw_away(server, words);
	begin_literal(server);
}

static void
take_head(struct model_server *server, struct model_scan *scan)
{
	struct model_append *append = &server->append;
	const char *objection;

	if (head(server, scan, &append->head) != ST_OK) {
		bad_head(server);
		return;
	}
	/* The words lie in the command's arena, which the next line may need. */
	buf_clear(&append->keywords);
	model_check(server, buf_append(&append->keywords, append->head.flags.keywords));
	append->head.flags.keywords = buf_bytes(&append->keywords);
	if (append->folder != NULL) {
		objection = model_flags_objection(server, append->folder, &append->head.flags);
		if (objection != NULL)
			fail(server, bytes_of_string(objection));
	}
	begin_literal(server);
}

enum status
model_command_append(struct model_server *server, struct model_scan *scan)
{
	struct model_append *append = &server->append;
	struct bytes name = {0};
	enum status status = model_scan_space(scan);

	if (status == ST_OK)
		status = model_scan_astring(scan, &name);
	if (status != ST_OK || !server->has_message_literal)
		return ST_SYNTAX;
	if (server->account == NULL) {
		throw_away(server, "BAD Please log in first.");
		begin_literal(server);
		return ST_OK;
	}
	append->folder = model_account_find(server->account, name);
	if (append->folder == NULL || append->folder->kind != MODEL_FOLDER_REAL) {
		append->folder = NULL;
		throw_away(server, "NO [TRYCREATE] Mailbox doesn't exist.");
	}
	take_head(server, scan);
	return ST_OK;
}

bool
model_append_literal_step(struct model_server *server)
{
	struct model_append *append = &server->append;
	struct bytes input = buf_bytes(&server->input);
	uint64_t left = append->size - append->got;
	uint64_t next = model_script_next_octet(server->script, append->got);

	if (left == 0) {
		server->stage = STAGE_LITERAL_END;
		model_fire(server, MODEL_ON_LITERAL_END, BYTES(""), 0);
		return true;
	}
	if (input.size == 0)
		return false;
	if (left > next - append->got)
		left = next - append->got;
	if (left < input.size)
		input.size = (size_t)left;
	if (!append->is_thrown_away)
		model_check(server, model_body_append(&append->body, input));
	append->got += input.size;
	buf_consume(&server->input, input.size);
	if (append->got == next)
		model_fire(server, MODEL_ON_LITERAL_OCTET, BYTES(""), next);
	return true;
}

/* The message joins the group: its keywords get memory of their own. */
static enum status
keep_message(struct model_server *server)
{
	struct model_append *append = &server->append;
	struct model_new *new;
	struct bytes keywords = append->head.flags.keywords;
	uint8_t *copy = NULL;

	if (append->count == append->capacity) {
		size_t capacity = append->capacity == 0 ? MESSAGES_MIN : append->capacity * 2;

		new = mem_resize(append->messages, capacity * sizeof(*new));
		if (new == NULL)
			return ST_MEMORY;
		append->messages = new;
		append->capacity = capacity;
	}
	if (keywords.size > 0) {
		copy = mem_take(keywords.size);
		if (copy == NULL)
			return ST_MEMORY;
		memcpy(copy, keywords.data, keywords.size);
	}
	new = &append->messages[append->count++];
	*new = append->head;
	new->flags.keywords = (struct bytes){copy, keywords.size};
	new->body = append->body;
	append->body = (struct model_body){0};
	return ST_OK;
}

static void
finish_message(struct model_server *server)
{
	struct model_append *append = &server->append;
	struct bytes word = server->profile.refuses_with_bad ? BYTES("BAD ") : BYTES("NO ");
	struct bytes refusal;

	if (append->size == 0)
		model_check(server, model_body_append(&append->body, BYTES("")));
	refusal = model_refusal_of(&server->profile, &append->body);
	if (refusal.data != NULL) {
		fail(server, word);
		if (append->failure.size == word.size)
			model_check(server, buf_append(&append->failure, refusal));
	}
	if (append->failure.size > 0) {
		model_body_drop(&append->body);
		return;
	}
	if (server->profile.rewrites != 0)
		model_check(server, model_rewrite(&server->profile, &append->body));
	model_body_trim(&append->body);
	model_check(server, keep_message(server));
}

/* A message that is there already and must not be there twice is not stored again. */
static enum status
store_one(struct model_server *server, struct model_new *new, uint32_t *uid_out)
{
	const struct model_folder *folder = server->append.folder;
	struct digest digest = model_body_digest(&new->body);
	enum status status;

	for (size_t i = 0; server->profile.merges_equal && i < folder->count; i++) {
		struct digest other = model_body_digest(&folder->messages[i].body);

		if (!digest_equal(&digest, &other))
			continue;
		*uid_out = folder->messages[i].uid;
		return ST_OK;
	}
	status = model_folder_append(server->append.folder, new, uid_out);
	if (status == ST_OK)
		new->body = (struct model_body){0};
	return status;
}

void
model_append_store(struct model_server *server)
{
	struct model_append *append = &server->append;
	int64_t first = server->actions.commits_first;
	size_t count =
	    first >= 0 && (size_t)first < append->count ? (size_t)first : append->count;
	uint32_t uid = 0;
	enum status status = ST_OK;

	if (append->folder == NULL || append->stored_count >= count)
		return;
	if (append->stored_count == 0)
		append->first_uid = append->folder->uidnext;
	while (status == ST_OK && append->stored_count < count) {
		struct model_new *new = &append->messages[append->stored_count];

		if (server->store->forgets_bodies)
			status = model_body_forget(&new->body);
		if (status == ST_OK)
			status = store_one(server, new, &uid);
		if (status == ST_OK) {
			new->uid = uid;
			append->stored_count++;
		}
	}
	model_check(server, status);
	model_note(server, "stored", append->folder->name);
}

void
model_append_store_late(struct model_server *server, struct tick due)
{
	struct model_append *append = &server->append;

	for (size_t i = append->stored_count; append->folder != NULL && i < append->count; i++)
		model_check(server,
		    model_late_add(server->store, append->folder, &append->messages[i], due));
}

void
model_append_divert(struct model_server *server, struct bytes name)
{
	struct model_append *append = &server->append;
	struct model_folder *folder = model_account_find(server->account, name);

	if (folder == NULL || folder->kind != MODEL_FOLDER_REAL)
		model_check(server, model_account_create(server->account, name, &folder));
	if (folder != NULL)
		append->folder = folder;
}

static bool
is_over_quota(const struct model_server *server)
{
	uint64_t octets = server->account->octets;

	if (server->account->quota_octets == 0)
		return false;
	for (size_t i = 0; i < server->append.count; i++)
		octets += server->append.messages[i].body.size;
	return octets > server->account->quota_octets;
}

void
model_append_literal_end(struct model_server *server)
{
	struct model_append *append = &server->append;

	append->is_open = false;
	if (!append->is_thrown_away)
		finish_message(server);
	if (server->profile.commits_at_literal_end && append->failure.size == 0 &&
	    append->count > 0 && !is_over_quota(server))
		model_append_store(server);
	buf_clear(&server->command);
	server->line_start = 0;
	server->stage = STAGE_APPEND_LINE;
}

/* What stands behind a message, without its line end. */
static void
take_rest(struct model_server *server, struct bytes line)
{
	struct model_scan scan = {.text = line, .arena = &server->arena};
	bool is_multiple = (model_capabilities(server) & MODEL_CAP_MULTIAPPEND) != 0;

	if (line.size == 0) {
		server->stage = STAGE_COMMIT;
		model_fire(server, MODEL_ON_APPEND_COMPLETE, BYTES(""), 0);
		return;
	}
	if (is_multiple && model_scan_literal_head(line, &server->literal) == ST_OK) {
		take_head(server, &scan);
		return;
	}
	model_note(server, "bad", line);
	model_reply(server,
	    server->profile.commits_at_literal_end
		? "NO Error in IMAP command received by server."
		: "BAD Error in IMAP command APPEND: junk behind the message.");
}

bool
model_append_line_step(struct model_server *server)
{
	struct bytes input = buf_bytes(&server->input);
	size_t end = bytes_find(input, '\n', 0);
	struct bytes line;

	if (input.size == 0)
		return false;
	if (server->command.size + end > MODEL_LINE_SIZE_MAX) {
		model_say_bytes(server, BYTES("* BYE Line too long.\r\n"));
		server->link = MODEL_LINK_SHUT;
		return true;
	}
	if (end < input.size)
		end++;
	model_check(server, buf_append(&server->command, bytes_first(input, end)));
	buf_consume(&server->input, end);
	line = buf_bytes(&server->command);
	if (line.data[line.size - 1] != '\n')
		return false;
	line.size -= line.size >= 2 && line.data[line.size - 2] == '\r' ? 2 : 1;
	take_rest(server, line);
	/* The next message is a line of its own. */
	if (server->stage == STAGE_LITERAL) {
		buf_clear(&server->command);
		arena_rewind(&server->arena);
	}
	return true;
}

/* UIDs that do not follow each other, as far as there is room for them. */
static void
answer_merged(struct model_server *server)
{
	const struct model_append *append = &server->append;
	char text[ANSWER_SIZE];
	int size =
	    snprintf(text, sizeof(text), "OK [APPENDUID %u", append->folder->uidvalidity);

	for (size_t i = 0; i < append->stored_count && size < ANSWER_SIZE - 32; i++)
		size += snprintf(text + size, sizeof(text) - (size_t)size, "%c%u",
		    i == 0 ? ' ' : ',', append->messages[i].uid);
	(void)snprintf(text + size, sizeof(text) - (size_t)size, "] Append completed.");
	model_reply(server, text);
}

static void
answer_stored(struct model_server *server)
{
	const struct model_append *append = &server->append;
	bool is_stored = append->stored_count > 0;
	size_t count = is_stored ? append->stored_count : append->count;
	uint32_t first = is_stored ? append->first_uid : append->folder->uidnext;
	char text[128];

	first += (uint32_t)server->actions.appenduid_add;
	if (is_stored && server->profile.merges_equal &&
	    (model_capabilities(server) & MODEL_CAP_UIDPLUS) != 0) {
		answer_merged(server);
		return;
	}
	if ((model_capabilities(server) & MODEL_CAP_UIDPLUS) == 0 || count == 0)
		(void)snprintf(text, sizeof(text), "OK Append completed.");
	else if (count == 1)
		(void)snprintf(text, sizeof(text), "OK [APPENDUID %u %u] Append completed.",
		    append->folder->uidvalidity, first);
	else
		(void)snprintf(text, sizeof(text), "OK [APPENDUID %u %u:%u] Append completed.",
		    append->folder->uidvalidity, first, first + (uint32_t)count - 1);
	model_reply(server, text);
}

void
model_append_commit(struct model_server *server)
{
	struct model_append *append = &server->append;
	const struct model_actions *actions = &server->actions;

	if (actions->is_answered || (actions->is_swallowed && append->stored_count == 0)) {
		model_reply(server, "OK");
		server->actions.is_swallowed = true;
		return;
	}
	if (append->folder != NULL && append->folder->kind != MODEL_FOLDER_REAL)
		fail(server, BYTES("NO [TRYCREATE] Mailbox doesn't exist."));
	if (append->stored_count == 0 && append->folder != NULL && is_over_quota(server))
		fail(
		    server, BYTES("NO [OVERQUOTA] Quota exceeded (mailbox for user is full)."));
	if (append->failure.size > 0) {
		answer_failure(server);
		return;
	}
	if (!actions->does_not_commit)
		model_append_store(server);
	if (actions->commits_first >= 0 && (size_t)actions->commits_first < append->count)
		model_reply(server, "NO [LIMIT] Only a part was stored.");
	else
		answer_stored(server);
}
