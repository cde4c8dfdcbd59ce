/* SPDX-License-Identifier: Apache-2.0
 *
 * The first minute of a pass: which ways to log in are taken by what a server offers, and what
 * is asked before the first folder.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "modelserver/content.h"
#include "modelserver/script.h"
#include "sim/pass_rig.h"

enum {
	TEXT_SIZE = 1024
};

struct door_case {
	const char *name;
	enum rig_security security;
	const char *profile;  /* NULL: dovecot */
	const char *greeting; /* NULL: the profile's */
	const char *script;   /* the source's */
	const char *fault;    /* words of the end; NULL: the message is copied */
	size_t authenticates;
	size_t logins;
	size_t enables;
};

/* A mechanism that is announced and not there: the next one of the plan follows. */
#define NO_MECHANISM "on command AUTHENTICATE do reply \"%T NO [CANNOT] not that one\"\n"
#define OFFERS(words) "on greeting do swap-capabilities \"IMAP4rev1 " words "\"\n"

static const struct door_case cases[] = {
    {"LOGINDISABLED means LOGIN and not PLAIN where there is TLS", RIG_TLS, NULL, NULL,
	OFFERS("LOGINDISABLED AUTH=PLAIN"), NULL, 1, 0, 0},
    {"in clear it means no password at all", RIG_CLEAR, NULL, NULL,
	OFFERS("LOGINDISABLED AUTH=PLAIN"),
	"no way to log in with a password on a connection without encryption", 0, 0, 0},
    {"in clear without it, a user who ordered that is let in", RIG_CLEAR, NULL, NULL,
	OFFERS("AUTH=PLAIN"), NULL, 1, 0, 0},
    {"SCRAM-SHA-1 is not tried where there is better", RIG_TLS, NULL, NULL,
	OFFERS("AUTH=SCRAM-SHA-256 AUTH=SCRAM-SHA-1") NO_MECHANISM, NULL, 1, 1, 0},
    {"SCRAM-SHA-1 is tried where there is nothing better", RIG_TLS, NULL, NULL,
	OFFERS("AUTH=SCRAM-SHA-1") NO_MECHANISM, NULL, 1, 1, 0},
    {"UIDONLY is not switched on at servers that need it not", RIG_TLS, NULL, NULL,
	OFFERS("AUTH=PLAIN ENABLE UIDONLY"), NULL, 1, 0, 0},
    {"UIDONLY is switched on at Yahoo", RIG_TLS, NULL, "Yahoo ready",
	OFFERS("AUTH=PLAIN ENABLE UIDONLY"), NULL, 1, 0, 1},
    {"but not where Yahoo does not offer it", RIG_TLS, NULL, "Yahoo ready",
	OFFERS("AUTH=PLAIN ENABLE"), NULL, 1, 0, 0},
    {"a folder whose name cannot be said takes no other with it", RIG_TLS, "minimal", NULL,
	"on command LIST do raw \"* LIST () \\\"/\\\" {3}\\r\\na\\rb\\r\\n\"\n", NULL, 0, 1, 0},
};

static void
open_rig(struct rig *rig, const struct door_case *door)
{
	struct fault fault = {0};

	rig_init(rig, door->profile == NULL ? "dovecot" : door->profile, "dovecot");
	rig->src.security = door->security;
	if (door->greeting != NULL)
		rig->src.profile.greeting = door->greeting;
	assert_int_equal(model_content_load(BYTES("message text=\"A: b\\r\\n\\r\\nc\\r\\n\"\n"),
			     rig->src.store, &fault),
	    ST_OK);
	if (model_script_new(bytes_of_string(door->script), &rig->src.script, &fault) != ST_OK)
		fail_msg("%s: %s", door->name, fault.text);
}

static void
expect_count(
    const struct rig *rig, const struct door_case *door, const char *command, size_t wanted)
{
	size_t count = model_journal_count(&rig->src.store->journal, command);

	if (count != wanted)
		fail_msg("%s: %zu %s, not %zu", door->name, count, command, wanted);
}

static void
test_what_is_said_at_the_door(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct door_case *door = &cases[i];
		struct rig_plan plan = {.seed = 1 + i};
		struct rig_outcome outcome;
		char text[TEXT_SIZE];
		struct rig rig;
		bool is_right;

		open_rig(&rig, door);
		rig_run(&rig, &plan, &outcome);
		is_right = door->fault == NULL
		    ? outcome.status == ST_OK && outcome.totals.copied == 1
		    : outcome.status != ST_OK && outcome.fault.cause == CAUSE_LOGIN &&
			strstr(outcome.fault.text, door->fault) != NULL;
		if (!is_right)
			fail_msg(
			    "%s: %s", door->name, rig_describe(&outcome, text, sizeof(text)));
		expect_count(&rig, door, "AUTHENTICATE", door->authenticates);
		expect_count(&rig, door, "LOGIN", door->logins);
		expect_count(&rig, door, "ENABLE", door->enables);
		rig_outcome_fini(&outcome);
		rig_fini(&rig);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_what_is_said_at_the_door),
	};

	return cmocka_run_group_tests(tests, NULL, rig_drain);
}
