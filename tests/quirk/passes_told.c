/* SPDX-License-Identifier: Apache-2.0
 *
 * What others have told of servers, played by a model server that says the same.
 */
#include <string.h>

#include "passes_case.h"

enum {
	MANY = 3000,
	SLOW_US = 1000000
};

static bool
holds(const char *text, const char *words)
{
	return strstr(text, words) != NULL;
}

/* Whether the pass has told these words, in an item or as its end. */
static bool
has_told(const struct rig_outcome *outcome, const char *words)
{
	for (const struct rig_item *item = outcome->items; item != NULL; item = item->next) {
		if (holds(item->text, words))
			return true;
	}
	return holds(outcome->fault.text, words);
}

static size_t
count_appends(const struct rig *rig)
{
	return model_journal_count(&rig->dst.store->journal, "APPEND");
}

static bool
has_folder(const struct rig *rig, const char *name)
{
	const struct model_folder *folder =
	    model_account_find(rig->dst.account, bytes_of_string(name));

	return folder != NULL && folder->kind == MODEL_FOLDER_REAL;
}

/* Refusals -------------------------------------------------------------------------------- */

/* With a keyword that was not tried away. */
static bool
is_refused_at_once(const struct rig *rig, const struct rig_outcome *outcome)
{
	return outcome->totals.refused == 1 && count_appends(rig) == 1;
}

static bool
is_blamed_on_message(const struct rig *rig, const struct rig_outcome *outcome)
{
	(void)rig;
	return has_told(outcome, "The server does not take this message as it is.");
}

static bool
is_map_named(const struct rig *rig, const struct rig_outcome *outcome)
{
	(void)rig;
	return has_told(outcome, "--map OLD=NEW");
}

static bool
is_opening_told(const struct rig *rig, const struct rig_outcome *outcome)
{
	(void)rig;
	return has_told(outcome, "refused to open this folder");
}

static bool
is_repair_named(const struct rig *rig, const struct rig_outcome *outcome)
{
	(void)rig;
	return has_told(outcome, "its administrator must repair it");
}

static bool
is_full(const struct rig *rig, const struct rig_outcome *outcome)
{
	(void)rig;
	return outcome->fault.cause == CAUSE_FULL;
}

/* The message is not what is refused: the rest waits for another time. */
static bool
is_slowed(const struct rig *rig, const struct rig_outcome *outcome)
{
	(void)rig;
	return outcome->totals.refused == 0 && has_told(outcome, "The server slows us down");
}

static bool
is_ceiling_named(const struct rig *rig, const struct rig_outcome *outcome)
{
	(void)rig;
	return has_told(outcome, "The provider's ceiling for a day is reached");
}

static bool
is_for_later(const struct rig *rig, const struct rig_outcome *outcome)
{
	(void)rig;
	return outcome->fault.retry == RETRY_LATER;
}

static bool
is_for_now(const struct rig *rig, const struct rig_outcome *outcome)
{
	(void)rig;
	return outcome->fault.retry == RETRY_NOW;
}

static bool
is_login(const struct rig *rig, const struct rig_outcome *outcome)
{
	(void)rig;
	return outcome->fault.cause == CAUSE_LOGIN;
}

#define HEAD "Subject: one\\r\\n\\r\\n"
#define ONE "folder INBOX\nmessage text=\"" HEAD "x\\r\\n\"\n"
#define KEYWORD "folder INBOX\nmessage flags=\"one\" text=\"" HEAD "x\\r\\n\"\n"
#define NEW "folder New\nmessage text=\"" HEAD "x\\r\\n\"\n"
#define SAYS(quirk_, content_, dst_script_, judge_, should_)                                   \
	{                                                                                      \
		.family = IMAP_FAMILY_ANY_SERVER, .quirk = IMAP_QUIRK_SAYS_##quirk_,           \
		.scene = {.content = (content_), .dst_script = (dst_script_)},                 \
		.judge = (judge_), .should = (should_)                                         \
	}
#define SRC_SAYS(quirk_, src_script_, judge_, should_)                                         \
	{                                                                                      \
		.family = IMAP_FAMILY_ANY_SERVER, .quirk = IMAP_QUIRK_SAYS_##quirk_,           \
		.scene = {.content = ONE, .src_script = (src_script_)}, .judge = (judge_),     \
		.should = (should_)                                                            \
	}
#define APPEND_SAYS(text) "on append-complete do reply \"%T " text "\""
#define CREATE_SAYS(text) "on command CREATE do reply \"%T " text "\""

/* Messages --------------------------------------------------------------------------------- */

static bool
is_keyword_told(const struct rig *rig, const struct rig_outcome *outcome)
{
	(void)rig;
	return outcome->totals.copied == 1 && rig_count_items(outcome, PASS_ITEM_KEYWORD) == 1;
}

static bool
is_nul_alone(const struct rig *rig, const struct rig_outcome *outcome)
{
	return outcome->totals.refused == 1 && outcome->totals.copied == 3 &&
	    count_appends(rig) == 3;
}

static bool
is_copied(const struct rig *rig, const struct rig_outcome *outcome)
{
	(void)rig;
	return outcome->totals.copied == 1;
}

static bool
is_merging_told(const struct rig *rig, const struct rig_outcome *outcome)
{
	(void)rig;
	return outcome->status == ST_OK && outcome->totals.copied == 2 &&
	    has_told(outcome, "took 1 message(s) of INBOX for ones that it has already");
}

#define TWINS ONE "message text=\"" HEAD "x\\r\\n\"\n"
#define NUL_AMONG                                                                              \
	"folder INBOX\nmessage text=\"" HEAD "1\\r\\n\"\nmessage text=\"" HEAD                 \
	"nul \\0\\r\\n\"\nmessage text=\"" HEAD "2\\r\\n\"\nmessage text=\"" HEAD              \
	"3\\r\\n\"\n"
#define GUESS(family_, greeting_)                                                              \
	{                                                                                      \
		.family = IMAP_FAMILY_##family_, .quirk = IMAP_QUIRK_SIZE_IS_A_GUESS,          \
		.scene = {.src_greeting = (greeting_),                                         \
		    .content = ONE,                                                            \
		    .dst_script =                                                              \
			"on greeting do swap-capabilities \"IMAP4rev1 APPENDLIMIT=9\""},       \
		.judge = is_copied, .should = "a guess leaves nothing out"                     \
	}

/* Names ------------------------------------------------------------------------------------ */

static bool
is_kid_beside(const struct rig *rig, const struct rig_outcome *outcome)
{
	return outcome->status == ST_OK && has_folder(rig, "Kid");
}

static bool
is_blank_left_out(const struct rig *rig, const struct rig_outcome *outcome)
{
	return outcome->status == ST_OK && has_folder(rig, "a b");
}

static bool
has_starred(const struct rig *rig, const struct rig_outcome *outcome)
{
	return outcome->status == ST_OK && has_folder(rig, "Starred_");
}

static bool
has_files(const struct rig *rig, const struct rig_outcome *outcome)
{
	return outcome->status == ST_OK && has_folder(rig, "Files_");
}

#define NAMED(family_, quirk_, greeting_, folder_, judge_)                                     \
	{                                                                                      \
		.family = IMAP_FAMILY_##family_, .quirk = IMAP_QUIRK_##quirk_,                 \
		.scene = {.dst_greeting = (greeting_),                                         \
		    .content = "folder \"" folder_ "\"\nmessage text=\"" HEAD "x\\r\\n\"\n"},  \
		.judge = (judge_), .should = "the name is what the server can hold"            \
	}

/* Pace and notices ------------------------------------------------------------------------ */

static bool
is_slow(const struct rig *rig, const struct rig_outcome *outcome)
{
	(void)rig;
	return outcome->totals.copied == MANY && outcome->copying_took_us > SLOW_US;
}

static bool
is_one_connection(const struct rig *rig, const struct rig_outcome *outcome)
{
	(void)rig;
	return outcome->status == ST_OK && rig->dst.store->connection_count == 1 &&
	    has_told(outcome, "fails under several connections at once");
}

#define JUDGE_TOLD(name, words)                                                                \
	static bool name(const struct rig *rig, const struct rig_outcome *outcome)             \
	{                                                                                      \
		(void)rig;                                                                     \
		return outcome->totals.copied == 1 && has_told(outcome, words);                \
	}

JUDGE_TOLD(is_ceiling_told, "2,500 MB out")
JUDGE_TOLD(is_hiding_told, "can be set to show only the newest messages")
JUDGE_TOLD(is_slash_told, "does not list folders with / in their names")
JUDGE_TOLD(is_lack_told, "does not show all messages")
JUDGE_TOLD(is_rewriting_told, "writes messages anew")
JUDGE_TOLD(is_receipt_told, "may send read receipts")

#define TOLD_OF_SRC(family_, quirk_, greeting_, judge_)                                        \
	{                                                                                      \
		.family = IMAP_FAMILY_##family_, .quirk = IMAP_QUIRK_##quirk_,                 \
		.scene = {.src_greeting = (greeting_), .content = ONE}, .judge = (judge_),     \
		.should = "it is told"                                                         \
	}
#define TOLD_OF_DST(family_, quirk_, greeting_, judge_)                                        \
	{                                                                                      \
		.family = IMAP_FAMILY_##family_, .quirk = IMAP_QUIRK_##quirk_,                 \
		.scene = {.dst_greeting = (greeting_), .content = ONE}, .judge = (judge_),     \
		.should = "it is told"                                                         \
	}

#define EXCHANGE "The Microsoft Exchange IMAP4 service is ready."
#define GMAIL "Gimap ready for requests from 192.0.2.1"

static const struct pass_case told[] = {
    SAYS(ADDITIONAL_ARGUMENTS, ONE,
	APPEND_SAYS("BAD [CLIENTBUG] APPEND Additional arguments found after last expected "
		    "argument"),
	is_blamed_on_message, "the message is blamed"),
    SAYS(ALREADY_EXISTS, NEW, CREATE_SAYS("NO Mailbox already exists"), is_opening_told,
	"what refuses to open the folder is told"),
    SAYS(ARGUMENT_ERROR, ONE, APPEND_SAYS("BAD Command Argument Error. 11"),
	is_blamed_on_message, "the message is blamed"),
    SAYS(BACKOFF, ONE,
	APPEND_SAYS("NO Request is throttled. Suggested Backoff Time: 299961 milliseconds"),
	is_slowed, "no message is refused"),
    SAYS(BAD_HEADER, KEYWORD, APPEND_SAYS("NO Message contains invalid header"),
	is_refused_at_once, "the message is refused at once"),
    SAYS(HEADER_LIMIT, KEYWORD, APPEND_SAYS("NO header limit reached"), is_refused_at_once,
	"the message is refused at once"),
    SAYS(LABEL_NOT_ALLOWED, NEW, CREATE_SAYS("NO [CANNOT] Folder contains excess whitespace"),
	is_map_named, "--map is named"),
    SAYS(LIMIT_FOR_RATE, ONE, APPEND_SAYS("NO [LIMIT] Rate limit hit"), is_slowed,
	"no message is refused"),
    SAYS(NAME_RESERVED, NEW, CREATE_SAYS("NO Folder name is reserved."), is_map_named,
	"--map is named"),
    SAYS(NO_INFERIORS, NEW, CREATE_SAYS("NO Mailbox doesn't allow inferior mailboxes"),
	is_map_named, "--map is named"),
    SRC_SAYS(NO_MBOX,
	"on command EXAMINE do reply \"%T NO [CANNOT] Mailbox isn't a valid mbox file\"",
	is_repair_named, "who can mend it is named"),
    SRC_SAYS(NOT_CONNECTED,
	"on command LIST do reply \"%T BAD User is authenticated but not connected.\"",
	is_login, "it counts as a refused log-in"),
    SRC_SAYS(OVERQUOTA_FOR_TRAFFIC,
	"on command EXAMINE do reply \"%T NO [OVERQUOTA] Account exceeded command or "
	"bandwidth limits. (Failure)\"",
	is_ceiling_named, "the day's ceiling is named"),
    SRC_SAYS(SESSION_EXPIRED,
	"on command UID-FETCH do say \"* BYE Session expired, please login again.\" then drop",
	is_for_now, "another try at once is worth it"),
    SAYS(STORAGE_LIMIT, ONE,
	APPEND_SAYS("NO APPEND The 1500 MB storage limit has been exceeded"), is_full,
	"the mailbox counts as full"),
    SRC_SAYS(TOO_MANY_CONNECTIONS,
	"on command AUTHENTICATE do reply \"%T NO [ALERT] Too many simultaneous connections. "
	"(Failure)\"",
	is_for_later, "the password is not what was refused"),
    SAYS(UNPARSABLE, ONE, APPEND_SAYS("BAD Invalid argument: unable to parse message"),
	is_blamed_on_message, "the message is blamed"),
    SAYS(VIRUS, KEYWORD, APPEND_SAYS("NO Message refused because it contains a virus"),
	is_refused_at_once, "the message is refused at once"),

    {.family = IMAP_FAMILY_CYRUS,
	.quirk = IMAP_QUIRK_REFUSES_NUL,
	.scene = {.dst_profile = "cyrus", .content = NUL_AMONG},
	.judge = is_nul_alone,
	.should = "the message with a NUL is not tried with others"},
    {.family = IMAP_FAMILY_ZIMBRA,
	.quirk = IMAP_QUIRK_KEYWORDS_WITHOUT_COLON,
	.scene = {.dst_greeting = "Zimbra IMAP4rev1 server ready",
	    .content =
		"folder INBOX\nmessage flags=\"EmailswithStickyNotes:FLAG51135\" text=\"" HEAD
		"x\\r\\n\"\n"},
	.judge = is_keyword_told,
	.should = "the keyword is dropped and told"},
    GUESS(EXCHANGE, EXCHANGE),
    GUESS(HMAILSERVER, "hMailServer ready"),
    GUESS(WILDDUCK, "WildDuck ready"),
    {.family = IMAP_FAMILY_GMAIL,
	.quirk = IMAP_QUIRK_MERGES_TWINS,
	.scene = {.dst_profile = "minimal",
	    .dst_greeting = GMAIL,
	    .content = TWINS,
	    .dst_content = "folder INBOX uidvalidity=77\n",
	    .dst_script = "set with UIDPLUS\n"
			  "on append-complete 2 do reply \"%T OK [APPENDUID 77 1] (Success)\""},
	.judge = is_merging_told,
	.should = "what was merged is told and is no fault"},

    {.family = IMAP_FAMILY_ANY_SERVER,
	.quirk = IMAP_QUIRK_PREFIX_FROM_LIST,
	.scene = {.src_profile = "courier",
	    .src_greeting = "IMAP4 server ready",
	    .content = "folder INBOX.Kid\nmessage text=\"" HEAD "x\\r\\n\"\n",
	    .src_script = "set without NAMESPACE"},
	.judge = is_kid_beside,
	.should = "the prefix is taken off"},
    NAMED(DOMINO, INBOX_IS_LEAF, "Domino IMAP4 Server ready", "INBOX/Kid", is_kid_beside),
    NAMED(ICLOUD, INBOX_IS_LEAF, "iCloud ready", "INBOX/Kid", is_kid_beside),
    NAMED(GMAIL, REFUSES_OUTER_BLANKS, GMAIL, "a  b", is_blank_left_out),
    NAMED(EXCHANGE, REFUSES_OUTER_BLANKS, EXCHANGE, "a  b", is_blank_left_out),
    NAMED(ICLOUD, REFUSES_OUTER_BLANKS, "iCloud ready", "a  b", is_blank_left_out),
    NAMED(YAHOO, REFUSES_OUTER_BLANKS, "Yahoo ready", "a  b", is_blank_left_out),
    NAMED(ZIMBRA, REFUSES_OUTER_BLANKS, "Zimbra ready", "a  b", is_blank_left_out),
    NAMED(GMAIL, RESERVES_NAMES, GMAIL, "Starred", has_starred),
    NAMED(EXCHANGE, RESERVES_NAMES, EXCHANGE, "Files", has_files),

    {.family = IMAP_FAMILY_GMAIL,
	.quirk = IMAP_QUIRK_THROTTLED_IN_OK,
	.scene = {.src_greeting = GMAIL,
	    .messages = MANY,
	    .src_script = "set says-throttled on"},
	.judge = is_slow,
	.should = "the source is asked less often"},
    {.family = IMAP_FAMILY_GROUPWISE,
	.quirk = IMAP_QUIRK_ONE_CONNECTION,
	.scene = {.dst_greeting = "GroupWise ready", .folders = 8, .connections = 4},
	.judge = is_one_connection,
	.should = "one connection is used"},
    TOLD_OF_SRC(GMAIL, DAILY_CEILING, GMAIL, is_ceiling_told),
    TOLD_OF_SRC(GMAIL, HIDES_OLD_MAIL, GMAIL, is_hiding_told),
    TOLD_OF_SRC(EXCHANGE, HIDES_SLASHED_NAMES, EXCHANGE, is_slash_told),
    TOLD_OF_SRC(FIRSTCLASS, HIDES_SOME_MAIL, "FirstClass ready", is_lack_told),
    TOLD_OF_DST(EXCHANGE, SENDS_RECEIPTS, EXCHANGE, is_receipt_told),
    TOLD_OF_DST(DAVMAIL, WRITES_ANEW, "DavMail 6.0 ready", is_rewriting_told),
    TOLD_OF_DST(DBMAIL, WRITES_ANEW, "imap 4r1 server (dbmail 3.1)", is_rewriting_told),
    TOLD_OF_DST(DOMINO, WRITES_ANEW, "Domino IMAP4 Server ready", is_rewriting_told),
    TOLD_OF_DST(KOPANO, WRITES_ANEW, "Kopano IMAP gateway ready", is_rewriting_told),
    TOLD_OF_DST(MAILENABLE, WRITES_ANEW, "MailEnable ready", is_rewriting_told),
    TOLD_OF_DST(WILDDUCK, WRITES_ANEW, "WildDuck ready", is_rewriting_told),
};

const struct pass_case *
passes_told(size_t *count_out)
{
	*count_out = sizeof(told) / sizeof(told[0]);
	return told;
}
