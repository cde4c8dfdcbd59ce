/* SPDX-License-Identifier: Apache-2.0
 *
 * net/loop_known: what the links of one loop share: contexts of TLS and resolved names.
 *
 * Place    private to net/loop and net/link_tcp.
 * Promise  one context of TLS for each ca_path. On the loop's stack a name is resolved anew; on
 *          a fiber, which must not block, the addresses of the last time serve.
 * Memory   lives and ends with the loop.
 * Limits   a fiber that dials a name never resolved before blocks the process meanwhile.
 */
#ifndef NET_LOOP_KNOWN_H
#define NET_LOOP_KNOWN_H

#include <stdint.h>

#include "base/attr.h"
#include "base/fault.h"
#include "net/dial.h"

struct known_context;
struct known_host;
struct tls_context;

/* All NULL at first. */
struct loop_known {
	struct known_context *contexts;
	struct known_host *hosts;
};

void loop_known_fini(struct loop_known *all);

/* On the loop's stack. */
enum status loop_known_context(struct loop_known *all, const char *ca_path,
    struct tls_context **context_out, struct fault *fault) MUST_USE;

enum status loop_known_resolve(struct loop_known *all, const char *host, uint16_t port,
    struct dial_addresses *addresses_out, struct fault *fault) MUST_USE;
/* As if the name had been resolved to these. */
void loop_known_set(struct loop_known *all, const char *host, uint16_t port,
    const struct dial_addresses *addresses);

#endif
