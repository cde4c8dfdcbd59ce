/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz: the entry of every target. libFuzzer calls it, and so does replay.c, which runs the
 * committed corpus and seeded mutations of it with any compiler.
 *
 * Promise  a property that does not hold is a failed CHECK; the result is always 0.
 */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
