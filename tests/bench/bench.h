/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the measurements share. Each prints lines of JSON, one for each competitor: what was measured in every round, all
 * competitors in turn in each of them, so that the noise of a moment hits all. The first one printed is the one that
 * tests/bench/report compares the others with.
 */

#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAX_ROUNDS 1001
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* The card of bench.card */
#define KERNELS 0x9		/* dfl-emif's */
#define KERNELS_AT 0x1000	/* in BAR 0 */
#define UIOS 0x10		/* uio_dfl's, and nobody's while that is not loaded */
#define WITH_IRQ 0x400		/* its interrupt is the card's vector 0 */

/* A few rounds and small cards only: to see that all of it works */
extern bool quick;

/* How many rounds to make where this many are due */
unsigned int rounds(unsigned int due);
/* On how many of the sizes 8, 64, 512, 2000 to measure */
extern const unsigned int sizes[4];
unsigned int nr_sizes(void);
/* A card of so many features of one page */
void card_of(unsigned int features);

double now_us(void);

struct samples {
	const char *measure, *who, *unit;
	unsigned int size;	/* of the card, or whatever it was repeated for; 0 if for nothing */
	unsigned int count;
	double values[MAX_ROUNDS];
};

void begin_samples(struct samples *s, const char *measure, const char *who, const char *unit, unsigned int size);
void sample(struct samples *s, double value);
double median(struct samples *s);
void print_samples(const struct samples *s);
/* A measure that is exact, or of a single round */
void print_value(const char *measure, const char *who, const char *unit, unsigned int size, double value);

/*
 * Ways to the registers. The steps from_kernel, take and to_kernel follow each other, open what they need, and what is open
 * after take to_kernel closes. begin and end, around a series of them, do not belong to what is measured.
 */
struct peer {
	const char *name;
	void (*begin)(void);
	void (*end)(void);
	/* From a kernel driver to nobody */
	void (*from_kernel)(void);
	/* From nobody to this process: a page of the registers, at REGISTERS for all but libdflres */
	volatile uint8_t *(*take)(void);
	/* From this process to the kernel driver */
	void (*to_kernel)(void);
};

/* The same address for all of them, so that an emulated TLB treats all alike */
#define REGISTERS ((volatile uint8_t *)0x7d0000000000)

extern const struct peer pci, dflres, library, uio, vfio;

/* No measurement goes on unless these are a feature's registers */
void check_registers(const volatile uint8_t *registers);

/* Between take and to_kernel: vfio-pci's device, and where BAR 0 begins in it */
extern int vfio_device;
uint64_t vfio_bar(void);
/* And a descriptor for pread: of dflres' resource0 */
int dflres_open(void);
/* And the library's registers */
extern struct dflres_regs *library_regs;

void measure_access(void);
void measure_handover(void);
void measure_interrupt(void);
void measure_list(void);
void measure_scale(void);
void measure_revoke(void);
void measure_faults(void);

#endif
