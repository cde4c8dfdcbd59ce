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

/* Neither all digits, nor NIL, nor with an octet that belongs to literals and sections. */
static bool
is_word(struct bytes keyword)
{
	bool is_number = true;

	for (size_t i = 0; i < keyword.size; i++) {
		if (bytes_find(BYTES("[]{}~"), keyword.data[i], 0) < 5)
			return false;
		is_number = is_number && keyword.data[i] >= '0' && keyword.data[i] <= '9';
	}
	return !is_number && !bytes_equal(keyword, BYTES("NIL"));
}

static bool
takes_keyword(const struct sync_flag_policy *policy, struct bytes keyword)
{
	if (policy->takes_only_words && !is_word(keyword))
		return false;
	if (policy->takes_no_colon && bytes_find(keyword, ':', 0) < keyword.size)
		return false;
	return policy->takes_new_keywords || flags_has_keyword(policy->keywords, keyword);
}

/* Copies the keywords of `from` into two lists, by whether `policy` takes them. */
static enum status
split(struct bytes from, const struct sync_flag_policy *policy, struct arena *arena,
    struct bytes *in_out, struct bytes *out_out)
{
	uint8_t *in_octets = arena_take(arena, from.size + 1, 1);
	uint8_t *out_octets = in_octets == NULL ? NULL : arena_take(arena, from.size + 1, 1);
	struct bytes in = {0};
	struct bytes out = {0};

	if (out_octets == NULL)
		return arena_status(arena);
	while (from.size > 0) {
		struct bytes keyword = flags_keyword_next(&from);

		if (takes_keyword(policy, keyword))
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

	if (flags.keywords.size > 0 &&
	    (!policy->takes_new_keywords || policy->takes_only_words || policy->takes_no_colon))
		status = split(flags.keywords, policy, arena, &kept.keywords, &dropped);
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
	const struct sync_flag_policy policy = {.keywords = present.keywords};
	struct flags missing = {wanted.system & ~present.system, {0}};
	struct bytes shared;
	enum status status = ST_OK;

	if (wanted.keywords.size > 0)
		status = split(wanted.keywords, &policy, arena, &shared, &missing.keywords);
	if (status == ST_OK)
		*missing_out = missing;
	return status;
}

static void
add_change(char *text, bool changes, const char *change)
{
	size_t at = strlen(text);
	size_t size = strlen(change);

	if (!changes || at + 2 + size >= SYNC_CHANGE_SIZE)
		return;
	if (at > 0) {
		text[at++] = ';';
		text[at++] = ' ';
	}
	memcpy(text + at, change, size + 1);
}

static void
add_octet_changes(char *text, const struct sync_nature *nature, uint32_t traits)
{
	add_change(text, nature->changes_nul && (traits & SYNC_TRAIT_NUL) != 0,
	    "NUL octets became 0x80");
	add_change(text, nature->changes_bare_lf && (traits & SYNC_TRAIT_BARE_LF) != 0,
	    "line ends without CR became CRLF");
	add_change(text,
	    nature->drops_cr_before_crlf &&
		(traits & (SYNC_TRAIT_CR_BEFORE_CRLF | SYNC_TRAIT_ENDS_WITH_CR)) != 0,
	    "a CR before a line end or at the end was dropped");
	add_change(text, nature->drops_bare_cr && (traits & SYNC_TRAIT_BARE_CR) != 0,
	    "CR without LF was removed");
	add_change(text, nature->adds_final_crlf && (traits & SYNC_TRAIT_ENDS_WITHOUT_LF) != 0,
	    "a line end was added at the end");
	add_change(text, nature->changes_header_8bit && (traits & SYNC_TRAIT_HEADER_8BIT) != 0,
	    "8-bit octets in the header became X");
}

struct mail_date
sync_nature_date(const struct sync_nature *nature, struct mail_date date)
{
	if (date.is_known && date.s < 0 && nature->changes_dates_before_1970)
		date.s = nature->changes_date_zero ? 1 : 0;
	return date;
}

bool
sync_nature_change(const struct sync_nature *nature, uint32_t traits, struct mail_date date,
    struct wall now, char text_out[SYNC_CHANGE_SIZE])
{
	text_out[0] = 0;
	add_octet_changes(text_out, nature, traits);
	if (!date.is_known)
		return text_out[0] != 0;
	add_change(text_out, nature->changes_future_dates && date.s > now.s + FUTURE_MAX_S,
	    "its date lies in the future and became the time of copying");
	add_change(text_out, nature->changes_dates_before_1970 && date.s < 0,
	    "its date lies before 1970 and became the beginning of 1970");
	add_change(text_out, nature->changes_date_zero && date.s == 0,
	    "its date is the first second of 1970 and became the time of copying");
	return text_out[0] != 0;
}
