// SPDX-License-Identifier: GPL-2.0
/*
 * The mappings of a claim are its own: their end takes no longer for many descriptors than for one, nothing is kept alive
 * that its users have closed, and whatever processes do with a mapping, it ends with the claim. `maps N` makes N mappings at
 * most: a kernel that looks for errors takes long for each.
 */

#define _GNU_SOURCE
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MANY 16384
#define LESS 16
#define VIEWS 100

static char *big, *plain;
static unsigned int most = MANY;

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

static void *map_once(const char *feat)
{
	volatile uint8_t *map = map_regs(feat, 0, PAGE);

	return map == MAP_FAILED || peek(map, NULL) ? NULL : (void *)map;
}

struct many {
	unsigned int count;
	int ready, go;
	/* How long the owner's own munmap() of as many took */
	double *munmap_us;
};

static bool map_many(unsigned int count, void **maps)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		maps[i] = map_once(big);
		if (!maps[i])
			return false;
	}
	return true;
}

/* As alice: so many mappings of as many descriptors, which it unmaps itself first, and then leaves to the release */
static int maps_many(const void *arg)
{
	static void *maps[MANY];
	const struct many *many = arg;
	unsigned int i;
	double start;
	char byte;

	if (setgid(ALICE) || setuid(ALICE) || set_owner(big, "user") || !map_many(many->count, maps))
		return 1;
	start = now_us();
	for (i = 0; i < many->count; i++)
		munmap(maps[i], PAGE);
	*many->munmap_us = now_us() - start;
	if (!map_many(many->count, maps) || write(many->ready, "", 1) != 1 || read(many->go, &byte, 1) != 1)
		return 2;
	for (i = 0; i < many->count; i++)
		if (peek(maps[i], NULL) != -EFAULT)
			return 3;
	return 0;
}

/* Root ends alice's claim: what it took, and what munmap() had taken */
static double end_of(unsigned int count, bool (*end)(void), double *munmap_us)
{
	int ready[2], go[2];
	struct many many = { .count = count, .munmap_us = munmap_us };
	double took;
	pid_t alice;
	char byte;

	if (pipe(ready) || pipe(go))
		bail("pipes can be made");
	many.ready = ready[1];
	many.go = go[0];
	alice = background(maps_many, &many);
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		bail("alice maps %u times", count);
	took = now_us();
	ok(end(), "alice's claim with %u mappings of as many descriptors ends", count);
	took = now_us() - took;
	if (write(go[1], "", 1) != 1)
		bail("alice looks at her mappings");
	is(finish(alice), 0, "all of alice's %u mappings are dead after the end of her claim", count);
	close(ready[0]);
	close(go[0]);
	close(go[1]);
	return took;
}

static bool release(void)
{
	return !set_owner(big, "none");
}

static bool in_proportion(double few, double many)
{
	return many < 4 * LESS * few;
}

static bool like_munmap(double few, double many, double own)
{
	return many < 2 * own + few;
}

/*
 * kernfs took quadratic time: LESS times as many took the square of it as long. Ratios, for the machine may be busy, of the best
 * of three; that of the many, which take long, is not looked for any more when it has been seen.
 */
static void test_many(const char *what, bool (*end)(void), void (*restore)(void))
{
	double *munmap_us = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	double few = 1e12, many = 1e12, own = 1e12;
	int round;

	for (round = 0; round < 3; round++) {
		double took = end_of(most / LESS, end, munmap_us);

		few = took < few ? took : few;
		restore();
	}
	for (round = 0; round < 3 && !(in_proportion(few, many) && like_munmap(few, many, own)); round++) {
		double took = end_of(most, end, munmap_us);

		many = took < many ? took : many;
		own = *munmap_us < own ? *munmap_us : own;
		restore();
	}
	note("%s: %.0f us for %u, %.0f us for %u, munmap %.0f us", what, few, most / LESS, many, most, own);
	ok(in_proportion(few, many), "%s of %u mappings takes per mapping what one of %u does", what, most, most / LESS);
	ok(like_munmap(few, many, own), "%s of %u mappings takes no longer than munmap() of them", what, most);
	munmap(munmap_us, PAGE);
}

static void find_features(void)
{
	char owner[128];

	free(big);
	free(plain);
	big = need_feature(BIG, 0);
	plain = need_feature(PLAIN, 0);
	path(owner, sizeof(owner), big, "dflres/owner");
	chmod(owner, 0666);
}

static void nothing(void)
{
}

static void card_back(void)
{
	sh("card rescan 2>/dev/null");
	card_up("basic");
	find_features();
}

static long open_files(void)
{
	FILE *nr = fopen("/proc/sys/fs/file-nr", "r");
	long n = -1;

	if (!nr || fscanf(nr, "%ld", &n) != 1)
		bail("the number of open files can be read");
	fclose(nr);
	return n;
}

static bool write_file(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY | O_CLOEXEC);
	bool good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	close(fd);
	return good;
}

/* A process in namespaces of its own, with a sysfs of its own, that maps and goes */
static int maps_from_own_view(const void *unused)
{
	(void)unused;
	if (setgid(ALICE) || setuid(ALICE) || prctl(PR_SET_DUMPABLE, 1))
		return 1;
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS))
		return 2;
	if (!write_file("/proc/self/setgroups", "deny") || !write_file("/proc/self/uid_map", "0 1001 1") ||
	    !write_file("/proc/self/gid_map", "0 1001 1") || mount("sys", "/sys", "sysfs", 0, NULL))
		return 3;
	return map_once(big) ? 0 : 4;
}

static int alice_claims(const void *unused)
{
	(void)unused;
	return -set_owner(big, "user");
}

/* Closed files are freed a little later, and by the number of processors in batches */
static long settled_files(long at_most)
{
	long n = open_files();
	int i;

	for (i = 0; i < PATIENCE / 10 && n > at_most; i++) {
		usleep(10000);
		n = open_files();
	}
	return n;
}

static void test_views(void)
{
	unsigned int i, bad = 0;
	long before;

	is(as_user(ALICE, alice_claims, NULL), 0, "alice claims a feature for processes in namespaces");
	before = open_files();
	for (i = 0; i < VIEWS; i++)
		bad += finish(background(maps_from_own_view, NULL)) != 0;
	is(bad, 0, "%d processes in namespaces of their own map the registers, and are gone", VIEWS);
	/* The counter is kept in batches, per processor */
	ok(settled_files(before + VIEWS / 2) <= before + VIEWS / 2,
	   "no file of processes that are gone is left while the claim goes on");
	is(set_owner(big, "none"), 0, "root ends alice's claim");
}

static void test_umount(void)
{
	char name[256];
	void *map;
	int fd;

	mkdir("/tmp/sys", 0755);
	if (mount("sys", "/tmp/sys", "sysfs", 0, NULL))
		bail("sysfs can be mounted a second time");
	is(set_owner(big, "user"), 0, "a feature is claimed, to be mapped through another mount");
	snprintf(name, sizeof(name), "/tmp/sys/bus/dfl/devices/%s/dflres/resource0", big);
	fd = open(name, O_RDWR | O_CLOEXEC);
	map = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	ok(map != MAP_FAILED && !peek(map, NULL), "a mapping through another mount works");
	is(umount("/tmp/sys") ? -errno : 0, 0, "a mount can be unmounted while its mapping lives");
	is(peek(map, NULL), 0, "a mapping works on when its mount is gone");
	is(set_owner(big, "none"), 0, "the claim is released when the mapping's mount is gone");
	is(peek(map, NULL), -EFAULT, "the mapping through the mount that is gone is dead");
	munmap(map, PAGE);
}

static int sleeps(const void *unused)
{
	(void)unused;
	return pause();
}

/* Whether PID's memory at MAP can be read through its file in /proc: by root, who may */
static bool memory_read(pid_t pid, const volatile uint8_t *map)
{
	char name[64];
	uint32_t word;
	bool read;
	int mem;

	snprintf(name, sizeof(name), "/proc/%d/mem", pid);
	mem = open(name, O_RDWR | O_CLOEXEC);
	read = pread(mem, &word, 4, (uintptr_t)map + 8) > 0 || pwrite(mem, &word, 4, (uintptr_t)map + 8) > 0;
	close(mem);
	return read;
}

/* A process whose arguments, for who lists processes, are registers; it goes on far away from them on the stack */
static int has_registers_for_arguments(const void *ready)
{
	void *page = (void *)((uintptr_t)program_invocation_name & ~(uintptr_t)(PAGE - 1));
	volatile char between[8 * PAGE];
	/* the caller's variables are near the arguments */
	const int told = *(const int *)ready;
	int fd = open_file(big, "dflres/resource0", O_RDWR);

	between[0] = 0;
	if (mmap(page, PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0) != page)
		return 1;
	/* so that the handler has mapped them, too */
	(void)*(volatile uint8_t *)page;
	if (write(told, "", 1) != 1)
		return 2;
	pause();
	return between[0];
}

static void test_listed(void)
{
	char name[64], arguments[64];
	int ready[2], fd;
	pid_t child;

	if (pipe(ready))
		bail("a pipe can be made");
	is(set_owner(big, "user"), 0, "a feature is claimed, to be mapped where arguments were");
	child = background(has_registers_for_arguments, &ready[1]);
	close(ready[1]);
	is(read(ready[0], name, 1), 1, "a process maps registers where its arguments were");
	close(ready[0]);
	snprintf(name, sizeof(name), "/proc/%d/cmdline", child);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	ok(read(fd, arguments, sizeof(arguments)) <= 0, "who lists processes reads no register as the arguments of one");
	close(fd);
	is(set_owner(big, "none"), 0, "the claim ends whose registers were arguments");
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

/* Looking into a process reaches none of its registers */
static void test_looked_at(void)
{
	volatile uint8_t *map;
	pid_t child;

	is(set_owner(big, "user"), 0, "a feature is claimed, to be looked at from outside");
	map = map_once(big);
	child = background(sleeps, NULL);
	is(ptrace(PTRACE_ATTACH, child, NULL, NULL), 0, "a debugger attaches to a process with an inherited mapping");
	waitpid(child, NULL, 0);
	errno = 0;
	ok(ptrace(PTRACE_PEEKDATA, child, map + 8, NULL) == -1 && errno == EIO, "ptrace reads no mapped register");
	is(ptrace(PTRACE_POKEDATA, child, map + 8, NULL), -1, "ptrace writes no mapped register");
	ok(!memory_read(child, map), "/proc/PID/mem reaches no mapped register");
	is(set_owner(big, "none"), 0, "the claim of the process that was looked at ends");
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	munmap((void *)map, PAGE);
}

static void test_advised(void)
{
	volatile uint8_t *map;
	int fd;

	is(set_owner(big, "user"), 0, "a feature is claimed, for advice on its mapping");
	fd = open_file(big, "dflres/resource0", O_RDWR);
	map = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	is(mprotect((void *)map, PAGE, PROT_NONE), 0, "mprotect takes all access to a mapping away");
	is(peek(map, NULL), -EFAULT, "registers without access cannot be read");
	is(msync((void *)(map + PAGE), PAGE, MS_SYNC), 0, "msync of a mapping is harmless");
	is(madvise((void *)(map + PAGE), PAGE, MADV_DONTNEED) ? -errno : 0, -EINVAL,
	   "madvise of a mapping drops no registers");
	is(peek(map + PAGE, NULL), 0, "a mapping works on after madvise");
	close(fd);
	is(set_owner(big, "none"), 0, "the claim whose mapping was advised on ends");
	is(peek(map + PAGE, NULL), -EFAULT, "the mapping that was advised on ends with its claim");
	munmap((void *)map, 2 * PAGE);
}

static int dumps_core(const void *unused)
{
	(void)unused;
	if (!map_once(big) || chdir("/tmp"))
		return 1;
	sh("ulimit -c unlimited");
	abort();
}

static void test_core(void)
{
	is(set_owner(big, "user"), 0, "a feature is claimed, by who crashes");
	is(finish(background(dumps_core, NULL)), -1, "a process with a mapping crashes");
	is(set_owner(big, "none"), 0, "the claim of a process that crashed is released");
}

/* Maps, unmaps, protects and forks as fast as it can, until the claim is gone for good */
static int struggles(const void *unused)
{
	int fd = open_file(big, "dflres/resource0", O_RDWR);
	volatile uint8_t *map;
	uint8_t *other;
	pid_t pid;

	(void)unused;
	if (fd < 0)
		return 0;
	for (;;) {
		map = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (map == MAP_FAILED)
			return errno == ENODEV ? 0 : 1;
		peek(map, NULL);
		mprotect((void *)(map + PAGE), PAGE, PROT_NONE);
		mprotect((void *)(map + PAGE), PAGE, PROT_READ | PROT_WRITE);
		other = mmap(NULL, 4 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		map = mremap((void *)map, 4 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, other);
		pid = fork();
		if (!pid)
			_exit(peek(map + 3 * PAGE, NULL) ? 1 : 0);
		peek(map + 2 * PAGE, NULL);
		waitpid(pid, NULL, 0);
		munmap((void *)map, 4 * PAGE);
	}
}

static void test_struggle(void)
{
	unsigned int round, i, bad = 0;

	for (round = 0; round < 40; round++) {
		volatile uint8_t *kept;
		pid_t children[3];

		bad += set_owner(big, "user") != 0;
		kept = map_once(big);
		for (i = 0; i < 3; i++)
			children[i] = background(struggles, NULL);
		usleep(2000 + round * 700);
		bad += set_owner(big, "none") != 0;
		bad += peek(kept, NULL) != -EFAULT;
		for (i = 0; i < 3; i++)
			bad += finish(children[i]) != 0;
		munmap((void *)kept, PAGE);
	}
	is(bad, 0, "40 claims end while others map, unmap, protect, move and fork");
}

static void test_unload(void)
{
	volatile uint8_t *map;

	is(set_owner(plain, "user"), 0, "a feature is claimed, and its mapping kept after the claim");
	map = map_once(plain);
	is(set_owner(plain, "none"), 0, "the claim of the kept mapping is released");
	is(unload("dflres"), -EWOULDBLOCK, "rmmod says that the module is in use while a dead mapping is there");
	is(peek(map, NULL), -EFAULT, "the dead mapping gives SIGBUS");
	munmap((void *)map, PAGE);
	is(unload("dflres"), 0, "the module unloads when the dead mapping is gone");
}

static bool unplug_card(void)
{
	return unplug();
}

int main(int argc, char **argv)
{
	if (argc > 1)
		most = strtoul(argv[1], NULL, 0);
	setup("basic");
	find_features();
	test_many("a release", release, nothing);
	test_many("an unplug", unplug_card, card_back);
	test_views();
	test_umount();
	test_looked_at();
	test_listed();
	test_advised();
	test_core();
	test_struggle();
	test_unload();
	return done();
}
