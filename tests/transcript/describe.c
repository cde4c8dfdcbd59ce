/* SPDX-License-Identifier: Apache-2.0 */
#include "describe.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/check.h"
#include "wire/imap/date.h"

void
describe_append(struct buf *out, struct bytes text)
{
	CHECK(buf_append(out, text) == ST_OK);
}

void
describe_print(struct buf *out, const char *format, ...)
{
	char text[1024];
	va_list arguments;
	int size;

	va_start(arguments, format);
	size = vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	CHECK(size >= 0 && size < (int)sizeof(text));
	describe_append(out, bytes_of(text, (size_t)size));
}

void
describe_inside(struct buf *out, struct bytes text)
{
	for (size_t i = 0; i < text.size; i++) {
		uint8_t octet = text.data[i];

		if (octet >= ' ' && octet < 0x7f && octet != '"' && octet != '\\')
			describe_append(out, bytes_of(&octet, 1));
		else
			describe_print(out, "\\x%02x", octet);
	}
}

void
describe_text(struct buf *out, struct bytes text)
{
	describe_print(out, "\"");
	describe_inside(out, text);
	describe_print(out, "\"");
}

static void
describe_field(struct buf *out, const char *name, struct bytes text)
{
	if (text.size == 0)
		return;
	describe_print(out, " %s=", name);
	describe_text(out, text);
}

static void
describe_number(struct buf *out, const char *name, uint64_t number)
{
	if (number != 0)
		describe_print(out, " %s=%" PRIu64, name, number);
}

static void
describe_flags(struct buf *out, const char *name, uint32_t system, struct bytes keywords)
{
	describe_print(out, " %s=", name);
	CHECK(flags_print((struct flags){system, keywords}, out) == ST_OK);
}

static void
describe_attributes(struct buf *out, uint32_t attributes)
{
	static const char *const names[] = {"Noselect", "NonExistent", "Noinferiors",
	    "Subscribed", "HasChildren", "HasNoChildren", "All", "Archive", "Drafts", "Flagged",
	    "Important", "Junk", "Sent", "Trash"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if ((attributes & 1U << i) != 0)
			describe_print(out, " \\%s", names[i]);
	}
}

static void
describe_delimiter(struct buf *out, uint8_t delimiter)
{
	if (delimiter != 0)
		describe_field(out, "delimiter", bytes_of(&delimiter, 1));
}

static void
describe_folder(struct buf *out, const struct imap_folder *folder)
{
	static const char *const kinds[] = {"folder", "lsub", "xlist"};

	describe_print(out, "%s name=", kinds[folder->kind]);
	describe_text(out, folder->name);
	describe_delimiter(out, folder->delimiter);
	describe_attributes(out, folder->attributes);
}

static void
describe_status(struct buf *out, const struct imap_status *status)
{
	const struct {
		const char *name;
		uint64_t number;
	} items[] = {
	    {"messages", status->messages},
	    {"uidnext", status->uidnext},
	    {"uidvalidity", status->uidvalidity},
	    {"unseen", status->unseen},
	    {"highestmodseq", status->highestmodseq},
	    {"size", status->size},
	    {"append_limit", status->append_limit},
	};

	describe_print(out, "status name=");
	describe_text(out, status->name);
	for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++) {
		if ((status->items & 1U << i) != 0)
			describe_print(out, " %s=%" PRIu64, items[i].name, items[i].number);
	}
}

static void
describe_message(struct buf *out, const struct imap_message *message)
{
	const struct message *it = &message->message;
	char date[IMAP_DATE_SIZE];

	describe_print(out, "message seq=%" PRIu32, message->sequence);
	if ((message->items & IMAP_FETCH_UID) != 0)
		describe_number(out, "uid", it->uid.number);
	if ((message->items & IMAP_FETCH_FLAGS) != 0)
		describe_flags(out, "flags", it->flags.system, it->flags.keywords);
	describe_field(out, "unusable", message->unusable_flags);
	if ((message->items & IMAP_FETCH_DATE) != 0) {
		if (!it->date.is_known || imap_date_encode(it->date, date) != ST_OK)
			date[0] = 0;
		describe_print(out, " date=\"%s\"", date);
	}
	if ((message->items & IMAP_FETCH_SIZE) != 0)
		describe_print(out, " size=%" PRIu64, it->size);
	if ((message->items & IMAP_FETCH_BODY) != 0)
		describe_print(out, message->is_body_nil ? " body=nil" : " body");
	if ((message->items & IMAP_FETCH_IDENTITY_HEADERS) != 0)
		describe_print(out, " headers");
}

static const char *
code_name(enum imap_code code)
{
	static const char *const names[IMAP_CODE_COUNT] = {"none", "other", "alert",
	    "alreadyexists", "appenduid", "authenticationfailed", "authorizationfailed",
	    "cannot", "clientbug", "contactadmin", "expired", "inuse", "limit", "nonexistent",
	    "noperm", "overquota", "privacyrequired", "read-only", "read-write", "serverbug",
	    "toobig", "trycreate", "unavailable"};

	return names[code];
}

static void
describe_completion(struct buf *out, const struct imap_completion *completion)
{
	const struct imap_selected *selected = completion->selected;

	if (completion->code != IMAP_CODE_NONE)
		describe_print(out, " code=%s", code_name(completion->code));
	describe_number(out, "uidvalidity", completion->append_uidvalidity);
	describe_field(out, "uids", completion->append_uids);
	describe_field(out, "text", completion->text);
	if (selected == NULL)
		return;
	describe_print(out, " selected exists=%" PRIu32, selected->exists);
	describe_number(out, "uidvalidity", selected->uidvalidity);
	describe_number(out, "uidnext", selected->uidnext);
	describe_number(out, "highestmodseq", selected->highestmodseq);
	describe_flags(out, selected->has_permanent_flags ? "permanent" : "assumed",
	    selected->permanent_system, selected->permanent_keywords);
	if (selected->takes_new_keywords)
		describe_print(out, " new-keywords");
	if (selected->is_read_only)
		describe_print(out, " read-only");
}

static void
describe_capabilities(struct buf *out, struct imap_capabilities capabilities)
{
	describe_print(out, "capability");
	for (int i = 0; i < IMAP_CAP_COUNT; i++) {
		if (imap_capability_has(capabilities, (enum imap_capability)i))
			describe_print(
			    out, " %s", imap_capability_name((enum imap_capability)i));
	}
}

static void
describe_namespace(struct buf *out, const struct imap_namespace *namespace)
{
	describe_print(out, "namespace prefix=");
	describe_text(out, namespace->prefix);
	describe_delimiter(out, namespace->delimiter);
	describe_field(out, "foreign", namespace->foreign_prefixes);
	if (namespace->is_rest_foreign)
		describe_print(out, " rest=foreign");
}

static void
describe_body(struct buf *out, const char *what, const struct imap_body *body)
{
	describe_print(
	    out, "%s %s", what, body->section == IMAP_SECTION_ALL ? "all" : "headers");
	describe_number(out, "uid", body->uid.number);
	describe_print(out, " size=%" PRIu64, body->size);
}

static void
describe_texts(struct buf *out, const char *what, struct bytes text)
{
	describe_print(out, "%s ", what);
	describe_text(out, text);
}

static void
describe_quota(struct buf *out, const struct imap_quota *quota)
{
	describe_texts(out, "quota", quota->root);
	if (quota->has_storage)
		describe_print(
		    out, " octets=%" PRIu64 "/%" PRIu64, quota->used_bytes, quota->limit_bytes);
	if (quota->has_messages)
		describe_print(out, " messages=%" PRIu64 "/%" PRIu64, quota->used_messages,
		    quota->limit_messages);
}

static void
describe_rights(struct buf *out, const struct imap_rights *rights)
{
	describe_texts(out, "rights", rights->name);
	describe_print(out, " ");
	describe_text(out, rights->letters);
}

void
describe_event(
    struct buf *out, const struct imap_session *session, const struct imap_event *event)
{
	static const char *const results[] = {"ok", "no", "bad"};

	switch (event->kind) {
	case IMAP_EVENT_GREETING:
		describe_print(out,
		    imap_session_is_authenticated(session) ? "greeting authenticated"
							   : "greeting");
		describe_completion(out, &event->completion);
		break;
	case IMAP_EVENT_CAPABILITY:
		describe_capabilities(out, imap_session_capabilities(session));
		break;
	case IMAP_EVENT_FOLDER:
		describe_folder(out, &event->folder);
		break;
	case IMAP_EVENT_STATUS:
		describe_status(out, &event->status);
		break;
	case IMAP_EVENT_NAMESPACE:
		describe_namespace(out, &event->namespace);
		break;
	case IMAP_EVENT_ID:
		describe_texts(out, "id", event->text);
		break;
	case IMAP_EVENT_BODY_BEGIN:
		describe_body(out, "body_begin", &event->body);
		break;
	case IMAP_EVENT_BODY_DATA:
		describe_texts(out, "body_data", event->body.data);
		break;
	case IMAP_EVENT_BODY_END:
		describe_print(out, "body_end");
		break;
	case IMAP_EVENT_MESSAGE:
		describe_message(out, &event->message);
		break;
	case IMAP_EVENT_QUOTA:
		describe_quota(out, &event->quota);
		break;
	case IMAP_EVENT_RIGHTS:
		describe_rights(out, &event->rights);
		break;
	case IMAP_EVENT_EXISTS:
		describe_print(out, "exists %" PRIu32, event->number);
		break;
	case IMAP_EVENT_EXPUNGE:
		describe_print(out, "expunge %" PRIu32, event->number);
		break;
	case IMAP_EVENT_CHALLENGE:
		describe_print(out, "challenge A%" PRIu32 " ", event->command.number);
		describe_text(out, event->text);
		break;
	case IMAP_EVENT_CONTINUE:
		describe_print(out, "continue A%" PRIu32, event->command.number);
		break;
	case IMAP_EVENT_DONE:
		describe_print(out, "done A%" PRIu32 " %s", event->command.number,
		    results[event->completion.result]);
		describe_completion(out, &event->completion);
		break;
	case IMAP_EVENT_ALERT:
		describe_texts(out, "alert", event->text);
		break;
	case IMAP_EVENT_BYE:
		describe_texts(out, "bye", event->text);
		break;
	}
}
