/* SPDX-License-Identifier: Apache-2.0
 *
 * What the families of the two servers are known to do that no program can mend. The rows are
 * of the table of quirks; here are the sentences.
 */
#include "pass/nature.h"

#include "pass/private.h"
#include "pass/tell.h"

static const struct {
	enum imap_quirk quirk;
	bool of_src;
	bool of_dst;
	const char *text;
} natures[] = {
    {IMAP_QUIRK_HIDES_OLD_MAIL, true, false,
	"can be set to show only the newest messages of a folder by IMAP; look into its "
	"settings that no such limit is on."},
    {IMAP_QUIRK_HIDES_SLASHED_NAMES, true, false,
	"does not list folders with / in their names; rename them there, or they are missing."},
    {IMAP_QUIRK_HIDES_SOME_MAIL, true, false,
	"does not show all messages by IMAP; compare the counts with its own program."},
    {IMAP_QUIRK_DAILY_CEILING, true, true,
	"lets some 2,500 MB out and 500 MB in a day; what is left goes on with the same "
	"command on another day."},
    {IMAP_QUIRK_WRITES_ANEW, false, true,
	"writes messages anew, so that a later run may not recognise them and copy them "
	"again."},
    {IMAP_QUIRK_SENDS_RECEIPTS, false, true,
	"may send read receipts for old mail when it is read or deleted; tell the owners."},
};

static void
tell_natures(struct pass *pass, const struct endpoint *endpoint, bool is_src)
{
	const char *side = is_src ? pass->src.account->side : pass->dst.account->side;

	for (size_t i = 0; i < sizeof(natures) / sizeof(natures[0]); i++) {
		if ((is_src ? natures[i].of_src : natures[i].of_dst) &&
		    endpoint_has_quirk(endpoint, natures[i].quirk))
			pass_tell_notice(pass, "The %s (%s) %s", side,
			    imap_family_name(endpoint_family(endpoint)), natures[i].text);
	}
}

void
pass_tell_natures(struct pass *pass)
{
	tell_natures(pass, pass->workers[0].src, true);
	tell_natures(pass, pass->workers[0].dst, false);
}

static bool
is_frail(struct pass *pass, const struct endpoint *endpoint, const struct account *account)
{
	if (!endpoint_has_quirk(endpoint, IMAP_QUIRK_ONE_CONNECTION))
		return false;
	pass_tell_notice(pass,
	    "The %s (%s) fails under several connections at once, so one is used.",
	    account->side, imap_family_name(endpoint_family(endpoint)));
	return true;
}

bool
pass_breaks_under_load(struct pass *pass)
{
	bool is_src_frail = is_frail(pass, pass->workers[0].src, pass->src.account);

	return is_frail(pass, pass->workers[0].dst, pass->dst.account) || is_src_frail;
}
