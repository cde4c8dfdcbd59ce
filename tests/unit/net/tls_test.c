/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>

#include "base/check.h"
#include "certificate.h"
#include "harness.h"
#include "net/loop_inner.h"
#include "net/world.h"
#include "peer.h"

#define LOCAL "DNS:localhost,IP:127.0.0.1"

/* All certificates of this file, made once. */
static struct {
	struct certificate authority;
	struct certificate stranger;
	struct certificate good;
	struct certificate expired;
	struct certificate future;
	struct certificate other;
	struct certificate self_signed;
	struct certificate foreign;
	char ca_path[32];
} made;

static int
make_all(void **state)
{
	struct certificate_request authority = {.name = "Godwit test authority",
	    .is_authority = true,
	    .first_day = -9,
	    .last_day = 9};
	struct certificate_request request = {
	    .name = "localhost", .alternatives = LOCAL, .first_day = -9, .last_day = 9};

	(void)state;
	made.authority = certificate_make(&authority);
	authority.name = "A stranger";
	made.stranger = certificate_make(&authority);
	made.self_signed = certificate_make(&request);
	request.issuer = &made.stranger;
	made.foreign = certificate_make(&request);
	request.issuer = &made.authority;
	made.good = certificate_make(&request);
	request.last_day = -1;
	made.expired = certificate_make(&request);
	request.first_day = 1;
	request.last_day = 9;
	made.future = certificate_make(&request);
	request.first_day = -9;
	request.name = "mail.elsewhere.example";
	request.alternatives = "DNS:mail.elsewhere.example,DNS:b.example,IP:192.0.2.7,"
			       "DNS:c.example,DNS:d.example";
	made.other = certificate_make(&request);
	snprintf(made.ca_path, sizeof(made.ca_path), "/tmp/godwit-test-XXXXXX");
	certificate_save(&made.authority, made.ca_path);
	return 0;
}

static int
drop_all(void **state)
{
	(void)state;
	unlink(made.ca_path);
	certificate_fini(&made.authority);
	certificate_fini(&made.stranger);
	certificate_fini(&made.good);
	certificate_fini(&made.expired);
	certificate_fini(&made.future);
	certificate_fini(&made.other);
	certificate_fini(&made.self_signed);
	certificate_fini(&made.foreign);
	return 0;
}

/* --- A server that says hello and goes. --- */

static void
serve_hello(int socket, void *argument)
{
	SSL *ssl = certificate_accept(argument, socket);
	char octet;

	if (ssl == NULL)
		return;
	CHECK(SSL_write(ssl, "* hello\r\n", 9) == 9);
	SSL_shutdown(ssl);
	/* Until the client has said farewell. */
	SSL_read(ssl, &octet, 1);
	ERR_clear_error();
	SSL_free(ssl);
}

static struct link_target
tls_target(uint16_t port)
{
	struct link_target target = harness_target(port);

	target.security = LINK_TLS;
	target.tls.ca_path = made.ca_path;
	return target;
}

static void
tell_hello(struct world *world, void *argument)
{
	const struct link_target *target = argument;
	struct link *link = harness_dial(world, target);

	/* The peer may have ended its stream in the turn in which it was met. */
	assert_int_not_equal(harness_settle(link), LINK_FAILED);
	assert_true(bytes_equal(harness_input(link, 9), BYTES("* hello\r\n")));
	while (link_state(link) == LINK_OPEN)
		harness_wait(link);
	assert_int_equal(link_state(link), LINK_SHUT);
	assert_false(link_is_truncated(link));
	assert_null(link_pin_offered(link));
	assert_non_null(strstr(link_security_text(link), "TLSv1.3, "));
	assert_non_null(strstr(link_security_text(link), target->host));
	link_close(&link, false);
}

static void
test_a_good_certificate_is_taken(void **state)
{
	static const char *const hosts[] = {"127.0.0.1", "localhost"};
	SSL_CTX *context = certificate_server(&made.good);

	(void)state;
	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		struct peer peer;
		struct link_target target;

		peer_start(&peer, 1, serve_hello, context);
		target = tls_target(peer.port);
		target.host = hosts[i];
		harness_run(tell_hello, &target);
		peer_stop(&peer);
	}
	SSL_CTX_free(context);
}

/* Makes the first turns of the loop slow, so that what the server says comes at once. */
struct napping {
	struct link_target target;
	struct loop *loop;
	struct loop_errand errand;
	unsigned left;
};

static void
nap(void *owner)
{
	struct napping *napping = owner;

	usleep(4000);
	if (--napping->left > 0)
		loop_note(napping->loop, &napping->errand);
}

static void
tell_hello_slowly(struct world *world, void *argument)
{
	struct napping *napping = argument;
	struct link *link;

	napping->loop = loop_of_world(world);
	napping->errand = (struct loop_errand){.run = nap, .owner = napping};
	loop_note(napping->loop, &napping->errand);
	link = harness_dial(world, &napping->target);
	assert_int_equal(harness_settle(link), LINK_OPEN);
	assert_true(bytes_equal(harness_input(link, 9), BYTES("* hello\r\n")));
	link_close(&link, true);
}

static void
serve_hello_and_wait(int socket, void *argument)
{
	SSL *ssl = certificate_accept(argument, socket);
	char octet;

	CHECK(ssl != NULL);
	CHECK(SSL_write(ssl, "* hello\r\n", 9) == 9);
	SSL_read(ssl, &octet, 1);
	ERR_clear_error();
	SSL_free(ssl);
}

static void
test_a_greeting_that_comes_with_the_handshake_is_read(void **state)
{
	SSL_CTX *context = certificate_server(&made.good);
	struct napping napping = {.left = 20};
	struct peer peer;

	(void)state;
	/* In TLS 1.2 the server has the last word of the handshake. */
	assert_int_equal(SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION), 1);
	peer_start(&peer, 1, serve_hello_and_wait, context);
	napping.target = tls_target(peer.port);
	harness_run(tell_hello_slowly, &napping);
	peer_stop(&peer);
	SSL_CTX_free(context);
}

/* --- Certificates that are refused. --- */

enum pinning {
	NO_PIN,
	RIGHT_PIN,
	WRONG_PIN,
};

struct refusal {
	const char *name;
	const struct certificate *certificate;
	enum pinning pinning;
	const char *text; /* %s is a date or a pin where one must stand */
};

static const struct refusal refusals[] = {
    {"expired", &made.expired, NO_PIN, "The certificate of 127.0.0.1 expired on %s."},
    {"not yet valid", &made.future, NO_PIN,
	"The certificate of 127.0.0.1 is not valid before %s; is this machine's clock right?"},
    {"self-signed", &made.self_signed, NO_PIN,
	"The certificate of 127.0.0.1 is self-signed: nobody vouches for it."},
    {"foreign authority", &made.foreign, NO_PIN,
	"The certificate of 127.0.0.1 was issued by \"A stranger\", "
	"whom this machine does not trust."},
    {"another host's", &made.other, NO_PIN,
	"The certificate of 127.0.0.1 is not for this name but for mail.elsewhere.example, "
	"b.example, 192.0.2.7 and 2 more."},
    {"good but not the pinned one", &made.good, WRONG_PIN,
	"The certificate of 127.0.0.1 is not the pinned one: its key has sha256:%s."},
};

struct refused {
	struct link_target target;
	const char *name;
	char text[256];
	char pin[DIGEST_HEX_SIZE];
};

static void
tell_refusal(struct world *world, void *argument)
{
	const struct refused *refused = argument;
	struct link *link = harness_dial(world, &refused->target);

	if (harness_settle(link) != LINK_FAILED)
		fail_msg("%s: taken", refused->name);
	if (strcmp(link_fault(link)->text, refused->text) != 0)
		fail_msg("%s: %s", refused->name, link_fault(link)->text);
	assert_int_equal(link_fault(link)->cause, CAUSE_TLS);
	assert_int_equal(link_fault(link)->status, ST_REFUSED);
	assert_int_equal(link_fault(link)->retry, RETRY_NEVER);
	assert_non_null(link_pin_offered(link));
	assert_string_equal(link_pin_offered(link), refused->pin);
	assert_int_equal(link_octets_received(link), 0);
	assert_int_equal(ERR_peek_error(), 0);
	link_close(&link, false);
}

static void
date_of(const struct certificate *certificate, bool is_end, char out[static 16])
{
	struct tm tm;
	const ASN1_TIME *time = is_end ? X509_get0_notAfter(certificate->x509)
				       : X509_get0_notBefore(certificate->x509);

	CHECK(ASN1_TIME_to_tm(time, &tm) == 1);
	CHECK(snprintf(out, 16, "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1,
		  tm.tm_mday) == 10);
}

static void
set_pin(struct link_target *target, const struct digest *digest, enum pinning pinning)
{
	target->tls.has_pin = pinning != NO_PIN;
	memcpy(target->tls.pin, digest->octets, LINK_PIN_SIZE);
	if (pinning == WRONG_PIN)
		target->tls.pin[31] ^= 1;
}

/* The text with what belongs at its %s. */
static void
expect(struct refused *refused, const struct refusal *refusal)
{
	const char *hole = strstr(refusal->text, "%s");
	char date[16];
	const char *filler = refused->pin;

	if (hole == NULL) {
		snprintf(refused->text, sizeof(refused->text), "%s", refusal->text);
		return;
	}
	if (refusal->pinning == NO_PIN) {
		date_of(refusal->certificate, refusal->certificate == &made.expired, date);
		filler = date;
	}
	snprintf(refused->text, sizeof(refused->text), "%.*s%s%s", (int)(hole - refusal->text),
	    refusal->text, filler, hole + 2);
}

static void
test_a_bad_certificate_is_refused_with_a_sentence_and_a_pin(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		const struct refusal *refusal = &refusals[i];
		SSL_CTX *context = certificate_server(refusal->certificate);
		struct digest pin = certificate_pin(refusal->certificate);
		struct refused refused = {.name = refusal->name};
		struct peer peer;

		digest_hex(&pin, refused.pin);
		expect(&refused, refusal);
		peer_start(&peer, 1, serve_hello, context);
		refused.target = tls_target(peer.port);
		set_pin(&refused.target, &pin, refusal->pinning);
		harness_run(tell_refusal, &refused);
		peer_stop(&peer);
		SSL_CTX_free(context);
	}
}

static void
test_with_the_right_pin_any_certificate_is_taken(void **state)
{
	const struct certificate *const certificates[] = {
	    &made.expired, &made.self_signed, &made.foreign, &made.other, &made.good};

	(void)state;
	for (size_t i = 0; i < sizeof(certificates) / sizeof(certificates[0]); i++) {
		SSL_CTX *context = certificate_server(certificates[i]);
		struct digest pin = certificate_pin(certificates[i]);
		struct link_target target;
		struct peer peer;

		peer_start(&peer, 1, serve_hello, context);
		target = tls_target(peer.port);
		set_pin(&target, &pin, RIGHT_PIN);
		harness_run(tell_hello, &target);
		peer_stop(&peer);
		SSL_CTX_free(context);
	}
}

/* --- Peers that are no proper TLS servers. --- */

static void
serve_clear_text(int socket, void *argument)
{
	char octet;

	(void)argument;
	peer_write(socket, "* OK IMAP4rev1 ready\r\n", 22);
	while (recv(socket, &octet, 1, 0) > 0)
		;
}

static void
serve_silence(int socket, void *argument)
{
	char octet;

	(void)argument;
	while (recv(socket, &octet, 1, 0) > 0)
		;
}

static void
serve_farewell(int socket, void *argument)
{
	uint8_t octets[32];

	(void)argument;
	CHECK(peer_read(socket, octets, sizeof(octets)) == sizeof(octets));
}

struct broken {
	const char *name;
	peer_fn serve;
	const char *text;
	enum status status;
	enum fault_cause cause;
	enum fault_retry retry;
};

static const struct broken brokens[] = {
    {"clear text", serve_clear_text, "does not speak TLS; perhaps it is the port for STARTTLS.",
	ST_IO, CAUSE_TLS, RETRY_NEVER},
    {"TLS 1.1", serve_hello, "offers no TLS version from 1.2 on.", ST_IO, CAUSE_TLS,
	RETRY_NEVER},
    {"silence", serve_silence,
	"was connected but did not finish the TLS handshake within 0.05 s.", ST_TIMEOUT,
	CAUSE_NETWORK, RETRY_LATER},
    {"farewell", serve_farewell, NULL, ST_IO, CAUSE_NONE, RETRY_LATER},
};

struct breakage {
	struct link_target target;
	const struct broken *broken;
};

static void
tell_breakage(struct world *world, void *argument)
{
	const struct breakage *breakage = argument;
	const struct broken *broken = breakage->broken;
	struct link *link = harness_dial(world, &breakage->target);
	char text[256];

	if (harness_settle(link) != LINK_FAILED)
		fail_msg("%s: taken", broken->name);
	snprintf(text, sizeof(text), "127.0.0.1:%u %s", breakage->target.port,
	    broken->text == NULL ? "" : broken->text);
	if (broken->text != NULL && strcmp(link_fault(link)->text, text) != 0)
		fail_msg("%s: %s", broken->name, link_fault(link)->text);
	assert_int_equal(link_fault(link)->status, broken->status);
	if (broken->cause != CAUSE_NONE)
		assert_int_equal(link_fault(link)->cause, broken->cause);
	assert_int_equal(link_fault(link)->retry, broken->retry);
	assert_null(link_pin_offered(link));
	assert_int_equal(ERR_peek_error(), 0);
	link_close(&link, false);
}

static SSL_CTX *
old_server(void)
{
	SSL_CTX *old = certificate_server(&made.good);

	assert_int_equal(SSL_CTX_set_min_proto_version(old, 0), 1);
	assert_int_equal(SSL_CTX_set_max_proto_version(old, TLS1_1_VERSION), 1);
	assert_int_equal(SSL_CTX_set_cipher_list(old, "ALL:@SECLEVEL=0"), 1);
	return old;
}

static void
test_a_peer_without_proper_tls_is_told_apart(void **state)
{
	SSL_CTX *old = old_server();

	(void)state;
	for (size_t i = 0; i < sizeof(brokens) / sizeof(brokens[0]); i++) {
		struct breakage breakage = {.broken = &brokens[i]};
		struct peer peer;

		peer_start(&peer, 1, brokens[i].serve, old);
		breakage.target = tls_target(peer.port);
		if (brokens[i].status == ST_TIMEOUT)
			breakage.target.handshake_timeout_us = 50000;
		harness_run(tell_breakage, &breakage);
		peer_stop(&peer);
	}
	SSL_CTX_free(old);
}

static void
tell_old_hello(struct world *world, void *argument)
{
	struct link *link = harness_dial(world, argument);

	assert_int_not_equal(harness_settle(link), LINK_FAILED);
	assert_true(bytes_equal(harness_input(link, 9), BYTES("* hello\r\n")));
	assert_non_null(strstr(link_security_text(link), "TLSv1.1, "));
	link_close(&link, false);
}

/* What only has TLS 1.1 is taken where a user ordered that. */
static void
test_old_tls_is_spoken_when_it_was_ordered(void **state)
{
	SSL_CTX *old = old_server();
	struct link_target target;
	struct peer peer;

	(void)state;
	peer_start(&peer, 1, serve_hello, old);
	target = tls_target(peer.port);
	target.tls.allows_old = true;
	harness_run(tell_old_hello, &target);
	peer_stop(&peer);
	SSL_CTX_free(old);
}

static void
tell_missing_roots(struct world *world, void *argument)
{
	const struct link_target *target = argument;
	struct link *link = harness_dial(world, target);

	assert_int_equal(harness_settle(link), LINK_FAILED);
	assert_string_equal(link_fault(link)->text,
	    "/nonexistent/ca.pem holds no trusted certificates that can be read.");
	assert_int_equal(link_fault(link)->cause, CAUSE_USAGE);
	link_close(&link, false);
}

static void
test_a_missing_file_of_authorities_is_the_callers_mistake(void **state)
{
	struct link_target target;
	struct peer peer;

	(void)state;
	peer_start(&peer, 1, serve_silence, NULL);
	target = tls_target(peer.port);
	target.tls.ca_path = "/nonexistent/ca.pem";
	harness_run(tell_missing_roots, &target);
	peer_stop(&peer);
}

/* --- Endings. --- */

static void
serve_without_farewell(int socket, void *argument)
{
	SSL *ssl = certificate_accept(argument, socket);
	char octet;

	CHECK(ssl != NULL);
	CHECK(SSL_write(ssl, "* hello\r\n", 9) == 9);
	/* The client has read it and said so. */
	CHECK(SSL_read(ssl, &octet, 1) == 1);
	SSL_set_quiet_shutdown(ssl, 1);
	SSL_free(ssl);
}

static void
tell_truncation(struct world *world, void *argument)
{
	const struct link_target *target = argument;
	struct link *link = harness_dial(world, target);

	assert_int_equal(harness_settle(link), LINK_OPEN);
	harness_input(link, 9);
	assert_int_equal(link_write(link, BYTES("!")), 1);
	while (link_state(link) == LINK_OPEN)
		harness_wait(link);
	assert_int_equal(link_state(link), LINK_SHUT);
	assert_true(link_is_truncated(link));
	assert_true(bytes_equal(link_input(link), BYTES("* hello\r\n")));
	assert_int_equal(ERR_peek_error(), 0);
	link_close(&link, false);
}

static void
test_an_end_without_farewell_is_known(void **state)
{
	SSL_CTX *context = certificate_server(&made.good);
	struct link_target target;
	struct peer peer;

	(void)state;
	peer_start(&peer, 1, serve_without_farewell, context);
	target = tls_target(peer.port);
	harness_run(tell_truncation, &target);
	peer_stop(&peer);
	SSL_CTX_free(context);
}

struct farewell {
	SSL_CTX *context;
	int result; /* of the SSL_read after the client's octets */
	int error;
	char octets[8];
};

static void
serve_until_farewell(int socket, void *argument)
{
	struct farewell *farewell = argument;
	SSL *ssl = certificate_accept(farewell->context, socket);

	CHECK(ssl != NULL);
	CHECK(SSL_read(ssl, farewell->octets, 8) == 6);
	farewell->result = SSL_read(ssl, farewell->octets + 6, 1);
	farewell->error = SSL_get_error(ssl, farewell->result);
	ERR_clear_error();
	SSL_free(ssl);
}

struct closing {
	struct link_target target;
	bool is_abrupt;
};

static void
tell_closing(struct world *world, void *argument)
{
	const struct closing *closing = argument;
	struct link *link = harness_dial(world, &closing->target);

	assert_int_equal(harness_settle(link), LINK_OPEN);
	assert_int_equal(link_write(link, BYTES("a LOG\n")), 6);
	link_close(&link, closing->is_abrupt);
}

static void
test_an_orderly_close_says_farewell(void **state)
{
	struct farewell farewell = {.context = certificate_server(&made.good)};
	struct closing closing = {.is_abrupt = false};
	struct peer peer;

	(void)state;
	peer_start(&peer, 1, serve_until_farewell, &farewell);
	closing.target = tls_target(peer.port);
	harness_run(tell_closing, &closing);
	peer_stop(&peer);
	assert_memory_equal(farewell.octets, "a LOG\n", 6);
	assert_int_equal(farewell.result, 0);
	assert_int_equal(farewell.error, SSL_ERROR_ZERO_RETURN);
	SSL_CTX_free(farewell.context);
}

/* --- Volume, pausing. --- */

enum {
	BIG_SIZE = 2000000
};

/* Echoes BIG_SIZE octets after all of them have come. */
static void
serve_big_echo(int socket, void *argument)
{
	uint8_t *octets = malloc(BIG_SIZE);
	SSL *ssl = certificate_accept(argument, socket);
	size_t used = 0;

	CHECK(ssl != NULL && octets != NULL);
	while (used < BIG_SIZE) {
		int got = SSL_read(ssl, octets + used, (int)(BIG_SIZE - used));

		CHECK(got > 0);
		used += (size_t)got;
	}
	/* Fails when the test has seen enough. */
	(void)SSL_write(ssl, octets, BIG_SIZE);
	ERR_clear_error();
	free(octets);
	SSL_free(ssl);
}

/* The server falls silent after its last octet: what OpenSSL holds must still come. */
static void
tell_big_echo(struct world *world, void *argument)
{
	const struct link_target *target = argument;
	struct link *link = harness_dial(world, target);
	uint8_t *octets = malloc(BIG_SIZE);
	size_t eaten = 0;

	assert_non_null(octets);
	for (size_t i = 0; i < BIG_SIZE; i++)
		octets[i] = (uint8_t)(i * 131 + (i >> 8) * 7);
	assert_int_equal(harness_settle(link), LINK_OPEN);
	harness_write(link, bytes_of(octets, BIG_SIZE));
	while (eaten < BIG_SIZE) {
		/* Always lets it fill and pause. */
		size_t awaited = BIG_SIZE - eaten < LINK_INPUT_SIZE_MAX ? BIG_SIZE - eaten
									: LINK_INPUT_SIZE_MAX;
		struct bytes input = harness_input(link, awaited);

		assert_in_range(input.size, awaited, LINK_INPUT_SIZE_MAX);
		assert_memory_equal(input.data, octets + eaten, input.size);
		eaten += input.size;
		link_consume(link, input.size);
	}
	assert_int_equal(link_octets_received(link), BIG_SIZE);
	assert_int_equal(link_octets_sent(link), BIG_SIZE);
	link_close(&link, false);
	free(octets);
}

static void
test_megabytes_go_both_ways_through_pauses(void **state)
{
	SSL_CTX *context = certificate_server(&made.good);
	struct link_target target;
	struct peer peer;

	(void)state;
	peer_start(&peer, 1, serve_big_echo, context);
	target = tls_target(peer.port);
	harness_run(tell_big_echo, &target);
	peer_stop(&peer);
	SSL_CTX_free(context);
}

/* --- STARTTLS. --- */

static void
serve_starttls(int socket, void *argument)
{
	char line[16];

	peer_write(socket, "* OK\r\n", 6);
	CHECK(peer_read(socket, line, 12) == 12);
	peer_write(socket, "a OK\r\n", 6);
	serve_hello(socket, argument);
}

static void
tell_starttls(struct world *world, void *argument)
{
	const struct link_target *target = argument;
	struct link *link = harness_dial(world, target);

	assert_int_equal(harness_settle(link), LINK_OPEN);
	link_consume(link, harness_input(link, 6).size);
	assert_int_equal(link_write(link, BYTES("a STARTTLS\r\n")), 12);
	link_consume(link, harness_input(link, 6).size);
	assert_string_equal(link_security_text(link), "no encryption");
	assert_int_equal(link_start_tls(link, NULL), ST_OK);
	assert_int_equal(link_state(link), LINK_CONNECTING);
	assert_int_equal(link_write(link, BYTES("too early")), 0);
	assert_int_not_equal(harness_settle(link), LINK_FAILED);
	assert_string_equal(link_security_text(link), "TLSv1.3, certificate of 127.0.0.1");
	assert_true(bytes_equal(harness_input(link, 9), BYTES("* hello\r\n")));
	link_close(&link, false);
}

static void
test_a_connection_in_clear_becomes_tls(void **state)
{
	SSL_CTX *context = certificate_server(&made.good);
	struct link_target target;
	struct peer peer;

	(void)state;
	peer_start(&peer, 1, serve_starttls, context);
	target = tls_target(peer.port);
	target.security = LINK_PLAIN;
	harness_run(tell_starttls, &target);
	peer_stop(&peer);
	SSL_CTX_free(context);
}

static void
serve_injection(int socket, void *argument)
{
	char octet;

	(void)argument;
	peer_write(socket, "a OK\r\n* injected\r\n", 18);
	while (recv(socket, &octet, 1, 0) > 0)
		;
}

static void
tell_injection(struct world *world, void *argument)
{
	const struct link_target *target = argument;
	struct link *link = harness_dial(world, target);
	struct fault fault = {0};

	assert_int_equal(harness_settle(link), LINK_OPEN);
	harness_input(link, 18);
	link_consume(link, 6);
	assert_int_equal(link_start_tls(link, &fault), ST_CONFLICT);
	assert_int_equal(link_state(link), LINK_OPEN);
	assert_int_equal(fault.cause, CAUSE_TLS);
	assert_string_equal(fault.text,
	    "The server sent 12 octets in clear text behind its answer to STARTTLS; "
	    "somebody may have put them there, so the connection was given up.");
	link_close(&link, true);
}

static void
test_clear_text_behind_starttls_is_refused(void **state)
{
	struct link_target target;
	struct peer peer;

	(void)state;
	peer_start(&peer, 1, serve_injection, NULL);
	target = tls_target(peer.port);
	target.security = LINK_PLAIN;
	harness_run(tell_injection, &target);
	peer_stop(&peer);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_good_certificate_is_taken),
	    cmocka_unit_test(test_a_greeting_that_comes_with_the_handshake_is_read),
	    cmocka_unit_test(test_a_bad_certificate_is_refused_with_a_sentence_and_a_pin),
	    cmocka_unit_test(test_with_the_right_pin_any_certificate_is_taken),
	    cmocka_unit_test(test_a_peer_without_proper_tls_is_told_apart),
	    cmocka_unit_test(test_old_tls_is_spoken_when_it_was_ordered),
	    cmocka_unit_test(test_a_missing_file_of_authorities_is_the_callers_mistake),
	    cmocka_unit_test(test_an_end_without_farewell_is_known),
	    cmocka_unit_test(test_an_orderly_close_says_farewell),
	    cmocka_unit_test(test_megabytes_go_both_ways_through_pauses),
	    cmocka_unit_test(test_a_connection_in_clear_becomes_tls),
	    cmocka_unit_test(test_clear_text_behind_starttls_is_refused),
	};
	struct sigaction ignored = {.sa_handler = SIG_IGN};

	/* OpenSSL's server side in the peer's thread writes without MSG_NOSIGNAL. */
	sigemptyset(&ignored.sa_mask);
	CHECK(sigaction(SIGPIPE, &ignored, NULL) == 0);
	return cmocka_run_group_tests(tests, make_all, drop_all);
}
