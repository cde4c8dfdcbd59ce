/* SPDX-License-Identifier: Apache-2.0
 *
 * The arguments of FETCH: which items, which sections, since when.
 */
#include <string.h>

#include "modelserver/command.h"

static bool
section_fields(struct model_server *server, struct model_scan *scan, struct model_item *item)
{
	uint8_t *text = arena_take(&server->arena, scan->text.size + 2, 1);
	struct bytes word;

	if (text == NULL || model_scan_space(scan) != ST_OK || !model_scan_octet(scan, '('))
		return false;
	item->fields = (struct bytes){text, 0};
	do {
		if (model_scan_astring(scan, &word) != ST_OK)
			return false;
		for (size_t i = 0; i < word.size; i++) {
			uint8_t octet = word.data[i];

			text[item->fields.size++] =
			    (uint8_t)(octet >= 'A' && octet <= 'Z' ? octet + 32 : octet);
		}
		text[item->fields.size++] = ' ';
	} while (model_scan_octet(scan, ' '));
	item->fields.size--;
	return model_scan_octet(scan, ')');
}

/* What stands between the brackets, and the partial behind them. */
static enum status
section(struct model_server *server, struct model_scan *scan, struct model_item *item)
{
	item->section = SECTION_ALL;
	if (model_scan_word(scan, BYTES("HEADER.FIELDS.NOT")))
		item->section = SECTION_FIELDS_NOT;
	else if (model_scan_word(scan, BYTES("HEADER.FIELDS")))
		item->section = SECTION_FIELDS;
	else if (model_scan_word(scan, BYTES("HEADER")))
		item->section = SECTION_HEADER;
	else if (model_scan_word(scan, BYTES("TEXT")))
		item->section = SECTION_TEXT;
	if ((item->section == SECTION_FIELDS || item->section == SECTION_FIELDS_NOT) &&
	    !section_fields(server, scan, item))
		return ST_SYNTAX;
	return model_scan_octet(scan, ']') ? ST_OK : ST_SYNTAX;
}

static enum status
partial(struct model_scan *scan, struct model_item *item)
{
	if (!model_scan_octet(scan, '<'))
		return ST_OK;
	item->is_partial = true;
	if (model_scan_number(scan, UINT32_MAX, &item->offset) != ST_OK ||
	    !model_scan_octet(scan, '.') ||
	    model_scan_number(scan, UINT32_MAX, &item->size) != ST_OK ||
	    !model_scan_octet(scan, '>'))
		return ST_SYNTAX;
	return ST_OK;
}

/* "BODY" + what stands from `start` on: the reply repeats the section as it was asked for. */
static enum status
label(
    struct model_server *server, struct model_scan *scan, size_t start, struct model_item *item)
{
	struct bytes text = bytes_of(scan->text.data + start, scan->at - start);
	uint8_t *copy = arena_take(&server->arena, text.size + 4, 1);

	if (copy == NULL)
		return arena_status(&server->arena);
	memcpy(copy, "BODY", 4);
	memcpy(copy + 4, text.data, text.size);
	item->label = (struct bytes){copy, text.size + 4};
	return ST_OK;
}

static const struct plain {
	struct model_item item;
	const char *name;
} plain_items[] = {
    {{.kind = ITEM_UID}, "UID"},
    {{.kind = ITEM_FLAGS}, "FLAGS"},
    {{.kind = ITEM_DATE}, "INTERNALDATE"},
    {{.kind = ITEM_SIZE}, "RFC822.SIZE"},
    {{.kind = ITEM_MODSEQ}, "MODSEQ"},
    {{.kind = ITEM_SECTION, .section = SECTION_HEADER}, "RFC822.HEADER"},
    {{.kind = ITEM_SECTION, .section = SECTION_TEXT, .sets_seen = true}, "RFC822.TEXT"},
    {{.kind = ITEM_SECTION, .section = SECTION_ALL, .sets_seen = true}, "RFC822"},
};

static enum status
item_of(struct model_server *server, struct model_scan *scan, struct model_item *item_out)
{
	struct model_item item = {.kind = ITEM_SECTION};
	size_t start;
	enum status status;

	for (size_t i = 0; i < sizeof(plain_items) / sizeof(plain_items[0]); i++) {
		struct bytes name = bytes_of_string(plain_items[i].name);

		if (model_scan_word(scan, name)) {
			*item_out = plain_items[i].item;
			item_out->label = name;
			return ST_OK;
		}
	}
	item.sets_seen = true;
	if (model_scan_word(scan, BYTES("BODY.PEEK")))
		item.sets_seen = false;
	else if (!model_scan_word(scan, BYTES("BODY")))
		return ST_SYNTAX;
	start = scan->at;
	if (!model_scan_octet(scan, '['))
		return ST_SYNTAX;
	status = section(server, scan, &item);
	if (status == ST_OK)
		status = label(server, scan, start, &item);
	if (status == ST_OK)
		status = partial(scan, &item);
	if (status == ST_OK)
		*item_out = item;
	return status;
}

enum status
model_fetch_add(struct model_server *server, const struct model_item *item)
{
	struct model_fetch *fetch = &server->fetch;

	for (size_t i = 0; i < fetch->item_count; i++) {
		if (fetch->items[i].kind == item->kind && item->kind != ITEM_SECTION)
			return ST_OK;
	}
	if (fetch->item_count == MODEL_ITEMS_MAX)
		return ST_LIMIT;
	fetch->items[fetch->item_count++] = *item;
	return ST_OK;
}

static enum status
items(struct model_server *server, struct model_scan *scan)
{
	bool is_list = model_scan_octet(scan, '(');
	struct model_item item;
	enum status status;

	if (!is_list && model_scan_word(scan, BYTES("FAST"))) {
		for (size_t i = 1; i < 4; i++) {
			item = plain_items[i].item;
			item.label = bytes_of_string(plain_items[i].name);
			if (model_fetch_add(server, &item) != ST_OK)
				return ST_LIMIT;
		}
		return ST_OK;
	}
	do {
		status = item_of(server, scan, &item);
		if (status == ST_OK)
			status = model_fetch_add(server, &item);
	} while (status == ST_OK && is_list && model_scan_octet(scan, ' '));
	if (status == ST_OK && is_list && !model_scan_octet(scan, ')'))
		status = ST_SYNTAX;
	return status;
}

/* " (CHANGEDSINCE n)" (RFC 7162 section 3.1.4.1): MODSEQ is then told as well. */
static enum status
modifiers(struct model_server *server, struct model_scan *scan)
{
	struct model_item item = {.kind = ITEM_MODSEQ, .label = BYTES("MODSEQ")};

	if (model_scan_is_end(scan))
		return ST_OK;
	if ((model_capabilities(server) & MODEL_CAP_CONDSTORE) == 0 ||
	    model_scan_space(scan) != ST_OK || !model_scan_octet(scan, '(') ||
	    !model_scan_word(scan, BYTES("CHANGEDSINCE")) || model_scan_space(scan) != ST_OK ||
	    model_scan_number(scan, INT64_MAX, &server->fetch.changed_since) != ST_OK ||
	    !model_scan_octet(scan, ')') || !model_scan_is_end(scan))
		return ST_SYNTAX;
	return model_fetch_add(server, &item);
}

enum status
model_command_fetch(struct model_server *server, struct model_scan *scan)
{
	struct model_item uid = {.kind = ITEM_UID, .label = BYTES("UID")};
	enum status status = model_scan_space(scan);

	model_fetch_reset(server);
	if (status == ST_OK)
		status = model_view_scan_set(server, scan);
	if (status == ST_OK)
		status = model_scan_space(scan);
	/* RFC 3501 section 6.4.8: a reply to UID FETCH has the UID, asked for or not. */
	if (status == ST_OK && server->is_uid_command)
		status = model_fetch_add(server, &uid);
	if (status == ST_OK)
		status = items(server, scan);
	if (status == ST_OK)
		status = modifiers(server, scan);
	if (status == ST_OK)
		server->run = RUN_FETCH;
	return status;
}
