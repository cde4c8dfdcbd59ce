/* SPDX-License-Identifier: Apache-2.0
 *
 * What must be true of a pass whatever its servers do.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/report/status.h"
#include "sim/triple.h"

enum {
	/* Of all that the pass takes on its fibers, with three pairs of connections. */
	MEMORY_MAX = 24 << 20
};

unsigned
triple_status(const struct rig_outcome *outcome)
{
	const struct rig_item *item = outcome->items;
	enum cli_status status = cli_status_of_fault(&outcome->fault);

	for (; item != NULL && status == CLI_STATUS_GREEN; item = item->next)
		status = cli_status_of_fault(&item->fault);
	if (status == CLI_STATUS_GREEN)
		status = cli_status_of_totals(&outcome->totals);
	if ((status == CLI_STATUS_GREEN || status == CLI_STATUS_REFUSED) &&
	    (pass_totals_left(&outcome->totals) > 0 || outcome->totals.in_doubt > 0))
		status = CLI_STATUS_PERSON;
	return status;
}

/* --- What is said. --- */

static const char *
judge_words(const struct triple *triple, const struct rig_outcome *outcome)
{
	if (outcome->world != ST_OK)
		return "it did not end by itself";
	if (outcome->took_us > triple->took_max_us)
		return "it took longer than the documented deadlines allow";
	if (outcome->memory_peak > MEMORY_MAX)
		return "it took too much memory";
	if (outcome->tells_password)
		return "the password shows";
	if (outcome->tells_controls)
		return "control octets show";
	if ((triple->ends >> triple_status(outcome) & 1) == 0)
		return "this exit status is not documented for what happened";
	if (outcome->status != ST_OK && !fault_is_set(&outcome->fault))
		return "it failed without a fault";
	return NULL;
}

static const char *
judge_totals(const struct triple *triple, const struct rig_outcome *outcome)
{
	const struct pass_totals *totals = &outcome->totals;
	uint64_t decided = totals->copied + totals->adopted + totals->gone + totals->refused +
	    totals->in_doubt + totals->held + totals->excluded;
	unsigned status = triple_status(outcome);

	if (decided > totals->source)
		return "the totals do not add up";
	if ((status == CLI_STATUS_GREEN || status == CLI_STATUS_REFUSED) &&
	    decided < totals->source)
		return "messages are left without a word";
	if (totals->refused != rig_count_items(outcome, PASS_ITEM_REFUSED))
		return "not all that was refused is listed";
	if (totals->gone > 0 && (triple->bends & TRIPLE_REMOVES) == 0)
		return "messages are told as gone that are still there";
	if (status == CLI_STATUS_GREEN && totals->refused + totals->in_doubt + totals->held > 0)
		return "it is called green and is not";
	return NULL;
}

/* --- What was said to the servers. --- */

static bool
is_one_of(const char *name, const char *const *names)
{
	while (*names != NULL && strcmp(*names, name) != 0)
		names++;
	return *names != NULL;
}

static const char *
judge_journals(const struct triple *triple)
{
	static const char *const reading[] = {"CAPABILITY", "STARTTLS", "LOGIN", "AUTHENTICATE",
	    "ID", "ENABLE", "NAMESPACE", "LIST", "LSUB", "STATUS", "EXAMINE", "UID-FETCH",
	    "UID-SEARCH", "NOOP", "UNSELECT", "CLOSE", "LOGOUT", "SELECT", "login-ok",
	    "login-failed", NULL};
	static const char *const writing[] = {
	    "CREATE", "SUBSCRIBE", "APPEND", "UID-STORE", "stored", NULL};
	const struct rig_side *sides[] = {&triple->rig.src, &triple->rig.dst};

	for (size_t i = 0; i < 2; i++) {
		const struct model_journal *journal = &sides[i]->store->journal;

		for (size_t k = 0; k < journal->count; k++) {
			const char *name = journal->notes[k].name;

			if (is_one_of(name, reading) || (i == 1 && is_one_of(name, writing)))
				continue;
			if (strcmp(name, "bad") != 0)
				return i == 0 ? "the source was told what does not only read"
					      : "message text became a command";
			if ((triple->bends & TRIPLE_BAD) == 0)
				return "a server was told what it does not understand";
		}
	}
	return NULL;
}

/* --- What is there. --- */

static int
compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct mail_image));
}

/* Takes out of a picture what cannot be compared. */
static void
blur(struct mail_picture *picture, unsigned bends)
{
	for (size_t i = 0; i < picture->count; i++) {
		struct mail_image *image = &picture->images[i];

		if ((bends & TRIPLE_NAMES) != 0)
			image->folder = 0;
		if ((bends & TRIPLE_TEXTS) != 0)
			memset(&image->image.body, 0, sizeof(image->image.body));
		if ((bends & (TRIPLE_FLAGS | TRIPLE_TEXTS)) != 0) {
			image->image.keywords = 0;
			image->image.instant = 0;
			image->image.system = 0;
		}
	}
	if (picture->count > 0)
		qsort(picture->images, picture->count, sizeof(picture->images[0]), compare);
}

/* Keeps one of each: then another one of the same is no surplus. */
static void
make_set(struct mail_picture *picture)
{
	size_t count = 0;

	for (size_t i = 0; i < picture->count; i++) {
		if (count == 0 ||
		    compare(&picture->images[count - 1], &picture->images[i]) != 0)
			picture->images[count++] = picture->images[i];
	}
	picture->count = count;
}

struct sight {
	struct mail_picture before;
	struct mail_picture expected;
	struct mail_picture after;
};

static void
look(const struct triple *triple, const struct rig_outcome *outcome, struct sight *sight_out)
{
	unsigned bends = triple->bends;

	mail_look(&triple->before.dst, &sight_out->before);
	mail_expect(&triple->before, &triple->dst_before, outcome, &sight_out->expected);
	mail_look(&triple->rig.dst, &sight_out->after);
	/* A message that was refused goes once more without its keywords, and that is told;
	 * unless its second answer is lost. */
	if (rig_count_items(outcome, PASS_ITEM_KEYWORD) > 0 || (bends & TRIPLE_REFUSES) != 0)
		bends |= TRIPLE_FLAGS;
	blur(&sight_out->before, bends);
	blur(&sight_out->expected, bends);
	blur(&sight_out->after, bends);
}

static void
look_away(struct sight *sight)
{
	mail_picture_fini(&sight->before);
	mail_picture_fini(&sight->expected);
	mail_picture_fini(&sight->after);
}

static const char *
judge_store(const struct triple *triple, const struct rig_outcome *outcome, struct sight *sight)
{
	const struct pass_totals *totals = &outcome->totals;
	uint64_t stored = sight->after.count - sight->before.count;
	unsigned status = triple_status(outcome);
	uint64_t absent;

	if (mail_surplus(&sight->before, &sight->after) > 0)
		return "what was there before is gone";
	if (stored < totals->copied && (triple->bends & TRIPLE_LOSES) == 0)
		return "less is there than was told as copied";
	if (stored > totals->copied + totals->in_doubt && (triple->bends & TRIPLE_DOUBLES) == 0)
		return "more is there than was told as copied and in doubt";
	absent = mail_surplus(&sight->expected, &sight->after);
	if ((status == CLI_STATUS_GREEN || status == CLI_STATUS_REFUSED) &&
	    absent > totals->refused + totals->gone &&
	    (triple->bends & (TRIPLE_LOSES | TRIPLE_TEXTS | TRIPLE_REMOVES)) == 0)
		return "messages are missing of which nothing was said";
	if ((triple->bends & TRIPLE_DOUBLES) != 0) {
		make_set(&sight->after);
		make_set(&sight->expected);
	}
	if (mail_surplus(&sight->after, &sight->expected) > 0)
		return "a message is there twice, or one that the source has not";
	return NULL;
}

const char *
triple_judge(const struct triple *triple, const struct rig_outcome *outcome)
{
	const char *found = judge_words(triple, outcome);
	struct sight sight;

	if (found == NULL)
		found = judge_totals(triple, outcome);
	if (found == NULL)
		found = judge_journals(triple);
	if (found == NULL && outcome->is_stored_early && (triple->bends & TRIPLE_HURRIES) == 0)
		found = "a message was stored before its intent was durable";
	if (found == NULL && (triple->bends & (TRIPLE_CHANGES | TRIPLE_REMOVES)) == 0 &&
	    mail_print(&triple->rig.src) != triple->src_print)
		found = "the source was changed";
	if (found != NULL)
		return found;
	look(triple, outcome, &sight);
	found = judge_store(triple, outcome, &sight);
	look_away(&sight);
	return found;
}

const char *
triple_judge_again(const struct triple *triple, const struct rig_outcome *outcome)
{
	const char *found = NULL;
	struct sight sight;

	if (outcome->world != ST_OK || outcome->status != ST_OK ||
	    rig_count_items(outcome, PASS_ITEM_FAULT) > 0)
		return "the second pass did not end well";
	look(triple, outcome, &sight);
	if (outcome->totals.refused != sight.expected.refused)
		found = "the second pass was refused something else than the family refuses";
	else if (mail_surplus(&sight.expected, &sight.after) > 0)
		found = "after the second pass messages are missing";
	else if (mail_surplus(&sight.after, &sight.expected) > 0)
		found = "after the second pass messages are there twice";
	look_away(&sight);
	return found;
}
