// SPDX-License-Identifier: GPL-2.0
/*
 * As what the processor accesses a page that is mapped, by the page tables. A
 * process writes the page's address to the module's parameter `address`, and
 * reads the answer there: "device", "other", or "none" without an entry.
 */

#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pgtable.h>

#ifdef CONFIG_ARM64
#define KIND	PTE_ATTRINDX_MASK
#else
#define KIND	(_PAGE_PWT | _PAGE_PCD)
#endif

static const char *kind = "none";

static const char *kind_of(pte_t pte)
{
	pteval_t device = pgprot_val(pgprot_device(PAGE_SHARED));

	if (!pte_present(pte))
		return "none";
	return (pte_val(pte) & KIND) == (device & KIND) ? "device" : "other";
}

static const char *look(struct mm_struct *mm, unsigned long address)
{
	pgd_t *pgd = pgd_offset(mm, address);
	p4d_t *p4d;
	pud_t *pud;
	pmd_t *pmd;

	if (pgd_none(*pgd))
		return "none";
	p4d = p4d_offset(pgd, address);
	if (p4d_none(*p4d))
		return "none";
	pud = pud_offset(p4d, address);
	if (pud_none(*pud))
		return "none";
	pmd = pmd_offset(pud, address);
	if (pmd_none(*pmd))
		return "none";
	return kind_of(*pte_offset_kernel(pmd, address));
}

static int set_address(const char *text, const struct kernel_param *param)
{
	unsigned long address;
	int err = kstrtoul(text, 0, &address);

	if (err)
		return err;
	mmap_read_lock(current->mm);
	kind = look(current->mm, address);
	mmap_read_unlock(current->mm);
	return 0;
}

static int get_kind(char *text, const struct kernel_param *param)
{
	return sprintf(text, "%s\n", kind);
}

static const struct kernel_param_ops address_ops = {
	.set = set_address,
	.get = get_kind,
};
module_param_cb(address, &address_ops, NULL, 0600);

MODULE_DESCRIPTION("What kind of memory a page is mapped as");
MODULE_LICENSE("GPL");
