/* SPDX-License-Identifier: Apache-2.0
 *
 * The connections of the raw pump. A flow waits for the greeting, then for the log-in's OK, and
 * then sends its stream without waiting again, but for the continuations of synchronising
 * literals, while it reads what comes: replies are looked at line by line when writing, and
 * only counted when reading, because telling replies from mail would be the work of a client.
 */
#include "pump.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	LINE_MAX_BYTES = 1024,
	SEND_BYTES = 1 << 20,
	RECEIVE_BYTES = 256 << 10
};

enum flow_state {
	FLOW_GREETING,
	FLOW_LOGIN,
	FLOW_STREAM,
	FLOW_DONE
};

struct flow {
	int fd;
	enum flow_state state;
	bool reads;
	const char *password;
	const struct pump_side *side;
	const char *stream;
	size_t stream_size;
	size_t sent;
	const uint64_t *stops; /* how far it may be sent before the next continuation */
	size_t stop_count;
	size_t stops_passed;
	char line[LINE_MAX_BYTES]; /* when reading a stream: the last octets seen */
	size_t line_size;
	uint64_t received;
	uint64_t replies;  /* tagged OKs to the stream's commands */
	uint64_t expected; /* the number in the LOGOUT's tag */
};

struct pump {
	int epoll;
	unsigned open;
	unsigned count;
	struct flow flows[2 * PUMP_CONNECTIONS_MAX];
};

static double
seconds_of(struct timeval part)
{
	return (double)part.tv_sec + (double)part.tv_usec / 1e6;
}

static double
cpu_seconds(void)
{
	struct rusage use;

	getrusage(RUSAGE_SELF, &use);
	return seconds_of(use.ru_utime) + seconds_of(use.ru_stime);
}

static double
wall_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* The stream ends in "Z<number> LOGOUT". */
static uint64_t
number_of_logout(const struct flow *flow, const char *path)
{
	const char *z = memrchr(flow->stream, 'Z', flow->stream_size);

	if (z == NULL || flow->stream[flow->stream_size - 1] != '\n')
		pump_die("%s is not a whole stream", path);
	return strtoull(z + 1, NULL, 10);
}

static const void *
map_file(const char *path, size_t *size_out)
{
	struct stat about;
	void *place;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &about) != 0 || about.st_size == 0)
		pump_die("%s cannot be read", path);
	*size_out = (size_t)about.st_size;
	place = mmap(NULL, *size_out, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
	if (place == MAP_FAILED)
		pump_die("%s cannot be mapped", path);
	close(fd);
	return place;
}

static void
map_stream(struct flow *flow, const char *prefix, unsigned index)
{
	char path[1024];
	size_t size;

	snprintf(path, sizeof(path), "%s.%s.%u", prefix, flow->reads ? "read" : "write", index);
	flow->stream = map_file(path, &flow->stream_size);
	flow->expected = number_of_logout(flow, path);
	snprintf(path, sizeof(path), "%s.stops.%u", prefix, index);
	if (flow->reads || access(path, F_OK) != 0)
		return;
	flow->stops = map_file(path, &size);
	flow->stop_count = size / sizeof(*flow->stops);
}

/* How far the stream may go now. */
static size_t
send_end(const struct flow *flow)
{
	return flow->stops_passed < flow->stop_count ? flow->stops[flow->stops_passed]
						     : flow->stream_size;
}

static void
want(struct pump *pump, struct flow *flow, uint32_t events, int operation)
{
	struct epoll_event interest = {.events = events, .data = {.ptr = flow}};

	if (epoll_ctl(pump->epoll, operation, flow->fd, &interest) != 0)
		pump_die("epoll_ctl: %s", strerror(errno));
}

static void
connect_flow(struct pump *pump, struct flow *flow)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	const int on = 1;

	address.sin_port = htons((uint16_t)flow->side->port);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	flow->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (flow->fd < 0)
		pump_die("socket: %s", strerror(errno));
	setsockopt(flow->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(flow->fd, (struct sockaddr *)&address, sizeof(address)) != 0 &&
	    errno != EINPROGRESS)
		pump_die("port %u: %s", flow->side->port, strerror(errno));
	want(pump, flow, EPOLLIN, EPOLL_CTL_ADD);
}

static void
log_in(struct pump *pump, struct flow *flow)
{
	char text[1024];
	int size = snprintf(
	    text, sizeof(text), "L LOGIN \"%s\" \"%s\"\r\n", flow->side->user, flow->password);

	/* A fresh connection takes a line whole. */
	if (send(flow->fd, text, (size_t)size, MSG_NOSIGNAL) != size)
		pump_die("the log-in cannot be sent");
	flow->state = FLOW_LOGIN;
	want(pump, flow, EPOLLIN, EPOLL_CTL_MOD);
}

static bool
begins(const struct flow *flow, const char *text)
{
	size_t size = strlen(text);

	return flow->line_size >= size && memcmp(flow->line, text, size) == 0;
}

/* The part of a tagged line behind its tag, or NULL when it has another tag. */
static const char *
after_tag(const struct flow *flow, char letter)
{
	size_t digits = 1;

	if (flow->line_size == 0 || flow->line[0] != letter)
		return NULL;
	while (
	    digits < flow->line_size && flow->line[digits] >= '0' && flow->line[digits] <= '9')
		digits++;
	return flow->line + digits;
}

static void
finish(struct pump *pump, struct flow *flow)
{
	flow->state = FLOW_DONE;
	pump->open--;
	close(flow->fd);
}

static void
take_reply(struct pump *pump, struct flow *flow)
{
	const char *rest = after_tag(flow, 'W');

	if (begins(flow, "+") && flow->stops_passed < flow->stop_count) {
		flow->stops_passed++;
		want(pump, flow, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
		return;
	}
	/* Dovecot lists Maildirs anew while other connections create theirs, and may say
	 * of a folder that nobody else asked for that it is there. The copy is compared. */
	if (rest != NULL &&
	    (strncmp(rest, " OK", 3) == 0 || strncmp(rest, " NO [ALREADYEXISTS]", 19) == 0)) {
		flow->replies++;
		return;
	}
	rest = after_tag(flow, 'Z');
	if (rest != NULL && strncmp(rest, " OK", 3) == 0) {
		if (flow->replies != flow->expected)
			pump_die("%llu of %llu commands have succeeded",
			    (unsigned long long)flow->replies,
			    (unsigned long long)flow->expected);
		finish(pump, flow);
	} else if (!begins(flow, "* ")) {
		pump_die("the server said: %.*s", (int)flow->line_size, flow->line);
	}
}

static void
take_line(struct pump *pump, struct flow *flow)
{
	switch (flow->state) {
	case FLOW_GREETING:
		if (!begins(flow, "* OK"))
			pump_die("no greeting: %.*s", (int)flow->line_size, flow->line);
		log_in(pump, flow);
		break;
	case FLOW_LOGIN:
		if (begins(flow, "* "))
			break;
		if (!begins(flow, "L OK"))
			pump_die("no log-in: %.*s", (int)flow->line_size, flow->line);
		flow->state = FLOW_STREAM;
		want(pump, flow, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
		break;
	case FLOW_STREAM:
		take_reply(pump, flow);
		break;
	case FLOW_DONE:
		break;
	}
}

static void
take_lines(struct pump *pump, struct flow *flow, const char *octets, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (flow->line_size < sizeof(flow->line) - 1)
			flow->line[flow->line_size++] = octets[i];
		if (octets[i] != '\n')
			continue;
		flow->line[flow->line_size] = '\0';
		take_line(pump, flow);
		flow->line_size = 0;
	}
}

/* Keeps the last octets: the end of the LOGOUT's reply must be among them. */
static void
keep_tail(struct flow *flow, const char *octets, size_t size)
{
	size_t room = sizeof(flow->line) - 1;
	size_t kept = size >= room ? 0 : flow->line_size;

	flow->received += size;
	if (size > room) {
		octets += size - room;
		size = room;
	}
	if (kept + size > room) {
		memmove(flow->line, flow->line + (kept + size - room), room - size);
		kept = room - size;
	}
	memcpy(flow->line + kept, octets, size);
	flow->line_size = kept + size;
}

static void
end_reading(struct pump *pump, struct flow *flow)
{
	char want_line[64];

	snprintf(
	    want_line, sizeof(want_line), "\r\nZ%llu OK ", (unsigned long long)flow->expected);
	if (memmem(flow->line, flow->line_size, want_line, strlen(want_line)) == NULL)
		pump_die("the server hung up: %.*s", (int)flow->line_size, flow->line);
	if (flow->received < flow->expected)
		pump_die("only %llu of %llu octets were read",
		    (unsigned long long)flow->received, (unsigned long long)flow->expected);
	finish(pump, flow);
}

static void
receive(struct pump *pump, struct flow *flow)
{
	static char octets[RECEIVE_BYTES];
	ssize_t size = recv(flow->fd, octets, sizeof(octets), 0);

	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (size < 0)
		pump_die("port %u: %s", flow->side->port, strerror(errno));
	if (size == 0 && flow->reads && flow->state == FLOW_STREAM)
		end_reading(pump, flow);
	else if (size == 0)
		pump_die("port %u: the server hung up", flow->side->port);
	else if (flow->reads && flow->state == FLOW_STREAM)
		keep_tail(flow, octets, (size_t)size);
	else
		take_lines(pump, flow, octets, (size_t)size);
}

static void
transmit(struct pump *pump, struct flow *flow)
{
	size_t left = send_end(flow) - flow->sent;
	ssize_t size = send(flow->fd, flow->stream + flow->sent,
	    left < SEND_BYTES ? left : SEND_BYTES, MSG_NOSIGNAL);

	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (size < 0)
		pump_die("port %u: %s", flow->side->port, strerror(errno));
	flow->sent += (size_t)size;
	if (flow->sent == send_end(flow))
		want(pump, flow, EPOLLIN, EPOLL_CTL_MOD);
}

static void
add_flows(struct pump *pump, const struct pump_job *job, const struct pump_side *side)
{
	if (side->port == 0)
		return;
	for (unsigned i = 0; i < job->connections; i++) {
		struct flow *flow = &pump->flows[pump->count++];

		*flow = (struct flow){
		    .reads = side == &job->src, .password = job->password, .side = side};
		map_stream(flow, job->streams, i);
	}
}

static void
turn(struct pump *pump)
{
	struct epoll_event ready[2 * PUMP_CONNECTIONS_MAX];
	int count = epoll_wait(pump->epoll, ready, 2 * PUMP_CONNECTIONS_MAX, 120000);

	if (count == 0)
		pump_die("nothing has moved for two minutes");
	for (int i = 0; i < count; i++) {
		struct flow *flow = ready[i].data.ptr;

		if ((ready[i].events & ~(uint32_t)EPOLLOUT) != 0)
			receive(pump, flow);
		if ((ready[i].events & EPOLLOUT) != 0 && flow->state == FLOW_STREAM)
			transmit(pump, flow);
	}
}

void
pump_run(const struct pump_job *job)
{
	static struct pump pump;
	double cpu, wall;
	uint64_t sent = 0;
	uint64_t received = 0;

	pump.epoll = epoll_create1(EPOLL_CLOEXEC);
	add_flows(&pump, job, &job->src);
	add_flows(&pump, job, &job->dst);
	cpu = cpu_seconds();
	wall = wall_seconds();
	pump.open = pump.count;
	for (unsigned i = 0; i < pump.count; i++)
		connect_flow(&pump, &pump.flows[i]);
	while (pump.open > 0)
		turn(&pump);
	for (unsigned i = 0; i < pump.count; i++) {
		sent += pump.flows[i].sent;
		received += pump.flows[i].received;
	}
	printf("{\"wall\": %.6f, \"cpu\": %.6f, \"sent\": %llu, \"received\": %llu}\n",
	    wall_seconds() - wall, cpu_seconds() - cpu, (unsigned long long)sent,
	    (unsigned long long)received);
}
