/* SPDX-License-Identifier: Apache-2.0
 *
 * wire/imap/event: what a server tells, as values: events, completions and their parts.
 *
 * Place    filled by wire/imap/reply, handed out by wire/imap/session, read by endpoint/imap.
 * Memory   slices are borrowed until the next imap_session_next or imap_session_feed.
 * Spec     RFC 3501 section 7, RFC 9051 section 7, RFC 4315, 5530, 6154.
 */
#ifndef WIRE_IMAP_EVENT_H
#define WIRE_IMAP_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "mail/message.h"

/* Names a command among its session's; 0 is no command. */
struct imap_command {
	uint32_t number;
};

enum imap_result {
	IMAP_RESULT_OK,
	IMAP_RESULT_NO,
	IMAP_RESULT_BAD
};

/* Response codes that decide something (RFC 3501 7.1, 4315, 5530, 9051). */
enum imap_code {
	IMAP_CODE_NONE,
	IMAP_CODE_OTHER,
	IMAP_CODE_ALERT,
	IMAP_CODE_ALREADYEXISTS,
	IMAP_CODE_APPENDUID,
	IMAP_CODE_AUTHENTICATIONFAILED,
	IMAP_CODE_AUTHORIZATIONFAILED,
	IMAP_CODE_CANNOT,
	IMAP_CODE_CLIENTBUG,
	IMAP_CODE_CONTACTADMIN,
	IMAP_CODE_EXPIRED,
	IMAP_CODE_INUSE,
	IMAP_CODE_LIMIT,
	IMAP_CODE_NONEXISTENT,
	IMAP_CODE_NOPERM,
	IMAP_CODE_OVERQUOTA,
	IMAP_CODE_PRIVACYREQUIRED,
	IMAP_CODE_READ_ONLY,
	IMAP_CODE_READ_WRITE,
	IMAP_CODE_SERVERBUG,
	IMAP_CODE_TOOBIG,
	IMAP_CODE_TRYCREATE,
	IMAP_CODE_UNAVAILABLE,
	IMAP_CODE_COUNT
};

/* What SELECT or EXAMINE told, gathered until its completion. */
struct imap_selected {
	uint32_t exists;
	uint32_t uidvalidity; /* 0: not told */
	uint32_t uidnext;     /* 0: not told */
	uint64_t highestmodseq;
	uint32_t permanent_system;       /* of enum flag */
	struct bytes permanent_keywords; /* "one two", as struct flags */
	bool has_permanent_flags; /* else every flag of FLAGS is permanent (RFC 3501 7.1) */
	bool takes_new_keywords;  /* "\*" */
	bool is_read_only;
};

enum imap_attribute {
	IMAP_ATTR_NOSELECT = 1 << 0,
	IMAP_ATTR_NONEXISTENT = 1 << 1,
	IMAP_ATTR_NOINFERIORS = 1 << 2,
	IMAP_ATTR_SUBSCRIBED = 1 << 3,
	IMAP_ATTR_HAS_CHILDREN = 1 << 4,
	IMAP_ATTR_HAS_NO_CHILDREN = 1 << 5,
	IMAP_ATTR_ALL = 1 << 6,
	IMAP_ATTR_ARCHIVE = 1 << 7,
	IMAP_ATTR_DRAFTS = 1 << 8,
	IMAP_ATTR_FLAGGED = 1 << 9,
	IMAP_ATTR_IMPORTANT = 1 << 10,
	IMAP_ATTR_JUNK = 1 << 11,
	IMAP_ATTR_SENT = 1 << 12,
	IMAP_ATTR_TRASH = 1 << 13,
};

enum imap_list_kind {
	IMAP_LIST,
	IMAP_LSUB,
	IMAP_XLIST
};

struct imap_folder {
	enum imap_list_kind kind;
	uint32_t attributes; /* of enum imap_attribute */
	uint8_t delimiter;   /* 0: NIL */
	struct bytes name;   /* raw, as the server wrote it, quotes undone */
};

enum imap_status_item {
	IMAP_STATUS_MESSAGES = 1 << 0,
	IMAP_STATUS_UIDNEXT = 1 << 1,
	IMAP_STATUS_UIDVALIDITY = 1 << 2,
	IMAP_STATUS_UNSEEN = 1 << 3,
	IMAP_STATUS_HIGHESTMODSEQ = 1 << 4,
	IMAP_STATUS_SIZE = 1 << 5,
	IMAP_STATUS_APPENDLIMIT = 1 << 6,
};

struct imap_status {
	struct bytes name;
	uint32_t items; /* which of the fields below were told */
	uint32_t messages;
	uint32_t uidnext;
	uint32_t uidvalidity;
	uint32_t unseen;
	uint64_t highestmodseq;
	uint64_t size;
	uint64_t append_limit; /* octets of one message */
};

/* What one quota root holds and may hold. */
struct imap_quota {
	struct bytes root;
	bool has_storage;
	bool has_messages;
	uint64_t used_bytes;
	uint64_t limit_bytes;
	uint64_t used_messages;
	uint64_t limit_messages;
};

/* What we may do in a folder. */
struct imap_rights {
	struct bytes name;
	struct bytes letters; /* RFC 4314, such as "lrswipkxte" */
};

struct imap_namespace {
	struct bytes prefix; /* of the first personal namespace */
	uint8_t delimiter;
	/* Raw prefixes of other users' and shared namespaces, each followed by a NUL. */
	struct bytes foreign_prefixes;
	/* The shared namespace has no prefix: it has all that no other namespace has. */
	bool is_rest_foreign;
};

enum imap_section {
	IMAP_SECTION_ALL,
	IMAP_SECTION_HEADER_FIELDS
};

enum imap_fetch_item {
	IMAP_FETCH_UID = 1 << 0,
	IMAP_FETCH_FLAGS = 1 << 1,
	IMAP_FETCH_DATE = 1 << 2,
	IMAP_FETCH_SIZE = 1 << 3,
	IMAP_FETCH_BODY = 1 << 4, /* request: BODY.PEEK[]; reply: it came, also as NIL */
	IMAP_FETCH_IDENTITY_HEADERS = 1 << 5, /* BODY.PEEK[HEADER.FIELDS (MESSAGE-ID DATE FROM
						 SUBJECT)] */
};

struct imap_message {
	uint32_t sequence;
	uint32_t items; /* of enum imap_fetch_item: what this response held */
	struct message message;
	/* Flags that are neither system flags nor keywords by mail/flags.h; "\Recent" is not
	 * among them. Separated by spaces, made of printable octets only, for the report. */
	struct bytes unusable_flags;
	bool is_body_nil; /* the body was NIL: the server has no octets for it */
};

enum imap_event_kind {
	IMAP_EVENT_GREETING,   /* .completion.result OK; preauthenticated: see session_state */
	IMAP_EVENT_CAPABILITY, /* the set changed: imap_session_capabilities */
	IMAP_EVENT_FOLDER,
	IMAP_EVENT_STATUS,
	IMAP_EVENT_NAMESPACE,
	IMAP_EVENT_QUOTA,
	IMAP_EVENT_RIGHTS,
	IMAP_EVENT_ID,         /* .text: the value of "name", maybe empty */
	IMAP_EVENT_BODY_BEGIN, /* .body.size octets will follow */
	IMAP_EVENT_BODY_DATA,
	IMAP_EVENT_BODY_END,
	IMAP_EVENT_MESSAGE, /* the end of a FETCH response; its bodies came before it */
	IMAP_EVENT_EXISTS,  /* .number */
	IMAP_EVENT_EXPUNGE, /* .number: a message number */
	/* A question of AUTHENTICATE, in base64: .text. Not made safe for people: it may hold
	 * what the log-in is proved with. */
	IMAP_EVENT_CHALLENGE,
	IMAP_EVENT_CONTINUE, /* literal octets of .command may be sent now */
	IMAP_EVENT_DONE,     /* .command is completed by .completion */
	IMAP_EVENT_ALERT,    /* .text */
	IMAP_EVENT_BYE,      /* .text */
};

struct imap_completion {
	enum imap_result result;
	enum imap_code code;
	struct bytes text;           /* what a person may read */
	uint32_t append_uidvalidity; /* with IMAP_CODE_APPENDUID */
	struct bytes append_uids;    /* unparsed set, see uidset.h */
	bool may_be_swapped;         /* the server is known to confuse the two above */
	/* Of an APPEND: NO or BAD came where a continuation for a literal was awaited. */
	bool is_in_place_of_literal;
	/* Of a SELECT or EXAMINE that went well, or NULL. */
	const struct imap_selected *selected;
};

struct imap_body {
	struct uid uid; /* number 0: the server did not name it before the body */
	enum imap_section section;
	uint64_t size;     /* as announced by the literal: the only true size */
	struct bytes data; /* BODY_DATA */
};

struct imap_event {
	enum imap_event_kind kind;
	/* Of DONE and CONTINUE; else the oldest open command, as a hint. */
	struct imap_command command;
	union {
		struct imap_completion completion;
		struct imap_folder folder;
		struct imap_status status;
		struct imap_namespace namespace;
		struct imap_quota quota;
		struct imap_rights rights;
		struct imap_body body;
		struct imap_message message;
		struct bytes text;
		uint32_t number;
	};
};

#endif
