// SPDX-License-Identifier: GPL-2.0
/*
 * The lines of dflres shell. An input is a file of them. Nothing is waited for: what
 * sleeps or polls is told that a signal has come.
 */
#include <config.h>

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fixture.h"

#define REGISTERS 64

int tool_main(int argc, char **argv);

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout);
int __wrap_clock_nanosleep(clockid_t clock, int flags,
			   const struct timespec *time, struct timespec *left);

/* Linked in their places. */
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout)
{
	(void)fds;
	(void)count;
	(void)timeout;
	errno = EINTR;
	return -1;
}

int __wrap_clock_nanosleep(clockid_t clock, int flags,
			   const struct timespec *time, struct timespec *left)
{
	(void)clock;
	(void)flags;
	(void)time;
	(void)left;
	return EINTR;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct fixture_feature feature = plain_feature;
	char registers[REGISTERS];

	(void)argc;
	(void)argv;
	scratch_create_in(access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
	atexit(scratch_remove);
	fixture_create();
	feature.owner = "user\n";
	feature.num_irqs = "1\n";
	add_feature(&feature);
	memset(registers, 0xa5, sizeof(registers));
	put("bus/dfl/devices/dfl_dev.0/dflres/resource0", registers,
	    sizeof(registers));
	set_file(0, "dflres/resource", "0xc0008000 0xc000803f 0x200\n");
	set_file(0, "dflres/irq0", "5\n");
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[512];
	char *argv[] = { "dflres", "shell", "dfl_dev.0", path, NULL };

	put("session", (const char *)data, size);
	snprintf(path, sizeof(path), "%s/session", fixture_root());
	optind = 0;
	tool_main(4, argv);
	return 0;
}
