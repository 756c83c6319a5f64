// SPDX-License-Identifier: GPL-2.0
/* Under lockdown the registers are the kernel's. It cannot be lifted: the last test of its guest. */

#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

int main(void)
{
	char *claimed, *fresh, *bound;
	uint32_t value = 0;
	volatile uint8_t *map;
	int fd;

	setup("basic");
	claimed = need_feature(BIG, 0);
	fresh = need_feature(PLAIN, 0);
	bound = need_feature(UIO, 0);
	is(load("uio_dfl"), 0, "uio_dfl loads before the lockdown");
	is(set_owner(claimed, "user"), 0, "a feature is claimed before the lockdown");
	fd = open_file(claimed, "dflres/resource0", O_RDWR);
	map = map_regs(claimed, 0, 2 * PAGE);
	ok(fd >= 0 && map != MAP_FAILED, "a feature is mapped before the lockdown");

	is(sh("echo integrity >/sys/kernel/security/lockdown"), 0, "the kernel is locked down for integrity");
	is(set_owner(fresh, "user"), -EPERM, "no feature can be claimed under lockdown");
	is_str(get_owner(fresh), "none", "nobody has the feature after a claim under lockdown");
	is(set_owner(bound, "user"), -EBUSY, "a claim of a driver's feature under lockdown still says EBUSY");
	is(set_owner(claimed, "user"), -EBUSY, "a claim of a claimed feature under lockdown still says EBUSY");
	ok(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED && errno == EPERM,
	   "a claim from before the lockdown cannot be mapped any more");
	ok(pread(fd, &value, 4, 0) == -1 && errno == EPERM, "a claim from before the lockdown cannot be read any more");
	ok(pwrite(fd, &value, 4, 0) == -1 && errno == EPERM,
	   "a claim from before the lockdown cannot be written any more");
	is(peek(map, &value), 0, "a mapping from before the lockdown keeps working");
	is(peek(map + PAGE, &value), 0, "a page first touched under lockdown works in an earlier mapping");
	is(set_owner(claimed, "kernel"), 0, "a claim can be given up under lockdown");
	is(peek(map, &value), -EFAULT, "a mapping is dead when its claim was given up under lockdown");
	is(set_owner(claimed, "user"), -EPERM, "a claim that was given up under lockdown cannot be had again");
	is_str(get(claimed, "dflres/mappable"), "1", "mappable says the same under lockdown");
	return done();
}
