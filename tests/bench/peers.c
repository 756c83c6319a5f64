// SPDX-License-Identifier: GPL-2.0
/* The ways to the registers: see struct peer */

#include "bench.h"
#include "guest.h"

#include <dflres.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define DFL_DRIVERS "/sys/bus/dfl/drivers"

static char *kernels, *uios;

static void write_to(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		bail("'%s' goes to %s: %s", text, file, strerror(errno));
	close(fd);
}

static void write_to_card(const char *file, const char *text)
{
	char name[300];

	snprintf(name, sizeof(name), "%s/%s", card_path(), file);
	write_to(name, text);
}

static const char *address(void)
{
	return strrchr(card_path(), '/') + 1;
}

/* The descriptor is closed: the mapping is enough */
static volatile uint8_t *map_page(int fd, off_t offset, const char *what)
{
	if (fd < 0 || mmap((void *)REGISTERS, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, offset) == MAP_FAILED)
		bail("%s can be mapped: %s", what, strerror(errno));
	close(fd);
	return REGISTERS;
}

static void unmap_page(void)
{
	munmap((void *)REGISTERS, PAGE);
}

void check_registers(const volatile uint8_t *registers)
{
	uint64_t header = *(const volatile uint64_t *)registers;
	unsigned int id = header & 0xfff;

	if (header >> 60 != 3 || (id != KERNELS && id != UIOS))
		bail("the first register is the header of a feature, and not %#llx", (unsigned long long)header);
}

static void nothing(void)
{
}

/* The card as all begin with it: dfl-emif has one feature, and nobody the others */
static void card_begins(void)
{
	free(kernels);
	free(uios);
	kernels = feature(KERNELS, 0);
	if (!kernels) {
		setup("bench");
		unload("dflres");
		if (load("dfl-emif"))
			bail("dfl-emif.ko loads");
		kernels = need_feature(KERNELS, 0);
	}
	uios = need_feature(UIOS, 0);
}

static void kernel_gives(void)
{
	write_to(DFL_DRIVERS "/dfl-emif/unbind", kernels);
}

/* PCI's own resource0: no driver need give way for it */

static volatile uint8_t *pci_take(void)
{
	char name[300];

	snprintf(name, sizeof(name), "%s/resource0", card_path());
	return map_page(open(name, O_RDWR | O_CLOEXEC), KERNELS_AT, name);
}

const struct peer pci = {
	.name = "PCI's resource0",
	.begin = card_begins,
	.end = nothing,
	.from_kernel = nothing,
	.take = pci_take,
	.to_kernel = unmap_page,
};

/* dflres, by its files alone */

static void dflres_begin(void)
{
	card_begins();
	if (load("dflres"))
		bail("dflres.ko loads");
}

static void dflres_end(void)
{
	if (unload("dflres"))
		bail("dflres goes");
}

static void dflres_give_to(const char *word)
{
	int err = set_owner(kernels, word);

	if (err)
		bail("%s can be given to %s: %s", kernels, word, strerror(-err));
}

int dflres_open(void)
{
	return open_file(kernels, "dflres/resource0", O_RDWR);
}

static volatile uint8_t *dflres_take(void)
{
	dflres_give_to("user");
	return map_page(dflres_open(), 0, "dflres/resource0");
}

static void dflres_to_kernel(void)
{
	unmap_page();
	dflres_give_to("kernel");
}

const struct peer dflres = {
	.name = "dflres",
	.begin = dflres_begin,
	.end = dflres_end,
	.from_kernel = kernel_gives,
	.take = dflres_take,
	.to_kernel = dflres_to_kernel,
};

/* dflres, by its library */

struct dflres_regs *library_regs;
static struct dflres_claim *library_claim;

static volatile uint8_t *library_take(void)
{
	struct dflres_feature *found;
	int err;

	err = dflres_feature_open(&found, kernels) ?: dflres_claim_open(&library_claim, found, 0, 0) ?:
	      dflres_regs_open(&library_regs, library_claim, 0);
	if (err)
		bail("the library claims %s: %s", kernels, strerror(-err));
	dflres_feature_close(found);
	return dflres_regs_base(library_regs);
}

static void library_to_kernel(void)
{
	int err;

	dflres_regs_close(library_regs);
	err = dflres_claim_release(library_claim, DFLRES_RELEASE_KERNEL);
	if (err)
		bail("the library releases %s: %s", kernels, strerror(-err));
	dflres_claim_close(library_claim);
}

const struct peer library = {
	.name = "libdflres",
	.begin = dflres_begin,
	.end = dflres_end,
	.from_kernel = kernel_gives,
	.take = library_take,
	.to_kernel = library_to_kernel,
};

/*
 * uio_dfl. No feature is in its table and in that of another driver of the kernel: the driver gives up one feature, and
 * uio_dfl takes the one beside it. It is as many steps as if they were one.
 */

static void uio_begin(void)
{
	card_begins();
	if (load("uio_dfl"))
		bail("uio_dfl.ko loads");
	write_to(DFL_DRIVERS "/uio_dfl/unbind", uios);
}

static void uio_end(void)
{
	if (unload("uio_dfl"))
		bail("uio_dfl goes");
}

static int uio_open(void)
{
	char name[300], node[300] = "";
	struct dirent *entry;
	DIR *dir;

	path(name, sizeof(name), uios, "uio");
	dir = opendir(name);
	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			snprintf(node, sizeof(node), "/dev/%s", entry->d_name);
	if (dir)
		closedir(dir);
	return open(node, O_RDWR | O_CLOEXEC);
}

static volatile uint8_t *uio_take(void)
{
	write_to(DFL_DRIVERS "/uio_dfl/bind", uios);
	return map_page(uio_open(), 0, "/dev/uioN");
}

static void uio_to_kernel(void)
{
	unmap_page();
	write_to(DFL_DRIVERS "/uio_dfl/unbind", uios);
	write_to(DFL_DRIVERS "/dfl-emif/bind", kernels);
}

const struct peer uio = {
	.name = "uio_dfl",
	.begin = uio_begin,
	.end = uio_end,
	.from_kernel = kernel_gives,
	.take = uio_take,
	.to_kernel = uio_to_kernel,
};

/* vfio-pci: all of the card. What has a driver then is dfl-pci */

int vfio_device = -1;
static int vfio_container = -1, vfio_group = -1;

static void vfio_load(void)
{
	static bool loaded;
	char module[64];
	FILE *order;

	if (loaded)
		return;
	order = fopen("/lib/dfl/order-vfio", "r");
	while (order && fscanf(order, "%63s", module) == 1)
		if (load(module))
			bail("%s.ko loads", module);
	if (!order)
		bail("this kernel has been prepared with vfio-pci");
	fclose(order);
	/* the emulated IOMMU does not remap interrupts */
	write_to("/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts", "1");
	loaded = true;
}

static void vfio_begin(void)
{
	card_begins();
	vfio_load();
}

static void card_gives(void)
{
	write_to_card("driver/unbind", address());
}

static void card_goes_to(const char *driver)
{
	write_to_card("driver_override", driver);
	write_to("/sys/bus/pci/drivers_probe", address());
}

uint64_t vfio_bar(void)
{
	struct vfio_region_info info = { .argsz = sizeof(info), .index = VFIO_PCI_BAR0_REGION_INDEX };

	if (ioctl(vfio_device, VFIO_DEVICE_GET_REGION_INFO, &info))
		bail("vfio-pci knows BAR 0: %s", strerror(errno));
	return info.offset;
}

static volatile uint8_t *vfio_take(void)
{
	card_goes_to("vfio-pci");
	vfio_container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	vfio_group = open_vfio_group();
	if (vfio_container < 0 || vfio_group < 0 || ioctl(vfio_group, VFIO_GROUP_SET_CONTAINER, &vfio_container) ||
	    ioctl(vfio_container, VFIO_SET_IOMMU, VFIO_TYPE1_IOMMU))
		bail("the card's group can be used: %s", strerror(errno));
	vfio_device = ioctl(vfio_group, VFIO_GROUP_GET_DEVICE_FD, address());
	if (vfio_device < 0)
		bail("vfio-pci opens the card: %s", strerror(errno));
	return map_page(dup(vfio_device), vfio_bar() + KERNELS_AT, "BAR 0");
}

static void vfio_to_kernel(void)
{
	unmap_page();
	close(vfio_device);
	close(vfio_group);
	close(vfio_container);
	card_gives();
	card_goes_to("dfl-pci");
}

const struct peer vfio = {
	.name = "vfio-pci",
	.begin = vfio_begin,
	.end = nothing,
	.from_kernel = card_gives,
	.take = vfio_take,
	.to_kernel = vfio_to_kernel,
};
