/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/choice.h"

bool
sync_choice_needs_size(const struct sync_choice *choice)
{
	return choice->size_max != 0 || choice->append_max != 0;
}

bool
sync_choice_needs_date(const struct sync_choice *choice)
{
	return choice->has_since || choice->has_before;
}

bool
sync_choice_is_set(const struct sync_choice *choice)
{
	return choice->skips_deleted || sync_choice_needs_date(choice) ||
	    sync_choice_needs_size(choice);
}

static enum sync_verdict
exclude(enum sync_rule rule, enum sync_rule *rule_out)
{
	*rule_out = rule;
	return SYNC_EXCLUDED;
}

enum sync_verdict
sync_choice_decide_size(
    const struct sync_choice *choice, uint64_t size, enum sync_rule *rule_out)
{
	if (choice->size_max != 0 && size > choice->size_max)
		return exclude(SYNC_RULE_SIZE, rule_out);
	if (choice->append_max != 0 && size > choice->append_max)
		return SYNC_TOO_LARGE;
	return SYNC_TAKEN;
}

enum sync_verdict
sync_choice_decide(
    const struct sync_choice *choice, const struct message *message, enum sync_rule *rule_out)
{
	const struct mail_date *date = &message->date;

	if (choice->skips_deleted && (message->flags.system & FLAG_DELETED) != 0)
		return exclude(SYNC_RULE_DELETED, rule_out);
	if (choice->has_since && date->is_known && date->s < choice->since_s)
		return exclude(SYNC_RULE_SINCE, rule_out);
	if (choice->has_before && date->is_known && date->s >= choice->before_s)
		return exclude(SYNC_RULE_BEFORE, rule_out);
	return sync_choice_decide_size(choice, message->size, rule_out);
}
