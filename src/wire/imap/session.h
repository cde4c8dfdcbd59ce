/* SPDX-License-Identifier: Apache-2.0
 *
 * wire/imap/session: the client side of one IMAP connection, without the connection.
 *
 * Place    octets from net/link enter by feed, events leave by next; commands come from
 *          endpoint/imap, their octets leave by output. Literal octets of an APPEND do not pass
 *          through: the owner writes them to the link itself and reports them.
 * Promise  tags are unique; completions are matched by our own tags only; events come in server
 *          order; nothing leaves behind a log-in before its tagged reply, nor behind a
 *          synchronising literal before its continuation; nothing unvalidated enters a command.
 * Memory   one line buffer and one output buffer, both bounded. Literals of messages are passed
 *          through as slices of what was fed, never stored and never allocated by their
 * announced size. Slices in events are borrowed until the next call to imap_session_next or
 *          imap_session_feed.
 * Limits   struct imap_limits; a peer that exceeds one ends the session with ST_LIMIT.
 * Spec     RFC 3501 and 9051 peers; RFC 2971, 3502, 4315, 4959, 5258, 5530, 5819, 6154, 7888.
 */
#ifndef WIRE_IMAP_SESSION_H
#define WIRE_IMAP_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "base/fault.h"
#include "base/tick.h"
#include "mail/message.h"
#include "wire/imap/event.h"
#include "wire/imap/server/capability.h"
#include "wire/imap/server/quirk.h"

struct buf;
struct imap_session;
struct range_set;
struct secret;

struct imap_limits {
	size_t line_size_max; /* octets of a response outside message literals: 65536 */
	size_t nesting_max;   /* parentheses: 32 */
	size_t commands_max;  /* open at once: 64; at most 256 */
	int64_t silence_us;   /* with a command open, how long the peer may say nothing */
	int64_t hello_us;     /* the greeting, and each command until the log-in is granted */
	int64_t slow_us;      /* behind it: from one sign of progress to the next */
};

/* The values above, with 5 minutes of silence, 2 minutes for a hello, half an hour without
 * progress. */
struct imap_limits imap_limits_default(void);

/* Life. --------------------------------------------------------------------------------- */

enum status imap_session_new(const struct imap_limits *limits, struct tick now,
    struct imap_session **session_out) MUST_USE;
void imap_session_free(struct imap_session **session);

/* A switched-off capability is never seen, whatever the server says (--without). */
void imap_session_switch_off(struct imap_session *session, enum imap_capability capability);

/* Readable lines of the dialogue are appended to `trace` from now on (NULL: no longer): secrets
 * masked by protocol state, message literals as length and SHA-256. What does not fit is
 * counted in a line of its own. `trace` must outlive the session. */
void imap_session_trace(struct imap_session *session, struct buf *trace);

/* The five verbs. ------------------------------------------------------------------------ */

/* Takes octets until an event is ready or all are used. Every event must be pulled by next
 * before more is fed (else used is 0), and `input` must stay where it is until then: a line
 * that lies whole in it is not copied. Errors are final: ST_SYNTAX (the peer does not speak
 * IMAP), ST_LIMIT, ST_MEMORY; `fault` says what, in one sentence. */
enum status imap_session_feed(struct imap_session *session, struct bytes input, struct tick now,
    size_t *used_out, struct fault *fault) MUST_USE;
/* ST_AGAIN: feed more. */
enum status imap_session_next(
    struct imap_session *session, struct imap_event *event_out) MUST_USE;
/* What may be sent now, borrowed until the next call on this session; empty: nothing. */
struct bytes imap_session_output(struct imap_session *session);
void imap_session_sent(struct imap_session *session, size_t size, struct tick now);
/* TICK_NEVER when no command is open. When it has passed, the peer is silent or has not got on
 * for too long; a peer that talks without end must be asked for it too. */
struct tick imap_session_deadline(const struct imap_session *session);

/* The peer's end of the stream: ST_OK when no command was open and no response was cut. */
enum status imap_session_end(struct imap_session *session, struct fault *fault) MUST_USE;

/* Queries. -------------------------------------------------------------------------------- */

struct imap_capabilities imap_session_capabilities(const struct imap_session *session);
/* Whether the server has listed capabilities since the last change of state (TLS, log-in). */
bool imap_session_knows_capabilities(const struct imap_session *session);
bool imap_session_is_authenticated(const struct imap_session *session);
/* The text of the greeting, printable, at most 200 octets; lives with the session. Empty behind
 * STARTTLS: what was said in clear must not decide which family the server is of. */
struct bytes imap_session_greeting(const struct imap_session *session);
/* "name" and "version" in its answer to ID, printable, as the greeting; maybe empty. */
struct bytes imap_session_id_name(const struct imap_session *session);
struct bytes imap_session_id_version(const struct imap_session *session);
/* Octets that one message may have by what it announced (APPENDLIMIT); 0: it told none. */
uint64_t imap_session_append_limit(const struct imap_session *session);
/* Who the server is, by its greeting, its answer to ID and what it announces; what was said in
 * clear before STARTTLS does not count. */
enum imap_family imap_session_family(const struct imap_session *session);
/* What another connection to the same server has found: believed until this one tells. */
void imap_session_assume_family(struct imap_session *session, enum imap_family family);
struct imap_quirks imap_session_quirks(const struct imap_session *session);
bool imap_session_has_quirk(const struct imap_session *session, enum imap_quirk quirk);
size_t imap_session_open_commands(const struct imap_session *session);
/* Nothing was received that has not left as an event, and nothing waits to be sent. */
bool imap_session_is_quiet(const struct imap_session *session);

/* Commands. All may be pipelined, except where said. ST_LIMIT: too many open, or the line would
 * be too long; ST_SYNTAX: a value that cannot be said; ST_CONFLICT: not now (an append is not
 * ended, STARTTLS is under way, the session has failed). Nothing is queued then. --------------
 */

enum status imap_session_capability(
    struct imap_session *session, struct imap_command *command_out) MUST_USE;
/* After its OK the owner starts TLS and calls tls_started; nothing else is sent meanwhile. */
enum status imap_session_starttls(
    struct imap_session *session, struct imap_command *command_out) MUST_USE;
/* Forgets all that was heard in clear, the greeting included. ST_CONFLICT if octets came behind
 * the OK (injection). */
enum status imap_session_tls_started(
    struct imap_session *session, struct fault *fault) MUST_USE;

/* The log-in. Nothing else is sent until its completion: what is submitted meanwhile waits.
 * After it capabilities are unknown unless the reply told them. Until then the secret, wherever
 * the server repeats it, is struck out of the trace and of the texts of events; then it is
 * forgotten. --- */

/* Strikes this secret out from now on, until a log-in's completion: a server that heard it over
 * another connection may greet with it. ST_LIMIT: it is longer than any that a log-in takes. */
enum status imap_session_expect_secret(
    struct imap_session *session, struct bytes secret) MUST_USE;

/* The command LOGIN. ST_ABSENT: the server says LOGINDISABLED. ST_SYNTAX: user or password hold
 * what IMAP cannot say. */
enum status imap_session_login(struct imap_session *session, struct bytes user,
    struct bytes password, struct imap_command *command_out) MUST_USE;

struct imap_sasl {
	const char *mechanism; /* "SCRAM-SHA-256" */
	bool has_initial;      /* the client speaks first */
	struct bytes initial;  /* as octets; base64 is done here */
	struct bytes secret; /* what must not be seen if the server repeats it; may be empty */
	/* What the server says would help whoever wants to guess the password. */
	bool conceals_challenges;
};

/* AUTHENTICATE, with the initial response in the same line where SASL-IR is offered. Each
 * challenge is an event; respond or cancel answers it. The octets are copied. */
enum status imap_session_authenticate(struct imap_session *session,
    const struct imap_sasl *sasl, struct imap_command *command_out) MUST_USE;
/* ST_CONFLICT: nothing was asked. */
enum status imap_session_respond(struct imap_session *session, struct bytes response) MUST_USE;
/* "*": the server must end the log-in now; what it asks on is not heard. */
enum status imap_session_cancel(struct imap_session *session) MUST_USE;

/* PROXYAUTH: whoever has logged in becomes `user`. As a log-in. */
enum status imap_session_proxyauth(
    struct imap_session *session, struct bytes user, struct imap_command *command_out) MUST_USE;

/* ID ("name" "godwit" "version" …) */
enum status imap_session_id(struct imap_session *session, struct bytes version,
    struct imap_command *command_out) MUST_USE;
enum status imap_session_namespace(
    struct imap_session *session, struct imap_command *command_out) MUST_USE;
enum status imap_session_enable(
    struct imap_session *session, struct bytes what, struct imap_command *command_out) MUST_USE;

/* LIST "" "*" with as much in RETURN as the capabilities allow: SUBSCRIBED, SPECIAL-USE and, if
 * status_items is not 0 and LIST-STATUS is there, STATUS. */
enum status imap_session_list(struct imap_session *session, uint32_t status_items,
    struct imap_command *command_out) MUST_USE;
enum status imap_session_lsub(
    struct imap_session *session, struct imap_command *command_out) MUST_USE;
/* Folder names are raw: in the server's own encoding and hierarchy. */
enum status imap_session_status(struct imap_session *session, struct bytes name,
    uint32_t status_items, struct imap_command *command_out) MUST_USE;
/* `special_use` of enum imap_attribute, one bit or 0; ignored without CREATE-SPECIAL-USE. */
enum status imap_session_create(struct imap_session *session, struct bytes name,
    uint32_t special_use, struct imap_command *command_out) MUST_USE;
enum status imap_session_subscribe(
    struct imap_session *session, struct bytes name, struct imap_command *command_out) MUST_USE;
/* What it still takes (RFC 9208) and what we may do there (RFC 4314); ST_ABSENT where the
 * server does not offer to tell. */
enum status imap_session_getquotaroot(
    struct imap_session *session, struct bytes name, struct imap_command *command_out) MUST_USE;
enum status imap_session_myrights(
    struct imap_session *session, struct bytes name, struct imap_command *command_out) MUST_USE;
enum status imap_session_select(
    struct imap_session *session, struct bytes name, struct imap_command *command_out) MUST_USE;
enum status imap_session_examine(
    struct imap_session *session, struct bytes name, struct imap_command *command_out) MUST_USE;
/* ST_ABSENT where the server has no UNSELECT: CLOSE would expunge. */
enum status imap_session_unselect(
    struct imap_session *session, struct imap_command *command_out) MUST_USE;
/* UID FETCH set (items); items of enum imap_fetch_item, UID is always asked for. */
enum status imap_session_fetch(struct imap_session *session, const struct range_set *uids,
    uint32_t items, struct imap_command *command_out) MUST_USE;
/* UID STORE set +FLAGS.SILENT (flags); ST_CONFLICT unless the newest SELECT is confirmed and
 * read-write. */
enum status imap_session_add_flags(struct imap_session *session, const struct range_set *uids,
    struct flags flags, struct imap_command *command_out) MUST_USE;
enum status imap_session_noop(
    struct imap_session *session, struct imap_command *command_out) MUST_USE;
enum status imap_session_logout(
    struct imap_session *session, struct imap_command *command_out) MUST_USE;

/* APPEND and MULTIAPPEND. ---------------------------------------------------------------- *
 *
 * begin, then per message: message, its literal octets, …, then end. In between no other
 * command may be begun. Order on the link: all of output, then literal octets, then output
 * again. The literal is non-synchronising where LITERAL+ (or LITERAL- up to 4096 octets) was
 * announced after log-in and the size is below 4 GiB; otherwise a CONTINUE event must come
 * first, and the completion may come in its place: the append is over then. A completion
 * that comes inside a literal that was not asked for leaves the literal to be finished (room
 * goes on) and append_end to be called; or the connection is dropped. */

enum status imap_session_append_begin(
    struct imap_session *session, struct bytes name, struct imap_command *command_out) MUST_USE;
/* flags and date (left out when not known) and the announced size. */
enum status imap_session_append_message(struct imap_session *session, struct flags flags,
    struct mail_date date, uint64_t size) MUST_USE;
/* How many literal octets the link may be given right now: 0 while output is not empty or a
 * continuation is awaited. */
uint64_t imap_session_literal_room(struct imap_session *session);
/* A literal is announced and the server has not yet said that it may come. */
bool imap_session_awaits_continuation(const struct imap_session *session);
/* They were given to the link. octets.size <= room. */
void imap_session_literal_sent(
    struct imap_session *session, struct bytes octets, struct tick now);
/* Every announced octet must have been given: queues the CRLF that ends the command. */
enum status imap_session_append_end(struct imap_session *session) MUST_USE;

#endif
