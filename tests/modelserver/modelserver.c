/* SPDX-License-Identifier: Apache-2.0
 *
 * The model server behind sockets. It prints the port it listens on and serves until SIGTERM
 * or SIGINT; then it writes its journal and its folders to --dump.
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "base/buf.h"
#include "base/fault.h"
#include "modelserver/content.h"
#include "modelserver/dump.h"
#include "modelserver/mailbox.h"
#include "modelserver/profile.h"
#include "modelserver/script.h"
#include "modelserver/service.h"

enum {
	PIECE_SIZE = 65536,
	FILE_SIZE_MAX = 1024 * 1024 * 1024
};

static int
listen_on(const char *where)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t size = sizeof(address);
	char host[64];
	const char *colon = strrchr(where, ':');
	int one = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0 || colon == NULL || (size_t)(colon - where) >= sizeof(host))
		return -1;
	memcpy(host, where, (size_t)(colon - where));
	host[colon - where] = 0;
	address.sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (inet_pton(AF_INET, host, &address.sin_addr) != 1 ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	    listen(fd, 128) != 0 || getsockname(fd, (struct sockaddr *)&address, &size) != 0)
		return -1;
	(void)printf("%d\n", ntohs(address.sin_port));
	(void)fflush(stdout);
	return fd;
}

static bool
read_file(const char *path, struct buf *out)
{
	FILE *file = fopen(path, "rb");
	bool is_good = file != NULL;

	while (is_good && feof(file) == 0) {
		uint8_t *room;

		is_good = buf_reserve(out, PIECE_SIZE, &room) == ST_OK;
		if (is_good)
			buf_added(out, fread(room, 1, PIECE_SIZE, file));
		is_good = is_good && ferror(file) == 0;
	}
	if (file != NULL)
		(void)fclose(file);
	if (!is_good)
		(void)fprintf(stderr, "modelserver: %s cannot be read\n", path);
	return is_good;
}

static bool
write_out(FILE *file, struct buf *text)
{
	struct bytes bytes = buf_bytes(text);
	bool is_good = fwrite(bytes.data, 1, bytes.size, file) == bytes.size;

	buf_clear(text);
	return is_good;
}

static bool
dump_folder(const struct model_folder *folder, FILE *file, struct buf *text)
{
	bool is_good = model_dump_folder(folder, text) == ST_OK && write_out(file, text);

	for (size_t i = 0; is_good && i < folder->count; i++)
		is_good = model_dump_message(folder, &folder->messages[i], text) == ST_OK &&
		    write_out(file, text);
	return is_good;
}

static bool
dump(const struct model_store *store, const char *path)
{
	FILE *file = fopen(path, "wb");
	struct buf text;
	bool is_good = file != NULL;

	buf_init(&text, FILE_SIZE_MAX);
	for (size_t i = 0; is_good && i < store->journal.count; i++)
		is_good = model_dump_note(&store->journal.notes[i], &text) == ST_OK &&
		    write_out(file, &text);
	for (size_t i = 0; is_good && i < store->count; i++) {
		for (size_t k = 0; is_good && k < store->accounts[i]->count; k++)
			is_good = dump_folder(store->accounts[i]->folders[k], file, &text);
	}
	buf_fini(&text);
	if (file != NULL)
		is_good = fclose(file) == 0 && is_good;
	if (!is_good)
		(void)fprintf(stderr, "modelserver: %s cannot be written\n", path);
	return is_good;
}

struct arguments {
	const char *listen, *certificate, *key, *profile, *script, *content, *dump;
	const char *user, *password;
	const char *generate[16];
	size_t generate_count;
	bool starts_tls, forgets_bodies;
};

static const struct option long_options[] = {
    {"listen", required_argument, NULL, 'l'},
    {"tls-cert", required_argument, NULL, 'c'},
    {"tls-key", required_argument, NULL, 'k'},
    {"starttls", no_argument, NULL, 's'},
    {"profile", required_argument, NULL, 'p'},
    {"script", required_argument, NULL, 'r'},
    {"content", required_argument, NULL, 't'},
    {"generate", required_argument, NULL, 'g'},
    {"dump", required_argument, NULL, 'd'},
    {"user", required_argument, NULL, 'u'},
    {"password", required_argument, NULL, 'w'},
    {"forget-bodies", no_argument, NULL, 'f'},
    {NULL, 0, NULL, 0},
};

static const char usage[] =
    "modelserver --listen ADDRESS:PORT [--profile dovecot|cyrus|courier|minimal]\n"
    "            [--tls-cert FILE --tls-key FILE [--starttls]] [--script FILE]\n"
    "            [--user NAME] [--password WORD] [--content FILE] [--generate SPEC]...\n"
    "            [--forget-bodies] [--dump FILE]\n";

static bool
read_arguments(int count, char **words, struct arguments *arguments)
{
	const char **places[128] = {
	    ['l'] = &arguments->listen,
	    ['c'] = &arguments->certificate,
	    ['k'] = &arguments->key,
	    ['p'] = &arguments->profile,
	    ['r'] = &arguments->script,
	    ['t'] = &arguments->content,
	    ['d'] = &arguments->dump,
	    ['u'] = &arguments->user,
	    ['w'] = &arguments->password,
	};
	int option;

	while ((option = getopt_long(count, words, "", long_options, NULL)) != -1) {
		if (option == 's')
			arguments->starts_tls = true;
		else if (option == 'f')
			arguments->forgets_bodies = true;
		else if (option == 'g' && arguments->generate_count < 16)
			arguments->generate[arguments->generate_count++] = optarg;
		else if (option > 0 && option < 128 && places[option] != NULL)
			*places[option] = optarg;
		else
			return false;
	}
	return optind == count && (arguments->certificate == NULL) == (arguments->key == NULL);
}

static bool
fill_store(const struct arguments *arguments, struct model_store *store, struct fault *fault)
{
	struct model_account *account;
	struct buf text;
	bool is_good = model_store_add(store, bytes_of_string(arguments->user),
			   bytes_of_string(arguments->password), &account) == ST_OK;

	store->forgets_bodies = arguments->forgets_bodies;
	buf_init(&text, FILE_SIZE_MAX);
	if (is_good && arguments->content != NULL)
		is_good = read_file(arguments->content, &text) &&
		    model_content_load(buf_bytes(&text), store, fault) == ST_OK;
	buf_fini(&text);
	for (size_t i = 0; is_good && i < arguments->generate_count; i++)
		is_good = model_content_generate(
			      bytes_of_string(arguments->generate[i]), account, fault) == ST_OK;
	return is_good;
}

static bool
read_script(const char *path, struct model_script **script, struct fault *fault)
{
	struct buf text;
	bool is_good;

	if (path == NULL)
		return true;
	buf_init(&text, FILE_SIZE_MAX);
	is_good = read_file(path, &text) &&
	    model_script_new(buf_bytes(&text), script, fault) == ST_OK;
	buf_fini(&text);
	return is_good;
}

static SSL_CTX *
tls_context(const struct arguments *arguments)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());

	/* What is wrong with a certificate is for the client to find. */
	if (context != NULL)
		SSL_CTX_set_security_level(context, 0);
	if (context == NULL ||
	    SSL_CTX_use_certificate_chain_file(context, arguments->certificate) != 1 ||
	    SSL_CTX_use_PrivateKey_file(context, arguments->key, SSL_FILETYPE_PEM) != 1) {
		(void)fprintf(stderr, "modelserver: the certificate or its key is unusable\n");
		SSL_CTX_free(context);
		return NULL;
	}
	(void)SSL_CTX_set_mode(
	    context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	return context;
}

/* A client that hangs up is an error of that write, not the end of the process. */
static bool
ignore_broken_pipes(void)
{
	struct sigaction action = {.sa_handler = SIG_IGN};

	return sigaction(SIGPIPE, &action, NULL) == 0;
}

static bool
serve(const struct arguments *arguments, struct service *service)
{
	int fd = listen_on(arguments->listen);
	bool is_good = fd >= 0 && ignore_broken_pipes() && service_run(service, fd) == ST_OK;

	if (fd >= 0)
		(void)close(fd);
	else
		(void)fprintf(stderr, "modelserver: cannot listen on %s\n", arguments->listen);
	return is_good;
}

/* What the arguments name becomes the service's options. */
static bool
prepare(const struct arguments *arguments, struct service *service, struct fault *fault)
{
	struct model_server_options *options = &service->options;

	options->profile = model_profile_find(bytes_of_string(arguments->profile));
	if (options->profile == NULL) {
		(void)fprintf(
		    stderr, "modelserver: there is no profile %s\n", arguments->profile);
		return false;
	}
	if (model_store_new((int64_t)time(NULL), &options->store) != ST_OK ||
	    !fill_store(arguments, options->store, fault) ||
	    !read_script(arguments->script, &options->script, fault))
		return false;
	if (arguments->certificate == NULL)
		return true;
	service->tls = tls_context(arguments);
	service->starts_tls = arguments->starts_tls;
	options->is_tls = !arguments->starts_tls;
	options->offers_starttls = arguments->starts_tls;
	return service->tls != NULL;
}

int
main(int count, char **words)
{
	struct arguments arguments = {
	    .listen = "127.0.0.1:0",
	    .profile = "dovecot",
	    .user = "anna",
	    .password = "secret",
	};
	struct service service = {0};
	struct fault fault = {0};
	bool is_good;

	if (!read_arguments(count, words, &arguments)) {
		(void)fputs(usage, stderr);
		return 1;
	}
	is_good = prepare(&arguments, &service, &fault);
	if (fault_is_set(&fault))
		(void)fprintf(stderr, "modelserver: %s\n", fault.text);
	is_good = is_good && serve(&arguments, &service);
	if (is_good && arguments.dump != NULL)
		is_good = dump(service.options.store, arguments.dump);
	SSL_CTX_free(service.tls);
	model_script_free(&service.options.script);
	model_store_free(&service.options.store);
	return is_good ? 0 : 1;
}
