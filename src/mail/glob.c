/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/glob.h"

#include "base/utf8.h"

/* Where to go on when what follows a star does not fit: the star takes one character more. The
 * last star of its kind is enough, because an earlier one could only give it a later start. */
struct place {
	size_t pattern; /* behind the star */
	size_t name;    /* behind what the star has taken */
	bool is_set;
};

static bool
has_inbox_first(struct bytes name)
{
	return bytes_start_with_nocase(name, BYTES("INBOX")) &&
	    (name.size == 5 || name.data[5] == '/');
}

static size_t
character_size(struct bytes name, size_t at)
{
	uint32_t code;
	size_t size = utf8_decode(bytes_skip(name, at), &code);

	return size == 0 ? 1 : size;
}

static bool
is_escape(struct bytes pattern, size_t at)
{
	uint8_t next;

	if (pattern.data[at] != '\\' || at + 1 == pattern.size)
		return false;
	next = pattern.data[at + 1];
	return next == '*' || next == '?' || next == '\\';
}

/* One literal octet or one "?"; moves both positions when it fits. */
static bool
match_one(struct bytes pattern, size_t *p, struct bytes name, size_t *n)
{
	if (*p == pattern.size || *n == name.size)
		return false;
	if (pattern.data[*p] == '?') {
		if (name.data[*n] == '/')
			return false;
		*n += character_size(name, *n);
		*p += 1;
		return true;
	}
	if (is_escape(pattern, *p)) {
		if (name.data[*n] != pattern.data[*p + 1])
			return false;
		*n += 1;
		*p += 2;
		return true;
	}
	if (name.data[*n] != pattern.data[*p])
		return false;
	*n += 1;
	*p += 1;
	return true;
}

/* Reads a star, or a run of them, at p. */
static void
note_star(struct bytes pattern, size_t *p, size_t n, struct place *shallow, struct place *deep)
{
	size_t first = *p;

	while (*p < pattern.size && pattern.data[*p] == '*')
		*p += 1;
	if (*p - first == 1) {
		*shallow = (struct place){*p, n, true};
		return;
	}
	*deep = (struct place){*p, n, true};
	shallow->is_set = false;
}

static bool
retry(struct place *place, struct bytes name, size_t *p, size_t *n)
{
	if (!place->is_set || place->name == name.size)
		return false;
	place->name += character_size(name, place->name);
	*p = place->pattern;
	*n = place->name;
	return true;
}

bool
glob_match(struct bytes pattern, struct bytes name)
{
	struct place shallow = {0};
	struct place deep = {0};
	size_t p = 0;
	size_t n = 0;

	if (pattern.size > 1 && pattern.data[pattern.size - 1] == '/')
		pattern.size--;
	if (pattern.size == 0)
		return false;
	if (has_inbox_first(pattern) && has_inbox_first(name))
		p = n = 5;
	for (;;) {
		if (p < pattern.size && pattern.data[p] == '*') {
			note_star(pattern, &p, n, &shallow, &deep);
			continue;
		}
		if (p == pattern.size && (n == name.size || name.data[n] == '/'))
			return true;
		if (match_one(pattern, &p, name, &n))
			continue;
		if (shallow.is_set && shallow.name < name.size &&
		    name.data[shallow.name] == '/')
			shallow.is_set = false;
		if (retry(&shallow, name, &p, &n))
			continue;
		shallow.is_set = false;
		if (!retry(&deep, name, &p, &n))
			return false;
	}
}
