/* SPDX-License-Identifier: Apache-2.0
 *
 * A source whose connection breaks, and another one in its place: what has not come whole is
 * put back, and the message at which it broke is remembered.
 *
 * Some servers end the connection whenever a certain message is read; what they had written
 * before may be lost with it. So the first windows after a break are small: what is whole then
 * is whole, and before long a window holds nothing but the culprit.
 */
#include "sync/copy_private.h"

enum {
	CUTS_MAX = 3
};

/* Takes the text under way out of the current group, which the destination knows nothing of. */
static void
leave_current(struct sync_copy *copy, const struct row *row)
{
	(void)row_list_remove(&copy->current.rows, row->message.uid);
	copy->current.bytes -= row->size;
	if (copy->current.rows.count == 0)
		copy->current = (struct copy_group){0};
}

struct row *
copy_break_off(struct sync_copy *copy)
{
	struct row *row = copy->incoming;

	copy->incoming = NULL;
	if (row == NULL)
		return NULL;
	if (copy->arrived.last != row && copy->sender.has_begun) {
		/* It was announced in full: only a new connection forgets it. */
		copy->missing = copy->incoming_left;
		copy->is_drop_due = true;
		return NULL;
	}
	if (copy->arrived.last == row)
		(void)row_list_remove(&copy->arrived, row->message.uid);
	else
		leave_current(copy, row);
	ring_retract(&copy->ring, (size_t)(row->size - copy->incoming_left));
	copy_rest_ring(copy);
	return row;
}

void
copy_put_back(struct sync_copy *copy, struct row *row)
{
	row->tries = 0;
	if (row->cuts == 0)
		row_list_add(&copy->retries, row);
	else if (row->cuts < CUTS_MAX)
		row_list_add(&copy->suspects, row);
	else
		copy_decide(copy, row, SYNC_ROW_POISON);
}

/* Sources answer in order, mostly. Where none of its text has come, the first one that was
 * asked for may be innocent: then it comes when it is asked for alone. */
static struct row *
find_suspect(const struct sync_copy *copy, bool was_its_turn)
{
	if (copy->incoming != NULL)
		return copy->incoming;
	for (uint32_t i = 0; i < copy->window_count && was_its_turn; i++) {
		if (copy->windows[i].rows.first != NULL)
			return copy->windows[i].rows.first;
	}
	return NULL;
}

/* The rows of the window that were not told are listed again. */
static void
break_off_listing(struct sync_copy *copy)
{
	uint32_t next = copy->blind_last + 1;

	row_lister_abort_window(&copy->lister);
	copy->rows_ends_due = 0;
	if (!copy->has_ended_rows_early)
		return;
	copy->has_ended_rows_early = false;
	if (copy->blind_last == 0)
		next = copy->lister.asked.ranges[0].first;
	if (!copy->is_stopped)
		row_lister_go_back(&copy->lister, next);
}

/* In their order and before all others, but for the suspects. */
static void
put_back_windows(struct sync_copy *copy)
{
	struct row_list back = {0};

	for (uint32_t i = 0; i < copy->window_count; i++) {
		struct row *row;

		while ((row = row_list_take(&copy->windows[i].rows)) != NULL) {
			row->tries--;
			if (row->cuts > 0)
				copy_put_back(copy, row);
			else
				row_list_add(row->tries > 0 ? &copy->retries : &back, row);
		}
	}
	copy->window_count = 0;
	row_list_join(&back, &copy->lister.listed);
	copy->lister.listed = back;
}

bool
sync_copy_feed_src_dropped(struct sync_copy *copy, bool was_its_turn)
{
	struct row *suspect = find_suspect(copy, was_its_turn || copy->has_ended_rows_early);
	struct row *row;
	bool is_given_up = false;

	if (suspect != NULL)
		is_given_up = ++suspect->cuts >= CUTS_MAX;
	break_off_listing(copy);
	row = copy_break_off(copy);
	if (row != NULL)
		copy_put_back(copy, row);
	put_back_windows(copy);
	copy->window_messages = 1;
	copy->is_wary = true;
	copy->may_ask_blindly = false;
	return is_given_up;
}
