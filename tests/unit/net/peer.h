/* SPDX-License-Identifier: Apache-2.0
 *
 * tests/unit/net/peer: a server on a loopback socket, run by a thread of its own.
 *
 * Promise  it accepts `connections` times, one after the other, and calls `serve` for each;
 *          gives up after 10 s without one. peer_stop waits for its end.
 */
#ifndef TESTS_UNIT_NET_PEER_H
#define TESTS_UNIT_NET_PEER_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

typedef void (*peer_fn)(int socket, void *argument);

struct peer {
	int listener;
	uint16_t port;
	unsigned connections;
	peer_fn serve;
	void *argument;
	pthread_t thread;
};

void peer_start(struct peer *peer, unsigned connections, peer_fn serve, void *argument);
void peer_stop(struct peer *peer);
/* A port on which nothing listens. */
uint16_t peer_closed_port(void);
/* A port that does not answer: its queue is full. Two sockets to be closed. */
uint16_t peer_full_port(int sockets_out[static 2]);

void peer_write(int socket, const void *octets, size_t size);
/* Reads exactly `size`, or less at the end of the stream. */
size_t peer_read(int socket, void *octets, size_t size);
/* The close that follows resets the connection. */
void peer_reset(int socket);

#endif
