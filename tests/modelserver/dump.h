/* SPDX-License-Identifier: Apache-2.0
 *
 * modelserver/dump: the store and its journal as JSON, one object a line.
 *
 * Promise  octets above 127 stand as \u00XX: a name of any octets comes back by Latin-1.
 */
#ifndef MODELSERVER_DUMP_H
#define MODELSERVER_DUMP_H

#include "base/attr.h"
#include "base/buf.h"
#include "base/status.h"
#include "modelserver/mailbox.h"

enum status model_dump_folder(const struct model_folder *folder, struct buf *out) MUST_USE;
/* With the SHA-256 of the body, flags in order, keywords, the date and its instant. */
enum status model_dump_message(const struct model_folder *folder,
    const struct model_message *message, struct buf *out) MUST_USE;
enum status model_dump_note(const struct model_note *note, struct buf *out) MUST_USE;

#endif
