/* SPDX-License-Identifier: GPL-2.0 */
/*
 * dflres: ownership and resource files for the features of a DFL card
 *
 * What the files of the module share. Each file calls only those below it:
 *
 *	bus.c		module and bus notifier
 *	owner.c		the file `owner`
 *	lease.c		the file `lease`: a claim that lasts as long as an eventfd
 *	claim.c		a claim: the driver that makes it and ends it
 *	feature.c	one feature: its directory and the files it always has
 *	irq.c		a claim's interrupts
 *	registers.c	a claim's resource0 and resource0_wc
 *	mapping.c	a claim's mappings
 *	transfer.c	reads and writes of registers
 *	isolation.c	which features are safe to hand out, and to map
 *	dma.c		what the card can reach by DMA
 *	file.c		the files of a claim
 *	trace.[ch]	tracepoints
 *
 * Lock order:
 *
 *	active reference of the file `owner` or `lease`, or work of a lease
 *	  dflres_feature.lock		one claim or release at a time
 *	    device_lock(feature)	the driver core, in attach and release
 *	      rwsem of the bus notifier, for reading
 *	        dflres_scan_lock	in bus.c, a leaf
 *	      drain of the claim's own files (resource0, owner_pid, irqN, ...)
 *	        dflres_claim.map_lock	also below mmap_lock
 *	      dflres_mapping.lock	also below mmap_lock; above page tables' locks
 *	      wait queue of a lease's eventfd
 *
 * .remove() waits for the handlers of a claim's own files, so these take none of
 * the first four. The bus notifier only creates directories and marks them gone:
 * nothing in it may bind, release, or wait for the users of a file. When a device
 * is deleted, the driver core releases it without dflres_feature.lock.
 */

#ifndef DFLRES_H
#define DFLRES_H

#include <linux/dfl.h>
#include <linux/ioport.h>
#include <linux/kobject.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/refcount.h>
#include <linux/sysfs.h>
#include <linux/uidgid.h>
#include <linux/workqueue.h>

struct cred;
struct pci_dev;

/**
 * enum dflres_reason - why a claim ends
 * @DFLRES_DEVICE_GONE: the driver core released the device that it removes
 * @DFLRES_RELEASED: `none` was written
 * @DFLRES_RELEASED_TO_KERNEL: `kernel` was written
 * @DFLRES_LEASE_ENDED: the last reference to the lease's eventfd was closed
 */
enum dflres_reason {
	DFLRES_DEVICE_GONE,
	DFLRES_RELEASED,
	DFLRES_RELEASED_TO_KERNEL,
	DFLRES_LEASE_ENDED,
};

/**
 * enum dflres_memory_type - how the processor reaches a claim's registers
 * @DFLRES_UNDECIDED: not used so far
 * @DFLRES_UNCACHED: through `resource0`
 * @DFLRES_WRITE_COMBINED: through `resource0_wc`
 */
enum dflres_memory_type {
	DFLRES_UNDECIDED,
	DFLRES_UNCACHED,
	DFLRES_WRITE_COMBINED,
};

/**
 * struct dflres_feature - one device on the DFL bus, as dflres sees it
 * @kobj: the directory "dflres" below the device; it pins the device
 * @ddev: the device
 * @owner_node: the file `owner`, to wake its pollers
 * @lock: serialises writers of `owner` and `lease`, and the end of a lease
 * @claim: the claim being made or held, or NULL
 * @claimed: the claim's files exist
 * @leased: the claim lasts as long as an eventfd
 * @bound: the device has a driver whose probe is over: a probe can fail, and the
 *	   device has the driver before. (Set too early for a feature that appears
 *	   during a probe, until that probe ends.)
 * @refused: the last driver that the device was offered to failed to probe it. The
 *	     driver core logs that, so claimers do not offer the device again
 * @gone: the device has left the bus, or the module is being unloaded
 * @over_msix: some byte of the feature lies on the card's MSI-X table or PBA
 * @reason: why the claim is being ended, see &enum dflres_reason
 * @uid: who claimed; not in @claim, because a writer of `owner` compares it while
 *	 the device may go away, and the claim with it
 */
struct dflres_feature {
	struct kobject kobj;
	struct dfl_device *ddev;
	struct kernfs_node *owner_node;
	struct mutex lock;	/* above device_lock(), see the top */
	struct dflres_claim *claim;
	bool claimed;
	bool leased;
	bool bound;
	bool refused;
	bool gone;
	bool over_msix;
	u8 reason;
	kuid_t uid;
};

#define to_dflres_feature(k) container_of(k, struct dflres_feature, kobj)

/**
 * struct dflres_file - a file that exists from a claim to its release
 * @attr: what both kinds of file begin with
 * @text: the attribute of a text file
 * @bin: the attribute of a binary file
 * @binary: which of the two it is
 * @name: its name
 * @dir: the directory it is in
 * @node: the file, to wake its pollers, or NULL if it does not exist
 */
struct dflres_file {
	union {
		struct attribute attr;
		struct kobj_attribute text;
		struct bin_attribute bin;
	};
	bool binary;
	char name[24];
	struct kobject *dir;
	struct kernfs_node *node;
};

/**
 * struct dflres_claim - what exists from a claim to its release
 * @refs: one for the binding (or who is making it), one for queued work
 * @feature: the claimed feature; pinned, as is its device, for the work may run
 *	     when the device is gone
 * @error: why .probe() refused, for the writer of `owner`: the driver core keeps
 *	   only two errors of a probe to itself, and logs the others
 * @gid: the claimer's group
 * @pid: the process that claimed
 * @owner_pid: the file `owner_pid`
 * @lease: the eventfd that the claim lasts as long as, or NULL; the reference
 *	   keeps @lease_queue when the file is gone
 * @to_kernel: offer the device to the kernel's drivers when the lease ends
 * @lease_queue: the eventfd's wait queue
 * @lease_wait: our place in it
 * @lease_poll: how to get there
 * @lease_work: ends the claim after the last close of the eventfd
 * @region: the registers in the resource tree, for /proc/iomem and others
 * @memory_type: set by the first use
 * @map_lock: held by mmap() while it makes @mapping or sets @memory_type
 * @regs: the registers, mapped by the first read or write
 * @mapping: the file of the claim's VMAs, from the first mmap() on
 * @resource0: the file `resource0`
 * @resource0_wc: the file `resource0_wc`
 * @irqs: one for each interrupt of the feature
 */
struct dflres_claim {
	refcount_t refs;
	struct dflres_feature *feature;
	int error;
	kgid_t gid;
	struct pid *pid;
	struct dflres_file owner_pid;
	struct eventfd_ctx *lease;
	bool to_kernel;
	struct wait_queue_head *lease_queue;
	struct wait_queue_entry lease_wait;
	poll_table lease_poll;
	struct work_struct lease_work;
	struct resource region;
	enum dflres_memory_type memory_type;
	struct mutex map_lock;	/* see the top */
	void __iomem *regs;
	struct file *mapping;
	struct dflres_file resource0;
	struct dflres_file resource0_wc;
	struct dflres_irq *irqs;
};

/* bus.c */
extern struct workqueue_struct *dflres_wq;

/* claim.c */
extern struct dfl_driver dflres_driver;
int dflres_claim_feature(struct dflres_feature *feature, const struct cred *cred,
			 struct file *lease, bool to_kernel);
bool dflres_is_claimed(struct dflres_feature *feature);
void dflres_release(struct dflres_feature *feature, enum dflres_reason reason, bool to_kernel);

/* dma.c */
extern struct kobj_attribute dflres_dma_attr;
bool dflres_dma_permits_claim(struct dflres_feature *feature);

/* feature.c */
extern struct xarray dflres_features;
struct dflres_feature *dflres_feature_find(struct dfl_device *ddev);
struct dflres_feature *dflres_feature_create(struct dfl_device *ddev);
void dflres_feature_destroy(struct dflres_feature *feature);
void dflres_features_wait_gone(void);

/* file.c */
int dflres_file_add(struct dflres_file *file, struct dflres_claim *claim, umode_t mode,
		    const char *format, unsigned int index);
void dflres_file_remove(struct dflres_file *file);
int dflres_parse_fd(const char *buf, size_t count, int *fd);

/* irq.c */
int dflres_irqs_add(struct dflres_claim *claim);
void dflres_irqs_remove(struct dflres_claim *claim);

/* isolation.c */
struct pci_dev *dflres_card(struct dfl_device *ddev);
bool dflres_over_msix(struct dfl_device *ddev);
const char *dflres_unsafe(struct dflres_feature *feature);
void dflres_leave_tree(struct dfl_device *ddev, struct dflres_feature *feature);
bool dflres_is_whole_pages(struct dflres_feature *feature);
bool dflres_is_prefetchable(struct dflres_feature *feature);
int dflres_region_request(struct dflres_claim *claim);
void dflres_region_release(struct dflres_claim *claim);

/* lease.c */
extern struct bin_attribute dflres_lease_attr;

/* mapping.c */
int dflres_mapping_create(struct dflres_claim *claim);
void dflres_mapping_map(struct dflres_claim *claim, struct vm_area_struct *vma,
			enum dflres_memory_type type);
void dflres_mapping_end(struct dflres_claim *claim);

/* owner.c */
extern struct bin_attribute dflres_owner_attr;

/* registers.c */
int dflres_registers_add(struct dflres_claim *claim);
void dflres_registers_remove(struct dflres_claim *claim);

/* transfer.c */
ssize_t dflres_transfer(struct dflres_claim *claim, loff_t off, char *buf, size_t count,
			bool write);

#endif /* DFLRES_H */
