/* SPDX-License-Identifier: Apache-2.0 */
#include "net/loop_known.h"

#include <string.h>

#include "base/mem.h"
#include "net/fiber.h"
#include "net/tls.h"

struct known_context {
	struct known_context *next;
	char *ca_path; /* NULL: the system's */
	struct tls_context *context;
};

struct known_host {
	struct known_host *next;
	char *host;
	uint16_t port;
	struct dial_addresses addresses;
};

static const struct fault_kind no_memory = {
    ST_MEMORY, CAUSE_MEMORY, FAULT_PROCESS, RETRY_LATER};

static char *
copy_string(const char *string)
{
	size_t size = strlen(string) + 1;
	char *copy = mem_take(size);

	if (copy != NULL)
		memcpy(copy, string, size);
	return copy;
}

void
loop_known_fini(struct loop_known *all)
{
	while (all->contexts != NULL) {
		struct known_context *known = all->contexts;

		all->contexts = known->next;
		tls_context_free(&known->context);
		mem_give(known->ca_path);
		mem_give(known);
	}
	while (all->hosts != NULL) {
		struct known_host *known = all->hosts;

		all->hosts = known->next;
		mem_give(known->host);
		mem_give(known);
	}
}

/* --- Contexts of TLS. --- */

static bool
is_same_string(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return strcmp(a, b) == 0;
}

enum status
loop_known_context(struct loop_known *all, const char *ca_path,
    struct tls_context **context_out, struct fault *fault)
{
	struct known_context *known;
	enum status status;

	for (known = all->contexts; known != NULL; known = known->next) {
		if (is_same_string(known->ca_path, ca_path)) {
			*context_out = known->context;
			return ST_OK;
		}
	}
	known = mem_take(sizeof(*known));
	if (known == NULL)
		return fault_set(fault, no_memory, "There is no memory for TLS.");
	*known =
	    (struct known_context){.ca_path = ca_path == NULL ? NULL : copy_string(ca_path)};
	status = ca_path != NULL && known->ca_path == NULL
	    ? fault_set(fault, no_memory, "There is no memory for TLS.")
	    : tls_context_new(ca_path, &known->context, fault);
	if (status != ST_OK) {
		mem_give(known->ca_path);
		mem_give(known);
		return status;
	}
	known->next = all->contexts;
	all->contexts = known;
	*context_out = known->context;
	return ST_OK;
}

/* --- Addresses of hosts. --- */

static struct known_host *
find_host(struct loop_known *all, const char *host, uint16_t port)
{
	for (struct known_host *known = all->hosts; known != NULL; known = known->next) {
		if (known->port == port && strcmp(known->host, host) == 0)
			return known;
	}
	return NULL;
}

/* Without memory it is not remembered, and will be resolved again. */
static struct known_host *
add_host(struct loop_known *all, const char *host, uint16_t port)
{
	struct known_host *known = mem_take(sizeof(*known));
	char *copy = copy_string(host);

	if (known == NULL || copy == NULL) {
		mem_give(known);
		mem_give(copy);
		return NULL;
	}
	*known = (struct known_host){.next = all->hosts, .host = copy, .port = port};
	all->hosts = known;
	return known;
}

void
loop_known_set(struct loop_known *all, const char *host, uint16_t port,
    const struct dial_addresses *addresses)
{
	struct known_host *known = find_host(all, host, port);

	if (known == NULL)
		known = add_host(all, host, port);
	if (known != NULL)
		known->addresses = *addresses;
}

enum status
loop_known_resolve(struct loop_known *all, const char *host, uint16_t port,
    struct dial_addresses *addresses_out, struct fault *fault)
{
	const struct known_host *known = find_host(all, host, port);
	struct dial_addresses addresses;
	enum status status;

	if (known != NULL && fiber_self() != NULL) {
		*addresses_out = known->addresses;
		return ST_OK;
	}
	status = dial_resolve(host, port, &addresses, fault);
	if (status != ST_OK)
		return status;
	loop_known_set(all, host, port, &addresses);
	*addresses_out = addresses;
	return ST_OK;
}
