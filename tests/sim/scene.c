/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/scene.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "modelserver/script.h"

enum {
	LAST_TRIES = 6,
	SCRIPT_SIZE = 512,
	CUT_KINDS = SIM_STALL - SIM_SHUT + 1
};

static const int64_t second_us = 1000000;
static const int64_t very_late_us = 600 * INT64_C(1000000);

static const char *const families[] = {"dovecot", "cyrus", "courier"};

static const struct server_kind {
	const char *name;
	const char *setting; /* the whole script; NULL: rules */
	const char *action;  /* of each rule */
	const char *more;    /* behind its number; NULL: it has none */
	unsigned number_min, number_max;
} kinds[SCENE_SERVER_COUNT] = {
    {"plain", "", NULL, NULL, 0, 0},
    {"early", "set commit-at literal-end\n", NULL, NULL, 0, 0},
    {"no answer", NULL, "commit-without-answer", NULL, 0, 0},
    {"close", NULL, "commit-then-close", NULL, 0, 0},
    {"reset", NULL, "commit-then-rst", NULL, 0, 0},
    {"late", NULL, "commit-late", "then drop", 5, 55000},
    /* Groups of one connection wait for each other: three of them stay below T_q. */
    {"slow", NULL, "sleep", "", 5, 18000},
    {"ok late", NULL, "commit-late", "", 5, 2000},
    {"no uid", "set without UIDPLUS\n", NULL, NULL, 0, 0},
    {"refusal", NULL, "drop", NULL, 0, 0},
    {"very late", NULL, "commit-late", "then drop", 300000, 550000},
};

const char *
scene_server_name(enum scene_server server)
{
	return kinds[server].name;
}

const char *
scene_point_name(enum scene_point point)
{
	static const char *const names[] = {"sleep", "before write", "submitted", "durable"};

	return names[point];
}

/* --- What is there. --- */

static struct sim_network
random_network(struct prng *prng)
{
	static const int64_t latencies[] = {0, 300, 5000, 40000, 200000};
	static const size_t pieces[] = {0, 0, 200, 1500, 20000};
	struct sim_network network = {.piece_max = pieces[prng_below(prng, 5)]};

	network.latency_max_us = latencies[prng_below(prng, 5)];
	network.latency_min_us =
	    (int64_t)prng_below(prng, (uint64_t)network.latency_max_us + 1);
	return network;
}

static void
choose_server(struct scene *scene)
{
	struct prng *prng = &scene->prng;
	const struct server_kind *kind;
	char script[SCRIPT_SIZE];
	unsigned rules = 1 + (unsigned)prng_below(prng, 3);
	unsigned at = 1 + (unsigned)prng_below(prng, 4);
	unsigned which = (unsigned)prng_below(prng, SCENE_SERVER_COUNT);
	size_t size = 0;

	scene->server = (enum scene_server)which;
	/* The model would commit late also what it refuses. */
	if (!scene->is_exact && kinds[which].action != NULL &&
	    strcmp(kinds[which].action, "commit-late") == 0)
		scene->server = SCENE_SLOW;
	kind = &kinds[scene->server];
	/* What is stored later than its UID was told would get another one. */
	if (scene->server == SCENE_OK_LATE)
		scene->rig.dst.profile.hidden |= MODEL_CAP_UIDPLUS;
	/* No server is known that does so and takes several messages at a time. */
	if (scene->server == SCENE_EARLY)
		scene->rig.dst.profile.hidden |= MODEL_CAP_MULTIAPPEND;
	script[0] = 0;
	if (kind->setting != NULL) {
		snprintf(script, sizeof(script), "%s", kind->setting);
		scene->faults += kind->setting[0] != 0;
		rules = 0;
	}
	for (unsigned i = 0; i < rules; i++) {
		unsigned number = kind->number_min +
		    (unsigned)prng_below(prng, kind->number_max - kind->number_min + 1);
		char words[64] = "";

		if (kind->more != NULL)
			snprintf(words, sizeof(words), "%u %s", number, kind->more);
		size += (size_t)snprintf(script + size, sizeof(script) - size,
		    "on append-complete %u do %s %s\n", at, kind->action, words);
		at += 1 + (unsigned)prng_below(prng, 4);
	}
	scene->faults += rules;
	if (script[0] != 0)
		CHECK(model_script_new(bytes_of_string(script), &scene->rig.dst.script, NULL) ==
		    ST_OK);
	snprintf(scene->text, sizeof(scene->text), "%s %s", kind->name, script);
}

static void
choose_cuts(struct scene *scene)
{
	struct prng *prng = &scene->prng;

	scene->cut_count = (unsigned)prng_below(prng, 4);
	for (unsigned i = 0; i < scene->cut_count; i++)
		scene->cuts[i] = (struct sim_cut){
		    .connection = 1 + (unsigned)prng_below(prng, 12),
		    .is_to_server = prng_below(prng, 2) == 0,
		    .octet = 400 + prng_below(prng, 12000),
		    .kind = (enum sim_wish)(SIM_SHUT + prng_below(prng, CUT_KINDS)),
		};
	scene->faults += scene->cut_count;
}

static void
hide_some(struct rig_side *side, struct prng *prng)
{
	static const uint32_t capabilities[] = {MODEL_CAP_MULTIAPPEND, MODEL_CAP_LITERAL_PLUS,
	    MODEL_CAP_UIDPLUS, MODEL_CAP_LIST_STATUS};

	for (size_t i = 0; i < sizeof(capabilities) / sizeof(capabilities[0]); i++) {
		if (prng_below(prng, 4) == 0)
			side->profile.hidden |= capabilities[i];
	}
}

static void
choose_mail(struct scene *scene)
{
	struct prng *prng = &scene->prng;
	struct mail_shape shape = {
	    .folders = 2 + (unsigned)prng_below(prng, 3),
	    .messages = 15 + (unsigned)prng_below(prng, 40),
	    .size_max = prng_below(prng, 8) == 0 ? 8000 : 300,
	    .is_odd = prng_below(prng, 4) == 0,
	};

	if (shape.is_odd)
		shape.folders += (unsigned)prng_below(prng, 4);
	mail_fill(&scene->rig.src, prng, &shape);
	scene->is_exact = !shape.is_odd;
	if (prng_below(prng, 4) == 0)
		mail_prefill(&scene->rig, prng);
	scene->messages = shape.messages;
	scene->folders = shape.folders;
}

/* --- What happens. --- */

static void
choose_crash(struct rig_plan *plan, struct prng *prng, bool is_first)
{
	unsigned point = (unsigned)prng_below(prng, SCENE_POINT_COUNT);

	plan->crash.seed = prng_next(prng);
	if (point == SCENE_AT_SLEEP) {
		plan->crash.sleep = 1 + prng_below(prng, is_first ? 220 : 90);
		return;
	}
	plan->crash.point = (enum disk_point)(DISK_BEFORE + point - SCENE_BEFORE_WRITE);
	plan->crash.write = 1 + prng_below(prng, is_first ? 24 : 9);
}

static void
choose_processes(struct scene *scene)
{
	static const int64_t pauses_us[] = {0, 0, 10000, 1000000, 30000000};
	struct prng *prng = &scene->prng;
	struct rig_plan plan = {.seed = scene->seed,
	    .connections = 1 + (unsigned)prng_below(prng, 4),
	    .ledger_delay_us = prng_below(prng, 3) == 0 ? 0 : 20000};
	unsigned draw = (unsigned)prng_below(prng, 16);

	scene->last = plan;
	scene->process_count = draw == 0 ? 0 : draw < 8 ? 1 : draw < 13 ? 2 : draw < 15 ? 3 : 4;
	for (unsigned i = 0; i < scene->process_count; i++) {
		scene->plans[i] = plan;
		choose_crash(&scene->plans[i], prng, i == 0);
		plan.starts_after_us = pauses_us[prng_below(prng, 5)];
	}
	scene->last.starts_after_us = plan.starts_after_us;
}

void
scene_init(struct scene *scene, uint64_t seed)
{
	struct prng *prng = &scene->prng;
	const char *src, *dst;
	size_t size;

	*scene = (struct scene){.seed = seed};
	prng_init(prng, seed);
	src = families[prng_below(prng, 3)];
	dst = families[prng_below(prng, 3)];
	rig_init(&scene->rig, src, dst);
	hide_some(&scene->rig.dst, prng);
	scene->rig.src.network = random_network(prng);
	scene->rig.dst.network = random_network(prng);
	choose_mail(scene);
	choose_processes(scene);
	choose_cuts(scene);
	choose_server(scene);
	size = strlen(scene->text);
	snprintf(scene->text + size, sizeof(scene->text) - size,
	    "%s to %s, %u messages in %u folders%s, %u connections, hidden %x, %u cuts, "
	    "%u crashes",
	    src, dst, scene->messages, scene->folders, scene->is_exact ? "" : " odd",
	    scene->last.connections, scene->rig.dst.profile.hidden, scene->cut_count,
	    scene->process_count);
}

void
scene_init_clean(struct scene *scene, const struct mail_shape *shape)
{
	*scene = (struct scene){.seed = 2, .is_exact = true};
	prng_init(&scene->prng, 12);
	rig_init(&scene->rig, "dovecot", "dovecot");
	scene->rig.src.network.piece_max = scene->rig.dst.network.piece_max = 300;
	mail_fill(&scene->rig.src, &scene->prng, shape);
	scene->messages = shape->messages;
	scene->folders = shape->folders;
	scene->last = (struct rig_plan){.seed = 2, .connections = 2, .ledger_delay_us = 20000};
	snprintf(scene->text, sizeof(scene->text), "a clean copy");
}

void
scene_fini(struct scene *scene)
{
	rig_fini(&scene->rig);
}

/* --- The oracle. --- */

/* Copies that were told as surplus, each once. */
struct surplus {
	/* A run that ends before a late copy comes ends the watch for it. */
	bool may_be_fewer;
	struct {
		char folder[RIG_NAME_SIZE];
		uint32_t uid;
	} * copies;
	size_t count;
};

static void
note_surplus(struct surplus *surplus, const struct rig_item *item)
{
	for (size_t i = 0; i < surplus->count; i++) {
		if (surplus->copies[i].uid == item->uid &&
		    strcmp(surplus->copies[i].folder, item->folder) == 0)
			return;
	}
	surplus->copies =
	    realloc(surplus->copies, (surplus->count + 1) * sizeof(*surplus->copies));
	CHECK(surplus->copies != NULL);
	surplus->copies[surplus->count].uid = item->uid;
	memcpy(surplus->copies[surplus->count++].folder, item->folder, RIG_NAME_SIZE);
}

static const char *
judge_process(const struct rig_outcome *outcome, struct surplus *surplus)
{
	if (outcome->world != ST_OK)
		return "a process does not end";
	if (outcome->is_stored_early)
		return "a message was stored before its intent was durable";
	if (outcome->totals.held > 0)
		return "a message is held, and nobody removed one";
	if (outcome->tells_password)
		return "the password is told";
	for (const struct rig_item *item = outcome->items; item != NULL; item = item->next) {
		if (item->kind == PASS_ITEM_SURPLUS)
			note_surplus(surplus, item);
	}
	return NULL;
}

static const char *
compare(const struct mail_picture *expected, const struct mail_picture *after,
    const struct surplus *surplus)
{
	if (mail_surplus(expected, after) > 0)
		return "LOST: the destination lacks messages";
	if (mail_surplus(after, expected) > surplus->count && !surplus->may_be_fewer)
		return "TWICE: the destination has messages too many";
	if (mail_surplus(after, expected) < surplus->count)
		return "copies are told as surplus that are not";
	return NULL;
}

static const char *
judge_mail(const struct scene *scene, const struct oracle *oracle,
    const struct rig_outcome *outcome, const struct surplus *surplus)
{
	struct mail_picture expected;
	struct mail_picture after;
	const char *found;

	mail_expect(&scene->rig, &oracle->before, outcome, &expected);
	mail_look(&scene->rig.dst, &after);
	found = scene->is_exact ? compare(&expected, &after, surplus) : NULL;
	mail_picture_blur(&expected);
	mail_picture_blur(&after);
	if (found == NULL || compare(&expected, &after, surplus) != NULL)
		found = compare(&expected, &after, surplus);
	else
		found = "flags or dates are not those of the source";
	if (found == NULL && outcome->totals.refused != expected.refused)
		found = "what was refused is not what the family refuses";
	if (found == NULL && mail_print(&scene->rig.src) != oracle->src_print)
		found = "the source was changed";
	mail_picture_fini(&expected);
	mail_picture_fini(&after);
	return found;
}

static const char *
judge_end(const struct scene *scene, const struct rig_outcome *outcome, int64_t took_us)
{
	/* A silent connection is noticed after 300 s; each thing that breaks may cost that, a
	 * try of its own, and two looks. */
	int64_t bound_us =
	    (700 + 800 * (int64_t)(scene->faults + scene->process_count)) * second_us;

	if (outcome->status != ST_OK)
		return "no process ended well";
	if (pass_totals_left(&outcome->totals) > 0 || outcome->totals.in_doubt > 0)
		return "the totals do not add up";
	if (outcome->totals.gone > 0)
		return "messages are told as gone that are still there";
	if (outcome->open_messages > 0)
		return "intents are left open";
	if (took_us > bound_us)
		return "it took too long";
	return NULL;
}

/* --- The run. --- */

static enum scene_point
point_of(const struct rig_crash *crash)
{
	if (crash->sleep > 0)
		return SCENE_AT_SLEEP;
	return (enum scene_point)(SCENE_BEFORE_WRITE + (int)crash->point - (int)DISK_BEFORE);
}

static bool
is_over(const struct rig_outcome *outcome)
{
	return outcome->status == ST_OK && outcome->totals.in_doubt == 0 &&
	    pass_totals_left(&outcome->totals) == 0 &&
	    rig_count_items(outcome, PASS_ITEM_FAULT) == 0;
}

/* One process; false: there is a complaint. */
static bool
run_process(struct scene *scene, const struct rig_plan *plan, struct surplus *surplus,
    struct rig_outcome *outcome, struct scene_result *result)
{
	rig_outcome_fini(outcome);
	rig_pass(&scene->rig, plan, outcome);
	result->complaint = judge_process(outcome, surplus);
	return result->complaint == NULL;
}

static bool
run_crashes(struct scene *scene, struct surplus *surplus, struct rig_outcome *outcome,
    struct scene_result *result)
{
	for (unsigned i = 0; i < scene->process_count; i++) {
		const struct rig_plan *plan = &scene->plans[i];

		if (!run_process(scene, plan, surplus, outcome, result))
			return false;
		if (outcome->is_killed) {
			result->crashes[result->crash_count > 0][point_of(&plan->crash)]++;
			result->crash_count++;
		}
	}
	return true;
}

static bool
run_last(struct scene *scene, struct surplus *surplus, struct rig_outcome *outcome,
    struct scene_result *result)
{
	struct rig_plan plan = scene->last;

	for (unsigned i = 0; i < LAST_TRIES; i++) {
		surplus->may_be_fewer = scene->server == SCENE_VERY_LATE &&
		    (result->crash_count > 0 || i > 0 || scene->process_count > 0);
		if (!run_process(scene, &plan, surplus, outcome, result))
			return false;
		if (i == 0) {
			result->sleeps = outcome->sleeps;
			result->writes = outcome->writes;
		}
		if (is_over(outcome))
			break;
	}
	if (scene->server != SCENE_VERY_LATE)
		return true;
	plan.starts_after_us = very_late_us;
	for (unsigned i = 0; i < LAST_TRIES; i++) {
		if (!run_process(scene, &plan, surplus, outcome, result))
			return false;
		if (is_over(outcome))
			break;
		plan.starts_after_us = 0;
	}
	return true;
}

void
scene_run(struct scene *scene, FILE *story, struct scene_result *result_out)
{
	struct rig *rig = &scene->rig;
	struct surplus surplus = {0};
	struct rig_outcome outcome = {0};
	struct oracle oracle;
	struct tick began;
	int64_t took_us;

	*result_out = (struct scene_result){0};
	oracle_init(&oracle, rig);
	rig_begin(rig, scene->seed, story);
	for (unsigned i = 0; i < scene->cut_count; i++)
		sim_cut_at(rig->sim, &scene->cuts[i]);
	began = sim_now(rig->sim);
	if (run_crashes(scene, &surplus, &outcome, result_out))
		(void)run_last(scene, &surplus, &outcome, result_out);
	took_us = sim_now(rig->sim).us - began.us;
	result_out->hash = rig_end(rig);
	if (result_out->complaint == NULL)
		result_out->complaint = judge_end(scene, &outcome, took_us);
	if (result_out->complaint == NULL)
		result_out->complaint = judge_mail(scene, &oracle, &outcome, &surplus);
	if (result_out->complaint == NULL && surplus.count > 0 &&
	    scene->server != SCENE_VERY_LATE)
		result_out->complaint = "surplus, where nothing was committed too late";
	result_out->surplus = surplus.count;
	(void)rig_describe(&outcome, result_out->last, sizeof(result_out->last));
	rig_outcome_fini(&outcome);
	oracle_fini(&oracle);
	free(surplus.copies);
}
