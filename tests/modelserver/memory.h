/* SPDX-License-Identifier: Apache-2.0
 *
 * modelserver/memory: copies of slices, and tables that grow by doubling.
 */
#ifndef MODELSERVER_MEMORY_H
#define MODELSERVER_MEMORY_H

#include <stddef.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "base/status.h"

/* The copy is the caller's, who frees it with model_memory_give. */
enum status model_memory_keep(struct bytes bytes, struct bytes *copy_out) MUST_USE;
void model_memory_give(struct bytes *bytes);

/* Room for one more thing of `size` octets behind `count` of them. The table was made by this
 * function alone, from NULL. */
enum status model_memory_grow(void **table, size_t count, size_t size) MUST_USE;

#endif
