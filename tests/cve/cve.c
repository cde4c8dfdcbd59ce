/* SPDX-License-Identifier: Apache-2.0
 *
 * cve FILE.case...             does all acts of the files
 * cve --heads COUNT FILE...    looks at the heads of files of any kind: at least COUNT of them,
 *                              and all that are in the folder of the first
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "verbs.h"

enum {
	RESULT_SIZE_MAX = 1 << 23,
	SHOWN_SIZE = 200
};

static void
print(const char *what, struct bytes text)
{
	printf("  %s (%zu):", what, text.size);
	text = bytes_first(text, SHOWN_SIZE);
	for (size_t i = 0; i < text.size; i++)
		printf(text.data[i] >= ' ' && text.data[i] < 0x7f ? "%c" : "\\x%02x",
		    text.data[i]);
	printf("\n");
}

static bool
run_act(const struct file *file, const struct act *act)
{
	struct buf result;
	bool is_good;

	buf_init(&result, RESULT_SIZE_MAX);
	is_good = verb_run(act, &result);
	if (!is_good) {
		printf("%s:%d: no such verb, or not with these words\n", file->path, act->line);
	} else if (!bytes_equal(buf_bytes(&result), buf_bytes(&act->expected))) {
		printf("%s:%d: it gave something else\n", file->path, act->line);
		print("expected", buf_bytes(&act->expected));
		print("given", buf_bytes(&result));
		is_good = false;
	}
	buf_fini(&result);
	return is_good;
}

static int
run_files(char **paths, int count)
{
	static struct file file;
	int failed = 0;

	for (int i = 0; i < count; i++) {
		bool is_good = true;

		file_read(&file, paths[i]);
		for (size_t k = 0; k < file.count; k++)
			is_good &= run_act(&file, &file.acts[k]);
		failed += !is_good;
		file_free(&file);
	}
	printf("%d files, %d failed\n", count, failed);
	return failed;
}

static int
is_case(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot != NULL &&
	    (strcmp(dot, ".imap") == 0 || strcmp(dot, ".case") == 0 ||
		strcmp(dot, ".script") == 0);
}

static int
count_beside(const char *path)
{
	const char *slash = strrchr(path, '/');
	struct dirent **entries = NULL;
	char folder[4096];
	int count;

	if (slash == NULL || (size_t)(slash - path) >= sizeof(folder))
		return -1;
	memcpy(folder, path, (size_t)(slash - path));
	folder[slash - path] = 0;
	count = scandir(folder, &entries, is_case, NULL);
	for (int i = 0; i < count; i++)
		free(entries[i]);
	free(entries);
	return count;
}

static int
check_heads(char **paths, int count, long wanted)
{
	int beside = count_beside(paths[0]);
	int failed = count < wanted || count != beside;

	for (int i = 0; i < count; i++) {
		if (!file_has_head(paths[i])) {
			printf("%s: it must begin with its name and class, what is played and "
			       "what must happen\n",
			    paths[i]);
			failed++;
		}
	}
	printf("%d files, %d in the folder, at least %ld, %d failed\n", count, beside, wanted,
	    failed);
	return failed;
}

int
main(int count, char **words)
{
	if (count > 3 && strcmp(words[1], "--heads") == 0)
		return check_heads(words + 3, count - 3, strtol(words[2], NULL, 10)) > 0;
	if (count < 2) {
		fprintf(stderr, "usage: cve FILE.case...\n");
		return 2;
	}
	return run_files(words + 1, count - 1) > 0;
}
