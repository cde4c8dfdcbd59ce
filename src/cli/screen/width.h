/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/screen/width: how many columns of a terminal a text takes.
 *
 * Promise  needs no locale. What must not reach a terminal counts as the one "?" that is shown
 *          in its place.
 * Spec     Unicode 15: East Asian wide and fullwidth, emoji presentation, nonspacing marks.
 */
#ifndef CLI_SCREEN_WIDTH_H
#define CLI_SCREEN_WIDTH_H

#include "base/bytes.h"

/* 0, 1 or 2. */
unsigned cli_width_of(uint32_t code);
unsigned cli_width_of_text(struct bytes text);

#endif
