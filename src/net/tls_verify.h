/* SPDX-License-Identifier: Apache-2.0
 *
 * net/tls_verify: whether a certificate is taken, and why not.
 *
 * Place    private to net/tls: OpenSSL asks it in the middle of a handshake.
 * Promise  one verdict a handshake. Without one, nothing was verified.
 * Memory   a value; `target` is borrowed.
 */
#ifndef NET_TLS_VERIFY_H
#define NET_TLS_VERIFY_H

#include <stdbool.h>

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "base/digest.h"
#include "base/fault.h"

struct link_target;

struct tls_verdict {
	const struct link_target *target;
	bool is_taken;
	struct fault fault; /* filled when it was refused */
	/* Of the certificate that was refused; empty before. */
	char pin[DIGEST_HEX_SIZE];
};

/* For SSL_CTX_set_cert_verify_callback. The SSL's application data is a struct tls_verdict. */
int tls_verify(X509_STORE_CTX *store, void *unused);

/* Host name or address that the certificate must be for, and how strictly; false: no memory or
 * a name that no certificate can be for. */
bool tls_verify_expect(SSL *ssl, const char *host);

#endif
