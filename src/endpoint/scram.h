/* SPDX-License-Identifier: Apache-2.0
 *
 * endpoint/scram: SCRAM-SHA-256 and SCRAM-SHA-1 as gsasl computes them.
 *
 * Place    endpoint/login carries its messages to the server and back.
 * Promise  the password never leaves. A server that does not continue our nonce, asks for too
 *          few or too many iterations, or cannot sign what was said, is ST_CONFLICT, and
 *          `why_out` says which: behind that nothing weaker may be tried.
 * Memory   owned; freed, and what gsasl keeps of the password overwritten, by scram_free.
 * Limits   no channel binding. User and password must be UTF-8 that SASLprep takes.
 * Spec     RFC 5802, RFC 7677, RFC 4013.
 */
#ifndef ENDPOINT_SCRAM_H
#define ENDPOINT_SCRAM_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/bytes.h"

struct scram;

/* `authorize` may be empty. ST_SYNTAX: SASLprep does not take user or password. */
enum status scram_new(const char *mechanism, struct bytes authorize, struct bytes user,
    struct bytes password, struct scram **scram_out) MUST_USE;
void scram_free(struct scram **scram);

/* Our first message. */
enum status scram_first(struct scram *scram, struct buf *out) MUST_USE;
/* The answer to what the server has said; empty behind its signature. */
enum status scram_next(struct scram *scram, struct bytes challenge, struct buf *out,
    const char **why_out) MUST_USE;
/* Something that only the password gives has left. */
bool scram_has_answered(const struct scram *scram);
/* The server has signed what was said: it knows the password too. */
bool scram_is_proven(const struct scram *scram);

/* What SASLprep makes of a password, as a heap string ended by NUL; ST_SYNTAX: it takes it
 * not. scram_unprepare overwrites and frees it; NULL is fine. */
enum status scram_prepare(struct bytes password, char **prepared_out) MUST_USE;
void scram_unprepare(char **prepared);

#endif
