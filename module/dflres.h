/* SPDX-License-Identifier: GPL-2.0 */
/*
 * dflres: ownership and resource files for the features of a DFL card
 *
 * What the files of the module share. Each calls only those below it:
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
 *	        dflres_claim.map_lock	below mmap_lock, too
 *	      dflres_mapping.lock	also below mmap_lock; above page tables' locks
 *	      wait queue of a lease's eventfd
 *
 * So the handlers of a claim's own files take none of the first four: .remove()
 * waits for them. Nothing that can bind, release, or wait for the users of a
 * file runs in the bus notifier: it only creates directories and marks them
 * gone. .probe() and .remove() also run without dflres_feature.lock (a device
 * that is deleted is released by the driver core itself).
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
#include <linux/types.h>
#include <linux/uidgid.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

struct cred;
struct dflres_claim;
struct dflres_irq;
struct eventfd_ctx;
struct file;
struct kernfs_node;
struct pci_dev;
struct pid;
struct vm_area_struct;

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
 * @DFLRES_UNDECIDED: nobody has, so far
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
 * @owner_node: the file `owner`, to wake those who poll it
 * @lock: serialises writers of `owner` and `lease`, and the end of a lease
 * @claim: the claim being made or held, or NULL
 * @claimed: the claim's files are there
 * @leased: and it lasts as long as an eventfd
 * @bound: the probe of the driver that the device has is over. The device has a
 *	   driver before, but a probe can fail. (Where the feature came during
 *	   a probe, it may be set too early, until that probe ends.)
 * @gone: the device has left the bus, or the module is going
 * @over_msix: some byte of the feature lies on the card's MSI-X table or PBA
 * @reason: why the claim is being ended, see &enum dflres_reason
 * @uid: who claimed; kept here and not in @claim because a writer of `owner`
 *	 compares it while the device, and so the claim, may be going away
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
	bool gone;
	bool over_msix;
	u8 reason;
	kuid_t uid;
};

#define to_dflres_feature(k) container_of(k, struct dflres_feature, kobj)

/**
 * struct dflres_file - a file that exists from a claim to its release
 * @attr: what both kinds of file begin with
 * @text: its handlers, if it is a text
 * @bin: if it is @binary
 * @binary: which of the two
 * @name: its name
 * @dir: the directory it is in
 * @node: the file, to wake those who poll it, or NULL if it is not there
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
 * @feature: the feature that is claimed, pinned, and its device likewise: the
 *	     work may run when the device is gone
 * @error: why .probe() refused. The driver core logs all but two errors of a
 *	   probe, so the real one travels to the writer of `owner` here
 * @gid: the claimer's group
 * @pid: the process that claimed
 * @owner_pid: the file `owner_pid`
 * @lease: the eventfd that the claim lasts as long as, or NULL; pinned, which
 *	   keeps @lease_queue there when the file is gone
 * @to_kernel: when that ends, the device is offered to the kernel's drivers
 * @lease_queue: the eventfd's wait queue
 * @lease_wait: our place in it
 * @lease_poll: how to get there
 * @lease_work: ends the claim when the eventfd is closed for the last time
 * @region: the registers in the tree of resources, for /proc/iomem and others
 * @memory_type: set by the first use
 * @map_lock: held by mmap() where it makes @mapping or sets @memory_type
 * @regs: the registers, mapped by the first read or write
 * @mapping: the file that the claim's VMAs have, from the first mmap() on
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
	struct mutex map_lock;	/* see above */
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
int dflres_claim_feature(struct dflres_feature *feature,
			 const struct cred *cred, struct file *lease,
			 bool to_kernel);
bool dflres_is_claimed(struct dflres_feature *feature);
void dflres_release(struct dflres_feature *feature, enum dflres_reason reason,
		    bool to_kernel);

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
int dflres_file_add(struct dflres_file *file, struct dflres_claim *claim,
		    umode_t mode, const char *format, unsigned int index);
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
ssize_t dflres_transfer(struct dflres_claim *claim, loff_t off, char *buf,
			size_t count, bool write);

#endif /* DFLRES_H */
