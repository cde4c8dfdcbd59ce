/* SPDX-License-Identifier: Apache-2.0
 *
 * What the destination answered: rows get their outcome, refused groups are halved, and the
 * size of groups follows the time that replies take.
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
		return reply->is_not_stored ? ROW_FATE_LEFT : ROW_FATE_IN_DOUBT;
	case SYNC_REPLY_LATER:
	case SYNC_REPLY_BAD:
		break;
	}
	return reply->is_not_stored ? ROW_FATE_AGAIN : ROW_FATE_IN_DOUBT;
}

static void
reverse(uint8_t *octets, size_t size)
{
	for (size_t i = 0; i < size / 2; i++) {
		uint8_t octet = octets[i];

		octets[i] = octets[size - 1 - i];
		octets[size - 1 - i] = octet;
	}
}

/* Moves the longest keyword of the row to the end of its list; returns its size. */
static size_t
move_longest_last(struct row *row)
{
	struct bytes kept = row->message.flags.keywords;
	struct bytes longest = {0};
	uint8_t *octets;
	size_t size, rest;

	for (struct bytes look = kept; look.size > 0;) {
		struct bytes keyword = flags_keyword_next(&look);

		if (keyword.size > longest.size)
			longest = keyword;
	}
	octets = row->keywords + (longest.data - kept.data);
	size = kept.size - (size_t)(longest.data - kept.data);
	if (size == longest.size)
		return longest.size;
	/* "longest rest" becomes "rest longest": the whole is reversed, then each of the
	 * two. */
	rest = size - longest.size - 1;
	reverse(octets, size);
	reverse(octets, rest);
	reverse(octets + rest + 1, longest.size);
	return longest.size;
}

/* Takes keywords that may be the reason for a refusal off the row: the longest, one at a time,
 * and after a few tries all. False when there are none left to take. */
static bool
weaken(struct row *row)
{
	struct bytes *kept = &row->message.flags.keywords;
	size_t all = kept->size + (row->dropped.size > 0) + row->dropped.size;
	size_t left = 0;

	if (kept->size == 0)
		return false;
	if (++row->weakenings <= WEAKENINGS_MAX)
		left = kept->size - move_longest_last(row);
	*kept = (struct bytes){row->keywords, left > 0 ? left - 1 : 0};
	row->dropped = (struct bytes){row->keywords + left, all - left};
	return true;
}

/* A row whose command was refused on its own: is there another way to bring it in? */
static enum row_fate
fate_alone(struct row *row, const struct sync_copy_reply *reply, enum row_fate fate)
{
	if (fate == ROW_FATE_AGAIN && reply->reply == SYNC_REPLY_BAD && ++row->bads >= BADS_MAX)
		fate = ROW_FATE_REFUSED;
	if (fate == ROW_FATE_REFUSED && !reply->blames_text && weaken(row))
		fate = ROW_FATE_AGAIN;
	row->is_about_content = reply->is_about_content;
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
		/* What is sent once more has its answer before it. */
		row->is_answered = row->fate != ROW_FATE_AGAIN;
		row->dst_uid.number = 0;
		if (fate == ROW_FATE_COPIED && reply->uid_count == span.count)
			row->dst_uid.number = reply->uids[k];
		if (row->fate == ROW_FATE_AGAIN)
			row->batch = k < half ? batch : batch + 1;
	}
}

/* What the ledger is told of a row. */
static enum sync_fate
told_fate(const struct row *row)
{
	if (row->fate == ROW_FATE_COPIED)
		return SYNC_FATE_STORED;
	if (row->fate != ROW_FATE_IN_DOUBT)
		return SYNC_FATE_NOT_STORED;
	return row->is_answered ? SYNC_FATE_UNPROVED : SYNC_FATE_IN_DOUBT;
}

/* Notes what is to be told of the group's intent, if it has one. */
static void
settle(struct sync_copy *copy, const struct copy_group *group)
{
	struct copy_settled *settled = &copy->settled[copy->settled_count];
	uint32_t k = 0;

	if (group->phase < GROUP_INTENDED)
		return;
	CHECK(copy->settled_count < SETTLED_MAX);
	for (const struct row *row = group->rows.first; row != NULL; row = row->next) {
		settled->fates[k] = told_fate(row);
		settled->dst_uids[k++] = row->dst_uid.number;
	}
	settled->count = k;
	settled->group = group->number;
	settled->is_durable = group->phase == GROUP_DURABLE;
	copy->settled_count++;
}

static void
disperse_row(struct sync_copy *copy, struct row *row)
{
	switch (row->fate) {
	case ROW_FATE_COPIED:
		copy_decide(copy, row, SYNC_ROW_COPIED);
		return;
	case ROW_FATE_REFUSED:
		copy_decide(copy, row, SYNC_ROW_REFUSED);
		return;
	case ROW_FATE_IN_DOUBT:
		copy_decide(copy, row, SYNC_ROW_IN_DOUBT);
		return;
	case ROW_FATE_AGAIN:
		if (copy->is_stopped || copy->is_src_lost)
			break;
		row->fate = ROW_FATE_OPEN;
		copy_put_back(copy, row);
		return;
	case ROW_FATE_OPEN:
	case ROW_FATE_LEFT:
		break;
	}
	row_release(row);
}

void
copy_group_finish(struct sync_copy *copy, struct copy_group *group)
{
	struct row *row;

	settle(copy, group);
	while ((row = row_list_take(&group->rows)) != NULL)
		disperse_row(copy, row);
}

/* Twice as large when replies come in half the time aimed at, half as large in twice. */
static void
adapt_size(struct sync_copy *copy, const struct copy_group *group, struct tick now)
{
	const struct sync_copy_limits *limits = &copy->settings.limits;
	struct tick start =
	    tick_later(group->sent, tick_later(copy->replied, copy->holds.replied_elsewhere));
	int64_t took_us = now.us - start.us;

	copy->replied = now;
	if (took_us < limits->reply_aim_us / 2) {
		copy->group_messages *= 2;
		copy->group_bytes *= 2;
	} else if (took_us > limits->reply_aim_us * 2) {
		copy->group_messages /= 2;
		copy->group_bytes /= 2;
	}
	/* The limits have the last word: they may lie below what replies are allowed to ask. */
	if (copy->group_messages < GROUP_MESSAGES_MIN)
		copy->group_messages = GROUP_MESSAGES_MIN;
	if (copy->group_bytes < GROUP_BYTES_MIN)
		copy->group_bytes = GROUP_BYTES_MIN;
	if (copy->group_messages > limits->group_messages_max)
		copy->group_messages = limits->group_messages_max;
	if (copy->group_bytes > limits->group_bytes_max)
		copy->group_bytes = limits->group_bytes_max;
}

/* All commands of an unanswered group have their reply. */
static void
take_answered(struct sync_copy *copy, struct copy_group *group, struct tick now)
{
	uint32_t index = (uint32_t)(group - copy->unanswered);
	struct copy_group answered = *group;

	CHECK(index < copy->unanswered_count);
	copy->unanswered_bytes -= answered.bytes;
	copy->unanswered_count--;
	for (uint32_t i = index; i < copy->unanswered_count; i++)
		copy->unanswered[i] = copy->unanswered[i + 1];
	if (copy->settings.is_multi)
		adapt_size(copy, &answered, now);
	copy_group_finish(copy, &answered);
}

/* After a reply to the open command. Where the server refused the announcement of a literal,
 * the next command may begin. Otherwise it waits for octets that it has already answered, and
 * only a new connection is safe. */
static void
leave_open_command(struct sync_copy *copy, const struct sync_copy_reply *reply, struct tick now)
{
	struct copy_group group = copy->current;

	if (!reply->is_in_place_of_literal || !copy->sender.is_announced) {
		copy->is_drop_due = true;
		copy->is_drop_careful = true;
	} else if (group.is_streamed) {
		copy_group_forget_current(copy);
		copy_group_finish(copy, &group);
	} else {
		copy_group_skip_message(copy, now);
	}
}

/* What a reply to a command that is still open can mean: it is no proof that a message is
 * stored that has not gone out, and it is a proof that none is. */
static struct sync_copy_reply
heard_early(const struct sync_copy *copy, const struct sync_copy_reply *reply)
{
	struct sync_copy_reply heard = *reply;

	if (heard.reply == SYNC_REPLY_OK)
		heard.reply = SYNC_REPLY_BAD;
	if (heard.is_in_place_of_literal || !copy_group_is_out(copy))
		heard.is_not_stored = true;
	return heard;
}

enum status
sync_copy_feed_reply(
    struct sync_copy *copy, const struct sync_copy_reply *reply, struct tick now)
{
	struct copy_group *group = find_group(copy, reply->append);
	struct sync_copy_reply heard = *reply;
	bool is_open;

	if (group == NULL)
		return ST_ABSENT;
	/* The newest command of the current group may still be open. */
	is_open = group == &copy->current && reply->append == copy->append_number &&
	    copy->sender.has_begun;
	if (is_open)
		heard = heard_early(copy, reply);
	apply(copy, group, &heard);
	group->answered_count++;
	if (heard.reply == SYNC_REPLY_STOP)
		sync_copy_feed_stop(copy);
	if (heard.reply == SYNC_REPLY_BAD) {
		copy->is_drop_due = true;
		copy->is_drop_careful = true;
	}
	if (is_open)
		leave_open_command(copy, &heard, now);
	group = find_group(copy, reply->append);
	if (group != NULL && group != &copy->current &&
	    group->answered_count == group->append_count)
		take_answered(copy, group, now);
	return ST_OK;
}
