/* SPDX-License-Identifier: Apache-2.0
 *
 * modelserver/content: fills a store from a text, README.md describes the format.
 *
 * Promise  a message may be anything that a hostile server could say: flags and dates need not
 *          be such, bodies may hold any octet.
 * Memory   nothing of the text is kept.
 */
#ifndef MODELSERVER_CONTENT_H
#define MODELSERVER_CONTENT_H

#include "base/attr.h"
#include "base/bytes.h"
#include "base/fault.h"
#include "base/status.h"

struct model_account;
struct model_store;

/* `fault` names the line. What came before it is in the store. */
enum status model_content_load(
    struct bytes text, struct model_store *store, struct fault *fault) MUST_USE;

/* "folder=INBOX messages=1000 size=2048 holes=20 seed=1": generated messages; of each 100 UIDs
 * `holes` are missing. All parts may be left out. */
enum status model_content_generate(
    struct bytes spec, struct model_account *account, struct fault *fault) MUST_USE;

#endif
