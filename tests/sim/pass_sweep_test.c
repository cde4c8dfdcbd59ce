/* SPDX-License-Identifier: Apache-2.0
 *
 * A small pass that is cut, canceled or asked to finish at every place where that can happen.
 * It must end, tell the truth, and leave what a second pass completes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>

#include "fault/mem.h"
#include "sim/pass_mail.h"
#include "sim/pass_oracle.h"
#include "sim/pass_rig.h"
#include "sim/seeds.h"

enum {
	TEXT_SIZE = 256,
	FAILED_MAX = 10,
	/* Of each pass. One that keeps no blocks would cost most of the time. */
	SEED = 2,
	LEDGER_DELAY_US = 20000,
	KIND_COUNT = SIM_STALL - SIM_SHUT + 1
};

static const int64_t second_us = 1000000;
/* What is in doubt is looked for twice. */
static const int64_t settle_us = 61 * INT64_C(1000000);

/* The ways in which messages travel to a destination. */
static const struct variant {
	const char *src;
	const char *dst;
	uint32_t hidden; /* at the destination */
	unsigned large;
	size_t piece_max;
	unsigned folders;  /* 0: two */
	unsigned messages; /* 0: twelve */
} variants[] = {
    {.src = "dovecot", .dst = "dovecot", .hidden = 0, .large = 0, .piece_max = 400},
    {.src = "cyrus",
	.dst = "dovecot",
	.hidden = MODEL_CAP_MULTIAPPEND,
	.large = 0,
	.piece_max = 400},
    {.src = "dovecot", .dst = "courier", .hidden = 0, .large = 0, .piece_max = 400},
    {.src = "courier",
	.dst = "cyrus",
	.hidden = MODEL_CAP_UIDPLUS,
	.large = 1,
	.piece_max = 30000},
    {.src = "dovecot", .dst = "courier", .large = 1, .piece_max = 30000},
};

enum {
	VARIANT_COUNT = sizeof(variants) / sizeof(variants[0]),
	TRACK_COUNT = 4 * VARIANT_COUNT,
	CUTS_MAX = 16384
};

static void
open_variant(struct rig *rig, const struct variant *variant)
{
	struct mail_shape shape = {.folders = variant->folders == 0 ? 2 : variant->folders,
	    .messages = variant->messages == 0 ? 12 : variant->messages,
	    .size_max = 300,
	    .large = variant->large};
	struct prng prng;

	prng_init(&prng, 12);
	rig_init(rig, variant->src, variant->dst);
	rig->dst.profile.hidden |= variant->hidden;
	rig->src.network.piece_max = rig->dst.network.piece_max = variant->piece_max;
	mail_fill(&rig->src, &prng, &shape);
}

/* The pass as it is when nothing happens. */
static void
run_clean(const struct variant *variant, struct rig_outcome *outcome_out)
{
	struct rig_plan plan = {.seed = SEED};
	struct rig rig;

	open_variant(&rig, variant);
	rig_run(&rig, &plan, outcome_out);
	assert_int_equal(outcome_out->status, ST_OK);
	rig_fini(&rig);
}

struct episode {
	uint64_t number; /* of the case, for who repeats it */
	const struct variant *variant;
	struct rig_plan plan;
	int64_t took_max_us;
	int64_t stopping_max_us;
	bool recovers; /* what is cut is the source, and the network is to blame */
	char text[TEXT_SIZE];
};

/* What was begun must be completed by a second pass. */
static unsigned
complete(const struct episode *episode, struct rig *rig)
{
	struct rig_plan plan = {.seed = episode->plan.seed};
	char text[TEXT_SIZE + 32];
	struct rig_outcome outcome;
	struct oracle oracle;
	const char *found;
	unsigned failed;

	oracle_init(&oracle, rig);
	rig_run(rig, &plan, &outcome);
	found = oracle_finished(&oracle, rig, &outcome);
	snprintf(text, sizeof(text), "%s, second pass", episode->text);
	failed = oracle_tell(episode->number, text, found, &outcome);
	oracle_fini(&oracle);
	rig_outcome_fini(&outcome);
	return failed;
}

/* Texts were asked for, so that a source that breaks off is connected to again. */
static bool
has_begun_to_read(const struct rig *rig)
{
	const struct model_journal *journal = &rig->src.store->journal;
	size_t count = model_journal_count(journal, "UID-FETCH");

	for (size_t n = 0; n < count; n++) {
		struct bytes text =
		    model_note_text(model_journal_find(journal, "UID-FETCH", n));

		while (text.size > 0 && !bytes_start_with(text, BYTES("BODY.PEEK[]")))
			text = bytes_skip(text, 1);
		if (text.size > 0)
			return true;
	}
	return false;
}

/* One cut of the source's only connection, which it may survive: it keeps no message back. */
static const char *
judge_recovery(
    const struct oracle *oracle, const struct rig *rig, const struct rig_outcome *outcome)
{
	const struct pass_totals *totals = &outcome->totals;

	if (!has_begun_to_read(rig))
		return NULL;
	if (totals->in_doubt > 0)
		return "a cut of the source left messages in doubt";
	return oracle_brought(oracle, rig, outcome);
}

static unsigned
play(const struct episode *episode)
{
	bool is_abrupt = episode->plan.stop != RIG_GO_ON;
	uint64_t live = mem_live();
	struct rig_outcome outcome;
	struct oracle oracle;
	const char *found;
	struct rig rig;
	unsigned failed;

	open_variant(&rig, episode->variant);
	oracle_init(&oracle, &rig);
	rig_run(&rig, &episode->plan, &outcome);
	found = oracle_stopped(&oracle, &rig, &outcome, is_abrupt);
	if (found == NULL && episode->recovers)
		found = judge_recovery(&oracle, &rig, &outcome);
	if (found == NULL && outcome.took_us > episode->took_max_us)
		found = "it took too long";
	if (found == NULL && outcome.stopping_took_us > episode->stopping_max_us)
		found = "it did not stop in time";
	failed = oracle_tell(episode->number, episode->text, found, &outcome);
	if (failed == 0)
		failed = complete(episode, &rig);
	oracle_fini(&oracle);
	rig_outcome_fini(&outcome);
	rig_fini(&rig);
	assert_int_equal(mem_live(), live);
	return failed;
}

/* --- Cuts. --- */

struct track {
	const struct variant *variant;
	unsigned connection;
	bool is_to_server;
	uint64_t octets;
};

static void
lay_tracks(struct track tracks[static TRACK_COUNT])
{
	for (size_t i = 0; i < VARIANT_COUNT; i++) {
		struct rig_outcome clean;

		run_clean(&variants[i], &clean);
		for (unsigned k = 0; k < 4; k++) {
			uint64_t octets = clean.arrived[k / 2][k % 2];

			/* Nothing is left out where there is no large message. */
			assert_true(octets > 0);
			assert_true(octets < CUTS_MAX || variants[i].large > 0);
			tracks[4 * i + k] =
			    (struct track){&variants[i], 1 + k / 2, k % 2 == 1, octets};
		}
		rig_outcome_fini(&clean);
	}
}

/* A track has as many cuts as octets, but CUTS_MAX at most. */
static void
choose_cut(const struct track *tracks, uint64_t number, struct episode *episode)
{
	uint64_t index = number - 1;
	const struct track *track = &tracks[index % TRACK_COUNT];
	unsigned kind = (unsigned)(SIM_SHUT + index / TRACK_COUNT % KIND_COUNT);
	uint64_t octet = index / (TRACK_COUNT * KIND_COUNT);

	octet =
	    track->octets < CUTS_MAX ? octet % track->octets : octet * track->octets / CUTS_MAX;
	*episode = (struct episode){.number = number,
	    .variant = track->variant,
	    .plan = {.seed = SEED,
		.ledger_delay_us = LEDGER_DELAY_US,
		.cut = {track->connection, track->is_to_server, octet, (enum sim_wish)kind}},
	    .recovers = track->connection == 1 && kind != SIM_STALL,
	    .took_max_us = (kind == SIM_STALL ? 330 : 60) * second_us + settle_us};
	snprintf(episode->text, sizeof(episode->text),
	    "%s to %s, cut (%u) at octet %llu %s the %s", track->variant->src,
	    track->variant->dst, kind, (unsigned long long)octet,
	    track->is_to_server ? "to" : "from",
	    track->connection == 1 ? "source" : "destination");
}

static void
test_a_cut_at_any_octet(void **state)
{
	struct track tracks[TRACK_COUNT];
	uint64_t total = (uint64_t)TRACK_COUNT * KIND_COUNT * CUTS_MAX;
	struct seeds seeds = seeds_of(200);
	unsigned failed = 0;

	(void)state;
	lay_tracks(tracks);
	for (uint64_t i = 0; i < seeds.count && i < total && failed < FAILED_MAX; i++) {
		struct episode episode;

		choose_cut(tracks, seeds_case(seeds, i, total), &episode);
		failed += play(&episode);
	}
	assert_int_equal(failed, 0);
}

/* --- Cuts of one of many connections. --- */

static void
choose_any_cut(uint64_t seed, struct variant *variant, struct episode *episode)
{
	static const char *const families[] = {"dovecot", "cyrus", "courier"};
	unsigned connections, kind;
	struct prng prng;

	prng_init(&prng, seed);
	*variant = (struct variant){.src = families[prng_below(&prng, 3)],
	    .dst = families[prng_below(&prng, 3)],
	    .hidden = prng_below(&prng, 3) == 0 ? MODEL_CAP_MULTIAPPEND : 0,
	    .piece_max = 1 + prng_below(&prng, 3000),
	    .folders = 4,
	    .messages = 40};
	connections = 2 + (unsigned)prng_below(&prng, 3);
	kind = SIM_SHUT + (unsigned)prng_below(&prng, KIND_COUNT);
	*episode = (struct episode){.number = seed,
	    .variant = variant,
	    .plan = {.seed = seed,
		.connections = connections,
		.ledger_delay_us = LEDGER_DELAY_US,
		.cut = {1 + (unsigned)prng_below(&prng, 2 * connections),
		    prng_below(&prng, 2) == 0, prng_below(&prng, 15000), (enum sim_wish)kind}},
	    .took_max_us = (kind == SIM_STALL ? 630 : 60) * second_us + settle_us};
	snprintf(episode->text, sizeof(episode->text),
	    "%s to %s, %u connections, cut (%u) of number %u at octet %llu %s", variant->src,
	    variant->dst, connections, kind, episode->plan.cut.connection,
	    (unsigned long long)episode->plan.cut.octet,
	    episode->plan.cut.is_to_server ? "to" : "from");
}

static void
test_a_cut_of_any_of_many_connections(void **state)
{
	struct seeds seeds = seeds_of(60);
	unsigned failed = 0;

	(void)state;
	for (uint64_t i = 0; i < seeds.count && failed < FAILED_MAX; i++) {
		struct episode episode;
		struct variant variant;

		choose_any_cut(seeds.first + i, &variant, &episode);
		failed += play(&episode);
	}
	assert_int_equal(failed, 0);
}

/* --- Stops. --- */

static unsigned
sweep_stops(enum rig_stop stop, const char *what, uint64_t count)
{
	uint64_t sleeps[VARIANT_COUNT];
	struct seeds seeds = seeds_of(count);
	uint64_t total = 0;
	unsigned failed = 0;

	for (size_t i = 0; i < VARIANT_COUNT; i++) {
		struct rig_outcome clean;

		run_clean(&variants[i], &clean);
		sleeps[i] = clean.sleeps;
		total += sleeps[i];
		rig_outcome_fini(&clean);
	}
	for (uint64_t i = 0; i < seeds.count && i < total && failed < FAILED_MAX; i++) {
		uint64_t number = seeds_case(seeds, i, total);
		uint64_t at = number - 1;
		size_t which = 0;
		struct episode episode;

		while (at >= sleeps[which])
			at -= sleeps[which++];
		episode = (struct episode){.number = number,
		    .variant = &variants[which],
		    .plan = {.seed = SEED,
			.ledger_delay_us = LEDGER_DELAY_US,
			.stop = stop,
			.stop_at = at},
		    .took_max_us = 15 * second_us,
		    .stopping_max_us = stop == RIG_CANCEL ? 0 : 11 * second_us};
		snprintf(episode.text, sizeof(episode.text), "%s to %s, %s at sleep %llu",
		    variants[which].src, variants[which].dst, what, (unsigned long long)at);
		failed += play(&episode);
	}
	return failed;
}

static void
test_a_cancel_at_any_wait(void **state)
{
	(void)state;
	assert_int_equal(sweep_stops(RIG_CANCEL, "canceled", 100), 0);
}

static void
test_a_finish_at_any_wait(void **state)
{
	(void)state;
	assert_int_equal(sweep_stops(RIG_FINISH_SOON, "finished", 100), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_cut_at_any_octet),
	    cmocka_unit_test(test_a_cut_of_any_of_many_connections),
	    cmocka_unit_test(test_a_cancel_at_any_wait),
	    cmocka_unit_test(test_a_finish_at_any_wait),
	};

	return cmocka_run_group_tests(tests, NULL, rig_drain);
}
