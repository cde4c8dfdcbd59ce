/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/triple_rows.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	LINE_SIZE = 2048,
	PATH_SIZE = 1024
};

struct reader {
	const char *folder;
	FILE *file;
	unsigned line;
	struct triple_rows *rows;
};

struct word {
	const char *name;
	unsigned bit;
};

static const struct word places[] = {
    {"source", TRIPLE_SRC},
    {"destination", TRIPLE_DST},
    {"tls", TRIPLE_TLS},
    {"starttls", TRIPLE_STARTTLS},
    {"early", TRIPLE_EARLY},
    {NULL, 0},
};

static const struct word bends[] = {
    {"names", TRIPLE_NAMES},
    {"flags", TRIPLE_FLAGS},
    {"texts", TRIPLE_TEXTS},
    {"doubles", TRIPLE_DOUBLES},
    {"loses", TRIPLE_LOSES},
    {"removes", TRIPLE_REMOVES},
    {"bad", TRIPLE_BAD},
    {"changes", TRIPLE_CHANGES},
    {"hurries", TRIPLE_HURRIES},
    {"stores", TRIPLE_STORES},
    {"refuses", TRIPLE_REFUSES},
    {NULL, 0},
};

static const struct word ends[] = {
    {"0", 1 << 0},
    {"2", 1 << 2},
    {"3", 1 << 3},
    {"4", 1 << 4},
    {"5", 1 << 5},
    {"6", 1 << 6},
    {"7", 1 << 7},
    {NULL, 0},
};

_Noreturn static void
wrong(const struct reader *reader, const char *what, const char *word)
{
	fprintf(stderr, "triples.rows:%u: %s: %s\n", reader->line, what, word);
	exit(2);
}

static unsigned
bits_of(const struct reader *reader, char *text, const struct word *words)
{
	unsigned bits = 0;
	char *word;

	while ((word = strsep(&text, " ")) != NULL) {
		const struct word *known = words;

		if (*word == '\0')
			continue;
		while (known->name != NULL && strcmp(known->name, word) != 0)
			known++;
		if (known->name == NULL)
			wrong(reader, "it has no meaning", word);
		bits |= known->bit;
	}
	return bits;
}

static void
add_line(const struct reader *reader, char *to, const char *line)
{
	size_t size = strlen(to);
	int added = snprintf(to + size, TRIPLE_TEXT_SIZE - size, "%s\n", line);

	if (added < 0 || (size_t)added >= TRIPLE_TEXT_SIZE - size)
		wrong(reader, "the row is too long", line);
}

static bool
next_line(FILE *file, char line[static LINE_SIZE])
{
	if (fgets(line, LINE_SIZE, file) == NULL)
		return false;
	line[strcspn(line, "\n")] = 0;
	return true;
}

static FILE *
open_file(const struct reader *reader, const char *part, const char *name, const char *ending)
{
	char path[PATH_SIZE];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s/%s.%s", reader->folder, part, name, ending);
	file = fopen(path, "r");
	if (file == NULL)
		wrong(reader, "it cannot be read", path);
	return file;
}

static void
add_script(const struct reader *reader, char *rules, const char *name)
{
	FILE *file = open_file(reader, "modelserver/scripts", name, "script");
	char line[LINE_SIZE];

	while (next_line(file, line)) {
		if (line[0] != '#')
			add_line(reader, rules, line);
	}
	fclose(file);
}

static void
begin_row(struct reader *reader, const char *name)
{
	struct triple_rows *rows = reader->rows;

	if (rows->count == TRIPLE_ROWS_MAX || strlen(name) >= TRIPLE_NAME_SIZE)
		wrong(reader, "there is no room for it", name);
	memset(&rows->row[rows->count], 0, sizeof(rows->row[0]));
	snprintf(rows->row[rows->count].name, TRIPLE_NAME_SIZE, "%s", name);
	rows->count++;
}

/* What stands behind the word that a line begins with, or NULL. */
static char *
behind(char *line, const char *word)
{
	size_t size = strlen(word);

	return strncmp(line, word, size) == 0 && line[size] == ' ' ? line + size + 1 : NULL;
}

static void
take_line(struct reader *reader, char *line)
{
	struct triple_row *row;
	char *rest = behind(line, "row");

	if (rest != NULL) {
		begin_row(reader, rest);
		return;
	}
	if (reader->rows->count == 0)
		wrong(reader, "it belongs to no row", line);
	row = &reader->rows->row[reader->rows->count - 1];
	if ((rest = behind(line, "at")) != NULL)
		row->place = bits_of(reader, rest, places);
	else if ((rest = behind(line, "ends")) != NULL)
		row->ends = bits_of(reader, rest, ends);
	else if ((rest = behind(line, "also")) != NULL)
		row->also = bits_of(reader, rest, ends);
	else if ((rest = behind(line, "bends")) != NULL)
		row->bends = bits_of(reader, rest, bends);
	else if ((rest = behind(line, "holds")) != NULL)
		row->holds_s = (unsigned)strtoul(rest, NULL, 10);
	else if ((rest = behind(line, "script")) != NULL)
		add_script(reader, row->rules, rest);
	else if (behind(line, "on") != NULL || behind(line, "set") != NULL)
		add_line(reader, row->rules, line);
	else if (behind(line, "folder") != NULL || behind(line, "message") != NULL)
		add_line(reader, row->content, line);
	else
		wrong(reader, "it has no meaning", line);
}

void
triple_rows_read(const char *folder, struct triple_rows *rows_out)
{
	struct reader reader = {.folder = folder, .rows = rows_out};
	char line[LINE_SIZE];

	rows_out->count = 0;
	reader.file = open_file(&reader, "sim", "triples", "rows");
	while (next_line(reader.file, line)) {
		reader.line++;
		if (line[0] != 0 && line[0] != '#')
			take_line(&reader, line);
	}
	fclose(reader.file);
}
