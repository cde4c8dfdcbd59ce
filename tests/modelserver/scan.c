/* SPDX-License-Identifier: Apache-2.0 */
#include "modelserver/scan.h"

#include <string.h>

static bool
is_atom_octet(uint8_t octet)
{
	return octet > 0x20 && octet < 0x7f && strchr("(){%*\"\\]", octet) == NULL;
}

static bool
is_astring_octet(uint8_t octet)
{
	return is_atom_octet(octet) || octet == ']';
}

static bool
is_pattern_octet(uint8_t octet)
{
	return is_astring_octet(octet) || octet == '%' || octet == '*';
}

static bool
is_tag_octet(uint8_t octet)
{
	return is_astring_octet(octet) && octet != '+';
}

bool
model_scan_is_end(const struct model_scan *scan)
{
	return scan->at == scan->text.size;
}

static uint8_t
peek(const struct model_scan *scan)
{
	return scan->at < scan->text.size ? scan->text.data[scan->at] : 0;
}

bool
model_scan_octet(struct model_scan *scan, uint8_t octet)
{
	if (model_scan_is_end(scan) || peek(scan) != octet)
		return false;
	scan->at++;
	return true;
}

enum status
model_scan_space(struct model_scan *scan)
{
	return model_scan_octet(scan, ' ') ? ST_OK : ST_SYNTAX;
}

bool
model_scan_word(struct model_scan *scan, struct bytes word)
{
	struct bytes rest = bytes_skip(scan->text, scan->at);

	if (!bytes_start_with_nocase(rest, word))
		return false;
	if (rest.size > word.size && is_atom_octet(rest.data[word.size]) &&
	    rest.data[word.size] != '[')
		return false;
	scan->at += word.size;
	return true;
}

static enum status
run_of(struct model_scan *scan, bool (*is_member)(uint8_t), struct bytes *run_out)
{
	size_t start = scan->at;

	while (!model_scan_is_end(scan) && is_member(peek(scan)))
		scan->at++;
	if (scan->at == start)
		return ST_SYNTAX;
	*run_out = bytes_of(scan->text.data + start, scan->at - start);
	return ST_OK;
}

enum status
model_scan_tag(struct model_scan *scan, struct bytes *tag_out)
{
	return run_of(scan, is_tag_octet, tag_out);
}

enum status
model_scan_atom(struct model_scan *scan, struct bytes *atom_out)
{
	return run_of(scan, is_atom_octet, atom_out);
}

static bool
is_digit(uint8_t octet)
{
	return octet >= '0' && octet <= '9';
}

enum status
model_scan_number(struct model_scan *scan, uint64_t max, uint64_t *number_out)
{
	struct bytes run;
	enum status status = run_of(scan, is_digit, &run);

	if (status != ST_OK)
		return status;
	return bytes_number(run, max, number_out);
}

enum status
model_scan_quoted(struct model_scan *scan, struct bytes *text_out)
{
	uint8_t *copy;
	size_t size = 0;

	if (!model_scan_octet(scan, '"'))
		return ST_SYNTAX;
	copy = arena_take(scan->arena, scan->text.size - scan->at + 1, 1);
	if (copy == NULL)
		return arena_status(scan->arena);
	while (!model_scan_is_end(scan)) {
		uint8_t octet = scan->text.data[scan->at++];

		if (octet == '"') {
			*text_out = (struct bytes){copy, size};
			return ST_OK;
		}
		if (octet == '\\') {
			octet = peek(scan);
			if (octet != '"' && octet != '\\')
				return ST_SYNTAX;
			scan->at++;
		}
		/* Octets above 127 pass: several servers take them, and tests want to see. */
		if (octet == 0 || octet == '\r' || octet == '\n')
			return ST_SYNTAX;
		copy[size++] = octet;
	}
	return ST_SYNTAX;
}

/* "{n}" or "{n+}", CR LF, n octets. The command was completed by this same count. */
static enum status
literal(struct model_scan *scan, struct bytes *text_out)
{
	uint64_t size;
	struct bytes rest;
	enum status status;

	if (!model_scan_octet(scan, '{'))
		return ST_SYNTAX;
	status = model_scan_number(scan, UINT32_MAX, &size);
	if (status != ST_OK)
		return status;
	(void)model_scan_octet(scan, '+');
	if (!model_scan_octet(scan, '}'))
		return ST_SYNTAX;
	(void)model_scan_octet(scan, '\r');
	if (!model_scan_octet(scan, '\n'))
		return ST_SYNTAX;
	rest = bytes_skip(scan->text, scan->at);
	if (rest.size < size)
		return ST_SYNTAX;
	*text_out = bytes_first(rest, (size_t)size);
	scan->at += (size_t)size;
	return ST_OK;
}

static enum status
text_of(struct model_scan *scan, bool (*is_member)(uint8_t), struct bytes *text_out)
{
	if (peek(scan) == '"')
		return model_scan_quoted(scan, text_out);
	if (peek(scan) == '{')
		return literal(scan, text_out);
	return run_of(scan, is_member, text_out);
}

enum status
model_scan_astring(struct model_scan *scan, struct bytes *text_out)
{
	return text_of(scan, is_astring_octet, text_out);
}

enum status
model_scan_pattern(struct model_scan *scan, struct bytes *text_out)
{
	return text_of(scan, is_pattern_octet, text_out);
}

/* One flag: a system flag's bit, or the keyword behind those that came before. */
static enum status
flag(struct model_scan *scan, struct model_flags *flags, uint8_t *words)
{
	struct bytes atom;
	size_t start = scan->at;
	uint32_t bit;
	enum status status;

	if (model_scan_octet(scan, '\\')) {
		status = model_scan_atom(scan, &atom);
		if (status != ST_OK)
			return status;
		bit = model_flag_of_name(bytes_of(scan->text.data + start, scan->at - start));
		flags->system |= bit;
		return bit == 0 ? ST_SYNTAX : ST_OK;
	}
	status = model_scan_atom(scan, &atom);
	if (status != ST_OK)
		return status;
	if (flags->keywords.size > 0)
		words[flags->keywords.size++] = ' ';
	memcpy(words + flags->keywords.size, atom.data, atom.size);
	flags->keywords.size += atom.size;
	return ST_OK;
}

static enum status
flags_until_end(struct model_scan *scan, bool is_in_parentheses, struct model_flags *flags_out)
{
	struct model_flags flags = {0};
	uint8_t *words = arena_take(scan->arena, scan->text.size - scan->at + 1, 1);
	enum status status = ST_OK;

	if (words == NULL)
		return arena_status(scan->arena);
	flags.keywords.data = words;
	if (is_in_parentheses && model_scan_octet(scan, ')')) {
		*flags_out = flags;
		return ST_OK;
	}
	do {
		status = flag(scan, &flags, words);
	} while (status == ST_OK && model_scan_octet(scan, ' '));
	if (status == ST_OK && is_in_parentheses && !model_scan_octet(scan, ')'))
		status = ST_SYNTAX;
	if (status == ST_OK)
		*flags_out = flags;
	return status;
}

enum status
model_scan_flags(struct model_scan *scan, struct model_flags *flags_out)
{
	if (!model_scan_octet(scan, '('))
		return ST_SYNTAX;
	return flags_until_end(scan, true, flags_out);
}

enum status
model_scan_store_flags(struct model_scan *scan, struct model_flags *flags_out)
{
	if (peek(scan) == '(')
		return model_scan_flags(scan, flags_out);
	return flags_until_end(scan, false, flags_out);
}

enum status
model_scan_date(struct model_scan *scan, struct model_date *date_out)
{
	struct bytes text;
	enum status status = model_scan_quoted(scan, &text);

	if (status != ST_OK)
		return status;
	return model_date_scan(text, date_out);
}

static enum status
set_number(struct model_scan *scan, uint32_t highest, uint32_t *number_out)
{
	uint64_t number;
	enum status status;

	if (model_scan_octet(scan, '*')) {
		*number_out = highest;
		return ST_OK;
	}
	status = model_scan_number(scan, UINT32_MAX, &number);
	if (status != ST_OK || number == 0)
		return ST_SYNTAX;
	*number_out = (uint32_t)number;
	return ST_OK;
}

enum status
model_scan_set(struct model_scan *scan, uint32_t highest, struct range_set *set)
{
	enum status status;

	do {
		uint32_t first, last;

		status = set_number(scan, highest, &first);
		last = first;
		if (status == ST_OK && model_scan_octet(scan, ':'))
			status = set_number(scan, highest, &last);
		if (status != ST_OK)
			return status;
		/* "*" in an empty folder names nothing. */
		if (first == 0 || last == 0)
			continue;
		status = range_set_add(
		    set, first < last ? first : last, first < last ? last : first);
	} while (status == ST_OK && model_scan_octet(scan, ','));
	return status;
}

enum status
model_scan_literal_head(struct bytes line, struct model_literal *literal_out)
{
	struct model_literal found = {0};
	size_t end = line.size;
	size_t start;

	if (end < 3 || line.data[end - 1] != '}')
		return ST_ABSENT;
	found.is_non_synchronizing = line.data[end - 2] == '+';
	end -= found.is_non_synchronizing ? 2 : 1;
	start = end;
	while (start > 0 && is_digit(line.data[start - 1]))
		start--;
	if (start == 0 || start == end || line.data[start - 1] != '{')
		return ST_ABSENT;
	if (bytes_number(bytes_of(line.data + start, end - start), INT64_MAX, &found.size) !=
	    ST_OK)
		return ST_LIMIT;
	found.head_size = line.size - (start - 1);
	*literal_out = found;
	return ST_OK;
}
