/* SPDX-License-Identifier: Apache-2.0
 *
 * Precomputes what the raw pump will say, from a Maildir++ tree as Dovecot keeps it: flags are
 * in the file names, keywords are letters that dovecot-keywords explains, the date is the
 * file's time. The messages of a folder go to one connection, because a folder must be created
 * before it is written; those of INBOX, which is always there, are spread over all.
 */
#include "pump.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum {
	NAME_MAX_BYTES = 1024,
	PATH_MAX_BYTES = 1024,
	FILE_PATH_BYTES = 1400,
	KEYWORDS_MAX = 26,
	/* What a message costs a server that syncs each file, counted in octets. */
	MESSAGE_COST = 30000
};

struct folder {
	char name[NAME_MAX_BYTES];     /* quoted, in modified UTF-7, with '/' */
	char dst_name[NAME_MAX_BYTES]; /* as the destination has it */
	char path[PATH_MAX_BYTES];
	struct dirent **files; /* of cur/ */
	int file_count;
	uint64_t cost;
	char *keywords[KEYWORDS_MAX];
};

struct lane {
	FILE *read;
	FILE *write;
	FILE *stops;       /* NULL: literals wait for nothing */
	uint64_t commands; /* written */
	uint64_t read_cost;
	uint64_t write_cost;
	uint64_t octets; /* of messages, that the reader must see */
	unsigned group_messages;
	uint64_t group_bytes;
};

struct stream {
	struct lane lanes[PUMP_CONNECTIONS_MAX];
	unsigned lane_count;
	struct pump_style style;
	uint64_t messages;
	uint64_t octets;
	char *body; /* as it goes over the wire */
	size_t body_capacity;
};

static const char month_names[12][4] = {
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

static const struct {
	char letter;
	const char *flag;
} flag_table[] = {{'D', "\\Draft"}, {'F', "\\Flagged"}, {'R', "\\Answered"}, {'S', "\\Seen"},
    {'T', "\\Deleted"}};

/* With numbers in order, so that mail goes in the order of its arrival. */
static int
by_version(const struct dirent **one, const struct dirent **other)
{
	return strverscmp((*one)->d_name, (*other)->d_name);
}

static int
is_file(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int
is_folder(const struct dirent *entry)
{
	return entry->d_name[0] == '.' && strcmp(entry->d_name, "..") != 0;
}

/* The entry "." is INBOX; ".A.B" is the folder A/B. */
static void
print_name(char name[NAME_MAX_BYTES], const char *entry, char delimiter, const char *namespace)
{
	const char *start = entry[1] == '\0' ? "INBOX" : namespace;
	size_t size = (size_t)snprintf(name, NAME_MAX_BYTES, "\"%s", start);

	for (const char *at = entry + 1; *at != '\0' && size < NAME_MAX_BYTES - 4; at++) {
		if (*at == '"' || *at == '\\')
			name[size++] = '\\';
		name[size++] = *at == '.' ? delimiter : *at;
	}
	name[size++] = '"';
	name[size] = '\0';
}

static void
read_keywords(struct folder *folder)
{
	char path[PATH_MAX_BYTES + 32];
	char line[NAME_MAX_BYTES];
	FILE *file;

	snprintf(path, sizeof(path), "%s/dovecot-keywords", folder->path);
	file = fopen(path, "r");
	if (file == NULL)
		return;
	while (fgets(line, sizeof(line), file) != NULL) {
		char *end;
		unsigned long index = strtoul(line, &end, 10);

		end[strcspn(end, "\r\n")] = '\0';
		if (index < KEYWORDS_MAX && *end == ' ')
			folder->keywords[index] = strdup(end + 1);
	}
	fclose(file);
}

static void
file_path(const struct folder *folder, const char *name, char path[FILE_PATH_BYTES])
{
	snprintf(path, FILE_PATH_BYTES, "%s/cur/%s", folder->path, name);
}

static void
scan_folder(struct folder *folder, const struct pump_style *style, const char *maildir,
    const char *entry)
{
	char path[FILE_PATH_BYTES];
	struct stat about;

	snprintf(folder->path, sizeof(folder->path), "%s/%s", maildir, entry);
	print_name(folder->name, entry, '/', "");
	print_name(folder->dst_name, entry, style->delimiter, style->namespace);
	read_keywords(folder);
	file_path(folder, "", path);
	folder->file_count = scandir(path, &folder->files, is_file, by_version);
	if (folder->file_count < 0)
		pump_die("%s: %s", path, strerror(errno));
	for (int i = 0; i < folder->file_count; i++) {
		file_path(folder, folder->files[i]->d_name, path);
		if (stat(path, &about) != 0)
			pump_die("%s: %s", path, strerror(errno));
		folder->cost += (uint64_t)about.st_size + MESSAGE_COST;
	}
}

/* Reads a message and gives its lines the ends that IMAP wants. */
static size_t
read_body(struct stream *stream, const char *path, struct stat *about)
{
	FILE *file = fopen(path, "r");
	size_t size = 0;
	int before = 0;
	int octet;

	if (file == NULL || fstat(fileno(file), about) != 0)
		pump_die("%s: %s", path, strerror(errno));
	if (stream->body_capacity < 2 * (size_t)about->st_size) {
		stream->body_capacity = 2 * (size_t)about->st_size;
		stream->body = realloc(stream->body, stream->body_capacity);
		if (stream->body == NULL)
			pump_die("no memory");
	}
	while ((octet = getc_unlocked(file)) != EOF && size + 2 <= stream->body_capacity) {
		if (octet == '\n' && before != '\r')
			stream->body[size++] = '\r';
		stream->body[size++] = (char)octet;
		before = octet;
	}
	fclose(file);
	return size;
}

static void
print_flags(FILE *file, const struct folder *folder, const char *name)
{
	const char *info = strstr(name, ":2,");
	const char *blank = "";

	fputs(" (", file);
	for (const char *at = info == NULL ? "" : info + 3; *at != '\0'; at++) {
		const char *word = NULL;

		if (*at >= 'a' && *at <= 'z')
			word = folder->keywords[*at - 'a'];
		for (size_t i = 0; i < sizeof(flag_table) / sizeof(flag_table[0]); i++)
			word = flag_table[i].letter == *at ? flag_table[i].flag : word;
		if (word == NULL)
			pump_die(
			    "%s/cur/%s: the flag %c has no meaning", folder->path, name, *at);
		fprintf(file, "%s%s", blank, word);
		blank = " ";
	}
	fputc(')', file);
}

static void
end_group(struct lane *lane)
{
	if (lane->group_messages > 0)
		fputs("\r\n", lane->write);
	lane->group_messages = 0;
	lane->group_bytes = 0;
}

static void
begin_command(struct lane *lane, const char *verb, const struct folder *folder)
{
	fprintf(lane->write, "W%llu %s %s", (unsigned long long)++lane->commands, verb,
	    folder->dst_name);
}

static struct lane *
lightest(struct stream *stream, bool reading)
{
	struct lane *best = &stream->lanes[0];

	for (unsigned i = 1; i < stream->lane_count; i++) {
		struct lane *lane = &stream->lanes[i];

		if (reading ? lane->read_cost < best->read_cost
			    : lane->write_cost < best->write_cost)
			best = lane;
	}
	return best;
}

/* The lane that takes the next message, with a command open for it. */
static struct lane *
open_group(struct stream *stream, const struct folder *folder, struct lane *lane, size_t size)
{
	unsigned group_max = stream->style.single ? 1 : PUMP_GROUP_MESSAGES;
	bool full =
	    lane->group_messages >= group_max || lane->group_bytes + size > PUMP_GROUP_BYTES;

	if (lane->group_messages > 0 && full) {
		end_group(lane);
		if (strcmp(folder->name, "\"INBOX\"") == 0)
			lane = lightest(stream, false);
	}
	if (lane->group_messages == 0)
		begin_command(lane, "APPEND", folder);
	lane->group_messages++;
	lane->group_bytes += size;
	lane->write_cost += size + MESSAGE_COST;
	return lane;
}

/* Here a continuation must come first. */
static void
note_stop(struct lane *lane)
{
	uint64_t offset = (uint64_t)ftello(lane->write);

	if (lane->stops != NULL)
		fwrite(&offset, sizeof(offset), 1, lane->stops);
}

static void
write_folder(struct stream *stream, const struct folder *folder, struct lane *reader)
{
	struct lane *lane = lightest(stream, false);
	char path[FILE_PATH_BYTES];
	struct stat about;
	struct tm date;

	if (strcmp(folder->name, "\"INBOX\"") != 0) {
		begin_command(lane, "CREATE", folder);
		fputs("\r\n", lane->write);
	}
	for (int i = 0; i < folder->file_count; i++) {
		size_t size;

		file_path(folder, folder->files[i]->d_name, path);
		size = read_body(stream, path, &about);
		lane = open_group(stream, folder, lane, size);
		gmtime_r(&about.st_mtime, &date);
		print_flags(lane->write, folder, folder->files[i]->d_name);
		fprintf(lane->write, " \"%2d-%s-%04d %02d:%02d:%02d +0000\" {%zu%s}\r\n",
		    date.tm_mday, month_names[date.tm_mon], date.tm_year + 1900, date.tm_hour,
		    date.tm_min, date.tm_sec, size, lane->stops == NULL ? "+" : "");
		note_stop(lane);
		fwrite(stream->body, 1, size, lane->write);
		reader->octets += size;
		stream->octets += size;
		stream->messages++;
	}
	end_group(lane);
}

static struct lane *
read_folder(struct stream *stream, const struct folder *folder)
{
	struct lane *lane = lightest(stream, true);

	lane->read_cost += folder->cost;
	if (folder->file_count > 0)
		fprintf(lane->read,
		    "E EXAMINE %s\r\nF UID FETCH 1:* (UID FLAGS INTERNALDATE BODY.PEEK[])\r\n",
		    folder->name);
	return lane;
}

static FILE *
create(const char *prefix, const char *kind, unsigned index)
{
	char path[PATH_MAX_BYTES];
	FILE *file;

	snprintf(path, sizeof(path), "%s.%s.%u", prefix, kind, index);
	file = fopen(path, "w");
	if (file == NULL)
		pump_die("%s: %s", path, strerror(errno));
	return file;
}

static void
close_stream(FILE *file)
{
	if (ferror(file) != 0 || fclose(file) != 0)
		pump_die("a stream cannot be written");
}

static void
log_out(FILE *file, uint64_t number)
{
	fprintf(file, "Z%llu LOGOUT\r\n", (unsigned long long)number);
	close_stream(file);
}

static void
free_folder(struct folder *folder)
{
	for (int i = 0; i < folder->file_count; i++)
		free(folder->files[i]);
	free(folder->files);
	for (unsigned i = 0; i < KEYWORDS_MAX; i++)
		free(folder->keywords[i]);
}

/* The heaviest first, so that the lanes end up even; INBOX before all. */
static int
by_cost(const void *one, const void *other)
{
	const struct folder *a = one;
	const struct folder *b = other;
	bool a_inbox = strcmp(a->name, "\"INBOX\"") == 0;
	bool b_inbox = strcmp(b->name, "\"INBOX\"") == 0;

	if (a_inbox != b_inbox)
		return a_inbox ? -1 : 1;
	if (a->cost != b->cost)
		return a->cost > b->cost ? -1 : 1;
	return strcmp(a->name, b->name);
}

void
pump_prepare(const char *maildir, const char *prefix, unsigned connections,
    const struct pump_style *style)
{
	static struct stream stream;
	struct dirent **entries;
	int count = scandir(maildir, &entries, is_folder, by_version);
	struct folder *folders = calloc(count > 0 ? (size_t)count : 1, sizeof(*folders));

	if (count <= 0 || folders == NULL)
		pump_die("%s: %s", maildir, strerror(errno));
	stream.lane_count = connections;
	stream.style = *style;
	for (unsigned i = 0; i < connections; i++) {
		stream.lanes[i].read = create(prefix, "read", i);
		stream.lanes[i].write = create(prefix, "write", i);
		if (style->synchronising)
			stream.lanes[i].stops = create(prefix, "stops", i);
	}
	for (int i = 0; i < count; i++) {
		scan_folder(&folders[i], style, maildir, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	qsort(folders, (size_t)count, sizeof(*folders), by_cost);
	for (int i = 0; i < count; i++) {
		write_folder(&stream, &folders[i], read_folder(&stream, &folders[i]));
		free_folder(&folders[i]);
	}
	for (unsigned i = 0; i < connections; i++) {
		log_out(stream.lanes[i].read, stream.lanes[i].octets);
		log_out(stream.lanes[i].write, stream.lanes[i].commands);
		if (stream.lanes[i].stops != NULL)
			close_stream(stream.lanes[i].stops);
	}
	printf("{\"folders\": %d, \"messages\": %llu, \"octets\": %llu}\n", count,
	    (unsigned long long)stream.messages, (unsigned long long)stream.octets);
	free(folders);
	free(stream.body);
}
