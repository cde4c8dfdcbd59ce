/* SPDX-License-Identifier: Apache-2.0
 *
 * One mapping holds 64 units of [guard page | stack]. A guard page faults on the first touch,
 * and -fstack-clash-protection sees to it that no frame can step over one.
 *
 * Why ucontext: a switch costs 0.2 us, of which most is the signal mask; a hand-written switch
 * saves a tenth of a percent of a copying process and costs one source file a machine.
 */
#include "net/fiber_stack.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "base/check.h"
#include "base/mem.h"

#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#define HAS_ASAN 1
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#include <sanitizer/lsan_interface.h>
#else
#define HAS_ASAN 0
#endif
#if defined(__SANITIZE_THREAD__) || __has_feature(thread_sanitizer)
#define HAS_TSAN 1
#include <sanitizer/tsan_interface.h>
#else
#define HAS_TSAN 0
#endif
#if __has_include(<valgrind/valgrind.h>)
#define HAS_VALGRIND 1
#include <valgrind/valgrind.h>
#else
#define HAS_VALGRIND 0
#endif

enum {
	PAGE_SIZE = 4096,
	/* Frames grow to about twice their size under the address sanitizer. */
	STACK_SIZE = HAS_ASAN ? 262144 : 131072,
	STACK_KEPT = 32768,
	UNIT_SIZE = PAGE_SIZE + STACK_SIZE,
	SLAB_STACKS = 64,
	SIGNAL_STACK_SIZE = 65536,
};

struct fiber_stack {
	struct fiber_stack *next; /* in the pool */
	uint8_t *low;
	const char *label; /* NULL in the pool */
	fiber_stack_fn run;
	void *argument;
	int saved_errno;
	unsigned valgrind_id;
	void *asan_fake;
	void *tsan_fiber;
	ucontext_t context;
};

struct slab {
	struct slab *next;
	uint8_t *memory;
	struct fiber_stack stacks[SLAB_STACKS];
};

/* One thread runs fibers, so there is one of these. */
static struct {
	struct slab *slabs;
	struct fiber_stack *pool;
	struct fiber_stack *running;
	ucontext_t loop;
	const void *loop_low; /* for the address sanitizer */
	size_t loop_size;
	void *loop_asan_fake;
	void *loop_tsan_fiber;
	struct sigaction segv_before;
} machine;

/* --- What the tools are told. --- */

static void
note_taken(struct fiber_stack *stack)
{
#if HAS_ASAN
	/* What only a parked fiber refers to is not a leak. */
	__lsan_register_root_region(stack->low, STACK_SIZE);
#endif
#if HAS_TSAN
	stack->tsan_fiber = __tsan_create_fiber(0);
#endif
	(void)stack;
}

static void
note_given(struct fiber_stack *stack)
{
#if HAS_ASAN
	__lsan_unregister_root_region(stack->low, STACK_SIZE);
	/* The first frame never returned, so its red zones are still poisoned. */
	__asan_unpoison_memory_region(stack->low, STACK_SIZE);
#endif
#if HAS_TSAN
	__tsan_destroy_fiber(stack->tsan_fiber);
#endif
	(void)stack;
}

static void
note_entering(struct fiber_stack *stack)
{
#if HAS_ASAN
	__sanitizer_start_switch_fiber(&machine.loop_asan_fake, stack->low, STACK_SIZE);
#endif
#if HAS_TSAN
	if (machine.loop_tsan_fiber == NULL)
		machine.loop_tsan_fiber = __tsan_get_current_fiber();
	__tsan_switch_to_fiber(stack->tsan_fiber, 0);
#endif
	(void)stack;
}

static void
note_entered(struct fiber_stack *stack)
{
#if HAS_ASAN
	__sanitizer_finish_switch_fiber(
	    stack->asan_fake, &machine.loop_low, &machine.loop_size);
#endif
	(void)stack;
}

static void
note_leaving(struct fiber_stack *stack, bool is_final)
{
#if HAS_ASAN
	__sanitizer_start_switch_fiber(
	    is_final ? NULL : &stack->asan_fake, machine.loop_low, machine.loop_size);
#endif
#if HAS_TSAN
	__tsan_switch_to_fiber(machine.loop_tsan_fiber, 0);
#endif
	(void)stack;
	(void)is_final;
}

static void
note_left(void)
{
#if HAS_ASAN
	__sanitizer_finish_switch_fiber(machine.loop_asan_fake, NULL, NULL);
#endif
}

/* --- Slabs and the pool. --- */

static enum status
slab_add(void)
{
	struct slab *slab = mem_take(sizeof(*slab));
	size_t size = (size_t)UNIT_SIZE * SLAB_STACKS;
	void *memory;

	if (slab == NULL)
		return ST_MEMORY;
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
	if (memory == MAP_FAILED) {
		mem_give(slab);
		return ST_LIMIT;
	}
	/* A huge page would make 2 MiB resident for the first octet. Not every kernel knows the
	 * advice, and without it nothing breaks. */
	(void)madvise(memory, size, MADV_NOHUGEPAGE);
	*slab = (struct slab){.next = machine.slabs, .memory = memory};
	for (size_t i = 0; i < SLAB_STACKS; i++) {
		if (mprotect(slab->memory + i * UNIT_SIZE, PAGE_SIZE, PROT_NONE) == 0)
			continue;
		munmap(memory, size);
		mem_give(slab);
		return ST_LIMIT;
	}
	for (size_t i = SLAB_STACKS; i-- > 0;) {
		struct fiber_stack *stack = &slab->stacks[i];

		stack->low = slab->memory + i * UNIT_SIZE + PAGE_SIZE;
#if HAS_VALGRIND
		stack->valgrind_id =
		    (unsigned)VALGRIND_STACK_REGISTER(stack->low, stack->low + STACK_SIZE - 1);
#endif
		stack->next = machine.pool;
		machine.pool = stack;
	}
	machine.slabs = slab;
	return ST_OK;
}

static void
begin(void)
{
	struct fiber_stack *stack = machine.running;

	note_entered(stack);
	stack->run(stack->argument);
	/* There is nowhere to return to: `run` ends with the final leave. */
	CHECK(stack != machine.running);
}

enum status
fiber_stack_take(
    const char *label, fiber_stack_fn run, void *argument, struct fiber_stack **out)
{
	struct fiber_stack *stack;
	enum status status;

	if (machine.pool == NULL) {
		status = slab_add();
		if (status != ST_OK)
			return status;
	}
	stack = machine.pool;
	machine.pool = stack->next;
	stack->next = NULL;
	stack->label = label;
	stack->run = run;
	stack->argument = argument;
	stack->asan_fake = NULL;
	CHECK(getcontext(&stack->context) == 0);
	stack->context.uc_stack.ss_sp = stack->low;
	stack->context.uc_stack.ss_size = STACK_SIZE;
	stack->context.uc_link = NULL;
	makecontext(&stack->context, begin, 0);
	note_taken(stack);
	*out = stack;
	return ST_OK;
}

void
fiber_stack_give(struct fiber_stack *stack)
{
	CHECK(stack != machine.running);
	note_given(stack);
	if (fiber_stack_touched(stack) > STACK_KEPT)
		(void)madvise(stack->low, STACK_SIZE - STACK_KEPT, MADV_DONTNEED);
	stack->label = NULL;
	stack->next = machine.pool;
	machine.pool = stack;
}

size_t
fiber_stack_touched(const struct fiber_stack *stack)
{
	unsigned char is_resident[STACK_SIZE / PAGE_SIZE];
	size_t count = 0;

	if (mincore(stack->low, STACK_SIZE, is_resident) != 0)
		return 0;
	for (size_t i = 0; i < sizeof(is_resident); i++)
		count += is_resident[i] & 1u;
	return count * PAGE_SIZE;
}

void
fiber_stack_drain(void)
{
	struct slab *slab;

	CHECK(machine.running == NULL);
	while ((slab = machine.slabs) != NULL) {
		machine.slabs = slab->next;
		for (size_t i = 0; i < SLAB_STACKS; i++) {
			CHECK(slab->stacks[i].label == NULL);
#if HAS_VALGRIND
			VALGRIND_STACK_DEREGISTER(slab->stacks[i].valgrind_id);
#endif
		}
		munmap(slab->memory, (size_t)UNIT_SIZE * SLAB_STACKS);
		mem_give(slab);
	}
	machine.pool = NULL;
}

/* --- The switch. --- */

void
fiber_stack_enter(struct fiber_stack *stack)
{
	int loop_errno = errno;

	CHECK(machine.running == NULL);
	machine.running = stack;
	note_entering(stack);
	CHECK(swapcontext(&machine.loop, &stack->context) == 0);
	note_left();
	machine.running = NULL;
	errno = loop_errno;
}

void
fiber_stack_leave(struct fiber_stack *stack, bool is_final)
{
	CHECK(machine.running == stack);
	stack->saved_errno = errno;
	note_leaving(stack, is_final);
	CHECK(swapcontext(&stack->context, &machine.loop) == 0);
	note_entered(stack);
	errno = stack->saved_errno;
}

/* --- The guard. --- */

static const struct fiber_stack *
find_guarded(const void *address)
{
	uintptr_t where = (uintptr_t)address;

	for (const struct slab *slab = machine.slabs; slab != NULL; slab = slab->next) {
		uintptr_t low = (uintptr_t)slab->memory;

		if (where < low || where - low >= (uintptr_t)UNIT_SIZE * SLAB_STACKS)
			continue;
		if ((where - low) % UNIT_SIZE < PAGE_SIZE)
			return &slab->stacks[(where - low) / UNIT_SIZE];
	}
	return NULL;
}

static void
say(const char *text)
{
	/* Nothing can be done here when standard error is gone. */
	ssize_t ignored = write(STDERR_FILENO, text, strlen(text));

	(void)ignored;
}

/* Returning runs the faulting instruction again, now under the handler of before: the process
 * dies as it would have died, with the same signal and the same core file. */
static void
on_segv(int number, siginfo_t *info, void *context)
{
	const struct fiber_stack *stack = find_guarded(info->si_addr);

	(void)context;
	if (stack != NULL) {
		say("godwit: stack overflow on fiber ");
		say(stack->label == NULL ? "(none)" : stack->label);
		say("\n");
	}
	sigaction(number, &machine.segv_before, NULL);
}

enum status
fiber_stack_guard(void)
{
	struct sigaction action = {
	    .sa_sigaction = on_segv, .sa_flags = SA_SIGINFO | SA_ONSTACK};
	static uint8_t signal_stack[SIGNAL_STACK_SIZE];
	stack_t stack;

	/* The address sanitizer brings its own and wants it back. */
	if (sigaltstack(NULL, &stack) != 0)
		return ST_IO;
	if ((stack.ss_flags & SS_DISABLE) != 0) {
		stack = (stack_t){.ss_sp = signal_stack, .ss_size = sizeof(signal_stack)};
		if (sigaltstack(&stack, NULL) != 0)
			return ST_IO;
	}
	sigemptyset(&action.sa_mask);
	if (sigaction(SIGSEGV, &action, &machine.segv_before) != 0)
		return ST_IO;
	return ST_OK;
}
