/* SPDX-License-Identifier: Apache-2.0 */
#include "escape.h"

#include <stddef.h>
#include <string.h>

static int
hex_value(char letter)
{
	const char *digits = "0123456789abcdef";
	const char *found = letter == 0 ? NULL : strchr(digits, letter);

	return found == NULL ? -1 : (int)(found - digits);
}

uint8_t
escape_take(const char **text)
{
	const char *at = *text;
	int high = at[0] == '\\' && at[1] == 'x' ? hex_value(at[2]) : -1;
	int low = high >= 0 ? hex_value(at[3]) : -1;

	*text += low >= 0 ? 4 : 1;
	return low >= 0 ? (uint8_t)(high * 16 + low) : (uint8_t)*at;
}
