/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/triple.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/prng.h"
#include "modelserver/content.h"
#include "modelserver/script.h"
#include "net/fiber.h"

enum {
	RULES_SIZE = TRIPLE_SIZE * TRIPLE_TEXT_SIZE,
	/* A pass that nobody holds up; and how often a row may strike one after the other:
	 * while connecting, listing, copying and looking again. */
	CLEAN_S = 120,
	STRIKES = 4
};

static const char *const families[] = {"dovecot", "cyrus", "courier", "minimal"};

/* Servers and the world run on the loop's stack. */
static bool
is_on_fiber(void)
{
	return fiber_self() != NULL;
}

/* --- Which three, and where. --- */

static bool
is_taken(const struct triple *triple, const struct triple_row *row, bool is_at_dst)
{
	unsigned bits = row->place & (TRIPLE_TLS | TRIPLE_STARTTLS);

	for (size_t i = 0; i < triple->size; i++) {
		unsigned other = triple->rows[i]->place & (TRIPLE_TLS | TRIPLE_STARTTLS);

		/* A side speaks TLS in one way. */
		if (triple->rows[i] == row ||
		    (triple->is_at_dst[i] == is_at_dst &&
			(bits | other) == (TRIPLE_TLS | TRIPLE_STARTTLS)))
			return true;
	}
	return false;
}

static bool
choose_side(const struct triple_row *row, struct prng *prng)
{
	bool is_at_dst = prng_below(prng, 2) == 0;

	if ((row->place & (TRIPLE_SRC | TRIPLE_DST)) != (TRIPLE_SRC | TRIPLE_DST))
		is_at_dst = (row->place & TRIPLE_DST) != 0;
	return is_at_dst;
}

static void
choose_rows(struct triple *triple, const struct triple_rows *rows, struct prng *prng)
{
	while (triple->size < TRIPLE_SIZE) {
		const struct triple_row *row = &rows->row[prng_below(prng, rows->count)];
		bool is_at_dst = choose_side(row, prng);

		if ((row->place & TRIPLE_EARLY) != 0 && prng_below(prng, 5) != 0)
			continue;
		if (is_taken(triple, row, is_at_dst))
			continue;
		triple->rows[triple->size] = row;
		triple->is_at_dst[triple->size++] = is_at_dst;
	}
}

/* A row that strikes before the others can rules out that a pass ends well; any other one may
 * find that another row has struck in its place. */
static bool
may_end_well(const struct triple *triple)
{
	for (size_t i = 0; i < triple->size; i++) {
		const struct triple_row *row = triple->rows[i];

		if ((row->ends & 1) == 0 &&
		    (triple->size == 1 || (row->place & TRIPLE_EARLY) != 0))
			return false;
	}
	return true;
}

static void
sum_up(struct triple *triple)
{
	unsigned holds_s = CLEAN_S;
	int size = snprintf(triple->said, sizeof(triple->said), "%s to %s",
	    triple->rig.src.profile.name, triple->rig.dst.profile.name);

	for (size_t i = 0; i < triple->size; i++) {
		const struct triple_row *row = triple->rows[i];

		triple->ends |= row->ends & ~1U;
		triple->ends |= triple->size > 1 ? row->also : 0;
		triple->bends |= row->bends;
		holds_s += row->holds_s * STRIKES;
		size += snprintf(triple->said + size, sizeof(triple->said) - (size_t)size,
		    "; %s %s", triple->is_at_dst[i] ? "destination" : "source", row->name);
	}
	triple->ends |= may_end_well(triple) ? 1 : 0;
	triple->took_max_us = (int64_t)holds_s * 1000000;
}

/* --- The servers. --- */

/* A number of the seed's in place of each '@', the same all over the row. */
static void
add_rules(char rules[static RULES_SIZE], const struct triple_row *row, struct prng *prng)
{
	size_t size = strlen(rules);
	char number = (char)('1' + prng_below(prng, 6));

	for (const char *c = row->rules; *c != 0; c++) {
		CHECK(size + 2 < RULES_SIZE);
		rules[size++] = *c == '@' ? number : *c;
	}
	rules[size] = 0;
}

static void
script_side(struct triple *triple, struct rig_side *side, bool is_dst, struct prng *prng)
{
	char rules[RULES_SIZE] = "";
	struct fault fault = {0};

	for (size_t i = 0; i < triple->size; i++) {
		if (triple->is_at_dst[i] == is_dst)
			add_rules(rules, triple->rows[i], prng);
	}
	if (rules[0] != 0 &&
	    model_script_new(bytes_of_string(rules), &side->script, &fault) != ST_OK) {
		fprintf(stderr, "%s: %s\n", triple->said, fault.text);
		CHECK(false);
	}
}

static void
secure_side(const struct triple *triple, struct rig_side *side, bool is_dst, struct prng *prng)
{
	static const enum rig_security securities[] = {RIG_TLS, RIG_STARTTLS, RIG_CLEAR};

	side->security = securities[prng_below(prng, 3)];
	for (size_t i = 0; i < triple->size; i++) {
		if (triple->is_at_dst[i] != is_dst)
			continue;
		if ((triple->rows[i]->place & TRIPLE_STARTTLS) != 0)
			side->security = RIG_STARTTLS;
		if ((triple->rows[i]->place & TRIPLE_TLS) != 0)
			side->security = RIG_TLS;
	}
	/* What was said before STARTTLS is forgotten; ID tells what a server changes. */
	if (side->security == RIG_STARTTLS)
		side->profile.hidden &= ~(uint32_t)MODEL_CAP_ID;
	side->network = (struct sim_network){.latency_min_us = 100,
	    .latency_max_us = 100 + (int64_t)prng_below(prng, 5000),
	    .piece_max = prng_below(prng, 2) == 0 ? 0 : 1 + prng_below(prng, 2000)};
}

static void
fill(const struct triple *triple, struct rig *rig, struct prng *prng)
{
	struct mail_shape shape = {.folders = 1 + (unsigned)prng_below(prng, 4),
	    .messages = 4 + (unsigned)prng_below(prng, 16),
	    .size_max = 600,
	    .is_odd = prng_below(prng, 3) == 0};
	bool is_prefilled = prng_below(prng, 4) == 0;
	struct fault fault = {0};

	mail_fill(&rig->src, prng, &shape);
	for (size_t i = 0; i < triple->size; i++) {
		const char *content = triple->rows[i]->content;

		if (content[0] != 0)
			CHECK(model_content_load(
				  bytes_of_string(content), rig->src.store, &fault) == ST_OK);
	}
	/* Where names or headers are lies, nothing that is there can be known again. */
	if (is_prefilled && (triple->bends & (TRIPLE_NAMES | TRIPLE_TEXTS)) == 0)
		mail_prefill(rig, prng);
}

/* The same servers with the same mail each time. */
static void
open_rig(const struct triple *triple, struct rig *rig)
{
	const char *src, *dst;
	struct prng prng;

	prng_init(&prng, triple->seed);
	src = families[prng_below(&prng, 4)];
	dst = families[prng_below(&prng, 4)];
	/* Names of a row are meant as they are. */
	for (size_t i = 0; i < triple->size; i++)
		src = triple->rows[i]->content[0] == 0 ? src : "dovecot";
	rig_init(rig, src, dst);
	secure_side(triple, &rig->src, false, &prng);
	secure_side(triple, &rig->dst, true, &prng);
	fill(triple, rig, &prng);
}

static void
set_up(struct triple *triple, struct prng *prng)
{
	struct mail_picture expected;

	for (size_t i = 0; i < triple->size; i++)
		triple->bends |= triple->rows[i]->bends;
	if ((triple->bends & TRIPLE_STORES) != 0 && (triple->bends & TRIPLE_REFUSES) != 0)
		triple->bends |= TRIPLE_DOUBLES;
	open_rig(triple, &triple->rig);
	open_rig(triple, &triple->before);
	sum_up(triple);
	script_side(triple, &triple->rig.src, false, prng);
	script_side(triple, &triple->rig.dst, true, prng);
	triple->plan = (struct rig_plan){.seed = triple->seed,
	    .connections = 1 + (unsigned)prng_below(prng, 3),
	    .ledger_delay_us = prng_below(prng, 2) == 0 ? 0 : 20000,
	    .traces = true,
	    .fails_memory = is_on_fiber};
	mail_look(&triple->rig.dst, &triple->dst_before);
	mail_expect(&triple->before, &triple->dst_before, NULL, &expected);
	triple->ends |= expected.refused > 0 ? 1U << 2 : 0;
	mail_picture_fini(&expected);
	triple->src_print = mail_print(&triple->rig.src);
}

void
triple_init(struct triple *triple, const struct triple_rows *rows, uint64_t seed)
{
	struct prng prng;

	*triple = (struct triple){.seed = seed};
	prng_init(&prng, seed ^ UINT64_C(0x747269706c65));
	choose_rows(triple, rows, &prng);
	set_up(triple, &prng);
}

void
triple_init_alone(struct triple *triple, const struct triple_row *row, uint64_t seed)
{
	struct prng prng;

	*triple = (struct triple){.seed = seed, .rows = {row}, .size = 1};
	prng_init(&prng, seed ^ UINT64_C(0x616c6f6e65));
	triple->is_at_dst[0] = choose_side(row, &prng);
	set_up(triple, &prng);
}

void
triple_fini(struct triple *triple)
{
	mail_picture_fini(&triple->dst_before);
	rig_fini(&triple->rig);
	rig_fini(&triple->before);
}

bool
triple_mend(struct triple *triple)
{
	unsigned bends = TRIPLE_NAMES | TRIPLE_TEXTS | TRIPLE_DOUBLES | TRIPLE_REMOVES;
	bool is_good = (triple->bends & bends) == 0;

	/* What the source's mail itself says goes on. */
	for (size_t i = 0; i < triple->size; i++)
		is_good = is_good && strstr(triple->rows[i]->content, "raw-") == NULL;
	model_script_free(&triple->rig.src.script);
	model_script_free(&triple->rig.dst.script);
	triple->rig.dst.account->quota_octets = 0;
	return is_good;
}
