/* SPDX-License-Identifier: Apache-2.0 */
#include "file.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "transcript/escape.h"

enum {
	LINE_SIZE = 16384,
	WORD_SIZE_MAX = 1 << 22,
	REPEATS_MAX = 1 << 20
};

struct reader {
	const char *path;
	int line;
	const char *at;
};

static void
wrong(const struct reader *reader, const char *what)
{
	fprintf(stderr, "%s:%d: %s\n", reader->path, reader->line, what);
	exit(2);
}

/* One piece in quotes, and how often. */
static void
read_piece(struct reader *reader, struct buf *out)
{
	size_t start = out->size;
	unsigned long times = 1;
	struct buf piece;

	buf_init(&piece, WORD_SIZE_MAX);
	reader->at++;
	while (*reader->at != '"') {
		uint8_t octet;

		if (*reader->at == 0)
			wrong(reader, "a quote is not closed");
		octet = escape_take(&reader->at);
		CHECK(buf_append(&piece, bytes_of(&octet, 1)) == ST_OK);
	}
	reader->at++;
	if (*reader->at == '*') {
		char *end;

		times = strtoul(reader->at + 1, &end, 10);
		reader->at = end;
	}
	if (times > REPEATS_MAX)
		wrong(reader, "too often");
	while (times-- > 0)
		CHECK(buf_append(out, buf_bytes(&piece)) == ST_OK);
	CHECK(out->size >= start);
	buf_fini(&piece);
}

/* Whether there was one. */
static bool
read_word(struct reader *reader, struct buf *out)
{
	while (*reader->at == ' ')
		reader->at++;
	if (*reader->at == 0)
		return false;
	while (*reader->at != 0 && *reader->at != ' ') {
		if (*reader->at == '"')
			read_piece(reader, out);
		else
			CHECK(buf_append(out, bytes_of(reader->at++, 1)) == ST_OK);
	}
	return true;
}

static void
read_act(struct reader *reader, struct file *file)
{
	struct act *act = &file->acts[file->count++];

	if (file->count == ACTS_MAX)
		wrong(reader, "too many acts");
	*act = (struct act){.line = reader->line};
	buf_init(&act->expected, WORD_SIZE_MAX);
	for (;;) {
		struct buf *word = &act->words[act->word_count];

		while (*reader->at == ' ')
			reader->at++;
		if (strncmp(reader->at, "=> ", 3) == 0)
			break;
		if (act->word_count == WORDS_MAX)
			wrong(reader, "too many words");
		buf_init(word, WORD_SIZE_MAX);
		if (!read_word(reader, word))
			wrong(reader, "it does not say what must come of it");
		act->word_count++;
	}
	reader->at += 3;
	while (read_word(reader, &act->expected)) {
		if (*reader->at != 0)
			CHECK(buf_append(&act->expected, BYTES(" ")) == ST_OK);
	}
	if (act->word_count == 0)
		wrong(reader, "there is no verb");
}

void
file_read(struct file *file, const char *path)
{
	static char line[LINE_SIZE];
	struct reader reader = {.path = path};
	FILE *stream = fopen(path, "r");

	*file = (struct file){.path = path};
	if (stream == NULL)
		wrong(&reader, "cannot be opened");
	while (fgets(line, sizeof(line), stream) != NULL) {
		line[strcspn(line, "\n")] = 0;
		reader.line++;
		reader.at = line;
		if (line[0] != 0 && line[0] != '#')
			read_act(&reader, file);
	}
	fclose(stream);
	if (file->count == 0)
		wrong(&reader, "there is no act");
}

void
file_free(struct file *file)
{
	for (size_t i = 0; i < file->count; i++) {
		struct act *act = &file->acts[i];

		for (size_t k = 0; k < act->word_count; k++)
			buf_fini(&act->words[k]);
		buf_fini(&act->expected);
	}
}

/* "# CVE-2018-14350 (…" for cve-2018-14350.case. */
static bool
names_file(const char *line, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash == NULL ? path : slash + 1;
	size_t size = strcspn(name, ".");

	if (strncmp(line, "# ", 2) != 0)
		return false;
	for (size_t i = 0; i < size; i++) {
		if (tolower((unsigned char)line[2 + i]) != name[i])
			return false;
	}
	return strncmp(line + 2 + size, " (", 2) == 0;
}

bool
file_has_head(const char *path)
{
	static const char *const heads[] = {"# ", "# Played: ", "# Must: "};
	char line[LINE_SIZE];
	FILE *stream = fopen(path, "r");
	size_t found = 0;

	if (stream == NULL)
		return false;
	while (found < 3 && fgets(line, sizeof(line), stream) != NULL) {
		if (strncmp(line, heads[found], strlen(heads[found])) == 0)
			found += found > 0 || names_file(line, path) ? 1 : 4;
		else if (found == 0)
			break;
	}
	fclose(stream);
	return found == 3;
}
