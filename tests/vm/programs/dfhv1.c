// SPDX-License-Identifier: GPL-2.0
/* A DFHv1 list names addresses that nothing has checked: cards/dfhv1.card */

#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const struct {
	unsigned int id;
	const char *what, *claimable;
	int claim, map;
} features[] = {
	{ 0x200, "elsewhere in the BAR", "yes", 0, 0 },
	{ 0x201, "at an odd multiple of 4", "yes", 0, -ENODEV },
	{ 0x202, "around another one", "overlap", -ENXIO, 0 },
	{ 0x203, "inside another one", "overlap", -ENXIO, 0 },
	{ 0x204, "in System RAM", "outside-bar", -ENXIO, 0 },
	{ 0x205, "in another device", "outside-bar", -ENXIO, 0 },
	{ 0x206, "at an absolute address in the BAR", "yes", 0, 0 },
	{ 0x207, "behind its own header", "yes", 0, -ENODEV },
	{ 0x208, "of version 0 in the same list", "yes", 0, 0 },
};

static void test_feature(unsigned int n)
{
	char *feat = need_feature(features[n].id, 0);
	const char *what = features[n].what;
	bool mappable = !features[n].claim && !features[n].map;
	void *map;

	is_str(get(feat, "dflres/mappable"), mappable ? "1" : "0",
	       "a feature %s: mappable says whether it can be mapped", what);
	is_str(get(feat, "dflres/claimable"), features[n].claimable,
	       "a feature %s: claimable says why not, or yes", what);
	is(set_owner(feat, "user"), features[n].claim, "a feature %s: a claim answers as claimable says", what);
	is_str(get_owner(feat), features[n].claim ? "none" : "user",
	       "a feature %s: owner is user only if the claim was taken", what);
	if (features[n].claim) {
		ok(!has_file(feat, "dflres/resource0"), "a feature %s: resource0 is not there without a claim", what);
	} else {
		map = map_regs(feat, 0, PAGE);
		is(map == MAP_FAILED ? -errno : 0, features[n].map,
		   "a feature %s: mmap answers as mappable says", what);
		is(set_owner(feat, "none"), 0, "a feature %s: the claim is released", what);
	}
	free(feat);
}

/* At an odd multiple of 4, 8 bytes at offset 4 are aligned on the bus, and at 0 two times 4 */
static void test_odd(void)
{
	char *feat = need_feature(0x201, 0);
	volatile uint8_t *regs;
	uint8_t buf[0x100];
	unsigned int i;
	int fd;

	is(bar_offset(feat) % 8, 4, "the odd feature is at an odd multiple of 4");
	is(set_owner(feat, "user"), 0, "the odd feature can be claimed");
	regs = bar_map(NULL) + bar_offset(feat);
	for (i = 0; i < sizeof(buf); i++)
		regs[i] = i ^ 0x55;
	fd = open_file(feat, "dflres/resource0", O_RDWR);
	is(pread(fd, buf, sizeof(buf), 0), sizeof(buf), "the odd feature can be read as a whole");
	for (i = 0; i < sizeof(buf) && buf[i] == (i ^ 0x55); i++)
		;
	is(i, sizeof(buf), "every byte of the odd feature is in its place");
	is(pread(fd, buf, 8, 0), 8, "8 bytes are read at the odd feature's beginning");
	is(pread(fd, buf, 8, 4), 8, "8 bytes are read at offset 4 of the odd feature");
	is(buf[7], 11 ^ 0x55, "8 bytes at offset 4 of the odd feature are the right ones");
	close(fd);
	is(set_owner(feat, "none"), 0, "the odd feature is released");
	free(feat);
}

int main(void)
{
	unsigned int i;

	setup("dfhv1");
	/* The Open FPGA Stack's drivers know it on older kernels as well */
	if (kernel_version() < 604 && !feature(features[0].id, 0)) {
		skip("this kernel knows no DFHv1");
		return done();
	}
	for (i = 0; i < sizeof(features) / sizeof(features[0]); i++)
		test_feature(i);
	test_odd();
	return done();
}
