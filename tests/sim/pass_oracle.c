/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/pass_oracle.h"

#include <stdio.h>

enum {
	TEXT_SIZE = 1024
};

void
oracle_init(struct oracle *oracle, const struct rig *rig)
{
	mail_look(&rig->dst, &oracle->before);
	oracle->src_print = mail_print(&rig->src);
	oracle->open_before = disk_open_messages(&rig->disk);
}

void
oracle_fini(struct oracle *oracle)
{
	mail_picture_fini(&oracle->before);
}

static const char *
judge_finished(const struct oracle *oracle, const struct mail_picture *expected,
    const struct mail_picture *after, const struct rig_outcome *outcome)
{
	const struct pass_totals *totals = &outcome->totals;

	if (outcome->world != ST_OK || outcome->status != ST_OK)
		return "it did not end well";
	if (outcome->is_stored_early)
		return "a message was stored before its intent was durable";
	if (mail_surplus(expected, after) > 0)
		return "the destination lacks messages";
	if (mail_surplus(after, expected) > 0)
		return "the destination has messages too many";
	if (totals->refused != expected->refused ||
	    rig_count_items(outcome, PASS_ITEM_REFUSED) != expected->refused)
		return "what was refused is not what the family refuses";
	if (pass_totals_left(totals) > 0 || totals->in_doubt > 0)
		return "the totals do not add up";
	/* What an earlier pass left in doubt is told as copied when it is found. */
	if (totals->copied < after->count - oracle->before.count ||
	    totals->copied > after->count - oracle->before.count + oracle->open_before)
		return "another number was copied than is told";
	if (outcome->open_messages > 0)
		return "intents are left open";
	if (rig_count_items(outcome, PASS_ITEM_FAULT) > 0)
		return "a fault was told";
	return NULL;
}

const char *
oracle_finished(
    const struct oracle *oracle, const struct rig *rig, const struct rig_outcome *outcome)
{
	struct mail_picture expected;
	struct mail_picture after;
	const char *found;

	mail_expect(rig, &oracle->before, outcome, &expected);
	mail_look(&rig->dst, &after);
	found = judge_finished(oracle, &expected, &after, outcome);
	if (found == NULL && mail_print(&rig->src) != oracle->src_print)
		found = "the source was changed";
	mail_picture_fini(&expected);
	mail_picture_fini(&after);
	return found;
}

/* Whether an octet-exact copy was stored of which no intent says so. */
static bool
has_unintended(const struct oracle *oracle, const struct mail_picture *after, struct disk *disk)
{
	for (size_t i = 0; i < after->count; i++) {
		struct mail_picture one = {.images = &after->images[i], .count = 1};

		if (mail_surplus(&one, &oracle->before) > 0 &&
		    disk_count(disk, &after->images[i].image.body) == 0)
			return true;
	}
	return false;
}

static const char *
judge_stopped(const struct oracle *oracle, struct rig *rig, const struct mail_picture *expected,
    const struct mail_picture *after, const struct rig_outcome *outcome, bool is_abrupt)
{
	const struct pass_totals *totals = &outcome->totals;
	uint64_t stored = after->count - oracle->before.count;
	uint64_t unsure = totals->in_doubt;

	if (is_abrupt)
		unsure += outcome->open_messages;
	if (outcome->world != ST_OK)
		return "it did not end";
	if (outcome->is_stored_early)
		return "a message was stored before its intent was durable";
	if (mail_surplus(after, expected) > 0)
		return "a message is there twice, or one that the source has not";
	if (mail_surplus(&oracle->before, after) > 0)
		return "what was there before is gone";
	if (stored < totals->copied)
		return "less is there than was told as copied";
	if (stored > totals->copied + unsure)
		return "more is there than was told as copied and in doubt";
	if (has_unintended(oracle, after, &rig->disk))
		return "a message was stored without an intent";
	if (totals->copied + totals->adopted + totals->refused + totals->in_doubt >
	    totals->source)
		return "the totals do not add up";
	/* A folder's fault is told, and the pass goes on with the others. */
	if (outcome->status == ST_OK && unsure == 0 && mail_surplus(expected, after) > 0 &&
	    rig_count_items(outcome, PASS_ITEM_FAULT) == 0)
		return "it ended well without all messages";
	if (totals->gone > 0)
		return "messages are told as gone that are still there";
	if (outcome->status != ST_OK && !fault_is_set(&outcome->fault))
		return "it failed without a fault";
	return NULL;
}

const char *
oracle_stopped(const struct oracle *oracle, struct rig *rig, const struct rig_outcome *outcome,
    bool is_abrupt)
{
	struct mail_picture expected;
	struct mail_picture after;
	const char *found;

	mail_expect(rig, &oracle->before, outcome, &expected);
	mail_look(&rig->dst, &after);
	found = judge_stopped(oracle, rig, &expected, &after, outcome, is_abrupt);
	if (found == NULL && mail_print(&rig->src) != oracle->src_print)
		found = "the source was changed";
	mail_picture_fini(&expected);
	mail_picture_fini(&after);
	return found;
}

const char *
oracle_brought(
    const struct oracle *oracle, const struct rig *rig, const struct rig_outcome *outcome)
{
	struct mail_picture expected;
	struct mail_picture after;
	const char *found = NULL;

	mail_expect(rig, &oracle->before, outcome, &expected);
	mail_look(&rig->dst, &after);
	if (mail_surplus(&expected, &after) > 0)
		found = "the destination lacks messages";
	mail_picture_fini(&expected);
	mail_picture_fini(&after);
	return found;
}

unsigned
oracle_tell(
    uint64_t seed, const char *what, const char *complaint, const struct rig_outcome *outcome)
{
	char text[TEXT_SIZE];

	if (complaint == NULL)
		return 0;
	fprintf(stderr, "seed %llu, %s: %s.\n    %s\n    Repeat: make sim SEED=%llu\n",
	    (unsigned long long)seed, what, complaint,
	    rig_describe(outcome, text, sizeof(text)), (unsigned long long)seed);
	return 1;
}
