// SPDX-License-Identifier: GPL-2.0
/*
 * Through a mount of sysfs that is read-only, as a container has it, registers are neither read nor mapped; what was bound
 * into it read-write works. The claims are a user's whose own the processes in all namespaces are, so nothing but the mount stops them.
 */

#define _GNU_SOURCE
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Where the given feature's files are on their way into the container */
#define HATCH "/tmp/hatch"
/* A locked mount's flags have to be kept when it is bound again */
#define KEPT_FLAGS (MS_NOSUID | MS_NODEV | MS_NOEXEC)

/* One feature is the host's, and shows in the container; the other one is given to it */
static char *kept, *given;

/* How a container gets its /sys */
enum view { BIND, NEW_SYSFS };

struct container {
	const char *what;
	uid_t uid;
	bool own_users;
	enum view view;
};

/* What was seen inside; errno, or 0 */
struct report {
	int failed;
	int read, map, write, open_owner, read_text;
	int given_read, given_map, given_write, given_release, given_claim;
	int old_read, old_map;
};

static struct report *report;

static int read_register(int fd)
{
	uint32_t value;

	if (fd < 0)
		return -fd;
	return pread(fd, &value, 4, 0) == 4 ? 0 : errno;
}

static int map_register(int fd)
{
	void *map = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	uint32_t value;
	int ret;

	if (map == MAP_FAILED)
		return errno;
	ret = -peek(map, &value);
	munmap(map, PAGE);
	return ret;
}

static int open_for(const char *feat, const char *file, int flags)
{
	int fd = open_file(feat, file, flags);

	if (fd >= 0)
		close(fd);
	return fd < 0 ? -fd : 0;
}

static int write_register(const char *feat)
{
	int fd = open_file(feat, "dflres/resource0", O_RDWR);

	if (fd < 0)
		return -fd;
	return pwrite(fd, &(uint32_t){ 0x5a }, 4, 0x80) == 4 ? 0 : errno;
}

static int write_file(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY | O_CLOEXEC), ret;

	if (fd < 0)
		return -1;
	ret = write(fd, text, strlen(text)) == (ssize_t)strlen(text) ? 0 : -1;
	close(fd);
	return ret;
}

static int be_root_of_own_users(uid_t uid)
{
	char users[32], groups[32];

	snprintf(users, sizeof(users), "0 %d 1", uid);
	snprintf(groups, sizeof(groups), "0 %d 1", uid);
	/* else /proc/self/ is root's */
	prctl(PR_SET_DUMPABLE, 1);
	if (unshare(CLONE_NEWUSER) || write_file("/proc/self/setgroups", "deny"))
		return -1;
	return write_file("/proc/self/uid_map", users) || write_file("/proc/self/gid_map", groups) ? -1 : 0;
}

/* The given feature's files wait in the hatch while /sys is made read-only, and are then put in their place, read-write */
static int enter(const struct container *c)
{
	char files[256];

	path(files, sizeof(files), given, "dflres");
	if (unshare(CLONE_NEWNS | CLONE_NEWNET) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return 1;
	if (mount(files, HATCH, NULL, MS_BIND, NULL))
		return 2;
	if (c->view == NEW_SYSFS && mount("sysfs", "/sys", "sysfs", MS_RDONLY | KEPT_FLAGS, NULL))
		return 3;
	if (c->view == BIND && (mount("/sys", "/sys", NULL, MS_BIND | MS_REC, NULL) ||
				mount(NULL, "/sys", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | KEPT_FLAGS, NULL)))
		return 4;
	return mount(HATCH, files, NULL, MS_BIND, NULL) ? 5 : 0;
}

static void look_at_kept(void)
{
	int fd = open_file(kept, "dflres/resource0", O_RDONLY);

	report->read = read_register(fd);
	report->map = map_register(fd);
	report->write = open_for(kept, "dflres/resource0", O_RDWR);
	report->open_owner = open_for(kept, "dflres/owner", O_WRONLY);
	report->read_text = strcmp(get_owner(kept), "user");
}

static void use_given(void)
{
	int fd = open_file(given, "dflres/resource0", O_RDONLY);

	report->given_read = read_register(fd);
	report->given_map = map_register(fd);
	report->given_write = write_register(given);
	report->given_release = -set_owner(given, "none");
	report->given_claim = -set_owner(given, "user");
}

static int live_in(const void *arg)
{
	const struct container *c = arg;
	int old;

	if (setgid(c->uid) || setuid(c->uid))
		return 11;
	old = open_file(kept, "dflres/resource0", O_RDONLY);
	if (c->own_users && be_root_of_own_users(c->uid))
		return 12;
	report->failed = enter(c);
	if (report->failed)
		return report->failed;
	look_at_kept();
	use_given();
	report->old_read = read_register(old);
	report->old_map = map_register(old);
	return 0;
}

static void open_to_all(const char *feat)
{
	char name[256];

	path(name, sizeof(name), feat, "dflres/owner");
	chmod(name, 0666);
}

static int claim_both(const void *unused)
{
	(void)unused;
	return -set_owner(kept, "user") ?: -set_owner(given, "user");
}

static int release_both(const void *unused)
{
	(void)unused;
	return -set_owner(kept, "none") ?: -set_owner(given, "none");
}

static void test_container(const struct container *c)
{
	is(as_user(c->uid, claim_both, NULL), 0, "%s: two features are claimed outside", c->what);
	memset(report, 0, sizeof(*report));
	is(finish(background(live_in, c)), 0, "%s is there, with one of two features bound read-write", c->what);
	is(report->read, EROFS, "%s: registers of the other feature are not read", c->what);
	is(report->map, EROFS, "%s: registers of the other feature are not mapped", c->what);
	is(report->write, EROFS, "%s: registers of the other feature are not opened for writing", c->what);
	is(report->open_owner, EROFS, "%s: the other feature's owner is not opened for writing", c->what);
	is(report->read_text, 0, "%s: the other feature's owner can be read", c->what);
	is(report->given_read, 0, "%s: registers of the bound feature are read", c->what);
	is(report->given_map, 0, "%s: registers of the bound feature are mapped", c->what);
	is(report->given_write, 0, "%s: registers of the bound feature are written", c->what);
	is(report->given_release, 0, "%s: the bound feature is released", c->what);
	is(report->given_claim, 0, "%s: the bound feature is claimed", c->what);
	is(report->old_read, 0, "%s: a descriptor opened outside reads registers", c->what);
	is(report->old_map, 0, "%s: a descriptor opened outside maps registers", c->what);
	is(as_user(c->uid, release_both, NULL), 0, "%s: both features are released outside", c->what);
}

/* It is the mount as it is now, and not as it was when the descriptor was opened */
static void test_made_readonly(void)
{
	char name[300];
	int fd;

	is(set_owner(kept, "user"), 0, "root claims before there is a second mount");
	is(sh("mkdir -p /tmp/view && mount -t sysfs sysfs /tmp/view"), 0, "there is a second mount of sysfs");
	snprintf(name, sizeof(name), "/tmp/view/bus/dfl/devices/%s/dflres/resource0", kept);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	is(read_register(fd), 0, "registers are read through the second mount");
	is(sh("mount -o remount,bind,ro /tmp/view"), 0, "the second mount is made read-only");
	is(read_register(fd), EROFS, "a descriptor of a mount that became read-only does not read");
	is(map_register(fd), EROFS, "a descriptor of a mount that became read-only does not map");
	is(sh("mount -o remount,bind,rw /tmp/view"), 0, "the second mount is made writable again");
	is(read_register(fd), 0, "a descriptor of a mount that is writable again reads");
	is(map_register(fd), 0, "a descriptor of a mount that is writable again maps");
	close(fd);
	is(sh("umount /tmp/view"), 0, "the second mount goes while the claim lasts");
	is(set_owner(kept, "none"), 0, "root releases after the second mount has gone");
}

int main(void)
{
	static const struct container containers[] = {
		{ "root's container with a read-only bind of /sys", 0, false, BIND },
		{ "root's container with a read-only sysfs of its own network", 0, false, NEW_SYSFS },
		{ "alice's user namespace with a read-only bind of /sys", ALICE, true, BIND },
		{ "alice's user namespace with a read-only sysfs of its own network", ALICE, true, NEW_SYSFS },
	};
	unsigned int i;

	setup("basic");
	kept = need_feature(PLAIN, 0);
	given = need_feature(OTHER, 0);
	open_to_all(kept);
	open_to_all(given);
	report = mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	mkdir(HATCH, 0755);
	for (i = 0; i < sizeof(containers) / sizeof(containers[0]); i++)
		test_container(&containers[i]);
	test_made_readonly();
	return done();
}
