/* SPDX-License-Identifier: Apache-2.0
 *
 * pass/check/check: what a copy would do and how long it would take, without doing it.
 *
 * Place    called on a fiber by main.c (godwit check) in the place of pass_run; cli shows it.
 * Promise  nothing is written on either side: folders are opened by EXAMINE at the source and
 *          by SELECT at the destination, where only SELECT tells what may be written; texts are
 *          read by BODY.PEEK. What cannot be known without writing is told as not known.
 * Memory   texts, rows and quotas live in the pass, until pass_free.
 */
#ifndef PASS_CHECK_CHECK_H
#define PASS_CHECK_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "base/fault.h"
#include "pass/check/estimate.h"

struct pass;

/* By what a server was recognised. */
enum pass_trust {
	PASS_TRUST_NONE, /* not at all: no encryption */
	PASS_TRUST_SYSTEM,
	PASS_TRUST_FILE, /* the authorities in a file that was named */
	PASS_TRUST_PIN
};

/* The profile of a host, as this log-in found it. */
struct pass_check_side {
	const char *host;
	const char *user;
	uint16_t port;
	struct bytes security; /* "TLSv1.3, certificate of imap.example.org" */
	enum pass_trust trust;
	bool allows_old_tls;
	const char *login; /* "SCRAM-SHA-256" */
	const char *family;
	struct bytes software;     /* by ID, such as "Dovecot"; may be empty */
	struct bytes version;      /* the same */
	struct bytes capabilities; /* of those that Godwit knows, joined by spaces */
	struct bytes quirks;       /* names of the rows of docs/quirks.md that hold for it */
	const char *append_mode;
	const char *search_mode;
	char delimiter[2];
	struct bytes forbidden; /* characters that a name cannot have; may be empty */
	uint64_t append_limit;  /* octets of one message; 0: not told */
	unsigned name_max;      /* of a whole name and of a part of it; 0: no limit known */
	unsigned part_max;
	unsigned depth_max;
	unsigned unanswered_max; /* groups of messages under way at once */
	size_t folders;
	int64_t round_trip_us;
};

struct pass_check_quota {
	struct bytes root; /* may be empty: the account's own */
	bool has_storage;
	bool has_messages;
	uint64_t used_bytes;
	uint64_t limit_bytes;
	uint64_t used_messages;
	uint64_t limit_messages;
	uint64_t needed_bytes; /* what would be copied below this root */
	uint64_t needed_messages;
};

struct pass_check_folder {
	struct bytes source;      /* as folder_name_print */
	struct bytes destination; /* the same */
	struct bytes why;         /* the names differ; may be empty */
	bool is_new;              /* would be created */
	uint64_t messages;        /* at the source, with their octets */
	uint64_t bytes;
	uint64_t largest;
	uint64_t there;   /* the same messages are at the destination */
	uint64_t skipped; /* by the options of what is copied */
	uint64_t to_copy;
	uint64_t to_copy_bytes;
	uint64_t too_big; /* of to_copy: above the limit */
	uint64_t too_big_bytes;
	uint64_t append_limit;   /* that holds here; 0: none is known */
	struct bytes lost_flags; /* what cannot be set, joined by spaces; may be empty */
	uint64_t losing;         /* messages that have one of them */
	uint64_t changed_dates;
	struct bytes rights; /* by MYRIGHTS; may be empty */
	const char *refusal; /* nothing of it can be taken: why; NULL: it can */
	const char *unread;  /* it could not be read at the source: why; NULL */
	uint32_t roots;      /* bits: which of the quotas count it */
};

enum {
	PASS_CHECK_QUOTAS_MAX = 32,
	PASS_CHECK_CHANGES_MAX = 24
};

struct pass_check {
	bool has_destination;
	struct pass_check_side src; /* without a host: it was not reached */
	struct pass_check_side dst;
	const struct fault *src_fault; /* why the side cannot be used; NULL: it can */
	const struct fault *dst_fault;
	struct pass_check_folder *folders;
	size_t folder_count;
	struct pass_check_quota quotas[PASS_CHECK_QUOTAS_MAX];
	size_t quota_count;
	const char *changes[PASS_CHECK_CHANGES_MAX]; /* what the destination does to messages */
	size_t change_count;
	struct pass_check_folder total; /* the numbers of all rows; its texts are empty */
	uint64_t refused;               /* messages that cannot be taken, of to_copy */
	size_t refused_folders;
	size_t unread_folders;
	size_t new_folders;
	struct pass_estimate_facts facts; /* what the estimate was made of */
	struct pass_estimate estimate;
};

/* ST_OK also when much cannot be taken. `check_out` is filled as far as it came, else by
 * zeroes: the sides are of use also when what comes later fails. */
enum status pass_check_run(
    struct pass *pass, struct pass_check *check_out, struct fault *fault) MUST_USE;

/* Whether a quota would not hold what would be copied. */
bool pass_check_quota_is_short(const struct pass_check_quota *quota);

#endif
