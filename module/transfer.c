// SPDX-License-Identifier: GPL-2.0
/* Reads and writes of a claim's registers, in accesses as the bus takes them */

#include <linux/io.h>
#include <linux/io-64-nonatomic-lo-hi.h>
#include <linux/log2.h>
#include <linux/sched/signal.h>

#include "compat.h"
#include "dflres.h"

/* Natural alignment on the bus, no more than is left, no more than 8 bytes */
static unsigned int dflres_access_bytes(resource_size_t addr, size_t left)
{
	unsigned int aligned = 1U << __ffs((unsigned long)addr | sizeof(u64));

	return min_t(size_t, aligned, rounddown_pow_of_two(left));
}

static u64 dflres_read_reg(const void __iomem *reg, unsigned int bytes)
{
	switch (bytes) {
	case 8:
		return readq(reg);
	case 4:
		return readl(reg);
	case 2:
		return readw(reg);
	default:
		return readb(reg);
	}
}

static void dflres_write_reg(u64 val, void __iomem *reg, unsigned int bytes)
{
	switch (bytes) {
	case 8:
		writeq(val, reg);
		break;
	case 4:
		writel(val, reg);
		break;
	case 2:
		writew(val, reg);
		break;
	default:
		writeb(val, reg);
	}
}

/* Registers are little-endian, and so is the file: it shows the bytes of a mapping */
static void dflres_move_reg(void __iomem *reg, char *buf, unsigned int bytes, bool write)
{
	__le64 le = 0;

	if (write) {
		memcpy(&le, buf, bytes);
		dflres_write_reg(le64_to_cpu(le), reg, bytes);
	} else {
		le = cpu_to_le64(dflres_read_reg(reg, bytes));
		memcpy(buf, &le, bytes);
	}
}

/*
 * Made by the first access: claims that only mmap do without, and the time it takes
 * grows with the card. Of two accesses at once, one keeps its mapping.
 */
static void __iomem *dflres_regs(struct dflres_claim *claim)
{
	const struct resource *res = &claim->feature->ddev->mmio_res;
	void __iomem *regs, *first;

	/* Pairs with cmpxchg(): the page tables are written before the address */
	regs = smp_load_acquire(&claim->regs);
	if (regs)
		return regs;

	regs = ioremap(res->start, resource_size(res));
	if (!regs)
		return NULL;

	first = cmpxchg(&claim->regs, NULL, regs);
	if (!first)
		return regs;

	iounmap(regs);
	return first;
}

/**
 * dflres_transfer() - read or write registers
 * @claim: the claim, which does not end meanwhile
 * @off: the first byte, an offset in the feature
 * @buf: where the bytes go, or come from
 * @count: how many bytes; they end within the feature
 * @write: write @buf to the registers, instead of reading them
 *
 * A fatal signal ends this between two registers, however slow the card answers.
 *
 * Return: how many bytes have been moved, -EINTR or -ENOMEM.
 */
ssize_t dflres_transfer(struct dflres_claim *claim, loff_t off, char *buf, size_t count,
			bool write)
{
	resource_size_t start = claim->feature->ddev->mmio_res.start;
	void __iomem *regs = dflres_regs(claim);
	unsigned int bytes;
	size_t done;

	if (!regs)
		return -ENOMEM;

	for (done = 0; done < count; done += bytes) {
		if (fatal_signal_pending(current))
			return done ?: -EINTR;
		bytes = dflres_access_bytes(start + off + done, count - done);
		dflres_move_reg(regs + off + done, buf + done, bytes, write);
		cond_resched();
	}

	return count;
}
