// SPDX-License-Identifier: GPL-2.0
/*
 * What takes the contents of registers, and not the claim: the system is suspended, as far as the devices, and the card is reset
 * by PCI's own file, while processes read, map, claim and release. `endures reset` is for a card that can be reset.
 */

#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define TIMES 3
#define READERS 2

static char *claimed, *free_one;

static int write_to(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY | O_CLOEXEC);
	int ret = fd < 0 || write(fd, text, strlen(text)) < 0 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	return ret;
}

/* Up to the point where all devices are suspended; then the kernel waits a second and goes back */
static int suspends(void)
{
	return write_to("/sys/module/suspend/parameters/pm_test_delay", "1") ?: write_to("/sys/power/pm_test", "devices") ?:
	       write_to("/sys/power/state", "freeze");
}

static int resets(void)
{
	char name[256];

	snprintf(name, sizeof(name), "%s/reset", card_path());
	return write_to(name, "1");
}

/* By pread and by a mapping, for as long as the claim lasts */
static int reads(const void *unused)
{
	int fd = open_file(claimed, "dflres/resource0", O_RDWR);
	uint64_t value;

	(void)unused;
	while (pread(fd, &value, 8, 8) == 8) {
		volatile uint8_t *map = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
		int ret = map == MAP_FAILED ? -errno : peek(map, NULL);

		/* A last one that the end of the claim has met */
		if (ret)
			return ret != -ENODEV && ret != -EFAULT;
		munmap((void *)map, PAGE);
	}
	return errno != ENODEV;
}

/* A suspended device takes no driver: EAGAIN, and nothing else, may come between */
static int claims(const void *unused)
{
	(void)unused;
	for (;;) {
		int event = new_event(), ret = take_lease(free_one, event);

		close(event);
		if (ret && ret != -EAGAIN && ret != -EBUSY)
			return 1;
	}
}

static void test_endured(const char *what, int (*happens)(void))
{
	pid_t readers[READERS], claimer = background(claims, NULL);
	unsigned int i, bad = 0;
	volatile uint8_t *map;
	uint64_t value;

	is(set_owner(claimed, "user"), 0, "a feature is claimed before %s", what);
	map = map_regs(claimed, 0, PAGE);
	is(peek(map, NULL), 0, "the claim's registers are mapped before %s", what);
	value = *(volatile uint64_t *)(map + 8);
	for (i = 0; i < READERS; i++)
		readers[i] = background(reads, NULL);
	for (i = 0; i < TIMES; i++) {
		int ret = happens();

		if (ret && !bad++)
			note("%s: %d", what, ret);
	}
	is(bad, 0, "%s happens %d times beside readers and a claimer", what, TIMES);
	is_str(get_owner(claimed), "user", "the claim lasts through %s", what);
	ok(*(volatile uint64_t *)(map + 8) == value, "the mapping shows the same registers after %s", what);
	is(waitpid(claimer, NULL, WNOHANG), 0, "claims by a lease go on after %s", what);
	kill(claimer, SIGKILL);
	waitpid(claimer, NULL, 0);
	ok(lease_ends(free_one), "the last lease ends after %s", what);
	is(set_owner(claimed, "none"), 0, "the claim is released after %s", what);
	is(peek(map, NULL), -EFAULT, "the mapping is dead after the release that follows %s", what);
	munmap((void *)map, PAGE);
	for (i = 0; i < READERS; i++)
		is(finish(readers[i]), 0, "reader %u has seen no error before the release, after %s", i, what);
	is(set_owner(claimed, "user"), 0, "the feature can be claimed again after %s", what);
	is(set_owner(claimed, "none"), 0, "the feature is released once more after %s", what);
}

int main(int argc, char **argv)
{
	setup("basic");
	claimed = need_feature(BIG, 0);
	free_one = need_feature(PLAIN, 0);
	test_endured("a suspend", suspends);
	if (argc > 1 && !strcmp(argv[1], "reset"))
		test_endured("a PCI reset", resets);
	return done();
}
