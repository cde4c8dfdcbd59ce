/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/screen/number: counts, sizes and times as people read them.
 *
 * Memory   each writes into the caller's array and returns it.
 */
#ifndef CLI_SCREEN_NUMBER_H
#define CLI_SCREEN_NUMBER_H

#include <stdint.h>

enum {
	CLI_NUMBER_SIZE = 32
};

/* "1,234,567" */
const char *cli_number_count(uint64_t count, char out[static CLI_NUMBER_SIZE]);
/* Decimal units: "812 B", "12.4 MB". */
const char *cli_number_octets(uint64_t octets, char out[static CLI_NUMBER_SIZE]);
/* "0:07", "12:40", "3:05:00", "2 d 03:05:00"; parts of a second are dropped. */
const char *cli_number_clock(int64_t us, char out[static CLI_NUMBER_SIZE]);
/* As the clock, but "3.4 s" below a minute. */
const char *cli_number_elapsed(int64_t us, char out[static CLI_NUMBER_SIZE]);

#endif
