/* SPDX-License-Identifier: Apache-2.0
 *
 * delay --target PORT --rtt-ms MS: a proxy that puts a server far away. It prints its own port,
 * runs until SIGTERM and then prints what it has seen as JSON.
 *
 * It delays and does not throttle: each read octet is due half a round trip later and then goes
 * at once, whatever its number. Only a server that does not read is felt by the client, once
 * HELD_MAX_BYTES are under way. The handshake costs what it costs over a long line: the server
 * hears of a connection one and a half round trips after the client has asked for it, because
 * it greets when the third packet is there.
 *
 * A turn is what a client that waits for replies does: it says something after the server has
 * spoken, and it had been silent for a round trip at least. A burst leaves the silence out, so
 * that a client that streams and reads replies at the same time has many.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	HELD_MAX_BYTES = 64 << 20,
	READ_BYTES = 256 << 10,
	BLOCK_THRESHOLD = 32 << 20
};

struct block {
	struct block *next;
	int64_t due_ns;
	size_t size;
	size_t sent;
	char octets[];
};

/* One direction. The end of input is a block without octets. */
struct lane {
	struct block *first;
	struct block *last;
	size_t held;
	uint64_t octets;
	bool is_ended;   /* nothing more will be read */
	bool is_blocked; /* the reader's socket is full */
};

struct pair {
	int client;
	int server; /* -1 until it is time to connect */
	int64_t connect_ns;
	int64_t client_spoke_ns;
	bool server_spoke; /* since the client did */
	uint64_t turns;
	uint64_t bursts;
	struct lane up;
	struct lane down;
};

struct proxy {
	unsigned target;
	int64_t rtt_ns;
	struct pair *pairs; /* all that ever were: the report names each */
	size_t count;
	struct pollfd *polls; /* listener, signals, then two a pair */
	int64_t next_ns;      /* the earliest moment at which something is due */
};

static void
die(const char *what)
{
	fprintf(stderr, "delay: %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

static int64_t
now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int
open_socket(void)
{
	const int on = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0)
		die("socket");
	return fd;
}

static int
listen_somewhere(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t size = sizeof(address);
	int fd = open_socket();

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (struct sockaddr *)&address, size) != 0 || listen(fd, 512) != 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &size) != 0)
		die("listen");
	printf("%u\n", (unsigned)ntohs(address.sin_port));
	fflush(stdout);
	return fd;
}

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void
drop_lane(struct lane *lane)
{
	while (lane->first != NULL) {
		struct block *block = lane->first;

		lane->first = block->next;
		free(block);
	}
	lane->last = NULL;
	lane->held = 0;
	lane->is_ended = true;
}

static void
end_pair(struct pair *pair)
{
	close_fd(&pair->client);
	close_fd(&pair->server);
	drop_lane(&pair->up);
	drop_lane(&pair->down);
}

static void
add_block(struct lane *lane, const char *octets, size_t size, int64_t due_ns)
{
	struct block *block = malloc(sizeof(*block) + size);

	if (block == NULL)
		die("memory");
	*block = (struct block){.due_ns = due_ns, .size = size};
	memcpy(block->octets, octets, size);
	if (lane->last != NULL)
		lane->last->next = block;
	else
		lane->first = block;
	lane->last = block;
	lane->held += size;
	lane->octets += size;
}

static void
count_turn(struct proxy *proxy, struct pair *pair, int64_t now)
{
	if (pair->server_spoke) {
		pair->bursts++;
		pair->turns += now - pair->client_spoke_ns >= proxy->rtt_ns;
	}
	pair->server_spoke = false;
	pair->client_spoke_ns = now;
}

static void
read_side(struct proxy *proxy, struct pair *pair, bool is_up)
{
	static char octets[READ_BYTES];
	struct lane *lane = is_up ? &pair->up : &pair->down;
	int64_t now = now_ns();
	ssize_t size;

	if (lane->is_ended)
		return;
	size = recv(is_up ? pair->client : pair->server, octets, sizeof(octets), MSG_DONTWAIT);
	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (size < 0) {
		end_pair(pair);
		return;
	}
	if (size == 0)
		lane->is_ended = true;
	else if (is_up)
		count_turn(proxy, pair, now);
	add_block(lane, octets, (size_t)size, now + proxy->rtt_ns / 2);
}

/* Sends what is due; false when the connection is broken. */
static bool
write_block(struct pair *pair, struct lane *lane, int fd)
{
	struct block *block = lane->first;
	ssize_t size = 0;

	if (block->size == 0) {
		shutdown(fd, SHUT_WR);
	} else {
		size = send(fd, block->octets + block->sent, block->size - block->sent,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
		if (size < 0 && errno != EAGAIN && errno != EINTR)
			return false;
		if (size < 0) {
			lane->is_blocked = true;
			return true;
		}
	}
	if (lane == &pair->down && size > 0)
		pair->server_spoke = true;
	block->sent += (size_t)size;
	lane->held -= (size_t)size;
	if (block->sent == block->size) {
		lane->first = block->next;
		lane->last = lane->first == NULL ? NULL : lane->last;
		free(block);
	}
	return true;
}

static void
write_side(struct proxy *proxy, struct pair *pair, bool is_up, int64_t now)
{
	struct lane *lane = is_up ? &pair->up : &pair->down;
	int fd = is_up ? pair->server : pair->client;

	lane->is_blocked = false;
	while (
	    fd >= 0 && lane->first != NULL && lane->first->due_ns <= now && !lane->is_blocked) {
		if (!write_block(pair, lane, fd)) {
			end_pair(pair);
			return;
		}
	}
	if (lane->first != NULL && !lane->is_blocked && lane->first->due_ns < proxy->next_ns)
		proxy->next_ns = lane->first->due_ns;
}

static void
connect_pair(struct proxy *proxy, struct pair *pair)
{
	struct sockaddr_in address = {.sin_family = AF_INET};

	address.sin_port = htons((uint16_t)proxy->target);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	pair->server = open_socket();
	if (connect(pair->server, (struct sockaddr *)&address, sizeof(address)) != 0)
		end_pair(pair);
}

static void
move_pair(struct proxy *proxy, struct pair *pair, int64_t now)
{
	if (pair->client < 0)
		return;
	if (pair->server < 0 && now < pair->connect_ns) {
		if (pair->connect_ns < proxy->next_ns)
			proxy->next_ns = pair->connect_ns;
		return;
	}
	if (pair->server < 0)
		connect_pair(proxy, pair);
	write_side(proxy, pair, true, now);
	write_side(proxy, pair, false, now);
	if (pair->client >= 0 && pair->up.is_ended && pair->down.is_ended &&
	    pair->up.first == NULL && pair->down.first == NULL)
		end_pair(pair);
}

static void
take_client(struct proxy *proxy, int listener)
{
	const int on = 1;
	int fd = accept(listener, NULL, NULL);
	struct pair *pair;

	if (fd < 0)
		return;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	proxy->count++;
	proxy->pairs = realloc(proxy->pairs, proxy->count * sizeof(*proxy->pairs));
	proxy->polls = realloc(proxy->polls, (2 + 2 * proxy->count) * sizeof(*proxy->polls));
	if (proxy->pairs == NULL || proxy->polls == NULL)
		die("memory");
	pair = &proxy->pairs[proxy->count - 1];
	*pair = (struct pair){.client = fd, .server = -1};
	pair->connect_ns = now_ns() + proxy->rtt_ns + proxy->rtt_ns / 2;
	pair->client_spoke_ns = INT64_MIN / 2;
}

static struct pollfd
interest(int fd, const struct lane *in, const struct lane *out)
{
	struct pollfd poll = {.fd = fd};

	if (!in->is_ended && in->held < HELD_MAX_BYTES)
		poll.events |= POLLIN;
	if (out->is_blocked)
		poll.events |= POLLOUT;
	/* A socket that hangs up is always ready: without an interest it is left out. */
	if (poll.events == 0)
		poll.fd = -1;
	return poll;
}

static void
wait_for_news(struct proxy *proxy)
{
	int64_t left = proxy->next_ns - now_ns();
	struct timespec timeout;

	left = left < 0 ? 0 : left;
	timeout.tv_sec = left / 1000000000;
	timeout.tv_nsec = left % 1000000000;
	for (size_t i = 0; i < proxy->count; i++) {
		const struct pair *pair = &proxy->pairs[i];

		proxy->polls[2 + 2 * i] = interest(pair->client, &pair->up, &pair->down);
		proxy->polls[3 + 2 * i] = interest(pair->server, &pair->down, &pair->up);
	}
	if (ppoll(proxy->polls, 2 + 2 * proxy->count,
		proxy->next_ns == INT64_MAX ? NULL : &timeout, NULL) < 0 &&
	    errno != EINTR)
		die("poll");
}

static void
turn(struct proxy *proxy)
{
	size_t count = proxy->count;
	int64_t now;

	for (size_t i = 0; i < count; i++) {
		struct pair *pair = &proxy->pairs[i];
		const short readable = POLLIN | POLLHUP | POLLERR;

		if (pair->client >= 0 && (proxy->polls[2 + 2 * i].revents & readable) != 0)
			read_side(proxy, pair, true);
		if (pair->server >= 0 && (proxy->polls[3 + 2 * i].revents & readable) != 0)
			read_side(proxy, pair, false);
	}
	if ((proxy->polls[0].revents & POLLIN) != 0)
		take_client(proxy, proxy->polls[0].fd);
	now = now_ns();
	proxy->next_ns = INT64_MAX;
	for (size_t i = 0; i < proxy->count; i++)
		move_pair(proxy, &proxy->pairs[i], now);
	wait_for_news(proxy);
}

static void
report(const struct proxy *proxy)
{
	uint64_t turns = 0;

	for (size_t i = 0; i < proxy->count; i++)
		turns += proxy->pairs[i].turns;
	printf("{\"turns\": %llu, \"connections\": [", (unsigned long long)turns);
	for (size_t i = 0; i < proxy->count; i++) {
		const struct pair *pair = &proxy->pairs[i];

		printf("%s{\"turns\": %llu, \"bursts\": %llu, \"up\": %llu, \"down\": %llu}",
		    i == 0 ? "" : ", ", (unsigned long long)pair->turns,
		    (unsigned long long)pair->bursts, (unsigned long long)pair->up.octets,
		    (unsigned long long)pair->down.octets);
	}
	printf("]}\n");
}

static unsigned
number(const char *text, unsigned long max)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (end == text || *end != '\0' || value > max) {
		fprintf(stderr, "delay: %s is not a number up to %lu\n", text, max);
		exit(EXIT_FAILURE);
	}
	return (unsigned)value;
}

static int
signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {{"target", required_argument, NULL, 't'},
	    {"rtt-ms", required_argument, NULL, 'r'}, {NULL, 0, NULL, 0}};
	struct proxy proxy = {.next_ns = INT64_MAX};
	int key;

	while ((key = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (key == 't')
			proxy.target = number(optarg, UINT16_MAX);
		else if (key == 'r')
			proxy.rtt_ns = (int64_t)number(optarg, 60000) * 1000000;
	}
	if (proxy.target == 0 || optind != argc) {
		fputs("usage: delay --target PORT [--rtt-ms MS]\n", stderr);
		return EXIT_FAILURE;
	}
	mallopt(M_MMAP_THRESHOLD, BLOCK_THRESHOLD);
	mallopt(M_TRIM_THRESHOLD, BLOCK_THRESHOLD);
	proxy.polls = calloc(2, sizeof(*proxy.polls));
	if (proxy.polls == NULL)
		die("memory");
	proxy.polls[1] = (struct pollfd){.fd = signals(), .events = POLLIN};
	proxy.polls[0] = (struct pollfd){.fd = listen_somewhere(), .events = POLLIN};
	while ((proxy.polls[1].revents & POLLIN) == 0)
		turn(&proxy);
	report(&proxy);
	for (size_t i = 0; i < proxy.count; i++)
		end_pair(&proxy.pairs[i]);
	free(proxy.pairs);
	free(proxy.polls);
	return EXIT_SUCCESS;
}
