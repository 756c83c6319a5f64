// SPDX-License-Identifier: GPL-2.0
/*
 * The files `resource0` and `resource0_wc` of a claim: the registers, by mmap,
 * pread and pwrite
 *
 * A read can change a register, so a program that only looks around in sysfs must
 * not reach one. Without write access a descriptor of `resource0` reads one register
 * a call, and through a read-only mount (the /sys of a container) nobody reads or
 * maps.
 */

#include <linux/fs.h>
#include <linux/io.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/mount.h>
#include <linux/security.h>

#include "compat.h"
#include "dflres.h"

/*
 * A register must not be mapped with two memory types (x86 gives all mappings of a
 * place the type of the first), so the first use of a claim decides. Write-combining
 * may fail after that: @map_lock keeps other mappings out until it is set up.
 */
static int dflres_use(struct dflres_claim *claim, enum dflres_memory_type type)
{
	const struct resource *res = &claim->feature->ddev->mmio_res;
	enum dflres_memory_type first;
	int err;

	first = cmpxchg(&claim->memory_type, DFLRES_UNDECIDED, type);
	if (first != DFLRES_UNDECIDED)
		return first == type ? 0 : -EBUSY;
	if (type == DFLRES_UNCACHED)
		return 0;

	err = arch_io_reserve_memtype_wc(res->start, resource_size(res));
	if (err)
		WRITE_ONCE(claim->memory_type, DFLRES_UNDECIDED);
	return err;
}

static int dflres_may_access(struct file *file)
{
	if (security_locked_down(LOCKDOWN_PCI_ACCESS))
		return -EPERM;
	if (__mnt_is_readonly(file->f_path.mnt))
		return -EROFS;

	return 0;
}

/*
 * sysfs has cut @count to what is left of the file: the caller of a read that covers
 * all of a small feature may have asked for everything.
 */
static bool dflres_is_one_register(struct dflres_claim *claim, loff_t off, size_t count)
{
	const struct resource *res = &claim->feature->ddev->mmio_res;

	return count <= sizeof(u64) && is_power_of_2(count) &&
	       IS_ALIGNED(res->start + off, count) && count < resource_size(res);
}

/* sysfs has cut @off and @count to the file's size, the feature's length */
static ssize_t dflres_access(struct file *file, struct dflres_claim *claim, loff_t off, char *buf,
			     size_t count, bool write)
{
	int err;

	err = dflres_may_access(file);
	if (err)
		return err;
	if (!(file->f_mode & FMODE_WRITE) && !dflres_is_one_register(claim, off, count))
		return -EINVAL;

	err = dflres_use(claim, DFLRES_UNCACHED);
	if (err)
		return err;

	return dflres_transfer(claim, off, buf, count, write);
}

static ssize_t resource0_read(struct file *file, struct kobject *kobj,
			      compat_bin_rw_attribute *attr, char *buf, loff_t off, size_t count)
{
	return dflres_access(file, attr->private, off, buf, count, false);
}

static ssize_t resource0_write(struct file *file, struct kobject *kobj,
			       compat_bin_rw_attribute *attr, char *buf, loff_t off, size_t count)
{
	return dflres_access(file, attr->private, off, buf, count, true);
}

static int registers_mmap(struct file *file, struct kobject *kobj,
			  compat_bin_mmap_attribute *attr, struct vm_area_struct *vma)
{
	struct dflres_claim *claim = attr->private;
	enum dflres_memory_type type = DFLRES_UNCACHED;
	unsigned long pages;
	int err;

	err = dflres_may_access(file);
	if (err)
		return err;

	/* Registers cannot be copied on write; the fault would BUG() */
	if (vma_is_cow_mapping(vma))
		return -EINVAL;

	pages = PHYS_PFN(resource_size(&claim->feature->ddev->mmio_res));
	if (vma->vm_pgoff >= pages || vma_pages(vma) > pages - vma->vm_pgoff)
		return -EINVAL;

	if (attr == &claim->resource0_wc.bin)
		type = DFLRES_WRITE_COMBINED;
	if (mutex_lock_killable(&claim->map_lock))
		return -EINTR;
	err = dflres_mapping_create(claim) ?: dflres_use(claim, type);
	mutex_unlock(&claim->map_lock);
	if (err)
		return err;

	dflres_mapping_map(claim, vma, type);
	return 0;
}

static int dflres_registers_file(struct dflres_claim *claim, struct dflres_file *file,
				 const char *name)
{
	file->binary = true;
	file->bin.size = resource_size(&claim->feature->ddev->mmio_res);
	file->bin.private = claim;
	if (dflres_is_whole_pages(claim->feature))
		file->bin.mmap = registers_mmap;
	return dflres_file_add(file, claim, 0600, name, 0);
}

/**
 * dflres_registers_add() - make a claim's files `resource0` and `resource0_wc`
 * @claim: the claim; it holds the feature's region
 *
 * Context: .probe()
 * Return: 0 or -ENOMEM. After an error dflres_registers_remove() removes what is
 *	   there.
 */
int dflres_registers_add(struct dflres_claim *claim)
{
	int err;

	mutex_init(&claim->map_lock);
	claim->resource0.bin.read = resource0_read;
	claim->resource0.bin.write = resource0_write;
	err = dflres_registers_file(claim, &claim->resource0, "resource0");
	if (err || !claim->resource0.bin.mmap || !dflres_is_prefetchable(claim->feature))
		return err;

	return dflres_registers_file(claim, &claim->resource0_wc, "resource0_wc");
}

/**
 * dflres_registers_remove() - revoke a claim's files `resource0` and `resource0_wc`
 * @claim: the claim
 *
 * When this returns nobody can reach the registers through the files, their
 * descriptors or their mappings.
 *
 * Context: .probe() or .remove()
 */
void dflres_registers_remove(struct dflres_claim *claim)
{
	const struct resource *res = &claim->feature->ddev->mmio_res;

	dflres_file_remove(&claim->resource0_wc);
	dflres_file_remove(&claim->resource0);
	dflres_mapping_end(claim);
	if (claim->regs)
		iounmap(claim->regs);
	if (claim->memory_type == DFLRES_WRITE_COMBINED)
		arch_io_free_memtype_wc(res->start, resource_size(res));
}
