/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/imap/peer_fault.h"

enum status
imap_peer_fault(struct fault *fault, enum status status, const char *what, struct bytes said)
{
	struct fault_kind kind = {status, CAUSE_PROTOCOL, FAULT_ENDPOINT, RETRY_LATER};
	char quote[FAULT_QUOTE_SIZE];

	if (status == ST_MEMORY) {
		kind.cause = CAUSE_MEMORY;
		kind.scope = FAULT_MAILBOX;
		return fault_set(fault, kind, "No memory was left to read the server's reply.");
	}
	if (said.size == 0)
		return fault_set(fault, kind, "%s.", what);
	return fault_set(fault, kind, "%s: \"%s\".", what, fault_quote(said, quote));
}
