/* SPDX-License-Identifier: Apache-2.0
 *
 * mail/account: one mailbox owner's login on one side: who, where, whom we trust there, and how
 * we say who we are.
 *
 * Memory   strings are borrowed from whoever filled the structs; the password is not in here.
 *          struct account_login is shared by all connections of the account and outlives them.
 */
#ifndef MAIL_ACCOUNT_H
#define MAIL_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/bytes.h"

struct fault;
struct secret;

enum account_security {
	ACCOUNT_TLS,      /* imaps: TLS from the first octet */
	ACCOUNT_STARTTLS, /* imap: upgraded before anything else is said */
};

enum {
	ACCOUNT_PIN_SIZE = 32,
	/* Refused log-ins with one password, over all connections of a run. More would lock
	 * the account at many providers. */
	ACCOUNT_TRIES_MAX = 2
};

/* How a server is told that a master user comes for somebody else (docs/login.md). */
enum account_syntax {
	ACCOUNT_AS_AUTHZID, /* the authorization identity of SASL */
	ACCOUNT_AS_STAR,
	ACCOUNT_AS_PERCENT,
	ACCOUNT_AS_SLASH,
	ACCOUNT_AS_BACKSLASH,
	ACCOUNT_AS_PROXYAUTH, /* a command behind the log-in */
	ACCOUNT_AS_COUNT
};

struct account_login {
	const char *master; /* NULL: the owner's own password */
	enum account_syntax as;
	/* The access token; NULL: a password is used. Read at each log-in. */
	struct secret *token;
	/* Puts a fresh token into `token`, before each log-in; NULL: somebody else keeps it
	 * fresh. Must not wait. */
	enum status (*renew)(struct account_login *login, struct fault *fault);
	void *renew_argument;

	/* What has become of the password so far. */
	unsigned tries_open;    /* sent, and not answered yet */
	unsigned tries_refused; /* never more than ACCOUNT_TRIES_MAX */
	bool is_proven;         /* it was taken once */
	unsigned proven_way;    /* of endpoint/login; meaningful when is_proven */
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
	bool allows_old_tls;   /* ordered by the user: TLS 1.0 and 1.1 */
	/* Not the account's own, so that connections share it; NULL: the owner's password, and
	 * each connection counts its own tries. */
	struct account_login *login;
};

/* What is said to the server, in a caller's buffer. */
struct account_names {
	struct bytes user;      /* whose password it is */
	struct bytes authorize; /* for whom; empty: for the same */
	struct bytes proxy;     /* for PROXYAUTH; empty: none */
};

/* By the word of the command line, such as "user*master"; ACCOUNT_AS_COUNT when it is none. */
enum account_syntax account_syntax_find(struct bytes word);

/* Appends to `room`, from which the names are borrowed. */
enum status account_names_make(
    const struct account *account, struct buf *room, struct account_names *names_out) MUST_USE;

#endif
