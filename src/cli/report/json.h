/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/report/json: one JSON object on one line.
 *
 * Promise  the line is valid UTF-8 whatever was given: a broken octet becomes U+FFFD.
 *          Characters that a terminal would act on are written as \u escapes. A writer of our
 *          own, because libraries refuse broken UTF-8 where other people's names must be told.
 * Memory   one buffer, used again for each line.
 * Spec     RFC 8259; the objects are flat, so commas are the only state.
 */
#ifndef CLI_REPORT_JSON_H
#define CLI_REPORT_JSON_H

#include <stdint.h>

#include "base/buf.h"
#include "base/bytes.h"

struct cli_json {
	struct buf line;
	enum status status; /* the first failure of this line */
};

void cli_json_init(struct cli_json *json);
void cli_json_fini(struct cli_json *json);

/* Starts a line; what an unfinished one held is dropped. */
void cli_json_begin(struct cli_json *json);
/* Keys are our own words. */
void cli_json_text(struct cli_json *json, const char *key, struct bytes text);
void cli_json_number(struct cli_json *json, const char *key, uint64_t number);
void cli_json_bool(struct cli_json *json, const char *key, bool value);
/* Microseconds as seconds with three digits: 12.345 */
void cli_json_seconds(struct cli_json *json, const char *key, int64_t us);
/* The whole line with its line end, borrowed until the next call; empty when memory failed. */
struct bytes cli_json_end(struct cli_json *json);

#endif
