/* SPDX-License-Identifier: Apache-2.0
 *
 * Pattern, NUL, name: the answer is that of a matcher that tries every way, slowly.
 */
#include "fuzz.h"

#include <string.h>

#include "base/check.h"
#include "base/utf8.h"
#include "mail/glob.h"

enum {
	PATTERN_MAX = 48,
	NAME_MAX_SIZE = 96
};

struct ways {
	struct bytes pattern, name;
	/* What is known of the rest of the pattern against the rest of the name. */
	bool fits[PATTERN_MAX + 1][NAME_MAX_SIZE + 1];
};

static size_t
step(struct bytes name, size_t at)
{
	uint32_t code;
	size_t size = utf8_decode(bytes_skip(name, at), &code);

	return size > 0 ? size : 1;
}

/* A star, or a run of them, at p: it takes nothing, or a character and goes on. */
static bool
star_fits(const struct ways *ways, size_t p, size_t n)
{
	size_t behind = p;
	bool is_deep;

	while (behind < ways->pattern.size && ways->pattern.data[behind] == '*')
		behind++;
	is_deep = behind - p > 1;
	for (;;) {
		if (ways->fits[behind][n])
			return true;
		if (n == ways->name.size || (!is_deep && ways->name.data[n] == '/'))
			return false;
		n += step(ways->name, n);
	}
}

static bool
fits(const struct ways *ways, size_t p, size_t n)
{
	struct bytes pattern = ways->pattern;
	struct bytes name = ways->name;
	bool is_escape;

	if (p == pattern.size)
		return n == name.size || name.data[n] == '/';
	if (pattern.data[p] == '*')
		return star_fits(ways, p, n);
	if (n == name.size)
		return false;
	if (pattern.data[p] == '?')
		return name.data[n] != '/' && ways->fits[p + 1][n + step(name, n)];
	is_escape = pattern.data[p] == '\\' && p + 1 < pattern.size &&
	    memchr("*?\\", pattern.data[p + 1], 3) != NULL;
	if (is_escape)
		p++;
	return pattern.data[p] == name.data[n] && ways->fits[p + 1][n + 1];
}

static bool
is_inbox(struct bytes text)
{
	return bytes_start_with_nocase(text, BYTES("INBOX")) &&
	    (text.size == 5 || text.data[5] == '/');
}

static bool
try_all(struct bytes pattern, struct bytes name)
{
	static struct ways ways;
	size_t start = 0;

	if (pattern.size > 1 && pattern.data[pattern.size - 1] == '/')
		pattern.size--;
	if (pattern.size == 0)
		return false;
	if (is_inbox(pattern) && is_inbox(name))
		start = 5;
	ways.pattern = pattern;
	ways.name = name;
	for (size_t p = pattern.size + 1; p-- > 0;) {
		for (size_t n = name.size + 1; n-- > 0;)
			ways.fits[p][n] = fits(&ways, p, n);
	}
	return ways.fits[start][start];
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes input = bytes_of(data, size);
	size_t end = bytes_find(input, 0, 0);
	struct bytes pattern = bytes_first(bytes_first(input, end), PATTERN_MAX);
	struct bytes name = bytes_first(bytes_skip(input, end + 1), NAME_MAX_SIZE);

	CHECK(glob_match(pattern, name) == try_all(pattern, name));
	return 0;
}
