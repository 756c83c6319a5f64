/* SPDX-License-Identifier: GPL-2.0 */
/*
 * dflres: ownership and resource files for the features of a DFL card
 *
 * What the files of the module share. Who calls whom:
 *
 *	bus.c		module, driver and bus notifier; knows all features
 *	feature.c	one feature: its directory and the files it always has
 *	owner.c		the owner file: claim and release
 *	lease.c		the lease file: a claim that lasts as long as an eventfd
 *	isolation.c	which features are safe to hand out, and to map
 *	registers.c	a claim's resource0: mmap, pread and pwrite
 *	irq.c		a claim's interrupts
 *	dma.c		what the card can reach by DMA
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
 *	      wait queue of a lease's eventfd
 *
 * So the handlers of a claim's own files take none of these: .remove() waits
 * for them. Nothing that can bind, release, or wait for the users of a file
 * runs in the bus notifier: it only creates directories and marks them gone.
 * .probe() and .remove() also run without dflres_feature.lock (a device that
 * is deleted is released by the driver core itself).
 */

#ifndef DFLRES_H
#define DFLRES_H

#include <linux/dfl.h>
#include <linux/ioport.h>
#include <linux/kobject.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/sysfs.h>
#include <linux/types.h>
#include <linux/uidgid.h>

struct dflres_claim;
struct dflres_irq;
struct dflres_lease;
struct kernfs_node;
struct pci_dev;
struct pid;
struct workqueue_struct;

/**
 * enum dflres_end - how a claim ends
 * @DFLRES_DEVICE_GONE: the driver core released the device that it removes
 * @DFLRES_RELEASED: `none` was written
 * @DFLRES_HANDED_BACK: `kernel` was written
 * @DFLRES_LEASE_ENDED: the last reference to the lease's eventfd was closed
 */
enum dflres_end {
	DFLRES_DEVICE_GONE,
	DFLRES_RELEASED,
	DFLRES_HANDED_BACK,
	DFLRES_LEASE_ENDED,
};

/**
 * struct dflres_feature - one device on the DFL bus, as dflres sees it
 * @kobj: the directory "dflres" below the device; it pins the device
 * @ddev: the device. The device of its FIU is pinned too, and for longer: the
 *	  release() of @ddev in dfl.c still writes to a resource of the FIU's
 * @owner_node: the file `owner`, to wake those who poll it
 * @lock: serialises writers of `owner` and `lease`, and the end of a lease
 * @claim: the claim being made or held, or NULL; belongs to the writer of
 *	   `owner` until its attach succeeds, and to the binding from then on
 * @lease: what the claim is leased by, or NULL; set from .probe() to .remove()
 * @claimed: the claim's files are there
 * @bound: the probe of the driver that the device has is over. The device has a
 *	   driver before, but a probe can fail. (Where the feature came during
 *	   a probe, it may be set too early, until that probe ends.)
 * @over_msix: some byte of the feature lies on the card's MSI-X table or PBA
 * @end: how the claim is being ended, see &enum dflres_end
 * @uid: who claimed; kept here and not in @claim because a writer of `owner`
 *	 compares it while the device, and so the claim, may be going away
 */
struct dflres_feature {
	struct kobject kobj;
	struct dfl_device *ddev;
	struct kernfs_node *owner_node;
	struct mutex lock;	/* above device_lock(), see the top */
	struct dflres_claim *claim;
	struct dflres_lease *lease;
	bool claimed;
	bool bound;
	bool over_msix;
	u8 end;
	kuid_t uid;
};

#define to_dflres_feature(k) container_of(k, struct dflres_feature, kobj)

/**
 * struct dflres_claim - what exists from a claim to its release
 * @feature: the feature that is claimed
 * @pid: the process that claimed
 * @gid: the claimer's group
 * @lease: what it is to be leased by, or NULL; not to be looked into
 * @error: why .probe() refused. The driver core logs all but two errors of a
 *	   probe, so the real one travels to the writer of `owner` here
 * @region: the registers in the tree of resources, for /proc/iomem and others
 * @regs_lock: protects @regs and @views; a leaf
 * @regs: the registers, mapped by the first pread or pwrite
 * @views: one for each inode of `resource0` that has been mapped
 * @resource0: the file `resource0`
 * @resource0_node: the same, to wake those who poll it
 * @pid_node: the file `owner_pid`, likewise
 * @irqs: one for each interrupt of the feature
 */
struct dflres_claim {
	struct dflres_feature *feature;
	struct pid *pid;
	kgid_t gid;
	struct dflres_lease *lease;
	int error;
	struct resource region;
	struct mutex regs_lock;	/* see above */
	void __iomem *regs;
	struct list_head views;
	struct bin_attribute resource0;
	struct kernfs_node *resource0_node;
	struct kernfs_node *pid_node;
	struct dflres_irq *irqs;
};

/* bus.c */
extern struct dfl_driver dflres_driver;
extern struct workqueue_struct *dflres_wq;
struct dflres_feature *dflres_feature_find(struct dfl_device *ddev);

/* dma.c */
extern struct kobj_attribute dflres_dma_attr;
bool dflres_dma_permits_claim(struct dflres_feature *feature);

/* feature.c */
struct dflres_feature *dflres_feature_create(struct dfl_device *ddev);
void dflres_feature_destroy(struct dflres_feature *feature);
void dflres_features_wait_gone(void);

/* irq.c */
int dflres_irqs_add(struct dflres_claim *claim);
void dflres_irqs_remove(struct dflres_claim *claim);

/* isolation.c */
struct pci_dev *dflres_card(struct dfl_device *ddev);
bool dflres_over_msix(struct dfl_device *ddev);
bool dflres_is_claimable(struct dflres_feature *feature);
bool dflres_is_unshared(struct dflres_feature *feature);
bool dflres_is_whole_pages(struct dflres_feature *feature);
int dflres_region_request(struct dflres_claim *claim);
void dflres_region_release(struct dflres_claim *claim);

/* lease.c */
extern struct kobj_attribute dflres_lease_attr;
int dflres_parse_fd(const char *buf, size_t count, int *fd);
void dflres_lease_drop(struct dflres_lease *lease);

/* owner.c */
extern struct kobj_attribute dflres_owner_attr;
int dflres_claim(struct dflres_feature *feature, struct dflres_lease *lease);
void dflres_hand_back(struct dflres_feature *feature, enum dflres_end end);
int dflres_probe(struct dfl_device *ddev);
void dflres_remove(struct dfl_device *ddev);

/* registers.c */
int dflres_registers_add(struct dflres_claim *claim);
void dflres_registers_remove(struct dflres_claim *claim);

#endif /* DFLRES_H */
