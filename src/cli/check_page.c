/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/check_page.h"

#include <stdio.h>

#include "cli/report/report.h"
#include "cli/screen/number.h"
#include "cli/screen/page.h"
#include "cli/screen/width.h"

enum {
	LABEL_COLUMN = 15,
	/* Of a row: two blanks, the arrow, two counts and a size. */
	NUMBERS_WIDTH = 34,
	NAME_WIDTH_MIN = 12,
	WIDE = 120, /* columns from which a row's notes stand behind it */
	LINE_SIZE = 512
};

static void
render_heading(struct cli_page *page, const char *heading, enum cli_style style)
{
	cli_page_end_line(page);
	cli_page_style(page, CLI_BOLD);
	cli_page_style(page, style);
	cli_page_print(page, "%s", heading);
	cli_page_style(page, CLI_PLAIN);
	cli_page_end_line(page);
}

static void
render_sentence(struct cli_page *page, struct bytes text)
{
	cli_page_print(page, "  ");
	cli_page_wrap(page, text, 4);
	cli_page_end_line(page);
}

/* Sides. ----------------------------------------------------------------------------------- */

static void
render_line(struct cli_page *page, const char *text)
{
	cli_page_pad(page, LABEL_COLUMN);
	cli_page_wrap(page, bytes_of_string(text), LABEL_COLUMN);
	cli_page_end_line(page);
}

static const char *
trust_text(const struct pass_check_side *side)
{
	static const char *const texts[] = {
	    [PASS_TRUST_NONE] = "anybody in between can read along",
	    [PASS_TRUST_SYSTEM] = "verified by the system's authorities",
	    [PASS_TRUST_FILE] = "verified by the authorities of the file given",
	    [PASS_TRUST_PIN] = "trusted by its pin",
	};

	return texts[side->trust];
}

/* Milliseconds with one digit. */
static const char *
milliseconds(int64_t us, char out[static CLI_NUMBER_SIZE])
{
	snprintf(out, CLI_NUMBER_SIZE, "%lld.%lld ms", (long long)(us / 1000),
	    (long long)(us % 1000 / 100));
	return out;
}

static void
render_side(struct cli_page *page, const char *name, const struct pass_check_side *side)
{
	char line[LINE_SIZE];
	char number[CLI_NUMBER_SIZE];

	if (side->host == NULL)
		return;
	cli_page_end_line(page);
	cli_page_style(page, CLI_BOLD);
	cli_page_print(page, "%s", name);
	cli_page_style(page, CLI_PLAIN);
	cli_page_pad(page, LABEL_COLUMN);
	cli_page_text(page, bytes_of_string(side->user), CLI_PAGE_REST);
	cli_page_print(page, " at ");
	cli_page_text(page, bytes_of_string(side->host), CLI_PAGE_REST);
	cli_page_print(page, ":%u", side->port);
	cli_page_end_line(page);
	if (side->version.size > 0 ||
	    !bytes_equal(side->software, bytes_of_string(side->family)))
		snprintf(line, sizeof(line), "%s (%.*s%s%.*s)", side->family,
		    (int)side->software.size, (const char *)side->software.data,
		    side->version.size > 0 ? " " : "", (int)side->version.size,
		    (const char *)side->version.data);
	else
		snprintf(line, sizeof(line), "%s", side->family);
	render_line(page, line);
	snprintf(line, sizeof(line), "%.*s, %s", (int)side->security.size,
	    (const char *)side->security.data, trust_text(side));
	render_line(page, line);
	snprintf(line, sizeof(line), "log-in by %s; %zu %s; round trip %s", side->login,
	    side->folders, side->folders == 1 ? "folder" : "folders",
	    milliseconds(side->round_trip_us, number));
	render_line(page, line);
}

static void
render_storing(struct cli_page *page, const struct pass_check_side *side)
{
	char line[LINE_SIZE];
	char limit[CLI_NUMBER_SIZE] = "";

	snprintf(line, sizeof(line), "stores by %s", side->append_mode);
	render_line(page, line);
	if (side->append_limit > 0) {
		snprintf(line, sizeof(line), "takes messages of up to %s",
		    cli_number_octets(side->append_limit, limit));
		render_line(page, line);
	}
}

/* Folders. --------------------------------------------------------------------------------- */

static unsigned
widest(const struct pass_check *result, bool is_source, unsigned most)
{
	unsigned width = NAME_WIDTH_MIN;

	for (size_t i = 0; i < result->folder_count && width < most; i++) {
		const struct pass_check_folder *row = &result->folders[i];
		unsigned next = cli_width_of_text(is_source ? row->source : row->destination);

		if (next > width)
			width = next;
	}
	return width < most ? width : most;
}

/* What is to be said of a folder besides its numbers. */
static void
make_note(const struct pass_check_folder *row, bool has_dst, struct buf *note)
{
	char part[LINE_SIZE];
	char number[CLI_NUMBER_SIZE];
	const char *join = "";

	if (has_dst && row->is_new && row->why.size == 0) {
		(void)!buf_append(note, BYTES("new"));
		join = "; ";
	}
	if (row->there > 0) {
		snprintf(part, sizeof(part), "%s%s there already", join,
		    cli_number_count(row->there, number));
		(void)!buf_append(note, bytes_of_string(part));
		join = "; ";
	}
	if (row->skipped > 0) {
		snprintf(part, sizeof(part), "%s%s left out as ordered", join,
		    cli_number_count(row->skipped, number));
		(void)!buf_append(note, bytes_of_string(part));
		join = "; ";
	}
	if (row->why.size > 0) {
		snprintf(part, sizeof(part), "%s%s%.*s", join, row->is_new ? "new; " : "",
		    (int)row->why.size, (const char *)row->why.data);
		(void)!buf_append(note, bytes_of_string(part));
	}
}

/* Behind the numbers where it fits or the page is wide, else on a line of its own. */
static void
render_note(struct cli_page *page, struct bytes note)
{
	bool fits = page->column + 2 + cli_width_of_text(note) <= page->columns;

	if (note.size == 0)
		return;
	if (!fits && page->columns < WIDE) {
		cli_page_end_line(page);
		cli_page_print(page, "  ");
	}
	cli_page_print(page, "  ");
	cli_page_style(page, CLI_DIM);
	cli_page_wrap(page, note, page->column);
	cli_page_style(page, CLI_PLAIN);
}

struct widths {
	unsigned source;
	unsigned destination; /* 0: there is none */
};

static void
render_folder(struct cli_page *page, const struct pass_check_folder *row, struct widths widths)
{
	char number[2][CLI_NUMBER_SIZE];
	struct buf note;

	buf_init(&note, LINE_SIZE * 4);
	make_note(row, widths.destination > 0, &note);
	cli_page_print(page, "  ");
	cli_page_text(page, row->source, widths.source);
	cli_page_pad(page, 2 + widths.source);
	if (widths.destination > 0) {
		cli_page_print(page, page->is_utf8 ? " → " : " > ");
		cli_page_text(page, row->destination, widths.destination);
		cli_page_pad(page, 5 + widths.source + widths.destination);
	}
	cli_page_print(page, "%9s%11s", cli_number_count(row->to_copy, number[0]),
	    cli_number_octets(row->to_copy_bytes, number[1]));
	render_note(page, buf_bytes(&note));
	cli_page_end_line(page);
	buf_fini(&note);
}

static void
render_folders(const struct cli_check_view *view, struct cli_page *page)
{
	const struct pass_check *result = view->result;
	bool has_dst = result->has_destination;
	unsigned room = page->columns > NUMBERS_WIDTH
	    ? (page->columns - NUMBERS_WIDTH) / (has_dst ? 2 : 1)
	    : 0;
	struct widths widths = {widest(result, true, room), 0};

	if (has_dst)
		widths.destination = widest(result, false, room);
	cli_page_end_line(page);
	cli_page_style(page, CLI_BOLD);
	cli_page_print(page, "Folders");
	cli_page_pad(page, 2 + widths.source + (has_dst ? 3 + widths.destination : 0));
	cli_page_print(page, "%9s%11s", has_dst ? "to copy" : "messages", "size");
	cli_page_style(page, CLI_PLAIN);
	cli_page_end_line(page);
	for (size_t i = 0; i < result->folder_count; i++)
		render_folder(page, &result->folders[i], widths);
}

/* What is in the way. ---------------------------------------------------------------------- */

static void
render_of_folder(
    struct cli_page *page, const struct pass_check_folder *row, const char *sentence)
{
	cli_page_print(page, "  ");
	cli_page_text(page, row->source, page->columns / 3);
	cli_page_print(page, ": ");
	cli_page_wrap(page, bytes_of_string(sentence), 4);
	cli_page_end_line(page);
}

static void
render_obstacles(const struct cli_check_view *view, struct cli_page *page)
{
	const struct pass_check *result = view->result;
	char numbers[3][CLI_NUMBER_SIZE];
	char line[LINE_SIZE];

	if (result->refused == 0 && result->refused_folders == 0 && result->unread_folders == 0)
		return;
	render_heading(page, "Cannot be taken", CLI_YELLOW);
	for (size_t i = 0; i < result->folder_count; i++) {
		const struct pass_check_folder *row = &result->folders[i];

		if (row->refusal != NULL)
			render_of_folder(page, row, row->refusal);
		if (row->unread != NULL)
			render_of_folder(page, row, row->unread);
		if (row->refusal != NULL || row->too_big == 0)
			continue;
		snprintf(line, sizeof(line),
		    "%s %s above the %s that a message may have there; the largest has %s.",
		    cli_number_count(row->too_big, numbers[0]),
		    row->too_big == 1 ? "message is" : "messages are",
		    cli_number_octets(row->append_limit, numbers[1]),
		    cli_number_octets(row->largest, numbers[2]));
		render_of_folder(page, row, line);
	}
}

static void
render_lost_flags(const struct cli_check_view *view, struct cli_page *page)
{
	const struct pass_check *result = view->result;
	char number[CLI_NUMBER_SIZE];

	if (result->total.losing == 0)
		return;
	render_heading(page, "Flags that cannot be carried", CLI_PLAIN);
	for (size_t i = 0; i < result->folder_count; i++) {
		const struct pass_check_folder *row = &result->folders[i];

		if (row->losing == 0)
			continue;
		cli_page_print(page, "  ");
		cli_page_text(page, row->source, page->columns / 3);
		cli_page_print(page, ", %s %s: ", cli_number_count(row->losing, number),
		    row->losing == 1 ? "message" : "messages");
		cli_page_wrap(page, row->lost_flags, 4);
		cli_page_end_line(page);
	}
}

static void
render_quota(struct cli_page *page, const struct pass_check_quota *quota)
{
	bool is_short = pass_check_quota_is_short(quota);
	char numbers[3][CLI_NUMBER_SIZE];

	cli_page_print(page, "  ");
	if (quota->root.size > 0) {
		cli_page_text(page, quota->root, page->columns / 3);
		cli_page_print(page, ": ");
	}
	if (is_short)
		cli_page_style(page, CLI_RED);
	if (quota->has_storage)
		cli_page_print(page, "%s of %s used, %s would come",
		    cli_number_octets(quota->used_bytes, numbers[0]),
		    cli_number_octets(quota->limit_bytes, numbers[1]),
		    cli_number_octets(quota->needed_bytes, numbers[2]));
	if (quota->has_storage && quota->has_messages)
		cli_page_print(page, "; ");
	if (quota->has_messages)
		cli_page_print(page, "%s of %s messages, %s would come",
		    cli_number_count(quota->used_messages, numbers[0]),
		    cli_number_count(quota->limit_messages, numbers[1]),
		    cli_number_count(quota->needed_messages, numbers[2]));
	if (is_short)
		cli_page_print(page, ": too little room");
	cli_page_style(page, CLI_PLAIN);
	cli_page_end_line(page);
}

static void
render_destination(const struct cli_check_view *view, struct cli_page *page)
{
	const struct pass_check *result = view->result;
	char line[LINE_SIZE];

	if (result->quota_count > 0)
		render_heading(page, "Room at the destination", CLI_PLAIN);
	for (size_t i = 0; i < result->quota_count; i++)
		render_quota(page, &result->quotas[i]);
	if (result->change_count > 0 || result->total.changed_dates > 0)
		render_heading(page, "What the destination does to messages", CLI_PLAIN);
	for (size_t i = 0; i < result->change_count; i++)
		render_sentence(page, bytes_of_string(result->changes[i]));
	if (result->total.changed_dates > 0) {
		snprintf(line, sizeof(line),
		    "%llu messages have an arrival time that it will not keep.",
		    (unsigned long long)result->total.changed_dates);
		render_sentence(page, bytes_of_string(line));
	}
}

static void
render_kept(struct cli_page *page, const struct cli_kept_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		render_sentence(page, list->items[i].text);
}

static void
render_left_out(struct cli_page *page, const struct cli_kept_list *list)
{
	char number[CLI_NUMBER_SIZE];
	uint64_t messages = 0;

	for (size_t i = 0; i < list->count; i++)
		messages += list->items[i].counts.source;
	if (list->seen == 0)
		return;
	cli_page_print(page, "  %llu %s left out, with %s %s.", (unsigned long long)list->seen,
	    list->seen == 1 ? "folder is" : "folders are", cli_number_count(messages, number),
	    messages == 1 ? "message" : "messages");
	cli_page_end_line(page);
}

static void
render_notices(const struct cli_check_view *view, struct cli_page *page)
{
	const struct cli_kept_list *kept = view->report->kept;
	bool has_new = view->result->has_destination && view->result->new_folders > 0;

	if (kept[PASS_ITEM_NOTICE].seen + kept[PASS_ITEM_FAULT].seen +
		    kept[PASS_ITEM_FOLDER].seen ==
		0 &&
	    !has_new)
		return;
	render_heading(page, "To know", CLI_PLAIN);
	render_kept(page, &kept[PASS_ITEM_FAULT]);
	render_kept(page, &kept[PASS_ITEM_NOTICE]);
	render_left_out(page, &kept[PASS_ITEM_FOLDER]);
	if (has_new)
		render_sentence(page,
		    BYTES(
			"Whether the destination lets new folders be created is known only by "
			"doing it; they are taken to be as its INBOX is."));
}

/* The end. --------------------------------------------------------------------------------- */

static void
render_time(const struct cli_check_view *view, struct cli_page *page)
{
	const struct pass_check *result = view->result;
	char numbers[2][CLI_NUMBER_SIZE];
	char line[LINE_SIZE];

	snprintf(line, sizeof(line),
	    "A copy over %u %s would take from %s to %s. It is bound by %s (%s).",
	    view->connections, view->connections == 1 ? "connection" : "connections",
	    cli_number_elapsed(result->estimate.low_us, numbers[0]),
	    cli_number_elapsed(result->estimate.high_us, numbers[1]),
	    pass_bound_text(result->estimate.bound), pass_pace_name(result->facts.pace));
	cli_page_end_line(page);
	render_sentence(page, bytes_of_string(line));
}

static void
make_verdict(const struct cli_check_view *view, char line[static LINE_SIZE])
{
	const struct pass_check *result = view->result;
	const struct pass_check_folder *total = &result->total;
	const char *messages = total->to_copy == 1 ? "message" : "messages";
	char numbers[3][CLI_NUMBER_SIZE];

	cli_number_count(total->to_copy, numbers[0]);
	cli_number_octets(total->to_copy_bytes, numbers[1]);
	cli_number_count(result->refused, numbers[2]);
	if (!result->has_destination)
		snprintf(line, LINE_SIZE, "The source holds %s %s, %s, that would be copied.",
		    numbers[0], messages, numbers[1]);
	else if (view->status == CLI_STATUS_FULL)
		snprintf(line, LINE_SIZE,
		    "The destination has no room for the %s %s, %s, that would come.",
		    numbers[0], messages, numbers[1]);
	else if (result->refused > 0 || result->refused_folders > 0)
		snprintf(line, LINE_SIZE,
		    "Of %s %s, %s, that would be copied, the destination cannot take %s.",
		    numbers[0], messages, numbers[1], numbers[2]);
	else if (result->unread_folders > 0)
		snprintf(line, LINE_SIZE, "Not everything could be read; see above.");
	else
		snprintf(line, LINE_SIZE,
		    "Everything can be taken, as far as can be known: %s %s, %s.", numbers[0],
		    messages, numbers[1]);
}

void
cli_check_render(const struct cli_check_view *view, struct cli_page *page)
{
	const struct pass_check *result = view->result;
	char line[LINE_SIZE];

	render_side(page, "source", &result->src);
	render_side(page, "destination", &result->dst);
	if (result->has_destination)
		render_storing(page, &result->dst);
	if (view->is_stopped) {
		render_notices(view, page);
		return;
	}
	render_folders(view, page);
	render_obstacles(view, page);
	if (result->has_destination) {
		render_lost_flags(view, page);
		render_destination(view, page);
	}
	render_notices(view, page);
	if (result->has_destination)
		render_time(view, page);
	make_verdict(view, line);
	cli_page_end_line(page);
	cli_page_style(page, CLI_BOLD);
	cli_page_style(page,
	    view->status == CLI_STATUS_GREEN         ? CLI_GREEN
		: view->status == CLI_STATUS_REFUSED ? CLI_YELLOW
						     : CLI_RED);
	cli_page_wrap(page, bytes_of_string(line), 0);
	cli_page_style(page, CLI_PLAIN);
	cli_page_end_line(page);
}
