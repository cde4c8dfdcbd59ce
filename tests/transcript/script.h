/* SPDX-License-Identifier: Apache-2.0
 *
 * tests/transcript/script: an .imap file as steps.
 *
 *   # …           a comment
 *   S: text       the server says text and CR LF      S- text   without CR LF
 *   S* n x        the server says x n times
 *   C: text       the client must send text and CR LF C- text   without CR LF
 *   > command     is submitted; "= status" behind it when it must fail
 *   => event      an event that must come (describe.c), in this order
 *   =! status text  the session must fail with that status and that text in its sentence
 *   ! end status  the server closes; ! tls status: TLS has started; ! off NAME: switched off
 *   ! family NAME the server is of that family, as imap_family_name says it
 *   ! room n      literal octets that may leave now; ! knows yes: capabilities are known
 *   ! new         another session, so that a file may hold several endings
 *   T: line       a line that the trace must hold, in this order
 *
 * In texts "\x0d" is an octet; any other backslash is itself.
 */
#ifndef TESTS_TRANSCRIPT_SCRIPT_H
#define TESTS_TRANSCRIPT_SCRIPT_H

#include <stddef.h>

#include "base/buf.h"
#include "base/bytes.h"

enum step_kind {
	STEP_SERVER,
	STEP_CLIENT,
	STEP_COMMAND,
	STEP_EVENT,
	STEP_FAULT,
	STEP_WORLD,
	STEP_TRACE,
};

struct step {
	enum step_kind kind;
	int line;
	struct buf text;
};

enum {
	STEPS_MAX = 600
};

struct script {
	const char *path;
	size_t count;
	struct step steps[STEPS_MAX];
	size_t server_size; /* octets of all server steps */
};

/* Prints what is wrong and exits when the file is no script. */
void script_read(struct script *script, const char *path);
void script_free(struct script *script);

#endif
