// SPDX-License-Identifier: GPL-2.0
/* See vector.h */

#define _GNU_SOURCE
#include "vector.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <strings.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096
#define APIC 0xfee00000		/* where the local APIC's registers are */
#define APIC_IRR 0x200
#define APIC_ICR 0x300
#define ASSERT (1 << 14)
#define TO_SELF (1 << 18)

static volatile uint32_t *map_page(const char *path, off_t offset)
{
	int fd = open(path, O_RDWR | O_SYNC | O_CLOEXEC), err;
	void *map;

	if (fd < 0)
		return MAP_FAILED;
	map = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);
	err = errno;
	close(fd);
	errno = err;
	return map;
}

int vector_open(struct vector *v, const char *card, unsigned int n)
{
	char path[300];
	int err;

	snprintf(path, sizeof(path), "%s/resource4", card);
	v->entry = map_page(path, 0);
	if (v->entry == MAP_FAILED)
		return -errno;
	v->apic = map_page("/dev/mem", APIC);
	if (v->apic == MAP_FAILED) {
		err = errno;
		munmap((void *)v->entry, PAGE);
		return -err;
	}
	v->entry += 4 * n;
	v->cpu = ~0U;
	return 0;
}

void vector_close(struct vector *v)
{
	munmap((void *)((uintptr_t)v->entry & -PAGE), PAGE);
	munmap((void *)v->apic, PAGE);
}

int vector_aim(struct vector *v)
{
	uint32_t address = v->entry[0], destination = address >> 12 & 0xff;
	unsigned int cpu = destination;
	cpu_set_t cpus;

	v->number = v->entry[2];
	if (v->entry[3] & 1)
		return -EAGAIN;
	/* physical: an APIC's id, which here is its processor's number; logical: a bit for each */
	if (address & 4)
		cpu = ffs(destination) - 1;
	if (cpu == v->cpu)
		return 0;
	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus))
		return -errno;
	v->cpu = cpu;
	return 0;
}

void vector_send(struct vector *v)
{
	v->apic[APIC_ICR / 4] = v->number | ASSERT | TO_SELF;
	while (v->apic[(APIC_IRR + v->number / 32 * 0x10) / 4] >> v->number % 32 & 1)
		;
}
