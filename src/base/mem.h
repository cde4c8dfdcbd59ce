/* SPDX-License-Identifier: Apache-2.0
 *
 * base/mem: the one door to the allocator for the pure rooms.
 *
 * Promise  NULL on exhaustion, never an abort. The fault tests put their own mem.o before this
 *          one and fail the n-th call.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

#include "base/attr.h"

/* Octets are not cleared. size 0 is not allowed. */
void *mem_take(size_t size) MUST_USE;
/* As realloc; the old block stays valid when NULL comes back. */
void *mem_resize(void *block, size_t size) MUST_USE;
void mem_give(void *block); /* NULL is fine */

#endif
