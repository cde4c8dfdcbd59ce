/* SPDX-License-Identifier: Apache-2.0
 *
 * wire/imap/session_state: what a session remembers.
 *
 * Place    for the session's own files only.
 *
 * Invariants
 *  1. `queue` is empty when octets are taken from the frame: an event's slices live until the
 *     next feed.
 *  2. `open` holds commands in the order of their numbers; a command leaves it once, by its
 *     tagged reply, and not before its first octet has left.
 *  3. While `sole` is not 0, nothing leaves behind that command: the log-in, or STARTTLS.
 *  4. While append.stage is not IDLE no command is begun, and the output holds no octet of a
 *     later command.
 */
#ifndef WIRE_IMAP_SESSION_STATE_H
#define WIRE_IMAP_SESSION_STATE_H

#include "base/arena.h"
#include "base/digest.h"
#include "base/secret.h"
#include "wire/imap/command.h"
#include "wire/imap/frame.h"
#include "wire/imap/output.h"
#include "wire/imap/reply.h"
#include "wire/imap/session.h"
#include "wire/imap/trace.h"

enum {
	SESSION_COMMANDS_MAX = 256,
	/* A response makes at most three events a body, and two of its own. */
	SESSION_EVENTS_MAX = 3 * IMAP_STREAMS_MAX + 2,
	SESSION_TEXT_MAX = 200
};

enum imap_command_kind {
	IMAP_KIND_PLAIN, /* its completion changes nothing here */
	IMAP_KIND_LOGIN,
	IMAP_KIND_STARTTLS,
	IMAP_KIND_SELECT,
	IMAP_KIND_EXAMINE,
	IMAP_KIND_UNSELECT,
	IMAP_KIND_FETCH,
	IMAP_KIND_APPEND,
	IMAP_KIND_LOGOUT,
};

struct imap_open {
	uint32_t number;
	enum imap_command_kind kind;
	bool is_begun; /* an octet of it has left */
	struct tick sent;
};

enum imap_append_stage {
	IMAP_APPEND_IDLE,
	IMAP_APPEND_BEGUN,   /* no message yet: nothing of it is queued */
	IMAP_APPEND_ASKED,   /* waits for a continuation */
	IMAP_APPEND_LITERAL, /* `left` octets are to be given to the link */
};

struct imap_append {
	enum imap_append_stage stage;
	uint32_t number;
	bool is_answered; /* its tagged reply came early; what was announced is still owed */
	uint64_t left;
	uint64_t size; /* of this literal */
	struct digest_state digest;
};

enum imap_tls {
	IMAP_TLS_NONE,
	IMAP_TLS_ASKED,
	IMAP_TLS_GRANTED, /* between the OK and tls_started: silence on both sides */
};

/* Of the AUTHENTICATE under way. */
enum imap_sasl_stage {
	IMAP_SASL_NONE, /* none, or the log-in is the command LOGIN */
	IMAP_SASL_HEARING,
	IMAP_SASL_ASKED, /* a challenge left as an event */
	IMAP_SASL_CANCELED,
};

struct imap_session {
	struct imap_limits limits;
	enum status failed; /* ST_OK: alive */
	struct fault fault;

	struct imap_frame frame;
	struct arena arena; /* of one response */
	struct buf scratch;
	struct imap_event queue[SESSION_EVENTS_MAX];
	size_t queue_first;
	size_t queue_count;

	struct imap_output output;
	struct imap_command_text command;
	struct imap_open open[SESSION_COMMANDS_MAX];
	size_t open_count;
	uint32_t number; /* of the newest command */
	uint32_t sole;
	uint32_t select_newest; /* SELECT, EXAMINE or UNSELECT */
	struct imap_append append;
	struct imap_command_text append_text; /* the APPEND until its first message is known */

	enum imap_tls tls;
	enum imap_sasl_stage sasl;
	bool is_greeted;
	bool is_authenticated;
	bool is_selected;    /* read-write and confirmed */
	bool is_exists_told; /* of the folder that is being opened */
	bool is_uidnext_told;
	bool is_uidvalidity_told;
	bool has_bye;
	bool was_injected;   /* octets came behind the OK of STARTTLS */
	bool was_challenged; /* LOGIN was answered by "+", and that by "*" */
	bool conceals_challenges;
	bool knows_capabilities;
	bool login_told; /* capabilities were heard since the log-in was sent */
	struct imap_capabilities capabilities;
	struct imap_capabilities switched_off;
	size_t greeting_size;
	uint8_t greeting[SESSION_TEXT_MAX];
	size_t id_size;
	uint8_t id[SESSION_TEXT_MAX]; /* the "name" in its answer to ID */
	size_t version_size;
	uint8_t version[SESSION_TEXT_MAX]; /* the "version" in it */
	uint64_t append_limit;             /* 0: not told */
	enum imap_family family_announced;
	enum imap_family family_assumed; /* until something else is heard */
	enum imap_family family;
	struct imap_quirks quirks;
	struct imap_capabilities distrusted;
	size_t bye_size;
	uint8_t bye[SESSION_TEXT_MAX];

	uint32_t selected_for; /* the command whose answers `selected` gathers */
	struct imap_selected selected;
	struct buf selected_keywords;

	struct tick heard; /* the last octet received */
	struct tick step;  /* see session_time.c */
	uint64_t moved_bytes;
	struct imap_trace trace;
	struct buf secrets; /* the needles' octets, one behind the other */
	struct imap_needles needles;
};

/* session.c */
void imap_session_push(struct imap_session *session, const struct imap_event *event);
bool imap_session_has(const struct imap_session *session, enum imap_capability which);
struct imap_open *imap_session_find_open(struct imap_session *session, uint32_t number);
/* Looks again who the server is, and what therefore holds. */
void imap_session_know_family(struct imap_session *session);
/* Drops what was queued for commands that are completed, up to a piece under way. */
void imap_session_drop_completed(struct imap_session *session);

/* session_take.c: one whole response, and the parts of bodies. */
enum status imap_session_take(
    struct imap_session *session, struct bytes response, struct fault *fault) MUST_USE;
void imap_session_take_body(struct imap_session *session, const struct imap_part *part);

/* session_command.c: opens a command, and after it was written queues it. */
enum status imap_session_begin(struct imap_session *session) MUST_USE;
void imap_session_open(struct imap_session *session, enum imap_command_kind kind,
    struct imap_command *command_out);
enum status imap_session_submit(struct imap_session *session, enum imap_command_kind kind,
    struct imap_command *command_out) MUST_USE;
enum imap_literal_mode imap_session_literal_mode(const struct imap_session *session);

/* session_login.c */
void imap_session_login_done(struct imap_session *session, bool is_ok);
/* A "+" that nothing waits for came while the log-in is open. */
void imap_session_login_challenged(struct imap_session *session, struct bytes text);
void imap_session_forget_secrets(struct imap_session *session);
/* Puts stars over what of the password a server has put into a text. */
enum status imap_session_conceal(struct imap_session *session, struct bytes *text) MUST_USE;

/* session_time.c */
void imap_session_hear(struct imap_session *session, struct tick now);
/* Before a command begins to leave. */
void imap_session_begin_step(struct imap_session *session, struct tick now);
/* The peer said something that was asked for, or took octets of a literal. */
void imap_session_get_on(struct imap_session *session, const struct imap_event *event);
void imap_session_give(struct imap_session *session, uint64_t size, struct tick now);

/* session_append.c */
bool imap_session_append_granted(struct imap_session *session);
void imap_session_append_done(struct imap_session *session);

#endif
