// SPDX-License-Identifier: GPL-2.0
/* However a claim ends, all that was had through it ends, at once and for good */

#define _GNU_SOURCE
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* What a process keeps of a claim, opened before it ends */
struct held {
	int fd, pid_fd, owner_fd;
	volatile uint8_t *map, *untouched;
};

static char *big, *small;

/* How often somebody has come to hold a claim, in all processes */
static atomic_uint *holding;

/*
 * One process at a time: kernfs counts a file's mappings without a lock, and of two that come at the same moment it may
 * miscount and WARN when the file is removed. (The module does not depend on that count.)
 */
static int hold_lock;

static int hold(const char *feat, struct held *held)
{
	if (lockf(hold_lock, F_LOCK, 0))
		return 79;
	held->fd = open_file(feat, "dflres/resource0", O_RDWR);
	held->pid_fd = open_file(feat, "dflres/owner_pid", O_RDONLY);
	held->owner_fd = open_file(feat, "dflres/owner", O_RDONLY);
	held->map = map_regs(feat, 0, PAGE);
	held->untouched = map_regs(feat, 0, PAGE);
	if (lockf(hold_lock, F_ULOCK, 0))
		return 79;
	if (held->fd < 0 || held->pid_fd < 0 || held->owner_fd < 0 ||
	    held->map == MAP_FAILED || held->untouched == MAP_FAILED)
		return 80;
	if (peek(held->map, NULL))
		return 81;
	atomic_fetch_add(holding, 1);
	return 0;
}

static void until_held(unsigned int times)
{
	int i;

	for (i = 0; i < PATIENCE && atomic_load(holding) < times; i++)
		usleep(1000);
	if (atomic_load(holding) < times)
		bail("all processes that are to hold the claim hold it");
}

static void drop(struct held *held)
{
	close(held->fd);
	close(held->pid_fd);
	close(held->owner_fd);
	munmap((void *)held->map, PAGE);
	munmap((void *)held->untouched, PAGE);
}

/* 0 if nothing that was held reaches the feature any more */
static int all_dead(const struct held *held)
{
	uint32_t value;

	if (peek(held->map, &value) != -EFAULT || poke(held->map, 1) != -EFAULT)
		return 1;
	if (peek(held->untouched, &value) != -EFAULT)
		return 2;
	if (pread(held->fd, &value, 4, 0) != -1 || errno != ENODEV)
		return 3;
	if (pwrite(held->fd, &value, 4, 0) != -1 || errno != ENODEV)
		return 4;
	if (mmap(NULL, PAGE, PROT_READ, MAP_SHARED, held->fd, 0) != MAP_FAILED || errno != ENODEV)
		return 5;
	if (pread(held->pid_fd, &value, 4, 0) != -1 || errno != ENODEV)
		return 6;
	if (!(poll_for(held->fd, POLLPRI, 0) & POLLERR))
		return 7;
	return 0;
}

/*
 * For those who have met the end of the claim while it was going on, file by
 * file: it is complete when the write to `owner` returns.
 */
static int soon_dead(const struct held *held)
{
	int i, ret = all_dead(held);

	for (i = 0; i < PATIENCE && ret; i++) {
		usleep(1000);
		ret = all_dead(held);
	}
	return ret;
}

/* Each of these ends with 0 when it has seen the end of the claim as it should */

static int reads_mapping(const void *feat)
{
	struct held held;
	int ret = hold(feat, &held);

	while (!ret && !peek(held.map, NULL))
		;
	return ret ?: soon_dead(&held);
}

static int writes_mapping(const void *feat)
{
	struct held held;
	int ret = hold(feat, &held);
	uint32_t i = 0;

	while (!ret && !poke(held.map + 64, i++))
		;
	return ret ?: soon_dead(&held);
}

static int maps_in_a_loop(const void *feat)
{
	struct held held;
	int ret = hold(feat, &held);
	void *map;

	while (!ret) {
		map = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, held.fd, 0);
		if (map == MAP_FAILED)
			break;
		peek(map, NULL);
		munmap(map, PAGE);
	}
	return ret ?: soon_dead(&held);
}

static int reads_file(const void *feat)
{
	char buf[MAX_PAGE];
	struct held held;
	int ret = hold(feat, &held);

	while (!ret && pread(held.fd, buf, PAGE, 0) == (ssize_t)PAGE)
		;
	if (!ret && errno != ENODEV)
		return 70;
	return ret ?: soon_dead(&held);
}

static int forks_in_a_loop(const void *feat)
{
	struct held held;
	int ret = hold(feat, &held);
	pid_t pid;

	while (!ret && !peek(held.map, NULL)) {
		pid = fork();
		if (!pid)
			_exit(peek(held.map, NULL) ? 1 : 0);
		finish(pid);
	}
	return ret ?: soon_dead(&held);
}

static int polls_registers(const void *feat)
{
	struct held held;
	char byte;
	int ret = hold(feat, &held);

	if (!ret && pread(held.fd, &byte, 1, 0) != 1)
		return 59;
	if (!ret && !(poll_for(held.fd, POLLPRI, -1) & POLLERR))
		return 60;
	return ret ?: soon_dead(&held);
}

static int polls_pid(const void *feat)
{
	struct held held;
	char text[16];
	int ret = hold(feat, &held);

	if (!ret && pread(held.pid_fd, text, sizeof(text), 0) < 1)
		return 61;
	if (!ret && !(poll_for(held.pid_fd, POLLPRI, -1) & POLLERR))
		return 62;
	return ret ?: soon_dead(&held);
}

static int polls_owner(const void *feat)
{
	struct held held;
	char text[16];
	int ret = hold(feat, &held);

	if (!ret && pread(held.owner_fd, text, sizeof(text), 0) < 1)
		return 63;
	if (!ret && !(poll_for(held.owner_fd, POLLPRI, -1) & POLLPRI))
		return 64;
	return ret ?: soon_dead(&held);
}

static int (*const holders[])(const void *feat) = {
	reads_mapping, writes_mapping, maps_in_a_loop, reads_file,
	forks_in_a_loop, polls_registers, polls_pid, polls_owner,
};

#define HOLDERS (sizeof(holders) / sizeof(holders[0]))
/* The first one that sleeps and has to be woken */
#define POLLERS 5

static bool release_it(void)
{
	return !set_owner(big, "none") && !set_owner(small, "none");
}

static bool hand_it_back(void)
{
	return !set_owner(big, "kernel") && !set_owner(small, "kernel");
}

static bool unbind_card(void)
{
	return !sh("card unbind");
}

static bool unbind_fme(void)
{
	return !sh("echo dfl-fme.0 >/sys/bus/platform/drivers/dfl-fme/unbind");
}

static void back_again(void)
{
	sh("card rescan 2>/dev/null");
	card_up("basic");
}

static void find_features(void)
{
	free(big);
	free(small);
	big = need_feature(BIG, 0);
	small = need_feature(PLAIN, 0);
}

static void test_end(const char *what, bool (*end)(void), void (*restore)(void))
{
	struct held kept_big, kept_small;
	pid_t children[2 * HOLDERS];
	unsigned int i, bad = 0;

	find_features();
	atomic_store(holding, 0);
	is(set_owner(big, "user"), 0, "%s: a large feature is claimed", what);
	is(set_owner(small, "user"), 0, "%s: a small feature is claimed", what);
	is(hold(big, &kept_big), 0, "%s: the large feature is mapped and held open", what);
	is(hold(small, &kept_small), 0, "%s: the small feature is mapped and held open", what);
	for (i = 0; i < 2 * HOLDERS; i++)
		children[i] = background(holders[i / 2], i % 2 ? big : small);
	until_held(2 + 2 * HOLDERS);
	for (i = 2 * POLLERS; i < 2 * HOLDERS; i++)
		until_asleep(children[i]);

	ok(end(), "%s ends two claims that are in use", what);
	is(all_dead(&kept_big), 0, "%s: all of the large feature is dead when the write returns", what);
	is(all_dead(&kept_small), 0, "%s: all of the small feature is dead when the write returns", what);
	for (i = 0; i < 2 * HOLDERS; i++) {
		int ret = finish(children[i]);

		if (ret)
			note("%s: process %u of %u: %d", what, i, (unsigned int)(2 * HOLDERS), ret);
		bad += ret != 0;
	}
	is(bad, 0, "%s: %u processes that read, wrote, mapped, forked and polled have seen it",
	   what, (unsigned int)(2 * HOLDERS));

	if (restore)
		restore();
	find_features();
	is_str(get_owner(big), "none", "%s: nobody has the feature after the end", what);
	is(set_owner(big, "user"), 0, "%s: the feature can be claimed after the end", what);
	ok(!all_dead(&kept_big) && !all_dead(&kept_small),
	   "%s: a new claim revives nothing of the old one", what);
	is(set_owner(big, "none"), 0, "%s: the new claim is released", what);
	drop(&kept_big);
	drop(&kept_small);
}

static int polls_unclaimed(const void *feat)
{
	int fd = open_file(feat, "dflres/owner", O_RDONLY);
	char text[16];

	if (pread(fd, text, sizeof(text), 0) < 1)
		return 1;
	if (!(poll_for(fd, POLLPRI, -1) & POLLERR))
		return 2;
	return pread(fd, text, sizeof(text), 0) == -1 && errno == ENODEV ? 0 : 3;
}

static bool unload_module(void)
{
	return !unload("dflres");
}

static void load_module(void)
{
	load("dflres");
}

static void test_unclaimed(const char *what, bool (*end)(void), void (*restore)(void))
{
	pid_t child;

	find_features();
	child = background(polls_unclaimed, big);
	until_asleep(child);
	ok(end(), "%s works while a feature is not claimed", what);
	is(finish(child), 0, "%s wakes who polls the owner of a feature that is not claimed", what);
	restore();
}

static void fme_back(void)
{
	sh("echo dfl-fme.0 >/sys/bus/platform/drivers/dfl-fme/bind");
}

/* A claim that is being made while the card goes: no more than that nothing breaks */
static int claims_in_a_loop(const void *feat)
{
	while (has_file(feat, "dflres")) {
		set_owner(feat, "user");
		set_owner(feat, "kernel");
	}
	return 0;
}

static void test_claims_meet_unplug(void)
{
	unsigned int round, bad = 0;
	pid_t children[2];

	for (round = 0; round < 8; round++) {
		find_features();
		children[0] = background(claims_in_a_loop, big);
		children[1] = background(claims_in_a_loop, small);
		usleep(20000 + round * 1000);
		bad += !(round % 2 ? unplug() : unbind_fme());
		bad += finish(children[0]) || finish(children[1]);
		back_again();
	}
	is(bad, 0, "claims and releases that meet an unplug, 8 times, break nothing");
}

int main(void)
{
	hold_lock = open("/tmp/hold", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	holding = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	setup("basic");
	test_end("release", release_it, NULL);
	test_end("hand back", hand_it_back, NULL);
	test_end("unplug", unplug, back_again);
	test_end("unbinding of the card", unbind_card, back_again);
	test_end("unbinding of dfl-fme", unbind_fme, fme_back);
	test_unclaimed("unplug", unplug, back_again);
	test_unclaimed("unloading of the module", unload_module, load_module);
	test_claims_meet_unplug();
	is(unload("dflres"), 0, "the module unloads after all revocations");
	return done();
}
