/* SPDX-License-Identifier: Apache-2.0
 *
 * The words behind "set": how a script bends a profile.
 */
#include <string.h>

#include "modelserver/script.h"

struct switch_name {
	const char *name;
	size_t offset; /* of a bool in the profile */
};

static const struct switch_name switches[] = {
    {"greets-with-capabilities", offsetof(struct model_profile, greets_with_capabilities)},
    {"login-tells-in-ok", offsetof(struct model_profile, login_tells_in_ok)},
    {"login-tells-untagged", offsetof(struct model_profile, login_tells_untagged)},
    {"login-drops-input", offsetof(struct model_profile, login_drops_input)},
    {"shows-utc", offsetof(struct model_profile, shows_utc)},
    {"select-gives-uidnext", offsetof(struct model_profile, select_gives_uidnext)},
    {"says-throttled", offsetof(struct model_profile, says_throttled)},
    {"merges-equal", offsetof(struct model_profile, merges_equal)},
    {"refuses-with-bad", offsetof(struct model_profile, refuses_with_bad)},
};

static enum status
set_capability(struct bytes word, bool is_added, struct model_profile *profile)
{
	uint32_t bit = model_capability_of_name(word);

	if (bit == 0)
		return ST_SYNTAX;
	if (is_added) {
		profile->before_login |= bit;
		profile->after_login |= bit;
		profile->hidden &= ~bit;
	} else {
		profile->hidden |= bit;
	}
	return ST_OK;
}

/* refuse WHAT "WORDS OF REFUSAL" [size or text] */
static enum status
set_refusal(const struct bytes *words, size_t count, struct model_profile *profile)
{
	enum model_refusal what = model_refusal_of_name(words[0]);

	if (what == MODEL_REFUSAL_COUNT || count < 2)
		return ST_SYNTAX;
	if (what == MODEL_REFUSE_SIZE &&
	    (count != 3 || bytes_number(words[2], INT64_MAX, &profile->refuse_size) != ST_OK))
		return ST_SYNTAX;
	if (what == MODEL_REFUSE_TEXT) {
		if (count != 3 || words[2].size == 0)
			return ST_SYNTAX;
		profile->refuse_text = words[2];
	}
	profile->refusals[what] = words[1];
	return ST_OK;
}

static enum status
set_flag(struct bytes name, struct bytes value, struct model_profile *profile)
{
	bool is_on = model_word_is(value, "on");

	if (!is_on && !model_word_is(value, "off"))
		return ST_SYNTAX;
	for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]); i++) {
		if (model_word_is(name, switches[i].name)) {
			memcpy((char *)profile + switches[i].offset, &is_on, sizeof(is_on));
			return ST_OK;
		}
	}
	return ST_SYNTAX;
}

static enum status
set_word(struct bytes name, struct bytes value, struct model_profile *profile)
{
	enum model_refusal refusal;

	if (model_word_is(name, "with") || model_word_is(name, "without"))
		return set_capability(value, model_word_is(name, "with"), profile);
	if (model_word_is(name, "accept")) {
		refusal = model_refusal_of_name(value);
		if (refusal == MODEL_REFUSAL_COUNT)
			return ST_SYNTAX;
		profile->refusals[refusal] = (struct bytes){NULL, 0};
		return ST_OK;
	}
	if (model_word_is(name, "rewrite") || model_word_is(name, "keep")) {
		uint32_t bit = model_rewrite_of_name(value);

		profile->rewrites = model_word_is(name, "rewrite") ? profile->rewrites | bit
								   : profile->rewrites & ~bit;
		return bit == 0 ? ST_SYNTAX : ST_OK;
	}
	if (model_word_is(name, "commit-at")) {
		profile->commits_at_literal_end = model_word_is(value, "literal-end");
		return profile->commits_at_literal_end || model_word_is(value, "crlf")
		    ? ST_OK
		    : ST_SYNTAX;
	}
	if (model_word_is(name, "bad-literal")) {
		bool runs = model_word_is(value, "run");

		profile->bad_literal =
		    runs ? MODEL_BAD_RUNS_LITERAL : MODEL_BAD_SWALLOWS_LITERAL;
		return runs || model_word_is(value, "swallow") ? ST_OK : ST_SYNTAX;
	}
	return set_flag(name, value, profile);
}

enum status
model_script_set(const struct bytes *words, size_t count, struct model_profile *profile)
{
	if (count >= 3 && model_word_is(words[0], "refuse"))
		return set_refusal(words + 1, count - 1, profile);
	if (count != 2)
		return ST_SYNTAX;
	return set_word(words[0], words[1], profile);
}
