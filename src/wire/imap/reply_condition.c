/* SPDX-License-Identifier: Apache-2.0
 *
 * resp-text of RFC 3501 section 9: ["[" resp-text-code "]" SP] text. A code that is not known,
 * or whose argument is broken, says nothing: it is IMAP_CODE_OTHER. Only the words before it
 * decide.
 */
#include "wire/imap/reply_parts.h"

struct code_row {
	const char *name;
	enum imap_code code;
	enum imap_notice notice;
};

static const struct code_row codes[] = {
    {"ALERT", IMAP_CODE_ALERT, IMAP_NOTICE_NONE},
    {"ALREADYEXISTS", IMAP_CODE_ALREADYEXISTS, IMAP_NOTICE_NONE},
    {"APPENDUID", IMAP_CODE_APPENDUID, IMAP_NOTICE_NONE},
    {"AUTHENTICATIONFAILED", IMAP_CODE_AUTHENTICATIONFAILED, IMAP_NOTICE_NONE},
    {"AUTHORIZATIONFAILED", IMAP_CODE_AUTHORIZATIONFAILED, IMAP_NOTICE_NONE},
    {"CANNOT", IMAP_CODE_CANNOT, IMAP_NOTICE_NONE},
    {"CAPABILITY", IMAP_CODE_OTHER, IMAP_NOTICE_CAPABILITY},
    {"CLIENTBUG", IMAP_CODE_CLIENTBUG, IMAP_NOTICE_NONE},
    {"CLOSED", IMAP_CODE_OTHER, IMAP_NOTICE_CLOSED},
    {"CONTACTADMIN", IMAP_CODE_CONTACTADMIN, IMAP_NOTICE_NONE},
    {"EXPIRED", IMAP_CODE_EXPIRED, IMAP_NOTICE_NONE},
    {"HIGHESTMODSEQ", IMAP_CODE_OTHER, IMAP_NOTICE_HIGHESTMODSEQ},
    {"INUSE", IMAP_CODE_INUSE, IMAP_NOTICE_NONE},
    {"LIMIT", IMAP_CODE_LIMIT, IMAP_NOTICE_NONE},
    {"NONEXISTENT", IMAP_CODE_NONEXISTENT, IMAP_NOTICE_NONE},
    {"NOPERM", IMAP_CODE_NOPERM, IMAP_NOTICE_NONE},
    {"OVERQUOTA", IMAP_CODE_OVERQUOTA, IMAP_NOTICE_NONE},
    {"PERMANENTFLAGS", IMAP_CODE_OTHER, IMAP_NOTICE_PERMANENTFLAGS},
    {"PRIVACYREQUIRED", IMAP_CODE_PRIVACYREQUIRED, IMAP_NOTICE_NONE},
    {"READ-ONLY", IMAP_CODE_READ_ONLY, IMAP_NOTICE_NONE},
    {"READ-WRITE", IMAP_CODE_READ_WRITE, IMAP_NOTICE_NONE},
    {"SERVERBUG", IMAP_CODE_SERVERBUG, IMAP_NOTICE_NONE},
    {"TOOBIG", IMAP_CODE_TOOBIG, IMAP_NOTICE_NONE},
    {"TRYCREATE", IMAP_CODE_TRYCREATE, IMAP_NOTICE_NONE},
    {"UIDNEXT", IMAP_CODE_OTHER, IMAP_NOTICE_UIDNEXT},
    {"UIDVALIDITY", IMAP_CODE_OTHER, IMAP_NOTICE_UIDVALIDITY},
    {"UNAVAILABLE", IMAP_CODE_UNAVAILABLE, IMAP_NOTICE_NONE},
};

enum imap_condition_kind
imap_condition_kind_of(struct bytes word)
{
	static const struct {
		struct bytes word;
		enum imap_condition_kind kind;
	} rows[] = {
	    {{(const uint8_t *)"OK", 2}, IMAP_CONDITION_OK},
	    {{(const uint8_t *)"NO", 2}, IMAP_CONDITION_NO},
	    {{(const uint8_t *)"BAD", 3}, IMAP_CONDITION_BAD},
	    {{(const uint8_t *)"BYE", 3}, IMAP_CONDITION_BYE},
	    {{(const uint8_t *)"PREAUTH", 7}, IMAP_CONDITION_PREAUTH},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (bytes_equal_nocase(rows[i].word, word))
			return rows[i].kind;
	}
	return IMAP_CONDITION_NONE;
}

/* The bracket that closes the code which `text` begins with; text.size when none does. Brackets
 * nest in practice (a keyword "[x]" among PERMANENTFLAGS); where they do not match, the first
 * closing one has to do. */
static size_t
code_end(struct bytes text)
{
	size_t depth = 0;

	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] == '[')
			depth++;
		if (text.data[i] == ']' && --depth == 0)
			return i;
	}
	return bytes_find(text, ']', 0);
}

/* resp-code-apnd of RFC 4315: nz-number SP append-uid. */
static bool
read_appenduid(struct bytes argument, struct imap_condition *condition)
{
	size_t space = bytes_find(argument, ' ', 0);
	struct bytes uids = bytes_skip(argument, space + 1);
	uint64_t uidvalidity = 0;

	if (bytes_number(bytes_first(argument, space), UINT32_MAX, &uidvalidity) != ST_OK ||
	    uidvalidity == 0 || uids.size == 0)
		return false;
	for (size_t i = 0; i < uids.size; i++) {
		uint8_t octet = uids.data[i];

		if ((octet < '0' || octet > '9') && octet != ',' && octet != ':')
			return false;
	}
	condition->append_uidvalidity = (uint32_t)uidvalidity;
	condition->append_uids = uids;
	return true;
}

static enum status
read_permanent_flags(
    const struct imap_reader *reader, struct bytes argument, struct imap_reply *reply)
{
	struct imap_lexer lexer;
	struct imap_token token;
	enum status status;

	imap_lexer_init(&lexer, argument, reader->nesting_max, NULL);
	status = imap_lexer_next(&lexer, &token);
	if (status == ST_OK)
		status = imap_flag_list_read(reader, &lexer, &token, &reply->flags);
	if (status == ST_OK)
		reply->condition.notice = IMAP_NOTICE_PERMANENTFLAGS;
	return status == ST_MEMORY ? ST_MEMORY : ST_OK;
}

static enum status
read_notice(const struct imap_reader *reader, enum imap_notice notice, struct bytes argument,
    struct imap_reply *reply)
{
	uint64_t max = notice == IMAP_NOTICE_HIGHESTMODSEQ ? INT64_MAX : UINT32_MAX;

	if (notice == IMAP_NOTICE_PERMANENTFLAGS)
		return read_permanent_flags(reader, argument, reply);
	if (notice == IMAP_NOTICE_CAPABILITY) {
		reply->words = argument;
	} else if (notice != IMAP_NOTICE_CLOSED) {
		if (bytes_number(argument, max, &reply->condition.number) != ST_OK)
			return ST_OK;
	}
	reply->condition.notice = notice;
	return ST_OK;
}

static enum status
read_code(const struct imap_reader *reader, struct bytes code, struct imap_reply *reply)
{
	size_t space = bytes_find(code, ' ', 0);
	struct bytes name = bytes_first(code, space);
	struct bytes argument = bytes_skip(code, space + 1);
	struct imap_condition *condition = &reply->condition;

	condition->code = IMAP_CODE_OTHER;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		if (!bytes_equal_nocase(bytes_of_string(codes[i].name), name))
			continue;
		if (codes[i].code != IMAP_CODE_APPENDUID || read_appenduid(argument, condition))
			condition->code = codes[i].code;
		if (codes[i].notice == IMAP_NOTICE_NONE)
			return ST_OK;
		return read_notice(reader, codes[i].notice, argument, reply);
	}
	return ST_OK;
}

enum status
imap_reply_condition(
    const struct imap_reader *reader, struct bytes text, struct imap_reply *reply)
{
	size_t end;

	reply->kind = IMAP_REPLY_CONDITION;
	reply->condition.text = text;
	if (text.size == 0 || text.data[0] != '[')
		return ST_OK;
	end = code_end(text);
	if (end == text.size)
		return ST_OK;
	reply->condition.text = bytes_skip(text, end + 1);
	if (reply->condition.text.size > 0 && reply->condition.text.data[0] == ' ')
		reply->condition.text = bytes_skip(reply->condition.text, 1);
	return read_code(reader, bytes_skip(bytes_first(text, end), 1), reply);
}
