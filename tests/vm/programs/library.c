// SPDX-License-Identifier: GPL-2.0
/* libdflres against the module: claims, registers, and how their end is met */

#define _GNU_SOURCE
#include "guest.h"

#include <dflres.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
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

static struct dflres_claim *claim_feature(const struct dflres_feature *feat, unsigned int flags)
{
	struct dflres_claim *claim;
	int error = dflres_claim_open(&claim, feat, flags, 0);

	if (error)
		bail("%s can be claimed: %s", dflres_feature_name(feat), strerror(-error));
	return claim;
}

static enum dflres_owner owner_of(const struct dflres_feature *feat)
{
	enum dflres_owner owner = 99;

	dflres_feature_owner(feat, &owner);
	return owner;
}

/* What ends with a descriptor ends in a work item, soon after */
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

static void test_listing(void)
{
	struct dflres_feature *feat = open_feature(PLAIN);
	const char *name = dflres_feature_name(feat);
	const char *address = strrchr(card_path(), '/') + 1;
	struct dflres_filter filter = DFLRES_FILTER_INIT;
	struct dflres_resource resource;
	struct dflres_feature *again;
	struct dflres_list *list;
	enum dflres_dma dma;
	unsigned int value;
	char *expected;
	bool mappable;

	expected = need_feature(PLAIN, 0);
	is_str(name, expected, "a feature is found by what it is");
	is_str(dflres_feature_card(feat), address, "a found feature tells its card");
	filter.card = address;
	filter.id = PLAIN;
	is(dflres_feature_find(&again, &filter, 0), 0, "a feature is found by its card");
	is_str(dflres_feature_name(again), name, "a feature found by its card is the one found by its id");
	dflres_feature_close(again);
	filter.card = "0000:7f:1f.7";
	is(dflres_feature_find(&again, &filter, 0), -ENODEV, "a feature is not found on another card");
	is(dflres_feature_open(&again, name), 0, "a feature is opened by its name");
	dflres_feature_close(again);
	is(dflres_feature_open(&again, "dfl_dev.9999"), -ENODEV, "a feature is not opened by another name");

	is(dflres_list_new(&list), 0, "the features are listed");
	ok(dflres_list_count(list) >= 8, "the list has all features");
	dflres_list_free(list);
	is(dflres_feature_id(feat, &value) ?: (int)value, PLAIN, "a feature tells its id");
	is(dflres_feature_revision(feat, &value) ?: (int)value, 2, "a feature tells its revision");
	is(dflres_feature_num_irqs(feat, &value) ?: (int)value, 0, "a feature tells how many interrupts it has");
	is(dflres_feature_mappable(feat, &mappable) ?: mappable, 1, "a feature tells that it is mappable");
	is(dflres_feature_dma(feat, &dma), 0, "a feature tells its DMA");
	is_str(dflres_dma_name(dma), get(name, "dflres/dma"), "a feature's DMA is the module's word");
	is(dflres_feature_resource(feat, &resource), 0, "a feature tells its resource");
	is(resource.start, reg_start(name), "a feature's resource is the module's");
	is(owner_of(feat), DFLRES_OWNER_NONE, "a feature tells that nobody owns it");
	free(expected);
	dflres_feature_close(feat);
}

static int claim_and_exit(const void *arg)
{
	claim_feature(arg, 0);
	return 0;
}

static int claim_and_crash(const void *arg)
{
	claim_feature(arg, 0);
	raise(SIGKILL);
	return 0;
}

static int claim_by_lease(const void *arg)
{
	struct dflres_claim *claim;

	return -dflres_claim_open(&claim, arg, 0, 0);
}

static void test_lease(void)
{
	struct dflres_feature *feat = open_feature(PLAIN);
	struct dflres_claim *claim, *second;
	pid_t pid = 0, child;
	int status;

	claim = claim_feature(feat, 0);
	is(owner_of(feat), DFLRES_OWNER_USER, "a claim by lease makes user the owner");
	is(dflres_feature_owner_pid(feat, &pid) ?: pid, getpid(), "a claim by lease is this process's");
	is(dflres_claim_open(&second, feat, 0, 0), -EBUSY, "a claim by lease refuses another one");
	is(dflres_claim_check(claim), 0, "dflres_claim_check() says that the claim holds");
	dflres_claim_close(claim);
	is(owner_of(feat), DFLRES_OWNER_NONE, "the close of a claim ends it at once");

	is(finish(background(claim_and_exit, feat)), 0, "a process claims and exits");
	is(becomes(feat, DFLRES_OWNER_NONE), 0, "the claim of a process that exits has ended");
	is(finish(background(claim_and_crash, feat)), -1, "a process claims and is killed");
	is(becomes(feat, DFLRES_OWNER_NONE), 0, "the claim of a process that was killed has ended");

	/* a copy in a child keeps it, and cannot end it; the claimer can */
	claim = claim_feature(feat, 0);
	child = fork();
	if (!child) {
		dflres_claim_close(claim);
		_exit(owner_of(feat));
	}
	waitpid(child, &status, 0);
	is(WEXITSTATUS(status), DFLRES_OWNER_USER, "a child that closes its copy ends nothing");
	child = fork();
	if (!child) {
		pause();
		_exit(0);
	}
	dflres_claim_close(claim);
	is(owner_of(feat), DFLRES_OWNER_NONE, "the claimer's close ends the claim though a child has a copy");
	kill(child, SIGKILL);
	waitpid(child, &status, 0);

	/* close-on-exec */
	claim = claim_feature(feat, 0);
	is(sh("ls -l /proc/self/fd 2>/dev/null | grep -q -e eventfd -e resource0"), 1,
	   "no descriptor of a claim survives exec");
	is(dflres_claim_release(claim, DFLRES_RELEASE_KERNEL), 0, "a claim is released to a kernel that has no driver");
	is(owner_of(feat), DFLRES_OWNER_NONE, "nobody has a feature that was released to no driver");
	is(dflres_claim_release(claim, DFLRES_RELEASE_NONE), -ENODEV, "a second release finds no claim");
	is(dflres_claim_check(claim), -ENODEV, "dflres_claim_check() says that a released claim is gone");
	dflres_claim_close(claim);
	is(as_user(ALICE, claim_by_lease, feat), EACCES, "a user who may not claim is refused with EACCES");
	dflres_feature_close(feat);
}

static void test_lasting(void)
{
	struct dflres_feature *feat = open_feature(PLAIN);
	struct dflres_claim *claim;
	struct dflres_regs *regs;
	uint64_t value;

	is(dflres_claim_attach(&claim, feat), -ENOENT, "there is no claim to attach to at first");
	claim = claim_feature(feat, DFLRES_CLAIM_LASTING);
	dflres_claim_close(claim);
	is(owner_of(feat), DFLRES_OWNER_USER, "a lasting claim stays");
	is(dflres_claim_attach(&claim, feat), 0, "a lasting claim can be attached to");
	is(dflres_regs_open(&regs, claim, 0), 0, "registers of an attached claim open");
	is(dflres_regs_try_read(regs, 0, 64, &value), 0, "registers of an attached claim are read");
	is(value & 0xfff, PLAIN, "the header of an attached claim's registers has the feature's id");
	dflres_regs_close(regs);
	dflres_claim_close(claim);
	is(owner_of(feat), DFLRES_OWNER_USER, "a lasting claim stays after who attached has closed");
	is(dflres_feature_release(feat, DFLRES_RELEASE_NONE), 0, "a lasting claim is released");
	is(owner_of(feat), DFLRES_OWNER_NONE, "nobody has the feature after a lasting claim");
	dflres_feature_close(feat);
}

struct holder {
	const struct dflres_feature *feat;
	int ask;
};

static int hold_until_waited_for(const void *arg)
{
	const struct holder *holder = arg;
	struct dflres_claim *claim = claim_feature(holder->feat, 0);
	char byte;

	if (read(holder->ask, &byte, 1) != 1)
		return 1;
	until_asleep(getppid());
	dflres_claim_close(claim);
	return 0;
}

static void test_wait(void)
{
	struct dflres_feature *feat = open_feature(PLAIN);
	struct dflres_claim *claim, *second;
	int ends[2];
	pid_t child;

	claim = claim_feature(feat, 0);
	is(dflres_claim_open(&second, feat, 0, 100), -ETIMEDOUT, "a wait for a claim that does not end times out");
	dflres_claim_close(claim);

	if (pipe2(ends, O_CLOEXEC))
		bail("a pipe can be made");
	child = background(hold_until_waited_for, &(struct holder){ feat, ends[0] });
	if (becomes(feat, DFLRES_OWNER_USER) || write(ends[1], "", 1) != 1)
		bail("another process claims the feature");
	is(dflres_claim_open(&claim, feat, 0, -1), 0, "a wait for a claim ends when another process lets go");
	is(finish(child), 0, "the process that was waited for ends");
	close(ends[0]);
	close(ends[1]);
	dflres_claim_close(claim);
	dflres_feature_close(feat);
}

static void test_take_over(void)
{
	struct dflres_feature *feat = open_feature(UIO);
	struct dflres_claim *claim;
	char driver[64] = "";

	is(load("uio_dfl"), 0, "uio_dfl loads, to be taken over");
	is(owner_of(feat), DFLRES_OWNER_KERNEL, "uio_dfl has the feature that is to be taken over");
	is(dflres_claim_open(&claim, feat, 0, 0), -EBUSY,
	   "a driver's feature is not claimed without DFLRES_CLAIM_TAKE_OVER");
	is(dflres_claim_open(&claim, feat, DFLRES_CLAIM_TAKE_OVER, 0), 0,
	   "a driver's feature is claimed with DFLRES_CLAIM_TAKE_OVER");
	is(owner_of(feat), DFLRES_OWNER_USER, "user space has the feature that was taken over");
	dflres_claim_close(claim);
	is(dflres_feature_driver(feat, driver, sizeof(driver)), 0,
	   "the close of a taken over claim brings a driver back");
	is_str(driver, "uio_dfl", "the driver that is back is the one that was taken over");

	is(dflres_claim_open(&claim, feat, DFLRES_CLAIM_TAKE_OVER | DFLRES_CLAIM_LASTING, 0), 0,
	   "a lasting claim takes the feature over");
	dflres_claim_close(claim);
	is(owner_of(feat), DFLRES_OWNER_USER, "a lasting claim that took over stays after the close");
	is(dflres_feature_release(feat, DFLRES_RELEASE_KERNEL), 0,
	   "a lasting claim that took over is released to the kernel");
	is(owner_of(feat), DFLRES_OWNER_KERNEL, "uio_dfl has the feature again after the release");
	is(dflres_feature_release(feat, DFLRES_RELEASE_NONE), -EBUSY,
	   "a driver's feature is not released by dflres_feature_release()");
	dflres_feature_close(feat);
}

/* All or nothing: this claim fails after the unbind, because of a policy */
static void test_take_over_fails(void)
{
	struct dflres_feature *feat = open_feature(UIO);
	struct dflres_claim *claim;
	char driver[64] = "";

	is(sh("echo 1 >/sys/module/dflres/parameters/require_iommu"), 0, "an IOMMU is required where there is none");
	is(dflres_claim_open(&claim, feat, DFLRES_CLAIM_TAKE_OVER, 0), -EPERM,
	   "a take-over is refused where an IOMMU is required");
	is(dflres_feature_driver(feat, driver, sizeof(driver)), 0, "a refused take-over leaves a driver bound");
	is_str(driver, "uio_dfl", "the driver after a refused take-over is the one from before");
	sh("echo 0 >/sys/module/dflres/parameters/require_iommu");
	dflres_feature_close(feat);
}

/* Both ways to the registers, against what is in the BAR */
static void check_registers(unsigned int id, bool mapped)
{
	static const unsigned int flags[] = {
		0, DFLRES_REGS_NO_MAP, DFLRES_REGS_GUARD, DFLRES_REGS_GUARD_OWN,
	};
	struct dflres_feature *feat = open_feature(id);
	struct dflres_claim *claim = claim_feature(feat, 0);
	const char *name = dflres_feature_name(feat);
	volatile uint8_t *bar, *there;
	size_t bar_size, size, bad = 0, i;
	uint8_t data[256];
	unsigned int k;

	bar = bar_map(&bar_size);
	there = bar + bar_offset(name);
	for (k = 0; k < sizeof(flags) / sizeof(flags[0]); k++) {
		struct dflres_regs *regs;
		uint32_t value = 0;

		if (dflres_regs_open(&regs, claim, flags[k]))
			bail("the registers open");
		size = dflres_regs_size(regs);
		bad += size != reg_size(name);
		bad += !!dflres_regs_base(regs) != (mapped && flags[k] != DFLRES_REGS_NO_MAP);
		dflres_regs_write64(regs, 0x40, 0x1122334455667788u + k);
		bad += *(volatile uint64_t *)(there + 0x40) != 0x1122334455667788u + k;
		dflres_regs_write32(regs, 0x44, 0xa1a2a3a4);
		dflres_regs_write16(regs, 0x42, 0xb1b2);
		dflres_regs_write8(regs, 0x41, 0xc1);
		bad += dflres_regs_read64(regs, 0x40) != 0xa1a2a3a4b1b2c188 + k;
		bad += dflres_regs_read32(regs, 0x40) != 0xb1b2c188 + k;
		bad += dflres_regs_read16(regs, 0x46) != 0xa1a2;
		bad += dflres_regs_read8(regs, 0x43) != 0xb1;
		bad += dflres_regs_try_write32(regs, 0x48, 7) || dflres_regs_try_read32(regs, 0x48, &value);
		bad += value != 7;
		bad += dflres_regs_try_read32(regs, size & ~3UL, &value) != -ERANGE;
		bad += dflres_regs_try_read32(regs, 2, &value) != -EINVAL;
		bad += dflres_regs_read_block(regs, 0x40, 32, data, sizeof(data)) != 0;
		for (i = 0; i < sizeof(data); i++)
			bad += data[i] != there[0x40 + i];
		bad += dflres_regs_read_block(regs, 0x40, 64, data, sizeof(data)) != 0;
		for (i = 0; i < sizeof(data); i++)
			bad += data[i] != there[0x40 + i];
		bad += dflres_regs_error(regs) != 0;
		dflres_regs_close(regs);
	}
	is(bad, 0, "feature 0x%x, %s: every way reaches the BAR", id, mapped ? "mappable" : "not mappable");
	munmap((void *)bar, bar_size);
	dflres_claim_close(claim);
	dflres_feature_close(feat);
}

/* ---- the end of a claim ---- */

struct reader {
	struct dflres_regs *regs;
	int error;
};

static void *read_until_gone(void *arg)
{
	struct reader *reader = arg;
	uint32_t value;

	do
		reader->error = dflres_regs_try_read32(reader->regs, 0, &value);
	while (!reader->error);
	return NULL;
}

#define READERS 3

/* In four threads, three reading and one waiting, until END ends the claim */
static void check_end(const char *what, void (*end)(const struct dflres_feature *feat), unsigned int id,
		      unsigned int flags)
{
	struct dflres_feature *feat = open_feature(id);
	struct dflres_claim *claim = claim_feature(feat, 0);
	struct pollfd poll_end = { .events = POLLPRI };
	struct reader readers[READERS];
	pthread_t threads[READERS];
	struct dflres_regs *regs;
	struct sigaction before, after;
	uint64_t value;
	int i;

	sigaction(SIGBUS, NULL, &before);
	if (dflres_regs_open(&regs, claim, flags))
		bail("the registers open");
	poll_end.fd = dflres_claim_end_fd(claim);
	ok(poll_end.fd >= 0, "%s: the claim has a descriptor for its end", what);
	is(poll(&poll_end, 1, 0), 0, "%s: the end's descriptor is not ready while the claim holds", what);
	for (i = 0; i < READERS; i++) {
		readers[i].regs = regs;
		pthread_create(&threads[i], NULL, read_until_gone, &readers[i]);
	}
	usleep(50000);
	is(poll(&poll_end, 1, 0), 0, "%s: the end's descriptor is not ready while registers are read", what);
	end(feat);
	is(poll(&poll_end, 1, PATIENCE), 1, "%s: the end of the claim wakes who polls", what);
	is(dflres_claim_check(claim), -ENODEV, "%s: dflres_claim_check() says that the claim has ended", what);
	for (i = 0; i < READERS; i++) {
		pthread_join(threads[i], NULL);
		is(readers[i].error, -ENODEV, "%s: a thread that reads registers survives the end of the claim", what);
	}
	is(dflres_regs_try_read(regs, 8, 64, &value), -ENODEV,
	   "%s: no register is read after the end of the claim", what);
	is(dflres_regs_try_write(regs, 8, 8, 1), -ENODEV,
	   "%s: no register is written after the end of the claim", what);
	is(dflres_regs_error(regs), -ENODEV, "%s: dflres_regs_error() tells of the end of the claim", what);
	if (flags & (DFLRES_REGS_GUARD | DFLRES_REGS_NO_MAP))
		is(dflres_regs_read32(regs, 0), UINT32_MAX,
		   "%s: plain reads give ones after the end of the claim", what);
	is(dflres_regs_open(&readers[0].regs, claim, 0), -ENODEV,
	   "%s: registers do not open after the end of the claim", what);
	dflres_regs_close(regs);
	sigaction(SIGBUS, NULL, &after);
	ok(before.sa_handler == after.sa_handler,
	   "%s: the program's handler of SIGBUS is there again after the close", what);
	dflres_claim_close(claim);
	dflres_feature_close(feat);
}

static void by_release(const struct dflres_feature *feat)
{
	set_owner(dflres_feature_name(feat), "none");
}

static void by_unplug(const struct dflres_feature *feat)
{
	(void)feat;
	sh("card unbind");
}

static void test_end(void)
{
	check_end("released, guarded", by_release, BIG, DFLRES_REGS_GUARD);
	check_end("released, no guard", by_release, BIG, 0);
	check_end("released, not mapped", by_release, BIG, DFLRES_REGS_NO_MAP);
	check_end("unplugged, guarded", by_unplug, BIG, DFLRES_REGS_GUARD);
	card_up("basic");
	check_end("unplugged, not mapped", by_unplug, BIG, DFLRES_REGS_NO_MAP);
	card_up("basic");
}

/* The same process claims anew: what it had before stays dead */
static void test_claim_anew(void)
{
	struct dflres_feature *feat = open_feature(BIG);
	struct dflres_claim *claim = claim_feature(feat, 0), *anew;
	struct dflres_regs *regs, *fresh;
	uint64_t value = 0;

	if (dflres_regs_open(&regs, claim, DFLRES_REGS_GUARD))
		bail("the registers open");
	by_release(feat);
	anew = claim_feature(feat, 0);
	is(dflres_regs_open(&fresh, anew, DFLRES_REGS_GUARD), 0,
	   "registers of a new claim open after the old one's end");
	is(dflres_regs_try_read(regs, 0, 64, &value), -ENODEV, "registers of the old claim stay dead in the new one");
	is(dflres_regs_try_read(fresh, 0, 64, &value), 0, "registers of the new claim are read");
	is(value & 0xfff, BIG, "the new claim reads the feature's id");
	dflres_claim_close(claim);
	is(dflres_claim_check(anew), 0, "a close of the old claim does not end the new one");
	dflres_regs_close(regs);
	dflres_regs_close(fresh);
	dflres_claim_close(anew);
	dflres_feature_close(feat);
}

static void test_examples(void)
{
	struct dflres_feature *feat = open_feature(PLAIN);
	const char *name = dflres_feature_name(feat);

	is(sh("example-list | grep -q '^%s on .*: id 0x21, owner none$'", name), 0, "the example list shows a feature");
	is(sh("example-read %s | grep -q '^0x[0-9a-f]*021$'", name), 0, "the example read prints a register");
	is(sh("example-survive %s >/tmp/survive & "
	      "until grep -q using /tmp/survive; do usleep 10000; done; "
	      "echo none >/sys/bus/dfl/devices/%s/dflres/owner; wait; "
	      "grep -q '^%s was taken away$' /tmp/survive", name, name, name), 0,
	   "the example survive lives through the end of its claim");
	is(sh("example-interrupt %s 0 >/dev/null 2>&1", name), 1,
	   "the example interrupt fails where there is no interrupt");
	dflres_feature_close(feat);
}

int main(void)
{
	static const struct {
		unsigned int id;
		bool mapped;
	} layout[] = {
		{ 0x100, false }, { 0x101, true }, { 0x102, false }, { 0x105, true },
		{ 0x106, false }, { 0x107, false }, { 0x109, false },
	};
	unsigned int i;

	setup("basic");
	test_listing();
	test_lease();
	test_lasting();
	test_wait();
	test_end();
	test_claim_anew();
	test_examples();
	test_take_over();
	test_take_over_fails();
	unload("uio_dfl");
	card_up("layout");
	for (i = 0; i < sizeof(layout) / sizeof(layout[0]); i++)
		check_registers(layout[i].id, layout[i].mapped);
	return done();
}
