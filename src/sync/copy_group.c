/* SPDX-License-Identifier: Apache-2.0
 *
 * The destination's side of sync/copy: how rows become groups, and when a group may be
 * committed.
 *
 * A group is streamed when one APPEND command carries all of it (MULTIAPPEND, or one message):
 * its octets go while it fills, and only the last octet and the END wait for the intent. A
 * large message joins it before it is whole: a group of its own would be one more to answer.
 * Otherwise every message is a command of its own that could be committed by its own last
 * octet, so all of the group is read and its intent is durable before the first octet goes.
 */
#include "sync/copy_private.h"

#include <string.h>

#include "base/check.h"

static bool
is_large(const struct sync_copy *copy, const struct row *row)
{
	return row->size > copy->settings.limits.buffered_size_max;
}

static bool
goes_alone(const struct sync_copy *copy, const struct row *row)
{
	return (is_large(copy, row) && !copy->settings.is_multi) ||
	    (row->size == 0 && copy->settings.isolates_empty) ||
	    ((row->traits & SYNC_TRAIT_NUL) != 0 && copy->settings.isolates_nul);
}

/* Whether the connection's unanswered groups leave room for the current one's commit. */
static bool
may_commit(const struct sync_copy *copy)
{
	const struct sync_copy_limits *limits = &copy->settings.limits;
	uint32_t groups = copy->unanswered_count + copy->holds.groups_elsewhere;
	uint64_t bytes = copy->unanswered_bytes + copy->holds.bytes_elsewhere;

	if (groups == 0)
		return true;
	return groups < limits->unanswered_groups_max &&
	    bytes + copy->current.bytes <= limits->unanswered_bytes_max;
}

static void
take_row(struct sync_copy *copy)
{
	struct row *row = row_list_take(&copy->arrived);

	copy->current.bytes += row->size;
	row_list_add(&copy->current.rows, row);
}

/* Whether an arrived body is ready to go. A large one is when as much of it is there as is ever
 * held back from a broken source. */
static bool
can_go(const struct sync_copy *copy, const struct row *row)
{
	if (copy_body_is_whole(copy, row))
		return true;
	return is_large(copy, row) &&
	    (row->size - copy->incoming_left >= copy->settings.limits.buffered_size_max ||
		copy_ring_is_full(copy));
}

/* Whether the oldest arrived body is ready to begin a group. */
static bool
can_begin(const struct sync_copy *copy)
{
	const struct row *row = copy->arrived.first;

	/* An intent that is not durable yet though its group is over: one is enough. */
	return row != NULL && copy->settled_count == 0 && can_go(copy, row);
}

static void
begin_group(struct sync_copy *copy)
{
	struct row *row = copy->arrived.first;

	copy->sender = (struct copy_sender){0};
	copy->current = (struct copy_group){
	    .number = ++copy->group_number,
	    .batch = row->batch,
	    .is_streamed = copy->settings.is_multi || is_large(copy, row),
	    .is_alone = goes_alone(copy, row),
	};
	take_row(copy);
}

static bool
can_join(const struct sync_copy *copy, const struct row *row)
{
	const struct sync_copy_limits *limits = &copy->settings.limits;
	const struct copy_group *group = &copy->current;
	uint64_t bytes_max = group->is_streamed ? copy->group_bytes : limits->single_bytes_max;
	uint32_t count_max =
	    group->is_streamed ? copy->group_messages : limits->single_messages_max;

	return row->batch == group->batch && !goes_alone(copy, row) &&
	    group->rows.count < count_max && group->bytes + row->size <= bytes_max;
}

/* Takes what may join, and seals the group when nothing more can or will. */
static void
fill(struct sync_copy *copy, struct tick now)
{
	struct copy_group *group = &copy->current;
	bool is_late = !tick_is_before(
	    now, tick_after(copy->arrived_at, copy->settings.limits.filling_max_us));

	while (group->phase == GROUP_FILLING) {
		struct row *row = copy->arrived.first;
		bool is_sealed;

		if (!copy_body_is_whole(copy, group->rows.last))
			is_sealed = false;
		else if (group->is_alone)
			is_sealed = true;
		else if (row == NULL)
			is_sealed = is_late || copy_source_is_dry(copy);
		else if (!can_join(copy, row))
			is_sealed = true;
		else if (!can_go(copy, row) ||
		    (!group->is_streamed && !copy_body_is_whole(copy, row)))
			/* What is streamed leaves the ring; what waits for its intent does
			 * not. */
			is_sealed = is_late || (!group->is_streamed && copy_ring_is_full(copy));
		else {
			take_row(copy);
			continue;
		}
		if (!is_sealed)
			return;
		group->phase = GROUP_SEALED;
	}
}

static enum status
ask_intent(struct sync_copy *copy, struct sync_copy_request *request)
{
	struct copy_group *group = &copy->current;
	size_t count = 0;

	for (const struct row *row = group->rows.first; row != NULL; row = row->next) {
		CHECK(count < GROUP_ROWS_MAX);
		copy->intent[count++] = (struct sync_intent_message){
		    .src_uid = row->message.uid,
		    .size = row->size,
		    .date = row->message.date,
		    .flags = row->message.flags,
		    .digest = row->digest,
		};
	}
	group->phase = GROUP_INTENDED;
	*request = (struct sync_copy_request){
	    .want = SYNC_COPY_INTENT,
	    .group = group->number,
	    .intent = {.dst_uidvalidity = copy->settings.dst_uidvalidity,
		.dst_uidnext = copy->settings.dst_uidnext,
		.attempt = copy->settings.attempt,
		.messages = copy->intent,
		.message_count = count},
	};
	return ST_OK;
}

static enum status
say_begin(struct sync_copy *copy, struct sync_copy_request *request)
{
	copy->append_number++;
	if (copy->current.append_count == 0)
		copy->current.first_append = copy->append_number;
	copy->current.append_count++;
	copy->sender.has_begun = true;
	*request =
	    (struct sync_copy_request){.want = SYNC_COPY_BEGIN, .append = copy->append_number};
	return ST_OK;
}

static enum status
say_message(struct sync_copy *copy, struct row *row, struct sync_copy_request *request)
{
	if (copy->holds.messages)
		return ST_AGAIN;
	copy->sender.row = row;
	copy->sender.left = row->size;
	copy->sender.is_announced = true;
	*request = (struct sync_copy_request){
	    .want = SYNC_COPY_MESSAGE, .message = row->message, .size = row->size};
	return ST_OK;
}

static void
push_unanswered(struct sync_copy *copy, struct tick now)
{
	CHECK(copy->unanswered_count < GROUPS_MAX);
	copy->current.sent = now;
	copy->unanswered[copy->unanswered_count++] = copy->current;
	copy->unanswered_bytes += copy->current.bytes;
	copy->current = (struct copy_group){0};
	copy->sender = (struct copy_sender){0};
}

static void
close_command(struct sync_copy *copy, struct tick now)
{
	copy->sender.has_begun = false;
	copy->sender.is_announced = false;
	copy->sender.rows_sent++;
	if (copy->current.is_streamed || copy->sender.rows_sent == copy->current.rows.count)
		push_unanswered(copy, now);
}

static enum status
say_end(struct sync_copy *copy, struct tick now, struct sync_copy_request *request)
{
	if (copy->holds.ends)
		return ST_AGAIN;
	*request =
	    (struct sync_copy_request){.want = SYNC_COPY_END, .append = copy->append_number};
	close_command(copy, now);
	return ST_OK;
}

static enum status
send_streamed(struct sync_copy *copy, struct tick now, struct sync_copy_request *request)
{
	struct copy_sender *sender = &copy->sender;

	if (!sender->has_begun)
		return copy->holds.begins ? ST_AGAIN : say_begin(copy, request);
	if (sender->row == NULL)
		return say_message(copy, copy->current.rows.first, request);
	if (sender->left > 0)
		return ST_AGAIN;
	if (sender->row->next != NULL)
		return say_message(copy, sender->row->next, request);
	if (copy->current.phase == GROUP_DURABLE && may_commit(copy))
		return say_end(copy, now, request);
	return ST_AGAIN;
}

static enum status
send_singly(struct sync_copy *copy, struct tick now, struct sync_copy_request *request)
{
	struct copy_sender *sender = &copy->sender;
	struct row *row;

	if (copy->current.phase != GROUP_DURABLE)
		return ST_AGAIN;
	if (!sender->has_begun) {
		if (copy->holds.begins || (sender->rows_sent == 0 && !may_commit(copy)))
			return ST_AGAIN;
		return say_begin(copy, request);
	}
	if (sender->is_announced)
		return sender->left > 0 ? ST_AGAIN : say_end(copy, now, request);
	row = sender->row == NULL ? copy->current.rows.first : sender->row->next;
	return say_message(copy, row, request);
}

static enum status
say_settled(struct sync_copy *copy, struct sync_copy_request *request)
{
	uint32_t i = 0;

	while (i < copy->settled_count && !copy->settled[i].is_durable)
		i++;
	if (i == copy->settled_count)
		return ST_AGAIN;
	copy->told = copy->settled[i];
	copy->settled_count--;
	for (; i < copy->settled_count; i++)
		copy->settled[i] = copy->settled[i + 1];
	*request = (struct sync_copy_request){
	    .want = SYNC_COPY_SETTLE,
	    .group = copy->told.group,
	    .fates = copy->told.fates,
	    .dst_uids = copy->told.dst_uids,
	    .fate_count = copy->told.count,
	};
	return ST_OK;
}

enum status
copy_group_next(struct sync_copy *copy, struct tick now, struct sync_copy_request *request)
{
	if (say_settled(copy, request) == ST_OK)
		return ST_OK;
	if (copy->is_dst_lost || copy->is_drop_due)
		return ST_AGAIN;
	if (copy->current.number == 0) {
		if (!can_begin(copy))
			return ST_AGAIN;
		begin_group(copy);
	}
	fill(copy, now);
	if (copy->current.phase == GROUP_SEALED)
		return ask_intent(copy, request);
	return copy->current.is_streamed ? send_streamed(copy, now, request)
					 : send_singly(copy, now, request);
}

struct bytes
sync_copy_output(const struct sync_copy *copy)
{
	const struct copy_sender *sender = &copy->sender;
	const struct copy_group *group = &copy->current;
	bool is_last = sender->row != NULL && sender->row->next == NULL;
	uint64_t allowed = sender->left;

	if (copy->is_dst_lost || copy->is_drop_due || !sender->is_announced || allowed == 0)
		return (struct bytes){NULL, 0};
	/* The stub: what could be committed waits for its intent. */
	if (group->is_streamed && is_last &&
	    (group->phase != GROUP_DURABLE || !may_commit(copy)))
		allowed--;
	return ring_front(&copy->ring, allowed < SIZE_MAX ? (size_t)allowed : SIZE_MAX);
}

void
sync_copy_hold(struct sync_copy *copy, const struct sync_copy_holds *holds)
{
	copy->holds = *holds;
}

struct sync_copy_load
sync_copy_load(const struct sync_copy *copy)
{
	return (struct sync_copy_load){
	    .is_sending = copy->sender.has_begun || copy->sender.rows_sent > 0,
	    .groups = copy->unanswered_count,
	    .bytes = copy->unanswered_bytes,
	    .replied = copy->replied,
	};
}

void
sync_copy_sent(struct sync_copy *copy, size_t size)
{
	CHECK(size <= sync_copy_output(copy).size);
	ring_consume(&copy->ring, size);
	copy_rest_ring(copy);
	copy->sender.left -= size;
}

void
sync_copy_feed_durable(struct sync_copy *copy, uint32_t group)
{
	if (copy->current.number == group && copy->current.phase == GROUP_INTENDED)
		copy->current.phase = GROUP_DURABLE;
	for (uint32_t i = 0; i < copy->settled_count; i++) {
		if (copy->settled[i].group == group)
			copy->settled[i].is_durable = true;
	}
}

bool
copy_group_is_out(const struct sync_copy *copy)
{
	const struct copy_sender *sender = &copy->sender;

	if (!sender->is_announced || sender->left > 0 || copy->current.phase != GROUP_DURABLE)
		return false;
	/* An empty literal has no octet that was let through: it has not begun while the server
	 * has not allowed it, and at the end of a group only the END commits it. */
	if (sender->row->size == 0 && (copy->holds.ends || copy->current.is_streamed))
		return false;
	return !copy->current.is_streamed || sender->row == copy->current.rows.last;
}

void
copy_group_skip_message(struct sync_copy *copy, struct tick now)
{
	ring_consume(&copy->ring, (size_t)copy->sender.left);
	copy->sender.left = 0;
	close_command(copy, now);
}

/* Takes the octets of the current group's unsent rows out of the ring. */
void
copy_group_forget_current(struct sync_copy *copy)
{
	struct copy_sender *sender = &copy->sender;
	struct row *row = sender->row;
	uint64_t octets = 0;

	if (row != NULL)
		octets = sender->left;
	else
		octets = copy->current.rows.first == NULL ? 0 : copy->current.rows.first->size;
	row = row == NULL ? copy->current.rows.first : row;
	for (row = row == NULL ? NULL : row->next; row != NULL; row = row->next)
		octets += row->size;
	if (copy->incoming != NULL && copy->arrived.last != copy->incoming) {
		/* A streamed body that is still coming: the rest of it will be skipped. */
		octets -= copy->incoming_left;
		copy->incoming = NULL;
	}
	octets -= copy->missing;
	copy->missing = 0;
	ring_consume(&copy->ring, (size_t)octets);
	copy_rest_ring(copy);
	copy->current = (struct copy_group){0};
	*sender = (struct copy_sender){0};
}
