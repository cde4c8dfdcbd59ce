/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/state: where a user's ledger lies.
 *
 * Spec     XDG Base Directory Specification: $XDG_STATE_HOME, else $HOME/.local/state. A path
 *          there that is not absolute does not count.
 */
#ifndef CLI_STATE_H
#define CLI_STATE_H

#include "base/arena.h"
#include "base/attr.h"
#include "base/fault.h"

/* `given` by --state, or NULL. The path lives in the arena, or is `given`. */
enum status cli_state_folder(const char *given, struct arena *arena, const char **path_out,
    struct fault *fault) MUST_USE;

#endif
