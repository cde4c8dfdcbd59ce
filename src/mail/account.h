/* SPDX-License-Identifier: Apache-2.0
 *
 * mail/account: one mailbox owner's login on one side: who, where, and whom we trust there.
 *
 * Memory   strings are borrowed from whoever filled the struct; the password is not in here.
 */
#ifndef MAIL_ACCOUNT_H
#define MAIL_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

enum account_security {
	ACCOUNT_TLS,      /* imaps: TLS from the first octet */
	ACCOUNT_STARTTLS, /* imap: upgraded before anything else is said */
};

enum {
	ACCOUNT_PIN_SIZE = 32
};

struct account {
	const char *side; /* "source" or "destination", for sentences and options */
	const char *host;
	uint16_t port;
	enum account_security security;
	const char *user;    /* UTF-8, percent-decoding done */
	const char *ca_path; /* PEM; NULL: the system's trusted roots */
	bool has_pin;
	uint8_t pin[ACCOUNT_PIN_SIZE]; /* SHA-256 of the certificate's SubjectPublicKeyInfo */
	bool allows_plaintext; /* ordered by the user; loopback that offers no STARTTLS may
				  anyway */
};

#endif
