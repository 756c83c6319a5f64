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
	is_str(dflres_feature_card(feat), address, "its card");
	filter.card = address;
	filter.id = PLAIN;
	is(dflres_feature_find(&again, &filter, 0), 0, "found by its card");
	is_str(dflres_feature_name(again), name, "and it is the same");
	dflres_feature_close(again);
	filter.card = "0000:7f:1f.7";
	is(dflres_feature_find(&again, &filter, 0), -ENODEV, "not on another card");
	is(dflres_feature_open(&again, name), 0, "by its name");
	dflres_feature_close(again);
	is(dflres_feature_open(&again, "dfl_dev.9999"), -ENODEV, "not by another");

	is(dflres_list_new(&list), 0, "the features are listed");
	ok(dflres_list_count(list) >= 8, "all of them");
	dflres_list_free(list);
	is(dflres_feature_id(feat, &value) ?: (int)value, PLAIN, "id");
	is(dflres_feature_revision(feat, &value) ?: (int)value, 2, "revision");
	is(dflres_feature_num_irqs(feat, &value) ?: (int)value, 0, "interrupts");
	is(dflres_feature_mappable(feat, &mappable) ?: mappable, 1, "mappable");
	is(dflres_feature_dma(feat, &dma), 0, "dma");
	is_str(dflres_dma_name(dma), get(name, "dflres/dma"), "is the module's word");
	is(dflres_feature_resource(feat, &resource), 0, "resource");
	is(resource.start, reg_start(name), "is the module's");
	is(owner_of(feat), DFLRES_OWNER_NONE, "owner");
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
	is(owner_of(feat), DFLRES_OWNER_USER, "a lease claims");
	is(dflres_feature_owner_pid(feat, &pid) ?: pid, getpid(), "for this process");
	is(dflres_claim_open(&second, feat, 0, 0), -EBUSY, "and for no other");
	is(dflres_claim_check(claim), 0, "the claim holds");
	dflres_claim_close(claim);
	is(owner_of(feat), DFLRES_OWNER_NONE, "its close ends it at once");

	is(finish(background(claim_and_exit, feat)), 0, "a process claims and exits");
	is(becomes(feat, DFLRES_OWNER_NONE), 0, "its claim has ended");
	is(finish(background(claim_and_crash, feat)), -1, "a process claims and is killed");
	is(becomes(feat, DFLRES_OWNER_NONE), 0, "its claim has ended");

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
	is(owner_of(feat), DFLRES_OWNER_NONE, "the claimer ends it though a child has a copy");
	kill(child, SIGKILL);
	waitpid(child, &status, 0);

	/* close-on-exec */
	claim = claim_feature(feat, 0);
	is(sh("ls -l /proc/self/fd 2>/dev/null | grep -q -e eventfd -e resource0"), 1, "no descriptor survives exec");
	is(dflres_claim_release(claim, DFLRES_RELEASE_KERNEL), 0, "released to the kernel, none of whose drivers knows it");
	is(owner_of(feat), DFLRES_OWNER_NONE, "so nobody has it");
	is(dflres_claim_release(claim, DFLRES_RELEASE_NONE), -ENODEV, "a second release finds no claim");
	is(dflres_claim_check(claim), -ENODEV, "the claim is gone");
	dflres_claim_close(claim);
	is(as_user(ALICE, claim_by_lease, feat), EACCES, "who may not, does not");
	dflres_feature_close(feat);
}

static void test_lasting(void)
{
	struct dflres_feature *feat = open_feature(PLAIN);
	struct dflres_claim *claim;
	struct dflres_regs *regs;
	uint64_t value;

	is(dflres_claim_attach(&claim, feat), -ENOENT, "no claim to attach to");
	claim = claim_feature(feat, DFLRES_CLAIM_LASTING);
	dflres_claim_close(claim);
	is(owner_of(feat), DFLRES_OWNER_USER, "a lasting claim stays");
	is(dflres_claim_attach(&claim, feat), 0, "attached to");
	is(dflres_regs_open(&regs, claim, 0), 0, "its registers open");
	is(dflres_regs_try_read(regs, 0, 64, &value), 0, "and are read");
	is(value & 0xfff, PLAIN, "the id is in the header");
	dflres_regs_close(regs);
	dflres_claim_close(claim);
	is(owner_of(feat), DFLRES_OWNER_USER, "and it stays");
	is(dflres_feature_release(feat, DFLRES_RELEASE_NONE), 0, "until it is released");
	is(owner_of(feat), DFLRES_OWNER_NONE, "nobody has it");
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
	is(dflres_claim_open(&second, feat, 0, 100), -ETIMEDOUT, "a wait for who does not let go");
	dflres_claim_close(claim);

	if (pipe2(ends, O_CLOEXEC))
		bail("a pipe");
	child = background(hold_until_waited_for, &(struct holder){ feat, ends[0] });
	if (becomes(feat, DFLRES_OWNER_USER) || write(ends[1], "", 1) != 1)
		bail("another has the feature");
	is(dflres_claim_open(&claim, feat, 0, -1), 0, "a wait until another lets go");
	is(finish(child), 0, "which it did");
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

	is(load("uio_dfl"), 0, "uio_dfl loads");
	is(owner_of(feat), DFLRES_OWNER_KERNEL, "and has the feature");
	is(dflres_claim_open(&claim, feat, 0, 0), -EBUSY, "it is not claimed from the driver");
	is(dflres_claim_open(&claim, feat, DFLRES_CLAIM_TAKE_OVER, 0), 0, "unless it is asked for");
	is(owner_of(feat), DFLRES_OWNER_USER, "user space has it");
	dflres_claim_close(claim);
	is(dflres_feature_driver(feat, driver, sizeof(driver)), 0, "a close gives it back");
	is_str(driver, "uio_dfl", "to the driver");

	is(dflres_claim_open(&claim, feat, DFLRES_CLAIM_TAKE_OVER | DFLRES_CLAIM_LASTING, 0), 0, "for a lasting claim");
	dflres_claim_close(claim);
	is(owner_of(feat), DFLRES_OWNER_USER, "which stays");
	is(dflres_feature_release(feat, DFLRES_RELEASE_KERNEL), 0, "released");
	is(owner_of(feat), DFLRES_OWNER_KERNEL, "the driver has it again");
	is(dflres_feature_release(feat, DFLRES_RELEASE_NONE), -EBUSY, "and cannot be released from it");
	dflres_feature_close(feat);
}

/* All or nothing: this claim fails after the unbind, because of a policy */
static void test_take_over_fails(void)
{
	struct dflres_feature *feat = open_feature(UIO);
	struct dflres_claim *claim;
	char driver[64] = "";

	is(sh("echo 1 >/sys/module/dflres/parameters/require_iommu"), 0, "an IOMMU is required, and there is none");
	is(dflres_claim_open(&claim, feat, DFLRES_CLAIM_TAKE_OVER, 0), -EPERM, "a take-over that is refused");
	is(dflres_feature_driver(feat, driver, sizeof(driver)), 0, "leaves the driver");
	is_str(driver, "uio_dfl", "as it was");
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
	is(bad, 0, "feature 0x%x, %s: every way to its registers", id, mapped ? "mappable" : "not mappable");
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
	ok(poll_end.fd >= 0, "%s: a descriptor for the end", what);
	is(poll(&poll_end, 1, 0), 0, "%s: not ready while the claim holds", what);
	for (i = 0; i < READERS; i++) {
		readers[i].regs = regs;
		pthread_create(&threads[i], NULL, read_until_gone, &readers[i]);
	}
	usleep(50000);
	is(poll(&poll_end, 1, 0), 0, "%s: nor by being read", what);
	end(feat);
	is(poll(&poll_end, 1, PATIENCE), 1, "%s: the end wakes", what);
	is(dflres_claim_check(claim), -ENODEV, "%s: and is one", what);
	for (i = 0; i < READERS; i++) {
		pthread_join(threads[i], NULL);
		is(readers[i].error, -ENODEV, "%s: a reader survives", what);
	}
	is(dflres_regs_try_read(regs, 8, 64, &value), -ENODEV, "%s: no read after it", what);
	is(dflres_regs_try_write(regs, 8, 8, 1), -ENODEV, "%s: no write", what);
	is(dflres_regs_error(regs), -ENODEV, "%s: which plain accesses tell as well", what);
	if (flags & (DFLRES_REGS_GUARD | DFLRES_REGS_NO_MAP))
		is(dflres_regs_read32(regs, 0), UINT32_MAX, "%s: they read ones", what);
	is(dflres_regs_open(&readers[0].regs, claim, 0), -ENODEV, "%s: no new mapping", what);
	dflres_regs_close(regs);
	sigaction(SIGBUS, NULL, &after);
	ok(before.sa_handler == after.sa_handler, "%s: the program's handler is there again", what);
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
	is(dflres_regs_open(&fresh, anew, DFLRES_REGS_GUARD), 0, "claimed anew");
	is(dflres_regs_try_read(regs, 0, 64, &value), -ENODEV, "the old mapping is dead");
	is(dflres_regs_try_read(fresh, 0, 64, &value), 0, "the new one is not");
	is(value & 0xfff, BIG, "and reads the feature");
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

	is(sh("example-list | grep -q '^%s on .*: id 0x21, owner none$'", name), 0, "the example list");
	is(sh("example-read %s | grep -q '^0x[0-9a-f]*021$'", name), 0, "the example read");
	is(sh("example-survive %s >/tmp/survive & "
	      "until grep -q using /tmp/survive; do usleep 10000; done; "
	      "echo none >/sys/bus/dfl/devices/%s/dflres/owner; wait; "
	      "grep -q '^%s was taken away$' /tmp/survive", name, name, name), 0, "the example survive");
	is(sh("example-interrupt %s 0 >/dev/null 2>&1", name), 1, "the example interrupt, where there is none");
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
