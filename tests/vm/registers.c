// SPDX-License-Identifier: GPL-2.0
/*
 * registers FEATURE [lease [kernel]]: maps the registers of a claimed feature, or of one that it claims itself by a lease, where one
 * page table maps them all (`kernel` offers it to the kernel's drivers when the lease ends), and then answers lines from standard input, one line each:
 *
 *   read OFFSET         the 64-bit register at OFFSET
 *   write OFFSET VALUE  writes it
 */

#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static sigjmp_buf dead;

static void on_sigbus(int sig)
{
	(void)sig;
	siglongjmp(dead, 1);
}

static void answer(volatile char *regs, uint64_t size, const char *line)
{
	uint64_t offset, value;

	if (sscanf(line, "read %" SCNi64, &offset) == 1 && offset < size) {
		value = *(volatile uint64_t *)(regs + offset);
		printf("0x%016" PRIx64 "\n", value);
	} else if (sscanf(line, "write %" SCNi64 " %" SCNi64, &offset, &value) == 2 && offset < size) {
		*(volatile uint64_t *)(regs + offset) = value;
		puts("done");
	} else {
		puts("read OFFSET, or write OFFSET VALUE");
	}
}

/* The claim lasts as long as this process, which keeps the eventfd open and does nothing with it */
static int lease(const char *feature, const char *then)
{
	int event = eventfd(0, EFD_CLOEXEC), fd, ret;
	char name[256];

	snprintf(name, sizeof(name), "/sys/bus/dfl/devices/%s/dflres/lease", feature);
	fd = open(name, O_WRONLY | O_CLOEXEC);
	ret = fd < 0 || dprintf(fd, "%d%s", event, then) < 0 ? -errno : 0;
	if (fd >= 0)
		close(fd);
	return ret;
}

int main(int argc, char **argv)
{
	struct sigaction act = { .sa_handler = on_sigbus };
	volatile char *regs;
	char name[256], line[256];
	struct stat st;
	int fd, ret;

	if (argc < 2)
		return 2;
	if (argc > 2 && !strcmp(argv[2], "lease")) {
		ret = lease(argv[1], argc > 3 ? " kernel" : "");
		if (ret) {
			printf("lease: %s\n", strerror(-ret));
			return 1;
		}
	}
	snprintf(name, sizeof(name), "/sys/bus/dfl/devices/%s/dflres/resource0", argv[1]);
	fd = open(name, O_RDWR | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st)) {
		printf("%s: %s\n", name, strerror(errno));
		return 1;
	}
	regs = mmap(FAR, st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED_NOREPLACE, fd, 0);
	if (regs == MAP_FAILED) {
		printf("%s: %s\n", name, strerror(errno));
		return 1;
	}
	sigaction(SIGBUS, &act, NULL);
	setvbuf(stdout, NULL, _IOLBF, 0);
	while (fgets(line, sizeof(line), stdin)) {
		if (sigsetjmp(dead, 1))
			puts("SIGBUS");
		else
			answer(regs, st.st_size, line);
	}
	return 0;
}
