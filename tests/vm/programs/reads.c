// SPDX-License-Identifier: GPL-2.0
/*
 * A descriptor of resource0 that cannot write reads one register a call and refuses all else, so that programs which only look
 * around reach no register; one that can write reads as much as it asks for. `reads odd` does the same with a feature of
 * cards/dfhv1.card that starts at an odd multiple of 4.
 */

#define _GNU_SOURCE
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define LARGEST 24

static char *feat;
/* Its registers, as PCI's own resource0 shows them */
static volatile uint8_t *truth;

static bool is_one_register(size_t offset, size_t count)
{
	bool is_width = count == 1 || count == 2 || count == 4 || count == 8;

	return is_width && (reg_start(feat) + offset) % count == 0;
}

static bool shows_truth(const uint8_t *got, size_t offset, size_t count)
{
	while (count--)
		if (got[count] != truth[offset + count])
			return false;
	return true;
}

/* How many reads did not do what they should, of all small ones in and around some registers and at the end of them */
static unsigned int wrong_reads(int fd, bool writable, size_t first, size_t last)
{
	unsigned int wrong = 0;
	uint8_t got[LARGEST];
	size_t offset, count;

	for (offset = first; offset < last; offset++)
		for (count = 1; count <= LARGEST && offset + count <= reg_size(feat); count++) {
			bool good = writable || is_one_register(offset, count);
			ssize_t n = pread(fd, got, count, offset);

			if (good ? n == (ssize_t)count && shows_truth(got, offset, count) : n < 0 && errno == EINVAL)
				continue;
			if (!wrong++)
				note("%zu bytes at 0x%zx: %zd (%s)", count, offset, n, n < 0 ? strerror(errno) : "-");
		}
	return wrong;
}

/* How read(2) goes through all registers in steps of so many bytes, or the error */
static int walk(int fd, size_t step)
{
	uint8_t got[LARGEST];
	int bytes = 0;
	ssize_t n;

	lseek(fd, 0, SEEK_SET);
	while ((n = read(fd, got, step)) > 0)
		bytes += n;
	return n < 0 ? -errno : bytes;
}

static void test_readable(void)
{
	int fd = open_file(feat, "dflres/resource0", O_RDONLY), ends[2];
	static char all[1 << 16];
	size_t size = reg_size(feat);
	uint8_t byte;

	is(wrong_reads(fd, false, 0, 2 * LARGEST), 0, "a read-only descriptor reads one aligned register, and nothing else");
	is(wrong_reads(fd, false, size - LARGEST, size), 0, "a read-only descriptor reads likewise at the end of the registers");
	is(pread(fd, all, sizeof(all), 0) < 0 ? -errno : 0, -EINVAL, "a read-only descriptor refuses a read of everything");
	is(pread(fd, all, size, 0) < 0 ? -errno : 0, -EINVAL, "a read-only descriptor refuses a read of just all registers");
	is(walk(fd, 4), size, "a read-only descriptor reads all registers one after another");
	is(walk(fd, 3), -EINVAL, "a read-only descriptor refuses to walk by 3 bytes");
	is(pread(fd, &byte, 1, size), 0, "a read-only descriptor reads nothing at the end");
	is(pread(fd, &byte, 0, 0), 0, "a read-only descriptor reads nothing when nothing is asked for");
	is(write(fd, "x", 1) < 0 ? -errno : 0, -EBADF, "a read-only descriptor does not write");
	if (pipe2(ends, O_CLOEXEC))
		bail("a pipe can be made");
	is(splice(fd, &(loff_t){ 0 }, ends[1], NULL, sizeof(all), 0) < 0 ? -errno : 0, -EINVAL,
	   "a read-only descriptor refuses to be spliced");
	close(ends[0]);
	close(ends[1]);
	close(fd);
}

static void test_writable(void)
{
	int fd = open_file(feat, "dflres/resource0", O_RDWR);
	size_t size = reg_size(feat);

	is(wrong_reads(fd, true, 0, 2 * LARGEST), 0, "a descriptor that can write reads any bytes");
	is(wrong_reads(fd, true, size - LARGEST, size), 0, "a descriptor that can write reads any bytes at the end");
	is(walk(fd, 3), size, "a descriptor that can write walks through all registers by 3 bytes");
	close(fd);
}

int main(int argc, char **argv)
{
	bool odd = argc > 1 && !strcmp(argv[1], "odd");
	size_t i;

	setup(odd ? "dfhv1" : "basic");
	feat = need_feature(odd ? 0x201 : PLAIN, 0);
	truth = bar_map(NULL) + bar_offset(feat);
	for (i = 0; i < reg_size(feat); i++)
		truth[i] = i * 7 + 1;
	is(set_owner(feat, "user"), 0, "the feature is claimed");
	test_readable();
	test_writable();
	is(set_owner(feat, "none"), 0, "the feature is released");
	return done();
}
