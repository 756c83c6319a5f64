// SPDX-License-Identifier: GPL-2.0
/*
 * The mappings of a claim
 *
 * kernfs revokes mappings of a sysfs file once for each descriptor that was ever
 * mapped, counts them without a lock, and keeps the files, and so the mounts and
 * namespaces, of processes that are gone. So a claim has a file of its own that no
 * process can open. ->mmap gives it to each VMA in place of the sysfs file, and
 * kernfs leaves such a VMA alone.
 *
 * Only the fault handler inserts pages, under a lock by which the end of the claim
 * shuts it out. One unmap_mapping_range() then removes them. The file pins what the
 * handlers use until the last VMA is gone, which may be long after the claim.
 */

#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "compat.h"
#include "dflres.h"
#include "trace.h"

/**
 * struct dflres_mapping - what the VMAs of one claim share
 * @lock: held for reading to insert pages, for writing at the end of the claim
 * @claim: the claim, or NULL once it has ended
 * @inode: whose address space lists the VMAs
 */
struct dflres_mapping {
	struct rw_semaphore lock;	/* below mmap_lock */
	struct dflres_claim *claim;
	struct inode *inode;
};

/*
 * The first touch maps all pages of the same page table, so that later ones do not
 * fault. The page numbers come from the file offset alone: the mapping may have
 * moved since ->mmap.
 */
static vm_fault_t dflres_insert_pages(struct vm_fault *vmf, struct dfl_device *ddev)
{
	struct vm_area_struct *vma = vmf->vma;
	unsigned long pfn, addr, end;
	vm_fault_t ret = 0;

	trace_dflres_fault(ddev, vmf->address, vmf->pgoff);

	addr = ALIGN_DOWN(vmf->address, PMD_SIZE);
	end = min(addr + PMD_SIZE, vma->vm_end);
	addr = max(addr, vma->vm_start);
	pfn = PHYS_PFN(ddev->mmio_res.start) + vmf->pgoff - PHYS_PFN(vmf->address - addr);
	for (; addr < end && !(ret & VM_FAULT_ERROR); addr += PAGE_SIZE)
		ret = vmf_insert_pfn(vma, addr, pfn++);

	return ret;
}

static vm_fault_t dflres_vma_fault(struct vm_fault *vmf)
{
	struct dflres_mapping *mapping = vmf->vma->vm_private_data;
	vm_fault_t ret = VM_FAULT_SIGBUS;

	down_read(&mapping->lock);
	if (mapping->claim)
		ret = dflres_insert_pages(vmf, mapping->claim->feature->ddev);
	up_read(&mapping->lock);

	return ret;
}

/*
 * No .access: it would serve not only debuggers. A process can map registers where
 * its arguments were, and everybody's ps(1) would read them.
 */
static const struct vm_operations_struct dflres_vm_ops = {
	.fault = dflres_vma_fault,
};

static int dflres_mapping_release(struct inode *inode, struct file *file)
{
	struct dflres_mapping *mapping = file->private_data;

	iput(mapping->inode);
	kfree(mapping);
	return 0;
}

/* .owner: the handlers must exist as long as a VMA does */
static const struct file_operations dflres_mapping_fops = {
	.owner = THIS_MODULE,
	.release = dflres_mapping_release,
	.fsync = noop_fsync,
};

/**
 * dflres_mapping_create() - make a claim ready to be mapped
 * @claim: the claim; gets its @mapping, unless it has one
 *
 * The first mmap() does this and not the claim: many claims are never mapped.
 *
 * Context: ->mmap(), with @claim->map_lock held.
 * Return: 0, -ENOMEM, or -ENFILE if the system has too many open files.
 */
int dflres_mapping_create(struct dflres_claim *claim)
{
	const char *name = dev_name(&claim->feature->ddev->dev);
	struct dflres_mapping *mapping;
	struct inode *inode;
	struct file *file;

	lockdep_assert_held(&claim->map_lock);

	if (claim->mapping)
		return 0;

	mapping = kzalloc_obj(*mapping);
	if (!mapping)
		return -ENOMEM;

	file = anon_inode_getfile(name, &dflres_mapping_fops, mapping, O_RDWR);
	if (IS_ERR(file)) {
		kfree(mapping);
		return PTR_ERR(file);
	}

	/* All anonymous files share one inode. These VMAs need one of their own */
	inode = alloc_anon_inode(file_inode(file)->i_sb);
	if (IS_ERR(inode)) {
		fput(file);
		return PTR_ERR(inode);
	}

	init_rwsem(&mapping->lock);
	mapping->claim = claim;
	mapping->inode = inode;
	file->f_mapping = inode->i_mapping;
	claim->mapping = file;
	return 0;
}

/**
 * dflres_mapping_map() - make a VMA one of a claim's
 * @claim: the claim, which does not end meanwhile
 * @vma: the VMA, within the feature
 * @type: the memory type
 *
 * No page is inserted here: it would outlive a release that is going on.
 */
void dflres_mapping_map(struct dflres_claim *claim, struct vm_area_struct *vma,
			enum dflres_memory_type type)
{
	pgprot_t prot = vma->vm_page_prot;

	/* In vm_page_prot itself, which mprotect() applies on some machines */
	prot = type == DFLRES_WRITE_COMBINED ? pgprot_writecombine(prot) : pgprot_device(prot);
	vma->vm_page_prot = pgprot_decrypted(prot);
	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_ops = &dflres_vm_ops;
	vma->vm_private_data = claim->mapping->private_data;
	vma_set_file(vma, claim->mapping);
}

/**
 * dflres_mapping_end() - revoke all mappings of a claim
 * @claim: the claim; nothing happens if it was never mapped
 *
 * When this returns every access through a mapping gives SIGBUS.
 *
 * Context: .probe() or .remove()
 */
void dflres_mapping_end(struct dflres_claim *claim)
{
	struct dflres_mapping *mapping;

	if (!claim->mapping)
		return;

	mapping = claim->mapping->private_data;
	down_write(&mapping->lock);
	mapping->claim = NULL;
	up_write(&mapping->lock);
	unmap_mapping_range(mapping->inode->i_mapping, 0, 0, 1);
	fput(claim->mapping);
}
