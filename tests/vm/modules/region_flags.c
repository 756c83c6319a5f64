// SPDX-License-Identifier: GPL-2.0
/*
 * Is a region held exclusively? /proc/iomem does not say so. An address that is
 * written to the module's parameter `address` is answered there: "exclusive",
 * "busy", or "free".
 */

#include <linux/ioport.h>
#include <linux/module.h>

static const char *state = "free";

static int found(struct resource *res, void *unused)
{
	return 1;
}

/* The kernel does not look for a single byte. No region begins at an odd address */
static bool is_within(unsigned long address, unsigned long flags)
{
	return walk_iomem_res_desc(IORES_DESC_NONE, IORESOURCE_MEM | flags, address & ~1UL,
				   address | 1UL, NULL, found) == 1;
}

static int set_address(const char *text, const struct kernel_param *param)
{
	unsigned long address;
	int err = kstrtoul(text, 0, &address);

	if (err)
		return err;
	state = is_within(address, IORESOURCE_BUSY | IORESOURCE_EXCLUSIVE) ? "exclusive" :
		is_within(address, IORESOURCE_BUSY) ? "busy" : "free";
	return 0;
}

static int get_state(char *text, const struct kernel_param *param)
{
	return sprintf(text, "%s\n", state);
}

static const struct kernel_param_ops address_ops = {
	.set = set_address,
	.get = get_state,
};
module_param_cb(address, &address_ops, NULL, 0600);

MODULE_DESCRIPTION("Whether a region of memory is held exclusively");
MODULE_LICENSE("GPL");
