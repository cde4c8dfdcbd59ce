/* SPDX-License-Identifier: Apache-2.0
 *
 * sync/tree_private: the inside of a mapping, shared by tree.c (the story), tree_index.c (what
 * is taken), tree_name.c (a name that can be written), tree_use.c (folders with a use) and
 * tree_order.c (--map).
 *
 * Memory   everything lives in the mapping's arena.
 */
#ifndef SYNC_TREE_PRIVATE_H
#define SYNC_TREE_PRIVATE_H

#include "sync/tree.h"

/* A level of the source's tree: a folder, or only the parent of some. */
struct tree_node {
	struct tree_node *parent; /* NULL: at the top */
	struct folder_name src;   /* the parts from the top to here */
	const struct folder *folder;
	struct folder_name name;  /* at the destination */
	const struct folder *dst; /* what is there, or NULL */
	uint32_t changes;
	unsigned twins; /* how many wanted its name */
	bool is_placed;
	bool is_ordered; /* by --map */
	bool is_topped;  /* its containers are left out */
};

/* A name at the destination: that of a folder there, or that of one to be created. */
struct tree_place {
	struct bytes key;            /* of the folded name; size 0: a free slot */
	const struct folder *folder; /* NULL: to be created */
	struct tree_node *owner;     /* NULL: nobody has it yet */
};

struct tree_index {
	struct tree_place *places;
	size_t mask;
};

struct tree_mapping {
	const struct sync_tree *tree;
	const struct sync_tree_rules *rules;
	struct naming naming;
	struct arena *arena;
	struct fault *fault;
	struct tree_node *nodes; /* parents before children, then by octets */
	size_t node_count;
	struct tree_node **by_name; /* hash table over nodes */
	size_t by_name_mask;
	struct tree_index taken;
	/* Which folder has a use, one on each side; NULL: none, or it cannot be told. */
	const struct folder *src_holder[USE_COUNT];
	const struct folder *dst_holder[USE_COUNT];
};

/* tree_index.c */
/* Parts as servers compare them, each followed by a NUL. */
enum status tree_key(const struct tree_mapping *mapping, struct folder_name name,
    struct bytes *key_out) MUST_USE;
uint64_t tree_hash(struct bytes key);
enum status tree_index_open(struct tree_mapping *mapping) MUST_USE;
/* Where `name` would go: a place that is there, or NULL: it is to be created. *is_taken_out:
 * somebody has it, and *owner_out is who. */
enum status tree_index_find(const struct tree_mapping *mapping, struct folder_name name,
    struct tree_place **place_out, struct tree_node **owner_out) MUST_USE;
/* The folder of exactly this name, owned by nobody; or NULL. */
enum status tree_index_find_exact(const struct tree_mapping *mapping, struct folder_name name,
    struct tree_place **place_out) MUST_USE;
/* Gives the name to the node; a node without a folder owns nothing. */
enum status tree_claim(struct tree_mapping *mapping, struct tree_node *node,
    struct folder_name name, struct tree_place *place) MUST_USE;

/* tree_name.c */
/* The name that the node gets if nobody else has it: below its parent's, made writable. */
enum status tree_candidate(const struct tree_mapping *mapping, const struct tree_node *node,
    struct folder_name *name_out, uint32_t *changes) MUST_USE;
/* Every part of a name made writable, and the whole short enough. */
enum status tree_clean_name(const struct tree_mapping *mapping, struct folder_name name,
    struct folder_name *clean_out, uint32_t *changes) MUST_USE;
/* The n-th try for a name of its own, from 2. */
enum status tree_variant(const struct tree_mapping *mapping, const struct tree_node *node,
    struct folder_name name, unsigned n, struct folder_name *variant_out) MUST_USE;

/* tree_use.c */
void tree_choose_holders(struct tree_mapping *mapping);
/* Nothing that holds mail is above it, but INBOX. */
bool tree_is_shallow(const struct tree_node *node);
enum status tree_place_uses(struct tree_mapping *mapping) MUST_USE;

/* tree_order.c */
enum status tree_place_orders(struct tree_mapping *mapping) MUST_USE;
/* ST_CONFLICT: an order would put both into one folder. */
enum status tree_refuse_merge(
    const struct tree_mapping *mapping, const struct tree_node *a, const struct tree_node *b);

/* tree.c */
struct tree_node *tree_find_node(const struct tree_mapping *mapping, struct folder_name name);

#endif
