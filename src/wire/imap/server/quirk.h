/* SPDX-License-Identifier: Apache-2.0
 *
 * wire/imap/server/quirk: what is known about server families, as data.
 *
 * Place    one row a piece of knowledge: family, symptom, what we do, where we know it from.
 *          HACKING.md says how to add one.
 */
#ifndef WIRE_IMAP_SERVER_QUIRK_H
#define WIRE_IMAP_SERVER_QUIRK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "wire/imap/server/capability.h"

enum imap_family {
	IMAP_FAMILY_UNKNOWN,
	IMAP_FAMILY_ANY_SERVER, /* its rows hold for every server, known or not */
	IMAP_FAMILY_DOVECOT,
	IMAP_FAMILY_CYRUS,
	IMAP_FAMILY_CYRUS_MURDER,
	IMAP_FAMILY_COURIER,
	IMAP_FAMILY_GMAIL,
	IMAP_FAMILY_EXCHANGE,
	IMAP_FAMILY_ICLOUD,
	IMAP_FAMILY_YAHOO,
	IMAP_FAMILY_ZIMBRA,
	IMAP_FAMILY_COREMAIL, /* 163, 126, yeah.net */
	IMAP_FAMILY_DAVMAIL,
	IMAP_FAMILY_DBMAIL,
	IMAP_FAMILY_DOMINO,
	IMAP_FAMILY_FIRSTCLASS,
	IMAP_FAMILY_FTGATE,
	IMAP_FAMILY_GROUPWISE,
	IMAP_FAMILY_HMAILSERVER,
	IMAP_FAMILY_ICEWARP,
	IMAP_FAMILY_JAMES,
	IMAP_FAMILY_KERIO,
	IMAP_FAMILY_KOPANO, /* and Zarafa before it */
	IMAP_FAMILY_MAILENABLE,
	IMAP_FAMILY_MDAEMON,
	IMAP_FAMILY_PROTON,
	IMAP_FAMILY_SMARTERMAIL,
	IMAP_FAMILY_SUN,
	IMAP_FAMILY_TENCENT, /* QQ, Exmail */
	IMAP_FAMILY_TOBIT,
	IMAP_FAMILY_WILDDUCK,
	IMAP_FAMILY_YANDEX,
	IMAP_FAMILY_ZOHO,
	IMAP_FAMILY_COUNT
};

enum imap_quirk {
	/* Several unanswered groups per connection are proved to be settled in order. */
	IMAP_QUIRK_GROUPS_PROVED,
	/* After a complete literal, NO or BAD proves that nothing was stored. */
	IMAP_QUIRK_NO_MEANS_NOT_STORED,
	/* NO after a complete literal may come although the message was stored. */
	IMAP_QUIRK_NO_MAY_HAVE_STORED,
	IMAP_QUIRK_REFUSES_EMPTY_MESSAGE,
	IMAP_QUIRK_BARE_LF_BECOMES_CRLF,
	IMAP_QUIRK_NUL_BECOMES_0X80,
	/* One CR of CR CR LF is dropped, and a CR that is the last octet. */
	IMAP_QUIRK_DROPS_CR_BEFORE_CRLF,
	/* Every CR that no LF follows is dropped. */
	IMAP_QUIRK_DROPS_BARE_CR,
	/* CRLF is added to a message that does not end with LF. */
	IMAP_QUIRK_ADDS_FINAL_CRLF,
	/* Octets from 0x80 on become "X" in the header, which the size does not show. */
	IMAP_QUIRK_HEADER_8BIT_BECOMES_X,
	/* INTERNALDATE more than some two hours ahead of the server's clock becomes its "now".
	 */
	IMAP_QUIRK_FUTURE_DATE_BECOMES_NOW,
	/* INTERNALDATE before 1970-01-01 00:00:01 UTC is stored as something else. */
	IMAP_QUIRK_DATE_BEFORE_1970_WRAPS,
	/* INTERNALDATE 1970-01-01 00:00:00 UTC, which is 0, is taken for none. */
	IMAP_QUIRK_DATE_ZERO_BECOMES_NOW,
	/* Of pipelined FETCHes, all answers to one come before the first answer to the next. */
	IMAP_QUIRK_FETCHES_IN_ORDER,

	/* What is announced and does not keep its promise: the session never sees it. */
	IMAP_QUIRK_BINARY_FAILS,
	IMAP_QUIRK_CONDSTORE_FAILS,
	IMAP_QUIRK_ESEARCH_FAILS,
	IMAP_QUIRK_LITERAL_PLUS_FAILS,
	IMAP_QUIRK_QRESYNC_FAILS,
	IMAP_QUIRK_UIDPLUS_FAILS,
	/* Capabilities told at the log-in are a proxy's, not those of the server behind it. */
	IMAP_QUIRK_CAPABILITIES_OF_PROXY,
	/* Capabilities that stand in lines of their own while the log-in is open count. */
	IMAP_QUIRK_CAPABILITIES_UNTAGGED,
	/* What is announced before the log-in about literals is not to be used before it. */
	IMAP_QUIRK_LITERAL_PLUS_BEFORE_LOGIN,
	/* Without ID behind the log-in, no folder is opened, whether ID is announced or not. */
	IMAP_QUIRK_NEEDS_ID,
	/* Folders are shown whole only after ENABLE UIDONLY, which changes FETCH to UIDFETCH.
	 */
	IMAP_QUIRK_WHOLE_ONLY_BY_UIDONLY,

	/* What is read although no grammar allows it. */
	IMAP_QUIRK_BODY_NIL,
	IMAP_QUIRK_CODE_BEHIND_OK,
	IMAP_QUIRK_CODE_WITHOUT_OK,
	IMAP_QUIRK_FLAG_IS_NO_ATOM,
	IMAP_QUIRK_LITERAL_PADDED,
	IMAP_QUIRK_NAME_UNQUOTED,
	IMAP_QUIRK_TEXT_MISSING,
	/* What is said and means something else, or nothing. */
	IMAP_QUIRK_APPENDUID_SWAPPED,
	IMAP_QUIRK_CHILDREN_LIE,
	IMAP_QUIRK_EXISTS_GROWS,
	IMAP_QUIRK_EXISTS_MISSING,
	IMAP_QUIRK_MESSAGE_SET_INVALID,
	IMAP_QUIRK_MODSEQ_UNPROMISED,
	IMAP_QUIRK_MODSEQ_ZERO,
	IMAP_QUIRK_PERMANENTFLAGS_EMPTY,
	IMAP_QUIRK_STAR_IN_FLAGS,
	IMAP_QUIRK_SYSTEM_FLAG_UNKNOWN,
	/* What APPEND and STORE must not carry. */
	IMAP_QUIRK_EMPTY_FLAG_LIST_FAILS,
	IMAP_QUIRK_KEYWORDS_ONLY_AS_LISTED,
	IMAP_QUIRK_MDN_SENT_IS_A_CATEGORY,
	/* A keyword that reads as a number, as NIL, or as a part of a literal or a section is
	 * refused together with its message. */
	IMAP_QUIRK_KEYWORDS_ONLY_AS_WORDS,

	/* What EXAMINE shows (UIDs, UIDVALIDITY) is kept only when the folder is SELECTed. */
	IMAP_QUIRK_EXAMINE_FORGETS,
	/* Of SUBSCRIBEs over several connections at once, some are lost. */
	IMAP_QUIRK_SUBSCRIPTIONS_RACE,
	/* CREATE makes missing parents folders of their own, which can be opened. */
	IMAP_QUIRK_MAKES_PARENTS,

	/* What it is to be told of, and what a copy must not lean on. */
	IMAP_QUIRK_SIZE_IS_A_GUESS, /* RFC822.SIZE is not the number of octets. */
	/* A message that is there already is not stored again; APPEND says OK. */
	IMAP_QUIRK_MERGES_TWINS,
	IMAP_QUIRK_REFUSES_NUL, /* A message with a NUL octet is refused. */
	/* A keyword with a colon is refused together with its message. */
	IMAP_QUIRK_KEYWORDS_WITHOUT_COLON,
	/* Headers or MIME parts are written anew: a later run may not recognise messages. */
	IMAP_QUIRK_WRITES_ANEW,
	/* Read receipts are sent for old mail that is marked as read. */
	IMAP_QUIRK_SENDS_RECEIPTS,
	/* Its owner can hide all but the newest messages of a folder. */
	IMAP_QUIRK_HIDES_OLD_MAIL,
	/* Folders with "/" in their names are missing from LIST. */
	IMAP_QUIRK_HIDES_SLASHED_NAMES,
	IMAP_QUIRK_HIDES_SOME_MAIL, /* Not all messages are shown by IMAP. */
	IMAP_QUIRK_DAILY_CEILING,   /* So many octets a day, then nothing more. */

	/* What its folders are called, besides wire/imap/naming. */
	IMAP_QUIRK_INBOX_IS_LEAF,        /* INBOX takes no children. */
	IMAP_QUIRK_REFUSES_OUTER_BLANKS, /* No name with blanks before, behind or in pairs. */
	/* Some names at the top are its own (wire/imap/naming has them). */
	IMAP_QUIRK_RESERVES_NAMES,
	/* Without NAMESPACE, what all folders but INBOX begin with is the prefix. */
	IMAP_QUIRK_PREFIX_FROM_LIST,

	/* How fast, and how many at once. */
	IMAP_QUIRK_THROTTLED_IN_OK, /* "[THROTTLED]" in an OK asks for slower commands. */
	IMAP_QUIRK_ONE_CONNECTION,  /* It fails under several connections at once. */

	/* What SELECT leaves out. */
	IMAP_QUIRK_UIDNEXT_MISSING, /* No UIDNEXT: the folder is looked at whole. */
	/* No UIDVALIDITY: the UIDs hold while the folder is open. */
	IMAP_QUIRK_UIDVALIDITY_MISSING,
	IMAP_QUIRK_UIDVALIDITY_ZERO, /* UIDVALIDITY 0 is told as a number like any other. */

	/* What the words of a refusal mean (endpoint/verdict.c). */
	/* "Additional arguments" is a message without a last line end. */
	IMAP_QUIRK_SAYS_ADDITIONAL_ARGUMENTS,
	/* "already exists", without a code, is no refusal to create. */
	IMAP_QUIRK_SAYS_ALREADY_EXISTS,
	IMAP_QUIRK_SAYS_ARGUMENT_ERROR, /* "Command Argument Error. 11" is said of a message. */
	/* "Suggested Backoff Time" is said of the pace, not of the command. */
	IMAP_QUIRK_SAYS_BACKOFF,
	/* "invalid header", "NUL characters" are said of a message. */
	IMAP_QUIRK_SAYS_BAD_HEADER,
	IMAP_QUIRK_SAYS_HEADER_LIMIT, /* "header limit reached" is said of a message. */
	/* "excess whitespace", "not allowed" are said of a name. */
	IMAP_QUIRK_SAYS_LABEL_NOT_ALLOWED,
	IMAP_QUIRK_SAYS_LIMIT_FOR_RATE, /* "Rate limit" is said of the pace. */
	IMAP_QUIRK_SAYS_NAME_RESERVED,  /* "name is reserved" is said of a name. */
	/* "doesn't allow inferior mailboxes" is said of the parent. */
	IMAP_QUIRK_SAYS_NO_INFERIORS,
	/* "isn't a valid mbox file" is said of the folder's own file. */
	IMAP_QUIRK_SAYS_NO_MBOX,
	/* "authenticated but not connected" refuses the mailbox, late. */
	IMAP_QUIRK_SAYS_NOT_CONNECTED,
	/* [OVERQUOTA] of what is read is about traffic. */
	IMAP_QUIRK_SAYS_OVERQUOTA_FOR_TRAFFIC,
	IMAP_QUIRK_SAYS_SESSION_EXPIRED, /* "Session expired": a new log-in helps. */
	IMAP_QUIRK_SAYS_STORAGE_LIMIT,   /* "storage limit" means a full mailbox. */
	/* "Too many simultaneous connections" is not about the password. */
	IMAP_QUIRK_SAYS_TOO_MANY_CONNECTIONS,
	IMAP_QUIRK_SAYS_UNPARSABLE, /* "unable to parse message" is said of a message. */
	IMAP_QUIRK_SAYS_VIRUS,      /* "virus" is said of a message. */
	IMAP_QUIRK_COUNT
};

struct imap_quirk_row {
	enum imap_family family;
	enum imap_quirk quirk;
	const char *symptom;
	const char *action;
	const char *source;
};

enum {
	IMAP_QUIRKS_WORDS = 2
};

/* One bit per enum imap_quirk. */
struct imap_quirks {
	uint64_t words[IMAP_QUIRKS_WORDS];
};

/* The family behind a greeting text, an ID "name" and the words of CAPABILITY (each may be
 * empty). The name in ID decides, then the greeting, then what only one family announces. */
enum imap_family imap_family_find(
    struct bytes greeting, struct bytes id_name, struct bytes capabilities);
const char *imap_family_name(enum imap_family family);

/* Gathered from the table: the family's rows and those of any server. */
struct imap_quirks imap_quirks_of(enum imap_family family);
bool imap_quirk_has(struct imap_quirks quirks, enum imap_quirk quirk);
void imap_quirks_add(struct imap_quirks *quirks, enum imap_quirk quirk);
/* Such as "BODY_NIL". */
const char *imap_quirk_name(enum imap_quirk quirk);
/* The capabilities that these quirks forbid to believe in. */
struct imap_capabilities imap_quirks_distrusted(struct imap_quirks quirks);

/* The table, for the docs test and `godwit check`. */
const struct imap_quirk_row *imap_quirk_rows(size_t *count_out);

#endif
