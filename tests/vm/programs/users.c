// SPDX-License-Identifier: GPL-2.0
/* Who may claim is the mode of `owner`; who may use a claim is the owner of its files */

#define _GNU_SOURCE
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static char *feat;

static int result(int ret)
{
	return ret < 0 ? -ret : ret;
}

static int open_owner(const void *unused)
{
	int fd = open_file(feat, "dflres/owner", O_WRONLY);

	(void)unused;
	return fd < 0 ? -fd : 0;
}

static int write_owner(const void *word)
{
	return result(set_owner(feat, word));
}

static int open_registers(const void *unused)
{
	int fd = open_file(feat, "dflres/resource0", O_RDONLY);

	(void)unused;
	return fd < 0 ? -fd : 0;
}

static int read_files(const void *unused)
{
	(void)unused;
	return !*get(feat, "dflres/owner") || !*get(feat, "dflres/resource") ||
	       !*get(feat, "dflres/mappable") || !*get(feat, "dflres/num_irqs") ||
	       !*get(feat, "dflres/revision") || !*get(feat, "dflres/owner_pid");
}

static int use_registers(const void *unused)
{
	volatile uint8_t *map = map_regs(feat, 0, PAGE);
	uint32_t value = 0, byte;

	(void)unused;
	if (map == MAP_FAILED || poke(map + 8, 0x5a5a) || peek(map + 8, &value))
		return 1;
	if (pread(open_file(feat, "dflres/resource0", O_RDONLY), &byte, 4, 8) != 4)
		return 2;
	return value == 0x5a5a && byte == 0x5a5a ? 0 : 3;
}

static void test_delegated(void)
{
	char name[256];
	struct stat st;
	int mark = log_mark();

	path(name, sizeof(name), feat, "dflres/owner");
	chmod(name, 0666);
	is(as_user(ALICE, write_owner, "user"), 0, "alice may claim where the mode of owner allows that");
	path(name, sizeof(name), feat, "dflres/resource0");
	stat(name, &st);
	ok(st.st_uid == ALICE && st.st_gid == ALICE && st.st_mode == (S_IFREG | 0600),
	   "resource0 is alice's alone in her claim");
	path(name, sizeof(name), feat, "dflres/owner_pid");
	stat(name, &st);
	ok(st.st_uid == ALICE && st.st_gid == ALICE, "owner_pid is alice's in her claim");
	is(as_user(ALICE, use_registers, NULL), 0, "alice maps, writes and reads the registers of her claim");

	is(as_user(BOB, open_registers, NULL), EACCES, "bob cannot open the registers of alice's claim");
	is(as_user(BOB, read_files, NULL), 0, "bob can see whose claim a feature is");
	is(as_user(BOB, write_owner, "user"), EBUSY, "bob cannot claim what alice has");
	is(as_user(BOB, write_owner, "none"), EPERM, "bob cannot release alice's claim");
	is(as_user(BOB, write_owner, "kernel"), EPERM, "bob cannot hand alice's claim back");
	is(as_user(ALICE, use_registers, NULL), 0, "alice still uses the registers after bob's attempts");
	is(as_user(ALICE, write_owner, "none"), 0, "alice can release her claim");

	is(as_user(BOB, write_owner, "user"), 0, "bob can claim what alice has released");
	is(as_user(ALICE, open_registers, NULL), EACCES, "alice cannot open the registers of bob's claim");
	is(set_owner(feat, "none"), 0, "root can release bob's claim");
	is(log_lines_since(mark), 0, "refusals of users leave no line in the kernel's log");

	path(name, sizeof(name), feat, "dflres/owner");
	stat(name, &st);
	is(st.st_mode, S_IFREG | 0666, "owner keeps its mode over claims");
	chmod(name, 0644);
}

static int keep_then_touch(const void *pipe_end)
{
	int fd = open_file(feat, "dflres/resource0", O_RDWR);
	volatile uint8_t *map = map_regs(feat, 0, PAGE);
	uint32_t value;
	char c;

	if (fd < 0 || map == MAP_FAILED || peek(map, &value))
		return 1;
	/* Until bob has claimed */
	if (read(*(const int *)pipe_end, &c, 1) != 0)
		return 2;
	if (peek(map, &value) != -EFAULT || poke(map, 1) != -EFAULT)
		return 3;
	if (pread(fd, &value, 4, 0) != -1 || errno != ENODEV)
		return 4;
	if (pwrite(fd, &value, 4, 0) != -1 || errno != ENODEV)
		return 5;
	return mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED && errno == ENODEV ? 0 : 6;
}

static int claim_and_keep(const void *pipe_end)
{
	int pid;

	if (setgid(ALICE) || setuid(ALICE))
		return 97;
	pid = write_owner("user");
	return pid ? 98 : keep_then_touch(pipe_end);
}

static void test_handed_over(void)
{
	char name[256];
	int ends[2];
	pid_t alice;

	path(name, sizeof(name), feat, "dflres/owner");
	chmod(name, 0666);
	if (pipe2(ends, O_CLOEXEC))
		bail("a pipe can be made");
	alice = fork();
	if (!alice) {
		close(ends[1]);
		_exit(claim_and_keep(&ends[0]));
	}
	close(ends[0]);
	until_asleep(alice);
	is(as_user(ALICE, write_owner, "none"), 0, "alice releases a feature that she has mapped");
	is(as_user(BOB, write_owner, "user"), 0, "bob claims what alice still has mapped");
	close(ends[1]);
	is(finish(alice), 0, "nothing that alice kept reaches bob's claim");
	is(as_user(BOB, write_owner, "none"), 0, "bob releases what alice still has mapped");
	chmod(name, 0644);
}

int main(void)
{
	setup("basic");
	feat = need_feature(PLAIN, 0);
	is(as_user(ALICE, open_owner, NULL), EACCES, "by default only root may claim");
	is(as_user(ALICE, read_files, NULL), 1, "all may look, but an unclaimed feature has no pid");
	test_delegated();
	test_handed_over();
	return done();
}
