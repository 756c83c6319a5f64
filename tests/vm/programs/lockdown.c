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
	is(load("uio_dfl"), 0, "uio_dfl loads");
	is(set_owner(claimed, "user"), 0, "a feature is claimed before the lockdown");
	fd = open_file(claimed, "dflres/resource0", O_RDWR);
	map = map_regs(claimed, 0, 2 * PAGE);
	ok(fd >= 0 && map != MAP_FAILED, "and mapped");

	is(sh("echo integrity >/sys/kernel/security/lockdown"), 0, "lockdown=integrity");
	is(set_owner(fresh, "user"), -EPERM, "no feature can be claimed");
	is_str(get_owner(fresh), "none", "and nothing has changed");
	is(set_owner(bound, "user"), -EBUSY, "that a driver has it is said first");
	is(set_owner(claimed, "user"), -EBUSY, "that it is claimed, too");
	ok(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED && errno == EPERM,
	   "the earlier claim maps no more");
	ok(pread(fd, &value, 4, 0) == -1 && errno == EPERM, "reads no more");
	ok(pwrite(fd, &value, 4, 0) == -1 && errno == EPERM, "and writes no more");
	is(peek(map, &value), 0, "the earlier mapping keeps working");
	is(peek(map + PAGE, &value), 0, "all of it");
	is(set_owner(claimed, "kernel"), 0, "the claim can be given up");
	is(peek(map, &value), -EFAULT, "and the mapping is dead");
	is(set_owner(claimed, "user"), -EPERM, "it cannot be had again");
	is_str(get(claimed, "dflres/mappable"), "1", "what the files say has not changed");
	return done();
}
