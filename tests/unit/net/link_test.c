/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "harness.h"
#include "net/loop_inner.h"
#include "net/world.h"
#include "peer.h"

static void
serve_dialogue(int socket, void *argument)
{
	char line[8];

	(void)argument;
	peer_write(socket, "* OK\r\n", 6);
	CHECK(peer_read(socket, line, 6) == 6);
	CHECK(memcmp(line, "a NO\r\n", 6) == 0);
	peer_write(socket, "* BYE\r\n", 7);
}

static void
tell_dialogue(struct world *world, void *argument)
{
	struct peer *peer = argument;
	struct link_target target = harness_target(peer->port);
	struct link *link = harness_dial(world, &target);
	struct bytes input;

	assert_int_equal(link_write(link, BYTES("early")), 0);
	assert_int_equal(harness_settle(link), LINK_OPEN);
	assert_string_equal(link_security_text(link), "no encryption");
	input = harness_input(link, 6);
	assert_true(bytes_equal(input, BYTES("* OK\r\n")));
	link_consume(link, 6);
	assert_int_equal(link_write(link, BYTES("a NO\r\n")), 6);
	assert_int_equal(link_output_size(link), 6);
	while (link_state(link) == LINK_OPEN)
		harness_wait(link);
	assert_int_equal(link_state(link), LINK_SHUT);
	assert_false(link_is_truncated(link));
	assert_true(bytes_equal(link_input(link), BYTES("* BYE\r\n")));
	assert_int_equal(link_output_size(link), 0);
	assert_int_equal(link_octets_received(link), 13);
	assert_int_equal(link_octets_sent(link), 6);
	link_close(&link, false);
	assert_null(link);
}

static void
test_a_dialogue_ends_with_input_that_outlives_the_peer(void **state)
{
	struct peer peer;

	(void)state;
	peer_start(&peer, 1, serve_dialogue, NULL);
	harness_run(tell_dialogue, &peer);
	peer_stop(&peer);
}

/* --- Volume. --- */

static uint8_t
octet_at(size_t position)
{
	return (uint8_t)(position * 131 + (position >> 8) * 7);
}

static bool
is_pattern(struct bytes octets, size_t position)
{
	for (size_t i = 0; i < octets.size; i++) {
		if (octets.data[i] != octet_at(position + i))
			return false;
	}
	return true;
}

enum {
	CHUNK_SIZE = 2003,
	BIG_SIZE = 3000000
};

/* Sends BIG_SIZE octets of the pattern. */
static void
serve_pattern(int socket, void *argument)
{
	uint8_t chunk[CHUNK_SIZE];
	size_t sent = 0;

	(void)argument;
	while (sent < BIG_SIZE) {
		size_t size = BIG_SIZE - sent < CHUNK_SIZE ? BIG_SIZE - sent : CHUNK_SIZE;

		for (size_t i = 0; i < size; i++)
			chunk[i] = octet_at(sent + i);
		peer_write(socket, chunk, size);
		sent += size;
	}
}

struct appetite {
	const char *name;
	size_t awaited; /* octets that must be there before it eats */
	size_t left;    /* octets of them that it leaves */
};

static const struct appetite appetites[] = {
    {"everything", 1, 0},
    {"all but one octet", 2, 1},
    {"a line's worth stays", 4096, 80},
    {"half a buffer", 65536, 30000},
    {"a full buffer, most stays", LINK_INPUT_SIZE_MAX, 90000},
    {"a full buffer, one octet", LINK_INPUT_SIZE_MAX, 65537},
};

struct meal {
	uint16_t port;
	const struct appetite *appetite;
};

static void
tell_meal(struct world *world, void *argument)
{
	const struct meal *meal = argument;
	const struct appetite *appetite = meal->appetite;
	struct link_target target = harness_target(meal->port);
	struct link *link = harness_dial(world, &target);
	size_t eaten = 0;

	assert_int_equal(harness_settle(link), LINK_OPEN);
	for (;;) {
		struct bytes input = harness_input(link, appetite->awaited);
		size_t size = input.size;

		assert_true(size <= LINK_INPUT_SIZE_MAX);
		if (!is_pattern(input, eaten))
			fail_msg("%s: wrong octets after %zu", appetite->name, eaten);
		if (link_state(link) == LINK_OPEN)
			size -= appetite->left;
		link_consume(link, size);
		eaten += size;
		if (link_state(link) != LINK_OPEN && link_input(link).size == 0)
			break;
	}
	if (eaten != BIG_SIZE)
		fail_msg("%s: %zu octets", appetite->name, eaten);
	assert_int_equal(link_octets_received(link), BIG_SIZE);
	link_close(&link, false);
}

static void
test_every_way_of_consuming_sees_every_octet_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(appetites) / sizeof(appetites[0]); i++) {
		struct peer peer;
		struct meal meal = {.appetite = &appetites[i]};

		peer_start(&peer, 1, serve_pattern, NULL);
		meal.port = peer.port;
		harness_run(tell_meal, &meal);
		peer_stop(&peer);
	}
}

/* Reads BIG_SIZE octets of the pattern and says so. */
static void
serve_sink(int socket, void *argument)
{
	uint8_t *octets = malloc(BIG_SIZE);

	(void)argument;
	CHECK(octets != NULL);
	/* First the writer shall feel that nobody reads. */
	usleep(20000);
	CHECK(peer_read(socket, octets, BIG_SIZE) == BIG_SIZE);
	CHECK(is_pattern(bytes_of(octets, BIG_SIZE), 0));
	free(octets);
	peer_write(socket, "ok", 2);
}

static void
tell_writing(struct world *world, void *argument)
{
	struct peer *peer = argument;
	struct link_target target = harness_target(peer->port);
	struct link *link = harness_dial(world, &target);
	uint8_t *octets = malloc(BIG_SIZE);
	struct bytes left;

	assert_non_null(octets);
	for (size_t i = 0; i < BIG_SIZE; i++)
		octets[i] = octet_at(i);
	assert_int_equal(harness_settle(link), LINK_OPEN);
	assert_int_equal(link_output_room(link), LINK_OUTPUT_SIZE_MAX);
	left = bytes_of(octets, BIG_SIZE);
	left = bytes_skip(left, link_write(link, left));
	assert_int_equal(left.size, BIG_SIZE - LINK_OUTPUT_SIZE_MAX);
	assert_int_equal(link_output_room(link), 0);
	assert_int_equal(link_write(link, left), 0);
	harness_write(link, left);
	assert_true(bytes_equal(harness_input(link, 2), BYTES("ok")));
	assert_int_equal(link_octets_sent(link), BIG_SIZE);
	link_close(&link, false);
	free(octets);
}

static void
test_what_is_written_arrives_whole_and_in_order(void **state)
{
	struct peer peer;

	(void)state;
	peer_start(&peer, 1, serve_sink, NULL);
	harness_run(tell_writing, &peer);
	peer_stop(&peer);
}

/* --- Pausing. --- */

static double
thread_cpu_ms(void)
{
	struct rusage usage;

	CHECK(getrusage(RUSAGE_THREAD, &usage) == 0);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 +
	    (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
}

static void
tell_pause(struct world *world, void *argument)
{
	struct peer *peer = argument;
	struct link_target target = harness_target(peer->port);
	struct link *link = harness_dial(world, &target);
	struct tick end;
	double cpu_ms;

	assert_int_equal(harness_settle(link), LINK_OPEN);
	assert_int_equal(harness_input(link, LINK_INPUT_SIZE_MAX).size, LINK_INPUT_SIZE_MAX);
	cpu_ms = thread_cpu_ms();
	end = tick_after(world_now(world), 200000);
	while (tick_is_before(world_now(world), end)) {
		struct fiber_source *source = link_source(link);

		assert_int_not_equal(fiber_wait(&source, 1, end), FIBER_CANCELED);
	}
	cpu_ms = thread_cpu_ms() - cpu_ms;
	assert_int_equal(link_input(link).size, LINK_INPUT_SIZE_MAX);
	/* A loop that spins uses all of the 200 ms; 5 % are 10 ms. */
	if (cpu_ms > 10)
		fail_msg("a paused link used %g ms of 200", cpu_ms);
	link_consume(link, 1);
	assert_int_equal(harness_input(link, LINK_INPUT_SIZE_MAX).size, LINK_INPUT_SIZE_MAX);
	link_close(&link, true);
}

static void
test_a_full_link_rests_and_goes_on_when_consumed(void **state)
{
	struct peer peer;

	(void)state;
	peer_start(&peer, 1, serve_pattern, NULL);
	harness_run(tell_pause, &peer);
	peer_stop(&peer);
}

/* --- Endings. --- */

static void
serve_reset(int socket, void *argument)
{
	(void)argument;
	peer_write(socket, "* BYE out of memory\r\n", 21);
	usleep(10000);
	peer_reset(socket);
}

static void
tell_reset(struct world *world, void *argument)
{
	struct peer *peer = argument;
	struct link_target target = harness_target(peer->port);
	struct link *link = harness_dial(world, &target);
	char place[64];

	while (link_state(link) <= LINK_OPEN)
		harness_wait(link);
	assert_int_equal(link_state(link), LINK_FAILED);
	assert_true(bytes_equal(link_input(link), BYTES("* BYE out of memory\r\n")));
	snprintf(place, sizeof(place), "127.0.0.1:%u broke the connection.", peer->port);
	assert_string_equal(link_fault(link)->text, place);
	assert_int_equal(link_fault(link)->cause, CAUSE_NETWORK);
	assert_int_equal(link_fault(link)->retry, RETRY_LATER);
	assert_int_equal(link_write(link, BYTES("x")), 0);
	link_close(&link, false);
}

static void
test_octets_before_a_reset_are_readable_after_it(void **state)
{
	struct peer peer;

	(void)state;
	peer_start(&peer, 1, serve_reset, NULL);
	harness_run(tell_reset, &peer);
	peer_stop(&peer);
}

struct meeting {
	struct peer peer;
	sem_t is_met;  /* the client is connected */
	sem_t is_over; /* the server has reset */
};

static void
serve_bye_and_reset(int socket, void *argument)
{
	struct meeting *meeting = argument;

	CHECK(sem_wait(&meeting->is_met) == 0);
	peer_write(socket, "* BYE\r\n", 7);
	peer_reset(socket);
	CHECK(sem_post(&meeting->is_over) == 0);
}

/* Writes into a connection that the peer has reset; the loop does not look in between. */
static void
tell_late_write(struct world *world, void *argument)
{
	struct meeting *meeting = argument;
	struct link_target target = harness_target(meeting->peer.port);
	struct link *link = harness_dial(world, &target);

	assert_int_equal(harness_settle(link), LINK_OPEN);
	CHECK(sem_post(&meeting->is_met) == 0);
	CHECK(sem_wait(&meeting->is_over) == 0);
	/* The reset follows when `serve` has returned. */
	usleep(20000);
	assert_int_equal(link_write(link, BYTES("a NOOP\r\n")), 8);
	while (link_state(link) == LINK_OPEN)
		harness_wait(link);
	assert_int_equal(link_state(link), LINK_FAILED);
	assert_true(bytes_equal(link_input(link), BYTES("* BYE\r\n")));
	assert_int_equal(link_output_size(link), 0);
	link_close(&link, false);
}

static void
test_a_farewell_is_read_though_writing_failed(void **state)
{
	struct meeting meeting;

	(void)state;
	CHECK(sem_init(&meeting.is_met, 0, 0) == 0);
	CHECK(sem_init(&meeting.is_over, 0, 0) == 0);
	peer_start(&meeting.peer, 1, serve_bye_and_reset, &meeting);
	harness_run(tell_late_write, &meeting);
	peer_stop(&meeting.peer);
	CHECK(sem_destroy(&meeting.is_met) == 0);
	CHECK(sem_destroy(&meeting.is_over) == 0);
}

static void
nap(void *owner)
{
	(void)owner;
	usleep(20000);
}

/* The reset comes between dialling and the loop's look at the connection. */
static void
tell_blink(struct world *world, void *argument)
{
	struct peer *peer = argument;
	struct link_target target = harness_target(peer->port);
	struct link *link = harness_dial(world, &target);
	struct loop_errand errand = {.run = nap};

	loop_note(loop_of_world(world), &errand);
	while (link_state(link) <= LINK_OPEN)
		harness_wait(link);
	assert_int_equal(link_state(link), LINK_FAILED);
	assert_true(bytes_equal(link_input(link), BYTES("* BYE\r\n")));
	link_close(&link, false);
}

static void
serve_blink(int socket, void *argument)
{
	(void)argument;
	peer_write(socket, "* BYE\r\n", 7);
	peer_reset(socket);
}

static void
test_a_connection_broken_before_it_was_seen_still_speaks(void **state)
{
	struct peer peer;

	(void)state;
	peer_start(&peer, 1, serve_blink, NULL);
	harness_run(tell_blink, &peer);
	peer_stop(&peer);
}

struct received {
	size_t size;
	int error;
	char octets[8];
};

static void
serve_listen(int socket, void *argument)
{
	struct received *received = argument;

	errno = 0;
	received->size = peer_read(socket, received->octets, 7);
	received->error = errno;
}

static void
tell_farewell(struct world *world, void *argument)
{
	struct peer *peer = argument;
	struct link_target target = harness_target(peer->port);
	struct link *link = harness_dial(world, &target);

	assert_int_equal(harness_settle(link), LINK_OPEN);
	assert_int_equal(link_write(link, BYTES("a LOG\n")), 6);
	link_close(&link, false);
}

static void
test_an_orderly_close_sends_what_was_written(void **state)
{
	struct received received = {0};
	struct peer peer;

	(void)state;
	peer_start(&peer, 1, serve_listen, &received);
	harness_run(tell_farewell, &peer);
	peer_stop(&peer);
	assert_int_equal(received.size, 6);
	assert_int_equal(received.error, 0);
}

static void
tell_abrupt(struct world *world, void *argument)
{
	struct peer *peer = argument;
	struct link_target target = harness_target(peer->port);
	struct link *link = harness_dial(world, &target);

	assert_int_equal(harness_settle(link), LINK_OPEN);
	assert_int_equal(link_write(link, BYTES("a LOG\n")), 6);
	link_close(&link, true);
}

static void
test_an_abrupt_close_sends_nothing_more(void **state)
{
	struct received received = {0};
	struct peer peer;

	(void)state;
	peer_start(&peer, 1, serve_listen, &received);
	harness_run(tell_abrupt, &peer);
	peer_stop(&peer);
	assert_int_equal(received.size, 0);
	assert_int_equal(received.error, ECONNRESET);
}

/* --- Dialling. --- */

struct refusal {
	struct link_target target;
	const char *expected; /* %u is the port */
	enum status status;
};

static void
tell_refusal(struct world *world, void *argument)
{
	const struct refusal *refusal = argument;
	struct link *link = harness_dial(world, &refusal->target);
	char expected[128];

	assert_int_equal(harness_settle(link), LINK_FAILED);
	snprintf(expected, sizeof(expected), "%s:%u %s", refusal->target.host,
	    refusal->target.port, refusal->expected);
	assert_string_equal(link_fault(link)->text, expected);
	assert_int_equal(link_fault(link)->status, refusal->status);
	assert_int_equal(link_fault(link)->cause, CAUSE_NETWORK);
	assert_int_equal(link_fault(link)->scope, FAULT_ENDPOINT);
	assert_int_equal(link_fault(link)->retry, RETRY_LATER);
	assert_null(link_pin_offered(link));
	link_close(&link, false);
}

static void
test_a_refused_connection_says_so(void **state)
{
	struct refusal refusal = {
	    .expected = "refused the connection: nothing listens there.",
	    .status = ST_IO,
	};

	(void)state;
	refusal.target = harness_target(peer_closed_port());
	harness_run(tell_refusal, &refusal);
}

static void
test_a_host_that_does_not_answer_times_out(void **state)
{
	struct refusal refusal = {
	    .expected = "did not answer within 0.03 s.", .status = ST_TIMEOUT};
	int sockets[2];
	uint16_t port = peer_full_port(sockets);

	(void)state;
	refusal.target = harness_target(port);
	refusal.target.connect_timeout_us = 30000;
	harness_run(tell_refusal, &refusal);
	close(sockets[0]);
	close(sockets[1]);
}

static void
tell_nothing_yet(struct world *world, void *argument)
{
	struct link_target target = harness_target(*(uint16_t *)argument);
	struct link *link = harness_dial(world, &target);

	link_close(&link, false);
	assert_null(link);
	link_close(&link, false);
}

static void
test_a_link_may_be_closed_before_it_was_connected(void **state)
{
	uint16_t port = peer_closed_port();

	(void)state;
	harness_run(tell_nothing_yet, &port);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_dialogue_ends_with_input_that_outlives_the_peer),
	    cmocka_unit_test(test_every_way_of_consuming_sees_every_octet_once),
	    cmocka_unit_test(test_what_is_written_arrives_whole_and_in_order),
	    cmocka_unit_test(test_a_full_link_rests_and_goes_on_when_consumed),
	    cmocka_unit_test(test_octets_before_a_reset_are_readable_after_it),
	    cmocka_unit_test(test_a_farewell_is_read_though_writing_failed),
	    cmocka_unit_test(test_a_connection_broken_before_it_was_seen_still_speaks),
	    cmocka_unit_test(test_an_orderly_close_sends_what_was_written),
	    cmocka_unit_test(test_an_abrupt_close_sends_nothing_more),
	    cmocka_unit_test(test_a_refused_connection_says_so),
	    cmocka_unit_test(test_a_host_that_does_not_answer_times_out),
	    cmocka_unit_test(test_a_link_may_be_closed_before_it_was_connected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
