/* SPDX-License-Identifier: Apache-2.0
 *
 * Every row of the table in wire/imap/server/quirk.c has a case that goes well with the table
 * as it is, and fails when the row's bit is taken away: a transcript named after the row, or a
 * pass between model servers. A row without one fails.
 *
 * The linker puts this file's imap_quirks_of before the program's own: nothing in the program
 * knows how to take a bit away.
 */
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "passes.h"
#include "play.h"
#include "wire/imap/server/quirk.h"

enum {
	PATH_SIZE = 1024
};

static const struct imap_quirk_row *taken; /* NULL: the table as it is */

struct imap_quirks __real_imap_quirks_of(enum imap_family family);
struct imap_quirks __wrap_imap_quirks_of(enum imap_family family);

struct imap_quirks
__wrap_imap_quirks_of(enum imap_family family)
{
	struct imap_quirks quirks = __real_imap_quirks_of(family);

	if (taken != NULL &&
	    (taken->family == family || taken->family == IMAP_FAMILY_ANY_SERVER))
		quirks.words[taken->quirk / 64] &= ~(UINT64_C(1) << taken->quirk % 64);
	return quirks;
}

/* "any_server.body_nil.imap" */
static void
print_file_name(const struct imap_quirk_row *row, char name[static PATH_SIZE])
{
	snprintf(name, PATH_SIZE, "%s.%s.imap", imap_family_name(row->family),
	    imap_quirk_name(row->quirk));
	for (char *at = name; *at != 0; at++)
		*at = *at == ' ' ? '_' : (char)tolower((unsigned char)*at);
}

static bool
is_there(const char *path)
{
	FILE *file = fopen(path, "r");

	if (file != NULL)
		fclose(file);
	return file != NULL;
}

static bool
prove_by_transcript(const struct imap_quirk_row *row, const char *path)
{
	static struct script script;
	struct play play;
	bool is_well;

	script_read(&script, path);
	is_well = play_all(&script);
	taken = row;
	play = play_of(&script, "without the row");
	play.is_quiet = true;
	if (is_well && play_run(&play)) {
		printf("%s: does not fail without the row\n", path);
		is_well = false;
	}
	taken = NULL;
	script_free(&script);
	return is_well;
}

static bool
prove_by_pass(const struct imap_quirk_row *row)
{
	const char *why = "";
	bool is_well = passes_run(row->family, row->quirk, &why);

	if (!is_well)
		printf("%s %s: %s\n", imap_family_name(row->family),
		    imap_quirk_name(row->quirk), why);
	taken = row;
	if (is_well && passes_run(row->family, row->quirk, &why)) {
		printf("%s %s: the pass does not fail without the row\n",
		    imap_family_name(row->family), imap_quirk_name(row->quirk));
		is_well = false;
	}
	taken = NULL;
	return is_well;
}

/* A transcript that no row asks for proves nothing. */
static int
count_strays(const char *folder, const struct imap_quirk_row *rows, size_t count)
{
	DIR *stream = opendir(folder);
	struct dirent *entry;
	int strays = 0;

	if (stream == NULL)
		return 1;
	while ((entry = readdir(stream)) != NULL) {
		char name[PATH_SIZE] = "";
		size_t i = 0;

		if (entry->d_name[0] == '.')
			continue;
		for (; i < count && strcmp(name, entry->d_name) != 0; i++)
			print_file_name(&rows[i], name);
		if (strcmp(name, entry->d_name) != 0) {
			printf("%s/%s: no row is called so\n", folder, entry->d_name);
			strays++;
		}
	}
	closedir(stream);
	return strays;
}

int
main(int argument_count, char **arguments)
{
	const char *folder = argument_count > 1 ? arguments[1] : ".";
	size_t count;
	const struct imap_quirk_row *rows = imap_quirk_rows(&count);
	unsigned by_transcript = 0;
	unsigned by_pass = 0;
	int failed = count_strays(folder, rows, count);

	for (size_t i = 0; i < count; i++) {
		char name[PATH_SIZE];
		char path[2 * PATH_SIZE];

		print_file_name(&rows[i], name);
		snprintf(path, sizeof(path), "%s/%s", folder, name);
		if (is_there(path)) {
			failed += !prove_by_transcript(&rows[i], path);
			by_transcript++;
		}
		if (passes_have(rows[i].family, rows[i].quirk)) {
			failed += !prove_by_pass(&rows[i]);
			by_pass += !is_there(path);
		} else if (!is_there(path)) {
			printf("without a case: %s %s\n", imap_family_name(rows[i].family),
			    imap_quirk_name(rows[i].quirk));
			failed++;
		}
	}
	printf("%zu rows: %u with a transcript, %u with a pass alone; %d failed\n", count,
	    by_transcript, by_pass, failed);
	return failed == 0 ? 0 : 1;
}
