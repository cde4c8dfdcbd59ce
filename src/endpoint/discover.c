/* SPDX-License-Identifier: Apache-2.0 */
#include "endpoint/discover.h"

#include <string.h>

#include "base/buf.h"
#include "endpoint/imap_private.h"
#include "wire/imap/naming.h"

enum {
	STATUS_WINDOW = 32,
	BUCKETS_MIN = 64,
	SCRATCH_BUDGET = 1 << 20,
	FOUND_BUDGET = 64 << 20,
	STATUS_ITEMS = IMAP_STATUS_MESSAGES | IMAP_STATUS_UIDNEXT | IMAP_STATUS_UIDVALIDITY
};

struct found {
	struct folder folder;
	uint8_t delimiter;
	struct found *next;
	struct found *next_in_bucket;
};

struct discovery {
	struct endpoint *endpoint;
	struct arena *arena;
	struct arena *scratch; /* of what is found, until it is named */
	struct listing *listing;
	struct found *first;
	struct found *last;
	size_t count;
	const struct folder_word_index *words;
	struct found **buckets;    /* by the hash of raw names */
	size_t bucket_count;       /* a power of two, or 0 */
	struct imap_command probe; /* whether names may hold a "." */
	bool takes_dots;
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

/* FNV-1a. */
static size_t
bucket_of(const struct discovery *discovery, struct bytes raw)
{
	uint32_t hash = 2166136261U;

	for (size_t i = 0; i < raw.size; i++)
		hash = (hash ^ raw.data[i]) * 16777619U;
	return hash & (discovery->bucket_count - 1);
}

static struct found *
find_raw(const struct discovery *discovery, struct bytes raw)
{
	struct found *found;

	/* With LIST-STATUS a folder's state comes right behind its name. */
	if (discovery->last != NULL && bytes_equal(discovery->last->folder.raw, raw))
		return discovery->last;
	if (discovery->bucket_count == 0)
		return NULL;
	found = discovery->buckets[bucket_of(discovery, raw)];
	while (found != NULL && !bytes_equal(found->folder.raw, raw))
		found = found->next_in_bucket;
	return found;
}

static void
add_to_bucket(struct discovery *discovery, struct found *found)
{
	struct found **bucket = &discovery->buckets[bucket_of(discovery, found->folder.raw)];

	found->next_in_bucket = *bucket;
	*bucket = found;
}

/* Twice as many buckets as soon as there are as many folders. */
static enum status
grow_buckets(struct discovery *discovery)
{
	size_t count = discovery->bucket_count == 0 ? BUCKETS_MIN : 2 * discovery->bucket_count;
	struct found **buckets =
	    arena_take_array(discovery->scratch, count, sizeof(struct found *));

	if (buckets == NULL)
		return arena_status(discovery->scratch);
	discovery->buckets = buckets;
	discovery->bucket_count = count;
	for (struct found *found = discovery->first; found != NULL; found = found->next)
		add_to_bucket(discovery, found);
	return ST_OK;
}

/* At the end of the list, where it can be found. */
static enum status
keep_found(struct discovery *discovery, struct found *found)
{
	if (discovery->last == NULL)
		discovery->first = found;
	else
		discovery->last->next = found;
	discovery->last = found;
	discovery->count++;
	if (discovery->count > discovery->bucket_count)
		return grow_buckets(discovery);
	add_to_bucket(discovery, found);
	return ST_OK;
}

/* A folder that is told of twice may be opened if it may be by either: whether it can be is
 * found out then, and said. */
static void
join_told(struct folder *folder, const struct imap_folder *told)
{
	if (folder->use == USE_NONE) {
		folder->use = use_of(told->attributes);
		folder->use_from =
		    told->kind == IMAP_XLIST ? USE_FROM_XLIST : USE_FROM_ATTRIBUTE;
	}
	folder->is_leaf |= (told->attributes & IMAP_ATTR_NOINFERIORS) != 0;
	folder->is_selectable |=
	    (told->attributes & (IMAP_ATTR_NOSELECT | IMAP_ATTR_NONEXISTENT)) == 0;
	folder->is_subscribed |= (told->attributes & IMAP_ATTR_SUBSCRIBED) != 0;
}

static enum status
add_folder(struct discovery *discovery, const struct imap_folder *told)
{
	struct found *found = NULL;
	enum status status;

	if (discovery->count == DISCOVER_FOLDERS_MAX)
		return ST_LIMIT;
	if (told->name.size == 0) {
		/* With \Noselect it only tells the delimiter; else nobody can say this name. */
		if ((told->attributes & (IMAP_ATTR_NOSELECT | IMAP_ATTR_NONEXISTENT)) == 0)
			discovery->listing->unreadable++;
		return ST_OK;
	}
	found = find_raw(discovery, told->name);
	if (found != NULL) {
		join_told(&found->folder, told);
		return ST_OK;
	}
	found = arena_take_array(discovery->scratch, 1, sizeof(*found));
	if (found == NULL)
		return arena_status(discovery->scratch);
	found->delimiter = told->delimiter;
	join_told(&found->folder, told);
	status = bytes_copy(told->name, discovery->arena, &found->folder.raw);
	return status == ST_OK ? keep_found(discovery, found) : status;
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
		    told->foreign_prefixes, discovery->arena, &listing->foreign_prefixes);
	listing->is_rest_foreign = told->is_rest_foreign;
	listing->delimiter = told->delimiter;
	return status;
}

/* Dovecot says [CANNOT] of a name that cannot be, and no code of one that only is not there. */
static bool
does_not_exist(const struct imap_completion *completion)
{
	return completion->result == IMAP_RESULT_NO &&
	    (completion->code == IMAP_CODE_NONE || completion->code == IMAP_CODE_NONEXISTENT);
}

static enum status
take_event(struct discovery *discovery, const struct imap_event *event)
{
	struct found *found;

	switch (event->kind) {
	case IMAP_EVENT_FOLDER:
		if (event->folder.kind != IMAP_LSUB)
			return add_folder(discovery, &event->folder);
		/* A parent of what is subscribed, not subscribed itself. */
		if ((event->folder.attributes & IMAP_ATTR_NOSELECT) != 0)
			return ST_OK;
		found = find_raw(discovery, event->folder.name);
		if (found != NULL)
			found->folder.is_subscribed = true;
		return ST_OK;
	case IMAP_EVENT_STATUS:
		set_status(discovery, &event->status);
		return ST_OK;
	case IMAP_EVENT_NAMESPACE:
		return set_namespace(discovery, &event->namespace);
	case IMAP_EVENT_DONE:
		discovery->open_commands--;
		if (event->command.number == discovery->probe.number)
			discovery->takes_dots = does_not_exist(&event->completion);
		if (event->command.number == discovery->list.number &&
		    event->completion.result != IMAP_RESULT_OK) {
			discovery->is_refused = true;
			return endpoint_refusal(discovery->endpoint, IMAP_PHASE_READ,
			    "list its folders", &event->completion, FAULT_MAILBOX,
			    discovery->fault);
		}
		return ST_OK;
	case IMAP_EVENT_GREETING:
	case IMAP_EVENT_CAPABILITY:
	case IMAP_EVENT_QUOTA:
	case IMAP_EVENT_RIGHTS:
	case IMAP_EVENT_ID:
	case IMAP_EVENT_BODY_BEGIN:
	case IMAP_EVENT_BODY_DATA:
	case IMAP_EVENT_BODY_END:
	case IMAP_EVENT_MESSAGE:
	case IMAP_EVENT_EXISTS:
	case IMAP_EVENT_EXPUNGE:
	case IMAP_EVENT_CONTINUE:
	case IMAP_EVENT_CHALLENGE:
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

/* Who it is may become known only by what it answers to ID. */
static bool
is_maybe_dovecot(const struct endpoint *endpoint)
{
	enum imap_family family = endpoint_family(endpoint);

	return family == IMAP_FAMILY_DOVECOT ||
	    (family == IMAP_FAMILY_UNKNOWN && endpoint_can(endpoint, IMAP_CAP_ID));
}

static enum status
ask_lists(struct discovery *discovery)
{
	struct endpoint *endpoint = discovery->endpoint;
	struct imap_session *session = endpoint->session;
	struct imap_command command;
	enum status status = ST_OK;

	if (endpoint_can(endpoint, IMAP_CAP_ID) ||
	    endpoint_has_quirk(endpoint, IMAP_QUIRK_NEEDS_ID))
		status = count_command(
		    discovery, imap_session_id(session, BYTES("0.1.0"), &command));
	if (status == ST_OK && endpoint_can(endpoint, IMAP_CAP_NAMESPACE))
		status = count_command(discovery, imap_session_namespace(session, &command));
	if (status == ST_OK)
		status = count_command(
		    discovery, imap_session_list(session, STATUS_ITEMS, &discovery->list));
	if (status == ST_OK && !endpoint_can(endpoint, IMAP_CAP_LIST_EXTENDED))
		status = count_command(discovery, imap_session_lsub(session, &command));
	/* A Maildir of Dovecot's takes no "." in names, whatever its separator; its other
	 * formats do. Asking for a folder that is not there tells which it is. */
	if (status == ST_OK && is_maybe_dovecot(endpoint))
		status = count_command(discovery,
		    imap_session_status(
			session, BYTES("godwit.godwit"), STATUS_ITEMS, &discovery->probe));
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
		/* A name that cannot be said in a command. Whoever needs the folder finds that
		 * out; the others are none the worse. */
		if (status == ST_SYNTAX || status == ST_LIMIT)
			status = ST_OK;
		if (status == ST_OK && discovery->open_commands == STATUS_WINDOW)
			status = gather(discovery);
	}
	return status == ST_OK ? gather(discovery) : status;
}

/* What can be created here, by all that was heard. */
static void
set_naming(struct discovery *discovery)
{
	struct listing *listing = discovery->listing;
	enum imap_naming_dots dots = IMAP_NAMING_DOTS_UNKNOWN;

	if (discovery->takes_dots)
		dots = IMAP_NAMING_DOTS_TAKEN;
	for (struct found *found = discovery->first; found != NULL; found = found->next) {
		struct bytes raw = found->folder.raw;

		if (found->delimiter != '.' && bytes_find(raw, '.', 0) < raw.size &&
		    !endpoint_is_foreign(listing, raw))
			dots = IMAP_NAMING_DOTS_TAKEN;
	}
	listing->naming =
	    imap_naming_of(endpoint_family(discovery->endpoint), listing->delimiter, dots);
}

/* A row without a delimiter has a name of one part, whatever is in it. */
static enum status
name_folder(struct discovery *discovery, const struct found *found, struct folder *folder,
    struct arena *scratch)
{
	struct listing listing = *discovery->listing;
	enum status status;

	*folder = found->folder;
	folder->is_foreign = endpoint_is_foreign(&listing, folder->raw);
	listing.delimiter = found->delimiter;
	status = endpoint_decode_name(&listing, folder->raw, discovery->arena, &folder->name);
	if (status == ST_OK)
		status =
		    endpoint_display_name(folder->name, discovery->arena, &folder->display);
	if (status == ST_OK)
		status = endpoint_guess_use(discovery->words, folder, scratch);
	return status;
}

static enum status
name_all(struct discovery *discovery, struct folder *folders, struct arena *scratch)
{
	struct listing *listing = discovery->listing;
	size_t count = 0;

	for (struct found *found = discovery->first; found != NULL; found = found->next) {
		enum status status = name_folder(discovery, found, &folders[count], scratch);

		arena_rewind(scratch);
		if (status == ST_SYNTAX)
			listing->unreadable++;
		else if (status != ST_OK)
			return status;
		else
			count++;
	}
	listing->folders = folders;
	listing->folder_count = count;
	return ST_OK;
}

/* Without NAMESPACE: everything that is listed lies below INBOX, and something does. */
static void
guess_prefix(struct discovery *discovery)
{
	const struct endpoint *endpoint = discovery->endpoint;
	struct listing *listing = discovery->listing;
	struct bytes inbox = BYTES("INBOX");
	const struct found *child = NULL;

	if (endpoint_can(endpoint, IMAP_CAP_NAMESPACE) || listing->delimiter == 0 ||
	    !endpoint_has_quirk(endpoint, IMAP_QUIRK_PREFIX_FROM_LIST))
		return;
	for (const struct found *found = discovery->first; found != NULL; found = found->next) {
		struct bytes raw = found->folder.raw;

		if (bytes_equal_nocase(raw, inbox))
			continue;
		if (!bytes_start_with_nocase(raw, inbox) || raw.size <= inbox.size + 1 ||
		    raw.data[inbox.size] != listing->delimiter)
			return;
		child = found;
	}
	if (child != NULL)
		listing->prefix = bytes_first(child->folder.raw, inbox.size + 1);
}

static enum status
finish(struct discovery *discovery)
{
	struct listing *listing = discovery->listing;
	struct folder *folders =
	    arena_take_array(discovery->arena, discovery->count + 1, sizeof(*folders));
	struct arena scratch;
	struct arena words;
	enum status status;

	if (folders == NULL)
		return arena_status(discovery->arena);
	if (listing->delimiter == 0 && discovery->first != NULL)
		listing->delimiter = discovery->first->delimiter;
	guess_prefix(discovery);
	set_naming(discovery);
	arena_init(&scratch, SCRATCH_BUDGET);
	arena_init(&words, SCRATCH_BUDGET);
	status = folder_word_open(&words, &discovery->words);
	if (status == ST_OK)
		status = name_all(discovery, folders, &scratch);
	if (status == ST_OK)
		status = endpoint_name_foreign(listing, discovery->arena);
	arena_fini(&words);
	arena_fini(&scratch);
	return status;
}

enum status
endpoint_discover(struct endpoint *endpoint, struct arena *arena, struct listing *listing_out,
    struct fault *fault)
{
	struct listing listing = {0};
	struct arena scratch;
	struct discovery discovery = {
	    .endpoint = endpoint,
	    .arena = arena,
	    .scratch = &scratch,
	    .listing = &listing,
	    .fault = fault,
	};
	enum status status;

	arena_init(&scratch, FOUND_BUDGET);
	status = ask_lists(&discovery);
	if (status == ST_OK)
		status = gather(&discovery);
	if (status == ST_OK)
		status = ask_status(&discovery);
	if (status == ST_OK)
		status = finish(&discovery);
	arena_fini(&scratch);
	if (status != ST_OK)
		return fault_set(fault,
		    (struct fault_kind){status, CAUSE_LIMIT, FAULT_MAILBOX, RETRY_NEVER},
		    "The folders of the %s could not be listed (%s).",
		    endpoint->settings.account->side, status_name(status));
	*listing_out = listing;
	return ST_OK;
}
