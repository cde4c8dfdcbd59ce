/* SPDX-License-Identifier: Apache-2.0
 *
 * endpoint/imap: one IMAP connection of one side: wire/imap's session over a link of net.
 *
 * Place    pass drives it from a fiber: submit commands on the session, then pull events.
 * Promise  a connection that breaks inside a response or with a command open is a fault, never
 *          an end. Passwords leave only after the rules of account.h about encryption are met.
 * Memory   owned; closed by endpoint_close. Event slices are borrowed until the next call on
 *          the endpoint, and never over a wait.
 */
#ifndef ENDPOINT_IMAP_H
#define ENDPOINT_IMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/fault.h"
#include "base/tick.h"
#include "endpoint/verdict.h"
#include "mail/account.h"
#include "wire/imap/event.h"
#include "wire/imap/server/quirk.h"
#include "wire/imap/session.h"

struct endpoint;
struct fiber_source;
struct secret;
struct world;

struct endpoint_settings {
	const struct account *account;
	const struct secret *password;
	enum imap_family family;          /* found by an earlier connection of the account */
	struct imap_capabilities without; /* switched off, whatever the server says */
	/* Octets of the trace; NULL: none. */
	void (*trace)(void *argument, struct bytes lines);
	void *trace_argument;
};

/* Connects, encrypts, logs in and learns the capabilities. Waits on the running fiber. Settings
 * are borrowed as long as the endpoint lives. */
enum status endpoint_open(struct world *world, const struct endpoint_settings *settings,
    struct endpoint **endpoint_out, struct fault *fault) MUST_USE;
/* Says LOGOUT and leaves without waiting for the answer; abruptly: drops the connection.
 * NULLs the pointer; NULL is fine. */
void endpoint_close(struct endpoint **endpoint, bool is_abrupt);

struct imap_session *endpoint_session(struct endpoint *endpoint);
bool endpoint_can(const struct endpoint *endpoint, enum imap_capability capability);
bool endpoint_has_quirk(const struct endpoint *endpoint, enum imap_quirk quirk);
enum imap_family endpoint_family(const struct endpoint *endpoint);
/* "TLSv1.3, …" or "no encryption". */
const char *endpoint_security_text(const struct endpoint *endpoint);
bool endpoint_is_encrypted(const struct endpoint *endpoint);

/* How we logged in, such as "SCRAM-SHA-256"; "already logged in" where nothing was asked. */
const char *endpoint_login_text(const struct endpoint *endpoint);

/* Opens a folder to read it: by EXAMINE, or by SELECT where EXAMINE shows what is not kept. */
enum status endpoint_examine(struct endpoint *endpoint, struct bytes raw_name,
    struct imap_command *command_out) MUST_USE;

/* Sends what waits and returns the next event; ST_AGAIN: nothing now, wait for the source. At
 * most `input_max` octets of input are looked at, so that body data never outgrows its ring. */
enum status endpoint_next(struct endpoint *endpoint, size_t input_max,
    struct imap_event *event_out, struct fault *fault) MUST_USE;
/* Sends what waits. */
void endpoint_flush(struct endpoint *endpoint);
/* Literal octets, as many as can go now; returns how many went. */
size_t endpoint_write_literal(struct endpoint *endpoint, struct bytes octets);

/* Signaled when next, flush or write_literal may do more. */
struct fiber_source *endpoint_source(struct endpoint *endpoint);
/* When it has passed, the peer is silent for too long: endpoint_silence is the fault. */
struct tick endpoint_deadline(const struct endpoint *endpoint);
enum status endpoint_silence(const struct endpoint *endpoint, struct fault *fault);

/* For straight-line code: waits for the next event on this endpoint alone. */
enum status endpoint_wait_event(
    struct endpoint *endpoint, struct imap_event *event_out, struct fault *fault) MUST_USE;
/* Waits until `command` is done; other events are dropped. The completion's slices are borrowed
 * as an event's. ST_OK whatever its result. */
enum status endpoint_wait_done(struct endpoint *endpoint, struct imap_command command,
    struct imap_completion *completion_out, struct fault *fault) MUST_USE;

/* How many bursts were sent while no command was open: what was waited for. */
uint64_t endpoint_waits(const struct endpoint *endpoint);

/* What a NO or BAD, said in this phase, means. */
struct imap_verdict endpoint_verdict(const struct endpoint *endpoint, enum imap_phase phase,
    const struct imap_completion *completion);
/* The same as a fault: "The destination refused to create this folder: … – what to do". */
enum status endpoint_refusal(const struct endpoint *endpoint, enum imap_phase phase,
    const char *what, const struct imap_completion *completion, enum fault_scope scope,
    struct fault *fault);

/* The UIDs that an APPEND got, in the order of its messages; 0 when the server does not tell,
 * or tells of another UIDVALIDITY, or of more than `count_max`. */
size_t endpoint_append_uids(const struct imap_completion *completion, uint32_t uidvalidity,
    uint32_t *uids, size_t count_max);

#endif
