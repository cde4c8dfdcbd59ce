/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/summary.h"

#include <stdio.h>
#include <string.h>

#include "cli/screen/number.h"
#include "cli/screen/page.h"
#include "cli/screen/progress.h"
#include "cli/screen/width.h"

enum {
	LABEL_WIDTH = 20,
	COUNT_WIDTH = 13,
	NOTE_COLUMN = 2 + LABEL_WIDTH + COUNT_WIDTH + 3,
	NOTE_SIZE = 160,
	RULES_SIZE = 512,
	VERDICT_SIZE_MAX = 1024,
	WIDE = 120,      /* columns from which there is room for more */
	FOLDER_SHARE = 4 /* the folder's column takes at most this part of a line */
};

static void
render_row(struct cli_page *page, const char *label, uint64_t count, const char *note)
{
	char number[CLI_NUMBER_SIZE];

	cli_page_print(page, "  %-*s%*s", LABEL_WIDTH, label, COUNT_WIDTH,
	    cli_number_count(count, number));
	if (note[0] != '\0') {
		cli_page_pad(page, NOTE_COLUMN);
		cli_page_style(page, CLI_DIM);
		cli_page_wrap(page, bytes_of_string(note), NOTE_COLUMN);
		cli_page_style(page, CLI_PLAIN);
	}
	cli_page_end_line(page);
}

static void
render_some(struct cli_page *page, const char *label, uint64_t count, const char *note)
{
	if (count > 0)
		render_row(page, label, count, note);
}

static const char *
copied_note(const struct pass_totals *totals, char out[static NOTE_SIZE])
{
	char number[CLI_NUMBER_SIZE];
	int size;

	size = snprintf(out, NOTE_SIZE, "%s", cli_number_octets(totals->copied_bytes, number));
	if (totals->changed > 0)
		size += snprintf(out + size, NOTE_SIZE - (size_t)size,
		    "; %s changed by the destination",
		    cli_number_count(totals->changed, number));
	if (totals->repaired > 0)
		snprintf(out + size, NOTE_SIZE - (size_t)size, "; %s repaired, listed below",
		    cli_number_count(totals->repaired, number));
	return out;
}

static const char *
adopted_note(const struct pass_totals *totals, char out[static NOTE_SIZE])
{
	char number[CLI_NUMBER_SIZE];

	snprintf(out, NOTE_SIZE, "found at the destination");
	if (totals->flags_added > 0)
		snprintf(out, NOTE_SIZE, "found at the destination; %s got missing flags",
		    cli_number_count(totals->flags_added, number));
	return out;
}

/* Which rule left out how many: "120 older than --since, 3 larger than --max-size". Of a single
 * one the number stands before this already. */
static const char *
excluded_note(const struct pass_totals *totals, char out[static RULES_SIZE])
{
	static const char *const rules[SYNC_RULE_COUNT] = {
	    [SYNC_RULE_FOLDER] = "in folders that were not chosen",
	    [SYNC_RULE_SHARED] = "in folders of other users",
	    [SYNC_RULE_VIRTUAL] = "in views of other folders",
	    [SYNC_RULE_DELETED] = "marked \\Deleted",
	    [SYNC_RULE_SINCE] = "older than --since",
	    [SYNC_RULE_BEFORE] = "not older than --before",
	    [SYNC_RULE_SIZE] = "larger than --max-size",
	};
	char number[CLI_NUMBER_SIZE];
	int size = 0;

	out[0] = '\0';
	for (size_t i = 0; i < SYNC_RULE_COUNT && size < RULES_SIZE; i++) {
		if (totals->excluded_by[i] == 0)
			continue;
		if (totals->excluded_by[i] == totals->excluded) {
			snprintf(out, RULES_SIZE, "%s", rules[i]);
			break;
		}
		size += snprintf(out + size, (size_t)(RULES_SIZE - size), "%s%s %s",
		    size > 0 ? ", " : "", cli_number_count(totals->excluded_by[i], number),
		    rules[i]);
	}
	return out;
}

static void
render_totals(const struct cli_summary *summary, struct cli_page *page)
{
	const struct pass_totals *totals = &summary->progress->totals;
	uint64_t left = pass_totals_left(totals);
	char note[NOTE_SIZE];
	char rules[RULES_SIZE];

	if (summary->is_dry_run)
		render_row(page, "to copy", totals->copied + left, "");
	else
		render_row(page, "copied", totals->copied, copied_note(totals, note));
	render_some(page, "adopted", totals->adopted, adopted_note(totals, note));
	render_some(page, "already there", totals->already_there, "brought by an earlier run");
	render_some(page, "deleted by owner", totals->deleted_by_owner,
	    "at the destination; not brought back");
	render_some(page, "gone from source", totals->gone, "while the pass ran");
	render_some(page, "excluded", totals->excluded, excluded_note(totals, rules));
	render_some(page, "refused", totals->refused, "by the destination; listed below");
	render_some(page, "held", totals->held, "until a person decides");
	render_some(page, "in doubt", totals->in_doubt,
	    "sent, but never answered; the next run finds out");
	if (!summary->is_dry_run)
		render_some(page, "not reached", left, "the next run brings them");
	cli_page_print(page, "  ");
	cli_page_style(page, CLI_DIM);
	cli_page_bar(page, false, LABEL_WIDTH + COUNT_WIDTH);
	cli_page_style(page, CLI_PLAIN);
	cli_page_end_line(page);
	cli_page_style(page, CLI_BOLD);
	cli_page_print(page, "  %-*s%*s", LABEL_WIDTH, "source", COUNT_WIDTH,
	    cli_number_count(totals->source, note));
	cli_page_style(page, CLI_PLAIN);
	cli_page_end_line(page);
}

static void
render_heading(struct cli_page *page, const char *heading, uint64_t count, enum cli_style style)
{
	char number[CLI_NUMBER_SIZE];

	cli_page_end_line(page);
	cli_page_style(page, CLI_BOLD);
	cli_page_style(page, style);
	cli_page_print(page, "%s (%s)", heading, cli_number_count(count, number));
	cli_page_style(page, CLI_PLAIN);
	cli_page_end_line(page);
}

static void
render_more(struct cli_page *page, const struct cli_summary *summary, uint64_t more)
{
	const char *path = summary->report->report_path;
	char number[CLI_NUMBER_SIZE];

	if (more == 0)
		return;
	cli_page_print(page, "  and %s more, ", cli_number_count(more, number));
	if (path == NULL) {
		cli_page_print(page, "which --report FILE would list");
	} else {
		cli_page_print(page, "see ");
		cli_page_text(page, bytes_of_string(path), CLI_PAGE_REST);
	}
	cli_page_end_line(page);
}

static size_t
shown_count(const struct cli_kept_list *list)
{
	return list->count < CLI_SUMMARY_ROWS_MAX ? list->count : CLI_SUMMARY_ROWS_MAX;
}

/* The widest folder name that is shown, but not more than its share of the line. */
static unsigned
folder_width(const struct cli_kept_list *list, const struct cli_page *page)
{
	unsigned most = page->columns / FOLDER_SHARE;
	unsigned width = 0;

	for (size_t i = 0; i < shown_count(list); i++) {
		unsigned next = cli_width_of_text(list->items[i].folder);

		if (next > width)
			width = next;
	}
	return width < most ? width : most;
}

/* One line a message: folder, UID, size, what is with it. */
static void
render_messages(const struct cli_summary *summary, struct cli_page *page,
    enum pass_item_kind kind, const char *heading, enum cli_style style)
{
	const struct cli_kept_list *list = &summary->report->kept[kind];
	unsigned width = folder_width(list, page);
	char number[CLI_NUMBER_SIZE];

	if (list->seen == 0)
		return;
	render_heading(page, heading, list->seen, style);
	for (size_t i = 0; i < shown_count(list); i++) {
		const struct cli_kept *kept = &list->items[i];

		cli_page_print(page, "  ");
		cli_page_text(page, kept->folder, width);
		cli_page_pad(page, 2 + width + 2);
		if (kept->uid > 0)
			cli_page_print(page, "UID %-7u", kept->uid);
		if (kept->size > 0)
			cli_page_print(page, "%9s  ", cli_number_octets(kept->size, number));
		if (i > 0 && bytes_equal(kept->text, kept[-1].text))
			cli_page_print(page, "as above");
		else
			cli_page_wrap(page, kept->text, page->column);
		cli_page_end_line(page);
	}
	render_more(page, summary, list->seen - shown_count(list));
}

static void
render_sentences(const struct cli_summary *summary, struct cli_page *page,
    enum pass_item_kind kind, const char *heading, enum cli_style style)
{
	const struct cli_kept_list *list = &summary->report->kept[kind];

	if (list->seen == 0)
		return;
	render_heading(page, heading, list->seen, style);
	for (size_t i = 0; i < shown_count(list); i++) {
		const struct cli_kept *kept = &list->items[i];

		cli_page_print(page, "  ");
		if (kept->folder.size > 0) {
			cli_page_text(page, kept->folder, page->columns / FOLDER_SHARE);
			cli_page_print(page, ": ");
		}
		cli_page_wrap(page, kept->text, 4);
		cli_page_end_line(page);
	}
	render_more(page, summary, list->seen - shown_count(list));
}

void
cli_summary_render_first_fault(const struct cli_summary *summary, struct cli_page *page)
{
	const struct cli_kept_list *list = &summary->report->kept[PASS_ITEM_FAULT];

	if (list->count == 0)
		return;
	cli_page_print(page, "godwit: ");
	if (list->items[0].folder.size > 0) {
		cli_page_text(page, list->items[0].folder, page->columns / FOLDER_SHARE);
		cli_page_print(page, ": ");
	}
	cli_page_wrap(page, list->items[0].text, 4);
	cli_page_end_line(page);
}

/* A dry run exists for this list, so all of it that was kept is shown. */
static void
render_found(const struct cli_summary *summary, struct cli_page *page)
{
	const struct cli_kept_list *list = &summary->report->kept[PASS_ITEM_FOUND];
	unsigned width = page->columns * 2 / 5 - 4;
	char number[2][CLI_NUMBER_SIZE];

	if (list->seen == 0)
		return;
	render_heading(page, "Folders", list->seen, CLI_PLAIN);
	for (size_t i = 0; i < list->count; i++) {
		const struct cli_kept *kept = &list->items[i];
		uint64_t to_copy = kept->counts.copied + pass_totals_left(&kept->counts);

		cli_page_print(page, "  ");
		cli_page_text(page, kept->folder, width);
		cli_page_pad(page, 2 + width);
		cli_page_print(page, page->is_utf8 ? " → " : " > ");
		cli_page_text(page, kept->destination, width);
		cli_page_pad(page, 5 + 2 * width);
		cli_page_print(page, "%6s of %s", cli_number_count(to_copy, number[0]),
		    cli_number_count(kept->counts.source, number[1]));
		if (kept->text.size > 0 && page->columns >= WIDE) {
			cli_page_print(page, ", ");
			cli_page_text(page, kept->text, CLI_PAGE_REST);
		}
		cli_page_end_line(page);
	}
	render_more(page, summary, list->seen - list->count);
}

static void
render_pace(const struct cli_summary *summary, struct cli_page *page)
{
	const struct pass_progress *progress = summary->progress;
	int64_t copy_us = summary->elapsed_us;
	char number[3][CLI_NUMBER_SIZE];

	cli_page_end_line(page);
	cli_page_print(page, "  %s", cli_number_elapsed(summary->elapsed_us, number[0]));
	if (progress->copy_started.us != 0)
		copy_us -= progress->copy_started.us - progress->started.us;
	if (progress->totals.copied > 0 && copy_us >= 1000) {
		uint64_t ms = (uint64_t)copy_us / 1000;

		cli_page_print(page, ", %s messages/s, %s/s while copying",
		    cli_number_count(progress->totals.copied * 1000 / ms, number[1]),
		    cli_number_octets(progress->totals.copied_bytes * 1000 / ms, number[2]));
	}
	cli_page_end_line(page);
}

/* "1 message was", "2 messages were" */
static void
say_count(struct cli_page *page, uint64_t count, const char *one, const char *many)
{
	char number[CLI_NUMBER_SIZE];

	cli_page_print(page, "%s %s", cli_number_count(count, number), count == 1 ? one : many);
}

static uint64_t
present_count(const struct pass_totals *totals)
{
	return totals->copied + totals->adopted + totals->already_there;
}

static void
say_stopped(const struct pass_totals *totals, struct cli_page *page)
{
	char number[2][CLI_NUMBER_SIZE];

	cli_page_print(page,
	    "Not finished: %s of %s messages are at the destination; run it again.",
	    cli_number_count(present_count(totals), number[0]),
	    cli_number_count(totals->source, number[1]));
}

/* Behind a list of what is not there. */
static void
say_else(const struct pass_totals *totals, struct cli_page *page)
{
	uint64_t told = totals->refused + totals->held + totals->in_doubt;

	if (present_count(totals) + told == totals->source)
		cli_page_print(page, "; everything else is at the destination.");
	else
		cli_page_print(
		    page, "; everything else that was wanted is at the destination.");
}

static void
say_doubt(const struct pass_totals *totals, struct cli_page *page)
{
	if (totals->in_doubt > 0)
		say_count(
		    page, totals->in_doubt, "message is in doubt", "messages are in doubt");
	if (totals->in_doubt > 0 && totals->held > 0)
		cli_page_print(page, ", ");
	if (totals->held > 0)
		say_count(page, totals->held, "message is held", "messages are held");
	if (totals->refused > 0) {
		cli_page_print(page, ", ");
		say_count(page, totals->refused, "was refused", "were refused");
	}
	say_else(totals, page);
}

static void
say_repaired(const struct pass_totals *totals, struct cli_page *page)
{
	char number[CLI_NUMBER_SIZE];

	if (totals->repaired > 0)
		cli_page_print(
		    page, ", %s of them repaired", cli_number_count(totals->repaired, number));
}

static void
say_whole(const struct pass_totals *totals, struct cli_page *page)
{
	uint64_t present = present_count(totals);
	char number[CLI_NUMBER_SIZE];

	if (totals->source == 0) {
		cli_page_print(page, "The source holds no messages.");
		return;
	}
	if (present == totals->source && present == 1) {
		cli_page_print(page, "The one message of the source is at the destination%s.",
		    totals->repaired > 0 ? ", repaired" : "");
		return;
	}
	if (present == totals->source) {
		cli_page_print(page, "All %s messages of the source are at the destination",
		    cli_number_count(present, number));
		say_repaired(totals, page);
		cli_page_print(page, ".");
		return;
	}
	say_count(page, present, "message of the source is at the destination",
	    "messages of the source are at the destination");
	say_repaired(totals, page);
	if (totals->excluded > 0) {
		cli_page_print(page, ", ");
		say_count(page, totals->excluded, "was excluded", "were excluded");
	}
	if (totals->deleted_by_owner > 0) {
		cli_page_print(page, ", ");
		say_count(page, totals->deleted_by_owner, "was deleted by its owner",
		    "were deleted by their owner");
	}
	if (totals->gone > 0) {
		cli_page_print(page, ", ");
		say_count(
		    page, totals->gone, "vanished from the source", "vanished from the source");
	}
	cli_page_print(page, ".");
}

static void
say_dry_run(const struct pass_totals *totals, struct cli_page *page)
{
	uint64_t present = totals->adopted + totals->already_there;

	cli_page_print(page, "Nothing was written: ");
	say_count(page, totals->copied + pass_totals_left(totals), "message would be copied",
	    "messages would be copied");
	if (present > 0) {
		cli_page_print(page, ", ");
		say_count(page, present, "is there already", "are there already");
	}
	cli_page_print(page, ".");
}

static enum cli_style
verdict_style(enum cli_status status)
{
	if (status == CLI_STATUS_GREEN)
		return CLI_GREEN;
	return status == CLI_STATUS_REFUSED || status == CLI_STATUS_INTERRUPTED ? CLI_YELLOW
										: CLI_RED;
}

void
cli_summary_render_verdict(const struct cli_summary *summary, struct cli_page *page)
{
	const struct pass_totals *totals = &summary->progress->totals;

	if (summary->is_dry_run && summary->is_stopped) {
		cli_page_print(page, "Nothing was written, and the dry run was not finished.");
	} else if (summary->is_dry_run) {
		say_dry_run(totals, page);
	} else if (summary->is_stopped || pass_totals_left(totals) > 0) {
		say_stopped(totals, page);
	} else if (totals->in_doubt > 0 || totals->held > 0) {
		say_doubt(totals, page);
	} else if (totals->refused > 0) {
		say_count(
		    page, totals->refused, "message was refused", "messages were refused");
		say_else(totals, page);
	} else {
		say_whole(totals, page);
	}
}

static void
render_last_line(const struct cli_summary *summary, struct cli_page *page)
{
	struct buf buf;
	struct cli_page line = {.out = &buf, .columns = CLI_PAGE_REST, .is_utf8 = true};

	buf_init(&buf, VERDICT_SIZE_MAX);
	cli_summary_render_verdict(summary, &line);
	cli_page_end_line(page);
	cli_page_style(page, CLI_BOLD);
	cli_page_style(page, verdict_style(summary->status));
	cli_page_wrap(page, buf_bytes(&buf), 0);
	cli_page_style(page, CLI_PLAIN);
	cli_page_end_line(page);
	buf_fini(&buf);
}

void
cli_summary_render(const struct cli_summary *summary, struct cli_page *page)
{
	cli_page_end_line(page);
	render_totals(summary, page);
	render_found(summary, page);
	render_messages(
	    summary, page, PASS_ITEM_REFUSED, "Refused by the destination", CLI_YELLOW);
	render_messages(
	    summary, page, PASS_ITEM_CHANGED, "Stored otherwise by the destination", CLI_PLAIN);
	render_messages(summary, page, PASS_ITEM_HELD, "Held", CLI_RED);
	render_messages(
	    summary, page, PASS_ITEM_SURPLUS, "Copies too many at the destination", CLI_RED);
	render_messages(summary, page, PASS_ITEM_REPAIRED,
	    "Refused as they were, and taken when repaired", CLI_PLAIN);
	render_messages(
	    summary, page, PASS_ITEM_KEYWORD, "Flags that could not be carried", CLI_PLAIN);
	render_sentences(summary, page, PASS_ITEM_FAULT, "Not finished", CLI_RED);
	render_sentences(summary, page, PASS_ITEM_NOTICE, "To know", CLI_PLAIN);
	render_pace(summary, page);
	render_last_line(summary, page);
}
