/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/report/report.h"

#include <errno.h>
#include <string.h>

enum {
	KEPT_BUDGET = 1048576,
	KEPT_TEXT_MAX = 512
};

static void
write_line(struct cli_report *report)
{
	struct bytes line = cli_json_end(&report->json);

	/* stdio keeps the first error of each stream until it is closed. */
	if (report->json_stream != NULL) {
		(void)fwrite(line.data, 1, line.size, report->json_stream);
		(void)fflush(report->json_stream);
	}
	if (report->report_file != NULL)
		(void)fwrite(line.data, 1, line.size, report->report_file);
}

static void
begin(struct cli_report *report, const char *event)
{
	cli_json_begin(&report->json);
	cli_json_text(&report->json, "event", bytes_of_string(event));
}

/* By which rule: only those that left out something. */
static void
add_rules(struct cli_json *json, const struct pass_totals *counts)
{
	static const char *const keys[SYNC_RULE_COUNT] = {
	    [SYNC_RULE_FOLDER] = "excluded_by_folder",
	    [SYNC_RULE_SHARED] = "excluded_by_shared",
	    [SYNC_RULE_VIRTUAL] = "excluded_by_virtual",
	    [SYNC_RULE_DELETED] = "excluded_by_deleted",
	    [SYNC_RULE_SINCE] = "excluded_by_since",
	    [SYNC_RULE_BEFORE] = "excluded_by_before",
	    [SYNC_RULE_SIZE] = "excluded_by_size",
	};

	for (size_t i = 0; i < SYNC_RULE_COUNT; i++) {
		if (counts->excluded_by[i] > 0)
			cli_json_number(json, keys[i], counts->excluded_by[i]);
	}
}

static void
add_counts(struct cli_json *json, const struct pass_totals *counts)
{
	cli_json_number(json, "copied", counts->copied);
	cli_json_number(json, "adopted", counts->adopted);
	cli_json_number(json, "already_there", counts->already_there);
	cli_json_number(json, "deleted_by_owner", counts->deleted_by_owner);
	cli_json_number(json, "gone", counts->gone);
	cli_json_number(json, "excluded", counts->excluded);
	add_rules(json, counts);
	cli_json_number(json, "refused", counts->refused);
	cli_json_number(json, "held", counts->held);
	cli_json_number(json, "in_doubt", counts->in_doubt);
	cli_json_number(json, "bytes", counts->copied_bytes);
	cli_json_number(json, "changed", counts->changed);
	cli_json_number(json, "repaired", counts->repaired);
	cli_json_number(json, "flags_added", counts->flags_added);
}

/* A check tells its folders by itself, but for those that would not be copied. */
static void
write_left_out(struct cli_report *report, const struct pass_item *item)
{
	begin(report, "left_out");
	cli_json_text(&report->json, "source", item->folder);
	cli_json_number(&report->json, "messages", item->counts.source);
	write_line(report);
}

static void
write_folder(struct cli_report *report, const struct pass_item *item)
{
	struct cli_json *json = &report->json;

	if (report->is_check) {
		write_left_out(report, item);
		return;
	}
	begin(report, item->kind == PASS_ITEM_FOLDER ? "folder" : "found");
	cli_json_text(json, "source", item->folder);
	cli_json_text(json, "destination", item->destination);
	if (item->why.size > 0)
		cli_json_text(json, "why", item->why);
	cli_json_number(json, "messages", item->counts.source);
	add_counts(json, &item->counts);
	if (item->text[0] != '\0')
		cli_json_text(json, "text", bytes_of_string(item->text));
	write_line(report);
}

static void
write_message(struct cli_report *report, const struct pass_item *item, const char *event,
    const char *text_key)
{
	struct cli_json *json = &report->json;

	begin(report, event);
	cli_json_text(json, "folder", item->folder);
	cli_json_number(json, "uid", item->uid);
	cli_json_number(json, "size", item->size);
	cli_json_text(json, text_key, bytes_of_string(item->text));
	write_line(report);
}

static void
write_notice(struct cli_report *report, const struct pass_item *item)
{
	begin(report, "notice");
	if (item->folder.size > 0)
		cli_json_text(&report->json, "folder", item->folder);
	cli_json_text(&report->json, "text", bytes_of_string(item->text));
	write_line(report);
}

static void
write_fault(
    struct cli_report *report, struct bytes folder, const struct fault *fault, const char *text)
{
	enum cli_status status = fault == NULL ? CLI_STATUS_PERSON : cli_status_of_fault(fault);

	if (report->worst == CLI_STATUS_GREEN)
		report->worst = status;
	begin(report, "fault");
	cli_json_number(&report->json, "status", (uint64_t)status);
	cli_json_text(&report->json, "folder", folder);
	cli_json_text(&report->json, "text", bytes_of_string(text));
	write_line(report);
}

static void
write_item(struct cli_report *report, const struct pass_item *item)
{
	switch (item->kind) {
	case PASS_ITEM_FOLDER:
	case PASS_ITEM_FOUND:
		write_folder(report, item);
		break;
	case PASS_ITEM_REFUSED:
		write_message(report, item, "refused", "reason");
		break;
	case PASS_ITEM_CHANGED:
		write_message(report, item, "changed", "change");
		break;
	case PASS_ITEM_REPAIRED:
		write_message(report, item, "repaired", "repair");
		break;
	case PASS_ITEM_KEYWORD:
		write_message(report, item, "keyword", "keyword");
		break;
	case PASS_ITEM_HELD:
		write_message(report, item, "held", "reason");
		break;
	case PASS_ITEM_SURPLUS:
		write_message(report, item, "surplus", "reason");
		break;
	case PASS_ITEM_NOTICE:
		write_notice(report, item);
		break;
	case PASS_ITEM_FAULT:
		write_fault(report, item->folder, item->fault, item->text);
		break;
	}
}

/* Cut to what a summary line can show, at a character. */
static bool
keep_text(struct cli_report *report, struct bytes text, struct bytes *kept_out)
{
	text = bytes_first(text, KEPT_TEXT_MAX);
	return bytes_copy(text, &report->arena, kept_out) == ST_OK;
}

static void
keep_item(struct cli_report *report, const struct pass_item *item)
{
	struct cli_kept_list *list = &report->kept[item->kind];
	struct cli_kept kept = {.uid = item->uid, .size = item->size, .counts = item->counts};

	list->seen++;
	if (list->items == NULL)
		list->items = arena_take_array(&report->arena, CLI_KEPT_MAX, sizeof(kept));
	if (list->items == NULL || list->count == CLI_KEPT_MAX)
		return;
	if (!keep_text(report, item->folder, &kept.folder) ||
	    !keep_text(report, item->destination, &kept.destination) ||
	    !keep_text(report, bytes_of_string(item->text), &kept.text))
		return;
	list->items[list->count++] = kept;
}

static void
take_item(struct pass_sink *sink, const struct pass_item *item)
{
	struct cli_report *report = (struct cli_report *)sink;

	write_item(report, item);
	keep_item(report, item);
}

static void
take_trace(struct pass_sink *sink, const char *side, unsigned connection, struct bytes lines)
{
	struct cli_report *report = (struct cli_report *)sink;

	cli_trace_write(&report->trace, report->now(), side, connection, lines);
}

static void
take_octets(
    struct pass_sink *sink, const struct pass_item *item, uint64_t offset, struct bytes octets)
{
	struct cli_report *report = (struct cli_report *)sink;

	cli_refused_add(&report->refused, item, offset, octets);
}

void
cli_report_init(struct cli_report *report)
{
	*report = (struct cli_report){.sink = {.item = take_item}};
	cli_json_init(&report->json);
	cli_refused_init(&report->refused);
	arena_init(&report->arena, KEPT_BUDGET);
}

enum status
cli_report_open(
    struct cli_report *report, const struct cli_report_options *options, struct fault *fault)
{
	enum status status = ST_OK;

	report->json_stream = options->json;
	report->report_path = options->report_path;
	report->now = options->now;
	if (options->report_path != NULL)
		status = cli_trace_open_file(
		    options->report_path, "report", &report->report_file, fault);
	if (status == ST_OK && options->trace_path != NULL) {
		status =
		    cli_trace_open(&report->trace, options->trace_path, options->now(), fault);
		report->sink.trace = take_trace;
	}
	if (status == ST_OK && options->refused_path != NULL) {
		status = cli_refused_open(&report->refused, options->refused_path, fault);
		report->sink.keep = take_octets;
	}
	return status;
}

struct cli_json *
cli_report_begin(struct cli_report *report, const char *event)
{
	begin(report, event);
	return &report->json;
}

void
cli_report_end(struct cli_report *report)
{
	write_line(report);
}

void
cli_report_fault(struct cli_report *report, const struct fault *fault)
{
	write_fault(report, (struct bytes){NULL, 0}, fault, fault->text);
}

void
cli_report_total(struct cli_report *report, const struct cli_report_total *total)
{
	const struct pass_progress *progress = total->progress;
	struct cli_json *json = &report->json;

	begin(report, "total");
	cli_json_number(json, "source", progress->totals.source);
	add_counts(json, &progress->totals);
	cli_json_number(json, "left", pass_totals_left(&progress->totals));
	cli_json_seconds(json, "seconds", total->elapsed_us);
	cli_json_number(json, "waits_source", progress->waits_source);
	cli_json_number(json, "waits_destination", progress->waits_destination);
	cli_json_number(json, "status", (uint64_t)total->status);
	write_line(report);
}

static enum status
close_stream(FILE **stream, const char *path, struct fault *fault)
{
	static const struct fault_kind not_written = {
	    ST_IO, CAUSE_OTHER, FAULT_PROCESS, RETRY_LATER};
	char quoted[FAULT_QUOTE_SIZE];
	bool has_failed;

	if (*stream == NULL)
		return ST_OK;
	has_failed = ferror(*stream) != 0;
	has_failed |= (*stream == stdout ? fflush(*stream) : fclose(*stream)) != 0;
	*stream = NULL;
	if (has_failed)
		return fault_set(fault, not_written, "The report %s is not complete: %s.",
		    fault_quote(bytes_of_string(path), quoted), strerror(errno));
	return ST_OK;
}

enum status
cli_report_close(struct cli_report *report, struct fault *fault)
{
	enum status status = close_stream(&report->json_stream, "on standard output", fault);
	enum status next = close_stream(&report->report_file, report->report_path, fault);

	if (status == ST_OK)
		status = next;
	next = cli_trace_close(&report->trace, fault);
	if (status == ST_OK)
		status = next;
	next = cli_refused_close(&report->refused, fault);
	return status == ST_OK ? next : status;
}

void
cli_report_fini(struct cli_report *report)
{
	(void)!cli_report_close(report, NULL);
	cli_json_fini(&report->json);
	arena_fini(&report->arena);
	*report = (struct cli_report){.refused = {.dir = -1}};
}
