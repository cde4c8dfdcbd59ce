/* SPDX-License-Identifier: Apache-2.0
 *
 * response = "* " data / "* " number data / "+" text / tag condition. The name of the data
 * chooses its reader from a table; names that are not in the table are not ours to judge.
 */
#include "wire/imap/reply.h"

#include "wire/imap/peer_fault.h"
#include "wire/imap/reply_parts.h"

struct reply_row {
	struct bytes name;
	imap_reply_fn read;
	const char *what; /* the sentence when it cannot be read */
};

static enum status
read_capability(
    const struct imap_reader *reader, struct imap_lexer *lexer, struct imap_reply *reply)
{
	(void)reader;
	reply->kind = IMAP_REPLY_CAPABILITY;
	reply->words = imap_lexer_rest(lexer);
	return ST_OK;
}

/* Nothing may follow: a line end that is none would hide the next response there. */
static enum status
read_end(struct imap_lexer *lexer)
{
	struct imap_token token;
	enum status status = imap_lexer_next(lexer, &token);

	return status == ST_OK && token.kind != IMAP_TOKEN_END ? ST_SYNTAX : status;
}

static enum status
read_exists(
    const struct imap_reader *reader, struct imap_lexer *lexer, struct imap_reply *reply)
{
	(void)reader;
	reply->kind = IMAP_REPLY_EVENT;
	reply->event.kind = IMAP_EVENT_EXISTS;
	return read_end(lexer);
}

static enum status
read_expunge(
    const struct imap_reader *reader, struct imap_lexer *lexer, struct imap_reply *reply)
{
	(void)reader;
	reply->kind = IMAP_REPLY_EVENT;
	reply->event.kind = IMAP_EVENT_EXPUNGE;
	return read_end(lexer);
}

static const struct reply_row named[] = {
    {{(const uint8_t *)"CAPABILITY", 10}, read_capability,
	"The server sent a CAPABILITY response that cannot be read"},
    {{(const uint8_t *)"LIST", 4}, imap_reply_list,
	"The server sent a LIST response that cannot be read"},
    {{(const uint8_t *)"LSUB", 4}, imap_reply_lsub,
	"The server sent an LSUB response that cannot be read"},
    {{(const uint8_t *)"XLIST", 5}, imap_reply_xlist,
	"The server sent an XLIST response that cannot be read"},
    {{(const uint8_t *)"STATUS", 6}, imap_reply_status,
	"The server sent a STATUS response that cannot be read"},
    {{(const uint8_t *)"NAMESPACE", 9}, imap_reply_namespace,
	"The server sent a NAMESPACE response that cannot be read"},
    {{(const uint8_t *)"ID", 2}, imap_reply_id,
	"The server sent an ID response that cannot be read"},
    {{(const uint8_t *)"QUOTA", 5}, imap_reply_quota,
	"The server sent a QUOTA response that cannot be read"},
    {{(const uint8_t *)"MYRIGHTS", 8}, imap_reply_myrights,
	"The server sent a MYRIGHTS response that cannot be read"},
    {{(const uint8_t *)"FLAGS", 5}, imap_reply_flags,
	"The server sent a FLAGS response that cannot be read"},
};

static const struct reply_row numbered[] = {
    {{(const uint8_t *)"FETCH", 5}, imap_reply_fetch,
	"The server sent a FETCH response that cannot be read"},
    {{(const uint8_t *)"UIDFETCH", 8}, imap_reply_uidfetch,
	"The server sent a UIDFETCH response that cannot be read"},
    {{(const uint8_t *)"EXISTS", 6}, read_exists,
	"The server sent an EXISTS response that cannot be read"},
    {{(const uint8_t *)"EXPUNGE", 7}, read_expunge,
	"The server sent an EXPUNGE response that cannot be read"},
};

enum {
	NAMED_COUNT = sizeof(named) / sizeof(named[0]),
	NUMBERED_COUNT = sizeof(numbered) / sizeof(numbered[0])
};

static const struct reply_row *
find_row(const struct reply_row *rows, size_t count, struct bytes name)
{
	for (size_t i = 0; i < count; i++) {
		if (bytes_equal_nocase(rows[i].name, name))
			return &rows[i];
	}
	return NULL;
}

static enum status
run_row(const struct reply_row *row, const struct imap_reader *reader, struct imap_lexer *lexer,
    struct imap_reply *reply, struct fault *fault)
{
	enum status status = row->read(reader, lexer, reply);

	if (status == ST_OK)
		return ST_OK;
	/* A literal that the frame did not see as one was no literal. */
	if (status == ST_AGAIN)
		status = ST_SYNTAX;
	return imap_peer_fault(
	    fault, status, row->what, bytes_first(imap_lexer_trim(lexer->input), 200));
}

/* "* 5 EXISTS" and its like; `number` is the first word. */
static enum status
read_numbered(const struct imap_reader *reader, struct imap_lexer *lexer, struct bytes number,
    struct imap_reply *reply, struct fault *fault)
{
	struct imap_token name;
	const struct reply_row *row;
	uint64_t value = 0;

	if (imap_lexer_next(lexer, &name) != ST_OK || name.kind != IMAP_TOKEN_ATOM)
		return ST_OK;
	row = find_row(numbered, NUMBERED_COUNT, name.text);
	if (row == NULL ||
	    (row->read == imap_reply_uidfetch &&
		!imap_quirk_has(reader->quirks, IMAP_QUIRK_WHOLE_ONLY_BY_UIDONLY)))
		return ST_OK;
	if (bytes_number(number, UINT32_MAX, &value) != ST_OK ||
	    (value == 0 && row->read != read_exists))
		return imap_peer_fault(fault, ST_SYNTAX,
		    "The server sent a message number that cannot be one",
		    bytes_first(imap_lexer_trim(lexer->input), 200));
	if (row->read == imap_reply_fetch)
		reply->event.message.sequence = (uint32_t)value;
	else if (row->read == imap_reply_uidfetch)
		reply->event.message.message.uid.number = (uint32_t)value;
	else
		reply->event.number = (uint32_t)value;
	return run_row(row, reader, lexer, reply, fault);
}

static enum status
read_untagged(const struct imap_reader *reader, struct bytes response, struct imap_reply *reply,
    struct fault *fault)
{
	struct imap_lexer lexer;
	struct imap_token word;
	const struct reply_row *row;

	imap_lexer_init(&lexer, response, reader->nesting_max, reader->streams);
	lexer.quirks = reader->quirks;
	lexer.position = 2;
	if (imap_lexer_next(&lexer, &word) != ST_OK || word.kind != IMAP_TOKEN_ATOM)
		return ST_OK;
	if (word.text.data[0] >= '0' && word.text.data[0] <= '9')
		return read_numbered(reader, &lexer, word.text, reply, fault);
	reply->condition.kind = imap_condition_kind_of(word.text);
	if (reply->condition.kind != IMAP_CONDITION_NONE)
		return imap_reply_condition(reader, imap_lexer_rest(&lexer), reply);
	row = find_row(named, NAMED_COUNT, word.text);
	return row == NULL ? ST_OK : run_row(row, reader, &lexer, reply, fault);
}

/* Our tags are "A1", "A2", …, without leading zeros; 0: not one of them. */
static uint32_t
tag_number(struct bytes tag)
{
	uint64_t number = 0;

	if (tag.size < 2 || tag.data[0] != 'A' || tag.data[1] == '0' ||
	    bytes_number(bytes_skip(tag, 1), UINT32_MAX, &number) != ST_OK)
		return 0;
	return (uint32_t)number;
}

static enum status
read_tagged(const struct imap_reader *reader, struct bytes line, struct imap_reply *reply)
{
	size_t tag_end = bytes_find(line, ' ', 0);
	struct bytes rest = bytes_skip(line, tag_end + 1);
	size_t word_end = bytes_find(rest, ' ', 0);
	size_t code = bytes_find(bytes_first(rest, word_end), '[', 0);

	reply->condition.tag = tag_number(bytes_first(line, tag_end));
	if (reply->condition.tag == 0)
		return ST_OK;
	if (code < word_end && imap_quirk_has(reader->quirks, IMAP_QUIRK_CODE_BEHIND_OK)) {
		reply->condition.kind = imap_condition_kind_of(bytes_first(rest, code));
		return imap_reply_condition(reader, bytes_skip(rest, code), reply);
	}
	if (word_end < rest.size || imap_quirk_has(reader->quirks, IMAP_QUIRK_TEXT_MISSING))
		reply->condition.kind = imap_condition_kind_of(bytes_first(rest, word_end));
	return imap_reply_condition(reader, bytes_skip(rest, word_end + 1), reply);
}

/* "[CODE] text", the start of an untagged OK swallowed. */
static enum status
read_bare_code(const struct imap_reader *reader, struct bytes line, struct imap_reply *reply)
{
	reply->condition.kind = IMAP_CONDITION_OK;
	return imap_reply_condition(reader, line, reply);
}

/* Whether behind a bare CR another response begins: its server ends lines by CR alone. Read as
 * text, that response would be lost without a word. */
static bool
hides_response(struct bytes line)
{
	size_t at = bytes_find(line, '\r', 0);

	for (; at + 2 < line.size; at = bytes_find(line, '\r', at + 1)) {
		uint8_t first = line.data[at + 1];
		uint8_t second = line.data[at + 2];

		if (((first == '*' || first == '+') && second == ' ') ||
		    (first == 'A' && second >= '0' && second <= '9'))
			return true;
	}
	return false;
}

enum status
imap_reply_read(const struct imap_reader *reader, struct bytes response,
    struct imap_reply *reply_out, struct fault *fault)
{
	struct bytes line = imap_lexer_trim(response);
	struct imap_reply reply = {.kind = IMAP_REPLY_IGNORED};
	enum status status = ST_OK;

	if (bytes_start_with(line, BYTES("* ")))
		status = read_untagged(reader, response, &reply, fault);
	else if (line.size > 0 && line.data[0] == '+')
		reply.kind = IMAP_REPLY_CONTINUE;
	else if (line.size > 0 && line.data[0] == '[' &&
	    imap_quirk_has(reader->quirks, IMAP_QUIRK_CODE_WITHOUT_OK))
		status = read_bare_code(reader, line, &reply);
	else if (line.size > 0)
		status = read_tagged(reader, line, &reply);
	if (status == ST_MEMORY)
		return imap_peer_fault(fault, status, "", line);
	if ((line.size > 0 && line.data[0] < ' ') ||
	    (reply.kind == IMAP_REPLY_CONDITION && hides_response(line)))
		return imap_peer_fault(fault, ST_SYNTAX,
		    "The server sent a line that does not end where it should",
		    bytes_first(line, 200));
	if (status == ST_OK)
		*reply_out = reply;
	return status;
}
