/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/value.h"

#include <string.h>

#include "mail/day.h"

enum {
	WORD_SIZE_MAX = 64
};

struct unit {
	const char *name;
	uint64_t octets; /* 0: messages */
};

static const struct unit rate_units[] = {
    {"B/s", 1},
    {"kB/s", 1000},
    {"MB/s", 1000000},
    {"GB/s", 1000000000},
    {"msg/s", 0},
    {NULL, 0},
};

static const struct unit size_units[] = {
    {"B", 1},
    {"kB", 1000},
    {"MB", 1000000},
    {"GB", 1000000000},
    {NULL, 0},
};

static const uint64_t amount_max = 1000000000000;

static bool
is_digit(uint8_t octet)
{
	return octet >= '0' && octet <= '9';
}

static const struct unit *
find_unit(const struct unit *units, struct bytes name)
{
	for (; units->name != NULL; units++) {
		/* K and k, M and m: nobody means milli-octets. */
		if (bytes_equal_nocase(name, bytes_of_string(units->name)))
			return units;
	}
	return NULL;
}

/* A number, maybe with one digit behind the point, and one of the units right behind it. */
static enum status
read_amount(struct bytes text, const struct unit *units, const struct unit **unit_out,
    uint64_t *amount_out)
{
	size_t whole_size = 0;
	uint64_t whole;
	uint64_t tenths = 0;
	uint64_t amount;
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
	unit = find_unit(units, text);
	if (unit == NULL || (tenths > 0 && unit->octets < 1000))
		return ST_SYNTAX;
	amount =
	    unit->octets == 0 ? whole : whole * unit->octets + tenths * (unit->octets / 10);
	if (amount == 0 || amount > amount_max)
		return ST_SYNTAX;
	*unit_out = unit;
	*amount_out = amount;
	return ST_OK;
}

enum status
cli_value_rate(struct bytes text, struct cli_rate *rate_out)
{
	const struct unit *unit;
	uint64_t per_s;
	enum status status = read_amount(text, rate_units, &unit, &per_s);

	if (status == ST_OK)
		*rate_out = (struct cli_rate){.is_messages = unit->octets == 0, .per_s = per_s};
	return status;
}

enum status
cli_value_size(struct bytes text, uint64_t *octets_out)
{
	const struct unit *unit;

	return read_amount(text, size_units, &unit, octets_out);
}

enum status
cli_value_day(struct bytes text, int64_t *s_out)
{
	struct mail_day day;
	enum status status = mail_day_decode(text, &day);

	if (status == ST_OK)
		*s_out = mail_day_number(day) * MAIL_DAY_SECONDS;
	return status;
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
