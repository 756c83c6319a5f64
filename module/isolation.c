// SPDX-License-Identifier: GPL-2.0
/*
 * Which features are safe to hand out, and which may be mapped
 *
 * The kernel does not check the address that a card gives for a DFHv1 feature: it
 * may lie in another feature, in another device, or in memory. So a claim needs R1
 * to R4, and a mapping R5, too:
 *
 *	R1  the feature lies inside one memory BAR of its own PCI function,
 *	R2  it shares no byte with the function's MSI-X table or pending bits,
 *	R3  it shares no byte with another resource of the card's list,
 *	R4  nobody else holds its region, which the claim then requests,
 *	R5  it starts and ends on page boundaries: with the rules above its pages
 *	    hold nothing but the feature.
 *
 * The kernel's resource tree shows R3: dfl.c and the platform bus put every feature
 * of the card and the header of every FIU into it. A resource that contains the
 * feature stands between it and the BAR, and one that it contains is below it. (One
 * that overlaps in part never got into the tree. A feature that fills a BAR exactly
 * stands above it and is refused.) This takes the same time on a card of any size.
 * A module cannot hold the tree's lock, so the pointers are only compared, never
 * followed beyond what the feature pins.
 */

#include <linux/bitfield.h>
#include <linux/bitops.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/pci.h>
#include <linux/platform_device.h>

#include "compat.h"
#include "dflres.h"

/**
 * dflres_card() - the PCI function that a feature is part of
 * @ddev: the feature's device, which is on the bus
 *
 * Return: the function, or NULL if the card is on no PCI bus.
 */
struct pci_dev *dflres_card(struct dfl_device *ddev)
{
	struct device *dev = ddev->dev.parent;

	while (dev && !dev_is_pci(dev))
		dev = dev->parent;

	return dev ? to_pci_dev(dev) : NULL;
}

/* Where dfl.c got the feature's address: a resource of the FIU's device */
static const struct resource *dflres_slot(struct dfl_device *ddev)
{
	struct platform_device *fiu = to_platform_device(ddev->dev.parent);
	const struct resource *slot = READ_ONCE(ddev->mmio_res.parent);

	if (slot < fiu->resource || slot >= fiu->resource + fiu->num_resources)
		return NULL;

	return slot;
}

/*
 * R3: is nothing of the card's list inside the feature? While a driver is bound,
 * what is inside may be its own request, so the answer is yes then. Drivers request
 * after they are bound and release before they are unbound: a region that is there
 * before and after a moment without a driver is not a driver's. (Unless one driver
 * came after another at the same address, each within a gap between two reads.)
 */
static bool dflres_is_empty(struct dfl_device *ddev)
{
	struct resource *child;

	/* acquire: keep the reads in this order */
	child = smp_load_acquire(&ddev->mmio_res.child);
	if (!child)
		return true;
	/* acquire: likewise */
	if (smp_load_acquire(&ddev->dev.driver))
		return true;
	return READ_ONCE(ddev->mmio_res.child) != child;
}

/* @where: the BAR and the offset in it, in the form of the MSI-X capability */
static bool dflres_overlaps(const struct resource *res, struct pci_dev *card, u32 where,
			    size_t size)
{
	unsigned int bar = FIELD_GET(PCI_MSIX_TABLE_BIR, where);
	resource_size_t start;

	if (bar >= PCI_STD_NUM_BARS)
		return false;

	start = pci_resource_start(card, bar) + (where & PCI_MSIX_TABLE_OFFSET);
	return start <= res->end && res->start < start + size;
}

/**
 * dflres_over_msix() - does a feature lie on its card's MSI-X structures (R2)?
 * @ddev: the feature's device
 *
 * The resource tree does not show the MSI-X table: the PCI core maps it without a
 * request. This reads the function's configuration space.
 *
 * Return: true if any byte does, or if the card does not say where they are.
 */
bool dflres_over_msix(struct dfl_device *ddev)
{
	struct pci_dev *card = dflres_card(ddev);
	int vectors = card ? pci_msix_vec_count(card) : -ENODEV;
	u32 table, pba;

	if (vectors < 0)
		return false;

	pci_read_config_dword(card, card->msix_cap + PCI_MSIX_TABLE, &table);
	pci_read_config_dword(card, card->msix_cap + PCI_MSIX_PBA, &pba);
	if (PCI_POSSIBLE_ERROR(table) || PCI_POSSIBLE_ERROR(pba))
		return true;

	return dflres_overlaps(&ddev->mmio_res, card, table, vectors * PCI_MSIX_ENTRY_SIZE) ||
	       dflres_overlaps(&ddev->mmio_res, card, pba, BITS_TO_U64(vectors) * sizeof(u64));
}

/**
 * dflres_unsafe() - why a feature cannot be handed out
 * @feature: the feature
 *
 * Checks R1 to R3; while a driver is bound, not what is inside the feature.
 *
 * Return: NULL if no rule is broken, the reason in the words of the file
 *	   `claimable`, or ERR_PTR(-ENODEV) if the device is going away and so
 *	   has left the resource tree.
 */
const char *dflres_unsafe(struct dflres_feature *feature)
{
	struct dfl_device *ddev = feature->ddev;
	struct pci_dev *card = dflres_card(ddev);
	const struct resource *slot, *bar;

	if (!card)
		return "no-card";
	bar = pci_find_resource(card, &ddev->mmio_res);
	if (!bar)
		return "outside-bar";
	if (feature->over_msix)
		return "msix";
	slot = dflres_slot(ddev);
	if (slot && READ_ONCE(slot->parent) == bar && dflres_is_empty(ddev))
		return NULL;

	/* Pairs with dflres_leave_tree(): who does not find the slot sees @gone */
	smp_rmb();
	return READ_ONCE(feature->gone) ? ERR_PTR(-ENODEV) : "overlap";
}

/**
 * dflres_leave_tree() - take a device's resource out of the resource tree
 * @ddev: the device, which has left the bus
 * @feature: its feature, or NULL
 *
 * dfl.c does this at the last put of the device, which may come late. Until then
 * the next device at the same place would put its resource around this one and lose
 * what its driver requests, and this one would end up below a resource that is freed.
 */
void dflres_leave_tree(struct dfl_device *ddev, struct dflres_feature *feature)
{
	if (feature)
		WRITE_ONCE(feature->gone, true);
	/* Pairs with dflres_unsafe() */
	smp_wmb();
	/* Not release_resource(): a feature that is nested in this one stays */
	if (ddev->mmio_res.parent)
		remove_resource(&ddev->mmio_res);
}

/**
 * dflres_is_whole_pages() - does a feature start and end on page boundaries?
 * @feature: the feature
 *
 * Return: true if it does (R5).
 */
bool dflres_is_whole_pages(struct dflres_feature *feature)
{
	const struct resource *res = &feature->ddev->mmio_res;

	return PAGE_ALIGNED(res->start) && PAGE_ALIGNED(resource_size(res));
}

/**
 * dflres_is_prefetchable() - may a feature be mapped write-combined?
 * @feature: the feature, which is safe to hand out
 *
 * Return: true if its BAR is prefetchable and the machine can do it; the same
 *	   that decides about PCI's resourceN_wc.
 */
bool dflres_is_prefetchable(struct dflres_feature *feature)
{
	struct dfl_device *ddev = feature->ddev;
	struct resource *bar;

	bar = pci_find_resource(dflres_card(ddev), &ddev->mmio_res);
	return arch_can_pci_mmap_wc() && bar->flags & IORESOURCE_PREFETCH;
}

/**
 * dflres_region_request() - request a feature's registers for its claim (R4)
 * @claim: the claim; no driver holds its feature
 *
 * Exclusively, so that /dev/mem cannot reach them either. Below the feature's own
 * resource, so that the kernel need not search all resources of the card. Not by
 * __request_region(): its error does not tell a lack of memory from a conflict, and
 * it steps into another feature of the same addresses.
 *
 * Context: .probe()
 * Return: 0, or -ENXIO if something lies in the region or has requested it.
 */
int dflres_region_request(struct dflres_claim *claim)
{
	struct resource *res = &claim->feature->ddev->mmio_res;

	claim->region.name = "dflres";
	claim->region.start = res->start;
	claim->region.end = res->end;
	claim->region.flags = IORESOURCE_MEM | IORESOURCE_BUSY | IORESOURCE_EXCLUSIVE;

	return request_resource(res, &claim->region) ? -ENXIO : 0;
}

/**
 * dflres_region_release() - undo dflres_region_request()
 * @claim: the claim
 *
 * Context: .probe() or .remove()
 */
void dflres_region_release(struct dflres_claim *claim)
{
	/*
	 * Not release_resource(): a feature of another FIU that appeared inside this
	 * one during the claim would go with the region. It stays, below the feature's
	 * own resource, and the next claim finds it.
	 */
	remove_resource(&claim->region);
}
