/* SPDX-License-Identifier: Apache-2.0
 *
 * OpenSSL calls tls_verify instead of its own verification. With a pin, the SHA-256 of the
 * certificate's SubjectPublicKeyInfo decides and the chain is not looked at. Without one,
 * OpenSSL's own X509_verify_cert decides, and its verdict becomes a sentence while the
 * certificate is still at hand: after a failed handshake it is gone.
 */
#include "net/tls_verify.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "net/link.h"

enum {
	DATE_SIZE = 16,
	NAMES_SHOWN = 3,
};

static const struct fault_kind refused = {ST_REFUSED, CAUSE_TLS, FAULT_ENDPOINT, RETRY_NEVER};

static bool
spki_digest(X509 *certificate, struct digest *digest_out)
{
	unsigned char *der = NULL;
	int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
	struct digest_state state;

	if (size <= 0)
		return false;
	digest_init(&state);
	digest_feed(&state, bytes_of(der, (size_t)size));
	*digest_out = digest_finish(&state);
	OPENSSL_free(der);
	return true;
}

/* --- What a sentence is made of. --- */

static const char *
date_text(const ASN1_TIME *time, char out[static DATE_SIZE])
{
	struct tm tm;

	if (ASN1_TIME_to_tm(time, &tm) != 1 || strftime(out, DATE_SIZE, "%Y-%m-%d", &tm) == 0)
		snprintf(out, DATE_SIZE, "an unknown day");
	return out;
}

static const char *
name_text(const X509_NAME *name, char out[static FAULT_QUOTE_SIZE])
{
	static const int kinds[] = {NID_commonName, NID_organizationName};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		int at = X509_NAME_get_index_by_NID(name, kinds[i], -1);
		const ASN1_STRING *value;

		if (at < 0)
			continue;
		value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
		return fault_quote(
		    bytes_of(ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value)),
		    out);
	}
	return fault_quote(BYTES("somebody without a name"), out);
}

static bool
general_name_text(const GENERAL_NAME *name, char out[static FAULT_QUOTE_SIZE])
{
	char address[INET6_ADDRSTRLEN];
	const unsigned char *data;
	int size;

	if (name->type == GEN_DNS) {
		fault_quote(bytes_of(ASN1_STRING_get0_data(name->d.dNSName),
				(size_t)ASN1_STRING_length(name->d.dNSName)),
		    out);
		return true;
	}
	if (name->type != GEN_IPADD)
		return false;
	data = ASN1_STRING_get0_data(name->d.iPAddress);
	size = ASN1_STRING_length(name->d.iPAddress);
	if ((size != 4 && size != 16) ||
	    inet_ntop(size == 4 ? AF_INET : AF_INET6, data, address, sizeof(address)) == NULL)
		return false;
	snprintf(out, FAULT_QUOTE_SIZE, "%s", address);
	return true;
}

/* "a.example, b.example, c.example and 4 more" */
static void
names_text(X509 *certificate, char *out, size_t size)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
	char one[FAULT_QUOTE_SIZE];
	size_t used = 0;
	int shown = 0;
	int more = 0;

	out[0] = 0;
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		if (!general_name_text(sk_GENERAL_NAME_value(names, i), one))
			continue;
		if (shown >= NAMES_SHOWN || used + strlen(one) + 32 > size) {
			more++;
			continue;
		}
		used += (size_t)snprintf(
		    out + used, size - used, "%s%s", shown == 0 ? "" : ", ", one);
		shown++;
	}
	GENERAL_NAMES_free(names);
	if (shown == 0)
		snprintf(out, size, "%s", name_text(X509_get_subject_name(certificate), one));
	else if (more > 0)
		snprintf(out + used, size - used, " and %d more", more);
}

/* --- Sentences. --- */

static void
say_validity(
    struct fault *fault, const char *host, X509 *current, bool is_leaf, bool is_expired)
{
	char date[DATE_SIZE];
	char name[FAULT_QUOTE_SIZE];

	date_text(
	    is_expired ? X509_get0_notAfter(current) : X509_get0_notBefore(current), date);
	if (is_leaf && is_expired)
		fault_set(fault, refused, "The certificate of %s expired on %s.", host, date);
	else if (is_leaf)
		fault_set(fault, refused,
		    "The certificate of %s is not valid before %s; is this machine's clock "
		    "right?",
		    host, date);
	else
		fault_set(fault, refused,
		    "The certificate of %s hangs on that of \"%s\", which %s %s.", host,
		    name_text(X509_get_subject_name(current), name),
		    is_expired ? "expired on" : "is not valid before", date);
}

static void
say_wrong_host(struct fault *fault, const char *host, X509 *leaf)
{
	char names[256];

	names_text(leaf, names, sizeof(names));
	if (X509_get_ext_by_NID(leaf, NID_subject_alt_name, -1) < 0) {
		fault_set(fault, refused,
		    "The certificate of %s is for no host: only its subject says \"%s\", and "
		    "that does not count.",
		    host, names);
		return;
	}
	fault_set(fault, refused, "The certificate of %s is not for this name but for %s.",
	    host, names);
}

static void
say_why(struct fault *fault, const char *host, X509_STORE_CTX *store, X509 *leaf)
{
	int error = X509_STORE_CTX_get_error(store);
	bool is_leaf = X509_STORE_CTX_get_error_depth(store) == 0;
	X509 *current = X509_STORE_CTX_get_current_cert(store);
	char name[FAULT_QUOTE_SIZE];

	if (current == NULL)
		current = leaf;
	switch (error) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
	case X509_V_ERR_CERT_NOT_YET_VALID:
		say_validity(
		    fault, host, current, is_leaf, error == X509_V_ERR_CERT_HAS_EXPIRED);
		return;
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
		fault_set(fault, refused,
		    "The certificate of %s is self-signed: nobody vouches for it.", host);
		return;
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		fault_set(fault, refused,
		    "The certificate of %s was issued by \"%s\", whom this machine does not "
		    "trust.",
		    host, name_text(X509_get_issuer_name(current), name));
		return;
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		say_wrong_host(fault, host, leaf);
		return;
	default:
		fault_set(fault, refused, "The certificate of %s is not valid: %s.", host,
		    X509_verify_cert_error_string(error));
	}
}

/* --- The verdict. --- */

static bool
is_pinned(struct tls_verdict *verdict, const char *host, const struct digest *digest)
{
	char hex[DIGEST_HEX_SIZE];

	if (memcmp(digest->octets, verdict->target->tls.pin, DIGEST_SIZE) == 0)
		return true;
	fault_set(&verdict->fault, refused,
	    "The certificate of %s is not the pinned one: its key has sha256:%s.", host,
	    digest_hex(digest, hex));
	return false;
}

int
tls_verify(X509_STORE_CTX *store, void *unused)
{
	const SSL *ssl =
	    X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls_verdict *verdict = SSL_get_app_data(ssl);
	X509 *leaf = X509_STORE_CTX_get0_cert(store);
	char host[FAULT_QUOTE_SIZE];
	struct digest digest;

	(void)unused;
	fault_quote(bytes_of_string(verdict->target->host), host);
	verdict->is_taken = false;
	if (leaf == NULL || !spki_digest(leaf, &digest)) {
		fault_set(
		    &verdict->fault, refused, "The certificate of %s cannot be read.", host);
	} else if (verdict->target->tls.has_pin) {
		verdict->is_taken = is_pinned(verdict, host, &digest);
		X509_STORE_CTX_set_error(
		    store, verdict->is_taken ? X509_V_OK : X509_V_ERR_CERT_REJECTED);
	} else {
		verdict->is_taken = X509_verify_cert(store) == 1;
		if (!verdict->is_taken)
			say_why(&verdict->fault, host, store, leaf);
	}
	if (!verdict->is_taken && leaf != NULL && verdict->pin[0] == 0 &&
	    spki_digest(leaf, &digest))
		digest_hex(&digest, verdict->pin);
	return verdict->is_taken ? 1 : 0;
}

bool
tls_verify_expect(SSL *ssl, const char *host)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
	uint8_t address[16];
	size_t size = strlen(host);

	if (inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1)
		return X509_VERIFY_PARAM_set1_ip_asc(param, host) == 1;
	/* "imap.example.org." is the same name, but never stands in a certificate. */
	if (size > 1 && host[size - 1] == '.')
		size--;
	/* A name in the subject alone binds nobody (RFC 9525, 2). */
	X509_VERIFY_PARAM_set_hostflags(
	    param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
	return X509_VERIFY_PARAM_set1_host(param, host, size) == 1;
}
