// SPDX-License-Identifier: GPL-2.0
/*
 * What a card can reach by DMA: the file `dma`, and the policy on it
 *
 * The IOMMU knows PCI functions, so all features of a function have the same
 * answer. It is computed at each read: the administrator can switch bus mastering
 * off, or change the function's domain.
 */

#include <linux/iommu.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/string.h>

#include "compat.h"
#include "dflres.h"

static bool require_iommu;
module_param(require_iommu, bool, 0644);
MODULE_PARM_DESC(require_iommu,
		 "refuse claims on cards whose DMA no IOMMU confines (default: off)");

/*
 * Without isolated interrupts a card can forge any message by a write to memory
 * (VFIO refuses such a card, too). With ATS it claims that its addresses have
 * been translated already.
 */
static bool dflres_evades_iommu(struct pci_dev *card)
{
	return card->ats_enabled || !compat_has_isolated_msi(&card->dev);
}

/*
 * In the words of the file `dma`. The caller's reference keeps the feature's
 * device on the bus, hence the card's driver bound, hence its domain stable.
 */
static const char *dflres_dma_reach(struct dflres_feature *feature)
{
	struct pci_dev *card = dflres_card(feature->ddev);
	struct iommu_domain *domain;
	u16 command;

	if (!card)
		return "unprotected";

	/* A card that does not answer reads as all ones: mastering */
	pci_read_config_word(card, PCI_COMMAND, &command);
	if (!(command & PCI_COMMAND_MASTER))
		return "off";

	domain = iommu_get_domain_for_dev(&card->dev);
	if (!domain)
		return "unprotected";
	if (domain->type & __IOMMU_DOMAIN_PAGING)
		return dflres_evades_iommu(card) ? "weak" : "translated";
	if (domain->type == IOMMU_DOMAIN_BLOCKED)
		return "blocked";
	if (domain->type == IOMMU_DOMAIN_IDENTITY)
		return "identity";

	return "unprotected";
}

/**
 * dflres_dma_permits_claim() - does the policy allow claims on a card?
 * @feature: a feature of the card
 *
 * Return: true unless the parameter require_iommu is set and the card's DMA is
 *	   neither switched off nor confined.
 */
bool dflres_dma_permits_claim(struct dflres_feature *feature)
{
	static const char * const confined[] = { "off", "blocked", "translated" };

	return !READ_ONCE(require_iommu) ||
	       match_string(confined, ARRAY_SIZE(confined), dflres_dma_reach(feature)) >= 0;
}

static ssize_t dma_show(struct kobject *kobj, compat_kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", dflres_dma_reach(to_dflres_feature(kobj)));
}

struct kobj_attribute dflres_dma_attr = __ATTR_RO(dma);
