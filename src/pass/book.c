/* SPDX-License-Identifier: Apache-2.0
 *
 * The ledger's side of a pass: claiming two accounts, and the books of their folders.
 */
#include "pass/book.h"

#include "pass/tell.h"

static enum status
fail(struct fault *fault, enum status status, const char *doing)
{
	return fault_set(fault,
	    (struct fault_kind){status, CAUSE_LEDGER, FAULT_MAILBOX, RETRY_LATER},
	    "The ledger could not %s (%s).", doing, status_name(status));
}

/* Claiming -------------------------------------------------------------------------------- */

static enum status
complain_busy(const struct account *account, struct fault *fault)
{
	return fault_set(fault,
	    (struct fault_kind){ST_CONFLICT, CAUSE_BUSY, FAULT_MAILBOX, RETRY_LATER},
	    "Another run is bringing mail to %s at %s; only one may at a time.", account->user,
	    account->host);
}

enum status
pass_lock(struct pass *pass, struct fault *fault)
{
	const struct account *account = pass->dst.account;
	enum status status = sync_ledger_lock(
	    pass->ledger, bytes_of_string(account->host), bytes_of_string(account->user));

	if (status == ST_CONFLICT)
		return complain_busy(account, fault);
	return status == ST_OK ? ST_OK : fail(fault, status, "be locked");
}

static enum status
make_claim(struct pass *pass, const struct pass_side *side, struct sync_claim_side *claim_out)
{
	const struct listing *listing = &side->listing;
	struct sync_claim_folder *folders = NULL;

	if (listing->folder_count > 0) {
		folders =
		    arena_take_array(&pass->arena, listing->folder_count, sizeof(*folders));
		if (folders == NULL)
			return arena_status(&pass->arena);
	}
	for (size_t i = 0; i < listing->folder_count; i++) {
		const struct folder *folder = &listing->folders[i];

		folders[i] = (struct sync_claim_folder){
		    .raw = folder->raw,
		    .uidvalidity = folder->has_status ? folder->uidvalidity : 0,
		};
	}
	*claim_out = (struct sync_claim_side){
	    .host = bytes_of_string(side->account->host),
	    .login = bytes_of_string(side->account->user),
	    .folders = folders,
	    .folder_count = listing->folder_count,
	};
	return ST_OK;
}

enum status
pass_claim(struct pass *pass, struct fault *fault)
{
	struct sync_claim claim = {.is_older = pass->options->is_ledger_older};
	enum sync_claim_kind kind;
	enum status status = make_claim(pass, &pass->src, &claim.src);

	if (status == ST_OK)
		status = make_claim(pass, &pass->dst, &claim.dst);
	if (status == ST_OK)
		status = sync_ledger_claim(pass->ledger, &claim, &kind);
	if (status == ST_CONFLICT)
		return complain_busy(pass->dst.account, fault);
	if (status == ST_LIMIT)
		return fault_set(fault,
		    (struct fault_kind){ST_LIMIT, CAUSE_LEDGER, FAULT_MAILBOX, RETRY_NEVER},
		    "A newer godwit wrote what the ledger holds of these mailboxes; use that "
		    "one, or another --state.");
	if (status != ST_OK)
		return fail(fault, status, "be read");
	if (kind == SYNC_CLAIM_REANCHORED)
		pass_tell_notice(pass,
		    "The ledger knows these two accounts with other folders (their UIDVALIDITY "
		    "differs): what it held of them is void, and all mail is compared again.");
	return ST_OK;
}

/* Folders ---------------------------------------------------------------------------------- */

bool
pass_book_is_known(const struct pass *pass, const struct pass_folder *folder)
{
	return folder->book != NULL ||
	    sync_ledger_knows(pass->ledger, folder->map.src->raw, folder->dst_raw);
}

enum status
pass_book_open(struct pass *pass, struct pass_folder *folder)
{
	const struct sync_book_key key = {
	    .src_raw = folder->map.src->raw,
	    .dst_raw = folder->dst_raw,
	    .src_uidvalidity = folder->src_uidvalidity,
	    .dst_uidvalidity = folder->dst_uidvalidity,
	};

	return folder->book != NULL ? ST_OK
				    : sync_ledger_open(pass->ledger, &key, &folder->book);
}

void
pass_book_leave(struct pass_folder *folder, struct uid uid)
{
	if (folder->left.range_count_max == 0)
		range_set_init(&folder->left, SIZE_MAX);
	if (range_set_add(&folder->left, uid.number, uid.number) != ST_OK)
		folder->has_unknown_left = true;
}

/* How far the folder was gone through, where that is known. What rules left out may be wanted
 * by the next run, and nobody has noted which they were. A pass that was told to finish has
 * closed folders in the middle. */
static enum status
note_end(const struct pass *pass, struct pass_folder *folder)
{
	bool is_known = folder->is_closed && folder->src_uidnext != 0 && !pass->is_finishing &&
	    !folder->has_unknown_left && folder->totals.excluded == 0 &&
	    pass_totals_left(&folder->totals) == 0;

	if (!is_known || !sync_book_is_compared(folder->book))
		return ST_OK;
	return sync_book_set_gone_through(folder->book, folder->src_uidnext, &folder->left);
}

/* A folder from which nothing had to be brought is known from now on, too. */
static enum status
note_empty(struct pass *pass, struct pass_folder *folder)
{
	enum status status;

	if (folder->book != NULL || !folder->is_closed || !folder->is_ready ||
	    folder->totals.source > 0)
		return ST_OK;
	status = pass_book_open(pass, folder);
	return status == ST_OK ? sync_book_set_compared(folder->book) : status;
}

enum status
pass_books_close(struct pass *pass, struct fault *fault)
{
	enum status first = ST_OK;

	for (size_t i = 0; i < pass->folder_count; i++) {
		struct pass_folder *folder = &pass->folders[i];
		enum status status;

		status = note_empty(pass, folder);
		if (first == ST_OK)
			first = status;
		if (folder->book == NULL)
			continue;
		status = note_end(pass, folder);
		if (first == ST_OK)
			first = status;
		status = sync_book_close(&folder->book);
		if (first == ST_OK)
			first = status;
	}
	return first == ST_OK ? ST_OK : fail(fault, first, "be written");
}
