/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "harness.h"
#include "net/dial.h"
#include "net/loop_inner.h"
#include "net/world.h"
#include "peer.h"

/* --- Resolving. --- */

static void
test_addresses_are_taken_as_they_are(void **state)
{
	struct dial_addresses addresses = {0};
	struct fault fault = {0};

	(void)state;
	assert_int_equal(dial_resolve("192.0.2.7", 993, &addresses, &fault), ST_OK);
	assert_int_equal(addresses.count, 1);
	assert_int_equal(addresses.list[0].any.sa_family, AF_INET);
	assert_int_equal(ntohl(addresses.list[0].ipv4.sin_addr.s_addr), 0xc0000207);
	assert_int_equal(ntohs(addresses.list[0].ipv4.sin_port), 993);

	assert_int_equal(dial_resolve("2001:db8::7", 65535, &addresses, &fault), ST_OK);
	assert_int_equal(addresses.count, 1);
	assert_int_equal(addresses.list[0].any.sa_family, AF_INET6);
	assert_int_equal(addresses.list[0].ipv6.sin6_addr.s6_addr[15], 7);
	assert_int_equal(ntohs(addresses.list[0].ipv6.sin6_port), 65535);
}

static void
test_a_name_from_the_hosts_file_is_resolved(void **state)
{
	struct dial_addresses addresses = {0};
	struct fault fault = {0};

	(void)state;
	assert_int_equal(dial_resolve("localhost", 143, &addresses, &fault), ST_OK);
	assert_in_range(addresses.count, 1, DIAL_ADDRESS_MAX);
}

static void
test_a_name_without_address_fails_at_once(void **state)
{
	struct dial_addresses addresses = {.count = 77};
	struct fault fault = {0};

	(void)state;
	/* No resolver asks anybody for an empty label. */
	assert_int_equal(dial_resolve("a..b", 993, &addresses, &fault), ST_IO);
	assert_int_equal(addresses.count, 77);
	assert_string_equal(
	    fault.text, "The host of a..b:993 is not known: its name has no address.");
	assert_int_equal(fault.cause, CAUSE_NETWORK);
	assert_int_equal(fault.scope, FAULT_ENDPOINT);
	assert_int_equal(fault.retry, RETRY_LATER);
}

/* --- Sentences. --- */

struct place {
	const char *name;
	const char *host;
	uint16_t port;
	const char *text;
};

static const struct place places[] = {
    {"a name", "imap.old.example", 993, "imap.old.example:993"},
    {"an address", "192.0.2.7", 143, "192.0.2.7:143"},
    {"IPv6", "2001:db8::7", 993, "[2001:db8::7]:993"},
    {"control octet", "bad\x1b[1mhost", 1, "bad?[1mhost:1"},
};

static void
test_places_are_written_so_that_they_can_be_read(void **state)
{
	char out[DIAL_PLACE_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		dial_place(places[i].host, places[i].port, out);
		if (strcmp(out, places[i].text) != 0)
			fail_msg("%s: %s", places[i].name, out);
	}
}

struct sentence {
	int error;
	unsigned tried;
	const char *text;
};

static const struct sentence sentences[] = {
    {ECONNREFUSED, 1, "h.example:993 refused the connection: nothing listens there."},
    {ECONNREFUSED, 3,
	"h.example:993 refused the connection (the last of 3 addresses): nothing listens "
	"there."},
    {ENETUNREACH, 1, "h.example:993 cannot be reached from here."},
    {EHOSTUNREACH, 2, "h.example:993 cannot be reached from here (the last of 2 addresses)."},
    {ECONNRESET, 1, "h.example:993 accepted the connection and broke it."},
    {ETIMEDOUT, 1, "h.example:993 did not answer."},
    {EACCES, 1, "Connecting to h.example:993 failed: Permission denied."},
};

static void
test_each_error_has_its_sentence(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++) {
		struct fault fault = {0};

		dial_fault(&fault, "h.example", 993, sentences[i].error, sentences[i].tried);
		assert_string_equal(fault.text, sentences[i].text);
		assert_int_equal(fault.cause, CAUSE_NETWORK);
		assert_int_equal(fault.retry, RETRY_LATER);
	}
}

/* --- One address after the other. --- */

struct several {
	uint16_t ports[3];
	unsigned count;
	const char *text; /* NULL: connected */
};

static void
tell_several(struct world *world, void *argument)
{
	const struct several *several = argument;
	struct dial_addresses addresses = {.count = several->count};
	struct link_target target = harness_target(993);
	struct link *link;

	for (unsigned i = 0; i < several->count; i++) {
		addresses.list[i].ipv4 = (struct sockaddr_in){.sin_family = AF_INET,
		    .sin_port = htons(several->ports[i]),
		    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	}
	loop_known_set(loop_known(loop_of_world(world)), "h.example", 993, &addresses);
	target.host = "h.example";
	target.connect_timeout_us = 30000;
	link = harness_dial(world, &target);
	if (several->text == NULL) {
		assert_int_equal(harness_settle(link), LINK_OPEN);
		assert_true(bytes_equal(harness_input(link, 2), BYTES("hi")));
	} else {
		assert_int_equal(harness_settle(link), LINK_FAILED);
		assert_string_equal(link_fault(link)->text, several->text);
	}
	link_close(&link, false);
}

static void
serve_hi(int socket, void *argument)
{
	char octet;

	(void)argument;
	peer_write(socket, "hi", 2);
	CHECK(peer_read(socket, &octet, 1) == 0);
}

static void
test_the_first_address_that_answers_serves(void **state)
{
	struct several several = {.count = 3};
	struct peer peer;
	int sockets[2];

	(void)state;
	several.ports[0] = peer_closed_port();
	several.ports[1] = peer_full_port(sockets);
	peer_start(&peer, 1, serve_hi, NULL);
	several.ports[2] = peer.port;
	harness_run(tell_several, &several);
	peer_stop(&peer);
	close(sockets[0]);
	close(sockets[1]);
}

static void
test_when_none_answers_the_last_is_told(void **state)
{
	struct several several = {.count = 2};
	int sockets[2];

	(void)state;
	several.ports[0] = peer_full_port(sockets);
	several.ports[1] = peer_closed_port();
	several.text = "h.example:993 refused the connection (the last of 2 addresses): "
		       "nothing listens there.";
	harness_run(tell_several, &several);

	several.ports[1] = several.ports[0];
	several.ports[0] = peer_closed_port();
	several.text = "h.example:993 did not answer within 0.03 s (the last of 2 addresses).";
	harness_run(tell_several, &several);
	close(sockets[0]);
	close(sockets[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_addresses_are_taken_as_they_are),
	    cmocka_unit_test(test_a_name_from_the_hosts_file_is_resolved),
	    cmocka_unit_test(test_a_name_without_address_fails_at_once),
	    cmocka_unit_test(test_places_are_written_so_that_they_can_be_read),
	    cmocka_unit_test(test_each_error_has_its_sentence),
	    cmocka_unit_test(test_the_first_address_that_answers_serves),
	    cmocka_unit_test(test_when_none_answers_the_last_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
