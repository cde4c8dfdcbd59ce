/* SPDX-License-Identifier: Apache-2.0
 *
 * net/dial: from a host's name to a connected socket, one address after the other.
 *
 * Place    private to net/link_tcp.
 * Promise  faults are one sentence that names host and port. Sockets do not block, are closed
 *          on exec and do not delay small writes.
 * Memory   values.
 * Limits   the first DIAL_ADDRESS_MAX addresses of a name, in the resolver's order.
 */
#ifndef NET_DIAL_H
#define NET_DIAL_H

#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/attr.h"
#include "base/fault.h"

enum {
	DIAL_ADDRESS_MAX = 16,
	DIAL_PLACE_SIZE = 280
};

union dial_address {
	struct sockaddr any;
	struct sockaddr_in ipv4;
	struct sockaddr_in6 ipv6;
};

struct dial_addresses {
	unsigned count;
	union dial_address list[DIAL_ADDRESS_MAX];
};

/* Blocks while a name is resolved; not for an address. */
enum status dial_resolve(const char *host, uint16_t port, struct dial_addresses *addresses_out,
    struct fault *fault) MUST_USE;

/* ST_OK: connected. ST_AGAIN: look when the socket is writable. ST_IO: *error_out is an errno,
 * and there is no socket. */
enum status dial_open(
    const union dial_address *address, int *socket_out, int *error_out) MUST_USE;
/* What was read is acknowledged now. The kernel would wait for something to send, and some
 * servers do not write on before they see it (Nagle's algorithm). */
void dial_acknowledge(int socket);
/* Of a socket that became writable after ST_AGAIN: 0 when it is connected, else an errno. */
int dial_error(int socket);

/* Why `host` could not be reached; `tried` addresses, the last of which failed with `error`. */
enum status dial_fault(
    struct fault *fault, const char *host, uint16_t port, int error, unsigned tried);
/* ETIMEDOUT of our own making. */
enum status dial_timeout_fault(
    struct fault *fault, const char *host, uint16_t port, int64_t timeout_us, unsigned tried);
/* A connection that was there and broke. */
enum status dial_broken_fault(struct fault *fault, const char *host, uint16_t port, int error);

/* "imap.example.org:993", "[2001:db8::1]:993"; safe for a terminal. */
const char *dial_place(const char *host, uint16_t port, char out[static DIAL_PLACE_SIZE]);

#endif
