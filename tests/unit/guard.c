// SPDX-License-Identifier: GPL-2.0
/* The end of a mapping, of which a file that is cut underneath is one. */
#include <config.h>

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fixture.h"
#include "unit.h"

/* whatever the page size is, up to 64 KiB */
#define SIZE 0x40000

static struct dflres_claim *claim;

static struct dflres_regs *open_guarded(unsigned int flags)
{
	struct dflres_regs *regs;

	ck_assert_int_eq(dflres_regs_open(&regs, claim, flags), 0);
	return regs;
}

static void cut_file(void)
{
	ck_assert_int_eq(ftruncate(dflres_claim_fd(claim), 0), 0);
}

static void *current_handler(void)
{
	struct sigaction action;

	ck_assert_int_eq(sigaction(SIGBUS, NULL, &action), 0);
	return action.sa_flags & SA_SIGINFO ? (void *)action.sa_sigaction :
		(void *)action.sa_handler;
}

START_TEST(guarded_access_survives_the_end)
{
	struct dflres_regs *regs = open_guarded(DFLRES_REGS_GUARD);
	uint64_t value = 77;
	uint32_t v32 = 77;
	uint8_t data[16];

	ck_assert_int_eq(dflres_regs_try_read32(regs, 0, &v32), 0);
	ck_assert_uint_eq(v32, 0x03020100);
	cut_file();
	errno = 4711;
	ck_assert_int_eq(dflres_regs_try_read32(regs, 0, &v32), -ENODEV);
	ck_assert_int_eq(errno, 4711);
	ck_assert_uint_eq(v32, 0x03020100);
	ck_assert_int_eq(dflres_regs_try_write64(regs, 8, 1), -ENODEV);
	ck_assert_int_eq(dflres_regs_try_read(regs, SIZE - 8, 64, &value),
			 -ENODEV);
	ck_assert_int_eq(dflres_regs_try_write(regs, SIZE / 2, 8, 1), -ENODEV);
	ck_assert_int_eq(dflres_regs_read_block(regs, 0, 32, data, 16),
			 -ENODEV);
	ck_assert_int_eq(dflres_regs_write_block(regs, 0, 32, data, 16),
			 -ENODEV);
	ck_assert_uint_eq(value, 77);
	dflres_regs_close(regs);
}
END_TEST

/* Bare accesses go on as well, and tell at the end. */
START_TEST(guarded_plain_access_survives_the_end)
{
	struct dflres_regs *regs = open_guarded(DFLRES_REGS_GUARD);
	volatile void *base = dflres_regs_base(regs);

	cut_file();
	ck_assert_int_eq(dflres_regs_error(regs), 0);
	dflres_regs_write32(regs, SIZE - 4, 1);
	ck_assert_int_eq(dflres_regs_error(regs), -ENODEV);
	ck_assert_uint_eq(dflres_regs_read32(regs, 0), UINT32_MAX);
	ck_assert_uint_eq(dflres_load64(base, SIZE / 2), UINT64_MAX);
	dflres_store8(base, 0, 0);
	dflres_regs_close(regs);
}
END_TEST

/* Two features: one is gone, the other is not. */
START_TEST(end_of_one_claim_leaves_another)
{
	struct dflres_regs *regs = open_guarded(DFLRES_REGS_GUARD), *others;
	struct dflres_claim *other;
	struct dflres_feature *feature;

	add_plain(1);
	set_file(1, "dflres/lease", "");
	put("bus/dfl/devices/dfl_dev.1/dflres/resource0", "12345678", 8);
	ck_assert_int_eq(dflres_feature_open(&feature, "dfl_dev.1"), 0);
	ck_assert_int_eq(dflres_claim_open(&other, feature, 0, 0), 0);
	ck_assert_int_eq(dflres_regs_open(&others, other, DFLRES_REGS_GUARD),
			 0);
	dflres_feature_close(feature);

	cut_file();
	dflres_regs_read8(regs, 0);
	ck_assert_int_eq(dflres_regs_error(regs), -ENODEV);
	ck_assert_uint_eq(dflres_regs_read8(others, 0), '1');
	ck_assert_int_eq(dflres_regs_error(others), 0);
	dflres_regs_close(regs);
	/* the handler is still there for the other */
	ck_assert_int_eq(ftruncate(dflres_claim_fd(other), 0), 0);
	dflres_regs_read8(others, 0);
	ck_assert_int_eq(dflres_regs_error(others), -ENODEV);
	dflres_regs_close(others);
	dflres_claim_close(other);
}
END_TEST

static void own_handler(int signal)
{
	(void)signal;
}

START_TEST(handler_comes_with_a_guard_and_goes_with_the_last)
{
	struct sigaction action = { .sa_handler = own_handler }, now;
	struct dflres_regs *a, *b;
	void *library;

	sigaddset(&action.sa_mask, SIGUSR1);
	action.sa_flags = SA_RESTART;
	sigaction(SIGBUS, &action, NULL);
	a = open_guarded(0);
	ck_assert_ptr_eq(current_handler(), (void *)own_handler);
	dflres_regs_close(a);
	a = open_guarded(DFLRES_REGS_GUARD_OWN);
	ck_assert_ptr_eq(current_handler(), (void *)own_handler);
	dflres_regs_close(a);
	a = open_guarded(DFLRES_REGS_GUARD | DFLRES_REGS_NO_MAP);
	ck_assert_ptr_eq(current_handler(), (void *)own_handler);
	dflres_regs_close(a);

	a = open_guarded(DFLRES_REGS_GUARD);
	library = current_handler();
	ck_assert_ptr_ne(library, (void *)own_handler);
	b = open_guarded(DFLRES_REGS_GUARD);
	dflres_regs_close(a);
	ck_assert_ptr_eq(current_handler(), library);
	dflres_regs_close(b);
	sigaction(SIGBUS, NULL, &now);
	ck_assert_ptr_eq((void *)now.sa_handler, (void *)own_handler);
	ck_assert_int_eq(now.sa_flags & (SA_RESTART | SA_SIGINFO | SA_ONSTACK),
			 SA_RESTART);
	ck_assert_int_eq(sigismember(&now.sa_mask, SIGUSR1), 1);

	/* what the program installed meanwhile stays */
	a = open_guarded(DFLRES_REGS_GUARD);
	signal(SIGBUS, SIG_IGN);
	dflres_regs_close(a);
	ck_assert_ptr_eq(current_handler(), (void *)SIG_IGN);
}
END_TEST

static const int kept_flags[] = {
	0, SA_RESTART, SA_NODEFER, SA_ONSTACK, SA_RESTART | SA_NODEFER | SA_ONSTACK,
};

/* Calls are restarted, and signals wait, as the program has it: the library's handler is on its stack for signals. */
START_TEST(handler_has_the_flags_of_the_one_before)
{
	const int flags = kept_flags[_i], passed_on = SA_RESTART | SA_NODEFER;
	struct sigaction action = { .sa_handler = own_handler, .sa_flags = flags }, now;
	struct dflres_regs *regs;

	sigaddset(&action.sa_mask, SIGUSR1);
	sigaction(SIGBUS, &action, NULL);
	regs = open_guarded(DFLRES_REGS_GUARD);
	sigaction(SIGBUS, NULL, &now);
	ck_assert_int_eq(now.sa_flags & passed_on, flags & passed_on);
	ck_assert_int_eq(now.sa_flags & SA_ONSTACK, SA_ONSTACK);
	ck_assert_int_eq(sigismember(&now.sa_mask, SIGUSR1), 1);
	ck_assert_int_eq(sigismember(&now.sa_mask, SIGUSR2), 0);
	dflres_regs_close(regs);
	sigaction(SIGBUS, NULL, &now);
	ck_assert_int_eq(now.sa_flags & (passed_on | SA_ONSTACK), flags);
	ck_assert_int_eq(sigismember(&now.sa_mask, SIGUSR1), 1);
}
END_TEST

/* A SIGBUS of the program's own: a file of its own that is cut. */
static volatile uint8_t *foreign_page(void)
{
	char path[] = "/tmp/dflres.XXXXXX";
	int fd = mkstemp(path);
	volatile uint8_t *page;

	ck_assert_int_ge(fd, 0);
	unlink(path);
	ck_assert_int_eq(ftruncate(fd, 4096), 0);
	page = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	ck_assert_int_eq(ftruncate(fd, 0), 0);
	close(fd);
	return page;
}

static void set_handler(void (*handler)(int signal))
{
	signal(SIGBUS, handler);
}

/* valgrind leaves out a load whose value nobody takes. */
static volatile uint8_t taken;

static volatile sig_atomic_t program_signals, program_code;
static void *volatile program_address;

static void repair(void *address)
{
	if (mmap((void *)((uintptr_t)address & ~(uintptr_t)4095), 4096,
		 PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		 0) == MAP_FAILED)
		abort();
}

static void program_action(int signal, siginfo_t *info, void *context)
{
	if (signal == SIGBUS && context)
		program_signals++;
	program_code = info->si_code;
	program_address = info->si_addr;
	if (info->si_code == BUS_ADRERR)
		repair(info->si_addr);
}

START_TEST(programs_own_handler_is_called)
{
	struct sigaction action = {
		.sa_sigaction = program_action, .sa_flags = SA_SIGINFO,
	};
	volatile uint8_t *page = foreign_page();
	struct dflres_regs *regs;

	sigaction(SIGBUS, &action, NULL);
	regs = open_guarded(DFLRES_REGS_GUARD);
	ck_assert_uint_eq(page[5], 0);
	ck_assert_int_eq(program_signals, 1);
	ck_assert_ptr_eq(program_address, (void *)&page[5]);
	raise(SIGBUS);
	ck_assert_int_eq(program_signals, 2);
	ck_assert_int_ne(program_code, BUS_ADRERR);
	cut_file();
	dflres_regs_read8(regs, 0);
	ck_assert_int_eq(dflres_regs_error(regs), -ENODEV);
	ck_assert_int_eq(program_signals, 2);
	dflres_regs_close(regs);
}
END_TEST

static void count_signal(int signal)
{
	(void)signal;
	program_signals++;
}

START_TEST(programs_simple_handler_is_called)
{
	struct sigaction action = {
		.sa_handler = count_signal, .sa_flags = SA_RESETHAND,
	};
	struct dflres_regs *regs;

	sigaction(SIGBUS, &action, NULL);
	regs = open_guarded(DFLRES_REGS_GUARD);
	raise(SIGBUS);
	ck_assert_int_eq(program_signals, 1);
	/* for one signal only, as it had asked for */
	ck_assert_ptr_eq(current_handler(), (void *)SIG_DFL);
	dflres_regs_close(regs);
}
END_TEST

START_TEST(sent_signal_is_ignored_as_without_a_guard)
{
	struct dflres_regs *regs;

	signal(SIGBUS, SIG_IGN);
	regs = open_guarded(DFLRES_REGS_GUARD);
	raise(SIGBUS);
	dflres_regs_close(regs);
	ck_assert_ptr_eq(current_handler(), (void *)SIG_IGN);
}
END_TEST

/* The three that shall die of SIGBUS, as they would without the library. */
START_TEST(foreign_fault_kills_as_without_a_guard)
{
	volatile uint8_t *page = foreign_page();

	open_guarded(DFLRES_REGS_GUARD);
	taken = page[0];
}
END_TEST

START_TEST(ignored_fault_kills_as_without_a_guard)
{
	volatile uint8_t *page = foreign_page();

	signal(SIGBUS, SIG_IGN);
	open_guarded(DFLRES_REGS_GUARD);
	taken = page[0];
}
END_TEST

START_TEST(sent_signal_kills_as_without_a_guard)
{
	open_guarded(DFLRES_REGS_GUARD);
	raise(SIGBUS);
}
END_TEST

START_TEST(unguarded_access_dies_of_the_end)
{
	struct dflres_regs *regs = open_guarded(0);

	cut_file();
	dflres_regs_read8(regs, 0);
}
END_TEST

/* Memory that fails, a device's error, another signal: none is the end of a claim, wherever it is. */
START_TEST(other_signals_are_not_the_end)
{
	static const siginfo_t signals[] = {
		{ .si_signo = SIGBUS, .si_code = BUS_MCEERR_AR },
		{ .si_signo = SIGBUS, .si_code = BUS_OBJERR },
		{ .si_signo = SIGBUS, .si_code = BUS_ADRALN },
		{ .si_signo = SIGBUS, .si_code = SI_USER },
		{ .si_signo = SIGSEGV, .si_code = BUS_ADRERR },
	};
	struct dflres_regs *regs = open_guarded(DFLRES_REGS_GUARD_OWN);

	for (int i = 0; i < LENGTH(signals); i++) {
		siginfo_t info = signals[i];

		info.si_addr = (void *)dflres_regs_base(regs);
		ck_assert(!dflres_guard_handle(&info));
		ck_assert_int_eq(dflres_regs_error(regs), 0);
	}
	ck_assert_uint_eq(dflres_regs_read32(regs, 0), 0x03020100);
	dflres_regs_close(regs);
}
END_TEST

/* Closed mappings are no longer the library's. */
START_TEST(access_after_close_is_not_guarded)
{
	struct dflres_regs *regs = open_guarded(DFLRES_REGS_GUARD);
	siginfo_t info = {
		.si_signo = SIGBUS, .si_code = BUS_ADRERR,
	};

	info.si_addr = (void *)dflres_regs_base(regs);
	dflres_regs_close(regs);
	ck_assert(!dflres_guard_handle(&info));
}
END_TEST

static void asking_handler(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	program_signals++;
	if (!dflres_guard_handle(info))
		repair(info->si_addr);
}

START_TEST(programs_handler_asks_whose_the_fault_is)
{
	struct sigaction action = {
		.sa_sigaction = asking_handler, .sa_flags = SA_SIGINFO,
	};
	struct dflres_regs *regs = open_guarded(DFLRES_REGS_GUARD_OWN);
	volatile uint8_t *page = foreign_page();
	uint32_t value;

	sigaction(SIGBUS, &action, NULL);
	cut_file();
	ck_assert_int_eq(dflres_regs_try_read32(regs, 0, &value), -ENODEV);
	ck_assert_int_eq(program_signals, 1);
	ck_assert_uint_eq(page[0], 0);
	ck_assert_int_eq(program_signals, 2);
	dflres_regs_close(regs);
}
END_TEST

/* Without any guard a try goes by call, and is safe. */
START_TEST(try_without_a_guard_reads_by_call)
{
	struct dflres_regs *regs = open_guarded(0);
	uint32_t value;

	ck_assert_ptr_nonnull((void *)dflres_regs_base(regs));
	ck_assert_int_eq(dflres_regs_try_read32(regs, 0, &value), 0);
	cut_file();
	/* of a file that is cut, pread says the end, not ENODEV */
	ck_assert_int_eq(dflres_regs_try_read32(regs, 0, &value), -EIO);
	dflres_regs_close(regs);
}
END_TEST

/* ---- handlers in a chain ---- */

/* Taken down by a library that then puts it back. */
START_TEST(handler_that_was_put_back_lets_a_fault_kill)
{
	struct sigaction temporary = { .sa_handler = own_handler }, before;
	volatile uint8_t *page = foreign_page();
	struct dflres_regs *regs = open_guarded(DFLRES_REGS_GUARD);

	sigaction(SIGBUS, &temporary, &before);
	dflres_regs_close(regs);
	sigaction(SIGBUS, &before, NULL);
	regs = open_guarded(DFLRES_REGS_GUARD);
	cut_file();
	ck_assert_uint_eq(dflres_regs_read8(regs, 0), 0xff);
	taken = page[0];
}
END_TEST

static struct sigaction reporter_before;
static volatile sig_atomic_t reports;

/* As those that report a crash, and then let who was there before have it. */
static void report(int signal, siginfo_t *info, void *context)
{
	/* the stack would overflow, which nothing survives */
	if (++reports > 100)
		_exit(EXIT_FAILURE);
	if (reporter_before.sa_flags & SA_SIGINFO)
		reporter_before.sa_sigaction(signal, info, context);
	else
		set_handler(reporter_before.sa_handler);
}

static void install_reporter(void)
{
	struct sigaction action = {
		.sa_sigaction = report, .sa_flags = SA_SIGINFO,
	};

	sigaction(SIGBUS, &action, &reporter_before);
}

/* Each in the chain is asked once, also if the library is in it twice. */
START_TEST(chain_of_handlers_has_an_end)
{
	struct sigaction action = {
		.sa_sigaction = program_action, .sa_flags = SA_SIGINFO,
	};
	volatile uint8_t *page = foreign_page();
	struct dflres_regs *regs;

	sigaction(SIGBUS, &action, NULL);
	regs = open_guarded(DFLRES_REGS_GUARD);
	install_reporter();
	dflres_regs_close(regs);
	regs = open_guarded(DFLRES_REGS_GUARD);
	ck_assert_uint_eq(page[5], 0);
	ck_assert_int_eq(reports, 1);
	ck_assert_int_eq(program_signals, 1);
	ck_assert_ptr_eq(program_address, (void *)&page[5]);
	cut_file();
	ck_assert_uint_eq(dflres_regs_read8(regs, 0), 0xff);
	ck_assert_int_eq(reports, 1);
	dflres_regs_close(regs);
	ck_assert_ptr_eq(current_handler(), (void *)report);
}
END_TEST

/* As often as there are handlers, and more often. */
START_TEST(chain_of_many_handlers_is_followed)
{
	static void (*const others[])(int signal) = { own_handler, SIG_IGN };
	volatile uint8_t *page = foreign_page();
	struct dflres_regs *regs;

	for (int i = 0; i < 100; i++) {
		struct sigaction action = {
			.sa_handler = others[i % 2],
			.sa_flags = i & 2 ? SA_RESTART : 0,
		};

		regs = open_guarded(DFLRES_REGS_GUARD);
		ck_assert_ptr_ne(current_handler(), (void *)own_handler);
		sigaction(SIGBUS, &action, NULL);
		dflres_regs_close(regs);
	}
	install_reporter();
	regs = open_guarded(DFLRES_REGS_GUARD);
	cut_file();
	ck_assert_uint_eq(dflres_regs_read8(regs, 0), 0xff);
	dflres_regs_close(regs);
	set_handler(SIG_DFL);
	ck_assert_int_eq(ftruncate(dflres_claim_fd(claim), SIZE), 0);
	open_guarded(DFLRES_REGS_GUARD);
	taken = page[0];
}
END_TEST

/* One that is its own predecessor, by the library that it installs twice. */
START_TEST(ring_of_handlers_lets_a_fault_kill)
{
	volatile uint8_t *page = foreign_page();

	install_reporter();
	open_guarded(DFLRES_REGS_GUARD);
	install_reporter();
	taken = page[0];
}
END_TEST

static sigjmp_buf again;

static void jump(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)info;
	(void)context;
	siglongjmp(again, 1);
}

/* A program that jumps out of its handler does so as often as it likes. */
START_TEST(handler_may_jump_out)
{
	struct sigaction action = {
		.sa_sigaction = jump, .sa_flags = SA_SIGINFO,
	};
	volatile uint8_t *page = foreign_page();
	volatile int jumps = 0;
	struct dflres_regs *regs;

	sigaction(SIGBUS, &action, NULL);
	regs = open_guarded(DFLRES_REGS_GUARD);
	while (jumps < 100) {
		if (sigsetjmp(again, 1))
			jumps++;
		else
			taken = page[0];
	}
	dflres_regs_close(regs);
}
END_TEST

typedef int regs_opener(struct dflres_regs **regs,
			const struct dflres_claim *claim, unsigned int flags);

/* As of a plugin that was linked with the library itself, or NULL. */
static regs_opener *second_copy(void)
{
	char command[2 * PATH_MAX], path[PATH_MAX];
	regs_opener *open = NULL;
	Dl_info info;
	void *copy;

	/* linked statically there is no file of it */
	if (!dladdr((void *)dflres_version, &info) ||
	    !strstr(info.dli_fname, ".so"))
		return NULL;
	snprintf(path, sizeof(path), "%s/copy.so", fixture_root());
	snprintf(command, sizeof(command), "cp '%s' '%s'", info.dli_fname, path);
	ck_assert_int_eq(system(command), 0);
	copy = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	ck_assert_ptr_nonnull(copy);
	*(void **)&open = dlsym(copy, "dflres_regs_open");
	ck_assert(open && open != dflres_regs_open);
	return open;
}

START_TEST(two_copies_of_the_library_let_a_fault_kill)
{
	volatile uint8_t *page = foreign_page();
	regs_opener *open = second_copy();
	struct dflres_regs *first, *second;

	if (open) {
		first = open_guarded(DFLRES_REGS_GUARD);
		ck_assert_int_eq(open(&second, claim, DFLRES_REGS_GUARD), 0);
		dflres_regs_close(first);
		first = open_guarded(DFLRES_REGS_GUARD);
		cut_file();
		ck_assert_uint_eq(dflres_regs_read8(first, 0), 0xff);
		ck_assert_uint_eq(dflres_regs_read8(second, 0), 0xff);
		ck_assert_int_eq(dflres_regs_error(second), -ENODEV);
	}
	taken = page[0];
}
END_TEST

/* ---- a large mapping ---- */

#define LARGE ((size_t)512 << 20)

static int count_mappings(void)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	int count = 0, c;

	while ((c = getc(maps)) != EOF)
		count += c == '\n';
	fclose(maps);
	return count;
}

/*
 * Every second page: no two mappings of these can be made one. A mapping that was
 * gone before has left nothing in the way, and no program gets the memory.
 */
START_TEST(sweep_of_a_large_feature)
{
	struct dflres_regs *regs = open_guarded(DFLRES_REGS_GUARD);
	unsigned int bad = 0;
	int mappings;

	cut_file();
	opened_for_programs = 0;
	ck_assert_uint_eq(dflres_regs_read32(regs, 0), UINT32_MAX);
	ck_assert_int_eq(opened_for_programs, 0);
	dflres_regs_close(regs);
	ck_assert_int_eq(ftruncate(dflres_claim_fd(claim), LARGE), 0);
	regs = open_guarded(DFLRES_REGS_GUARD);
	cut_file();
	mappings = count_mappings();
	for (size_t offset = 0; offset < LARGE; offset += 0x2000)
		bad += dflres_regs_read32(regs, offset) != UINT32_MAX;
	ck_assert_uint_eq(bad, 0);
	ck_assert_int_lt(count_mappings() - mappings, 1100);
	ck_assert_int_eq(dflres_regs_error(regs), -ENODEV);
	/* what is written is there, and nowhere else */
	dflres_regs_write32(regs, 0x1000, 1);
	for (size_t offset = 0x1000; offset < LARGE; offset += 0x1000)
		bad += dflres_regs_read32(regs, offset) !=
		       (offset == 0x1000 ? 1 : UINT32_MAX);
	ck_assert_uint_eq(bad, 0);
	dflres_regs_close(regs);
}
END_TEST

/* Where no file can be made the page that was accessed is replaced alone. */
START_TEST(guard_survives_without_descriptors)
{
	struct dflres_regs *regs = open_guarded(DFLRES_REGS_GUARD);
	struct rlimit limit;

	cut_file();
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = 0;
	setrlimit(RLIMIT_NOFILE, &limit);
	for (size_t offset = 0; offset < SIZE; offset += 0x1000)
		ck_assert_uint_eq(dflres_regs_read32(regs, offset), UINT32_MAX);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	dflres_regs_close(regs);
}
END_TEST

/* ---- many threads ---- */

#define THREADS 8

static atomic_int running;
static atomic_bool stop;

/* Reads until it is told that the claim is gone; what it reads is right. */
static void *read_on(void *arg)
{
	struct dflres_regs *regs = arg;
	uint32_t value;
	int error;

	atomic_fetch_add(&running, 1);
	do {
		error = dflres_regs_try_read32(regs, 0x100, &value);
		if (!error && value != 0x03020100)
			return "wrong value";
	} while (!error);
	return error == -ENODEV ? NULL : "wrong error";
}

/* Opens and closes others: the list of mappings is always changing. */
static void *open_on(void *arg)
{
	const struct dflres_claim *other = arg;
	struct dflres_regs *regs[3];

	while (!atomic_load(&stop)) {
		for (int i = 0; i < 3; i++) {
			if (dflres_regs_open(&regs[i], other,
					     DFLRES_REGS_GUARD))
				return "cannot open";
		}
		for (int i = 0; i < 3; i++)
			dflres_regs_close(regs[i]);
	}
	return NULL;
}

START_TEST(guard_survives_in_many_threads)
{
	struct dflres_regs *regs = open_guarded(DFLRES_REGS_GUARD);
	pthread_t threads[THREADS], opener;
	struct dflres_feature *feature;
	struct dflres_claim *other;
	void *complaint;

	add_plain(1);
	set_file(1, "dflres/lease", "");
	put("bus/dfl/devices/dfl_dev.1/dflres/resource0", "12345678", 8);
	ck_assert_int_eq(dflres_feature_open(&feature, "dfl_dev.1"), 0);
	ck_assert_int_eq(dflres_claim_open(&other, feature, 0, 0), 0);
	dflres_feature_close(feature);
	pthread_create(&opener, NULL, open_on, other);
	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, read_on, regs);
	while (atomic_load(&running) < THREADS)
		usleep(1000);
	usleep(20000);
	cut_file();
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &complaint);
		ck_assert_msg(!complaint, "%s", (char *)complaint);
	}
	atomic_store(&stop, true);
	pthread_join(opener, &complaint);
	ck_assert_msg(!complaint, "%s", (char *)complaint);
	dflres_regs_close(regs);
	dflres_claim_close(other);
}
END_TEST

/*
 * In a child: not by an exit, for valgrind would find what other threads had. Check's
 * handler of SIGALRM kills the parent as well, which could not say then what is wrong.
 */
static void close_and_die(struct dflres_regs *regs)
{
	signal(SIGALRM, SIG_DFL);
	alarm(10);
	dflres_regs_close(regs);
	raise(SIGKILL);
}

static void (*at_page_size)(void);

/* Stands before libc's for the library, which asks for the size of a page while it changes the list of mappings. */
long sysconf(int name)
{
	static long (*next)(int name);

	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "sysconf");
	if (at_page_size && name == _SC_PAGESIZE)
		at_page_size();
	return next(name);
}

static atomic_bool changing, forked;

/* The list stays as it is until the fork is over; it may be that the fork waits for this thread. */
static void change_slowly(void)
{
	at_page_size = NULL;
	atomic_store(&changing, true);
	for (int i = 0; i < 500 && !atomic_load(&forked); i++)
		usleep(1000);
}

static void *open_once(void *arg)
{
	struct dflres_regs *regs;

	if (dflres_regs_open(&regs, arg, DFLRES_REGS_GUARD))
		return "cannot open";
	dflres_regs_close(regs);
	return NULL;
}

/* A child closes what it has, though another thread was changing the list at the fork and is not in the child. */
START_TEST(close_after_fork_in_the_middle_of_an_open)
{
	struct dflres_regs *regs = open_guarded(DFLRES_REGS_GUARD);
	void *complaint;
	pthread_t thread;
	int status;
	pid_t child;

	at_page_size = change_slowly;
	pthread_create(&thread, NULL, open_once, claim);
	while (!atomic_load(&changing))
		usleep(100);
	child = fork();
	if (!child)
		close_and_die(regs);
	atomic_store(&forked, true);
	waitpid(child, &status, 0);
	ck_assert(WIFSIGNALED(status));
	ck_assert_int_eq(WTERMSIG(status), SIGKILL);
	pthread_join(thread, &complaint);
	ck_assert_msg(!complaint, "%s", (char *)complaint);
	dflres_regs_close(regs);
}
END_TEST

static void *open_and_close(void *arg)
{
	struct dflres_regs *regs;

	while (!atomic_load(&stop)) {
		if (dflres_regs_open(&regs, arg, DFLRES_REGS_GUARD))
			return "cannot open";
		dflres_regs_close(regs);
	}
	return NULL;
}

/* A child can close what it has, whatever other threads did at the fork. */
START_TEST(close_in_a_child_does_not_hang)
{
	struct dflres_regs *regs = open_guarded(DFLRES_REGS_GUARD);
	const time_t start = time(NULL);
	pthread_t threads[2];
	int status;

	for (int i = 0; i < LENGTH(threads); i++)
		pthread_create(&threads[i], NULL, open_and_close, claim);
	/* not for long where a machine is slow */
	for (int i = 0; i < 200 && time(NULL) - start < 3; i++) {
		pid_t child = fork();

		if (!child)
			close_and_die(regs);
		waitpid(child, &status, 0);
		ck_assert(WIFSIGNALED(status));
		ck_assert_int_eq(WTERMSIG(status), SIGKILL);
	}
	atomic_store(&stop, true);
	for (int i = 0; i < LENGTH(threads); i++)
		pthread_join(threads[i], NULL);
	dflres_regs_close(regs);
}
END_TEST

/* A file that is larger than the program may make would be a signal that ends it. */
START_TEST(guard_survives_where_files_may_not_grow)
{
	struct dflres_regs *regs = open_guarded(DFLRES_REGS_GUARD);
	struct rlimit before, none;
	uint32_t first, last;

	getrlimit(RLIMIT_FSIZE, &before);
	none = before;
	none.rlim_cur = 0;
	cut_file();
	/* not for longer: each check writes to a file */
	setrlimit(RLIMIT_FSIZE, &none);
	first = dflres_regs_read32(regs, 0);
	last = dflres_regs_read32(regs, SIZE - 4);
	setrlimit(RLIMIT_FSIZE, &before);
	ck_assert_uint_eq(first, UINT32_MAX);
	ck_assert_uint_eq(last, UINT32_MAX);
	ck_assert_int_eq(dflres_regs_error(regs), -ENODEV);
	dflres_regs_close(regs);
}
END_TEST

static atomic_bool went_on;

static void *read_when_cancelled(void *regs)
{
	pthread_cancel(pthread_self());
	dflres_regs_read32(regs, 0);
	atomic_store(&went_on, true);
	pthread_testcancel();
	return NULL;
}

/* Cancelled in the middle of an access, a thread would keep its locks for ever. */
START_TEST(guarded_access_is_no_place_to_be_cancelled)
{
	struct dflres_regs *regs = open_guarded(DFLRES_REGS_GUARD);
	pthread_t thread;
	void *result;

	cut_file();
	ck_assert_int_eq(pthread_create(&thread, NULL, read_when_cancelled, regs), 0);
	pthread_join(thread, &result);
	ck_assert(atomic_load(&went_on));
	/* and can be cancelled after it, as before */
	ck_assert_ptr_eq(result, PTHREAD_CANCELED);
	dflres_regs_close(regs);
}
END_TEST

static void setup(void)
{
	fixture_create();
	/* a sanitizer has one of its own */
	signal(SIGBUS, SIG_DFL);
	claim = claim_plain(SIZE);
}

static void teardown(void)
{
	dflres_claim_close(claim);
}

TCase *guard_case(void)
{
	TCase *tcase = tcase_create("guard");

	/* for emulators of user space that do not pass on where a SIGBUS was */
	tcase_set_tags(tcase, "sigbus");
	/* some fork often, which takes its time with a sanitizer or valgrind */
	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, guarded_access_survives_the_end);
	tcase_add_test(tcase, guarded_plain_access_survives_the_end);
	tcase_add_test(tcase, end_of_one_claim_leaves_another);
	tcase_add_test(tcase, handler_comes_with_a_guard_and_goes_with_the_last);
	tcase_add_loop_test(tcase, handler_has_the_flags_of_the_one_before, 0, LENGTH(kept_flags));
	tcase_add_test(tcase, programs_own_handler_is_called);
	tcase_add_test(tcase, programs_simple_handler_is_called);
	tcase_add_test(tcase, sent_signal_is_ignored_as_without_a_guard);
	tcase_add_test_raise_signal(tcase, foreign_fault_kills_as_without_a_guard, SIGBUS);
	tcase_add_test_raise_signal(tcase, ignored_fault_kills_as_without_a_guard, SIGBUS);
	tcase_add_test_raise_signal(tcase, sent_signal_kills_as_without_a_guard, SIGBUS);
	tcase_add_test_raise_signal(tcase, unguarded_access_dies_of_the_end, SIGBUS);
	tcase_add_test(tcase, other_signals_are_not_the_end);
	tcase_add_test(tcase, access_after_close_is_not_guarded);
	tcase_add_test(tcase, programs_handler_asks_whose_the_fault_is);
	tcase_add_test(tcase, try_without_a_guard_reads_by_call);
	tcase_add_test_raise_signal(tcase, handler_that_was_put_back_lets_a_fault_kill, SIGBUS);
	tcase_add_test(tcase, chain_of_handlers_has_an_end);
	tcase_add_test_raise_signal(tcase, chain_of_many_handlers_is_followed, SIGBUS);
	tcase_add_test_raise_signal(tcase, ring_of_handlers_lets_a_fault_kill, SIGBUS);
	tcase_add_test(tcase, handler_may_jump_out);
	tcase_add_test_raise_signal(tcase, two_copies_of_the_library_let_a_fault_kill, SIGBUS);
	tcase_add_test(tcase, sweep_of_a_large_feature);
	tcase_add_test(tcase, guard_survives_without_descriptors);
	tcase_add_test(tcase, guard_survives_where_files_may_not_grow);
	tcase_add_test(tcase, guarded_access_is_no_place_to_be_cancelled);
	tcase_add_test(tcase, guard_survives_in_many_threads);
	tcase_add_test(tcase, close_after_fork_in_the_middle_of_an_open);
	tcase_add_test(tcase, close_in_a_child_does_not_hang);
	return tcase;
}
