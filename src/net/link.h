/* SPDX-License-Identifier: Apache-2.0
 *
 * net/link: one connection with bounded buffers on both sides.
 *
 * Place    fibers read and write it; a world moves the octets. The real one speaks TCP and TLS,
 *          the simulated one is a pair of pipes.
 * Promise  reading pauses by itself at LINK_INPUT_SIZE_MAX and resumes when the input is
 *          consumed. What was written leaves in order. A write never blocks: it takes what
 *          fits. Octets received before a failure are readable after it.
 * Memory   input and output buffers are owned and freed by link_close.
 */
#ifndef NET_LINK_H
#define NET_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "base/fault.h"
#include "base/tick.h"

struct fiber_source;
struct link;
struct world;

enum {
	LINK_INPUT_SIZE_MAX = 131072,
	LINK_OUTPUT_SIZE_MAX = 262144,
	LINK_PIN_SIZE = 32
};

enum link_security {
	LINK_PLAIN,
	LINK_TLS, /* from the first octet */
};

struct link_tls {
	const char *ca_path; /* PEM file of trusted roots; NULL: the system's */
	bool has_pin;        /* then the SPKI's SHA-256 decides, and nothing else */
	uint8_t pin[LINK_PIN_SIZE];
	bool allows_old; /* TLS 1.0 and 1.1, with the ciphers of their time */
};

struct link_target {
	const char *host; /* a name or an address; also what the certificate must be for */
	uint16_t port;
	enum link_security security;
	struct link_tls tls;
	int64_t connect_timeout_us;   /* for each address */
	int64_t handshake_timeout_us; /* from the connection to the end of the TLS handshake */
};

/* A link may go from LINK_CONNECTING to LINK_SHUT between two looks, with input. */
enum link_state {
	LINK_CONNECTING, /* resolved, dialling or shaking hands */
	LINK_OPEN,
	LINK_SHUT,   /* the peer ended its stream in an orderly way; input may remain */
	LINK_FAILED, /* link_fault says why; input may remain */
};

/* Starts connecting to `target` (its strings are copied; its timeouts are above 0). Names were
 * resolved when this returns: on the loop's stack, at start-up, each time anew; on a fiber the
 * addresses of the last time serve, and only a name never seen before blocks the process. A
 * later failure shows as LINK_FAILED. Fails at once when the name has no address. */
enum status link_dial(struct world *world, const struct link_target *target,
    struct link **link_out, struct fault *fault) MUST_USE;

/* After a STARTTLS OK: shakes hands on the same connection, back to LINK_CONNECTING.
 * ST_CONFLICT if input is there that came in clear. */
enum status link_start_tls(struct link *link, struct fault *fault) MUST_USE;

enum link_state link_state(const struct link *link);
/* Filled when LINK_FAILED; empty before. */
const struct fault *link_fault(const struct link *link);
/* After a certificate was refused: the pin under which it would have been taken, as 64
 * hexadecimal digits, for the caller's sentence "To trust exactly this certificate, add
 * --source-pin sha256:…". Else NULL. */
const char *link_pin_offered(const struct link *link);
/* LINK_SHUT without TLS's farewell: whoever cut the connection may have cut off its end. A
 * clear-text connection cannot tell and says false. */
bool link_is_truncated(const struct link *link);

/* Signaled when the state changed, input came, or the output fell below half of its size. */
struct fiber_source *link_source(struct link *link);

/* All that was received and not consumed, contiguous; borrowed until the next call or wait. */
struct bytes link_input(const struct link *link);
void link_consume(struct link *link, size_t size);

size_t link_output_room(const struct link *link);
/* Copies as much as fits, returns how much; nothing is taken unless LINK_OPEN. */
size_t link_write(struct link *link, struct bytes octets);
/* Octets written that the operating system has not taken yet. */
size_t link_output_size(const struct link *link);

/* Bursts written while the peer had answered everything are counted by the owner, octets here.
 */
uint64_t link_octets_received(const struct link *link);
uint64_t link_octets_sent(const struct link *link);

/* Drops the connection: at once and without farewell when `is_abrupt`, else after an orderly
 * TLS end. NULLs the pointer; NULL is fine. */
void link_close(struct link **link, bool is_abrupt);

/* For the report: "TLSv1.3, certificate of imap.example.org", "no encryption". Lives with it.
 */
const char *link_security_text(const struct link *link);

#endif
