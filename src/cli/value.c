/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/value.h"

#include <string.h>

enum {
	WORD_SIZE_MAX = 64
};

struct unit {
	const char *name;
	uint64_t octets; /* 0: messages */
};

static const struct unit units[] = {
    {"B/s", 1},
    {"kB/s", 1000},
    {"MB/s", 1000000},
    {"GB/s", 1000000000},
    {"msg/s", 0},
};

static const uint64_t rate_max = 1000000000000;

static bool
is_digit(uint8_t octet)
{
	return octet >= '0' && octet <= '9';
}

static const struct unit *
find_unit(struct bytes name)
{
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		/* K and k, M and m: nobody means milli-octets. */
		if (bytes_equal_nocase(name, bytes_of_string(units[i].name)))
			return &units[i];
	}
	return NULL;
}

enum status
cli_value_rate(struct bytes text, struct cli_rate *rate_out)
{
	size_t whole_size = 0;
	uint64_t whole;
	uint64_t tenths = 0;
	uint64_t per_s;
	const struct unit *unit;

	while (whole_size < text.size && is_digit(text.data[whole_size]))
		whole_size++;
	if (bytes_number(bytes_first(text, whole_size), 1000000000, &whole) != ST_OK)
		return ST_SYNTAX;
	text = bytes_skip(text, whole_size);
	if (text.size > 2 && text.data[0] == '.' && is_digit(text.data[1])) {
		tenths = (uint64_t)(text.data[1] - '0');
		text = bytes_skip(text, 2);
	}
	unit = find_unit(text);
	if (unit == NULL || (tenths > 0 && unit->octets < 1000))
		return ST_SYNTAX;
	per_s = unit->octets == 0 ? whole : whole * unit->octets + tenths * (unit->octets / 10);
	if (per_s == 0 || per_s > rate_max)
		return ST_SYNTAX;
	*rate_out = (struct cli_rate){.is_messages = unit->octets == 0, .per_s = per_s};
	return ST_OK;
}

static int
hex_value(uint8_t octet)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t lower = octet >= 'A' && octet <= 'F' ? (uint8_t)(octet + 32) : octet;
	const char *at = octet == 0 ? NULL : strchr(digits, lower);

	return at == NULL ? -1 : (int)(at - digits);
}

enum status
cli_value_pin(struct bytes text, uint8_t pin_out[static DIGEST_SIZE])
{
	uint8_t pin[DIGEST_SIZE];

	if (!bytes_start_with_nocase(text, BYTES("sha256:")))
		return ST_SYNTAX;
	text = bytes_skip(text, 7);
	if (text.size != 2 * DIGEST_SIZE)
		return ST_SYNTAX;
	for (size_t i = 0; i < DIGEST_SIZE; i++) {
		int high = hex_value(text.data[2 * i]);
		int low = hex_value(text.data[2 * i + 1]);

		if (high < 0 || low < 0)
			return ST_SYNTAX;
		pin[i] = (uint8_t)(high * 16 + low);
	}
	memcpy(pin_out, pin, sizeof(pin));
	return ST_OK;
}

bool
cli_value_is_capability(struct bytes text)
{
	if (text.size == 0 || text.size > WORD_SIZE_MAX)
		return false;
	for (size_t i = 0; i < text.size; i++) {
		uint8_t octet = text.data[i];
		bool is_letter =
		    (octet >= 'a' && octet <= 'z') || (octet >= 'A' && octet <= 'Z');

		if (!is_letter && !is_digit(octet) &&
		    (octet == 0 || strchr("+-=._:", octet) == NULL))
			return false;
	}
	return true;
}
