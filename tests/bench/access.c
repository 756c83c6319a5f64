// SPDX-License-Identifier: GPL-2.0
/* One register, and a block of them: through a mapping, and by pread where there is one */

#include "bench.h"
#include "guest.h"

#include <dflres.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#define ACCESSES 20000
#define BLOCKS 100
#define CALLS 200
#define SCRATCH 64	/* a register that nobody minds */

enum what { READ, WRITE, BLOCK, PREAD, PREAD_BLOCK, NR_WHAT };
static const char * const measures[NR_WHAT] = { "read", "write", "read-4096", "read", "read-4096" };

/* Not inlined: all peers run the same instructions */
static __attribute__((noinline)) void read_many(const volatile uint8_t *registers)
{
	unsigned int i;

	for (i = 0; i < ACCESSES; i++)
		(void)*(const volatile uint64_t *)(registers + SCRATCH);
}

static __attribute__((noinline)) void write_many(volatile uint8_t *registers)
{
	unsigned int i;

	for (i = 0; i < ACCESSES; i++)
		*(volatile uint64_t *)(registers + SCRATCH) = i;
}

static __attribute__((noinline)) void read_blocks(const volatile uint8_t *registers)
{
	unsigned int i, k, words = PAGE / 8;

	for (i = 0; i < BLOCKS; i++)
		for (k = 0; k < words; k++)
			(void)((const volatile uint64_t *)registers)[k];
}

static __attribute__((noinline)) void library_read_many(struct dflres_regs *regs)
{
	unsigned int i;

	for (i = 0; i < ACCESSES; i++)
		dflres_regs_read64(regs, SCRATCH);
}

static __attribute__((noinline)) void library_write_many(struct dflres_regs *regs)
{
	unsigned int i;

	for (i = 0; i < ACCESSES; i++)
		dflres_regs_write64(regs, SCRATCH, i);
}

static void pread_many(int fd, off_t offset, size_t size)
{
	uint64_t block[PAGE / 8];
	unsigned int i;

	for (i = 0; i < CALLS; i++)
		if (pread(fd, block, size, offset) != (ssize_t)size)
			bail("%zu bytes can be read: %s", size, strerror(errno));
}

static double ns_each(double start, unsigned int times)
{
	return (now_us() - start) * 1e3 / times;
}

static void measure_mapping(struct samples *s, volatile uint8_t *registers)
{
	double start = now_us();

	read_many(registers);
	sample(&s[READ], ns_each(start, ACCESSES));
	start = now_us();
	write_many(registers);
	sample(&s[WRITE], ns_each(start, ACCESSES));
	start = now_us();
	read_blocks(registers);
	sample(&s[BLOCK], ns_each(start, BLOCKS));
}

static void measure_library(struct samples *s)
{
	double start = now_us();

	library_read_many(library_regs);
	sample(&s[READ], ns_each(start, ACCESSES));
	start = now_us();
	library_write_many(library_regs);
	sample(&s[WRITE], ns_each(start, ACCESSES));
}

static void measure_pread(struct samples *s, int fd, off_t base)
{
	double start;

	/* the first one may have something to set up */
	pread_many(fd, base, 8);
	start = now_us();
	pread_many(fd, base + SCRATCH, 8);
	sample(&s[PREAD], ns_each(start, CALLS));
	start = now_us();
	pread_many(fd, base, PAGE);
	sample(&s[PREAD_BLOCK], ns_each(start, CALLS));
}

static const struct {
	const struct peer *peer;
	const char *mapped, *called;
} contenders[] = {
	{ &pci, "PCI's resource0, mapped", NULL },
	{ &dflres, "dflres, mapped", "dflres, pread" },
	{ &library, "libdflres, mapped", NULL },
	{ &uio, "uio_dfl, mapped", NULL },
	{ &vfio, "vfio-pci, mapped", "vfio-pci, pread" },
};

static void measure_peer(const struct peer *peer, struct samples *s)
{
	volatile uint8_t *registers;
	int fd;

	peer->begin();
	peer->from_kernel();
	registers = peer->take();
	check_registers(registers);
	if (peer == &library)
		measure_library(s);
	else
		measure_mapping(s, registers);
	if (peer == &dflres) {
		fd = dflres_open();
		measure_pread(s, fd, 0);
		close(fd);
	}
	if (peer == &vfio)
		measure_pread(s, vfio_device, vfio_bar() + KERNELS_AT);
	peer->to_kernel();
	peer->end();
}

void measure_access(void)
{
	static struct samples samples[ARRAY_SIZE(contenders)][NR_WHAT];
	unsigned int round, i, what;

	for (i = 0; i < ARRAY_SIZE(contenders); i++)
		for (what = 0; what < NR_WHAT; what++)
			begin_samples(&samples[i][what], measures[what],
				      what < PREAD ? contenders[i].mapped : contenders[i].called, "ns", 0);
	for (round = 0; round < rounds(101); round++)
		for (i = 0; i < ARRAY_SIZE(contenders); i++) {
			unsigned int who = (i + round) % ARRAY_SIZE(contenders);

			measure_peer(contenders[who].peer, samples[who]);
		}
	for (what = 0; what < NR_WHAT; what++)
		for (i = 0; i < ARRAY_SIZE(contenders); i++)
			if (samples[i][what].count)
				print_samples(&samples[i][what]);
}
