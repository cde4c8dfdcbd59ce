/* SPDX-License-Identifier: Apache-2.0
 *
 * replay TARGET-CORPUS COUNT: gives the target every file of a corpus and COUNT seeded
 * mutations of them, without libFuzzer. The same corpus and count give the same inputs.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/prng.h"
#include "fuzz.h"

enum {
	FILES_MAX = 512,
	SIZE_MAX_INPUT = 1 << 16
};

struct input {
	uint8_t *octets;
	size_t size;
};

static struct input inputs[FILES_MAX];
static size_t input_count;

static void
die(const char *what, const char *name)
{
	fprintf(stderr, "replay: %s: %s\n", what, name);
	exit(2);
}

static void
load(const char *folder, const char *name)
{
	struct input *input = &inputs[input_count];
	char path[4096];
	FILE *file;

	if (input_count == FILES_MAX)
		die("too many files", folder);
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "rb");
	input->octets = malloc(SIZE_MAX_INPUT);
	if (file == NULL || input->octets == NULL)
		die("cannot read", path);
	input->size = fread(input->octets, 1, SIZE_MAX_INPUT, file);
	fclose(file);
	input_count++;
}

static int
is_plain(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void
load_all(const char *folder)
{
	struct dirent **entries;
	int count = scandir(folder, &entries, is_plain, alphasort);

	if (count <= 0)
		die("no corpus in", folder);
	for (int i = 0; i < count; i++) {
		load(folder, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
}

/* The target gets a block of exactly its size, so that a look beyond it is seen. */
static void
give(const uint8_t *octets, size_t size)
{
	uint8_t *exact = malloc(size > 0 ? size : 1);

	if (exact == NULL)
		die("no memory for", "an input");
	memcpy(exact, octets, size);
	LLVMFuzzerTestOneInput(exact, size);
	free(exact);
}

/* Puts `size` octets at `at` in place of `cut` octets; what does not fit is left out. */
static size_t
splice(uint8_t *octets, size_t total, size_t at, size_t cut, struct input with)
{
	cut = cut < total - at ? cut : total - at;
	if (total - cut + with.size > SIZE_MAX_INPUT)
		return total;
	memmove(octets + at + with.size, octets + at + cut, total - at - cut);
	memcpy(octets + at, with.octets, with.size);
	return total - cut + with.size;
}

static size_t
mutate(uint8_t *octets, size_t size, struct prng *prng)
{
	static uint8_t specials[] = "\r\n\r\n\0\xff&-,:*{}()\"\\ \t0949";
	size_t at = (size_t)prng_below(prng, size + 1);
	const struct input *other = &inputs[prng_below(prng, input_count)];
	size_t from = (size_t)prng_below(prng, other->size + 1);
	struct input piece = {other->octets + from, other->size - from};

	switch (prng_below(prng, 5)) {
	case 0: /* one bit */
		if (at < size)
			octets[at] ^= (uint8_t)(1U << prng_below(prng, 8));
		return size;
	case 1: /* a few octets away */
		return splice(
		    octets, size, at, (size_t)prng_below(prng, 9), (struct input){specials, 0});
	case 2: /* octets that mean something, in or over */
		piece.octets = specials + prng_below(prng, sizeof(specials) - 4);
		piece.size = (size_t)prng_below(prng, 4) + 1;
		return splice(octets, size, at, (size_t)prng_below(prng, 3), piece);
	case 3: /* a part of another input, in or over */
		piece.size = (size_t)prng_below(prng, piece.size + 1);
		return splice(octets, size, at, (size_t)prng_below(prng, 20), piece);
	default: /* cut off, and the end of another input behind it */
		return splice(octets, size, at, size, piece);
	}
}

int
main(int argc, char **argv)
{
	static uint8_t octets[SIZE_MAX_INPUT];
	struct prng prng;
	long count;

	if (argc != 3)
		die("usage", "replay CORPUS COUNT");
	count = strtol(argv[2], NULL, 10);
	load_all(argv[1]);
	for (size_t i = 0; i < input_count; i++)
		give(inputs[i].octets, inputs[i].size);
	prng_init(&prng, 1);
	for (long i = 0; i < count; i++) {
		const struct input *input = &inputs[prng_below(&prng, input_count)];
		size_t size = input->size;

		memcpy(octets, input->octets, size);
		for (uint64_t n = prng_below(&prng, 4) + 1; n > 0; n--)
			size = mutate(octets, size, &prng);
		give(octets, size);
	}
	printf("%zu files, %ld mutations\n", input_count, count);
	for (size_t i = 0; i < input_count; i++)
		free(inputs[i].octets);
	return 0;
}
