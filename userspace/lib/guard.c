// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Mappings whose end is survived: the handler of SIGBUS puts a page of ones
 * where the access failed, and lets the access go on.
 *
 * This is the one file with something global in it, because a signal's handler
 * is. The handler may run in any thread at any moment, and takes no lock: it
 * looks through slots that are never freed, only used again, and whose contents
 * count only if their sequence number is even and the same before and after.
 * A slot that changes meanwhile is not the one it looks for: the mapping that
 * is accessed is not being closed, or the access would be a bug of its own.
 */
#include <config.h>

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "internal.h"

struct dflres_guard {
	struct dflres_guard *next;	/* fixed once the slot is in the list */
	bool used, installed;	/* under lock */
	atomic_uint sequence;
	atomic_uintptr_t start, end;
	_Atomic(int *) error;
};

/* Protects all that the handler only reads, and the changes of the list. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Atomic(struct dflres_guard *) slots;
static atomic_size_t page_size;

/* How many guards want the handler, and what it took the place of. */
static unsigned int wanted;
static atomic_int previous_flags;
static void (*_Atomic previous_handler)(int signal);
static void (*_Atomic previous_action)(int signal, siginfo_t *info,
				       void *context);

/* ---- in the handler ---- */

/* Where to note the end of the mapping that @address is in, or NULL. */
static int *look_up(uintptr_t address)
{
	struct dflres_guard *slot;

	for (slot = atomic_load(&slots); slot; slot = slot->next) {
		unsigned int sequence = atomic_load(&slot->sequence);
		bool inside = address >= atomic_load(&slot->start) &&
			      address < atomic_load(&slot->end);
		int *error = atomic_load(&slot->error);

		if (inside && sequence % 2 == 0 &&
		    sequence == atomic_load(&slot->sequence))
			return error;
	}
	return NULL;
}

/* In one step, so that no thread sees a page whose bytes are not ones yet. */
static bool put_page(uintptr_t address)
{
	const size_t size = atomic_load(&page_size);
	void *place = (void *)(address & ~(uintptr_t)(size - 1));
	void *page = mmap(NULL, size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		return false;
	memset(page, 0xff, size);
	if (mremap(page, size, size, MREMAP_MAYMOVE | MREMAP_FIXED,
		   place) != MAP_FAILED)
		return true;
	munmap(page, size);
	return false;
}

DFLRES_API bool dflres_guard_handle(const siginfo_t *info)
{
	const int saved = errno;
	uintptr_t address;
	bool handled;
	int *error;

	/* BUS_ADRERR alone is a page that is gone: the others are failures */
	if (info->si_signo != SIGBUS || info->si_code != BUS_ADRERR)
		return false;
	address = (uintptr_t)info->si_addr;
	error = look_up(address);
	if (!error)
		return false;
	/* first: who reads a one from the page finds the note */
	__atomic_store_n(error, -ENODEV, __ATOMIC_RELEASE);
	handled = put_page(address);
	errno = saved;
	return handled;
}

static void set_default(void)
{
	struct sigaction action = { .sa_handler = SIG_DFL };

	sigemptyset(&action.sa_mask);
	sigaction(SIGBUS, &action, NULL);
}

/*
 * As if the library were not there. What an access caused happens again when
 * the handler returns, and then without a handler; what was sent does not.
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

static void pass_on(int signal, siginfo_t *info, void *context)
{
	void (*action)(int signal, siginfo_t *info, void *context) =
		atomic_load(&previous_action);
	void (*handler)(int signal) = atomic_load(&previous_handler);

	if (!action && (handler == SIG_DFL || handler == SIG_IGN)) {
		default_action(info, handler == SIG_IGN);
		return;
	}
	if (atomic_load(&previous_flags) & SA_RESETHAND)
		set_default();
	if (action)
		action(signal, info, context);
	else
		handler(signal);
}

static void on_sigbus(int signal, siginfo_t *info, void *context)
{
	if (!dflres_guard_handle(info))
		pass_on(signal, info, context);
}

/* ---- the rest of the time ---- */

static int install(void)
{
	struct sigaction previous, action = {
		.sa_sigaction = on_sigbus,
		.sa_flags = SA_SIGINFO | SA_ONSTACK,
	};

	if (wanted) {
		wanted++;
		return 0;
	}
	/* known before the handler can run that passes on to it */
	if (sigaction(SIGBUS, NULL, &previous))
		return -errno;
	if (previous.sa_flags & SA_SIGINFO) {
		atomic_store(&previous_handler, SIG_DFL);
		atomic_store(&previous_action, previous.sa_sigaction);
	} else {
		atomic_store(&previous_action, NULL);
		atomic_store(&previous_handler, previous.sa_handler);
	}
	atomic_store(&previous_flags, previous.sa_flags);
	action.sa_mask = previous.sa_mask;
	action.sa_flags |= previous.sa_flags & (SA_NODEFER | SA_RESTART);
	if (sigaction(SIGBUS, &action, NULL))
		return -errno;
	wanted++;
	return 0;
}

/* A handler that has taken the library's place stays, and may still call it. */
static void uninstall(void)
{
	struct sigaction now, previous = {
		.sa_flags = atomic_load(&previous_flags),
	};

	if (--wanted || sigaction(SIGBUS, NULL, &now) ||
	    !(now.sa_flags & SA_SIGINFO) || now.sa_sigaction != on_sigbus)
		return;
	previous.sa_mask = now.sa_mask;
	if (previous.sa_flags & SA_SIGINFO)
		previous.sa_sigaction = atomic_load(&previous_action);
	else
		previous.sa_handler = atomic_load(&previous_handler);
	sigaction(SIGBUS, &previous, NULL);
}

static struct dflres_guard *free_slot(void)
{
	struct dflres_guard *slot;

	for (slot = atomic_load(&slots); slot; slot = slot->next) {
		if (!slot->used)
			return slot;
	}
	slot = calloc(1, sizeof(*slot));
	if (!slot)
		return NULL;
	slot->next = atomic_load(&slots);
	atomic_store(&slots, slot);
	return slot;
}

static void set_slot(struct dflres_guard *slot, uintptr_t start, uintptr_t end,
		     int *error)
{
	atomic_fetch_add(&slot->sequence, 1);
	atomic_store(&slot->start, start);
	atomic_store(&slot->end, end);
	atomic_store(&slot->error, error);
	atomic_fetch_add(&slot->sequence, 1);
}

static int add(struct dflres_guard **guard, uintptr_t base, size_t length,
	       int *error, bool with_handler)
{
	struct dflres_guard *slot = free_slot();
	int failed;

	if (!slot)
		return -ENOMEM;
	if (with_handler) {
		failed = install();
		if (failed)
			return failed;
	}
	slot->used = true;
	slot->installed = with_handler;
	set_slot(slot, base, base + length, error);
	*guard = slot;
	return 0;
}

int dflres_guard_add(struct dflres_guard **guard, volatile void *base,
		     size_t length, int *error, bool with_handler)
{
	int failed;

	pthread_mutex_lock(&lock);
	atomic_store(&page_size, sysconf(_SC_PAGESIZE));
	failed = add(guard, (uintptr_t)base, length, error, with_handler);
	pthread_mutex_unlock(&lock);
	return failed;
}

void dflres_guard_remove(struct dflres_guard *guard)
{
	if (!guard)
		return;
	pthread_mutex_lock(&lock);
	if (guard->installed)
		uninstall();
	set_slot(guard, 0, 0, NULL);
	guard->used = false;
	pthread_mutex_unlock(&lock);
}
