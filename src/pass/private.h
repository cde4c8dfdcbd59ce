/* SPDX-License-Identifier: Apache-2.0
 *
 * pass/private: the inside of a pass, shared by its files: mailbox.c (the story), connect.c
 * (both sides), ends.c (connections that break), map.c and rename.c (names), work.c (workers),
 * prepare.c (the destination's folders), folder.c (one folder), adopt.c (what is there),
 * relay*.c and lane.c (messages), verify.c (a second look), keep.c, repair.c, tell.c (items).
 *
 * Memory   one run arena for names and plans; each worker has a batch arena, rewound by window.
 */
#ifndef PASS_PRIVATE_H
#define PASS_PRIVATE_H

#include "base/arena.h"
#include "base/block.h"
#include "base/bucket.h"
#include "base/range.h"
#include "endpoint/discover.h"
#include "endpoint/imap.h"
#include "net/fiber.h"
#include "pass/ends.h"
#include "pass/mailbox.h"
#include "sync/fidelity.h"
#include "sync/ledger/ledger.h"
#include "sync/tree.h"

enum {
	PASS_ARENA_BUDGET = 256 << 20,
	WORKER_ARENA_BUDGET = 1 << 20
};

/* All workers finish a stage before one begins the next. */
enum pass_stage {
	PASS_STAGE_PREPARE,
	PASS_STAGE_COPY,
	PASS_STAGE_REPAIR, /* only where it is ordered */
	PASS_STAGE_COUNT
};

/* One source folder and what is known of its destination. */
struct pass_folder {
	struct sync_tree_entry map;
	struct bytes dst_raw;
	struct bytes dst_display;
	struct bytes why;            /* the name differs; may be empty */
	bool is_name_refused;        /* by CREATE, for what the name is, as it seems */
	bool is_renamed;             /* was asked for once more, under a safer name */
	bool is_ready;               /* it can be written to: what follows is known */
	const struct fault *refusal; /* else why not; in the run arena */
	uint32_t dst_uidvalidity;
	uint32_t dst_uidnext;
	uint32_t dst_exists;
	uint64_t append_max; /* octets of one message that the destination takes; 0: not told */
	struct sync_flag_policy policy;
	struct sync_nature nature; /* what the destination changes */
	bool is_due;               /* the next copying stage does it */
	uint32_t
	    src_uidnext; /* everything below it was asked for; 0: nothing yet, or not known */
	uint32_t src_uidvalidity;
	bool is_closed;             /* was gone through without a fault */
	bool is_counted;            /* what is missing of it is accounted for */
	bool has_grown;             /* the source told of more messages while it was copied */
	bool is_renumbered;         /* it has another UIDVALIDITY now, and that is told */
	uint32_t listed;            /* messages that sync/copy saw, over all rounds */
	struct pass_kept *awaiting; /* messages that are to be repaired, or were */
	struct range_set claimed;   /* UIDs at the destination of what was adopted */
	struct pass_totals totals;
	uint32_t merged;          /* of the copied, that the destination had already */
	struct sync_book *book;   /* NULL: not open */
	uint64_t known;           /* messages of the source that the ledger knew as done */
	uint64_t doubts_before;   /* that an earlier run left */
	uint32_t found_before;    /* of the copied: counted in dst_exists */
	struct range_set left;    /* of the source: there, and not brought */
	bool has_unknown_left;    /* there was no memory to note one */
	struct range_set again;   /* of the source: not stored, to be sent again */
	uint32_t attempt;         /* how often something was sent again */
	struct range_set surplus; /* of the destination: copies that were told as too many */
	bool is_looked_at;        /* for what is in doubt now, once */
	struct tick looked;       /* when that was */
	bool is_unsettled;        /* it could not be looked at: what is in doubt stays so */
	uint32_t dst_uid_newest;  /* of the copied */
};

struct pass_side {
	const struct account *account;
	const struct secret *password;
	enum imap_family family; /* as the first connection found it */
	struct listing listing;
	struct arena arena; /* of the listing */
	struct fault fault; /* why it could not be opened, at the beginning */
};

/* Whose dialogue it is, for the trace. */
struct pass_tracer {
	struct pass *pass;
	const struct account *account;
	unsigned connection;
};

/* A refused message that somebody wants to keep. */
struct pass_kept {
	struct pass_folder *folder;
	struct uid uid;
	uint64_t size;
	const char *reason;
	bool is_kept;                    /* was given to the sink */
	bool awaits_repair;              /* not told as refused yet */
	struct pass_kept *next;          /* of the pass */
	struct pass_kept *next_awaiting; /* of the folder, the newest first */
};

/* A pair of connections and the fiber that drives it. */
struct pass_worker {
	struct pass *pass;
	unsigned number; /* from 1 */
	struct fiber *fiber;
	struct fiber_source done;
	struct fiber_source poke; /* finish_soon was asked for */
	struct endpoint *src;
	struct endpoint *dst;
	struct pass_tracer src_tracer;
	struct pass_tracer dst_tracer;
	struct relay *relay;   /* while it copies */
	struct repair *repair; /* while it repairs a folder's messages */
	struct arena arena;
	struct fault fault; /* what ended it early */
	bool is_fault_told;
	bool has_stored; /* its destination has said OK to an APPEND */
	bool is_careful; /* its destination was dropped once: no literal goes unasked */
	struct pass_breaks breaks[PASS_END_COUNT];
	int64_t pace_us;        /* from one answer of the source's to the next request */
	struct tick pace_until; /* nothing is asked of it before */
};

struct pass {
	struct world *world;
	const struct pass_options *options;
	struct sync_ledger *ledger;
	struct pass_sink *sink;
	struct arena arena;
	struct pass_progress progress;
	struct pass_side src;
	struct pass_side dst;
	struct sync_tree tree; /* the folders that were mapped */
	struct pass_folder *folders;
	size_t folder_count;
	size_t next_folder[PASS_STAGE_COUNT];
	struct pass_worker workers[PASS_CONNECTIONS_MAX];
	unsigned worker_count;
	struct block_pool blocks; /* for the octets of all folders under way */
	struct bucket bytes_bucket;
	struct bucket messages_bucket;
	enum pass_stage stage;
	struct imap_capabilities without;
	struct pass_kept *first_kept;
	struct pass_kept **kept_end; /* where the next one goes */
	bool has_unkept;             /* there was no memory to note one */
	uint64_t awaiting;           /* messages that are refused unless a repair helps */
	bool has_told_bad;           /* that a destination answered BAD to an APPEND */
	bool has_waited_for_fewer;   /* before the counts of all folders were believed */
	struct fiber *fiber;         /* of pass_run */
	struct fiber *openers[2];    /* while they run */
	bool is_joining;             /* it waits for other fibers */
	bool is_finishing;
	bool is_check;     /* nothing may be written */
	bool is_renaming;  /* the preparing stage runs once more */
	int64_t waited_us; /* because servers asked for it */
	bool has_told_wait;
	struct fault fault; /* of the mailbox: the first that stops it */
};

/* mailbox.c */
void pass_stop_all(struct pass *pass);
void pass_close_all(struct pass *pass, bool is_abrupt);

/* map.c: chooses the source's folders and names them at the destination. */
enum status pass_map(struct pass *pass, struct fault *fault) MUST_USE;
/* The same map as it is when the destination can write as little as `naming` says. */
enum status pass_map_with(struct pass *pass, const struct naming *naming, struct arena *arena,
    struct sync_tree_entry **entries_out, struct fault *fault) MUST_USE;
/* What the map says of a folder. */
enum status pass_map_take(struct pass *pass, const struct sync_tree_entry *entry,
    struct pass_folder *folder) MUST_USE;

/* rename.c: once more, under a safer name, what could not be created for its name. */
enum status pass_rename_refused(struct pass *pass) MUST_USE;

/* work.c */
void pass_choose_worker_count(struct pass *pass);
enum status pass_run_stage(struct pass *pass, enum pass_stage stage) MUST_USE;
/* Whether a worker's end is the mailbox's. */
enum status pass_judge(struct pass *pass, struct fault *fault) MUST_USE;
/* True: what ended the work on a folder is the folder's `own`; false: the worker's `fault`. */
bool pass_is_own(enum status status, const char *what, struct fault *own, struct fault *fault);
/* The next folder that the stage has not had yet; NULL, too when the pass is stopping. */
struct pass_folder *pass_take_folder(struct pass *pass, enum pass_stage stage);

/* prepare.c: creates, subscribes and selects the folders that the worker takes. */
enum status pass_prepare(struct pass_worker *worker, struct fault *fault) MUST_USE;
/* SELECT has told what the folder takes: it is ready. */
enum status pass_folder_opened(struct pass_worker *worker, struct pass_folder *folder,
    const struct imap_selected *selected) MUST_USE;

/* folder.c */
/* Copies what the destination lacks, or begins to where nothing has to be compared. A folder
 * that it does not let us write to has every message refused. */
enum status pass_folder_run(
    struct pass_worker *worker, struct pass_folder *folder, struct fault *fault) MUST_USE;
/* The folder is done: tells its fault, if one is set. */
void pass_folder_close(
    struct pass_worker *worker, struct pass_folder *folder, const struct fault *fault);
struct sync_copy_settings pass_copy_settings(const struct pass_worker *worker,
    const struct pass_folder *folder, const struct imap_selected *selected);
/* Whether several messages may go in one APPEND. */
bool pass_can_group(const struct endpoint *dst);
/* Opens a folder to read it, and waits for that. A refusal is the folder's fault. */
enum status pass_examine(struct pass_worker *worker, enum pass_end end, struct bytes raw,
    struct imap_selected *selected_out, struct fault *fault) MUST_USE;
/* Once more, at the source, over a connection that was opened again: its UIDs must still mean
 * the same messages. */
enum status pass_examine_again(
    struct pass_worker *worker, const struct pass_folder *folder, struct fault *fault) MUST_USE;
/* What EXAMINE told: the folder's total, and how far it reaches. */
void pass_folder_examined(
    struct pass *pass, struct pass_folder *folder, const struct imap_selected *selected);
/* EXAMINE was refused: the folder's fault. */
enum status pass_unreadable(const struct endpoint *endpoint,
    const struct imap_completion *completion, struct fault *fault);

/* relay.c: moves messages over the worker's connections, of several folders at a time. */
struct relay;
struct sync_copy_settings;
enum status pass_relay_new(struct pass_worker *worker, struct relay **relay_out) MUST_USE;
/* What is under way is given up. NULL is fine. */
void pass_relay_free(struct relay **relay);
/* Begins a folder as soon as the source is asked for all of the one before; goes on with the
 * others meanwhile. It is closed when it is done. What the settings borrow lives until then.
 * A fault of the folder: it was not begun. Any other: the connections are lost, or it was
 * stopped, and all folders are closed. */
enum status pass_relay_begin(struct relay *relay, struct pass_folder *folder,
    const struct sync_copy_settings *settings, struct fault *fault) MUST_USE;
/* Goes on until all folders are closed. */
enum status pass_relay_drain(struct relay *relay, struct fault *fault) MUST_USE;

/* verify.c */
/* Copying takes time, and people go on getting mail: looks at the source again, a few times at
 * most, and brings what is new in the folders that were copied. */
enum status pass_catch_up(struct pass *pass, struct fault *fault) MUST_USE;
enum status pass_verify_counts(struct pass *pass, struct fault *fault) MUST_USE;

#endif
