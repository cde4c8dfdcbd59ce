/* SPDX-License-Identifier: Apache-2.0
 *
 * modelserver/command: what the files of the machine do with commands.
 *
 * Place    read.c finds a command in its table and calls it; the wheel calls the steps.
 * Promise  a command that gives ST_OK has set its reply or what is to be run; a step that has
 *          nothing left to do has set the reply.
 */
#ifndef MODELSERVER_COMMAND_H
#define MODELSERVER_COMMAND_H

#include "modelserver/machine.h"

/* Commands: the scanner stands behind the name. ST_SYNTAX makes a BAD. */
typedef enum status (*model_command_fn)(struct model_server *server, struct model_scan *scan);

enum status model_command_capability(struct model_server *server, struct model_scan *scan);
enum status model_command_starttls(struct model_server *server, struct model_scan *scan);
enum status model_command_login(struct model_server *server, struct model_scan *scan);
enum status model_command_authenticate(struct model_server *server, struct model_scan *scan);
void model_password_line(struct model_server *server, struct bytes line);
void model_say_capabilities(struct model_server *server);
enum status model_command_id(struct model_server *server, struct model_scan *scan);
enum status model_command_namespace(struct model_server *server, struct model_scan *scan);
enum status model_command_enable(struct model_server *server, struct model_scan *scan);
enum status model_command_noop(struct model_server *server, struct model_scan *scan);
enum status model_command_logout(struct model_server *server, struct model_scan *scan);

enum status model_command_create(struct model_server *server, struct model_scan *scan);
enum status model_command_delete(struct model_server *server, struct model_scan *scan);
enum status model_command_rename(struct model_server *server, struct model_scan *scan);
enum status model_command_subscribe(struct model_server *server, struct model_scan *scan);
enum status model_command_select(struct model_server *server, struct model_scan *scan);
enum status model_command_unselect(struct model_server *server, struct model_scan *scan);
enum status model_command_status(struct model_server *server, struct model_scan *scan);

enum status model_command_list(struct model_server *server, struct model_scan *scan);
bool model_list_step(struct model_server *server);
enum status model_scan_status_items(struct model_scan *scan, uint32_t *items_out) MUST_USE;
void model_say_status(
    struct model_server *server, const struct model_folder *folder, uint32_t items);

enum status model_command_fetch(struct model_server *server, struct model_scan *scan);
/* One more item to say; the same one twice is said once. */
enum status model_fetch_add(
    struct model_server *server, const struct model_item *item) MUST_USE;
bool model_fetch_step(struct model_server *server);
void model_fetch_reset(struct model_server *server);

enum status model_command_store(struct model_server *server, struct model_scan *scan);
bool model_store_step(struct model_server *server);
/* NULL: they can be stored there; else the reply. */
const char *model_flags_objection(const struct model_server *server,
    const struct model_folder *folder, const struct model_flags *flags);
enum status model_command_search(struct model_server *server, struct model_scan *scan);
bool model_search_step(struct model_server *server);
enum status model_command_expunge(struct model_server *server, struct model_scan *scan);
enum status model_command_copy(struct model_server *server, struct model_scan *scan);

/* Whether the collected line is an APPEND up to a message's literal. */
bool model_append_is_message(struct model_server *server);
enum status model_command_append(struct model_server *server, struct model_scan *scan);
bool model_append_literal_step(struct model_server *server);
void model_append_literal_end(struct model_server *server);
bool model_append_line_step(struct model_server *server);
/* Reads the message that was announced and throws it away. */
void model_append_skip(struct model_server *server);
/* Stores what was collected and is not stored yet. */
void model_append_store(struct model_server *server);
/* All that has come is stored at that time, and not before. */
void model_append_store_late(struct model_server *server, struct tick due);
/* What is stored from here on goes to this folder, which is made if it is not there. */
void model_append_divert(struct model_server *server, struct bytes name);
void model_append_commit(struct model_server *server);
void model_append_reset(struct model_server *server);

/* rewrite.c: content. The words of refusal, or data NULL. */
struct bytes model_refusal_of(
    const struct model_profile *profile, const struct model_body *body);
enum status model_rewrite(
    const struct model_profile *profile, struct model_body *body) MUST_USE;

#endif
