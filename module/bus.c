// SPDX-License-Identifier: GPL-2.0
/*
 * The module's lifetime, and its view of the DFL bus
 *
 * A feature gets its directory when its device appears (before the uevent that
 * announces it) and loses it when the device goes. Removing the directory waits
 * for the users of its files. The bus notifier must not wait for them: a writer
 * of `owner` may be waiting for the notifier's rwsem. So the notifier only marks
 * the feature, and a work item removes the directory.
 */

#include <linux/init.h>
#include <linux/kernfs.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/xarray.h>

#include "compat.h"
#include "dflres.h"

/*
 * Protects the table of features and dflres_stopping. The scan of the bus at load
 * and each event hold it: a device that the scan visits cannot finish going away
 * before the scan is over, and none is missed or added twice.
 */
static DEFINE_MUTEX(dflres_scan_lock);

/* The module is being unloaded: add no feature */
static bool dflres_stopping;

struct workqueue_struct *dflres_wq;

static void dflres_owner_changed(struct dflres_feature *feature, bool bound)
{
	WRITE_ONCE(feature->bound, bound);
	kernfs_notify(feature->owner_node);
}

static void dflres_probed(struct dflres_feature *feature, struct device *dev, bool bound)
{
	if (!feature)
		return;

	if (dev->driver != &dflres_driver.drv)
		WRITE_ONCE(feature->refused, !bound);
	dflres_owner_changed(feature, bound);
}

/*
 * dfl.c names a device's resource after the device. If the name differs, so does
 * struct dfl_device: the bus is not the one that this module was built for.
 * Without MODVERSIONS nothing else notices.
 */
static bool dflres_built_for(struct device *dev)
{
	return to_dfl_dev(dev)->mmio_res.name == dev_name(dev);
}

static int dflres_add(struct device *dev, void *unused)
{
	struct dfl_device *ddev = to_dfl_dev(dev);
	struct dflres_feature *feature;

	lockdep_assert_held(&dflres_scan_lock);

	if (!dflres_built_for(dev)) {
		dev_err(dev, "dflres was built for another DFL bus than this: build it again\n");
		return -ENOEXEC;
	}

	if (dflres_stopping || dflres_feature_find(ddev))
		return 0;

	feature = dflres_feature_create(ddev);
	if (IS_ERR(feature)) {
		dev_err(dev, "cannot make the files of dflres: %pe\n", feature);
		return PTR_ERR(feature);
	}

	/* Events of its driver reach the feature once the lock is free */
	if (READ_ONCE(dev->driver))
		dflres_owner_changed(feature, true);
	return 0;
}

/* One caller at a time */
static void dflres_teardown(struct work_struct *work)
{
	struct dflres_feature *feature;
	unsigned long id;

	xa_for_each(&dflres_features, id, feature) {
		if (!READ_ONCE(feature->gone))
			continue;
		mutex_lock(&dflres_scan_lock);
		xa_erase(&dflres_features, id);
		mutex_unlock(&dflres_scan_lock);
		dflres_feature_destroy(feature);
	}
}

static DECLARE_WORK(dflres_teardown_work, dflres_teardown);

static int dflres_bus_event(struct notifier_block *nb, unsigned long event, void *data)
{
	struct device *dev = data;
	struct dfl_device *ddev = to_dfl_dev(dev);
	struct dflres_feature *feature;

	/* dflres_add() reports such a device; no other field of it can be trusted */
	if (event != BUS_NOTIFY_ADD_DEVICE && !dflres_built_for(dev))
		return NOTIFY_OK;

	mutex_lock(&dflres_scan_lock);
	feature = dflres_feature_find(ddev);
	switch (event) {
	case BUS_NOTIFY_ADD_DEVICE:
		dflres_add(dev, NULL);
		break;
	case BUS_NOTIFY_REMOVED_DEVICE:
		dflres_leave_tree(ddev, feature);
		if (feature && !dflres_stopping)
			queue_work(dflres_wq, &dflres_teardown_work);
		break;
	case BUS_NOTIFY_BOUND_DRIVER:
		dflres_probed(feature, dev, true);
		break;
	case BUS_NOTIFY_DRIVER_NOT_BOUND:
		dflres_probed(feature, dev, false);
		break;
	case BUS_NOTIFY_UNBOUND_DRIVER:
		if (feature)
			dflres_owner_changed(feature, false);
		break;
	}
	mutex_unlock(&dflres_scan_lock);

	return NOTIFY_OK;
}

static struct notifier_block dflres_bus_nb = { .notifier_call = dflres_bus_event };

/* Adds the devices that are on the bus already, and tells udev of each */
static int dflres_scan(struct bus_type *bus)
{
	struct dflres_feature *feature;
	unsigned long id;
	int err;

	mutex_lock(&dflres_scan_lock);
	err = bus_for_each_dev(bus, NULL, NULL, dflres_add);
	if (!err)
		xa_for_each(&dflres_features, id, feature)
			if (!READ_ONCE(feature->gone))
				kobject_uevent(&feature->ddev->dev.kobj, KOBJ_CHANGE);
	mutex_unlock(&dflres_scan_lock);

	return err;
}

/* Undoes dflres_init(), in an order that matters */
static void dflres_shutdown(struct bus_type *bus)
{
	struct dflres_feature *feature;
	unsigned long id;

	mutex_lock(&dflres_scan_lock);
	dflres_stopping = true;
	mutex_unlock(&dflres_scan_lock);
	flush_work(&dflres_teardown_work);

	/*
	 * This waits for all writers. After it nobody can attach the driver:
	 * attaching one that is not registered would oops.
	 */
	xa_for_each(&dflres_features, id, feature) {
		sysfs_remove_bin_file(&feature->kobj, &dflres_owner_attr);
		sysfs_remove_bin_file(&feature->kobj, &dflres_lease_attr);
		WRITE_ONCE(feature->gone, true);
	}

	dfl_driver_unregister(&dflres_driver);

	/* A device that goes before its feature does has to leave the tree */
	dflres_teardown(NULL);
	bus_unregister_notifier(bus, &dflres_bus_nb);
	dflres_features_wait_gone();
	destroy_workqueue(dflres_wq);
}

static int __init dflres_init(void)
{
	struct bus_type *bus;
	int err;

	/* Freezable: no lease ends while the machine is suspended */
	dflres_wq = alloc_workqueue("dflres", WQ_UNBOUND | WQ_FREEZABLE, 0);
	if (!dflres_wq)
		return -ENOMEM;

	/* dfl.c keeps its bus to itself, but a registered driver points to it */
	err = dfl_driver_register(&dflres_driver);
	if (err)
		goto destroy_wq;

	bus = (struct bus_type *)dflres_driver.drv.bus;
	err = bus_register_notifier(bus, &dflres_bus_nb);
	if (err)
		goto unregister_driver;

	err = dflres_scan(bus);
	if (err)
		dflres_shutdown(bus);
	return err;

unregister_driver:
	dfl_driver_unregister(&dflres_driver);
destroy_wq:
	destroy_workqueue(dflres_wq);
	return err;
}
module_init(dflres_init);

static void __exit dflres_exit(void)
{
	dflres_shutdown((struct bus_type *)dflres_driver.drv.bus);
}
module_exit(dflres_exit);

MODULE_DESCRIPTION("Ownership and resource files for FPGA DFL features");
MODULE_AUTHOR("The dflres developers");
MODULE_VERSION(DFLRES_VERSION);
MODULE_LICENSE("GPL");
