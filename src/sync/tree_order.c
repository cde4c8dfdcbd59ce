/* SPDX-License-Identifier: Apache-2.0
 *
 * --map: what the operator orders goes first, and nothing may get in its way: an order that
 * would merge two folders is refused, not bent.
 */
#include "base/utf8.h"
#include "sync/tree_private.h"

static const struct fault_kind usage = {ST_CONFLICT, CAUSE_USAGE, FAULT_MAILBOX, RETRY_NEVER};

enum status
sync_tree_order_parse(struct bytes text, struct arena *arena, struct sync_tree_order *order_out)
{
	struct sync_tree_order order;
	size_t at = 0;
	enum status status;

	while (at < text.size && text.data[at] != '=')
		at += text.data[at] == '\\' && at + 1 < text.size ? 2 : 1;
	if (at >= text.size)
		return ST_SYNTAX;
	status = folder_name_parse(bytes_first(text, at), arena, &order.from);
	if (status == ST_OK)
		status = folder_name_parse(bytes_skip(text, at + 1), arena, &order.to);
	if (status == ST_OK)
		*order_out = order;
	return status;
}

/* For a sentence; empty when there is no memory. */
static const char *
quote(const struct tree_mapping *mapping, struct folder_name name,
    char out[static FAULT_QUOTE_SIZE])
{
	struct bytes text;

	if (folder_name_print(name, mapping->arena, &text) != ST_OK)
		text = (struct bytes){0};
	return fault_quote(text, out);
}

enum status
tree_refuse_merge(
    const struct tree_mapping *mapping, const struct tree_node *a, const struct tree_node *b)
{
	char first[FAULT_QUOTE_SIZE];
	char second[FAULT_QUOTE_SIZE];
	char into[FAULT_QUOTE_SIZE];

	return fault_set(mapping->fault, usage,
	    "--map would put %s and %s into one folder, %s; give one of them another name.",
	    quote(mapping, a->src, first), quote(mapping, b->src, second),
	    quote(mapping, a->name, into));
}

static enum status
refuse_absent(const struct tree_mapping *mapping, struct folder_name from)
{
	char name[FAULT_QUOTE_SIZE];

	return fault_set(mapping->fault, usage,
	    "--map names %s, and the source has no folder of that name.",
	    quote(mapping, from, name));
}

static enum status
refuse_contradiction(
    const struct tree_mapping *mapping, const struct tree_node *node, struct folder_name other)
{
	char from[FAULT_QUOTE_SIZE];
	char first[FAULT_QUOTE_SIZE];
	char second[FAULT_QUOTE_SIZE];

	return fault_set(mapping->fault, usage,
	    "--map gives %s two names, %s and %s; give it one.",
	    quote(mapping, node->src, from), quote(mapping, node->name, first),
	    quote(mapping, other, second));
}

static enum status
place_order(struct tree_mapping *mapping, const struct sync_tree_order *order)
{
	struct tree_node *node = tree_find_node(mapping, order->from);
	struct folder_name name;
	struct tree_place *place = NULL;
	struct tree_node *owner = NULL;
	uint32_t changes = NAME_ORDERED;
	enum status status;

	if (node == NULL)
		return refuse_absent(mapping, order->from);
	status = tree_clean_name(mapping, order->to, &name, &changes);
	if (status == ST_OK)
		status = tree_index_find(mapping, name, &place, &owner);
	if (status != ST_OK)
		return status;
	if (node->is_ordered) {
		struct bytes had;
		struct bytes now = {0};

		status = tree_key(mapping, node->name, &had);
		if (status == ST_OK)
			status = tree_key(mapping, name, &now);
		if (status != ST_OK || bytes_equal(had, now))
			return status;
		return refuse_contradiction(mapping, node, name);
	}
	node->is_ordered = true;
	node->changes |= changes;
	if (place == NULL && owner != NULL && node->folder != NULL) {
		node->name = name;
		return tree_refuse_merge(mapping, node, owner);
	}
	return tree_claim(mapping, node, name, place);
}

enum status
tree_place_orders(struct tree_mapping *mapping)
{
	enum status status = ST_OK;

	for (size_t i = 0; i < mapping->rules->order_count && status == ST_OK; i++)
		status = place_order(mapping, &mapping->rules->orders[i]);
	return status;
}
