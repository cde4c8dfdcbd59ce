/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/report/refused: the folder of --refused, where messages go that the destination did not
 * take.
 *
 * Promise  files are named by us ("0001-uid17.eml"), of mode 0600 and never an existing one; no
 *          octet of a server gets into a name. "index.json" has one object a line: which file
 *          is which message, and why it was refused.
 * Limits   CLI_REFUSED_SLOT_COUNT messages may arrive in pieces at the same time.
 */
#ifndef CLI_REPORT_REFUSED_H
#define CLI_REPORT_REFUSED_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/attr.h"
#include "base/fault.h"
#include "cli/report/json.h"
#include "pass/report.h"

enum {
	CLI_REFUSED_SLOT_COUNT = 32,
	CLI_REFUSED_NAME_SIZE = 40
};

struct cli_refused_slot {
	int fd; /* -1: free */
	uint32_t uid;
	uint64_t size;
	uint64_t expected;
	char name[CLI_REFUSED_NAME_SIZE];
	struct bytes folder; /* owned */
	struct bytes reason; /* owned */
};

struct cli_refused {
	const char *path;
	int dir; /* -1: closed */
	FILE *index;
	unsigned number; /* of the last file */
	int error;       /* errno of the first failure */
	struct cli_json json;
	struct cli_refused_slot slots[CLI_REFUSED_SLOT_COUNT];
};

void cli_refused_init(struct cli_refused *refused);
/* Creates the directory (0700) if it is missing. `path` is kept. */
enum status cli_refused_open(
    struct cli_refused *refused, const char *path, struct fault *fault) MUST_USE;
/* A piece of the message item->folder, item->uid. Offset 0 starts it, also over again. */
void cli_refused_add(struct cli_refused *refused, const struct pass_item *item, uint64_t offset,
    struct bytes octets);
/* Unfinished messages are named in the index as such. Closing a closed one is fine. */
enum status cli_refused_close(struct cli_refused *refused, struct fault *fault) MUST_USE;

#endif
