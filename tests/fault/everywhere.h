/* SPDX-License-Identifier: Apache-2.0
 *
 * fault/everywhere: runs a scenario once for each of its calls to the allocator, failing that
 * call once, and then that call and all later ones.
 *
 * Promise  a scenario in which a call failed ends with ST_MEMORY, any other with ST_OK; no
 *          block is left over in either case.
 */
#ifndef FAULT_EVERYWHERE_H
#define FAULT_EVERYWHERE_H

#include "base/status.h"

/* Owns what it makes: it gives everything back before it returns. */
typedef enum status scenario_fn(void);

void fail_everywhere(const char *name, scenario_fn *scenario);
/* The scenario must not take any memory at all. */
void fail_nowhere(const char *name, scenario_fn *scenario);

#endif
