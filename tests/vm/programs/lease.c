// SPDX-License-Identifier: GPL-2.0
/* The file `lease`: a claim that ends with the last reference to an eventfd, whatever takes it away, and with nothing else */

#define _GNU_SOURCE
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MANY 400

/* The first one is uio_dfl's, where that is loaded; nobody else knows the others */
static char *uio, *plain, *other, *big;

static void find_features(void)
{
	free(uio);
	free(plain);
	free(other);
	free(big);
	uio = need_feature(UIO, 0);
	plain = need_feature(PLAIN, 0);
	other = need_feature(OTHER, 0);
	big = need_feature(BIG, 0);
}

/* uio_dfl's feature, for user space to claim */
static void take_from_kernel(void)
{
	if (put_str(uio, "driver/unbind", uio) || strcmp(get_owner(uio), "none"))
		bail("uio_dfl can be unbound");
}

/*
 * Lets what a close has set off run its course: leases of another feature end, which takes the same way and begins later.
 */
static void settle(void)
{
	int i;

	for (i = 0; i < 3; i++) {
		int event = new_event();

		if (take_lease(other, event))
			bail("another feature can be leased");
		close(event);
		if (!owner_becomes(other, "none"))
			bail("the lease of another feature ends");
	}
}

static bool still_claimed(const char *feat)
{
	settle();
	return !strcmp(get_owner(feat), "user");
}

/* The claim's last reference, or not even that, may be gone a little later than the owner has changed */
static int unload_soon(void)
{
	int i, ret = unload("dflres");

	for (i = 0; i < PATIENCE && ret == -EWOULDBLOCK; i++) {
		usleep(1000);
		ret = unload("dflres");
	}
	return ret;
}

static void test_claim(void)
{
	int id = free_event_id(), event = new_event();
	uint64_t one = 1;
	char pid[16];

	ok(is_file_of(plain, "dflres/lease", 0644, 0), "lease is root's to write, and everybody's to read");
	is_str(get(plain, "dflres/lease"), "0", "a feature that nobody has is not leased");
	is(take_lease(plain, event), 0, "a feature that nobody has can be leased");
	is_str(get_owner(plain), "user", "a leased feature's owner is user");
	is_str(get(plain, "dflres/lease"), "1", "lease says that the claim is a leased one");
	is_str(get_driver(plain), "dflres", "a leased feature's driver is dflres");
	snprintf(pid, sizeof(pid), "%d", getpid());
	is_str(get(plain, "dflres/owner_pid"), pid, "owner_pid is the pid of who leased");
	ok(has_file(plain, "dflres/resource0"), "a lease brings the claim's files");
	is(take_lease(plain, event), -EBUSY, "a leased feature cannot be leased again");
	is(set_owner(plain, "user"), -EBUSY, "a leased feature cannot be claimed");
	is(unload("dflres"), -EWOULDBLOCK, "a lease pins the module");

	ok(write(event, &one, 8) == 8 && write(event, &one, 8) == 8 && event_sum(event) == 2,
	   "the lease's eventfd is written and read");
	ok(still_claimed(plain), "writing and reading the eventfd does not end the claim");
	close(event);
	ok(lease_ends(plain), "the close of the eventfd ends the claim");
	is_str(get(plain, "dflres/lease"), "0", "lease says 0 after the lease's end");
	is_str(get_driver(plain), "", "a feature has no driver after the lease's end");
	ok(!has_file(plain, "dflres/resource0") && !has_file(plain, "dflres/owner_pid"),
	   "the claim's files are gone after the lease's end");
	ok(free_event_id_becomes(id), "the eventfd is let go of after the lease's end");
	is(unload_soon(), 0, "the module unloads after the lease's end");
	is(load("dflres"), 0, "the module loads after the lease");
}

static int polls_owner(const void *event)
{
	int fd = open_file(plain, "dflres/owner", O_RDONLY);
	char text[16];

	/* It would keep the claim */
	close(*(const int *)event);
	if (pread(fd, text, sizeof(text), 0) < 1)
		return 1;
	return poll_for(fd, POLLPRI, -1) & POLLPRI ? 0 : 2;
}

static void test_all_ends(void)
{
	int event = new_event(), fd;
	volatile uint8_t *map;
	uint32_t value;
	pid_t poller;

	is(take_lease(plain, event), 0, "a feature is leased, to be mapped");
	fd = open_file(plain, "dflres/resource0", O_RDWR);
	map = map_regs(plain, 0, PAGE);
	ok(map != MAP_FAILED && !peek(map, &value), "a leased feature can be mapped");
	poller = background(polls_owner, &event);
	until_asleep(poller);
	close(event);
	is(finish(poller), 0, "who waits for the owner to change is woken by the close");
	ok(lease_ends(plain), "nobody has the feature after the close of the eventfd");
	is(peek(map, &value), -EFAULT, "the mapping is dead after the lease's end");
	is(pread(fd, &value, 4, 0) < 0 ? -errno : 0, -ENODEV,
	   "the descriptor of resource0 is dead after the lease's end");
	munmap((void *)map, PAGE);
	close(fd);
}

/*
 * How a process ends that holds a lease of uio_dfl's feature. Each goes on to its end when it has read a byte, or is
 * killed instead.
 */

static int go[2];

static int held_event(int flags)
{
	int event = new_event();
	char byte;

	if (!(flags & FD_CLOEXEC))
		fcntl(event, F_SETFD, 0);
	if (take_kernel_lease(uio, event) || read(go[0], &byte, 1) != 1)
		_exit(99);
	return event;
}

static int exits(const void *unused)
{
	(void)unused;
	held_event(FD_CLOEXEC);
	return 0;
}

static int crashes(const void *unused)
{
	struct rlimit no_core = { 0, 0 };

	(void)unused;
	setrlimit(RLIMIT_CORE, &no_core);
	held_event(FD_CLOEXEC);
	abort();
}

static int closes(const void *unused)
{
	(void)unused;
	close(held_event(FD_CLOEXEC));
	return pause();
}

static int overwrites(const void *unused)
{
	(void)unused;
	dup2(1, held_event(FD_CLOEXEC));
	return pause();
}

static int executes(const void *flags)
{
	held_event(*(const int *)flags);
	execlp("sleep", "sleep", "1000", NULL);
	return 98;
}

/* Waits until the child has its lease; with the feature free before */
static pid_t holder(int (*fn)(const void *arg), const void *arg)
{
	pid_t pid;

	take_from_kernel();
	pid = background(fn, arg);
	if (!owner_becomes(uio, "user"))
		bail("a child can take a lease");
	return pid;
}

static void let_go(void)
{
	if (write(go[1], "", 1) != 1)
		bail("a byte goes through a pipe");
}

static void is_kernels(const char *what)
{
	ok(owner_becomes(uio, "kernel"), "%s: the kernel has the feature", what);
	is_str(get_driver(uio), "uio_dfl", "%s: the driver of the feature is uio_dfl", what);
}

static void test_process_ends(void)
{
	static const int keep, lose = FD_CLOEXEC;
	siginfo_t info;
	pid_t pid;

	if (pipe2(go, O_CLOEXEC))
		bail("a pipe can be made");
	is(load("uio_dfl"), 0, "uio_dfl loads before processes lease");

	pid = holder(exits, NULL);
	let_go();
	is_kernels("exit");
	is(finish(pid), 0, "the process that was to exit has exited");

	pid = holder(exits, NULL);
	kill(pid, SIGKILL);
	waitid(P_PID, pid, &info, WEXITED | WNOWAIT);
	is_kernels("SIGKILL, and a zombie is left");
	finish(pid);

	pid = holder(crashes, NULL);
	let_go();
	is_kernels("a crash");
	finish(pid);

	pid = holder(closes, NULL);
	let_go();
	is_kernels("a close, and the process lives");
	is(waitpid(pid, NULL, WNOHANG), 0, "the process that closed its eventfd lives");
	kill(pid, SIGKILL);
	finish(pid);

	pid = holder(overwrites, NULL);
	let_go();
	is_kernels("another file takes the descriptor's place");
	kill(pid, SIGKILL);
	finish(pid);

	pid = holder(executes, &lose);
	let_go();
	is_kernels("exec, with close-on-exec");
	is(waitpid(pid, NULL, WNOHANG), 0, "the program that the process became by exec lives");
	kill(pid, SIGKILL);
	finish(pid);

	pid = holder(executes, &keep);
	let_go();
	until_asleep(pid);
	ok(still_claimed(uio), "exec, without close-on-exec: the claim stays");
	kill(pid, SIGKILL);
	is_kernels("the end of the program that it became");
	finish(pid);
}

static int waits(const void *unused)
{
	char byte;

	(void)unused;
	return read(go[0], &byte, 1) == 1 ? 0 : 1;
}

static void send_event(int channel, int event)
{
	char control[CMSG_SPACE(sizeof(int))] = "", byte = 0;
	struct iovec data = { &byte, 1 };
	struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = control,
				  .msg_controllen = sizeof(control) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &event, sizeof(event));
	if (sendmsg(channel, &message, 0) != 1)
		_exit(97);
}

static int receive_event(int channel)
{
	char control[CMSG_SPACE(sizeof(int))], byte;
	struct iovec data = { &byte, 1 };
	struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = control,
				  .msg_controllen = sizeof(control) };
	int event;

	if (recvmsg(channel, &message, MSG_CMSG_CLOEXEC) != 1 || !CMSG_FIRSTHDR(&message))
		bail("a descriptor is received");
	memcpy(&event, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(event));
	return event;
}

static int leases_and_sends(const void *channel)
{
	send_event(*(const int *)channel, held_event(FD_CLOEXEC));
	return 0;
}

static void test_copies(void)
{
	int event, copy, channel[2];
	pid_t pid;

	take_from_kernel();
	event = new_event();
	is(take_kernel_lease(uio, event), 0, "a feature is leased, to copy the eventfd");
	copy = fcntl(event, F_DUPFD_CLOEXEC, 0);
	close(event);
	ok(still_claimed(uio), "the claim stays when one of two descriptors is closed");
	pid = background(waits, NULL);
	close(copy);
	ok(still_claimed(uio), "the claim stays while a child has the other descriptor");
	let_go();
	is(finish(pid), 0, "the child that has the other descriptor ends");
	is_kernels("the end of all copies");

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel))
		bail("a pair of sockets can be made");
	pid = holder(leases_and_sends, &channel[1]);
	let_go();
	is(finish(pid), 0, "a process leases, sends its descriptor to another one, and ends");
	ok(still_claimed(uio), "the claim stays while its descriptor is in a socket");
	event = receive_event(channel[0]);
	ok(still_claimed(uio), "the claim stays when another process has received its descriptor");
	close(event);
	is_kernels("the end of the second process's copy");

	pid = holder(leases_and_sends, &channel[1]);
	let_go();
	is(finish(pid), 0, "another process leases, sends its descriptor, and ends");
	close(channel[0]);
	is_kernels("the end of a socket with the descriptor in it");
	close(channel[1]);
	is(unload("uio_dfl"), 0, "uio_dfl unloads after the copies");
}

static void test_kernel_means_bound(void)
{
	unsigned int round, bad = 0;

	is(load("uio_dfl"), 0, "uio_dfl loads for 100 leases");
	for (round = 0; round < 100; round++) {
		int event = new_event();

		take_from_kernel();
		bad += take_kernel_lease(uio, event) != 0;
		close(event);
		while (strcmp(get_owner(uio), "kernel"))
			;
		bad += strcmp(get_driver(uio), "uio_dfl") != 0;
	}
	is(bad, 0, "100 leases end, and where the owner is the kernel its driver is bound");
	is(unload("uio_dfl"), 0, "uio_dfl unloads after 100 leases");
}

/* `N` ends as if `none` had been written: an administrator who unbound a driver meant it */
static void test_plain_lease_leaves_unbound(void)
{
	int event = new_event();

	is(load("uio_dfl"), 0, "uio_dfl loads for a plain lease");
	take_from_kernel();
	is(take_lease(uio, event), 0, "the feature that was uio_dfl's is leased without `kernel`");
	close(event);
	ok(owner_becomes(uio, "none") && lease_ends(uio), "the end of a plain lease leaves nobody with the feature");
	settle();
	is_str(get_driver(uio), "", "the end of a plain lease binds no driver");
	is(set_owner(uio, "kernel"), 0, "root offers the feature to the kernel");
	is_str(get_driver(uio), "uio_dfl", "uio_dfl has the feature again after root has offered it");
	is(unload("uio_dfl"), 0, "uio_dfl unloads after a plain lease");
}

static void test_earlier_lease(void)
{
	int id = free_event_id(), event = new_event(), second = new_event();

	is(take_lease(plain, event), 0, "a feature is leased, to be released by owner");
	is(set_owner(plain, "none"), 0, "the lease is released by owner");
	is(set_owner(plain, "user"), 0, "the feature is claimed without a lease after the release");
	close(event);
	ok(still_claimed(plain), "the end of an earlier lease's eventfd does not end this claim");
	ok(free_event_id_becomes(id), "the earlier lease's eventfd is let go of");
	is(set_owner(plain, "none"), 0, "the claim after the earlier lease is released");

	event = new_event();
	is(take_lease(plain, event), 0, "a feature is leased, to be handed back");
	is(set_owner(plain, "kernel"), 0, "the lease is handed back by owner");
	is(take_lease(plain, second), 0, "the feature is leased by another eventfd");
	close(event);
	ok(still_claimed(plain), "the end of the first lease's eventfd does not end the second lease");
	close(second);
	ok(owner_becomes(plain, "none"), "the end of the second eventfd ends the second lease");

	event = new_event();
	is(take_lease(plain, event), 0, "a feature is leased, to be leased again");
	is(set_owner(plain, "none"), 0, "the lease is released, to lease again");
	is(take_lease(plain, event), 0, "the feature is leased again by the same eventfd");
	close(event);
	ok(owner_becomes(plain, "none"), "the end of an eventfd ends the second lease by it");
	ok(free_event_id_becomes(id), "no eventfd is left after leases that were ended early");
}

static void test_refused(void)
{
	int id = free_event_id(), event = new_event();

	is(set_owner(plain, "user"), 0, "a feature is claimed without a lease");
	is(take_lease(plain, event), -EBUSY, "a claimed feature cannot be leased");
	close(event);
	ok(still_claimed(plain), "the end of the refused eventfd does not end the claim");
	ok(free_event_id_becomes(id), "the refused eventfd is let go of");

	event = new_event();
	is(take_lease(big, event), 0, "an eventfd leases one feature");
	is(take_lease(plain, event), -EBUSY, "an eventfd is refused for a feature that is claimed");
	close(event);
	ok(owner_becomes(big, "none"), "the end of the eventfd ends the lease that it has");
	ok(still_claimed(plain), "the end of the eventfd leaves the claim that it was refused for");
	is(set_owner(plain, "none"), 0, "the claim beside the lease is released");

	event = new_event();
	is(load("uio_dfl"), 0, "uio_dfl loads, to refuse a lease");
	is(take_kernel_lease(uio, event), -EBUSY, "what a kernel driver has cannot be leased");
	close(event);
	settle();
	is_str(get_driver(uio), "uio_dfl", "the end of an eventfd that was refused leaves the kernel driver");
	is(unload("uio_dfl"), 0, "uio_dfl unloads after it refused a lease");
	ok(free_event_id_becomes(id), "no eventfd is left after refused leases");
}

static void test_released_by_owner(void)
{
	int event = new_event();
	uint64_t one = 1;

	is(take_lease(plain, event), 0, "a feature is leased, so that its eventfd outlives the claim");
	is(set_owner(plain, "none"), 0, "the feature is released by owner while its eventfd lives");
	is(take_lease(big, event), 0, "the eventfd leases another feature");
	is(set_owner(big, "kernel"), 0, "the other feature is handed back while the eventfd lives");
	is(unload("dflres"), 0, "the module unloads while the eventfd lives");
	is(write(event, &one, 8), 8, "the eventfd is written without the module");
	is(event_sum(event), 1, "the eventfd is read without the module");
	close(event);
	is(load("dflres"), 0, "the module loads after the eventfd");
}

static void test_one_for_all(void)
{
	const unsigned int ids[] = { EMIF, UIO, 0x20, PLAIN, 0x26, BIG, 0xfff, 0x14, 0x50 };
	unsigned int i, bad = 0;
	int event = new_event();

	for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		bad += take_kernel_lease(feature(ids[i], 0), event) != 0;
	is(bad, 0, "one eventfd leases nine features");
	is(load("uio_dfl") || load("dfl-emif"), 0, "the drivers of some of nine leased features load");
	is(set_owner(plain, "none"), 0, "one of nine leased features is released by owner");
	is(set_owner(plain, "user"), 0, "the released one of nine features is claimed without a lease");
	close(event);
	for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		bad += ids[i] != PLAIN &&
		       !owner_becomes(feature(ids[i], 0),
				      ids[i] == EMIF || ids[i] == UIO || ids[i] == 0x14 ?
					      "kernel" : "none");
	is(bad, 0, "the eventfd's end ends all its leases, and the drivers have theirs back");
	is_str(get_driver(need_feature(EMIF, 0)), "dfl-emif", "dfl-emif has its feature back after the lease");
	ok(still_claimed(plain), "the eventfd's end leaves the claim without a lease");
	is(set_owner(plain, "none"), 0, "the claim beside nine leases is released");
	is(unload("uio_dfl") || unload("dfl-emif"), 0, "the drivers of leased features unload");
}

static void test_bad_input(void)
{
	static const struct bad_text bad[] = {
		{ "an empty line", "\n", 1 },
		{ "a word", "user\n", 5 },
		{ "a minus", "-", 1 },
		{ "minus one", "-1\n", 3 },
		{ "another negative number", "-2\n", 3 },
		{ "two newlines", "0\n\n", 3 },
		{ "two numbers", "0 0\n", 4 },
		{ "bytes that are no text", "\xff\xfe\x00\x01", 4 },
		{ "a number too large for a descriptor", "4294967295", 10 },
		{ "a number too large for anything", "99999999999999999999999", 23 },
	};
	/* Around the number of an eventfd that would do */
	static const char *const around[] = { "%d ", "%d \n", " %d\n", "%dx", "%d\n\n", "%d.0",
					      "%d %d", "0x%x\n", "-%d\n", "%d,\n", "%d  kernel\n",
					      "%d kernel \n", "%d kernels", "%dkernel", "%d\nkernel",
					      "%d user\n", " kernel", "-1 kernel" };
	int event = new_event(), mark = log_mark();
	unsigned int i;
	char text[32];

	refuses(plain, "dflres/lease", bad, sizeof(bad) / sizeof(bad[0]));
	refuses_descriptors(plain, "dflres/lease");
	for (i = 0; i < sizeof(around) / sizeof(around[0]); i++) {
		int ret;

		snprintf(text, sizeof(text), around[i], event, event);
		ret = put_str(plain, "dflres/lease", text);
		is(ret, -EINVAL, "a text is refused by lease: '%s'", strtok(text, "\n"));
	}
	snprintf(text, sizeof(text), "%d", event);
	is(put(plain, "dflres/lease", text, strlen(text) + 1), -EINVAL, "a NUL at the end is refused by lease");
	snprintf(text, sizeof(text), "%d kernel", event);
	is(put(plain, "dflres/lease", text, strlen(text) + 1), -EINVAL, "a NUL behind 'kernel' is refused by lease");
	snprintf(text, sizeof(text), "%d", event);
	is_str(get_owner(plain), "none", "nobody has the feature");
	is(put_str(plain, "dflres/lease", text), 0, "a number without a newline is taken by lease");
	is(set_owner(plain, "none"), 0, "the lease by a number without a newline is released");
	is(log_lines_since(mark), 0, "refused texts to lease leave no line in the kernel's log");
	close(event);
}

static int opens_lease(const void *unused)
{
	int fd = open_file(plain, "dflres/lease", O_WRONLY);

	(void)unused;
	return fd < 0 ? -fd : 0;
}

/* The lease ends with the process, unless it is told to wait */
static int leases(const void *wait)
{
	int ret = take_lease(plain, new_event());
	char byte;

	if (!ret && wait)
		ret = read(go[0], &byte, 1) == 1 ? 0 : 98;
	return -ret;
}

static int writes_owner(const void *word)
{
	return -set_owner(plain, word);
}

static int reads_registers(const void *unused)
{
	int fd = open_file(plain, "dflres/resource0", O_RDWR);
	uint32_t value;

	(void)unused;
	if (fd < 0)
		return -fd;
	return pread(fd, &value, 4, 0) == 4 ? 0 : 99;
}

static int leases_as_alice(const void *unused)
{
	(void)unused;
	return setgid(ALICE) || setuid(ALICE) ? 97 : leases("wait");
}

static void test_users(void)
{
	char owner[256], lease[256], pid[16];
	pid_t alice;

	is(as_user(ALICE, opens_lease, NULL), EACCES, "by default only root may lease");
	path(lease, sizeof(lease), plain, "dflres/lease");
	path(owner, sizeof(owner), plain, "dflres/owner");
	chmod(lease, 0222);
	chmod(owner, 0666);
	alice = background(leases_as_alice, NULL);
	ok(owner_becomes(plain, "user"), "alice may lease where the mode of lease allows that");
	snprintf(pid, sizeof(pid), "%d", alice);
	is_str(get(plain, "dflres/owner_pid"), pid, "owner_pid is that of alice's process who leased");
	ok(is_file_of(plain, "dflres/resource0", 0600, ALICE), "resource0 is alice's alone in her lease");
	ok(is_file_of(plain, "dflres/owner_pid", 0444, ALICE), "owner_pid is alice's for all to read");
	is(as_user(BOB, reads_registers, NULL), EACCES, "bob cannot open the registers of alice's lease");
	is(as_user(BOB, leases, NULL), EBUSY, "bob cannot lease what alice has");
	is(as_user(BOB, writes_owner, "none"), EPERM, "bob cannot release alice's lease");
	is(as_user(BOB, writes_owner, "kernel"), EPERM, "bob cannot hand alice's lease back");
	is(as_user(ALICE, reads_registers, NULL), 0, "another process of alice's reads registers");
	let_go();
	is(finish(alice), 0, "alice's process that leased ends");
	ok(owner_becomes(plain, "none"), "nobody has the feature after alice's process has ended");

	alice = background(leases_as_alice, NULL);
	ok(owner_becomes(plain, "user"), "alice leases again");
	is(as_user(ALICE, writes_owner, "none"), 0, "alice can release while the eventfd lives");
	is(as_user(BOB, writes_owner, "user"), 0, "bob can claim after alice's release while her eventfd lives");
	let_go();
	is(finish(alice), 0, "alice's process ends after her release");
	ok(still_claimed(plain), "the end of alice's process leaves bob's claim");
	is(as_user(BOB, writes_owner, "none"), 0, "bob releases after alice's process has ended");

	alice = background(leases_as_alice, NULL);
	ok(owner_becomes(plain, "user"), "alice leases once more");
	is(set_owner(plain, "none"), 0, "root can release alice's lease");
	let_go();
	is(finish(alice), 0, "alice's process ends after root's release");
	chmod(lease, 0200);
	chmod(owner, 0644);
}

/* A close and something else at the same time, the one a little earlier or later each time */

#define RACES 150

static struct {
	atomic_int round, closed, event;
} race;

static void *closes_in_rounds(void *unused)
{
	int round;

	for (round = 1; round <= RACES; round++) {
		while (atomic_load(&race.round) < round)
			;
		wait_us(round * 7 % 200);
		close(atomic_load(&race.event));
		atomic_store(&race.closed, round);
	}
	return unused;
}

/* FN does its part of each round, and says whether all is well after it; its feature is free before and after */
static unsigned int races(const char *(*fn)(int event))
{
	unsigned int round, bad = 0;
	pthread_t thread;

	atomic_store(&race.round, 0);
	atomic_store(&race.closed, 0);
	if (pthread_create(&thread, NULL, closes_in_rounds, NULL))
		bail("a thread can be made");
	for (round = 1; round <= RACES; round++) {
		int event = new_event();
		const char *wrong = fn(event);

		if (wrong)
			note("round %u: %s", round, wrong);
		bad += wrong != NULL;
		/* Each may have taken its time */
		if (bad == 3)
			bail("the races go on");
	}
	pthread_join(thread, NULL);
	return bad;
}

static void start_close(int event)
{
	atomic_store(&race.event, event);
	atomic_fetch_add(&race.round, 1);
}

static void wait_closed(void)
{
	while (atomic_load(&race.closed) < atomic_load(&race.round))
		;
}

static const char *lease_meets_close(int event)
{
	/* Not opened later: it might be given the eventfd's number */
	int fd = open_file(plain, "dflres/lease", O_WRONLY), ret;

	start_close(event);
	wait_us(atomic_load(&race.round) * 3 % 200);
	ret = dprintf(fd, "%d", event) < 0 ? -errno : 0;
	wait_closed();
	close(fd);
	if (ret && ret != -EBADF)
		return "neither a lease nor a bad descriptor";
	return owner_becomes(plain, "none") ? NULL : "the lease has not ended";
}

static const char *release_meets_close(int event)
{
	int ret = take_lease(plain, event), released;

	start_close(event);
	wait_us(atomic_load(&race.round) * 3 % 200);
	released = set_owner(plain, "none");
	wait_closed();
	if (ret || released)
		return "no lease, or no release";
	return strcmp(get_owner(plain), "none") ? "released, and still claimed" : NULL;
}

static const char *new_claim_meets_close(int event)
{
	const char *wrong = NULL;
	int ret = take_lease(plain, event), released, claimed;

	start_close(event);
	wait_us(atomic_load(&race.round) * 3 % 200);
	released = set_owner(plain, "none");
	claimed = set_owner(plain, "user");
	wait_closed();
	if (ret || released || claimed)
		wrong = "no lease, no release, or no claim";
	else if (!still_claimed(plain))
		wrong = "the lease has ended the claim after it";
	set_owner(plain, "none");
	return wrong;
}

/* A lease that was taken after the end of another: it is not ended by that, but by its own */
static const char *end_second(int second, const char *wrong)
{
	if (!wrong && !still_claimed(plain))
		wrong = "the lease has ended the one after it";
	close(second);
	if (!owner_becomes(plain, "none"))
		wrong = "the second lease has not ended";
	return wrong;
}

static const char *new_lease_meets_close(int event)
{
	int second = new_event(), ret = take_lease(plain, event), released, leased;

	start_close(event);
	wait_us(atomic_load(&race.round) * 3 % 200);
	released = set_owner(plain, "kernel");
	leased = take_lease(plain, second);
	wait_closed();
	return end_second(second, ret || released || leased ? "no lease, no hand back, or no second lease" : NULL);
}

/* Somebody else wants it, and tries until it is free */
static const char *next_meets_close(int event)
{
	int second = new_event(), ret = take_lease(plain, event), tries, next = -EBUSY;

	start_close(event);
	for (tries = 0; tries < 100000 && next == -EBUSY; tries++)
		next = take_lease(plain, second);
	wait_closed();
	return end_second(second, ret || next ? "no lease, or none after it" : NULL);
}

static void test_races(void)
{
	int id = free_event_id();

	is(races(lease_meets_close), 0, "a lease that meets the close of its eventfd works, %d times", RACES);
	is(races(release_meets_close), 0, "a release that meets the close of the eventfd works, %d times", RACES);
	is(races(new_claim_meets_close), 0, "a claim that meets the close of an earlier lease works, %d times", RACES);
	is(races(new_lease_meets_close), 0, "a lease that meets the close of an earlier lease works, %d times", RACES);
	is(races(next_meets_close), 0, "a lease by who was waiting for a lease's end works, %d times", RACES);
	settle();
	ok(free_event_id_becomes(id), "no eventfd is left after races with the close");
}

static void card_back(const char *card)
{
	sh("card rescan 2>/dev/null");
	card_up(card);
}

static int leases_in_a_loop(const void *feat)
{
	while (has_file(feat, "dflres")) {
		int event = new_event();

		take_lease(feat, event);
		close(event);
	}
	return 0;
}

static void test_unplug(void)
{
	int id = free_event_id(), event = new_event();
	unsigned int round, bad = 0;
	pid_t children[2];

	is(take_lease(plain, event), 0, "a feature is leased, whose card is to go");
	ok(unplug(), "the card of a leased feature goes");
	card_back("basic");
	find_features();
	is(set_owner(plain, "user"), 0, "a feature of the card that comes back is claimed");
	close(event);
	ok(still_claimed(plain), "the end of the eventfd leaves the claim on the new card");
	is(set_owner(plain, "none"), 0, "the claim on the new card is released");
	ok(free_event_id_becomes(id), "the eventfd of the card that went is let go of");

	for (round = 0; round < 6; round++) {
		children[0] = background(leases_in_a_loop, plain);
		children[1] = background(leases_in_a_loop, big);
		usleep(20000 + round * 1000);
		bad += round % 2 ? sh("card unbind") : !unplug();
		bad += finish(children[0]) || finish(children[1]);
		card_back("basic");
		find_features();
		bad += !owner_becomes(plain, "none");
	}
	is(bad, 0, "leases that begin and end while the card goes, 6 times");
	ok(free_event_id_becomes(id), "no eventfd is left after leases while the card went");
}

/* A card of many features, on which it is their number that counts */

static const char *nth(unsigned int n)
{
	static char name[32];

	snprintf(name, sizeof(name), "dfl_dev.%u", n);
	return name;
}

static unsigned int not_owned(const char *word)
{
	unsigned int i, bad = 0;

	for (i = 0; i < MANY; i++)
		bad += strcmp(get_owner(nth(i)), word) != 0;
	return bad;
}

/* Until it is killed; says on a pipe when it has them all */
static int leases_all(const void *ready)
{
	struct rlimit files = { MANY + 100, MANY + 100 };
	unsigned int i;

	setrlimit(RLIMIT_NOFILE, &files);
	for (i = 0; i < MANY; i++)
		if (take_lease(nth(i), new_event()))
			return 1;
	if (write(*(const int *)ready, "", 1) != 1)
		return 2;
	return pause();
}

static pid_t holder_of_all(void)
{
	int ready[2];
	char byte;
	pid_t pid;

	if (pipe2(ready, O_CLOEXEC))
		bail("a pipe can be made");
	pid = background(leases_all, &ready[1]);
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		bail("a process leases %d features", MANY);
	close(ready[0]);
	return pid;
}

static void test_many(void)
{
	int id = free_event_id();
	unsigned int i, bad = 0;
	pid_t pid;

	if (sh("card many %d >/cards/many.card", MANY))
		bail("a card of %d features can be described", MANY);
	card_up("many");
	pid = holder_of_all();
	is(not_owned("user"), 0, "a process leases %d features", MANY);
	kill(pid, SIGKILL);
	finish(pid);
	for (i = 0; i < MANY; i++)
		bad += !owner_becomes(nth(i), "none");
	is(bad, 0, "all leases end when their process is killed");
	ok(free_event_id_becomes(id), "no eventfd is left of a process that was killed");

	pid = holder_of_all();
	kill(pid, SIGKILL);
	ok(unplug(), "the card goes while all leases of a process end");
	finish(pid);
	is(unload_soon(), 0, "the module unloads after the card went with all leases");
	ok(free_event_id_becomes(id), "no eventfd is left after the card went with all leases");
	is(load("dflres"), 0, "the module loads after the card went with all leases");
	card_back("many");
	is(not_owned("none"), 0, "nobody has a feature of the card that comes back");
}

int main(void)
{
	setup("basic");
	find_features();
	test_claim();
	test_all_ends();
	test_process_ends();
	test_copies();
	test_kernel_means_bound();
	test_plain_lease_leaves_unbound();
	test_earlier_lease();
	test_refused();
	test_released_by_owner();
	test_one_for_all();
	test_bad_input();
	test_users();
	test_races();
	test_unplug();
	test_many();
	is(unload_soon(), 0, "the module unloads after all leases");
	return done();
}
