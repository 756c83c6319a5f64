// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The process's handler of SIGBUS: the library's in front of the program's.
 *
 * Whoever has seen a handler may call it at any later time: a handler that was
 * installed over it and chains, or a program that puts back what it took down.
 * So a handler must never change where it passes signals on, or two could pass
 * them on to each other. Therefore there are several handlers, each with a
 * predecessor that is set once; over another predecessor the library installs
 * another handler.
 */
#include <config.h>

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>

#include "internal.h"

typedef void sigbus_action(int signal, siginfo_t *info, void *context);

/* How many predecessors are possible. After that the last handler changes. */
#define HANDLERS 16

/* What matters of a predecessor's flags. */
#define FLAGS (SA_SIGINFO | SA_ONSTACK | SA_RESTART | SA_NODEFER | SA_RESETHAND)

struct predecessor {
	atomic_bool known;
	atomic_int flags;
	void (*_Atomic handler)(int signal);	/* without SA_SIGINFO */
	_Atomic(sigbus_action *) action;		/* with it; else NULL */
};

static struct predecessor predecessors[HANDLERS];

/* How many guards want a handler: under the lock of guard.c. */
static unsigned int wanted;

/* Set before the first handler can run, and the same from then on. */
static _Atomic(dflres_sigbus_mender *) mender;

/*
 * How deep in the chain the present signal is. What the kernel put on the stack
 * tells one signal from another. If a predecessor jumped out of the last
 * signal, the next can lie at the same place; then its first handler also has
 * the same frame, which no handler further down can have.
 */
struct passing {
	const void *context, *frame;
	unsigned int depth;
};

static _Thread_local struct passing passing
	__attribute__((tls_model("initial-exec")));

static void set_default(void)
{
	struct sigaction action = { .sa_handler = SIG_DFL };

	sigemptyset(&action.sa_mask);
	sigaction(SIGBUS, &action, NULL);
}

/*
 * Act as if the library were not there. An access that caused the signal
 * repeats it after the handler returns, and then meets no handler; a signal
 * that was sent has to be raised again.
 */
static void default_action(const siginfo_t *info, bool ignored)
{
	const bool sent = info->si_code <= 0 || info->si_code == BUS_MCEERR_AO;

	if (sent && ignored)
		return;
	set_default();
	if (sent)
		raise(SIGBUS);
}

/* Whether the signal passed more handlers than exist: others made the chain a ring. */
static bool goes_round(const void *context, const void *frame)
{
	if (context != passing.context || frame == passing.frame) {
		passing.context = context;
		passing.frame = frame;
		passing.depth = 0;
	}
	return passing.depth++ > HANDLERS;
}

static void pass_on(const struct predecessor *predecessor, const void *frame,
		    int signal, siginfo_t *info, void *context)
{
	void (*handler)(int signal) = atomic_load(&predecessor->handler);
	sigbus_action *action = atomic_load(&predecessor->action);

	if (goes_round(context, frame) ||
	    (!action && (handler == SIG_DFL || handler == SIG_IGN))) {
		default_action(info, !action && handler == SIG_IGN);
		return;
	}
	if (atomic_load(&predecessor->flags) & SA_RESETHAND)
		set_default();
	if (action)
		action(signal, info, context);
	else
		handler(signal);
}

static void on_sigbus(const struct predecessor *predecessor, int signal,
		      siginfo_t *info, void *context)
{
	const struct passing before = passing;
	dflres_sigbus_mender *mend = atomic_load(&mender);

	if (mend(info))
		return;
	pass_on(predecessor, __builtin_frame_address(0), signal, info, context);
	/* this statement also keeps this frame on the stack until then: no tail call */
	passing = before;
}

#define HANDLER(number) \
static void handler_##number(int signal, siginfo_t *info, void *context) \
{ \
	on_sigbus(&predecessors[number], signal, info, context); \
}

HANDLER(0)
HANDLER(1)
HANDLER(2)
HANDLER(3)
HANDLER(4)
HANDLER(5)
HANDLER(6)
HANDLER(7)
HANDLER(8)
HANDLER(9)
HANDLER(10)
HANDLER(11)
HANDLER(12)
HANDLER(13)
HANDLER(14)
HANDLER(15)

static sigbus_action *const handlers[HANDLERS] = {
	handler_0, handler_1, handler_2, handler_3, handler_4, handler_5,
	handler_6, handler_7, handler_8, handler_9, handler_10, handler_11,
	handler_12, handler_13, handler_14, handler_15,
};

/* Which one of the library's handlers that is, or -1. */
static int number_of(const struct sigaction *installed)
{
	for (int i = 0; i < HANDLERS && installed->sa_flags & SA_SIGINFO; i++) {
		if (installed->sa_sigaction == handlers[i])
			return i;
	}
	return -1;
}

static bool is_predecessor(const struct predecessor *predecessor,
			   const struct sigaction *installed)
{
	if (atomic_load(&predecessor->flags) != (int)(installed->sa_flags & FLAGS))
		return false;
	return installed->sa_flags & SA_SIGINFO ?
	       atomic_load(&predecessor->action) == installed->sa_sigaction :
	       atomic_load(&predecessor->handler) == installed->sa_handler;
}

/* Set it before the handler can run that passes signals on to it. */
static void set_predecessor(struct predecessor *predecessor,
			    const struct sigaction *installed)
{
	const bool info = installed->sa_flags & SA_SIGINFO;

	atomic_store(&predecessor->handler,
		     info ? SIG_DFL : installed->sa_handler);
	atomic_store(&predecessor->action,
		     info ? installed->sa_sigaction : NULL);
	atomic_store(&predecessor->flags, installed->sa_flags & FLAGS);
	atomic_store(&predecessor->known, true);
}

/* The number of the handler that goes in front of @installed. */
static int handler_for(const struct sigaction *installed)
{
	int number = 0;

	while (number < HANDLERS - 1 &&
	       atomic_load(&predecessors[number].known) &&
	       !is_predecessor(&predecessors[number], installed))
		number++;
	set_predecessor(&predecessors[number], installed);
	return number;
}

int dflres_sigbus_install(dflres_sigbus_mender *mend)
{
	struct sigaction installed, action = {
		.sa_flags = SA_SIGINFO | SA_ONSTACK,
	};

	if (wanted) {
		wanted++;
		return 0;
	}
	if (sigaction(SIGBUS, NULL, &installed))
		return -errno;
	atomic_store(&mender, mend);
	/* a program may have put back a handler of the library */
	if (number_of(&installed) < 0) {
		action.sa_sigaction = handlers[handler_for(&installed)];
		action.sa_mask = installed.sa_mask;
		action.sa_flags |= installed.sa_flags &
				   (SA_NODEFER | SA_RESTART);
		if (sigaction(SIGBUS, &action, NULL))
			return -errno;
	}
	wanted++;
	return 0;
}

/* A handler that replaced the library's stays, and may still call it. */
void dflres_sigbus_uninstall(void)
{
	struct sigaction installed, previous = { 0 };
	int number;

	if (--wanted || sigaction(SIGBUS, NULL, &installed))
		return;
	number = number_of(&installed);
	if (number < 0)
		return;
	previous.sa_flags = atomic_load(&predecessors[number].flags);
	previous.sa_mask = installed.sa_mask;
	if (previous.sa_flags & SA_SIGINFO)
		previous.sa_sigaction =
			atomic_load(&predecessors[number].action);
	else
		previous.sa_handler =
			atomic_load(&predecessors[number].handler);
	sigaction(SIGBUS, &previous, NULL);
}
