/* SPDX-License-Identifier: Apache-2.0
 *
 * net/tls: the client side of TLS on a connected socket that does not block.
 *
 * Place    private to net/link_tcp. OpenSSL reads and writes the socket itself.
 * Promise  TLS 1.2 or later, unless the target allows older ones, with SNI. Nothing is written
 *          before the certificate was taken: by its chain and name, or, with a pin, by the pin
 *          alone. OpenSSL's error queue is empty after every call. Every call that does work is
 *          made on the loop's stack.
 * Memory   tls_free and tls_context_free end what they made. The socket stays the caller's.
 */
#ifndef NET_TLS_H
#define NET_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "base/fault.h"

struct link_target;
struct tls;
struct tls_context;

/* Trusted roots, read from `ca_path` or, when it is NULL, from where the system keeps them. */
enum status tls_context_new(
    const char *ca_path, struct tls_context **context_out, struct fault *fault) MUST_USE;
void tls_context_free(struct tls_context **context);

/* `target` is borrowed until tls_free. */
enum status tls_new(struct tls_context *context, int socket, const struct link_target *target,
    struct tls **tls_out, struct fault *fault) MUST_USE;
void tls_free(struct tls **tls);

enum tls_step {
	TLS_DONE,
	TLS_WANTS_READ,  /* again when the socket is readable */
	TLS_WANTS_WRITE, /* again when it is writable; also out of tls_read */
	TLS_ENDED,       /* the peer said farewell; out of tls_read only */
	TLS_CUT,         /* the connection ended without it; out of tls_read only */
	TLS_FAILED,      /* the fault says why */
};

enum tls_step tls_handshake(struct tls *tls, struct fault *fault) MUST_USE;
/* At most one record. */
enum tls_step tls_read(struct tls *tls, uint8_t *room, size_t size, size_t *size_out,
    struct fault *fault) MUST_USE;
/* Part of `octets` may be taken; after TLS_WANTS_… offer at least the same again. */
enum tls_step tls_write(
    struct tls *tls, struct bytes octets, size_t *size_out, struct fault *fault) MUST_USE;
/* Says farewell as far as the socket takes it now. */
void tls_end(struct tls *tls);

/* After the handshake: "TLSv1.3, certificate of imap.example.org". */
void tls_describe(const struct tls *tls, char *out, size_t size);
/* After a certificate was refused: its pin, 64 hexadecimal digits; else "". */
const char *tls_pin_offered(const struct tls *tls);

#endif
