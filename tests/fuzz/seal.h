/* SPDX-License-Identifier: Apache-2.0
 *
 * tests/fuzz/seal: octets with the checksum that belongs to them, which no mutation would find.
 */
#ifndef TESTS_FUZZ_SEAL_H
#define TESTS_FUZZ_SEAL_H

#include "base/bytes.h"

/* Gives `play` the input as it is, and once more with its last four octets put right. */
void seal_play(struct bytes input, void (*play)(struct bytes octets));

#endif
