/* SPDX-License-Identifier: Apache-2.0
 *
 * What would be copied: each folder of the source is opened by EXAMINE and listed without
 * texts. Folders that hold mail on both sides are compared as a copy compares them, but for
 * flags that would be added. Then a few messages are read, to see how fast they come.
 */
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/range.h"
#include "pass/adopt.h"
#include "pass/check/private.h"

enum {
	LISTED_MAX = 8,            /* folders at a time */
	SAMPLE_SIZE_MAX = 1 << 20, /* of one message */
	LOST_FLAGS_SIZE_MAX = 1024
};

/* Octets that are read at first, then as many as the time allows. */
static const uint64_t first_read_bytes = 65536;
static const uint64_t all_read_bytes = 4 << 20;
static const int64_t reading_us = 2 * 1000000LL;

/* A folder that is being listed. */
struct listed {
	struct pass_folder *folder; /* NULL: free */
	struct pass_check_folder *row;
	const struct range_set *wanted; /* NULL: all */
	struct imap_command examine;
	struct imap_command fetch;
	struct check_sample sample;
};

struct listings {
	struct checking *checking;
	struct listed listed[LISTED_MAX];
	size_t count_max;
	size_t open_count;
};

static enum status
keep_text(struct checking *checking, const char *text, const char **kept_out)
{
	struct bytes kept;
	enum status status = bytes_copy(
	    bytes_of((const uint8_t *)text, strlen(text) + 1), &checking->pass->arena, &kept);

	if (status == ST_OK)
		*kept_out = (const char *)kept.data;
	return status;
}

/* Adds what is not in the list yet. */
static enum status
add_lost(struct checking *checking, struct pass_check_folder *row, struct bytes flag)
{
	struct buf buf;
	enum status status;

	if (flags_has_keyword(row->lost_flags, flag) ||
	    row->lost_flags.size + flag.size + 1 > LOST_FLAGS_SIZE_MAX)
		return ST_OK;
	buf_init(&buf, LOST_FLAGS_SIZE_MAX);
	status = buf_append(&buf, row->lost_flags);
	if (status == ST_OK && buf.size > 0)
		status = buf_append(&buf, BYTES(" "));
	if (status == ST_OK)
		status = buf_append(&buf, flag);
	if (status == ST_OK)
		status = bytes_copy(buf_bytes(&buf), &checking->pass->arena, &row->lost_flags);
	buf_fini(&buf);
	return status;
}

static enum status
add_lost_system(struct checking *checking, struct pass_check_folder *row, uint32_t system)
{
	static const struct {
		enum flag flag;
		const char *name;
	} rows[] = {
	    {FLAG_SEEN, "\\Seen"},
	    {FLAG_ANSWERED, "\\Answered"},
	    {FLAG_FLAGGED, "\\Flagged"},
	    {FLAG_DELETED, "\\Deleted"},
	    {FLAG_DRAFT, "\\Draft"},
	};
	enum status status = ST_OK;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows) && status == ST_OK; i++) {
		if ((system & (uint32_t)rows[i].flag) != 0)
			status = add_lost(checking, row, bytes_of_string(rows[i].name));
	}
	return status;
}

/* What of the message's flags the destination will not have. */
static enum status
judge_flags(struct checking *checking, struct listed *listed, const struct imap_message *told)
{
	const struct sync_flag_policy *policy = &listed->folder->policy;
	struct flags flags = told->message.flags;
	uint32_t lost = flags.system & ~policy->system;
	struct bytes dropped = {0};
	enum status status = ST_OK;

	if (flags.keywords.size > 0) {
		struct flags kept;

		arena_rewind(&checking->scratch);
		status = sync_flags_filter(policy, flags, &checking->scratch, &kept, &dropped);
	}
	if (lost == 0 && dropped.size == 0 && told->unusable_flags.size == 0)
		return status;
	listed->row->losing++;
	while (status == ST_OK && dropped.size > 0)
		status = add_lost(checking, listed->row, flags_keyword_next(&dropped));
	dropped = told->unusable_flags;
	while (status == ST_OK && dropped.size > 0)
		status = add_lost(checking, listed->row, flags_keyword_next(&dropped));
	return status == ST_OK ? add_lost_system(checking, listed->row, lost) : status;
}

static void
add_to_sample(struct check_sample *sample, const struct message *message)
{
	if (sample->count == CHECK_SAMPLE_MAX || message->size > SAMPLE_SIZE_MAX ||
	    sample->bytes + message->size > all_read_bytes)
		return;
	sample->uids[sample->count] = message->uid;
	sample->sizes[sample->count] = (uint32_t)message->size;
	sample->bytes += message->size;
	sample->count++;
}

static enum status
take_message(struct checking *checking, struct listed *listed, const struct imap_message *told)
{
	const struct message *message = &told->message;
	struct pass_check_folder *row = listed->row;
	struct sync_choice choice = checking->pass->options->choice;
	char change[SYNC_CHANGE_SIZE];
	enum sync_rule rule;
	enum sync_verdict verdict;

	if ((told->items & IMAP_FETCH_UID) == 0 || (told->items & IMAP_FETCH_SIZE) == 0)
		return ST_OK;
	row->messages++;
	row->bytes += message->size;
	if (message->size > row->largest)
		row->largest = message->size;
	/* As in a copy, nothing is left out for a size that is only guessed. */
	if (!endpoint_has_quirk(checking->worker->src, IMAP_QUIRK_SIZE_IS_A_GUESS))
		choice.append_max = row->append_limit;
	verdict = sync_choice_decide(&choice, message, &rule);
	if (verdict == SYNC_EXCLUDED) {
		row->skipped++;
		return ST_OK;
	}
	if (listed->wanted != NULL && !range_set_has(listed->wanted, message->uid.number)) {
		row->there++;
		return ST_OK;
	}
	row->to_copy++;
	row->to_copy_bytes += message->size;
	if (verdict == SYNC_TOO_LARGE) {
		row->too_big++;
		row->too_big_bytes += message->size;
		return ST_OK;
	}
	add_to_sample(&listed->sample, message);
	if (!checking->check->has_destination)
		return ST_OK;
	row->changed_dates +=
	    sync_nature_change(&listed->folder->nature, 0, message->date, fiber_wall(), change);
	return judge_flags(checking, listed, told);
}

/* EXAMINE and the list in one burst. */
static enum status
begin(struct listings *listings, struct pass_folder *folder, struct pass_check_folder *row,
    const struct range_set *wanted)
{
	struct imap_session *session = endpoint_session(listings->checking->worker->src);
	struct listed *listed = listings->listed;
	struct range_set all;
	enum status status;

	while (listed->folder != NULL)
		listed++;
	CHECK(listed < listings->listed + LISTED_MAX);
	*listed = (struct listed){.folder = folder, .row = row, .wanted = wanted};
	listed->sample.raw = folder->map.src->raw;
	status = imap_session_examine(session, folder->map.src->raw, &listed->examine);
	if (status == ST_LIMIT || status == ST_SYNTAX) {
		listed->folder = NULL;
		row->unread = "The name of this folder cannot be said in a command.";
		return ST_OK;
	}
	range_set_init(&all, 1);
	if (status == ST_OK)
		status = range_set_add(&all, 1, UINT32_MAX);
	if (status == ST_OK)
		status = imap_session_fetch(session, &all,
		    IMAP_FETCH_UID | IMAP_FETCH_FLAGS | IMAP_FETCH_DATE | IMAP_FETCH_SIZE,
		    &listed->fetch);
	range_set_fini(&all);
	listings->open_count++;
	return status;
}

static enum status
take_examined(
    struct checking *checking, struct listed *listed, const struct imap_completion *completion)
{
	struct fault fault = {0};

	if (completion->result == IMAP_RESULT_OK && completion->selected != NULL) {
		/* Whoever has no messages may call a list of them an error. */
		if (completion->selected->exists == 0)
			listed->fetch.number = 0;
		return ST_OK;
	}
	(void)!pass_unreadable(checking->worker->src, completion, &fault);
	return keep_text(checking, fault.text, &listed->row->unread);
}

static enum status
take_listed(
    struct listings *listings, struct listed *listed, const struct imap_completion *completion)
{
	struct checking *checking = listings->checking;
	struct fault fault = {0};

	if (completion->result != IMAP_RESULT_OK && listed->fetch.number != 0 &&
	    listed->row->unread == NULL) {
		endpoint_refusal(checking->worker->src, IMAP_PHASE_READ, "list messages",
		    completion, FAULT_FOLDER, &fault);
		if (keep_text(checking, fault.text, &listed->row->unread) != ST_OK)
			return ST_MEMORY;
	}
	if (listed->sample.bytes > checking->sample.bytes)
		checking->sample = listed->sample;
	listed->folder = NULL;
	listings->open_count--;
	checking->pass->progress.folders_done++;
	return ST_OK;
}

static struct listed *
find_listed(struct listings *listings, uint32_t number)
{
	for (size_t i = 0; i < LISTED_MAX; i++) {
		struct listed *listed = &listings->listed[i];

		if (listed->folder != NULL &&
		    (listed->examine.number == number || listed->examine.number + 1 == number))
			return listed;
	}
	return NULL;
}

static enum status
take_one(struct listings *listings)
{
	struct checking *checking = listings->checking;
	struct imap_event event;
	struct listed *listed;
	enum status status =
	    endpoint_wait_event(checking->worker->src, &event, checking->fault);

	if (status != ST_OK)
		return status;
	listed = find_listed(listings, event.command.number);
	if (listed == NULL)
		return ST_OK;
	if (event.kind == IMAP_EVENT_MESSAGE && event.command.number != listed->examine.number)
		return take_message(checking, listed, &event.message);
	if (event.kind != IMAP_EVENT_DONE)
		return ST_OK;
	if (event.command.number == listed->examine.number)
		return take_examined(checking, listed, &event.completion);
	return take_listed(listings, listed, &event.completion);
}

/* Compared as a copy compares it; `wanted` gets what is not there. */
static enum status
compare(struct checking *checking, struct pass_folder *folder, struct range_set *wanted)
{
	struct imap_selected selected = {0};
	struct imap_completion completion;
	struct imap_command command;
	struct endpoint *src = checking->worker->src;
	enum status status =
	    imap_session_examine(endpoint_session(src), folder->map.src->raw, &command);

	if (status == ST_OK)
		status = endpoint_wait_done(src, command, &completion, checking->fault);
	if (status != ST_OK)
		return status;
	if (completion.result != IMAP_RESULT_OK || completion.selected == NULL)
		return ST_ABSENT;
	selected = *completion.selected;
	folder->src_uidvalidity = selected.uidvalidity;
	if (selected.exists == 0)
		return ST_OK;
	checking->check->facts.compared += selected.exists;
	return pass_adopt(checking->worker, folder, &selected, wanted, checking->fault);
}

static enum status
drain(struct listings *listings)
{
	enum status status = ST_OK;

	while (status == ST_OK && listings->open_count > 0)
		status = take_one(listings);
	return status;
}

/* A folder that holds mail on both sides, while nothing else is under way. */
static enum status
list_filled(
    struct listings *listings, struct pass_folder *folder, struct pass_check_folder *row)
{
	struct checking *checking = listings->checking;
	struct range_set wanted;
	struct fault own = {0};
	struct fault *outer = checking->fault;
	enum status status;

	range_set_init(&wanted, SIZE_MAX);
	checking->fault = &own;
	status = compare(checking, folder, &wanted);
	checking->fault = outer;
	/* What only this folder suffers is told in its row. */
	if (status != ST_OK && fault_is_set(&own) && own.scope <= FAULT_FOLDER)
		status = keep_text(checking, own.text, &row->refusal);
	else if (status == ST_ABSENT)
		status = ST_OK;
	else if (status != ST_OK && fault_is_set(&own))
		*outer = own;
	if (status == ST_OK)
		status = begin(listings, folder, row, row->refusal == NULL ? &wanted : NULL);
	if (status == ST_OK)
		status = drain(listings);
	range_set_fini(&wanted);
	return status;
}

/* Those that are compared come last: their questions are not asked in one pipeline. */
static enum status
list_all(struct listings *listings)
{
	struct checking *checking = listings->checking;
	struct pass *pass = checking->pass;
	struct pass_check_folder *rows = checking->check->folders;
	enum status status = ST_OK;

	for (size_t i = 0; i < pass->folder_count && status == ST_OK; i++) {
		if (pass->folders[i].dst_exists > 0 && rows[i].refusal == NULL)
			continue;
		while (listings->open_count == listings->count_max && status == ST_OK)
			status = take_one(listings);
		if (status == ST_OK)
			status = begin(listings, &pass->folders[i], &rows[i], NULL);
	}
	if (status == ST_OK)
		status = drain(listings);
	for (size_t i = 0; i < pass->folder_count && status == ST_OK; i++) {
		if (pass->folders[i].dst_exists > 0 && rows[i].refusal == NULL)
			status = list_filled(listings, &pass->folders[i], &rows[i]);
	}
	return status;
}

enum status
check_list_source(struct checking *checking)
{
	struct listings *listings =
	    arena_take_array(&checking->pass->arena, 1, sizeof(*listings));

	if (listings == NULL)
		return arena_status(&checking->pass->arena);
	listings->checking = checking;
	listings->count_max =
	    endpoint_has_quirk(checking->worker->src, IMAP_QUIRK_FETCHES_IN_ORDER) ? LISTED_MAX
										   : 1;
	return list_all(listings);
}

/* The next messages of the sample, at least one, of at most `bytes_max` octets. */
static enum status
choose(
    const struct check_sample *sample, size_t *next, uint64_t bytes_max, struct range_set *uids)
{
	uint64_t bytes = 0;
	enum status status = ST_OK;

	range_set_clear(uids);
	while (*next < sample->count && status == ST_OK &&
	    (uids->count == 0 || bytes + sample->sizes[*next] <= bytes_max)) {
		uint32_t uid = sample->uids[*next].number;

		status = range_set_add(uids, uid, uid);
		bytes += sample->sizes[*next];
		(*next)++;
	}
	return status;
}

/* Reads them to nowhere. */
static enum status
read_texts(struct checking *checking, const struct range_set *uids, uint64_t *bytes)
{
	struct endpoint *src = checking->worker->src;
	struct imap_command command = {0};
	struct imap_event event;
	enum status status =
	    imap_session_fetch(endpoint_session(src), uids, IMAP_FETCH_BODY, &command);

	while (status == ST_OK) {
		status = endpoint_wait_event(src, &event, checking->fault);
		if (status != ST_OK)
			break;
		if (event.kind == IMAP_EVENT_BODY_DATA)
			*bytes += event.body.data.size;
		if (event.kind == IMAP_EVENT_DONE && event.command.number == command.number)
			break;
	}
	return status;
}

/* Each turn asks for what the pace so far brings in the time that is left. */
static enum status
read_sample(struct checking *checking, struct range_set *uids)
{
	const struct check_sample *sample = &checking->sample;
	int64_t turn_us = checking->check->src.round_trip_us;
	uint64_t wish = first_read_bytes;
	uint64_t bytes = 0;
	int64_t spent_us = 0;
	size_t next = 0;
	enum status status = ST_OK;

	while (status == ST_OK && next < sample->count && wish > 0) {
		struct tick started = fiber_now();
		int64_t took_us;

		status = choose(sample, &next, wish, uids);
		if (status == ST_OK)
			status = read_texts(checking, uids, &bytes);
		took_us = fiber_now().us - started.us - turn_us;
		spent_us += took_us > 1 ? took_us : 1;
		wish = spent_us < reading_us / 2
		    ? bytes * (uint64_t)(reading_us - spent_us) / (uint64_t)spent_us / 4
		    : 0;
	}
	if (status == ST_OK && spent_us > 0)
		checking->check->facts.src_bytes_per_s = bytes * 1000000 / (uint64_t)spent_us;
	return status;
}

enum status
check_time_source(struct checking *checking)
{
	struct imap_completion completion;
	struct imap_command command;
	struct endpoint *src = checking->worker->src;
	struct range_set uids;
	enum status status;

	if (checking->sample.count == 0)
		return ST_OK;
	status = imap_session_examine(endpoint_session(src), checking->sample.raw, &command);
	if (status == ST_OK)
		status = endpoint_wait_done(src, command, &completion, checking->fault);
	if (status != ST_OK || completion.result != IMAP_RESULT_OK)
		return status;
	range_set_init(&uids, CHECK_SAMPLE_MAX);
	status = read_sample(checking, &uids);
	range_set_fini(&uids);
	return status;
}
