/* SPDX-License-Identifier: Apache-2.0 */
#include "modelserver/dump.h"

#include "base/digest.h"

/* The pieces of a line; the first failure stays. */
struct writer {
	struct buf *out;
	enum status status;
};

static void
put(struct writer *writer, struct bytes text)
{
	if (writer->status == ST_OK)
		writer->status = buf_append(writer->out, text);
}

static void
put_number(struct writer *writer, const char *name, int64_t number)
{
	if (writer->status == ST_OK)
		writer->status =
		    buf_print(writer->out, ",\"%s\":%lld", name, (long long)number);
}

static void
put_string(struct writer *writer, struct bytes text)
{
	put(writer, BYTES("\""));
	for (size_t i = 0; i < text.size && writer->status == ST_OK; i++) {
		uint8_t octet = text.data[i];

		if (octet == '"' || octet == '\\')
			writer->status = buf_print(writer->out, "\\%c", octet);
		else if (octet < 0x20 || octet > 0x7e)
			writer->status = buf_print(writer->out, "\\u%04x", octet);
		else
			put(writer, bytes_of(&octet, 1));
	}
	put(writer, BYTES("\""));
}

static void
put_named(struct writer *writer, const char *name, struct bytes text)
{
	put(writer, BYTES(",\""));
	put(writer, bytes_of_string(name));
	put(writer, BYTES("\":"));
	put_string(writer, text);
}

enum status
model_dump_folder(const struct model_folder *folder, struct buf *out)
{
	static const char *const kinds[] = {"gone", "real", "noselect"};
	struct writer writer = {.out = out};

	put(&writer, BYTES("{\"kind\":\"folder\""));
	put_named(&writer, "account", folder->account->user);
	put_named(&writer, "folder", folder->name);
	put_named(&writer, "state", bytes_of_string(kinds[folder->kind]));
	put_number(&writer, "uidvalidity", folder->uidvalidity);
	put_number(&writer, "uidnext", folder->uidnext);
	put_number(&writer, "messages", (int64_t)folder->count);
	put(&writer,
	    folder->is_subscribed ? BYTES(",\"subscribed\":true")
				  : BYTES(",\"subscribed\":false"));
	if (folder->special_use != 0) {
		const char *use = model_use_name(folder->special_use);

		put_named(&writer, "use", bytes_of_string(use == NULL ? "several" : use));
	}
	put(&writer, BYTES("}\n"));
	return writer.status;
}

static void
put_flags(struct writer *writer, const struct model_folder *folder,
    const struct model_message *message)
{
	bool is_first = true;

	put(writer, BYTES(",\"flags\":["));
	for (uint32_t bit = MODEL_SEEN; bit <= MODEL_DRAFT; bit <<= 1) {
		if ((message->system & bit) == 0)
			continue;
		put(writer, is_first ? BYTES("") : BYTES(","));
		put_string(writer, bytes_of_string(model_flag_name(bit)));
		is_first = false;
	}
	for (size_t i = 0; message->keywords != NULL && i < message->keywords->count; i++) {
		put(writer, is_first ? BYTES("") : BYTES(","));
		put_string(writer, folder->keyword_names[message->keywords->ids[i]]);
		is_first = false;
	}
	put(writer, BYTES("]"));
}

enum status
model_dump_message(
    const struct model_folder *folder, const struct model_message *message, struct buf *out)
{
	struct digest digest = model_body_digest(&message->body);
	struct writer writer = {.out = out};
	char hex[DIGEST_HEX_SIZE];
	char date[MODEL_DATE_SIZE];

	put(&writer, BYTES("{\"kind\":\"message\""));
	put_named(&writer, "account", folder->account->user);
	put_named(&writer, "folder", folder->name);
	put_number(&writer, "uid", message->uid);
	put_number(&writer, "size", (int64_t)message->body.size);
	put_named(&writer, "sha256", bytes_of_string(digest_hex(&digest, hex)));
	put_flags(&writer, folder, message);
	put_named(
	    &writer, "date", bytes_of_string(model_date_print(message->date, false, date)));
	put_number(&writer, "instant", message->date.instant);
	put(&writer, BYTES("}\n"));
	return writer.status;
}

enum status
model_dump_note(const struct model_note *note, struct buf *out)
{
	struct writer writer = {.out = out};

	put(&writer, BYTES("{\"kind\":\"note\""));
	put_number(&writer, "connection", (int64_t)note->connection);
	put_number(&writer, "us", note->when.us);
	put(&writer, note->is_tls ? BYTES(",\"tls\":true") : BYTES(",\"tls\":false"));
	put_named(&writer, "name", bytes_of_string(note->name));
	put_named(&writer, "text", model_note_text(note));
	put(&writer, BYTES("}\n"));
	return writer.status;
}
