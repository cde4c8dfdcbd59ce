/* SPDX-License-Identifier: Apache-2.0 */
#include "pass/report.h"

uint64_t
pass_totals_left(const struct pass_totals *totals)
{
	uint64_t decided = totals->copied + totals->adopted + totals->already_there +
	    totals->deleted_by_owner + totals->gone + totals->excluded + totals->refused +
	    totals->held + totals->in_doubt;

	return decided < totals->source ? totals->source - decided : 0;
}

void
pass_totals_exclude(struct pass_totals *totals, enum sync_rule rule, uint64_t count)
{
	totals->excluded += count;
	totals->excluded_by[rule] += count;
}

void
pass_totals_add(struct pass_totals *sum, const struct pass_totals *part)
{
	sum->source += part->source;
	sum->copied += part->copied;
	sum->adopted += part->adopted;
	sum->already_there += part->already_there;
	sum->deleted_by_owner += part->deleted_by_owner;
	sum->gone += part->gone;
	for (size_t i = 0; i < SYNC_RULE_COUNT; i++)
		pass_totals_exclude(sum, (enum sync_rule)i, part->excluded_by[i]);
	sum->refused += part->refused;
	sum->held += part->held;
	sum->in_doubt += part->in_doubt;
	sum->copied_bytes += part->copied_bytes;
	sum->changed += part->changed;
	sum->repaired += part->repaired;
	sum->flags_added += part->flags_added;
}
