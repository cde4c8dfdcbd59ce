/* SPDX-License-Identifier: Apache-2.0
 *
 * A connection is a link, a machine and a pipe each way. What is in a pipe's `flight` was sent
 * and has not arrived; a delivery moves a piece of it to the other end and sets the next one.
 *
 * 1. Nothing runs inside something else: a fiber's call and a machine's progress only set
 *    timers, so that the order of things is the timers' order.
 * 2. A pipe whose receiver takes nothing is blocked until the receiver made progress.
 * 3. An end follows the octets before it; after it, what is still sent is thrown away.
 * 4. The machine outlives its client: it works off what it got, then it is freed.
 * 5. When the client's process is killed, what it gave to its system may still go its way;
 *    nothing that it does to a link afterwards has any effect.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "net/fiber.h"
#include "sim/inner.h"

enum {
	PIPE_SIZE = 65536,
	/* What a closing client still has may exceed the pipe's size. */
	FLIGHT_SIZE_MAX = PIPE_SIZE + LINK_OUTPUT_SIZE_MAX,
	HOST_SIZE = 256,
	LATENCY_OF_NOBODY_US = 1000,
};

enum phase {
	PHASE_DIALLING,
	PHASE_SHAKING,
	PHASE_UP,
	PHASE_DOWN, /* the link failed or is closed */
};

struct sim_pipe {
	struct buf flight;
	struct sim_timer delivery;
	struct tick clear_at; /* by its bandwidth */
	uint64_t arrived;     /* octets */
	enum sim_wish ending; /* SIM_SHUT or SIM_DROP follows the flight */
	bool is_ended;        /* the receiver was told */
	bool is_blocked;
};

struct connection {
	struct link link;
	struct connection *next;
	struct sim *sim;
	unsigned number;
	const struct sim_service *service; /* NULL: nobody is there */
	void *machine;                     /* NULL before it and after it */
	struct link_target target;
	char host[HOST_SIZE];
	enum phase phase;
	struct sim_pipe to_server;
	struct sim_pipe to_client;
	struct sim_timer connecting; /* the next step of dialling or shaking hands */
	struct sim_timer flushing;   /* the client's output, and its close */
	struct sim_timer pumping;    /* the machine's output and deadline */
	bool is_handshake_met;       /* the machine shakes hands too */
	bool is_stalled;
	bool must_close;
	bool is_abrupt;
	bool is_closed;
	bool is_orphan; /* its client's process is dead */
};

static struct connection *
connection_of(struct link *link)
{
	return (struct connection *)link;
}

/* --- Delays. --- */

static int64_t
latency(struct connection *connection)
{
	const struct sim_network *network;
	uint64_t spread;

	if (connection->service == NULL)
		return LATENCY_OF_NOBODY_US;
	network = &connection->service->network;
	spread = (uint64_t)(network->latency_max_us - network->latency_min_us);
	return network->latency_min_us +
	    (int64_t)prng_below(&connection->sim->prng, spread + 1);
}

static void
set(struct connection *connection, struct sim_timer *timer, int64_t delay_us)
{
	struct sim *sim = connection->sim;

	sim_timer_advance(&sim->timers, timer, tick_after(sim->now, delay_us));
}

/* The next piece follows at once when one has just arrived, else after the way's latency. */
static void
set_delivery(struct connection *connection, struct sim_pipe *pipe, bool is_following)
{
	struct sim *sim = connection->sim;
	struct tick at;

	if (pipe->delivery.place != 0 || pipe->is_ended || connection->is_stalled)
		return;
	if (pipe->flight.size == 0 && pipe->ending == SIM_STAY_OPEN)
		return;
	at = tick_after(
	    sim->now, is_following ? (int64_t)prng_below(&sim->prng, 8) : latency(connection));
	if (tick_is_before(at, pipe->clear_at))
		at = pipe->clear_at;
	sim_timer_set(&sim->timers, &pipe->delivery, at);
}

/* --- Ends. --- */

static void
fail(
    struct connection *connection, enum status status, enum fault_cause cause, const char *what)
{
	struct fault fault = {0};
	struct fault_kind kind = {status, cause, FAULT_ENDPOINT, RETRY_LATER};

	sim_timer_unset(&connection->sim->timers, &connection->connecting);
	connection->phase = PHASE_DOWN;
	if (connection->is_closed || connection->is_orphan)
		return;
	fault_set(&fault, kind, "%s:%u %s.", connection->host, connection->target.port, what);
	link_fail(&connection->link, &fault);
}

static void
end_pipe(struct connection *connection, struct sim_pipe *pipe, enum sim_wish kind)
{
	pipe->ending = kind;
	set_delivery(connection, pipe, true);
}

/* The machine hears of the end now; it still works off what it got. */
static void
reset(struct connection *connection)
{
	buf_clear(&connection->to_client.flight);
	buf_clear(&connection->to_server.flight);
	connection->to_client.is_ended = true;
	sim_timer_unset(&connection->sim->timers, &connection->to_client.delivery);
	connection->to_server.ending = SIM_DROP;
	set_delivery(connection, &connection->to_server, true);
	fail(connection, ST_IO, CAUSE_NETWORK, "broke the connection");
}

static void
cut(struct connection *connection, struct sim_pipe *pipe, enum sim_wish kind)
{
	sim_trace(connection->sim, TRACE_CUT, connection->number, kind);
	switch (kind) {
	case SIM_SHUT:
	case SIM_DROP:
		buf_clear(&pipe->flight);
		end_pipe(connection, &connection->to_server, kind);
		end_pipe(connection, &connection->to_client, kind);
		break;
	case SIM_RESET:
		reset(connection);
		break;
	case SIM_STALL:
		connection->is_stalled = true;
		sim_timer_unset(&connection->sim->timers, &connection->to_server.delivery);
		sim_timer_unset(&connection->sim->timers, &connection->to_client.delivery);
		sim_timer_unset(&connection->sim->timers, &connection->pumping);
		break;
	case SIM_STAY_OPEN:
	case SIM_START_TLS:
		break;
	}
}

static const struct sim_cut *
find_cut(const struct connection *connection, const struct sim_pipe *pipe)
{
	const struct sim *sim = connection->sim;

	for (size_t i = 0; i < sim->cut_count; i++) {
		const struct sim_cut *found = &sim->cuts[i];

		if (found->connection == connection->number &&
		    found->is_to_server == (pipe == &connection->to_server) &&
		    found->octet >= pipe->arrived)
			return found;
	}
	return NULL;
}

static void
cut_if_due(struct connection *connection, struct sim_pipe *pipe)
{
	const struct sim_cut *found = find_cut(connection, pipe);

	if (found != NULL && found->octet == pipe->arrived && !pipe->is_ended)
		cut(connection, pipe, found->kind);
}

/* --- Deliveries. --- */

/* What arrives next: a random piece, up to the next cut. */
static struct bytes
piece_of(struct connection *connection, const struct sim_pipe *pipe)
{
	const struct sim_network *network = &connection->service->network;
	const struct sim_cut *found = find_cut(connection, pipe);
	struct bytes flight = buf_bytes(&pipe->flight);
	size_t size = flight.size;

	if (network->piece_max > 0 && size > 0) {
		size_t most = size < network->piece_max ? size : network->piece_max;

		size = 1 + prng_below(&connection->sim->prng, most);
	}
	if (found != NULL && found->octet - pipe->arrived < size)
		size = found->octet - pipe->arrived;
	return bytes_first(flight, size);
}

static void
arrived(struct connection *connection, struct sim_pipe *pipe, size_t size)
{
	uint64_t rate = connection->service->network.octets_per_second;
	bool is_up = pipe == &connection->to_server;

	buf_consume(&pipe->flight, size);
	pipe->arrived += size;
	pipe->is_blocked = size == 0;
	if (rate > 0)
		pipe->clear_at = tick_after(
		    connection->sim->now, (int64_t)((size * UINT64_C(1000000)) / rate));
	sim_trace(connection->sim, is_up ? TRACE_TO_SERVER : TRACE_TO_CLIENT,
	    connection->number, size);
	if (size > 0)
		cut_if_due(connection, pipe);
	if (!pipe->is_blocked)
		set_delivery(connection, pipe, true);
}

static void
deliver_to_server(void *owner)
{
	struct connection *connection = owner;
	struct sim_pipe *pipe = &connection->to_server;
	const struct sim_machine_ops *machine;
	struct tick now = connection->sim->now;
	size_t used = 0;

	if (connection->machine == NULL)
		return;
	machine = connection->service->ops;
	if (pipe->flight.size > 0) {
		machine->feed(connection->machine, piece_of(connection, pipe), now, &used);
		arrived(connection, pipe, used);
		/* There is room again for what waits in the link. */
		if (!connection->is_closed)
			set(connection, &connection->flushing, 0);
		if (used > 0)
			set(connection, &connection->pumping, 0);
	} else if (pipe->ending != SIM_STAY_OPEN && !pipe->is_ended) {
		pipe->is_ended = true;
		sim_trace(connection->sim, TRACE_END, connection->number, 1);
		machine->eof(connection->machine, now);
		set(connection, &connection->pumping, 0);
	}
}

static void
end_at_client(struct connection *connection)
{
	struct sim_pipe *pipe = &connection->to_client;

	pipe->is_ended = true;
	sim_trace(connection->sim, TRACE_END, connection->number, 0);
	if (connection->is_closed || connection->is_orphan)
		return;
	if (connection->phase != PHASE_UP) {
		fail(connection, ST_IO, CAUSE_TLS,
		    "closed the connection in the middle of the TLS handshake");
		return;
	}
	connection->link.is_truncated = pipe->ending == SIM_DROP &&
	    strcmp(connection->link.security_text, "no encryption") != 0;
	link_change(&connection->link, LINK_SHUT);
}

static void
deliver_to_client(void *owner)
{
	struct connection *connection = owner;
	struct sim_pipe *pipe = &connection->to_client;
	struct bytes piece = piece_of(connection, pipe);
	uint8_t *room = NULL;
	size_t size = 0;

	if (piece.size == 0) {
		end_at_client(connection);
		return;
	}
	if (connection->phase == PHASE_SHAKING) {
		fail(connection, ST_IO, CAUSE_TLS, "sent clear text into the TLS handshake");
		return;
	}
	if (!connection->is_closed && connection->phase == PHASE_UP) {
		enum status status = link_input_room(&connection->link, &room, &size);

		CHECK(status == ST_OK || status == ST_LIMIT);
		size = size < piece.size ? size : piece.size;
		if (status == ST_OK) {
			memcpy(room, piece.data, size);
			link_input_added(&connection->link, size);
		}
	} else {
		size = piece.size;
	}
	arrived(connection, pipe, size);
	set(connection, &connection->pumping, 0);
}

/* --- The client's side. --- */

/* Much at a time, so that small pieces need not be moved up over and over. */
static bool
has_room(const struct sim_pipe *pipe, size_t flight_max)
{
	return pipe->flight.size + PIPE_SIZE / 2 <= flight_max;
}

static void
send_output(struct connection *connection, size_t flight_max)
{
	struct sim_pipe *pipe = &connection->to_server;
	struct link *link = &connection->link;

	for (;;) {
		struct bytes front = link_output_front(link);
		size_t room = flight_max - pipe->flight.size;

		if (pipe->ending == SIM_STAY_OPEN) {
			front = bytes_first(front, has_room(pipe, flight_max) ? room : 0);
			CHECK(buf_append(&pipe->flight, front) == ST_OK);
		}
		if (front.size == 0)
			break;
		link_output_sent(link, front.size);
	}
	if (!pipe->is_blocked)
		set_delivery(connection, pipe, false);
}

static void
close_link(struct connection *connection)
{
	struct sim_pipe *pipe = &connection->to_server;
	struct sim *sim = connection->sim;

	sim_trace(sim, TRACE_CLOSE, connection->number, connection->is_abrupt);
	if (connection->is_orphan)
		;
	else if (connection->is_abrupt)
		/* Part of what was under way had left this machine already. */
		buf_truncate(
		    &pipe->flight, prng_below(&sim->prng, pipe->flight.size + UINT64_C(1)));
	else if (connection->phase == PHASE_UP)
		send_output(connection, FLIGHT_SIZE_MAX);
	link_output_drop(&connection->link);
	link_fini(&connection->link);
	connection->is_closed = true;
	connection->phase = PHASE_DOWN;
	sim_timer_unset(&sim->timers, &connection->connecting);
	if (pipe->ending == SIM_STAY_OPEN && !connection->is_orphan)
		pipe->ending = connection->is_abrupt ? SIM_DROP : SIM_SHUT;
	set_delivery(connection, pipe, true);
	set_delivery(connection, &connection->to_client, true);
}

/* What the client sent may be cut anywhere. */
static void
lose_flight(struct connection *connection)
{
	struct sim_pipe *pipe = &connection->to_server;

	buf_truncate(
	    &pipe->flight, prng_below(&connection->sim->prng, pipe->flight.size + UINT64_C(1)));
}

void
connection_orphan(struct connection *connection, enum sim_wish ending, bool is_flushed)
{
	struct sim_pipe *pipe = &connection->to_server;

	if (connection->is_closed || connection->is_orphan)
		return;
	if (is_flushed && connection->phase == PHASE_UP)
		send_output(connection, FLIGHT_SIZE_MAX);
	connection->is_orphan = true;
	connection->phase = PHASE_DOWN;
	sim_timer_unset(&connection->sim->timers, &connection->connecting);
	sim_trace(connection->sim, TRACE_CUT, connection->number, ending);
	if (ending != SIM_SHUT)
		lose_flight(connection);
	if (pipe->ending == SIM_STAY_OPEN && ending != SIM_STALL)
		pipe->ending = ending == SIM_SHUT ? SIM_SHUT : SIM_DROP;
	set_delivery(connection, pipe, true);
}

static void
flush(void *owner)
{
	struct connection *connection = owner;

	if (connection->must_close && !connection->is_closed)
		close_link(connection);
	else if (connection->is_orphan && !connection->is_closed)
		link_output_drop(&connection->link);
	else if (connection->phase == PHASE_UP)
		send_output(connection, PIPE_SIZE);
}

static void
op_flush(struct link *link)
{
	set(connection_of(link), &connection_of(link)->flushing, 0);
}

static void
op_resume(struct link *link)
{
	set_delivery(connection_of(link), &connection_of(link)->to_client, true);
}

static void
op_start_tls(struct link *link)
{
	struct connection *connection = connection_of(link);

	connection->phase = PHASE_SHAKING;
	set(connection, &connection->connecting, connection->target.handshake_timeout_us);
	set(connection, &connection->pumping, 0);
}

static void
op_close(struct link *link, bool is_abrupt)
{
	connection_of(link)->must_close = true;
	connection_of(link)->is_abrupt = is_abrupt;
	set(connection_of(link), &connection_of(link)->flushing, 0);
}

static const struct link_ops ops = {
    .flush = op_flush,
    .resume = op_resume,
    .start_tls = op_start_tls,
    .close = op_close,
};

/* --- The machine's side. --- */

static bool
take_output(struct connection *connection)
{
	const struct sim_machine_ops *machine = connection->service->ops;
	struct sim_pipe *pipe = &connection->to_client;
	struct tick now = connection->sim->now;
	bool is_heard = pipe->ending == SIM_STAY_OPEN && !pipe->is_ended &&
	    !connection->is_closed && !connection->is_orphan;

	for (;;) {
		struct bytes output = machine->output(connection->machine, now);

		if (output.size == 0)
			return true;
		if (is_heard) {
			size_t room = PIPE_SIZE - pipe->flight.size;

			output = bytes_first(output, room);
			if (!has_room(pipe, PIPE_SIZE))
				return false;
			CHECK(buf_append(&pipe->flight, output) == ST_OK);
		}
		machine->sent(connection->machine, output.size, now);
	}
}

static void
free_machine(struct connection *connection)
{
	connection->service->ops->free(connection->machine);
	connection->machine = NULL;
	sim_timer_unset(&connection->sim->timers, &connection->pumping);
	sim_timer_unset(&connection->sim->timers, &connection->to_server.delivery);
}

static void
heed_wish(struct connection *connection, enum sim_wish wish, bool is_all_sent)
{
	switch (wish) {
	case SIM_STAY_OPEN:
		return;
	case SIM_START_TLS:
		if (connection->phase != PHASE_SHAKING || connection->is_handshake_met ||
		    connection->to_client.flight.size > 0)
			return;
		connection->is_handshake_met = true;
		set(connection, &connection->connecting, 2 * latency(connection));
		return;
	case SIM_SHUT:
	case SIM_DROP:
		if (is_all_sent && connection->to_client.ending == SIM_STAY_OPEN)
			end_pipe(connection, &connection->to_client, wish);
		return;
	case SIM_RESET:
		if (!connection->to_server.is_ended)
			reset(connection);
		return;
	case SIM_STALL:
		if (is_all_sent)
			cut(connection, &connection->to_client, SIM_STALL);
		return;
	}
}

static void
pump(void *owner)
{
	struct connection *connection = owner;
	const struct sim_machine_ops *machine;
	struct sim *sim = connection->sim;
	struct tick deadline;
	bool is_all_sent;

	if (connection->machine == NULL || connection->is_stalled)
		return;
	machine = connection->service->ops;
	is_all_sent = take_output(connection);
	set_delivery(connection, &connection->to_client, false);
	heed_wish(connection, machine->wish(connection->machine), is_all_sent);
	if (connection->is_stalled)
		return;
	if (connection->to_server.is_blocked)
		set_delivery(connection, &connection->to_server, true);
	deadline = machine->deadline(connection->machine);
	if (connection->to_server.is_ended && is_all_sent && deadline.us == INT64_MAX) {
		free_machine(connection);
		return;
	}
	/* A deadline in the past must not stop the clock. */
	if (deadline.us <= sim->now.us)
		deadline = tick_after(sim->now, 1);
	sim_timer_advance(&sim->timers, &connection->pumping, deadline);
}

/* --- Connecting. --- */

static void
go_up(struct connection *connection, bool is_tls)
{
	connection->phase = PHASE_UP;
	if (is_tls)
		snprintf(connection->link.security_text, sizeof(connection->link.security_text),
		    "simulated TLS");
	sim_trace(connection->sim, TRACE_CONNECTED, connection->number, is_tls);
	link_change(&connection->link, LINK_OPEN);
	set(connection, &connection->pumping, 0);
}

/* The service accepted, or nobody did. */
static void
reach(struct connection *connection)
{
	const struct sim_service *service = connection->service;
	bool is_tls = connection->target.security == LINK_TLS;

	if (service != NULL)
		connection->machine = service->accept(service->context, connection->sim->now);
	if (connection->machine == NULL) {
		fail(connection, ST_IO, CAUSE_NETWORK,
		    "refused the connection: nothing listens there");
		return;
	}
	cut_if_due(connection, &connection->to_server);
	cut_if_due(connection, &connection->to_client);
	if (connection->phase != PHASE_DIALLING)
		return;
	if (is_tls && !service->is_tls) {
		fail(connection, ST_IO, CAUSE_TLS,
		    "does not speak TLS; perhaps it is the port for STARTTLS");
		return;
	}
	if (!is_tls) {
		/* A server that waits for a handshake says nothing. */
		connection->is_stalled |= service->is_tls;
		go_up(connection, false);
		return;
	}
	connection->phase = PHASE_SHAKING;
	connection->is_handshake_met = !connection->is_stalled;
	set(connection, &connection->connecting,
	    connection->is_stalled ? connection->target.handshake_timeout_us
				   : 2 * latency(connection));
}

static void
connect_step(void *owner)
{
	struct connection *connection = owner;
	const struct sim_service *service = connection->service;

	if (connection->phase == PHASE_DIALLING) {
		reach(connection);
	} else if (connection->phase == PHASE_SHAKING && connection->is_handshake_met &&
	    !connection->is_stalled) {
		connection->is_handshake_met = false;
		sim_trace(connection->sim, TRACE_TLS, connection->number, 0);
		/* Not where TLS was there from the first octet. */
		if (service->ops->wish(connection->machine) == SIM_START_TLS)
			service->ops->tls_started(connection->machine, connection->sim->now);
		go_up(connection, true);
	} else if (connection->phase == PHASE_SHAKING) {
		fail(connection, ST_TIMEOUT, CAUSE_NETWORK,
		    "was connected but did not finish the TLS handshake");
	}
}

/* --- Life. --- */

static const struct sim_service *
find_service(const struct sim *sim, const char *host, uint16_t port, bool *is_known_out)
{
	*is_known_out = false;
	for (size_t i = 0; i < sim->service_count; i++) {
		const struct sim_service *service = &sim->services[i];

		if (strcmp(service->host, host) != 0)
			continue;
		*is_known_out = true;
		if (service->port == port)
			return service;
	}
	return NULL;
}

static void
timer_init(struct sim_timer *timer, sim_timer_fn run, struct connection *connection)
{
	*timer = (struct sim_timer){.run = run, .owner = connection};
}

enum status
connection_dial(struct world *world, const struct link_target *target, struct link **link_out,
    struct fault *fault)
{
	static const struct fault_kind unknown = {
	    ST_IO, CAUSE_NETWORK, FAULT_ENDPOINT, RETRY_LATER};
	struct sim *sim = (struct sim *)world;
	struct connection *connection;
	const struct sim_service *service;
	bool is_known;

	service = find_service(sim, target->host, target->port, &is_known);
	if (!is_known || sim->is_killed)
		return fault_set(fault, unknown,
		    "The host of %s:%u is not known: its name has no address.", target->host,
		    target->port);
	connection = malloc(sizeof(*connection));
	CHECK(connection != NULL && strlen(target->host) < HOST_SIZE);
	*connection = (struct connection){.sim = sim,
	    .next = sim->connections,
	    .number = ++sim->connection_count,
	    .service = service,
	    .target = *target};
	sim->connections = connection;
	link_init(&connection->link, &ops, &sim->blocks);
	memcpy(connection->host, target->host, strlen(target->host) + 1);
	buf_init(&connection->to_server.flight, FLIGHT_SIZE_MAX);
	buf_init(&connection->to_client.flight, FLIGHT_SIZE_MAX);
	timer_init(&connection->to_server.delivery, deliver_to_server, connection);
	timer_init(&connection->to_client.delivery, deliver_to_client, connection);
	timer_init(&connection->connecting, connect_step, connection);
	timer_init(&connection->flushing, flush, connection);
	timer_init(&connection->pumping, pump, connection);
	sim_trace(sim, TRACE_DIAL, connection->number, target->port);
	set(connection, &connection->connecting, 2 * latency(connection));
	*link_out = &connection->link;
	return ST_OK;
}

void
connection_free(struct sim *sim, struct connection *connection)
{
	struct connection **at = &sim->connections;

	if (connection->must_close && !connection->is_closed)
		close_link(connection);
	/* A fiber ended without closing its link. */
	CHECK(connection->is_closed);
	while (*at != connection)
		at = &(*at)->next;
	*at = connection->next;
	if (connection->machine != NULL)
		free_machine(connection);
	sim_timer_unset(&sim->timers, &connection->to_server.delivery);
	sim_timer_unset(&sim->timers, &connection->to_client.delivery);
	sim_timer_unset(&sim->timers, &connection->connecting);
	sim_timer_unset(&sim->timers, &connection->flushing);
	sim_timer_unset(&sim->timers, &connection->pumping);
	buf_fini(&connection->to_server.flight);
	buf_fini(&connection->to_client.flight);
	free(connection);
}

struct connection *
connection_next(const struct connection *connection)
{
	return connection->next;
}

uint64_t
connection_arrived(const struct connection *connection, bool is_to_server)
{
	return is_to_server ? connection->to_server.arrived : connection->to_client.arrived;
}
