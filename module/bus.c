// SPDX-License-Identifier: GPL-2.0
/*
 * The module's lifetime, and its view of the DFL bus
 *
 * Registering a driver is how the module learns the bus, which dfl.c keeps to
 * itself, and how it claims: a claim binds this driver to the device. The
 * driver matches nothing, so it never binds on its own.
 *
 * A feature gets its directory when its device appears (before the uevent that
 * announces it) and loses it when the device goes. Taking it down waits for
 * those who are using its files, which must not happen under the bus
 * notifier's rwsem: a writer of `owner` may be waiting for that very rwsem. So
 * the notifier only marks, and a work item does the rest.
 */

#include <linux/device.h>
#include <linux/init.h>
#include <linux/kernfs.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "compat.h"
#include "dflres.h"

/* Of a feature whose device is gone: dflres_teardown_work is to remove it */
#define DFLRES_GONE XA_MARK_0

/* All features by their number on the bus, dense: N of dfl_dev.N */
static DEFINE_XARRAY(dflres_features);

/*
 * Held over the scan of the bus at load, and by each event that adds or removes
 * a device. A device that the scan visits can therefore not finish going away
 * before the scan is over, and none is missed or added twice.
 */
static DEFINE_MUTEX(dflres_scan_lock);

struct workqueue_struct *dflres_wq;

static const struct dfl_device_id dflres_no_ids[] = { { } };

struct dfl_driver dflres_driver = {
	.drv = {
		.name = "dflres",
		/*
		 * With bind and unbind files, somebody could unbind a claim and
		 * bind a kernel driver between our look at the device's driver
		 * and device_release_driver(), which releases any driver.
		 */
		.suppress_bind_attrs = true,
		.probe_type = PROBE_FORCE_SYNCHRONOUS,
	},
	.id_table = dflres_no_ids,
	.probe = dflres_probe,
	.remove = dflres_remove,
};

/**
 * dflres_feature_find() - the feature of a device
 * @ddev: a device on the DFL bus that is not yet gone from it
 *
 * Return: the feature, or NULL where there was no memory to make one.
 */
struct dflres_feature *dflres_feature_find(struct dfl_device *ddev)
{
	return xa_load(&dflres_features, ddev->id);
}

static void dflres_owner_changed(struct dfl_device *ddev, bool bound)
{
	struct dflres_feature *feature = dflres_feature_find(ddev);

	if (!feature)
		return;

	WRITE_ONCE(feature->bound, bound);
	kernfs_notify(feature->owner_node);
}

static int dflres_add(struct device *dev, void *unused)
{
	struct dfl_device *ddev = to_dfl_dev(dev);
	struct dflres_feature *feature;
	int err;

	lockdep_assert_held(&dflres_scan_lock);

	if (dflres_feature_find(ddev))
		return 0;

	/* A feature that has its files could not be taken back in the notifier */
	err = xa_reserve(&dflres_features, ddev->id, GFP_KERNEL);
	if (err)
		return err;

	feature = dflres_feature_create(ddev);
	if (IS_ERR(feature)) {
		xa_release(&dflres_features, ddev->id);
		return PTR_ERR(feature);
	}

	xa_store(&dflres_features, ddev->id, feature, GFP_KERNEL);

	/* What its driver does reaches the feature from here on */
	if (READ_ONCE(dev->driver))
		dflres_owner_changed(ddev, true);
	return 0;
}

static void dflres_teardown(struct work_struct *work)
{
	struct dflres_feature *feature;
	unsigned long id;

	xa_for_each_marked(&dflres_features, id, feature, DFLRES_GONE) {
		xa_erase(&dflres_features, id);
		dflres_feature_destroy(feature);
	}
}

static DECLARE_WORK(dflres_teardown_work, dflres_teardown);

static int dflres_bus_event(struct notifier_block *nb, unsigned long event,
			    void *data)
{
	struct device *dev = data;
	struct dfl_device *ddev = to_dfl_dev(dev);
	int err;

	switch (event) {
	case BUS_NOTIFY_ADD_DEVICE:
		mutex_lock(&dflres_scan_lock);
		err = dflres_add(dev, NULL);
		if (err)
			dev_err(dev, "cannot make the files of dflres: %d\n", err);
		mutex_unlock(&dflres_scan_lock);
		break;
	case BUS_NOTIFY_REMOVED_DEVICE:
		mutex_lock(&dflres_scan_lock);
		if (dflres_feature_find(ddev)) {
			xa_set_mark(&dflres_features, ddev->id, DFLRES_GONE);
			queue_work(dflres_wq, &dflres_teardown_work);
		}
		mutex_unlock(&dflres_scan_lock);
		break;
	case BUS_NOTIFY_BOUND_DRIVER:
		dflres_owner_changed(ddev, true);
		break;
	case BUS_NOTIFY_DRIVER_NOT_BOUND:
	case BUS_NOTIFY_UNBOUND_DRIVER:
		dflres_owner_changed(ddev, false);
		break;
	}

	return NOTIFY_OK;
}

static struct notifier_block dflres_bus_nb = {
	.notifier_call = dflres_bus_event,
};

/* Adds the devices that the bus has already, and tells udev of each */
static int dflres_scan(void)
{
	struct dflres_feature *feature;
	unsigned long id;
	int err;

	mutex_lock(&dflres_scan_lock);
	err = bus_for_each_dev(dflres_driver.drv.bus, NULL, NULL, dflres_add);
	if (!err)
		xa_for_each(&dflres_features, id, feature)
			kobject_uevent(&feature->ddev->dev.kobj, KOBJ_CHANGE);
	mutex_unlock(&dflres_scan_lock);

	return err;
}

/* Undoes all after the registration of the driver, in an order that matters */
static void dflres_shutdown(void)
{
	struct dflres_feature *feature;
	unsigned long id;

	bus_unregister_notifier(dflres_driver.drv.bus, &dflres_bus_nb);
	flush_work(&dflres_teardown_work);

	/*
	 * This waits for all who are writing, and then nobody can attach the
	 * driver any more. Attaching one that is not registered would oops.
	 */
	xa_for_each(&dflres_features, id, feature) {
		sysfs_remove_file(&feature->kobj, &dflres_owner_attr.attr);
		sysfs_remove_file(&feature->kobj, &dflres_lease_attr.attr);
	}

	dfl_driver_unregister(&dflres_driver);

	xa_for_each(&dflres_features, id, feature)
		dflres_feature_destroy(feature);
	xa_destroy(&dflres_features);
	dflres_features_wait_gone();
}

static int __init dflres_init(void)
{
	int err;

	dflres_wq = alloc_workqueue("dflres", WQ_UNBOUND, 0);
	if (!dflres_wq)
		return -ENOMEM;

	err = dfl_driver_register(&dflres_driver);
	if (err)
		goto destroy_wq;

	err = bus_register_notifier(dflres_driver.drv.bus, &dflres_bus_nb);
	if (err)
		goto unregister_driver;

	err = dflres_scan();
	if (err) {
		dflres_shutdown();
		goto destroy_wq;
	}

	return 0;

unregister_driver:
	dfl_driver_unregister(&dflres_driver);
destroy_wq:
	destroy_workqueue(dflres_wq);
	return err;
}
module_init(dflres_init);

static void __exit dflres_exit(void)
{
	dflres_shutdown();
	destroy_workqueue(dflres_wq);
}
module_exit(dflres_exit);

MODULE_DESCRIPTION("Ownership and resource files for FPGA DFL features");
MODULE_AUTHOR("The dflres developers");
MODULE_LICENSE("GPL");
