/* SPDX-License-Identifier: Apache-2.0
 *
 * mail/glob: patterns over folder names, as people write them behind --folder and --exclude.
 *
 * Promise  a pattern means a folder and everything below it. "*" is any run of characters
 *          within one component, "**" also crosses "/", "?" is one character of a component.
 *          A backslash before "*", "?" or itself makes it literal. Brackets are ordinary
 *          characters, because "[Gmail]" is a folder. The component INBOX has no letter case.
 * Limits   time is at most the product of both sizes and the name's size; no memory.
 */
#ifndef MAIL_GLOB_H
#define MAIL_GLOB_H

#include <stdbool.h>

#include "base/bytes.h"

/* Both are UTF-8 with "/" between components. True when `pattern` matches `name` or an ancestor
 * of it. An empty pattern matches nothing. */
bool glob_match(struct bytes pattern, struct bytes name);

#endif
