/* SPDX-License-Identifier: Apache-2.0
 *
 * modelserver/server: one connection of an IMAP server, without the connection.
 *
 * Place    a driver moves octets: service.c on sockets, the simulator in pipes. There are no
 *          events: what a client does changes the store, what happened is in its journal.
 * Promise  commands are executed in their order; output is made as it is sent, so that neither
 *          a long body nor a long listing is ever held whole; the same input, times and script
 *          give the same output.
 * Memory   input and output of at most some 64 KiB each beside what APPEND uploads.
 * Limits   a line of 64 KiB, a small literal of 64 KiB; a client beyond them gets BYE.
 * Spec     RFC 3501, 2971, 3502, 4315, 4959, 5258, 5819, 6154, 6851, 7162 (CONDSTORE
 *          without UNCHANGEDSINCE), 7888; families as in profile.h.
 */
#ifndef MODELSERVER_SERVER_H
#define MODELSERVER_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "base/status.h"
#include "base/tick.h"

struct model_profile;
struct model_script;
struct model_server;
struct model_store;

/* What the driver must do with the connection, once all output is sent (RESET: at once). */
enum model_link {
	MODEL_LINK_OPEN,
	MODEL_LINK_TLS,       /* shake hands as a server, then call tls_started */
	MODEL_LINK_SHUT,      /* end in an orderly way */
	MODEL_LINK_DROP,      /* end the stream without a TLS farewell */
	MODEL_LINK_RESET,     /* RST; unsent output is lost */
	MODEL_LINK_HALF_OPEN, /* leave it as it is for ever */
};

struct model_server_options {
	struct model_store *store;
	const struct model_profile *profile; /* copied */
	struct model_script *script;         /* NULL: well-behaved */
	bool is_tls;                         /* from the first octet */
	bool offers_starttls;
};

enum status model_server_new(const struct model_server_options *options, struct tick now,
    struct model_server **server_out) MUST_USE;
void model_server_free(struct model_server **server);

/* Takes what fits; offer the rest again after output was sent or the deadline passed. */
void model_server_feed(
    struct model_server *server, struct bytes input, struct tick now, size_t *used_out);
/* Works on, then gives what may be sent now; borrowed until the next call. */
struct bytes model_server_output(struct model_server *server, struct tick now);
void model_server_sent(struct model_server *server, size_t size, struct tick now);
/* Whether anything waits to be sent, now or (dripping) later. */
bool model_server_has_output(const struct model_server *server);
/* When output should be called again although nothing came; TICK_NEVER as a rule. */
struct tick model_server_deadline(const struct model_server *server);
/* The client has ended its stream. What it sent before is still executed. */
void model_server_eof(struct model_server *server, struct tick now);

enum model_link model_server_link(const struct model_server *server);
/* The handshake is done; input that came in clear behind STARTTLS is forgotten. */
void model_server_tls_started(struct model_server *server, struct tick now);

#endif
