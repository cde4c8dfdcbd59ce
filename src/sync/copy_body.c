/* SPDX-License-Identifier: Apache-2.0
 *
 * The source's side of sync/copy: windows of bodies, and octets into the ring.
 */
#include "sync/copy_private.h"

#include "base/check.h"

enum {
	TRIES_MAX = 2
};

void
copy_forget_rows(struct row_list *rows)
{
	struct row *row;

	while ((row = row_list_take(rows)) != NULL)
		row_release(row);
}

void
copy_decide(struct sync_copy *copy, struct row *row, enum sync_row_outcome outcome)
{
	row->outcome = outcome;
	row_list_add(&copy->decided, row);
}

static void
refuse_too_large(struct sync_copy *copy, struct row *row, uint64_t size)
{
	row->size = size;
	copy_decide(copy, row, SYNC_ROW_TOO_LARGE);
}

void
copy_decide_too_large(struct sync_copy *copy)
{
	struct row *row;

	while ((row = row_list_take(&copy->lister.too_large)) != NULL)
		refuse_too_large(copy, row, row->message.size);
}

/* A text that is announced larger than RFC822.SIZE said: is it wanted still? */
static bool
is_left_out(struct sync_copy *copy, struct row *row, uint64_t size)
{
	enum sync_rule rule;

	switch (sync_choice_decide_size(&copy->settings.choice, size, &rule)) {
	case SYNC_TAKEN:
		return false;
	case SYNC_EXCLUDED:
		row_lister_leave_out(&copy->lister, rule);
		row_release(row);
		break;
	case SYNC_TOO_LARGE:
		refuse_too_large(copy, row, size);
		break;
	}
	return true;
}

bool
copy_body_is_whole(const struct sync_copy *copy, const struct row *row)
{
	return row != copy->incoming;
}

void
copy_rest_ring(struct sync_copy *copy)
{
	if (copy->ring.size == 0 && copy->incoming == NULL)
		ring_close(&copy->ring);
}

bool
copy_ring_is_full(const struct sync_copy *copy)
{
	return ring_room(&copy->ring) <= SYNC_COPY_RESERVE;
}

bool
copy_source_is_dry(const struct sync_copy *copy)
{
	if (copy->incoming != NULL)
		return false;
	if (copy->is_src_lost || copy->is_stopped)
		return true;
	return copy->window_count == 0 && copy->retries.count == 0 &&
	    copy->suspects.count == 0 && copy->lister.listed.count == 0 &&
	    row_lister_is_done(&copy->lister);
}

/* Whether `row` may be asked for together with what `window` holds. */
static bool
fits_window(const struct sync_copy *copy, const struct copy_window *window, uint64_t bytes,
    const struct row *row)
{
	const struct sync_copy_limits *limits = &copy->settings.limits;

	if (window->rows.count == 0)
		return true;
	if (window->is_second_try || row->tries > 0 || row->cuts > 0)
		return false;
	return window->rows.count < copy->window_messages &&
	    bytes + row->message.size <= limits->window_bytes_max;
}

/* What to ask for next: retries first. Suspects come last, and alone, so that nothing else is
 * lost with what they break, and it is known who broke it. */
static struct row_list *
rows_to_ask_for(struct sync_copy *copy)
{
	if (copy->retries.count > 0)
		return &copy->retries;
	if (copy->lister.listed.count > 0 || copy->window_count > 0 ||
	    copy->lister.filling != NULL || copy->has_ended_rows_early ||
	    row_lister_wants(&copy->lister))
		return &copy->lister.listed;
	return &copy->suspects;
}

static bool
has_free_window(const struct sync_copy *copy)
{
	return copy->window_count < (copy->is_wary ? 1 : copy->windows_max);
}

/* Fills the next window from `rows`, in order. A row that did not come at the first try is
 * asked for in a window of its own. */
static enum status
fill_window(struct sync_copy *copy, struct row_list *rows)
{
	struct copy_window *window = &copy->windows[copy->window_count];
	uint64_t bytes = 0;
	enum status status = ST_OK;

	*window = (struct copy_window){.is_second_try = rows->first->tries > 0};
	range_set_clear(&copy->asked_bodies);
	while (rows->first != NULL && fits_window(copy, window, bytes, rows->first)) {
		struct row *row = row_list_take(rows);
		uint32_t uid = row->message.uid.number;

		row->tries++;
		row->has_no_text = false;
		bytes += row->message.size;
		row_list_add(&window->rows, row);
		status = range_set_add(&copy->asked_bodies, uid, uid);
		if (status != ST_OK)
			break;
	}
	copy->window_count++;
	return status;
}

/* There is one at most. */
static struct copy_window *
find_blind(struct sync_copy *copy)
{
	for (uint32_t i = 0; i < copy->window_count; i++) {
		if (copy->windows[i].is_blind)
			return &copy->windows[i];
	}
	return NULL;
}

/* Bodies by the UIDs of the rows that are asked for just now: the source answers in order, so
 * that the rows are known when the bodies come. Not where messages are so sparse that more
 * rows may come than are kept at a time, and no UID twice: its text may still come. */
static bool
may_ask_blindly(struct sync_copy *copy)
{
	const struct row_lister *lister = &copy->lister;

	return copy->may_ask_blindly && lister->filling != NULL &&
	    lister->asked.ranges[0].first >= copy->blind_to &&
	    lister->width <= ROWS_PER_CHUNK && lister->listed.count == 0 &&
	    has_free_window(copy) && find_blind(copy) == NULL && !copy->is_stopped &&
	    !copy->is_src_lost;
}

enum status
copy_ask_bodies(struct sync_copy *copy, struct sync_copy_request *request)
{
	struct row_list *rows = rows_to_ask_for(copy);
	bool is_second_try = rows->count > 0 && rows->first->tries > 0;
	enum status status;

	if (copy->holds.asks)
		return ST_AGAIN;
	if (may_ask_blindly(copy)) {
		copy->blind_to = copy->lister.asked_to;
		copy->windows[copy->window_count++] = (struct copy_window){.is_blind = true};
		*request = (struct sync_copy_request){
		    .want = SYNC_COPY_BODIES, .uids = &copy->lister.asked};
		return ST_OK;
	}
	if (copy->is_stopped || copy->is_src_lost || rows->count == 0 || !has_free_window(copy))
		return ST_AGAIN;
	status = fill_window(copy, rows);
	if (status != ST_OK)
		return status;
	*request = (struct sync_copy_request){.want = SYNC_COPY_BODIES,
	    .uids = &copy->asked_bodies,
	    .is_second_try = is_second_try};
	return ST_OK;
}

/* Rows and their texts are asked for, and the folder seems to hold no more. */
static bool
is_covered_blindly(const struct sync_copy *copy)
{
	const struct row_lister *lister = &copy->lister;
	uint64_t reach = lister->is_pending ? copy->settings.src_uidnext_hint : lister->high;
	bool is_blind = false;

	for (uint32_t i = 0; i < copy->window_count; i++)
		is_blind = is_blind || copy->windows[i].is_blind;
	return is_blind && copy->retries.count == 0 && copy->suspects.count == 0 &&
	    lister->filling != NULL && reach != 0 && reach <= lister->asked_to;
}

bool
sync_copy_has_asked_all(const struct sync_copy *copy)
{
	if (copy->is_stopped || copy->is_src_lost || is_covered_blindly(copy))
		return true;
	return copy->retries.count == 0 && copy->suspects.count == 0 &&
	    copy->lister.listed.count == 0 && !copy->lister.is_pending &&
	    row_lister_is_done(&copy->lister);
}

bool
sync_copy_wants_to_ask(const struct sync_copy *copy)
{
	uint32_t rows = copy->retries.count + copy->lister.listed.count + copy->suspects.count;

	if (copy->is_stopped || copy->is_src_lost)
		return false;
	return (row_lister_wants(&copy->lister) && !copy->has_ended_rows_early) ||
	    (rows > 0 && has_free_window(copy));
}

/* The rows of the window are all there: they may be asked for, or join the blind window. */
static void
end_rows(struct sync_copy *copy)
{
	struct copy_window *window = find_blind(copy);

	row_lister_end_window(&copy->lister);
	copy_decide_too_large(copy);
	if (copy->is_stopped)
		copy_forget_rows(&copy->lister.listed);
	if (window == NULL)
		return;
	window->is_blind = false;
	for (struct row *row = copy->lister.listed.first; row != NULL; row = row->next)
		row->tries = 1;
	row_list_join(&window->rows, &copy->lister.listed);
}

/* Dovecot goes on with the next command when its client reads slowly, so that some rows may
 * come after the texts that were asked for behind them. Their own texts were not recognised:
 * they are listed again. */
static enum status
feed_late_row(struct sync_copy *copy, uint32_t uid)
{
	if (uid <= copy->blind_last)
		return ST_CONFLICT;
	if (copy->late_first == 0 || uid < copy->late_first)
		copy->late_first = uid;
	return ST_OK;
}

enum status
sync_copy_feed_row(struct sync_copy *copy, const struct message *row)
{
	if (copy->has_ended_rows_early)
		return feed_late_row(copy, row->uid.number);
	return row_lister_feed(&copy->lister, row);
}

void
sync_copy_feed_rows_end(struct sync_copy *copy)
{
	if (copy->rows_ends_due > 0) {
		copy->rows_ends_due--;
		return;
	}
	if (!copy->has_ended_rows_early) {
		end_rows(copy);
		return;
	}
	copy->has_ended_rows_early = false;
	if (copy->late_first != 0 && !copy->is_stopped && !copy->is_src_lost)
		row_lister_go_back(&copy->lister, copy->late_first);
}

void
sync_copy_feed_examined(struct sync_copy *copy, uint32_t exists, uint32_t uidnext)
{
	row_lister_feed_examined(&copy->lister, exists, uidnext);
	if (copy->is_stopped || copy->is_src_lost)
		row_lister_stop(&copy->lister);
}

/* Dovecot gives the next command's answers before it says that this one is done. */
static void
end_rows_early(struct sync_copy *copy)
{
	struct copy_window *window = find_blind(copy);
	uint64_t end = copy->lister.asked_to;
	const struct row *last;

	if (!copy->lister.is_pending && copy->lister.high < end)
		end = copy->lister.high;
	end_rows(copy);
	last = window->rows.last;
	copy->blind_last = last == NULL ? 0 : last->message.uid.number;
	copy->late_first = 0;
	if ((uint64_t)copy->blind_last + 1 >= end)
		copy->rows_ends_due++;
	else
		copy->has_ended_rows_early = true;
}

enum status
sync_copy_feed_body(struct sync_copy *copy, struct uid uid, uint64_t size)
{
	struct row *row = NULL;

	CHECK(copy->incoming == NULL);
	if (copy->lister.filling != NULL && range_set_has(&copy->lister.asked, uid.number) &&
	    find_blind(copy) != NULL)
		end_rows_early(copy);
	for (uint32_t i = 0; i < copy->window_count && row == NULL; i++)
		row = row_list_remove(&copy->windows[i].rows, uid);
	if (row == NULL)
		return ST_ABSENT;
	if (copy->is_stopped || copy->is_dst_lost) {
		row_release(row);
		return ST_ABSENT;
	}
	if (is_left_out(copy, row, size))
		return ST_ABSENT;
	if (ring_open(&copy->ring) != ST_OK) {
		row_list_add(&copy->retries, row);
		return ST_MEMORY;
	}
	row->size = size;
	row_list_add(&copy->arrived, row);
	copy->incoming = row;
	copy->incoming_left = size;
	mime_scan_init(&copy->scan);
	digest_init(&copy->digest);
	return ST_OK;
}

size_t
sync_copy_room(const struct sync_copy *copy)
{
	/* What is skipped needs no room. */
	if (copy->incoming == NULL && (copy->is_stopped || copy->is_dst_lost))
		return copy->settings.limits.ring_size;
	if (copy->arrived.count >= ARRIVED_MAX || copy_ring_is_full(copy))
		return 0;
	return ring_room(&copy->ring) - SYNC_COPY_RESERVE;
}

void
sync_copy_feed_octets(struct sync_copy *copy, struct bytes octets)
{
	struct row *row = copy->incoming;

	if (row == NULL)
		return;
	CHECK(octets.size <= copy->incoming_left);
	CHECK(ring_write(&copy->ring, octets) == octets.size);
	copy->incoming_left -= octets.size;
	digest_feed(&copy->digest, octets);
	mime_scan_feed(&copy->scan, octets);
}

static uint32_t
traits_of(const struct mime_scan *scan)
{
	return (mime_scan_size(scan) == 0 ? SYNC_TRAIT_EMPTY : 0U) |
	    (mime_scan_has_nul(scan) ? SYNC_TRAIT_NUL : 0U) |
	    (mime_scan_has_bare_lf(scan) ? SYNC_TRAIT_BARE_LF : 0U) |
	    (mime_scan_has_cr_cr_lf(scan) ? SYNC_TRAIT_CR_BEFORE_CRLF : 0U) |
	    (mime_scan_ends_with_cr(scan) ? SYNC_TRAIT_ENDS_WITH_CR : 0U) |
	    (mime_scan_has_bare_cr(scan) ? SYNC_TRAIT_BARE_CR : 0U) |
	    (mime_scan_ends_without_newline(scan) ? SYNC_TRAIT_ENDS_WITHOUT_LF : 0U) |
	    (mime_scan_has_header_8bit(scan) ? SYNC_TRAIT_HEADER_8BIT : 0U);
}

void
sync_copy_feed_body_end(struct sync_copy *copy, struct tick now)
{
	struct row *row = copy->incoming;

	if (row == NULL)
		return;
	CHECK(copy->incoming_left == 0);
	row->digest = digest_finish(&copy->digest);
	row->traits = traits_of(&copy->scan);
	copy->incoming = NULL;
	copy->arrived_at = now;
	copy_rest_ring(copy);
}

void
sync_copy_feed_no_text(struct sync_copy *copy, struct uid uid)
{
	for (uint32_t i = 0; i < copy->window_count; i++) {
		struct row *row = copy->windows[i].rows.first;

		for (; row != NULL; row = row->next) {
			if (row->message.uid.number == uid.number)
				row->has_no_text = true;
		}
	}
}

void
sync_copy_feed_no_texts(struct sync_copy *copy)
{
	CHECK(copy->window_count > 0);
	for (struct row *row = copy->windows[0].rows.first; row != NULL; row = row->next)
		row->has_no_text = true;
}

/* A row that its window did not bring: once more alone, then it is gone or unreadable. */
static void
settle_missing(struct sync_copy *copy, struct row *row)
{
	if (copy->is_stopped || copy->is_src_lost)
		row_release(row);
	else if (row->tries < TRIES_MAX)
		row_list_add(&copy->retries, row);
	else
		copy_decide(copy, row, row->has_no_text ? SYNC_ROW_UNREADABLE : SYNC_ROW_GONE);
}

void
sync_copy_feed_bodies_end(struct sync_copy *copy)
{
	struct row_list missing;
	struct row *row;

	CHECK(copy->window_count > 0);
	if (copy->window_messages < copy->settings.limits.window_messages_max)
		copy->window_messages *= 2;
	else
		copy->is_wary = false;
	missing = copy->windows[0].rows;
	copy->window_count--;
	for (uint32_t i = 0; i < copy->window_count; i++)
		copy->windows[i] = copy->windows[i + 1];
	while ((row = row_list_take(&missing)) != NULL)
		settle_missing(copy, row);
}
