/* SPDX-License-Identifier: Apache-2.0
 *
 * tests/transcript/escape: "\x0d" in a text that a person wrote.
 */
#ifndef TESTS_TRANSCRIPT_ESCAPE_H
#define TESTS_TRANSCRIPT_ESCAPE_H

#include <stdint.h>

/* The next octet of a text that is not at its end, which then begins behind it: "\x" and two
 * small hex digits are one octet, any other backslash is itself. */
uint8_t escape_take(const char **text);

#endif
