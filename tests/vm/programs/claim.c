// SPDX-License-Identifier: GPL-2.0
/* The file `owner`: who may have a feature, and what a claim brings */

#define _GNU_SOURCE
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char *plain, *other;

static bool has_claim_files(void)
{
	return has_file(plain, "dflres/resource0") && has_file(plain, "dflres/owner_pid");
}

static bool no_claim_files(void)
{
	return !has_file(plain, "dflres/resource0") && !has_file(plain, "dflres/owner_pid");
}

static bool iomem_has(const char *text)
{
	char line[256];
	bool found = false;
	FILE *iomem = fopen("/proc/iomem", "r");

	while (iomem && fgets(line, sizeof(line), iomem))
		found |= strstr(line, text) != NULL;
	if (iomem)
		fclose(iomem);
	return found;
}

static void test_words(void)
{
	char name[256], pid[16];
	struct stat st;

	is(set_owner(plain, "none"), 0, "writing none has no effect where nobody has the feature");
	is(set_owner(plain, "user"), 0, "a feature that nobody has can be claimed");
	is_str(get_owner(plain), "user", "a claimed feature's owner is user");
	is_str(get_driver(plain), "dflres", "a claimed feature's driver is dflres");
	ok(has_claim_files(), "a claim brings its files");
	ok(iomem_has(" : dflres\n"), "/proc/iomem has a line of dflres for a claimed feature");

	path(name, sizeof(name), plain, "dflres/resource0");
	stat(name, &st);
	is(st.st_mode, S_IFREG | 0600, "resource0 is for the claimer alone");
	is(st.st_size, reg_size(plain), "resource0 is exactly as long as the feature");
	path(name, sizeof(name), plain, "dflres/owner_pid");
	stat(name, &st);
	is(st.st_mode, S_IFREG | 0444, "owner_pid is for all to read");
	snprintf(pid, sizeof(pid), "%d", getpid());
	is_str(get(plain, "dflres/owner_pid"), pid, "owner_pid is the claimer's pid");

	is(set_owner(plain, "user"), -EBUSY, "a claimed feature cannot be claimed again");
	is_str(get_owner(plain), "user", "a refused second claim leaves the first one");
	is(set_owner(other, "user"), 0, "another feature can be claimed beside the first one");
	is(set_owner(other, "none"), 0, "another feature can be released beside the first one");
	is(unload("dflres"), -EWOULDBLOCK, "a claim pins the module");

	is(set_owner(plain, "none\n"), 0, "a claim is released by none with a newline, as echo writes it");
	is_str(get_owner(plain), "none", "nobody has the feature after the release");
	is_str(get_driver(plain), "", "a released feature has no driver");
	ok(no_claim_files(), "the claim's files are gone after the release");
	ok(!iomem_has(" : dflres\n"), "the line of dflres in /proc/iomem is gone after the release");

	is(set_owner(plain, "user\n"), 0, "a released feature can be claimed again");
	is(set_owner(plain, "kernel"), 0, "kernel ends a claim though no kernel driver knows the feature");
	is_str(get_owner(plain), "none", "nobody has the feature after kernel, which no driver knows");
	is(set_owner(plain, "kernel"), 0, "kernel may be written without a claim");
	is(unload("dflres"), 0, "without a claim the module unloads");
	is(load("dflres"), 0, "the module loads after its unload");
}

static void test_bad_input(void)
{
	static char huge[3 * MAX_PAGE];
	const struct bad_text bad[] = {
		{ "an empty line", "\n", 1 },
		{ "an unknown word", "root\n", 5 },
		{ "an unknown word without a newline", "use", 3 },
		{ "a longer word", "users\n", 6 },
		{ "a trailing space", "user \n", 6 },
		{ "a trailing space without a newline", "none ", 5 },
		{ "a leading space", " kernel\n", 8 },
		{ "two newlines", "user\n\n", 6 },
		{ "two words", "user none\n", 10 },
		{ "upper case", "USER\n", 5 },
		{ "a NUL at the end", "user\0", 5 },
		{ "a NUL in the middle", "none\0none", 9 },
		{ "bytes that are no text", "\xff\xfe\x00\x01", 4 },
		{ "a format", "%s%n%p\n", 7 },
		{ "three pages that begin with a word", huge, sizeof(huge) },
	};
	static const char *const read_only[] = { "resource", "mappable", "num_irqs", "revision" };
	const char *owners[] = { "none", "user" };
	unsigned int i, k;
	char file[64];
	int mark;

	memset(huge, 'u', sizeof(huge));
	/* NOLINTNEXTLINE(bugprone-not-null-terminated-result): more text follows */
	memcpy(huge, "user\n", 5);
	mark = log_mark();
	for (k = 0; k < 2; k++) {
		is(set_owner(plain, owners[k]), 0, "the owner is made %s, to be given bad texts", owners[k]);
		refuses(plain, "dflres/owner", bad, sizeof(bad) / sizeof(bad[0]));
		is_str(get_owner(plain), owners[k], "the owner is still %s after bad texts", owners[k]);
	}
	is(open_file(plain, "dflres/owner_pid", O_WRONLY), -EACCES, "owner_pid is not writable");
	for (i = 0; i < sizeof(read_only) / sizeof(read_only[0]); i++) {
		snprintf(file, sizeof(file), "dflres/%s", read_only[i]);
		is(open_file(plain, file, O_WRONLY), -EACCES, "%s is not writable", read_only[i]);
	}
	is(set_owner(plain, "none"), 0, "the claim ends after bad texts");
	is(log_lines_since(mark), 0, "bad texts leave no line in the kernel's log");
}

static int claim_it(const void *feat)
{
	return set_owner(feat, "user") ? 1 : 0;
}

/* In a pid namespace of its own: claims as process 2 of it, and says what it sees */
static int claim_in_namespace(const void *feat)
{
	pid_t pid;
	int status;

	if (unshare(CLONE_NEWPID))
		return 97;
	pid = fork();
	if (!pid) {
		/* The claim made outside is nobody's in here */
		if (strcmp(get(feat, "dflres/owner_pid"), "0"))
			_exit(1);
		if (set_owner(feat, "none") || set_owner(feat, "user"))
			_exit(2);
		_exit(strcmp(get(feat, "dflres/owner_pid"), "1") ? 3 : 0);
	}
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

static void *claim_in_thread(void *feat)
{
	return set_owner(feat, "user") ? NULL : feat;
}

static void test_thread(void)
{
	char text[16];
	pthread_t thread;
	void *claimed;

	if (pthread_create(&thread, NULL, claim_in_thread, plain) || pthread_join(thread, &claimed))
		bail("a thread can be made");
	ok(claimed, "a second thread claims");
	snprintf(text, sizeof(text), "%d", getpid());
	is_str(get(plain, "dflres/owner_pid"), text, "owner_pid is the process's, whichever of its threads claimed");
	is(set_owner(plain, "none"), 0, "another thread than the one that claimed releases");
}

static void test_pid(void)
{
	char text[16];
	siginfo_t info;
	pid_t pid;

	pid = background(claim_it, plain);
	waitid(P_PID, pid, &info, WEXITED | WNOWAIT);
	snprintf(text, sizeof(text), "%d", pid);
	is_str(get_owner(plain), "user", "a claim outlives its process");
	is_str(get(plain, "dflres/owner_pid"), text, "owner_pid still names a zombie");
	is(finish(pid), 0, "the claimer, a zombie, is reaped");
	is_str(get(plain, "dflres/owner_pid"), "0", "owner_pid is 0 once the claimer is gone");

	is(set_owner(plain, "none"), 0, "the claim of the process that is gone is released");
	is(set_owner(plain, "user"), 0, "the feature is claimed, to be looked at from a pid namespace");
	is(finish(background(claim_in_namespace, plain)), 0,
	   "owner_pid is in the reader's pid namespace");
	is(set_owner(plain, "none"), 0, "the feature is released after the pid namespace");
}

/* Reads, as poll wants it, and says whether there has been a change */
static bool changed(int fd, const char *now)
{
	char text[16] = "";
	short revents = poll_for(fd, POLLPRI, 0);

	if (pread(fd, text, sizeof(text) - 1, 0) < 0)
		return false;
	text[strcspn(text, "\n")] = '\0';
	if (strcmp(text, now))
		note("owner is '%s' and not '%s'", text, now);
	return revents & POLLPRI && !strcmp(text, now);
}

static void test_poll(void)
{
	char *uio = need_feature(UIO, 0);
	int fd = open_file(plain, "dflres/owner", O_RDONLY);
	int uio_fd = open_file(uio, "dflres/owner", O_RDONLY);

	ok(changed(fd, "none") && changed(uio_fd, "none"),
	   "a descriptor that has never been read is ready");
	is(poll_for(fd, POLLPRI, 0), 0, "poll of owner waits after a read");
	set_owner(plain, "user");
	ok(changed(fd, "user"), "a claim wakes poll of owner");
	is(poll_for(fd, POLLPRI, 0), 0, "a claim wakes poll of owner just once");
	set_owner(plain, "none");
	ok(changed(fd, "none"), "a release wakes poll of owner");

	is(load("uio_dfl"), 0, "uio_dfl loads while owner is polled");
	ok(changed(uio_fd, "kernel"), "a kernel driver that binds wakes poll of owner");
	is(poll_for(fd, POLLPRI, 0), 0, "a kernel driver that binds does not wake poll of another feature's owner");
	is(unload("uio_dfl"), 0, "uio_dfl unloads while owner is polled");
	ok(changed(uio_fd, "none"), "a kernel driver that unbinds wakes poll of owner");
	close(fd);
	close(uio_fd);
	free(uio);
}

/* As cat reads: once more after the word, to see that this was all */
static void test_read_on(void)
{
	char *uio = need_feature(UIO, 0), text[64];
	int fd = open_file(uio, "dflres/owner", O_RDONLY);

	is(read(fd, text, sizeof(text)), strlen("none\n"), "a read of owner gives all of the word none");
	is(load("uio_dfl"), 0, "uio_dfl loads after the read");
	is_str(get_owner(uio), "kernel", "owner says kernel, a longer word, after uio_dfl has loaded");
	is(read(fd, text, sizeof(text)), 0, "who has read the word none gets no rest of the longer one");
	is(unload("uio_dfl"), 0, "uio_dfl unloads after the read");
	close(fd);
	free(uio);
}

static void test_many(void)
{
	unsigned int i, bad = 0;

	for (i = 0; i < 500; i++)
		bad += set_owner(plain, "user") || set_owner(plain, i % 2 ? "none" : "kernel");
	is(bad, 0, "500 rounds of claim and release work");
}

/* "free", "busy" or "exclusive" */
static const char *region_state(uint64_t address)
{
	static char state[16];
	int fd = open("/sys/module/region_flags/parameters/address", O_RDWR | O_CLOEXEC), n;

	snprintf(state, sizeof(state), "%#" PRIx64, address);
	if (fd < 0 || write(fd, state, strlen(state)) < 0)
		bail("region_flags takes an address");
	n = pread(fd, state, sizeof(state) - 1, 0);
	close(fd);
	state[n > 0 ? n : 0] = '\0';
	state[strcspn(state, "\n")] = '\0';
	return state;
}

/* As modules/region_flags.c has it: with some kernels' /dev/mem it is not enough that a region is busy */
static void test_region(void)
{
	uint64_t last = reg_start(plain) + reg_size(plain) - 1;

	is(load("region_flags"), 0, "a module tells how regions are held");
	is_str(region_state(last), "free", "nobody holds the region of a feature that nobody has");
	is(set_owner(plain, "user"), 0, "a feature is claimed, and so its region");
	is_str(region_state(reg_start(plain)), "exclusive", "a claim holds its feature's first byte exclusively");
	is_str(region_state(last), "exclusive", "a claim holds its feature's last byte exclusively");
	is_str(region_state(last + 1), "free", "a claim does not hold the byte behind its feature");
	is(set_owner(plain, "none"), 0, "the feature is released, and so its region");
	is_str(region_state(last), "free", "a claim's region is let go of at its end");
	is(unload("region_flags"), 0, "nothing of regions is asked any more");
}

int main(void)
{
	setup("basic");
	plain = need_feature(PLAIN, 0);
	other = need_feature(OTHER, 0);

	test_words();
	test_bad_input();
	test_pid();
	test_thread();
	test_poll();
	test_read_on();
	test_many();
	test_region();
	return done();
}
