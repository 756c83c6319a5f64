// SPDX-License-Identifier: GPL-2.0
/* See stress.h: the part of a worker that has drivers, modules and the card come and go */

#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fpga-dfl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

int op_load_driver(const struct choice *choice, struct result *result)
{
	(void)result;
	return load(features[choice->feature].module);
}

int op_unload_driver(const struct choice *choice, struct result *result)
{
	(void)result;
	return unload(features[choice->feature].module);
}

int op_bind(const struct choice *choice, struct result *result)
{
	(void)result;
	return driver_file(features[choice->feature].driver, "bind", name_of(choice->feature));
}

int op_unbind(const struct choice *choice, struct result *result)
{
	(void)result;
	return driver_file(features[choice->feature].driver, "unbind", name_of(choice->feature));
}

int op_remove(const struct choice *choice, struct result *result)
{
	(void)choice;
	(void)result;
	return remove_card();
}

int op_rescan(const struct choice *choice, struct result *result)
{
	int ret = rescan_card();

	(void)choice;
	(void)result;
	return ret ?: bind_card();
}

static int fme_file(const char *file)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC), ret;

	if (fd < 0)
		return -errno;
	ret = write(fd, "dfl-fme.0", 9) == 9 ? 0 : -errno;
	close(fd);
	return ret;
}

int op_unbind_fme(const struct choice *choice, struct result *result)
{
	(void)choice;
	(void)result;
	return fme_file("/sys/bus/platform/drivers/dfl-fme/unbind");
}

/*
 * dfl-fme's character device is set up anew in the memory of the last one. That is the kernel's own bug where the last one
 * is released late (CONFIG_DEBUG_KOBJECT_RELEASE; it runs into a timer that has been wiped out), so that is waited for.
 */
int op_bind_fme(const struct choice *choice, struct result *result)
{
	const char *settle = getenv("settle");

	if (settle)
		sleep(atoi(settle));
	(void)choice;
	(void)result;
	return fme_file("/sys/bus/platform/drivers/dfl-fme/bind");
}

/* dfl-fme takes the port from its driver, as it does to give it to a virtual function, and gives it back */
static int port_file(unsigned long request)
{
	int fd = open("/dev/dfl-fme.0", O_RDWR | O_CLOEXEC), port = 0, ret;

	if (fd < 0)
		return -errno;
	ret = ioctl(fd, request, &port) ? -errno : 0;
	close(fd);
	return ret;
}

int op_release_port(const struct choice *choice, struct result *result)
{
	(void)choice;
	(void)result;
	return port_file(DFL_FPGA_FME_PORT_RELEASE);
}

int op_assign_port(const struct choice *choice, struct result *result)
{
	(void)choice;
	(void)result;
	return port_file(DFL_FPGA_FME_PORT_ASSIGN);
}

int op_unload(const struct choice *choice, struct result *result)
{
	(void)choice;
	(void)result;
	return unload("dflres");
}

/* It has stayed where claims have kept it */
int op_load(const struct choice *choice, struct result *result)
{
	(void)choice;
	(void)result;
	return load("dflres");
}
