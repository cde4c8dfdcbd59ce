/* SPDX-License-Identifier: Apache-2.0 */
#include "script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "describe.h"
#include "escape.h"

enum {
	TEXT_SIZE_MAX = 1 << 20
};

static void
wrong(const struct script *script, int line, const char *what)
{
	fprintf(stderr, "%s:%d: %s\n", script->path, line, what);
	exit(2);
}

static void
append_unescaped(struct buf *out, const char *text)
{
	while (*text != 0) {
		uint8_t octet = escape_take(&text);

		describe_append(out, bytes_of(&octet, 1));
	}
}

static struct step *
add_step(struct script *script, enum step_kind kind, int line)
{
	struct step *step = &script->steps[script->count++];

	if (script->count == STEPS_MAX)
		wrong(script, line, "too many steps");
	*step = (struct step){.kind = kind, .line = line};
	buf_init(&step->text, TEXT_SIZE_MAX);
	return step;
}

static void
add_repeated(struct script *script, int line, const char *text)
{
	char *behind;
	unsigned long count = strtoul(text, &behind, 10);
	struct step *step = add_step(script, STEP_SERVER, line);

	if (*behind != ' ')
		wrong(script, line, "S* wants a number and a text");
	while (count-- > 0)
		append_unescaped(&step->text, behind + 1);
}

static void
take_line(struct script *script, int line, const char *text)
{
	static const struct {
		const char *head;
		enum step_kind kind;
		const char *tail;
	} heads[] = {
	    {"S:", STEP_SERVER, "\r\n"},
	    {"S-", STEP_SERVER, ""},
	    {"C:", STEP_CLIENT, "\r\n"},
	    {"C-", STEP_CLIENT, ""},
	    {"=>", STEP_EVENT, "\n"},
	    {"=!", STEP_FAULT, ""},
	    {"> ", STEP_COMMAND, ""},
	    {"! ", STEP_WORLD, ""},
	    {"T:", STEP_TRACE, ""},
	};

	if (text[0] == 0 || text[0] == '#')
		return;
	if (strncmp(text, "S* ", 3) == 0) {
		add_repeated(script, line, text + 3);
		return;
	}
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		struct step *step;

		if (strncmp(text, heads[i].head, 2) != 0)
			continue;
		text += text[2] == ' ' ? 3 : 2;
		step = add_step(script, heads[i].kind, line);
		/* Events are compared as they are printed, so their escapes stay. */
		if (heads[i].kind == STEP_EVENT || heads[i].kind == STEP_TRACE)
			describe_append(&step->text, bytes_of_string(text));
		else
			append_unescaped(&step->text, text);
		describe_append(&step->text, bytes_of_string(heads[i].tail));
		return;
	}
	wrong(script, line, "unknown kind of line");
}

void
script_read(struct script *script, const char *path)
{
	static char text[16384];
	int line = 0;
	FILE *file = fopen(path, "r");

	*script = (struct script){.path = path};
	if (file == NULL)
		wrong(script, 0, "cannot be opened");
	while (fgets(text, sizeof(text), file) != NULL) {
		text[strcspn(text, "\n")] = 0;
		take_line(script, ++line, text);
	}
	fclose(file);
	for (size_t i = 0; i < script->count; i++) {
		if (script->steps[i].kind == STEP_SERVER)
			script->server_size += script->steps[i].text.size;
	}
	if (script->server_size == 0)
		wrong(script, line, "no octet from the server");
}

void
script_free(struct script *script)
{
	for (size_t i = 0; i < script->count; i++)
		buf_fini(&script->steps[i].text);
}
