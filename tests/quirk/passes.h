/* SPDX-License-Identifier: Apache-2.0
 *
 * tests/quirk/passes: quirks that only a whole pass shows, between two model servers.
 */
#ifndef TESTS_QUIRK_PASSES_H
#define TESTS_QUIRK_PASSES_H

#include <stdbool.h>

#include "wire/imap/server/quirk.h"

/* Whether there is a case for the row. */
bool passes_have(enum imap_family family, enum imap_quirk quirk);
/* Whether the case goes as it should; the sentence about what did not is in `why_out`. */
bool passes_run(enum imap_family family, enum imap_quirk quirk, const char **why_out);

#endif
