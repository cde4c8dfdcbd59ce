/* SPDX-License-Identifier: Apache-2.0
 *
 * What the pass tells: totals that add up, and one item for everything a person must know.
 */
#include "pass/tell.h"
#include "pass/book.h"
#include "pass/private.h"
#include "pass/refused.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/utf8.h"
#include "sync/copy.h"
#include "sync/repair.h"

enum {
	NOTICE_SIZE = 512
};

static void
tell(struct pass *pass, const struct pass_item *item)
{
	pass->sink->item(pass->sink, item);
}

/* A notice names folders as their server does. */
static void
make_printable(char *text)
{
	struct bytes left = bytes_of_string(text);

	while (left.size > 0) {
		size_t step = utf8_printable(left);

		if (step == 0)
			*text = '?';
		text += step == 0 ? 1 : step;
		left = bytes_skip(left, step == 0 ? 1 : step);
	}
}

void
pass_tell_notice(struct pass *pass, const char *format, ...)
{
	char text[NOTICE_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	make_printable(text);
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
		.why = folder->why,
		.folder = folder->map.src->display,
		.destination = folder->dst_display,
		.counts = folder->totals,
		.text = folder->map.dst == NULL ? "new at the destination" : "",
	    });
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

/* Whose UID is no new one was not stored again: the destination keeps one of equal messages. */
static void
note_merged(const struct pass_worker *worker, struct pass_folder *folder, struct uid dst_uid)
{
	if (dst_uid.number == 0 || worker->dst == NULL ||
	    !endpoint_has_quirk(worker->dst, IMAP_QUIRK_MERGES_TWINS))
		return;
	if (dst_uid.number < folder->dst_uidnext || dst_uid.number <= folder->dst_uid_newest)
		folder->merged++;
	else
		folder->dst_uid_newest = dst_uid.number;
}

static void
tell_copied(struct pass_worker *worker, struct pass_folder *folder,
    const struct sync_copy_request *request, struct pass_totals *part)
{
	struct pass *pass = worker->pass;
	struct pass_item item;
	char change[SYNC_CHANGE_SIZE];

	if (request->dropped.size > 0)
		pass_tell_dropped_keywords(
		    pass, folder, request->message.uid, request->dropped);
	part->copied = 1;
	part->copied_bytes = request->size;
	note_merged(worker, folder, request->dst_uid);
	if (!sync_nature_change(
		&folder->nature, request->traits, request->message.date, fiber_wall(), change))
		return;
	part->changed = 1;
	item = item_of(PASS_ITEM_CHANGED, folder, request, change);
	tell(pass, &item);
}

static void
tell_repaired(struct pass_worker *worker, struct pass_folder *folder,
    const struct sync_copy_request *request, struct pass_totals *part)
{
	char text[SYNC_REPAIR_TEXT_SIZE];
	struct pass_item item = item_of(PASS_ITEM_REPAIRED, folder, request, text);

	sync_repair_describe(pass_repair_settle(worker->repair, request->message.uid), text);
	part->repaired = 1;
	tell(worker->pass, &item);
}

static void
tell_refused(struct pass *pass, struct pass_folder *folder, struct uid uid, uint64_t size,
    const char *reason)
{
	struct pass_totals part = {.refused = 1};

	pass_totals_add(&folder->totals, &part);
	pass_totals_add(&pass->progress.totals, &part);
	tell(pass,
	    &(struct pass_item){
		.kind = PASS_ITEM_REFUSED,
		.folder = folder->map.src->display,
		.uid = uid.number,
		.size = size,
		.text = reason,
	    });
}

void
pass_tell_refused(struct pass *pass, struct pass_folder *folder, struct uid uid, uint64_t size,
    const char *reason)
{
	tell_refused(pass, folder, uid, size, reason);
	if (pass->sink->keep != NULL)
		(void)pass_keep_note(pass, folder, uid, size, reason);
}

void
pass_tell_held(struct pass *pass, const struct pass_folder *folder, struct uid uid)
{
	tell(pass,
	    &(struct pass_item){
		.kind = PASS_ITEM_HELD,
		.folder = folder->map.src->display,
		.uid = uid.number,
		.text = "its copy was stored and somebody has removed it since, it seems; it "
			"was not sent again",
	    });
}

void
pass_tell_surplus(struct pass *pass, const struct pass_folder *folder, uint32_t dst_uid)
{
	pass->progress.surplus++;
	tell(pass,
	    &(struct pass_item){
		.kind = PASS_ITEM_SURPLUS,
		.folder = folder->dst_display,
		.uid = dst_uid,
		.text = "the destination stored this copy long after its connection was gone, "
			"when the message had been sent again; it was not removed",
	    });
}

void
pass_tell_unrepaired(struct pass *pass, const struct pass_kept *kept, const char *reason)
{
	tell_refused(pass, kept->folder, kept->uid, kept->size, reason);
}

void
pass_tell_excluded(
    struct pass *pass, struct pass_folder *folder, enum sync_rule rule, uint64_t count)
{
	pass_totals_exclude(&folder->totals, rule, count);
	pass_totals_exclude(&pass->progress.totals, rule, count);
}

void
pass_tell_outcome(struct pass_worker *worker, struct pass_folder *folder,
    const struct sync_copy_request *request)
{
	struct pass *pass = worker->pass;
	struct pass_totals part = {0};
	char text[FAULT_QUOTE_SIZE];

	/* It was noted when it was refused as it is; another form of it may be tried. */
	if (worker->repair != NULL &&
	    (request->outcome == SYNC_ROW_REFUSED || request->outcome == SYNC_ROW_UNREADABLE))
		return;
	switch (request->outcome) {
	case SYNC_ROW_COPIED:
		tell_copied(worker, folder, request, &part);
		if (worker->repair != NULL)
			tell_repaired(worker, folder, request, &part);
		break;
	case SYNC_ROW_GONE:
		part.gone = 1;
		break;
	case SYNC_ROW_REFUSED:
		pass_book_leave(folder, request->message.uid);
		if (!pass_repair_note(pass, folder, request))
			pass_tell_refused(pass, folder, request->message.uid, request->size,
			    fault_quote(request->text, text));
		break;
	case SYNC_ROW_TOO_LARGE:
		pass_book_leave(folder, request->message.uid);
		snprintf(text, sizeof(text),
		    "larger than the %" PRIu64
		    " octets that the destination takes (APPENDLIMIT)",
		    folder->append_max);
		pass_tell_refused(pass, folder, request->message.uid, request->size, text);
		break;
	case SYNC_ROW_UNREADABLE:
		pass_book_leave(folder, request->message.uid);
		pass_tell_refused(pass, folder, request->message.uid, request->size,
		    "the source lists this message but does not give its text");
		break;
	case SYNC_ROW_POISON:
		pass_book_leave(folder, request->message.uid);
		/* Nobody can keep what nobody can read. */
		tell_refused(pass, folder, request->message.uid, request->size,
		    "The source closes the connection each time this message is read.");
		break;
	case SYNC_ROW_IN_DOUBT:
		part.in_doubt = 1;
		break;
	}
	if (worker->repair != NULL)
		(void)pass_repair_settle(worker->repair, request->message.uid);
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
