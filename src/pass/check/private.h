/* SPDX-License-Identifier: Apache-2.0
 *
 * pass/check/private: the inside of a check: check.c (the story), side.c (profiles),
 * dst.c (what the destination's folders take), src.c (what would be copied).
 *
 * Memory   rows and texts in the pass's arena; what is listed is counted and forgotten.
 */
#ifndef PASS_CHECK_PRIVATE_H
#define PASS_CHECK_PRIVATE_H

#include "pass/check/check.h"
#include "pass/private.h"

enum {
	CHECK_SAMPLE_MAX = 128
};

/* Messages by which the source's speed is measured. */
struct check_sample {
	struct bytes raw; /* the folder */
	size_t count;
	uint64_t bytes;
	struct uid uids[CHECK_SAMPLE_MAX];
	uint32_t sizes[CHECK_SAMPLE_MAX];
};

struct checking {
	struct pass *pass;
	struct pass_worker *worker; /* the one pair of connections */
	struct pass_check *check;
	struct pass_folder
	    inbox; /* the destination's; stands for folders that are not there yet */
	struct pass_check_folder inbox_row;
	struct check_sample sample; /* of the folder that has most of it */
	struct arena scratch;       /* of one message */
	struct fault *fault;
};

/* side.c */
enum status check_describe_side(struct checking *checking, const struct pass_side *side,
    struct endpoint *endpoint, struct pass_check_side *out) MUST_USE;
enum status check_time_side(
    struct checking *checking, struct endpoint *endpoint, int64_t *round_trip_us_out) MUST_USE;
void check_tell_changes(struct pass_check *check, const struct endpoint *dst);
enum pass_pace_kind check_pace_of(const struct pass_side *dst);

/* dst.c: asks what each folder that is there takes. */
enum status check_ask_destination(struct checking *checking) MUST_USE;

/* src.c: what would be copied, row by row; then how fast it can be read. */
enum status check_list_source(struct checking *checking) MUST_USE;
enum status check_time_source(struct checking *checking) MUST_USE;

#endif
