/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/choice.h"

#include "base/utf8.h"
#include "cli/options.h"
#include "cli/value.h"

enum choice_option {
	FOLDER = CLI_OPTION_CHOICE,
	EXCLUDE,
	MAP,
	SHARED,
	SKIP_DELETED,
	SINCE,
	BEFORE,
	MAX_SIZE,
	ORDER,
	RATE,
	CONNECTIONS,
	WITHOUT,
	CHOICE_OPTION_END
};

static const struct cli_option rows[] = {
    {FOLDER, "folder", "GLOB", "What is copied",
	"only folders that match, and everything below them; may be repeated. Names are the "
	"source's, in UTF-8, with / between levels. * and ? stay within a level, ** does not"},
    {EXCLUDE, "exclude", "GLOB", NULL, "all but these; may be repeated"},
    {MAP, "map", "OLD=NEW", NULL,
	"the source's folder OLD, and all below it, is called NEW at the destination; may be "
	"repeated"},
    {SHARED, "shared", NULL, NULL, "folders of other users and shared ones too"},
    {SKIP_DELETED, "skip-deleted", NULL, NULL, "leave out messages that are marked \\Deleted"},
    {SINCE, "since", "DAY", NULL,
	"only messages that arrived on that day or later: 2024-02-29. Days are the source's "
	"INTERNALDATE, in UTC"},
    {BEFORE, "before", "DAY", NULL, "only messages that arrived before that day"},
    {MAX_SIZE, "max-size", "SIZE", NULL,
	"leave out messages that are larger than 25MB, 500kB or 800B"},
    {ORDER, "order", "ORDER", NULL,
	"arrival, which is the default, or newest: the newest messages of each folder first; "
	"what shows mail by its number then shows it backwards"},
    {RATE, "rate", "RATE", "How fast",
	"at most 5MB/s, 500kB/s or 20msg/s; once for octets, once for messages"},
    {CONNECTIONS, "connections", "N", NULL, "at most N to each server, 1 to 4; 4 if not given"},
    {WITHOUT, "without", "CAPABILITY", NULL,
	"do as if no server had this capability; may be repeated"},
};

const struct cli_option_list cli_choice_options = {rows, sizeof(rows) / sizeof(*rows)};

bool
cli_choice_has_option(const struct cli_option *option)
{
	return option->id >= CLI_OPTION_CHOICE && option->id < CHOICE_OPTION_END;
}

enum status
cli_choice_open(struct cli_choice *choice, struct pass_options *pass, struct arena *arena,
    int argc, struct fault *fault)
{
	static const struct fault_kind no_memory = {
	    ST_MEMORY, CAUSE_MEMORY, FAULT_PROCESS, RETRY_LATER};
	size_t most = (size_t)argc + 1;

	choice->pass = pass;
	choice->folders = arena_take_array(arena, most, sizeof(char *));
	choice->excludes = arena_take_array(arena, most, sizeof(char *));
	choice->maps = arena_take_array(arena, most, sizeof(char *));
	choice->without = arena_take_array(arena, most, sizeof(char *));
	if (choice->folders == NULL || choice->excludes == NULL || choice->maps == NULL ||
	    choice->without == NULL)
		return fault_set(fault, no_memory, "There is no memory for the command line.");
	pass->folders = choice->folders;
	pass->excludes = choice->excludes;
	pass->maps = choice->maps;
	pass->without = choice->without;
	return ST_OK;
}

static enum status
set_rate(const struct cli_options *line, struct pass_options *pass, const char *value,
    struct fault *fault)
{
	char quoted[FAULT_QUOTE_SIZE];
	struct cli_rate rate;
	uint64_t *place;

	if (cli_value_rate(bytes_of_string(value), &rate) != ST_OK)
		return cli_options_complain(line, fault,
		    "--rate cannot be \"%s\"; write it as 5MB/s, 500kB/s or 20msg/s",
		    fault_quote(bytes_of_string(value), quoted));
	place = rate.is_messages ? &pass->messages_per_s : &pass->bytes_per_s;
	if (*place != 0)
		return cli_options_complain(line, fault,
		    "--rate is given twice for %s; it can be given once for octets and once "
		    "for messages",
		    rate.is_messages ? "messages" : "octets");
	*place = rate.per_s;
	return ST_OK;
}

static enum status
set_connections(const struct cli_options *line, struct pass_options *pass, const char *value,
    struct fault *fault)
{
	uint64_t number;

	if (bytes_number(bytes_of_string(value), PASS_CONNECTIONS_MAX, &number) != ST_OK ||
	    number == 0)
		return cli_options_complain(line, fault,
		    "--connections must be a number from 1 to %d", PASS_CONNECTIONS_MAX);
	pass->connections = (unsigned)number;
	return ST_OK;
}

static enum status
set_day(const struct cli_options *line, struct cli_choice *choice,
    const struct cli_option *option, const char *value, struct fault *fault)
{
	struct sync_choice *rules = &choice->pass->choice;
	bool is_since = option->id == SINCE;
	char quoted[FAULT_QUOTE_SIZE];
	enum status status = cli_value_day(
	    bytes_of_string(value), is_since ? &rules->since_s : &rules->before_s);

	if (status == ST_ABSENT)
		return cli_options_complain(line, fault,
		    "--%s cannot be %s: there is no such day", option->name, value);
	if (status != ST_OK)
		return cli_options_complain(line, fault,
		    "--%s cannot be \"%s\"; write the day as 2024-02-29", option->name,
		    fault_quote(bytes_of_string(value), quoted));
	*(is_since ? &rules->has_since : &rules->has_before) = true;
	*(is_since ? &choice->since : &choice->before) = value;
	if (rules->has_since && rules->has_before && rules->since_s >= rules->before_s)
		return cli_options_complain(line, fault,
		    "--since %s is not before --before %s, so that no message would be copied",
		    choice->since, choice->before);
	return ST_OK;
}

static enum status
set_max_size(const struct cli_options *line, struct pass_options *pass, const char *value,
    struct fault *fault)
{
	char quoted[FAULT_QUOTE_SIZE];

	if (cli_value_size(bytes_of_string(value), &pass->choice.size_max) != ST_OK)
		return cli_options_complain(line, fault,
		    "--max-size cannot be \"%s\"; write it as 25MB, 500kB or 800B",
		    fault_quote(bytes_of_string(value), quoted));
	return ST_OK;
}

static enum status
set_order(const struct cli_options *line, struct pass_options *pass, const char *value,
    struct fault *fault)
{
	struct bytes word = bytes_of_string(value);
	char quoted[FAULT_QUOTE_SIZE];

	if (!bytes_equal(word, BYTES("arrival")) && !bytes_equal(word, BYTES("newest")))
		return cli_options_complain(line, fault,
		    "--order must be arrival or newest, not \"%s\"", fault_quote(word, quoted));
	pass->is_newest_first = bytes_equal(word, BYTES("newest"));
	return ST_OK;
}

static enum status
add_glob(const struct cli_options *line, const struct cli_option *option, const char **list,
    size_t *count, const char *value, struct fault *fault)
{
	struct bytes glob = bytes_of_string(value);

	if (glob.size == 0 || !utf8_is_valid(glob))
		return cli_options_complain(line, fault,
		    "--%s needs the name of a folder in UTF-8, such as \"Work/2024\" or "
		    "\"Lists/*\"",
		    option->name);
	list[(*count)++] = value;
	return ST_OK;
}

static enum status
add_map(const struct cli_options *line, struct cli_choice *choice, const char *value,
    struct fault *fault)
{
	struct bytes text = bytes_of_string(value);
	size_t at = bytes_find(text, '=', 0);

	if (at == 0 || at + 1 >= text.size || !utf8_is_valid(text))
		return cli_options_complain(line, fault,
		    "--map needs two names of folders in UTF-8, such as \"Old/Work=Work\"");
	choice->maps[choice->pass->map_count++] = value;
	return ST_OK;
}

static enum status
add_capability(const struct cli_options *line, struct cli_choice *choice, const char *value,
    struct fault *fault)
{
	char quoted[FAULT_QUOTE_SIZE];
	struct bytes word = bytes_of_string(value);

	if (!cli_value_is_capability(word))
		return cli_options_complain(line, fault,
		    "--without needs one capability, such as MULTIAPPEND, not \"%s\"",
		    fault_quote(word, quoted));
	choice->without[choice->pass->without_count++] = value;
	return ST_OK;
}

enum status
cli_choice_apply(const struct cli_options *line, struct cli_choice *choice,
    const struct cli_option *option, const char *value, struct fault *fault)
{
	struct pass_options *pass = choice->pass;

	switch ((enum choice_option)option->id) {
	case FOLDER:
		return add_glob(
		    line, option, choice->folders, &pass->folder_count, value, fault);
	case EXCLUDE:
		return add_glob(
		    line, option, choice->excludes, &pass->exclude_count, value, fault);
	case MAP:
		return add_map(line, choice, value, fault);
	case SHARED:
		pass->copies_shared = true;
		break;
	case SKIP_DELETED:
		pass->choice.skips_deleted = true;
		break;
	case SINCE:
	case BEFORE:
		return set_day(line, choice, option, value, fault);
	case MAX_SIZE:
		return set_max_size(line, pass, value, fault);
	case ORDER:
		return set_order(line, pass, value, fault);
	case RATE:
		return set_rate(line, pass, value, fault);
	case CONNECTIONS:
		return set_connections(line, pass, value, fault);
	case WITHOUT:
		return add_capability(line, choice, value, fault);
	case CHOICE_OPTION_END:
		break;
	}
	return ST_OK;
}
