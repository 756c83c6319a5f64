// SPDX-License-Identifier: GPL-2.0
/*
 * A driver for the feature 0x21 of cards/basic.card. Its probe fails, which the
 * driver core logs each time; but not before the module's parameter `hold` has
 * been taken back.
 */

#include <linux/delay.h>
#include <linux/dfl.h>
#include <linux/module.h>

#define FME_ID 0

static bool hold;
module_param(hold, bool, 0644);
MODULE_PARM_DESC(hold, "probes last until this is taken back");

static bool fail = true;
module_param(fail, bool, 0644);
MODULE_PARM_DESC(fail, "probes fail");

static bool probing;
module_param(probing, bool, 0444);
MODULE_PARM_DESC(probing, "a probe is going on");

static int fail_probe(struct dfl_device *ddev)
{
	WRITE_ONCE(probing, true);
	while (READ_ONCE(hold))
		msleep(20);
	WRITE_ONCE(probing, false);
	return fail ? -EINVAL : 0;
}

static const struct dfl_device_id ids[] = {
	{ .type = FME_ID, .feature_id = 0x21 },
	{ }
};

static struct dfl_driver probe_fails = {
	.drv = { .name = "probe_fails" },
	.id_table = ids,
	.probe = fail_probe,
};
module_dfl_driver(probe_fails);

MODULE_DESCRIPTION("A driver whose probe fails");
MODULE_LICENSE("GPL");
