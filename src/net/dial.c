/* SPDX-License-Identifier: Apache-2.0 */
#include "net/dial.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct fault_kind network = {ST_IO, CAUSE_NETWORK, FAULT_ENDPOINT, RETRY_LATER};

const char *
dial_place(const char *host, uint16_t port, char out[static DIAL_PLACE_SIZE])
{
	char quoted[FAULT_QUOTE_SIZE];
	bool is_ipv6 = strchr(host, ':') != NULL;

	fault_quote(bytes_of_string(host), quoted);
	snprintf(out, DIAL_PLACE_SIZE, is_ipv6 ? "[%s]:%u" : "%s:%u", quoted, (unsigned)port);
	return out;
}

/* --- Resolving. --- */

static enum status
resolve_fault(struct fault *fault, const char *host, uint16_t port, int code)
{
	char place[DIAL_PLACE_SIZE];

	dial_place(host, port, place);
	switch (code) {
	case EAI_NONAME:
	case EAI_NODATA:
		return fault_set(fault, network,
		    "The host of %s is not known: its name has no address.", place);
	case EAI_AGAIN:
		return fault_set(fault, network,
		    "The host of %s could not be looked up: no name server answered.", place);
	case EAI_SYSTEM:
		return fault_set(fault, network, "The host of %s could not be looked up: %s.",
		    place, strerror(errno));
	default:
		return fault_set(fault, network, "The host of %s could not be looked up: %s.",
		    place, gai_strerror(code));
	}
}

static void
add_address(struct dial_addresses *addresses, const struct addrinfo *info)
{
	union dial_address *address = &addresses->list[addresses->count];

	if (addresses->count >= DIAL_ADDRESS_MAX || info->ai_addrlen > sizeof(*address))
		return;
	if (info->ai_family != AF_INET && info->ai_family != AF_INET6)
		return;
	memset(address, 0, sizeof(*address));
	memcpy(address, info->ai_addr, info->ai_addrlen);
	addresses->count++;
}

enum status
dial_resolve(
    const char *host, uint16_t port, struct dial_addresses *addresses_out, struct fault *fault)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
	struct dial_addresses addresses = {0};
	struct addrinfo *list = NULL;
	char service[8];
	int code;

	snprintf(service, sizeof(service), "%u", (unsigned)port);
	code = getaddrinfo(host, service, &hints, &list);
	if (code != 0)
		return resolve_fault(fault, host, port, code);
	for (const struct addrinfo *info = list; info != NULL; info = info->ai_next)
		add_address(&addresses, info);
	freeaddrinfo(list);
	if (addresses.count == 0)
		return resolve_fault(fault, host, port, EAI_NONAME);
	*addresses_out = addresses;
	return ST_OK;
}

/* --- Connecting. --- */

static socklen_t
address_size(const union dial_address *address)
{
	return address->any.sa_family == AF_INET ? sizeof(address->ipv4)
						 : sizeof(address->ipv6);
}

enum status
dial_open(const union dial_address *address, int *socket_out, int *error_out)
{
	int fd = socket(
	    address->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
	int on = 1;

	if (fd < 0) {
		*error_out = errno;
		return ST_IO;
	}
	/* Without it a command waits 40 ms for the peer's delayed acknowledgement. Failing
	 * costs speed only. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	if (connect(fd, &address->any, address_size(address)) == 0) {
		*socket_out = fd;
		return ST_OK;
	}
	if (errno == EINPROGRESS) {
		*socket_out = fd;
		return ST_AGAIN;
	}
	*error_out = errno;
	close(fd);
	return ST_IO;
}

void
dial_acknowledge(int socket)
{
	static const int on = 1;

	/* It holds until something is sent. */
	(void)setsockopt(socket, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));
}

int
dial_error(int socket)
{
	socklen_t size = sizeof(int);
	int error = 0;

	if (getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
		return errno;
	return error;
}

/* --- Sentences. --- */

/* " (the last of 3 addresses)" */
static const char *
last_of(unsigned tried, char out[static 48])
{
	out[0] = 0;
	if (tried > 1)
		snprintf(out, 48, " (the last of %u addresses)", tried);
	return out;
}

enum status
dial_fault(struct fault *fault, const char *host, uint16_t port, int error, unsigned tried)
{
	char place[DIAL_PLACE_SIZE];
	char which[48];

	dial_place(host, port, place);
	last_of(tried, which);
	switch (error) {
	case ECONNREFUSED:
		return fault_set(fault, network,
		    "%s refused the connection%s: nothing listens there.", place, which);
	case ENETUNREACH:
	case EHOSTUNREACH:
	case EADDRNOTAVAIL:
		return fault_set(
		    fault, network, "%s cannot be reached from here%s.", place, which);
	case ECONNRESET:
		return fault_set(
		    fault, network, "%s accepted the connection and broke it%s.", place, which);
	case ETIMEDOUT:
		return fault_set(fault, network, "%s did not answer%s.", place, which);
	default:
		return fault_set(fault, network, "Connecting to %s failed%s: %s.", place, which,
		    strerror(error));
	}
}

enum status
dial_timeout_fault(
    struct fault *fault, const char *host, uint16_t port, int64_t timeout_us, unsigned tried)
{
	static const struct fault_kind timeout = {
	    ST_TIMEOUT, CAUSE_NETWORK, FAULT_ENDPOINT, RETRY_LATER};
	char place[DIAL_PLACE_SIZE];
	char which[48];

	return fault_set(fault, timeout, "%s did not answer within %g s%s.",
	    dial_place(host, port, place), (double)timeout_us / 1e6, last_of(tried, which));
}

enum status
dial_broken_fault(struct fault *fault, const char *host, uint16_t port, int error)
{
	char place[DIAL_PLACE_SIZE];

	dial_place(host, port, place);
	switch (error) {
	case ECONNRESET:
	case EPIPE:
		return fault_set(fault, network, "%s broke the connection.", place);
	case ETIMEDOUT:
		return fault_set(
		    fault, network, "%s no longer answers; the connection is lost.", place);
	default:
		return fault_set(fault, network, "The connection to %s is lost: %s.", place,
		    strerror(error));
	}
}
