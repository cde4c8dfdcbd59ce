/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/options.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/check.h"
#include "cli/screen/page.h"

enum {
	CODE_WORD = 1, /* what getopt returns for a word that is no option */
	HELP_COLUMN = 36,
	SENTENCE_SIZE = 384
};

static size_t
count_all(const struct cli_options *options)
{
	size_t count = options->count;

	for (size_t i = 0; i < options->shared_count; i++)
		count += options->shared[i]->count;
	return count;
}

/* Shared lists first, in the order of the help. */
static const struct cli_option *
row_at(const struct cli_options *options, size_t index)
{
	for (size_t i = 0; i < options->shared_count; i++) {
		if (index < options->shared[i]->count)
			return &options->shared[i]->rows[index];
		index -= options->shared[i]->count;
	}
	return &options->table[index];
}

void
cli_options_init(struct cli_options *options)
{
	CHECK(count_all(options) <= CLI_OPTION_COUNT_MAX);
	options->is_over = false;
	opterr = 0;
	optind = 0;
}

enum status
cli_options_complain(
    const struct cli_options *options, struct fault *fault, const char *format, ...)
{
	static const struct fault_kind usage = {
	    ST_SYNTAX, CAUSE_USAGE, FAULT_PROCESS, RETRY_NEVER};
	char sentence[SENTENCE_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(sentence, sizeof(sentence), format, arguments);
	va_end(arguments);
	return fault_set(fault, usage, "%s (see %s %s --help).", sentence,
	    options->program == NULL ? "godwit" : options->program, options->command);
}

/* The option's own part of "--name=value", made safe to show. */
static struct bytes
name_part(const char *word)
{
	struct bytes name = bytes_of_string(word);

	while (name.size > 0 && name.data[0] == '-')
		name = bytes_skip(name, 1);
	return bytes_first(name, bytes_find(name, '=', 0));
}

static enum status
complain_unknown(const struct cli_options *options, const char *word, struct fault *fault)
{
	char quoted[FAULT_QUOTE_SIZE];
	struct bytes name = name_part(word);
	const char *dashes = strncmp(word, "--", 2) == 0 ? "--" : "-";

	if (memmem(name.data, name.size, "password", 8) != NULL)
		return cli_options_complain(options, fault,
		    "A password is never taken from the command line, where other users can "
		    "read it; use --source-password-file and --destination-password-file, or "
		    "the prompt");
	/* "-pSECRET": behind one dash only the first letter is surely not a value. */
	if (dashes[1] == '\0')
		name = bytes_first(name, 1);
	return cli_options_complain(
	    options, fault, "There is no option %s%s", dashes, fault_quote(name, quoted));
}

static enum status
complain_about(
    const struct cli_options *options, const char *word, int code, struct fault *fault)
{
	struct bytes name = name_part(word);

	for (size_t i = 0; i < count_all(options); i++) {
		const struct cli_option *option = row_at(options, i);

		if (!bytes_equal(name, bytes_of_string(option->name)))
			continue;
		if (code == ':')
			return cli_options_complain(options, fault,
			    "--%s needs a value: --%s %s", option->name, option->name,
			    option->argument);
		return cli_options_complain(
		    options, fault, "--%s takes no value", option->name);
	}
	return complain_unknown(options, word, fault);
}

static void
fill_getopt_table(const struct cli_options *options, struct option *rows)
{
	for (size_t i = 0; i < count_all(options); i++) {
		bool has_value = row_at(options, i)->argument != NULL;

		rows[i] = (struct option){
		    .name = row_at(options, i)->name,
		    .has_arg = has_value ? required_argument : no_argument,
		};
	}
	rows[count_all(options)] = (struct option){0};
}

static enum status
take_word(struct cli_options *options, const struct cli_option **option_out, char **value_out)
{
	if (optind >= options->argc)
		return ST_END;
	*option_out = NULL;
	*value_out = options->argv[optind++];
	return ST_OK;
}

enum status
cli_options_next(struct cli_options *options, const struct cli_option **option_out,
    char **value_out, struct fault *fault)
{
	struct option rows[CLI_OPTION_COUNT_MAX + 1];
	int at = optind == 0 ? 1 : optind;
	int index = -1;
	int code;

	if (options->is_over)
		return take_word(options, option_out, value_out);
	fill_getopt_table(options, rows);
	/* "-": words come in their order, so that argv[at] is what is being read. */
	code = getopt_long(options->argc, options->argv, "-:", rows, &index);
	if (code == -1) {
		options->is_over = true;
		return take_word(options, option_out, value_out);
	}
	if (code == CODE_WORD) {
		*option_out = NULL;
		*value_out = optarg;
		return ST_OK;
	}
	if (code != 0)
		return complain_about(options, options->argv[at], code, fault);
	if (!bytes_equal(name_part(options->argv[at]),
		bytes_of_string(row_at(options, (size_t)index)->name)))
		return complain_unknown(options, options->argv[at], fault);
	*option_out = row_at(options, (size_t)index);
	*value_out = optarg;
	return ST_OK;
}

enum status
cli_options_read(
    struct cli_options *options, cli_take_fn take, void *owner, struct fault *fault)
{
	enum status status = ST_OK;

	cli_options_init(options);
	while (status == ST_OK) {
		const struct cli_option *option = NULL;
		char *value = NULL;

		status = cli_options_next(options, &option, &value, fault);
		if (status == ST_END)
			return ST_OK;
		if (status == ST_OK)
			status = take(owner, options, option, value, fault);
	}
	return status;
}

enum status
cli_options_path(const struct cli_options *options, const struct cli_option *option,
    const char **path, const char *value, struct fault *fault)
{
	if (value[0] == '\0')
		return cli_options_complain(
		    options, fault, "--%s needs the name of a file", option->name);
	*path = value;
	return ST_OK;
}

void
cli_options_print_help(const struct cli_options *options, struct cli_page *page)
{
	for (size_t i = 0; i < count_all(options); i++) {
		const struct cli_option *option = row_at(options, i);

		if (option->group != NULL) {
			cli_page_end_line(page);
			cli_page_style(page, CLI_BOLD);
			cli_page_print(page, "%s", option->group);
			cli_page_style(page, CLI_PLAIN);
			cli_page_end_line(page);
		}
		cli_page_print(page, "  --%s", option->name);
		if (option->argument != NULL)
			cli_page_print(page, " %s", option->argument);
		cli_page_pad(page, HELP_COLUMN);
		cli_page_wrap(page, bytes_of_string(option->text), HELP_COLUMN);
		cli_page_end_line(page);
	}
}
