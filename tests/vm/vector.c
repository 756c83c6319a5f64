// SPDX-License-Identifier: GPL-2.0
/* See vector.h */

#define _GNU_SOURCE
#include "vector.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <strings.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096
#define TABLE_BAR 4
#define APIC 0xfee00000		/* where the local APIC's registers are */
#define APIC_IRR 0x200
#define APIC_ICR 0x300
#define ASSERT (1 << 14)
#define TO_SELF (1 << 18)
#define FIRST_VECTOR 32		/* those below are the processor's exceptions */

static volatile uint32_t *map_page(uint64_t address)
{
	int fd = open("/dev/mem", O_RDWR | O_SYNC | O_CLOEXEC), err;
	void *map;

	if (fd < 0)
		return MAP_FAILED;
	map = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)address);
	err = errno;
	close(fd);
	errno = err;
	return map;
}

/*
 * Of BAR 4; 0 if there is none. The table is not mapped by the card's own file resource4: several processes fire at once, and
 * kernfs, which counts a file's mappings without a lock, may then miscount, and WARN when the card is removed.
 */
static uint64_t table_address(const char *card)
{
	char path[300], line[100] = "";
	uint64_t start = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/resource", card);
	file = fopen(path, "re");
	if (!file)
		return 0;
	for (unsigned int bar = 0; bar <= TABLE_BAR; bar++)
		if (!fgets(line, sizeof(line), file))
			line[0] = '\0';
	fclose(file);
	sscanf(line, "%" SCNx64, &start);
	return start;
}

int vector_open(struct vector *v, const char *card, unsigned int n)
{
	uint64_t table = table_address(card);
	int err;

	if (!table)
		return -ENODEV;
	v->entry = map_page(table);
	if (v->entry == MAP_FAILED)
		return -errno;
	v->apic = map_page(APIC);
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
	uint32_t address = v->entry[0], data = v->entry[2], destination = address >> 12 & 0xff;
	unsigned int cpu = destination;
	cpu_set_t cpus;

	/*
	 * While it is masked there is no message, or zeros: a vector that no processor ever takes. Who is kept from running between
	 * these reads may see the zeros before and after it was not masked.
	 */
	if (v->entry[3] & 1 || v->entry[0] != address || v->entry[2] != data || data < FIRST_VECTOR)
		return -EAGAIN;
	v->number = data;
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
