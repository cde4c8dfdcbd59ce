/* SPDX-License-Identifier: Apache-2.0 */
#include "modelserver/script.h"

#include <string.h>

#include "base/mem.h"

enum {
	ARENA_BUDGET = 64 * 1024 * 1024
};

enum argument {
	NOTHING,
	TEXT,
	NUMBER,
	NUMBER_AND_TEXT,
	REST, /* all words up to "then" */
};

static const struct verb {
	const char *name;
	enum model_action_kind kind;
	enum argument argument;
	enum model_action_kind second; /* the same kind again: there is no second action */
} verbs[] = {
    {"say", MODEL_DO_SAY, TEXT, MODEL_DO_SAY},
    {"raw", MODEL_DO_RAW, TEXT, MODEL_DO_RAW},
    {"reply", MODEL_DO_REPLY, TEXT, MODEL_DO_REPLY},
    {"swallow", MODEL_DO_SWALLOW, NOTHING, MODEL_DO_SWALLOW},
    {"flood", MODEL_DO_FLOOD, NUMBER_AND_TEXT, MODEL_DO_FLOOD},
    {"flood-raw", MODEL_DO_FLOOD_RAW, NUMBER_AND_TEXT, MODEL_DO_FLOOD_RAW},
    {"swap-capabilities", MODEL_DO_CAPABILITIES, TEXT, MODEL_DO_CAPABILITIES},
    {"drop", MODEL_DO_DROP, NOTHING, MODEL_DO_DROP},
    {"rst", MODEL_DO_RESET, NOTHING, MODEL_DO_RESET},
    {"half-open", MODEL_DO_HALF_OPEN, NOTHING, MODEL_DO_HALF_OPEN},
    {"sleep", MODEL_DO_SLEEP, NUMBER, MODEL_DO_SLEEP},
    {"drip", MODEL_DO_DRIP, NUMBER, MODEL_DO_DRIP},
    {"close-after", MODEL_DO_DROP_AFTER, NUMBER, MODEL_DO_DROP_AFTER},
    {"rst-after", MODEL_DO_RESET_AFTER, NUMBER, MODEL_DO_RESET_AFTER},
    {"commit", MODEL_DO_COMMIT, NOTHING, MODEL_DO_COMMIT},
    {"commit-then-close", MODEL_DO_COMMIT, NOTHING, MODEL_DO_DROP},
    {"commit-then-rst", MODEL_DO_COMMIT, NOTHING, MODEL_DO_RESET},
    {"commit-without-answer", MODEL_DO_COMMIT, NOTHING, MODEL_DO_SWALLOW},
    {"answer-without-commit", MODEL_DO_NO_COMMIT, NOTHING, MODEL_DO_NO_COMMIT},
    {"commit-first", MODEL_DO_COMMIT_FIRST, NUMBER, MODEL_DO_COMMIT_FIRST},
    {"commit-late", MODEL_DO_COMMIT_LATE, NUMBER, MODEL_DO_COMMIT_LATE},
    {"deliver-to", MODEL_DO_DELIVER_TO, TEXT, MODEL_DO_DELIVER_TO},
    {"appenduid-add", MODEL_DO_APPENDUID, NUMBER, MODEL_DO_APPENDUID},
    {"literal-add", MODEL_DO_LITERAL_ADD, NUMBER, MODEL_DO_LITERAL_ADD},
    {"literal-cut", MODEL_DO_LITERAL_CUT, NUMBER, MODEL_DO_LITERAL_CUT},
    {"log-in", MODEL_DO_LOGIN, NOTHING, MODEL_DO_LOGIN},
    {"literal-head", MODEL_DO_LITERAL_HEAD, TEXT, MODEL_DO_LITERAL_HEAD},
    {"uidvalidity", MODEL_DO_UIDVALIDITY, NUMBER, MODEL_DO_UIDVALIDITY},
    {"quota", MODEL_DO_QUOTA, NUMBER, MODEL_DO_QUOTA},
    {"expunge", MODEL_DO_EXPUNGE, NUMBER, MODEL_DO_EXPUNGE},
    {"tls-now", MODEL_DO_TLS_NOW, NOTHING, MODEL_DO_TLS_NOW},
    {"set", MODEL_DO_SET, REST, MODEL_DO_SET},
};

static const struct event_name {
	const char *name;
	enum model_event event;
	bool has_name;
	bool has_number;
} event_names[] = {
    {"greeting", MODEL_ON_GREETING, false, false},
    {"command", MODEL_ON_COMMAND, true, false},
    {"done", MODEL_ON_DONE, true, false},
    {"literal-octet", MODEL_ON_LITERAL_OCTET, false, true},
    {"literal-end", MODEL_ON_LITERAL_END, false, false},
    {"append-complete", MODEL_ON_APPEND_COMPLETE, false, false},
    {"fetch-body", MODEL_ON_FETCH_BODY, false, true},
    {"body-sent", MODEL_ON_BODY_SENT, false, true},
};

/* The words of one line, taken from the front. */
struct line {
	const struct model_words *words;
	size_t at;
};

static bool
line_is(const struct line *line, const char *text)
{
	return line->at < line->words->count &&
	    model_word_is(line->words->word[line->at], text);
}

static enum status
line_word(struct line *line, struct bytes *word_out)
{
	if (line->at == line->words->count)
		return ST_SYNTAX;
	*word_out = line->words->word[line->at++];
	return ST_OK;
}

static enum status
signed_number(struct bytes word, int64_t *number_out)
{
	bool is_negative = word.size > 0 && word.data[0] == '-';
	bool has_sign = is_negative || (word.size > 0 && word.data[0] == '+');
	uint64_t number;

	if (bytes_number(bytes_skip(word, has_sign ? 1 : 0), INT64_MAX, &number) != ST_OK)
		return ST_SYNTAX;
	*number_out = is_negative ? -(int64_t)number : (int64_t)number;
	return ST_OK;
}

static enum status
rest_of(struct line *line, struct model_script *script, struct model_action *action)
{
	size_t end = line->at;
	struct bytes *words;

	while (end < line->words->count && !model_word_is(line->words->word[end], "then"))
		end++;
	action->word_count = end - line->at;
	words = arena_take_array(&script->arena, action->word_count + 1, sizeof(*words));
	if (words == NULL)
		return arena_status(&script->arena);
	for (size_t i = 0; i < action->word_count; i++)
		words[i] = line->words->word[line->at + i];
	action->words = words;
	line->at = end;
	return ST_OK;
}

static enum status
arguments(struct line *line, const struct verb *verb, struct model_script *script,
    struct model_action *action)
{
	struct model_profile scratch = *model_profile_find(BYTES("minimal"));
	struct bytes word;
	enum status status = ST_OK;

	if (verb->argument == REST) {
		status = rest_of(line, script, action);
		if (status == ST_OK)
			status = model_script_set(action->words, action->word_count, &scratch);
		return status;
	}
	if (verb->argument == NUMBER || verb->argument == NUMBER_AND_TEXT) {
		status = line_word(line, &word);
		if (status == ST_OK)
			status = signed_number(word, &action->number);
	}
	if (status == ST_OK && (verb->argument == TEXT || verb->argument == NUMBER_AND_TEXT))
		status = line_word(line, &action->text);
	return status;
}

/* One action, or two that have a name together. */
static enum status
action_of(struct line *line, struct model_script *script, struct model_action *actions,
    size_t *count, size_t max)
{
	struct bytes name;
	enum status status = line_word(line, &name);

	if (status != ST_OK)
		return status;
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		struct model_action action = {.kind = verbs[i].kind};

		if (!model_word_is(name, verbs[i].name))
			continue;
		if (*count + 2 > max)
			return ST_LIMIT;
		status = arguments(line, &verbs[i], script, &action);
		if (status != ST_OK)
			return status;
		actions[(*count)++] = action;
		if (verbs[i].second != verbs[i].kind)
			actions[(*count)++] = (struct model_action){.kind = verbs[i].second};
		return ST_OK;
	}
	return ST_SYNTAX;
}

/* "3", "3+", "2-5", "%4" (each fourth); nothing: always. */
static enum status
occurrence(struct bytes word, struct model_rule *rule)
{
	size_t dash = bytes_find(word, '-', 0);
	rule->first = 1;
	rule->last = UINT64_MAX;
	rule->step = 1;
	if (word.size > 1 && word.data[0] == '%') {
		if (bytes_number(bytes_skip(word, 1), UINT32_MAX, &rule->step) != ST_OK)
			return ST_SYNTAX;
		rule->first = rule->step;
		return rule->step == 0 ? ST_SYNTAX : ST_OK;
	}
	if (word.size > 1 && word.data[word.size - 1] == '+')
		return bytes_number(bytes_first(word, word.size - 1), UINT64_MAX, &rule->first);
	if (dash < word.size &&
	    bytes_number(bytes_skip(word, dash + 1), UINT64_MAX, &rule->last) != ST_OK)
		return ST_SYNTAX;
	if (bytes_number(bytes_first(word, dash), UINT64_MAX, &rule->first) != ST_OK)
		return ST_SYNTAX;
	if (dash == word.size)
		rule->last = rule->first;
	return ST_OK;
}

static enum status
event_of(struct line *line, struct model_rule *rule)
{
	const struct event_name *event = NULL;
	struct bytes word;
	enum status status = line_word(line, &word);

	for (size_t i = 0; status == ST_OK && i < MODEL_EVENT_COUNT; i++) {
		if (model_word_is(word, event_names[i].name))
			event = &event_names[i];
	}
	if (event == NULL)
		return ST_SYNTAX;
	rule->event = event->event;
	if (event->has_name)
		status = line_word(line, &rule->name);
	if (status == ST_OK && event->has_number)
		status = line_word(line, &word);
	if (status == ST_OK && event->has_number && !model_word_is(word, "any"))
		status = bytes_number(word, UINT64_MAX, &rule->number);
	rule->first = 1;
	rule->last = UINT64_MAX;
	rule->step = 1;
	if (status == ST_OK && !line_is(line, "do")) {
		status = line_word(line, &word);
		if (status == ST_OK)
			status = occurrence(word, rule);
	}
	return status;
}

static enum status
rule_of(struct line *line, struct model_script *script)
{
	struct model_rule *rule = &script->rules[script->rule_count];
	enum status status;

	if (script->rule_count == MODEL_RULES_MAX)
		return ST_LIMIT;
	status = event_of(line, rule);
	if (status == ST_OK && !line_is(line, "do"))
		status = ST_SYNTAX;
	line->at++;
	while (status == ST_OK) {
		status = action_of(
		    line, script, rule->actions, &rule->action_count, MODEL_ACTIONS_MAX);
		if (status != ST_OK || !line_is(line, "then"))
			break;
		line->at++;
	}
	if (status == ST_OK)
		script->rule_count++;
	return status;
}

static enum status
line_of(struct model_script *script, struct bytes text)
{
	struct model_words words;
	struct line line = {&words, 0};
	enum status status = model_words_scan(text, &script->arena, &words);

	if (status != ST_OK || words.count == 0)
		return status;
	if (line_is(&line, "set"))
		status = action_of(
		    &line, script, script->settings, &script->setting_count, MODEL_RULES_MAX);
	else if (line_is(&line, "on")) {
		line.at++;
		status = rule_of(&line, script);
	} else
		status = ST_SYNTAX;
	if (status == ST_OK && line.at != words.count)
		status = ST_SYNTAX;
	return status;
}

enum status
model_script_new(struct bytes text, struct model_script **script_out, struct fault *fault)
{
	static const struct fault_kind kind = {
	    ST_SYNTAX, CAUSE_USAGE, FAULT_PROCESS, RETRY_NEVER};
	struct model_script *script = mem_take(sizeof(*script));
	struct bytes line;
	unsigned number = 0;
	enum status status = ST_OK;

	if (script == NULL)
		return ST_MEMORY;
	*script = (struct model_script){0};
	arena_init(&script->arena, ARENA_BUDGET);
	script->rules =
	    arena_take_array(&script->arena, MODEL_RULES_MAX + 1, sizeof(*script->rules));
	script->settings =
	    arena_take_array(&script->arena, MODEL_RULES_MAX, sizeof(*script->settings));
	if (script->rules == NULL || script->settings == NULL)
		status = ST_MEMORY;
	while (status == ST_OK && model_line_next(&text, &line)) {
		char shown[FAULT_QUOTE_SIZE];

		number++;
		status = line_of(script, line);
		if (status != ST_OK)
			fault_set(fault, kind, "line %u of the script means nothing: %s",
			    number, fault_quote(line, shown));
	}
	if (status != ST_OK) {
		model_script_free(&script);
		return status;
	}
	*script_out = script;
	return ST_OK;
}

void
model_script_free(struct model_script **script)
{
	if (*script == NULL)
		return;
	arena_fini(&(*script)->arena);
	mem_give(*script);
	*script = NULL;
}

static bool
is_due(const struct model_rule *rule)
{
	return rule->seen >= rule->first && rule->seen <= rule->last &&
	    (rule->seen - rule->first) % rule->step == 0;
}

size_t
model_script_fire(struct model_script *script, enum model_event event, struct bytes name,
    uint64_t number, const struct model_rule **rules_out, size_t max)
{
	size_t count = 0;

	for (size_t i = 0; script != NULL && i < script->rule_count; i++) {
		struct model_rule *rule = &script->rules[i];

		if (rule->event != event || (rule->number != 0 && rule->number != number))
			continue;
		if (rule->name.size > 0 && !model_word_is(rule->name, "*") &&
		    !bytes_equal_nocase(rule->name, name))
			continue;
		rule->seen++;
		if (is_due(rule) && count < max)
			rules_out[count++] = rule;
	}
	return count;
}

uint64_t
model_script_next_octet(const struct model_script *script, uint64_t from)
{
	uint64_t next = UINT64_MAX;

	for (size_t i = 0; script != NULL && i < script->rule_count; i++) {
		const struct model_rule *rule = &script->rules[i];

		if (rule->event == MODEL_ON_LITERAL_OCTET && rule->number > from &&
		    rule->number < next)
			next = rule->number;
	}
	return next;
}
