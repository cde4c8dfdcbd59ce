/* SPDX-License-Identifier: Apache-2.0 */
#include "certificate.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/check.h"

static void
add_extension(X509 *certificate, X509 *issuer, int kind, const char *value)
{
	X509V3_CTX context;
	X509_EXTENSION *extension;

	X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &context, kind, value);
	CHECK(extension != NULL);
	CHECK(X509_add_ext(certificate, extension, -1) == 1);
	X509_EXTENSION_free(extension);
}

struct certificate
certificate_make(const struct certificate_request *request)
{
	static long serial = 1;
	struct certificate made = {.x509 = X509_new(), .key = EVP_EC_gen("P-256")};
	X509 *issuer = request->issuer == NULL ? made.x509 : request->issuer->x509;
	EVP_PKEY *key = request->issuer == NULL ? made.key : request->issuer->key;
	X509_NAME *name = X509_get_subject_name(made.x509);

	CHECK(made.x509 != NULL && made.key != NULL);
	CHECK(X509_set_version(made.x509, X509_VERSION_3) == 1);
	CHECK(ASN1_INTEGER_set(X509_get_serialNumber(made.x509), serial++) == 1);
	CHECK(X509_time_adj_ex(X509_getm_notBefore(made.x509), request->first_day, 0, NULL) !=
	    NULL);
	CHECK(X509_time_adj_ex(X509_getm_notAfter(made.x509), request->last_day, 0, NULL) !=
	    NULL);
	CHECK(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
		  (const unsigned char *)request->name, -1, -1, 0) == 1);
	CHECK(X509_set_issuer_name(made.x509, X509_get_subject_name(issuer)) == 1);
	CHECK(X509_set_pubkey(made.x509, made.key) == 1);
	if (request->is_authority)
		add_extension(made.x509, issuer, NID_basic_constraints, "critical,CA:TRUE");
	if (request->alternatives != NULL)
		add_extension(made.x509, issuer, NID_subject_alt_name, request->alternatives);
	CHECK(X509_sign(made.x509, key, EVP_sha256()) > 0);
	return made;
}

void
certificate_fini(struct certificate *certificate)
{
	X509_free(certificate->x509);
	EVP_PKEY_free(certificate->key);
	*certificate = (struct certificate){0};
}

void
certificate_save(const struct certificate *certificate, char *path)
{
	int fd = mkstemp(path);
	FILE *file;

	CHECK(fd >= 0);
	file = fdopen(fd, "w");
	CHECK(file != NULL);
	CHECK(PEM_write_X509(file, certificate->x509) == 1);
	CHECK(fclose(file) == 0);
}

struct digest
certificate_pin(const struct certificate *certificate)
{
	unsigned char *der = NULL;
	int size = i2d_PUBKEY(certificate->key, &der);
	struct digest_state state;

	CHECK(size > 0);
	digest_init(&state);
	digest_feed(&state, bytes_of(der, (size_t)size));
	OPENSSL_free(der);
	return digest_finish(&state);
}

SSL_CTX *
certificate_server(const struct certificate *certificate)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());

	CHECK(context != NULL);
	CHECK(SSL_CTX_use_certificate(context, certificate->x509) == 1);
	CHECK(SSL_CTX_use_PrivateKey(context, certificate->key) == 1);
	return context;
}

SSL *
certificate_accept(SSL_CTX *context, int socket)
{
	SSL *ssl = SSL_new(context);

	CHECK(ssl != NULL);
	CHECK(SSL_set_fd(ssl, socket) == 1);
	if (SSL_accept(ssl) == 1)
		return ssl;
	ERR_clear_error();
	SSL_free(ssl);
	return NULL;
}
