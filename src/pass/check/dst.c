/* SPDX-License-Identifier: Apache-2.0
 *
 * What each folder of the destination that is there already takes: which flags, how large a
 * message, how much more, and whether we may write. All questions go out in one pipeline.
 *
 * Folders are opened by SELECT: EXAMINE says of none which flags it keeps, nor that it may be
 * written to. SELECT sets nothing; what it changes is that messages are no longer \Recent.
 */
#include <string.h>

#include "base/check.h"
#include "pass/check/private.h"

enum {
	ASKED_MAX = 16 /* folders at a time */
};

/* The questions about one folder. */
struct asked {
	struct pass_folder *folder; /* NULL: free */
	struct pass_check_folder *row;
	unsigned open_commands;
	unsigned questions;
	struct imap_command select; /* the first; the others were numbered in a row */
};

struct asking {
	struct checking *checking;
	struct asked asked[ASKED_MAX];
	size_t open_folders;
};

static enum status
set_refusal(struct checking *checking, struct pass_check_folder *row, const char *text)
{
	struct bytes kept;
	enum status status;

	if (row->refusal != NULL)
		return ST_OK;
	status = bytes_copy(
	    bytes_of((const uint8_t *)text, strlen(text) + 1), &checking->pass->arena, &kept);
	if (status == ST_OK)
		row->refusal = (const char *)kept.data;
	return status;
}

/* Optional questions are left out where the server does not offer to answer. */
static enum status
count(struct asked *asked, enum status status)
{
	if (status == ST_OK) {
		asked->open_commands++;
		asked->questions++;
	}
	return status == ST_ABSENT ? ST_OK : status;
}

static enum status
ask(struct asking *asking, struct pass_folder *folder, struct pass_check_folder *row)
{
	struct endpoint *dst = asking->checking->worker->dst;
	struct imap_session *session = endpoint_session(dst);
	struct asked *asked = asking->asked;
	struct imap_command next;
	enum status status;

	while (asked->folder != NULL)
		asked++;
	CHECK(asked < asking->asked + ASKED_MAX);
	*asked = (struct asked){.folder = folder, .row = row};
	status = count(asked, imap_session_select(session, folder->dst_raw, &asked->select));
	if (status == ST_LIMIT || status == ST_SYNTAX) {
		asked->folder = NULL;
		return set_refusal(asking->checking, row,
		    "The name of this folder is too long to be said in a command.");
	}
	asking->open_folders++;
	if (status == ST_OK)
		status =
		    count(asked, imap_session_getquotaroot(session, folder->dst_raw, &next));
	if (status == ST_OK)
		status = count(asked, imap_session_myrights(session, folder->dst_raw, &next));
	if (status == ST_OK && endpoint_can(dst, IMAP_CAP_APPENDLIMIT))
		status = count(asked,
		    imap_session_status(
			session, folder->dst_raw, IMAP_STATUS_APPENDLIMIT, &next));
	return status;
}

static struct asked *
find_asked(struct asking *asking, uint32_t number)
{
	for (size_t i = 0; i < ASKED_MAX; i++) {
		struct asked *asked = &asking->asked[i];

		if (asked->folder != NULL && number >= asked->select.number &&
		    number < asked->select.number + asked->questions)
			return asked;
	}
	return NULL;
}

/* RFC 4314: "i" to append, "w" for flags, "s" for \Seen, "t" for \Deleted. */
static enum status
judge_rights(struct checking *checking, struct asked *asked, struct bytes letters)
{
	struct sync_flag_policy *policy = &asked->folder->policy;
	enum status status = bytes_copy(letters, &checking->pass->arena, &asked->row->rights);
	bool can_flag = bytes_find(letters, 'w', 0) < letters.size;

	if (status != ST_OK)
		return status;
	if (bytes_find(letters, 'i', 0) == letters.size)
		return set_refusal(checking, asked->row,
		    "This account may not put messages into this folder.");
	if (bytes_find(letters, 's', 0) == letters.size)
		policy->system &= ~(uint32_t)FLAG_SEEN;
	/* "d" is what RFC 2086 had for "t". */
	if (bytes_find(letters, 't', 0) == letters.size &&
	    bytes_find(letters, 'd', 0) == letters.size)
		policy->system &= ~(uint32_t)FLAG_DELETED;
	if (can_flag)
		return ST_OK;
	policy->system &= (uint32_t)(FLAG_SEEN | FLAG_DELETED);
	policy->takes_new_keywords = false;
	policy->keywords = (struct bytes){0};
	return ST_OK;
}

/* The root among those that are known; NULL: there are too many. */
static struct pass_check_quota *
find_root(struct pass_check *check, struct bytes root)
{
	for (size_t i = 0; i < check->quota_count; i++) {
		if (bytes_equal(check->quotas[i].root, root))
			return &check->quotas[i];
	}
	if (check->quota_count == PASS_CHECK_QUOTAS_MAX)
		return NULL;
	return &check->quotas[check->quota_count];
}

static enum status
take_quota(struct checking *checking, struct asked *asked, const struct imap_quota *told)
{
	struct pass_check *check = checking->check;
	struct pass_check_quota *quota = find_root(check, told->root);
	size_t index = quota == NULL ? 0 : (size_t)(quota - check->quotas);
	enum status status = ST_OK;

	if (quota == NULL || (!told->has_storage && !told->has_messages))
		return ST_OK;
	if (index == check->quota_count) {
		*quota = (struct pass_check_quota){
		    .has_storage = told->has_storage,
		    .has_messages = told->has_messages,
		    .used_bytes = told->used_bytes,
		    .limit_bytes = told->limit_bytes,
		    .used_messages = told->used_messages,
		    .limit_messages = told->limit_messages,
		};
		status = bytes_copy(told->root, &checking->pass->arena, &quota->root);
		check->quota_count++;
	}
	asked->row->roots |= UINT32_C(1) << index;
	return status;
}

static enum status
take_select(
    struct checking *checking, struct asked *asked, const struct imap_completion *completion)
{
	struct endpoint *dst = checking->worker->dst;
	struct fault fault = {0};

	if (completion->result == IMAP_RESULT_OK && completion->selected != NULL &&
	    !completion->selected->is_read_only)
		return pass_folder_opened(
		    checking->worker, asked->folder, completion->selected);
	if (completion->result == IMAP_RESULT_OK)
		return set_refusal(checking, asked->row,
		    "The destination opens this folder for reading only.");
	endpoint_refusal(
	    dst, IMAP_PHASE_READ, "open this folder", completion, FAULT_FOLDER, &fault);
	return set_refusal(checking, asked->row, fault.text);
}

static enum status
take_event(struct asking *asking, const struct imap_event *event)
{
	struct checking *checking = asking->checking;
	struct asked *asked = find_asked(asking, event->command.number);
	enum status status = ST_OK;

	if (asked == NULL)
		return ST_OK;
	if (event->kind == IMAP_EVENT_QUOTA)
		return take_quota(checking, asked, &event->quota);
	if (event->kind == IMAP_EVENT_RIGHTS)
		return judge_rights(checking, asked, event->rights.letters);
	if (event->kind == IMAP_EVENT_STATUS &&
	    (event->status.items & IMAP_STATUS_APPENDLIMIT) != 0)
		asked->row->append_limit = event->status.append_limit;
	if (event->kind != IMAP_EVENT_DONE)
		return ST_OK;
	if (event->command.number == asked->select.number)
		status = take_select(checking, asked, &event->completion);
	asked->open_commands--;
	if (asked->open_commands == 0) {
		asked->folder = NULL;
		asking->open_folders--;
	}
	return status;
}

static enum status
take_one(struct asking *asking)
{
	struct imap_event event;
	enum status status =
	    endpoint_wait_event(asking->checking->worker->dst, &event, asking->checking->fault);

	return status == ST_OK ? take_event(asking, &event) : status;
}

static bool
is_there(const struct pass_folder *folder)
{
	return folder->map.dst != NULL && folder->map.dst->is_selectable;
}

static enum status
ask_all(struct asking *asking)
{
	struct checking *checking = asking->checking;
	struct pass *pass = checking->pass;
	enum status status = ask(asking, &checking->inbox, &checking->inbox_row);

	for (size_t i = 0; i < pass->folder_count && status == ST_OK; i++) {
		if (!is_there(&pass->folders[i]))
			continue;
		while (asking->open_folders == ASKED_MAX && status == ST_OK)
			status = take_one(asking);
		if (status == ST_OK)
			status = ask(asking, &pass->folders[i], &checking->check->folders[i]);
	}
	while (status == ST_OK && asking->open_folders > 0)
		status = take_one(asking);
	return status;
}

/* What will be created can do what INBOX can: nothing else tells of it before it is there. */
static void
fill_new(struct checking *checking)
{
	const struct pass_folder *inbox = &checking->inbox;

	for (size_t i = 0; i < checking->pass->folder_count; i++) {
		struct pass_folder *folder = &checking->pass->folders[i];
		struct pass_check_folder *row = &checking->check->folders[i];

		if (is_there(folder))
			continue;
		row->is_new = true;
		row->roots = checking->inbox_row.roots;
		row->append_limit = checking->inbox_row.append_limit;
		folder->policy = inbox->policy;
		folder->nature = inbox->nature;
	}
}

enum status
check_ask_destination(struct checking *checking)
{
	struct asking *asking = arena_take_array(&checking->pass->arena, 1, sizeof(*asking));
	enum status status;

	if (asking == NULL)
		return arena_status(&checking->pass->arena);
	asking->checking = checking;
	checking->inbox = (struct pass_folder){.dst_raw = BYTES("INBOX")};
	status = ask_all(asking);
	if (status != ST_OK)
		return status;
	/* A destination without an INBOX that can be opened: nothing is known, all is hoped. */
	if (!checking->inbox.is_ready)
		checking->inbox.policy =
		    (struct sync_flag_policy){.system = FLAG_ALL, .takes_new_keywords = true};
	fill_new(checking);
	return ST_OK;
}
