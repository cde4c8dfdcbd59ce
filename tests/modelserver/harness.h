/* SPDX-License-Identifier: Apache-2.0
 *
 * modelserver/harness: a model server for unit tests, fed with text, at a clock of its own.
 */
#ifndef MODELSERVER_HARNESS_H
#define MODELSERVER_HARNESS_H

#include "base/buf.h"
#include "modelserver/mailbox.h"
#include "modelserver/script.h"
#include "modelserver/server.h"

struct harness {
	struct model_store *store;
	struct model_account *account;
	struct model_folder *inbox;
	struct model_script *script;
	struct model_server *server;
	struct model_server_options options;
	struct tick now;
	struct buf heard;  /* all that the server said since the last harness_say */
	size_t piece_size; /* octets a feed; 0: all at once */
	size_t output_max; /* the longest output that was offered */
};

/* A store with anna (secret) and an empty INBOX. `script` may be NULL. Failing asserts. */
void harness_open(struct harness *harness, const char *profile, const char *script);
/* The connection is replaced by a new one on the same store and script. */
void harness_reconnect(struct harness *harness);
void harness_close(struct harness *harness);

/* Feeds the text and collects what the server says, moving the clock to its deadlines. The
 * result has a NUL behind it; borrowed until the next call. */
const char *harness_say(struct harness *harness, const char *text);
const char *harness_say_bytes(struct harness *harness, struct bytes text);
/* As harness_say, for a connection that has logged in. */
void harness_log_in(struct harness *harness);

#endif
