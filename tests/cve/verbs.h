/* SPDX-License-Identifier: Apache-2.0
 *
 * tests/cve/verbs: what a .case file can do, each the public verb of a room.
 *
 *   date, name, quote, unquote, base64, number, keyword   one value, read strictly
 *   uidset, uids     a set as ranges (at most 64); its UIDs in order (at most 4)
 *   shown, json      foreign text on a terminal, and in the report
 *   says, flags      the line that names a folder, and the one that sets a keyword
 *   header, identity what is found in a message, the same whole and octet by octet
 *   uri, glob, maps  the command line's mailbox; a pattern; a folder's name at a destination
 *   scram            our first message and the server's: whether it may be answered
 *   keeps            the files that --refused makes for a message of that folder
 *
 * What a verb gives is text; a status's name when it failed.
 */
#ifndef TESTS_CVE_VERBS_H
#define TESTS_CVE_VERBS_H

#include <stdbool.h>

#include "base/buf.h"
#include "file.h"

/* False: there is no such verb, or it wants other words. */
bool verb_run(const struct act *act, struct buf *out);

#endif
