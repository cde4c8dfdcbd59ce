/* SPDX-License-Identifier: Apache-2.0
 *
 * The raw pump. See pump.h.
 */
#include "pump.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: pump prepare --streams PREFIX --maildir FOLDER [--connections N] [--single]\n"
    "            [--synchronising] [--delimiter C] [--namespace PREFIX]\n"
    "       pump read|write|copy --streams PREFIX [--connections N] --password-file FILE\n"
    "            [--source PORT --source-user USER]\n"
    "            [--destination PORT --destination-user USER]\n"
    "`read` needs the source, `write` the destination, `copy` both, on 127.0.0.1.\n";

enum option_key {
	KEY_STREAMS = 1,
	KEY_MAILDIR,
	KEY_CONNECTIONS,
	KEY_SINGLE,
	KEY_SYNCHRONISING,
	KEY_DELIMITER,
	KEY_NAMESPACE,
	KEY_PASSWORD_FILE,
	KEY_SOURCE,
	KEY_SOURCE_USER,
	KEY_DESTINATION,
	KEY_DESTINATION_USER
};

static const struct option option_table[] = {
    {"streams", required_argument, NULL, KEY_STREAMS},
    {"maildir", required_argument, NULL, KEY_MAILDIR},
    {"connections", required_argument, NULL, KEY_CONNECTIONS},
    {"single", no_argument, NULL, KEY_SINGLE},
    {"synchronising", no_argument, NULL, KEY_SYNCHRONISING},
    {"delimiter", required_argument, NULL, KEY_DELIMITER},
    {"namespace", required_argument, NULL, KEY_NAMESPACE},
    {"password-file", required_argument, NULL, KEY_PASSWORD_FILE},
    {"source", required_argument, NULL, KEY_SOURCE},
    {"source-user", required_argument, NULL, KEY_SOURCE_USER},
    {"destination", required_argument, NULL, KEY_DESTINATION},
    {"destination-user", required_argument, NULL, KEY_DESTINATION_USER},
    {NULL, 0, NULL, 0},
};

struct options {
	struct pump_job job;
	const char *maildir;
	const char *password_file;
	struct pump_style style;
};

void
pump_die(const char *format, ...)
{
	va_list arguments;

	fputs("pump: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	exit(EXIT_FAILURE);
}

static unsigned
number(const char *text, unsigned max)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || value == 0 || value > max)
		pump_die("%s is not a number from 1 to %u", text, max);
	return (unsigned)value;
}

static void
take_option(struct options *options, int key)
{
	struct pump_job *job = &options->job;

	switch (key) {
	case KEY_STREAMS:
		job->streams = optarg;
		break;
	case KEY_MAILDIR:
		options->maildir = optarg;
		break;
	case KEY_CONNECTIONS:
		job->connections = number(optarg, PUMP_CONNECTIONS_MAX);
		break;
	case KEY_SINGLE:
		options->style.single = true;
		break;
	case KEY_SYNCHRONISING:
		options->style.single = options->style.synchronising = true;
		break;
	case KEY_DELIMITER:
		options->style.delimiter = optarg[0];
		break;
	case KEY_NAMESPACE:
		options->style.namespace = optarg;
		break;
	case KEY_PASSWORD_FILE:
		options->password_file = optarg;
		break;
	case KEY_SOURCE:
		job->src.port = number(optarg, UINT16_MAX);
		break;
	case KEY_SOURCE_USER:
		job->src.user = optarg;
		break;
	case KEY_DESTINATION:
		job->dst.port = number(optarg, UINT16_MAX);
		break;
	case KEY_DESTINATION_USER:
		job->dst.user = optarg;
		break;
	default:
		fputs(usage, stderr);
		exit(EXIT_FAILURE);
	}
}

static void
read_password(const char *path, char *line, int size)
{
	FILE *file = path == NULL ? NULL : fopen(path, "r");

	if (file == NULL)
		pump_die("--password-file %s cannot be read", path == NULL ? "(none)" : path);
	if (fgets(line, size, file) == NULL)
		pump_die("%s is empty", path);
	line[strcspn(line, "\r\n")] = '\0';
	fclose(file);
}

/* A side that takes no part is cleared; one that does must be whole. */
static void
choose_side(struct pump_side *side, bool wanted, const char *name)
{
	if (!wanted)
		*side = (struct pump_side){0};
	else if (side->port == 0 || side->user == NULL)
		pump_die("--%s and --%s-user are needed", name, name);
}

static void
run(struct options *options, const char *verb)
{
	static char password[256];
	bool copy = strcmp(verb, "copy") == 0;

	if (!copy && strcmp(verb, "read") != 0 && strcmp(verb, "write") != 0)
		pump_die("no such verb: %s", verb);
	read_password(options->password_file, password, sizeof(password));
	options->job.password = password;
	choose_side(&options->job.src, copy || strcmp(verb, "read") == 0, "source");
	choose_side(&options->job.dst, copy || strcmp(verb, "write") == 0, "destination");
	pump_run(&options->job);
}

int
main(int argc, char **argv)
{
	struct options options = {
	    .job = {.connections = 1}, .style = {.delimiter = '/', .namespace = ""}};
	int key;

	while ((key = getopt_long(argc, argv, "", option_table, NULL)) != -1)
		take_option(&options, key);
	if (optind != argc - 1 || options.job.streams == NULL) {
		fputs(usage, stderr);
		return EXIT_FAILURE;
	}
	if (strcmp(argv[optind], "prepare") != 0)
		run(&options, argv[optind]);
	else if (options.maildir == NULL)
		pump_die("--maildir is needed");
	else
		pump_prepare(options.maildir, options.job.streams, options.job.connections,
		    &options.style);
	return EXIT_SUCCESS;
}
