/* SPDX-License-Identifier: Apache-2.0 */
#include "peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"

static int
listen_somewhere(int backlog, uint16_t *port_out)
{
	struct sockaddr_in address = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	CHECK(listener >= 0);
	CHECK(bind(listener, (const struct sockaddr *)&address, size) == 0);
	CHECK(listen(listener, backlog) == 0);
	CHECK(getsockname(listener, (struct sockaddr *)&address, &size) == 0);
	*port_out = ntohs(address.sin_port);
	return listener;
}

static void *
run(void *argument)
{
	struct peer *peer = argument;

	for (unsigned i = 0; i < peer->connections; i++) {
		struct pollfd ready = {.fd = peer->listener, .events = POLLIN};
		int socket;
		int on = 1;

		if (poll(&ready, 1, 10000) != 1)
			break;
		socket = accept(peer->listener, NULL, NULL);
		CHECK(socket >= 0);
		CHECK(setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0);
		peer->serve(socket, peer->argument);
		CHECK(close(socket) == 0);
	}
	return NULL;
}

void
peer_start(struct peer *peer, unsigned connections, peer_fn serve, void *argument)
{
	*peer = (struct peer){.connections = connections, .serve = serve, .argument = argument};
	peer->listener = listen_somewhere(64, &peer->port);
	CHECK(pthread_create(&peer->thread, NULL, run, peer) == 0);
}

void
peer_stop(struct peer *peer)
{
	CHECK(pthread_join(peer->thread, NULL) == 0);
	CHECK(close(peer->listener) == 0);
}

uint16_t
peer_closed_port(void)
{
	uint16_t port;
	int listener = listen_somewhere(64, &port);

	CHECK(close(listener) == 0);
	return port;
}

uint16_t
peer_full_port(int sockets_out[static 2])
{
	struct sockaddr_in address = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	uint16_t port;

	sockets_out[0] = listen_somewhere(0, &port);
	sockets_out[1] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(sockets_out[1] >= 0);
	address.sin_port = htons(port);
	CHECK(connect(sockets_out[1], (const struct sockaddr *)&address, sizeof(address)) == 0);
	return port;
}

void
peer_write(int socket, const void *octets, size_t size)
{
	const uint8_t *from = octets;

	while (size > 0) {
		ssize_t sent = send(socket, from, size, MSG_NOSIGNAL);

		if (sent < 0)
			return;
		from += sent;
		size -= (size_t)sent;
	}
}

size_t
peer_read(int socket, void *octets, size_t size)
{
	uint8_t *to = octets;
	size_t used = 0;

	while (used < size) {
		ssize_t got = recv(socket, to + used, size - used, 0);

		if (got <= 0)
			break;
		used += (size_t)got;
	}
	return used;
}

void
peer_reset(int socket)
{
	static const struct linger at_once = {.l_onoff = 1, .l_linger = 0};

	CHECK(setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)) == 0);
}
