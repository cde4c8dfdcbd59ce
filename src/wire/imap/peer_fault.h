/* SPDX-License-Identifier: Apache-2.0
 *
 * wire/imap/peer_fault: one sentence about what a server did wrong, with its words in quotes.
 *
 * Place    called by wire/imap/session and its parts, where the octets of the server are read.
 */
#ifndef WIRE_IMAP_PEER_FAULT_H
#define WIRE_IMAP_PEER_FAULT_H

#include "base/bytes.h"
#include "base/fault.h"

/* ST_MEMORY becomes a fault of the process; every other status one of the peer's protocol.
 * `said` may be empty. Returns `status`. */
enum status imap_peer_fault(
    struct fault *fault, enum status status, const char *what, struct bytes said);

#endif
