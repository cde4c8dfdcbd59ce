/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/screen/number.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

enum {
	SECOND_US = 1000000
};

const char *
cli_number_count(uint64_t count, char out[static CLI_NUMBER_SIZE])
{
	char digits[24];
	int size = snprintf(digits, sizeof(digits), "%" PRIu64, count);
	size_t used = 0;

	for (int i = 0; i < size; i++) {
		if (i > 0 && (size - i) % 3 == 0)
			out[used++] = ',';
		out[used++] = digits[i];
	}
	out[used] = '\0';
	return out;
}

const char *
cli_number_octets(uint64_t octets, char out[static CLI_NUMBER_SIZE])
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB"};
	uint64_t tenths = 0;
	size_t unit = 0;

	if (octets < 1000) {
		snprintf(out, CLI_NUMBER_SIZE, "%" PRIu64 " B", octets);
		return out;
	}
	/* Rounded before the unit is chosen: 999,999 is 1.0 MB and not 1000.0 kB. */
	for (unit = 1; unit + 1 < sizeof(units) / sizeof(*units); unit++) {
		tenths = octets / 100 + (octets % 100 >= 50);
		if (tenths < 10000)
			break;
		octets = octets / 1000 + (octets % 1000 >= 500);
	}
	tenths = octets / 100 + (octets % 100 >= 50);
	snprintf(out, CLI_NUMBER_SIZE, "%" PRIu64 ".%" PRIu64 " %s", tenths / 10, tenths % 10,
	    units[unit]);
	return out;
}

const char *
cli_number_clock(int64_t us, char out[static CLI_NUMBER_SIZE])
{
	int64_t s = us < 0 ? 0 : us / SECOND_US;
	int64_t days = s / 86400;
	int hours = (int)(s / 3600 % 24);
	int minutes = (int)(s / 60 % 60);
	int seconds = (int)(s % 60);

	if (days > 0)
		snprintf(out, CLI_NUMBER_SIZE, "%" PRId64 " d %02d:%02d:%02d", days, hours,
		    minutes, seconds);
	else if (hours > 0)
		snprintf(out, CLI_NUMBER_SIZE, "%d:%02d:%02d", hours, minutes, seconds);
	else
		snprintf(out, CLI_NUMBER_SIZE, "%d:%02d", minutes, seconds);
	return out;
}

const char *
cli_number_elapsed(int64_t us, char out[static CLI_NUMBER_SIZE])
{
	int tenths;

	if (us >= (int64_t)60 * SECOND_US)
		return cli_number_clock(us, out);
	tenths = us < 0 ? 0 : (int)(us / (SECOND_US / 10));
	snprintf(out, CLI_NUMBER_SIZE, "%d.%d s", tenths / 10, tenths % 10);
	return out;
}
