/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/check_json: the result of a check as JSON, one object a line.
 *
 * Place    cmd_check calls it at the end; docs/check.md tells the keys.
 */
#ifndef CLI_CHECK_JSON_H
#define CLI_CHECK_JSON_H

struct cli_check_view;
struct cli_report;

void cli_check_write(const struct cli_check_view *view, struct cli_report *report);

#endif
