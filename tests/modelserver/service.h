/* SPDX-License-Identifier: Apache-2.0
 *
 * modelserver/service: model servers behind sockets, one machine a connection.
 *
 * Place    modelserver.c fills `options` and the TLS context, then runs the loop.
 * Promise  reading stops while a machine does not take what came, so that back-pressure reaches
 *          the client; what a script wants of the connection (FIN, RST, silence) happens to it.
 * Memory   some 64 KiB a connection beside its machine.
 */
#ifndef MODELSERVER_SERVICE_H
#define MODELSERVER_SERVICE_H

#include <stdbool.h>

#include <event2/event.h>
#include <openssl/ssl.h>

#include "base/attr.h"
#include "base/tick.h"
#include "modelserver/server.h"

struct connection;

struct service {
	struct event_base *base;
	SSL_CTX *tls;    /* NULL: none */
	bool starts_tls; /* only when asked; else from the first octet */
	struct model_server_options options;
	struct tick started;
	struct connection *connections; /* a list of those that live */
};

/* Serves connections to `fd`, a listening socket, until SIGTERM or SIGINT. */
enum status service_run(struct service *service, int fd) MUST_USE;

#endif
