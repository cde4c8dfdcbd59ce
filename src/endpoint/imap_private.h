/* SPDX-License-Identifier: Apache-2.0
 *
 * endpoint/imap_private: the inside of an endpoint, shared by imap.c and open.c.
 *
 * Memory   the heap object holds its link, its session and the trace that waits to be written.
 */
#ifndef ENDPOINT_IMAP_PRIVATE_H
#define ENDPOINT_IMAP_PRIVATE_H

#include "base/buf.h"
#include "endpoint/imap.h"
#include "net/link.h"

struct endpoint {
	struct world *world;
	struct endpoint_settings settings;
	struct link *link;
	struct imap_session *session;
	struct buf trace;
	size_t pending_size; /* fed, still in the link: events may borrow from it */
	bool is_encrypted;
	bool is_idle; /* no command is open: the next burst is one that was waited for */
	uint64_t waits;
	const char *login; /* the way in that worked, such as "PLAIN"; NULL: none was needed */
	char bye[FAULT_QUOTE_SIZE];
};

#define ENDPOINT_FAULT(status, cause, retry)                                                   \
	((struct fault_kind){(status), (cause), FAULT_ENDPOINT, (retry)})

/* What wire/imap complains of, with the side's name in place of "the server". */
enum status endpoint_complaint(
    const struct endpoint *endpoint, const struct fault *detail, struct fault *fault);

#endif
