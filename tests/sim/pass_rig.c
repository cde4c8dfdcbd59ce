/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/pass_rig.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/buf.h"
#include "base/check.h"
#include "base/secret.h"
#include "fault/mem.h"
#include "modelserver/late.h"
#include "modelserver/script.h"
#include "modelserver/server.h"
#include "net/fiber.h"
#include "net/world.h"
#include "pass/mailbox.h"
#include "sync/ledger/ledger.h"

/* The wall clock of the stores at tick 0, as in the simulated world. */
#define WALL_AT_START INT64_C(1767225600)

enum {
	PORT_TLS = 993,
	PORT_CLEAR = 143
};

/* Longer than any patience: what is not over by then never is. */
static const int64_t patience_us = INT64_C(4) * 3600 * 1000000;

static_assert((int)SIM_STAY_OPEN == (int)MODEL_LINK_OPEN &&
	(int)SIM_START_TLS == (int)MODEL_LINK_TLS && (int)SIM_SHUT == (int)MODEL_LINK_SHUT &&
	(int)SIM_DROP == (int)MODEL_LINK_DROP && (int)SIM_RESET == (int)MODEL_LINK_RESET &&
	(int)SIM_STALL == (int)MODEL_LINK_HALF_OPEN,
    "a wish is the model's link");

/* --- The servers. --- */

struct machine {
	struct model_server *server;
	struct rig_side *side;
};

/* A word of the world's. */
static void
tell_notes(struct rig_side *side)
{
	const struct model_journal *journal = &side->store->journal;

	for (; side->noted < journal->count; side->noted++) {
		const struct model_note *note = &journal->notes[side->noted];
		struct bytes text = model_note_text(note);

		sim_tell(side->rig->sim, "%s (%llu): %s %.*s", side->host,
		    (unsigned long long)note->connection, note->name,
		    (int)(text.size < 120 ? text.size : 120), (const char *)text.data);
	}
}

static size_t
count_messages(const struct model_account *account)
{
	size_t count = 0;

	for (size_t i = 0; i < account->count; i++)
		count += account->folders[i]->count;
	return count;
}

static struct model_server *
server_of(const void *machine)
{
	return ((const struct machine *)machine)->server;
}

/* Nothing may be stored whose intent could still be lost. */
static void
look_at_store(const struct machine *machine)
{
	struct rig_side *side = machine->side;
	struct rig *rig = side->rig;

	tell_notes(side);
	if (side->outcome != NULL &&
	    count_messages(side->account) + rig->intended_before >
		side->count_before + disk_intended(&rig->disk))
		side->outcome->is_stored_early = true;
}

static void
server_feed(void *machine, struct bytes input, struct tick now, size_t *used_out)
{
	model_server_feed(server_of(machine), input, now, used_out);
	look_at_store(machine);
}

static struct bytes
server_output(void *machine, struct tick now)
{
	struct bytes output = model_server_output(server_of(machine), now);

	look_at_store(machine);
	return output;
}

static void
server_sent(void *machine, size_t size, struct tick now)
{
	model_server_sent(server_of(machine), size, now);
}

static struct tick
server_deadline(const void *machine)
{
	return model_server_deadline(server_of(machine));
}

static void
server_eof(void *machine, struct tick now)
{
	model_server_eof(server_of(machine), now);
	look_at_store(machine);
}

static enum sim_wish
server_wish(const void *machine)
{
	return (enum sim_wish)model_server_link(server_of(machine));
}

static void
server_tls_started(void *machine, struct tick now)
{
	model_server_tls_started(server_of(machine), now);
}

static void
server_free(void *machine)
{
	model_server_free(&((struct machine *)machine)->server);
	free(machine);
}

static const struct sim_machine_ops server_ops = {
    .feed = server_feed,
    .output = server_output,
    .sent = server_sent,
    .deadline = server_deadline,
    .eof = server_eof,
    .wish = server_wish,
    .tls_started = server_tls_started,
    .free = server_free,
};

static void *
accept_connection(void *context, struct tick now)
{
	struct rig_side *side = context;
	struct model_server_options options = {
	    .store = side->store,
	    .profile = &side->profile,
	    .script = side->script,
	    .is_tls = side->security == RIG_TLS,
	    .offers_starttls = side->security == RIG_STARTTLS,
	};
	struct machine *machine = calloc(1, sizeof(*machine));

	CHECK(machine != NULL);
	machine->side = side;
	CHECK(model_server_new(&options, now, &machine->server) == ST_OK);
	return machine;
}

static void
init_side(struct rig_side *side, const char *host, const char *profile)
{
	const struct model_profile *found = model_profile_find(bytes_of_string(profile));

	CHECK(found != NULL);
	*side = (struct rig_side){.host = host,
	    .profile = *found,
	    .network = {.latency_min_us = 200, .latency_max_us = 800}};
	CHECK(model_store_new(WALL_AT_START, &side->store) == ST_OK);
	CHECK(model_store_add(
		  side->store, BYTES("anna"), BYTES(RIG_PASSWORD), &side->account) == ST_OK);
}

void
rig_init(struct rig *rig, const char *src_profile, const char *dst_profile)
{
	*rig = (struct rig){0};
	init_side(&rig->src, "old.example", src_profile);
	init_side(&rig->dst, "new.example", dst_profile);
	disk_init(&rig->disk);
}

static void
fini_side(struct rig_side *side)
{
	model_script_free(&side->script);
	model_store_free(&side->store);
}

void
rig_fini(struct rig *rig)
{
	fini_side(&rig->src);
	fini_side(&rig->dst);
	disk_fini(&rig->disk);
}

/* --- What the pass tells. --- */

enum {
	FORM_COUNT = 3,
	FORM_SIZE = 64,
	DESCRIBE_SIZE = 512,
	DESCRIBE_BUDGET = 1 << 20
};

static const char *const fates[SYNC_FATE_COUNT] = {
    "stored:", "not-stored", "in-doubt", "unproved", "absent", "held"};
static const int64_t settle_us = INT64_C(60) * 1000000;

struct story {
	struct pass_sink sink;
	struct rig *rig;
	struct sim *sim;
	const struct rig_plan *plan;
	struct rig_outcome *outcome;
	struct pass_options options;
	struct secret password;
	uint64_t sleeps_before;
	struct pass *pass; /* NULL before it and after it */
	struct rig_item **last;
	bool is_stopped;
	struct tick stopped;
	char forms[FORM_COUNT][FORM_SIZE]; /* in which the password could show */
};

static void
keep_text(char *text, size_t size, struct bytes octets)
{
	octets = bytes_first(octets, size - 1);
	if (octets.size > 0)
		memcpy(text, octets.data, octets.size);
	text[octets.size] = 0;
}

/* What a person sees must not show the password, nor move a terminal's cursor. */
static bool
has_controls(struct bytes text, bool has_lines)
{
	for (size_t i = 0; i < text.size; i++) {
		const uint8_t *c = text.data + i;
		size_t left = text.size - i;

		if ((c[0] < 0x20 && !(has_lines && c[0] == '\n')) || c[0] == 0x7f)
			return true;
		if (left > 1 && c[0] == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0)
			return true;
		/* U+202A to U+202E and U+2066 to U+2069 turn the direction of text. */
		if (left > 2 && c[0] == 0xe2 &&
		    ((c[1] == 0x80 && c[2] >= 0xaa && c[2] <= 0xae) ||
			(c[1] == 0x81 && c[2] >= 0xa6 && c[2] <= 0xa9)))
			return true;
	}
	return false;
}

static bool
has_part(struct bytes text, struct bytes part)
{
	for (size_t i = 0; part.size <= text.size && i <= text.size - part.size; i++) {
		if (memcmp(text.data + i, part.data, part.size) == 0)
			return true;
	}
	return false;
}

/* The password itself, in base64, and in base64 as PLAIN says it, but for what may differ with
 * what follows. */
static void
shape_password(struct story *story)
{
	static const struct bytes plain[] = {
	    {(const uint8_t *)RIG_PASSWORD, sizeof(RIG_PASSWORD) - 1},
	    {(const uint8_t *)"\0anna\0" RIG_PASSWORD, sizeof(RIG_PASSWORD) + 5},
	};

	keep_text(story->forms[0], FORM_SIZE, plain[0]);
	for (size_t i = 0; i < 2; i++) {
		struct buf coded;
		struct bytes form;

		buf_init(&coded, FORM_SIZE);
		CHECK(base64_encode(plain[i], &coded) == ST_OK);
		form = buf_bytes(&coded);
		while (form.data[form.size - 1] == '=')
			form.size--;
		form.size--;
		keep_text(story->forms[1 + i], FORM_SIZE, form);
		buf_fini(&coded);
	}
}

static void
look_for_password(struct story *story, struct bytes text)
{
	struct rig_outcome *outcome = story->outcome;

	for (size_t i = 0; i < FORM_COUNT && !outcome->tells_password; i++)
		outcome->tells_password = has_part(text, bytes_of_string(story->forms[i]));
}

static void
look_at_text(struct story *story, struct bytes text, bool has_lines)
{
	struct rig_outcome *outcome = story->outcome;

	look_for_password(story, text);
	outcome->tells_controls = outcome->tells_controls || has_controls(text, has_lines);
}

static void
take_trace(struct pass_sink *sink, const char *side, unsigned connection, struct bytes lines)
{
	struct story *story = (struct story *)sink;

	(void)side;
	(void)connection;
	look_at_text(story, lines, true);
}

static void
take_item(struct pass_sink *sink, const struct pass_item *told)
{
	struct story *story = (struct story *)sink;
	struct rig_item *item = calloc(1, sizeof(*item));

	CHECK(item != NULL);
	item->kind = told->kind;
	item->uid = told->uid;
	item->counts = told->counts;
	keep_text(item->folder, sizeof(item->folder), told->folder);
	keep_text(item->destination, sizeof(item->destination), told->destination);
	keep_text(item->text, sizeof(item->text), bytes_of_string(told->text));
	if (told->fault != NULL)
		item->fault = *told->fault;
	/* Names are data; who prints them makes them harmless. */
	look_for_password(story, told->folder);
	look_for_password(story, told->destination);
	look_at_text(story, told->why, false);
	look_at_text(story, bytes_of_string(told->text), false);
	*story->last = item;
	story->last = &item->next;
	sim_note(story->sim, (uint64_t)told->kind << 32 | told->uid);
	sim_tell(story->sim, "told: kind %d, %s, UID %u: %s", (int)told->kind, item->folder,
	    told->uid, item->text);
}

/* --- The run. --- */

static struct account
account_of(const struct rig_side *side, const char *name)
{
	return (struct account){.side = name,
	    .host = side->host,
	    .port = side->security == RIG_TLS ? PORT_TLS : PORT_CLEAR,
	    .security = side->security == RIG_TLS ? ACCOUNT_TLS : ACCOUNT_STARTTLS,
	    .user = "anna",
	    .allows_plaintext = side->security == RIG_CLEAR};
}

static void
tell_story(void *argument)
{
	struct story *story = argument;
	struct rig_outcome *outcome = story->outcome;
	struct world *world = fiber_world_self();
	struct sync_ledger *ledger = NULL;
	struct pass *pass = NULL;

	if (story->plan->starts_after_us > 0)
		(void)!fiber_wait(
		    NULL, 0, tick_after(fiber_now(), story->plan->starts_after_us));
	sim_tell(story->sim, "--- a process begins");
	mem_fail_where(story->plan->fails_memory);
	mem_fail(story->plan->fails_memory_at, story->plan->fails_memory_on);
	outcome->status = sync_ledger_new(&story->rig->disk.store, &ledger);
	if (outcome->status == ST_OK)
		outcome->status = pass_new(world, &story->options, ledger, &story->sink, &pass);
	story->pass = pass;
	if (outcome->status == ST_OK) {
		const struct pass_progress *progress = pass_progress(pass);

		outcome->status = pass_run(pass, &outcome->fault);
		outcome->totals = progress->totals;
		if (progress->copy_started.us > 0)
			outcome->copying_took_us = fiber_now().us - progress->copy_started.us;
		outcome->took_us = fiber_now().us - progress->started.us;
		if (story->is_stopped)
			outcome->stopping_took_us = fiber_now().us - story->stopped.us;
		story->pass = NULL;
		pass_free(&pass);
	} else {
		fault_set(&outcome->fault,
		    (struct fault_kind){
			outcome->status, CAUSE_MEMORY, FAULT_PROCESS, RETRY_LATER},
		    "There is not enough memory for a pass.");
	}
	sync_ledger_free(&ledger);
	outcome->memory_calls = mem_calls();
	outcome->memory_failed = mem_failed();
	outcome->memory_peak = mem_peak();
	mem_fail(0, false);
	mem_fail_where(NULL);
	look_at_text(story, bytes_of_string(outcome->fault.text), false);
	outcome->sleeps = sim_sleep_count(story->sim) - story->sleeps_before;
	disk_end(&story->rig->disk);
}

/* Its process is dead from here on; what it still does has no effect. */
static void
kill_story(void *context)
{
	struct story *story = context;
	struct prng prng;

	if (story->outcome->is_killed)
		return;
	story->outcome->is_killed = true;
	prng_init(&prng, story->plan->crash.seed);
	sim_note(story->sim, story->plan->crash.seed);
	sim_tell(story->sim, "--- killed, at sleep %llu, write %llu",
	    (unsigned long long)(sim_sleep_count(story->sim) - story->sleeps_before),
	    (unsigned long long)story->rig->disk.writes);
	disk_die(&story->rig->disk, &prng);
	sim_kill(story->sim, prng_next(&prng));
}

static const char *
describe_change(const struct sync_change *change, char *text, size_t size)
{
	static const char *const kinds[] = {
	    "", "pair", "folder", "block", "journal", "profile"};
	struct sync_journal_record record;
	struct arena arena;
	int used = snprintf(text, size, "%s %s %llu of folder %u",
	    change->is_removal ? "remove" : "write", kinds[change->key.kind],
	    (unsigned long long)change->key.number, (unsigned)change->key.folder);

	arena_init(&arena, DESCRIBE_BUDGET);
	if (change->key.kind == SYNC_KIND_JOURNAL && !change->is_removal &&
	    sync_journal_decode(change->octets, &arena, &record) == ST_OK) {
		bool is_intent = record.what == SYNC_JOURNAL_INTENT;
		size_t count =
		    is_intent ? record.intent.message_count : record.settlement.count;

		used += snprintf(text + used, size - (size_t)used,
		    is_intent ? ": intent above %llu, source" : ": settles %llu as",
		    is_intent ? (unsigned long long)record.intent.dst_uidnext
			      : (unsigned long long)record.settlement.intent);
		for (size_t i = 0; i < count && (size_t)used + 32 < size; i++)
			used += is_intent ? snprintf(text + used, size - (size_t)used, " %u",
						record.intent.messages[i].src_uid.number)
					  : snprintf(text + used, size - (size_t)used,
						" %s%.0u", fates[record.settlement.fates[i]],
						record.settlement.dst_uids[i]);
	}
	arena_fini(&arena);
	return text;
}

static void
tell_change(void *context, const struct sync_change *change, bool is_durable)
{
	const struct story *story = context;
	char text[DESCRIBE_SIZE];

	describe_change(change, text, sizeof(text));
	sim_tell(story->sim, "ledger: %s%s", is_durable ? "durable: " : "", text);
}

static void
watch(void *context)
{
	struct story *story = context;
	const struct rig_plan *plan = story->plan;

	if (story->outcome->is_killed && !story->is_stopped) {
		story->is_stopped = true;
		if (story->pass != NULL)
			pass_cancel(story->pass);
		return;
	}
	if (plan->stop == RIG_GO_ON || story->is_stopped || story->pass == NULL ||
	    sim_sleep_count(story->sim) - story->sleeps_before < plan->stop_at)
		return;
	story->is_stopped = true;
	story->stopped = sim_now(story->sim);
	if (plan->stop == RIG_CANCEL)
		pass_cancel(story->pass);
	else
		pass_finish_soon(story->pass);
}

static void
serve(struct sim *sim, struct rig_side *side)
{
	sim_serve(sim,
	    &(struct sim_service){
		.host = side->host,
		.port = side->security == RIG_TLS ? PORT_TLS : PORT_CLEAR,
		.is_tls = side->security == RIG_TLS,
		.network = side->network,
		.ops = &server_ops,
		.accept = accept_connection,
		.context = side,
	    });
}

/* A pass that does not end is the test's finding; the process must go on nevertheless. */
static void
run_world(struct story *story)
{
	struct sim *sim = story->sim;

	story->outcome->world = sim_run(sim, tick_after(sim_now(sim), patience_us));
	if (story->outcome->world == ST_OK)
		return;
	CHECK(story->pass != NULL);
	pass_cancel(story->pass);
	CHECK(sim_run(sim, tick_after(sim_now(sim), patience_us)) == ST_OK);
}

static void
read_world(struct sim *sim, struct rig_outcome *outcome)
{
	for (unsigned side = 0; side < 2; side++) {
		for (unsigned way = 0; way < 2; way++)
			outcome->arrived[side][way] = sim_arrived(sim, side + 1, way == 1);
	}
}

void
rig_begin(struct rig *rig, uint64_t seed, FILE *story)
{
	CHECK(rig->sim == NULL);
	rig->sim = sim_new(seed);
	sim_tell_story(rig->sim, story);
	rig->src.rig = rig->dst.rig = rig;
	rig->dst.count_before = count_messages(rig->dst.account);
	rig->intended_before = disk_intended(&rig->disk);
	rig->src.noted = rig->src.store->journal.count;
	rig->dst.noted = rig->dst.store->journal.count;
	serve(rig->sim, &rig->src);
	serve(rig->sim, &rig->dst);
}

uint64_t
rig_end(struct rig *rig)
{
	/* What is taken and not stored by now is stored for who comes later. */
	static const struct tick end = {INT64_MAX - 1};
	uint64_t hash;

	sim_settle(rig->sim, tick_after(sim_now(rig->sim), patience_us));
	model_late_settle(rig->src.store, end);
	model_late_settle(rig->dst.store, end);
	hash = sim_hash(rig->sim);
	sim_free(&rig->sim);
	return hash;
}

static void
shape_options(struct story *story)
{
	const struct rig_plan *plan = story->plan;

	story->options = (struct pass_options){.src = account_of(&story->rig->src, "source"),
	    .dst = account_of(&story->rig->dst, "destination"),
	    .src_password = &story->password,
	    .dst_password = &story->password,
	    .connections = plan->connections == 0 ? 1 : plan->connections,
	    .bytes_per_s = plan->bytes_per_s,
	    .messages_per_s = plan->messages_per_s,
	    .settle_us = plan->settle_us == 0 ? settle_us : plan->settle_us};
	shape_password(story);
	CHECK(secret_set(&story->password, BYTES(RIG_PASSWORD)) == ST_OK);
}

static void
start_disk(struct story *story)
{
	struct disk *disk = &story->rig->disk;
	const struct rig_plan *plan = story->plan;

	disk_begin(disk, plan->ledger_delay_us);
	disk->hides_pending = plan->seed % 3 == 1;
	disk->point = plan->crash.point;
	disk->point_at = plan->crash.write;
	disk->kill = kill_story;
	disk->tell = sim_has_story(story->sim) ? tell_change : NULL;
	disk->context = story;
	if (plan->crash.sleep > 0)
		sim_strike(
		    story->sim, story->sleeps_before + plan->crash.sleep, kill_story, story);
}

void
rig_pass(struct rig *rig, const struct rig_plan *plan, struct rig_outcome *outcome_out)
{
	struct story *story = malloc(sizeof(*story));
	struct fiber *fiber;

	CHECK(story != NULL);
	*story = (struct story){
	    .sink = {.item = take_item, .trace = plan->traces ? take_trace : NULL},
	    .rig = rig,
	    .sim = rig->sim,
	    .plan = plan,
	    .outcome = outcome_out,
	    .last = &outcome_out->items,
	    .sleeps_before = sim_sleep_count(rig->sim),
	};
	*outcome_out = (struct rig_outcome){0};
	shape_options(story);
	rig->dst.outcome = outcome_out;
	start_disk(story);
	sim_revive(rig->sim);
	sim_watch(rig->sim, watch, story);
	CHECK(fiber_new(sim_world(rig->sim), "pass", tell_story, story, NULL, &fiber) == ST_OK);
	if (plan->ledger_delay_us > 0)
		CHECK(fiber_new(sim_world(rig->sim), "ledger", disk_write, &rig->disk, NULL,
			  &fiber) == ST_OK);
	run_world(story);
	sim_strike(rig->sim, 0, NULL, NULL);
	sim_watch(rig->sim, NULL, NULL);
	outcome_out->writes = rig->disk.writes;
	outcome_out->open_messages = disk_open_messages(&rig->disk);
	rig->dst.outcome = NULL;
	free(story);
}

void
rig_run(struct rig *rig, const struct rig_plan *plan, struct rig_outcome *outcome_out)
{
	rig_begin(rig, plan->seed, getenv("STORY") != NULL ? stderr : NULL);
	if (plan->cut.connection > 0)
		sim_cut_at(rig->sim, &plan->cut);
	rig_pass(rig, plan, outcome_out);
	rig->dst.outcome = outcome_out;
	sim_settle(rig->sim, tick_after(sim_now(rig->sim), patience_us));
	rig->dst.outcome = NULL;
	read_world(rig->sim, outcome_out);
	outcome_out->hash = rig_end(rig);
}

int
rig_drain(void **state)
{
	(void)state;
	fiber_pool_drain();
	return 0;
}

void
rig_outcome_fini(struct rig_outcome *outcome)
{
	while (outcome->items != NULL) {
		struct rig_item *next = outcome->items->next;

		free(outcome->items);
		outcome->items = next;
	}
}

size_t
rig_count_items(const struct rig_outcome *outcome, enum pass_item_kind kind)
{
	size_t count = 0;

	for (const struct rig_item *item = outcome->items; item != NULL; item = item->next)
		count += item->kind == kind;
	return count;
}

const char *
rig_describe(const struct rig_outcome *outcome, char *text, size_t size)
{
	const struct pass_totals *totals = &outcome->totals;

	snprintf(text, size,
	    "world %s, status %s, %lld ms, %llu sleeps; source %llu copied %llu adopted %llu "
	    "refused %llu gone %llu in doubt %llu; %s",
	    status_name(outcome->world), status_name(outcome->status),
	    (long long)(outcome->took_us / 1000), (unsigned long long)outcome->sleeps,
	    (unsigned long long)totals->source, (unsigned long long)totals->copied,
	    (unsigned long long)totals->adopted, (unsigned long long)totals->refused,
	    (unsigned long long)totals->gone, (unsigned long long)totals->in_doubt,
	    outcome->fault.text);
	return text;
}
