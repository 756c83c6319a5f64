// SPDX-License-Identifier: GPL-2.0
/*
 * The rights to claim and to release are those of the user who opened `owner` or `lease`, whoever writes to the descriptor: a
 * set-id program that is made to write its prompt there, a process that has changed its user, or one that was given it.
 */

#define _GNU_SOURCE
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* This program, set-id root, which writes its prompt to standard error as `sudo -p` does */
#define DEPUTY "/tmp/deputy"

static char *feat;

static void set_mode(const char *file, mode_t mode)
{
	char name[256];

	path(name, sizeof(name), feat, file);
	chmod(name, mode);
}

static int write_word(int fd, const char *word)
{
	return write(fd, word, strlen(word)) < 0 ? errno : 0;
}

static int write_owner(const void *word)
{
	return -set_owner(feat, word);
}

static int open_registers(const void *unused)
{
	int fd = open_file(feat, "dflres/resource0", O_RDWR);

	(void)unused;
	return fd < 0 ? -fd : 0;
}

static bool is_claim_of(uid_t uid)
{
	return !strcmp(get_owner(feat), "user") && is_file_of(feat, "dflres/resource0", 0600, uid) &&
	       is_file_of(feat, "dflres/owner_pid", 0444, uid);
}

/* The deputy's exit status: what its write gave. FD becomes its standard error */
static int run_deputy(int fd, const char *prompt)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		dup2(fd, 2);
		execl(DEPUTY, DEPUTY, "prompt", prompt, NULL);
		_exit(126);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 127;
}

static int prompt_to_owner(const void *word)
{
	int fd = open_file(feat, "dflres/owner", O_WRONLY);

	return fd < 0 ? 125 : run_deputy(fd, word);
}

/* An eventfd that the deputy inherits under the number that it is made to write; whose the claim is then */
static int prompt_to_lease(const void *tail)
{
	int fd = open_file(feat, "dflres/lease", O_WRONLY), event = dup(new_event()), ret;
	char text[32];

	snprintf(text, sizeof(text), "%d%s", event, (const char *)tail);
	ret = fd < 0 ? 125 : run_deputy(fd, text);
	if (ret)
		return ret;
	return is_claim_of(ALICE) && !strcmp(get(feat, "dflres/lease"), "1") ? 0 : 124;
}

static void test_deputy(void)
{
	is(as_user(BOB, write_owner, "user"), 0, "bob claims, for a set-id program to be prompted");
	is(as_user(ALICE, prompt_to_owner, "none"), EPERM, "a set-id program's prompt 'none' does not end bob's claim for alice");
	is(as_user(ALICE, prompt_to_owner, "kernel"), EPERM,
	   "a set-id program's prompt 'kernel' does not end bob's claim for alice");
	is(as_user(ALICE, prompt_to_owner, "user"), EBUSY, "a set-id program's prompt 'user' does not take bob's claim");
	is(as_user(ALICE, prompt_to_lease, ""), EBUSY, "a set-id program's prompt to lease does not take bob's claim");
	ok(is_claim_of(BOB), "the claim is still bob's after all prompts");
	is(as_user(BOB, prompt_to_owner, "none"), 0, "bob ends his own claim by a set-id program's prompt");
	is_str(get_owner(feat), "none", "nobody has the feature after bob's prompt");
	is(as_user(ALICE, prompt_to_owner, "kernel"), EPERM,
	   "a set-id program's prompt does not offer an unclaimed feature to drivers for alice");
	is(as_user(ALICE, prompt_to_owner, "user"), 0, "alice claims by a set-id program's prompt");
	ok(is_claim_of(ALICE), "what a set-id program claimed for alice is alice's and not root's");
	is(as_user(ALICE, open_registers, NULL), 0, "alice opens what the set-id program claimed");
	is(as_user(BOB, prompt_to_owner, "none"), EPERM, "a set-id program's prompt does not end alice's claim for bob");
	is(as_user(ALICE, write_owner, "none"), 0, "alice releases what the set-id program claimed");
	is(as_user(ALICE, prompt_to_lease, ""), 0, "what a set-id program leased for alice is alice's and not root's");
	ok(lease_ends(feat), "the lease of alice's eventfd ends");
}

/* Until the parent has done something: it closes its end */
static void wait_for_parent(const int ends[2])
{
	char c;

	close(ends[1]);
	if (read(ends[0], &c, 1))
		_exit(123);
}

struct late {
	const char *word;
	int ends[2];
};

static int write_late(const void *arg)
{
	const struct late *late = arg;
	int fd;

	if (setgid(ALICE) || setuid(ALICE))
		return 122;
	fd = open_file(feat, "dflres/owner", O_WRONLY);
	if (fd < 0)
		return 121;
	wait_for_parent(late->ends);
	return write_word(fd, late->word);
}

/* What alice writes to a descriptor that she opened before `owner` became root's alone again */
static int after_chmod(const char *word)
{
	struct late late = { .word = word };
	pid_t alice;

	if (pipe2(late.ends, O_CLOEXEC))
		bail("a pipe can be made");
	alice = background(write_late, &late);
	close(late.ends[0]);
	until_asleep(alice);
	set_mode("dflres/owner", 0644);
	close(late.ends[1]);
	return finish(alice);
}

static void test_chmod(void)
{
	is(after_chmod("user"), 0, "alice claims through a descriptor opened before owner became root's alone");
	ok(is_claim_of(ALICE), "the claim through the old descriptor is alice's");
	is(set_owner(feat, "none"), 0, "root ends alice's claim");
	is(set_owner(feat, "user"), 0, "root claims while alice has an old descriptor");
	set_mode("dflres/owner", 0666);
	is(after_chmod("none"), EPERM, "alice's old descriptor does not end root's claim");
	set_mode("dflres/owner", 0666);
	ok(is_claim_of(0), "root's claim is still there");
	is(set_owner(feat, "none"), 0, "root releases after alice's old descriptor");
}

/* Opened as root, written as alice */
static int write_after_setuid(const void *word)
{
	int fd = open_file(feat, "dflres/owner", O_WRONLY), ret;

	if (fd < 0 || setgid(ALICE) || setuid(ALICE))
		return 122;
	ret = write_word(fd, word);
	if (!ret && !strcmp(word, "user") && atoi(get(feat, "dflres/owner_pid")) != getpid())
		return 120;
	return ret;
}

static void drop_capabilities(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = { };

	if (syscall(SYS_capset, &head, none))
		_exit(119);
}

static int open_then_drop(const void *word)
{
	int fd = open_file(feat, "dflres/owner", O_WRONLY);

	drop_capabilities();
	return write_word(fd, word);
}

static int drop_then_open(const void *word)
{
	drop_capabilities();
	return write_owner(word);
}

/* The user of files is another one than the process's */
static int claim_with_fsuid(const void *unused)
{
	(void)unused;
	setfsgid(BOB);
	setfsuid(ALICE);
	return write_owner("user");
}

/* bob's process, to which alice's files are open: an unprivileged one may choose among the three users that it has */
static int write_with_fsuid(const void *word)
{
	if (setresgid(BOB, BOB, ALICE) || setresuid(BOB, BOB, ALICE))
		return 122;
	setfsgid(ALICE);
	setfsuid(ALICE);
	return write_owner(word);
}

/* The other way round */
static int write_without_fsuid(const void *word)
{
	if (setresgid(ALICE, ALICE, BOB) || setresuid(ALICE, ALICE, BOB))
		return 122;
	setfsgid(BOB);
	setfsuid(BOB);
	return write_owner(word);
}

static void test_fsuid(void)
{
	char name[256];
	struct stat st;

	is(as_user(0, claim_with_fsuid, NULL), 0, "a process claims with an fsuid and an fsgid of its own");
	path(name, sizeof(name), feat, "dflres/resource0");
	stat(name, &st);
	ok(st.st_uid == ALICE && st.st_gid == BOB, "the claim belongs to the claimer's fsuid and fsgid");
	is(as_user(0, write_without_fsuid, "none"), EPERM, "alice's process with bob's fsuid does not end alice's claim");
	is(as_user(0, write_without_fsuid, "kernel"), EPERM,
	   "alice's process with bob's fsuid does not hand alice's claim back");
	is(as_user(0, write_with_fsuid, "none"), 0, "bob's process with alice's fsuid ends alice's claim");
	is(as_user(ALICE, write_owner, "user"), 0, "alice claims once more");
	is(as_user(0, write_with_fsuid, "kernel"), 0, "bob's process with alice's fsuid hands alice's claim back");
	is_str(get_owner(feat), "none", "nobody has the feature that was handed back");
}

static void test_setuid(void)
{

	is(as_user(0, write_after_setuid, "user"), 0, "a process that opened owner as root claims as alice, and is the owner_pid");
	ok(is_claim_of(0), "the claim through root's descriptor is root's");
	is(as_user(ALICE, open_registers, NULL), EACCES, "alice cannot open what was claimed through root's descriptor");
	is(as_user(0, write_after_setuid, "none"), 0, "a process that opened owner as root releases as alice");

	is(as_user(BOB, write_owner, "user"), 0, "bob claims before root comes");
	is(as_user(0, drop_then_open, "none"), EPERM, "root without CAP_SYS_ADMIN does not end bob's claim");
	is(as_user(0, drop_then_open, "kernel"), EPERM, "root without CAP_SYS_ADMIN does not hand bob's claim back");
	is(as_user(0, open_then_drop, "none"), 0, "root that dropped CAP_SYS_ADMIN after it opened owner ends bob's claim");
}

static void send_fd(int sock, int fd)
{
	union { char buf[CMSG_SPACE(sizeof(int))]; struct cmsghdr align; } control = { };
	struct iovec iov = { .iov_base = "f", .iov_len = 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control) };
	struct cmsghdr *head = CMSG_FIRSTHDR(&msg);

	*head = (struct cmsghdr){ .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int)) };
	memcpy(CMSG_DATA(head), &fd, sizeof(fd));
	if (sendmsg(sock, &msg, 0) != 1)
		_exit(118);
}

static int receive_fd(int sock)
{
	union { char buf[CMSG_SPACE(sizeof(int))]; struct cmsghdr align; } control;
	char byte;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control) };
	int fd;

	if (recvmsg(sock, &msg, 0) != 1 || !CMSG_FIRSTHDR(&msg))
		_exit(117);
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
	return fd;
}

struct passing {
	const char *word;
	int sock;
};

static int open_and_send(const void *arg)
{
	const struct passing *passing = arg;
	int fd = open_file(feat, "dflres/owner", O_WRONLY);

	if (fd < 0)
		return 116;
	send_fd(passing->sock, fd);
	return 0;
}

static int receive_and_write(const void *arg)
{
	const struct passing *passing = arg;
	int ret = write_word(receive_fd(passing->sock), passing->word);

	if (!ret && !strcmp(passing->word, "user") && atoi(get(feat, "dflres/owner_pid")) != getpid())
		return 120;
	return ret;
}

/* OPENER opens `owner`, and WRITER writes the word to the descriptor; what that gives */
static int pass(uid_t opener, uid_t writer, const char *word)
{
	struct passing from = { .word = word }, to = { .word = word };
	int ends[2], ret;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		bail("a socket can be made");
	from.sock = ends[0];
	to.sock = ends[1];
	ret = as_user(opener, open_and_send, &from) ?: as_user(writer, receive_and_write, &to);
	close(ends[0]);
	close(ends[1]);
	return ret;
}

static void test_passed(void)
{
	is(pass(ALICE, BOB, "user"), 0, "bob claims through alice's descriptor, and is the owner_pid");
	ok(is_claim_of(ALICE), "the claim through alice's descriptor is alice's");
	is(as_user(BOB, open_registers, NULL), EACCES, "bob cannot open what he claimed through alice's descriptor");
	is(as_user(ALICE, open_registers, NULL), 0, "alice opens what bob claimed through her descriptor");
	is(as_user(BOB, write_owner, "none"), EPERM, "bob cannot release alice's claim through his own descriptor");
	is(pass(BOB, ALICE, "none"), EPERM, "alice cannot release her claim through bob's descriptor");
	is(pass(BOB, 0, "none"), EPERM, "root cannot release alice's claim through bob's descriptor");
	ok(is_claim_of(ALICE), "the claim is still alice's after bob's descriptors");
	is(pass(ALICE, BOB, "none"), 0, "bob releases through alice's descriptor");
	is(pass(ALICE, 0, "user"), 0, "root claims through alice's descriptor");
	ok(is_claim_of(ALICE), "what root claimed through alice's descriptor is alice's");
	is(pass(0, BOB, "none"), 0, "bob releases alice's claim through root's descriptor");
	is(pass(ALICE, 0, "kernel"), EPERM, "root does not offer an unclaimed feature to drivers through alice's descriptor");
}

static void write_file(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write_word(fd, text))
		_exit(115);
	close(fd);
}

/* As root of a user namespace of one's own, with all capabilities there */
static int write_in_namespace(const void *word)
{
	char map[32];

	snprintf(map, sizeof(map), "0 %d 1", getuid());
	/* else /proc/self is root's */
	prctl(PR_SET_DUMPABLE, 1);
	if (unshare(CLONE_NEWUSER))
		return 114;
	write_file("/proc/self/setgroups", "deny");
	write_file("/proc/self/uid_map", map);
	return getuid() ? 113 : write_owner(word);
}

static void test_user_namespace(void)
{
	is(as_user(BOB, write_owner, "user"), 0, "bob claims before the namespace is there");
	is(as_user(ALICE, write_in_namespace, "none"), EPERM, "root of alice's user namespace does not end bob's claim");
	is(as_user(ALICE, write_in_namespace, "kernel"), EPERM,
	   "root of alice's user namespace does not hand bob's claim back");
	is(as_user(0, write_in_namespace, "none"), EPERM, "root that went into a user namespace does not end bob's claim");
	is(as_user(BOB, write_in_namespace, "none"), 0, "bob releases from a user namespace");
	is(as_user(ALICE, write_in_namespace, "kernel"), EPERM,
	   "root of alice's user namespace does not offer an unclaimed feature to drivers");
	is(as_user(ALICE, write_in_namespace, "user"), 0, "root of alice's user namespace claims");
	ok(is_claim_of(ALICE), "the claim from the user namespace is alice's");
	is(as_user(ALICE, write_owner, "none"), 0, "alice releases what her namespace claimed");
}

static int write_kernel_often(const void *times)
{
	int i, denied = 0;

	for (i = 0; i < *(const int *)times; i++)
		denied += set_owner(feat, "kernel") == -EPERM;
	return denied == *(const int *)times ? 0 : 1;
}

/* The claim of one's own that makes the offer one's right */
static int hand_back_often(const void *times)
{
	int i, event;

	for (i = 0; i < *(const int *)times; i++) {
		if (i % 4) {
			if (set_owner(feat, "user") || set_owner(feat, "kernel"))
				return 1;
			continue;
		}
		event = new_event();
		if (take_kernel_lease(feat, event))
			return 2;
		close(event);
		if (!lease_ends(feat))
			return 3;
	}
	return 0;
}

/* A user who may claim, and could have a driver probed, and the log filled, as often as he likes */
static void test_offer(void)
{
	int mark, times = 200;

	is(load("probe_fails"), 0, "a driver whose probe fails is there");
	mark = log_mark();
	is(set_owner(feat, "kernel"), 0, "root offers the feature to that driver");
	ok(log_lines_with(mark, "failed with error") > 0, "the kernel logs that the probe failed");
	mark = log_mark();
	is(as_user(ALICE, write_kernel_often, &times), 0, "alice is refused 200 times to offer the unclaimed feature to drivers");
	is_str(get_owner(feat), "none", "nobody has the feature after alice's attempts");
	is(log_lines_since(mark), 0, "alice's attempts leave nothing in the kernel's log");
	mark = log_mark();
	is(as_user(ALICE, hand_back_often, &times), 0, "alice claims and hands back 200 times, by the claim and by leases");
	is_str(get_owner(feat), "none", "nobody has the feature that alice handed back");
	is(log_lines_since(mark), 0, "what a driver failed to probe once is not offered for alice");
	mark = log_mark();
	is(set_owner(feat, "kernel"), 0, "root may offer what a driver failed to probe");
	ok(log_lines_with(mark, "failed with error") > 0, "root's offer is made");
	is(sh("echo 0 >/sys/module/probe_fails/parameters/fail"), 0, "the driver can probe the feature now");
	is(set_owner(feat, "kernel"), 0, "root offers what the driver can probe now");
	is_str(get_driver(feat), "probe_fails", "the driver has the feature");
	is(sh("echo 1 >/sys/module/probe_fails/parameters/fail; echo %s >/sys/bus/dfl/drivers/probe_fails/unbind", feat), 0,
	   "root takes the feature from the driver, which fails again");
	mark = log_mark();
	is(as_user(ALICE, write_owner, "user") ?: as_user(ALICE, write_owner, "kernel"), 0,
	   "alice hands back what a driver had meanwhile");
	ok(log_lines_with(mark, "failed with error") > 0, "what a driver had meanwhile is offered for alice once more");
	is(unload("probe_fails"), 0, "the driver unloads");
	is(as_user(ALICE, write_owner, "user"), 0, "alice claims after her attempts");
	is(as_user(ALICE, write_owner, "kernel"), 0, "alice hands her own claim back");
	is(set_owner(feat, "kernel"), 0, "root may offer a feature that nobody claimed");
}

static int deputy(const char *prompt)
{
	return getuid() && !geteuid() ? write_word(2, prompt) : 112;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "prompt"))
		return deputy(argv[2]);
	setup("basic");
	feat = need_feature(PLAIN, 0);
	set_mode("dflres/owner", 0666);
	set_mode("dflres/lease", 0666);
	is(sh("cp /tests/rights " DEPUTY " && chmod 4755 " DEPUTY), 0, "there is a set-id program");
	test_deputy();
	test_chmod();
	test_setuid();
	test_fsuid();
	test_passed();
	test_user_namespace();
	test_offer();
	return done();
}
