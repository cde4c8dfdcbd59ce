/* SPDX-License-Identifier: Apache-2.0
 *
 * net/fiber_stack: the stacks of fibers and the switch between them and the loop's stack.
 *
 * Place    private to net/fiber. All that sanitizers, valgrind and the kernel have to be told
 *          about stacks is in its source file and nowhere else.
 * Promise  each stack has a guard page below it. errno belongs to the stack: it is saved and
 *          restored by the switch.
 * Memory   slabs of 64 stacks, kept until fiber_stack_drain. A stack that comes back deeper
 *          than 32 KiB gives its pages back to the system.
 * Limits   one thread. Two memory maps a stack: vm.max_map_count bounds the number, and then
 *          fiber_stack_take returns ST_LIMIT.
 */
#ifndef NET_FIBER_STACK_H
#define NET_FIBER_STACK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/status.h"

struct fiber_stack;

typedef void (*fiber_stack_fn)(void *argument);

/* `label` is borrowed until fiber_stack_give; the guard's message shows it. `run` starts with
 * the first fiber_stack_enter and ends with fiber_stack_leave(…, true), never by returning. */
enum status fiber_stack_take(
    const char *label, fiber_stack_fn run, void *argument, struct fiber_stack **out) MUST_USE;
/* On the loop's stack, after the final leave. */
void fiber_stack_give(struct fiber_stack *stack);

/* From the loop's stack to this one; returns when it leaves. */
void fiber_stack_enter(struct fiber_stack *stack);
/* From this stack, on which the caller runs, back to the loop's. */
void fiber_stack_leave(struct fiber_stack *stack, bool is_final);

size_t fiber_stack_touched(const struct fiber_stack *stack);
void fiber_stack_drain(void);
enum status fiber_stack_guard(void) MUST_USE;

#endif
