/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/report/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/utf8.h"

static const struct fault_kind no_file = {ST_IO, CAUSE_USAGE, FAULT_PROCESS, RETRY_NEVER};
static const struct fault_kind not_written = {ST_IO, CAUSE_OTHER, FAULT_PROCESS, RETRY_LATER};

enum status
cli_trace_open_file(const char *path, const char *what, FILE **file_out, struct fault *fault)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0600);
	char quoted[FAULT_QUOTE_SIZE];
	struct stat about;
	FILE *file;

	/* The mode above is only for a file that is new. */
	if (fd >= 0 && fstat(fd, &about) == 0 && S_ISREG(about.st_mode) &&
	    fchmod(fd, 0600) != 0) {
		close(fd);
		fd = -1;
	}
	file = fd < 0 ? NULL : fdopen(fd, "w");
	if (file == NULL)
		return fault_set(fault, no_file, "Cannot write the %s file %s: %s.", what,
		    fault_quote(bytes_of_string(path), quoted), strerror(errno));
	*file_out = file;
	return ST_OK;
}

enum status
cli_trace_open(
    struct cli_trace *trace, const char *path, struct tick started, struct fault *fault)
{
	FILE *file;
	enum status status = cli_trace_open_file(path, "trace", &file, fault);

	if (status == ST_OK)
		*trace = (struct cli_trace){.file = file, .path = path, .started = started};
	return status;
}

static void
write_line(FILE *file, struct bytes line)
{
	while (line.size > 0) {
		size_t step = utf8_printable(line);

		if (step == 0) {
			fprintf(file, "\\x%02x", line.data[0]);
			step = 1;
		} else {
			(void)fwrite(line.data, 1, step, file);
		}
		line = bytes_skip(line, step);
	}
	fputc('\n', file);
}

void
cli_trace_write(struct cli_trace *trace, struct tick now, const char *side, unsigned connection,
    struct bytes lines)
{
	int64_t us = now.us - trace->started.us;

	while (lines.size > 0) {
		size_t end = bytes_find(lines, '\n', 0);
		struct bytes line = bytes_first(lines, end);

		if (line.size > 0 && line.data[line.size - 1] == '\r')
			line.size--;
		fprintf(trace->file, "%4" PRId64 ".%06d %-11s %u ", us / 1000000,
		    (int)(us % 1000000), side, connection);
		write_line(trace->file, line);
		lines = bytes_skip(lines, end + 1);
	}
}

enum status
cli_trace_close(struct cli_trace *trace, struct fault *fault)
{
	char quoted[FAULT_QUOTE_SIZE];
	bool has_failed;

	if (trace->file == NULL)
		return ST_OK;
	has_failed = ferror(trace->file) != 0;
	has_failed |= fclose(trace->file) != 0;
	trace->file = NULL;
	if (has_failed)
		return fault_set(fault, not_written, "The trace file %s is not complete: %s.",
		    fault_quote(bytes_of_string(trace->path), quoted), strerror(errno));
	return ST_OK;
}
