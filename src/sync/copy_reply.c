/* SPDX-License-Identifier: Apache-2.0
 *
 * What the destination answered: rows get their outcome, refused groups are halved, and the size
 * of groups follows the time that replies take.
 */
#include "sync/copy_private.h"

#include <string.h>

#include "base/check.h"

enum {
	GROUP_MESSAGES_MIN = 8,
	GROUP_BYTES_MIN = 262144,
	BADS_MAX = 3,
	WEAKENINGS_MAX = 4
};

/* The rows [first, first + count) of a group that one command carried. */
struct span {
	struct row *first;
	uint32_t count;
};

static struct copy_group *
find_group(struct sync_copy *copy, uint32_t append)
{
	for (uint32_t i = 0; i < copy->unanswered_count; i++) {
		struct copy_group *group = &copy->unanswered[i];

		if (append - group->first_append < group->append_count)
			return group;
	}
	if (copy->current.append_count > 0 &&
	    append - copy->current.first_append < copy->current.append_count)
		return &copy->current;
	return NULL;
}

static struct span
span_of(const struct copy_group *group, uint32_t append)
{
	struct span span = {group->rows.first, group->rows.count};

	if (group->is_streamed)
		return span;
	for (uint32_t i = group->first_append; i < append; i++)
		span.first = span.first->next;
	span.count = 1;
	return span;
}

/* What becomes of the rows of one command. */
static enum row_fate
fate_of(const struct sync_copy_reply *reply, struct span span)
{
	switch (reply->reply) {
	case SYNC_REPLY_OK:
		return ROW_FATE_COPIED;
	case SYNC_REPLY_NO:
		if (!reply->is_not_stored)
			return ROW_FATE_IN_DOUBT;
		return span.count == 1 ? ROW_FATE_REFUSED : ROW_FATE_AGAIN;
	case SYNC_REPLY_STOP:
		return ROW_FATE_LEFT;
	case SYNC_REPLY_BAD:
		break;
	}
	return reply->is_not_stored ? ROW_FATE_AGAIN : ROW_FATE_IN_DOUBT;
}

/* Takes keywords that may be the reason for a refusal off the row: the longest, one at a time, and
 * after a few tries all. False when there are none left to take. */
static bool
weaken(struct row *row)
{
	struct bytes rest = row->message.flags.keywords;
	struct arena *arena = &row->chunk->arena;
	uint8_t *kept = arena_take(arena, rest.size + 1, 1);
	uint8_t *dropped = arena_take(arena, row->dropped.size + rest.size + 2, 1);
	bool takes_all = ++row->weakenings > WEAKENINGS_MAX;
	struct bytes longest = {0};
	size_t kept_size = 0;
	size_t dropped_size = row->dropped.size;

	if (rest.size == 0 || kept == NULL || dropped == NULL)
		return false;
	for (struct bytes look = rest; look.size > 0;) {
		struct bytes keyword = flags_keyword_next(&look);

		if (keyword.size > longest.size)
			longest = keyword;
	}
	if (dropped_size > 0)
		memcpy(dropped, row->dropped.data, dropped_size);
	while (rest.size > 0) {
		struct bytes keyword = flags_keyword_next(&rest);
		bool is_dropped = takes_all || keyword.data == longest.data;
		uint8_t *to = is_dropped ? dropped : kept;
		size_t *size = is_dropped ? &dropped_size : &kept_size;

		if (*size > 0)
			to[(*size)++] = ' ';
		memcpy(to + *size, keyword.data, keyword.size);
		*size += keyword.size;
	}
	row->message.flags.keywords = (struct bytes){kept, kept_size};
	row->dropped = (struct bytes){dropped, dropped_size};
	return true;
}

/* A row whose command was refused on its own: is there another way to bring it in? */
static enum row_fate
fate_alone(struct row *row, const struct sync_copy_reply *reply, enum row_fate fate)
{
	if (fate == ROW_FATE_AGAIN && reply->reply == SYNC_REPLY_BAD && ++row->bads >= BADS_MAX)
		fate = ROW_FATE_REFUSED;
	if (fate == ROW_FATE_REFUSED && weaken(row))
		fate = ROW_FATE_AGAIN;
	/* A reason that does not fit is left out; the refusal stands without it. */
	if (fate == ROW_FATE_REFUSED &&
	    bytes_copy(reply->text, &row->chunk->arena, &row->text) != ST_OK)
		row->text = BYTES("refused");
	return fate;
}

static void
apply(struct sync_copy *copy, struct copy_group *group, const struct sync_copy_reply *reply)
{
	struct span span = span_of(group, reply->append);
	enum row_fate fate = fate_of(reply, span);
	struct row *row = span.first;
	uint32_t half = span.count / 2;
	uint32_t batch = copy->batch_number + 1;

	copy->batch_number += 2;
	for (uint32_t k = 0; k < span.count; k++, row = row->next) {
		row->fate = span.count == 1 ? fate_alone(row, reply, fate) : fate;
		row->dst_uid.number = 0;
		if (fate == ROW_FATE_COPIED && reply->uid_count == span.count)
			row->dst_uid.number = reply->uids[k];
		if (row->fate == ROW_FATE_AGAIN)
			row->batch = k < half ? batch : batch + 1;
	}
	group->is_any_stored = group->is_any_stored || fate == ROW_FATE_COPIED;
	group->is_in_doubt = group->is_in_doubt || fate == ROW_FATE_IN_DOUBT;
}

/* Hands the rows of an answered group on. */
static void
disperse(struct sync_copy *copy, struct copy_group *group)
{
	struct row_list again = {0};
	struct row *row;
	size_t k = 0;

	while ((row = row_list_take(&group->rows)) != NULL) {
		copy->dst_uids[k++] = row->dst_uid.number;
		switch (row->fate) {
		case ROW_FATE_COPIED:
			copy_decide(copy, row, SYNC_ROW_COPIED);
			break;
		case ROW_FATE_REFUSED:
			copy_decide(copy, row, SYNC_ROW_REFUSED);
			break;
		case ROW_FATE_IN_DOUBT:
			copy_decide(copy, row, SYNC_ROW_IN_DOUBT);
			break;
		case ROW_FATE_AGAIN:
			row->tries = 0;
			row->fate = ROW_FATE_LEFT;
			row_list_add(&again, row);
			break;
		case ROW_FATE_LEFT:
			row_release(row);
			break;
		}
	}
	if (copy->is_stopped || copy->is_src_lost)
		copy_forget_rows(&again);
	else
		row_list_join(&copy->retries, &again);
}

/* Twice as large when replies come in half the time aimed at, half as large in twice. */
static void
adapt_size(struct sync_copy *copy, const struct copy_group *group, struct tick now)
{
	const struct sync_copy_limits *limits = &copy->settings.limits;
	struct tick start =
	    tick_is_before(copy->replied, group->sent) ? group->sent : copy->replied;
	int64_t took_us = now.us - start.us;

	copy->replied = now;
	if (took_us < limits->reply_aim_us / 2) {
		copy->group_messages *= 2;
		copy->group_bytes *= 2;
	} else if (took_us > limits->reply_aim_us * 2) {
		copy->group_messages /= 2;
		copy->group_bytes /= 2;
	}
	if (copy->group_messages > limits->group_messages_max)
		copy->group_messages = limits->group_messages_max;
	if (copy->group_bytes > limits->group_bytes_max)
		copy->group_bytes = limits->group_bytes_max;
	if (copy->group_messages < GROUP_MESSAGES_MIN)
		copy->group_messages = GROUP_MESSAGES_MIN;
	if (copy->group_bytes < GROUP_BYTES_MIN)
		copy->group_bytes = GROUP_BYTES_MIN;
}

static void
finish(struct sync_copy *copy, struct copy_group *group, struct tick now)
{
	uint32_t index = (uint32_t)(group - copy->unanswered);
	struct copy_group finished = *group;

	CHECK(copy->settled.number == 0 && index < copy->unanswered_count);
	copy->unanswered_bytes -= finished.bytes;
	copy->unanswered_count--;
	for (uint32_t i = index; i < copy->unanswered_count; i++)
		copy->unanswered[i] = copy->unanswered[i + 1];
	if (copy->settings.is_multi)
		adapt_size(copy, &finished, now);
	disperse(copy, &finished);
	/* What is in doubt stays open in the ledger: that is how it is remembered. */
	if (!finished.is_in_doubt)
		copy->settled = finished;
}

/* A reply to a command that we have not ended. Nothing of it can be stored: its stub is still
 * here. Unless the server refused the announcement of a literal, it now waits for octets that it
 * has already answered, and only a new connection is safe. */
static void
finish_early(struct sync_copy *copy, const struct sync_copy_reply *reply)
{
	struct copy_group group = copy->current;

	if (!reply->is_in_place_of_literal)
		copy->is_drop_due = true;
	copy_group_forget_current(copy);
	disperse(copy, &group);
	if (!group.is_in_doubt && group.phase >= GROUP_INTENDED)
		copy->settled = group;
}

enum status
sync_copy_feed_reply(
    struct sync_copy *copy, const struct sync_copy_reply *reply, struct tick now)
{
	struct copy_group *group = find_group(copy, reply->append);
	bool is_ended;

	if (group == NULL)
		return ST_ABSENT;
	/* The newest command of the current group may still be open. */
	is_ended = group != &copy->current || reply->append != copy->append_number ||
	    !copy->sender.has_begun;
	apply(copy, group, reply);
	group->answered_count++;
	if (reply->reply == SYNC_REPLY_STOP)
		sync_copy_feed_stop(copy);
	if (reply->reply == SYNC_REPLY_BAD)
		copy->is_drop_due = true;
	if (!is_ended)
		finish_early(copy, reply);
	else if (group != &copy->current && group->answered_count == group->append_count)
		finish(copy, group, now);
	return ST_OK;
}
