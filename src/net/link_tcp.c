/* SPDX-License-Identifier: Apache-2.0
 *
 * A link on a socket. Fibers' calls only set flags and note the errand; everything that touches
 * the socket or OpenSSL is done by events and by the errand, on the loop's stack.
 *
 *   STEP_START ──► STEP_DIALLING ──► STEP_UP ◄──► STEP_SHAKING       STEP_DOWN
 *                   (one address       │            (STARTTLS, or     (no socket; input and
 *                    after the other)  │             TLS at once)      fault remain)
 *
 * 1. link.state is LINK_CONNECTING in the first, second and fourth, LINK_OPEN or LINK_SHUT in
 *    STEP_UP, LINK_FAILED in STEP_DOWN; only within a turn may the two differ.
 * 2. Sockets are watched for exactly what can be done: a full input is not watched for reading
 *    (else the loop would spin), an empty output not for writing.
 * 3. tls_read runs until it wants the socket or the input is full, since octets that OpenSSL
 *    holds make no socket readable; for the same reason a resumed input reads at once.
 * 4. When writing fails, what has arrived is read first: a server says why before it closes.
 *
 * libevent's bufferevents are not used: they read 4 KiB a call and spin at a read watermark.
 */
#include "net/link_tcp.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include "base/check.h"
#include "base/mem.h"
#include "net/dial.h"
#include "net/link.h"
#include "net/link_ops.h"
#include "net/loop_inner.h"
#include "net/tls.h"

enum {
	SHORT_ANSWER_MAX = 4096
};

enum tcp_step {
	STEP_START,
	STEP_DIALLING,
	STEP_SHAKING,
	STEP_UP,
	STEP_DOWN,
};

struct tcp_link {
	struct link link;
	struct loop *loop;
	struct loop_errand errand;
	struct link_target target; /* its strings are ours */
	struct dial_addresses addresses;
	unsigned tried;
	enum tcp_step step;
	int socket; /* -1: none */
	struct tls *tls;
	struct event reading;
	struct event writing;
	struct event timer;
	/* What the errand shall do. */
	bool must_shake;
	bool must_pull;
	bool must_push;
	bool must_close;
	bool is_abrupt;
	/* What is watched. */
	bool is_watching_reads;
	bool is_watching_writes;
	/* OpenSSL needs the other direction before it goes on. */
	bool shake_wants_write;
	bool pull_wants_write;
	bool push_wants_read;
};

static const struct fault_kind no_memory = {
    ST_MEMORY, CAUSE_MEMORY, FAULT_MAILBOX, RETRY_LATER};

static void dial_next(struct tcp_link *tcp, int error, bool is_timeout);

static struct tcp_link *
tcp_of(struct link *link)
{
	return (struct tcp_link *)link;
}

/* --- The socket. --- */

static void
watch(struct event *event, bool *is_watched, bool is_wanted)
{
	if (*is_watched == is_wanted)
		return;
	/* Fails only without memory for libevent's table of sockets. */
	CHECK((is_wanted ? event_add(event, NULL) : event_del(event)) == 0);
	*is_watched = is_wanted;
}

static void
watch_what_can_be_done(struct tcp_link *tcp)
{
	const struct link *link = &tcp->link;
	bool reads = false;
	bool writes = false;

	switch (tcp->step) {
	case STEP_DIALLING:
		writes = true;
		break;
	case STEP_SHAKING:
		writes = tcp->shake_wants_write;
		reads = !writes;
		break;
	case STEP_UP:
		reads = tcp->push_wants_read ||
		    (link->state == LINK_OPEN && !link->is_paused && !tcp->pull_wants_write);
		writes =
		    tcp->pull_wants_write || (link->output.size > 0 && !tcp->push_wants_read);
		break;
	case STEP_START:
	case STEP_DOWN:
		return;
	}
	watch(&tcp->reading, &tcp->is_watching_reads, reads);
	watch(&tcp->writing, &tcp->is_watching_writes, writes);
}

static void
set_timer(struct tcp_link *tcp, int64_t delay_us)
{
	struct timeval delay = {.tv_sec = delay_us / 1000000, .tv_usec = delay_us % 1000000};

	CHECK(event_add(&tcp->timer, &delay) == 0);
}

static void
drop_socket(struct tcp_link *tcp)
{
	tls_free(&tcp->tls);
	event_del(&tcp->timer);
	if (tcp->socket < 0)
		return;
	watch(&tcp->reading, &tcp->is_watching_reads, false);
	watch(&tcp->writing, &tcp->is_watching_writes, false);
	close(tcp->socket);
	tcp->socket = -1;
}

static void
fail(struct tcp_link *tcp, const struct fault *fault)
{
	if (tcp->tls != NULL)
		snprintf(tcp->link.pin_offered, sizeof(tcp->link.pin_offered), "%s",
		    tls_pin_offered(tcp->tls));
	drop_socket(tcp);
	tcp->step = STEP_DOWN;
	link_fail(&tcp->link, fault);
}

/* --- Reading. --- */

static enum tls_step
read_plain(
    struct tcp_link *tcp, uint8_t *room, size_t size, size_t *size_out, struct fault *fault)
{
	ssize_t got = read(tcp->socket, room, size);

	if (got > 0) {
		*size_out = (size_t)got;
		return TLS_DONE;
	}
	if (got == 0)
		return TLS_ENDED;
	if (errno == EAGAIN || errno == EINTR)
		return TLS_WANTS_READ;
	dial_broken_fault(fault, tcp->target.host, tcp->target.port, errno);
	return TLS_FAILED;
}

/* One read into the link's input; ST_AGAIN: no more now. */
static enum status
pull_once(struct tcp_link *tcp)
{
	struct link *link = &tcp->link;
	struct fault fault = {0};
	uint8_t *room = NULL;
	size_t size = 0;
	size_t got = 0;
	enum tls_step step;
	enum status status = link_input_room(link, &room, &size);

	if (status == ST_LIMIT)
		return ST_AGAIN;
	if (status != ST_OK) {
		fault_set(&fault, no_memory, "There is no memory for a connection's input.");
		fail(tcp, &fault);
		return ST_AGAIN;
	}
	if (tcp->tls != NULL)
		step = tls_read(tcp->tls, room, size, &got, &fault);
	else
		step = read_plain(tcp, room, size, &got, &fault);
	link_input_added(link, got);
	switch (step) {
	case TLS_DONE:
		/* A socket that gave less than asked is empty; OpenSSL gives record by record.
		 */
		return tcp->tls != NULL || got == size ? ST_OK : ST_AGAIN;
	case TLS_WANTS_READ:
		return ST_AGAIN;
	case TLS_WANTS_WRITE:
		tcp->pull_wants_write = true;
		return ST_AGAIN;
	case TLS_ENDED:
	case TLS_CUT:
		link->is_truncated = step == TLS_CUT;
		link_change(link, LINK_SHUT);
		return ST_AGAIN;
	case TLS_FAILED:
		break;
	}
	fail(tcp, &fault);
	return ST_AGAIN;
}

static void
pull(struct tcp_link *tcp)
{
	uint64_t before = tcp->link.octets_received;
	uint64_t got;

	tcp->pull_wants_write = false;
	while (tcp->link.state == LINK_OPEN && pull_once(tcp) == ST_OK)
		;
	got = tcp->link.octets_received - before;
	/* A long answer is acknowledged while it comes. */
	if (got > 0 && got <= SHORT_ANSWER_MAX && tcp->socket >= 0)
		dial_acknowledge(tcp->socket);
}

/* --- Writing. --- */

static enum tls_step
write_plain(struct tcp_link *tcp, struct bytes octets, size_t *size_out, struct fault *fault)
{
	ssize_t sent = write(tcp->socket, octets.data, octets.size);

	if (sent >= 0) {
		*size_out = (size_t)sent;
		return TLS_DONE;
	}
	if (errno == EAGAIN || errno == EINTR)
		return TLS_WANTS_WRITE;
	dial_broken_fault(fault, tcp->target.host, tcp->target.port, errno);
	return TLS_FAILED;
}

static void
push_failed(struct tcp_link *tcp, const struct fault *fault)
{
	pull(tcp);
	if (tcp->link.state == LINK_OPEN)
		fail(tcp, fault);
	else
		link_output_drop(&tcp->link);
}

static void
push(struct tcp_link *tcp)
{
	struct link *link = &tcp->link;
	struct fault fault = {0};
	struct bytes front;

	tcp->push_wants_read = false;
	while ((front = link_output_front(link)).size > 0) {
		size_t sent = 0;
		enum tls_step step = tcp->tls != NULL
		    ? tls_write(tcp->tls, front, &sent, &fault)
		    : write_plain(tcp, front, &sent, &fault);

		if (step == TLS_WANTS_READ || step == TLS_WANTS_WRITE) {
			tcp->push_wants_read = step == TLS_WANTS_READ;
			return;
		}
		if (step != TLS_DONE) {
			push_failed(tcp, &fault);
			return;
		}
		link_output_sent(link, sent);
		/* A socket that took less than offered is full. */
		if (tcp->tls == NULL && sent < front.size)
			return;
	}
}

/* --- Connecting. --- */

static void
shake(struct tcp_link *tcp)
{
	struct link *link = &tcp->link;
	struct fault fault = {0};
	enum tls_step step = tls_handshake(tcp->tls, &fault);

	if (step == TLS_WANTS_READ || step == TLS_WANTS_WRITE) {
		tcp->shake_wants_write = step == TLS_WANTS_WRITE;
		return;
	}
	if (step != TLS_DONE) {
		fail(tcp, &fault);
		return;
	}
	event_del(&tcp->timer);
	tls_describe(tcp->tls, link->security_text, sizeof(link->security_text));
	tcp->step = STEP_UP;
	link_change(link, LINK_OPEN);
	/* The greeting may have come with the last octets of the handshake. */
	pull(tcp);
}

static void
start_shaking(struct tcp_link *tcp)
{
	struct tls_context *context = NULL;
	struct fault fault = {0};
	enum status status = loop_known_context(
	    loop_known(tcp->loop), tcp->target.tls.ca_path, &context, &fault);

	if (status == ST_OK)
		status = tls_new(context, tcp->socket, &tcp->target, &tcp->tls, &fault);
	if (status != ST_OK) {
		fail(tcp, &fault);
		return;
	}
	tcp->step = STEP_SHAKING;
	set_timer(tcp, tcp->target.handshake_timeout_us);
	shake(tcp);
}

static void
connected(struct tcp_link *tcp)
{
	event_del(&tcp->timer);
	if (tcp->target.security == LINK_TLS) {
		start_shaking(tcp);
		return;
	}
	tcp->step = STEP_UP;
	link_change(&tcp->link, LINK_OPEN);
}

/* ECONNRESET instead of a connection: there was one, and the peer broke it before this turn.
 * What it said before is worth more than the next address. */
static void
broken_at_once(struct tcp_link *tcp, int error)
{
	struct fault fault = {0};

	if (tcp->target.security == LINK_PLAIN) {
		tcp->step = STEP_UP;
		tcp->link.state = LINK_OPEN;
		pull(tcp);
	}
	if (tcp->link.input.size == 0 && tcp->link.state != LINK_FAILED) {
		tcp->link.state = LINK_CONNECTING;
		dial_next(tcp, error, false);
		return;
	}
	dial_broken_fault(&fault, tcp->target.host, tcp->target.port, error);
	fail(tcp, &fault);
}

static void
on_readable(evutil_socket_t socket, short what, void *argument)
{
	struct tcp_link *tcp = argument;

	(void)socket;
	(void)what;
	if (tcp->step == STEP_SHAKING) {
		shake(tcp);
	} else if (tcp->step == STEP_UP) {
		if (tcp->push_wants_read)
			push(tcp);
		pull(tcp);
	}
	watch_what_can_be_done(tcp);
}

static void
on_writable(evutil_socket_t socket, short what, void *argument)
{
	struct tcp_link *tcp = argument;

	(void)what;
	if (tcp->step == STEP_DIALLING) {
		int error = dial_error(socket);

		if (error == 0)
			connected(tcp);
		else if (error == ECONNRESET)
			broken_at_once(tcp, error);
		else
			dial_next(tcp, error, false);
	} else if (tcp->step == STEP_SHAKING) {
		shake(tcp);
	} else if (tcp->step == STEP_UP) {
		if (tcp->pull_wants_write)
			pull(tcp);
		push(tcp);
	}
	watch_what_can_be_done(tcp);
}

static void
on_timer(evutil_socket_t socket, short what, void *argument)
{
	static const struct fault_kind timeout = {
	    ST_TIMEOUT, CAUSE_NETWORK, FAULT_ENDPOINT, RETRY_LATER};
	struct tcp_link *tcp = argument;
	char place[DIAL_PLACE_SIZE];
	struct fault fault = {0};

	(void)socket;
	(void)what;
	if (tcp->step == STEP_DIALLING) {
		dial_next(tcp, 0, true);
		watch_what_can_be_done(tcp);
	} else if (tcp->step == STEP_SHAKING) {
		fault_set(&fault, timeout,
		    "%s was connected but did not finish the TLS handshake within %g s.",
		    dial_place(tcp->target.host, tcp->target.port, place),
		    (double)tcp->target.handshake_timeout_us / 1e6);
		fail(tcp, &fault);
	}
}

static void
adopt_socket(struct tcp_link *tcp, int socket)
{
	struct event_base *events = loop_events(tcp->loop);

	tcp->socket = socket;
	CHECK(event_assign(
		  &tcp->reading, events, socket, EV_READ | EV_PERSIST, on_readable, tcp) == 0);
	CHECK(event_assign(
		  &tcp->writing, events, socket, EV_WRITE | EV_PERSIST, on_writable, tcp) == 0);
}

/* The address tried last, if any, failed with `error` or by our timeout. */
static void
dial_next(struct tcp_link *tcp, int error, bool is_timeout)
{
	const struct link_target *target = &tcp->target;
	struct fault fault = {0};
	int socket = -1;

	drop_socket(tcp);
	while (tcp->tried < tcp->addresses.count) {
		enum status status =
		    dial_open(&tcp->addresses.list[tcp->tried++], &socket, &error);

		is_timeout = false;
		if (status == ST_IO)
			continue;
		adopt_socket(tcp, socket);
		tcp->step = STEP_DIALLING;
		if (status == ST_OK)
			connected(tcp);
		else
			set_timer(tcp, target->connect_timeout_us);
		return;
	}
	if (is_timeout)
		dial_timeout_fault(
		    &fault, target->host, target->port, target->connect_timeout_us, tcp->tried);
	else
		dial_fault(&fault, target->host, target->port, error, tcp->tried);
	fail(tcp, &fault);
}

/* --- The errand. --- */

static void
finish(struct tcp_link *tcp)
{
	static const struct linger at_once = {.l_onoff = 1, .l_linger = 0};

	if (tcp->socket >= 0 && tcp->is_abrupt) {
		/* What the kernel still holds shall not be sent either. */
		(void)setsockopt(tcp->socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	} else if (tcp->step == STEP_UP) {
		push(tcp);
		if (tcp->tls != NULL && tcp->link.state != LINK_FAILED)
			tls_end(tcp->tls);
	}
	drop_socket(tcp);
	link_fini(&tcp->link);
	mem_give((void *)(uintptr_t)tcp->target.host);
	mem_give((void *)(uintptr_t)tcp->target.tls.ca_path);
	mem_give(tcp);
}

static void
run_errand(void *owner)
{
	struct tcp_link *tcp = owner;

	if (tcp->must_close) {
		finish(tcp);
		return;
	}
	/* Failed on the fiber's side. */
	if (tcp->link.state == LINK_FAILED && tcp->step != STEP_DOWN) {
		drop_socket(tcp);
		tcp->step = STEP_DOWN;
	}
	if (tcp->step == STEP_START)
		dial_next(tcp, 0, false);
	if (tcp->must_shake && tcp->step == STEP_UP)
		start_shaking(tcp);
	if (tcp->must_pull && tcp->step == STEP_UP)
		pull(tcp);
	if (tcp->must_push && tcp->step == STEP_UP)
		push(tcp);
	tcp->must_shake = false;
	tcp->must_pull = false;
	tcp->must_push = false;
	watch_what_can_be_done(tcp);
}

static void
op_flush(struct link *link)
{
	tcp_of(link)->must_push = true;
	loop_note(tcp_of(link)->loop, &tcp_of(link)->errand);
}

static void
op_resume(struct link *link)
{
	tcp_of(link)->must_pull = true;
	loop_note(tcp_of(link)->loop, &tcp_of(link)->errand);
}

static void
op_start_tls(struct link *link)
{
	tcp_of(link)->must_shake = true;
	loop_note(tcp_of(link)->loop, &tcp_of(link)->errand);
}

static void
op_close(struct link *link, bool is_abrupt)
{
	tcp_of(link)->must_close = true;
	tcp_of(link)->is_abrupt = is_abrupt;
	loop_note(tcp_of(link)->loop, &tcp_of(link)->errand);
}

static const struct link_ops ops = {
    .flush = op_flush,
    .resume = op_resume,
    .start_tls = op_start_tls,
    .close = op_close,
};

/* --- Life. --- */

static enum status
copy_string(const char *string, const char **copy_out)
{
	size_t size;
	char *copy;

	if (string == NULL)
		return ST_OK;
	size = strlen(string) + 1;
	copy = mem_take(size);
	if (copy == NULL)
		return ST_MEMORY;
	memcpy(copy, string, size);
	*copy_out = copy;
	return ST_OK;
}

static enum status
copy_target(struct link_target *copy, const struct link_target *target)
{
	enum status status;

	*copy = *target;
	copy->host = NULL;
	copy->tls.ca_path = NULL;
	status = copy_string(target->host, &copy->host);
	if (status == ST_OK)
		status = copy_string(target->tls.ca_path, &copy->tls.ca_path);
	return status;
}

enum status
link_tcp_dial(struct world *world, const struct link_target *target, struct link **link_out,
    struct fault *fault)
{
	struct loop *loop = loop_of_world(world);
	struct dial_addresses addresses;
	struct tcp_link *tcp;
	enum status status;

	CHECK(target->connect_timeout_us > 0 && target->handshake_timeout_us > 0);
	status =
	    loop_known_resolve(loop_known(loop), target->host, target->port, &addresses, fault);
	if (status != ST_OK)
		return status;
	tcp = mem_take(sizeof(*tcp));
	if (tcp == NULL)
		return fault_set(fault, no_memory, "There is no memory for a connection.");
	*tcp = (struct tcp_link){.loop = loop,
	    .errand = {.run = run_errand, .owner = tcp},
	    .addresses = addresses,
	    .socket = -1};
	link_init(&tcp->link, &ops, loop_blocks(loop));
	CHECK(evtimer_assign(&tcp->timer, loop_events(loop), on_timer, tcp) == 0);
	if (copy_target(&tcp->target, target) != ST_OK) {
		finish(tcp);
		return fault_set(fault, no_memory, "There is no memory for a connection.");
	}
	loop_note(loop, &tcp->errand);
	*link_out = &tcp->link;
	return ST_OK;
}
