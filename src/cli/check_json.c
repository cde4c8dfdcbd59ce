/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/check_json.h"

#include "cli/check_page.h"
#include "cli/report/json.h"
#include "cli/report/report.h"

static const char *const trusts[] = {
    [PASS_TRUST_NONE] = "none",
    [PASS_TRUST_SYSTEM] = "system",
    [PASS_TRUST_FILE] = "file",
    [PASS_TRUST_PIN] = "pin",
};

static void
add_string(struct cli_json *json, const char *key, const char *text)
{
	if (text != NULL)
		cli_json_text(json, key, bytes_of_string(text));
}

static void
write_profile(struct cli_report *report, const char *name, const struct pass_check_side *side)
{
	struct cli_json *json;

	if (side->host == NULL)
		return;
	json = cli_report_begin(report, "profile");
	add_string(json, "side", name);
	add_string(json, "host", side->host);
	cli_json_number(json, "port", side->port);
	add_string(json, "user", side->user);
	cli_json_text(json, "security", side->security);
	add_string(json, "trust", trusts[side->trust]);
	cli_json_bool(json, "allows_old_tls", side->allows_old_tls);
	add_string(json, "login", side->login);
	add_string(json, "family", side->family);
	cli_json_text(json, "software", side->software);
	cli_json_text(json, "version", side->version);
	cli_json_text(json, "capabilities", side->capabilities);
	cli_json_text(json, "quirks", side->quirks);
	add_string(json, "append_mode", side->append_mode);
	add_string(json, "search_mode", side->search_mode);
	add_string(json, "delimiter", side->delimiter);
	cli_json_text(json, "forbidden", side->forbidden);
	cli_json_number(json, "append_limit", side->append_limit);
	cli_json_number(json, "name_max", side->name_max);
	cli_json_number(json, "part_max", side->part_max);
	cli_json_number(json, "depth_max", side->depth_max);
	cli_json_number(json, "unanswered_max", side->unanswered_max);
	cli_json_number(json, "folders", side->folders);
	cli_json_number(json, "round_trip_us", (uint64_t)side->round_trip_us);
	cli_report_end(report);
}

static void
add_counts(struct cli_json *json, const struct pass_check_folder *row)
{
	cli_json_number(json, "messages", row->messages);
	cli_json_number(json, "bytes", row->bytes);
	cli_json_number(json, "largest", row->largest);
	cli_json_number(json, "there", row->there);
	cli_json_number(json, "skipped", row->skipped);
	cli_json_number(json, "to_copy", row->to_copy);
	cli_json_number(json, "to_copy_bytes", row->to_copy_bytes);
	cli_json_number(json, "too_big", row->too_big);
	cli_json_number(json, "losing_flags", row->losing);
	cli_json_number(json, "changed_dates", row->changed_dates);
}

static void
write_folder(struct cli_report *report, const struct pass_check_folder *row, bool has_dst)
{
	struct cli_json *json = cli_report_begin(report, "folder");

	cli_json_text(json, "source", row->source);
	if (has_dst) {
		cli_json_text(json, "destination", row->destination);
		cli_json_bool(json, "is_new", row->is_new);
	}
	if (row->why.size > 0)
		cli_json_text(json, "why", row->why);
	add_counts(json, row);
	if (row->append_limit > 0)
		cli_json_number(json, "append_limit", row->append_limit);
	if (row->lost_flags.size > 0)
		cli_json_text(json, "lost_flags", row->lost_flags);
	if (row->rights.size > 0)
		cli_json_text(json, "rights", row->rights);
	add_string(json, "refusal", row->refusal);
	add_string(json, "unread", row->unread);
	cli_report_end(report);
}

static void
write_quota(struct cli_report *report, const struct pass_check_quota *quota)
{
	struct cli_json *json = cli_report_begin(report, "quota");

	cli_json_text(json, "root", quota->root);
	if (quota->has_storage) {
		cli_json_number(json, "used_bytes", quota->used_bytes);
		cli_json_number(json, "limit_bytes", quota->limit_bytes);
	}
	if (quota->has_messages) {
		cli_json_number(json, "used_messages", quota->used_messages);
		cli_json_number(json, "limit_messages", quota->limit_messages);
	}
	cli_json_number(json, "needed_bytes", quota->needed_bytes);
	cli_json_number(json, "needed_messages", quota->needed_messages);
	cli_json_bool(json, "is_short", pass_check_quota_is_short(quota));
	cli_report_end(report);
}

static void
write_total(const struct cli_check_view *view, struct cli_report *report)
{
	const struct pass_check *result = view->result;
	struct cli_json *json = cli_report_begin(report, "check");

	cli_json_number(json, "folders", result->folder_count);
	cli_json_number(json, "new_folders", result->new_folders);
	add_counts(json, &result->total);
	cli_json_number(json, "refused", result->refused);
	cli_json_number(json, "refused_folders", result->refused_folders);
	if (result->has_destination && !view->is_stopped) {
		cli_json_seconds(json, "seconds_low", result->estimate.low_us);
		cli_json_seconds(json, "seconds_high", result->estimate.high_us);
		add_string(json, "bound", pass_bound_text(result->estimate.bound));
		add_string(json, "pace", pass_pace_name(result->facts.pace));
	}
	if (result->facts.src_bytes_per_s > 0)
		cli_json_number(json, "source_bytes_per_s", result->facts.src_bytes_per_s);
	cli_json_number(json, "status", (uint64_t)view->status);
	cli_report_end(report);
}

void
cli_check_write(const struct cli_check_view *view, struct cli_report *report)
{
	const struct pass_check *result = view->result;

	write_profile(report, "source", &result->src);
	write_profile(report, "destination", &result->dst);
	for (size_t i = 0; i < result->folder_count && !view->is_stopped; i++)
		write_folder(report, &result->folders[i], result->has_destination);
	for (size_t i = 0; i < result->quota_count; i++)
		write_quota(report, &result->quotas[i]);
	for (size_t i = 0; i < result->change_count; i++) {
		struct cli_json *json = cli_report_begin(report, "change");

		add_string(json, "text", result->changes[i]);
		cli_report_end(report);
	}
	write_total(view, report);
}
