// SPDX-License-Identifier: GPL-2.0
/* A claim is exclusive: /dev/mem does not reach it. For a guest booted with iomem=strict. */

#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

static long map_memory(uint64_t start)
{
	int fd = open("/dev/mem", O_RDWR | O_CLOEXEC);
	void *map = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, start);
	long ret = map == MAP_FAILED ? -errno : 0;

	if (map != MAP_FAILED)
		munmap(map, PAGE);
	close(fd);
	return ret;
}

int main(void)
{
	char *plain, *other;

	setup("basic");
	plain = need_feature(PLAIN, 0);
	other = need_feature(OTHER, 0);
	is(map_memory(reg_start(plain)), 0, "root maps a feature that nobody has through /dev/mem");
	is(set_owner(plain, "user"), 0, "the feature is claimed, to be mapped through /dev/mem");
	is(map_memory(reg_start(plain)), -EPERM, "/dev/mem refuses to map a claimed feature");
	is(map_memory(reg_start(other)), 0, "/dev/mem maps the neighbour of a claimed feature");
	is(set_owner(plain, "none"), 0, "the feature is released, to be mapped through /dev/mem");
	is(map_memory(reg_start(plain)), 0, "/dev/mem maps the feature again after the release");
	return done();
}
