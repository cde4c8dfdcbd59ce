/* SPDX-License-Identifier: Apache-2.0 */
#include "submit.h"

#include <string.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/range.h"
#include "wire/imap/command.h"
#include "wire/imap/date.h"
#include "wire/imap/uidset.h"
#include "wire/sasl/message.h"

struct words {
	struct bytes rest;
	struct tick now;
};

/* The next word: bare, "quoted" or (in parentheses), without its marks. */
static struct bytes
next_word(struct words *words)
{
	struct bytes rest = words->rest;
	uint8_t close = ' ';
	size_t start = 0;
	size_t end;

	while (rest.size > 0 && rest.data[0] == ' ')
		rest = bytes_skip(rest, 1);
	if (rest.size > 0 && (rest.data[0] == '"' || rest.data[0] == '(')) {
		close = rest.data[0] == '"' ? '"' : ')';
		start = 1;
	}
	end = bytes_find(rest, close, start);
	words->rest = bytes_skip(rest, end + 1);
	return bytes_skip(bytes_first(rest, end), start);
}

static struct flags
flags_of(struct bytes list)
{
	struct flags flags = {0};

	while (list.size > 0 && list.data[0] == '\\')
		flags.system |= flag_of_name(flags_keyword_next(&list));
	flags.keywords = list;
	return flags;
}

typedef enum status (*submit_fn)(
    struct imap_session *session, struct words *words, struct imap_command *command);

static enum status
do_capability(struct imap_session *session, struct words *words, struct imap_command *command)
{
	(void)words;
	return imap_session_capability(session, command);
}

static enum status
do_starttls(struct imap_session *session, struct words *words, struct imap_command *command)
{
	(void)words;
	return imap_session_starttls(session, command);
}

static enum status
do_id(struct imap_session *session, struct words *words, struct imap_command *command)
{
	return imap_session_id(session, next_word(words), command);
}

static enum status
do_namespace(struct imap_session *session, struct words *words, struct imap_command *command)
{
	(void)words;
	return imap_session_namespace(session, command);
}

static enum status
do_enable(struct imap_session *session, struct words *words, struct imap_command *command)
{
	return imap_session_enable(session, next_word(words), command);
}

static enum status
log_in_plain(struct imap_session *session, struct bytes user, struct bytes password,
    struct imap_command *command)
{
	struct imap_sasl sasl = {.mechanism = "PLAIN", .has_initial = true, .secret = password};
	struct buf message;
	enum status status;

	buf_init(&message, IMAP_COMMAND_SIZE_MAX);
	status = sasl_plain((struct bytes){0}, user, password, &message);
	sasl.initial = buf_bytes(&message);
	if (status == ST_OK)
		status = imap_session_authenticate(session, &sasl, command);
	buf_fini(&message);
	return status;
}

/* By PLAIN where it is offered, else by LOGIN. */
static enum status
do_login(struct imap_session *session, struct words *words, struct imap_command *command)
{
	struct bytes user = next_word(words);
	struct bytes password = next_word(words);

	if (imap_capability_has(imap_session_capabilities(session), IMAP_CAP_AUTH_PLAIN))
		return log_in_plain(session, user, password, command);
	return imap_session_login(session, user, password, command);
}

/* MECHANISM "secret" ["initial response"] */
static enum status
do_authenticate(struct imap_session *session, struct words *words, struct imap_command *command)
{
	struct bytes mechanism = next_word(words);
	struct imap_sasl sasl = {0};
	char name[32];

	CHECK(mechanism.size < sizeof(name));
	memcpy(name, mechanism.data, mechanism.size);
	name[mechanism.size] = 0;
	sasl.mechanism = name;
	sasl.secret = next_word(words);
	sasl.has_initial = words->rest.size > 0;
	sasl.initial = next_word(words);
	sasl.conceals_challenges = strncmp(name, "SCRAM", 5) == 0;
	return imap_session_authenticate(session, &sasl, command);
}

static enum status
do_respond(struct imap_session *session, struct words *words, struct imap_command *command)
{
	(void)command;
	return imap_session_respond(session, next_word(words));
}

static enum status
do_cancel(struct imap_session *session, struct words *words, struct imap_command *command)
{
	(void)words;
	(void)command;
	return imap_session_cancel(session);
}

static enum status
do_proxyauth(struct imap_session *session, struct words *words, struct imap_command *command)
{
	return imap_session_proxyauth(session, next_word(words), command);
}

static enum status
do_list(struct imap_session *session, struct words *words, struct imap_command *command)
{
	bool is_all = bytes_equal(next_word(words), BYTES("all"));

	return imap_session_list(session, is_all ? 63 : 0, command);
}

static enum status
do_lsub(struct imap_session *session, struct words *words, struct imap_command *command)
{
	(void)words;
	return imap_session_lsub(session, command);
}

static enum status
do_status(struct imap_session *session, struct words *words, struct imap_command *command)
{
	return imap_session_status(session, next_word(words), 127, command);
}

static enum status
do_create(struct imap_session *session, struct words *words, struct imap_command *command)
{
	struct bytes name = next_word(words);
	bool is_sent = bytes_equal(next_word(words), BYTES("\\Sent"));

	return imap_session_create(session, name, is_sent ? IMAP_ATTR_SENT : 0, command);
}

static enum status
do_subscribe(struct imap_session *session, struct words *words, struct imap_command *command)
{
	return imap_session_subscribe(session, next_word(words), command);
}

static enum status
do_select(struct imap_session *session, struct words *words, struct imap_command *command)
{
	return imap_session_select(session, next_word(words), command);
}

static enum status
do_examine(struct imap_session *session, struct words *words, struct imap_command *command)
{
	return imap_session_examine(session, next_word(words), command);
}

static enum status
do_unselect(struct imap_session *session, struct words *words, struct imap_command *command)
{
	(void)words;
	return imap_session_unselect(session, command);
}

static enum status
do_fetch(struct imap_session *session, struct words *words, struct imap_command *command)
{
	struct range_set uids;
	enum status status;
	struct bytes what;
	uint32_t items = 0;

	range_set_init(&uids, 64);
	status = imap_uidset_decode(next_word(words), &uids);
	what = next_word(words);
	if (bytes_equal(what, BYTES("meta")) || bytes_equal(what, BYTES("all")))
		items |= IMAP_FETCH_FLAGS | IMAP_FETCH_DATE | IMAP_FETCH_SIZE;
	if (bytes_equal(what, BYTES("headers")) || bytes_equal(what, BYTES("all")))
		items |= IMAP_FETCH_IDENTITY_HEADERS;
	if (bytes_equal(what, BYTES("body")) || bytes_equal(what, BYTES("all")))
		items |= IMAP_FETCH_BODY;
	if (status == ST_OK)
		status = imap_session_fetch(session, &uids, items, command);
	range_set_fini(&uids);
	return status;
}

static enum status
do_store(struct imap_session *session, struct words *words, struct imap_command *command)
{
	struct range_set uids;
	enum status status;

	range_set_init(&uids, 64);
	status = imap_uidset_decode(next_word(words), &uids);
	if (status == ST_OK)
		status =
		    imap_session_add_flags(session, &uids, flags_of(next_word(words)), command);
	range_set_fini(&uids);
	return status;
}

static enum status
do_getquotaroot(struct imap_session *session, struct words *words, struct imap_command *command)
{
	return imap_session_getquotaroot(session, next_word(words), command);
}

static enum status
do_myrights(struct imap_session *session, struct words *words, struct imap_command *command)
{
	return imap_session_myrights(session, next_word(words), command);
}

static enum status
do_noop(struct imap_session *session, struct words *words, struct imap_command *command)
{
	(void)words;
	return imap_session_noop(session, command);
}

static enum status
do_logout(struct imap_session *session, struct words *words, struct imap_command *command)
{
	(void)words;
	return imap_session_logout(session, command);
}

static enum status
do_append_begin(struct imap_session *session, struct words *words, struct imap_command *command)
{
	return imap_session_append_begin(session, next_word(words), command);
}

static enum status
do_message(struct imap_session *session, struct words *words, struct imap_command *command)
{
	struct flags flags = flags_of(next_word(words));
	struct bytes word = next_word(words);
	struct mail_date date = {0};
	uint64_t size = 0;

	(void)command;
	if (word.size > 0 && word.data[0] != '{') {
		if (imap_date_decode(word, &date) != ST_OK)
			return ST_COUNT;
		word = next_word(words);
	}
	if (word.size < 3 ||
	    bytes_number(bytes_skip(bytes_first(word, word.size - 1), 1), UINT64_MAX, &size) !=
		ST_OK)
		return ST_COUNT;
	return imap_session_append_message(session, flags, date, size);
}

static enum status
do_literal(struct imap_session *session, struct words *words, struct imap_command *command)
{
	(void)command;
	if (words->rest.size > imap_session_literal_room(session))
		return ST_CONFLICT;
	imap_session_literal_sent(session, words->rest, words->now);
	return ST_OK;
}

static enum status
do_append_end(struct imap_session *session, struct words *words, struct imap_command *command)
{
	(void)words;
	(void)command;
	return imap_session_append_end(session);
}

static const struct {
	const char *name;
	submit_fn run;
} commands[] = {
    {"capability", do_capability},
    {"starttls", do_starttls},
    {"id", do_id},
    {"namespace", do_namespace},
    {"enable", do_enable},
    {"login", do_login},
    {"authenticate", do_authenticate},
    {"respond", do_respond},
    {"cancel", do_cancel},
    {"proxyauth", do_proxyauth},
    {"list", do_list},
    {"lsub", do_lsub},
    {"status", do_status},
    {"create", do_create},
    {"subscribe", do_subscribe},
    {"select", do_select},
    {"examine", do_examine},
    {"unselect", do_unselect},
    {"fetch", do_fetch},
    {"store", do_store},
    {"getquotaroot", do_getquotaroot},
    {"myrights", do_myrights},
    {"noop", do_noop},
    {"logout", do_logout},
    {"append_begin", do_append_begin},
    {"message", do_message},
    {"literal", do_literal},
    {"append_end", do_append_end},
};

enum status
submit(struct imap_session *session, struct bytes text, struct tick now)
{
	struct words words = {.rest = text, .now = now};
	struct bytes name = next_word(&words);
	struct imap_command command = {0};

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (bytes_equal(name, bytes_of_string(commands[i].name)))
			return commands[i].run(session, &words, &command);
	}
	return ST_COUNT;
}
