// SPDX-License-Identifier: GPL-2.0
/* What the README's comparison says of vfio-pci, seen on this kernel; needs an IOMMU. See peers.c for the others. */

#define _GNU_SOURCE
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define VFIO_DRIVER "/sys/bus/pci/drivers/vfio-pci"

#define UNBOUND "/tmp/unbound"

static char address[64];
static int container, group, device;

static void load_vfio(void)
{
	char name[64];
	FILE *order = fopen("/lib/dfl/order-vfio", "re");

	if (!order)
		bail("this kernel has been prepared with vfio-pci");
	while (fscanf(order, "%63s", name) == 1)
		load(name);
	fclose(order);
	/* the emulated IOMMU remaps no interrupts: see tests/vm/run */
	sh("echo 1 >/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts");
}

static void give_card(void)
{
	snprintf(address, sizeof(address), "%s", strrchr(card_path(), '/') + 1);
	is(sh("echo %s >%s/driver/unbind && echo vfio-pci >%s/driver_override && echo %s >/sys/bus/pci/drivers_probe",
	      address, card_path(), card_path(), address), 0, "the card is given to vfio-pci");
}

static int open_group(const void *unused)
{
	(void)unused;
	return open_vfio_group() < 0 ? errno : 0;
}

static void close_all(void)
{
	close(device);
	close(group);
	close(container);
}

static int unbind(const void *unused)
{
	(void)unused;
	close_all();
	return sh("echo %s >" VFIO_DRIVER "/unbind && touch " UNBOUND, address);
}

static void test_unbind(void)
{
	pid_t waiting = background(unbind, NULL);

	until_asleep(waiting);
	/* an unbind that did not wait would long be over */
	sleep(1);
	ok(access(UNBOUND, F_OK) < 0, "an unbind waits for the program to close it");
	close_all();
	is(finish(waiting), 0, "the unbind ends when the program has closed the device");
	is(access(UNBOUND, F_OK), 0, "the card is free after the unbind");
}

static void test_device(void)
{
	struct vfio_region_info bar = { .argsz = sizeof(bar), .index = VFIO_PCI_BAR0_REGION_INDEX };
	struct vfio_region_info config = { .argsz = sizeof(config), .index = VFIO_PCI_CONFIG_REGION_INDEX };
	uint16_t command;
	uint32_t value;
	void *map;

	if (ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &bar) || ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &config))
		bail("vfio-pci describes the card");
	is(pread(device, &value, 4, (off_t)bar.offset + 8), 4, "a register is read without a mapping");
	map = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, device, (off_t)bar.offset);
	ok(map != MAP_FAILED, "registers of vfio-pci are mapped");
	is(peek(map, &value), 0, "registers in a mapping of vfio-pci can be read");
	pread(device, &command, 2, (off_t)config.offset + PCI_COMMAND);
	command &= ~PCI_COMMAND_MEMORY;
	pwrite(device, &command, 2, (off_t)config.offset + PCI_COMMAND);
	is(peek(map, &value), -EFAULT, "a mapping of vfio-pci gives SIGBUS with the card's memory off");
	munmap(map, PAGE);
}

int main(void)
{
	setup("peers");
	unload("dflres");
	load_vfio();
	give_card();
	is(sh("test -z \"$(ls /sys/bus/dfl/devices)\""), 0, "all features of a card that vfio-pci has are gone");

	container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	group = open_vfio_group();
	if (ioctl(group, VFIO_GROUP_SET_CONTAINER, &container) || ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1_IOMMU))
		bail("the IOMMU can be used: %s", strerror(errno));
	device = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, address);
	if (device < 0)
		bail("the card can be opened: %s", strerror(errno));
	is(as_user(0, open_group, NULL), EBUSY, "a second process does not get a card that vfio-pci gave away");
	test_device();
	test_unbind();
	sh("echo >%s/driver_override", card_path());
	return done();
}
