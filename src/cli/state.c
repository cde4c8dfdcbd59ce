/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *
absolute(const char *variable)
{
	const char *path = getenv(variable);

	return path != NULL && path[0] == '/' ? path : NULL;
}

enum status
cli_state_folder(
    const char *given, struct arena *arena, const char **path_out, struct fault *fault)
{
	const char *base = absolute("XDG_STATE_HOME");
	const char *rest = "/godwit";
	size_t size;
	char *path;

	if (given != NULL) {
		*path_out = given;
		return ST_OK;
	}
	if (base == NULL) {
		base = absolute("HOME");
		rest = "/.local/state/godwit";
	}
	if (base == NULL)
		return fault_set(fault,
		    (struct fault_kind){ST_ABSENT, CAUSE_USAGE, FAULT_PROCESS, RETRY_NEVER},
		    "Neither HOME nor XDG_STATE_HOME says where the ledger lies; name a folder "
		    "with --state DIR.");
	size = strlen(base) + strlen(rest) + 1;
	path = arena_take(arena, size, 1);
	if (path == NULL)
		return fault_set(fault,
		    (struct fault_kind){ST_MEMORY, CAUSE_MEMORY, FAULT_PROCESS, RETRY_LATER},
		    "There is no memory to start.");
	snprintf(path, size, "%s%s", base, rest);
	*path_out = path;
	return ST_OK;
}
