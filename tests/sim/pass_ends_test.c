/* SPDX-License-Identifier: Apache-2.0
 *
 * Connections that break anywhere behind the log-in: each is opened again, and the pass goes on
 * where it was. What a destination was given and never answered is looked for, and settled.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "fault/mem.h"
#include "modelserver/script.h"
#include "sim/pass_oracle.h"
#include "sim/seeds.h"

enum {
	TEXT_SIZE = 256,
	SEED = 2,
	FAILED_MAX = 10,
	KIND_COUNT = SIM_RESET - SIM_SHUT + 1
};

/* --- Cuts at any octet. --- */

static const struct world_kind {
	const char *src;
	const char *dst;
	uint32_t hidden;   /* at both */
	bool is_filled;    /* the destination holds mail: it is compared */
	bool is_read_only; /* nothing can be written: all is refused */
} kinds[] = {
    {.src = "dovecot", .dst = "dovecot"},
    {.src = "dovecot", .dst = "dovecot", .is_filled = true},
    {.src = "cyrus", .dst = "courier", .is_filled = true},
    {.src = "courier", .dst = "cyrus", .hidden = MODEL_CAP_LIST_STATUS, .is_filled = true},
    {.src = "dovecot", .dst = "courier", .is_read_only = true},
};

enum {
	WORLD_COUNT = sizeof(kinds) / sizeof(kinds[0]),
	TRACK_COUNT = 4 * WORLD_COUNT
};

static void
open_world(struct rig *rig, const struct world_kind *kind)
{
	static const struct mail_shape shape = {.folders = 4, .messages = 24, .size_max = 300};
	struct bytes closed = BYTES("on command SELECT do reply \"%T NO not today\"\n");
	struct prng prng;

	prng_init(&prng, 12);
	rig_init(rig, kind->src, kind->dst);
	rig->src.profile.hidden |= kind->hidden;
	rig->dst.profile.hidden |= kind->hidden;
	rig->src.network.piece_max = rig->dst.network.piece_max = 400;
	mail_fill(&rig->src, &prng, &shape);
	if (kind->is_filled)
		mail_prefill(rig, &prng);
	if (kind->is_read_only)
		assert_int_equal(model_script_new(closed, &rig->dst.script, NULL), ST_OK);
}

static bool
is_logged_in(const struct rig_side *side)
{
	return model_journal_count(&side->store->journal, "LIST") > 0;
}

/* All that was not given to the destination in vain has a fate, and nothing is told twice. */
static const char *
judge(const struct oracle *oracle, const struct rig *rig, const struct rig_outcome *outcome,
    bool is_read_only)
{
	const struct pass_totals *totals = &outcome->totals;

	if (outcome->status != ST_OK)
		return "it did not survive";
	if (pass_totals_left(totals) > 0)
		return "messages were left";
	if (totals->gone > 0)
		return "messages are told as gone that are still there";
	if (rig_count_items(outcome, PASS_ITEM_REFUSED) != totals->refused)
		return "what is refused is not listed once";
	if (is_read_only)
		return totals->refused == totals->source ? NULL : "not all is refused";
	if (rig_count_items(outcome, PASS_ITEM_FAULT) > 0)
		return "a fault was told";
	if (totals->in_doubt > 0)
		return "messages were left in doubt";
	return oracle_finished(oracle, rig, outcome);
}

static unsigned
play(uint64_t number, const struct world_kind *kind, const struct sim_cut *cut)
{
	struct rig_plan plan = {.seed = SEED, .cut = *cut};
	bool is_src = cut->connection == 1;
	uint64_t live = mem_live();
	struct rig_outcome outcome;
	const char *found = NULL;
	struct oracle oracle;
	char text[TEXT_SIZE];
	struct rig rig;
	unsigned failed;

	open_world(&rig, kind);
	oracle_init(&oracle, &rig);
	rig_run(&rig, &plan, &outcome);
	if (is_logged_in(is_src ? &rig.src : &rig.dst))
		found = judge(&oracle, &rig, &outcome, kind->is_read_only);
	if (found == NULL && is_src && outcome.totals.in_doubt > 0)
		found = "a cut of the source left messages in doubt";
	snprintf(text, sizeof(text), "%s to %s%s%s, cut (%u) at octet %llu %s the %s",
	    kind->src, kind->dst, kind->is_filled ? " filled" : "",
	    kind->is_read_only ? " read only" : "", (unsigned)cut->kind,
	    (unsigned long long)cut->octet, cut->is_to_server ? "to" : "from",
	    is_src ? "source" : "destination");
	failed = oracle_tell(number, text, found, &outcome);
	oracle_fini(&oracle);
	rig_outcome_fini(&outcome);
	rig_fini(&rig);
	assert_int_equal(mem_live(), live);
	return failed;
}

static void
count_octets(uint64_t octets[static TRACK_COUNT])
{
	for (size_t i = 0; i < WORLD_COUNT; i++) {
		struct rig_plan plan = {.seed = SEED};
		struct rig_outcome clean;
		struct rig rig;

		open_world(&rig, &kinds[i]);
		rig_run(&rig, &plan, &clean);
		assert_int_equal(clean.status, ST_OK);
		for (unsigned k = 0; k < 4; k++)
			octets[4 * i + k] = clean.arrived[k / 2][k % 2];
		rig_outcome_fini(&clean);
		rig_fini(&rig);
	}
}

static void
test_a_cut_behind_the_log_in_is_survived(void **state)
{
	uint64_t octets[TRACK_COUNT];
	uint64_t total = 0;
	struct seeds seeds = seeds_of(300);
	unsigned failed = 0;

	(void)state;
	count_octets(octets);
	for (size_t i = 0; i < TRACK_COUNT; i++)
		total += octets[i] * KIND_COUNT;
	for (uint64_t i = 0; i < seeds.count && i < total && failed < FAILED_MAX; i++) {
		uint64_t number = seeds_case(seeds, i, total);
		uint64_t at = (number - 1) / KIND_COUNT;
		size_t track = 0;
		struct sim_cut cut;

		while (at >= octets[track])
			at -= octets[track++];
		cut = (struct sim_cut){.connection = 1 + (unsigned)(track % 4 / 2),
		    .is_to_server = track % 2 == 1,
		    .octet = at,
		    .kind = (enum sim_wish)(SIM_SHUT + (number - 1) % KIND_COUNT)};
		failed += play(number, &kinds[track / 4], &cut);
	}
	assert_int_equal(failed, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_cut_behind_the_log_in_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, rig_drain);
}
