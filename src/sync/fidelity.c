/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/fidelity.h"

#include <string.h>

#include "sync/copy.h"

enum {
	FUTURE_MAX_S = 2 * 3600
};

/* Appends `keyword` to a list that has room for it. */
static void
list_add(struct bytes *list, uint8_t *octets, struct bytes keyword)
{
	size_t at = list->size;

	if (at > 0)
		octets[at++] = ' ';
	memcpy(octets + at, keyword.data, keyword.size);
	*list = (struct bytes){octets, at + keyword.size};
}

/* Copies the keywords of `from` into two lists, by whether `among` has them. */
static enum status
split(struct bytes from, struct bytes among, struct arena *arena, struct bytes *in_out,
    struct bytes *out_out)
{
	uint8_t *in_octets = arena_take(arena, from.size + 1, 1);
	uint8_t *out_octets = in_octets == NULL ? NULL : arena_take(arena, from.size + 1, 1);
	struct bytes in = {0};
	struct bytes out = {0};

	if (out_octets == NULL)
		return arena_status(arena);
	while (from.size > 0) {
		struct bytes keyword = flags_keyword_next(&from);

		if (flags_has_keyword(among, keyword))
			list_add(&in, in_octets, keyword);
		else
			list_add(&out, out_octets, keyword);
	}
	*in_out = in;
	*out_out = out;
	return ST_OK;
}

enum status
sync_flags_filter(const struct sync_flag_policy *policy, struct flags flags,
    struct arena *arena, struct flags *kept_out, struct bytes *dropped_out)
{
	struct flags kept = {flags.system & policy->system, flags.keywords};
	struct bytes dropped = {0};
	enum status status = ST_OK;

	if (flags.keywords.size > 0 && !policy->takes_new_keywords)
		status =
		    split(flags.keywords, policy->keywords, arena, &kept.keywords, &dropped);
	if (status != ST_OK)
		return status;
	*kept_out = kept;
	*dropped_out = dropped;
	return ST_OK;
}

enum status
sync_flags_missing(
    struct flags wanted, struct flags present, struct arena *arena, struct flags *missing_out)
{
	struct flags missing = {wanted.system & ~present.system, {0}};
	struct bytes shared;
	enum status status = ST_OK;

	if (wanted.keywords.size > 0)
		status =
		    split(wanted.keywords, present.keywords, arena, &shared, &missing.keywords);
	if (status == ST_OK)
		*missing_out = missing;
	return status;
}

const char *
sync_nature_change(
    const struct sync_nature *nature, uint32_t traits, struct mail_date date, struct wall now)
{
	if (nature->changes_nul && (traits & SYNC_TRAIT_NUL) != 0)
		return "NUL octets became 0x80";
	if (nature->changes_bare_lf && (traits & SYNC_TRAIT_BARE_LF) != 0)
		return "line ends without CR became CRLF";
	if (nature->drops_cr_before_crlf &&
	    (traits & (SYNC_TRAIT_CR_BEFORE_CRLF | SYNC_TRAIT_ENDS_WITH_CR)) != 0)
		return "a CR before a line end or at the end was dropped";
	if (!date.is_known)
		return NULL;
	if (nature->changes_future_dates && date.s > now.s + FUTURE_MAX_S)
		return "its date lies in the future and became the time of copying";
	if (nature->changes_dates_before_1970 && date.s < 0)
		return "its date lies before 1970 and cannot be kept";
	return NULL;
}
