/* SPDX-License-Identifier: Apache-2.0
 *
 * tests/unit/net/certificate: authorities and certificates made in the test's own memory, and
 * the server side of TLS that shows them.
 */
#ifndef TESTS_UNIT_NET_CERTIFICATE_H
#define TESTS_UNIT_NET_CERTIFICATE_H

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "base/digest.h"

struct certificate {
	X509 *x509;
	EVP_PKEY *key;
};

struct certificate_request {
	const struct certificate *issuer; /* NULL: signed by itself */
	const char *name;                 /* the subject's common name */
	const char *alternatives;         /* "DNS:a.example,IP:127.0.0.1" or NULL */
	bool is_authority;
	int first_day; /* relative to today */
	int last_day;
};

struct certificate certificate_make(const struct certificate_request *request);
void certificate_fini(struct certificate *certificate);
/* A new file below /tmp in PEM; the caller unlinks it. `path` ends in XXXXXX. */
void certificate_save(const struct certificate *certificate, char *path);
/* SHA-256 of the public key, by a way of its own: via the DER of EVP_PKEY. */
struct digest certificate_pin(const struct certificate *certificate);

/* The server's side, on a socket that blocks; NULL when the handshake fails. */
SSL_CTX *certificate_server(const struct certificate *certificate);
SSL *certificate_accept(SSL_CTX *context, int socket);

#endif
