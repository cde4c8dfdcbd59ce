/* SPDX-License-Identifier: Apache-2.0
 *
 * What the pass tells: totals that add up, and one item for everything a person must know.
 */
#include "pass/private.h"

#include <stdarg.h>
#include <stdio.h>

#include "net/world.h"
#include "sync/copy.h"

enum {
	NOTICE_SIZE = 512
};

uint64_t
pass_totals_left(const struct pass_totals *totals)
{
	uint64_t decided = totals->copied + totals->adopted + totals->already_there +
	    totals->deleted_by_owner + totals->gone + totals->excluded + totals->refused +
	    totals->held + totals->in_doubt;

	return decided < totals->source ? totals->source - decided : 0;
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
	sum->excluded += part->excluded;
	sum->refused += part->refused;
	sum->held += part->held;
	sum->in_doubt += part->in_doubt;
	sum->copied_bytes += part->copied_bytes;
	sum->changed += part->changed;
	sum->flags_added += part->flags_added;
}

static void
tell(struct pass *pass, const struct pass_item *item)
{
	pass->sink->item(pass->sink, item);
}

void
pass_tell_notice(struct pass *pass, const char *format, ...)
{
	char text[NOTICE_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	tell(pass, &(struct pass_item){.kind = PASS_ITEM_NOTICE, .text = text});
}

void
pass_tell_fault(struct pass *pass, const struct pass_folder *folder, const struct fault *fault)
{
	struct pass_item item = {.kind = PASS_ITEM_FAULT, .text = fault->text, .fault = fault};

	if (folder != NULL)
		item.folder = folder->map.src->display;
	tell(pass, &item);
}

void
pass_tell_folder(struct pass *pass, const struct pass_folder *folder)
{
	tell(pass,
	    &(struct pass_item){
		.kind = pass->options->is_dry_run ? PASS_ITEM_FOUND : PASS_ITEM_FOLDER,
		.folder = folder->map.src->display,
		.destination = folder->dst_display,
		.counts = folder->totals,
		.text = folder->map.dst == NULL ? "new at the destination" : "",
	    });
}

static struct sync_nature
nature_of(const struct endpoint *dst)
{
	return (struct sync_nature){
	    .changes_bare_lf = endpoint_has_quirk(dst, IMAP_QUIRK_BARE_LF_BECOMES_CRLF),
	    .changes_nul = endpoint_has_quirk(dst, IMAP_QUIRK_NUL_BECOMES_0X80),
	    .drops_cr_before_crlf = endpoint_has_quirk(dst, IMAP_QUIRK_DROPS_CR_BEFORE_CRLF),
	    .changes_future_dates = endpoint_has_quirk(dst, IMAP_QUIRK_FUTURE_DATE_BECOMES_NOW),
	    .changes_dates_before_1970 =
		endpoint_has_quirk(dst, IMAP_QUIRK_DATE_BEFORE_1970_WRAPS),
	};
}

static struct pass_item
item_of(enum pass_item_kind kind, const struct pass_folder *folder,
    const struct sync_copy_request *request, const char *text)
{
	return (struct pass_item){
	    .kind = kind,
	    .folder = folder->map.src->display,
	    .uid = request->message.uid.number,
	    .size = request->size,
	    .text = text,
	};
}

static void
tell_copied(struct pass_worker *worker, struct pass_folder *folder,
    const struct sync_copy_request *request, struct pass_totals *part)
{
	struct pass *pass = worker->pass;
	struct sync_nature nature = nature_of(worker->dst);
	const char *change = sync_nature_change(&nature, request->traits, request->message.date,
	    pass->world->ops->wall(pass->world));
	struct pass_item item;

	part->copied = 1;
	part->copied_bytes = request->size;
	if (change == NULL)
		return;
	part->changed = 1;
	item = item_of(PASS_ITEM_CHANGED, folder, request, change);
	tell(pass, &item);
}

void
pass_tell_outcome(struct pass_worker *worker, struct pass_folder *folder,
    const struct sync_copy_request *request)
{
	struct pass *pass = worker->pass;
	struct pass_totals part = {0};
	char text[FAULT_QUOTE_SIZE];
	struct pass_item item;

	switch (request->outcome) {
	case SYNC_ROW_COPIED:
		tell_copied(worker, folder, request, &part);
		break;
	case SYNC_ROW_GONE:
		part.gone = 1;
		break;
	case SYNC_ROW_REFUSED:
		part.refused = 1;
		item = item_of(
		    PASS_ITEM_REFUSED, folder, request, fault_quote(request->text, text));
		tell(pass, &item);
		break;
	case SYNC_ROW_UNREADABLE:
		part.refused = 1;
		item = item_of(PASS_ITEM_REFUSED, folder, request,
		    "the source lists this message but does not give its text");
		tell(pass, &item);
		break;
	case SYNC_ROW_IN_DOUBT:
		part.in_doubt = 1;
		break;
	}
	pass_totals_add(&folder->totals, &part);
	pass_totals_add(&pass->progress.totals, &part);
}

void
pass_tell_dropped_keywords(
    struct pass *pass, const struct pass_folder *folder, struct uid uid, struct bytes keywords)
{
	char text[FAULT_QUOTE_SIZE];

	tell(pass,
	    &(struct pass_item){
		.kind = PASS_ITEM_KEYWORD,
		.folder = folder->map.src->display,
		.uid = uid.number,
		.text = fault_quote(keywords, text),
	    });
}
