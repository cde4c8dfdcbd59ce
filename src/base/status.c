/* SPDX-License-Identifier: Apache-2.0 */
#include "base/status.h"

#include <assert.h>

#include "base/check.h"

static const char *const names[] = {
    [ST_OK] = "ok",
    [ST_AGAIN] = "again",
    [ST_END] = "end",
    [ST_ABSENT] = "absent",
    [ST_SYNTAX] = "syntax",
    [ST_LIMIT] = "limit",
    [ST_MEMORY] = "memory",
    [ST_IO] = "input/output",
    [ST_TIMEOUT] = "timeout",
    [ST_REFUSED] = "refused",
    [ST_CONFLICT] = "conflict",
    [ST_CANCELED] = "canceled",
};

static_assert(sizeof(names) / sizeof(names[0]) == ST_COUNT, "every status has a name");

const char *
status_name(enum status status)
{
	CHECK(status < ST_COUNT);
	return names[status];
}
