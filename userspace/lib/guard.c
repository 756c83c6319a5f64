// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Mappings whose end the program survives: the handler of SIGBUS puts ones
 * where the registers were, and lets the access go on.
 *
 * This is global, because a signal's handler is. The handler may run in any
 * thread at any moment, and takes no lock. It looks through slots that nobody
 * frees, only uses again; the contents of a slot count only if its sequence
 * number is even and the same before and after. A slot that changes meanwhile
 * is not the one it looks for: nobody closes the mapping during the access, or
 * the access would be a bug of its own.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "internal.h"

/*
 * Pieces of one file replace a mapping: so large that a small mapping is one
 * piece, and so few, for a process may have only 65,530 mappings.
 */
#define PIECE_MIN ((size_t)2 << 20)
#define PIECES_MAX 1024

struct dflres_guard {
	struct dflres_guard *next;	/* fixed once the slot is in the list */
	bool used, installed;	/* under lock */
	atomic_bool replaced;
	atomic_uint sequence;
	atomic_uintptr_t start, end;
	_Atomic(int *) error;
};

/* Protects what the handler only reads, and changes of the list. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Atomic(struct dflres_guard *) slots;
static atomic_size_t page_size;
static bool survives_fork;	/* under lock */

/* ---- in the handler ---- */

/* What a slot said at one moment. */
struct found {
	struct dflres_guard *slot;
	uintptr_t start, end;
	int *error;
};

/* Whether there is a mapping that @address is in. */
static bool look_up(uintptr_t address, struct found *found)
{
	struct dflres_guard *slot;

	for (slot = atomic_load(&slots); slot; slot = slot->next) {
		unsigned int sequence = atomic_load(&slot->sequence);

		found->slot = slot;
		found->start = atomic_load(&slot->start);
		found->end = atomic_load(&slot->end);
		found->error = atomic_load(&slot->error);
		if (address >= found->start && address < found->end &&
		    sequence % 2 == 0 &&
		    sequence == atomic_load(&slot->sequence))
			return true;
	}
	return false;
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

static size_t round_up(size_t size)
{
	const size_t page = atomic_load(&page_size);

	return (size + page - 1) & ~(page - 1);
}

/* A file of @size bytes that are all ones, or -1. */
static int file_of_ones(size_t size)
{
	struct rlimit limit;
	void *ones;
	int fd;

	/* beyond it there is a signal that ends the program */
	if (getrlimit(RLIMIT_FSIZE, &limit) || limit.rlim_cur < size)
		return -1;
	fd = memfd_create("dflres-gone", MFD_CLOEXEC);
	if (fd < 0)
		return -1;
	/* without memory for it a write would be another SIGBUS */
	ones = fallocate(fd, 0, 0, (off_t)size) ? MAP_FAILED :
	       mmap(NULL, size, PROT_WRITE, MAP_SHARED, fd, 0);
	if (ones == MAP_FAILED) {
		close(fd);
		return -1;
	}
	memset(ones, 0xff, size);
	munmap(ones, size);
	return fd;
}

/*
 * Not page by page: each page would be a mapping, and a large feature has more
 * pages than a process may have mappings.
 */
static bool put_all(uintptr_t start, size_t length)
{
	size_t piece = round_up(length / PIECES_MAX);
	int fd;

	if (piece < PIECE_MIN)
		piece = PIECE_MIN;
	if (piece > length)
		piece = length;
	fd = file_of_ones(piece);
	if (fd < 0)
		return false;
	while (length) {
		if (piece > length)
			piece = length;
		if (mmap((void *)start, piece, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, fd,
			 0) == MAP_FAILED)
			break;
		start += piece;
		length -= piece;
	}
	close(fd);
	return !length;
}

/* Threads may do this at the same time: one then repeats what the other did. */
static bool replace(const struct found *found, uintptr_t address)
{
	if (!atomic_load(&found->slot->replaced) &&
	    put_all(found->start, round_up(found->end - found->start))) {
		atomic_store(&found->slot->replaced, true);
		return true;
	}
	/* another thread did it before, or there is memory for a page only */
	return put_page(address);
}

static bool mend(const siginfo_t *info)
{
	const int saved = errno;
	struct found found;
	uintptr_t address;
	bool mended;
	int cancel;

	/* only BUS_ADRERR is a page that is gone: the others are failures */
	if (info->si_signo != SIGBUS || info->si_code != BUS_ADRERR)
		return false;
	address = (uintptr_t)info->si_addr;
	if (!look_up(address, &found))
		return false;
	/* first: whoever reads ones from the page finds the error */
	__atomic_store_n(found.error, -ENODEV, __ATOMIC_RELEASE);
	/* the access is no place where a thread may be cancelled */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
	mended = replace(&found, address);
	pthread_setcancelstate(cancel, NULL);
	errno = saved;
	return mended;
}

DFLRES_API bool dflres_guard_handle(const siginfo_t *info)
{
	return mend(info);
}

/* ---- the rest of the time ---- */

static void hold(void)
{
	pthread_mutex_lock(&lock);
}

static void let_go(void)
{
	pthread_mutex_unlock(&lock);
}

/* A child has only the thread that forked: no other would unlock. */
static int prepare_fork(void)
{
	int error = survives_fork ? 0 : pthread_atfork(hold, let_go, let_go);

	survives_fork = !error;
	return -error;
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
	atomic_store(&slot->replaced, false);
	atomic_store(&slot->start, start);
	atomic_store(&slot->end, end);
	atomic_store(&slot->error, error);
	atomic_fetch_add(&slot->sequence, 1);
}

static int add(struct dflres_guard **guard, uintptr_t base, size_t length,
	       int *error, bool with_handler)
{
	struct dflres_guard *slot;
	int failed;

	failed = prepare_fork();
	if (failed)
		return failed;
	slot = free_slot();
	if (!slot)
		return -ENOMEM;
	if (with_handler) {
		failed = dflres_sigbus_install(mend);
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

	hold();
	atomic_store(&page_size, sysconf(_SC_PAGESIZE));
	failed = add(guard, (uintptr_t)base, length, error, with_handler);
	let_go();
	return failed;
}

void dflres_guard_remove(struct dflres_guard *guard)
{
	if (!guard)
		return;
	hold();
	if (guard->installed)
		dflres_sigbus_uninstall();
	set_slot(guard, 0, 0, NULL);
	guard->used = false;
	let_go();
}
