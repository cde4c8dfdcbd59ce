/* SPDX-License-Identifier: Apache-2.0
 *
 * modelserver/machine: the inside of a model server, shared by the files that make it up.
 *
 * Place    server.c turns the wheel (pump); read.c makes commands of octets; login.c, folder.c,
 *          list.c, fetch.c, change.c and append.c execute them; act.c plays the script.
 * Promise  each step does a bounded piece of work and says whether it got anywhere.
 */
#ifndef MODELSERVER_MACHINE_H
#define MODELSERVER_MACHINE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/range.h"
#include "modelserver/mailbox.h"
#include "modelserver/profile.h"
#include "modelserver/scan.h"
#include "modelserver/script.h"
#include "modelserver/server.h"

enum {
	MODEL_INPUT_SIZE_MAX = 65536,
	/* Nothing more is made above this. With a piece on top it stays below what base/buf
	 * keeps when it runs empty. */
	MODEL_OUTPUT_SIZE_SOFT = 32768,
	MODEL_OUTPUT_SIZE_MAX = 64 * 1024 * 1024,
	MODEL_LINE_SIZE_MAX = 65536,
	MODEL_SMALL_LITERAL_MAX = 65536,
	MODEL_TAG_SIZE = 256,
	MODEL_ITEMS_MAX = 16,
	MODEL_PENDING_MAX = 32
};

enum model_stage {
	STAGE_GREETING,
	STAGE_GREETED, /* the greeting's actions are done */
	STAGE_READ,    /* a command is being collected */
	STAGE_EXECUTE, /* it is whole, and its actions are done */
	STAGE_LITERAL, /* a message is being collected */
	STAGE_LITERAL_END,
	STAGE_APPEND_LINE, /* what stands behind a message */
	STAGE_COMMIT,
	STAGE_RUN,   /* the answer is being made */
	STAGE_SYNC,  /* untagged news before the tagged reply */
	STAGE_END,   /* the tagged reply */
	STAGE_ENDED, /* it is in the output, and its actions are done */
};

enum model_run {
	RUN_NOTHING,
	RUN_FETCH,
	RUN_STORE,
	RUN_SEARCH,
	RUN_LIST,
};

/* What a session knows of its selected folder: sequence numbers are places in `uids`. */
struct model_view {
	struct model_folder *folder; /* NULL: nothing is selected */
	bool is_read_only;
	uint32_t uidvalidity;
	uint32_t *uids;
	size_t count;
	size_t capacity;
	uint64_t modseq; /* changes up to here were told */
	uint64_t removals;
	size_t sync_index; /* of the sync under way */
};

enum model_section {
	SECTION_NONE,
	SECTION_ALL,
	SECTION_HEADER,
	SECTION_FIELDS,
	SECTION_FIELDS_NOT,
	SECTION_TEXT,
};

struct model_item {
	enum model_item_kind {
		ITEM_UID,
		ITEM_FLAGS,
		ITEM_DATE,
		ITEM_SIZE,
		ITEM_MODSEQ,
		ITEM_SECTION,
	} kind;
	enum model_section section;
	bool sets_seen;
	struct bytes label;  /* as the reply names it: "BODY[]" */
	struct bytes fields; /* of FIELDS: "date from", lower case */
	bool is_partial;
	uint64_t offset, size;
};

struct model_fetch {
	struct model_item items[MODEL_ITEMS_MAX];
	size_t item_count;
	size_t item_index;
	bool is_in_message;
	bool is_fired; /* the script has seen this body */
	bool is_in_literal;
	uint32_t uid;
	uint64_t changed_since;
	struct model_body body; /* held while its literal is sent */
	struct buf section;     /* or the computed section */
	bool is_from_section;
	uint64_t at, end;
};

struct model_list {
	struct bytes patterns[MODEL_ITEMS_MAX];
	size_t pattern_count;
	bool is_lsub;
	bool wants_subscribed_only;
	bool wants_special_only;
	bool returns_subscribed;
	uint32_t status_items;
	struct buf last; /* the name that was listed last */
	bool is_begun;
};

struct model_append {
	struct model_folder *folder;
	struct model_new *messages;
	size_t count;
	size_t capacity;
	struct model_body body; /* of the literal under way */
	struct model_new head;  /* its flags and date */
	struct buf keywords;    /* that head borrows */
	uint64_t size;
	uint64_t got;
	bool is_open; /* a literal was announced */
	bool is_thrown_away;
	uint32_t first_uid;
	size_t stored_count;
	struct buf failure; /* "NO …", empty: none so far */
};

struct model_actions {
	const struct model_action *pending[MODEL_PENDING_MAX];
	size_t count;
	size_t index;
	bool is_answered;
	bool is_swallowed;
	bool commits;
	bool does_not_commit;
	int64_t commits_first; /* <0: all */
	int64_t appenduid_add;
	int64_t literal_add;
	int64_t literal_cut;       /* <0: whole */
	struct bytes literal_head; /* data NULL: as it should be */
	uint64_t flood_left;
	uint64_t flood_count;
	const struct model_action *flood;
};

struct model_server {
	struct model_store *store;
	struct model_profile profile;
	struct model_script *script;
	uint64_t number; /* of the connection */
	bool is_tls;
	bool offers_starttls;
	bool is_over; /* the client will send nothing more */
	enum model_link link;
	enum model_link link_after; /* what the link becomes when this command has ended */
	enum model_stage stage;
	enum model_run run;
	struct tick now;
	struct tick paused_until;
	uint64_t drip_rate; /* octets a second; 0: full speed */
	struct tick drip_next;
	uint64_t output_left; /* until the connection is cut; UINT64_MAX: never */
	enum model_link cut;
	struct buf input;
	struct buf output;
	struct buf command;
	size_t line_start;
	uint64_t literal_left;        /* of a small literal */
	struct model_literal literal; /* of a message, when is_append */
	bool has_message_literal;
	bool awaits_password;
	bool is_uid_command;
	uint8_t tag[MODEL_TAG_SIZE];
	size_t tag_size;
	char name[MODEL_NOTE_NAME_SIZE];
	size_t arguments_at;
	struct buf ending;    /* the tagged reply */
	struct buf announced; /* capabilities by script; empty: those of the profile */
	struct arena arena;   /* of the command */
	struct model_account *account;
	struct model_view view;
	struct range_set set;
	size_t set_index;
	uint32_t next_uid;
	bool is_condstore;
	enum model_change change;
	bool is_silent;
	struct model_flags flags;
	struct model_fetch fetch;
	struct model_list list;
	struct model_append append;
	struct model_actions actions;
};

/* server.c: output. A failed allocation resets the connection. */
void model_say(struct model_server *server, const char *format, ...) PRINTF_LIKE(2, 3);
void model_say_bytes(struct model_server *server, struct bytes bytes);
/* A name or text as a quoted string, or as a literal where quoting cannot say it. */
void model_say_string(struct model_server *server, struct bytes text);
void model_check(struct model_server *server, enum status status);
/* "tag OK text": ends the command after news of the selected folder. */
void model_reply(struct model_server *server, const char *text);
struct bytes model_name(const struct model_server *server);
uint32_t model_capabilities(const struct model_server *server);

/* read.c */
bool model_read_step(struct model_server *server);
void model_execute(struct model_server *server);
void model_note(struct model_server *server, const char *name, struct bytes text);

/* act.c */
void model_fire(
    struct model_server *server, enum model_event event, struct bytes name, uint64_t number);
/* The next pending action, or a piece of a flood. */
void model_act(struct model_server *server);
bool model_has_actions(const struct model_server *server);
void model_actions_reset(struct model_server *server);

/* view.c: the selected folder. */
void model_view_open(struct model_server *server, struct model_folder *folder, bool read_only);
void model_view_close(struct model_server *server);
/* The sequence number of a UID; 0: this session does not know it. */
size_t model_view_sequence(const struct model_server *server, uint32_t uid);
/* True when there is more to do. */
bool model_view_sync_step(struct model_server *server);
void model_say_flags(struct model_server *server, const struct model_message *message);
/* Reads a set of UIDs, or of sequence numbers, into server->set. */
enum status model_view_scan_set(struct model_server *server, struct model_scan *scan) MUST_USE;
/* The next message of the set that the session knows; NULL: there is none. */
struct model_message *model_view_next(struct model_server *server, size_t *sequence_out);

#endif
