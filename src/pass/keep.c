/* SPDX-License-Identifier: Apache-2.0
 *
 * Refused messages, read once more from the source for whoever wants to keep them (--refused).
 */
#include "pass/private.h"

#include "base/range.h"
#include "pass/refused.h"
#include "pass/tell.h"

struct pass_kept *
pass_keep_note(struct pass *pass, struct pass_folder *folder, struct uid uid, uint64_t size,
    const char *reason)
{
	struct pass_kept *kept;
	struct bytes text;

	kept = arena_take_array(&pass->arena, 1, sizeof(*kept));
	if (kept == NULL || bytes_copy(bytes_of_string(reason), &pass->arena, &text) != ST_OK) {
		pass->has_unkept = true;
		return NULL;
	}
	*kept = (struct pass_kept){
	    .folder = folder, .uid = uid, .size = size, .reason = (const char *)text.data};
	*pass->kept_end = kept;
	pass->kept_end = &kept->next;
	return kept;
}

static struct pass_item
item_of(const struct pass_kept *kept, uint64_t size)
{
	return (struct pass_item){
	    .kind = PASS_ITEM_REFUSED,
	    .folder = kept->folder->map.src->display,
	    .uid = kept->uid.number,
	    .size = size,
	    .text = kept->reason,
	};
}

static enum status
read_text(struct pass_worker *worker, struct pass_kept *kept, struct fault *fault)
{
	struct pass_sink *sink = worker->pass->sink;
	struct pass_item item = item_of(kept, kept->size);
	struct imap_command command;
	struct imap_event event;
	struct range_set one;
	uint64_t offset = 0;
	enum status status;

	range_set_init(&one, 1);
	status = range_set_add(&one, kept->uid.number, kept->uid.number);
	if (status == ST_OK)
		status = imap_session_fetch(
		    endpoint_session(worker->src), &one, IMAP_FETCH_BODY, &command);
	range_set_fini(&one);
	while (status == ST_OK) {
		status = endpoint_wait_event(worker->src, &event, fault);
		if (status != ST_OK ||
		    (event.kind == IMAP_EVENT_DONE && event.command.number == command.number))
			break;
		if (worker->repair != NULL)
			pass_repair_measure(worker->repair, &event);
		if (event.kind == IMAP_EVENT_BODY_BEGIN) {
			item = item_of(kept, event.body.size);
			offset = 0;
		}
		if (event.kind == IMAP_EVENT_BODY_BEGIN && event.body.size == 0)
			sink->keep(sink, &item, 0, (struct bytes){NULL, 0});
		if (event.kind != IMAP_EVENT_BODY_DATA)
			continue;
		sink->keep(sink, &item, offset, event.body.data);
		offset += event.body.data.size;
	}
	kept->is_kept = status == ST_OK;
	return status;
}

/* A text that is read again begins at its first octet again. */
enum status
pass_keep_read(struct pass_worker *worker, struct pass_kept *kept, struct fault *fault)
{
	enum status status = read_text(worker, kept, fault);

	while (status != ST_OK && pass_may_ask_again(worker, PASS_SRC, fault)) {
		status = pass_examine_again(worker, kept->folder, fault);
		if (status == ST_OK)
			status = read_text(worker, kept, fault);
	}
	if (status == ST_OK)
		pass_has_come(worker, PASS_SRC);
	return status;
}

void
pass_keep_all(struct pass_worker *worker)
{
	struct pass *pass = worker->pass;
	const struct pass_folder *open = NULL;
	struct imap_selected selected;
	struct fault fault = {0};
	enum status status = ST_OK;

	for (struct pass_kept *kept = pass->first_kept; kept != NULL && status == ST_OK;
	     kept = kept->next) {
		if (kept->is_kept)
			continue;
		if (open == NULL || kept->folder != open)
			status = pass_examine(
			    worker, PASS_SRC, kept->folder->map.src->raw, &selected, &fault);
		open = kept->folder;
		if (status == ST_OK)
			status = pass_keep_read(worker, kept, &fault);
	}
	if (status != ST_OK || pass->has_unkept)
		pass_tell_notice(pass, "Not all refused messages could be kept. %s",
		    fault_is_set(&fault) ? fault.text : "");
}
