/* SPDX-License-Identifier: Apache-2.0
 *
 * A pass, told in order: connect both sides at once and list them; map folders; let workers
 * prepare the destination's folders, then copy folder by folder; look once more at the
 * destination; sum up.
 */
#include "pass/private.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "mail/glob.h"

/* Opens one side on a fiber of its own, so that both connect at once. */
struct opener {
	struct pass *pass;
	struct pass_side *side;
	struct endpoint *endpoint;
	struct fiber_source done;
	struct fault fault;
	enum status status;
	struct pass_tracer *tracer;
	struct fiber **self;
};

static void
set_up_worker(struct pass *pass, unsigned index)
{
	struct pass_worker *worker = &pass->workers[index];

	worker->pass = pass;
	worker->number = index + 1;
	worker->src_tracer = (struct pass_tracer){pass, pass->src.account, worker->number};
	worker->dst_tracer = (struct pass_tracer){pass, pass->dst.account, worker->number};
	arena_init(&worker->arena, WORKER_ARENA_BUDGET);
}

enum {
	ROUNDS_MAX = 3 /* of looking for new mail at the source */
};

enum status
pass_new(struct world *world, const struct pass_options *options, struct sync_ledger *ledger,
    struct pass_sink *sink, struct pass **pass_out)
{
	struct pass *pass = mem_take(sizeof(*pass));

	if (pass == NULL)
		return ST_MEMORY;
	memset(pass, 0, sizeof(*pass));
	CHECK(options->connections >= 1 && options->connections <= PASS_CONNECTIONS_MAX);
	pass->world = world;
	pass->options = options;
	pass->ledger = ledger;
	pass->sink = sink;
	pass->src.account = &options->src;
	pass->src.password = options->src_password;
	pass->dst.account = &options->dst;
	pass->dst.password = options->dst_password;
	pass->progress.stage = "connecting";
	arena_init(&pass->arena, PASS_ARENA_BUDGET);
	arena_init(&pass->src.arena, PASS_ARENA_BUDGET);
	arena_init(&pass->dst.arena, PASS_ARENA_BUDGET);
	for (unsigned i = 0; i < PASS_CONNECTIONS_MAX; i++)
		set_up_worker(pass, i);
	*pass_out = pass;
	return ST_OK;
}

void
pass_free(struct pass **pass)
{
	if (*pass == NULL)
		return;
	for (unsigned i = 0; i < PASS_CONNECTIONS_MAX; i++) {
		struct pass_worker *worker = &(*pass)->workers[i];

		endpoint_close(&worker->src, true);
		endpoint_close(&worker->dst, true);
		arena_fini(&worker->arena);
	}
	arena_fini(&(*pass)->src.arena);
	arena_fini(&(*pass)->dst.arena);
	arena_fini(&(*pass)->arena);
	mem_give(*pass);
	*pass = NULL;
}

const struct pass_progress *
pass_progress(const struct pass *pass)
{
	return &pass->progress;
}

void
pass_stop_all(struct pass *pass)
{
	pass->is_finishing = true;
	for (unsigned i = 0; i < pass->worker_count; i++)
		fiber_signal(&pass->workers[i].poke);
}

void
pass_finish_soon(struct pass *pass)
{
	fault_set(&pass->fault,
	    (struct fault_kind){ST_CANCELED, CAUSE_CANCELED, FAULT_MAILBOX, RETRY_LATER},
	    "Interrupted. Run the same command again to go on.");
	pass_stop_all(pass);
	/* Before there are workers, nothing is under way that could be finished. */
	if (pass->worker_count == 0)
		pass_cancel(pass);
}

void
pass_cancel(struct pass *pass)
{
	fault_set(&pass->fault,
	    (struct fault_kind){ST_CANCELED, CAUSE_CANCELED, FAULT_MAILBOX, RETRY_LATER},
	    "Interrupted. Run the same command again to go on.");
	pass->is_finishing = true;
	for (size_t i = 0; i < 2; i++) {
		if (pass->openers[i] != NULL)
			fiber_cancel(pass->openers[i]);
	}
	for (unsigned i = 0; i < pass->worker_count; i++) {
		if (pass->workers[i].fiber != NULL)
			fiber_cancel(pass->workers[i].fiber);
	}
	/* While the others run, the pass's own fiber only waits for them. */
	if (!pass->is_joining && pass->fiber != NULL)
		fiber_cancel(pass->fiber);
}

/* Settings -------------------------------------------------------------------------------- */

static void
trace(void *argument, struct bytes lines)
{
	struct pass_tracer *tracer = argument;
	struct pass_sink *sink = tracer->pass->sink;

	sink->trace(sink, tracer->account->side, tracer->connection, lines);
}

static struct endpoint_settings
settings_of(const struct pass *pass, const struct pass_side *side, struct pass_tracer *tracer)
{
	return (struct endpoint_settings){
	    .account = side->account,
	    .password = side->password,
	    .without = pass->without,
	    .trace = pass->sink->trace == NULL ? NULL : trace,
	    .trace_argument = tracer,
	};
}

static enum status
switch_off(struct pass *pass, struct fault *fault)
{
	for (size_t i = 0; i < pass->options->without_count; i++) {
		const char *word = pass->options->without[i];
		enum imap_capability which = imap_capability_find(bytes_of_string(word));

		if (which == IMAP_CAP_COUNT)
			return fault_set(fault,
			    (struct fault_kind){
				ST_SYNTAX, CAUSE_USAGE, FAULT_PROCESS, RETRY_NEVER},
			    "--without %s names no capability that Godwit uses.", word);
		pass->without.bits |= (uint64_t)1 << which;
	}
	return ST_OK;
}

/* Connecting ------------------------------------------------------------------------------ */

static void
open_side(void *argument)
{
	struct opener *opener = argument;
	struct endpoint_settings settings =
	    settings_of(opener->pass, opener->side, opener->tracer);

	opener->status =
	    endpoint_open(opener->pass->world, &settings, &opener->endpoint, &opener->fault);
	if (opener->status == ST_OK)
		opener->status = endpoint_discover(opener->endpoint, &opener->side->arena,
		    &opener->side->listing, &opener->fault);
	/* From here on nobody may cancel this fiber: its memory is the pool's again. */
	*opener->self = NULL;
}

/* The pass's own fiber is not canceled while it waits for fibers that use its memory. */
static void
join(struct pass *pass, struct fiber_source *done)
{
	pass->is_joining = true;
	CHECK(fiber_wait(&done, 1, TICK_NEVER) == FIBER_SIGNALED);
	pass->is_joining = false;
}

static void
tell_security(struct pass *pass, const struct endpoint *endpoint, const struct account *account)
{
	if (!endpoint_is_encrypted(endpoint))
		pass_tell_notice(pass,
		    "The connection to the %s (%s) is in clear text: anybody in between can "
		    "read the mail and the password.",
		    account->side, account->host);
}

static enum status
open_both(struct pass *pass, struct pass_worker *worker, struct fault *fault)
{
	struct opener openers[2] = {
	    {.pass = pass,
		.side = &pass->src,
		.tracer = &worker->src_tracer,
		.self = &pass->openers[0]},
	    {.pass = pass,
		.side = &pass->dst,
		.tracer = &worker->dst_tracer,
		.self = &pass->openers[1]},
	};
	enum status status = ST_OK;

	for (size_t i = 0; i < 2 && status == ST_OK; i++) {
		status = fiber_new(pass->world, openers[i].side->account->side, open_side,
		    &openers[i], &openers[i].done, &pass->openers[i]);
	}
	for (size_t i = 0; i < 2; i++) {
		if (pass->openers[i] != NULL)
			join(pass, &openers[i].done);
	}
	worker->src = openers[0].endpoint;
	worker->dst = openers[1].endpoint;
	for (size_t i = 0; i < 2; i++) {
		if (status != ST_OK || openers[i].status == ST_OK)
			continue;
		status = openers[i].status;
		*fault = openers[i].fault;
	}
	if (status != ST_OK)
		return fault_set(fault,
		    (struct fault_kind){status, CAUSE_MEMORY, FAULT_PROCESS, RETRY_LATER},
		    "The connections could not be started (%s).", status_name(status));
	tell_security(pass, worker->src, pass->src.account);
	tell_security(pass, worker->dst, pass->dst.account);
	return ST_OK;
}

/* Folders --------------------------------------------------------------------------------- */

static bool
matches(const char *const *globs, size_t count, struct bytes name)
{
	for (size_t i = 0; i < count; i++) {
		if (glob_match(bytes_of_string(globs[i]), name))
			return true;
	}
	return false;
}

static bool
is_chosen(const struct pass_options *options, const struct folder *folder)
{
	if (options->folder_count > 0 &&
	    !matches(options->folders, options->folder_count, folder->display))
		return false;
	return !matches(options->excludes, options->exclude_count, folder->display);
}

/* A folder that is not copied: its messages are counted, and why is told where it is not the
 * user's own wish. */
static void
leave_out(struct pass *pass, const struct folder *folder)
{
	struct pass_folder left = {.map = {.src = folder}};

	if (folder->is_foreign) {
		pass_tell_notice(pass, "%.*s belongs to somebody else and was left out.",
		    (int)folder->display.size, (const char *)folder->display.data);
		return;
	}
	left.totals.source = left.totals.excluded = folder->has_status ? folder->messages : 0;
	pass_totals_add(&pass->progress.totals, &left.totals);
	pass_tell_folder(pass, &left);
}

static enum status
fill_folder(struct pass *pass, const struct sync_tree_entry *entry, struct pass_folder *folder)
{
	enum status status;

	*folder = (struct pass_folder){.map = *entry, .is_due = true};
	if (entry->src->has_status)
		folder->totals.source = entry->src->messages;
	pass->progress.totals.source += folder->totals.source;
	if (entry->dst != NULL) {
		folder->dst_raw = entry->dst->raw;
		folder->dst_display = entry->dst->display;
		return ST_OK;
	}
	status = endpoint_encode_name(
	    &pass->dst.listing, entry->name, &pass->arena, &folder->dst_raw);
	if (status == ST_OK)
		status = endpoint_display_name(entry->name, &pass->arena, &folder->dst_display);
	return status;
}

/* Nobody knows what is in them, so the pass cannot be green. */
static void
tell_unreadable(struct pass *pass, size_t count)
{
	struct fault fault = {0};

	fault_set(&fault,
	    (struct fault_kind){ST_SYNTAX, CAUSE_CONTENT, FAULT_FOLDER, RETRY_NEVER},
	    "The source lists %zu folder(s) whose names cannot be used (empty, or more than %d "
	    "levels); they were left out.",
	    count, (int)FOLDER_PARTS_MAX);
	pass_tell_fault(pass, NULL, &fault);
}

static enum status
map_folders(struct pass *pass)
{
	const struct listing *src = &pass->src.listing;
	const struct listing *dst = &pass->dst.listing;
	struct folder *chosen =
	    arena_take_array(&pass->arena, src->folder_count + 1, sizeof(*chosen));
	struct sync_tree_entry *entries;
	struct sync_tree tree;
	size_t count = 0;
	enum status status;

	if (chosen == NULL)
		return arena_status(&pass->arena);
	if (src->unreadable > 0)
		tell_unreadable(pass, src->unreadable);
	for (size_t i = 0; i < src->folder_count; i++) {
		const struct folder *folder = &src->folders[i];

		if (!folder->is_selectable)
			continue;
		if (!folder->is_foreign && is_chosen(pass->options, folder))
			chosen[count++] = *folder;
		else
			leave_out(pass, folder);
	}
	tree =
	    (struct sync_tree){chosen, count, dst->folders, dst->folder_count, dst->delimiter};
	status = sync_tree_map(&tree, &pass->arena, &entries);
	if (status != ST_OK)
		return status;
	pass->folders = arena_take_array(&pass->arena, count + 1, sizeof(*pass->folders));
	if (pass->folders == NULL)
		return arena_status(&pass->arena);
	for (size_t i = 0; i < count && status == ST_OK; i++)
		status = fill_folder(pass, &entries[i], &pass->folders[i]);
	pass->folder_count = count;
	pass->progress.folders = (uint32_t)count;
	return status;
}

struct pass_folder *
pass_take_folder(struct pass *pass, enum pass_stage stage)
{
	if (pass->is_finishing || pass->next_folder[stage] == pass->folder_count)
		return NULL;
	return &pass->folders[pass->next_folder[stage]++];
}

/* Workers --------------------------------------------------------------------------------- */

enum status
pass_open_pair(struct pass_worker *worker, struct fault *fault)
{
	struct pass *pass = worker->pass;
	struct endpoint_settings src = settings_of(pass, &pass->src, &worker->src_tracer);
	struct endpoint_settings dst = settings_of(pass, &pass->dst, &worker->dst_tracer);
	enum status status = ST_OK;

	if (worker->is_careful)
		dst.without.bits |= (uint64_t)1 << IMAP_CAP_LITERAL_PLUS |
		    (uint64_t)1 << IMAP_CAP_LITERAL_MINUS | (uint64_t)1 << IMAP_CAP_MULTIAPPEND;
	if (worker->src == NULL)
		status = endpoint_open(pass->world, &src, &worker->src, fault);
	if (status == ST_OK && worker->dst == NULL)
		status = endpoint_open(pass->world, &dst, &worker->dst, fault);
	return status;
}

static void
show_folder(struct pass *pass, const struct pass_folder *folder)
{
	struct bytes name = folder->map.src->display;

	name = bytes_first(name, sizeof(pass->progress.folder) - 1);
	memcpy(pass->progress.folder, name.data, name.size);
	pass->progress.folder[name.size] = 0;
}

static enum status
copy_folders(struct pass_worker *worker)
{
	struct pass *pass = worker->pass;
	struct pass_folder *folder;

	while ((folder = pass_take_folder(pass, PASS_STAGE_COPY)) != NULL) {
		struct fault fault = {0};
		enum status status;

		if (!folder->is_due)
			continue;
		folder->is_due = false;
		show_folder(pass, folder);
		/* Neither ready nor refused: the worker that had it lost its connection. */
		if (!folder->is_ready && folder->refusal == NULL)
			continue;
		status = folder->is_ready ? pass_folder_run(worker, folder, &fault)
					  : pass_folder_refuse(worker, folder, &fault);
		if (status != ST_OK && fault.scope <= FAULT_FOLDER)
			pass_tell_fault(pass, folder, &fault);
		pass->progress.folders_done++;
		if (status != ST_OK && fault.scope > FAULT_FOLDER) {
			worker->fault = fault;
			return status;
		}
	}
	return ST_OK;
}

static void
work(void *argument)
{
	struct pass_worker *worker = argument;
	struct pass *pass = worker->pass;
	enum status status = pass_open_pair(worker, &worker->fault);

	if (status == ST_OK)
		pass->progress.connections++;
	if (status == ST_OK && pass->stage == PASS_STAGE_PREPARE)
		status = pass_prepare(worker, &worker->fault);
	else if (status == ST_OK)
		status = copy_folders(worker);
	if (status != ST_OK) {
		CHECK(fault_is_set(&worker->fault));
		endpoint_close(&worker->src, true);
		endpoint_close(&worker->dst, true);
	}
	/* From here on nobody may cancel this fiber: its memory is the pool's again. */
	worker->fiber = NULL;
}

static enum status
run_stage(struct pass *pass, enum pass_stage stage)
{
	enum status status = ST_OK;

	pass->stage = stage;
	pass->progress.connections = 0;
	for (unsigned i = 0; i < pass->worker_count && status == ST_OK; i++) {
		struct pass_worker *worker = &pass->workers[i];

		if (fault_is_set(&worker->fault))
			continue;
		worker->done = (struct fiber_source){0};
		status =
		    fiber_new(pass->world, "copy", work, worker, &worker->done, &worker->fiber);
	}
	for (unsigned i = 0; i < pass->worker_count; i++) {
		struct pass_worker *worker = &pass->workers[i];

		if (worker->fiber != NULL)
			join(pass, &worker->done);
	}
	return status;
}

static void
choose_worker_count(struct pass *pass)
{
	size_t with_work = 0;

	for (size_t i = 0; i < pass->folder_count; i++)
		with_work += pass->folders[i].totals.source > 0;
	pass->worker_count = pass->options->connections;
	if (pass->worker_count > with_work)
		pass->worker_count = with_work == 0 ? 1 : (unsigned)with_work;
}

/* Folders that nobody took because all workers had ended. */
static bool
is_work_left(const struct pass *pass)
{
	return pass->next_folder[PASS_STAGE_COPY] < pass->folder_count;
}

static enum status
judge(struct pass *pass, struct fault *fault)
{
	for (unsigned i = 0; i < pass->worker_count; i++) {
		struct pass_worker *worker = &pass->workers[i];
		bool is_fatal = i == 0 || is_work_left(pass) ||
		    pass_totals_left(&pass->progress.totals) > 0 ||
		    pass->progress.totals.in_doubt > 0;

		if (!fault_is_set(&worker->fault) || worker->is_fault_told ||
		    fault_is_set(&pass->fault))
			continue;
		if (is_fatal)
			pass->fault = worker->fault;
		else
			pass_tell_notice(pass, "One of the connections was given up: %s",
			    worker->fault.text);
		worker->is_fault_told = true;
	}
	if (!fault_is_set(&pass->fault))
		return ST_OK;
	*fault = pass->fault;
	return fault->status;
}

/* New mail at the source -------------------------------------------------------------------*/

static const struct folder *
find_raw(const struct listing *listing, struct bytes raw)
{
	for (size_t i = 0; i < listing->folder_count; i++) {
		if (bytes_equal(listing->folders[i].raw, raw))
			return &listing->folders[i];
	}
	return NULL;
}

/* Makes the folders due to which mail has come since they were examined; how many. */
static uint32_t
mark_newer(struct pass *pass, const struct listing *listing)
{
	uint32_t count = 0;

	for (size_t i = 0; i < pass->folder_count; i++) {
		struct pass_folder *folder = &pass->folders[i];
		const struct folder *now = find_raw(listing, folder->map.src->raw);

		bool is_newer = now != NULL && now->has_status &&
		    now->uidvalidity == folder->src_uidvalidity &&
		    now->uidnext > folder->src_uidnext;

		if (!folder->is_ready || folder->src_uidnext == 0 ||
		    (!is_newer && !folder->has_grown))
			continue;
		folder->has_grown = false;
		folder->is_due = true;
		count++;
	}
	return count;
}

/* Copying takes time, and people go on getting mail: looks at the source again, a few times at
 * most, and brings what is new in the folders that were copied. */
static enum status
catch_up(struct pass *pass, struct fault *fault)
{
	for (int round = 0; round < ROUNDS_MAX; round++) {
		struct pass_worker *worker = &pass->workers[0];
		struct listing listing;
		uint32_t due;
		enum status status;

		if (pass->is_finishing || worker->src == NULL)
			return ST_OK;
		status = endpoint_discover(worker->src, &pass->arena, &listing, fault);
		if (status != ST_OK)
			return status;
		due = mark_newer(pass, &listing);
		if (due == 0)
			return ST_OK;
		pass->progress.folders += due;
		pass->next_folder[PASS_STAGE_COPY] = 0;
		status = run_stage(pass, PASS_STAGE_COPY);
		if (status == ST_OK)
			status = judge(pass, fault);
		if (status != ST_OK)
			return status;
	}
	return ST_OK;
}

/* The end --------------------------------------------------------------------------------- */

/* How many messages a folder really holds: a list's STATUS may be stale, EXAMINE is not. */
static enum status
count_messages(
    struct endpoint *endpoint, struct bytes raw, uint32_t *count_out, struct fault *fault)
{
	struct imap_completion completion;
	struct imap_command command;
	enum status status = imap_session_examine(endpoint_session(endpoint), raw, &command);

	if (status == ST_OK)
		status = endpoint_wait_done(endpoint, command, &completion, fault);
	if (status != ST_OK)
		return status;
	if (completion.result != IMAP_RESULT_OK || completion.selected == NULL)
		return endpoint_refusal(
		    endpoint, "open a folder again", &completion, FAULT_MAILBOX, fault);
	*count_out = completion.selected->exists;
	return ST_OK;
}

/* Level 0: as many messages as were there before and were taken since. Fewer is either
 * somebody at work in the new mailbox or a server that said OK and stored nothing; a person
 * must look. */
static enum status
verify_folder(struct pass *pass, struct endpoint *dst, const struct pass_folder *folder,
    uint32_t told, struct fault *fault)
{
	uint64_t expected = folder->dst_exists + folder->totals.copied;
	struct fault fewer = {0};
	uint32_t now = told;
	enum status status = ST_OK;

	if (told != expected)
		status = count_messages(dst, folder->dst_raw, &now, fault);
	if (status != ST_OK || now == expected)
		return status;
	if (now > expected) {
		pass_tell_notice(pass,
		    "%.*s holds %u messages at the destination, %llu more than were there and "
		    "copied. New mail may have come, or the destination stored some twice.",
		    (int)folder->dst_display.size, (const char *)folder->dst_display.data, now,
		    (unsigned long long)(now - expected));
		return ST_OK;
	}
	fault_set(&fewer,
	    (struct fault_kind){ST_CONFLICT, CAUSE_VERIFY, FAULT_FOLDER, RETRY_LATER},
	    "This folder holds %u messages at the destination, where %llu were taken.", now,
	    (unsigned long long)expected);
	pass_tell_fault(pass, folder, &fewer);
	return fault_set(&pass->fault,
	    (struct fault_kind){ST_CONFLICT, CAUSE_VERIFY, FAULT_MAILBOX, RETRY_LATER},
	    "Some folders hold fewer messages at the destination than it said it had taken.");
}

static enum status
verify_counts(struct pass *pass, struct fault *fault)
{
	struct pass_worker *worker = pass->workers;
	struct listing listing;
	enum status status;

	while (worker->dst == NULL && worker < pass->workers + pass->worker_count - 1)
		worker++;
	if (worker->dst == NULL)
		return ST_OK;
	status = endpoint_discover(worker->dst, &pass->arena, &listing, fault);
	for (size_t i = 0; i < pass->folder_count && status == ST_OK; i++) {
		const struct pass_folder *folder = &pass->folders[i];
		const struct folder *now = find_raw(&listing, folder->dst_raw);

		if (folder->is_ready && now != NULL && now->has_status)
			status = verify_folder(pass, worker->dst, folder, now->messages, fault);
		/* A folder that lacks some does not spare the others the look. */
		if (status == ST_CONFLICT)
			status = ST_OK;
	}
	if (status == ST_OK && fault_is_set(&pass->fault))
		*fault = pass->fault;
	return fault_is_set(fault) ? fault->status : status;
}

/* Before the sink is closed: what is still to be traced goes to it here. */
static void
close_all(struct pass *pass, bool is_abrupt)
{
	for (unsigned i = 0; i < PASS_CONNECTIONS_MAX; i++) {
		struct pass_worker *worker = &pass->workers[i];

		if (worker->src != NULL)
			pass->progress.waits_source += endpoint_waits(worker->src);
		if (worker->dst != NULL)
			pass->progress.waits_destination += endpoint_waits(worker->dst);
		endpoint_close(&worker->src, is_abrupt);
		endpoint_close(&worker->dst, is_abrupt);
	}
}

static void
tell_folders(struct pass *pass)
{
	for (size_t i = 0; i < pass->folder_count; i++)
		pass_tell_folder(pass, &pass->folders[i]);
}

static enum status
copy_all(struct pass *pass, struct fault *fault)
{
	const struct pass_options *options = pass->options;
	struct tick now = fiber_now();
	enum status status;

	bucket_init(
	    &pass->bytes_bucket, options->bytes_per_s, options->bytes_per_s / 8 + 1, now);
	bucket_init(&pass->messages_bucket, options->messages_per_s,
	    options->messages_per_s / 8 + 1, now);
	choose_worker_count(pass);
	pass->progress.stage = "preparing";
	status = run_stage(pass, PASS_STAGE_PREPARE);
	pass->progress.stage = "copying";
	pass->progress.copy_started = fiber_now();
	if (status == ST_OK && !pass->is_finishing)
		status = run_stage(pass, PASS_STAGE_COPY);
	if (status != ST_OK)
		return fault_set(fault,
		    (struct fault_kind){status, CAUSE_MEMORY, FAULT_PROCESS, RETRY_LATER},
		    "The copying fibers could not be started (%s).", status_name(status));
	status = judge(pass, fault);
	if (status == ST_OK)
		status = catch_up(pass, fault);
	tell_folders(pass);
	return status;
}

enum status
pass_run(struct pass *pass, struct fault *fault)
{
	enum status status;

	pass->fiber = fiber_self();
	pass->progress.started = fiber_now();
	status = switch_off(pass, fault);
	if (status == ST_OK)
		status = open_both(pass, &pass->workers[0], fault);
	if (status != ST_OK) {
		close_all(pass, true);
		if (fault_is_set(&pass->fault))
			*fault = pass->fault;
		return fault->status;
	}
	pass->progress.stage = "listing";
	status = map_folders(pass);
	if (status != ST_OK)
		return fault_set(fault,
		    (struct fault_kind){status, CAUSE_LIMIT, FAULT_MAILBOX, RETRY_NEVER},
		    "The folders could not be mapped (%s).", status_name(status));
	if (pass->options->is_dry_run) {
		tell_folders(pass);
		close_all(pass, false);
		return ST_OK;
	}
	status = copy_all(pass, fault);
	pass->progress.stage = "closing";
	if (status == ST_OK)
		status = verify_counts(pass, fault);
	if (pass->first_kept != NULL && pass->workers[0].src != NULL)
		pass_keep_all(&pass->workers[0]);
	close_all(pass, status == ST_CANCELED);
	return status;
}
