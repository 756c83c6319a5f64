// SPDX-License-Identifier: LGPL-2.1-or-later
/* Trees that look like /sys with a DFL bus, in a directory of their own. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

/* Behind a bridge, like real cards: two PCI addresses in the path. */
#define CARDS "devices/pci0000:00/0000:00:03.0"

SIM_API int dflres_sim_new(struct dflres_sim **sim, const char *parent)
{
	struct dflres_sim *new = calloc(1, sizeof(*new));
	int error;

	if (!new)
		return -ENOMEM;
	if (!parent)
		parent = getenv("TMPDIR");
	sim_path(new->root, "%s/dflres.XXXXXX", parent ? parent : "/tmp");
	if (!mkdtemp(new->root) || setenv(SIM_ROOT, new->root, 1)) {
		error = -errno;
		free(new);
		return error;
	}
	*sim = new;
	return 0;
}

SIM_API void dflres_sim_free(struct dflres_sim *sim)
{
	const char *root = getenv(SIM_ROOT);

	if (!sim)
		return;
	sim_remove(sim->root);
	if (root && !strcmp(root, sim->root))
		unsetenv(SIM_ROOT);
	free(sim);
}

SIM_API const char *dflres_sim_root(const struct dflres_sim *sim)
{
	return sim->root;
}

SIM_API int dflres_sim_put(struct dflres_sim *sim, const char *path,
			   const void *data, size_t size)
{
	char full[PATH_MAX];

	sim_path(full, "%s/%s", sim->root, path);
	return sim_write(full, data, size);
}

SIM_API int dflres_sim_add_bus(struct dflres_sim *sim)
{
	char path[PATH_MAX], *slash;

	sim_path(path, "%s/bus/dfl/devices/", sim->root);
	for (slash = path + strlen(sim->root) + 1; (slash = strchr(slash, '/'));
	     slash++) {
		*slash = '\0';
		if (mkdir(path, 0755) && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	return 0;
}

/* The link on the bus leads to the feature's directory. */
static void bus_path(const struct dflres_sim *sim, char path[PATH_MAX],
		     unsigned int number)
{
	sim_path(path, "%s/bus/dfl/devices/dfl_dev.%u", sim->root, number);
}

/* Its own directory. */
static int find_feature(const struct dflres_sim *sim, unsigned int number,
			char dir[PATH_MAX])
{
	char link[PATH_MAX];

	bus_path(sim, link, number);
	return realpath(link, dir) ? 0 : -ENODEV;
}

SIM_API int dflres_sim_add_device(struct dflres_sim *sim, unsigned int number,
				  const char *card, const char *unit)
{
	char device[PATH_MAX / 2], link[PATH_MAX], path[PATH_MAX];
	int error;

	error = dflres_sim_add_bus(sim);
	if (error)
		return error;
	snprintf(device, sizeof(device),
		 CARDS "/%s/fpga_region/region0/%s/dfl_dev.%u", card, unit,
		 number);
	bus_path(sim, link, number);
	sim_path(path, "../../../%s", device);
	error = sim_link(path, link);
	if (error)
		return error;
	/* what every device has */
	sim_path(path, "%s/%s/uevent", sim->root, device);
	return sim_write(path, "", 0);
}

SIM_API int dflres_sim_set(struct dflres_sim *sim, unsigned int number,
			   const char *file, const char *text)
{
	char dir[PATH_MAX], path[PATH_MAX];
	int error;

	error = find_feature(sim, number, dir);
	if (error)
		return error;
	if ((size_t)snprintf(path, sizeof(path), "%s/%s", dir, file) >=
	    sizeof(path))
		return -ENAMETOOLONG;
	sim_lock();
	error = text ? sim_write(path, text, strlen(text)) : sim_remove(path);
	sim_unlock();
	return error;
}

__attribute__((format(printf, 4, 5)))
static int set(struct dflres_sim *sim, unsigned int number, const char *file,
	       const char *format, ...)
{
	char text[128];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return dflres_sim_set(sim, number, file, text);
}

/* The driver that it begins with, and gets back; its registers. */
static int add_hidden(struct dflres_sim *sim,
		      const struct dflres_sim_feature *feature)
{
	char path[PATH_MAX], target[PATH_MAX], dir[PATH_MAX];
	int error;

	sim_path(path, "%s/registers/dfl_dev.%u", sim->root, feature->number);
	error = sim_write(path, "", 0);
	if (!error && truncate(path, (off_t)feature->length))
		error = -errno;
	if (error || !feature->driver)
		return error;
	for (int i = 0; i < 2 && !error; i++) {
		sim_path(path, "%s/bus/dfl/drivers/%s/%s", sim->root,
			 feature->driver, i ? "bind" : "unbind");
		error = sim_write(path, "", 0);
	}
	if (!error)
		error = find_feature(sim, feature->number, dir);
	if (error)
		return error;
	sim_path(target, "%s/bus/dfl/drivers/%s", sim->root, feature->driver);
	sim_path(path, "%s/driver", dir);
	error = sim_link(target, path);
	sim_path(path, "%s/registers/dfl_dev.%u.driver", sim->root,
		 feature->number);
	return error ? error : sim_print(path, "%s\n", feature->driver);
}

static int add_files(struct dflres_sim *sim,
		     const struct dflres_sim_feature *f)
{
	const struct {
		const char *file;
		unsigned int value;
		bool decimal;
	} numbers[] = {
		{ "type", f->type, false },
		{ "feature_id", f->id, false },
		{ "dflres/revision", f->revision, false },
		{ "dflres/mappable", f->mappable, true },
		{ "dflres/num_irqs", f->num_irqs, true },
	};
	int error;

	error = set(sim, f->number, "uevent", "MODALIAS=dfl:t%04Xf%04X\n",
		    f->type, f->id);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers) && !error; i++)
		error = numbers[i].decimal ?
			set(sim, f->number, numbers[i].file, "%u\n",
			    numbers[i].value) :
			set(sim, f->number, numbers[i].file, "0x%x\n",
			    numbers[i].value);
	if (!error)
		error = set(sim, f->number, "dflres/resource",
			    "0x%016" PRIx64 " 0x%016" PRIx64 " 0x0000000000000200\n",
			    f->address, f->address + f->length - 1);
	if (!error)
		error = set(sim, f->number, "dflres/claimable", "yes\n");
	if (!error)
		error = set(sim, f->number, "dflres/dma", "off\n");
	if (!error)
		error = set(sim, f->number, "dflres/lease", "0\n");
	if (!error)
		error = set(sim, f->number, "dflres/owner",
			    f->driver ? "kernel\n" : "none\n");
	return error;
}

SIM_API int dflres_sim_add(struct dflres_sim *sim,
			   const struct dflres_sim_feature *feature)
{
	int error;

	if (feature->size != sizeof(*feature))
		return -EINVAL;
	error = dflres_sim_add_device(sim, feature->number, feature->card,
				      feature->unit);
	if (error)
		return error;
	error = add_files(sim, feature);
	if (!error)
		error = add_hidden(sim, feature);
	if (error)
		dflres_sim_remove(sim, feature->number);
	return error;
}

SIM_API int dflres_sim_remove(struct dflres_sim *sim, unsigned int number)
{
	char dir[PATH_MAX], path[PATH_MAX];
	int error;

	error = find_feature(sim, number, dir);
	if (error)
		return error;
	sim_lock();
	sim_kernel_release(sim->root, dir, false);
	error = sim_remove(dir);
	bus_path(sim, path, number);
	if (!error)
		error = sim_remove(path);
	sim_path(path, "%s/registers/dfl_dev.%u", sim->root, number);
	unlink(path);
	sim_path(path, "%s/registers/dfl_dev.%u.driver", sim->root, number);
	unlink(path);
	sim_unlock();
	return error;
}

/* The registers as they are now, at @offset. */
static int open_registers(const struct dflres_sim *sim, unsigned int number,
			  size_t offset, size_t length, int *fd)
{
	char path[PATH_MAX];
	struct stat st;

	sim_path(path, "%s/registers/dfl_dev.%u", sim->root, number);
	*fd = open(path, O_RDWR | O_CLOEXEC);
	if (*fd < 0)
		return -ENODEV;
	if (!fstat(*fd, &st) && offset <= (size_t)st.st_size &&
	    length <= (size_t)st.st_size - offset &&
	    lseek(*fd, (off_t)offset, SEEK_SET) >= 0)
		return 0;
	close(*fd);
	return -ERANGE;
}

SIM_API int dflres_sim_peek(struct dflres_sim *sim, unsigned int number,
			    size_t offset, void *data, size_t length)
{
	int fd, error;

	error = open_registers(sim, number, offset, length, &fd);
	if (error)
		return error;
	if (read(fd, data, length) != (ssize_t)length)
		error = -EIO;
	close(fd);
	return error;
}

SIM_API int dflres_sim_poke(struct dflres_sim *sim, unsigned int number,
			    size_t offset, const void *data, size_t length)
{
	int fd, error;

	error = open_registers(sim, number, offset, length, &fd);
	if (error)
		return error;
	if (write(fd, data, length) != (ssize_t)length)
		error = -EIO;
	close(fd);
	return error;
}

SIM_API int dflres_sim_interrupt(struct dflres_sim *sim, unsigned int number,
				 unsigned int irq)
{
	char dir[PATH_MAX];
	int error;

	error = find_feature(sim, number, dir);
	if (error)
		return error;
	sim_lock();
	error = sim_kernel_interrupt(dir, irq);
	sim_unlock();
	return error;
}

SIM_API int dflres_sim_release(struct dflres_sim *sim, unsigned int number)
{
	char dir[PATH_MAX];
	int error;

	error = find_feature(sim, number, dir);
	if (error)
		return error;
	sim_lock();
	error = sim_kernel_release(sim->root, dir, false);
	sim_unlock();
	return error;
}

SIM_API int dflres_sim_refuse(struct dflres_sim *sim, unsigned int number,
			      int error)
{
	char path[PATH_MAX];

	if (find_feature(sim, number, path))
		return -ENODEV;
	sim_path(path, "%s/registers/dfl_dev.%u.refuse", sim->root, number);
	if (error)
		return sim_print(path, "%d\n", -error);
	return unlink(path) && errno != ENOENT ? -errno : 0;
}
