/* SPDX-License-Identifier: Apache-2.0
 *
 * A connection turns like this: finish a handshake; give the machine what came; take what it
 * says; then do with the socket what the machine's link wants.
 */
#include "modelserver/service.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <openssl/err.h>

enum {
	PIECE_SIZE = 65536,
	ROUNDS_MAX = 64,
	TURN_OCTETS = 1024 * 1024, /* then others get their turn */
	LINGER_S = 2
};

struct connection {
	struct service *service;
	struct connection *next;
	struct connection **place; /* what points to this one */
	struct model_server *server;
	SSL *ssl; /* NULL: in clear */
	bool is_shaking_hands;
	bool is_over;      /* the client ended its stream */
	bool is_lingering; /* we ended ours and wait for the client's end */
	bool wants_write;  /* TLS needs to write before it can go on */
	int fd;
	struct event *readable;
	struct event *writable;
	struct event *timer;
	uint8_t input[PIECE_SIZE];
	size_t start, size; /* of what the machine has not taken */
};

static struct tick
clock_now(const struct service *service)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (struct tick){now.tv_sec * 1000000 + now.tv_nsec / 1000 - service->started.us};
}

static void
connection_free(struct connection *connection, bool is_reset)
{
	struct linger linger = {.l_onoff = 1, .l_linger = 0};

	if (is_reset)
		(void)setsockopt(
		    connection->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	*connection->place = connection->next;
	if (connection->next != NULL)
		connection->next->place = connection->place;
	SSL_free(connection->ssl);
	event_free(connection->readable);
	event_free(connection->writable);
	event_free(connection->timer);
	(void)close(connection->fd);
	model_server_free(&connection->server);
	free(connection);
}

/* What an SSL call wants: true when it is to be tried again later. */
static bool
tls_waits(struct connection *connection, int result)
{
	int error = SSL_get_error(connection->ssl, result);

	ERR_clear_error();
	connection->wants_write = error == SSL_ERROR_WANT_WRITE;
	return error == SSL_ERROR_WANT_WRITE || error == SSL_ERROR_WANT_READ;
}

/* >0: octets; 0: the end; <0: nothing now. A broken connection is an end. */
static ssize_t
receive(struct connection *connection, uint8_t *room, size_t size)
{
	ssize_t got;

	if (connection->ssl != NULL) {
		int result = SSL_read(connection->ssl, room, (int)size);

		if (result > 0)
			return result;
		return tls_waits(connection, result) ? -1 : 0;
	}
	got = recv(connection->fd, room, size, 0);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return -1;
	return got < 0 ? 0 : got;
}

/* >=0: octets; <0: nothing now. *is_broken: never again. */
static ssize_t
transmit(struct connection *connection, struct bytes octets, bool *is_broken)
{
	ssize_t sent;

	if (connection->ssl != NULL) {
		int result = SSL_write(connection->ssl, octets.data, (int)octets.size);

		if (result > 0)
			return result;
		*is_broken = !tls_waits(connection, result);
		return -1;
	}
	sent = send(connection->fd, octets.data, octets.size, MSG_NOSIGNAL);
	if (sent >= 0)
		return sent;
	*is_broken = errno != EAGAIN && errno != EINTR;
	return -1;
}

/* True: the machine took something. */
static bool
take_input(struct connection *connection, struct tick now)
{
	size_t used = 0;

	if (connection->size == 0 && !connection->is_over) {
		ssize_t got = receive(connection, connection->input, PIECE_SIZE);

		if (got > 0) {
			connection->start = 0;
			connection->size = (size_t)got;
		}
		connection->is_over = got == 0;
	}
	if (connection->size > 0) {
		model_server_feed(connection->server,
		    bytes_of(connection->input + connection->start, connection->size), now,
		    &used);
		connection->start += used;
		connection->size -= used;
	}
	if (connection->is_over && connection->size == 0)
		model_server_eof(connection->server, now);
	return used > 0;
}

enum flow {
	FLOW_GONE,    /* all that was said is sent */
	FLOW_WAITING, /* the machine's clock holds it back */
	FLOW_BLOCKED, /* the socket takes no more now, or others have their turn */
	FLOW_BROKEN,
};

static enum flow
give_output(struct connection *connection)
{
	size_t total = 0;

	while (total < TURN_OCTETS) {
		struct tick now = clock_now(connection->service);
		struct bytes output = model_server_output(connection->server, now);
		bool is_broken = false;
		ssize_t sent;

		if (output.size == 0)
			return model_server_has_output(connection->server) ? FLOW_WAITING
									   : FLOW_GONE;
		sent = transmit(connection, output, &is_broken);
		if (sent < 0)
			return is_broken ? FLOW_BROKEN : FLOW_BLOCKED;
		model_server_sent(connection->server, (size_t)sent, now);
		total += (size_t)sent;
	}
	return FLOW_BLOCKED;
}

/* Input and output by turns: room in the output is what the rest of the input waits for. */
static enum flow
work(struct connection *connection)
{
	for (int round = 0; round < ROUNDS_MAX; round++) {
		bool took = take_input(connection, clock_now(connection->service));
		enum flow flow = give_output(connection);

		if (flow != FLOW_GONE || !took || connection->size == 0)
			return flow;
	}
	return FLOW_BLOCKED;
}

static void
start_tls(struct connection *connection)
{
	connection->ssl = SSL_new(connection->service->tls);
	if (connection->ssl == NULL || SSL_set_fd(connection->ssl, connection->fd) != 1) {
		connection->is_over = true;
		return;
	}
	SSL_set_accept_state(connection->ssl);
	connection->is_shaking_hands = true;
	/* What came in clear behind STARTTLS is no part of the handshake, and is forgotten. */
	connection->size = 0;
}

/* True: it is done; false: it goes on, or the connection is gone. */
static bool
shake_hands(struct connection *connection, bool *is_broken)
{
	int result = SSL_do_handshake(connection->ssl);

	if (result != 1) {
		*is_broken = !tls_waits(connection, result);
		return false;
	}
	connection->is_shaking_hands = false;
	if (model_server_link(connection->server) == MODEL_LINK_TLS)
		model_server_tls_started(connection->server, clock_now(connection->service));
	return true;
}

static void
end_stream(struct connection *connection, bool is_orderly)
{
	if (connection->ssl != NULL && is_orderly)
		(void)SSL_shutdown(connection->ssl);
	ERR_clear_error();
	(void)shutdown(connection->fd, SHUT_WR);
	connection->is_lingering = true;
}

static void
arm(struct connection *connection, bool is_blocked)
{
	struct service *service = connection->service;
	struct tick deadline = model_server_deadline(connection->server);
	struct tick now = clock_now(service);
	struct timeval delay = {.tv_sec = LINGER_S};

	(void)event_del(connection->readable);
	(void)event_del(connection->writable);
	(void)event_del(connection->timer);
	if (connection->size == 0 && !connection->is_over)
		(void)event_add(connection->readable, NULL);
	if (connection->wants_write || (is_blocked && !connection->is_shaking_hands))
		(void)event_add(connection->writable, NULL);
	/* Octets that TLS has decrypted already make no socket readable. */
	if (connection->ssl != NULL && connection->size == 0 && !connection->is_over &&
	    SSL_pending(connection->ssl) > 0)
		event_active(connection->readable, EV_READ, 0);
	if (connection->is_lingering) {
		(void)event_add(connection->timer, &delay);
	} else if (deadline.us != INT64_MAX) {
		int64_t wait_us = deadline.us > now.us ? deadline.us - now.us : 0;

		delay.tv_sec = wait_us / 1000000;
		delay.tv_usec = wait_us % 1000000;
		(void)event_add(connection->timer, &delay);
	}
}

/* After our end: read until the client's, so that the kernel sends no RST for us. */
static void
linger(struct connection *connection, short what)
{
	uint8_t waste[2048];
	ssize_t got = -1;

	if ((what & EV_TIMEOUT) == 0) {
		do {
			got = recv(connection->fd, waste, sizeof(waste), 0);
		} while (got > 0);
	}
	if (got == 0 || (what & EV_TIMEOUT) != 0 || (errno != EAGAIN && errno != EINTR))
		connection_free(connection, false);
	else
		arm(connection, false);
}

/* What the machine's link asks for, once its output is gone. False: the connection is gone. */
static bool
follow_link(struct connection *connection, bool is_drained)
{
	switch (model_server_link(connection->server)) {
	case MODEL_LINK_OPEN:
		return true;
	case MODEL_LINK_RESET:
		connection_free(connection, true);
		return false;
	case MODEL_LINK_HALF_OPEN:
		(void)event_del(connection->readable);
		(void)event_del(connection->writable);
		(void)event_del(connection->timer);
		return false;
	case MODEL_LINK_TLS:
		if (is_drained && !connection->is_shaking_hands)
			start_tls(connection);
		return true;
	case MODEL_LINK_SHUT:
	case MODEL_LINK_DROP:
		if (is_drained)
			end_stream(connection,
			    model_server_link(connection->server) == MODEL_LINK_SHUT);
		return true;
	}
	return true;
}

static void
turn(evutil_socket_t fd, short what, void *context)
{
	struct connection *connection = context;
	bool is_broken = false;
	enum flow flow = FLOW_GONE;

	(void)fd;
	connection->wants_write = false;
	if (connection->is_lingering) {
		linger(connection, what);
		return;
	}
	if (!connection->is_shaking_hands || shake_hands(connection, &is_broken)) {
		flow = work(connection);
		is_broken = flow == FLOW_BROKEN;
		if (!is_broken && !follow_link(connection, flow == FLOW_GONE))
			return;
		if (connection->is_shaking_hands)
			(void)shake_hands(connection, &is_broken);
	}
	if (is_broken)
		connection_free(connection, false);
	else
		arm(connection, flow == FLOW_BLOCKED);
}

static void
welcome(evutil_socket_t listener, short what, void *context)
{
	struct service *service = context;
	struct connection *connection;
	int one = 1;
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)what;
	if (fd < 0)
		return;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	connection = calloc(1, sizeof(*connection));
	if (connection == NULL ||
	    model_server_new(&service->options, clock_now(service), &connection->server) !=
		ST_OK) {
		free(connection);
		(void)close(fd);
		return;
	}
	connection->service = service;
	connection->fd = fd;
	connection->readable = event_new(service->base, fd, EV_READ, turn, connection);
	connection->writable = event_new(service->base, fd, EV_WRITE, turn, connection);
	connection->timer = event_new(service->base, -1, 0, turn, connection);
	connection->place = &service->connections;
	connection->next = service->connections;
	if (connection->next != NULL)
		connection->next->place = &connection->next;
	service->connections = connection;
	if (service->tls != NULL && !service->starts_tls)
		start_tls(connection);
	turn(fd, 0, connection);
}

static void
finish(evutil_socket_t number, short what, void *context)
{
	(void)number;
	(void)what;
	(void)event_base_loopbreak(context);
}

enum status
service_run(struct service *service, int fd)
{
	struct event *listener, *term, *interrupt;

	service->base = event_base_new();
	if (service->base == NULL)
		return ST_MEMORY;
	service->started.us = 0;
	service->started = clock_now(service);
	listener = event_new(service->base, fd, EV_READ | EV_PERSIST, welcome, service);
	term = evsignal_new(service->base, SIGTERM, finish, service->base);
	interrupt = evsignal_new(service->base, SIGINT, finish, service->base);
	(void)event_add(listener, NULL);
	(void)event_add(term, NULL);
	(void)event_add(interrupt, NULL);
	(void)event_base_dispatch(service->base);
	while (service->connections != NULL)
		connection_free(service->connections, false);
	event_free(listener);
	event_free(term);
	event_free(interrupt);
	event_base_free(service->base);
	return ST_OK;
}
