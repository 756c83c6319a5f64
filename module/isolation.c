// SPDX-License-Identifier: GPL-2.0
/*
 * Which features are safe to hand out, and which may be mapped
 *
 * The address of a DFHv1 feature comes from the card unchecked: it may lie in
 * another feature, in another device, or in memory. So a feature is handed out
 * only if
 *
 *	R0  it lies inside one memory BAR of its own PCI function,
 *	R2  it shares no byte with another resource of the card's list,
 *	R3  nobody else holds its region, which the claim then requests,
 *	R4  it shares no byte with the function's MSI-X table or pending bits,
 *
 * and mapped only if, on top of that,
 *
 *	R1  it starts and ends on page boundaries: with the rules above its pages
 *	    hold nothing but the feature.
 *
 * R0 and R2 are read off the kernel's resource tree, into which dfl.c and the
 * platform bus put every feature of the card, and dfl.c the header of every
 * FIU: a resource that contains the feature stands between it and the BAR, and
 * one that it contains is below it. (Those that overlap in part never got into
 * the tree, and one that fills a BAR exactly stands above it: it is refused.)
 * This takes the same time on a card of any size. A module cannot hold the
 * tree's lock, so the pointers are only compared, never followed out of what
 * the feature pins.
 */

#include <linux/bitfield.h>
#include <linux/bitops.h>
#include <linux/ioport.h>
#include <linux/mm.h>
#include <linux/pci.h>
#include <linux/platform_device.h>

#include "compat.h"
#include "dflres.h"

/**
 * dflres_card() - the PCI function that a feature is part of
 * @ddev: the feature's device, which pins it
 *
 * Return: the function, or NULL if the card is not on the PCI bus.
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

/* @where: the BAR and the offset in it, as the capability has them */
static bool dflres_overlaps(const struct resource *res, struct pci_dev *card,
			    u32 where, size_t size)
{
	unsigned int bar = FIELD_GET(PCI_MSIX_TABLE_BIR, where);
	resource_size_t start;

	if (bar >= PCI_STD_NUM_BARS)
		return false;

	start = pci_resource_start(card, bar) + (where & PCI_MSIX_TABLE_OFFSET);
	return start <= res->end && res->start < start + size;
}

/**
 * dflres_over_msix() - does a feature lie on its card's MSI-X structures (R4)?
 * @ddev: the feature's device
 *
 * The PCI core maps the MSI-X table without requesting it, so the resource tree
 * does not show it. Reads the function's configuration space.
 *
 * Return: true if any byte does, or the card does not say where they are.
 */
bool dflres_over_msix(struct dfl_device *ddev)
{
	struct pci_dev *card = dflres_card(ddev);
	u32 table, pba;
	u16 flags, n;
	u8 cap;

	if (!card || !card->msix_cap)
		return false;

	cap = card->msix_cap;
	pci_read_config_word(card, cap + PCI_MSIX_FLAGS, &flags);
	pci_read_config_dword(card, cap + PCI_MSIX_TABLE, &table);
	pci_read_config_dword(card, cap + PCI_MSIX_PBA, &pba);
	if (PCI_POSSIBLE_ERROR(flags) || PCI_POSSIBLE_ERROR(table) ||
	    PCI_POSSIBLE_ERROR(pba))
		return true;

	n = FIELD_GET(PCI_MSIX_FLAGS_QSIZE, flags) + 1;

	return dflres_overlaps(&ddev->mmio_res, card, table,
			       n * PCI_MSIX_ENTRY_SIZE) ||
	       dflres_overlaps(&ddev->mmio_res, card, pba,
			       BITS_TO_U64(n) * sizeof(u64));
}

/**
 * dflres_is_claimable() - may a feature be handed out, as far as it is fixed?
 * @feature: the feature
 *
 * Checks R0, R4, and of R2 that nothing contains the feature. Whether something
 * is inside it can be told only when no driver has it: dflres_is_unshared() and
 * dflres_region_request().
 *
 * Return: true if it may.
 */
bool dflres_is_claimable(struct dflres_feature *feature)
{
	const struct resource *slot = dflres_slot(feature->ddev);
	struct pci_dev *card = dflres_card(feature->ddev);
	int i;

	if (!slot || !card || feature->over_msix)
		return false;

	for (i = 0; i < PCI_STD_NUM_BARS; i++)
		if (READ_ONCE(slot->parent) == &card->resource[i])
			return resource_type(&card->resource[i]) == IORESOURCE_MEM;

	return false;
}

/**
 * dflres_is_unshared() - is nothing of the card's list inside a feature (R2)?
 * @feature: the feature
 *
 * What is inside while a driver has the feature may be that driver's own
 * request, so the answer is then yes. Drivers request after they are bound and
 * release before they are unbound, so what is there between two looks that both
 * find none is not theirs.
 *
 * Return: true unless something is known to be inside.
 */
bool dflres_is_unshared(struct dflres_feature *feature)
{
	struct dfl_device *ddev = feature->ddev;

	/* acquire: each look before the next one */
	if (smp_load_acquire(&ddev->dev.driver))
		return true;
	/* acquire: likewise */
	if (!smp_load_acquire(&ddev->mmio_res.child))
		return true;
	return READ_ONCE(ddev->dev.driver);
}

/**
 * dflres_is_whole_pages() - does a feature start and end on page boundaries?
 * @feature: the feature
 *
 * Return: true if it does (R1).
 */
bool dflres_is_whole_pages(struct dflres_feature *feature)
{
	const struct resource *res = &feature->ddev->mmio_res;

	return PAGE_ALIGNED(res->start) && PAGE_ALIGNED(resource_size(res));
}

/**
 * dflres_region_request() - request a feature's registers for its claim (R3)
 * @claim: the claim; no driver holds its feature
 *
 * Exclusively, so that /dev/mem cannot reach them either, and below the
 * feature's own resource, so that the kernel does not search all the resources
 * of the card for the place.
 *
 * Not by __request_region(): it fails in the same way where it has no memory,
 * and steps into another feature of the same addresses.
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
	claim->region.flags = IORESOURCE_MEM | IORESOURCE_BUSY |
			      IORESOURCE_EXCLUSIVE;

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
	 * Not release_resource(): a feature of another FIU that came during the
	 * claim, inside this one, would go with the region. It stays, below the
	 * feature's own resource, for the next claim to find.
	 */
	remove_resource(&claim->region);
}
