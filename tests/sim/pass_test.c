/* SPDX-License-Identifier: Apache-2.0
 *
 * Whole passes between two model servers: exact, deterministic, at the ordered speed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "fault/mem.h"
#include "modelserver/profile.h"
#include "modelserver/script.h"
#include "sim/pass_mail.h"
#include "sim/pass_oracle.h"
#include "sim/pass_rig.h"
#include "sim/seeds.h"

enum {
	TEXT_SIZE = 1024,
	FAILED_MAX = 10
};

static const char *const families[] = {"dovecot", "cyrus", "courier"};

/* --- One clean copy. --- */

static const struct mail_shape ordinary = {
    .folders = 4, .messages = 30, .size_max = 2000, .large = 2};

static void
open_ordinary(struct rig *rig, uint64_t seed, const struct mail_shape *shape)
{
	struct prng prng;

	prng_init(&prng, seed);
	rig_init(rig, "dovecot", "dovecot");
	mail_fill(&rig->src, &prng, shape);
}

/* None of the commands that a source got may change anything there. */
static void
check_journal(const struct rig *rig)
{
	static const char *const harmless[] = {"CAPABILITY", "LOGIN", "AUTHENTICATE",
	    "login-ok", "ID", "NAMESPACE", "LIST", "LSUB", "STATUS", "EXAMINE", "UID-FETCH",
	    "LOGOUT"};
	const struct model_journal *journal = &rig->src.store->journal;

	for (size_t i = 0; i < journal->count; i++) {
		const char *name = journal->notes[i].name;
		size_t k = 0;

		while (k < sizeof(harmless) / sizeof(harmless[0]) &&
		    strcmp(name, harmless[k]) != 0)
			k++;
		if (k == sizeof(harmless) / sizeof(harmless[0]))
			fail_msg("the source was told %s", name);
	}
	assert_true(journal->count > 0);
}

static void
test_a_clean_copy_is_exact(void **state)
{
	struct rig_plan plan = {.seed = 1};
	struct rig_outcome outcome;
	struct oracle oracle;
	struct rig rig;

	(void)state;
	open_ordinary(&rig, 1, &ordinary);
	oracle_init(&oracle, &rig);
	rig_run(&rig, &plan, &outcome);
	assert_int_equal(
	    oracle_tell(1, "a clean copy", oracle_finished(&oracle, &rig, &outcome), &outcome),
	    0);
	assert_int_equal(outcome.totals.copied, 30);
	assert_true(outcome.sleeps > 0);
	check_journal(&rig);
	oracle_fini(&oracle);
	rig_outcome_fini(&outcome);
	rig_fini(&rig);
}

/* --- Determinism. --- */

static uint64_t
hash_of(uint64_t seed)
{
	struct rig_plan plan = {.seed = seed, .connections = 3, .ledger_delay_us = 5000};
	struct rig_outcome outcome;
	struct rig rig;
	uint64_t hash;

	open_ordinary(&rig, 7, &ordinary);
	rig.src.network = rig.dst.network = (struct sim_network){
	    .latency_min_us = 100, .latency_max_us = 30000, .piece_max = 900};
	rig_run(&rig, &plan, &outcome);
	assert_int_equal(outcome.status, ST_OK);
	hash = outcome.hash;
	rig_outcome_fini(&outcome);
	rig_fini(&rig);
	return hash;
}

static void
test_the_same_seed_gives_the_same_pass(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 5; seed++) {
		uint64_t hash = hash_of(seed);

		if (hash != hash_of(seed) || hash == hash_of(seed + 1))
			fail_msg("seed %u", (unsigned)seed);
	}
}

/* --- Any mail between any families over any network. --- */

struct whim {
	struct prng prng;
	struct rig rig;
	struct rig_plan plan;
	char text[TEXT_SIZE];
};

static struct sim_network
random_network(struct prng *prng)
{
	static const int64_t latencies[] = {0, 300, 5000, 40000, 200000};
	static const size_t pieces[] = {0, 0, 60, 1500, 20000};
	struct sim_network network = {.piece_max = pieces[prng_below(prng, 5)]};

	network.latency_max_us = latencies[prng_below(prng, 5)];
	network.latency_min_us =
	    (int64_t)prng_below(prng, (uint64_t)network.latency_max_us + 1);
	return network;
}

static void
hide_some(struct rig_side *side, struct prng *prng)
{
	static const uint32_t capabilities[] = {MODEL_CAP_MULTIAPPEND, MODEL_CAP_LITERAL_PLUS,
	    MODEL_CAP_UIDPLUS, MODEL_CAP_LIST_STATUS, MODEL_CAP_LIST_EXTENDED,
	    MODEL_CAP_NAMESPACE, MODEL_CAP_ID, MODEL_CAP_SASL_IR};

	for (size_t i = 0; i < sizeof(capabilities) / sizeof(capabilities[0]); i++) {
		/* A family below INBOX. cannot be understood without NAMESPACE. */
		if (side->profile.is_below_inbox && capabilities[i] == MODEL_CAP_NAMESPACE)
			continue;
		if (prng_below(prng, 3) == 0)
			side->profile.hidden |= capabilities[i];
	}
	/* LIST-STATUS is an option of LIST-EXTENDED's. */
	if ((side->profile.hidden & MODEL_CAP_LIST_EXTENDED) != 0)
		side->profile.hidden |= MODEL_CAP_LIST_STATUS;
}

static void
whim_init(struct whim *whim, uint64_t seed)
{
	static const enum rig_security securities[] = {RIG_TLS, RIG_STARTTLS, RIG_CLEAR};
	struct prng *prng = &whim->prng;
	const char *src, *dst;
	struct mail_shape shape;

	prng_init(prng, seed);
	src = families[prng_below(prng, 3)];
	dst = families[prng_below(prng, 3)];
	rig_init(&whim->rig, src, dst);
	hide_some(&whim->rig.src, prng);
	hide_some(&whim->rig.dst, prng);
	whim->rig.src.security = securities[prng_below(prng, 3)];
	whim->rig.dst.security = securities[prng_below(prng, 3)];
	/* What was said before STARTTLS is forgotten; ID tells what a server changes. */
	if (whim->rig.src.security == RIG_STARTTLS)
		whim->rig.src.profile.hidden &= ~(uint32_t)MODEL_CAP_ID;
	if (whim->rig.dst.security == RIG_STARTTLS)
		whim->rig.dst.profile.hidden &= ~(uint32_t)MODEL_CAP_ID;
	whim->rig.src.network = random_network(prng);
	whim->rig.dst.network = random_network(prng);
	shape = (struct mail_shape){
	    .folders = 1 + (unsigned)prng_below(prng, 4),
	    .messages = (unsigned)prng_below(prng, 40),
	    .size_max = prng_below(prng, 4) == 0 ? 30000 : 1000,
	    .is_odd = prng_below(prng, 2) == 0,
	};
	if (shape.is_odd)
		shape.folders += (unsigned)prng_below(prng, 6);
	if (shape.messages > 0 && prng_below(prng, 8) == 0)
		shape.large = 1;
	mail_fill(&whim->rig.src, prng, &shape);
	if (prng_below(prng, 3) == 0)
		mail_prefill(&whim->rig, prng);
	whim->plan = (struct rig_plan){
	    .seed = seed,
	    .connections = 1 + (unsigned)prng_below(prng, 4),
	    .ledger_delay_us = prng_below(prng, 2) == 0 ? 0 : 20000,
	};
	snprintf(whim->text, sizeof(whim->text),
	    "%s to %s, %u folders, %u messages%s%s, %u connections, hidden %x", src, dst,
	    shape.folders, shape.messages, shape.is_odd ? " odd" : "",
	    shape.large > 0 ? " large" : "", whim->plan.connections,
	    whim->rig.dst.profile.hidden);
}

static unsigned
run_whim(struct whim *whim, bool is_second)
{
	struct rig_outcome outcome;
	struct oracle oracle;
	const char *found;
	unsigned failed;

	oracle_init(&oracle, &whim->rig);
	rig_run(&whim->rig, &whim->plan, &outcome);
	found = oracle_finished(&oracle, &whim->rig, &outcome);
	/* A second pass over what the first one made has nothing to do. */
	if (found == NULL && is_second && outcome.totals.copied > 0)
		found = "the second pass copied again";
	failed = oracle_tell(whim->plan.seed, whim->text, found, &outcome);
	oracle_fini(&oracle);
	rig_outcome_fini(&outcome);
	return failed;
}

static void
test_any_mail_between_any_families_is_exact(void **state)
{
	struct seeds seeds = seeds_of(300);
	unsigned failed = 0;

	(void)state;
	for (uint64_t i = 0; i < seeds.count && failed < FAILED_MAX; i++) {
		uint64_t live = mem_live();
		struct whim whim;

		whim_init(&whim, seeds.first + i);
		failed += run_whim(&whim, false);
		failed += run_whim(&whim, true);
		rig_fini(&whim.rig);
		assert_int_equal(mem_live(), live);
	}
	assert_int_equal(failed, 0);
}

/* --- Silence. --- */

static void
test_a_silent_peer_is_given_up(void **state)
{
	/* The source, then the destination, falls silent where bodies are on their way. */
	static const struct sim_cut cuts[] = {
	    {1, false, 20000, SIM_STALL}, {2, true, 20000, SIM_STALL}};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct rig_plan plan = {.seed = 1, .cut = cuts[i]};
		struct rig_outcome outcome;
		struct rig rig;

		open_ordinary(&rig, 1, &ordinary);
		rig_run(&rig, &plan, &outcome);
		assert_int_equal(outcome.world, ST_OK);
		assert_int_equal(outcome.status, ST_TIMEOUT);
		assert_int_equal(outcome.fault.cause, CAUSE_NETWORK);
		assert_in_range(outcome.took_us, 300 * 1000000, 310 * 1000000);
		rig_outcome_fini(&outcome);
		rig_fini(&rig);
	}
}

/* --- A server that is angry at everything. --- */

static void
test_a_peer_that_answers_bad_to_everything_is_given_up(void **state)
{
	struct mail_shape shape = {.folders = 1, .messages = 60, .size_max = 300};
	struct bytes script = BYTES("on append-complete do reply \"%T BAD go away\"\n");

	(void)state;
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		struct rig_plan plan = {.seed = 2};
		struct rig_outcome outcome;
		struct fault fault = {0};
		struct prng prng;
		struct rig rig;

		prng_init(&prng, 4);
		rig_init(&rig, "dovecot", families[i]);
		mail_fill(&rig.src, &prng, &shape);
		assert_int_equal(model_script_new(script, &rig.dst.script, &fault), ST_OK);
		rig_run(&rig, &plan, &outcome);
		assert_int_equal(outcome.world, ST_OK);
		assert_int_not_equal(outcome.status, ST_OK);
		assert_int_equal(outcome.totals.copied, 0);
		rig_outcome_fini(&outcome);
		rig_fini(&rig);
	}
}

/* --- Rates. --- */

struct pace {
	const char *name;
	uint64_t bytes_per_s;
	uint64_t messages_per_s;
	unsigned messages;
	size_t size_max;
	unsigned connections;
};

/* The slower of both limits, for what was copied. */
static double
seconds_of(const struct pace *pace, const struct pass_totals *totals)
{
	double by_bytes = 0;
	double by_messages = 0;

	if (pace->bytes_per_s > 0)
		by_bytes = (double)totals->copied_bytes / (double)pace->bytes_per_s;
	if (pace->messages_per_s > 0)
		by_messages = (double)totals->copied / (double)pace->messages_per_s;
	return by_bytes > by_messages ? by_bytes : by_messages;
}

static void
run_pace(const struct pace *pace)
{
	struct mail_shape shape = {
	    .folders = 3, .messages = pace->messages, .size_max = pace->size_max};
	struct rig_plan plan = {.seed = 3,
	    .connections = pace->connections,
	    .bytes_per_s = pace->bytes_per_s,
	    .messages_per_s = pace->messages_per_s};
	struct rig_outcome outcome;
	double expected, took;
	struct rig rig;

	open_ordinary(&rig, 3, &shape);
	rig_run(&rig, &plan, &outcome);
	assert_int_equal(outcome.status, ST_OK);
	expected = seconds_of(pace, &outcome.totals);
	took = (double)outcome.copying_took_us / 1e6;
	if (expected < 10 || took < expected * 0.95 || took > expected * 1.05)
		fail_msg(
		    "%s: took %.2f s, where %.2f s were ordered", pace->name, took, expected);
	rig_outcome_fini(&outcome);
	rig_fini(&rig);
}

static void
test_rates_are_kept(void **state)
{
	static const struct pace paces[] = {
	    {"octets", 50000, 0, 400, 3000, 1},
	    {"octets, three connections", 50000, 0, 400, 3000, 3},
	    {"messages", 0, 20, 240, 500, 1},
	    {"messages, three connections", 0, 20, 240, 500, 3},
	    {"both, octets decide", 50000, 100, 400, 3000, 2},
	    {"both, messages decide", 200000, 20, 240, 3000, 2},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(paces) / sizeof(paces[0]); i++)
		run_pace(&paces[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_clean_copy_is_exact),
	    cmocka_unit_test(test_the_same_seed_gives_the_same_pass),
	    cmocka_unit_test(test_any_mail_between_any_families_is_exact),
	    cmocka_unit_test(test_a_silent_peer_is_given_up),
	    cmocka_unit_test(test_a_peer_that_answers_bad_to_everything_is_given_up),
	    cmocka_unit_test(test_rates_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, rig_drain);
}
