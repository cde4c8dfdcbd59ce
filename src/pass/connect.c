/* SPDX-License-Identifier: Apache-2.0
 *
 * Opening connections: both sides at once at the beginning, and what a worker lacks later.
 */
#include "base/check.h"
#include "pass/private.h"
#include "pass/tell.h"

/* Opens one side on a fiber of its own, so that both connect at once. */
struct opener {
	struct pass_worker *worker;
	enum pass_end end;
	struct fiber_source done;
	struct fault fault;
	enum status status;
};

static void
trace(void *argument, struct bytes lines)
{
	struct pass_tracer *tracer = argument;
	struct pass_sink *sink = tracer->pass->sink;

	sink->trace(sink, tracer->account->side, tracer->connection, lines);
}

static struct endpoint_settings
settings_of(const struct pass *pass, const struct pass_side *side, struct pass_tracer *tracer)
{
	return (struct endpoint_settings){
	    .account = side->account,
	    .password = side->password,
	    .family = side->family,
	    .without = pass->without,
	    .trace = pass->sink->trace == NULL ? NULL : trace,
	    .trace_argument = tracer,
	};
}

enum status
pass_switch_off(struct pass *pass, struct fault *fault)
{
	for (size_t i = 0; i < pass->options->without_count; i++) {
		const char *word = pass->options->without[i];
		enum imap_capability which = imap_capability_find(bytes_of_string(word));

		if (which == IMAP_CAP_COUNT)
			return fault_set(fault,
			    (struct fault_kind){
				ST_SYNTAX, CAUSE_USAGE, FAULT_PROCESS, RETRY_NEVER},
			    "--without %s names no capability that Godwit uses.", word);
		pass->without.bits |= (uint64_t)1 << which;
	}
	return ST_OK;
}

static struct pass_side *
side_of(struct pass *pass, enum pass_end end)
{
	return end == PASS_SRC ? &pass->src : &pass->dst;
}

enum status
pass_open_end(struct pass_worker *worker, enum pass_end end, struct fault *fault)
{
	struct pass *pass = worker->pass;
	bool is_src = end == PASS_SRC;
	struct endpoint_settings settings = settings_of(
	    pass, side_of(pass, end), is_src ? &worker->src_tracer : &worker->dst_tracer);

	if (!is_src && worker->is_careful)
		settings.without.bits |= (uint64_t)1 << IMAP_CAP_LITERAL_PLUS |
		    (uint64_t)1 << IMAP_CAP_LITERAL_MINUS | (uint64_t)1 << IMAP_CAP_MULTIAPPEND;
	return endpoint_open(
	    pass->world, &settings, is_src ? &worker->src : &worker->dst, fault);
}

/* Whoever does not get in at first is not asked again: that is how accounts get locked. */
static enum status
open_and_list(struct opener *opener)
{
	struct pass_worker *worker = opener->worker;
	struct pass_side *side = side_of(worker->pass, opener->end);
	struct fault *fault = &opener->fault;
	enum status status = pass_open_end(worker, opener->end, fault);

	if (status != ST_OK)
		return status;
	do {
		arena_rewind(&side->arena);
		status = endpoint_discover(
		    pass_endpoint(worker, opener->end), &side->arena, &side->listing, fault);
	} while (status != ST_OK && pass_may_ask_again(worker, opener->end, fault));
	if (status == ST_OK)
		pass_has_come(worker, opener->end);
	return status;
}

static void
open_side(void *argument)
{
	struct opener *opener = argument;

	opener->status = open_and_list(opener);
	/* From here on nobody may cancel this fiber: its memory is the pool's again. */
	opener->worker->pass->openers[opener->end] = NULL;
}

void
pass_join(struct pass *pass, struct fiber_source *done)
{
	pass->is_joining = true;
	CHECK(fiber_wait(&done, 1, TICK_NEVER) == FIBER_SIGNALED);
	pass->is_joining = false;
}

static void
tell_security(struct pass *pass, const struct endpoint *endpoint, const struct account *account)
{
	if (!endpoint_is_encrypted(endpoint))
		pass_tell_notice(pass,
		    "The connection to the %s (%s) is in clear text: anybody in between can "
		    "read the mail and the password.",
		    account->side, account->host);
	else if (account->allows_old_tls)
		pass_tell_notice(pass,
		    "The connection to the %s (%s) was allowed to use an old TLS that can be "
		    "broken; it uses %s.",
		    account->side, account->host, endpoint_security_text(endpoint));
}

enum status
pass_open_both(struct pass *pass, struct pass_worker *worker, struct fault *fault)
{
	struct opener openers[PASS_END_COUNT] = {
	    {.worker = worker, .end = PASS_SRC},
	    {.worker = worker, .end = PASS_DST},
	};
	enum status status = ST_OK;

	for (size_t i = 0; i < PASS_END_COUNT && status == ST_OK; i++) {
		const struct account *account = side_of(pass, (enum pass_end)i)->account;

		/* A check may be of the source alone. */
		if (account->host == NULL)
			continue;
		status = fiber_new(pass->world, account->side, open_side, &openers[i],
		    &openers[i].done, &pass->openers[i]);
	}
	for (size_t i = 0; i < PASS_END_COUNT; i++) {
		if (pass->openers[i] != NULL)
			pass_join(pass, &openers[i].done);
	}
	for (size_t i = 0; i < PASS_END_COUNT; i++) {
		side_of(pass, (enum pass_end)i)->fault = openers[i].fault;
		if (status != ST_OK || openers[i].status == ST_OK)
			continue;
		status = openers[i].status;
		*fault = openers[i].fault;
	}
	if (status != ST_OK)
		return fault_set(fault,
		    (struct fault_kind){status, CAUSE_MEMORY, FAULT_PROCESS, RETRY_LATER},
		    "The connections could not be started (%s).", status_name(status));
	pass->src.family = endpoint_family(worker->src);
	tell_security(pass, worker->src, pass->src.account);
	if (worker->dst == NULL)
		return ST_OK;
	pass->dst.family = endpoint_family(worker->dst);
	tell_security(pass, worker->dst, pass->dst.account);
	return ST_OK;
}

enum status
pass_open_pair(struct pass_worker *worker, struct fault *fault)
{
	enum status status = ST_OK;

	if (worker->src == NULL)
		status = pass_open_end(worker, PASS_SRC, fault);
	if (status == ST_OK && worker->dst == NULL)
		status = pass_open_end(worker, PASS_DST, fault);
	return status;
}
