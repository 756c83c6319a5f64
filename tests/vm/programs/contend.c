// SPDX-License-Identifier: GPL-2.0
/* A feature is the kernel's or user space's, never both: real drivers contend */

#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROUNDS 100

static int driver_file(const char *driver, const char *file, const char *feat)
{
	char name[128];
	int fd, ret = 0;

	snprintf(name, sizeof(name), "/sys/bus/dfl/drivers/%s/%s", driver, file);
	fd = open(name, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, feat, strlen(feat)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

/* No errno, and no success */
#define PENDING 1

struct race {
	const char *driver, *feat;
	/* Rounds that each side has reached, and what has come of its attempt */
	atomic_int *mine, *theirs, *claimed, *bound;
};

static void meet(atomic_int *mine, atomic_int *theirs, int round)
{
	atomic_store(mine, round);
	while (atomic_load(theirs) < round)
		;
}

/* How much later than the other side the claim starts: from 400 us before to 400 after */
#define MAX_LEAD_US 400

static int lead_us(int round)
{
	return (round / 2 % 41 - 20) * (MAX_LEAD_US / 20);
}

/* With the longest lead the other side is through, however busy the machine is */
static void give_lead(int us, atomic_int *other)
{
	if (us == MAX_LEAD_US)
		while (atomic_load(other) == PENDING)
			;
	wait_us(us);
}

static int bind_each_round(const void *arg)
{
	const struct race *race = arg;
	int round;

	for (round = 1; round <= 2 * ROUNDS; round += 2) {
		meet(race->theirs, race->mine, round);
		give_lead(-lead_us(round), race->claimed);
		atomic_store(race->bound, driver_file(race->driver, "bind", race->feat));
		meet(race->theirs, race->mine, round + 1);
	}
	return 0;
}

static void test_race(const char *driver, const char *feat)
{
	atomic_int *shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
				  -1, 0);
	struct race race = { driver, feat, &shared[0], &shared[16], &shared[32], &shared[48] };
	int round, users = 0, kernels = 0, bad = 0;
	pid_t child = background(bind_each_round, &race);

	for (round = 1; round <= 2 * ROUNDS; round += 2) {
		bool user, kernel;
		int claimed;

		atomic_store(race.claimed, PENDING);
		atomic_store(race.bound, PENDING);
		meet(race.mine, race.theirs, round);
		give_lead(lead_us(round), race.bound);
		claimed = set_owner(feat, "user");
		atomic_store(race.claimed, claimed);
		meet(race.mine, race.theirs, round + 1);

		user = !claimed && atomic_load(race.bound) == -EBUSY &&
		       !strcmp(get_owner(feat), "user") && !strcmp(get_driver(feat), "dflres");
		kernel = claimed == -EBUSY && !atomic_load(race.bound) &&
			 !strcmp(get_owner(feat), "kernel") && !strcmp(get_driver(feat), driver);
		if (user == kernel) {
			note("round %d: claim %d, bind %d, owner %s", round, claimed,
			     atomic_load(race.bound), get_owner(feat));
			bad++;
		}
		users += user;
		kernels += kernel;
		if (kernel)
			driver_file(driver, "unbind", feat);
		else
			set_owner(feat, "none");
	}
	is(finish(child), 0, "%s: the process that binds and unbinds ends", driver);
	is(bad, 0, "%s: a claim and a bind at once, %d times, leave one owner each time", driver, ROUNDS);
	ok(users && kernels, "%s: of a claim and a bind at once each has won, %d and %d times", driver, users, kernels);
	munmap(shared, PAGE);
}

/* What a driver has of a feature: a number that another binding does not have */
static long binding(const char *driver, const char *feat)
{
	char name[128];
	struct stat st;

	snprintf(name, sizeof(name), "/sys/bus/dfl/drivers/%s/%s", driver, feat);
	return lstat(name, &st) ? -errno : (long)st.st_ino;
}

static void test_driver(const char *module, const char *driver, char *feat)
{
	char name[256];
	uint32_t value;
	void *regs;
	long bound;

	is(load(module), 0, "%s loads while nobody has the feature", driver);
	is_str(get_owner(feat), "kernel", "%s: owner says kernel while the driver has the feature", driver);
	is_str(get_driver(feat), driver, "%s: the driver link names the driver that has the feature", driver);
	is(set_owner(feat, "user"), -EBUSY, "%s: a feature that the driver has cannot be claimed", driver);
	is(set_owner(feat, "none"), -EBUSY, "%s: a feature that the driver has cannot be released", driver);
	bound = binding(driver, feat);
	is(set_owner(feat, "kernel"), 0, "%s: kernel may be written while the driver has the feature", driver);
	ok(bound > 0 && binding(driver, feat) == bound,
	   "%s: kernel, written while the driver has the feature, does not unbind the driver", driver);
	is_str(get_driver(feat), driver, "%s: the driver still has the feature after refused claims", driver);
	path(name, sizeof(name), feat, "dflres/resource0");
	ok(access(name, F_OK), "%s: there is no resource0 of a feature that the driver has", driver);

	is(unload(module), 0, "the driver %s unloads from its feature", driver);
	is_str(get_owner(feat), "none", "%s: nobody has the feature when the driver is unloaded", driver);
	is(set_owner(feat, "user"), 0, "%s: the feature can be claimed when the driver is unloaded", driver);
	regs = map_regs(feat, 0, PAGE);
	ok(regs != MAP_FAILED, "%s: the feature can be mapped when the driver is unloaded", driver);

	is(load(module), 0, "%s loads while the feature is claimed", driver);
	is_str(get_owner(feat), "user", "%s: a claim holds while the driver loads", driver);
	is(driver_file(driver, "bind", feat), -EBUSY, "%s: a claimed feature cannot be bound by hand", driver);
	is(peek(regs, &value), 0, "%s: the claim's mapping works while the driver is loaded", driver);
	is(set_owner(feat, "kernel"), 0, "%s: a claim is handed back to the kernel", driver);
	is_str(get_owner(feat), "kernel", "%s: owner says kernel right after the claim was handed back", driver);
	is_str(get_driver(feat), driver, "%s: the driver is bound right after the claim was handed back", driver);
	is(peek(regs, &value), -EFAULT, "%s: the mapping of a claim that was handed back is dead", driver);
	munmap(regs, PAGE);

	is(driver_file(driver, "unbind", feat), 0,
	   "%s: the driver can be unbound after the feature was handed back", driver);
	is(set_owner(feat, "user"), 0, "%s: an unbound feature can be claimed beside its loaded driver", driver);
	is(set_owner(feat, "none"), 0, "%s: a claim can be released beside the loaded driver", driver);
	is_str(get_owner(feat), "none", "%s: a release by none offers the feature to no driver", driver);
	test_race(driver, feat);
	is(unload(module), 0, "%s unloads after all races", driver);
}

int main(void)
{
	setup("basic");
	test_driver("uio_dfl", "uio_dfl", need_feature(UIO, 0));
	test_driver("dfl-emif", "dfl-emif", need_feature(EMIF, 0));
	return done();
}
