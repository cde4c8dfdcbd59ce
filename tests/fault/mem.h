/* SPDX-License-Identifier: Apache-2.0
 *
 * fault/mem: an allocator that fails on order, in place of base/mem.
 *
 * Place    linked in front of the base library, whose own mem.o is then left out.
 * Promise  counts every call that takes memory and every block that was not given back.
 */
#ifndef FAULT_MEM_H
#define FAULT_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The n-th call from now on gives NULL (n from 1; 0: none does); `is_lasting`: every call
 * after it too. */
void mem_fail(uint64_t n, bool is_lasting);
/* Only calls for which `counts` says so are counted and failed; NULL: all. */
void mem_fail_where(bool (*counts)(void));
/* How many calls were failed since mem_fail. */
uint64_t mem_failed(void);
/* How many calls there were since mem_fail. */
uint64_t mem_calls(void);
/* Blocks that were taken and not given back. */
uint64_t mem_live(void);
/* The most octets that counted calls held at one time since mem_fail. What they held before it
 * does not count. */
uint64_t mem_peak(void);

#endif
