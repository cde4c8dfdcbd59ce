/* SPDX-License-Identifier: Apache-2.0 */
#include "net/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/check.h"
#include "base/mem.h"
#include "net/dial.h"
#include "net/fiber.h"
#include "net/link.h"
#include "net/tls_verify.h"

enum {
	/* Several records are taken from the socket by one call. */
	READ_AHEAD_SIZE = 65536
};

struct tls_context {
	SSL_CTX *ssl;
};

struct tls {
	SSL *ssl;
	struct tls_verdict verdict;
};

static const struct fault_kind usage = {ST_ABSENT, CAUSE_USAGE, FAULT_ENDPOINT, RETRY_NEVER};
static const struct fault_kind no_memory = {
    ST_MEMORY, CAUSE_MEMORY, FAULT_MAILBOX, RETRY_LATER};
static const struct fault_kind broken = {ST_IO, CAUSE_TLS, FAULT_ENDPOINT, RETRY_LATER};
static const struct fault_kind hopeless = {ST_IO, CAUSE_TLS, FAULT_ENDPOINT, RETRY_NEVER};

/* --- Contexts. --- */

static enum status
load_roots(SSL_CTX *ssl, const char *ca_path, struct fault *fault)
{
	char quoted[FAULT_QUOTE_SIZE];

	if (ca_path == NULL) {
		if (SSL_CTX_set_default_verify_paths(ssl) == 1)
			return ST_OK;
		return fault_set(
		    fault, usage, "The system's trusted certificates cannot be read.");
	}
	if (SSL_CTX_load_verify_file(ssl, ca_path) == 1)
		return ST_OK;
	return fault_set(fault, usage, "%s holds no trusted certificates that can be read.",
	    fault_quote(bytes_of_string(ca_path), quoted));
}

static void
set_up(SSL_CTX *ssl)
{
	SSL_CTX_set_options(ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_mode(ssl,
	    SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
		SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_read_ahead(ssl, 1);
	SSL_CTX_set_default_read_buffer_len(ssl, READ_AHEAD_SIZE);
	SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(ssl, tls_verify, NULL);
	/* A resumed session would skip the certificate. */
	SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
}

enum status
tls_context_new(const char *ca_path, struct tls_context **context_out, struct fault *fault)
{
	struct tls_context *context = mem_take(sizeof(*context));
	SSL_CTX *ssl = SSL_CTX_new(TLS_client_method());
	enum status status;

	CHECK(fiber_self() == NULL);
	if (context == NULL || ssl == NULL ||
	    SSL_CTX_set_min_proto_version(ssl, TLS1_2_VERSION) != 1) {
		status = ST_MEMORY;
		fault_set(fault, no_memory, "There is no memory for TLS.");
	} else {
		status = load_roots(ssl, ca_path, fault);
	}
	ERR_clear_error();
	if (status != ST_OK) {
		SSL_CTX_free(ssl);
		mem_give(context);
		return status;
	}
	set_up(ssl);
	context->ssl = ssl;
	*context_out = context;
	return ST_OK;
}

void
tls_context_free(struct tls_context **context)
{
	if (*context == NULL)
		return;
	SSL_CTX_free((*context)->ssl);
	mem_give(*context);
	*context = NULL;
}

/* --- Sessions. --- */

static bool
set_name(SSL *ssl, const char *host)
{
	uint8_t address[16];
	char name[256];
	size_t size = strlen(host);

	/* SNI carries names only, without the dot at the end (RFC 6066, 3). */
	if (inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1)
		return true;
	if (size > 1 && host[size - 1] == '.')
		size--;
	if (size >= sizeof(name))
		return false;
	memcpy(name, host, size);
	name[size] = 0;
	return SSL_set_tlsext_host_name(ssl, name) == 1;
}

/* Servers that have nothing better than TLS 1.0 have no better ciphers either. */
static bool
allow_old(SSL *ssl)
{
	SSL_set_security_level(ssl, 0);
	return SSL_set_min_proto_version(ssl, TLS1_VERSION) == 1 &&
	    SSL_set_cipher_list(ssl, "DEFAULT:@SECLEVEL=0") == 1;
}

enum status
tls_new(struct tls_context *context, int socket, const struct link_target *target,
    struct tls **tls_out, struct fault *fault)
{
	struct tls *tls = mem_take(sizeof(*tls));

	CHECK(fiber_self() == NULL);
	if (tls == NULL)
		return fault_set(fault, no_memory, "There is no memory for TLS.");
	*tls = (struct tls){.ssl = SSL_new(context->ssl), .verdict.target = target};
	if (tls->ssl == NULL || SSL_set_fd(tls->ssl, socket) != 1 ||
	    !set_name(tls->ssl, target->host) || !tls_verify_expect(tls->ssl, target->host) ||
	    (target->tls.allows_old && !allow_old(tls->ssl))) {
		ERR_clear_error();
		tls_free(&tls);
		return fault_set(fault, no_memory, "TLS could not be started.");
	}
	SSL_set_app_data(tls->ssl, &tls->verdict);
	SSL_set_connect_state(tls->ssl);
	*tls_out = tls;
	return ST_OK;
}

void
tls_free(struct tls **tls)
{
	if (*tls == NULL)
		return;
	CHECK(fiber_self() == NULL);
	SSL_free((*tls)->ssl);
	ERR_clear_error();
	mem_give(*tls);
	*tls = NULL;
}

/* --- Failures. --- */

static bool
is_eof(unsigned long code)
{
	return ERR_GET_LIB(code) == ERR_LIB_SSL &&
	    ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
}

static const char *
reason_text(unsigned long code)
{
	const char *text = ERR_reason_error_string(code);

	return text == NULL ? "no reason given" : text;
}

static void
say_protocol(const struct tls *tls, unsigned long code, struct fault *fault)
{
	char place[DIAL_PLACE_SIZE];

	dial_place(tls->verdict.target->host, tls->verdict.target->port, place);
	if (ERR_GET_LIB(code) != ERR_LIB_SSL) {
		fault_set(fault, broken, "TLS with %s failed: %s.", place, reason_text(code));
		return;
	}
	switch (ERR_GET_REASON(code)) {
	case SSL_R_UNSUPPORTED_PROTOCOL:
	case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
	case SSL_R_WRONG_SSL_VERSION:
		fault_set(fault, hopeless, "%s offers no TLS version from %s on.", place,
		    tls->verdict.target->tls.allows_old ? "1.0" : "1.2");
		return;
	case SSL_R_WRONG_VERSION_NUMBER:
	case SSL_R_HTTP_REQUEST:
	case SSL_R_HTTPS_PROXY_REQUEST:
	case SSL_R_PACKET_LENGTH_TOO_LONG:
	case SSL_R_RECORD_LENGTH_MISMATCH:
	case SSL_R_UNEXPECTED_MESSAGE:
		if (!SSL_is_init_finished(tls->ssl)) {
			fault_set(fault, hopeless,
			    "%s does not speak TLS; perhaps it is the port for STARTTLS.",
			    place);
			return;
		}
		break;
	default:
		break;
	}
	fault_set(fault, broken, "TLS with %s failed: %s.", place, reason_text(code));
}

/* What a call that did not succeed means. `error` is errno right after it. */
static enum tls_step
step_of(struct tls *tls, int result, int error, struct fault *fault)
{
	int kind = SSL_get_error(tls->ssl, result);
	unsigned long code = ERR_peek_error();
	const struct link_target *target = tls->verdict.target;
	enum tls_step step = TLS_FAILED;

	switch (kind) {
	case SSL_ERROR_WANT_READ:
		step = TLS_WANTS_READ;
		break;
	case SSL_ERROR_WANT_WRITE:
		step = TLS_WANTS_WRITE;
		break;
	case SSL_ERROR_ZERO_RETURN:
		step = TLS_ENDED;
		break;
	case SSL_ERROR_SSL:
		if (is_eof(code))
			step = TLS_CUT;
		else if (fault_is_set(&tls->verdict.fault))
			*fault = tls->verdict.fault;
		else
			say_protocol(tls, code, fault);
		break;
	default:
		dial_broken_fault(
		    fault, target->host, target->port, error == 0 ? ECONNRESET : error);
	}
	ERR_clear_error();
	return step;
}

enum tls_step
tls_handshake(struct tls *tls, struct fault *fault)
{
	const struct link_target *target = tls->verdict.target;
	char place[DIAL_PLACE_SIZE];
	enum tls_step step;
	int result;

	CHECK(fiber_self() == NULL);
	ERR_clear_error();
	errno = 0;
	result = SSL_do_handshake(tls->ssl);
	if (result == 1) {
		/* No verdict means that no certificate was shown. */
		if (tls->verdict.is_taken)
			return TLS_DONE;
		fault_set(fault, hopeless, "%s showed no certificate.",
		    dial_place(target->host, target->port, place));
		return TLS_FAILED;
	}
	step = step_of(tls, result, errno, fault);
	if (step != TLS_ENDED && step != TLS_CUT)
		return step;
	fault_set(fault, broken, "%s closed the connection in the middle of the TLS handshake.",
	    dial_place(target->host, target->port, place));
	return TLS_FAILED;
}

enum tls_step
tls_read(struct tls *tls, uint8_t *room, size_t size, size_t *size_out, struct fault *fault)
{
	int result;

	CHECK(fiber_self() == NULL);
	errno = 0;
	result = SSL_read_ex(tls->ssl, room, size, size_out);
	return result == 1 ? TLS_DONE : step_of(tls, result, errno, fault);
}

enum tls_step
tls_write(struct tls *tls, struct bytes octets, size_t *size_out, struct fault *fault)
{
	enum tls_step step;
	int result;

	CHECK(fiber_self() == NULL);
	errno = 0;
	result = SSL_write_ex(tls->ssl, octets.data, octets.size, size_out);
	if (result == 1)
		return TLS_DONE;
	step = step_of(tls, result, errno, fault);
	if (step != TLS_ENDED && step != TLS_CUT)
		return step;
	dial_broken_fault(
	    fault, tls->verdict.target->host, tls->verdict.target->port, ECONNRESET);
	return TLS_FAILED;
}

void
tls_end(struct tls *tls)
{
	CHECK(fiber_self() == NULL);
	/* OpenSSL forbids a farewell in the middle of a handshake. */
	if (SSL_is_init_finished(tls->ssl))
		(void)SSL_shutdown(tls->ssl);
	ERR_clear_error();
}

void
tls_describe(const struct tls *tls, char *out, size_t size)
{
	char host[FAULT_QUOTE_SIZE];

	fault_quote(bytes_of_string(tls->verdict.target->host), host);
	snprintf(out, size, "%s, %s of %s", SSL_get_version(tls->ssl),
	    tls->verdict.target->tls.has_pin ? "pinned certificate" : "certificate", host);
}

const char *
tls_pin_offered(const struct tls *tls)
{
	return tls->verdict.pin;
}
