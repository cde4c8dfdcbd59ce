/* SPDX-License-Identifier: Apache-2.0
 *
 * tests/transcript/submit: commands of the session as words.
 *
 *   capability, starttls, id "version", namespace, enable WORD, login "user" "password",
 *   list all|none, lsub, status "name", create "name" [\Sent], subscribe "name",
 *   select "name", examine "name", unselect, fetch 1:5,7 meta|body|headers|all,
 *   store 1:5 (\Seen word), noop, logout,
 *   append_begin "name", message (\Seen word) ["date"] {n}, literal text, append_end
 */
#ifndef TESTS_TRANSCRIPT_SUBMIT_H
#define TESTS_TRANSCRIPT_SUBMIT_H

#include "wire/imap/session.h"

/* ST_COUNT: no such command. A literal larger than the room is ST_CONFLICT. */
enum status submit(struct imap_session *session, struct bytes text, struct tick now);

#endif
