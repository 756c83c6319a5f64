// SPDX-License-Identifier: GPL-2.0
/* libdflres against the module: claims that outlast or reach beyond the process that made them, and other memory types */

#define _GNU_SOURCE
#include "guest.h"

#include <dflres.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static struct dflres_feature *open_feature(unsigned int id)
{
	struct dflres_filter filter = DFLRES_FILTER_INIT;
	struct dflres_feature *feat;

	filter.type = DFLRES_TYPE_FME;
	filter.id = (int)id;
	if (dflres_feature_find(&feat, &filter, 0))
		bail("the library finds feature 0x%x", id);
	return feat;
}

static enum dflres_owner owner_of(const struct dflres_feature *feat)
{
	enum dflres_owner owner = DFLRES_OWNER_UNKNOWN;

	dflres_feature_owner(feat, &owner);
	return owner;
}

/* What ends with a process ends in a work item, soon after */
static int becomes(const struct dflres_feature *feat, enum dflres_owner owner)
{
	struct dflres_watch *watch;
	enum dflres_owner now;
	int error;

	error = dflres_watch_open(&watch, feat);
	if (error)
		return error;
	error = dflres_watch_read(watch, &now);
	while (!error && now != owner)
		error = dflres_watch_wait(watch, PATIENCE, &now);
	dflres_watch_close(watch);
	return error;
}

/* ---- a process that dies ---- */

static int take_over_and_crash(const void *arg)
{
	struct dflres_claim *claim;

	if (dflres_claim_open(&claim, arg, DFLRES_CLAIM_TAKE_OVER, 0))
		return 1;
	raise(SIGKILL);
	return 1;
}

static void test_crash(void)
{
	struct dflres_feature *feat = open_feature(UIO);

	is(load("uio_dfl"), 0, "uio_dfl loads, to be taken over");
	is(becomes(feat, DFLRES_OWNER_KERNEL), 0, "uio_dfl has the feature");
	is(finish(background(take_over_and_crash, feat)), -1, "a process takes the feature over and is killed");
	is(becomes(feat, DFLRES_OWNER_KERNEL), 0, "uio_dfl has the feature back after the process that took it over is gone");

	is(dflres_feature_release(feat, DFLRES_RELEASE_NONE), -EBUSY,
	   "a driver's feature is not released by dflres_feature_release()");
	is(sh("echo %s >/sys/bus/dfl/drivers/uio_dfl/unbind", dflres_feature_name(feat)), 0, "an administrator unbinds uio_dfl");
	is(finish(background(take_over_and_crash, feat)), -1, "a process claims what no driver has, and is killed");
	is(becomes(feat, DFLRES_OWNER_NONE), 0, "nobody has the feature after who claimed it was killed");
	usleep(200000);
	is(owner_of(feat), DFLRES_OWNER_NONE, "no driver gets what an administrator had unbound");
	dflres_feature_close(feat);
}

/* ---- a claim of this user ---- */

static int read_by_attaching(const void *arg)
{
	struct dflres_claim *claim;
	struct dflres_regs *regs;
	uint64_t value;
	int error;

	error = dflres_claim_open(&claim, arg, DFLRES_CLAIM_ATTACH, 0);
	if (error)
		return -error;
	error = dflres_regs_open(&regs, claim, 0);
	if (!error) {
		error = dflres_regs_try_read64(regs, 0, &value);
		dflres_regs_close(regs);
	}
	dflres_claim_close(claim);
	return error ? -error : (value & 0xfff) != PLAIN;
}

static void test_attach(void)
{
	struct dflres_feature *feat = open_feature(PLAIN);
	struct dflres_claim *claim;

	is(finish(background(read_by_attaching, feat)), 0, "a process claims and reads where nobody has claimed");
	is(becomes(feat, DFLRES_OWNER_NONE), 0, "the claim of a process ends with the process");
	is(dflres_claim_open(&claim, feat, 0, 0), 0, "root claims, for others to attach to");
	is(finish(background(read_by_attaching, feat)), 0, "another process of root reads by the same claim");
	is(dflres_claim_check(claim), 0, "the claim outlives the process that attached to it");
	is(as_user(ALICE, read_by_attaching, feat), EACCES, "alice, who may not claim, does not get root's claim");
	is(sh("chown alice %s/dflres/lease", dflres_feature_path(feat)), 0, "alice may claim after a chown of lease");
	is(as_user(ALICE, read_by_attaching, feat), EBUSY, "root's claim is busy to alice");
	dflres_claim_close(claim);
	is(as_user(ALICE, read_by_attaching, feat), 0, "alice claims and reads what is free");
	is(becomes(feat, DFLRES_OWNER_NONE), 0, "alice's claim ends with her process");
	is(sh("chown root %s/dflres/lease", dflres_feature_path(feat)), 0,
	   "alice may claim no more after a chown of lease");
	dflres_feature_close(feat);
}

/* ---- a descriptor that is passed on ---- */

static void send_fd(int to, int fd)
{
	char byte = 0, control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec data = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(int));
	if (sendmsg(to, &message, 0) != 1)
		bail("a claim's descriptor is sent to alice");
}

static int receive_fd(int from)
{
	char byte, control[CMSG_SPACE(sizeof(int))];
	struct iovec data = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control),
	};
	int fd = -1;

	if (recvmsg(from, &message, MSG_CMSG_CLOEXEC) == 1 && CMSG_FIRSTHDR(&message))
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(int));
	return fd;
}

static int ends[2];

/* For alice, who may open none of the claim's files: 0, or the number of what went wrong */
static int use_what_comes(const void *arg)
{
	int fd = receive_fd(ends[1]);
	struct dflres_claim *claim;
	struct dflres_regs *regs;
	uint32_t value = 0;
	char byte = 0;

	(void)arg;
	if (dflres_claim_from_fd(&claim, fd) || strncmp(dflres_feature_name(dflres_claim_feature(claim)), "dfl_dev.", 8))
		return 10;
	if (dflres_regs_open(&regs, claim, DFLRES_REGS_GUARD) || dflres_regs_try_read32(regs, 0, &value) ||
	    (value & 0xfff) != PLAIN)
		return 11;
	if (write(ends[1], &byte, 1) != 1 || read(ends[1], &byte, 1) != 1)
		return 12;
	if (dflres_regs_try_read32(regs, 0, &value) != -ENODEV || dflres_claim_check(claim) != -ENODEV)
		return 13;
	dflres_regs_close(regs);
	dflres_claim_close(claim);
	return dflres_claim_from_fd(&claim, fd) == -ENODEV ? 0 : 14;
}

static int as_alice(const void *arg)
{
	return as_user(ALICE, use_what_comes, arg);
}

static void test_passed_on(void)
{
	struct dflres_feature *feat = open_feature(PLAIN);
	struct dflres_claim *claim, *wrong;
	char byte = 0;
	pid_t child;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		bail("a pair of sockets can be made");
	is(dflres_claim_open(&claim, feat, 0, 0), 0, "a process claims, to be sent to alice");
	child = background(as_alice, NULL);
	send_fd(ends[0], dflres_claim_fd(claim));
	is(read(ends[0], &byte, 1), 1, "alice reads a register by the descriptor that she was sent");
	is(dflres_claim_check(claim), 0, "the claim holds while alice has its descriptor");
	dflres_claim_close(claim);
	is(write(ends[0], &byte, 1), 1, "alice is told that the claim has ended");
	is(finish(child), 0, "alice's registers, and her descriptor, have ended with the claim");
	is(dflres_claim_from_fd(&wrong, ends[0]), -EINVAL, "a socket is not taken for a claim");
	is(sh("dflres exec %s -- true", dflres_feature_name(feat)), 0, "dflres exec passes descriptors on");
	close(ends[0]);
	close(ends[1]);
	dflres_feature_close(feat);
}

/* ---- a container that was not given the feature ---- */

static int claim_read_only(const void *arg)
{
	const char *name = arg;
	struct dflres_feature *feat;
	struct dflres_claim *claim;

	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("/sys", "/sys", NULL, MS_BIND, NULL) ||
	    mount(NULL, "/sys", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL) || dflres_feature_open(&feat, name))
		return 10;
	if (dflres_claim_open(&claim, feat, 0, 0) != -EROFS ||
	    dflres_claim_open(&claim, feat, DFLRES_CLAIM_LASTING, 0) != -EROFS ||
	    dflres_claim_open(&claim, feat, DFLRES_CLAIM_ATTACH, 0) != -EROFS)
		return 11;
	if (dflres_feature_release(feat, DFLRES_RELEASE_NONE) != -EROFS)
		return 12;
	return dflres_claim_attach(&claim, feat) == (owner_of(feat) == DFLRES_OWNER_USER ? -EROFS : -ENOENT) ? 0 : 13;
}

static void test_read_only(void)
{
	struct dflres_feature *feat = open_feature(PLAIN);
	struct dflres_claim *claim;

	is(finish(background(claim_read_only, dflres_feature_name(feat))), 0,
	   "a claim where /sys is read-only is refused with EROFS");
	is(dflres_claim_open(&claim, feat, 0, 0), 0, "root claims where /sys is not read-only");
	is(finish(background(claim_read_only, dflres_feature_name(feat))), 0,
	   "root's claim is refused with EROFS where /sys is read-only");
	is(dflres_claim_check(claim), 0, "the claim holds after attempts where /sys is read-only");
	dflres_claim_close(claim);
	dflres_feature_close(feat);
}

/* ---- write-combined ---- */

#define SCRATCH 0x40

static void test_write_combine(void)
{
	struct dflres_feature *feat = open_feature(PLAIN);
	struct dflres_claim *claim;
	struct dflres_regs *regs, *other;
	uint64_t value = 0;
	int error;

	is(dflres_claim_open(&claim, feat, 0, 0), 0, "a feature is claimed, to be mapped write-combined");
	error = dflres_regs_open(&regs, claim, DFLRES_REGS_WRITE_COMBINE | DFLRES_REGS_GUARD);
	if (error == -EOPNOTSUPP) {
		note("the BAR is not prefetchable");
		is(has_file(dflres_feature_name(feat), "dflres/resource0_wc"), 0,
		   "there is no resource0_wc in a BAR that is not prefetchable");
		is(dflres_regs_open(&other, claim, 0), 0, "uncached registers open where there is no resource0_wc");
		dflres_regs_close(other);
		dflres_claim_close(claim);
		dflres_feature_close(feat);
		return;
	}
	is(error, 0, "registers open write-combined in a claim");
	dflres_regs_write64(regs, SCRATCH, 0x1122334455667788);
	dflres_regs_flush(regs);
	is(dflres_regs_try_read64(regs, SCRATCH, &value) ?: value == 0x1122334455667788, 1,
	   "what was written through a write-combined mapping is there");
	is(dflres_regs_open(&other, claim, 0), -EBUSY, "uncached registers do not open beside write-combined ones");
	dflres_claim_release(claim, DFLRES_RELEASE_NONE);
	is(dflres_regs_try_read64(regs, SCRATCH, &value), -ENODEV, "write-combined registers end with the claim");
	is(dflres_regs_open(&other, claim, DFLRES_REGS_WRITE_COMBINE), -ENODEV,
	   "no registers open after the end of a write-combined claim");
	dflres_regs_close(regs);
	dflres_claim_close(claim);

	is(dflres_claim_open(&claim, feat, 0, 0), 0, "the feature is claimed anew after a write-combined claim");
	is(dflres_regs_open(&regs, claim, 0), 0, "uncached registers open under the next claim");
	is(dflres_regs_open(&other, claim, DFLRES_REGS_WRITE_COMBINE), -EBUSY,
	   "write-combined registers do not open beside uncached ones");
	dflres_regs_close(regs);
	dflres_claim_close(claim);
	dflres_feature_close(feat);
}

int main(void)
{
	setup("basic");
	test_attach();
	test_passed_on();
	test_read_only();
	test_write_combine();
	test_crash();
	return done();
}
