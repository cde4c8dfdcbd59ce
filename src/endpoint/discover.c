/* SPDX-License-Identifier: Apache-2.0 */
#include "endpoint/discover.h"

#include <string.h>

#include "base/buf.h"
#include "endpoint/imap_private.h"

enum {
	STATUS_WINDOW = 32,
	STATUS_ITEMS = IMAP_STATUS_MESSAGES | IMAP_STATUS_UIDNEXT | IMAP_STATUS_UIDVALIDITY
};

struct found {
	struct folder folder;
	uint8_t delimiter;
	struct found *next;
};

struct discovery {
	struct endpoint *endpoint;
	struct arena *arena;
	struct listing *listing;
	struct found *first;
	struct found *last;
	size_t count;
	struct bytes foreign_prefixes;
	uint32_t open_commands;
	bool is_refused;
	struct imap_command list;
	struct fault *fault;
};

static const struct {
	enum imap_attribute attribute;
	enum folder_use use;
} uses[] = {
    {IMAP_ATTR_ALL, USE_ALL},
    {IMAP_ATTR_SENT, USE_SENT},
    {IMAP_ATTR_DRAFTS, USE_DRAFTS},
    {IMAP_ATTR_TRASH, USE_TRASH},
    {IMAP_ATTR_JUNK, USE_JUNK},
    {IMAP_ATTR_ARCHIVE, USE_ARCHIVE},
    {IMAP_ATTR_FLAGGED, USE_FLAGGED},
    {IMAP_ATTR_IMPORTANT, USE_IMPORTANT},
};

static enum folder_use
use_of(uint32_t attributes)
{
	for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++) {
		if ((attributes & (uint32_t)uses[i].attribute) != 0)
			return uses[i].use;
	}
	return USE_NONE;
}

static struct found *
find_raw(const struct discovery *discovery, struct bytes raw)
{
	/* With LIST-STATUS a folder's state comes right behind its name. */
	if (discovery->last != NULL && bytes_equal(discovery->last->folder.raw, raw))
		return discovery->last;
	for (struct found *found = discovery->first; found != NULL; found = found->next) {
		if (bytes_equal(found->folder.raw, raw))
			return found;
	}
	return NULL;
}

static enum status
add_folder(struct discovery *discovery, const struct imap_folder *told)
{
	struct found *found;

	if (discovery->count == DISCOVER_FOLDERS_MAX)
		return ST_LIMIT;
	if (told->name.size == 0) {
		/* With \Noselect it only tells the delimiter; else nobody can say this name. */
		if ((told->attributes & (IMAP_ATTR_NOSELECT | IMAP_ATTR_NONEXISTENT)) == 0)
			discovery->listing->unreadable++;
		return ST_OK;
	}
	if (find_raw(discovery, told->name) != NULL)
		return ST_OK;
	found = arena_take_array(discovery->arena, 1, sizeof(*found));
	if (found == NULL)
		return arena_status(discovery->arena);
	found->delimiter = told->delimiter;
	found->folder.use = use_of(told->attributes);
	found->folder.is_selectable =
	    (told->attributes & (IMAP_ATTR_NOSELECT | IMAP_ATTR_NONEXISTENT)) == 0;
	found->folder.is_subscribed = (told->attributes & IMAP_ATTR_SUBSCRIBED) != 0;
	if (discovery->last == NULL)
		discovery->first = found;
	else
		discovery->last->next = found;
	discovery->last = found;
	discovery->count++;
	return bytes_copy(told->name, discovery->arena, &found->folder.raw);
}

static void
set_status(struct discovery *discovery, const struct imap_status *told)
{
	struct found *found = find_raw(discovery, told->name);

	if (found == NULL || (told->items & STATUS_ITEMS) != STATUS_ITEMS)
		return;
	found->folder.has_status = true;
	found->folder.messages = told->messages;
	found->folder.uidnext = told->uidnext;
	found->folder.uidvalidity = told->uidvalidity;
	found->folder.size = (told->items & IMAP_STATUS_SIZE) != 0 ? told->size : 0;
}

static enum status
set_namespace(struct discovery *discovery, const struct imap_namespace *told)
{
	struct listing *listing = discovery->listing;
	enum status status = bytes_copy(told->prefix, discovery->arena, &listing->prefix);

	if (status == ST_OK)
		status = bytes_copy(
		    told->foreign_prefixes, discovery->arena, &discovery->foreign_prefixes);
	listing->delimiter = told->delimiter;
	return status;
}

static enum status
take_event(struct discovery *discovery, const struct imap_event *event)
{
	struct found *found;

	switch (event->kind) {
	case IMAP_EVENT_FOLDER:
		if (event->folder.kind == IMAP_LIST)
			return add_folder(discovery, &event->folder);
		found = find_raw(discovery, event->folder.name);
		if (event->folder.kind == IMAP_LSUB && found != NULL)
			found->folder.is_subscribed = true;
		return ST_OK;
	case IMAP_EVENT_STATUS:
		set_status(discovery, &event->status);
		return ST_OK;
	case IMAP_EVENT_NAMESPACE:
		return set_namespace(discovery, &event->namespace);
	case IMAP_EVENT_ID:
		if (discovery->endpoint->family == IMAP_FAMILY_UNKNOWN)
			discovery->endpoint->family =
			    imap_family_find((struct bytes){NULL, 0}, event->text);
		return ST_OK;
	case IMAP_EVENT_DONE:
		discovery->open_commands--;
		if (event->command.number == discovery->list.number &&
		    event->completion.result != IMAP_RESULT_OK) {
			discovery->is_refused = true;
			return endpoint_refusal(discovery->endpoint, "list its folders",
			    &event->completion, FAULT_MAILBOX, discovery->fault);
		}
		return ST_OK;
	case IMAP_EVENT_GREETING:
	case IMAP_EVENT_CAPABILITY:
	case IMAP_EVENT_BODY_BEGIN:
	case IMAP_EVENT_BODY_DATA:
	case IMAP_EVENT_BODY_END:
	case IMAP_EVENT_MESSAGE:
	case IMAP_EVENT_EXISTS:
	case IMAP_EVENT_EXPUNGE:
	case IMAP_EVENT_CONTINUE:
	case IMAP_EVENT_ALERT:
	case IMAP_EVENT_BYE:
		break;
	}
	return ST_OK;
}

/* Until all commands of the burst are done. */
static enum status
gather(struct discovery *discovery)
{
	while (discovery->open_commands > 0) {
		struct imap_event event;
		enum status status =
		    endpoint_wait_event(discovery->endpoint, &event, discovery->fault);

		if (status == ST_OK)
			status = take_event(discovery, &event);
		if (status == ST_LIMIT || status == ST_MEMORY)
			fault_set(discovery->fault,
			    (struct fault_kind){
				status, CAUSE_LIMIT, FAULT_MAILBOX, RETRY_NEVER},
			    "The %s lists more folders than Godwit can hold.",
			    discovery->endpoint->settings.account->side);
		if (status != ST_OK)
			return status;
	}
	return ST_OK;
}

static enum status
count_command(struct discovery *discovery, enum status status)
{
	if (status == ST_OK)
		discovery->open_commands++;
	return status;
}

static enum status
ask_lists(struct discovery *discovery)
{
	struct endpoint *endpoint = discovery->endpoint;
	struct imap_session *session = endpoint->session;
	struct imap_command command;
	enum status status = ST_OK;

	if (endpoint_can(endpoint, IMAP_CAP_ID))
		status = count_command(
		    discovery, imap_session_id(session, BYTES("0.1.0"), &command));
	if (status == ST_OK && endpoint_can(endpoint, IMAP_CAP_NAMESPACE))
		status = count_command(discovery, imap_session_namespace(session, &command));
	if (status == ST_OK)
		status = count_command(
		    discovery, imap_session_list(session, STATUS_ITEMS, &discovery->list));
	if (status == ST_OK && !endpoint_can(endpoint, IMAP_CAP_LIST_EXTENDED))
		status = count_command(discovery, imap_session_lsub(session, &command));
	return status;
}

/* One STATUS a folder, in windows, where LIST could not tell. */
static enum status
ask_status(struct discovery *discovery)
{
	enum status status = ST_OK;

	for (struct found *found = discovery->first; found != NULL && status == ST_OK;
	     found = found->next) {
		struct imap_command command;

		if (found->folder.has_status || !found->folder.is_selectable)
			continue;
		status = count_command(discovery,
		    imap_session_status(discovery->endpoint->session, found->folder.raw,
			STATUS_ITEMS, &command));
		if (status == ST_OK && discovery->open_commands == STATUS_WINDOW)
			status = gather(discovery);
	}
	return status == ST_OK ? gather(discovery) : status;
}

static bool
is_foreign(const struct discovery *discovery, struct bytes raw)
{
	struct bytes rest = discovery->foreign_prefixes;

	while (rest.size > 0) {
		size_t end = bytes_find(rest, 0, 0);

		if (end > 0 && bytes_start_with(raw, bytes_first(rest, end)))
			return true;
		rest = bytes_skip(rest, end + 1);
	}
	return false;
}

static enum status
finish(struct discovery *discovery)
{
	struct listing *listing = discovery->listing;
	struct folder *folders =
	    arena_take_array(discovery->arena, discovery->count + 1, sizeof(*folders));
	enum status status = ST_OK;
	size_t count = 0;

	if (folders == NULL)
		return arena_status(discovery->arena);
	if (listing->delimiter == 0 && discovery->first != NULL)
		listing->delimiter = discovery->first->delimiter;
	for (struct found *found = discovery->first; found != NULL && status == ST_OK;
	     found = found->next) {
		struct folder *folder = &folders[count];

		*folder = found->folder;
		folder->is_foreign = is_foreign(discovery, folder->raw);
		status =
		    endpoint_decode_name(listing, folder->raw, discovery->arena, &folder->name);
		if (status == ST_SYNTAX) {
			listing->unreadable++;
			status = ST_OK;
			continue;
		}
		if (status == ST_OK)
			status = endpoint_display_name(
			    folder->name, discovery->arena, &folder->display);
		count++;
	}
	listing->folders = folders;
	listing->folder_count = count;
	return status;
}

enum status
endpoint_discover(struct endpoint *endpoint, struct arena *arena, struct listing *listing_out,
    struct fault *fault)
{
	struct listing listing = {0};
	struct discovery discovery = {
	    .endpoint = endpoint, .arena = arena, .listing = &listing, .fault = fault};
	enum status status = ask_lists(&discovery);

	if (status == ST_OK)
		status = gather(&discovery);
	if (status == ST_OK)
		status = ask_status(&discovery);
	if (status == ST_OK)
		status = finish(&discovery);
	if (status != ST_OK)
		return fault_set(fault,
		    (struct fault_kind){status, CAUSE_LIMIT, FAULT_MAILBOX, RETRY_NEVER},
		    "The folders of the %s could not be listed (%s).",
		    endpoint->settings.account->side, status_name(status));
	*listing_out = listing;
	return ST_OK;
}
