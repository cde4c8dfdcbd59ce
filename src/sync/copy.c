/* SPDX-License-Identifier: Apache-2.0
 *
 * The life of sync/copy, its ends, and the order in which it asks for things: outcomes first,
 * so that nothing piles up; then the destination, which is the slow side; then the source.
 */
#include "sync/copy_private.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"

struct sync_copy_limits
sync_copy_limits_default(void)
{
	return (struct sync_copy_limits){
	    .group_messages_max = 250,
	    .group_bytes_max = 8 << 20,
	    .single_messages_max = 32,
	    .single_bytes_max = 512 << 10,
	    .buffered_size_max = 256 << 10,
	    .ring_size = 1 << 20,
	    .unanswered_groups_max = 4,
	    .unanswered_bytes_max = 8 << 20,
	    .window_messages_max = 256,
	    .window_bytes_max = 4 << 20,
	    .reply_aim_us = 200000,
	    .filling_max_us = 500000,
	};
}

/* How bodies are asked for: two wide requests at a time, or many of one body. */
static void
init_windows(struct sync_copy *copy)
{
	copy->windows_max = 2;
	if (copy->settings.is_newest_first) {
		copy->settings.limits.window_messages_max = 1;
		copy->windows_max = WINDOWS_MAX;
	}
}

enum status
sync_copy_new(const struct sync_copy_settings *settings, struct sync_copy **copy_out)
{
	const struct sync_copy_limits *limits = &settings->limits;
	struct sync_copy *copy = mem_take(sizeof(*copy));

	CHECK(limits->group_messages_max <= GROUP_ROWS_MAX);
	CHECK(limits->single_messages_max <= GROUP_ROWS_MAX);
	CHECK(limits->unanswered_groups_max < GROUPS_MAX);
	CHECK(limits->buffered_size_max + limits->single_bytes_max <= limits->ring_size);
	if (copy == NULL)
		return ST_MEMORY;
	/* Not by a compound literal: a compiler may build that on the fiber's small stack. */
	memset(copy, 0, sizeof(*copy));
	copy->settings = *settings;
	ring_init(&copy->ring, settings->blocks, limits->ring_size + SYNC_COPY_RESERVE);
	init_windows(copy);
	row_lister_init(&copy->lister, settings);
	copy->may_ask_blindly = settings->asks_blindly && settings->wanted == NULL &&
	    !settings->is_newest_first && !sync_choice_is_set(&settings->choice);
	range_set_init(&copy->asked_bodies, limits->window_messages_max);
	copy->window_messages = copy->settings.limits.window_messages_max;
	copy->group_messages = limits->group_messages_max / 2;
	copy->group_bytes = limits->group_bytes_max / 2;
	*copy_out = copy;
	return ST_OK;
}

void
sync_copy_free(struct sync_copy **copy)
{
	if (*copy == NULL)
		return;
	row_lister_fini(&(*copy)->lister);
	range_set_fini(&(*copy)->asked_bodies);
	ring_fini(&(*copy)->ring);
	mem_give(*copy);
	*copy = NULL;
}

/* Lets go of the arrived bodies that are in no group, the newest one included. */
static void
forget_arrived(struct sync_copy *copy)
{
	struct row *row;

	while ((row = row_list_take(&copy->arrived)) != NULL) {
		uint64_t octets = row->size;

		if (row == copy->incoming) {
			octets -= copy->incoming_left;
			copy->incoming = NULL;
		}
		ring_retract(&copy->ring, (size_t)octets);
		row_release(row);
	}
}

void
sync_copy_feed_stop(struct sync_copy *copy)
{
	copy->is_stopped = true;
	row_lister_stop(&copy->lister);
	copy_forget_rows(&copy->lister.listed);
	copy_forget_rows(&copy->retries);
	copy_forget_rows(&copy->suspects);
	for (uint32_t i = 0; i < copy->window_count; i++)
		copy_forget_rows(&copy->windows[i].rows);
	forget_arrived(copy);
}

void
sync_copy_feed_src_lost(struct sync_copy *copy)
{
	struct row *row;

	copy->is_src_lost = true;
	copy->has_ended_rows_early = false;
	copy->rows_ends_due = 0;
	row_lister_stop(&copy->lister);
	copy->lister.filling = NULL;
	copy_forget_rows(&copy->lister.listed);
	copy_forget_rows(&copy->retries);
	copy_forget_rows(&copy->suspects);
	for (uint32_t i = 0; i < copy->window_count; i++)
		copy_forget_rows(&copy->windows[i].rows);
	copy->window_count = 0;
	row = copy_break_off(copy);
	if (row != NULL)
		row_release(row);
}

/* A group that gets no further reply: its first `out` rows may have been committed and are in
 * doubt where nothing was answered; the others were not, and are still to be copied. */
static void
cut_off_group(struct sync_copy *copy, struct copy_group *group, uint32_t out)
{
	uint32_t index = 0;

	for (struct row *row = group->rows.first; row != NULL; row = row->next, index++) {
		if (row->fate == ROW_FATE_OPEN)
			row->fate = index < out ? ROW_FATE_IN_DOUBT : ROW_FATE_AGAIN;
	}
	copy_group_finish(copy, group);
}

static void
cut_off(struct sync_copy *copy)
{
	struct copy_group current = copy->current;
	uint32_t out = copy->sender.rows_sent;

	/* Of an empty message the head is all: who commits at the last octet has it already. */
	if (copy_group_is_out(copy))
		out = current.is_streamed ? current.rows.count : out + 1;
	else if (!current.is_streamed && current.phase == GROUP_DURABLE &&
	    copy->sender.is_announced && copy->sender.row->size == 0)
		out++;
	for (uint32_t i = 0; i < copy->unanswered_count; i++)
		cut_off_group(copy, &copy->unanswered[i], copy->unanswered[i].rows.count);
	copy->unanswered_count = 0;
	copy->unanswered_bytes = 0;
	if (current.number != 0) {
		copy_group_forget_current(copy);
		cut_off_group(copy, &current, out);
	}
	copy->is_drop_due = false;
	copy->is_drop_careful = false;
	copy->is_drop_told = false;
}

void
sync_copy_feed_dst_dropped(struct sync_copy *copy, bool is_multi)
{
	cut_off(copy);
	copy->settings.is_multi = copy->settings.is_multi && is_multi;
}

void
sync_copy_feed_dst_lost(struct sync_copy *copy)
{
	copy->is_dst_lost = true;
	sync_copy_feed_stop(copy);
	cut_off(copy);
}

static enum status
say_outcome(struct sync_copy *copy, struct sync_copy_request *request)
{
	struct row *row = row_list_take(&copy->decided);

	if (row == NULL)
		return ST_AGAIN;
	copy->shown = row;
	*request = (struct sync_copy_request){
	    .want = SYNC_COPY_OUTCOME,
	    .outcome = row->outcome,
	    .message = row->message,
	    .size = row->size,
	    .traits = row->traits,
	    .dst_uid = row->dst_uid,
	    .text = row->text,
	    .is_about_content = row->is_about_content,
	    .dropped = row->dropped,
	};
	return ST_OK;
}

static enum status
say_left_out(struct sync_copy *copy, struct sync_copy_request *request)
{
	uint64_t *left_out = copy->lister.left_out;

	for (enum sync_rule rule = 0; copy->lister.has_choice && rule < SYNC_RULE_COUNT;
	     rule++) {
		if (left_out[rule] == 0)
			continue;
		*request = (struct sync_copy_request){
		    .want = SYNC_COPY_LEFT_OUT, .rule = rule, .left_out = left_out[rule]};
		left_out[rule] = 0;
		return ST_OK;
	}
	return ST_AGAIN;
}

static enum status
ask_rows(struct sync_copy *copy, struct sync_copy_request *request)
{
	enum status status;

	if (copy->holds.asks || copy->is_stopped || copy->is_src_lost ||
	    copy->has_ended_rows_early || !row_lister_wants(&copy->lister))
		return ST_AGAIN;
	status = row_lister_begin(&copy->lister);
	if (status != ST_OK)
		return status;
	*request =
	    (struct sync_copy_request){.want = SYNC_COPY_ROWS, .uids = &copy->lister.asked};
	return ST_OK;
}

/* A destination that has lost the thread is dropped at once. Else what went out whole before is
 * answered first, or it would be in doubt. */
static bool
may_drop(const struct sync_copy *copy)
{
	if (!copy->is_drop_due || copy->is_drop_told)
		return false;
	return copy->is_drop_careful ||
	    (copy->unanswered_count == 0 && copy->holds.groups_elsewhere == 0);
}

static bool
is_finished(const struct sync_copy *copy)
{
	if (copy->current.number != 0 || copy->unanswered_count > 0 || copy->arrived.count > 0)
		return false;
	if (copy->settled_count > 0 || copy->is_drop_due || copy->has_ended_rows_early ||
	    copy->rows_ends_due > 0)
		return false;
	return copy_source_is_dry(copy) && copy->window_count == 0 &&
	    copy->lister.filling == NULL;
}

enum status
sync_copy_next(struct sync_copy *copy, struct tick now, struct sync_copy_request *request_out)
{
	enum status status;

	CHECK(!copy->is_done);
	if (copy->shown != NULL) {
		row_release(copy->shown);
		copy->shown = NULL;
	}
	status = say_outcome(copy, request_out);
	if (status == ST_AGAIN)
		status = say_left_out(copy, request_out);
	if (status == ST_AGAIN && may_drop(copy)) {
		copy->is_drop_told = true;
		*request_out = (struct sync_copy_request){
		    .want = SYNC_COPY_DROP, .is_careful = copy->is_drop_careful};
		return ST_OK;
	}
	if (status == ST_AGAIN)
		status = copy_group_next(copy, now, request_out);
	if (status == ST_AGAIN)
		status = copy_ask_bodies(copy, request_out);
	if (status == ST_AGAIN)
		status = ask_rows(copy, request_out);
	if (status == ST_AGAIN && is_finished(copy)) {
		copy->is_done = true;
		*request_out = (struct sync_copy_request){
		    .want = SYNC_COPY_DONE, .listed = copy->lister.seen};
		return ST_OK;
	}
	return status;
}

struct tick
sync_copy_deadline(const struct sync_copy *copy)
{
	if (copy->current.number == 0 || copy->current.phase != GROUP_FILLING ||
	    !copy_body_is_whole(copy, copy->current.rows.last))
		return TICK_NEVER;
	return tick_after(copy->arrived_at, copy->settings.limits.filling_max_us);
}
