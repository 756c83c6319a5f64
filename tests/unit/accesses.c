// SPDX-License-Identifier: GPL-2.0
/*
 * Lists the accesses of this thread to a piece of memory, each load or store of
 * each instruction, on x86-64: the memory cannot be accessed, and whatever tries
 * is noted, let do one step with the memory there, and stopped again.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#define TRAP_FLAG 0x100
#define WRITE_FAULT 2
#define MAX_ACCESSES 1024

struct access {
	uint32_t offset;
	uint32_t is_write;
	uint64_t value;		/* of the first 8 bytes, after a write */
};

static struct {
	uint8_t *base;
	size_t length;
	struct access *list;
	size_t count;
} watched;

static void protect(int protection)
{
	mprotect(watched.base, watched.length, protection);
}

static void on_access(int sig, siginfo_t *info, void *context)
{
	greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
	const size_t offset = (size_t)((uint8_t *)info->si_addr - watched.base);

	if (offset >= watched.length) {
		signal(sig, SIG_DFL);
		return;
	}
	if (watched.count < MAX_ACCESSES) {
		watched.list[watched.count].offset = (uint32_t)offset;
		watched.list[watched.count].is_write =
			!!(registers[REG_ERR] & WRITE_FAULT);
	}
	watched.count++;
	protect(PROT_READ | PROT_WRITE);
	registers[REG_EFL] |= TRAP_FLAG;
}

static void on_step(int sig, siginfo_t *info, void *context)
{
	greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;

	(void)sig;
	(void)info;
	registers[REG_EFL] &= ~(greg_t)TRAP_FLAG;
	if (watched.count <= MAX_ACCESSES)
		memcpy(&watched.list[watched.count - 1].value, watched.base, 8);
	protect(PROT_NONE);
}

/* From here on accesses to @base, which is the begin of a page, go to @list, which has room for 1024. */
void watch(void *base, size_t length, struct access *list)
{
	struct sigaction action = { .sa_flags = SA_SIGINFO };

	watched.base = base;
	watched.length = length;
	watched.list = list;
	watched.count = 0;
	action.sa_sigaction = on_access;
	sigaction(SIGSEGV, &action, NULL);
	action.sa_sigaction = on_step;
	sigaction(SIGTRAP, &action, NULL);
	protect(PROT_NONE);
}

/* How many there were. */
size_t unwatch(void)
{
	protect(PROT_READ | PROT_WRITE);
	return watched.count;
}
