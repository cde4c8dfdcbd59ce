/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <utmp.h>

#include "cli/password.h"

static const struct account account = {
    .side = "source", .host = "imap.old.example", .user = "anna@old.example"};

static void
make_file(char path[static 64], struct bytes content, mode_t mode)
{
	int fd;

	snprintf(path, 64, "/tmp/godwit-password-XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, content.data, content.size), content.size);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void
test_first_lines(void **state)
{
	static char long_line[SECRET_SIZE_MAX + 2];
	const struct {
		const char *name;
		struct bytes content;
		struct bytes secret; /* empty: refused */
		const char *says;
	} cases[] = {
	    {"plain", TEXT("geheim\n"), TEXT("geheim"), NULL},
	    {"no line end", TEXT("geheim"), TEXT("geheim"), NULL},
	    {"DOS line end", TEXT("geheim\r\n"), TEXT("geheim"), NULL},
	    {"second line", TEXT("geheim\nother\n"), TEXT("geheim"), NULL},
	    {"spaces stay", TEXT(" ge heim \n"), TEXT(" ge heim "), NULL},
	    {"UTF-8", TEXT("geheimß\n"), TEXT("geheimß"), NULL},
	    {"longest", {(const uint8_t *)long_line, SECRET_SIZE_MAX},
		{(const uint8_t *)long_line, SECRET_SIZE_MAX}, NULL},
	    {"too long", {(const uint8_t *)long_line, SECRET_SIZE_MAX + 1}, TEXT(""),
		"longer than 4096 octets"},
	    {"empty file", TEXT(""), TEXT(""), "is empty"},
	    {"empty line", TEXT("\ngeheim\n"), TEXT(""), "is empty"},
	    {"NUL", TEXT("ge\0heim\n"), TEXT(""), "NUL or CR"},
	    {"CR inside", TEXT("ge\rheim\n"), TEXT(""), "NUL or CR"},
	};

	(void)state;
	memset(long_line, 'x', sizeof(long_line));
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const char *name = cases[i].name;
		struct secret secret = {0};
		struct fault fault = {0};
		bool is_open = true;
		char path[64];
		enum status status;

		make_file(path, cases[i].content, 0600);
		status = cli_password_read(path, "source", &secret, &is_open, &fault);
		EXPECT(name, !is_open);
		EXPECT(name, bytes_equal(secret_reveal(&secret), cases[i].secret));
		EXPECT(name, (status == ST_OK) == (cases[i].says == NULL));
		if (cases[i].says != NULL) {
			EXPECT(name, strstr(fault.text, cases[i].says) != NULL);
			EXPECT(name, strstr(fault.text, path) != NULL);
			EXPECT(name, strstr(fault.text, "heim") == NULL);
			EXPECT(name, fault.cause == CAUSE_USAGE);
		}
		unlink(path);
	}
}

static void
test_a_file_that_others_can_read_is_told(void **state)
{
	struct secret secret = {0};
	bool is_open = false;
	char path[64];

	(void)state;
	make_file(path, BYTES("geheim\n"), 0640);
	assert_int_equal(cli_password_read(path, "source", &secret, &is_open, NULL), ST_OK);
	assert_true(is_open);
	unlink(path);
}

static void
test_files_that_cannot_be_read(void **state)
{
	static const char *const paths[] = {"/nonexistent/file", "/tmp", "/dev/fd/987"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(paths); i++) {
		struct secret secret = {0};
		struct fault fault = {0};
		bool is_open = false;

		EXPECT(paths[i],
		    cli_password_read(paths[i], "destination", &secret, &is_open, &fault) ==
			ST_IO);
		EXPECT(paths[i],
		    strstr(fault.text, "Cannot read the destination password file") != NULL);
		EXPECT(paths[i], fault.cause == CAUSE_USAGE);
	}
}

/* As `--source-password-file <(command)` gives it. */
static void
test_an_inherited_descriptor(void **state)
{
	struct secret secret = {0};
	bool is_open = true;
	char path[32];
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "geheim\n", 7), 7);
	close(ends[1]);
	snprintf(path, sizeof(path), "/dev/fd/%d", ends[0]);
	assert_int_equal(cli_password_read(path, "source", &secret, &is_open, NULL), ST_OK);
	assert_true(bytes_equal(secret_reveal(&secret), BYTES("geheim")));
	assert_false(is_open);
	close(ends[0]);
}

static bool
echoes(int terminal)
{
	struct termios now;

	assert_int_equal(tcgetattr(terminal, &now), 0);
	return (now.c_lflag & ECHO) != 0;
}

/* Reads what the terminal shows until `needle` is in it; then echo must be off. */
static void
await(int fd, const char *needle, char *shown, size_t size)
{
	size_t used = strlen(shown);

	while (strstr(shown, needle) == NULL) {
		ssize_t got = read(fd, shown + used, size - used - 1);

		assert_true(got > 0);
		used += (size_t)got;
		shown[used] = '\0';
	}
}

/* A child asks on a terminal of its own; `keys` is what its person types. Gives what the
 * terminal showed and how the child ended: 0 right secret, 1 other, 2 canceled. */
static int
ask_in_child(struct bytes keys, char *shown, size_t size, bool *echoes_after)
{
	int keyboard, terminal, result;
	pid_t child;

	assert_int_equal(openpty(&keyboard, &terminal, NULL, NULL, NULL), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct secret secret = {0};
		enum status status;

		close(keyboard);
		login_tty(terminal);
		status = cli_password_ask_on(0, &account, &secret, NULL);
		if (status == ST_CANCELED)
			_exit(2);
		_exit(status == ST_OK && bytes_equal(secret_reveal(&secret), BYTES("geheim"))
			? 0
			: 1);
	}
	shown[0] = '\0';
	await(keyboard, "(source): ", shown, size);
	assert_false(echoes(terminal));
	assert_int_equal(write(keyboard, keys.data, keys.size), keys.size);
	await(keyboard, "\n", shown, size);
	assert_int_equal(waitpid(child, &result, 0), child);
	*echoes_after = echoes(terminal);
	close(keyboard);
	close(terminal);
	assert_true(WIFEXITED(result));
	return WEXITSTATUS(result);
}

static void
test_the_prompt_hides_what_is_typed(void **state)
{
	static const struct {
		const char *name;
		struct bytes keys;
		int result;
	} cases[] = {
	    {"typed", TEXT("geheim\n"), 0},
	    {"corrected", TEXT("geheimx\x7f\n"), 0},
	    {"empty line", TEXT("\n"), 1},
	    {"end of input", TEXT("\x04"), 1},
	    {"Ctrl-C", TEXT("gehe\x03"), 2},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char shown[512];
		bool echoes_after = false;
		int result = ask_in_child(cases[i].keys, shown, sizeof(shown), &echoes_after);

		EXPECT(cases[i].name, result == cases[i].result);
		EXPECT(cases[i].name, echoes_after);
		EXPECT(cases[i].name, strstr(shown, "gehe") == NULL);
		EXPECT(cases[i].name,
		    strncmp(shown,
			"Password for anna@old.example at imap.old.example (source): ", 60) ==
			0);
	}
}

static void
test_without_a_terminal_the_option_is_named(void **state)
{
	pid_t child = fork();
	int result = -1;

	(void)state;
	assert_true(child >= 0);
	if (child == 0) {
		struct secret secret = {0};
		struct fault fault = {0};

		setsid();
		if (cli_password_ask(&account, &secret, &fault) != ST_SYNTAX)
			_exit(1);
		_exit(strstr(fault.text, "--source-password-file FILE") == NULL);
	}
	assert_int_equal(waitpid(child, &result, 0), child);
	assert_true(WIFEXITED(result));
	assert_int_equal(WEXITSTATUS(result), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_first_lines),
	    cmocka_unit_test(test_a_file_that_others_can_read_is_told),
	    cmocka_unit_test(test_files_that_cannot_be_read),
	    cmocka_unit_test(test_an_inherited_descriptor),
	    cmocka_unit_test(test_the_prompt_hides_what_is_typed),
	    cmocka_unit_test(test_without_a_terminal_the_option_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
